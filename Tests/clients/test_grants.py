"""Grants, as boto3 and the AWS CLI make, use and end them, for users of their own."""
import base64
import json
import xml.etree.ElementTree as xml

import pytest
from errors import refused
from identities import client, post_form, statement

ACCOUNT = "111122223333"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
DENIED = "AccessDeniedException"


@pytest.fixture(scope="module")
def iam(server):
    return client(server, "iam")


class User:
    """Somebody with an access key and nothing else, until a test says so."""

    def __init__(self, server, iam, name):
        self.iam, self.name = iam, name
        self.arn = iam.create_user(UserName=name)["User"]["Arn"]
        self.keys = iam.create_access_key(UserName=name)["AccessKey"]
        self.kms = client(server, "kms", self.keys)

    def allow(self, action, **condition):
        self.iam.put_user_policy(
            UserName=self.name, PolicyName="test", PolicyDocument=statement(action, Condition=condition))


@pytest.fixture
def user(server, iam, request):
    """Makes users whose names no other test has."""
    test = "".join(c for c in request.node.name if c.isalnum())[-40:]
    made = []

    def make(name):
        made.append(User(server, iam, f"{name}-{test}"))
        return made[-1]

    return make


@pytest.fixture
def sealed(kms, new_key):
    """A key of the test's own, and something that is encrypted under it."""
    key = new_key()["Arn"]
    context = {"tenant": "a"}
    blob = kms.encrypt(KeyId=key, Plaintext=b"text", EncryptionContext=context)["CiphertextBlob"]
    return key, context, blob


def test_a_grant_is_in_force_at_once_and_gone_at_once(kms, sealed, user):
    key, context, blob = sealed
    bob = user("bob")
    with refused(DENIED):
        bob.kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)
    grant = kms.create_grant(KeyId=key, GranteePrincipal=bob.arn, Operations=["Decrypt"], Name="for-bob")
    assert len(grant["GrantId"]) == 64
    base64.b64decode(grant["GrantToken"], validate=True)
    assert bob.kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"] == b"text"
    with_token = bob.kms.decrypt(CiphertextBlob=blob, EncryptionContext=context, GrantTokens=[grant["GrantToken"]])
    assert with_token["Plaintext"] == b"text"
    with refused(DENIED):
        bob.kms.encrypt(KeyId=key, Plaintext=b"text")
    kms.revoke_grant(KeyId=key, GrantId=grant["GrantId"])
    with refused(DENIED):
        bob.kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)


def test_a_token_gives_nothing_that_the_grant_does_not(kms, sealed, user):
    key, context, blob = sealed
    bob, carol = user("bob"), user("carol")
    grant = kms.create_grant(KeyId=key, GranteePrincipal=bob.arn, Operations=["Decrypt"])
    with refused(DENIED):
        carol.kms.decrypt(CiphertextBlob=blob, EncryptionContext=context, GrantTokens=[grant["GrantToken"]])


def test_tokens_of_other_keys_and_of_ended_grants_are_passed_over(kms, sealed, new_key, user):
    key, context, blob = sealed
    bob = user("bob")
    foreign = kms.create_grant(KeyId=new_key()["Arn"], GranteePrincipal=bob.arn, Operations=["Decrypt"])
    ended = kms.create_grant(KeyId=key, GranteePrincipal=bob.arn, Operations=["Decrypt"])
    kms.retire_grant(GrantToken=ended["GrantToken"])
    tokens = [foreign["GrantToken"], ended["GrantToken"]]
    with refused(DENIED):
        bob.kms.decrypt(CiphertextBlob=blob, EncryptionContext=context, GrantTokens=tokens)
    kms.create_grant(KeyId=key, GranteePrincipal=bob.arn, Operations=["Decrypt"])
    answer = bob.kms.decrypt(CiphertextBlob=blob, EncryptionContext=context, GrantTokens=tokens)
    assert answer["Plaintext"] == b"text"


@pytest.mark.parametrize("token", ["garbled", "AQ==", "%%%"])
def test_a_garbled_token_is_refused_everywhere(kms, key, sealed, token):
    _, context, blob = sealed
    calls = [
        lambda: kms.describe_key(KeyId=key["KeyId"], GrantTokens=[token]),
        lambda: kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", GrantTokens=[token]),
        lambda: kms.decrypt(CiphertextBlob=blob, EncryptionContext=context, GrantTokens=[token]),
        lambda: kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256", GrantTokens=[token]),
        lambda: kms.retire_grant(GrantToken=token),
        lambda: kms.create_grant(
            KeyId=key["KeyId"], GranteePrincipal=ROOT, Operations=["Decrypt"], GrantTokens=[token]),
    ]
    for call in calls:
        with refused("InvalidGrantTokenException"):
            call()


