"""Every key spec signs; the openssl command and Python's cryptography verify, not our own code."""
import hashlib
import os

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from errors import refused
from openssl import openssl

RSA_ALGORITHMS = [f"RSASSA_{scheme}_SHA_{bits}" for scheme in ("PSS", "PKCS1_V1_5") for bits in (256, 384, 512)]
ECDSA = {
    "ECC_NIST_P256": "ECDSA_SHA_256", "ECC_NIST_P384": "ECDSA_SHA_384", "ECC_NIST_P521": "ECDSA_SHA_512",
    "ECC_SECG_P256K1": "ECDSA_SHA_256",
}
PAIRS = [(spec, algorithm) for spec in ("RSA_2048", "RSA_3072", "RSA_4096") for algorithm in RSA_ALGORITHMS]
PAIRS += list(ECDSA.items())
ED25519 = ("ECC_NIST_EDWARDS25519", "ED25519_SHA_512")
SPECS = ["RSA_2048", "RSA_3072", "RSA_4096", *ECDSA, ED25519[0]]


@pytest.fixture(scope="module")
def public_key(kms, shared_key):
    """The public key of a spec's shared key, DER."""
    return lambda spec: kms.get_public_key(KeyId=shared_key(spec, "SIGN_VERIFY")["KeyId"])["PublicKey"]


def digest_name(algorithm):
    return "sha" + algorithm.rsplit("_", 1)[1]


def verify_with_python(public_key, signature, message, algorithm):
    key = serialization.load_der_public_key(public_key)
    chosen = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[algorithm.rsplit("_", 1)[1]]
    if isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(signature, message)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, message, ec.ECDSA(chosen))
    elif "PSS" in algorithm:
        scheme = padding.PSS(mgf=padding.MGF1(chosen), salt_length=padding.PSS.DIGEST_LENGTH)
        key.verify(signature, message, scheme, chosen)
    else:
        key.verify(signature, message, padding.PKCS1v15(), chosen)


def openssl_accepts(folder, public_key, signature, message, algorithm) -> bool:
    for name, content in {"key": public_key, "signature": signature, "message": message}.items():
        (folder / name).write_bytes(content)
    if algorithm == ED25519[1]:
        command = [
            "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", folder / "key", "-rawin",
            "-in", folder / "message", "-sigfile", folder / "signature",
        ]
    else:
        # A salt of another length than the digest's is refused.
        pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:-1"] if "PSS" in algorithm else []
        command = [
            "dgst", "-" + digest_name(algorithm), "-keyform", "DER", "-verify", folder / "key", *pss,
            "-signature", folder / "signature", folder / "message",
        ]
    return openssl(*command, check=False).returncode == 0


@pytest.mark.parametrize("message_type", ["RAW", "DIGEST"])
@pytest.mark.parametrize("spec, algorithm", PAIRS)
def test_openssl_and_python_verify_what_is_signed(
    kms, shared_key, public_key, tmp_path, spec, algorithm, message_type
):
    key = shared_key(spec, "SIGN_VERIFY")
    message = os.urandom(1000)
    sent = message if message_type == "RAW" else hashlib.new(digest_name(algorithm), message).digest()
    made = kms.sign(KeyId=key["KeyId"], Message=sent, MessageType=message_type, SigningAlgorithm=algorithm)
    assert (made["KeyId"], made["SigningAlgorithm"]) == (key["Arn"], algorithm)
    verify_with_python(public_key(spec), made["Signature"], message, algorithm)
    assert openssl_accepts(tmp_path, public_key(spec), made["Signature"], message, algorithm)
    answer = kms.verify(
        KeyId=key["KeyId"], Message=sent, MessageType=message_type, SigningAlgorithm=algorithm,
        Signature=made["Signature"],
    )
    assert (answer["SignatureValid"], answer["KeyId"]) == (True, key["Arn"])
    assert answer["SigningAlgorithm"] == algorithm


