"""`strongroom serve` on two tokens that are kept in step: `hsm.members` in strongroom.yaml."""
import os
import signal
import threading

import botocore.exceptions
import pytest
import yaml
from strongroom_server import PROFILE, Server, wait_until
from tokens_in_step import TokensInStep


def add_member(server: Server, **hsm) -> None:
    """A second token, beside the first: another store, another SoftHSM configuration, the same PIN."""
    second = server.state / "second"
    second.mkdir()
    settings = (server.state / "softhsm2.conf").read_text().replace(f"{server.state}/tokens", f"{second}/tokens")
    (second / "softhsm2.conf").write_text(settings)
    profile = yaml.safe_load(PROFILE.read_text())
    profile["environment"] = {"SOFTHSM2_CONF": "${STATE}/second/softhsm2.conf"}
    (second / "profile.yaml").write_text(yaml.safe_dump(profile))
    file = server.state / "strongroom.yaml"
    configuration = yaml.safe_load(file.read_text())
    first = configuration["hsm"]
    first["members"] = [{**{name: first[name] for name in ("module", "token", "pin")}, "profile": "second/profile.yaml"}]
    first.update(hsm)
    file.write_text(yaml.safe_dump(configuration))


@pytest.fixture
def two_tokens(tmp_path):
    """A state with two tokens in step, and no server on it yet."""
    server = Server(tmp_path / "state")
    add_member(server)
    tokens = TokensInStep(server.state / "tokens", server.state / "second/tokens")
    server.tokens = tokens
    yield server
    server.close()
    tokens.close()


def workers_of(server: Server, configuration: str) -> list[int]:
    def environment(pid):
        try:
            return open(f"/proc/{pid}/environ", "rb").read()
        except OSError:
            return b""
    return [pid for pid in server.worker_pids() if configuration.encode() in environment(pid)]


def first_workers(server):
    return workers_of(server, f"SOFTHSM2_CONF={server.state}/softhsm2.conf")


def second_workers(server):
    return workers_of(server, f"SOFTHSM2_CONF={server.state}/second/softhsm2.conf")


def objects(server: Server) -> list[int]:
    stores = (server.state / "tokens", server.state / "second/tokens")
    return [len([file for file in store.glob("*/*.object") if file.name != "token.object"]) for store in stores]


def test_keys_are_made_used_and_deleted_on_both(two_tokens):
    server = two_tokens.start()
    kms = server.client()
    before = objects(server)
    assert before[0] == before[1] > 0, "the key store's own keys are on both"
    keys = [kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(3)]
    assert objects(server) == [before[0] + 3, before[1] + 3], "a call answers when both show the key"
    for key in keys:
        blob = kms.encrypt(KeyId=key, Plaintext=b"in step")["CiphertextBlob"]
        for _ in range(4):
            assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"in step"
    assert server.run("doctor", "--state", str(server.state)).stdout.count("found in the token") == 2
    assert first_workers(server) and second_workers(server)


def test_one_token_may_go_and_come_back_under_load(two_tokens):
    server = two_tokens.start()
    kms = server.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"under load")["CiphertextBlob"]
    stop = threading.Event()
    failures, successes = [], []

    def load():
        mine = server.client()
        while not stop.is_set():
            try:
                assert mine.decrypt(CiphertextBlob=blob)["Plaintext"] == b"under load"
                mine.encrypt(KeyId=key, Plaintext=b"x")
                successes.append(1)
            except (botocore.exceptions.ClientError, AssertionError) as error:
                failures.append(str(error))

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        def goes_on(what):
            count = len(successes)
            wait_until(lambda: len(successes) > count + 50, 20, what)

        goes_on("both serve")
        store = server.state / "second/tokens"
        store.rename(server.state / "second/away")
        for pid in second_workers(server):
            os.kill(pid, signal.SIGKILL)
        goes_on("the first serves alone")
        wait_until(lambda: "gets no more requests" in server.log(), 20, "the log says so")
        with pytest.raises(kms.exceptions.ClientError) as caught:
            kms.create_key()
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500, "a new key has to be on both"
        (server.state / "second/away").rename(store)
        wait_until(lambda: "serves again" in server.log(), 20, "the second is back")
        goes_on("both serve again")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []
    kms.create_key()
    assert objects(server)[0] == objects(server)[1]


def test_a_key_that_one_token_lacks_is_told_by_doctor_and_served_by_the_other(two_tokens):
    server = two_tokens.start()
    kms = server.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert server.stop() == 0
    two_tokens.tokens.paused.set()
    newest = max(
        (file for file in (server.state / "second/tokens").glob("*/*.object")),
        key=lambda file: file.stat().st_mtime)
    newest.unlink()
    found = server.run("doctor", "--state", str(server.state), check=False)
    assert found.returncode == 1, "all have to have it, and one lacks it"
    assert "token 2" in found.stdout and key in found.stdout
    server.start()
    kms = server.client()
    for _ in range(10):
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


@pytest.mark.parametrize("hsm, said", [
    ({"quorum": 3}, "hsm.quorum cannot be 3"), ({"quorum": 0}, "hsm.quorum cannot be 0"),
    ({"propagation": 0}, "hsm.propagation cannot be 0"), ({"propogation": 5}, "hsm.propogation"),
    ({"members": [{"module": "/m", "token": "pkcs11:", "pin": {"file": "pin", "env": "X"}}]}, "token 2"),
    ({"members": [{"module": "/m", "token": "pkcs11:", "pin": {"file": "pin"}, "slot": 1}]}, "hsm.members.slot"),
    ({"members": [{"module": "/m", "token": "pkcs11:"}]}, "pin is missing"),
])
def test_a_wrong_setting_is_told_before_anything_is_started(tmp_path, hsm, said):
    server = Server(tmp_path / "state")
    add_member(server, **hsm)
    result = server.run("serve", "--state", str(server.state), check=False)
    assert result.returncode != 0
    assert said in result.stderr, result.stderr
    assert "hint:" in result.stderr
