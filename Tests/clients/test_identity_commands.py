"""`strongroom identity`: users, roles, services, accounts and access keys by commands, and where secrets go."""
import configparser
import json
import re
import stat

import pytest
from errors import refused
from identities import client, code, statement, trust
from strongroom_server import STRONGROOM
from terminal import Terminal
from test_strongroom_cli import answer, run

COMMANDS = [
    ("whoami",), ("apply",), ("assume",), ("new-root-key",),
    *(("user", verb) for verb in ("create", "list", "show", "delete")),
    *(("role", verb) for verb in ("create", "list", "show", "delete")),
    *(("service", verb) for verb in ("create", "list", "delete")),
    *(("account", verb) for verb in ("create", "list")),
    *(("access-key", verb) for verb in ("create", "list", "rotate", "activate", "deactivate", "delete")),
    *(("policy", verb) for verb in ("put", "attach", "detach", "list", "show", "delete")),
    *(("mfa", verb) for verb in ("enable", "list", "disable")),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(server, command):
    text = server.run("identity", *command, "--help").stdout
    assert f"strongroom identity {' '.join(command)} " in text.split("USAGE")[0]


def test_the_ways_out_have_help_with_an_example(server):
    assert "strongroom key reset-policy " in server.run("key", "reset-policy", "--help").stdout.split("USAGE")[0]


@pytest.fixture(scope="session")
def iam(server):
    return client(server, "iam")


@pytest.fixture
def name(request):
    """A name that no other test uses."""
    return "".join(c if c.isalnum() else "-" for c in request.node.name)[5:60]


@pytest.fixture
def user(server, name):
    run(server, "identity", "user", "create", name)
    return name


def keys_of(path, profile):
    """A profile of a credentials file, as `client` takes keys."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(path)
    section = parser[profile]
    return {
        "AccessKeyId": section["aws_access_key_id"], "SecretAccessKey": section["aws_secret_access_key"],
        "SessionToken": section.get("aws_session_token"),
    }


def run_as(server, path, profile, *arguments, **options):
    """A command that finds its credentials as the AWS SDKs do."""
    server.environment.update(AWS_SHARED_CREDENTIALS_FILE=str(path), AWS_PROFILE=profile)
    try:
        return server.run(*arguments, **options)
    finally:
        del server.environment["AWS_SHARED_CREDENTIALS_FILE"], server.environment["AWS_PROFILE"]


def arn_of(server, keys):
    return client(server, "sts", keys).get_caller_identity()["Arn"]


def test_whoami(server):
    assert answer(server, "identity", "whoami")["Arn"] == "arn:aws:iam::111122223333:user/administrator"
    assert "user/administrator" in run(server, "identity", "whoami").stdout


# Users and roles


def test_a_users_whole_life(server, iam, name, tmp_path):
    run(server, "identity", "user", "create", name, "--path", "/team/", "--tag", "team=a b", "--boundary",
        "AdministratorAccess")
    made = iam.get_user(UserName=name)["User"]
    assert (made["Path"], made["Tags"]) == ("/team/", [{"Key": "team", "Value": "a b"}])
    assert made["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith("AdministratorAccess")
    policy = tmp_path / "policy.json"
    policy.write_text(statement("kms:ListKeys"))
    run(server, "identity", "policy", "put", "own", str(policy), "--user", name)
    run(server, "identity", "policy", "attach", "IAMReadOnlyAccess", "--user", name)
    run(server, "identity", "access-key", "create", "--user", name, "--output", str(tmp_path / "keys"))
    shown = answer(server, "identity", "user", "show", name)
    assert shown["InlinePolicies"]["own"]["Statement"][0]["Action"] == "kms:ListKeys"
    assert shown["AttachedPolicies"] == ["arn:aws:iam::aws:policy/IAMReadOnlyAccess"]
    assert [key["Status"] for key in shown["AccessKeyMetadata"]] == ["Active"]
    text = run(server, "identity", "user", "show", name).stdout
    assert "team=a b" in text and "IAMReadOnlyAccess" in text and "own" in text
    assert name in run(server, "identity", "user", "list", "--path-prefix", "/team/").stdout
    kms = server.client(**boto(keys_of(tmp_path / "keys", name)))
    kms.list_keys()
    with refused("AccessDeniedException"):
        kms.create_key()

    result = run(server, "identity", "user", "delete", name, check=False)
    assert result.returncode == 1 and "--yes" in result.stderr
    run(server, "identity", "user", "delete", name, "--yes")
    with refused("NoSuchEntity", status=404):
        iam.get_user(UserName=name)
    result = run(server, "identity", "user", "show", name, check=False)
    assert result.returncode == 1 and "NoSuchEntity" in result.stderr


def boto(keys):
    return {"aws_access_key_id": keys["AccessKeyId"], "aws_secret_access_key": keys["SecretAccessKey"],
            "aws_session_token": keys["SessionToken"]}


def test_a_role_is_assumed(server, iam, user, name, tmp_path):
    policy = tmp_path / "trust.json"
    policy.write_text(trust(f"arn:aws:iam::111122223333:user/{user}"))
    run(server, "identity", "role", "create", name, "--trust", str(policy), "--description", "an app",
        "--max-session-duration", "7200")
    arn = iam.get_role(RoleName=name)["Role"]["Arn"]
    shown = run(server, "identity", "role", "show", name).stdout
    assert arn in shown and "7200" in shown and "sts:AssumeRole" in shown
    assert name in run(server, "identity", "role", "list").stdout
    keys = tmp_path / "keys"
    run(server, "identity", "access-key", "create", "--user", user, "--output", str(keys))
    denied = run(server, "identity", "assume", arn, check=False)
    assert denied.returncode == 1 and "AccessDenied" in denied.stderr, "the administrator is not trusted"

    assumed = tmp_path / "assumed"
    command = ("identity", "assume", arn, "--session-name", "me", "--output", str(assumed))
    text = run_as(server, keys, user, *command).stdout
    assert "assumed-role" in text and str(assumed) in text
    assert arn_of(server, keys_of(assumed, name)).endswith(f":assumed-role/{name}/me")
    assert "# Good until " in assumed.read_text()
    # As a profile's credential_process.
    process = json.loads(run_as(server, keys, user, "identity", "assume", arn, "--json").stdout)
    assert process["Version"] == 1 and process["Expiration"]
    assert arn_of(server, process).split("/")[1] == name
    run(server, "identity", "role", "delete", name, "--yes")
    with refused("NoSuchEntity", status=404):
        iam.get_role(RoleName=name)


def test_a_trust_policy_that_is_none_is_refused_before_anything_is_called(server, iam, name, tmp_path):
    policy = tmp_path / "trust.json"
    policy.write_text(statement("sts:AssumeRole"))
    result = run(server, "identity", "role", "create", name, "--trust", str(policy), check=False)
    assert result.returncode == 1 and "Principal" in result.stderr
    with refused("NoSuchEntity", status=404):
        iam.get_role(RoleName=name)


def test_a_managed_policys_whole_life(server, iam, user, name, tmp_path):
    policy = tmp_path / "policy.json"
    for action in ["kms:List*", "kms:Describe*", "kms:Get*", "kms:Encrypt", "kms:Decrypt", "kms:Sign", "kms:Verify"]:
        policy.write_text(statement(action))
        run(server, "identity", "policy", "put", name, str(policy))
    arn = f"arn:aws:iam::111122223333:policy/{name}"
    versions = [version["VersionId"] for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]]
    assert versions == ["v7", "v6", "v5", "v4", "v3"]
    assert json.loads(run(server, "identity", "policy", "show", name).stdout)["Statement"][0]["Action"] == "kms:Verify"
    run(server, "identity", "policy", "attach", name, "--user", user)
    assert arn in run(server, "identity", "policy", "list", "--user", user).stdout
    assert "attached 1 times" in run(server, "identity", "policy", "list").stdout
    result = run(server, "identity", "policy", "delete", name, "--yes", check=False)
    assert result.returncode == 1 and "DeleteConflict" in result.stderr
    run(server, "identity", "policy", "detach", arn, "--user", user)
    run(server, "identity", "policy", "delete", name, "--yes")
    result = run(server, "identity", "policy", "attach", name, "--user", user, check=False)
    assert result.returncode == 1 and "hint: " in result.stderr


def test_both_owners_or_none_are_mistakes(server):
    for owner in ([], ["--user", "a", "--role", "b"]):
        result = run(server, "identity", "policy", "attach", "AdministratorAccess", *owner, check=False)
        assert result.returncode == 1 and "--role" in result.stderr


# Where secrets go


def test_a_secret_goes_into_a_new_file_of_its_owner_alone(server, iam, user, tmp_path):
    path = tmp_path / "keys"
    result = run(server, "identity", "access-key", "create", "--user", user, "--output", str(path))
    keys = keys_of(path, user)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keys["SecretAccessKey"] not in result.stdout + result.stderr
    assert arn_of(server, keys).endswith("/" + user)
    # Nothing is overwritten, and nothing is made for a file that cannot be.
    for bad in (path, tmp_path / "no-such-folder" / "keys"):
        result = run(server, "identity", "access-key", "create", "--user", user, "--output", str(bad), check=False)
        assert result.returncode == 1
    assert [key["AccessKeyId"] for key in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]] \
        == [keys["AccessKeyId"]]


def test_a_secret_goes_into_a_profile_of_a_file_that_is_there(server, iam, user, tmp_path):
    path = tmp_path / "credentials"
    path.write_text("# mine\n[other]\nregion = here")
    path.chmod(0o644)
    create = ("identity", "access-key", "create", "--user", user, "--output", str(path), "--profile-name")
    result = run(server, *create, "new", check=False)
    assert result.returncode == 1 and "chmod 600" in result.stderr
    path.chmod(0o600)
    result = run(server, *create, "other", check=False)
    assert result.returncode == 1 and "other" in result.stderr
    assert iam.list_access_keys(UserName=user)["AccessKeyMetadata"] == []
    run(server, *create, "new")
    assert path.read_text().startswith("# mine\n[other]\nregion = here\n\n[new]\n")
    assert arn_of(server, keys_of(path, "new")).endswith("/" + user)


def test_a_profile_of_the_state_directory_is_used_at_once(server, user):
    run(server, "identity", "access-key", "create", "--user", user, "--profile-name", user)
    assert answer(server, "identity", "whoami", "--profile", user)["Arn"].endswith("/" + user)


def test_a_secret_is_printed_for_a_pipe_and_with_a_warning_on_a_terminal(server, user):
    result = run(server, "identity", "access-key", "create", "--user", user)
    assert re.match(rf"\[{user}\]\naws_access_key_id = AKIA\w{{16}}\naws_secret_access_key = \S{{40}}\n", result.stdout)
    assert result.stderr == ""
    terminal = Terminal(
        [str(STRONGROOM), "identity", "access-key", "create", "--user", user, "--state", str(server.state)],
        server.environment)
    terminal.expect("nobody shows this secret again")
    terminal.expect("aws_secret_access_key = ")
    assert terminal.end() == 0
    # There are two of them now.
    result = run(server, "identity", "access-key", "create", "--user", user, check=False)
    assert result.returncode == 1 and "LimitExceeded" in result.stderr


def test_one_access_key_follows_another(server, iam, user, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    result = run(server, "identity", "access-key", "rotate", "--user", user, check=False)
    assert result.returncode == 1 and "create" in result.stderr
    run(server, "identity", "access-key", "create", "--user", user, "--output", str(first))
    text = run(server, "identity", "access-key", "rotate", "--user", user, "--output", str(second)).stdout
    old, new = keys_of(first, user), keys_of(second, user)
    assert f"access-key deactivate {old['AccessKeyId']} --user {user}" in text
    assert arn_of(server, old) == arn_of(server, new)
    run(server, "identity", "access-key", "deactivate", old["AccessKeyId"], "--user", user)
    with refused("InvalidClientTokenId", status=403):
        arn_of(server, old)
    run(server, "identity", "access-key", "activate", old["AccessKeyId"], "--user", user)
    assert arn_of(server, old)
    result = run(server, "identity", "access-key", "rotate", "--user", user, check=False)
    assert result.returncode == 1 and "two access keys" in result.stderr
    run(server, "identity", "access-key", "delete", old["AccessKeyId"], "--user", user, "--yes")
    third = tmp_path / "third"
    run(server, "identity", "access-key", "rotate", "--user", user, "--output", str(third), "--deactivate-old")
    with refused("InvalidClientTokenId", status=403):
        arn_of(server, new)
    statuses = {key["AccessKeyId"]: key["Status"] for key in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]}
    assert statuses == {new["AccessKeyId"]: "Inactive", keys_of(third, user)["AccessKeyId"]: "Active"}


def test_ones_own_access_keys_need_no_name(server, user, tmp_path):
    keys = tmp_path / "keys"
    run(server, "identity", "access-key", "create", "--user", user, "--output", str(keys))
    run(server, "identity", "policy", "attach", "IAMFullAccess", "--user", user)
    listed = run_as(server, keys, user, "identity", "access-key", "list", "--json").stdout
    ids = [key["AccessKeyId"] for key in json.loads(listed)["AccessKeyMetadata"]]
    assert ids == [keys_of(keys, user)["AccessKeyId"]]


# Codes


def idle_devices(iam, user):
    devices = iam.list_virtual_mfa_devices(AssignmentStatus="Unassigned")["VirtualMFADevices"]
    return [device for device in devices if device["SerialNumber"].endswith("/" + user)]


def test_a_device_is_enabled_on_a_terminal(server, iam, user, tmp_path):
    keys = tmp_path / "keys"
    run(server, "identity", "access-key", "create", "--user", user, "--output", str(keys))
    enable = ["identity", "mfa", "enable", "--user", user, "--state", str(server.state)]
    result = server.run(*enable, check=False)
    assert result.returncode == 1 and "terminal" in result.stderr
    assert idle_devices(iam, user) == []

    terminal = Terminal([str(STRONGROOM), *enable], server.environment)
    terminal.expect(f"otpauth://totp/Strongroom:{user}%40111122223333?secret=")
    while "&" not in terminal.shown:
        assert terminal.read()
    seed = terminal.shown.split("&")[0]
    terminal.expect("&issuer=Strongroom")
    terminal.expect("First code: ")
    terminal.answer("nonsense\n")
    terminal.expect("six digits")
    terminal.expect("First code: ")
    terminal.answer(code(seed, -5) + "\n")
    terminal.expect("Next code:")
    terminal.answer(code(seed, -4) + "\n")
    terminal.expect("is not valid")
    terminal.expect("First code: ")
    terminal.answer(code(seed, -1) + "\n")
    terminal.expect("Next code:")
    terminal.answer(code(seed) + "\n")
    terminal.expect("from now on")
    assert terminal.end() == 0
    serial = iam.list_mfa_devices(UserName=user)["MFADevices"][0]["SerialNumber"]
    assert serial in run(server, "identity", "mfa", "list", "--user", user).stdout
    assert user in run(server, "identity", "mfa", "list").stdout
    session = client(server, "sts", keys_of(keys, user)).get_session_token(SerialNumber=serial, TokenCode=code(seed, 1))
    assert arn_of(server, session["Credentials"]).endswith("/" + user)
    run(server, "identity", "mfa", "disable", serial, "--user", user, "--yes")
    assert iam.list_mfa_devices(UserName=user)["MFADevices"] == []


def test_a_device_that_is_not_enabled_is_not_left(server, iam, user):
    terminal = Terminal(
        [str(STRONGROOM), "identity", "mfa", "enable", "--user", user, "--state", str(server.state)],
        server.environment)
    for _ in range(3):
        terminal.expect("First code: ")
        terminal.answer("000000\n")
        terminal.expect("Next code:")
        terminal.answer("000000\n")
    assert terminal.end() == 1
    assert idle_devices(iam, user) == []


# Accounts and services


def test_an_account_is_apart(server, kms, new_key, tmp_path):
    path = tmp_path / "team-b"
    run(server, "identity", "account", "create", "222233334444", "--name", "team-b", "--output", str(path))
    keys = keys_of(path, "team-b")
    assert arn_of(server, keys) == "arn:aws:iam::222233334444:user/administrator"
    theirs = server.client(**boto(keys))
    assert theirs.create_key()["KeyMetadata"]["AWSAccountId"] == "222233334444"
    with refused("AccessDeniedException"):
        theirs.encrypt(KeyId=new_key()["Arn"], Plaintext=b"x")
    assert "222233334444" in run(server, "identity", "account", "list").stdout
    result = run(server, "identity", "account", "create", "222233334444", "--name", "again", check=False)
    assert result.returncode == 1 and "EntityAlreadyExists" in result.stderr
    result = run(server, "identity", "account", "create", "12", "--name", "short", check=False)
    assert result.returncode == 1 and "ValidationError" in result.stderr
    # What is the operator's is refused to the other account's administrator.
    for command in (
        ("account", "list"), ("account", "create", "333344445555", "--name", "c"),
        ("service", "create", "s3.amazonaws.com"), ("service", "list"),
        ("service", "list", "--account", "111122223333"),
    ):
        result = run_as(server, path, "team-b", "identity", *command, check=False)
        assert result.returncode == 1 and "AccessDenied" in result.stderr, command


def test_what_is_the_operators_needs_its_own_permission(server, iam, user, tmp_path):
    path = tmp_path / "keys"
    run(server, "identity", "access-key", "create", "--user", user, "--output", str(path))
    run(server, "identity", "policy", "attach", "IAMFullAccess", "--user", user)
    result = run_as(server, path, user, "identity", "account", "list", check=False)
    assert "is not authorized to perform: strongroom:ListAccounts" in result.stderr
    iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=statement("strongroom:ListAccounts"))
    assert "111122223333" in run_as(server, path, user, "identity", "account", "list").stdout
    result = run_as(server, path, user, "identity", "service", "list", check=False)
    assert "strongroom:ListServices" in result.stderr


def test_a_services_whole_life(server, iam, user, tmp_path):
    service = "dynamodb.amazonaws.com"
    run(server, "identity", "service", "create", service)
    assert service in run(server, "identity", "service", "list").stdout
    result = run(server, "identity", "service", "create", service, check=False)
    assert result.returncode == 1 and "EntityAlreadyExists" in result.stderr
    path, owner = tmp_path / "keys", ("--service", service)
    run(server, "identity", "access-key", "create", *owner, "--output", str(path))
    keys = keys_of(path, "dynamodb")
    arn = iam.get_user(UserName=user)["User"]["Arn"]
    forward = client(server, "sts", keys).assume_role(RoleArn=arn, RoleSessionName="table")["Credentials"]
    assert arn_of(server, forward) == arn
    second = tmp_path / "second"
    run(server, "identity", "access-key", "rotate", *owner, "--output", str(second), "--deactivate-old")
    with refused("InvalidClientTokenId", status=403):
        arn_of(server, keys)
    listed = answer(server, "identity", "access-key", "list", *owner)["AccessKeyMetadata"]
    assert sorted(key["Status"] for key in listed) == ["Active", "Inactive"]
    result = run(server, "identity", "access-key", "create", *owner, check=False)
    assert result.returncode == 1 and "LimitExceeded" in result.stderr
    run(server, "identity", "access-key", "activate", keys["AccessKeyId"], *owner)
    arn_of(server, keys)
    run(server, "identity", "access-key", "delete", keys["AccessKeyId"], *owner, "--yes")
    run(server, "identity", "service", "delete", service, "--yes")
    for gone in (keys_of(second, "dynamodb"), forward):
        with refused("InvalidClientTokenId", status=403):
            arn_of(server, gone)


def test_a_service_of_another_account(server, tmp_path):
    run(server, "identity", "account", "create", "444455556666", "--name", "d", "--output", str(tmp_path / "d"))
    owner = ("--account", "444455556666")
    run(server, "identity", "service", "create", "sqs.amazonaws.com", *owner)
    assert "sqs" not in run(server, "identity", "service", "list").stdout
    assert "sqs" in run(server, "identity", "service", "list", *owner).stdout
    path = tmp_path / "sqs"
    run(server, "identity", "access-key", "create", "--service", "sqs.amazonaws.com", *owner, "--output", str(path))
    sts = client(server, "sts", keys_of(path, "sqs"))
    made = sts.assume_role(RoleArn="arn:aws:iam::444455556666:user/administrator", RoleSessionName="queue")
    assert made["AssumedRoleUser"]["Arn"] == "arn:aws:iam::444455556666:user/administrator"
    with refused("AccessDenied", status=403):
        sts.assume_role(RoleArn="arn:aws:iam::111122223333:user/administrator", RoleSessionName="queue")
    result = run(server, "identity", "service", "create", "sqs.amazonaws.com", "--account", "999999999999", check=False)
    assert result.returncode == 1 and "NoSuchEntity" in result.stderr


# The operator's ways out


def test_a_new_root_key_when_all_others_are_lost(own_server, tmp_path):
    server, path = own_server, tmp_path / "root"
    command = ("identity", "new-root-key", "--output", str(path))
    result = run(server, *command, "--yes", check=False)
    assert result.returncode == 1 and "another server" in result.stderr
    server.stop()
    result = run(server, *command, check=False)
    assert result.returncode == 1 and "--yes" in result.stderr and not path.exists()
    run(server, *command, "--yes")
    run(server, "identity", "new-root-key", "--output", str(tmp_path / "second"), "--yes")
    first, second = keys_of(path, "root"), keys_of(tmp_path / "second", "root")
    third = ("identity", "new-root-key", "--output", str(tmp_path / "third"), "--yes")
    result = run(server, *third, check=False)
    assert result.returncode == 1 and first["AccessKeyId"] in result.stderr
    run(server, *third, "--replacing", second["AccessKeyId"])
    server.start()
    assert arn_of(server, first) == "arn:aws:iam::111122223333:root"
    assert arn_of(server, keys_of(tmp_path / "third", "root")) == "arn:aws:iam::111122223333:root"
    with refused("InvalidClientTokenId", status=403):
        arn_of(server, second)
    records = [record for record in audit_records(server) if record["eventName"].endswith("AccessKey")]
    made = [record["eventName"] for record in records if record["userAgent"] == "strongroom identity new-root-key"]
    assert made == ["CreateAccessKey", "CreateAccessKey", "DeleteAccessKey", "CreateAccessKey"]
    for secret in (first["SecretAccessKey"], second["SecretAccessKey"]):
        assert secret not in json.dumps(records) + server.log()


def audit_records(server):
    files = sorted((server.state / "audit").glob("0*.jsonl"))
    return [json.loads(line)["record"] for path in files for line in path.read_text().splitlines()]


def test_a_policy_that_locks_everybody_out_is_reset(own_server):
    server = own_server
    kms = server.client()
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/locked", TargetKeyId=key)
    blob = kms.encrypt(KeyId=key, Plaintext=b"before")["CiphertextBlob"]
    closed = json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}]})
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=closed, BypassPolicyLockoutSafetyCheck=True)
    with refused("AccessDeniedException"):
        kms.describe_key(KeyId=key)
    result = run(server, "key", "reset-policy", key, "--yes", check=False)
    assert result.returncode == 1 and "another server" in result.stderr
    server.stop()
    result = run(server, "key", "reset-policy", "alias/nobody", "--yes", check=False)
    assert result.returncode == 1 and "alias/nobody" in result.stderr
    assert run(server, "key", "reset-policy", "alias/locked", check=False).returncode == 1
    assert key in run(server, "key", "reset-policy", "alias/locked", "--yes").stdout
    server.start()
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"before"
    assert "root" in kms.get_key_policy(KeyId=key)["Policy"]
    record = [record for record in audit_records(server) if record["eventName"] == "PutKeyPolicy"][-1]
    assert record["userAgent"] == "strongroom key reset-policy" and record["additionalEventData"]["offline"] is True
    assert record["resources"][0]["ARN"] == key
