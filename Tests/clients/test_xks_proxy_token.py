"""The proxy and its token: keys that were there before, a token that stalls, fails and comes back."""
import json
import os
import re
import signal
import sqlite3
import subprocess
import time
import urllib.request

import pytest
from strongroom_server import STRONGROOM, free_port
from test_token import pkcs11_tool
from xks import Proxy, Store, refused


def labels(state) -> list[str]:
    return re.findall(r"label:\s+(\S+)", pkcs11_tool(state, "--list-objects", "--type", "secrkey").stdout)


def make_key(state, label: str, *more: str, kind: str = "aes:32") -> None:
    made = pkcs11_tool(state, "--keygen", "--key-type", kind, "--label", label, *more)
    assert made.returncode == 0, made.stderr


@pytest.fixture
def proxy(tmp_path):
    proxy = Proxy(tmp_path / "state").start()
    yield proxy
    proxy.close()


# Keys that were in the token before


@pytest.mark.parametrize("more", [(), ("--id", "0a0b")], ids=["without an id", "with an id"])
def test_a_key_of_the_token_is_exposed_where_it_is_and_never_destroyed(proxy, more, ready):
    state = proxy.server.state
    make_key(state, "payroll-aes", "--usage-decrypt", *more)
    store = proxy.new_store("old")
    objects = labels(state)
    made = json.loads(
        proxy.xks("key", "expose", "--prefix", "old", "--label", "payroll-aes", "--id", "old-key", "--json").stdout)
    key = made["Key"]["KeyId"]
    assert sorted(labels(state)) == sorted(objects), "nothing was made, nothing was moved"
    sealed = store.encrypt("old-key", b"with the old key", b"aad", cdiv=True)
    assert sealed.status == 200 and sealed.bytes("ciphertextMetadata") == bytes([1, 0, 0, 0, 1])
    assert store.decrypt("old-key", sealed, b"aad").bytes("plaintext") == b"with the old key"

    # It is found again by later generations.
    assert proxy.server.stop() == 0
    proxy.start()
    assert store.decrypt("old-key", sealed, b"aad").bytes("plaintext") == b"with the old key"
    found = json.loads(proxy.server.run("doctor", "--state", str(state), "--json").stdout)
    assert found["healthy"] and not [f for f in found["findings"] if f["verdict"] != "ok"], found

    # A rotation makes material of the server's own beside it.
    kms = proxy.server.client()
    kms.rotate_key_on_demand(KeyId=key)
    assert store.encrypt("old-key", b"x").bytes("ciphertextMetadata") == bytes([1, 0, 0, 0, 2])
    assert store.decrypt("old-key", sealed, b"aad").status == 200
    assert "payroll-aes" in labels(state)

    # Another key can be deleted, though an inventory of ours does not show the adopted one.
    doomed = kms.create_key()["KeyMetadata"]["KeyId"]
    for ending in (doomed, key):
        kms.schedule_key_deletion(KeyId=ending, PendingWindowInDays=7)
    assert proxy.server.stop() == 0
    database = state / "metadata.sqlite"
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE key SET deletion_date = 0 WHERE lifecycle = 'pendingDeletion'")
    connection.close()
    proxy.start()
    ready(lambda: store.key_metadata("old-key").status == 404, 30, "the key is gone")
    assert "payroll-aes" in labels(state), "the object is its owner's"
    found = json.loads(proxy.server.run("doctor", "--state", str(state), "--json").stdout)
    assert found["healthy"], found


def test_what_cannot_be_exposed_is_told_why(proxy):
    state = proxy.server.state
    proxy.new_store("old")
    make_key(state, "short", kind="aes:16")
    make_key(state, "twice", "--id", "01")
    make_key(state, "twice", "--id", "02")
    make_key(state, "good", "--id", "03")

    def expose(label):
        return proxy.xks("key", "expose", "--prefix", "old", "--label", label, check=False)

    for label, reason in (
        ("short", "128 bits"), ("twice", "several secret keys"), ("nobody", "no secret key"),
        ("strongroom", "no key that can be taken"),
    ):
        refusal = expose(label)
        assert refusal.returncode == 1 and reason in refusal.stderr, refusal.stderr
    assert expose("good").returncode == 0
    again = expose("good")
    assert again.returncode == 1 and "already" in again.stderr


def test_another_key_under_the_label_is_not_taken_for_the_first(proxy):
    state = proxy.server.state
    store = proxy.new_store("old")
    make_key(state, "mine")
    proxy.xks("key", "expose", "--prefix", "old", "--label", "mine", "--id", "k")
    sealed = store.encrypt("k", b"x")
    assert proxy.server.stop() == 0
    assert pkcs11_tool(state, "--delete-object", "--type", "secrkey", "--label", "mine").returncode == 0
    make_key(state, "mine")
    proxy.start()
    for answer in (store.decrypt("k", sealed), store.encrypt("k", b"x")):
        refused(answer, "InternalException")
    assert store.key_metadata("k").status == 200, "and it is not gone either"


# A token that fails


def stop_workers(proxy):
    pids = proxy.server.worker_pids()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    return pids


