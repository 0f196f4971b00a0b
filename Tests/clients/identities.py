"""IAM and STS as clients see them: clients of any identity, and the codes of an authenticator."""
import base64
import datetime
import hashlib
import hmac
import json
import struct
import time
from unittest import mock

import boto3
import botocore.auth
import botocore.config
from answer_shapes import check_shapes
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from raw_http import send

EVERYTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


def statement(action, effect="Allow", resource="*", **more) -> str:
    """A policy of one statement."""
    return json.dumps({
        "Version": "2012-10-17",
        "Statement": [{"Effect": effect, "Action": action, "Resource": resource, **more}],
    })


def trust(*principals: str, action="sts:AssumeRole", **more) -> str:
    """A trust policy: who may assume a role."""
    return json.dumps({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": action, "Principal": {"AWS": list(principals)}, **more}],
    })


def client(server, service: str, keys: dict | None = None, **overrides):
    """A boto3 client that retries nothing. `keys` is an AccessKey of IAM or the Credentials of STS."""
    if keys is None:
        own = server.credentials
        keys = {"AccessKeyId": own["aws_access_key_id"], "SecretAccessKey": own["aws_secret_access_key"]}
    settings = {
        "aws_access_key_id": keys["AccessKeyId"],
        "aws_secret_access_key": keys["SecretAccessKey"],
        "aws_session_token": keys.get("SessionToken"),
        "region_name": server.credentials["region"],
        "endpoint_url": server.endpoint,
        "config": botocore.config.Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30),
        **overrides,
    }
    made = boto3.session.Session().client(service, **settings)
    if service in ("iam", "sts"):
        check_shapes(made)
    return made


def code(seed: str, steps: int = 0) -> str:
    """What an authenticator shows (RFC 6238: SHA-1, 30 s, six digits), some steps from now."""
    left = 30 - time.time() % 30
    if left < 3:
        # So that the server, and the test, are in the same step.
        time.sleep(left)
    counter = int(time.time()) // 30 + steps
    digest = hmac.new(base64.b32decode(seed), struct.pack(">Q", counter), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset:offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def post_form(server, service: str, body: bytes, *, secret=None, now=None, region=None):
    """A request of the query protocol with a body that no SDK would write."""
    keys = server.credentials
    request = AWSRequest(
        method="POST", url=server.endpoint + "/", data=body,
        headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
    )
    credentials = Credentials(keys["aws_access_key_id"], secret or keys["aws_secret_access_key"])
    moment = now or datetime.datetime.now(datetime.timezone.utc)
    with mock.patch.object(botocore.auth, "get_current_datetime", lambda *_, **__: moment):
        botocore.auth.SigV4Auth(credentials, service, region or keys["region"]).add_auth(request)
    return send(server, dict(request.headers.items()), body)
