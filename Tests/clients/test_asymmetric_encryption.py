"""RSA encryption: what openssl encrypts with the public key the server decrypts, and the other way round."""
import os

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from errors import refused
from imports import Importer
from openssl import new_secret, openssl

SIZES = {"RSA_2048": 256, "RSA_3072": 384, "RSA_4096": 512}
HASHES = {"RSAES_OAEP_SHA_1": (hashes.SHA1(), 20, "sha1"), "RSAES_OAEP_SHA_256": (hashes.SHA256(), 32, "sha256")}


def oaep(algorithm):
    chosen = HASHES[algorithm][0]
    return padding.OAEP(mgf=padding.MGF1(chosen), algorithm=chosen, label=None)


def room(spec, algorithm):
    return SIZES[spec] - 2 * HASHES[algorithm][1] - 2


def encrypt_with_openssl(folder, public_key, plaintext, algorithm):
    (folder / "public.der").write_bytes(public_key)
    digest = HASHES[algorithm][2]
    return openssl(
        "pkeyutl", "-encrypt", "-pubin", "-inkey", folder / "public.der", "-keyform", "DER",
        "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", f"rsa_oaep_md:{digest}", "-pkeyopt", f"rsa_mgf1_md:{digest}",
        stdin=plaintext,
    ).stdout


@pytest.mark.parametrize("algorithm", HASHES)
@pytest.mark.parametrize("spec", SIZES)
def test_what_openssl_and_python_encrypt_the_server_decrypts(kms, shared_key, tmp_path, spec, algorithm):
    key = shared_key(spec, "ENCRYPT_DECRYPT")
    public_key = kms.get_public_key(KeyId=key["KeyId"])
    assert public_key["EncryptionAlgorithms"] == ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]
    for size in (1, room(spec, algorithm)):
        plaintext = os.urandom(size)
        loaded = serialization.load_der_public_key(public_key["PublicKey"])
        for ciphertext in (
            encrypt_with_openssl(tmp_path, public_key["PublicKey"], plaintext, algorithm),
            loaded.encrypt(plaintext, oaep(algorithm)),
        ):
            answer = kms.decrypt(KeyId=key["KeyId"], CiphertextBlob=ciphertext, EncryptionAlgorithm=algorithm)
            assert answer["Plaintext"] == plaintext
            assert (answer["KeyId"], answer["EncryptionAlgorithm"]) == (key["Arn"], algorithm)
            assert "KeyMaterialId" not in answer


@pytest.fixture(scope="module")
def imported(kms, tmp_path_factory):
    """A key whose private key is known here, because it was imported."""
    importer = Importer(kms, tmp_path_factory.mktemp("rsa"))
    key = importer.new_key("RSA_2048", "ENCRYPT_DECRYPT")
    private = new_secret("RSA_2048")
    importer.run(key, private)
    return key, private


@pytest.mark.parametrize("algorithm", HASHES)
def test_what_the_server_encrypts_openssl_and_python_decrypt(kms, imported, tmp_path, algorithm):
    key, private = imported
    (tmp_path / "private.der").write_bytes(private)
    digest = HASHES[algorithm][2]
    for size in (1, room("RSA_2048", algorithm)):
        plaintext = os.urandom(size)
        made = kms.encrypt(KeyId=key["KeyId"], Plaintext=plaintext, EncryptionAlgorithm=algorithm)
        assert (made["KeyId"], made["EncryptionAlgorithm"]) == (key["Arn"], algorithm)
        assert openssl(
            "pkeyutl", "-decrypt", "-inkey", tmp_path / "private.der", "-keyform", "DER",
            "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", f"rsa_oaep_md:{digest}",
            "-pkeyopt", f"rsa_mgf1_md:{digest}", stdin=made["CiphertextBlob"],
        ).stdout == plaintext
        loaded = serialization.load_der_private_key(private, None)
        assert loaded.decrypt(made["CiphertextBlob"], oaep(algorithm)) == plaintext


@pytest.mark.parametrize("algorithm", HASHES)
@pytest.mark.parametrize("spec", SIZES)
def test_one_byte_too_many_is_refused_in_the_words_of_aws(kms, shared_key, spec, algorithm):
    key = shared_key(spec, "ENCRYPT_DECRYPT")["KeyId"]
    most = room(spec, algorithm)
    made = kms.encrypt(KeyId=key, Plaintext=bytes(most), EncryptionAlgorithm=algorithm)["CiphertextBlob"]
    assert len(made) == SIZES[spec]
    assert kms.decrypt(KeyId=key, CiphertextBlob=made, EncryptionAlgorithm=algorithm)["Plaintext"] == bytes(most)
    text = f"Algorithm {algorithm} and key spec {spec} cannot encrypt data larger than {most} bytes."
    with refused("ValidationException", text):
        kms.encrypt(KeyId=key, Plaintext=bytes(most + 1), EncryptionAlgorithm=algorithm)