def test_the_constraint_on_the_encryption_context_counts(kms, new_key, user):
    key = new_key()["Arn"]
    bob, carol = user("bob"), user("carol")
    pairs = {"tenant": "a", "purpose": "test"}
    kms.create_grant(
        KeyId=key, GranteePrincipal=bob.arn, Operations=["Encrypt"], Constraints={"EncryptionContextEquals": pairs})
    kms.create_grant(
        KeyId=key, GranteePrincipal=carol.arn, Operations=["Encrypt"],
        Constraints={"EncryptionContextSubset": {"tenant": "a"}})
    bob.kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext=pairs)
    carol.kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext=pairs)
    for grantee, context in [
        (bob, {"tenant": "a"}), (bob, {**pairs, "more": "1"}), (bob, {}), (carol, {"purpose": "test"}),
        (carol, {"tenant": "A"}), (carol, {"Tenant": "a"}),
    ]:
        with refused(DENIED):
            grantee.kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext=context)


def test_what_is_wrong_with_a_grant_is_told(kms, new_key, user):
    key, signing = new_key()["Arn"], new_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["Arn"]
    bob = user("bob")
    grant = {"KeyId": key, "GranteePrincipal": bob.arn, "Operations": ["Decrypt"]}
    pairs = {"a": "b"}
    for wrong in [
        {"Operations": ["Sign"]}, {"Operations": ["CreateGrant"]}, {"Operations": []},
        {"KeyId": signing, "Operations": ["Decrypt"]},
        {"KeyId": signing, "Operations": ["Sign"], "Constraints": {"EncryptionContextSubset": pairs}},
        {"Constraints": {"EncryptionContextSubset": pairs, "EncryptionContextEquals": pairs}},
        {"Constraints": {"EncryptionContextEquals": {f"k{i}": "" for i in range(9)}}},
        {"Constraints": {"EncryptionContextEquals": {"k": "v" * 385}}},
        {"GranteeServicePrincipal": "ec2.amazonaws.com"},
    ]:
        with refused("ValidationException"):
            kms.create_grant(**{**grant, **wrong})
    nobody = f"arn:aws:iam::{ACCOUNT}:user/nobody"
    for member in ["GranteePrincipal", "RetiringPrincipal"]:
        with refused("InvalidArnException", f"ARN does not refer to a valid principal: {nobody}"):
            kms.create_grant(**{**grant, member: nobody})
    with refused("InvalidArnException", "Key Aliases are not supported for this operation."):
        kms.create_grant(**{**grant, "KeyId": "alias/some"})
    with refused("NotFoundException"):
        kms.create_grant(**{**grant, "KeyId": "invalid"})
    kms.disable_key(KeyId=key)
    with refused("DisabledException"):
        kms.create_grant(**grant)


def test_the_same_name_and_parameters_are_the_same_grant(kms, new_key, user):
    key, bob = new_key()["Arn"], user("bob")
    grant = {"KeyId": key, "GranteePrincipal": bob.arn, "Operations": ["Decrypt", "Encrypt"], "Name": "a:b/c_d-e"}
    first, again = kms.create_grant(**grant), kms.create_grant(**{**grant, "Operations": ["Encrypt", "Decrypt"]})
    assert again["GrantId"] == first["GrantId"] and again["GrantToken"] != first["GrantToken"]
    assert kms.create_grant(**{**grant, "Operations": ["Encrypt"]})["GrantId"] != first["GrantId"]
    unnamed = {k: v for k, v in grant.items() if k != "Name"}
    assert kms.create_grant(**unnamed)["GrantId"] != kms.create_grant(**unnamed)["GrantId"]
    assert len(kms.list_grants(KeyId=key)["Grants"]) == 4