@pytest.mark.parametrize("size", [1, 4096])
def test_ed25519_signs_the_message_itself(kms, shared_key, public_key, tmp_path, size):
    spec, algorithm = ED25519
    key = shared_key(spec, "SIGN_VERIFY")
    message = os.urandom(size)
    made = kms.sign(KeyId=key["KeyId"], Message=message, SigningAlgorithm=algorithm)
    assert len(made["Signature"]) == 64
    verify_with_python(public_key(spec), made["Signature"], message, algorithm)
    assert openssl_accepts(tmp_path, public_key(spec), made["Signature"], message, algorithm)
    assert kms.verify(
        KeyId=key["KeyId"], Message=message, SigningAlgorithm=algorithm, Signature=made["Signature"]
    )["SignatureValid"]
    with refused("ValidationException"):
        kms.sign(KeyId=key["KeyId"], Message=bytes(64), MessageType="DIGEST", SigningAlgorithm=algorithm)


@pytest.mark.parametrize("spec", ["RSA_2048", *ECDSA])
def test_what_python_makes_is_not_taken_for_what_the_key_makes(kms, shared_key, spec):
    """A signature of another key, well-formed."""
    algorithm = ECDSA.get(spec, "RSASSA_PKCS1_V1_5_SHA_256")
    if spec == "RSA_2048":
        other = rsa.generate_private_key(65537, 2048)
        signature = other.sign(b"m", padding.PKCS1v15(), hashes.SHA256())
    else:
        curve = {
            "ECC_NIST_P256": ec.SECP256R1(), "ECC_NIST_P384": ec.SECP384R1(), "ECC_NIST_P521": ec.SECP521R1(),
            "ECC_SECG_P256K1": ec.SECP256K1(),
        }[spec]
        signature = ec.generate_private_key(curve).sign(b"m", ec.ECDSA(hashes.SHA256()))
    with refused("KMSInvalidSignatureException", ""):
        kms.verify(
            KeyId=shared_key(spec, "SIGN_VERIFY")["KeyId"], Message=b"m", SigningAlgorithm=algorithm,
            Signature=signature,
        )


