import os
import signal
import threading
import time

import botocore.exceptions

# What an SDK retries by itself. Anything else would reach the program that called it.
RETRYABLE = ("KMSInternalException", "DependencyTimeoutException", "KeyUnavailableException", "ThrottlingException")


def test_a_killed_worker_costs_nobody_more_than_a_retry(own_server, ready):
    setup = own_server.client()
    key = setup.create_key()["KeyMetadata"]["KeyId"]
    blob = setup.encrypt(KeyId=key, Plaintext=b"under load")["CiphertextBlob"]
    stop = threading.Event()
    failures, wrong, successes = [], [], []

    def load():
        kms = own_server.client()
        while not stop.is_set():
            try:
                if kms.decrypt(CiphertextBlob=blob)["Plaintext"] != b"under load":
                    wrong.append("another plaintext")
                kms.encrypt(KeyId=key, Plaintext=b"x")
                successes.append(time.monotonic())
            except botocore.exceptions.ClientError as error:
                code = error.response["Error"]["Code"]
                failures.append(code)
                if code not in RETRYABLE:
                    wrong.append(str(error))
            except botocore.exceptions.BotoCoreError as error:
                wrong.append(str(error))

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            workers = ready(own_server.worker_pids, 10, "there are workers")
            time.sleep(0.5)
            for pid in workers:
                os.kill(pid, signal.SIGKILL)
            killed = time.monotonic()
            ready(lambda: any(at > killed + 0.1 for at in successes[-8:]), 2, "service is back after the workers died")
            ready(
                lambda: len(set(own_server.worker_pids()) - set(workers)) == len(workers), 5,
                "as many new workers as there were",
            )
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert wrong == []
    assert own_server.process.poll() is None, "the server itself went on"


def test_an_sdk_with_its_usual_retries_does_not_notice(own_server, ready):
    kms = own_server.client(retries={"mode": "standard", "max_attempts": 5})
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    for _ in range(3):
        for pid in ready(own_server.worker_pids, 10, "there are workers"):
            os.kill(pid, signal.SIGKILL)
        for _ in range(20):
            blob = kms.encrypt(KeyId=key, Plaintext=b"steady")["CiphertextBlob"]
            assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"steady"


def test_a_worker_that_hangs_is_replaced(own_server, ready):
    kms = own_server.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    stopped = own_server.worker_pids()
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    start = time.monotonic()
    try:
        kms.encrypt(KeyId=key, Plaintext=b"x")
    except botocore.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] in RETRYABLE
    # The profile allows a call 5 seconds.
    assert time.monotonic() - start < 12

    def works():
        try:
            return kms.encrypt(KeyId=key, Plaintext=b"x")
        except botocore.exceptions.ClientError:
            return None

    ready(works, 15, "service is back after the workers hung")
