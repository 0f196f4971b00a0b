from concurrent.futures import ThreadPoolExecutor

from strongroom_server import executable


def test_a_server_killed_and_started_again_still_decrypts(own_server, ready):
    kms = own_server.client()
    key = kms.create_key(Description="survives")["KeyMetadata"]
    kms.create_alias(AliasName="alias/survivor", TargetKeyId=key["KeyId"])
    blob = kms.encrypt(KeyId="alias/survivor", Plaintext=b"still here", EncryptionContext={"a": "1"})["CiphertextBlob"]
    workers = own_server.worker_pids()
    own_server.kill()
    ready(
        lambda: all(executable(pid) != "strongroom-hsm-worker" for pid in workers), 10,
        "the workers of a killed server end by themselves",
    )
    kms = own_server.start().client()
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "1"})["Plaintext"] == b"still here"
    assert kms.describe_key(KeyId="alias/survivor")["KeyMetadata"] == key


def test_a_server_killed_while_keys_are_made_keeps_every_key_it_answered_for(own_server):
    kms = own_server.client()
    made = []

    def make(number):
        try:
            key = kms.create_key(Description=str(number))["KeyMetadata"]["KeyId"]
            made.append((key, kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]))
        except Exception:  # noqa: BLE001 - the server dies in the middle of it: any error will do
            return
        if len(made) == 10:
            own_server.process.kill()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(make, range(40)))
    own_server.kill()
    kms = own_server.start().client()
    assert len(made) >= 10
    for key, blob in made:
        assert kms.decrypt(CiphertextBlob=blob, KeyId=key)["Plaintext"] == b"x"
    listed = [key["KeyId"] for page in kms.get_paginator("list_keys").paginate() for key in page["Keys"]]
    for key in listed:
        assert kms.encrypt(KeyId=key, Plaintext=b"usable")
    assert own_server.run("doctor", "--state", str(own_server.state), check=False).returncode == 0


def test_a_second_server_on_the_same_state_is_refused(own_server):
    """Two servers would each keep their own picture of the keys."""
    state = str(own_server.state)
    second = own_server.run("serve", "--state", state, "--listen", "127.0.0.1:0", check=False, timeout=20)
    assert second.returncode != 0
    assert "hint:" in second.stderr
    assert own_server.client().list_keys()["Truncated"] is False
