"""Running `strongroom import-key-material`, and the proof that a key has the material that was imported."""
import hmac
import json
import subprocess

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from strongroom_server import STRONGROOM

SECRETS = {"SYMMETRIC_DEFAULT": "ENCRYPT_DECRYPT", **{f"HMAC_{n}": "GENERATE_VERIFY_MAC" for n in (224, 256, 384, 512)}}
PAIRS = {
    "RSA_2048": "SIGN_VERIFY", "RSA_3072": "ENCRYPT_DECRYPT", "ECC_NIST_P256": "SIGN_VERIFY",
    "ECC_NIST_P384": "KEY_AGREEMENT", "ECC_NIST_P521": "SIGN_VERIFY", "ECC_SECG_P256K1": "SIGN_VERIFY",
    "ECC_NIST_EDWARDS25519": "SIGN_VERIFY",
}
USAGES = SECRETS | PAIRS


@pytest.fixture
def command(server):
    """Runs `strongroom import-key-material` against the server."""

    def run(*arguments, stdin=b"", check=True, environment=None, service=True):
        where = ["--state", str(server.state)] if service else []
        result = subprocess.run(
            [STRONGROOM, "import-key-material", *map(str, arguments), *where], input=stdin, capture_output=True,
            timeout=120, env={**server.environment, **(environment or {})},
        )
        if check:
            assert result.returncode == 0, f"{arguments}:\n{result.stdout.decode()}{result.stderr.decode()}"
        return result

    return run


@pytest.fixture
def report(command):
    """The same, and what it answers as JSON."""
    return lambda *arguments, **more: json.loads(command(*arguments, "--json", **more).stdout)


@pytest.fixture
def empty_key(new_key):
    return lambda spec="SYMMETRIC_DEFAULT": new_key(KeySpec=spec, KeyUsage=USAGES[spec], Origin="EXTERNAL")["KeyId"]


def state(kms, key):
    return kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]


def prove(kms, key, spec, material):
    """That the key does what this material does, by an implementation that is not ours."""
    message = b"is it the same key?"
    if spec == "SYMMETRIC_DEFAULT":
        blob = kms.encrypt(KeyId=key, Plaintext=message)["CiphertextBlob"]
        # docs/ciphertext-format.md
        assert AESGCM(material).decrypt(blob[26:38], blob[38:], blob[:26]) == message
        return
    if spec.startswith("HMAC"):
        bits = spec.removeprefix("HMAC_")
        mac = kms.generate_mac(KeyId=key, Message=message, MacAlgorithm=f"HMAC_SHA_{bits}")["Mac"]
        assert mac == hmac.digest(material, message, f"sha{bits}")
        return
    private = serialization.load_der_private_key(material, None)
    described = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert kms.get_public_key(KeyId=key)["PublicKey"] == described
    prove_private_part(kms, key, spec, private, message)


def prove_private_part(kms, key, spec, private, message):
    if spec == "RSA_3072":
        sealed = private.public_key().encrypt(
            message, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
        opened = kms.decrypt(KeyId=key, CiphertextBlob=sealed, EncryptionAlgorithm="RSAES_OAEP_SHA_256")
        assert opened["Plaintext"] == message
    elif spec == "ECC_NIST_P384":
        other = ec.generate_private_key(ec.SECP384R1())
        public = other.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        secret = kms.derive_shared_secret(KeyId=key, PublicKey=public, KeyAgreementAlgorithm="ECDH")["SharedSecret"]
        assert secret == other.exchange(ec.ECDH(), private.public_key())
    else:
        algorithm = kms.get_public_key(KeyId=key)["SigningAlgorithms"][-1]
        signature = kms.sign(KeyId=key, Message=message, SigningAlgorithm=algorithm)["Signature"]
        kms.verify(KeyId=key, Message=message, SigningAlgorithm=algorithm, Signature=signature)
        public = private.public_key()
        if isinstance(private, ed25519.Ed25519PrivateKey):
            public.verify(signature, message)
        elif isinstance(private, ec.EllipticCurvePrivateKey):
            digest = hashes.SHA512() if spec == "ECC_NIST_P521" else hashes.SHA256()
            public.verify(signature, message, ec.ECDSA(digest))
