import os

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from errors import refused
from openssl import openssl

CURVES = {"ECC_NIST_P256": ec.SECP256R1, "ECC_NIST_P384": ec.SECP384R1, "ECC_NIST_P521": ec.SECP521R1}
DER = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def der(private_key) -> bytes:
    return private_key.public_key().public_bytes(*DER)


def derive(kms, key, public_key, **more):
    return kms.derive_shared_secret(
        KeyId=key["KeyId"], KeyAgreementAlgorithm="ECDH", PublicKey=public_key, **more
    )


@pytest.mark.parametrize("spec", CURVES)
def test_both_sides_derive_the_same_secret(kms, shared_key, spec):
    key = shared_key(spec, "KEY_AGREEMENT")
    public = serialization.load_der_public_key(kms.get_public_key(KeyId=key["KeyId"])["PublicKey"])
    # Often enough for a secret that begins with a zero byte, which must not be left out: one in 256.
    for _ in range(20):
        mine = ec.generate_private_key(CURVES[spec]())
        answer = derive(kms, key, der(mine))
        assert answer["SharedSecret"] == mine.exchange(ec.ECDH(), public)
        assert len(answer["SharedSecret"]) == (mine.curve.key_size + 7) // 8
    assert (answer["KeyId"], answer["KeyAgreementAlgorithm"]) == (key["Arn"], "ECDH")
    assert answer["KeyOrigin"] == "AWS_KMS"


def test_openssl_derives_the_same_secret(kms, shared_key, tmp_path):
    key = shared_key("ECC_NIST_P256", "KEY_AGREEMENT")
    mine, theirs = tmp_path / "mine.pem", tmp_path / "theirs.der"
    openssl("genpkey", "-algorithm", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", mine)
    theirs.write_bytes(kms.get_public_key(KeyId=key["KeyId"])["PublicKey"])
    public = openssl("pkey", "-in", mine, "-pubout", "-outform", "DER").stdout
    secret = openssl("pkeyutl", "-derive", "-inkey", mine, "-peerkey", theirs, "-peerform", "DER").stdout
    assert derive(kms, key, public)["SharedSecret"] == secret


def test_two_keys_of_the_server_agree(kms, shared_key, new_key):
    first = shared_key("ECC_NIST_P384", "KEY_AGREEMENT")
    second = new_key(KeySpec="ECC_NIST_P384", KeyUsage="KEY_AGREEMENT")
    publics = [kms.get_public_key(KeyId=key["KeyId"])["PublicKey"] for key in (first, second)]
    assert derive(kms, first, publics[1])["SharedSecret"] == derive(kms, second, publics[0])["SharedSecret"]


def test_a_public_key_that_is_none_is_refused(kms, shared_key):
    key = shared_key("ECC_NIST_P256", "KEY_AGREEMENT")
    good = der(ec.generate_private_key(ec.SECP256R1()))
    off_the_curve = good[:-1] + bytes([good[-1] ^ 1])
    infinity = bytes.fromhex("301906072a8648ce3d020106082a8648ce3d03010703020000")
    for bad in (
        b"x", os.urandom(91), good[:-1], good + b"\0", off_the_curve, infinity,
        der(ec.generate_private_key(ec.SECP384R1())), der(ec.generate_private_key(ec.SECP256K1())),
        der(rsa.generate_private_key(65537, 2048)),
    ):
        with refused("ValidationException"):
            derive(kms, key, bad)
    assert derive(kms, key, good)["SharedSecret"]


def test_a_key_for_something_else_agrees_on_nothing(kms, key, shared_key):
    public = der(ec.generate_private_key(ec.SECP256R1()))
    signing = shared_key("ECC_NIST_P256", "SIGN_VERIFY")
    for other, usage in ((signing, "SIGN_VERIFY"), (key, "ENCRYPT_DECRYPT")):
        text = f"{other['Arn']} key usage is {usage} which is not valid for DeriveSharedSecret."
        with refused("InvalidKeyUsageException", text):
            derive(kms, other, public)


def test_an_algorithm_that_does_not_exist_is_refused(kms, shared_key):
    text = (
        "1 validation error detected: Value 'INVALID' at 'keyAgreementAlgorithm' failed to satisfy constraint: "
        "Member must satisfy enum value set: [ECDH]"
    )
    with refused("ValidationException", text):
        kms.derive_shared_secret(
            KeyId=shared_key("ECC_NIST_P256", "KEY_AGREEMENT")["KeyId"], KeyAgreementAlgorithm="INVALID", PublicKey=b"x"
        )


def test_a_dry_run_derives_nothing(kms, shared_key):
    with refused("DryRunOperationException"):
        derive(
            kms, shared_key("ECC_NIST_P256", "KEY_AGREEMENT"), der(ec.generate_private_key(ec.SECP256R1())), DryRun=True
        )


def test_a_recipient_is_refused(kms, shared_key):
    recipient = {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": b"x"}
    with refused("UnsupportedOperationException"):
        derive(
            kms, shared_key("ECC_NIST_P256", "KEY_AGREEMENT"), der(ec.generate_private_key(ec.SECP256R1())),
            Recipient=recipient,
        )


@pytest.mark.parametrize("spec", ["RSA_2048", "ECC_SECG_P256K1", "ECC_NIST_EDWARDS25519"])
def test_only_the_curves_of_nist_are_for_key_agreement(kms, spec):
    with refused("ValidationException", f"KeyUsage KEY_AGREEMENT is not compatible with KeySpec {spec}"):
        kms.create_key(KeySpec=spec, KeyUsage="KEY_AGREEMENT")
