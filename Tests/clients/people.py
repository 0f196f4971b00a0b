"""Users of a server's accounts, for tests of what they may do."""
import json
import uuid
import xml.etree.ElementTree as xml

from identities import client, post_form


def document(*statements: dict) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions, resources="*", **more) -> dict:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def allow_all_but(actions) -> dict:
    return {"Effect": "Allow", "NotAction": actions, "Resource": "*"}


def deny(actions, resources="*", **more) -> dict:
    return {"Effect": "Deny", "Action": actions, "Resource": resources, **more}


def to(principals, statement: dict) -> dict:
    """A statement of a key policy."""
    return {**statement, "Principal": {"AWS": principals}}


class Account:
    """An account of the server, and somebody who may do everything in it."""

    def __init__(self, server, keys: dict | None = None):
        self.server = server
        self.iam, self.kms = client(server, "iam", keys), client(server, "kms", keys)
        self.number = client(server, "sts", keys).get_caller_identity()["Account"]
        self.root = f"arn:aws:iam::{self.number}:root"

    @classmethod
    def new(cls, server) -> "Account":
        number = f"{uuid.uuid4().int % 10**12:012}"
        body = f"Action=CreateAccount&Version=2010-05-08&AccountId={number}&AccountName=other"
        answer = post_form(server, "iam", body.encode())
        assert answer.status == 200, answer.body
        members = {element.tag.partition("}")[2]: element.text for element in xml.fromstring(answer.body).iter()}
        return cls(server, members)

    def user(self, name: str) -> "Person":
        """A user whose name no other test has."""
        return Person(self, f"{name}-{uuid.uuid4().hex[:12]}")

    def delegation(self) -> dict:
        """The default key policy's statement."""
        return to(self.root, allow("kms:*"))


class Person:
    """A user who has an access key, and may do nothing until a policy says so."""

    def __init__(self, account: Account, name: str, **parameters):
        self.account, self.name = account, name
        made = account.iam.create_user(UserName=name, **parameters)["User"]
        self.arn, self.unique_id = made["Arn"], made["UserId"]
        self.keys = account.iam.create_access_key(UserName=name)["AccessKey"]
        self.kms = client(account.server, "kms", self.keys)

    def may(self, *statements: dict) -> "Person":
        """Gives the user one identity policy, in the place of the one before."""
        self.account.iam.put_user_policy(
            UserName=self.name, PolicyName="test", PolicyDocument=document(*statements))
        return self

    def limit(self, *statements: dict) -> None:
        """Gives the user a permissions boundary."""
        iam = self.account.iam
        policy = iam.create_policy(PolicyName=uuid.uuid4().hex, PolicyDocument=document(*statements))["Policy"]
        iam.put_user_permissions_boundary(UserName=self.name, PermissionsBoundary=policy["Arn"])

    def delete(self) -> None:
        iam = self.account.iam
        for policy in iam.list_user_policies(UserName=self.name)["PolicyNames"]:
            iam.delete_user_policy(UserName=self.name, PolicyName=policy)
        iam.delete_access_key(UserName=self.name, AccessKeyId=self.keys["AccessKeyId"])
        iam.delete_user(UserName=self.name)
