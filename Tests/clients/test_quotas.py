"""Request quotas: AWS's error for those who call too often, which SDKs try again; nobody else notices."""
import os
import signal
import socket
import threading
import time

import botocore.config
import pytest
from audit_log import Calls
from botocore.exceptions import ClientError
from identities import client
from operations import outcome
from people import Account
from raw_http import signed_headers
from strongroom_server import PATIENCE, Server

TEXT = "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls."


def make_server(folder, quotas: str, *arguments: str) -> Server:
    server = Server(folder / "state", *arguments)
    file = server.state / "strongroom.yaml"
    file.write_text(file.read_text().replace("quotas: {all: unlimited}", quotas))
    return server.start()


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    server = make_server(
        tmp_path_factory.mktemp("limited"), "quotas: {symmetric: 50}", "--region", "eu-central-1", "--region",
        "us-west-2")
    yield server
    server.close()


@pytest.fixture(scope="module")
def key(limited):
    return limited.client().create_key()["KeyMetadata"]["KeyId"]


def request(server, operation: str, body: str) -> bytes:
    headers = signed_headers(server, operation, body.encode())
    headers |= {"Host": f"127.0.0.1:{server.port}", "Content-Length": str(len(body))}
    return b"POST / HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()).encode() + b"\r\n" + (
        body.encode())


def burst(server, requests: list[bytes]) -> tuple[int, int, float]:
    """Sends requests faster than any SDK; answers how many were served and throttled, and how long it took."""
    start, answers = time.monotonic(), b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        threading.Thread(target=connection.sendall, args=(b"".join(requests),), daemon=True).start()
        while answers.count(b"HTTP/1.1 ") < len(requests) or not answers.endswith((b"}", b"}\n")):
            part = connection.recv(1 << 20)
            assert part, answers[-500:]
            answers += part
    return answers.count(b"HTTP/1.1 200 "), answers.count(b"ThrottlingException"), time.monotonic() - start


def encryption(server, key: str) -> bytes:
    return request(server, "Encrypt", f'{{"KeyId":"{key}","Plaintext":"AAEC"}}')


def test_a_burst_is_served_up_to_the_quota_and_throttled_beyond(limited, key):
    served, throttled, seconds = burst(limited, [encryption(limited, key)] * 300)
    assert served + throttled == 300
    # A second's worth at once, and then as much as comes anew.
    assert 50 <= served <= 50 + 50 * seconds + 1
    assert throttled > 0


def drained(server, key):
    """Keeps the bucket of symmetric operations empty."""
    stop = threading.Event()

    def drain():
        while not stop.is_set():
            burst(server, [encryption(server, key)] * 100)

    thread = threading.Thread(target=drain)

    class Drained:
        def __enter__(self):
            burst(server, [encryption(server, key)] * 200)
            thread.start()

        def __exit__(self, *_):
            stop.set()
            thread.join()

    return Drained()


def until_throttled(call, **parameters) -> ClientError:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            call(**parameters)
        except ClientError as error:
            return error
    raise AssertionError("never throttled")


def test_the_error_is_aws_s(limited, key, ready):
    kms, calls = limited.client(), Calls()
    calls.note(kms)
    with drained(limited, key):
        errors = [
            until_throttled(kms.encrypt, KeyId=key, Plaintext=b"x"),
            # All symmetric operations share a quota.
            until_throttled(kms.generate_data_key, KeyId=key, KeySpec="AES_256"),
            until_throttled(kms.generate_random, NumberOfBytes=1),
        ]
    for error in errors:
        assert error.response["Error"] == {"Code": "ThrottlingException", "Message": TEXT}
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    ready(lambda: not calls.missing(limited.state / "audit"), PATIENCE, "throttled calls are recorded, too")


def test_nobody_and_nothing_else_is_throttled(limited, key):
    kms, other = limited.client(), Account.new(limited).kms
    elsewhere = limited.client(region_name="us-west-2")
    theirs = other.create_key()["KeyMetadata"]["KeyId"]
    there = elsewhere.create_key()["KeyMetadata"]["KeyId"]
    signing = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    with drained(limited, key):
        for _ in range(20):
            # Another account, another Region, and what is counted apart.
            other.encrypt(KeyId=theirs, Plaintext=b"x")
            elsewhere.encrypt(KeyId=there, Plaintext=b"x")
            kms.sign(KeyId=signing, Message=b"x", SigningAlgorithm="ECDSA_SHA_256")
            kms.describe_key(KeyId=key)
            kms.list_keys()
        client(limited, "iam").list_users()
        client(limited, "sts").get_caller_identity()


