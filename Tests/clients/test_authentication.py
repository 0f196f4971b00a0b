import datetime
import json

import botocore
import botocore.config
import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from errors import refused
from raw_http import post, send, signed_headers

HEADERS = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "TrentService.ListKeys"}


def minutes_from_now(minutes: float) -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)


def test_an_anonymous_request_misses_its_token(server):
    answer = send(server, HEADERS, b"{}")
    assert (answer.status, answer.code) == (400, "MissingAuthenticationTokenException")
    assert answer.json["message"] == "Missing Authentication Token"


def test_an_anonymous_boto3_is_refused(server):
    with refused("MissingAuthenticationTokenException"):
        server.client(config=botocore.config.Config(signature_version=botocore.UNSIGNED)).list_keys()


def test_a_wrong_secret_is_an_invalid_signature(server):
    with refused("InvalidSignatureException"):
        server.client(aws_secret_access_key="wrong" * 8).list_keys()


def test_an_unknown_access_key_is_an_unrecognized_client(server):
    with refused("UnrecognizedClientException", "The security token included in the request is invalid."):
        server.client(aws_access_key_id="AKIAIOSFODNN7EXAMPLE").list_keys()


def test_a_session_token_that_nobody_issued_is_refused(server):
    with refused("UnrecognizedClientException"):
        server.client(aws_session_token="made up").list_keys()


@pytest.mark.parametrize("minutes", [-14, 14])
def test_a_clock_may_be_wrong_by_fourteen_minutes(server, minutes):
    assert post(server, "ListKeys", {}, now=minutes_from_now(minutes)).status == 200


@pytest.mark.parametrize("minutes, beginning", [(-16, "Signature expired: "), (16, "Signature not yet current: ")])
def test_a_signature_is_good_for_fifteen_minutes(server, minutes, beginning):
    answer = post(server, "ListKeys", {}, now=minutes_from_now(minutes))
    assert (answer.status, answer.code) == (400, "InvalidSignatureException")
    assert answer.json["message"].startswith(beginning)


def test_a_signature_for_another_body_is_refused(server):
    headers = signed_headers(server, "ListKeys", b"{}")
    assert send(server, headers, b'{"Limit":1}').code == "InvalidSignatureException"


def test_a_signature_for_another_operation_is_refused(server):
    headers = signed_headers(server, "ListKeys", b"{}")
    headers["X-Amz-Target"] = "TrentService.CreateKey"
    assert send(server, headers, b"{}").code == "InvalidSignatureException"


def test_a_broken_authorization_header_is_an_incomplete_signature(server):
    for value in ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=x", "AWS4-HMAC-SHA256 " + "," * 1000):
        headers = {**signed_headers(server, "ListKeys", b"{}"), "Authorization": value}
        assert send(server, headers, b"{}").code == "IncompleteSignatureException"


def test_a_presigned_request_is_refused(server):
    keys = server.credentials
    request = AWSRequest("POST", server.endpoint + "/", data=b"{}", headers=HEADERS)
    credentials = Credentials(keys["aws_access_key_id"], keys["aws_secret_access_key"])
    SigV4QueryAuth(credentials, "kms", keys["region"], expires=60).add_auth(request)
    answer = send(server, HEADERS, b"{}", path=request.url.removeprefix(server.endpoint))
    assert answer.status == 400
    assert answer.code in ("IncompleteSignatureException", "MissingAuthenticationTokenException")


def test_health_checks_are_open_and_say_nothing_else(server):
    for path in ("/healthz", "/readyz"):
        answer = send(server, {}, b"", path=path, method="GET")
        assert answer.status == 200
        assert len(answer.body) < 100
        assert b"token" not in answer.body.lower()


def test_no_error_tells_the_signature_that_would_have_been_right(server):
    answer = post(server, "ListKeys", {}, secret="wrong" * 8)
    assert set(answer.json) <= {"__type", "message"}
    assert len(json.dumps(answer.json)) < 500
