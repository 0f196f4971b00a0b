"""A key gets new material and keeps the old: everything it ever encrypted decrypts."""
import datetime
from concurrent.futures import ThreadPoolExecutor

import pytest
from errors import refused
from raw_http import post

TEXT = b"older than every rotation"


def rotations(kms, key, **parameters):
    pages = kms.get_paginator("list_key_rotations").paginate(KeyId=key["KeyId"], **parameters)
    return [entry for page in pages for entry in page["Rotations"]]


def current(kms, key):
    return kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["CurrentKeyMaterialId"]


def test_after_5_rotations_every_old_ciphertext_decrypts(kms, new_key):
    key = new_key()
    made = []
    for _ in range(6):
        material = current(kms, key)
        blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=TEXT, EncryptionContext={"a": "1"})["CiphertextBlob"]
        data_key = kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256")
        assert data_key["KeyMaterialId"] == material
        made.append((material, blob, data_key))
        if len(made) < 6:
            assert kms.rotate_key_on_demand(KeyId=key["KeyId"])["KeyId"].endswith(key["KeyId"])
            assert current(kms, key) != material
    materials = [material for material, _, _ in made]
    assert len(set(materials)) == 6
    for material, blob, data_key in made:
        answer = kms.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "1"})
        assert (answer["Plaintext"], answer["KeyMaterialId"]) == (TEXT, material)
        assert kms.decrypt(CiphertextBlob=data_key["CiphertextBlob"])["Plaintext"] == data_key["Plaintext"]

    listed = rotations(kms, key)
    assert [entry["KeyMaterialId"] for entry in listed] == materials[1:]
    assert [entry["RotationType"] for entry in listed] == ["ON_DEMAND"] * 5
    dates = [entry["RotationDate"] for entry in listed]
    assert dates == sorted(dates)
    assert abs(datetime.datetime.now(datetime.timezone.utc) - dates[-1]) < datetime.timedelta(minutes=1)
    everything = rotations(kms, key, IncludeKeyMaterial="ALL_KEY_MATERIAL")
    assert [entry["KeyMaterialId"] for entry in everything] == materials
    assert [entry["KeyMaterialState"] for entry in everything] == ["NON_CURRENT"] * 5 + ["CURRENT"]
    assert "RotationDate" not in everything[0] and "RotationType" not in everything[0]
    assert not any("ImportState" in entry or "ExpirationModel" in entry for entry in everything)
    for size in (1, 2, 5, 1000):
        assert rotations(kms, key, PaginationConfig={"PageSize": size}) == listed
        assert rotations(
            kms, key, IncludeKeyMaterial="ALL_KEY_MATERIAL", PaginationConfig={"PageSize": size}
        ) == everything
    first = kms.list_key_rotations(KeyId=key["KeyId"], Limit=3)
    assert (len(first["Rotations"]), first["Truncated"]) == (3, True)

    moved = kms.re_encrypt(
        CiphertextBlob=made[0][1], SourceEncryptionContext={"a": "1"}, DestinationKeyId=key["KeyId"],
        DestinationEncryptionContext={"a": "1"},
    )
    assert (moved["SourceKeyMaterialId"], moved["DestinationKeyMaterialId"]) == (materials[0], materials[5])
    assert kms.decrypt(
        CiphertextBlob=moved["CiphertextBlob"], EncryptionContext={"a": "1"}
    )["KeyMaterialId"] == materials[5]


def test_ciphertexts_survive_rotations_and_kills(own_server):
    kms = own_server.client()
    key = kms.create_key()["KeyMetadata"]
    blobs = []
    for _ in range(3):
        blobs.append(kms.encrypt(KeyId=key["KeyId"], Plaintext=TEXT)["CiphertextBlob"])
        kms.rotate_key_on_demand(KeyId=key["KeyId"])
        own_server.kill()
        kms = own_server.start().client()
    assert len(rotations(kms, key)) == 3
    for blob in blobs:
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == TEXT
    assert own_server.run("doctor", "--state", str(own_server.state), check=False).returncode == 0


def test_a_server_killed_while_it_rotates_loses_nothing(own_server):
    kms = own_server.client()
    keys = [kms.create_key()["KeyMetadata"] for _ in range(4)]
    blobs = [(key, kms.encrypt(KeyId=key["KeyId"], Plaintext=TEXT)["CiphertextBlob"]) for key in keys]
    answered = []

    def rotate(key):
        try:
            while True:
                kms.rotate_key_on_demand(KeyId=key["KeyId"])
                answered.append(key["KeyId"])
                blobs.append((key, kms.encrypt(KeyId=key["KeyId"], Plaintext=TEXT)["CiphertextBlob"]))
                if len(answered) >= 12:
                    own_server.process.kill()
        except Exception:  # noqa: BLE001 - the server dies in the middle of it: any error will do
            return

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(rotate, keys))
    own_server.kill()
    kms = own_server.start().client()
    assert len(answered) >= 12
    for key, blob in blobs:
        assert kms.decrypt(CiphertextBlob=blob, KeyId=key["KeyId"])["Plaintext"] == TEXT
    for key in keys:
        assert len(rotations(kms, key)) >= answered.count(key["KeyId"])
        kms.rotate_key_on_demand(KeyId=key["KeyId"])
        assert kms.encrypt(KeyId=key["KeyId"], Plaintext=TEXT)
    assert own_server.run("doctor", "--state", str(own_server.state), check=False).returncode == 0


