"""Sessions: who may assume a role, what the session may do, and when its credentials are no good any more."""
import contextlib
import json
import sqlite3
import time
import uuid

import pytest
from errors import refused
from identities import client, code, statement, trust


@pytest.fixture(scope="session")
def iam(server):
    return client(server, "iam")


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


@pytest.fixture
def role(iam, user, name):
    """A role that the user may assume, with tags, and that may do anything to keys."""
    role = iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=trust(user["Arn"], action=["sts:AssumeRole", "sts:TagSession"]),
    )["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=statement("kms:*"))
    return role


# AssumeRole


def test_an_assumed_role_does_what_the_role_may(server, keys, role):
    sts = client(server, "sts", keys)
    answer = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="work")
    assert answer["AssumedRoleUser"]["AssumedRoleId"] == f"{role['RoleId']}:work"
    credentials = answer["Credentials"]
    assert credentials["AccessKeyId"].startswith("ASIA")
    assert 3500 < credentials["Expiration"].timestamp() - time.time() < 3700
    me = client(server, "sts", credentials).get_caller_identity()
    assert me["Arn"] == answer["AssumedRoleUser"]["Arn"]
    assert me["Arn"].endswith(f":assumed-role/{role['RoleName']}/work")
    kms = client(server, "kms", credentials)
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.encrypt(KeyId=key, Plaintext=b"of a session")
    with refused("AccessDenied", status=403):
        client(server, "iam", credentials).list_users()


def test_a_trust_policy_that_does_not_name_the_caller_refuses(server, iam, role, name):
    other = iam.create_user(UserName=name + "-other")["User"]
    iam.put_user_policy(UserName=other["UserName"], PolicyName="all", PolicyDocument=statement("*"))
    keys = iam.create_access_key(UserName=other["UserName"])["AccessKey"]
    with refused("AccessDenied", status=403) as caught:
        client(server, "sts", keys).assume_role(RoleArn=role["Arn"], RoleSessionName="work")
    assert f"is not authorized to perform: sts:AssumeRole on resource: {role['Arn']}" in str(caught.value)
    # Nor is it told whether the role is there.
    with refused("AccessDenied", status=403):
        client(server, "sts", keys).assume_role(RoleArn=role["Arn"] + "x", RoleSessionName="work")


def test_a_trust_policys_conditions_count(server, iam, keys, user, name):
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(
        user["Arn"], Condition={"StringEquals": {"sts:ExternalId": "e-1"}}))["Role"]
    sts = client(server, "sts", keys)
    for refusal in ({}, {"ExternalId": "e-2"}):
        with refused("AccessDenied", status=403):
            sts.assume_role(RoleArn=role["Arn"], RoleSessionName="work", **refusal)
    sts.assume_role(RoleArn=role["Arn"], RoleSessionName="work", ExternalId="e-1")


def test_a_session_policy_only_takes_away(server, iam, keys, role, name):
    sts = client(server, "sts", keys)
    policy = statement(["kms:ListKeys", "iam:ListUsers"])
    credentials = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="less", Policy=policy)["Credentials"]
    kms = client(server, "kms", credentials)
    kms.list_keys()
    with refused("AccessDeniedException") as caught:
        kms.list_aliases()
    assert "session policy" in str(caught.value)
    with refused("AccessDenied", status=403):
        client(server, "iam", credentials).list_users()
    managed = iam.create_policy(PolicyName=name, PolicyDocument=statement("kms:ListAliases"))["Policy"]["Arn"]
    credentials = sts.assume_role(
        RoleArn=role["Arn"], RoleSessionName="less", PolicyArns=[{"arn": managed}])["Credentials"]
    client(server, "kms", credentials).list_aliases()
    with refused("AccessDeniedException"):
        client(server, "kms", credentials).list_keys()


def test_session_tags_are_the_principals(server, iam, keys, role):
    iam.put_role_policy(RoleName=role["RoleName"], PolicyName="all", PolicyDocument=statement(
        "kms:ListKeys", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}}))
    sts = client(server, "sts", keys)
    for team, may in (("blue", True), ("red", False)):
        credentials = sts.assume_role(
            RoleArn=role["Arn"], RoleSessionName="tagged", Tags=[{"Key": "team", "Value": team}])["Credentials"]
        kms = client(server, "kms", credentials)
        with contextlib.nullcontext() if may else refused("AccessDeniedException"):
            kms.list_keys()


