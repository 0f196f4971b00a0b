import datetime

import pytest
from errors import refused


def test_a_key_pending_deletion_does_nothing_and_can_be_kept(kms, new_key):
    key = new_key()
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"kept")["CiphertextBlob"]
    scheduled = kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    assert (scheduled["KeyId"], scheduled["KeyState"]) == (key["Arn"], "PendingDeletion")
    due = scheduled["DeletionDate"] - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(days=6, hours=23) < due < datetime.timedelta(days=7, hours=1)
    with refused("KMSInvalidStateException", f"{key['Arn']} is pending deletion."):
        kms.decrypt(CiphertextBlob=blob)
    with refused("KMSInvalidStateException"):
        kms.schedule_key_deletion(KeyId=key["KeyId"])
    assert kms.cancel_key_deletion(KeyId=key["KeyId"])["KeyId"] == key["Arn"]
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "Disabled"
    kms.enable_key(KeyId=key["KeyId"])
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"kept"


def test_thirty_days_are_the_default(kms, new_key):
    assert kms.schedule_key_deletion(KeyId=new_key()["KeyId"])["PendingWindowInDays"] == 30


@pytest.mark.parametrize("days", [1, 6, 31])
def test_the_window_is_seven_to_thirty_days(kms, new_key, days):
    with refused("ValidationException"):
        kms.schedule_key_deletion(KeyId=new_key()["KeyId"], PendingWindowInDays=days)


def test_only_a_scheduled_deletion_can_be_cancelled(kms, new_key):
    with refused("KMSInvalidStateException"):
        kms.cancel_key_deletion(KeyId=new_key()["KeyId"])
