"""Imported key material, wrapped by the openssl command as AWS's documentation shows it."""
import datetime
import hashlib
import hmac
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from blobs import open_blob
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from errors import refused
from imports import Importer
from openssl import new_secret

ALGORITHMS = ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"]
WRAPPING_SPECS = ["RSA_2048", "RSA_3072", "RSA_4096"]
SIGNING = {
    "RSA_2048": "RSASSA_PSS_SHA_256", "RSA_3072": "RSASSA_PKCS1_V1_5_SHA_384", "RSA_4096": "RSASSA_PSS_SHA_512",
    "ECC_NIST_P256": "ECDSA_SHA_256", "ECC_NIST_P384": "ECDSA_SHA_384", "ECC_NIST_P521": "ECDSA_SHA_512",
    "ECC_SECG_P256K1": "ECDSA_SHA_256", "ECC_NIST_EDWARDS25519": "ED25519_SHA_512",
}


@pytest.fixture
def importer(kms, tmp_path):
    return Importer(kms, tmp_path)


def in_the_future(**ahead) -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**ahead)


def described(kms, key) -> dict:
    return kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]


def materials(kms, key) -> list[dict]:
    return kms.list_key_rotations(KeyId=key["KeyId"], IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]


def flipped(content: bytes, position: int) -> bytes:
    return content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :]


# A key and its material


def test_a_key_without_material_waits_for_its_import(kms, importer):
    key = importer.new_key()
    assert (key["Origin"], key["KeyState"], key["Enabled"]) == ("EXTERNAL", "PendingImport", False)
    for member in ("ExpirationModel", "ValidTo", "CurrentKeyMaterialId"):
        assert member not in key
    text = f"{key['Arn']} is pending import."
    with refused("KMSInvalidStateException", text):
        kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")
    with refused("KMSInvalidStateException", text):
        kms.rotate_key_on_demand(KeyId=key["KeyId"])
    with refused("KMSInvalidStateException", text):
        kms.enable_key(KeyId=key["KeyId"])


def test_parameters_are_valid_for_24_hours(kms, importer):
    key = importer.new_key()
    parameters = importer.parameters(key)
    assert parameters["KeyId"] == key["Arn"]
    left = parameters["ParametersValidTo"] - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(hours=23, minutes=58) < left <= datetime.timedelta(hours=24)
    public = serialization.load_der_public_key(parameters["PublicKey"])
    assert (public.key_size, public.public_numbers().e) == (2048, 65537)
    again = importer.parameters(key)
    assert again["PublicKey"] != parameters["PublicKey"] and again["ImportToken"] != parameters["ImportToken"]


@pytest.mark.parametrize("spec", WRAPPING_SPECS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_secret_arrives_under_every_wrapping(kms, importer, algorithm, spec):
    """What is encrypted afterwards opens with the very bytes that were imported, outside of the server."""
    key, secret = importer.new_key(), os.urandom(32)
    answer = importer.run(key, secret, algorithm, spec)
    assert answer["KeyId"] == key["Arn"]
    after = described(kms, key)
    assert (after["KeyState"], after["ExpirationModel"]) == ("Enabled", "KEY_MATERIAL_DOES_NOT_EXPIRE")
    assert after["CurrentKeyMaterialId"] == answer["KeyMaterialId"]
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"text", EncryptionContext={"a": "b"})["CiphertextBlob"]
    assert open_blob(blob, secret, {"a": "b"}) == b"text"
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "b"})["Plaintext"] == b"text"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("spec", SIGNING)
def test_a_private_key_arrives_under_every_wrapping_that_holds_it(kms, importer, spec, algorithm):
    key = importer.new_key(spec, "SIGN_VERIFY")
    private = new_secret(spec)
    wrapping_spec = "RSA_2048"
    if algorithm.startswith("RSAES_OAEP"):
        if spec.startswith("RSA_"):
            with refused("UnsupportedOperationException"):
                importer.parameters(key, algorithm, "RSA_4096")
            return
        if spec == "ECC_NIST_P521":
            wrapping_spec = "RSA_3072"
    importer.run(key, private, algorithm, wrapping_spec)
    loaded = serialization.load_der_private_key(private, None)
    assert kms.get_public_key(KeyId=key["KeyId"])["PublicKey"] == loaded.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signature = kms.sign(KeyId=key["KeyId"], Message=b"m", SigningAlgorithm=SIGNING[spec])["Signature"]
    verify(loaded.public_key(), signature, SIGNING[spec])
    assert kms.verify(KeyId=key["KeyId"], Message=b"m", SigningAlgorithm=SIGNING[spec], Signature=signature)
    assert "CurrentKeyMaterialId" not in described(kms, key)


