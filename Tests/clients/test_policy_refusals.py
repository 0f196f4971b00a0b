"""Key policies that are not put: such as are none, such as name nobody, such as would lock their author out."""
import json
import re

import pytest
from errors import refused
from identities import client
from operations import outcome
from people import Account, allow, deny, document, to

ACCOUNT = "111122223333"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
SOMEBODY = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}


@pytest.fixture(scope="module")
def own(server):
    return Account(server)


def with_statement(**members) -> str:
    """A policy whose second statement has these members; None leaves one out."""
    statement = {**SOMEBODY, **members}
    return document(SOMEBODY, {name: value for name, value in statement.items() if value is not None})


def unguarded(key) -> str:
    return with_statement(Condition={"ForAllValues:StringEquals": {key: ["a"]}})


# Each with what the message says; where it is, it tells in words.
MALFORMED = {
    "not JSON": ("x", "line 1"),
    "half of it": (document(SOMEBODY)[:-1], "line 1"),
    "an array": ("[]", "a policy"),
    "two values": (document(SOMEBODY) + "{}", "line 1"),
    "a duplicate key": ('{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}', "Version"),
    "a duplicate key deep inside": (
        document({**SOMEBODY, "Condition": {"Bool": {"a:b": "true"}}}).replace(
            '{"a:b": "true"}', '{"a:b": "true", "a:b": "false"}'), "a:b"),
    "no statement": ('{"Version":"2012-10-17"}', "Statement"),
    "no statements": ('{"Version":"2012-10-17","Statement":[]}', "at least one statement"),
    "another version": (json.dumps({"Version": "2020-01-01", "Statement": SOMEBODY}), "2020-01-01"),
    "an unknown element": (json.dumps({"Version": "2012-10-17", "Statement": SOMEBODY, "Owner": "x"}), '"Owner"'),
    "an unknown element of a statement": (with_statement(Comment="x"), "Statement[1]"),
    "an element in another case": (with_statement(Effect=None, effect="Allow"), "Effect"),
    "an unknown effect": (with_statement(Effect="Permit"), '"Permit"'),
    "no principal": (with_statement(Principal=None), "Principal"),
    "an empty principal": (with_statement(Principal={"AWS": []}), "at least one principal"),
    "a group": (with_statement(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:group/g"}), "group"),
    "a wildcard in a principal": (with_statement(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/*"}), "wildcard"),
    "a user who is not there": (with_statement(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/none"}), "user/none"),
    "a role that is not there": (with_statement(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/none"}), "role/none"),
    "an account that is not there": (with_statement(Principal={"AWS": "555555555555"}), "555555555555"),
    "a user of a wrong path": (
        with_statement(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/path/administrator"}), "user/path"),
    "an action without a service": (with_statement(Action="Decrypt"), '"Decrypt"'),
    "a resource that is none": (with_statement(Resource="alias/x"), '"alias/x"'),
    "an unknown operator": (with_statement(Condition={"StringIs": {"aws:username": "x"}}), "StringIs"),
    "a condition on nothing": (with_statement(Condition={"StringEquals": {"username": "x"}}), '"username"'),
    "ForAllValues with an encryption context": (unguarded("kms:EncryptionContext:tenant"), "OverlyPermissiveCondition"),
    "ForAllValues with a tag": (unguarded("aws:RequestTag/team"), "OverlyPermissiveCondition"),
}


@pytest.mark.parametrize("text, says", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_policy_is_refused_with_its_place(kms, key, text, says):
    before = kms.get_key_policy(KeyId=key["KeyId"])["Policy"]
    with refused("MalformedPolicyDocumentException") as caught:
        kms.put_key_policy(KeyId=key["KeyId"], Policy=text)
    assert says in caught.value.response["Error"]["Message"]
    with refused("MalformedPolicyDocumentException"):
        kms.create_key(Origin="EXTERNAL", Policy=text)
    assert kms.get_key_policy(KeyId=key["KeyId"])["Policy"] == before


def test_a_policy_has_32_kilobytes_at_the_most(kms, new_key):
    key = new_key()["KeyId"]
    policy = document(SOMEBODY)
    longest = policy + " " * (32768 - len(policy))
    kms.put_key_policy(KeyId=key, Policy=longest)
    for call, parameters in ((kms.put_key_policy, {"KeyId": key}), (kms.create_key, {"Origin": "EXTERNAL"})):
        with refused("LimitExceededException"):
            call(Policy=longest + " ", **parameters)
    assert kms.get_key_policy(KeyId=key)["Policy"] == longest


def test_a_policy_has_the_characters_of_aws(kms, key):
    with refused("ValidationException"):
        kms.put_key_policy(KeyId=key["KeyId"], Policy=with_statement(Sid="\u20ac").replace("\\u20ac", "\u20ac"))


def test_a_refused_policy_makes_no_key(kms):
    def count():
        return sum(len(page["Keys"]) for page in kms.get_paginator("list_keys").paginate())

    before = count()
    with refused("MalformedPolicyDocumentException"):
        kms.create_key(Policy=document(to(f"arn:aws:iam::{ACCOUNT}:user/none", allow("kms:*"))))
    assert count() == before


# Lock-out


LOCKED_OUT = r"The new key policy will not allow you to update the key policy in the future\..*"


def test_a_policy_that_would_lock_its_author_out_is_refused(kms, new_key, own):
    key, friend = new_key()["KeyId"], own.user("friend")
    me = client(own.server, "sts").get_caller_identity()["Arn"]
    before = kms.get_key_policy(KeyId=key)["Policy"]
    locking = [
        document(to(friend.arn, allow("kms:*"))),
        document(to(ROOT, allow(["kms:Encrypt", "kms:GetKeyPolicy"]))),
        document(SOMEBODY, to(me, deny("kms:PutKeyPolicy"))),
        document(to(ROOT, allow("kms:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))),
        # Such a statement is taken, and means nothing.
        document({name: value for name, value in SOMEBODY.items() if name != "Resource"}),
    ]
    for policy in locking:
        for call, parameters in ((kms.put_key_policy, {"KeyId": key}), (kms.create_key, {"Origin": "EXTERNAL"})):
            with refused("MalformedPolicyDocumentException") as caught:
                call(Policy=policy, **parameters)
            assert re.fullmatch(LOCKED_OUT, caught.value.response["Error"]["Message"])
    assert kms.get_key_policy(KeyId=key)["Policy"] == before
    for policy in (document(to(me, allow("kms:*"))), document(to(ROOT, allow("kms:Put*")))):
        kms.create_key(Origin="EXTERNAL", Policy=policy)


def test_the_check_can_be_bypassed_by_those_who_may(kms, new_key, own):
    key, friend = new_key()["KeyId"], own.user("friend")
    policy = document(to(friend.arn, allow("kms:*")))
    careful = own.user("careful").may(
        allow("kms:*"), deny("kms:*", Condition={"Bool": {"kms:BypassPolicyLockoutSafetyCheck": "true"}}))
    told = outcome(
        careful.kms.put_key_policy, KeyId=key, Policy=policy, BypassPolicyLockoutSafetyCheck=True)
    assert told == "denied by identity policy"
    assert outcome(careful.kms.put_key_policy, KeyId=key, Policy=document(SOMEBODY)) == "allowed"
    assert outcome(
        careful.kms.create_key, Origin="EXTERNAL", BypassPolicyLockoutSafetyCheck=True) == "denied by identity policy"
    kms.put_key_policy(KeyId=key, Policy=policy, BypassPolicyLockoutSafetyCheck=True)
    with refused("AccessDeniedException"):
        kms.put_key_policy(KeyId=key, Policy=document(SOMEBODY))
    told = [outcome(friend.kms.put_key_policy, KeyId=key, Policy=text) for text in (document(SOMEBODY), policy)]
    assert told == ["MalformedPolicyDocumentException", "allowed"]
