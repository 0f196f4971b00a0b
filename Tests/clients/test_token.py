"""A look into the token past the server, with OpenSC's tool."""
import os
import pathlib
import re
import subprocess

import yaml
from strongroom_server import PROFILE

MODULE = next(path for path in yaml.safe_load(PROFILE.read_text())["module"] if os.path.exists(path))


def pkcs11_tool(state: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["pkcs11-tool", "--module", MODULE, "--login", "--pin", (state / "pin").read_text().strip(), *arguments],
        env={**os.environ, "SOFTHSM2_CONF": str(state / "softhsm2.conf")}, capture_output=True, text=True, timeout=30,
    )


def secret_keys(state: pathlib.Path) -> dict[str, str]:
    """Every secret key on the token: its id and what is said of it."""
    listed = pkcs11_tool(state, "--list-objects", "--type", "secrkey")
    assert listed.returncode == 0, listed.stderr
    parts = re.split(r"(?m)^(?=Secret Key Object)", listed.stdout)
    return {re.search(r"ID:\s+(\w+)", part)[1]: part for part in parts if part.startswith("Secret Key")}


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


def test_the_token_is_not_the_machines_own(own_server):
    configuration = (own_server.state / "softhsm2.conf").read_text()
    assert f"directories.tokendir = {own_server.state}/tokens" in configuration
    assert list((own_server.state / "tokens").iterdir())
