from errors import refused


def test_a_ciphertext_moves_to_another_key_and_context(kms, key, new_key):
    other = new_key()
    old = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"moves", EncryptionContext={"a": "1"})["CiphertextBlob"]
    made = kms.re_encrypt(
        CiphertextBlob=old, SourceEncryptionContext={"a": "1"},
        DestinationKeyId=other["KeyId"], DestinationEncryptionContext={"b": "2"},
    )
    assert (made["SourceKeyId"], made["KeyId"]) == (key["Arn"], other["Arn"])
    back = kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"b": "2"})
    assert (back["Plaintext"], back["KeyId"]) == (b"moves", other["Arn"])


def test_the_source_key_has_to_be_the_one_that_encrypted(kms, key, new_key):
    old = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    text = "The key ID in the request does not identify a CMK that can perform this operation."
    with refused("IncorrectKeyException", text):
        kms.re_encrypt(CiphertextBlob=old, SourceKeyId=new_key()["KeyId"], DestinationKeyId=key["KeyId"])


def test_the_source_context_is_needed(kms, key):
    old = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", EncryptionContext={"a": "1"})["CiphertextBlob"]
    with refused("InvalidCiphertextException", ""):
        kms.re_encrypt(CiphertextBlob=old, DestinationKeyId=key["KeyId"])


def test_a_dry_run_re_encrypts_nothing(kms, key):
    old = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    with refused("DryRunOperationException"):
        kms.re_encrypt(CiphertextBlob=old, DestinationKeyId=key["KeyId"], DryRun=True)
