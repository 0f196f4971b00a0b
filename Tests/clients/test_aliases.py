from errors import refused


def target(kms, name):
    entries = [entry for page in kms.get_paginator("list_aliases").paginate() for entry in page["Aliases"]]
    found = [entry["TargetKeyId"] for entry in entries if entry["AliasName"] == name]
    return found[0] if found else None


def test_an_alias_is_created_moved_and_deleted(kms, new_key, alias_name):
    first, second = new_key(), new_key()
    kms.create_alias(AliasName=alias_name, TargetKeyId=first["KeyId"])
    assert target(kms, alias_name) == first["KeyId"]
    kms.update_alias(AliasName=alias_name, TargetKeyId=second["Arn"])
    assert target(kms, alias_name) == second["KeyId"]
    assert kms.encrypt(KeyId=alias_name, Plaintext=b"x")["KeyId"] == second["Arn"]
    kms.delete_alias(AliasName=alias_name)
    assert target(kms, alias_name) is None


def test_aliases_can_be_listed_for_one_key(kms, new_key, alias_name):
    key = new_key()
    kms.create_alias(AliasName=alias_name, TargetKeyId=key["KeyId"])
    listed = kms.list_aliases(KeyId=key["KeyId"])["Aliases"]
    assert [entry["AliasName"] for entry in listed] == [alias_name]
    assert listed[0]["AliasArn"] == f"arn:aws:kms:eu-central-1:111122223333:{alias_name}"


def test_a_name_in_use_is_refused(kms, key, alias_name):
    kms.create_alias(AliasName=alias_name, TargetKeyId=key["KeyId"])
    with refused("AlreadyExistsException"):
        kms.create_alias(AliasName=alias_name, TargetKeyId=key["KeyId"])


def test_a_name_without_its_prefix_is_refused(kms, key):
    text = (
        'Alias must start with the prefix "alias/". '
        "Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
    )
    with refused("ValidationException", text):
        kms.create_alias(AliasName="ledger", TargetKeyId=key["KeyId"])


def test_names_of_aws_are_reserved(kms, key):
    with refused("NotAuthorizedException"):
        kms.create_alias(AliasName="alias/aws/ledger", TargetKeyId=key["KeyId"])


def test_an_alias_cannot_name_an_alias(kms, key, alias_name):
    kms.create_alias(AliasName=alias_name, TargetKeyId=key["KeyId"])
    with refused("ValidationException"):
        kms.create_alias(AliasName=alias_name + "-2", TargetKeyId=alias_name)


def test_deleting_an_unknown_alias_is_refused(kms):
    with refused("NotFoundException"):
        kms.delete_alias(AliasName="alias/was-never-there")


def test_an_alias_stays_with_keys_of_one_kind(kms, new_key, shared_key, alias_name):
    symmetric, pair = new_key(), shared_key("RSA_2048", "ENCRYPT_DECRYPT")
    signing, curve = shared_key("RSA_2048", "SIGN_VERIFY"), shared_key("ECC_NIST_P256", "SIGN_VERIFY")
    kms.create_alias(AliasName=alias_name, TargetKeyId=symmetric["KeyId"])
    text = (
        f"Alias {alias_name} cannot be changed from a CMK with key usage ENCRYPT_DECRYPT to a CMK with key usage "
        "SIGN_VERIFY. The key usage of the current CMK and the new CMK must be the same."
    )
    with refused("ValidationException", text):
        kms.update_alias(AliasName=alias_name, TargetKeyId=signing["KeyId"])
    with refused("ValidationException"):
        kms.update_alias(AliasName=alias_name, TargetKeyId=pair["KeyId"])
    assert target(kms, alias_name) == symmetric["KeyId"]
    other = alias_name + "-signing"
    kms.create_alias(AliasName=other, TargetKeyId=signing["KeyId"])
    kms.update_alias(AliasName=other, TargetKeyId=curve["KeyId"])
    assert target(kms, other) == curve["KeyId"]