def test_tags_take_a_permission_of_their_own(server, iam, keys, user, name):
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(user["Arn"]))["Role"]
    sts = client(server, "sts", keys)
    sts.assume_role(RoleArn=role["Arn"], RoleSessionName="plain")
    with refused("AccessDenied", status=403):
        sts.assume_role(RoleArn=role["Arn"], RoleSessionName="tagged", Tags=[{"Key": "team", "Value": "blue"}])


def test_a_session_lasts_no_longer_than_its_role_allows(server, keys, role):
    sts = client(server, "sts", keys)
    with refused("ValidationError"):
        sts.assume_role(RoleArn=role["Arn"], RoleSessionName="long", DurationSeconds=7200)
    credentials = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="short", DurationSeconds=900)["Credentials"]
    assert credentials["Expiration"].timestamp() - time.time() < 1000


def test_a_malformed_session_policy_is_refused(server, keys, role):
    with refused("MalformedPolicyDocument"):
        client(server, "sts", keys).assume_role(RoleArn=role["Arn"], RoleSessionName="bad", Policy="{}")


def test_a_session_ends_with_its_role(server, iam, keys, role):
    credentials = client(server, "sts", keys).assume_role(RoleArn=role["Arn"], RoleSessionName="work")["Credentials"]
    kms = client(server, "kms", credentials)
    kms.list_keys()
    iam.delete_role_policy(RoleName=role["RoleName"], PolicyName="all")
    with refused("AccessDeniedException"):
        kms.list_keys()
    iam.delete_role(RoleName=role["RoleName"])
    with refused("UnrecognizedClientException"):
        kms.list_keys()


# Tokens


def test_a_token_belongs_to_its_access_key(server, keys, role):
    sts = client(server, "sts", keys)
    one, two = [
        sts.assume_role(RoleArn=role["Arn"], RoleSessionName="work")["Credentials"] for _ in range(2)]
    token = one["SessionToken"]
    for wrong in (None, "made up", two["SessionToken"], token[:-8] + "AAAAAAAA", token + "A"):
        with refused("UnrecognizedClientException"):
            client(server, "kms", {**one, "SessionToken": wrong}).list_keys()
        with refused("InvalidClientTokenId", status=403):
            client(server, "sts", {**one, "SessionToken": wrong}).get_caller_identity()
    with refused("InvalidSignatureException"):
        client(server, "kms", {**one, "SecretAccessKey": two["SecretAccessKey"]}).list_keys()
    client(server, "kms", one).list_keys()


def test_sessions_outlive_a_restart(own_server, name):
    iam = client(own_server, "iam")
    me = client(own_server, "sts").get_caller_identity()
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(me["Arn"]))["Role"]
    credentials = client(own_server, "sts").assume_role(RoleArn=role["Arn"], RoleSessionName="work")["Credentials"]
    own_server.stop()
    own_server.start()
    assert client(own_server, "sts", credentials).get_caller_identity()["Arn"].endswith("/work")


# GetSessionToken


@pytest.fixture
def seed(iam, user):
    """The seed of the user's authenticator; its codes up to the present one are used up."""
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName=user["UserName"])["VirtualMFADevice"]
    seed = made["Base32StringSeed"].decode()
    iam.enable_mfa_device(
        UserName=user["UserName"], SerialNumber=made["SerialNumber"], AuthenticationCode1=code(seed, -1),
        AuthenticationCode2=code(seed),
    )
    return seed


@pytest.fixture
def device(iam, user, seed):
    return iam.list_mfa_devices(UserName=user["UserName"])["MFADevices"][0]["SerialNumber"]


def test_with_a_code_a_session_has_multi_factor_authentication(server, iam, user, keys, seed, device):
    iam.put_user_policy(UserName=user["UserName"], PolicyName="mfa", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*",
             "Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}},
            {"Effect": "Allow", "Action": "kms:ListAliases", "Resource": "*",
             "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}},
        ],
    }))
    sts = client(server, "sts", keys)
    without = sts.get_session_token()["Credentials"]
    for credentials in (keys, without):
        with refused("AccessDeniedException"):
            client(server, "kms", credentials).list_keys()
    given = sts.get_session_token(SerialNumber=device, TokenCode=code(seed, 1))["Credentials"]
    kms = client(server, "kms", given)
    kms.list_keys()
    kms.list_aliases()
    assert client(server, "sts", given).get_caller_identity()["Arn"] == user["Arn"]


