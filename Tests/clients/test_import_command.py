"""`strongroom import-key-material`: every source and every step, against a real server."""
import base64
import datetime
import hashlib
import json
import os

import pytest
from import_command import SECRETS, USAGES, command, empty_key, prove, report, state  # noqa: F401 (fixtures)
from openssl import new_secret, openssl, wrap
from strongroom_server import STRONGROOM, wait_until
from terminal import Terminal

# Sources


@pytest.mark.parametrize("spec", USAGES)
def test_a_file_is_imported_for_every_key_spec(command, kms, empty_key, tmp_path, spec):
    material, key = new_secret(spec), empty_key(spec)
    (tmp_path / "material").write_bytes(material)
    text = command(key, "--file", tmp_path / "material").stdout.decode()
    assert state(kms, key) == "Enabled"
    prove(kms, key, spec, material)
    metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert metadata["ExpirationModel"] == "KEY_MATERIAL_DOES_NOT_EXPIRE"
    assert metadata["Arn"] in text and "never" in text
    assert ("RSA_AES_KEY_WRAP_SHA_256" if spec.startswith("RSA") else "RSAES_OAEP_SHA_256") in text


@pytest.mark.parametrize("encoding", ["raw", "hex", "base64"])
@pytest.mark.parametrize("source", ["file", "stdin"])
def test_secrets_come_in_hexadecimal_and_base64_too(command, kms, empty_key, tmp_path, source, encoding):
    material, key = os.urandom(48), empty_key("HMAC_384")
    text = {"raw": material, "hex": material.hex().encode() + b"\n", "base64": base64.encodebytes(material)}[encoding]
    flag = [] if encoding == "raw" else [f"--{encoding}"]
    if source == "file":
        (tmp_path / "material").write_bytes(text)
        command(key, "--file", tmp_path / "material", *flag)
    else:
        command(key, "--stdin", *flag, stdin=text)
    prove(kms, key, "HMAC_384", material)


@pytest.mark.parametrize("form", ["pkcs8", "traditional", "encrypted"])
@pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P256"])
def test_a_key_pair_comes_from_pem(command, kms, empty_key, tmp_path, spec, form):
    material, key = new_secret(spec), empty_key(spec)
    (tmp_path / "key.der").write_bytes(material)
    (tmp_path / "passphrase").touch(mode=0o600)
    (tmp_path / "passphrase").write_text("correct horse battery\n")
    more = {
        "pkcs8": ["pkcs8", "-topk8", "-nocrypt"], "traditional": ["pkey", "-traditional"],
        "encrypted": ["pkcs8", "-topk8", "-scrypt", "-passout", f"file:{tmp_path}/passphrase"],
    }[form]
    openssl(*more, "-inform", "DER", "-in", tmp_path / "key.der", "-out", tmp_path / "key.pem")
    passphrase = ["--passphrase-file", tmp_path / "passphrase"] if form == "encrypted" else []
    command(key, "--pem", tmp_path / "key.pem", *passphrase)
    prove(kms, key, spec, material)


@pytest.mark.parametrize("spec", ["SYMMETRIC_DEFAULT", "HMAC_512", "RSA_2048", "ECC_NIST_P521"])
def test_generated_material_has_a_backup_that_openssl_opens_and_restore_imports(
    server, command, report, kms, tmp_path, spec
):
    (tmp_path / "passphrase").touch(mode=0o600)
    (tmp_path / "passphrase").write_text("correct horse battery\n")
    backup = tmp_path / "backup"
    passphrase = ["--passphrase-file", tmp_path / "passphrase"]
    alias = f"alias/backup-{spec}"
    answer = report(
        "--create", "--key-spec", spec, "--key-usage", USAGES[spec], "--alias", alias, "--description", "made here",
        "--tag", "team=keys", "--generate", "--backup", backup, *passphrase)
    key = answer["KeyId"]
    described = kms.describe_key(KeyId=alias)["KeyMetadata"]
    assert (described["Arn"], described["Description"], described["Origin"]) == (key, "made here", "EXTERNAL")
    assert kms.list_resource_tags(KeyId=described["KeyId"])["Tags"] == [{"TagKey": "team", "TagValue": "keys"}]
    assert backup.stat().st_mode & 0o777 == 0o600
    if spec in SECRETS:
        # As docs/importing-keys.md has it.
        shown = openssl("pkcs12", "-in", backup, "-passin", f"file:{tmp_path}/passphrase", "-info").stdout
        material = bytes.fromhex(shown.decode().strip().splitlines()[-1].replace(" ", ""))
    else:
        material = openssl("pkcs8", "-in", backup, "-passin", f"file:{tmp_path}/passphrase", "-outform", "DER").stdout
    prove(kms, key, spec, material)
    server.run("key", "delete-material", described["KeyId"], "--yes", "--state", str(server.state))
    assert state(kms, key) == "PendingImport"
    again = report(key, "--restore", backup, *passphrase)
    # Only symmetric keys have several materials, so only theirs have ids.
    assert ("KeyMaterialId" in answer) == (spec == "SYMMETRIC_DEFAULT")
    assert again.get("KeyMaterialId") == answer.get("KeyMaterialId")
    prove(kms, key, spec, material)


