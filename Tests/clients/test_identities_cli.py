"""The AWS CLI as an administrator uses it for identities, and as a user does who works through a role."""
import json
import pathlib
import re
import subprocess
import sys
import uuid

import pytest
from identities import code, statement, trust
from strongroom_server import clean_environment


def answer(server, *arguments) -> dict:
    """What the administrator is answered."""
    return json.loads(server.aws(*arguments).stdout)


class Profile:
    """Somebody else: a user of this name, with its credentials and configuration in files of its own."""

    def __init__(self, server, folder, name: str):
        self.user = answer(server, "iam", "create-user", "--user-name", name)["User"]
        key = answer(server, "iam", "create-access-key", "--user-name", name)["AccessKey"]
        self.common = f"region = {server.credentials['region']}\nendpoint_url = {server.endpoint}\n"
        (folder / "credentials").write_text(
            f"[user]\naws_access_key_id = {key['AccessKeyId']}\naws_secret_access_key = {key['SecretAccessKey']}\n")
        self.config = folder / "config"
        self.config.write_text(f"[profile user]\n{self.common}")
        self.environment = clean_environment(
            HOME=str(folder), AWS_SHARED_CREDENTIALS_FILE=str(folder / "credentials"), AWS_PROFILE="user")
        self.environment["AWS_CONFIG_FILE"] = str(self.config)

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [pathlib.Path(sys.executable).parent / "aws", *arguments], capture_output=True, text=True, timeout=60,
            env={**self.environment, **environment},
        )

    def answer(self, *arguments: str, **environment: str) -> dict:
        result = self.run(*arguments, **environment)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)


@pytest.fixture
def name():
    return f"cli-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def profile(server, name, tmp_path):
    return Profile(server, tmp_path, name)


def test_a_user_is_made_and_may_what_its_policies_say(server, profile, name, tmp_path):
    assert profile.answer("sts", "get-caller-identity")["Arn"] == profile.user["Arn"]
    result = profile.run("kms", "list-keys")
    assert result.returncode != 0
    assert "(AccessDeniedException)" in result.stderr
    document = tmp_path / "policy.json"
    document.write_text(json.dumps(json.loads(statement("kms:ListKeys")), indent=4))
    server.aws(
        "iam", "put-user-policy", "--user-name", name, "--policy-name", "list",
        "--policy-document", f"file://{document}")
    profile.answer("kms", "list-keys")
    shown = answer(server, "iam", "get-user-policy", "--user-name", name, "--policy-name", "list")
    assert shown["PolicyDocument"] == json.loads(document.read_text())


def test_a_profile_with_a_role_assumes_it_by_itself(server, profile, name):
    role = answer(
        server, "iam", "create-role", "--role-name", name,
        "--assume-role-policy-document", trust(profile.user["Arn"]))["Role"]
    policy = answer(
        server, "iam", "create-policy", "--policy-name", name, "--policy-document", statement("kms:*"))["Policy"]
    server.aws("iam", "attach-role-policy", "--role-name", name, "--policy-arn", policy["Arn"])
    with open(profile.config, "a") as file:
        file.write(
            f"[profile role]\nrole_arn = {role['Arn']}\nsource_profile = user\nrole_session_name = by-itself\n"
            + profile.common)
    me = profile.answer("sts", "get-caller-identity", AWS_PROFILE="role")
    assert me["Arn"].endswith(f"assumed-role/{name}/by-itself")
    made = profile.answer("kms", "create-key", AWS_PROFILE="role")["KeyMetadata"]
    profile.answer("kms", "describe-key", "--key-id", made["KeyId"], AWS_PROFILE="role")
    assert "(AccessDenied)" in profile.run("iam", "list-users", AWS_PROFILE="role").stderr


def test_an_authenticator_is_set_up_with_the_cli(server, profile, name, tmp_path):
    seed = tmp_path / "seed"
    made = answer(
        server, "iam", "create-virtual-mfa-device", "--virtual-mfa-device-name", name, "--outfile", str(seed),
        "--bootstrap-method", "Base32StringSeed")["VirtualMFADevice"]
    text = seed.read_text().strip()
    assert re.fullmatch("[A-Z2-7]{32}", text)
    server.aws(
        "iam", "enable-mfa-device", "--user-name", name, "--serial-number", made["SerialNumber"],
        "--authentication-code1", code(text, -1), "--authentication-code2", code(text))
    session = profile.answer(
        "sts", "get-session-token", "--serial-number", made["SerialNumber"], "--token-code", code(text, 1),
    )["Credentials"]
    (tmp_path / "credentials").write_text(
        f"[user]\naws_access_key_id = {session['AccessKeyId']}\naws_secret_access_key = "
        f"{session['SecretAccessKey']}\naws_session_token = {session['SessionToken']}\n")
    assert profile.answer("sts", "get-caller-identity")["Arn"] == profile.user["Arn"]


def test_lists_are_paged_by_the_cli(server, name):
    for number in range(3):
        server.aws("iam", "create-user", "--user-name", f"{name}-{number}", "--path", f"/{name}/")
    users = answer(server, "iam", "list-users", "--path-prefix", f"/{name}/", "--page-size", "2")["Users"]
    assert [user["UserName"] for user in users] == [f"{name}-{number}" for number in range(3)]


def test_the_cli_shows_the_errors_message(server, name):
    result = server.aws("iam", "get-user", "--user-name", name, check=False)
    assert result.returncode != 0
    assert f"(NoSuchEntity) when calling the GetUser operation: The user with name {name} cannot be found." in (
        result.stderr)