def test_the_usual_retries_of_boto3_get_through(limited, key):
    usual = limited.client(config=botocore.config.Config(connect_timeout=5, read_timeout=30))
    burst(limited, [encryption(limited, key)] * 300)
    for _ in range(100):
        assert usual.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    # CreateKey has five a second.
    made = [usual.create_key(Origin="EXTERNAL") for _ in range(12)]
    assert sum(answer["ResponseMetadata"]["RetryAttempts"] for answer in made) > 0, "some were throttled"
    assert len({answer["KeyMetadata"]["KeyId"] for answer in made}) == 12


def test_keys_are_made_five_a_second(limited):
    kms = Account.new(limited).kms
    start, made = time.monotonic(), 0
    while (told := outcome(kms.create_key, Origin="EXTERNAL")) == "allowed":
        made += 1
        assert made <= 5 + 5 * (time.monotonic() - start) + 1
    assert told == "ThrottlingException" and made >= 5
    assert len(kms.list_keys()["Keys"]) == made, "what is throttled is not made"


@pytest.mark.parametrize("quotas, says", [
    ("quotas: {symetric: 50}", "symetric"), ("quotas: {symmetric: 0}", "symmetric"),
    ("quotas: {symmetric: many}", "unlimited"), ("quotas: {symmetric: -1}", "symmetric"),
])
def test_quotas_that_make_no_sense_are_told_at_the_start(tmp_path, quotas, says):
    server = Server(tmp_path / "state")
    file = server.state / "strongroom.yaml"
    file.write_text(file.read_text().replace("quotas: {all: unlimited}", quotas))
    result = server.run("serve", "--state", str(server.state), check=False)
    assert result.returncode != 0
    assert says in result.stderr and "hint: " in result.stderr


# More than the token can do


RETRYABLE = {"ThrottlingException", "DependencyTimeoutException", "KeyUnavailableException", "KMSInternalException"}


@pytest.fixture
def hurried_server(tmp_path):
    """A server whose token is given little time."""
    server = Server(tmp_path / "state")
    profile = server.state / "profile.yaml"
    text = profile.read_text().replace("callTimeout: 5", "callTimeout: 2")
    profile.write_text(text.replace("keyGenerationTimeout: 60", "keyGenerationTimeout: 4"))
    server.start()
    yield server
    server.close()


def all_at_once(server, count: int, operation: str, body: str) -> list[bytes]:
    """The answers to a request that is sent on many connections."""
    connections = [socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) for _ in range(count)]
    try:
        once = request(server, operation, body)
        for connection in connections:
            connection.sendall(once)
        return [connection.recv(65536) for connection in connections]
    finally:
        for connection in connections:
            connection.close()


def test_more_than_waits_for_a_token_is_answered_in_time(hurried_server, ready):
    """For a token that does nothing at all, 128 slow requests wait and no more; and none for all the others' times."""
    server = hurried_server
    kms = server.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    for pid in server.worker_pids():
        os.kill(pid, signal.SIGSTOP)
    answers = all_at_once(
        server, 200, "GenerateDataKeyPair", f'{{"KeyId":"{key}","KeyPairSpec":"ECC_NIST_P256"}}')
    codes = {code for code in RETRYABLE if any(code.encode() in answer for answer in answers)}
    assert "ThrottlingException" in codes, "there was no room for all"
    for answer in answers:
        assert answer.startswith(b"HTTP/1.1 200 ") or any(code.encode() in answer for code in RETRYABLE), answer
    # The hung workers have been replaced.
    ready(lambda: outcome(kms.encrypt, KeyId=key, Plaintext=b"x") == "allowed", PATIENCE, "service is back")


def test_keys_that_could_not_be_made_in_time_are_not_there_later(hurried_server, ready):
    server = hurried_server
    kms = server.client()
    kms.create_key()
    for pid in server.worker_pids():
        os.kill(pid, signal.SIGSTOP)
    answers = all_at_once(server, 150, "CreateKey", "{}")
    for answer in answers:
        assert answer.startswith(b"HTTP/1.1 200 ") or any(code.encode() in answer for code in RETRYABLE), answer
    made = sum(answer.startswith(b"HTTP/1.1 200 ") for answer in answers)
    ready(lambda: outcome(kms.create_key) == "allowed", PATIENCE, "service is back")
    assert len(kms.list_keys(Limit=1000)["Keys"]) == made + 2
