import json

from errors import refused

ROOT = "arn:aws:iam::111122223333:root"


def policy(kms, key):
    return json.loads(kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"])


def document(sid):
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": sid, "Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}
        ],
    }


def test_a_key_without_a_policy_has_the_default_one(kms, new_key):
    statement = policy(kms, new_key())["Statement"][0]
    assert statement["Effect"] == "Allow"
    assert statement["Principal"] == {"AWS": ROOT}
    assert statement["Action"] == "kms:*"


def test_a_policy_is_given_at_creation_and_replaced(kms, new_key):
    key = new_key(Policy=json.dumps(document("first")))
    assert policy(kms, key) == document("first")
    kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=json.dumps(document("second")))
    assert policy(kms, key) == document("second")
    assert kms.list_key_policies(KeyId=key["KeyId"])["PolicyNames"] == ["default"]


def test_a_policy_name_has_to_be_a_word(kms, key):
    text = (
        "1 validation error detected: Value 'invalid-name' at 'policyName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [\\w]+"
    )
    with refused("ValidationException", text):
        kms.put_key_policy(KeyId=key["KeyId"], PolicyName="invalid-name", Policy=json.dumps(document("x")))
