from errors import refused


def tags(kms, key):
    return {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]}


def test_tags_are_added_replaced_and_removed(kms, new_key):
    key = new_key(Tags=[{"TagKey": "team", "TagValue": "a"}])
    kms.tag_resource(KeyId=key["KeyId"], Tags=[{"TagKey": "team", "TagValue": "b"}, {"TagKey": "é", "TagValue": ""}])
    assert tags(kms, key) == {"team": "b", "é": ""}
    kms.untag_resource(KeyId=key["KeyId"], TagKeys=["team", "not-there"])
    assert tags(kms, key) == {"é": ""}


def test_tag_keys_of_aws_are_reserved(kms, new_key):
    with refused("TagException", "Tags beginning with aws: are reserved"):
        kms.create_key(Tags=[{"TagKey": "AWS:team", "TagValue": "a"}])
    with refused("TagException", "Tags beginning with aws: are reserved"):
        kms.tag_resource(KeyId=new_key()["KeyId"], Tags=[{"TagKey": "aws:team", "TagValue": "a"}])


def test_a_tag_key_cannot_be_given_twice(kms):
    with refused("TagException", "Duplicate tag keys"):
        kms.create_key(Tags=[{"TagKey": "a", "TagValue": "1"}, {"TagKey": "a", "TagValue": "2"}])


def test_a_key_has_at_most_fifty_tags(kms, new_key):
    fifty = [{"TagKey": f"t{n}", "TagValue": ""} for n in range(50)]
    key = new_key(Tags=fifty)
    with refused("TagException", "Too many tags"):
        kms.tag_resource(KeyId=key["KeyId"], Tags=[{"TagKey": "one more", "TagValue": ""}])
    assert len(tags(kms, key)) == 50