def test_a_code_is_good_once(server, keys, seed, device):
    sts = client(server, "sts", keys)
    present = code(seed, 1)
    sts.get_session_token(SerialNumber=device, TokenCode=present)
    for used in (present, code(seed), code(seed, -1)):
        with refused("AccessDenied", status=403) as caught:
            sts.get_session_token(SerialNumber=device, TokenCode=used)
        assert "MultiFactorAuthentication failed with invalid MFA one time pass code" in str(caught.value)


def test_a_wrong_or_old_code_is_refused(server, keys, seed, device):
    sts = client(server, "sts", keys)
    wrong = f"{(int(code(seed, 1)) + 1) % 1_000_000:06}"
    for each in (wrong, code(seed, -20), code(seed, 20)):
        with refused("AccessDenied", status=403):
            sts.get_session_token(SerialNumber=device, TokenCode=each)
    with refused("AccessDenied", status=403):
        sts.get_session_token(SerialNumber=device + "x", TokenCode=code(seed, 1))
    with refused("ValidationError"):
        sts.get_session_token(TokenCode=code(seed, 1))


def test_a_role_can_ask_for_a_code(server, iam, user, keys, seed, device, name):
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(
        user["Arn"], Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))["Role"]
    sts = client(server, "sts", keys)
    with refused("AccessDenied", status=403):
        sts.assume_role(RoleArn=role["Arn"], RoleSessionName="work")
    sts.assume_role(RoleArn=role["Arn"], RoleSessionName="work", SerialNumber=device, TokenCode=code(seed, 1))


def test_a_device_is_enabled_with_two_codes_that_follow_each_other(iam, user):
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName=user["UserName"])["VirtualMFADevice"]
    seed = made["Base32StringSeed"].decode()
    arguments = {"UserName": user["UserName"], "SerialNumber": made["SerialNumber"]}
    for first, second in ((code(seed), code(seed)), (code(seed), code(seed, -1)), ("000000", code(seed))):
        with refused("InvalidAuthenticationCode", status=403):
            iam.enable_mfa_device(**arguments, AuthenticationCode1=first, AuthenticationCode2=second)
    assert iam.list_mfa_devices(UserName=user["UserName"])["MFADevices"] == []
    iam.enable_mfa_device(**arguments, AuthenticationCode1=code(seed, -1), AuthenticationCode2=code(seed))
    listed = iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    mine = [each for each in listed if each["SerialNumber"] == made["SerialNumber"]]
    assert mine[0]["User"]["Arn"] == user["Arn"] and "Base32StringSeed" not in mine[0]
    with refused("DeleteConflict", status=409):
        iam.delete_virtual_mfa_device(SerialNumber=made["SerialNumber"])
    iam.deactivate_mfa_device(**arguments)
    iam.delete_virtual_mfa_device(SerialNumber=made["SerialNumber"])


def test_without_a_code_session_tokens_are_not_for_iam(server, iam, user, keys):
    iam.put_user_policy(UserName=user["UserName"], PolicyName="all", PolicyDocument=statement("*"))
    credentials = client(server, "sts", keys).get_session_token()["Credentials"]
    client(server, "kms", credentials).list_keys()
    with refused("InvalidClientTokenId", status=403):
        client(server, "iam", credentials).list_users()


def test_a_token_past_its_end_is_refused(own_server):
    """No session is shorter than 15 minutes, so the end of this one is moved behind the server's back."""
    credentials = client(own_server, "sts").get_session_token(DurationSeconds=900)["Credentials"]
    client(own_server, "kms", credentials).list_keys()
    own_server.stop()
    with contextlib.closing(sqlite3.connect(own_server.state / "metadata.sqlite")) as database, database:
        assert expire_all(database) == 1
    own_server.start()
    # Its secret is not even read any more; what SDKs do then is to get new credentials.
    with refused("ExpiredTokenException"):
        client(own_server, "kms", credentials).list_keys()
    with refused("ExpiredToken", status=403):
        client(own_server, "sts", credentials).get_caller_identity()


def expire_all(database: sqlite3.Connection) -> int:
    return database.execute("UPDATE session SET expiration_date = creation_date + 1").rowcount