def test_from_a_grant_comes_only_a_narrower_one(kms, new_key, user):
    key, bob, carol = new_key()["Arn"], user("bob"), user("carol")
    tenant = {"EncryptionContextSubset": {"tenant": "a"}}
    kms.create_grant(
        KeyId=key, GranteePrincipal=bob.arn, Operations=["CreateGrant", "Encrypt"], Constraints=tenant)
    child = {"KeyId": key, "GranteePrincipal": carol.arn, "Operations": ["Encrypt"], "Constraints": tenant}
    for wider in [
        {"Operations": ["Encrypt", "Decrypt"]}, {"Constraints": {"EncryptionContextSubset": {"other": "a"}}},
        {"Constraints": {}},
    ]:
        with refused(DENIED):
            bob.kms.create_grant(**{**child, **wider})
    bob.kms.create_grant(**child)
    carol.kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"tenant": "a", "more": "1"})
    with refused(DENIED):
        carol.kms.create_grant(**{**child, "GranteePrincipal": bob.arn})


def test_a_policy_limits_which_grants_may_be_made(kms, new_key, user):
    key, bob, carol = new_key()["Arn"], user("bob"), user("carol")
    bob.allow(
        "kms:CreateGrant", StringEquals={"kms:GrantConstraintType": "EncryptionContextSubset"},
        **{"ForAllValues:StringEquals": {"kms:GrantOperations": ["Encrypt", "DescribeKey"]}})
    grant = {
        "KeyId": key, "GranteePrincipal": carol.arn, "Operations": ["Encrypt"],
        "Constraints": {"EncryptionContextSubset": {"tenant": "a"}},
    }
    bob.kms.create_grant(**grant)
    for other in [
        {"Operations": ["Encrypt", "Decrypt"]}, {"Constraints": {"EncryptionContextEquals": {"tenant": "a"}}},
    ]:
        with refused(DENIED):
            bob.kms.create_grant(**{**grant, **other})


def test_who_retires_a_grant(kms, new_key, user):
    key, bob, carol, dora = new_key()["Arn"], user("bob"), user("carol"), user("dora")

    def grant(*operations):
        return kms.create_grant(
            KeyId=key, GranteePrincipal=bob.arn, RetiringPrincipal=carol.arn, Operations=list(operations))

    one, two, three = grant("Decrypt"), grant("Decrypt", "RetireGrant"), grant("Decrypt")
    for somebody in [bob, dora]:
        with refused(DENIED):
            somebody.kms.retire_grant(GrantToken=one["GrantToken"])
    with refused("DryRunOperationException"):
        carol.kms.retire_grant(GrantToken=one["GrantToken"], DryRun=True)
    carol.kms.retire_grant(GrantToken=one["GrantToken"])
    bob.kms.retire_grant(KeyId=key, GrantId=two["GrantId"])
    dora.allow("kms:RetireGrant")
    dora.kms.retire_grant(GrantToken=three["GrantToken"])
    assert kms.list_grants(KeyId=key)["Grants"] == []
    with refused("NotFoundException", f"Grant ID {one['GrantId']} not found"):
        kms.retire_grant(GrantToken=one["GrantToken"])
    with refused("ValidationException"):
        kms.retire_grant(KeyId=key)


def test_who_may_not_retire_a_grant_does_not_learn_whether_it_is_there(kms, new_key, user):
    key, bob = new_key()["Arn"], user("bob")
    grant = kms.create_grant(KeyId=key, GranteePrincipal=ROOT, Operations=["Decrypt"])
    messages = set()
    for grant_id in [grant["GrantId"], "ab" * 32]:
        with refused(DENIED) as caught:
            bob.kms.retire_grant(KeyId=key, GrantId=grant_id)
        messages.add(caught.value.response["Error"]["Message"])
    assert len(messages) == 1


def test_revoking(kms, new_key, user):
    key, bob = new_key()["Arn"], user("bob")
    grant = kms.create_grant(KeyId=key, GranteePrincipal=bob.arn, Operations=["Decrypt", "RetireGrant"])["GrantId"]
    with refused(DENIED):
        bob.kms.revoke_grant(KeyId=key, GrantId=grant)
    with refused("DryRunOperationException"):
        kms.revoke_grant(KeyId=key, GrantId=grant, DryRun=True)
    kms.revoke_grant(KeyId=key, GrantId=grant)
    with refused("NotFoundException", f"Grant ID {grant} not found"):
        kms.revoke_grant(KeyId=key, GrantId=grant)
    with refused("InvalidGrantIdException"):
        kms.revoke_grant(KeyId=key, GrantId="no-grant")