def test_a_passphrase_is_asked_for_twice_and_not_shown(server, kms, tmp_path, empty_key):
    key, backup = empty_key(), tmp_path / "backup"
    arguments = [
        str(STRONGROOM), "import-key-material", key, "--generate", "--backup", str(backup),
        "--state", str(server.state),
    ]
    terminal = Terminal(arguments, server.environment)
    terminal.expect("New passphrase for the backup: ")
    terminal.answer("correct horse battery\n")
    terminal.expect("once more: ")
    terminal.answer("correct horse buttery\n")
    assert terminal.end() == 1
    assert "not the same" in terminal.shown and "horse" not in terminal.shown
    assert not backup.exists() and state(kms, key) == "PendingImport"

    terminal = Terminal(arguments, server.environment)
    for prompt in ("New passphrase for the backup: ", "once more: "):
        terminal.expect(prompt)
        terminal.answer("correct horse battery\n")
    assert terminal.end() == 0, terminal.shown
    assert "horse" not in terminal.shown
    (tmp_path / "passphrase").write_text("correct horse battery\n")
    openssl("pkcs12", "-in", backup, "-passin", f"file:{tmp_path}/passphrase", "-info")
    assert state(kms, key) == "Enabled"


# Three steps


@pytest.mark.parametrize("spec", ["SYMMETRIC_DEFAULT", "RSA_2048", "ECC_NIST_P256", "HMAC_224"])
def test_three_steps_with_an_air_gap_in_between(report, kms, empty_key, tmp_path, spec):
    material, key = new_secret(spec), empty_key(spec)
    (tmp_path / "material").write_bytes(material)
    here, wrapped = tmp_path / "parameters.json", tmp_path / "wrapped.bin"
    asked = report(key, "--step", "get-parameters", "--out", here, "--wrapping-spec", "RSA_3072")
    written = json.loads(here.read_text())
    assert written["KeySpec"] == spec and written["WrappingKeySpec"] == "RSA_3072"
    fingerprint = hashlib.sha256(base64.b64decode(written["PublicKey"])).hexdigest()
    offline = report(
        "--step", "wrap", "--parameters", here, "--file", tmp_path / "material", "--out", wrapped, service=False,
        # No credentials, no endpoint, nothing.
        environment={"HOME": "/nonexistent"})
    assert asked["WrappingKeyFingerprint"] == offline["WrappingKeyFingerprint"] == fingerprint
    assert state(kms, key) == "PendingImport"
    done = report("--step", "import", "--parameters", here, "--wrapped", wrapped, "--expires-in", "30d")
    assert done["ExpirationModel"] == "KEY_MATERIAL_EXPIRES"
    prove(kms, key, spec, material)


def test_into_a_folder_go_also_the_files_of_awss_own_steps(server, command, kms, empty_key, tmp_path):
    key, material = empty_key(), os.urandom(32)
    command(key, "--step", "get-parameters", "--out", tmp_path)
    wrapped = wrap(
        tmp_path, material, (tmp_path / "WrappingPublicKey.bin").read_bytes(), "RSAES_OAEP_SHA_256")
    (tmp_path / "EncryptedKeyMaterial.bin").write_bytes(wrapped)
    server.aws(
        "kms", "import-key-material", "--key-id", key, "--encrypted-key-material",
        f"fileb://{tmp_path}/EncryptedKeyMaterial.bin", "--import-token", f"fileb://{tmp_path}/ImportToken.bin",
        "--expiration-model", "KEY_MATERIAL_DOES_NOT_EXPIRE")
    prove(kms, key, "SYMMETRIC_DEFAULT", material)


