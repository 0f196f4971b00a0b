"""Users, roles, policies and access keys by boto3: what is made can be used, and what is taken away cannot."""
import json
import uuid

import pytest
from errors import refused
from identities import client, statement, trust


@pytest.fixture(scope="session")
def iam(server):
    return client(server, "iam")


@pytest.fixture(scope="session")
def account(server):
    return client(server, "sts").get_caller_identity()["Account"]


@pytest.fixture
def name(request):
    """A name that no other test uses."""
    plain = "".join(c if c.isalnum() else "-" for c in request.node.name)
    return f"{plain[:40]}-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def user(iam, name):
    return iam.create_user(UserName=name)["User"]


@pytest.fixture
def keys(iam, user):
    return iam.create_access_key(UserName=user["UserName"])["AccessKey"]


# Users


def test_a_users_whole_life(iam, name, account):
    made = iam.create_user(UserName=name, Path="/team/", Tags=[{"Key": "team", "Value": "a b"}])["User"]
    assert made["Arn"] == f"arn:aws:iam::{account}:user/team/{name}"
    assert made["UserId"].startswith("AIDA")
    assert made["Tags"] == [{"Key": "team", "Value": "a b"}]
    assert iam.get_user(UserName=name)["User"] == made
    iam.tag_user(UserName=name, Tags=[{"Key": "é", "Value": "+/=@"}])
    iam.untag_user(UserName=name, TagKeys=["team", "not-there"])
    assert iam.list_user_tags(UserName=name)["Tags"] == [{"Key": "é", "Value": "+/=@"}]
    iam.update_user(UserName=name, NewUserName=name + "2", NewPath="/")
    moved = iam.get_user(UserName=name + "2")["User"]
    assert (moved["Arn"], moved["UserId"]) == (f"arn:aws:iam::{account}:user/{name}2", made["UserId"])
    with refused("NoSuchEntity", f"The user with name {name} cannot be found.", status=404):
        iam.get_user(UserName=name)
    iam.delete_user(UserName=name + "2")
    with refused("NoSuchEntity", status=404):
        iam.delete_user(UserName=name + "2")


def test_a_name_is_taken_in_any_case(iam, user):
    with refused("EntityAlreadyExists", status=409):
        iam.create_user(UserName=user["UserName"].upper())


def test_names_have_the_characters_of_aws(iam):
    # botocore checks lengths and leaves patterns to the server.
    with refused("ValidationError") as caught:
        iam.create_user(UserName="a b")
    assert "at 'userName' failed to satisfy constraint" in caught.value.response["Error"]["Message"]


def test_users_are_listed_in_pages_and_by_path(iam, name):
    names = [f"{name}{n}" for n in range(5)]
    for each in names:
        iam.create_user(UserName=each, Path=f"/{name}/")
    pages = iam.get_paginator("list_users").paginate(PathPrefix=f"/{name}/", PaginationConfig={"PageSize": 2})
    sizes = [[user["UserName"] for user in page["Users"]] for page in pages]
    assert sizes == [names[:2], names[2:4], names[4:]]


def test_a_user_with_belongings_stays(iam, user, keys):
    with refused("DeleteConflict", status=409):
        iam.delete_user(UserName=user["UserName"])
    iam.delete_access_key(UserName=user["UserName"], AccessKeyId=keys["AccessKeyId"])
    iam.put_user_policy(UserName=user["UserName"], PolicyName="p", PolicyDocument=statement("kms:ListKeys"))
    with refused("DeleteConflict", status=409):
        iam.delete_user(UserName=user["UserName"])
    iam.delete_user_policy(UserName=user["UserName"], PolicyName="p")
    iam.delete_user(UserName=user["UserName"])


# Access keys