def test_a_dry_run_makes_nothing(kms, new_key, user):
    key, bob = new_key()["Arn"], user("bob")
    grant = {"KeyId": key, "GranteePrincipal": bob.arn, "Operations": ["Decrypt"], "DryRun": True}
    with refused(
        "DryRunOperationException", "The request would have succeeded, but the DryRun option is set."
    ):
        kms.create_grant(**grant)
    with refused(DENIED):
        bob.kms.create_grant(**grant)
    assert kms.list_grants(KeyId=key)["Grants"] == []


def test_lists_come_in_pages_and_are_filtered(kms, new_key, user):
    key, bob, carol = new_key()["Arn"], user("bob"), user("carol")
    made = {
        kms.create_grant(
            KeyId=key, GranteePrincipal=grantee.arn, RetiringPrincipal=carol.arn, Operations=["Decrypt"])["GrantId"]
        for grantee in [bob] * 5 + [carol] * 2
    }
    pages = list(kms.get_paginator("list_grants").paginate(KeyId=key, PaginationConfig={"PageSize": 3}))
    assert [len(page["Grants"]) for page in pages] == [3, 3, 1]
    assert {grant["GrantId"] for page in pages for grant in page["Grants"]} == made
    assert len(kms.list_grants(KeyId=key, GranteePrincipal=bob.arn)["Grants"]) == 5
    one = sorted(made)[0]
    assert [grant["GrantId"] for grant in kms.list_grants(KeyId=key, GrantId=one)["Grants"]] == [one]
    retirable = kms.get_paginator("list_retirable_grants").paginate(
        RetiringPrincipal=carol.arn, PaginationConfig={"PageSize": 4})
    assert {grant["GrantId"] for page in retirable for grant in page["Grants"]} == made
    with refused(DENIED):
        carol.kms.list_retirable_grants(RetiringPrincipal=carol.arn)
    with refused("InvalidMarkerException"):
        kms.list_grants(KeyId=key, Marker="other")
    with refused("ValidationException"):
        kms.list_grants(KeyId=key, Limit=101)


def test_a_listed_grant_says_all(kms, new_key, user):
    key, bob = new_key()["Arn"], user("bob")
    made = kms.create_grant(
        KeyId=key, GranteePrincipal=bob.arn, RetiringPrincipal=ROOT, Operations=["Encrypt", "Decrypt"], Name="name",
        Constraints={"EncryptionContextEquals": {"a": "b"}})
    [grant] = kms.list_grants(KeyId=key)["Grants"]
    assert grant.pop("CreationDate")
    assert grant == {
        "KeyId": key, "GrantId": made["GrantId"], "Name": "name", "GranteePrincipal": bob.arn,
        "RetiringPrincipal": ROOT, "IssuingAccount": ROOT, "Operations": ["Decrypt", "Encrypt"],
        "Constraints": {"EncryptionContextEquals": {"a": "b"}},
    }


@pytest.fixture
def service(server):
    """Makes a service as an operator does; gives its name and access key."""
    name = "volumes.amazonaws.com"

    def iam(action):
        answer = post_form(server, "iam", f"Action={action}&Version=2010-05-08&ServiceName={name}".encode())
        assert answer.status == 200, answer.body
        return {element.tag.partition("}")[2]: element.text for element in xml.fromstring(answer.body).iter()}

    iam("CreateService")
    yield name, iam("CreateServiceAccessKey")
    iam("DeleteService")


