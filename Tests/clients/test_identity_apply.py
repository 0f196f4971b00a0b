"""`strongroom identity apply`: a file is brought about, and a second time there is nothing to do."""
import json
import re
import textwrap

import pytest
from errors import refused
from identities import client
from strongroom_server import REPOSITORY, STRONGROOM
from terminal import Terminal
from test_strongroom_cli import run

NOTHING = "Everything is as it should be."


@pytest.fixture(scope="session")
def iam(server):
    return client(server, "iam")


@pytest.fixture
def apply(server, tmp_path):
    """Applies a text, and gives the result."""
    path = tmp_path / "identities.yaml"

    def apply(text, *arguments, check=True):
        path.write_text(textwrap.dedent(text))
        return run(server, "identity", "apply", str(path), *arguments, check=check)

    return apply


def settle(apply, text, *arguments):
    """Applies a text, after which there has to be nothing to do any more; what the first time said."""
    dry = apply(text, "--dry-run", *arguments, check=False)
    assert dry.returncode == 2, dry.stdout + dry.stderr
    done = apply(text, "--yes", *arguments)
    assert done.stdout == dry.stdout, "what would be done is what is done"
    again = apply(text, "--dry-run", *arguments)
    assert (again.returncode, again.stdout.strip()) == (0, NOTHING)
    assert apply(text, *arguments).stdout.strip() == NOTHING
    return done.stdout


def test_the_example_of_the_documentation(own_server, tmp_path):
    text = (REPOSITORY / "docs/identities.md").read_text()
    path = tmp_path / "identities.yaml"
    path.write_text(re.search(r"```yaml\n(.*?)```", text, re.DOTALL)[1])
    command = ("identity", "apply", str(path))
    dry = run(own_server, *command, "--dry-run", check=False)
    assert dry.returncode == 2
    shown = re.search(r"identities\.yaml --dry-run --state DIR\n(.*?)…", text, re.DOTALL)[1]
    assert dry.stdout.startswith(shown)
    assert run(own_server, *command).stdout == dry.stdout
    assert run(own_server, *command, "--prune").stdout.strip() == NOTHING
    iam = client(own_server, "iam")
    ann = iam.get_user(UserName="ann")["User"]
    assert ann["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith("policy/limit")
    assert {tag["Key"]: tag["Value"] for tag in ann["Tags"]} == {"team": "finance", "managed-by": "strongroom-apply"}
    role = iam.get_role(RoleName="payroll-app")["Role"]
    assert (role["MaxSessionDuration"], role["Description"]) == (7200, "The payroll application")
    assert role["AssumeRolePolicyDocument"]["Statement"]["Principal"] == {"AWS": ann["Arn"]}
    document = iam.get_user_policy(UserName="ben", PolicyName="look")["PolicyDocument"]
    assert (document["Version"], document["Statement"]["Action"]) == ("2012-10-17", ["kms:List*", "kms:Describe*"])
    assert "ec2.amazonaws.com" in run(own_server, "identity", "service", "list").stdout


def test_what_is_declared_is_made_so_whole(server, apply, iam):
    settle(apply, """
        users:
          whole-ann:
            path: /a/
            tags: {Team: x, keep: k, gone: g}
            policies: [IAMReadOnlyAccess, AWSKeyManagementServicePowerUser]
            boundary: AdministratorAccess
            inline:
              one: {Version: 2012-10-17, Statement: {Effect: Allow, Action: "kms:List*", Resource: "*"}}
              two: {Version: 2012-10-17, Statement: {Effect: Allow, Action: "kms:Get*", Resource: "*"}}
        """)
    iam.attach_user_policy(UserName="whole-ann", PolicyArn="arn:aws:iam::aws:policy/IAMFullAccess")
    said = settle(apply, """
        users:
          whole-ann:
            path: /b/
            tags: {team: y, keep: k}
            policies: [arn:aws:iam::aws:policy/IAMReadOnlyAccess]
            inline:
              one: '{"Version": "2012-10-17",
                     "Statement": {"Resource": "*", "Effect": "Allow", "Action": "kms:List*"}}'
              two: {Version: 2012-10-17, Statement: {Effect: Allow, Action: "kms:Describe*", Resource: "*"}}
              three: {Version: 2012-10-17, Statement: {Effect: Deny, Action: "kms:Get*", Resource: "*"}}
        """)
    assert said.splitlines() == [
        "~ user whole-ann", "    ~ path: /a/ → /b/", "    - tag Team", "    - tag gone", "    + tag team: y",
        "    - boundary arn:aws:iam::aws:policy/AdministratorAccess",
        "    - attached arn:aws:iam::aws:policy/AWSKeyManagementServicePowerUser",
        "    - attached arn:aws:iam::aws:policy/IAMFullAccess", "    + inline three", "    ~ inline two",
    ]
    user = iam.get_user(UserName="whole-ann")["User"]
    assert user["Path"] == "/b/" and "PermissionsBoundary" not in user
    attached = iam.list_attached_user_policies(UserName="whole-ann")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["IAMReadOnlyAccess"]


def test_an_identity_that_is_there_is_taken_over(server, apply, iam):
    iam.create_user(UserName="taken-over")
    assert settle(apply, "users: {taken-over: {}}").splitlines() == [
        "~ user taken-over", "    + tag managed-by: strongroom-apply"]


def test_a_policy_of_many_versions(server, apply, iam):
    text = "policies: {many-versions: {path: /p/, document: {Version: 2012-10-17, Statement: " \
        "{Effect: Allow, Action: \"kms:%s\", Resource: \"*\"}}}}"
    for action in ("A*", "B*", "C*", "D*", "E*", "F*", "G*"):
        settle(apply, text % action)
    arn = "arn:aws:iam::111122223333:policy/p/many-versions"
    assert [version["VersionId"] for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]] \
        == ["v7", "v6", "v5", "v4", "v3"]
    for change, what in (("path: /q/", "path"), ("path: /p/, description: other", "description")):
        result = apply((text % "G*").replace("path: /p/", change), check=False)
        assert result.returncode == 1 and f"the {what} of the policy many-versions" in result.stderr