def verify(public, signature, algorithm):
    chosen = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[algorithm.rsplit("_", 1)[1]]
    if algorithm.startswith("ED25519"):
        public.verify(signature, b"m")
    elif algorithm.startswith("ECDSA"):
        public.verify(signature, b"m", ec.ECDSA(chosen))
    elif "PSS" in algorithm:
        public.verify(signature, b"m", padding.PSS(padding.MGF1(chosen), padding.PSS.DIGEST_LENGTH), chosen)
    else:
        public.verify(signature, b"m", padding.PKCS1v15(), chosen)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("bits", [224, 256, 384, 512])
def test_a_mac_key_arrives(kms, importer, bits, algorithm):
    key, secret = importer.new_key(f"HMAC_{bits}", "GENERATE_VERIFY_MAC"), os.urandom(bits // 8)
    importer.run(key, secret, algorithm)
    mac = kms.generate_mac(KeyId=key["KeyId"], Message=b"m", MacAlgorithm=f"HMAC_SHA_{bits}")["Mac"]
    assert mac == hmac.new(secret, b"m", getattr(hashlib, f"sha{bits}")).digest()


@pytest.mark.parametrize("spec", ["ECC_NIST_P256", "ECC_NIST_P521"])
def test_a_key_for_key_agreement_arrives(kms, importer, spec):
    key, private = importer.new_key(spec, "KEY_AGREEMENT"), new_secret(spec)
    importer.run(key, private)
    loaded = serialization.load_der_private_key(private, None)
    other = ec.generate_private_key(loaded.curve)
    answer = kms.derive_shared_secret(
        KeyId=key["KeyId"], KeyAgreementAlgorithm="ECDH",
        PublicKey=other.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
    )
    assert answer["SharedSecret"] == loaded.exchange(ec.ECDH(), other.public_key())
    assert answer["KeyOrigin"] == "EXTERNAL"


# Expiry


def test_material_expires_and_comes_back(kms, importer, ready):
    key, secret = importer.new_key(), os.urandom(32)
    valid_to = in_the_future(seconds=3)
    importer.run(key, secret, ValidTo=valid_to, ExpirationModel="KEY_MATERIAL_EXPIRES")
    after = described(kms, key)
    assert after["ExpirationModel"] == "KEY_MATERIAL_EXPIRES"
    assert abs(after["ValidTo"] - valid_to) < datetime.timedelta(seconds=1)
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"text")["CiphertextBlob"]
    ready(lambda: importer.state(key) == "PendingImport", 10, "the key waits for its material again")
    assert datetime.datetime.now(datetime.timezone.utc) >= after["ValidTo"]
    for call in (
        lambda: kms.decrypt(CiphertextBlob=blob), lambda: kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x"),
    ):
        with refused("KMSInvalidStateException", f"{key['Arn']} is pending import."):
            call()
    expired = described(kms, key)
    assert "ExpirationModel" not in expired and "ValidTo" not in expired
    with refused("IncorrectKeyMaterialException"):
        importer.run(key, os.urandom(32))
    again = importer.run(key, secret)
    assert again["KeyMaterialId"] == after["CurrentKeyMaterialId"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"text"
    assert described(kms, key)["ExpirationModel"] == "KEY_MATERIAL_DOES_NOT_EXPIRE"


def test_a_server_that_was_down_at_the_moment_refuses_from_its_first_request_on(own_server, tmp_path):
    kms = own_server.client()
    importer = Importer(kms, tmp_path)
    key, secret = importer.new_key(), os.urandom(32)
    valid_to = in_the_future(seconds=3)
    importer.run(key, secret, ValidTo=valid_to)
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"text")["CiphertextBlob"]
    own_server.kill()
    time.sleep(max(0, (valid_to - datetime.datetime.now(datetime.timezone.utc)).total_seconds() + 1))
    kms = own_server.start().client()
    with refused("KMSInvalidStateException", f"{key['Arn']} is pending import."):
        kms.decrypt(CiphertextBlob=blob)
    importer.kms = kms
    importer.run(key, secret)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"text"


