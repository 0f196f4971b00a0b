"""The AWS CLI with nothing but AWS_SHARED_CREDENTIALS_FILE and AWS_PROFILE, as README tells a newcomer."""
import base64
import json


def test_the_first_steps_of_the_readme(server, tmp_path):
    key = json.loads(server.aws("kms", "create-key", "--description", "first").stdout)["KeyMetadata"]["KeyId"]
    server.aws("kms", "create-alias", "--alias-name", "alias/first-steps", "--target-key-id", key)
    plaintext, ciphertext = tmp_path / "plaintext", tmp_path / "ciphertext"
    plaintext.write_bytes(b"hello \0 world")
    encrypted = server.aws(
        "kms", "encrypt", "--key-id", "alias/first-steps", "--plaintext", f"fileb://{plaintext}",
        "--query", "CiphertextBlob", "--output", "text",
    ).stdout
    ciphertext.write_bytes(base64.b64decode(encrypted))
    decrypted = server.aws(
        "kms", "decrypt", "--ciphertext-blob", f"fileb://{ciphertext}", "--query", "Plaintext", "--output", "text"
    ).stdout
    assert base64.b64decode(decrypted) == b"hello \0 world"
    data_key = json.loads(
        server.aws("kms", "generate-data-key", "--key-id", "alias/first-steps", "--key-spec", "AES_256").stdout
    )
    assert len(base64.b64decode(data_key["Plaintext"])) == 32


def test_the_cli_pages_by_itself(server):
    keys = json.loads(server.aws("kms", "list-keys", "--page-size", "2").stdout)["Keys"]
    assert len(keys) == len({key["KeyId"] for key in keys})


def test_the_cli_shows_the_errors_message(server):
    result = server.aws("kms", "describe-key", "--key-id", "fake-key-id", check=False)
    assert result.returncode != 0
    assert "(NotFoundException)" in result.stderr
    assert "Invalid keyId 'fake-key-id'" in result.stderr


def test_a_region_on_the_command_line_counts(server):
    made = json.loads(server.aws("kms", "create-key", "--region", "us-west-2").stdout)["KeyMetadata"]["Arn"]
    assert made.startswith("arn:aws:kms:us-west-2:")