def test_a_service_works_for_the_volume_that_a_user_attached(server, kms, new_key, user, service):
    """As EBS has it: the service makes the grant in the user's name, and uses it in its own."""
    name, service_keys = service
    key, bob = new_key()["Arn"], user("bob")
    context = {"aws:ebs:id": "vol-1"}
    volume = f"arn:aws:ec2:eu-central-1:{ACCOUNT}:volume/vol-1"
    blob = kms.encrypt(KeyId=key, Plaintext=b"text", EncryptionContext=context)["CiphertextBlob"]
    bob.allow(
        "kms:CreateGrant", Bool={"kms:GrantIsForAWSResource": "true"},
        StringEquals={"kms:ViaService": name.replace(".", ".eu-central-1.", 1)})
    grant = {
        "KeyId": key, "GranteeServicePrincipal": name, "RetiringServicePrincipal": name,
        "Operations": ["Decrypt", "CreateGrant"],
        "Constraints": {"EncryptionContextEquals": context, "SourceArn": volume},
    }
    with refused(DENIED):
        bob.kms.create_grant(**grant)
    session = client(server, "sts", service_keys).assume_role(RoleArn=bob.arn, RoleSessionName="forward")
    made = client(server, "kms", session["Credentials"]).create_grant(**grant)

    def for_volume(arn):
        own = client(server, "kms", service_keys)
        own.meta.events.register(
            "before-sign.kms", lambda request, **_: request.headers.add_header("x-amz-source-arn", arn))
        return own

    decrypted = for_volume(volume).decrypt(CiphertextBlob=blob, EncryptionContext=context)
    assert decrypted["Plaintext"] == b"text"
    for other in [client(server, "kms", service_keys), for_volume(volume.replace("vol-1", "vol-2")), bob.kms]:
        with refused(DENIED):
            other.decrypt(CiphertextBlob=blob, EncryptionContext=context)
    other_volume = {**grant["Constraints"], "SourceArn": volume.replace("vol-1", "vol-2")}
    with refused(DENIED):
        for_volume(volume).create_grant(**{**grant, "Constraints": other_volume})

    [listed] = kms.list_grants(KeyId=key)["Grants"]
    assert listed["GranteeServicePrincipal"] == listed["RetiringServicePrincipal"] == name
    assert listed["Constraints"] == grant["Constraints"] and "GranteePrincipal" not in listed
    client(server, "kms", service_keys).retire_grant(GrantToken=made["GrantToken"])
    assert kms.list_grants(KeyId=key)["Grants"] == []


def test_a_grant_for_a_service_needs_a_source_and_who_retires_it(kms, new_key):
    grant = {
        "KeyId": new_key()["Arn"], "GranteeServicePrincipal": "ec2.amazonaws.com", "Operations": ["Decrypt"],
        "RetiringPrincipal": ROOT, "Constraints": {"SourceArn": f"arn:aws:ec2:eu-central-1:{ACCOUNT}:volume/vol-1"},
    }
    for missing in ["RetiringPrincipal", "Constraints"]:
        with refused("ValidationException"):
            kms.create_grant(**{name: value for name, value in grant.items() if name != missing})
    kms.create_grant(**grant)


def test_who_takes_over_a_name_gets_no_grant(kms, iam, server, new_key, user):
    key, bob = new_key()["Arn"], user("bob")
    kms.create_grant(KeyId=key, GranteePrincipal=bob.arn, Operations=["DescribeKey"])
    bob.kms.describe_key(KeyId=key)
    unique_id = iam.get_user(UserName=bob.name)["User"]["UserId"]
    iam.delete_access_key(UserName=bob.name, AccessKeyId=bob.keys["AccessKeyId"])
    iam.delete_user(UserName=bob.name)
    again = User(server, iam, bob.name)
    assert again.arn == bob.arn
    with refused(DENIED):
        again.kms.describe_key(KeyId=key)
    assert [grant["GranteePrincipal"] for grant in kms.list_grants(KeyId=key)["Grants"]] == [unique_id]


def test_grants_outlive_a_crash(own_server):
    kms = own_server.client()
    key = kms.create_key()["KeyMetadata"]["Arn"]
    bob = User(own_server, client(own_server, "iam"), "bob")
    grant = kms.create_grant(KeyId=key, GranteePrincipal=bob.arn, Operations=["DescribeKey"])["GrantId"]
    own_server.kill()
    own_server.start()
    bob.kms.describe_key(KeyId=key)
    own_server.client().revoke_grant(KeyId=key, GrantId=grant)
    own_server.kill()
    own_server.start()
    with refused(DENIED):
        bob.kms.describe_key(KeyId=key)


def test_the_aws_cli_makes_and_ends_grants(server, new_key, user):
    key, bob = new_key()["Arn"], user("bob")
    made = json.loads(server.aws(
        "kms", "create-grant", "--key-id", key, "--grantee-principal", bob.arn, "--operations", "Decrypt", "Encrypt",
        "--constraints", "EncryptionContextSubset={tenant=a}", "--name", "from-the-cli").stdout)
    [listed] = json.loads(server.aws("kms", "list-grants", "--key-id", key).stdout)["Grants"]
    assert listed["GrantId"] == made["GrantId"] and listed["Name"] == "from-the-cli"
    bob.kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"tenant": "a"})
    server.aws("kms", "retire-grant", "--grant-token", made["GrantToken"])
    assert json.loads(server.aws("kms", "list-grants", "--key-id", key).stdout)["Grants"] == []