@pytest.mark.parametrize(
    "parameters, text",
    [
        (
            {"ExpirationModel": "KEY_MATERIAL_EXPIRES"},
            "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES",
        ),
        ({"ValidTo": in_the_future(days=1), "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}, None),
        ({"ValidTo": in_the_future(seconds=-1)}, None), ({"ValidTo": datetime.datetime(1999, 1, 1)}, None),
        ({"ValidTo": in_the_future(days=366)}, None), ({"ValidTo": datetime.datetime(9999, 1, 1)}, None),
    ],
    ids=["no date", "a date too many", "a second ago", "last century", "in 366 days", "never"],
)
def test_an_expiry_is_at_most_365_days_ahead(kms, importer, parameters, text):
    key = importer.new_key()
    with refused("ValidationException", text):
        importer.run(key, os.urandom(32), **parameters)
    assert importer.state(key) == "PendingImport"


def test_an_expiry_in_364_days_is_taken(kms, importer):
    key = importer.new_key()
    importer.run(key, os.urandom(32), ValidTo=in_the_future(days=364))
    assert importer.state(key) == "Enabled"


def test_importing_the_same_material_again_changes_its_expiry(kms, importer):
    key, secret = importer.new_key(), os.urandom(32)
    first = importer.run(key, secret)
    assert importer.run(key, secret, ValidTo=in_the_future(days=30))["KeyMaterialId"] == first["KeyMaterialId"]
    after = described(kms, key)
    assert (after["ExpirationModel"], after["CurrentKeyMaterialId"]) == (
        "KEY_MATERIAL_EXPIRES", first["KeyMaterialId"]
    )


# Deletion, and the same material again


def test_deleted_material_can_be_imported_again_and_no_other(kms, importer):
    key, secret = importer.new_key(), os.urandom(32)
    first = importer.run(key, secret)
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"text")["CiphertextBlob"]
    gone = kms.delete_imported_key_material(KeyId=key["KeyId"])
    assert (gone["KeyId"], gone["KeyMaterialId"]) == (key["Arn"], first["KeyMaterialId"])
    with refused("KMSInvalidStateException", f"{key['Arn']} is pending import."):
        kms.decrypt(CiphertextBlob=blob)
    with refused("IncorrectKeyMaterialException"):
        importer.run(key, os.urandom(32))
    assert importer.state(key) == "PendingImport"
    assert importer.run(key, secret)["KeyMaterialId"] == first["KeyMaterialId"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"text"
    with refused("IncorrectKeyMaterialException"):
        importer.run(key, os.urandom(32))
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"text"


def test_deleting_what_is_not_there_is_no_fault(kms, importer):
    key = importer.new_key()
    kms.delete_imported_key_material(KeyId=key["KeyId"])
    assert importer.state(key) == "PendingImport"


@pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P256", "ECC_NIST_EDWARDS25519", "HMAC_256"])
def test_other_keys_keep_their_identity_too(kms, importer, spec):
    usage = "GENERATE_VERIFY_MAC" if spec == "HMAC_256" else "SIGN_VERIFY"
    key, secret, other = importer.new_key(spec, usage), new_secret(spec), new_secret(spec)

    def use():
        if spec == "HMAC_256":
            return kms.generate_mac(KeyId=key["KeyId"], Message=b"m", MacAlgorithm="HMAC_SHA_256")["Mac"]
        kms.sign(KeyId=key["KeyId"], Message=b"m", SigningAlgorithm=SIGNING[spec])
        return kms.get_public_key(KeyId=key["KeyId"])["PublicKey"]

    importer.run(key, secret)
    before = use()
    with refused("IncorrectKeyMaterialException"):
        importer.run(key, other)
    kms.delete_imported_key_material(KeyId=key["KeyId"])
    with refused("IncorrectKeyMaterialException"):
        importer.run(key, other)
    with refused("KMSInvalidStateException"):
        use()
    importer.run(key, secret)
    assert use() == before


# New material


def test_new_material_waits_for_a_rotation(kms, importer):
    key = importer.new_key()
    secrets = [os.urandom(32), os.urandom(32)]
    first = importer.run(key, secrets[0], KeyMaterialDescription="first: a/b_c.d-e")["KeyMaterialId"]
    old = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"old")["CiphertextBlob"]
    with refused("KMSInvalidStateException", f"No available key material pending rotation for the key: {key['Arn']}."):
        kms.rotate_key_on_demand(KeyId=key["KeyId"])
    second = importer.run(
        key, secrets[1], ImportType="NEW_KEY_MATERIAL", KeyMaterialDescription="second",
        ValidTo=in_the_future(days=10),
    )["KeyMaterialId"]
    listed = materials(kms, key)
    assert [(entry["KeyMaterialId"], entry["KeyMaterialState"], entry["ImportState"]) for entry in listed] == [
        (first, "CURRENT", "IMPORTED"), (second, "PENDING_ROTATION", "IMPORTED")
    ]
    assert [entry["KeyMaterialDescription"] for entry in listed] == ["first: a/b_c.d-e", "second"]
    assert [entry["ExpirationModel"] for entry in listed] == [
        "KEY_MATERIAL_DOES_NOT_EXPIRE", "KEY_MATERIAL_EXPIRES"
    ]
    assert "ValidTo" in listed[1] and "ValidTo" not in listed[0]
    assert kms.list_key_rotations(KeyId=key["KeyId"])["Rotations"] == []
    # What waits does not count for the key yet.
    assert described(kms, key)["ExpirationModel"] == "KEY_MATERIAL_DOES_NOT_EXPIRE"
    with refused("KMSInvalidStateException") as caught:
        importer.run(key, os.urandom(32), ImportType="NEW_KEY_MATERIAL")
    assert f"because another key material (id: {second}) is pending rotation." in str(caught.value)

    kms.rotate_key_on_demand(KeyId=key["KeyId"])
    assert described(kms, key)["CurrentKeyMaterialId"] == second
    new = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"new")["CiphertextBlob"]
    assert (open_blob(old, secrets[0], {}), open_blob(new, secrets[1], {})) == (b"old", b"new")
    for blob, text, material in ((old, b"old", first), (new, b"new", second)):
        answer = kms.decrypt(CiphertextBlob=blob)
        assert (answer["Plaintext"], answer["KeyMaterialId"]) == (text, material)
    rotated = kms.list_key_rotations(KeyId=key["KeyId"])["Rotations"]
    assert [(entry["KeyMaterialId"], entry["RotationType"]) for entry in rotated] == [(second, "ON_DEMAND")]
    assert [entry["KeyMaterialState"] for entry in materials(kms, key)] == ["NON_CURRENT", "CURRENT"]

    # Without one of them the key is without material, and each comes back under its own id.
    kms.delete_imported_key_material(KeyId=key["KeyId"], KeyMaterialId=first)
    assert importer.state(key) == "PendingImport"
    assert [entry["ImportState"] for entry in materials(kms, key)] == ["PENDING_IMPORT", "IMPORTED"]
    with refused("KMSInvalidStateException"):
        kms.decrypt(CiphertextBlob=new)
    with refused("IncorrectKeyMaterialException"):
        importer.run(key, secrets[1], KeyMaterialId=first)
    assert importer.run(key, secrets[0], KeyMaterialId=first)["KeyMaterialId"] == first
    assert importer.state(key) == "Enabled"
    assert kms.decrypt(CiphertextBlob=old)["Plaintext"] == b"old"


