"""AWS's published steps ("Importing key material for AWS KMS keys"), with the AWS CLI and openssl alone."""
import base64
import datetime
import json
import subprocess

import pytest
from strongroom_server import clean_environment


def shell(folder, script):
    """A line of the documentation, as it stands there."""
    result = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=folder, capture_output=True, text=True, timeout=60,
        env=clean_environment(),
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("algorithm", ["RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_256"])
def test_a_256_bit_key_is_imported_with_an_expiry_and_used(server, tmp_path, algorithm):
    def aws(*arguments):
        return server.aws("kms", *arguments).stdout

    # Step 1: create a KMS key without key material
    created = json.loads(aws("create-key", "--origin", "EXTERNAL"))["KeyMetadata"]
    key = created["KeyId"]
    assert created["KeyState"] == "PendingImport"

    # Step 2: download the wrapping public key and import token
    parameters = json.loads(aws(
        "get-parameters-for-import", "--key-id", key, "--wrapping-algorithm", algorithm,
        "--wrapping-key-spec", "RSA_3072",
    ))
    (tmp_path / "PublicKey.b64").write_text(parameters["PublicKey"])
    (tmp_path / "importtoken.b64").write_text(parameters["ImportToken"])
    shell(tmp_path, "openssl enc -d -base64 -A -in PublicKey.b64 -out WrappingPublicKey.bin")
    shell(tmp_path, "openssl enc -d -base64 -A -in importtoken.b64 -out ImportToken.bin")

    # Step 3: encrypt the key material
    shell(tmp_path, "openssl rand -out PlaintextKeyMaterial.bin 32")
    oaep = (
        "openssl pkeyutl -encrypt -in {} -out {} -inkey WrappingPublicKey.bin -keyform DER -pubin "
        "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256"
    )
    if algorithm == "RSAES_OAEP_SHA_256":
        shell(tmp_path, oaep.format("PlaintextKeyMaterial.bin", "EncryptedKeyMaterial.bin"))
    else:
        shell(tmp_path, "openssl rand -out aes-key.bin 32")
        shell(
            tmp_path,
            "openssl enc -id-aes256-wrap-pad -K \"$(od -An -v -tx1 aes-key.bin | tr -d ' \\n')\" -iv A65959A6 "
            "-in PlaintextKeyMaterial.bin -out key-material-wrapped.bin",
        )
        shell(tmp_path, oaep.format("aes-key.bin", "aes-key-wrapped.bin"))
        shell(tmp_path, "cat aes-key-wrapped.bin key-material-wrapped.bin > EncryptedKeyMaterial.bin")

    # Step 4: import the key material
    valid_to = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=90)).replace(microsecond=0)
    aws(
        "import-key-material", "--key-id", key,
        "--encrypted-key-material", f"fileb://{tmp_path / 'EncryptedKeyMaterial.bin'}",
        "--import-token", f"fileb://{tmp_path / 'ImportToken.bin'}",
        "--expiration-model", "KEY_MATERIAL_EXPIRES", "--valid-to", valid_to.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    metadata = json.loads(aws("describe-key", "--key-id", key))["KeyMetadata"]
    assert (metadata["KeyState"], metadata["ExpirationModel"]) == ("Enabled", "KEY_MATERIAL_EXPIRES")
    shown = metadata["ValidTo"]
    moment = (
        datetime.datetime.fromtimestamp(shown, datetime.timezone.utc) if isinstance(shown, (int, float))
        else datetime.datetime.fromisoformat(shown)
    )
    assert moment == valid_to

    (tmp_path / "text").write_bytes(b"used")
    encrypted = aws(
        "encrypt", "--key-id", key, "--plaintext", f"fileb://{tmp_path / 'text'}", "--query", "CiphertextBlob",
        "--output", "text",
    )
    (tmp_path / "blob").write_bytes(base64.b64decode(encrypted))
    decrypted = aws(
        "decrypt", "--ciphertext-blob", f"fileb://{tmp_path / 'blob'}", "--query", "Plaintext", "--output", "text"
    )
    assert base64.b64decode(decrypted) == b"used"

    aws("delete-imported-key-material", "--key-id", key)
    failed = server.aws(
        "kms", "decrypt", "--ciphertext-blob", f"fileb://{tmp_path / 'blob'}", check=False
    )
    assert failed.returncode != 0
    assert "(KMSInvalidStateException)" in failed.stderr and "is pending import." in failed.stderr
