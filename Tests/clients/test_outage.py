"""The HSM away for seconds under a real SDK, and a disk that lets nobody write."""
import os
import signal
import subprocess
import threading
import time

import pytest
from strongroom_server import Server


def test_an_sdk_in_standard_mode_gets_over_an_outage_of_two_seconds(own_server):
    kms = own_server.client(retries={"mode": "standard", "total_max_attempts": 12})
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"kept")["CiphertextBlob"]
    tokens = own_server.state / "tokens"
    away = own_server.state / "tokens.away"

    def come_back():
        # A module that started meanwhile may have made an empty folder there.
        if tokens.exists():
            tokens.rmdir()
        away.rename(tokens)

    tokens.rename(away)
    for pid in own_server.worker_pids():
        os.kill(pid, signal.SIGKILL)
    back = threading.Timer(2, come_back)
    back.start()
    try:
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"kept"
        assert kms.encrypt(KeyId=key, Plaintext=b"x")["KeyId"].endswith(key)
    finally:
        back.join()
    assert own_server.process.poll() is None


@pytest.fixture
def disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "disk", folder]).returncode != 0:
        pytest.skip("only root may mount a disk")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_read_only_disk_stops_the_start_with_its_name_and_harms_nothing(disk):
    server = Server(disk / "state").start()
    kms = server.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"kept")["CiphertextBlob"]
    assert server.stop() == 0
    # SIGTERM's workers may hold files open for a moment.
    for _ in range(100):
        if subprocess.run(["mount", "-o", "remount,ro", disk], capture_output=True).returncode == 0:
            break
        time.sleep(0.05)

    refused = server.run("serve", "--state", str(server.state), check=False)
    assert refused.returncode != 0
    assert "Read-only file system" in refused.stderr, refused.stderr

    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    server.start()
    try:
        assert server.client().decrypt(CiphertextBlob=blob)["Plaintext"] == b"kept"
    finally:
        server.close()
