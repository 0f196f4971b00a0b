"""Events to a webhook, as its receiver sees them: in EventBridge's shape, and each at least once."""
import http.server
import json
import os
import re
import threading

import pytest
from strongroom_server import PATIENCE, Server, free_port

AUTHORIZATION = "Bearer webhook-secret-5ad1"


class Receiver:
    """Takes events, or refuses them."""

    def __init__(self, port: int):
        self.port, self.attempts, self.events, self.refusals = port, [], [], 0
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.take(dict(self.headers), json.loads(body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, headers: dict, event: dict) -> int:
        self.attempts.append((headers, event))
        if self.refusals > 0:
            self.refusals -= 1
            return 503
        self.events.append(event)
        return 204

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def types(self) -> list[str]:
        """Each event once, in the order in which they came first."""
        return list({event["id"]: event["detail-type"] for event in self.events}.values())


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def receiver(port):
    receiver = Receiver(port)
    yield receiver
    receiver.close()


@pytest.fixture
def telling_server(tmp_path, port):
    server = Server(tmp_path / "state")
    secret = server.state / "webhook-authorization"
    secret.touch(0o600)
    secret.write_text(AUTHORIZATION + "\n")
    server.configure(
        f"events: {{webhook: {{url: 'http://127.0.0.1:{port}/hook', authorizationFile: webhook-authorization}}}}")
    yield server
    server.close()


def test_events_reach_a_receiver_that_refuses_at_first(telling_server, receiver, ready):
    server = telling_server.start()
    receiver.refusals = 2
    kms = server.client()
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.rotate_key_on_demand(KeyId=key)
    kms.disable_key(KeyId=key)
    deletion = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)["DeletionDate"]
    kms.cancel_key_deletion(KeyId=key)
    expected = ["KMS CMK Rotation", "KMS CMK Disabled", "KMS CMK Deletion Scheduled", "KMS CMK Deletion Cancelled"]
    ready(lambda: receiver.types() == expected, PATIENCE, "all events have come, in their order")
    assert len(receiver.attempts) == 2 + len(expected)
    assert len({event["id"] for _, event in receiver.attempts[:3]}) == 1, "the same event, until it is taken"
    for headers, event in receiver.attempts:
        assert headers["Content-Type"] == "application/json" and headers["Authorization"] == AUTHORIZATION
        assert set(event) == {
            "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"}
        assert (event["version"], event["account"], event["region"]) == ("0", "111122223333", "us-east-1")
        assert event["resources"] == [key] and event["detail"]["key-id"] == key.rpartition("/")[2]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["time"])
    rotated, _, scheduled, _ = receiver.events
    assert rotated["source"] == "aws.kms" and rotated["detail"]["rotation-type"] == "ON_DEMAND"
    assert scheduled["detail"]["deletion-date"] == deletion.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert AUTHORIZATION not in server.log() and "/hook" not in server.log()
    # What has been taken is not told again.
    server.stop()
    server.start()
    kms = server.client()
    kms.enable_key(KeyId=key)
    kms.disable_key(KeyId=key)
    ready(lambda: len(receiver.attempts) == 3 + len(expected), PATIENCE, "another event has come")
    assert receiver.types() == expected + ["KMS CMK Disabled"]


@pytest.mark.parametrize("end", [Server.kill, Server.stop], ids=["killed", "stopped"])
def test_what_was_not_told_is_told_by_the_next_server(telling_server, port, ready, end):
    server = telling_server.start()
    kms = server.client()
    keys = [kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["Arn"] for _ in range(3)]
    for key in keys:
        kms.schedule_key_deletion(KeyId=key)
    end(server)
    server.start()
    receiver = Receiver(port)
    try:
        ready(lambda: len(receiver.types()) == len(keys), PATIENCE, "all events have come")
        assert [event["resources"] for event in receiver.events] == [[key] for key in keys]
    finally:
        receiver.close()


def test_a_receiver_that_is_not_there_holds_up_nobody(telling_server):
    kms = telling_server.start().client()
    for _ in range(20):
        kms.schedule_key_deletion(KeyId=kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"])
    # Nor does it keep the server from ending.
    assert telling_server.stop() == 0


@pytest.mark.parametrize("webhook, says", [
    ("url: 'http://alarms.example.com/hook'", "not https"), ("url: 'http://127.0.0.1.example.com/hook'", "not https"),
    ("url: 'ftp://127.0.0.1/hook'", "not https"), ("url: hook", "no URL"),
    ("url: 'https://alarms.example.com/hook', trustRoots: none.pem", "none.pem"),
])
def test_events_are_not_sent_where_anybody_can_read_them(tmp_path, webhook, says):
    server = Server(tmp_path / "state")
    server.configure(f"events: {{webhook: {{{webhook}}}}}")
    result = server.run("serve", "--state", str(server.state), check=False)
    assert result.returncode != 0
    assert says in result.stderr and "hint: " in result.stderr


def test_a_secret_that_others_may_read_is_none(telling_server):
    secret = telling_server.state / "webhook-authorization"
    os.chmod(secret, 0o644)
    result = telling_server.run("serve", "--state", str(telling_server.state), check=False)
    assert result.returncode != 0
    assert "others may read" in result.stderr and f"hint: chmod 600 {secret}" in result.stderr
    assert AUTHORIZATION not in result.stderr