def test_a_user_has_two_access_keys_at_a_time(iam, user):
    first, second = [iam.create_access_key(UserName=user["UserName"])["AccessKey"] for _ in range(2)]
    with refused("LimitExceeded", status=409):
        iam.create_access_key(UserName=user["UserName"])
    listed = iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"]
    assert {key["AccessKeyId"] for key in listed} == {first["AccessKeyId"], second["AccessKeyId"]}
    assert all("SecretAccessKey" not in key for key in listed)
    iam.delete_access_key(UserName=user["UserName"], AccessKeyId=first["AccessKeyId"])
    third = iam.create_access_key(UserName=user["UserName"])["AccessKey"]
    assert third["AccessKeyId"] not in (first["AccessKeyId"], second["AccessKeyId"])


def test_a_new_access_key_works_at_once_and_stops_at_once(server, iam, user, keys):
    sts, kms = client(server, "sts", keys), client(server, "kms", keys)
    assert sts.get_caller_identity()["Arn"] == user["Arn"]
    iam.put_user_policy(UserName=user["UserName"], PolicyName="list", PolicyDocument=statement("kms:ListKeys"))
    kms.list_keys()
    iam.update_access_key(UserName=user["UserName"], AccessKeyId=keys["AccessKeyId"], Status="Inactive")
    with refused("UnrecognizedClientException"):
        kms.list_keys()
    with refused("InvalidClientTokenId", status=403):
        sts.get_caller_identity()
    iam.update_access_key(UserName=user["UserName"], AccessKeyId=keys["AccessKeyId"], Status="Active")
    kms.list_keys()
    iam.delete_access_key(UserName=user["UserName"], AccessKeyId=keys["AccessKeyId"])
    with refused("UnrecognizedClientException"):
        kms.list_keys()


def test_the_last_use_of_an_access_key_is_known(server, iam, user, keys):
    before = iam.get_access_key_last_used(AccessKeyId=keys["AccessKeyId"])
    assert before["AccessKeyLastUsed"]["ServiceName"] == "N/A"
    client(server, "sts", keys).get_caller_identity()
    after = iam.get_access_key_last_used(AccessKeyId=keys["AccessKeyId"])
    assert (after["UserName"], after["AccessKeyLastUsed"]["ServiceName"]) == (user["UserName"], "sts")


# Policies


def test_nothing_is_allowed_until_a_policy_allows_it(server, iam, user, keys):
    kms = client(server, "kms", keys)
    with refused("AccessDeniedException") as caught:
        kms.list_keys()
    assert "because no identity-based policy allows the kms:ListKeys action" in str(caught.value)
    iam.put_user_policy(UserName=user["UserName"], PolicyName="list", PolicyDocument=statement("kms:ListKeys"))
    kms.list_keys()
    iam.put_user_policy(
        UserName=user["UserName"], PolicyName="no", PolicyDocument=statement("kms:List*", effect="Deny"))
    with refused("AccessDeniedException"):
        kms.list_keys()


def test_an_inline_policy_comes_back_as_it_was(iam, user):
    document = {"Version": "2012-10-17", "Statement": [
        {"Sid": "A1", "Effect": "Allow", "Action": ["kms:List*"], "Resource": "*",
         "Condition": {"StringLike": {"aws:PrincipalTag/é": ["a+b &<>%\"'\\"]}}},
    ]}
    # Escaped, so that the text is ASCII; as it is, to see that documents in UTF-8 do too.
    for text in (json.dumps(document), json.dumps(document, ensure_ascii=False, indent=2)):
        iam.put_user_policy(UserName=user["UserName"], PolicyName="p", PolicyDocument=text)
        assert iam.get_user_policy(UserName=user["UserName"], PolicyName="p")["PolicyDocument"] == document
    assert iam.list_user_policies(UserName=user["UserName"])["PolicyNames"] == ["p"]


