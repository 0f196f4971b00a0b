"""`strongroom key create --hardened`: who can do what with such a key, and how it ends."""
import json

import pytest
from errors import refused
from identities import client, statement, trust
from strongroom_server import STRONGROOM
from terminal import Terminal
from test_strongroom_cli import answer, run

USER = "arn:aws:iam::111122223333:user/"


@pytest.fixture(scope="session")
def iam(server):
    return client(server, "iam")


@pytest.fixture
def name(request):
    """A name that no other test uses."""
    return "".join(c if c.isalnum() else "-" for c in request.node.name)[5:50]


@pytest.fixture
def caller(server, iam, name):
    """Makes a user, and gives a KMS client of it and its keys."""
    def make(suffix, *policies, inline=None):
        user = name[:40] + suffix
        iam.create_user(UserName=user)
        for policy in policies:
            arn = policy if policy.startswith("arn:") else f"arn:aws:iam::111122223333:policy/{policy}"
            iam.attach_user_policy(UserName=user, PolicyArn=arn)
        if inline:
            iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=inline)
        keys = iam.create_access_key(UserName=user)["AccessKey"]
        return client(server, "kms", keys), keys

    return make


ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def harden(server, name, *arguments):
    return answer(server, "key", "create", "--hardened", name, *arguments)


def can(call):
    """Whether a call goes through; anything but a refusal is a fault of the test."""
    try:
        call()
        return True
    except Exception as error:
        assert error.response["Error"]["Code"] == "AccessDeniedException", error
        return False


def test_what_is_made(server, kms, iam, name):
    made = harden(server, name, "--classification", "top secret", "--tag", "team=x", "--description", "pay",
                  "--rotation-period", "180")
    key = made["KeyMetadata"]["KeyId"]
    described = kms.describe_key(KeyId="alias/" + name)["KeyMetadata"]
    assert (described["KeyId"], described["Description"], described["KeySpec"]) == (key, "pay", "SYMMETRIC_DEFAULT")
    rotation = kms.get_key_rotation_status(KeyId=key)
    assert (rotation["KeyRotationEnabled"], rotation["RotationPeriodInDays"]) == (True, 180)
    tags = {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=key)["Tags"]}
    assert tags == {"hardened": "true", "classification": "top secret", "team": "x"}
    assert made["Administrators"] == [USER + "administrator"]
    assert made["PolicyArns"] == [
        f"arn:aws:iam::111122223333:policy/allow-{word}-{name}" for word in ("encrypt", "decrypt", "crypto")]
    for arn in made["PolicyArns"]:
        document = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"]
        assert document["Statement"][0]["Resource"] == described["Arn"]
    text = run(server, "key", "create", "--hardened", name + "-2").stdout
    assert f"alias/{name}-2" in text and "every 365 days" in text and f"allow-crypto-{name}-2" in text


def test_the_linter_has_nothing_to_object_to(server, kms, name):
    users = [client(server, "iam").create_user(UserName=name + suffix)["User"]["Arn"] for suffix in ("-a", "-b")]
    harden(server, name, "--users", *users)
    key = kms.describe_key(KeyId="alias/" + name)["KeyMetadata"]["Arn"]
    result = run(server, "policy", "lint", "--format", "json", check=False)
    findings = [each for each in json.loads(result.stdout)["findings"] if each["subject"] == key]
    assert [(each["check"], each["severity"]) for each in findings] == [("L16", "info")], "who can change the policy"


def test_the_three_policies(server, name, caller):
    harden(server, name)
    alias = "alias/" + name
    nobody, _ = caller("-no")
    crypto, _ = caller("-both", "allow-crypto-" + name)
    encrypt, _ = caller("-enc", "allow-encrypt-" + name)
    decrypt, _ = caller("-dec", "allow-decrypt-" + name)
    blob = crypto.encrypt(KeyId=alias, Plaintext=b"x")["CiphertextBlob"]
    table = {}
    for who, kms in {"nobody": nobody, "encrypt": encrypt, "decrypt": decrypt, "crypto": crypto}.items():
        table[who] = [
            can(lambda: kms.encrypt(KeyId=alias, Plaintext=b"x")),
            can(lambda: kms.generate_data_key(KeyId=alias, KeySpec="AES_256")),
            can(lambda: kms.decrypt(CiphertextBlob=blob)),
            can(lambda: kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=alias)),
            can(lambda: kms.describe_key(KeyId=alias)),
            can(lambda: kms.disable_key(KeyId=kms_id(crypto, alias))),
        ]
    assert table == {
        "nobody": [False, False, False, False, False, False],
        "encrypt": [True, True, False, False, True, False],
        "decrypt": [False, False, True, False, True, False],
        "crypto": [True, True, True, True, True, False],
    }


def kms_id(kms, alias):
    return kms.describe_key(KeyId=alias)["KeyMetadata"]["KeyId"]


def test_the_policies_are_for_their_key_alone(server, kms, name, caller, new_key):
    harden(server, name)
    crypto, _ = caller("-both", "allow-crypto-" + name)
    assert not can(lambda: crypto.encrypt(KeyId=new_key()["KeyId"], Plaintext=b"x"))


