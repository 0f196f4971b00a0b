import hashlib
import hmac
import os

import pytest
from errors import refused
from imports import Importer

BITS = [224, 256, 384, 512]


@pytest.mark.parametrize("bits", BITS)
def test_a_mac_verifies_and_no_other_does(kms, shared_key, bits):
    key = shared_key(f"HMAC_{bits}", "GENERATE_VERIFY_MAC")
    algorithm = f"HMAC_SHA_{bits}"
    message = os.urandom(4096)
    made = kms.generate_mac(KeyId=key["KeyId"], Message=message, MacAlgorithm=algorithm)
    assert (made["KeyId"], made["MacAlgorithm"]) == (key["Arn"], algorithm)
    mac = made["Mac"]
    assert len(mac) == bits // 8
    answer = kms.verify_mac(KeyId=key["KeyId"], Message=message, MacAlgorithm=algorithm, Mac=mac)
    assert (answer["MacValid"], answer["KeyId"], answer["MacAlgorithm"]) == (True, key["Arn"], algorithm)
    wrong = [mac[:-1], mac + b"\0", mac[:1], bytes([mac[0] ^ 1]) + mac[1:], mac[:-1] + bytes([mac[-1] ^ 0x80])]
    for other in wrong:
        with refused("KMSInvalidMacException", ""):
            kms.verify_mac(KeyId=key["KeyId"], Message=message, MacAlgorithm=algorithm, Mac=other)
    with refused("KMSInvalidMacException", ""):
        kms.verify_mac(KeyId=key["KeyId"], Message=message[:-1], MacAlgorithm=algorithm, Mac=mac)


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("size", [1, 63, 64, 65, 4096])
def test_a_mac_is_the_one_that_python_makes_with_the_same_key(kms, imported, bits, size):
    key, secret = imported[bits]
    message = os.urandom(size)
    made = kms.generate_mac(KeyId=key["KeyId"], Message=message, MacAlgorithm=f"HMAC_SHA_{bits}")["Mac"]
    assert made == hmac.digest(secret, message, f"sha{bits}")
    assert kms.verify_mac(
        KeyId=key["KeyId"], Message=message, MacAlgorithm=f"HMAC_SHA_{bits}",
        Mac=hmac.new(secret, message, getattr(hashlib, f"sha{bits}")).digest(),
    )["MacValid"]


@pytest.fixture(scope="module")
def imported(kms, tmp_path_factory):
    """A key of each size whose secret is known here, because it was imported."""
    importer = Importer(kms, tmp_path_factory.mktemp("mac"))
    keys = {}
    for bits in BITS:
        secret = os.urandom(bits // 8)
        key = importer.new_key(f"HMAC_{bits}", "GENERATE_VERIFY_MAC")
        importer.run(key, secret)
        keys[bits] = (key, secret)
    return keys


def test_two_keys_make_two_macs(kms, shared_key, new_key):
    first, second = shared_key("HMAC_256", "GENERATE_VERIFY_MAC"), new_key(
        KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC"
    )
    mac = kms.generate_mac(KeyId=first["KeyId"], Message=b"m", MacAlgorithm="HMAC_SHA_256")["Mac"]
    with refused("KMSInvalidMacException", ""):
        kms.verify_mac(KeyId=second["KeyId"], Message=b"m", MacAlgorithm="HMAC_SHA_256", Mac=mac)


def test_an_algorithm_of_another_key_spec_is_refused(kms, shared_key):
    key = shared_key("HMAC_224", "GENERATE_VERIFY_MAC")["KeyId"]
    text = "Algorithm HMAC_SHA_256 is incompatible with key spec HMAC_224."
    with refused("InvalidKeyUsageException", text):
        kms.generate_mac(KeyId=key, Message=b"m", MacAlgorithm="HMAC_SHA_256")
    with refused("InvalidKeyUsageException", text):
        kms.verify_mac(KeyId=key, Message=b"m", MacAlgorithm="HMAC_SHA_256", Mac=b"m")
    with refused("ValidationException"):
        kms.generate_mac(KeyId=key, Message=b"m", MacAlgorithm="INVALID")


def test_a_key_for_something_else_makes_no_mac(kms, key, shared_key):
    text = f"{key['Arn']} key usage is ENCRYPT_DECRYPT which is not valid for GenerateMac."
    with refused("InvalidKeyUsageException", text):
        kms.generate_mac(KeyId=key["KeyId"], Message=b"m", MacAlgorithm="HMAC_SHA_256")
    signing = shared_key("ECC_NIST_P256", "SIGN_VERIFY")
    with refused("InvalidKeyUsageException"):
        kms.verify_mac(KeyId=signing["KeyId"], Message=b"m", MacAlgorithm="HMAC_SHA_256", Mac=b"m")


def test_a_malformed_key_id_is_not_found(kms):
    with refused("NotFoundException", "Invalid keyId 'key_id'"):
        kms.generate_mac(KeyId="key_id", Message=b"m", MacAlgorithm="HMAC_SHA_256")


def test_a_message_has_from_1_to_4096_bytes(kms, shared_key):
    key = shared_key("HMAC_256", "GENERATE_VERIFY_MAC")["KeyId"]
    for size in (0, 4097):
        with refused("ValidationException"):
            kms.generate_mac(KeyId=key, Message=bytes(size), MacAlgorithm="HMAC_SHA_256")


def test_a_dry_run_makes_no_mac(kms, shared_key):
    key = shared_key("HMAC_256", "GENERATE_VERIFY_MAC")["KeyId"]
    with refused("DryRunOperationException"):
        kms.generate_mac(KeyId=key, Message=b"m", MacAlgorithm="HMAC_SHA_256", DryRun=True)


def test_a_disabled_key_makes_no_mac(kms, new_key):
    key = new_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    kms.disable_key(KeyId=key["KeyId"])
    with refused("DisabledException"):
        kms.generate_mac(KeyId=key["KeyId"], Message=b"m", MacAlgorithm="HMAC_SHA_256")
