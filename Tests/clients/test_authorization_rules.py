"""What several policies make together, and operations that need several permissions."""
import json
import uuid

import pytest
from errors import refused
from identities import client, trust
from operations import outcome
from people import Account, allow, deny, document, to

CONTEXT = {"tenant": "a"}


@pytest.fixture(scope="module")
def own(server):
    return Account(server)


@pytest.fixture(scope="module")
def other(server):
    return Account.new(server)


@pytest.fixture
def user(own):
    return own.user("user")


@pytest.fixture
def put(kms, own):
    """Gives a key these statements besides the default policy's, or others in its place."""

    def put(key, *statements, delegating=True):
        statements = [own.delegation(), *statements] if delegating else list(statements)
        kms.put_key_policy(KeyId=key["KeyId"], Policy=document(*statements))

    return put


def alias_arn(key, name):
    return key["Arn"].rpartition("key/")[0] + name


def target(kms, name):
    aliases = [each for page in kms.get_paginator("list_aliases").paginate() for each in page["Aliases"]]
    return next((alias["TargetKeyId"] for alias in aliases if alias["AliasName"] == name), None)


# Operations that need several permissions


def test_reencrypt_needs_its_halves_each_on_its_key(kms, new_key, user):
    source, destination = new_key(), new_key()
    blob = kms.encrypt(KeyId=source["KeyId"], Plaintext=b"x", EncryptionContext=CONTEXT)["CiphertextBlob"]
    halves = [allow("kms:ReEncryptFrom", source["Arn"]), allow("kms:ReEncryptTo", destination["Arn"])]
    swapped = [allow("kms:ReEncryptFrom", destination["Arn"]), allow("kms:ReEncryptTo", source["Arn"])]

    def move(**more):
        return user.kms.re_encrypt(
            CiphertextBlob=blob, SourceEncryptionContext=CONTEXT, DestinationKeyId=destination["Arn"], **more)

    for statements, missing in ((halves[:1], "To"), (halves[1:], "From"), (swapped, "From"),
                                ([allow(["kms:Encrypt", "kms:Decrypt"])], "From")):
        user.may(*statements)
        with refused("AccessDeniedException") as caught:
            move(SourceKeyId=source["Arn"])
        resource = destination["Arn"] if missing == "To" else source["Arn"]
        text = f"not authorized to perform: kms:ReEncrypt{missing} on resource: {resource} because no identity"
        assert text in str(caught.value)
        with refused("AccessDeniedException"):
            move()
    user.may(*halves)
    assert move()["KeyId"] == move(SourceKeyId=source["Arn"])["KeyId"] == destination["Arn"]


def test_reencrypt_has_the_encryption_context_of_each_half(kms, key, user):
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", EncryptionContext=CONTEXT)["CiphertextBlob"]
    user.may(
        allow("kms:ReEncryptFrom", Condition={"StringEquals": {"kms:EncryptionContext:tenant": "a"}}),
        allow("kms:ReEncryptTo", Condition={"StringEquals": {"kms:EncryptionContext:tenant": "b"}}))

    def move(context):
        return outcome(
            user.kms.re_encrypt, CiphertextBlob=blob, SourceEncryptionContext=CONTEXT, DestinationKeyId=key["Arn"],
            DestinationEncryptionContext=context)

    assert [move({"tenant": "b"}), move(CONTEXT), move({})] == ["allowed", "no identity policy", "no identity policy"]


