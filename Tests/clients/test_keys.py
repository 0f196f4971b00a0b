import datetime

import pytest
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


ALGORITHMS = {
    "RSA_2048": {
        "ENCRYPT_DECRYPT": ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"],
        "SIGN_VERIFY": [f"RSASSA_{scheme}_SHA_{bits}" for scheme in ("PKCS1_V1_5", "PSS") for bits in (256, 384, 512)],
    },
    "ECC_NIST_P256": {"SIGN_VERIFY": ["ECDSA_SHA_256"], "KEY_AGREEMENT": ["ECDH"]},
    "ECC_NIST_P384": {"SIGN_VERIFY": ["ECDSA_SHA_384"], "KEY_AGREEMENT": ["ECDH"]},
    "ECC_NIST_P521": {"SIGN_VERIFY": ["ECDSA_SHA_512"], "KEY_AGREEMENT": ["ECDH"]},
    "ECC_SECG_P256K1": {"SIGN_VERIFY": ["ECDSA_SHA_256"]},
    "ECC_NIST_EDWARDS25519": {"SIGN_VERIFY": ["ED25519_SHA_512"]},
    "HMAC_224": {"GENERATE_VERIFY_MAC": ["HMAC_SHA_224"]},
    "HMAC_256": {"GENERATE_VERIFY_MAC": ["HMAC_SHA_256"]},
    "HMAC_384": {"GENERATE_VERIFY_MAC": ["HMAC_SHA_384"]},
    "HMAC_512": {"GENERATE_VERIFY_MAC": ["HMAC_SHA_512"]},
}
MEMBERS = {
    "ENCRYPT_DECRYPT": "EncryptionAlgorithms", "SIGN_VERIFY": "SigningAlgorithms",
    "GENERATE_VERIFY_MAC": "MacAlgorithms", "KEY_AGREEMENT": "KeyAgreementAlgorithms",
}
USES = [(spec, usage) for spec, usages in ALGORITHMS.items() for usage in usages]


@pytest.mark.parametrize("spec, usage", USES)
def test_a_key_of_every_spec_names_the_algorithms_of_its_usage(kms, shared_key, spec, usage):
    made = shared_key(spec, usage)
    assert (made["KeySpec"], made["KeyUsage"], made["KeyState"]) == (spec, usage, "Enabled")
    # The old enumeration ends before Ed25519.
    assert made.get("CustomerMasterKeySpec") == (None if spec == "ECC_NIST_EDWARDS25519" else spec)
    algorithms = {member: sorted(made[member]) for member in MEMBERS.values() if member in made}
    assert algorithms == {MEMBERS[usage]: sorted(ALGORITHMS[spec][usage])}
    assert "CurrentKeyMaterialId" not in made and "ExpirationModel" not in made
    assert kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"] == made


@pytest.mark.parametrize("spec", [spec for spec in ALGORITHMS if spec != "RSA_2048"])
def test_a_key_is_not_made_for_what_its_spec_cannot_do(kms, spec):
    for usage in set(MEMBERS) - set(ALGORITHMS[spec]):
        with refused("ValidationException", f"KeyUsage {usage} is not compatible with KeySpec {spec}"):
            kms.create_key(KeySpec=spec, KeyUsage=usage)


def test_a_key_spec_that_the_token_cannot_hold_names_the_mechanism(kms):
    for spec in ("ML_DSA_44", "ML_DSA_65", "ML_DSA_87"):
        with refused("UnsupportedOperationException") as caught:
            kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")
        assert "CKM_ML_DSA" in str(caught.value)
    with refused("UnsupportedOperationException"):
        kms.create_key(KeySpec="SM2", KeyUsage="SIGN_VERIFY")


def test_a_key_spec_without_a_usage_is_refused_in_the_words_of_aws(kms):
    text = "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."
    for spec in ("RSA_2048", "HMAC_256", "ECC_NIST_P256"):
        with refused("ValidationException", text):
            kms.create_key(KeySpec=spec)
