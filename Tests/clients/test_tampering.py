from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import ClientError
from errors import refused


def test_every_change_of_one_bit_makes_an_invalid_ciphertext(server, kms, key):
    good = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"one bit", EncryptionContext={"a": "1"})["CiphertextBlob"]

    def attempt(bit: int):
        changed = bytearray(good)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            answer = kms.decrypt(CiphertextBlob=bytes(changed), EncryptionContext={"a": "1"})
            return bit, answer["Plaintext"]
        except ClientError as error:
            return bit, error.response["Error"]["Code"]

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(attempt, range(len(good) * 8)))
    assert [each for each in outcomes if each[1] != "InvalidCiphertextException"] == []
    # Bad ciphertexts are the caller's fault: they must not make the server doubt its token.
    assert kms.decrypt(CiphertextBlob=good, EncryptionContext={"a": "1"})["Plaintext"] == b"one bit"


def test_every_truncation_makes_an_invalid_ciphertext(kms, key):
    good = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"shorter")["CiphertextBlob"]
    for length in range(1, len(good)):
        with refused("InvalidCiphertextException", ""):
            kms.decrypt(CiphertextBlob=good[:length])


def test_bytes_behind_a_ciphertext_make_it_invalid(kms, key):
    good = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"longer")["CiphertextBlob"]
    with refused("InvalidCiphertextException", ""):
        kms.decrypt(CiphertextBlob=good + b"\0")


def test_noise_is_an_invalid_ciphertext(kms):
    for size in (1, 16, 100, 6144):
        with refused("InvalidCiphertextException"):
            kms.decrypt(CiphertextBlob=bytes(size))