def test_a_key_that_is_made_for_its_parameters(report, kms, tmp_path):
    answer = report(
        "--create", "--key-spec", "HMAC_256", "--step", "get-parameters", "--out", tmp_path / "parameters.json")
    described = kms.describe_key(KeyId=answer["KeyId"])["KeyMetadata"]
    assert (described["KeyState"], described["KeyUsage"]) == ("PendingImport", "GENERATE_VERIFY_MAC")


# What can be chosen


@pytest.mark.parametrize("wrapping_spec", ["RSA_2048", "RSA_4096"])
@pytest.mark.parametrize(
    "algorithm", ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"])
def test_every_wrapping(report, kms, empty_key, algorithm, wrapping_spec):
    key, material = empty_key(), os.urandom(32)
    answer = report(key, "--stdin", "--algorithm", algorithm, "--wrapping-spec", wrapping_spec, stdin=material)
    assert (answer["WrappingAlgorithm"], answer["WrappingKeySpec"]) == (algorithm, wrapping_spec)
    prove(kms, key, "SYMMETRIC_DEFAULT", material)


def test_an_expiry_in_either_form(report, kms, empty_key):
    material, key = os.urandom(32), empty_key()
    report(key, "--stdin", "--expires-in", "90d", stdin=material)
    left = kms.describe_key(KeyId=key)["KeyMetadata"]["ValidTo"] - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(days=90, minutes=-2) < left < datetime.timedelta(days=90, minutes=1)
    end = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=7)).replace(microsecond=0)
    report(key, "--stdin", "--valid-to", end.isoformat().replace("+00:00", "Z"), stdin=material)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["ValidTo"] == end
    report(key, "--stdin", stdin=material)
    assert "ValidTo" not in kms.describe_key(KeyId=key)["KeyMetadata"]


