"""`strongroom key`: kinds of keys, rotation, replaced keys, destroyed material."""
import os
import subprocess

import pytest
from botocore.exceptions import ClientError
from strongroom_server import STRONGROOM
from terminal import Terminal
from test_strongroom_cli import answer, members, run

COMMANDS = [
    "rotate", "enable-rotation", "disable-rotation", "rotation-status", "list-rotations", "delete-material",
    "public-key", "last-usage",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(server, command):
    text = server.run("key", command, "--help").stdout
    assert f"strongroom key {command} " in text.split("USAGE")[0], "an example to copy stands before the usage"


def create(server, *arguments):
    return answer(server, "key", "create", *arguments)["KeyMetadata"]


@pytest.mark.parametrize(
    "spec, usage, default", [
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", True), ("HMAC_384", "GENERATE_VERIFY_MAC", True),
        ("RSA_2048", "ENCRYPT_DECRYPT", False), ("ECC_NIST_P384", "KEY_AGREEMENT", False),
        ("ECC_SECG_P256K1", "SIGN_VERIFY", True), ("ECC_NIST_EDWARDS25519", "SIGN_VERIFY", True),
    ])
def test_a_key_of_every_kind(server, kms, spec, usage, default):
    made = create(server, "--key-spec", spec, *([] if default else ["--key-usage", usage]))
    described = kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"]
    assert (described["KeySpec"], described["KeyUsage"], described["KeyState"]) == (spec, usage, "Enabled")
    if not default:
        result = run(server, "key", "create", "--key-spec", spec, check=False)
        assert result.returncode == 1 and usage in result.stderr


def test_a_key_without_material(server, kms):
    made = create(server, "--origin", "external")
    assert kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"]["KeyState"] == "PendingImport"
    assert "import-key-material" in run(server, "key", "create", "--origin", "external").stdout


def test_rotation(server, kms, new_key):
    key = new_key()["KeyId"]
    assert "none by itself" in run(server, "key", "rotation-status", key).stdout
    run(server, "key", "enable-rotation", key, "--days", "180")
    status = answer(server, "key", "rotation-status", key)
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 180)
    assert "180 days" in run(server, "key", "rotation-status", key).stdout
    run(server, "key", "disable-rotation", key)
    assert answer(server, "key", "rotation-status", key)["KeyRotationEnabled"] is False

    assert "not been rotated" in run(server, "key", "list-rotations", key).stdout
    blob = kms.encrypt(KeyId=key, Plaintext=b"older")["CiphertextBlob"]
    first = kms.describe_key(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"]
    assert key in run(server, "key", "rotate", key).stdout
    second = kms.describe_key(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"]
    assert second != first
    assert members(answer(server, "key", "list-rotations", key), "KeyMaterialId") == [second]
    everything = answer(server, "key", "list-rotations", key, "--all-material")
    assert members(everything, "KeyMaterialId") == [first, second]
    assert "ON_DEMAND" in run(server, "key", "list-rotations", key).stdout
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"older"


def test_a_refused_rotation_is_told(server, new_key):
    key = new_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyId"]
    for command in (("rotate", key), ("enable-rotation", key)):
        result = run(server, "key", *command, check=False)
        assert result.returncode == 1 and "UnsupportedOperationException" in result.stderr


def test_a_new_key_behind_an_alias(server, kms, new_key, alias_name):
    policy = '{"Version":"2012-10-17","Statement":[{"Sid":"mine","Effect":"Allow","Principal":{"AWS":' \
        '"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}]}'
    old = new_key(
        KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY", Description="signs", Policy=policy,
        Tags=[{"TagKey": f"tag-{number}", "TagValue": str(number)} for number in range(3)])["KeyId"]
    kms.create_alias(AliasName=alias_name, TargetKeyId=old)
    signature = kms.sign(KeyId=alias_name, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")["Signature"]
    # With and without its alias/.
    replaced = answer(server, "key", "rotate", "--alias", alias_name.removeprefix("alias/"), "--new-key")
    new = kms.describe_key(KeyId=alias_name)["KeyMetadata"]
    assert replaced == {"AliasName": alias_name, "NewKeyId": new["KeyId"], "OldKeyId": old}
    assert new["KeyId"] != old
    assert (new["KeySpec"], new["KeyUsage"], new["Description"]) == ("ECC_NIST_P256", "SIGN_VERIFY", "signs")
    assert kms.get_key_policy(KeyId=new["KeyId"])["Policy"] == kms.get_key_policy(KeyId=old)["Policy"]
    assert kms.list_resource_tags(KeyId=new["KeyId"])["Tags"] == kms.list_resource_tags(KeyId=old)["Tags"]
    assert kms.verify(KeyId=old, Message=b"m", SigningAlgorithm="ECDSA_SHA_256", Signature=signature)["SignatureValid"]
    with pytest.raises(ClientError):
        kms.verify(KeyId=alias_name, Message=b"m", SigningAlgorithm="ECDSA_SHA_256", Signature=signature)
    text = run(server, "key", "rotate", "--alias", alias_name, "--new-key").stdout
    assert new["KeyId"] in text and "stays" in text


def test_a_replaced_key_is_one_that_the_hsm_made(server, kms, new_key, alias_name):
    old = new_key(Origin="EXTERNAL")["KeyId"]
    kms.create_alias(AliasName=alias_name, TargetKeyId=old)
    before = len(kms.list_keys(Limit=1000)["Keys"])
    result = run(server, "key", "rotate", "--alias", alias_name, "--new-key", check=False)
    assert result.returncode == 1 and "EXTERNAL" in result.stderr and "hint: " in result.stderr
    assert len(kms.list_keys(Limit=1000)["Keys"]) == before


@pytest.mark.parametrize("arguments", [[], ["--new-key"], ["--alias", "a"], ["k", "--new-key"], ["k", "--alias", "a"]])
def test_a_rotation_names_a_key_or_an_alias(server, arguments):
    result = run(server, "key", "rotate", *arguments, check=False)
    assert result.returncode == 1 and "--new-key" in result.stderr


def test_material_is_destroyed_only_by_who_says_yes(server, kms, new_key):
    key = new_key(Origin="EXTERNAL")["KeyId"]
    import_ = [str(STRONGROOM), "import-key-material", key, "--stdin", "--state", str(server.state)]
    subprocess.run(import_, input=os.urandom(32), check=True, capture_output=True, env=server.environment)

    def state():
        return kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]

    result = run(server, "key", "delete-material", key, check=False)
    assert result.returncode == 1 and "--yes" in result.stderr
    command = [str(STRONGROOM), "key", "delete-material", key, "--state", str(server.state)]
    for reply, end in (("no", "Enabled"), ("y", "Enabled"), ("yes", "PendingImport")):
        terminal = Terminal(command, server.environment)
        terminal.expect("Type yes to go on: ")
        terminal.answer(reply + "\n")
        assert terminal.end() == (0 if reply == "yes" else 1)
        assert state() == end


def test_generated_material_is_not_destroyed(server, new_key):
    result = run(server, "key", "delete-material", new_key()["KeyId"], "--yes", check=False)
    assert result.returncode == 1 and "Exception" in result.stderr


def test_a_public_key(server, kms, shared_key, tmp_path):
    from cryptography.hazmat.primitives import serialization

    key = shared_key("ECC_NIST_P256", "SIGN_VERIFY")["KeyId"]
    pem = run(server, "key", "public-key", key, "--pem").stdout
    public = serialization.load_pem_public_key(pem.encode())
    assert public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    ) == kms.get_public_key(KeyId=key)["PublicKey"]
    text = run(server, "key", "public-key", key).stdout
    assert pem in text and "ECDSA_SHA_256" in text
    assert members(answer(server, "key", "public-key", key), "SigningAlgorithms") == [["ECDSA_SHA_256"]]


def test_the_last_use_of_a_key(server, kms, new_key):
    key = new_key()["KeyId"]
    assert "not since" in run(server, "key", "last-usage", key).stdout
    kms.encrypt(KeyId=key, Plaintext=b"used")
    assert members(answer(server, "key", "last-usage", key), "Operation") == ["Encrypt"]
    assert "Encrypt" in run(server, "key", "last-usage", key).stdout


def test_a_key_shows_when_its_material_expires(server, new_key):
    key = new_key(Origin="EXTERNAL")["KeyId"]
    subprocess.run(
        [STRONGROOM, "import-key-material", key, "--stdin", "--expires-in", "30d", "--state", str(server.state)],
        input=os.urandom(32), check=True, capture_output=True, env=server.environment)
    assert "material expires  20" in run(server, "key", "describe", key).stdout
