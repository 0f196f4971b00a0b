"""A look into the token past the server, with OpenSC's tool."""
import os
import pathlib
import re
import subprocess

import pytest
import yaml
from imports import Importer
from openssl import new_secret
from strongroom_server import PROFILE

MODULE = next(path for path in yaml.safe_load(PROFILE.read_text())["module"] if os.path.exists(path))


def pkcs11_tool(state: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["pkcs11-tool", "--module", MODULE, "--login", "--pin", (state / "pin").read_text().strip(), *arguments],
        env={**os.environ, "SOFTHSM2_CONF": str(state / "softhsm2.conf")}, capture_output=True, text=True, timeout=30,
    )


def objects(state: pathlib.Path, kind: str, heading: str) -> dict[str, str]:
    """Every object of a kind on the token: its id and what is said of it."""
    listed = pkcs11_tool(state, "--list-objects", "--type", kind)
    assert listed.returncode == 0, listed.stderr
    parts = re.split(rf"(?m)^(?={heading} Object)", listed.stdout)
    return {re.search(r"ID:\s+(\w+)", part)[1]: part for part in parts if part.startswith(heading)}


def secret_keys(state: pathlib.Path) -> dict[str, str]:
    return objects(state, "secrkey", "Secret Key")


def private_keys(state: pathlib.Path) -> dict[str, str]:
    return objects(state, "privkey", "Private Key")


def words(text: str, line: str) -> set[str]:
    return set(re.search(rf"{line}:\s+(.*)", text)[1].split(", "))


def test_a_key_is_in_the_token_and_cannot_be_read_from_it(own_server, tmp_path):
    before = secret_keys(own_server.state)
    key = own_server.client().create_key()["KeyMetadata"]
    after = secret_keys(own_server.state)
    new = set(after) - set(before)
    assert len(new) == 1, f"{key['KeyId']} should be one new object"
    for text in after.values():
        access = re.search(r"Access:\s+(.*)", text)[1]
        assert "AES length 32" in text
        for word in ("sensitive", "always sensitive", "never extractable", "local"):
            assert word in access.split(", "), f"{word} is missing: {access}"
        usage = re.search(r"Usage:\s+(.*)", text)[1].split(", ")
        assert not {"encrypt", "wrap"} <= set(usage), "a key that wraps and encrypts can be made to give keys away"
    value = tmp_path / "value"
    read = pkcs11_tool(
        own_server.state, "--read-object", "--type", "secrkey", "--id", new.pop(), "--output-file", str(value)
    )
    assert read.returncode != 0
    assert "CKR_ATTRIBUTE_SENSITIVE" in read.stderr
    assert not value.exists() or value.read_bytes() == b""


PAIRS = {
    ("RSA_2048", "SIGN_VERIFY"): "sign", ("RSA_2048", "ENCRYPT_DECRYPT"): "decrypt",
    ("ECC_NIST_P256", "SIGN_VERIFY"): "sign", ("ECC_NIST_P384", "KEY_AGREEMENT"): "derive",
    ("ECC_SECG_P256K1", "SIGN_VERIFY"): "sign", ("ECC_NIST_EDWARDS25519", "SIGN_VERIFY"): "sign",
}


@pytest.mark.parametrize("spec, usage", PAIRS)
@pytest.mark.parametrize("origin", ["AWS_KMS", "EXTERNAL"])
def test_a_private_key_is_in_the_token_for_one_use(own_server, tmp_path, spec, usage, origin):
    kms = own_server.client()
    # The server's own, which signs the audit log.
    before = private_keys(own_server.state)
    key = kms.create_key(KeySpec=spec, KeyUsage=usage, Origin=origin)["KeyMetadata"]
    if origin == "EXTERNAL":
        Importer(kms, tmp_path).run(key, new_secret(spec))
    new = [text for id, text in private_keys(own_server.state).items() if id not in before]
    # The key pair under which it came can decrypt and unwrap, and nothing else.
    wrapping = {"decrypt", "unwrap"}
    found = [text for text in new if words(text, "Usage") != wrapping]
    assert len(found) == 1, found
    assert words(found[0], "Usage") == {PAIRS[spec, usage]}
    secured = {"sensitive"} if origin == "EXTERNAL" else {"sensitive", "always sensitive", "never extractable", "local"}
    access = words(found[0], "Access")
    assert secured <= access and "extractable" not in access
    assert objects(own_server.state, "pubkey", "Public Key") == {}


@pytest.mark.parametrize("spec, usage", [("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"), ("HMAC_384", "GENERATE_VERIFY_MAC")])
@pytest.mark.parametrize("algorithm", ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_256"])
def test_an_imported_secret_cannot_be_read_from_the_token(own_server, tmp_path, spec, usage, algorithm):
    kms = own_server.client()
    importer = Importer(kms, tmp_path)
    key = importer.new_key(spec, usage)
    parameters = importer.parameters(key, algorithm)
    before = secret_keys(own_server.state)
    secret = new_secret(spec)
    importer.send(key, parameters, importer.wrap(secret, parameters, algorithm))
    new = {name: text for name, text in secret_keys(own_server.state).items() if name not in before}
    assert len(new) == 1
    (name, text), = new.items()
    access = words(text, "Access")
    assert "sensitive" in access and not {"extractable", "local", "always sensitive"} & access
    value = tmp_path / "value"
    pkcs11_tool(own_server.state, "--read-object", "--type", "secrkey", "--id", name, "--output-file", str(value))
    assert not value.exists() or value.read_bytes() == b""
    kms.delete_imported_key_material(KeyId=key["KeyId"])
    assert set(secret_keys(own_server.state)) == set(before)


def test_the_token_is_not_the_machines_own(own_server):
    configuration = (own_server.state / "softhsm2.conf").read_text()
    assert f"directories.tokendir = {own_server.state}/tokens" in configuration
    assert list((own_server.state / "tokens").iterdir())