def test_a_stalled_token_is_answered_for_in_time_and_health_and_ping_go_on(tmp_path, ready):
    proxy = Proxy(tmp_path / "state")
    # As AWS KMS has it: the default.
    text = (proxy.server.state / "strongroom.yaml").read_text()
    (proxy.server.state / "strongroom.yaml").write_text(text.replace("deadlineMilliseconds: 5000", "deadlineMilliseconds: 150"))
    proxy.start()
    try:
        store = proxy.new_store("a")
        proxy.new_key("a", "k")
        ready(lambda: store.encrypt("k", b"x").status == 200, 30, "it serves")
        ready(lambda: store.health()["ekmFleetDetails"][0]["healthStatus"] == "ACTIVE", 30, "the token is ACTIVE")
        pids = stop_workers(proxy)
        begin = time.monotonic()
        refused(store.encrypt("k", b"x"), "DependencyTimeoutException")
        assert time.monotonic() - begin < 1.5
        for _ in range(3):
            begin = time.monotonic()
            assert store.send("/ping", method="GET").status == 200
            assert store.health().status == 200
            assert store.key_metadata("k")["keyStatus"] == "ENABLED"
            assert time.monotonic() - begin < 1
        ready(lambda: store.health()["ekmFleetDetails"][0]["healthStatus"] != "ACTIVE", 20, "the stall shows")
        for pid in pids:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass
        ready(lambda: store.encrypt("k", b"x").status == 200, 60, "it serves again")
        ready(lambda: store.health()["ekmFleetDetails"][0]["healthStatus"] == "ACTIVE", 60, "and is ACTIVE again")
    finally:
        proxy.close()


def test_a_token_that_is_gone_is_no_key_that_is_gone(proxy, ready):
    state = proxy.server.state
    store = proxy.new_store("a")
    proxy.new_key("a", "k")
    sealed = store.encrypt("k", b"x")
    tokens = state / "tokens"
    assert tokens.is_dir()
    tokens.rename(state / "tokens-away")
    for pid in proxy.server.worker_pids():
        os.kill(pid, signal.SIGKILL)
    seen = set()
    end = time.monotonic() + 8
    while time.monotonic() < end:
        for answer in (store.decrypt("k", sealed), store.encrypt("k", b"x")):
            if answer.status != 200:
                seen.add((answer.status, answer["errorName"]))
        time.sleep(0.1)
    assert seen and seen <= {(500, "InternalException"), (503, "DependencyTimeoutException"), (429, "ThrottlingException")}
    ready(lambda: store.health()["ekmFleetDetails"][0]["healthStatus"] == "UNAVAILABLE", 30, "it shows")
    assert store.key_metadata("k").status == 200
    (state / "tokens-away").rename(tokens)
    ready(lambda: store.decrypt("k", sealed).status == 200, 60, "the key serves again")


def test_sessions_that_end_are_recovered_within_the_request(proxy):
    store = proxy.new_store("a")
    proxy.new_key("a", "k")
    sealed = store.encrypt("k", b"x")
    for pid in proxy.server.worker_pids():
        os.kill(pid, signal.SIGKILL)
    assert store.decrypt("k", sealed).status == 200
    assert store.encrypt("k", b"y", cdiv=True).status == 200


def test_it_serves_alone_with_the_other_apis_for_this_machine(tmp_path):
    proxy = Proxy(tmp_path / "state")
    server = proxy.server
    process = subprocess.Popen(
        [STRONGROOM, "xks-proxy", "serve", "--state", str(server.state), "--listen", "127.0.0.1:0"],
        env=server.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        port = int(re.fullmatch(r"listening on http://127\.0\.0\.1:(\d+)\n", process.stdout.readline())[1])
        made = server.run("xks-proxy", "init-store", "--prefix", "alone", "--state", str(server.state))
        store = Store(port, json.loads(made.stdout))
        proxy.new_key("alone", "k")
        assert store.decrypt("k", store.encrypt("k", b"x")).bytes("plaintext") == b"x"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
        proxy.close()


def test_alone_it_does_not_show_the_other_apis_to_other_machines(proxy):
    state = proxy.server.state
    assert proxy.server.stop() == 0
    text = (state / "strongroom.yaml").read_text()
    (state / "strongroom.yaml").write_text(re.sub(r"listen: '127\.0\.0\.1:\d+'\n", "listen: '0.0.0.0:8470'\n", text, count=1))
    refusal = proxy.xks("serve", check=False)
    assert refusal.returncode == 1 and "other machines can reach" in refusal.stderr


def test_the_metrics_tell_of_stores_operations_and_errors(tmp_path):
    proxy = Proxy(tmp_path / "state")
    page = free_port()
    proxy.server.configure(f"metrics: {{listen: '127.0.0.1:{page}'}}")
    proxy.start()
    try:
        store = proxy.new_store("counted")
        proxy.new_key("counted", "k")
        for _ in range(3):
            store.encrypt("k", b"x")
        store.encrypt("none", b"x")
        text = urllib.request.urlopen(f"http://127.0.0.1:{page}/metrics").read().decode()
        assert 'strongroom_xks_requests_total{store="counted",operation="Encrypt",error=""} 3' in text
        assert 'strongroom_xks_requests_total{store="counted",operation="Encrypt",error="KeyNotFoundException"} 1' in text
        assert 'strongroom_xks_request_seconds_total{store="counted",operation="Encrypt",error=""} ' in text
    finally:
        proxy.close()