def test_what_was_tampered_with_does_not_decrypt(kms, shared_key):
    key = shared_key("RSA_2048", "ENCRYPT_DECRYPT")["KeyId"]
    made = kms.encrypt(KeyId=key, Plaintext=b"secret", EncryptionAlgorithm="RSAES_OAEP_SHA_256")["CiphertextBlob"]
    wrong = [made[:position] + bytes([made[position] ^ 1]) + made[position + 1 :] for position in (0, 128, 255)]
    wrong += [made[:-1], made + b"\0", b"\0" + made, bytes(256), b"\xff" * 256, b"x"]
    for ciphertext in wrong:
        with refused("InvalidCiphertextException", ""):
            kms.decrypt(KeyId=key, CiphertextBlob=ciphertext, EncryptionAlgorithm="RSAES_OAEP_SHA_256")
    with refused("InvalidCiphertextException", ""):
        kms.decrypt(KeyId=key, CiphertextBlob=made, EncryptionAlgorithm="RSAES_OAEP_SHA_1")


def test_a_ciphertext_with_pkcs1_padding_does_not_decrypt(kms, shared_key):
    key = shared_key("RSA_2048", "ENCRYPT_DECRYPT")["KeyId"]
    public = serialization.load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    for algorithm in HASHES:
        with refused("InvalidCiphertextException", ""):
            kms.decrypt(
                KeyId=key, CiphertextBlob=public.encrypt(b"m", padding.PKCS1v15()), EncryptionAlgorithm=algorithm
            )


def test_key_and_algorithm_have_to_be_named(kms, shared_key):
    key = shared_key("RSA_2048", "ENCRYPT_DECRYPT")["KeyId"]
    text = "Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048."
    with refused("InvalidKeyUsageException", text):
        kms.encrypt(KeyId=key, Plaintext=b"x")
    made = kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionAlgorithm="RSAES_OAEP_SHA_256")["CiphertextBlob"]
    with refused("ValidationException"):
        kms.decrypt(CiphertextBlob=made, EncryptionAlgorithm="RSAES_OAEP_SHA_256")
    with refused("InvalidKeyUsageException", text):
        kms.decrypt(KeyId=key, CiphertextBlob=made)


def test_an_encryption_context_is_for_symmetric_keys(kms, shared_key):
    key = shared_key("RSA_2048", "ENCRYPT_DECRYPT")["KeyId"]
    with refused("ValidationException"):
        kms.encrypt(
            KeyId=key, Plaintext=b"x", EncryptionAlgorithm="RSAES_OAEP_SHA_256", EncryptionContext={"a": "b"}
        )


def test_an_rsa_algorithm_is_not_for_a_symmetric_key(kms, key):
    text = "Algorithm RSAES_OAEP_SHA_256 is incompatible with key spec SYMMETRIC_DEFAULT."
    with refused("InvalidKeyUsageException", text):
        kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", EncryptionAlgorithm="RSAES_OAEP_SHA_256")


def test_a_ciphertext_moves_between_symmetric_and_rsa_keys(kms, key, shared_key):
    pair = shared_key("RSA_2048", "ENCRYPT_DECRYPT")
    start = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"moves", EncryptionContext={"a": "1"})["CiphertextBlob"]
    there = kms.re_encrypt(
        CiphertextBlob=start, SourceEncryptionContext={"a": "1"}, DestinationKeyId=pair["KeyId"],
        DestinationEncryptionAlgorithm="RSAES_OAEP_SHA_256",
    )
    assert (there["SourceEncryptionAlgorithm"], there["DestinationEncryptionAlgorithm"]) == (
        "SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_256"
    )
    assert there["SourceKeyMaterialId"] == key["CurrentKeyMaterialId"]
    assert "DestinationKeyMaterialId" not in there
    within = kms.re_encrypt(
        CiphertextBlob=there["CiphertextBlob"], SourceKeyId=pair["KeyId"],
        SourceEncryptionAlgorithm="RSAES_OAEP_SHA_256", DestinationKeyId=pair["KeyId"],
        DestinationEncryptionAlgorithm="RSAES_OAEP_SHA_1",
    )
    back = kms.re_encrypt(
        CiphertextBlob=within["CiphertextBlob"], SourceKeyId=pair["KeyId"],
        SourceEncryptionAlgorithm="RSAES_OAEP_SHA_1", DestinationKeyId=key["KeyId"],
        DestinationEncryptionContext={"b": "2"},
    )
    assert (back["SourceKeyId"], back["KeyId"]) == (pair["Arn"], key["Arn"])
    assert kms.decrypt(CiphertextBlob=back["CiphertextBlob"], EncryptionContext={"b": "2"})["Plaintext"] == b"moves"


def test_a_dry_run_encrypts_nothing(kms, shared_key):
    key = shared_key("RSA_2048", "ENCRYPT_DECRYPT")["KeyId"]
    with refused("DryRunOperationException"):
        kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionAlgorithm="RSAES_OAEP_SHA_1", DryRun=True)
