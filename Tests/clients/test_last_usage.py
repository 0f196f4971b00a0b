import datetime

import pytest


def last_usage(kms, key):
    answer = kms.get_key_last_usage(KeyId=key["KeyId"])
    assert answer["KeyId"].endswith(key["KeyId"])
    assert answer["KeyCreationDate"] == key["CreationDate"] <= answer["TrackingStartDate"]
    return answer["KeyLastUsage"]


def check(kms, key, operation, answer):
    usage = last_usage(kms, key)
    assert usage["Operation"] == operation
    assert usage["KmsRequestId"] == answer["ResponseMetadata"]["RequestId"]
    age = datetime.datetime.now(datetime.timezone.utc) - usage["Timestamp"]
    assert abs(age) < datetime.timedelta(minutes=1)
    return usage


@pytest.fixture(autouse=True)
def _known_to_boto3(kms):
    if not hasattr(kms, "get_key_last_usage"):
        pytest.fail("this boto3 does not know GetKeyLastUsage: requirements.txt has to ask for a newer one")


def test_a_key_that_was_not_used_has_no_last_usage(kms, new_key):
    key = new_key()
    assert last_usage(kms, key) == {}
    kms.describe_key(KeyId=key["KeyId"])
    kms.disable_key(KeyId=key["KeyId"])
    kms.enable_key(KeyId=key["KeyId"])
    assert last_usage(kms, key) == {}, "management is no use"


def test_each_operation_of_a_symmetric_key_is_noted(kms, new_key):
    key = new_key()
    made = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")
    first = check(kms, key, "Encrypt", made)
    check(kms, key, "Decrypt", kms.decrypt(CiphertextBlob=made["CiphertextBlob"]))
    check(kms, key, "GenerateDataKey", kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256"))
    check(
        kms, key, "GenerateDataKeyWithoutPlaintext",
        kms.generate_data_key_without_plaintext(KeyId=key["KeyId"], KeySpec="AES_256"),
    )
    check(
        kms, key, "GenerateDataKeyPair",
        kms.generate_data_key_pair(KeyId=key["KeyId"], KeyPairSpec="ECC_NIST_P256"),
    )
    check(
        kms, key, "GenerateDataKeyPairWithoutPlaintext",
        kms.generate_data_key_pair_without_plaintext(KeyId=key["KeyId"], KeyPairSpec="ECC_NIST_P256"),
    )
    other = new_key()
    moved = kms.re_encrypt(CiphertextBlob=made["CiphertextBlob"], DestinationKeyId=other["KeyId"])
    last = check(kms, key, "ReEncrypt", moved)
    check(kms, other, "ReEncrypt", moved)
    assert last["Timestamp"] >= first["Timestamp"]


def test_each_operation_of_other_keys_is_noted(kms, new_key):
    signing = new_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    made = kms.sign(KeyId=signing["KeyId"], Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
    check(kms, signing, "Sign", made)
    check(kms, signing, "Verify", kms.verify(
        KeyId=signing["KeyId"], Message=b"m", SigningAlgorithm="ECDSA_SHA_256", Signature=made["Signature"]
    ))
    mac = new_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    made = kms.generate_mac(KeyId=mac["KeyId"], Message=b"m", MacAlgorithm="HMAC_SHA_256")
    check(kms, mac, "GenerateMac", made)
    check(kms, mac, "VerifyMac", kms.verify_mac(
        KeyId=mac["KeyId"], Message=b"m", MacAlgorithm="HMAC_SHA_256", Mac=made["Mac"]
    ))
    agreement = new_key(KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")
    public = kms.get_public_key(KeyId=agreement["KeyId"])["PublicKey"]
    assert last_usage(kms, agreement) == {}, "a public key is no secret"
    check(kms, agreement, "DeriveSharedSecret", kms.derive_shared_secret(
        KeyId=agreement["KeyId"], KeyAgreementAlgorithm="ECDH", PublicKey=public
    ))


def test_what_fails_is_no_use(kms, new_key):
    key = new_key()
    made = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")
    for call in (
        lambda: kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"a": "1"}),
        lambda: kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", DryRun=True),
        lambda: kms.sign(KeyId=key["KeyId"], Message=b"m", SigningAlgorithm="ECDSA_SHA_256"),
    ):
        with pytest.raises(kms.exceptions.ClientError):
            call()
    check(kms, key, "Encrypt", made)


def test_the_last_usage_survives_a_stop(own_server):
    kms = own_server.client()
    key = kms.create_key()["KeyMetadata"]
    made = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")
    before = check(kms, key, "Encrypt", made)
    assert own_server.stop() == 0
    kms = own_server.start().client()
    assert last_usage(kms, key) == before


def test_a_key_that_is_not_there_has_no_last_usage(kms):
    with pytest.raises(kms.exceptions.NotFoundException):
        kms.get_key_last_usage(KeyId="1234abcd-12ab-34cd-56ef-1234567890ab")