def test_an_administrator_cannot_use_the_key_and_a_user_cannot_administer_it(server, name, caller):
    """Both may do everything by their own policies, and the administrator also gives grants."""
    admin, _ = caller("-adm", ADMINISTRATOR)
    user, _ = caller("-use", ADMINISTRATOR)
    plain, _ = caller("-pl")
    me = name[:40]
    administrators, users = [USER + me + "-adm"], [USER + me + "-use", USER + me + "-pl"]
    made = harden(server, name, "--administrators", *administrators, "--users", *users)
    key = made["KeyMetadata"]["KeyId"]
    assert (made["Administrators"], made["Users"]) == (administrators, users)
    blob = plain.encrypt(KeyId=key, Plaintext=b"no policy of its own")["CiphertextBlob"]
    assert user.decrypt(CiphertextBlob=blob)["Plaintext"] == b"no policy of its own"
    for call in (
        lambda: admin.encrypt(KeyId=key, Plaintext=b"x"), lambda: admin.decrypt(CiphertextBlob=blob),
        lambda: admin.generate_data_key_without_plaintext(KeyId=key, KeySpec="AES_256"),
        lambda: admin.re_encrypt(CiphertextBlob=blob, DestinationKeyId=key),
        lambda: admin.create_grant(KeyId=key, GranteePrincipal=USER + me + "-adm", Operations=["Decrypt"]),
        lambda: user.disable_key(KeyId=key), lambda: user.disable_key_rotation(KeyId=key),
        lambda: user.put_key_policy(KeyId=key, PolicyName="default", Policy=statement("kms:*")),
        lambda: user.schedule_key_deletion(KeyId=key, PendingWindowInDays=30),
        lambda: user.update_key_description(KeyId=key, Description="x"),
        lambda: user.delete_alias(AliasName="alias/" + name),
        lambda: plain.disable_key(KeyId=key),
    ):
        assert not can(call)
    admin.disable_key(KeyId=key)
    admin.enable_key(KeyId=key)
    admin.put_key_policy(
        KeyId=key, PolicyName="default", Policy=admin.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    admin.list_grants(KeyId=key)
    admin.tag_resource(KeyId=key, Tags=[{"TagKey": "a", "TagValue": "b"}])


def test_nobody_has_it_destroyed_in_less_than_30_days(server, kms, name, caller):
    harden(server, name)
    admin, _ = caller("-adm", ADMINISTRATOR)
    key = kms_id(kms, "alias/" + name)
    for who in (kms, admin):
        for days in (7, 29):
            assert not can(lambda: who.schedule_key_deletion(KeyId=key, PendingWindowInDays=days))
    kms.schedule_key_deletion(KeyId=key)
    kms.cancel_key_deletion(KeyId=key)


# Its end


def test_a_deletion_asks_for_the_name(server, kms, name):
    harden(server, name)
    key = kms_id(kms, "alias/" + name)
    delete = ("key", "schedule-deletion", key)
    result = run(server, *delete, check=False)
    assert result.returncode == 1 and "--confirm-name" in result.stderr and name not in result.stderr
    for wrong in ("", "alias/", "payroll", name.upper()):
        result = run(server, *delete, "--confirm-name", wrong, check=False)
        assert result.returncode == 1 and "not the key's name" in result.stderr
    for reply, status in (("yes", 1), (name, 0)):
        terminal = Terminal([str(STRONGROOM), *delete, "--state", str(server.state)], server.environment)
        terminal.expect("has not been used since")
        terminal.expect("to go on: ")
        terminal.answer(reply + "\n")
        assert terminal.end() == status
        state = kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
        assert state == ("Enabled" if status else "PendingDeletion")


def test_a_deletion_tells_of_the_last_use(server, kms, name, caller):
    harden(server, name)
    crypto, _ = caller("-both", "allow-crypto-" + name)
    crypto.encrypt(KeyId="alias/" + name, Plaintext=b"x")
    key = kms_id(kms, "alias/" + name)
    result = run(server, "key", "schedule-deletion", key, "--confirm-name", "alias/" + name)
    assert "was last used on" in result.stderr and "for Encrypt" in result.stderr
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_a_hardened_key_without_an_alias_is_named_by_its_id(server, kms, name):
    harden(server, name)
    key = kms_id(kms, "alias/" + name)
    kms.delete_alias(AliasName="alias/" + name)
    result = run(server, "key", "schedule-deletion", key, "--confirm-name", name, check=False)
    assert result.returncode == 1
    run(server, "key", "schedule-deletion", key, "--confirm-name", key)


def test_any_other_key_is_not_asked_about(server, new_key):
    run(server, "key", "schedule-deletion", new_key()["KeyId"], "--days", "7")
    result = run(server, "key", "schedule-deletion", new_key()["KeyId"], "--confirm-name", "x", check=False)
    assert result.returncode == 1, "who gives a name means it"


# All or nothing


def count(kms):
    return len(kms.list_keys(Limit=1000)["Keys"])


@pytest.mark.parametrize("taken", ["alias", "policy"])
def test_nothing_is_made_when_a_name_is_taken(server, kms, iam, new_key, name, taken):
    if taken == "alias":
        kms.create_alias(AliasName="alias/" + name, TargetKeyId=new_key()["KeyId"])
    else:
        iam.create_policy(PolicyName="allow-crypto-" + name.upper(), PolicyDocument=statement("kms:*"))
    before = count(kms)
    result = run(server, "key", "create", "--hardened", name, check=False)
    assert result.returncode == 1 and "is there already" in result.stderr
    assert count(kms) == before


@pytest.mark.parametrize("arguments, said", [
    (["--hardened", "a/b"], "letters, digits"), (["--hardened", ""], "letters, digits"),
    (["--hardened", "x" * 101], "letters, digits"),
    (["--hardened", "a", "--key-spec", "RSA_2048", "--key-usage", "SIGN_VERIFY"], "symmetric"),
    (["--hardened", "a", "--origin", "external"], "symmetric"),
    (["--hardened", "a", "--rotation-period", "5"], "90 to 2560"),
    (["--hardened", "a", "--users", USER + "administrator"], "administer the key and use it"),
    (["--hardened", "a", "--users", USER + "administrator", "--administrators", USER + "x"], "change its policy again"),
    (["--hardened", "a", "--users", "arn:aws:iam::111122223333:root"], "is not the ARN of a user or role"),
    (["--hardened", "a", "--administrators", "arn:aws:sts::111122223333:assumed-role/r/s"], "is not the ARN"),
    (["--hardened", "a", "--administrators", USER + "nobody-there"], "MalformedPolicyDocumentException"),
    (["--classification", "x"], "without --hardened"), (["--users", "x"], "without --hardened"),
])
def test_a_mistake_makes_nothing(server, kms, arguments, said):
    before = count(kms)
    result = run(server, "key", "create", *arguments, check=False)
    assert result.returncode == 1 and said in result.stderr, result.stderr
    assert count(kms) == before


def create_as(server, keys, name, *arguments):
    server.environment.update(
        AWS_ACCESS_KEY_ID=keys["AccessKeyId"], AWS_SECRET_ACCESS_KEY=keys["SecretAccessKey"],
        AWS_SESSION_TOKEN=keys.get("SessionToken", ""), AWS_REGION=server.credentials["region"],
        AWS_ENDPOINT_URL=server.endpoint)
    try:
        return server.run("key", "create", "--hardened", name, *arguments, check=False)
    finally:
        for variable in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "REGION", "ENDPOINT_URL"):
            del server.environment["AWS_" + variable]


