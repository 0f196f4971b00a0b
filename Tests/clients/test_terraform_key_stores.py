"""Terraform's aws_kms_custom_key_store, from nothing to nothing."""
import pytest
from customers_token import TRUST_ANCHOR, CustomersToken, add_clusters, connect, disconnect, entry
from errors import refused
from strongroom_server import Server
from test_terraform import Terraform
from test_terraform import pytestmark as pytestmark


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path / "state")
    server.customer = CustomersToken(tmp_path / "customer", "cluster-customeraaa")
    add_clusters(server, server.customer)
    server.start()
    yield server
    server.close()


def test_a_custom_key_store(server, tmp_path):
    anchor = tmp_path / "customerCA.crt"
    anchor.write_text(TRUST_ANCHOR)
    keys = server.credentials
    terraform = Terraform(
        tmp_path / "terraform", server,
        {"AccessKeyId": keys["aws_access_key_id"], "SecretAccessKey": keys["aws_secret_access_key"]},
        "custom_key_store.tf")
    terraform.environment |= {
        "TF_VAR_cluster": server.customer.cluster, "TF_VAR_trust_anchor": str(anchor),
        "TF_VAR_password": server.customer.pin}
    assert terraform.plan() == ["create aws_kms_custom_key_store.customer"]
    terraform.apply()
    assert terraform.plan() == [], "what was made is what was asked for"
    kms = server.client()
    store = terraform.outputs()["id"]
    connect(kms, store)
    assert terraform.plan() == [], "whether it is connected is nothing of Terraform's"
    disconnect(kms, store)
    renamed = "-var=name=tf-renamed"
    assert terraform.plan(renamed) == ["update aws_kms_custom_key_store.customer"]
    terraform.apply()
    assert entry(kms, store)["CustomKeyStoreName"] == "tf-renamed"
    connect(kms, store)
    disconnect(kms, store)
    terraform.run("destroy", "-auto-approve", renamed)
    with refused("CustomKeyStoreNotFoundException"):
        kms.describe_custom_key_stores(CustomKeyStoreId=store)
