"""Terraform with AWS's provider: everything that an application needs, from nothing to nothing."""
import json
import os
import pathlib
import shutil
import subprocess
import uuid

import pytest
from errors import refused
from identities import client
from strongroom_server import clean_environment

CONFIGURATION = pathlib.Path(__file__).parent / "terraform"
# A folder of providers as `terraform providers mirror` makes it: nothing is fetched.
PLUGINS = pathlib.Path(os.environ.get("TERRAFORM_PLUGINS", "/opt/tf-plugins"))
PROVIDER = PLUGINS / "registry.terraform.io/hashicorp/aws/5.100.0"

pytestmark = [
    pytest.mark.skipif(not shutil.which("terraform"), reason="terraform is not on the PATH"),
    pytest.mark.skipif(
        not PROVIDER.exists(), reason=f"the provider hashicorp/aws 5.100.0 is not in {PLUGINS} (TERRAFORM_PLUGINS)"),
]


class Terraform:
    """A working folder with some of the files of terraform/, and a caller."""

    def __init__(self, folder: pathlib.Path, server, keys: dict, *files: str):
        self.folder = folder
        folder.mkdir()
        for name in ("provider.tf", *files):
            shutil.copy(CONFIGURATION / name, folder)
        settings = folder / "terraform.rc"
        settings.write_text(
            f'provider_installation {{\n  filesystem_mirror {{\n    path = "{PLUGINS}"\n  }}\n}}\n'
            "disable_checkpoint = true\n")
        self.environment = clean_environment(
            HOME=str(folder), TF_CLI_CONFIG_FILE=str(settings), TF_IN_AUTOMATION="1", TF_INPUT="0",
            TF_VAR_endpoint=server.endpoint, AWS_REGION=server.credentials["region"],
            AWS_ACCESS_KEY_ID=keys["AccessKeyId"], AWS_SECRET_ACCESS_KEY=keys["SecretAccessKey"],
        )
        self.run("init")

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        result = subprocess.run(
            ["terraform", *arguments, "-no-color"], cwd=self.folder, env=self.environment, capture_output=True,
            text=True, timeout=300, stdin=subprocess.DEVNULL,
        )
        if check:
            assert result.returncode == 0, f"terraform {' '.join(arguments)}:\n{result.stdout}{result.stderr}"
        return result

    def plan(self, *settings: str) -> list[str]:
        """What would be done, and to what; `apply` does it."""
        told = [json.loads(line) for line in self.run("plan", "-json", "-out=plan", *settings).stdout.splitlines()]
        changes = [each["change"] for each in told if each["type"] == "planned_change"]
        return sorted(f"{each['action']} {each['resource']['addr']}" for each in changes if each["action"] != "read")

    def apply(self) -> None:
        self.run("apply", "plan")

    def outputs(self) -> dict:
        return {name: output["value"] for name, output in json.loads(self.run("output", "-json").stdout).items()}


@pytest.fixture
def administrator(server):
    keys = server.credentials
    return {"AccessKeyId": keys["aws_access_key_id"], "SecretAccessKey": keys["aws_secret_access_key"]}


def test_an_application_from_nothing_to_nothing(server, administrator, tmp_path):
    terraform = Terraform(tmp_path / "application", server, administrator, "application.tf")
    planned = terraform.plan()
    assert planned and all(change.startswith("create ") for change in planned)
    terraform.apply()
    assert terraform.plan() == [], "what was made is what was asked for"
    made = terraform.outputs()
    check_that_it_works(server, made)

    # All of these can be changed where they are; what is made anew would lose its key material or its secret.
    anew = [
        "-var=description=changed", "-var=team=red", '-var=actions=["kms:Encrypt","kms:DescribeKey"]',
        "-var=path=/moved/", "-var=key_status=Inactive", "-var=bounded=false",
    ]
    assert terraform.plan(*anew) == [
        "update aws_iam_access_key.application", "update aws_iam_policy.use", "update aws_iam_role.application",
        "update aws_iam_user.application", "update aws_kms_key.application",
    ]
    terraform.apply()
    assert terraform.plan(*anew) == []
    after = terraform.outputs()
    assert (after["key_arn"], after["access_key_id"]) == (made["key_arn"], made["access_key_id"])
    with refused("UnrecognizedClientException"):
        client(server, "kms", keys_of(made)).list_keys()
    iam = client(server, "iam")
    assert iam.get_user(UserName="tf-application")["User"]["Path"] == "/moved/"
    assert iam.list_user_tags(UserName="tf-application")["Tags"] == [{"Key": "team", "Value": "red"}]

    # What nobody told Terraform of, but `force_destroy` removes.
    iam.create_access_key(UserName="tf-application")
    terraform.run("destroy", "-auto-approve", *anew)
    with refused("NoSuchEntity", status=404):
        iam.get_user(UserName="tf-application")
    with refused("NoSuchEntity", status=404):
        iam.get_role(RoleName="tf-application")
    assert not [policy for policy in iam.list_policies(Scope="Local")["Policies"] if policy["PolicyName"] == "tf-use"]
    key = client(server, "kms").describe_key(KeyId=made["key_arn"])["KeyMetadata"]
    assert key["KeyState"] == "PendingDeletion"


def keys_of(made: dict) -> dict:
    return {"AccessKeyId": made["access_key_id"], "SecretAccessKey": made["secret_access_key"]}


def check_that_it_works(server, made: dict) -> None:
    """The user may do nothing with the key but through the role, and the auditor what the grant says."""
    keys = keys_of(made)
    with refused("AccessDeniedException"):
        client(server, "kms", keys).encrypt(KeyId="alias/tf-application", Plaintext=b"x")
    role = client(server, "sts", keys).assume_role(RoleArn=made["role_arn"], RoleSessionName="terraform")
    kms = client(server, "kms", role["Credentials"])
    blob = kms.encrypt(KeyId="alias/tf-application", Plaintext=b"of the application")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"of the application"
    grants = client(server, "kms").list_grants(KeyId=made["key_arn"])["Grants"]
    assert [(grant["Name"], grant["GranteePrincipal"]) for grant in grants] == [("auditor", made["auditor_arn"])]
    iam = client(server, "iam")
    auditor = iam.create_access_key(UserName="tf-auditor")["AccessKey"]
    granted = client(server, "kms", auditor)
    granted.encrypt(KeyId=made["key_arn"], Plaintext=b"x", EncryptionContext={"purpose": "audit"})
    with refused("AccessDeniedException"):
        granted.encrypt(KeyId=made["key_arn"], Plaintext=b"x")
    client(server, "iam", auditor).list_users()
    iam.delete_access_key(UserName="tf-auditor", AccessKeyId=auditor["AccessKeyId"])


def test_a_user_without_rights_makes_nothing(server, tmp_path):
    iam = client(server, "iam")
    name = f"tf-{uuid.uuid4()}"
    iam.create_user(UserName=name)
    keys = iam.create_access_key(UserName=name)["AccessKey"]
    terraform = Terraform(tmp_path / "refused", server, keys, "refused.tf")
    result = terraform.run("apply", "-auto-approve", f"-var=name={name}-x", check=False)
    assert result.returncode != 0
    assert "AccessDenied" in result.stderr
    assert f"user/{name} is not authorized to perform: iam:CreateUser" in " ".join(result.stderr.split())
    with refused("NoSuchEntity", status=404):
        iam.get_user(UserName=f"{name}-x")