@pytest.mark.parametrize("spec", SPECS)
def test_no_tampered_signature_and_no_other_message_is_valid(kms, shared_key, public_key, spec):
    algorithm = {**ECDSA, ED25519[0]: ED25519[1]}.get(spec, "RSASSA_PSS_SHA_256")
    key = shared_key(spec, "SIGN_VERIFY")["KeyId"]
    signature = kms.sign(KeyId=key, Message=b"pay 10", SigningAlgorithm=algorithm)["Signature"]

    def check(**changes):
        given = {"KeyId": key, "Message": b"pay 10", "SigningAlgorithm": algorithm, "Signature": signature, **changes}
        with refused("KMSInvalidSignatureException", ""):
            kms.verify(**given)

    check(Message=b"pay 100")
    for position in (0, len(signature) // 2, len(signature) - 1):
        check(Signature=signature[:position] + bytes([signature[position] ^ 1]) + signature[position + 1 :])
    check(Signature=signature[:-1])
    check(Signature=signature + b"\0")
    check(Signature=b"\0")
    if algorithm == "RSASSA_PSS_SHA_256":
        check(SigningAlgorithm="RSASSA_PSS_SHA_384")
        check(SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256")
    with pytest.raises(InvalidSignature):
        verify_with_python(public_key(spec), signature, b"pay 100", algorithm)


@pytest.mark.parametrize("spec", ECDSA)
def test_an_ecdsa_signature_is_der_and_nothing_else(kms, shared_key, spec):
    key = shared_key(spec, "SIGN_VERIFY")["KeyId"]
    signature = kms.sign(KeyId=key, Message=b"m", SigningAlgorithm=ECDSA[spec])["Signature"]
    r, s = utils.decode_dss_signature(signature)
    assert utils.encode_dss_signature(r, s) == signature
    size = {"ECC_NIST_P384": 48, "ECC_NIST_P521": 66}.get(spec, 32)
    with refused("KMSInvalidSignatureException", ""):
        kms.verify(
            KeyId=key, Message=b"m", SigningAlgorithm=ECDSA[spec],
            Signature=r.to_bytes(size, "big") + s.to_bytes(size, "big"),
        )


@pytest.mark.parametrize("operation", ["sign", "verify"])
@pytest.mark.parametrize("spec, algorithm", [pair for pair in PAIRS if pair[0] in ("RSA_2048", *ECDSA)])
def test_a_digest_has_the_length_of_its_algorithm(kms, shared_key, spec, algorithm, operation):
    key = shared_key(spec, "SIGN_VERIFY")["KeyId"]
    size = int(algorithm.rsplit("_", 1)[1]) // 8
    signature = {"Signature": b"s"} if operation == "verify" else {}
    for wrong in (size - 1, size + 1, 20):
        with refused("ValidationException", f"Digest is invalid length for algorithm {algorithm}."):
            getattr(kms, operation)(
                KeyId=key, Message=bytes(wrong), MessageType="DIGEST", SigningAlgorithm=algorithm, **signature
            )


def test_a_message_has_from_1_to_4096_bytes(kms, shared_key):
    key = shared_key("ECC_NIST_P256", "SIGN_VERIFY")["KeyId"]
    assert kms.sign(KeyId=key, Message=bytes(4096), SigningAlgorithm="ECDSA_SHA_256")["Signature"]
    text = "1 validation error detected: Value at 'message' failed to satisfy constraint: Member must have length "
    with refused("ValidationException", text + "less than or equal to 4096"):
        kms.sign(KeyId=key, Message=bytes(4097), SigningAlgorithm="ECDSA_SHA_256")
    with refused("ValidationException", text + "greater than or equal to 1"):
        kms.sign(KeyId=key, Message=b"", SigningAlgorithm="ECDSA_SHA_256")


def test_an_algorithm_of_another_key_spec_is_refused(kms, shared_key):
    key = shared_key("ECC_NIST_P256", "SIGN_VERIFY")["KeyId"]
    text = "Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256."
    with refused("InvalidKeyUsageException", text):
        kms.sign(KeyId=key, Message=b"m", SigningAlgorithm="ECDSA_SHA_384")
    with refused("InvalidKeyUsageException", text):
        kms.verify(KeyId=key, Message=b"m", SigningAlgorithm="ECDSA_SHA_384", Signature=b"s")
    with refused("ValidationException"):
        kms.sign(KeyId=key, Message=b"m", SigningAlgorithm="ECDSA_SHA_1")


def test_a_key_for_something_else_does_not_sign(kms, key, shared_key):
    text = f"{key['Arn']} key usage is ENCRYPT_DECRYPT which is not valid for "
    with refused("InvalidKeyUsageException", text + "Sign."):
        kms.sign(KeyId=key["KeyId"], Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
    with refused("InvalidKeyUsageException", text + "Verify."):
        kms.verify(KeyId=key["KeyId"], Message=b"m", SigningAlgorithm="ECDSA_SHA_256", Signature=b"s")
    for spec, usage in [
        ("RSA_2048", "ENCRYPT_DECRYPT"), ("ECC_NIST_P256", "KEY_AGREEMENT"), ("HMAC_256", "GENERATE_VERIFY_MAC"),
    ]:
        other = shared_key(spec, usage)
        with refused("InvalidKeyUsageException", f"{other['Arn']} key usage is {usage} which is not valid for Sign."):
            kms.sign(KeyId=other["KeyId"], Message=b"m", SigningAlgorithm="RSASSA_PSS_SHA_256")


def test_a_signing_key_does_not_encrypt(kms, shared_key):
    for spec in ("RSA_2048", "ECC_NIST_P256"):
        key = shared_key(spec, "SIGN_VERIFY")
        text = f"{key['Arn']} key usage is SIGN_VERIFY which is not valid for Encrypt."
        with refused("InvalidKeyUsageException", text):
            kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", EncryptionAlgorithm="RSAES_OAEP_SHA_256")


def test_a_disabled_key_does_not_sign(kms, new_key):
    key = new_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    kms.disable_key(KeyId=key["KeyId"])
    for call in (
        lambda: kms.sign(KeyId=key["KeyId"], Message=b"m", SigningAlgorithm="ECDSA_SHA_256"),
        lambda: kms.verify(KeyId=key["KeyId"], Message=b"m", SigningAlgorithm="ECDSA_SHA_256", Signature=b"s"),
        lambda: kms.get_public_key(KeyId=key["KeyId"]),
    ):
        with refused("DisabledException", f"{key['Arn']} is disabled."):
            call()


def test_a_dry_run_signs_nothing(kms, shared_key):
    key = shared_key("ECC_NIST_P256", "SIGN_VERIFY")["KeyId"]
    with refused("DryRunOperationException"):
        kms.sign(KeyId=key, Message=b"m", SigningAlgorithm="ECDSA_SHA_256", DryRun=True)


@pytest.mark.parametrize("spec", SPECS)
def test_a_public_key_is_described(kms, shared_key, spec):
    key = shared_key(spec, "SIGN_VERIFY")
    answer = kms.get_public_key(KeyId=key["KeyId"])
    for member in ("KeySpec", "KeyUsage", "SigningAlgorithms", "CustomerMasterKeySpec"):
        assert answer.get(member) == key.get(member)
    assert answer["KeyId"] == key["Arn"]
    assert "EncryptionAlgorithms" not in answer and "KeyAgreementAlgorithms" not in answer
    public = serialization.load_der_public_key(answer["PublicKey"])
    if isinstance(public, rsa.RSAPublicKey):
        assert (public.key_size, public.public_numbers().e) == (int(spec.removeprefix("RSA_")), 65537)
    assert public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    ) == answer["PublicKey"]


@pytest.mark.parametrize("spec, usage", [("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"), ("HMAC_256", "GENERATE_VERIFY_MAC")])
def test_a_secret_key_has_no_public_key(kms, shared_key, spec, usage):
    with refused("UnsupportedOperationException", ""):
        kms.get_public_key(KeyId=shared_key(spec, usage)["KeyId"])


def test_the_aws_cli_signs_and_openssl_verifies(server, tmp_path):
    import base64
    import json

    made = server.aws("kms", "create-key", "--key-spec", "ECC_NIST_P384", "--key-usage", "SIGN_VERIFY").stdout
    key = json.loads(made)["KeyMetadata"]["KeyId"]
    (tmp_path / "text").write_bytes(b"signed by the AWS CLI")
    signature = server.aws(
        "kms", "sign", "--key-id", key, "--message", f"fileb://{tmp_path / 'text'}", "--signing-algorithm",
        "ECDSA_SHA_384", "--query", "Signature", "--output", "text",
    ).stdout
    public = server.aws("kms", "get-public-key", "--key-id", key, "--query", "PublicKey", "--output", "text").stdout
    assert openssl_accepts(
        tmp_path, base64.b64decode(public), base64.b64decode(signature), b"signed by the AWS CLI", "ECDSA_SHA_384"
    )


def test_keys_of_every_kind_survive_a_restart(own_server, ready):
    kms = own_server.client()
    signing = {
        "RSA_2048": "RSASSA_PSS_SHA_256", "ECC_NIST_P256": "ECDSA_SHA_256", "ECC_SECG_P256K1": "ECDSA_SHA_256",
        ED25519[0]: ED25519[1],
    }
    before = {}
    for spec, algorithm in signing.items():
        key = kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        signature = kms.sign(KeyId=key, Message=b"before", SigningAlgorithm=algorithm)["Signature"]
        before[key] = (algorithm, kms.get_public_key(KeyId=key)["PublicKey"], signature)
    mac = kms.create_key(KeySpec="HMAC_512", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
    tag = kms.generate_mac(KeyId=mac, Message=b"before", MacAlgorithm="HMAC_SHA_512")["Mac"]
    own_server.kill()
    kms = own_server.start().client()
    for key, (algorithm, public, signature) in before.items():
        assert kms.get_public_key(KeyId=key)["PublicKey"] == public
        assert kms.verify(KeyId=key, Message=b"before", SigningAlgorithm=algorithm, Signature=signature)
        after = kms.sign(KeyId=key, Message=b"after", SigningAlgorithm=algorithm)["Signature"]
        verify_with_python(public, after, b"after", algorithm)
    assert kms.generate_mac(KeyId=mac, Message=b"before", MacAlgorithm="HMAC_SHA_512")["Mac"] == tag
    assert own_server.run("doctor", "--state", str(own_server.state), check=False).returncode == 0
