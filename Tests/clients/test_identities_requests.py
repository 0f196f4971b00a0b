"""Requests of the query protocol that no SDK would send, and such as are not signed as they should be."""
import datetime
import re
import xml.etree.ElementTree

import botocore
import botocore.config
import pytest
from errors import refused
from identities import client, post_form
from raw_http import send

HEADERS = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
GET_CALLER = b"Action=GetCallerIdentity&Version=2011-06-15"


def error(answer) -> tuple[str, str]:
    """Code and message; and the answer is well-formed and says whose fault it is."""
    root = xml.etree.ElementTree.fromstring(answer.body)
    namespace = re.match(r"\{.*\}", root.tag)[0]
    assert root.tag == namespace + "ErrorResponse"
    assert root.findtext(f"{namespace}RequestId")
    found = root.find(f"{namespace}Error")
    assert found.findtext(f"{namespace}Type") == ("Sender" if answer.status < 500 else "Receiver")
    return found.findtext(f"{namespace}Code"), found.findtext(f"{namespace}Message")


def test_an_answer_is_xml_with_the_requests_id(server):
    answer = post_form(server, "sts", GET_CALLER)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/xml"
    root = xml.etree.ElementTree.fromstring(answer.body)
    namespace = "{https://sts.amazonaws.com/doc/2011-06-15/}"
    assert root.findtext(f"{namespace}ResponseMetadata/{namespace}RequestId") == answer.headers["x-amzn-RequestId"]


@pytest.mark.parametrize("body, expected", [
    (b"Action=GetUser&Version=2010-05-08&UserName=a&UserName=b", "MalformedQueryString"),
    (b"Action=GetUser&Version=2010-05-08&Action=DeleteUser&UserName=a", "MalformedQueryString"),
    (b"Action=GetUser&Version=2010-05-08&UserName=%zz", "MalformedQueryString"),
    (b"Action=GetUser&Version=2010-05-08&UserName=%ff", "MalformedQueryString"),
    (b"Action=GetUser&Version=2010-05-08&UserName=\xff", "MalformedQueryString"),
    (b"Action=GetUser&Version=2010-05-08&", "MalformedQueryString"),
    (b"Version=2010-05-08", "MissingAction"),
    (b"Action=GetUsers&Version=2010-05-08", "InvalidAction"),
    (b"Action=GetUser&Version=2010-05-09", "InvalidAction"),
    (b"Action=GetUser", "InvalidAction"),
    (b"", "InvalidAction"),
    (b"Action=CreateUser&Version=2010-05-08&UserName=a&Tags.member.2.Key=k&Tags.member.2.Value=", "MalformedInput"),
    (b"Action=CreateUser&Version=2010-05-08&UserName=a&Tags.member.1.Key.member.1=k", "MalformedInput"),
    (b"Action=ListUsers&Version=2010-05-08&MaxItems=ten", "MalformedInput"),
    (b"Action=ListUsers&Version=2010-05-08&MaxItems=1001", "ValidationError"),
    (b"Action=ListUsers&Version=2010-05-08&Marker=garbled", "InvalidInput"),
    (b"Action=GetUser&Version=2010-05-08&UserName=" + b"a" * 100_000, "ValidationError"),
    (b"Action=ListGroups&Version=2010-05-08", "NotImplemented"),
    (b"Action=CreateUser&Version=2010-05-08&UserName=a&" + b"&".join(b"X%d=" % n for n in range(2000)),
     "MalformedQueryString"),
], ids=lambda value: value[:60].decode(errors="replace") if isinstance(value, bytes) else value)
def test_a_bad_body_is_refused_in_words(server, body, expected):
    answer = post_form(server, "iam", body)
    code, message = error(answer)
    assert code == expected
    assert message and 400 <= answer.status < 500 and len(answer.body) < 2000


def test_a_body_beyond_a_megabyte_is_not_read(server):
    answer = post_form(server, "iam", b"Action=GetUser&Version=2010-05-08&UserName=" + b"a" * (1 << 20))
    assert answer.status == 413


def test_an_anonymous_request_misses_its_token(server):
    answer = send(server, HEADERS, GET_CALLER)
    assert (answer.status, error(answer)[0]) == (403, "MissingAuthenticationToken")


def test_an_anonymous_boto3_is_refused(server):
    with refused("MissingAuthenticationToken", status=403):
        client(server, "iam", config=botocore.config.Config(signature_version=botocore.UNSIGNED)).list_users()


def test_a_wrong_secret_is_no_signature(server):
    answer = post_form(server, "sts", GET_CALLER, secret="wrong" * 8)
    assert (answer.status, error(answer)[0]) == (403, "SignatureDoesNotMatch")
    with refused("SignatureDoesNotMatch", status=403):
        keys = {"AccessKeyId": server.credentials["aws_access_key_id"], "SecretAccessKey": "wrong" * 8}
        client(server, "sts", keys).get_caller_identity()


def test_an_unknown_access_key_is_an_invalid_token(server):
    with refused("InvalidClientTokenId", "The security token included in the request is invalid.", status=403):
        keys = {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "wrong" * 8}
        client(server, "iam", keys).list_users()


def test_an_old_signature_is_refused(server):
    past = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=16)
    answer = post_form(server, "sts", GET_CALLER, now=past)
    assert answer.status == 403
    assert error(answer)[1].startswith("Signature expired: ")


def test_a_signature_for_another_service_is_refused(server):
    for service in ("iam", "kms", "s3"):
        answer = post_form(server, service, GET_CALLER)
        assert (answer.status, error(answer)[0]) == (403, "SignatureDoesNotMatch")


def test_a_signature_may_name_the_region_that_iam_has_at_aws(server):
    assert post_form(server, "sts", GET_CALLER, region="us-east-1").status == 200
    assert post_form(server, "sts", GET_CALLER, region="mars-north-1").status == 403


def test_a_body_of_one_api_is_none_of_another(server):
    answer = send(server, {**HEADERS, "X-Amz-Target": "TrentService.ListKeys"}, GET_CALLER)
    assert answer.status == 400
    assert answer.code == "MissingAuthenticationTokenException"
