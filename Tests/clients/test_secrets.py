"""No secret is where somebody could come across it."""
import base64
import pathlib

from botocore.exceptions import ClientError
from raw_http import post
from strongroom_server import Server

MARKER = b"plaintext-marker-7f3a9c"


def test_no_secret_is_in_logs_or_in_proc(own_server: Server):
    kms = own_server.client()
    key = kms.create_key(Description="watched")["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=MARKER)["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == MARKER
    data_key = kms.generate_data_key(KeyId=key, KeySpec="AES_256")["Plaintext"]
    # Errors are where secrets like to slip out.
    text = base64.b64encode(MARKER).decode()
    answers = [
        post(own_server, "Encrypt", {"KeyId": key, "Plaintext": text + "!"}),
        post(own_server, "Encrypt", {"KeyId": "no-such-key", "Plaintext": text}),
        post(own_server, "Encrypt", b'{"KeyId":"' + key.encode() + b'","Plaintext":"' + text.encode()),
        post(own_server, "Decrypt", {"CiphertextBlob": base64.b64encode(blob + b"x").decode()}),
        post(own_server, "ListKeys", {}, secret="wrong" * 8),
    ]
    try:
        kms.encrypt(KeyId=key, Plaintext=MARKER * 400)
    except ClientError as error:
        answers.append(error.response)

    secrets = {
        "the PIN": (own_server.state / "pin").read_bytes().strip(),
        "the SO PIN": (own_server.state / "so-pin").read_bytes().strip(),
        "the secret access key": own_server.credentials["aws_secret_access_key"].encode(),
        "a plaintext": MARKER,
        "a plaintext in base64": text.encode(),
        "a data key": data_key,
        "a data key in base64": base64.b64encode(data_key),
        "a data key in hexadecimal": data_key.hex().encode(),
    }
    places = {"standard error": own_server.stderr_path.read_bytes(), "the answers": repr(answers).encode()}
    for pid in (own_server.process.pid, *own_server.worker_pids()):
        for file in ("cmdline", "environ"):
            places[f"/proc/{pid}/{file}"] = pathlib.Path(f"/proc/{pid}/{file}").read_bytes()
    assert len(places) >= 6, "a server and at least one worker"
    own_server.stop()
    places["standard output"] = "".join(own_server.stdout_lines).encode()
    for path in own_server.state.rglob("*"):
        if path.is_file() and path.name not in ("pin", "so-pin", "credentials"):
            places[str(path)] = path.read_bytes()
    for what, secret in secrets.items():
        assert [place for place, content in places.items() if secret in content] == [], f"{what} is there"


def test_files_that_hold_secrets_are_for_their_owner_only(own_server: Server):
    for name in ("pin", "so-pin", "credentials"):
        assert (own_server.state / name).stat().st_mode & 0o777 == 0o600, name
    assert own_server.state.stat().st_mode & 0o077 == 0, "the state folder is open to others"
