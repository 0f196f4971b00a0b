"""A server on a token without AES-GCM, whose profile lets AES-CBC and HMAC stand in: docs/ciphertext-format.md, version 2."""
import hashlib
import hmac
import os
import re
import subprocess

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key
from strongroom_server import PROFILE, STRONGROOM, Server, clean_environment


def profile_text(allowed: bool, with_gcm: bool) -> str:
    text = PROFILE.read_text()
    mechanisms = "slots.mechanisms = CKM_AES_CBC," + ("CKM_AES_GCM," if with_gcm else "")
    text = text.replace("CKM_AES_GCM,", "").replace("slots.mechanisms = ", mechanisms)
    return re.sub(r"(?m)^encryptThenMAC: .*\n", "", text) + f"\nencryptThenMAC: {str(allowed).lower()}\n"


@pytest.fixture
def cbc_server(tmp_path):
    profile = tmp_path / "profile.yaml"
    profile.write_text(profile_text(allowed=True, with_gcm=False))
    server = Server(tmp_path / "state", "--profile", str(profile)).start()
    yield server
    server.close()


def code(caught) -> str:
    return caught.value.response["Error"]["Code"]


def test_everything_that_a_symmetric_key_does(cbc_server):
    kms = cbc_server.client()
    key = kms.create_key(Description="by AES-CBC and HMAC")["KeyMetadata"]["KeyId"]
    context = {"purpose": "payroll", "é": "🔑"}
    for size in (1, 15, 16, 17, 4096):
        plaintext = os.urandom(size)
        blob = kms.encrypt(KeyId=key, Plaintext=plaintext, EncryptionContext=context)["CiphertextBlob"]
        assert blob[0] == 2 and len(blob) == 26 + 16 + (size // 16 + 1) * 16 + 32
        assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"] == plaintext
        with pytest.raises(ClientError) as caught:
            kms.decrypt(CiphertextBlob=blob, EncryptionContext={"purpose": "pension"})
        assert code(caught) == "InvalidCiphertextException"
    data_key = kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    assert kms.decrypt(CiphertextBlob=data_key["CiphertextBlob"])["Plaintext"] == data_key["Plaintext"]
    hidden = kms.generate_data_key_without_plaintext(KeyId=key, NumberOfBytes=1024)
    assert len(kms.decrypt(CiphertextBlob=hidden["CiphertextBlob"])["Plaintext"]) == 1024
    pair = kms.generate_data_key_pair(KeyId=key, KeyPairSpec="RSA_2048")
    opened = kms.decrypt(CiphertextBlob=pair["PrivateKeyCiphertextBlob"])["Plaintext"]
    assert opened == pair["PrivateKeyPlaintext"]
    signature = load_der_private_key(opened, None).sign(b"text", padding.PKCS1v15(), SHA256())
    load_der_public_key(pair["PublicKey"]).verify(signature, b"text", padding.PKCS1v15(), SHA256())
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    moved = kms.re_encrypt(CiphertextBlob=blob, SourceEncryptionContext=context, DestinationKeyId=other)
    assert kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], KeyId=other)["Plaintext"] == plaintext
    kms.rotate_key_on_demand(KeyId=key)
    rotated = kms.encrypt(KeyId=key, Plaintext=b"after")["CiphertextBlob"]
    assert rotated[21] == 2, "the second material"
    assert kms.decrypt(CiphertextBlob=rotated)["Plaintext"] == b"after"
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"] == plaintext


def test_no_change_of_a_bit_gets_through(cbc_server):
    kms = cbc_server.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    for bit in range(len(blob) * 8):
        changed = bytearray(blob)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ClientError) as caught:
            kms.decrypt(CiphertextBlob=bytes(changed))
        assert code(caught) == "InvalidCiphertextException", bit
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_what_the_server_seals_for_itself_outlives_restarts(cbc_server):
    kms = cbc_server.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    cbc_server.kill()
    # The credentials of the server's first user are sealed by a key of the same kind.
    cbc_server.start()
    assert cbc_server.client().decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_symmetric_material_is_not_imported_and_other_material_is(cbc_server):
    kms = cbc_server.client()
    with pytest.raises(ClientError) as caught:
        kms.create_key(Origin="EXTERNAL")
    assert code(caught) == "UnsupportedOperationException"
    assert "symmetric key material cannot be imported" in str(caught.value)
    key = kms.create_key(Origin="EXTERNAL", KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
    parameters = kms.get_parameters_for_import(
        KeyId=key, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")
    secret = os.urandom(32)
    wrapped = load_der_public_key(parameters["PublicKey"]).encrypt(
        secret, padding.OAEP(padding.MGF1(SHA256()), SHA256(), None))
    kms.import_key_material(
        KeyId=key, ImportToken=parameters["ImportToken"], EncryptedKeyMaterial=wrapped,
        ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE")
    mac = kms.generate_mac(KeyId=key, Message=b"text", MacAlgorithm="HMAC_SHA_256")["Mac"]
    assert mac == hmac.digest(secret, b"text", hashlib.sha256)


def test_a_token_that_learns_aes_gcm_keeps_its_keys_and_makes_new_ones_of_the_other_kind(cbc_server):
    kms = cbc_server.client()
    old = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=old, Plaintext=b"old")["CiphertextBlob"]
    cbc_server.stop()
    configuration = cbc_server.state / "softhsm2.conf"
    configuration.write_text(configuration.read_text().replace("slots.mechanisms = ", "slots.mechanisms = CKM_AES_GCM,"))
    cbc_server.start()
    kms = cbc_server.client()
    assert kms.encrypt(KeyId=old, Plaintext=b"x")["CiphertextBlob"][0] == 2
    new = kms.create_key()["KeyMetadata"]["KeyId"]
    assert kms.encrypt(KeyId=new, Plaintext=b"x")["CiphertextBlob"][0] == 1
    there = kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=new)["CiphertextBlob"]
    back = kms.re_encrypt(CiphertextBlob=there, DestinationKeyId=old)["CiphertextBlob"]
    assert (there[0], back[0]) == (1, 2)
    for ciphertext in (blob, there, back):
        assert kms.decrypt(CiphertextBlob=ciphertext)["Plaintext"] == b"old"
    # A rotation gives the key material of the better kind, beside which the first stays.
    kms.rotate_key_on_demand(KeyId=old)
    assert kms.encrypt(KeyId=old, Plaintext=b"x")["CiphertextBlob"][0] == 1
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"old"


def test_it_is_off_unless_the_profile_allows_it(tmp_path):
    profile = tmp_path / "profile.yaml"
    profile.write_text(profile_text(allowed=False, with_gcm=False))
    result = subprocess.run(
        [STRONGROOM, "init", "--state", tmp_path / "state", "--profile", profile], capture_output=True, text=True,
        timeout=60, env=clean_environment(HOME=str(tmp_path)), stdin=subprocess.DEVNULL)
    assert result.returncode != 0
    assert "lacks CKM_AES_GCM" in result.stderr and "encryptThenMAC: true" in result.stderr


def test_a_key_is_two_objects_of_the_token(cbc_server):
    tokens = cbc_server.state / "tokens"
    objects = lambda: [path for path in tokens.rglob("*.object") if path.name != "token.object"]
    before = len(objects())
    kms = cbc_server.client()
    kms.create_key()
    assert len(objects()) == before + 2
