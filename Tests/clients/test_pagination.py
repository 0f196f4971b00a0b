import pytest
from errors import refused


@pytest.fixture(scope="module")
def eleven(server):
    """Keys in a Region where no other test makes any, so that a list is exactly these."""
    kms = server.client(region_name="us-west-2")
    before = {key["KeyId"] for page in kms.get_paginator("list_keys").paginate() for key in page["Keys"]}
    keys = [kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(11)]
    for number, key in enumerate(keys):
        kms.create_alias(AliasName=f"alias/page-{number:02}", TargetKeyId=key)
    return kms, before | set(keys)


@pytest.mark.parametrize("size", [1, 3, 11, 1000])
def test_every_key_is_listed_once_whatever_the_page_size(eleven, size):
    kms, expected = eleven
    pages = kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": size})
    listed = [key["KeyId"] for page in pages for key in page["Keys"]]
    assert len(listed) == len(set(listed))
    assert set(listed) == expected


def test_a_page_says_whether_there_is_more(eleven):
    kms, expected = eleven
    first = kms.list_keys(Limit=5)
    assert (len(first["Keys"]), first["Truncated"]) == (5, True)
    assert kms.list_keys(Limit=1000)["Truncated"] is False
    assert all(key["KeyArn"].endswith(key["KeyId"]) for key in first["Keys"])


def test_aliases_are_paged(eleven):
    kms, _ = eleven
    pages = list(kms.get_paginator("list_aliases").paginate(PaginationConfig={"PageSize": 4}))
    names = [entry["AliasName"] for page in pages for entry in page["Aliases"]]
    assert len(pages) >= 3
    assert set(names) >= {f"alias/page-{number:02}" for number in range(11)}
    assert len(names) == len(set(names))


def test_tags_are_paged(kms, new_key):
    key = new_key(Tags=[{"TagKey": f"t{n}", "TagValue": str(n)} for n in range(12)])
    pages = kms.get_paginator("list_resource_tags").paginate(KeyId=key["KeyId"], PaginationConfig={"PageSize": 5})
    assert sorted(int(tag["TagValue"]) for page in pages for tag in page["Tags"]) == list(range(12))


def test_a_marker_of_ones_own_making_is_refused(kms):
    with refused("InvalidMarkerException"):
        kms.list_keys(Marker="not a marker")


def test_a_limit_of_1001_is_too_much(kms):
    with refused("ValidationException"):
        kms.list_keys(Limit=1001)
