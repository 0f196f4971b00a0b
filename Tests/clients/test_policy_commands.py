"""`strongroom policy`: warnings about a server's keys and policies, and decisions explained."""
import json

from test_strongroom_cli import run


def lint(server, *arguments, check=False):
    result = run(server, "policy", "lint", "--format", "json", *arguments, check=check)
    assert result.returncode in (0, 1), result.stderr
    return result.returncode, json.loads(result.stdout)


def findings(report, key, check):
    return [each for each in report["findings"] if each["subject"] == key["Arn"] and each["check"] == check]


def policy_of(key, *statements):
    root = {
        "Sid": "Root", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{key['AWSAccountId']}:root"},
        "Action": "kms:*", "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [root, *statements]})


def test_every_key_of_a_server_is_linted(own_server):
    server, kms = own_server, own_server.client()
    status, report = lint(server)
    assert status == 0 and report == {"checked": [], "findings": []}

    plain, rotated, public, ending = (kms.create_key()["KeyMetadata"] for _ in range(4))
    signing = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    kms.enable_key_rotation(KeyId=rotated["KeyId"])
    status, report = lint(server)
    assert status == 0
    assert set(report["checked"]) == {each["Arn"] for each in (plain, rotated, public, ending, signing)}
    assert findings(report, plain, "L17") and not findings(report, rotated, "L17")
    assert not findings(report, signing, "L17"), "key pairs cannot be rotated"
    assert [each["severity"] for each in findings(report, plain, "L16")] == ["info"]

    kms.encrypt(KeyId=ending["KeyId"], Plaintext=b"used")
    kms.schedule_key_deletion(KeyId=ending["KeyId"], PendingWindowInDays=7)
    kms.create_alias(AliasName="alias/open", TargetKeyId=public["KeyId"])
    kms.put_key_policy(
        KeyId=public["KeyId"],
        Policy=policy_of(public, {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}))
    status, report = lint(server)
    assert status == 1
    [finding] = findings(report, public, "L1")
    assert finding["severity"] == "critical" and finding["path"].startswith("Statement[1]")
    [finding] = findings(report, ending, "L18")
    assert finding["severity"] == "high" and "cancel-deletion" in finding["remedy"]
    text = run(server, "policy", "lint", check=False).stdout
    assert f"{public['Arn']} (alias/open): policy, Statement[1].Principal: critical: " in text

    sarif = json.loads(run(server, "policy", "lint", "--format", "sarif", check=False).stdout)
    assert sarif["version"] == "2.1.0" and {each["ruleId"] for each in sarif["runs"][0]["results"]} >= {"L1", "L18"}
    assert lint(server, "--fail-on", "critical")[0] == 1


def test_grants_are_linted(server, kms, new_key):
    key = new_key()
    root = f"arn:aws:iam::{key['AWSAccountId']}:root"
    grant = kms.create_grant(KeyId=key["KeyId"], GranteePrincipal=root, Operations=["Encrypt"])["GrantId"]
    _, report = lint(server)
    assert [each["grant"] for each in findings(report, key, "L13")] == [grant]


def test_files_are_linted_without_a_server(server, tmp_path):
    good, broken = tmp_path / "good.json", tmp_path / "broken.json"
    good.write_text(policy_of({"AWSAccountId": "111122223333"}))
    broken.write_text("{\n  \"Statement\": [}")
    assert server.run("policy", "lint", str(good)).returncode == 0
    result = server.run("policy", "lint", str(good), str(broken), check=False)
    assert result.returncode == 1 and f"{broken}:2:" in result.stdout and "[L0]" in result.stdout
    result = server.run("policy", "lint", str(tmp_path / "missing.json"), check=False)
    assert result.returncode == 1 and "hint: " in result.stderr


def explain(server, principal, action, *arguments):
    result = run(
        server, "policy", "explain", "--principal", principal, "--action", action, *arguments, "--json", check=False)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_a_decision_is_explained_as_the_server_decides(server, kms, new_key):
    key = new_key()
    account = key["AWSAccountId"]
    administrator = f"arn:aws:iam::{account}:user/administrator"
    kms.put_key_policy(
        KeyId=key["KeyId"],
        Policy=policy_of(
            key,
            {
                "Sid": "Finance", "Effect": "Deny", "Principal": "*", "Action": "kms:Encrypt", "Resource": "*",
                "Condition": {"StringNotEquals": {"kms:EncryptionContext:department": "finance"}},
            }))

    explained = explain(server, administrator, "kms:Decrypt", "--key", key["KeyId"])
    assert explained["allowed"] and explained["decisions"][0]["resource"] == key["Arn"]

    explained = explain(server, administrator, "kms:Encrypt", "--key", key["Arn"])
    [decision] = explained["decisions"]
    assert not explained["allowed"] and decision["decision"] == "explicitDeny"
    assert (decision["policy"], decision["statement"], decision["sid"]) == ("the key policy", 1, "Finance")
    assert "kms:EncryptionContext:department" in decision["keysWithoutValue"]
    try:
        kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")
        raise AssertionError("the server decides otherwise")
    except kms.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDeniedException"

    pair = ("--encryption-context", "department=finance")
    assert explain(server, administrator, "kms:Encrypt", "--key", key["Arn"], *pair)["allowed"]
    kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", EncryptionContext={"department": "finance"})

    result = run(
        server, "policy", "explain", "--principal", f"arn:aws:iam::{account}:user/nobody", "--action", "kms:Decrypt",
        "--key", key["KeyId"], check=False)
    assert result.returncode == 1 and "nobody" in result.stderr
