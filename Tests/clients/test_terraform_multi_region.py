"""Terraform's aws_kms_replica_key and aws_kms_replica_external_key, from nothing to nothing."""
import base64
import os

from test_multi_region import regions as regions
from test_terraform import Terraform
from test_terraform import pytestmark as pytestmark
from two_regions import HERE, THERE

MADE = [
    "aws_kms_alias.replica", "aws_kms_external_key.primary", "aws_kms_key.primary",
    "aws_kms_replica_external_key.replica", "aws_kms_replica_key.replica",
]


def test_replicas_of_a_key_and_of_an_imported_one(regions, tmp_path):
    keys = regions.server.credentials
    terraform = Terraform(
        tmp_path / "terraform", regions.server,
        {"AccessKeyId": keys["aws_access_key_id"], "SecretAccessKey": keys["aws_secret_access_key"]},
        "multi_region.tf")
    material = base64.b64encode(os.urandom(32)).decode()
    terraform.environment |= {"AWS_REGION": HERE, "TF_VAR_replica_region": THERE, "TF_VAR_material": material}
    assert terraform.plan() == [f"create {name}" for name in MADE]
    terraform.apply()
    assert terraform.plan() == [], "what was made is what was asked for"
    made = terraform.outputs()
    for key in made.values():
        assert key.startswith("mrk-")
        blob = regions.here.encrypt(KeyId=key, Plaintext=b"across")["CiphertextBlob"]
        assert regions.there.decrypt(CiphertextBlob=blob)["Plaintext"] == b"across"
    assert regions.there.get_key_rotation_status(KeyId=made["key_id"])["KeyRotationEnabled"]
    blob = regions.there.encrypt(KeyId="alias/tf-replica", Plaintext=b"back")["CiphertextBlob"]
    assert regions.here.decrypt(CiphertextBlob=blob)["Plaintext"] == b"back"

    changed = "-var=description=changed"
    assert terraform.plan(changed) == ["update aws_kms_replica_key.replica"]
    terraform.apply()
    assert regions.there.describe_key(KeyId=made["key_id"])["KeyMetadata"]["Description"] == "changed"
    terraform.run("destroy", "-auto-approve", changed)
    for key in made.values():
        assert regions.here.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingReplicaDeletion"
        assert regions.there.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"