def test_a_managed_policy_counts_while_it_is_attached(server, iam, user, keys, name):
    kms = client(server, "kms", keys)
    arn = iam.create_policy(PolicyName=name, PolicyDocument=statement("kms:ListKeys"))["Policy"]["Arn"]
    iam.attach_user_policy(UserName=user["UserName"], PolicyArn=arn)
    assert iam.list_attached_user_policies(UserName=user["UserName"])["AttachedPolicies"] == [
        {"PolicyName": name, "PolicyArn": arn}]
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    kms.list_keys()
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=statement("kms:ListAliases"), SetAsDefault=True)
    with refused("AccessDeniedException"):
        kms.list_keys()
    kms.list_aliases()
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    kms.list_keys()
    with refused("DeleteConflict", status=409):
        iam.delete_policy(PolicyArn=arn)
    iam.detach_user_policy(UserName=user["UserName"], PolicyArn=arn)
    with refused("AccessDeniedException"):
        kms.list_keys()
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    iam.delete_policy(PolicyArn=arn)
    with refused("NoSuchEntity", status=404):
        iam.get_policy(PolicyArn=arn)


def test_a_policy_has_five_versions_at_most(iam, name):
    arn = iam.create_policy(PolicyName=name, PolicyDocument=statement("kms:ListKeys"))["Policy"]["Arn"]
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=statement("kms:ListAliases"))
    with refused("LimitExceeded", status=409):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=statement("kms:ListAliases"))
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert [version["VersionId"] for version in versions] == ["v5", "v4", "v3", "v2", "v1"]
    with refused("DeleteConflict", status=409):
        iam.delete_policy_version(PolicyArn=arn, VersionId="v1")


def test_built_in_policies_are_there_and_stay(iam):
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    assert arn in {policy["Arn"] for policy in iam.list_policies(Scope="AWS")["Policies"]}
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    assert document["Statement"][0]["Action"] == "*"
    with refused("AccessDenied", status=403):
        iam.delete_policy(PolicyArn=arn)


@pytest.mark.parametrize("document", [
    "{}", "[", '{"Version":"2012-10-17"}', '{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}',
    statement("kms:ListKeys", effect="Maybe"), statement("kms:ListKeys", Principal="*"),
    statement("kms:ListKeys", Condition={"StringNever": {"aws:userid": "a"}}),
], ids=["empty", "not JSON", "no statement", "a key twice", "effect", "principal", "operator"])
def test_a_malformed_policy_is_refused(iam, user, document):
    with refused("MalformedPolicyDocument"):
        iam.put_user_policy(UserName=user["UserName"], PolicyName="p", PolicyDocument=document)
    assert iam.list_user_policies(UserName=user["UserName"])["PolicyNames"] == []


def test_a_permissions_boundary_is_the_most_there_is(server, iam, user, keys, name):
    kms = client(server, "kms", keys)
    boundary = iam.create_policy(PolicyName=name, PolicyDocument=statement("kms:ListKeys"))["Policy"]["Arn"]
    iam.put_user_policy(UserName=user["UserName"], PolicyName="all", PolicyDocument=statement("*"))
    kms.list_aliases()
    iam.put_user_permissions_boundary(UserName=user["UserName"], PermissionsBoundary=boundary)
    kms.list_keys()
    with refused("AccessDeniedException") as caught:
        kms.list_aliases()
    assert "permissions boundary" in str(caught.value)
    assert iam.get_user(UserName=user["UserName"])["User"]["PermissionsBoundary"] == {
        "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary}
    iam.delete_user_permissions_boundary(UserName=user["UserName"])
    kms.list_aliases()


# Roles


def test_a_roles_whole_life(iam, name, account):
    role = iam.create_role(
        RoleName=name, Path="/app/", Description="first", MaxSessionDuration=7200,
        AssumeRolePolicyDocument=trust(account), Tags=[{"Key": "k", "Value": "v"}],
    )["Role"]
    assert role["Arn"] == f"arn:aws:iam::{account}:role/app/{name}"
    assert role["AssumeRolePolicyDocument"] == json.loads(trust(account))
    iam.update_role(RoleName=name, Description="second", MaxSessionDuration=3600)
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust(f"arn:aws:iam::{account}:root"))
    after = iam.get_role(RoleName=name)["Role"]
    assert (after["Description"], after["MaxSessionDuration"], after["RoleId"]) == ("second", 3600, role["RoleId"])
    assert iam.update_role_description(RoleName=name, Description="third")["Role"]["Description"] == "third"
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=statement("kms:ListKeys"))
    inline = iam.get_role_policy(RoleName=name, PolicyName="p")["PolicyDocument"]
    assert inline["Statement"][0]["Action"] == "kms:ListKeys"
    assert iam.list_instance_profiles_for_role(RoleName=name)["InstanceProfiles"] == []
    with refused("DeleteConflict", status=409):
        iam.delete_role(RoleName=name)
    iam.delete_role_policy(RoleName=name, PolicyName="p")
    iam.delete_role(RoleName=name)
    assert name not in {role["RoleName"] for role in iam.list_roles(PathPrefix="/app/")["Roles"]}


