"""Keys that the server makes for `alias/aws/<service>`: they serve, and nobody can change them."""
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from errors import refused


def aliases(kms):
    return {
        entry["AliasName"]: entry.get("TargetKeyId")
        for page in kms.get_paginator("list_aliases").paginate() for entry in page["Aliases"]
    }


@pytest.fixture(scope="module")
def managed(kms):
    """The key behind alias/aws/s3, made by its first use."""
    assert "alias/aws/s3" not in aliases(kms)
    kms.encrypt(KeyId="alias/aws/s3", Plaintext=b"first")
    return kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]


def test_the_first_use_by_name_makes_the_key(kms, managed):
    assert (managed["KeyManager"], managed["KeyState"], managed["Origin"]) == ("AWS", "Enabled", "AWS_KMS")
    assert managed["KeySpec"] == "SYMMETRIC_DEFAULT"
    made = kms.encrypt(KeyId="alias/aws/s3", Plaintext=b"x")
    assert made["KeyId"] == managed["Arn"]
    assert kms.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"] == b"x"
    assert aliases(kms)["alias/aws/s3"] == managed["KeyId"]
    assert managed["KeyId"] in {
        key["KeyId"] for page in kms.get_paginator("list_keys").paginate() for key in page["Keys"]
    }


def test_it_is_rotated_every_year(kms, managed):
    status = kms.get_key_rotation_status(KeyId=managed["KeyId"])
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 365)


@pytest.mark.parametrize(
    "operation, parameters",
    [
        ("disable_key", {}), ("enable_key", {}), ("schedule_key_deletion", {"PendingWindowInDays": 7}),
        ("cancel_key_deletion", {}), ("put_key_policy", {"Policy": "{}"}),
        ("update_key_description", {"Description": "x"}),
        ("tag_resource", {"Tags": [{"TagKey": "a", "TagValue": "b"}]}), ("untag_resource", {"TagKeys": ["a"]}),
        ("enable_key_rotation", {}), ("disable_key_rotation", {}), ("rotate_key_on_demand", {}),
        ("delete_imported_key_material", {}),
        ("get_parameters_for_import", {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}),
    ],
)
def test_nobody_can_change_it(kms, managed, operation, parameters):
    before = kms.describe_key(KeyId=managed["KeyId"])["KeyMetadata"]
    policy = kms.get_key_policy(KeyId=managed["KeyId"])["Policy"]
    with refused("AccessDeniedException"):
        getattr(kms, operation)(KeyId=managed["KeyId"], **parameters)
    assert kms.describe_key(KeyId=managed["KeyId"])["KeyMetadata"] == before
    assert kms.get_key_policy(KeyId=managed["KeyId"])["Policy"] == policy
    assert kms.encrypt(KeyId="alias/aws/s3", Plaintext=b"x")


def test_nobody_can_change_its_alias(kms, managed, key, alias_name):
    with refused("NotAuthorizedException"):
        kms.delete_alias(AliasName="alias/aws/s3")
    with refused("NotAuthorizedException"):
        kms.update_alias(AliasName="alias/aws/s3", TargetKeyId=key["KeyId"])
    with refused("NotAuthorizedException"):
        kms.create_alias(AliasName="alias/aws/s3", TargetKeyId=key["KeyId"])
    with refused("AccessDeniedException"):
        kms.create_alias(AliasName=alias_name, TargetKeyId=managed["KeyId"])
    assert aliases(kms)["alias/aws/s3"] == managed["KeyId"]


def test_many_first_uses_at_once_make_one_key(server):
    kms = server.client()
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: kms.generate_data_key(KeyId="alias/aws/ebs", KeySpec="AES_256"), range(24)))
    assert len({answer["KeyId"] for answer in made}) == 1
    for answer in made:
        assert kms.decrypt(CiphertextBlob=answer["CiphertextBlob"])["Plaintext"] == answer["Plaintext"]


def test_each_region_has_its_own(server, managed):
    there = server.client(region_name="us-west-2")
    arn = there.encrypt(KeyId="alias/aws/s3", Plaintext=b"x")["KeyId"]
    assert arn.startswith("arn:aws:kms:us-west-2:") and not arn.endswith(managed["KeyId"])


def test_describing_one_by_name_makes_it_too(server):
    made = json.loads(server.aws("kms", "describe-key", "--key-id", "alias/aws/secretsmanager").stdout)["KeyMetadata"]
    assert made["KeyManager"] == "AWS"


@pytest.mark.parametrize("name", ["alias/aws/", "alias/aws/S3", "alias/aws/a/b", "alias/aws/" + "x" * 33])
def test_a_name_that_no_service_has_makes_nothing(kms, name):
    with refused("NotFoundException"):
        kms.encrypt(KeyId=name, Plaintext=b"x")
    assert name not in aliases(kms)


def test_it_is_the_same_key_after_a_restart(own_server):
    kms = own_server.client()
    blob = kms.encrypt(KeyId="alias/aws/sqs", Plaintext=b"x")["CiphertextBlob"]
    before = kms.describe_key(KeyId="alias/aws/sqs")["KeyMetadata"]
    own_server.kill()
    kms = own_server.start().client()
    assert kms.describe_key(KeyId="alias/aws/sqs")["KeyMetadata"] == before
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    with refused("AccessDeniedException"):
        kms.disable_key(KeyId=before["KeyId"])