def test_new_material_for_a_key_that_has_some(server, report, command, kms, empty_key):
    first, second, key = os.urandom(32), os.urandom(32), empty_key()
    old = report(key, "--stdin", stdin=first)["KeyMaterialId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"under the first")["CiphertextBlob"]
    refused = command(key, "--generate", check=False).stderr.decode()
    assert "--new-material" in refused
    answer = report(key, "--stdin", "--new-material", "--material-description", "second key", stdin=second)
    assert answer["ImportType"] == "NEW_KEY_MATERIAL" and answer["KeyMaterialId"] != old
    assert any("strongroom key rotate" in note for note in answer["Notes"])
    prove(kms, key, "SYMMETRIC_DEFAULT", first)
    server.run("key", "rotate", key, "--state", str(server.state))
    wait_until(
        lambda: kms.describe_key(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"] == answer["KeyMaterialId"], 10,
        "the new material is current")
    prove(kms, key, "SYMMETRIC_DEFAULT", second)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"under the first"


# Refusals


def test_what_does_not_fit_is_refused_before_the_server_is_asked(command, kms, empty_key, new_key, tmp_path):
    symmetric, curve, rsa = empty_key(), empty_key("ECC_NIST_P256"), empty_key("RSA_2048")
    files = {
        "short": os.urandom(31), "long": os.urandom(33), "hex": os.urandom(32).hex().encode(), "empty": b"",
        "p384": new_secret("ECC_NIST_P384"), "rsa3072": new_secret("RSA_3072"), "noise": os.urandom(200),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    mine = new_key()["KeyId"]
    for key, arguments, words in [
        (symmetric, ["--file", tmp_path / "short"], ["31 bytes", "exactly 32"]),
        (symmetric, ["--file", tmp_path / "long"], ["33 bytes"]),
        (symmetric, ["--file", tmp_path / "hex"], ["64 bytes", "--hex"]),
        (symmetric, ["--file", tmp_path / "empty"], ["empty"]),
        (symmetric, ["--file", tmp_path / "nowhere"], ["nowhere", "No such file"]),
        (symmetric, ["--file", tmp_path / "short", "--hex"], ["not hexadecimal"]),
        (symmetric, ["--pem", tmp_path / "p384"], ["--pem is for key pairs"]),
        (symmetric, ["--generate", "--algorithm", "RSAES_PKCS1_V1_5"], ["RSAES_PKCS1_V1_5", "RSAES_OAEP_SHA_256"]),
        (symmetric, ["--generate", "--wrapping-spec", "RSA_1024"], ["RSA_1024"]),
        (symmetric, ["--generate", "--expires-in", "366d"], ["365"]),
        (symmetric, ["--generate", "--valid-to", "2020-01-01"], ["expired"]),
        (curve, ["--file", tmp_path / "p384"], ["p384", "ECC_NIST_P384"]),
        (curve, ["--file", tmp_path / "noise"], ["cannot be read"]),
        (rsa, ["--pem", tmp_path / "rsa3072"], ["3072", "2048"]),
        (rsa, ["--generate", "--algorithm", "RSAES_OAEP_SHA_256"], ["RSA_AES_KEY_WRAP_SHA_256"]),
        (mine, ["--generate"], ["AWS_KMS", "--create"]),
        ("fake-key-id", ["--generate"], ["fake-key-id"]),
    ]:
        result = command(key, *arguments, check=False)
        text = result.stderr.decode()
        assert (result.returncode, result.stdout) == (1, b""), arguments
        assert text.startswith("strongroom: error: "), text
        for word in words:
            assert word in text, (arguments, text)
        assert files["hex"].decode() not in text, "no secret is quoted"
    assert {state(kms, key) for key in (symmetric, curve, rsa)} == {"PendingImport"}


def test_nothing_is_overwritten(command, empty_key, tmp_path):
    key = empty_key()
    (tmp_path / "precious").write_text("precious")
    command(key, "--step", "get-parameters", "--out", tmp_path / "parameters.json")
    for arguments in [
        [key, "--step", "get-parameters", "--out", tmp_path / "precious"],
        [key, "--generate", "--backup", tmp_path / "precious", "--passphrase-file", "/dev/null"],
    ]:
        result = command(*arguments, check=False)
        assert result.returncode == 1 and b"there already" in result.stderr
    result = command(
        "--step", "wrap", "--parameters", tmp_path / "parameters.json", "--generate", "--out", tmp_path / "precious",
        check=False, service=False)
    assert result.returncode == 1 and b"there already" in result.stderr
    assert (tmp_path / "precious").read_text() == "precious"


def test_the_servers_refusals_are_told(command, kms, empty_key, tmp_path):
    key, other = empty_key(), empty_key()
    for name, target in (("mine", key), ("other", other)):
        command(target, "--step", "get-parameters", "--out", tmp_path / name)
        command(
            "--step", "wrap", "--parameters", tmp_path / name, "--generate", "--out", tmp_path / f"{name}.bin",
            service=False)
    result = command(
        "--step", "import", "--parameters", tmp_path / "mine", "--wrapped", tmp_path / "other.bin", check=False)
    assert result.returncode == 1 and b"strongroom: error: " in result.stderr and b"Exception" in result.stderr
    mixed = json.loads((tmp_path / "mine").read_text())
    mixed["ImportToken"] = json.loads((tmp_path / "other").read_text())["ImportToken"]
    (tmp_path / "mixed").write_text(json.dumps(mixed))
    result = command(
        "--step", "import", "--parameters", tmp_path / "mixed", "--wrapped", tmp_path / "mine.bin", check=False)
    assert result.returncode == 1 and b"InvalidImportTokenException" in result.stderr
    assert state(kms, key) == state(kms, other) == "PendingImport"
    command("--step", "import", "--parameters", tmp_path / "mine", "--wrapped", tmp_path / "mine.bin")
    result = command(key, "--stdin", check=False, stdin=os.urandom(32))
    assert result.returncode == 1 and b"IncorrectKeyMaterialException" in result.stderr


def test_it_has_help_with_an_example_of_every_source(server):
    text = server.run("import-key-material", "--help").stdout
    examples = text.split("USAGE")[0]
    for word in ("--file", "--stdin", "--pem", "--generate", "--backup", "--from-token", "--step wrap"):
        assert word in examples, word


def test_a_mistake_in_the_options_is_an_error_of_the_same_form(server):
    result = server.run("import-key-material", "--no-such-option", check=False)
    assert result.returncode != 0
    assert result.stderr.startswith("strongroom: error: ")
