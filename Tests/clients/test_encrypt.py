import os

import pytest
from errors import refused


@pytest.mark.parametrize("size", [1, 15, 16, 17, 32, 4095, 4096])
def test_what_is_encrypted_comes_back(kms, key, size):
    plaintext = os.urandom(size)
    made = kms.encrypt(KeyId=key["KeyId"], Plaintext=plaintext)
    assert made["KeyId"] == key["Arn"]
    assert made["EncryptionAlgorithm"] == "SYMMETRIC_DEFAULT"
    # A single byte may be in there by chance.
    assert size == 1 or plaintext not in made["CiphertextBlob"]
    back = kms.decrypt(CiphertextBlob=made["CiphertextBlob"])
    assert (back["Plaintext"], back["KeyId"]) == (plaintext, key["Arn"])


def test_no_two_ciphertexts_of_one_plaintext_are_equal(kms, key):
    made = {kms.encrypt(KeyId=key["KeyId"], Plaintext=b"same")["CiphertextBlob"] for _ in range(50)}
    assert len(made) == 50


def test_a_plaintext_of_4097_bytes_is_refused(kms, key):
    text = (
        "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: "
        "Member must have length less than or equal to 4096"
    )
    with refused("ValidationException", text):
        kms.encrypt(KeyId=key["KeyId"], Plaintext=bytes(4097))


@pytest.mark.parametrize("other", [{}, {"a": "2"}, {"a": "1", "b": "2"}, {"A": "1"}])
def test_the_encryption_context_has_to_be_the_same(kms, key, other):
    made = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", EncryptionContext={"a": "1"})["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=made, EncryptionContext={"a": "1"})["Plaintext"] == b"x"
    with refused("InvalidCiphertextException", ""):
        kms.decrypt(CiphertextBlob=made, EncryptionContext=other)


def test_the_order_of_the_encryption_context_does_not_matter(kms, key):
    made = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", EncryptionContext={"a": "1", "b": "2"})["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=made, EncryptionContext={"b": "2", "a": "1"})["Plaintext"] == b"x"


def test_context_pairs_cannot_be_shifted_into_each_other(kms, key):
    made = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", EncryptionContext={"ab": "c"})["CiphertextBlob"]
    with refused("InvalidCiphertextException"):
        kms.decrypt(CiphertextBlob=made, EncryptionContext={"a": "bc"})


def test_another_key_named_at_decryption_is_an_incorrect_key(kms, key, new_key):
    made = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    text = "The key ID in the request does not identify a CMK that can perform this operation."
    with refused("IncorrectKeyException", text):
        kms.decrypt(CiphertextBlob=made, KeyId=new_key()["KeyId"])


def test_a_dry_run_tells_what_would_happen_and_does_nothing(kms, key, new_key):
    text = "The request would have succeeded, but the DryRun option is set."
    with refused("DryRunOperationException", text):
        kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", DryRun=True)
    made = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    with refused("DryRunOperationException"):
        kms.decrypt(CiphertextBlob=made, DryRun=True)
    disabled = new_key()
    kms.disable_key(KeyId=disabled["KeyId"])
    with refused("DisabledException"):
        kms.encrypt(KeyId=disabled["KeyId"], Plaintext=b"x", DryRun=True)
