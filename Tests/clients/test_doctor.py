"""What `strongroom doctor` finds wrong, and that its exit code says so."""
import os
import subprocess

import pytest
from strongroom_server import Server
from test_token import pkcs11_tool, secret_keys


def doctor(server: Server):
    return server.run("doctor", "--state", str(server.state), check=False)


@pytest.fixture
def stopped(own_server):
    """A state with one key and no server on it; the key's object id in the token."""
    before = set(secret_keys(own_server.state))
    key = own_server.client().create_key()["KeyMetadata"]["KeyId"]
    assert own_server.stop() == 0
    return own_server, key, (set(secret_keys(own_server.state)) - before).pop()


def test_a_healthy_state_is_healthy(stopped):
    server, _, _ = stopped
    result = doctor(server)
    assert result.returncode == 0, result.stdout + result.stderr


def test_it_can_be_asked_while_the_server_runs(own_server):
    own_server.client().create_key()
    assert doctor(own_server).returncode == 0
    assert own_server.client().create_key()


def test_a_key_that_is_gone_from_the_token_is_named(stopped):
    server, key, object_id = stopped
    assert pkcs11_tool(server.state, "--delete-object", "--type", "secrkey", "--id", object_id).returncode == 0
    result = doctor(server)
    assert result.returncode != 0
    assert key in result.stdout + result.stderr


def test_a_missing_key_is_unavailable_and_not_forgotten(stopped):
    server, key, object_id = stopped
    pkcs11_tool(server.state, "--delete-object", "--type", "secrkey", "--id", object_id)
    kms = server.start().client()
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyId"] == key
    with pytest.raises(kms.exceptions.ClientError) as caught:
        kms.encrypt(KeyId=key, Plaintext=b"x")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] >= 500
    assert kms.create_key(), "other keys are still made and used"


def test_a_foreign_object_is_left_alone(stopped):
    server, _, _ = stopped
    made = pkcs11_tool(
        server.state, "--keygen", "--key-type", "AES:32", "--label", "somebody else's", "--id", "f0f0", "--sensitive"
    )
    assert made.returncode == 0, made.stderr
    doctor(server)
    server.start()
    assert "f0f0" in secret_keys(server.state)


@pytest.mark.parametrize(
    "name", ["metadata.sqlite", "tokens", "softhsm2.conf", "pin", "profile.yaml", "strongroom.yaml"]
)
def test_a_missing_part_is_found(stopped, name):
    server, _, _ = stopped
    os.rename(server.state / name, server.state.parent / f"{name}.away")
    result = doctor(server)
    assert result.returncode != 0
    assert "hint:" in result.stdout + result.stderr
    os.rename(server.state.parent / f"{name}.away", server.state / name)
    assert doctor(server).returncode == 0, "nothing was broken by looking"


def test_a_wrong_pin_is_said_once_and_not_tried_again(stopped):
    server, _, _ = stopped
    pin = server.state / "pin"
    right = pin.read_bytes()
    pin.write_bytes(b"00000000")
    result = doctor(server)
    assert result.returncode != 0
    assert "PIN" in result.stdout + result.stderr
    pin.write_bytes(right)
    assert doctor(server).returncode == 0


def test_a_pin_that_others_can_read_is_refused(stopped):
    server, _, _ = stopped
    os.chmod(server.state / "pin", 0o644)
    result = doctor(server)
    assert result.returncode != 0
    assert "0600" in result.stdout + result.stderr


def test_a_token_that_is_not_ours_is_not_used(stopped):
    """Another token under the same configuration: the serial is what counts."""
    server, _, _ = stopped
    environment = {**os.environ, "SOFTHSM2_CONF": str(server.state / "softhsm2.conf")}
    made = subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", "another", "--so-pin", "12345678", "--pin", "12345678"],
        env=environment, capture_output=True, text=True, timeout=30,
    )
    assert made.returncode == 0, made.stderr
    assert doctor(server).returncode == 0