def allow_but(*denied):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": list(denied), "Resource": "*"}]})


def test_what_was_made_is_taken_back_when_a_step_fails(server, kms, iam, name, caller):
    policy = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:CreatePolicy", "Resource": "arn:aws:iam::*:policy/allow-crypto-*"}]})
    _, keys = caller("-adm", inline=policy)
    result = create_as(server, keys, name)
    assert result.returncode == 1 and "iam:CreatePolicy" in result.stderr
    for what in (f"the policy allow-decrypt-{name} is gone", f"the policy allow-encrypt-{name} is gone",
                 f"alias/{name} is gone", "will be destroyed on"):
        assert what in result.stderr
    with refused("NotFoundException"):
        kms.describe_key(KeyId="alias/" + name)
    for word in ("encrypt", "decrypt", "crypto"):
        with refused("NoSuchEntity", status=404):
            iam.get_policy(PolicyArn=f"arn:aws:iam::111122223333:policy/allow-{word}-{name}")
    key = result.stderr.split("the key ")[1].split()[0]
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_what_cannot_be_taken_back_is_told(server, kms, name, caller):
    _, keys = caller("-adm", inline=allow_but("iam:CreatePolicy", "kms:DeleteAlias"))
    result = create_as(server, keys, name)
    assert result.returncode == 1
    assert f"alias/{name} is left" in result.stderr and f"strongroom alias delete alias/{name}" in result.stderr
    assert kms.describe_key(KeyId="alias/" + name)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_a_roles_session_makes_the_role_the_administrator(server, iam, name):
    role = iam.create_role(
        RoleName=name, Path="/keys/", AssumeRolePolicyDocument=trust(USER + "administrator"))["Role"]["Arn"]
    iam.attach_role_policy(RoleName=name, PolicyArn=ADMINISTRATOR)
    session = client(server, "sts").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    result = create_as(server, session, name, "--json")
    made = json.loads(result.stdout)
    assert made["Administrators"] == [role]
    kms = client(server, "kms", session)
    assert not can(lambda: kms.encrypt(KeyId="alias/" + name, Plaintext=b"x"))
    kms.disable_key(KeyId=made["KeyMetadata"]["KeyId"])


def test_an_accounts_root_names_who_administers(server, iam, own_server, tmp_path):
    server = own_server
    server.stop()
    run(server, "identity", "new-root-key", "--yes", "--profile-name", "root")
    server.start()
    result = run(server, "key", "create", "--hardened", "a", "--profile", "root", check=False)
    assert result.returncode == 1 and "--administrators" in result.stderr
    run(server, "key", "create", "--hardened", "a", "--profile", "root", "--administrators", USER + "administrator")