def test_pending_material_can_be_deleted_and_replaced(kms, importer):
    key = importer.new_key()
    first = importer.run(key, os.urandom(32))["KeyMaterialId"]
    second = importer.run(key, os.urandom(32), ImportType="NEW_KEY_MATERIAL")["KeyMaterialId"]
    kms.delete_imported_key_material(KeyId=key["KeyId"], KeyMaterialId=second)
    assert importer.state(key) == "Enabled"
    assert [entry["KeyMaterialId"] for entry in materials(kms, key)] == [first]
    third = importer.run(key, os.urandom(32), ImportType="NEW_KEY_MATERIAL")["KeyMaterialId"]
    kms.rotate_key_on_demand(KeyId=key["KeyId"])
    assert described(kms, key)["CurrentKeyMaterialId"] == third


def test_what_the_key_has_had_is_not_new(kms, importer):
    key, secret = importer.new_key(), os.urandom(32)
    importer.run(key, secret, ImportType="NEW_KEY_MATERIAL")
    with refused("IncorrectKeyMaterialException"):
        importer.run(key, secret, ImportType="NEW_KEY_MATERIAL")
    with refused("ValidationException"):
        importer.run(key, secret, ImportType="NEW_KEY_MATERIAL", KeyMaterialId="0" * 64)
    with refused("IncorrectKeyMaterialException"):
        importer.run(key, os.urandom(32), ImportType="EXISTING_KEY_MATERIAL")


