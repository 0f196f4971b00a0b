"""Two Regions with a token each: one that is slow, hangs or is away, and comes back, while the other serves."""
import os
import signal
import statistics
import threading
import time

import pytest
from botocore.exceptions import ClientError
from strongroom_server import Server, wait_until
from two_regions import HERE, THERE, TwoRegions, give_own_token, let_tokens_fail, obey

BOTH = pytest.mark.parametrize("faulty", [HERE, THERE])


@pytest.fixture
def regions(tmp_path):
    server = Server(tmp_path / "state", "--region", HERE, "--region", THERE)
    give_own_token(server, THERE)
    let_tokens_fail(server)
    server.start()
    yield TwoRegions(server)
    server.close()


def outcome(kms, blob) -> str:
    try:
        return kms.decrypt(CiphertextBlob=blob)["Plaintext"].decode()
    except ClientError as error:
        return error.response["Error"]["Code"]


def sides(regions: TwoRegions, faulty: str):
    """The Region with the fault, and the other one."""
    return (regions.here, regions.there) if faulty == HERE else (regions.there, regions.here)


def serves(kms, blob) -> None:
    """All that goes on in a Region, whatever happens to the other one's token."""
    assert outcome(kms, blob) == "kept"
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    assert kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    kms.rotate_key_on_demand(KeyId=key)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)


@BOTH
def test_a_token_that_is_slow_slows_its_own_region_alone(regions, faulty):
    key = regions.replicated_key()
    slow, fast = sides(regions, faulty)
    blob = fast.encrypt(KeyId=key, Plaintext=b"kept")["CiphertextBlob"]
    obey(regions.server, faulty, "delay C_Decrypt 150")

    def seconds(kms) -> float:
        times = []
        for _ in range(10):
            begin = time.monotonic()
            assert outcome(kms, blob) == "kept"
            times.append(time.monotonic() - begin)
        return statistics.median(times)
    assert seconds(slow) > 0.15
    assert seconds(fast) < 0.15
    obey(regions.server, faulty)
    wait_until(lambda: seconds(slow) < 0.15, 30, "it is fast again")


@BOTH
def test_a_token_that_hangs_keeps_nobody_else_waiting(regions, faulty):
    key = regions.replicated_key()
    hanging, other = sides(regions, faulty)
    blob = other.encrypt(KeyId=key, Plaintext=b"kept")["CiphertextBlob"]
    obey(regions.server, faulty, "delay * 60000")
    answers = []
    clients = [regions.server.client(region_name=faulty) for _ in range(4)]
    threads = [threading.Thread(target=lambda kms=kms: answers.append(outcome(kms, blob))) for kms in clients]
    for thread in threads:
        thread.start()
    begin = time.monotonic()
    for _ in range(5):
        serves(other, blob)
    assert time.monotonic() - begin < 10, "each hanging call takes 2 s"
    for thread in threads:
        thread.join()
    assert set(answers) <= {"DependencyTimeoutException", "KeyUnavailableException"} and len(answers) == 4
    obey(regions.server, faulty)
    wait_until(lambda: outcome(hanging, blob) == "kept", 30, "it is back")
    serves(hanging, blob)


@BOTH
def test_a_token_that_is_away_and_comes_back(regions, faulty):
    key = regions.replicated_key()
    away, other = sides(regions, faulty)
    blob = other.encrypt(KeyId=key, Plaintext=b"kept")["CiphertextBlob"]
    regions.take_away(faulty)
    wait_until(lambda: outcome(away, blob) == "KeyUnavailableException", 20, "it is away")
    for _ in range(5):
        serves(other, blob)
        assert outcome(away, blob) == "KeyUnavailableException"
    assert other.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"
    regions.bring_back(faulty)
    wait_until(lambda: outcome(away, blob) == "kept", 40, "it is back")
    serves(away, blob)


def test_a_key_is_replicated_out_of_a_token_that_is_away_when_it_is_back(regions):
    key = regions.new_key()["KeyId"]
    blob = regions.here.encrypt(KeyId=key, Plaintext=b"kept")["CiphertextBlob"]
    regions.take_away(HERE)
    regions.here.replicate_key(KeyId=key, ReplicaRegion=THERE)
    time.sleep(1)
    assert regions.there.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Creating"
    regions.bring_back(HERE)
    regions.wait_for(regions.there, key)
    assert outcome(regions.there, blob) == "kept"


def test_a_server_starts_without_a_regions_token_and_brings_replicas_there_when_it_is_back(regions):
    old = regions.replicated_key()
    blob = regions.here.encrypt(KeyId=old, Plaintext=b"kept")["CiphertextBlob"]
    server = regions.server
    regions.take_away(THERE)
    key = regions.new_key()["KeyId"]
    new = regions.here.encrypt(KeyId=key, Plaintext=b"kept")["CiphertextBlob"]
    regions.here.replicate_key(KeyId=key, ReplicaRegion=THERE)
    server.kill()
    server.start()
    regions = TwoRegions(server)
    serves(regions.here, blob)
    assert outcome(regions.there, blob) == "KeyUnavailableException"
    assert regions.there.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Creating"
    regions.bring_back(THERE)
    regions.wait_for(regions.there, key)
    assert outcome(regions.there, blob) == outcome(regions.there, new) == "kept"


@pytest.mark.parametrize("call", ["C_UnwrapKey", "C_GenerateKeyPair", "C_DestroyObject"])
def test_a_server_that_is_killed_in_the_middle_of_a_replication(regions, call):
    server = regions.server
    key = regions.new_key()["KeyId"]
    blob = regions.here.encrypt(KeyId=key, Plaintext=b"kept")["CiphertextBlob"]
    before = regions.objects(THERE)
    obey(server, THERE, f"delay {call} 1500")
    regions.here.replicate_key(KeyId=key, ReplicaRegion=THERE)
    time.sleep(1)
    server.kill()
    obey(server, THERE)
    server.start()
    regions = TwoRegions(server)
    regions.wait_for(regions.there, key)
    assert outcome(regions.there, blob) == "kept"
    report = server.run("doctor", "--state", str(server.state)).stdout
    assert "PROBLEM" not in report and "is labelled as ours" not in report
    assert regions.objects(THERE) >= before + 1


@BOTH
def test_workers_that_are_killed_all_the_time_lose_nothing(regions, faulty):
    """Keys are made, replicated and rotated while one Region's workers die; in the end every Region reads everything."""
    ended = threading.Event()

    def kill():
        while not ended.wait(0.7):
            for pid in regions.workers(faulty):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
    killer = threading.Thread(target=kill)
    killer.start()
    blobs = []
    try:
        for _ in range(4):
            key = again(lambda: regions.here.create_key(MultiRegion=True))["KeyMetadata"]["KeyId"]
            blobs.append(again(lambda: regions.here.encrypt(KeyId=key, Plaintext=b"kept"))["CiphertextBlob"])
            again(lambda: regions.here.replicate_key(KeyId=key, ReplicaRegion=THERE))
            again(lambda: regions.here.rotate_key_on_demand(KeyId=key))
            blobs.append(again(lambda: regions.here.encrypt(KeyId=key, Plaintext=b"kept"))["CiphertextBlob"])
    finally:
        ended.set()
        killer.join()
    for blob in blobs:
        for kms in (regions.here, regions.there):
            wait_until(lambda: outcome(kms, blob) == "kept", 60, "every Region reads it")


def again(call):
    """As an SDK does, with more patience."""
    for _ in range(40):
        try:
            return call()
        except ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 500, error
            time.sleep(0.25)
    return call()
