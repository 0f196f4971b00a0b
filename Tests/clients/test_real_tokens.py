"""The key store's use cases on real tokens of other makers, each with what it holds; and what it lacks, by name."""
import os
import subprocess

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from real_tokens import LACKING, RealToken
from strongroom_server import STRONGROOM, TOKEN, Server, clean_environment, free_port

pytestmark = pytest.mark.skipif(bool(TOKEN), reason="all tests run on one token of the kind STRONGROOM_TEST_TOKEN")

SIGNING = {
    "RSA_2048": "RSASSA_PSS_SHA_256", "ECC_NIST_P256": "ECDSA_SHA_256", "ECC_NIST_P384": "ECDSA_SHA_384",
    "ECC_NIST_P521": "ECDSA_SHA_512", "ECC_SECG_P256K1": "ECDSA_SHA_256", "ECC_NIST_EDWARDS25519": "ED25519_SHA_512",
}
MACS = {"HMAC_224": "HMAC_SHA_224", "HMAC_256": "HMAC_SHA_256", "HMAC_384": "HMAC_SHA_384", "HMAC_512": "HMAC_SHA_512"}


@pytest.fixture(scope="module", params=["nss", "opencryptoki"])
def server(request, tmp_path_factory):
    """A token that can hold a whole key store."""
    token = RealToken(request.param)
    server = Server(tmp_path_factory.mktemp(request.param) / "state", token=token).start()
    server.token = token
    yield server
    server.close()
    token.close()


@pytest.fixture(scope="module")
def kms(server):
    return server.client()


def code(caught) -> str:
    return caught.value.response["Error"]["Code"]


def holds(server, spec: str) -> bool:
    return spec not in LACKING[server.token.kind]


def test_symmetric_keys(kms):
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    context = {"purpose": "payroll"}
    blobs = []
    for size in (1, 32, 4096):
        plaintext = os.urandom(size)
        blob = kms.encrypt(KeyId=key, Plaintext=plaintext, EncryptionContext=context)["CiphertextBlob"]
        assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"] == plaintext
        for wrong in ({}, {"purpose": "pension"}):
            with pytest.raises(ClientError) as caught:
                kms.decrypt(CiphertextBlob=blob, EncryptionContext=wrong)
            assert code(caught) == "InvalidCiphertextException"
        for position in (len(blob) - 1, len(blob) // 2, 40):
            bent = bytearray(blob)
            bent[position] ^= 1
            with pytest.raises(ClientError) as caught:
                kms.decrypt(CiphertextBlob=bytes(bent), EncryptionContext=context)
            assert code(caught) == "InvalidCiphertextException"
        blobs.append((blob, plaintext))
    kms.rotate_key_on_demand(KeyId=key)
    blobs.append((kms.encrypt(KeyId=key, Plaintext=b"new", EncryptionContext=context)["CiphertextBlob"], b"new"))
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    for blob, plaintext in blobs:
        assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"] == plaintext
        moved = kms.re_encrypt(CiphertextBlob=blob, SourceEncryptionContext=context, DestinationKeyId=other)
        assert kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], KeyId=other)["Plaintext"] == plaintext
    data_key = kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    assert kms.decrypt(CiphertextBlob=data_key["CiphertextBlob"])["Plaintext"] == data_key["Plaintext"]
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    with pytest.raises(ClientError) as caught:
        kms.encrypt(KeyId=key, Plaintext=b"1")
    assert code(caught) == "KMSInvalidStateException"


@pytest.mark.parametrize("spec", SIGNING)
def test_signing_keys(server, kms, spec):
    if not holds(server, spec):
        return expect_refused(server, kms, spec, "SIGN_VERIFY")
    key = kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    signature = kms.sign(KeyId=key, Message=b"text", SigningAlgorithm=SIGNING[spec])["Signature"]
    arguments = {"KeyId": key, "Signature": signature, "SigningAlgorithm": SIGNING[spec]}
    assert kms.verify(Message=b"text", **arguments)["SignatureValid"]
    with pytest.raises(ClientError) as caught:
        kms.verify(Message=b"other", **arguments)
    assert code(caught) == "KMSInvalidSignatureException"
    public = load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    if isinstance(public, rsa.RSAPublicKey):
        public.verify(signature, b"text", padding.PSS(padding.MGF1(SHA256()), 32), SHA256())
    elif spec == "ECC_NIST_P256":
        public.verify(signature, b"text", ec.ECDSA(SHA256()))


@pytest.mark.parametrize("spec", MACS)
def test_mac_keys(server, kms, spec):
    if not holds(server, spec):
        return expect_refused(server, kms, spec, "GENERATE_VERIFY_MAC")
    key = kms.create_key(KeySpec=spec, KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
    mac = kms.generate_mac(KeyId=key, Message=b"text", MacAlgorithm=MACS[spec])["Mac"]
    assert kms.verify_mac(KeyId=key, Message=b"text", MacAlgorithm=MACS[spec], Mac=mac)["MacValid"]
    with pytest.raises(ClientError) as caught:
        kms.verify_mac(KeyId=key, Message=b"other", MacAlgorithm=MACS[spec], Mac=mac)
    assert code(caught) == "KMSInvalidMacException"


def test_rsa_decryption(kms):
    key = kms.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["KeyId"]
    for algorithm in ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"):
        blob = kms.encrypt(KeyId=key, Plaintext=b"text", EncryptionAlgorithm=algorithm)["CiphertextBlob"]
        assert kms.decrypt(KeyId=key, CiphertextBlob=blob, EncryptionAlgorithm=algorithm)["Plaintext"] == b"text"
        with pytest.raises(ClientError) as caught:
            kms.decrypt(KeyId=key, CiphertextBlob=blob[:-1] + bytes([blob[-1] ^ 1]), EncryptionAlgorithm=algorithm)
        assert code(caught) == "InvalidCiphertextException"


def test_a_restart_finds_every_key(server, kms):
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    signing = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"before")["CiphertextBlob"]
    assert server.stop() == 0
    server.start()
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"before"
    assert kms.sign(KeyId=signing, Message=b"text", SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256")["Signature"]


def expect_refused(server, kms, spec: str, usage: str) -> None:
    """CreateKey says by name what the token lacks, and leaves no key."""
    before = {key["KeyId"] for key in kms.get_paginator("list_keys").paginate().build_full_result()["Keys"]}
    with pytest.raises(ClientError) as caught:
        kms.create_key(KeySpec=spec, KeyUsage=usage)
    assert code(caught) == "UnsupportedOperationException"
    assert LACKING[server.token.kind][spec] in caught.value.response["Error"]["Message"]
    after = {key["KeyId"] for key in kms.get_paginator("list_keys").paginate().build_full_result()["Keys"]}
    assert after == before


@pytest.mark.parametrize("kind", ["tpm2", "p11-kit-remote"])
def test_a_token_without_symmetric_keys_is_refused_at_the_start_by_the_name_of_what_it_lacks(kind, tmp_path):
    token = RealToken(kind)
    try:
        made = subprocess.run(
            [*token.prefix, STRONGROOM, "init", "--state", tmp_path / "state", "--listen", f"127.0.0.1:{free_port()}",
             *token.init_arguments],
            env=clean_environment(HOME=str(tmp_path)), capture_output=True, text=True, timeout=60,
        )
        assert made.returncode != 0
        assert "lacks CKM_AES_GCM" in made.stderr, made.stderr
        assert not (tmp_path / "state").exists()
    finally:
        token.close()
