"""The HSM is away: at the server's start, and later. The server goes on by itself when it is back."""
import os
import re
import signal
import time
import urllib.error
import urllib.request

import pytest
from audit_log import records
from botocore.exceptions import ClientError
from strongroom_server import Server, free_port

# What a token that comes back may have to wait for.
RECOVERY = 5


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def until(condition, seconds: float, what: str) -> float:
    """Waits for a condition; answers how long it took."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return time.monotonic() - start


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path / "state")
    server.metrics = f"http://127.0.0.1:{free_port()}/metrics"
    server.configure(f"metrics: {{listen: '{server.metrics.split('/')[2]}'}}")
    yield server
    server.close()


def take_away(server: Server) -> None:
    os.rename(server.state / "tokens", server.state / "away")


def give_back(server: Server) -> None:
    os.rename(server.state / "away", server.state / "tokens")


def metric(server: Server, name: str) -> list[float]:
    page = get(server.metrics)[1]
    assert page.endswith("# EOF\n")
    return [float(value) for value in re.findall(rf"(?m)^{name}(?:\{{.*\}})? (\S+)$", page)]


def events(server: Server) -> list[dict]:
    return [record for record in records(server.state / "audit") if record["eventSource"] == "strongroom"]


def test_a_server_that_starts_without_its_hsm_serves_when_that_comes(server):
    take_away(server)
    server.start()
    assert get(server.endpoint + "/healthz")[0] == 200
    assert get(server.endpoint + "/readyz")[0] == 503
    assert metric(server, "strongroom_ready") == [0]
    with pytest.raises(ClientError) as error:
        server.client().list_keys()
    assert error.value.response["Error"]["Code"] == "KMSInternalException"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert "the HSM cannot be used" in server.log()
    give_back(server)
    until(lambda: get(server.endpoint + "/readyz")[0] == 200, RECOVERY, "it serves")
    kms = server.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"there")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"there"
    assert server.stop() == 0
    assert server.stdout_lines == [f"listening on {server.endpoint}\n"]


def test_an_sdk_waits_for_a_server_that_waits_for_its_hsm(server):
    take_away(server)
    server.start()
    kms = server.client(retries={"mode": "standard", "total_max_attempts": 8})
    give_back(server)
    kms.list_keys()


def test_an_hsm_that_is_lost_is_found_again_without_anybody(server):
    server.start()
    kms = server.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"there")["CiphertextBlob"]
    take_away(server)
    for pid in server.worker_pids():
        os.kill(pid, signal.SIGKILL)
    until(lambda: get(server.endpoint + "/readyz")[0] == 503, 10, "the loss is known")
    assert get(server.endpoint + "/healthz")[0] == 200
    assert metric(server, "strongroom_ready") == [0]
    assert sum(metric(server, "strongroom_hsm_worker_failed_starts_total")) >= 1
    for _ in range(20):
        with pytest.raises(ClientError) as error:
            kms.decrypt(CiphertextBlob=blob)
        assert error.value.response["Error"]["Code"] == "KeyUnavailableException"
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyId"] == key
    give_back(server)

    def serves() -> bool:
        try:
            return kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"there"
        except ClientError:
            return False

    until(serves, RECOVERY, "it serves")
    until(lambda: get(server.endpoint + "/readyz")[0] == 200, RECOVERY, "it is ready")
    assert metric(server, "strongroom_ready") == [1]
    until(lambda: metric(server, "strongroom_hsm_worker_generation") == [2, 2], 10, "both workers are new ones")
    assert metric(server, "strongroom_hsm_worker_restarts_total") == [1, 1]
    until(lambda: [1] * 2 == metric(server, "strongroom_hsm_worker_ready"), 10, "and serve")
    # The page names an operation and its errors.
    assert 'strongroom_requests_total{operation="Decrypt",error="KeyUnavailableException"}' in get(server.metrics)[1]
    told = until_told(server, "RepairHSM")
    assert {"LoseHSMWorker", "LoseHSM", "RepairHSM"} <= told
    assert server.stop() == 0
    server.run("audit", "verify", "--state", str(server.state))


def until_told(server: Server, name: str) -> set[str]:
    told: set[str] = set()

    def is_told() -> bool:
        told.update(event["eventName"] for event in events(server))
        return name in told

    until(is_told, 10, f"the audit log tells of {name}")
    for event in events(server):
        if event["eventName"] == name:
            assert event["eventType"] == "AwsServiceEvent" and event["additionalEventData"]["rung"] == "worker"
    return told


def test_a_wrong_pin_is_waited_for_and_told(server):
    pin = server.state / "pin"
    right = pin.read_bytes()
    pin.write_bytes(b"00000000")
    server.start()
    assert get(server.endpoint + "/readyz")[0] == 503
    assert "critical" in server.log() and "refused the PIN" in server.log()
    # Another start, and doctor, do not try it again.
    server.kill()
    server.start()
    until(lambda: "refused this PIN before" in server.log(), 10, "it says so")
    found = server.run("doctor", "--state", str(server.state), check=False)
    assert found.returncode != 0 and str(pin) in found.stdout
    pin.write_bytes(right)
    until(lambda: get(server.endpoint + "/readyz")[0] == 200, RECOVERY, "the right PIN is used")
    server.client().create_key()


def test_a_pin_may_come_from_the_environment(server):
    configuration = server.state / "strongroom.yaml"
    text = configuration.read_text()
    source = re.search(r"(?m)^  pin: .*$", text)[0]
    configuration.write_text(text.replace(source, "  pin: {env: TOKEN_PIN}"))
    pin = (server.state / "pin").read_text().strip()
    server.environment = {**server.environment, "TOKEN_PIN": pin}
    server.start()
    server.client().create_key()
    assert "TOKEN_PIN" in server.log() and pin not in server.log()
    for pid in [server.process.pid, *server.worker_pids()]:
        with open(f"/proc/{pid}/environ", "rb") as variables:
            assert pin.encode() not in variables.read()