def test_imported_keys_do_not_rotate_by_themselves(kms, importer):
    key = importer.new_key()
    importer.run(key, os.urandom(32))
    text = f"{key['Arn']} origin is EXTERNAL which is not valid for this operation."
    with refused("UnsupportedOperationException", text):
        kms.enable_key_rotation(KeyId=key["KeyId"])
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"] is False


@pytest.mark.parametrize("spec", ["RSA_2048", "HMAC_256"])
def test_only_symmetric_encryption_keys_take_new_material(kms, importer, spec):
    usage = "GENERATE_VERIFY_MAC" if spec == "HMAC_256" else "SIGN_VERIFY"
    key = importer.new_key(spec, usage)
    importer.run(key, new_secret(spec))
    with refused("UnsupportedOperationException"):
        importer.run(key, new_secret(spec), ImportType="NEW_KEY_MATERIAL")


# Bad input


def test_a_token_is_taken_as_it_was_given_and_for_its_key(kms, importer):
    key, other = importer.new_key(), importer.new_key()
    parameters = importer.parameters(key)
    wrapped = importer.wrap(os.urandom(32), parameters)
    token = parameters["ImportToken"]
    altered = [flipped(token, position) for position in range(0, len(token), 7)]
    for wrong in [*altered, token[:-1], token + b"\0", b"x", os.urandom(len(token))]:
        with refused("InvalidImportTokenException"):
            importer.send(key, {"ImportToken": wrong}, wrapped)
    with refused("InvalidImportTokenException"):
        importer.send(key, importer.parameters(other), wrapped)
    with refused("InvalidImportTokenException"):
        importer.send(other, parameters, wrapped)
    assert (importer.state(key), importer.state(other)) == ("PendingImport", "PendingImport")
    importer.send(key, parameters, wrapped)
    assert importer.state(key) == "Enabled"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_material_wrapped_under_another_key_or_algorithm_does_not_open(kms, importer, algorithm):
    key = importer.new_key()
    parameters, others = importer.parameters(key, algorithm), importer.parameters(key, algorithm)
    secret = os.urandom(32)
    wrapped = importer.wrap(secret, parameters, algorithm)
    wrong = [importer.wrap(secret, parameters, other) for other in ALGORITHMS if other != algorithm]
    wrong += [importer.wrap(secret, others, algorithm), wrapped[:-1], wrapped + b"\0", b"x", os.urandom(len(wrapped))]
    wrong += [flipped(wrapped, position) for position in (0, 100, len(wrapped) - 1)]
    for ciphertext in wrong:
        with refused("InvalidCiphertextException", ""):
            importer.send(key, parameters, ciphertext)
    assert importer.state(key) == "PendingImport"
    importer.send(key, parameters, wrapped)
    assert importer.state(key) == "Enabled"