def test_roles_that_trust_each_other_and_themselves(server, apply, iam):
    role = "arn:aws:iam::111122223333:role/circle-"
    text = f"""
        roles:
          circle-a:
            trust: &trust
              Version: 2012-10-17
              Statement: {{Effect: Allow, Action: sts:AssumeRole, Principal: {{AWS: ["{role}a", "{role}b"]}}}}
          circle-b: {{trust: *trust}}
        """
    settle(apply, text)
    for name in ("circle-a", "circle-b"):
        trusted = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]["Statement"]["Principal"]["AWS"]
        assert trusted == [role + "a", role + "b"]


def test_what_the_file_no_longer_has_goes_only_when_it_is_said(server, apply, iam, tmp_path):
    document = "{Version: 2012-10-17, Statement: {Effect: Allow, Action: \"kms:*\", Resource: \"*\"}}"
    trust = "{Version: 2012-10-17, Statement: {Effect: Allow, Action: sts:AssumeRole, Principal: {AWS: 111122223333}}}"
    full = f"""
        scope: prune
        policies: {{prune-policy: {{document: {document}}}}}
        users:
          prune-stays: {{}}
          prune-goes: {{policies: [prune-policy], inline: {{own: {document}}}}}
        roles: {{prune-role: {{trust: {trust}, policies: [prune-policy]}}}}
        """
    settle(apply, full)
    run(server, "identity", "access-key", "create", "--user", "prune-goes", "--output", str(tmp_path / "keys"))
    iam.create_user(UserName="prune-unmarked")
    iam.create_user(UserName="prune-other", Tags=[{"Key": "managed-by", "Value": "strongroom-apply"}])
    less = "{scope: prune, users: {prune-stays: {}}}"
    assert apply(less).stdout.strip() == NOTHING
    result = apply(less, "--prune", check=False)
    assert result.returncode == 1 and "--yes" in result.stderr
    assert result.stdout.splitlines() == ["- user prune-goes", "- role prune-role", "- policy prune-policy"]
    iam.get_user(UserName="prune-goes")
    settle(apply, less, "--prune")
    for gone in ({"UserName": "prune-goes"},):
        with refused("NoSuchEntity", status=404):
            iam.get_user(**gone)
    with refused("NoSuchEntity", status=404):
        iam.get_policy(PolicyArn="arn:aws:iam::111122223333:policy/prune-policy")
    for stays in ("prune-stays", "prune-unmarked", "prune-other", "administrator"):
        iam.get_user(UserName=stays)


