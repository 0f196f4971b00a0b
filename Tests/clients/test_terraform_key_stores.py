"""Terraform's aws_kms_custom_key_store, from nothing to nothing."""
import external_key_stores
import pytest
from customers_token import TRUST_ANCHOR, CustomersToken, add_clusters, connect, disconnect, entry
from errors import refused
from faulty_proxy import HOST, FaultyProxy
from strongroom_server import Server
from test_terraform import Terraform
from test_terraform import pytestmark as pytestmark


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path / "state")
    server.customer = CustomersToken(tmp_path / "customer", "cluster-customeraaa")
    server.proxy = FaultyProxy(tmp_path / "proxy")
    add_clusters(server, server.customer)
    external_key_stores.add_proxies(server, {HOST: server.proxy.settings})
    server.start()
    yield server
    server.close()
    server.proxy.close()


def terraform_of(server, folder, file: str, **variables: str) -> Terraform:
    keys = server.credentials
    terraform = Terraform(
        folder, server, {"AccessKeyId": keys["aws_access_key_id"], "SecretAccessKey": keys["aws_secret_access_key"]},
        file)
    terraform.environment |= {f"TF_VAR_{name}": value for name, value in variables.items()}
    return terraform


def test_a_custom_key_store(server, tmp_path):
    anchor = tmp_path / "customerCA.crt"
    anchor.write_text(TRUST_ANCHOR)
    terraform = terraform_of(
        server, tmp_path / "terraform", "custom_key_store.tf", cluster=server.customer.cluster,
        trust_anchor=str(anchor), password=server.customer.pin)
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


def test_an_external_key_store_and_a_key_in_it(server, tmp_path):
    handed_out = server.proxy.configuration("/terraform")
    credential = handed_out["XksProxyAuthenticationCredential"]
    terraform = terraform_of(
        server, tmp_path / "terraform", "external_key_store.tf", endpoint_uri=f"https://{HOST}",
        path=handed_out["XksProxyUriPath"], access_key_id=credential["AccessKeyId"],
        secret_access_key=credential["RawSecretAccessKey"])
    # Terraform connects none, so the key comes in a second step.
    assert terraform.plan() == ["create aws_kms_custom_key_store.external"]
    terraform.apply()
    kms = external_key_stores.patient(server.client())
    store = terraform.outputs()["id"]
    external_key_stores.connect(kms, store)
    with_key = "-var=connected=true"
    assert terraform.plan(with_key) == ["create aws_kms_key.external[0]"], "the key store is what was asked for"
    terraform.apply()
    key = kms.describe_key(KeyId=terraform.outputs()["key"])["KeyMetadata"]
    assert (key["CustomKeyStoreId"], key["XksKeyConfiguration"]) == (store, {"Id": "tf-external"})
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    # The provider changes a key store where it is: of one that is connected its name may be changed.
    assert terraform.plan(with_key, "-var=name=tf-renamed") == ["update aws_kms_custom_key_store.external"]
    terraform.apply()
    assert entry(kms, store)["CustomKeyStoreName"] == "tf-renamed"
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