@pytest.mark.parametrize(
    "spec, usage, sizes",
    [
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", [1, 16, 24, 31, 33, 64]),
        ("HMAC_224", "GENERATE_VERIFY_MAC", [27, 29, 32]), ("HMAC_512", "GENERATE_VERIFY_MAC", [32, 63, 65, 128]),
    ],
)
@pytest.mark.parametrize("algorithm", ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_256"])
def test_a_secret_of_the_wrong_length_is_refused(kms, importer, spec, usage, sizes, algorithm):
    key = importer.new_key(spec, usage)
    for size in sizes:
        with refused("IncorrectKeyMaterialException"):
            importer.run(key, os.urandom(size), algorithm)
    assert importer.state(key) == "PendingImport"


def off_the_curve() -> bytes:
    """A P-256 private key whose public point is on no curve."""
    der = new_secret("ECC_NIST_P256")
    return flipped(der, len(der) - 1)


@pytest.mark.parametrize(
    "spec, material",
    [
        ("RSA_2048", lambda: new_secret("RSA_3072")), ("RSA_3072", lambda: new_secret("RSA_2048")),
        ("RSA_2048", lambda: new_secret("ECC_NIST_P256")), ("RSA_2048", lambda: os.urandom(1200)),
        ("RSA_2048", lambda: new_secret("RSA_2048")[:-1]),
        ("ECC_NIST_P256", lambda: new_secret("ECC_NIST_P384")),
        ("ECC_NIST_P256", lambda: new_secret("ECC_SECG_P256K1")),
        ("ECC_NIST_P256", lambda: new_secret("ECC_NIST_EDWARDS25519")), ("ECC_NIST_P256", off_the_curve),
        ("ECC_NIST_P256", lambda: os.urandom(32)), ("ECC_NIST_P384", lambda: new_secret("RSA_2048")),
        ("ECC_NIST_EDWARDS25519", lambda: new_secret("ECC_NIST_P256")),
        ("ECC_NIST_EDWARDS25519", lambda: os.urandom(32)),
    ],
    ids=[
        "RSA too large", "RSA too small", "no RSA", "no key", "half a key", "another curve", "its twin", "Edwards",
        "off the curve", "a bare scalar", "RSA for ECC", "ECC for Edwards", "a bare seed",
    ],
)
def test_a_private_key_of_another_kind_is_refused(kms, importer, spec, material):
    key = importer.new_key(spec, "SIGN_VERIFY")
    with refused("IncorrectKeyMaterialException"):
        importer.run(key, material())
    assert importer.state(key) == "PendingImport"
    importer.run(key, new_secret(spec))
    assert kms.sign(KeyId=key["KeyId"], Message=b"m", SigningAlgorithm=SIGNING[spec])["Signature"]


def test_a_generated_key_takes_no_material(kms, importer, key):
    text = f"{key['Arn']} origin is AWS_KMS which is not valid for this operation."
    with refused("UnsupportedOperationException", text):
        importer.parameters(key)
    with refused("UnsupportedOperationException", text):
        importer.send(key, {"ImportToken": b"x"}, b"x")
    with refused("UnsupportedOperationException", text):
        kms.delete_imported_key_material(KeyId=key["KeyId"])


def test_a_key_that_is_to_be_deleted_takes_no_material(kms, importer):
    key = importer.new_key()
    parameters = importer.parameters(key)
    wrapped = importer.wrap(os.urandom(32), parameters)
    kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    text = f"{key['Arn']} is pending deletion."
    with refused("KMSInvalidStateException", text):
        importer.send(key, parameters, wrapped)
    with refused("KMSInvalidStateException", text):
        importer.parameters(key)
    # To take material away brings nobody nearer to anything.
    kms.delete_imported_key_material(KeyId=key["KeyId"])
    kms.cancel_key_deletion(KeyId=key["KeyId"])
    assert importer.state(key) == "PendingImport"
    importer.send(key, parameters, wrapped)
    assert importer.state(key) == "Enabled"


def test_wrappings_that_aws_no_longer_takes_are_refused(kms, importer):
    key = importer.new_key()
    for algorithm, spec in (
        ("RSAES_PKCS1_V1_5", "RSA_2048"), ("SM2PKE", "SM2"), ("RSAES_OAEP_SHA_256", "SM2"),
    ):
        with refused("UnsupportedOperationException"):
            importer.parameters(key, algorithm, spec)
    with refused("ValidationException"):
        importer.parameters(key, "ROT13", "RSA_2048")
    with refused("ValidationException"):
        importer.parameters(key, "RSAES_OAEP_SHA_256", "RSA_1024")


@pytest.mark.parametrize(
    "member, value",
    [("KeyMaterialDescription", "ä"), ("KeyMaterialDescription", "x" * 257), ("KeyMaterialId", "x" * 64)],
)
def test_members_are_validated(kms, importer, member, value):
    with refused("ValidationException"):
        importer.send(importer.new_key(), {"ImportToken": b"x"}, b"x", **{member: value})


def test_bad_imports_leave_nothing_behind(own_server, tmp_path):
    importer = Importer(own_server.client(), tmp_path)
    secret_key, pair = importer.new_key(), importer.new_key("ECC_NIST_P256", "SIGN_VERIFY")
    for _ in range(3):
        with refused("IncorrectKeyMaterialException"):
            importer.run(secret_key, os.urandom(31))
        with refused("IncorrectKeyMaterialException"):
            importer.run(pair, new_secret("ECC_NIST_P384"))
        with refused("InvalidCiphertextException"):
            importer.send(pair, importer.parameters(pair), os.urandom(300))
    assert own_server.stop() == 0
    result = own_server.run("doctor", "--state", str(own_server.state), check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    importer.kms = own_server.start().client()
    importer.run(secret_key, os.urandom(32))
    importer.run(pair, new_secret("ECC_NIST_P256"))


# Restarts


def test_a_token_is_taken_by_a_server_that_was_started_anew(own_server, tmp_path):
    importer = Importer(own_server.client(), tmp_path)
    key, secret = importer.new_key(), os.urandom(32)
    parameters = importer.parameters(key)
    wrapped = importer.wrap(secret, parameters)
    own_server.kill()
    importer.kms = own_server.start().client()
    importer.send(key, parameters, wrapped, KeyMaterialDescription="kept")
    blob = importer.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"text")["CiphertextBlob"]
    own_server.kill()
    importer.kms = own_server.start().client()
    assert importer.kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"text"
    assert materials(importer.kms, key)[0]["KeyMaterialDescription"] == "kept"
    importer.kms.delete_imported_key_material(KeyId=key["KeyId"])
    own_server.kill()
    importer.kms = own_server.start().client()
    assert importer.state(key) == "PendingImport"
    importer.run(key, secret)
    assert importer.kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"text"
    assert own_server.run("doctor", "--state", str(own_server.state), check=False).returncode == 0


def test_a_server_killed_while_material_comes_and_goes_keeps_it_whole(own_server, tmp_path):
    """Whatever was cut off, the same material comes back and opens what it encrypted, and nothing is left over."""
    kms = own_server.client()
    work = []
    for number in range(4):
        folder = tmp_path / str(number)
        folder.mkdir()
        importer = Importer(kms, folder)
        key, secret = importer.new_key(), os.urandom(32)
        parameters = importer.parameters(key)
        wrapped = importer.wrap(secret, parameters)
        importer.send(key, parameters, wrapped)
        blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
        work.append((importer, key, parameters, wrapped, blob))
    done = []

    def churn(item):
        importer, key, parameters, wrapped, _ = item
        try:
            while True:
                kms.delete_imported_key_material(KeyId=key["KeyId"])
                importer.send(key, parameters, wrapped)
                done.append(key["KeyId"])
                if len(done) >= 20:
                    own_server.process.kill()
        except Exception:  # noqa: BLE001 - the server dies in the middle of it: any error will do
            return

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(churn, work))
    own_server.kill()
    kms = own_server.start().client()
    assert len(done) >= 20
    for importer, key, parameters, wrapped, blob in work:
        importer.kms = kms
        assert importer.state(key) in ("Enabled", "PendingImport")
        importer.send(key, parameters, wrapped)
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    result = own_server.run("doctor", "--state", str(own_server.state), check=False)
    assert result.returncode == 0, result.stdout + result.stderr
