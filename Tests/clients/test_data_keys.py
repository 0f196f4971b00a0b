import pytest
from errors import refused


@pytest.mark.parametrize(
    "size, length", [({"KeySpec": "AES_256"}, 32), ({"KeySpec": "AES_128"}, 16), ({"NumberOfBytes": 64}, 64)]
)
def test_a_data_key_and_its_ciphertext_are_the_same_key(kms, key, size, length):
    made = kms.generate_data_key(KeyId=key["KeyId"], EncryptionContext={"file": "7"}, **size)
    assert len(made["Plaintext"]) == length
    assert made["KeyId"] == key["Arn"]
    assert len(made["KeyMaterialId"]) == 64
    back = kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"file": "7"})
    assert back["Plaintext"] == made["Plaintext"]
    assert back["KeyMaterialId"] == made["KeyMaterialId"]


def test_a_data_key_without_plaintext_shows_none(kms, key):
    made = kms.generate_data_key_without_plaintext(KeyId=key["KeyId"], KeySpec="AES_256")
    assert "Plaintext" not in made
    assert len(kms.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"]) == 32


def test_no_two_data_keys_are_equal(kms, key):
    made = {kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256")["Plaintext"] for _ in range(20)}
    assert len(made) == 20


def test_the_context_of_a_data_key_is_needed(kms, key):
    made = kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256", EncryptionContext={"a": "1"})
    with refused("InvalidCiphertextException", ""):
        kms.decrypt(CiphertextBlob=made["CiphertextBlob"])


def test_a_size_has_to_be_given_once(kms, key):
    with refused("ValidationException"):
        kms.generate_data_key(KeyId=key["KeyId"])
    with refused("ValidationException"):
        kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256", NumberOfBytes=32)


def test_a_dry_run_makes_no_data_key(kms, key):
    with refused("DryRunOperationException"):
        kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256", DryRun=True)
