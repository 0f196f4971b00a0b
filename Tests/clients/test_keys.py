import datetime

from errors import refused


def test_a_new_key_is_described_as_aws_describes_it(server, kms, new_key):
    made = new_key(Description="ledger", Tags=[{"TagKey": "team", "TagValue": "payments"}])
    assert made["Arn"] == f"arn:aws:kms:eu-central-1:111122223333:key/{made['KeyId']}"
    assert made["AWSAccountId"] == "111122223333"
    assert made["Description"] == "ledger"
    assert made["Enabled"] is True
    assert made["KeyState"] == "Enabled"
    assert made["KeyUsage"] == "ENCRYPT_DECRYPT"
    assert made["KeySpec"] == made["CustomerMasterKeySpec"] == "SYMMETRIC_DEFAULT"
    assert made["EncryptionAlgorithms"] == ["SYMMETRIC_DEFAULT"]
    assert made["Origin"] == "AWS_KMS"
    assert made["KeyManager"] == "CUSTOMER"
    assert made["MultiRegion"] is False
    age = datetime.datetime.now(datetime.timezone.utc) - made["CreationDate"]
    assert abs(age) < datetime.timedelta(minutes=1)
    described = kms.describe_key(KeyId=made["KeyId"])
    assert described["KeyMetadata"] == made
    assert described["ResponseMetadata"]["RequestId"]


def test_a_disabled_key_does_nothing_until_it_is_enabled(kms, new_key):
    key = new_key()
    kms.disable_key(KeyId=key["KeyId"])
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "Disabled"
    with refused("DisabledException", f"{key['Arn']} is disabled."):
        kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")
    with refused("DisabledException"):
        kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256")
    kms.enable_key(KeyId=key["KeyId"])
    assert kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["KeyId"] == key["Arn"]


def test_a_description_can_be_changed(kms, new_key):
    key = new_key(Description="before")
    kms.update_key_description(KeyId=key["KeyId"], Description="after – with é")
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["Description"] == "after – with é"


def test_a_key_spec_that_does_not_exist_is_a_validation_error(kms):
    with refused("ValidationException"):
        kms.create_key(KeySpec="AES_512")


def test_a_key_spec_that_is_not_served_yet_is_refused_by_name(kms):
    with refused("UnsupportedOperationException"):
        kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