def test_reencrypt_knows_whether_it_is_on_the_same_key(kms, new_key, user):
    one, two = new_key(), new_key()
    name = f"alias/same-{uuid.uuid4().hex[:12]}"
    kms.create_alias(AliasName=name, TargetKeyId=one["KeyId"])
    blob = kms.encrypt(KeyId=one["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    user.may(allow(["kms:ReEncryptFrom", "kms:ReEncryptTo"], Condition={"Bool": {"kms:ReEncryptOnSameKey": "true"}}))
    answers = {
        destination: outcome(user.kms.re_encrypt, CiphertextBlob=blob, DestinationKeyId=destination)
        for destination in (one["Arn"], one["KeyId"], name, two["Arn"])
    }
    assert answers.pop(two["Arn"]) != "allowed"
    assert set(answers.values()) == {"allowed"}


def test_reencrypt_goes_from_one_account_to_another(kms, new_key, put, user, other):
    """Each half is decided on by the policies of its key."""
    key = new_key()
    theirs = other.kms.create_key()["KeyMetadata"]["Arn"]
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    user.may(allow(["kms:ReEncrypt*", "kms:DescribeKey"]))
    move = {"CiphertextBlob": blob, "SourceKeyId": key["Arn"], "DestinationKeyId": theirs}
    assert outcome(user.kms.re_encrypt, **move) == "no key policy"
    other.kms.put_key_policy(
        KeyId=theirs, Policy=document(other.delegation(), to(user.account.root, allow("kms:ReEncryptTo"))))
    assert outcome(user.kms.re_encrypt, **move) == "allowed"
    # An account that is named passes nothing on to those whom it allows nothing.
    user.may(allow("kms:ReEncryptFrom"))
    assert outcome(user.kms.re_encrypt, **move) == "no identity policy"


def test_an_alias_is_made_and_deleted_by_who_may_do_it_to_alias_and_key(kms, new_key, put, user, alias_name):
    key, direct = new_key(), user.account.user("direct")
    put(key, to(direct.arn, allow(["kms:CreateAlias", "kms:DeleteAlias"])))
    alias = alias_arn(key, alias_name)
    for action in ("create", "delete"):
        call, name = getattr(user.kms, f"{action}_alias"), f"kms:{action.capitalize()}Alias"
        parameters = {"AliasName": alias_name} | ({"TargetKeyId": key["KeyId"]} if action == "create" else {})
        before = target(kms, alias_name)
        for only, missing in ((alias, key["Arn"]), (key["Arn"], alias)):
            user.may(allow(name, only))
            with refused("AccessDeniedException") as caught:
                call(**parameters)
            assert f"{name} on resource: {missing} because no identity-based policy" in str(caught.value)
            assert target(kms, alias_name) == before
        # The key's half may come from the key's policy, the alias's only from the caller's own.
        call = getattr(direct.kms, f"{action}_alias")
        assert outcome(call, **parameters) == "no identity policy"
        direct.may(allow(name, alias))
        assert outcome(call, **parameters) == "allowed"
        assert target(kms, alias_name) == (key["KeyId"] if action == "create" else None)


def test_an_alias_is_moved_by_who_may_do_it_to_alias_old_and_new_key(kms, new_key, user, alias_name):
    old, new = new_key(), new_key()
    kms.create_alias(AliasName=alias_name, TargetKeyId=old["KeyId"])
    needed = [alias_arn(old, alias_name), old["Arn"], new["Arn"]]
    for missing in needed:
        user.may(allow("kms:UpdateAlias", [resource for resource in needed if resource != missing]))
        with refused("AccessDeniedException") as caught:
            user.kms.update_alias(AliasName=alias_name, TargetKeyId=new["KeyId"])
        assert f"kms:UpdateAlias on resource: {missing} " in str(caught.value)
        assert target(kms, alias_name) == old["KeyId"]
    user.may(allow("kms:UpdateAlias", needed))
    user.kms.update_alias(AliasName=alias_name, TargetKeyId=new["KeyId"])
    assert target(kms, alias_name) == new["KeyId"]


def test_a_key_with_tags_needs_the_permission_to_tag(kms, user):
    tags = [{"TagKey": "team", "TagValue": "blue"}]

    def keys():
        return sum(len(page["Keys"]) for page in kms.get_paginator("list_keys").paginate())

    before = keys()
    user.may(allow("kms:CreateKey"))
    with refused("AccessDeniedException") as caught:
        user.kms.create_key(Origin="EXTERNAL", Tags=tags)
    assert "kms:TagResource" in str(caught.value)
    user.may(allow("kms:TagResource"))
    with refused("AccessDeniedException") as caught:
        user.kms.create_key(Origin="EXTERNAL", Tags=tags)
    assert "kms:CreateKey" in str(caught.value)
    assert keys() == before
    # As AWS's own examples write it: keys, or everything.
    for resource in (f"arn:aws:kms:*:{user.account.number}:key/*", "*"):
        user.may(allow("kms:CreateKey"), allow("kms:TagResource", resource))
        made = user.kms.create_key(Origin="EXTERNAL", Tags=tags)["KeyMetadata"]["KeyId"]
        assert kms.list_resource_tags(KeyId=made)["Tags"] == tags


def test_which_tags_and_keys_are_made_can_be_limited(user):
    user.may(
        allow("kms:CreateKey", Condition={"StringEquals": {"kms:KeySpec": "SYMMETRIC_DEFAULT"}}),
        allow("kms:TagResource", Condition={
            "StringEquals": {"aws:RequestTag/team": "blue"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}))

    def make(*tags, **parameters):
        return outcome(
            user.kms.create_key, Origin="EXTERNAL",
            Tags=[{"TagKey": key, "TagValue": value} for key, value in tags], **parameters)

    assert make() == make(("team", "blue")) == "allowed"
    assert make(("team", "red")) == make(("team", "blue"), ("more", "x")) == "no identity policy"
    assert make(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC") == "no identity policy"


# What limits


def test_a_boundary_limits_what_the_account_passes_on_and_nothing_else(new_key, put, user):
    delegated, direct = new_key(), new_key()
    put(direct, to(user.arn, allow(["kms:Encrypt", "kms:GenerateDataKey"])))
    user.may(allow("kms:*"))
    user.limit(allow("kms:Encrypt"), deny("kms:GenerateDataKey"))

    def told(key):
        return [
            outcome(user.kms.encrypt, KeyId=key["Arn"], Plaintext=b"x"),
            outcome(user.kms.describe_key, KeyId=key["Arn"]),
            outcome(user.kms.generate_data_key, KeyId=key["Arn"], KeySpec="AES_256"),
        ]

    assert told(delegated) == ["allowed", "no boundary", "denied by boundary"]
    # A key policy that names the user allows what the boundary only leaves out, and not what it denies.
    put(direct, to(user.arn, allow("kms:*")))
    assert told(direct) == ["allowed", "allowed", "denied by boundary"]


@pytest.fixture
def role(own):
    """A role for everything, and who may assume it."""
    user, name = own.user("assumes"), f"role-{uuid.uuid4().hex[:12]}"
    role = own.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(user.arn))["Role"]
    own.iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=document(allow("kms:*")))

    def assume(session, *statements):
        parameters = {"Policy": document(*statements)} if statements else {}
        answer = client(own.server, "sts", user.keys).assume_role(
            RoleArn=role["Arn"], RoleSessionName=session, **parameters)
        return client(own.server, "kms", answer["Credentials"])

    return role, assume


def test_a_session_policy_limits_what_a_role_is_allowed(new_key, put, own, role):
    role, assume = role
    delegated, by_role, by_session = new_key(), new_key(), new_key()
    put(by_role, to(role["Arn"], allow("kms:*")), delegating=True)
    session_arn = f"arn:aws:sts::{own.number}:assumed-role/{role['RoleName']}/limited"
    put(by_session, to(session_arn, allow("kms:*")))
    limited, whole = assume("limited", allow("kms:Encrypt")), assume("whole")

    def told(kms, key):
        return [
            outcome(kms.encrypt, KeyId=key["Arn"], Plaintext=b"x"), outcome(kms.describe_key, KeyId=key["Arn"])]

    assert told(limited, delegated) == told(limited, by_role) == ["allowed", "no session policy"]
    # "Session ARN as principal: not limited by an implicit deny of the session policy."
    assert told(limited, by_session) == ["allowed", "allowed"]
    for key in (delegated, by_role, by_session):
        assert told(whole, key) == ["allowed", "allowed"]


def test_a_deny_beats_everything_that_allows(kms, new_key, put, user):
    key = new_key()
    kms.create_grant(KeyId=key["KeyId"], GranteePrincipal=user.arn, Operations=["Encrypt", "DescribeKey"])
    put(key, to(user.arn, allow("kms:*")), to("*", deny("kms:Encrypt", Condition={
        "ArnEquals": {"aws:PrincipalArn": user.arn}})))
    user.may(allow("kms:*"), deny("kms:DescribeKey"))
    assert outcome(user.kms.encrypt, KeyId=key["Arn"], Plaintext=b"x") == "denied by key policy"
    assert outcome(user.kms.describe_key, KeyId=key["Arn"]) == "denied by identity policy"
    assert outcome(user.kms.get_key_policy, KeyId=key["Arn"]) == "allowed"


def test_without_delegation_identity_policies_give_nothing(kms, new_key, put, own, user):
    """Not even to administrators: only whom the key policy names."""
    key, admin = new_key(), own.user("admin").may(allow("kms:*"))
    me = client(own.server, "sts").get_caller_identity()["Arn"]
    put(key, to(me, allow("kms:*")), to(user.arn, allow("kms:Encrypt")), delegating=False)
    assert outcome(admin.kms.encrypt, KeyId=key["Arn"], Plaintext=b"x") == "no key policy"
    assert outcome(user.kms.encrypt, KeyId=key["Arn"], Plaintext=b"x") == "allowed"


# Conditions on names


def test_an_alias_in_the_request_can_be_asked_for(kms, new_key, user, alias_name):
    key = new_key()
    for suffix in ("-one", "-two"):
        kms.create_alias(AliasName=alias_name + suffix, TargetKeyId=key["KeyId"])
    user.may(allow("kms:Encrypt", Condition={"StringEquals": {"kms:RequestAlias": alias_name + "-one"}}))
    answers = [
        outcome(user.kms.encrypt, KeyId=name, Plaintext=b"x") for name in (
            alias_name + "-one", alias_arn(key, alias_name + "-one"), alias_name + "-two", key["KeyId"], key["Arn"])]
    assert answers == ["allowed"] * 2 + ["no identity policy"] * 3


def test_the_aliases_of_a_key_can_be_asked_for(kms, new_key, user, alias_name):
    """However the key is named; and what they are now counts."""
    key = new_key()
    user.may(allow("kms:Encrypt", Condition={"ForAnyValue:StringLike": {"kms:ResourceAliases": alias_name + "-app*"}}))

    def told(name=key["KeyId"]):
        return outcome(user.kms.encrypt, KeyId=name, Plaintext=b"x")

    assert told() == "no identity policy"
    kms.create_alias(AliasName=alias_name + "-other", TargetKeyId=key["KeyId"])
    assert told() == "no identity policy"
    kms.create_alias(AliasName=alias_name + "-app1", TargetKeyId=key["KeyId"])
    assert told() == told(alias_name + "-other") == "allowed"
    kms.delete_alias(AliasName=alias_name + "-app1")
    assert told() == "no identity policy"


def test_tags_of_callers_and_keys_can_be_compared(kms, new_key, own, user):
    keys = {team: new_key(Tags=[{"TagKey": "team", "TagValue": team}]) for team in ("blue", "red")}
    own.iam.tag_user(UserName=user.name, Tags=[{"Key": "team", "Value": "blue"}])
    user.may(allow("kms:Encrypt", Condition={"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}))

    def told():
        return [outcome(user.kms.encrypt, KeyId=key["KeyId"], Plaintext=b"x") for key in keys.values()]

    assert told() == ["allowed", "no identity policy"]
    own.iam.tag_user(UserName=user.name, Tags=[{"Key": "team", "Value": "red"}])
    assert told() == ["no identity policy", "allowed"]
    kms.untag_resource(KeyId=keys["red"]["KeyId"], TagKeys=["team"])
    assert told() == ["no identity policy", "no identity policy"]


def test_who_may_do_it_to_keys_does_not_learn_which_aliases_there_are(kms, new_key, put, own, user, alias_name):
    key = new_key()
    kms.create_alias(AliasName=alias_name, TargetKeyId=key["KeyId"])
    put(key, to(client(own.server, "sts").get_caller_identity()["Arn"], allow("kms:*")), delegating=False)
    user.may(allow("kms:Encrypt", key["Arn"].rpartition("/")[0] + "/*"))
    assert outcome(user.kms.encrypt, KeyId=key["KeyId"], Plaintext=b"x") == "no key policy"
    for name in (alias_name, alias_name + "-not-there"):
        assert outcome(user.kms.encrypt, KeyId=name, Plaintext=b"x") == "no identity policy"


def test_the_first_use_of_a_services_key_is_decided_on_as_any_other(user):
    name = f"alias/aws/{uuid.uuid4().hex[:12]}"
    user.may(allow("kms:Encrypt", Condition={"StringEquals": {"kms:EncryptionContext:tenant": "a"}}))

    def told(context):
        return outcome(user.kms.encrypt, KeyId=name, Plaintext=b"x", EncryptionContext=context)

    assert [told({}), told(CONTEXT), told({})] == ["no identity policy", "allowed", "no identity policy"]


# Other accounts


def test_a_grant_reaches_another_account(kms, key, other):
    named, member = other.user("named"), other.user("member")
    plain = {"KeyId": key["Arn"], "Plaintext": b"x"}
    kms.create_grant(KeyId=key["KeyId"], GranteePrincipal=named.arn, Operations=["Encrypt"])
    assert outcome(named.kms.encrypt, **plain) == "allowed"
    made = kms.create_grant(KeyId=key["KeyId"], GranteePrincipal=other.root, Operations=["Encrypt"])
    # An account passes on what it was granted by its identity policies.
    assert outcome(member.kms.encrypt, **plain) == "no identity policy"
    assert outcome(member.may(allow("kms:Encrypt")).kms.encrypt, **plain) == "allowed"
    kms.revoke_grant(KeyId=key["KeyId"], GrantId=made["GrantId"])
    assert outcome(member.kms.encrypt, **plain) == "no key policy"


def test_another_account_is_not_served_by_a_key_id_or_an_alias_of_its_own(kms, new_key, put, other, alias_name):
    """They name keys of the caller's account."""
    key, theirs = new_key(), other.user("theirs").may(allow("kms:*"))
    put(key, to(other.root, allow("kms:*")))
    kms.create_alias(AliasName=alias_name, TargetKeyId=key["KeyId"])
    answers = [
        outcome(theirs.kms.encrypt, KeyId=name, Plaintext=b"x")
        for name in (key["Arn"], alias_arn(key, alias_name), key["KeyId"], alias_name)]
    assert answers == ["allowed", "allowed", "NotFoundException", "NotFoundException"]
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    assert theirs.kms.decrypt(CiphertextBlob=blob)["KeyId"] == key["Arn"]


def test_everyone_in_a_key_policy_is_everyone_whose_own_account_agrees(new_key, put, other):
    key, theirs = new_key(), other.user("theirs")
    put(key, to("*", allow("kms:Encrypt")))
    assert outcome(theirs.kms.encrypt, KeyId=key["Arn"], Plaintext=b"x") == "no identity policy"
    theirs.may(allow("kms:Encrypt"))
    assert outcome(theirs.kms.encrypt, KeyId=key["Arn"], Plaintext=b"x") == "allowed"


# Who takes over a name


def test_who_takes_over_a_name_gets_nothing_of_a_key_policy(kms, new_key, put, own, user):
    key = new_key()
    put(key, to(user.arn, allow("kms:Encrypt")))
    assert outcome(user.kms.encrypt, KeyId=key["Arn"], Plaintext=b"x") == "allowed"
    user.delete()
    again = type(user)(own, user.name)
    assert again.arn == user.arn and again.unique_id != user.unique_id
    assert outcome(again.kms.encrypt, KeyId=key["Arn"], Plaintext=b"x") == "no identity policy"
    shown = kms.get_key_policy(KeyId=key["KeyId"])["Policy"]
    assert json.loads(shown)["Statement"][1]["Principal"] == {"AWS": user.unique_id}
    # What is shown can be put again, and still means nobody.
    kms.put_key_policy(KeyId=key["KeyId"], Policy=shown)
    assert outcome(again.kms.encrypt, KeyId=key["Arn"], Plaintext=b"x") == "no identity policy"
    put(key, to(again.arn, allow("kms:Encrypt")))
    assert outcome(again.kms.encrypt, KeyId=key["Arn"], Plaintext=b"x") == "allowed"
    assert json.loads(kms.get_key_policy(KeyId=key["KeyId"])["Policy"])["Statement"][1]["Principal"] == {
        "AWS": again.arn}


def test_a_condition_on_a_name_is_for_whoever_has_it(new_key, put, own, user):
    """`aws:PrincipalArn` compares names: it outlives those who had them."""
    key = new_key()
    put(key, to(own.root, allow("kms:Encrypt")), to("*", allow("kms:DescribeKey", Condition={
        "ArnEquals": {"aws:PrincipalArn": user.arn}})))
    assert outcome(user.kms.describe_key, KeyId=key["Arn"]) == "allowed"
    user.delete()
    again = type(user)(own, user.name)
    assert outcome(again.kms.describe_key, KeyId=key["Arn"]) == "allowed"