def test_a_person_is_asked_before_anything_is_taken_away(server, apply, iam, tmp_path):
    apply("users: {asked: {tags: {a: b}}}")
    (tmp_path / "less.yaml").write_text("users: {asked: {}}")
    for reply, status in (("no", 1), ("yes", 0)):
        terminal = Terminal(
            [str(STRONGROOM), "identity", "apply", str(tmp_path / "less.yaml"), "--state", str(server.state)],
            server.environment)
        terminal.expect("- tag a")
        terminal.expect("Type yes to go on: ")
        terminal.answer(reply + "\n")
        assert terminal.end() == status
        tags = [tag["Key"] for tag in iam.list_user_tags(UserName="asked")["Tags"]]
        assert ("a" in tags) == (reply == "no")


def test_nobody_deletes_oneself(own_server, tmp_path):
    iam = client(own_server, "iam")
    iam.tag_user(UserName="administrator", Tags=[{"Key": "managed-by", "Value": "strongroom-apply"}])
    path = tmp_path / "identities.yaml"
    path.write_text("users: {}")
    result = run(own_server, "identity", "apply", str(path), "--prune", "--yes", check=False)
    assert result.returncode == 1 and "as whom you call" in result.stderr
    iam.get_user(UserName="administrator")


def test_what_cannot_be_made_is_told_and_the_rest_goes_on_the_next_time(server, apply, iam):
    text = """
        users: {half-a: {}, half-b: {inline: {own: {Version: 2012-10-17, Statement:
          {Effect: Allow, Action: "kms:*", Resource: "%s"}}}}}
        """
    result = apply(text % ("arn:aws:kms:*:*:key/" + "x" * 3000), check=False)
    assert result.returncode == 1 and "LimitExceeded" in result.stderr
    assert "1 of 2 steps were done; this one failed: + user half-b" in result.stderr
    assert apply(text % "*").stdout.splitlines() == ["~ user half-b", "    + inline own"]


def test_json_for_programs(server, apply):
    changes = json.loads(apply("users: {as-json: {tags: {a: b}}}", "--dry-run", "--json", check=False).stdout)
    assert changes == {"Applied": False, "Changes": [{"Change": "add", "Subject": "user as-json", "Details": []}]}


def test_the_standard_input(server):
    result = run(server, "identity", "apply", "-", check=False)
    assert result.returncode == 1 and "standard input is empty" in result.stderr


@pytest.mark.parametrize("text, line, said", [
    ("users:\n  x:\n    polcies: [a]\n", 3, "users.x.polcies: there is no such field"),
    ("user:\n  x: {}\n", 2, "user: there is no such field"),
    ("users:\n  x: {trust: {}}\n", 2, "users.x.trust: there is no such field"),
    ("users: [x]\n", 1, "users: names with values were expected"),
    ("users:\n  x: {policies: a}\n", 2, "a list was expected"),
    ("users:\n  x: {policies: [a, a]}\n", 2, "a is in the list already"),
    ("users:\n  x: {}\n  x: {}\n", 2, "x is there more than once"),
    ("users:\n  x: {tags: {Managed-By: me}}\n", 2, "managed-by is the tag"),
    ("roles:\n  x: {}\n", 2, "the trust policy is missing"),
    ("roles:\n  x:\n    maxSessionDuration: long\n    trust: {Version: 2012-10-17, Statement: {Effect: Allow, "
     "Action: sts:AssumeRole, Principal: {AWS: \"111122223333\"}}}", 3, "a number was expected"),
    ("roles:\n  x:\n    trust: {Version: 2012-10-17, Statement: {Effect: Maybe}}\n", 3, "this is no policy"),
    ("policies:\n  x: {path: /a/}\n", 2, "the document is missing"),
    ("policies:\n  x: {document: not JSON}\n", 2, "this is no policy"),
    ("users:\n  x: [\n", 3, "did not find expected node content"),
    ("", None, "is empty"),
])
def test_a_mistake_is_told_with_its_line(apply, text, line, said):
    result = apply(text, check=False)
    assert result.returncode == 1 and said in result.stderr, result.stderr
    assert line is None or f"identities.yaml, line {line}: " in result.stderr, result.stderr


def test_a_policy_that_nobody_has(apply):
    result = apply("users: {x: {policies: [nobody-has-it]}}", check=False)
    assert result.returncode == 1 and "the user x shall have the policy nobody-has-it" in result.stderr
