"""Requests that no SDK would send: signed by botocore's own signer, sent byte for byte."""
import dataclasses
import datetime
import http.client
import json
from unittest import mock

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def json(self) -> dict:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return self.json["__type"]


def signed_headers(server, operation: str, body: bytes, *, now=None, secret=None, access_key=None, region=None) -> dict:
    keys = server.credentials
    request = AWSRequest(
        method="POST", url=server.endpoint + "/", data=body,
        headers={"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"TrentService.{operation}"},
    )
    credentials = Credentials(access_key or keys["aws_access_key_id"], secret or keys["aws_secret_access_key"])
    moment = now or datetime.datetime.now(datetime.timezone.utc)
    with mock.patch.object(botocore.auth, "get_current_datetime", lambda *_, **__: moment):
        botocore.auth.SigV4Auth(credentials, "kms", region or keys["region"]).add_auth(request)
    return dict(request.headers.items())


def send(server, headers: dict, body: bytes, *, path: str = "/", method: str = "POST") -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


def post(server, operation: str, body, **signing) -> Answer:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return send(server, signed_headers(server, operation, data, **signing), data)