def test_rotation_under_load_loses_no_request(server, kms, new_key):
    key = new_key()["KeyId"]
    busy = server.client()
    done = []
    materials = set()

    def work(number):
        count = 0
        while not done or count < 20:
            plaintext = f"{number}-{count}".encode()
            if count % 2:
                made = busy.generate_data_key(KeyId=key, NumberOfBytes=24)
                plaintext = made["Plaintext"]
            else:
                made = busy.encrypt(KeyId=key, Plaintext=plaintext)
            answer = busy.decrypt(CiphertextBlob=made["CiphertextBlob"])
            assert answer["Plaintext"] == plaintext
            materials.add(answer["KeyMaterialId"])
            count += 1
        return count

    with ThreadPoolExecutor(6) as pool:
        workers = [pool.submit(work, number) for number in range(6)]
        try:
            for _ in range(10):
                kms.rotate_key_on_demand(KeyId=key)
        finally:
            done.append(True)
        assert all(worker.result() >= 20 for worker in workers)
    assert len(materials) > 1
    assert len(kms.list_key_rotations(KeyId=key)["Rotations"]) == 10


def test_a_key_is_rotated_on_demand_25_times(kms, new_key):
    key = new_key()
    for _ in range(25):
        kms.rotate_key_on_demand(KeyId=key["KeyId"])
    text = (
        "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be "
        f"performed for this key: {key['Arn']}"
    )
    with refused("LimitExceededException", text):
        kms.rotate_key_on_demand(KeyId=key["KeyId"])
    assert len(rotations(kms, key)) == 25
    assert kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")


def test_automatic_rotation_is_off_until_it_is_enabled(kms, new_key):
    key = new_key()

    def status():
        answer = kms.get_key_rotation_status(KeyId=key["KeyId"])
        assert answer["KeyId"].endswith(key["KeyId"])
        return answer

    def days_to_the_next():
        left = status()["NextRotationDate"] - datetime.datetime.now(datetime.timezone.utc)
        return round(left / datetime.timedelta(days=1), 1)

    assert status()["KeyRotationEnabled"] is False
    assert "NextRotationDate" not in status() and "OnDemandRotationStartDate" not in status()
    kms.enable_key_rotation(KeyId=key["KeyId"])
    assert (status()["KeyRotationEnabled"], status()["RotationPeriodInDays"], days_to_the_next()) == (True, 365, 365)
    for days in (90, 2560):
        kms.enable_key_rotation(KeyId=key["KeyId"], RotationPeriodInDays=days)
        assert (status()["RotationPeriodInDays"], days_to_the_next()) == (days, days)
    kms.rotate_key_on_demand(KeyId=key["KeyId"])
    assert days_to_the_next() == 2560, "a rotation on demand leaves the schedule as it is"
    kms.disable_key_rotation(KeyId=key["KeyId"])
    assert status()["KeyRotationEnabled"] is False
    assert "NextRotationDate" not in status()


@pytest.mark.parametrize(
    "days, end",
    [(89, "greater than or equal to 90"), (-1, "greater than or equal to 90"), (2561, "less than or equal to 2560")],
)
def test_a_period_has_from_90_to_2560_days(server, key, days, end):
    answer = post(server, "EnableKeyRotation", {"KeyId": key["KeyId"], "RotationPeriodInDays": days})
    assert (answer.status, answer.code) == (400, "ValidationException")
    assert answer.json["message"] == (
        f"1 validation error detected: Value '{days}' at 'rotationPeriodInDays' failed to satisfy constraint: "
        f"Member must have value {end}"
    )


@pytest.mark.parametrize(
    "spec, usage",
    [("RSA_2048", "SIGN_VERIFY"), ("ECC_NIST_P256", "KEY_AGREEMENT"), ("HMAC_256", "GENERATE_VERIFY_MAC")],
)
def test_only_symmetric_encryption_keys_rotate(kms, shared_key, spec, usage):
    key = shared_key(spec, usage)["KeyId"]
    for operation in (
        "enable_key_rotation", "disable_key_rotation", "get_key_rotation_status", "rotate_key_on_demand",
        "list_key_rotations",
    ):
        with refused("UnsupportedOperationException"):
            getattr(kms, operation)(KeyId=key)


def test_what_state_a_key_has_to_be_in(kms, new_key):
    key = new_key()
    kms.disable_key(KeyId=key["KeyId"])
    for operation in ("enable_key_rotation", "disable_key_rotation", "rotate_key_on_demand"):
        with refused("DisabledException", f"{key['Arn']} is disabled."):
            getattr(kms, operation)(KeyId=key["KeyId"])
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"] is False
    kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    for operation in ("enable_key_rotation", "disable_key_rotation", "rotate_key_on_demand"):
        with refused("KMSInvalidStateException", f"{key['Arn']} is pending deletion."):
            getattr(kms, operation)(KeyId=key["KeyId"])


def test_a_key_that_is_not_there_is_not_rotated(kms):
    arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    with refused("NotFoundException", f"Key '{arn}' does not exist"):
        kms.rotate_key_on_demand(KeyId=arn)


def test_the_aws_cli_rotates_and_lists(server, kms, new_key):
    import json

    key = new_key()["KeyId"]
    server.aws("kms", "enable-key-rotation", "--key-id", key, "--rotation-period-in-days", "180")
    status = json.loads(server.aws("kms", "get-key-rotation-status", "--key-id", key).stdout)
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 180)
    for _ in range(3):
        server.aws("kms", "rotate-key-on-demand", "--key-id", key)
    listed = json.loads(server.aws("kms", "list-key-rotations", "--key-id", key, "--page-size", "2").stdout)
    assert len(listed["Rotations"]) == 3
