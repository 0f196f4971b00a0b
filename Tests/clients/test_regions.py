from errors import refused


def test_a_key_is_seen_in_its_own_region_only(server, kms, key):
    elsewhere = server.client(region_name="us-west-2")
    with refused("NotFoundException", f"Key '{key['Arn'].replace('eu-central-1', 'us-west-2')}' does not exist"):
        elsewhere.describe_key(KeyId=key["KeyId"])
    with refused("NotFoundException", "Invalid arn eu-central-1"):
        elsewhere.encrypt(KeyId=key["Arn"], Plaintext=b"x")


def test_a_ciphertext_of_another_region_is_refused_as_aws_refuses_it(server, kms, key):
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    with refused("AccessDeniedException"):
        server.client(region_name="us-west-2").decrypt(CiphertextBlob=blob)


def test_one_alias_name_means_another_key_in_each_region(server, kms, new_key, alias_name):
    elsewhere = server.client(region_name="us-west-2")
    here, there = new_key(), elsewhere.create_key()["KeyMetadata"]
    kms.create_alias(AliasName=alias_name, TargetKeyId=here["KeyId"])
    elsewhere.create_alias(AliasName=alias_name, TargetKeyId=there["KeyId"])
    assert kms.describe_key(KeyId=alias_name)["KeyMetadata"]["Arn"] == here["Arn"]
    assert elsewhere.describe_key(KeyId=alias_name)["KeyMetadata"]["Arn"] == there["Arn"]
    assert there["Arn"].startswith("arn:aws:kms:us-west-2:")


def test_a_region_that_is_not_served_is_refused(server):
    with refused("InvalidSignatureException"):
        server.client(region_name="ap-south-1").list_keys()
