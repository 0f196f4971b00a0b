import uuid

import pytest
from errors import refused


def test_a_key_answers_to_all_four_forms_of_its_name(kms, new_key, alias_name):
    key = new_key()
    kms.create_alias(AliasName=alias_name, TargetKeyId=key["KeyId"])
    alias_arn = key["Arn"].split(":key/")[0] + ":" + alias_name
    for name in (key["KeyId"], key["Arn"], alias_name, alias_arn):
        ciphertext = kms.encrypt(KeyId=name, Plaintext=b"four names")["CiphertextBlob"]
        answer = kms.decrypt(CiphertextBlob=ciphertext, KeyId=name)
        assert answer["Plaintext"] == b"four names"
        assert answer["KeyId"] == key["Arn"]


def test_an_unknown_key_id_is_named_with_its_arn(kms):
    unknown = str(uuid.uuid4())
    with refused("NotFoundException", f"Key 'arn:aws:kms:eu-central-1:111122223333:key/{unknown}' does not exist"):
        kms.describe_key(KeyId=unknown)


@pytest.mark.parametrize("name", ["fake-key-id", "134f2428cec14b25a1ae9048164dba47", "mrk-fake-key-id"])
def test_what_is_no_key_id_is_called_invalid(kms, name):
    with refused("NotFoundException", f"Invalid keyId '{name}'"):
        kms.describe_key(KeyId=name)


def test_an_arn_of_another_region_is_invalid(kms, key):
    with refused("NotFoundException", "Invalid arn us-west-2"):
        kms.describe_key(KeyId=key["Arn"].replace("eu-central-1", "us-west-2"))


def test_an_unknown_alias_is_named_with_its_arn(kms):
    with refused("NotFoundException", "Alias arn:aws:kms:eu-central-1:111122223333:alias/nobody is not found."):
        kms.encrypt(KeyId="alias/nobody", Plaintext=b"x")


def test_an_arn_of_another_account_is_refused_without_telling_whether_it_exists(kms, key):
    with refused("AccessDeniedException"):
        kms.describe_key(KeyId=key["Arn"].replace("111122223333", "444455556666"))
