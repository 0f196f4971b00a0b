"""docs/ciphertext-format.md as it stands: its Python opens its test vectors, and notices every change."""
import json
import re
from pathlib import Path

import pytest

DOCUMENT = (Path(__file__).parents[2] / "docs" / "ciphertext-format.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)


CODE = {}
for block in blocks("python"):
    exec(block, CODE)
VERSION_1, VERSION_2 = (json.loads(block) for block in blocks("json"))


def opened(vector, blob):
    context = vector["encryptionContext"]
    if "key" in vector:
        return CODE["open_blob"](blob, bytes.fromhex(vector["key"]), context)
    keys = bytes.fromhex(vector["encryptionKey"]), bytes.fromhex(vector["authenticationKey"])
    return CODE["open_blob_2"](blob, *keys, context)


@pytest.mark.parametrize("vector", VERSION_1 + VERSION_2, ids=lambda vector: vector["name"])
def test_the_code_of_the_page_opens_its_vectors(vector):
    blob = bytes.fromhex(vector["ciphertextBlob"])
    assert opened(vector, blob) == bytes.fromhex(vector["plaintext"])
    assert CODE["key_id"](blob) == vector["keyId"]
    header = CODE["canonical"](vector["encryptionContext"])
    assert blob[:26] + header == bytes.fromhex(vector["authenticatedData"])


@pytest.mark.parametrize("vector", [VERSION_1[1], VERSION_2[1]], ids=["version 1", "version 2"])
def test_the_code_of_the_page_notices_every_bit_and_another_context(vector):
    blob = bytes.fromhex(vector["ciphertextBlob"])
    for bit in range(len(blob) * 8):
        changed = bytearray(blob)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Exception):
            opened(vector, bytes(changed))
    with pytest.raises(Exception):
        opened(vector | {"encryptionContext": {"department": "sales"}}, blob)


def test_what_the_page_says_of_sizes():
    for vector, least, most in [(v, 54, 54) for v in VERSION_1] + [(v, 75, 90) for v in VERSION_2]:
        longer = (len(vector["ciphertextBlob"]) - len(vector["plaintext"])) // 2
        assert least <= longer <= most
