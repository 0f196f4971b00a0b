"""Who may replicate a key and move its primary, and by which conditions."""
import pytest
from errors import refused
from identities import client
from operations import outcome
from people import Account, allow, deny, document, to
from strongroom_server import wait_until
from two_regions import THERE

ELSEWHERE = "arn:aws:kms:us-west-2:{}:key/{}"


@pytest.fixture(scope="module")
def account(server):
    return Account(server)


@pytest.fixture(scope="module")
def user(account):
    return account.user("regions")


@pytest.fixture
def key(account):
    return account.kms.create_key(MultiRegion=True)["KeyMetadata"]


def replicate(person, key, **more) -> str:
    return outcome(person.kms.replicate_key, KeyId=key["KeyId"], ReplicaRegion=THERE, **more)


def wait_for_replica(server, key) -> None:
    there = server.client(region_name=THERE)
    wait_until(lambda: there.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "Enabled", 20, "it is there")


def test_replicating_takes_two_permissions_and_with_tags_three(server, user, key):
    both = ["kms:ReplicateKey", "kms:CreateKey"]
    tags = {"Tags": [{"TagKey": "team", "TagValue": "a"}]}
    for action in both:
        user.may(allow(action))
        assert replicate(user, key) == "no identity policy"
    user.may(allow(both))
    assert replicate(user, key, **tags) == "no identity policy"
    user.may(allow([*both, "kms:TagResource"]))
    assert replicate(user, key, **tags) == "allowed"
    assert replicate(user, key) == "AlreadyExistsException"
    wait_for_replica(server, key)


@pytest.mark.parametrize("action, condition, answer", [
    ("kms:ReplicateKey", {"kms:ReplicaRegion": THERE}, "allowed"),
    ("kms:ReplicateKey", {"kms:ReplicaRegion": "eu-west-1"}, "no identity policy"),
    ("kms:ReplicateKey", {"kms:MultiRegionKeyType": "PRIMARY"}, "allowed"),
    ("kms:CreateKey", {"kms:MultiRegionKeyType": "REPLICA"}, "allowed"),
    ("kms:CreateKey", {"kms:MultiRegionKeyType": "PRIMARY"}, "no identity policy"),
    ("kms:CreateKey", {"aws:RequestedRegion": THERE}, "no identity policy"),
])
def test_conditions_of_a_replication(server, user, key, action, condition, answer):
    other = ({"kms:ReplicateKey", "kms:CreateKey"} - {action}).pop()
    user.may(allow(other), allow(action, Condition={"StringEquals": condition}))
    assert replicate(user, key) == answer


def test_single_region_keys_alone_may_be_wanted(user):
    user.may(allow("kms:CreateKey"), deny("kms:CreateKey", Condition={"Bool": {"kms:MultiRegion": "true"}}))
    assert outcome(user.kms.create_key, Origin="EXTERNAL") == "allowed"
    assert outcome(user.kms.create_key, Origin="EXTERNAL", MultiRegion=True) == "denied by identity policy"


def test_the_primary_moves_for_who_may_do_it_to_both_keys(server, account, user, key):
    account.kms.replicate_key(KeyId=key["KeyId"], ReplicaRegion=THERE)
    wait_for_replica(server, key)
    replica = ELSEWHERE.format(account.number, key["KeyId"])
    move = {"KeyId": key["KeyId"], "PrimaryRegion": THERE}
    for resources in ([key["Arn"]], [replica]):
        user.may(allow("kms:UpdatePrimaryRegion", resources))
        assert outcome(user.kms.update_primary_region, **move) == "no identity policy"
    wrong = {"StringEquals": {"kms:PrimaryRegion": "eu-west-1"}}
    user.may(allow("kms:UpdatePrimaryRegion", [key["Arn"], replica], Condition=wrong))
    assert outcome(user.kms.update_primary_region, **move) == "no identity policy"
    right = {"StringEquals": {"kms:PrimaryRegion": THERE}}
    user.may(allow("kms:UpdatePrimaryRegion", [key["Arn"], replica], Condition=right))
    assert outcome(user.kms.update_primary_region, **move) == "allowed"


def test_no_other_account_replicates_a_key_or_moves_its_primary(server, account, key):
    other = Account.new(server)
    account.kms.put_key_policy(
        KeyId=key["KeyId"], Policy=document(account.delegation(), to(other.root, allow("kms:*"))))
    guest = other.user("guest").may(allow("*"))
    assert outcome(guest.kms.describe_key, KeyId=key["Arn"]) == "allowed"
    assert outcome(guest.kms.replicate_key, KeyId=key["Arn"], ReplicaRegion=THERE) == "no key policy"
    assert outcome(guest.kms.update_primary_region, KeyId=key["Arn"], PrimaryRegion=THERE) == "no key policy"
    with refused("NotFoundException"):
        client(server, "kms", region_name=THERE).describe_key(KeyId=key["KeyId"])