# What there is


def test_the_accounts_summary_counts_what_there_is(iam, user):
    summary = iam.get_account_summary()["SummaryMap"]
    assert summary["Users"] >= 2 and summary["UsersQuota"] > summary["Users"]
    assert iam.list_account_aliases()["AccountAliases"] == []


def test_whom_a_policy_is_attached_to_is_told(iam, user, name, account):
    arn = iam.create_policy(PolicyName=name, Path="/p/", PolicyDocument=statement("kms:ListKeys"))["Policy"]["Arn"]
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(account), PermissionsBoundary=arn)
    iam.attach_user_policy(UserName=user["UserName"], PolicyArn=arn)
    everyone = iam.list_entities_for_policy(PolicyArn=arn)
    assert [each["UserId"] for each in everyone["PolicyUsers"]] == [user["UserId"]]
    bounded = iam.list_entities_for_policy(PolicyArn=arn, PolicyUsageFilter="PermissionsBoundary")
    assert [each["RoleName"] for each in bounded["PolicyRoles"]] == [name]
    assert iam.get_policy(PolicyArn=arn)["Policy"]["PermissionsBoundaryUsageCount"] == 1
    listed = iam.list_policies(Scope="Local", PathPrefix="/p/", OnlyAttached=True)["Policies"]
    assert [policy["AttachmentCount"] for policy in listed if policy["Arn"] == arn] == [1]
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "k", "Value": "v"}])
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == [{"Key": "k", "Value": "v"}]
    iam.untag_policy(PolicyArn=arn, TagKeys=["k"])
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == []


# What callers may not know


def test_a_refusal_does_not_tell_whether_a_user_is_there(server, iam, user, keys):
    own = client(server, "iam", keys)
    texts = []
    other = iam.create_user(UserName=user["UserName"] + "2")["User"]["UserName"]
    for each in (other, "nobody-of-this-name"):
        with refused("AccessDenied", status=403) as caught:
            own.get_user(UserName=each)
        texts.append(caught.value.response["Error"]["Message"].replace(each, "NAME"))
    assert texts[0] == texts[1]


def test_a_user_without_rights_makes_no_identities(server, keys, name):
    own = client(server, "iam", keys)
    for call in (
        lambda: own.create_user(UserName=name + "x"), lambda: own.create_access_key(),
        lambda: own.create_policy(PolicyName=name, PolicyDocument=statement("*")),
        lambda: own.attach_user_policy(
            UserName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"),
        lambda: own.create_role(RoleName=name, AssumeRolePolicyDocument=trust("*")),
        lambda: own.list_users(),
    ):
        with refused("AccessDenied", status=403):
            call()


def test_operations_of_aws_that_are_not_served_say_so(iam, name):
    with refused("NotImplemented", "CreateGroup is not supported by this server."):
        iam.create_group(GroupName=name)
