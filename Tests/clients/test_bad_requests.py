import base64
import uuid

import pytest
from raw_http import post, send, signed_headers


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"[]", b"null", b'"text"', b"{}{}", b'{"KeyId":}', b"{'KeyId':'x'}", b'{"KeyId":"\xff"}',
        b'{"KeyId":"\\ud800"}', b"\x00" * 64, b"[" * 100_000, b'{"a":' * 50_000,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_no_json_object_is_a_serialization_error(server, body):
    answer = post(server, "Encrypt", body)
    assert (answer.status, answer.code) == (400, "SerializationException")


@pytest.mark.parametrize("path", ["top", "inside"])
def test_a_member_given_twice_is_refused(server, key, path):
    context = '{"a":"1","a":"2"}' if path == "inside" else '{"a":"1"}'
    twice = f'"KeyId":"{key["KeyId"]}",' if path == "top" else ""
    body = f'{{{twice}"KeyId":"{key["KeyId"]}","Plaintext":"eA==","EncryptionContext":{context}}}'.encode()
    assert post(server, "Encrypt", body).code == "SerializationException"


@pytest.mark.parametrize("text", ["e", "eA=", "eA==eA==", "e A==", "eA==\n", "ä", "eB-_"])
def test_what_is_not_base64_is_a_serialization_error(server, key, text):
    answer = post(server, "Encrypt", {"KeyId": key["KeyId"], "Plaintext": text})
    assert (answer.status, answer.code) == (400, "SerializationException")


@pytest.mark.parametrize(
    "member, value",
    [
        ("KeyId", 7), ("KeyId", ["x"]), ("Plaintext", {"a": 1}), ("Plaintext", True), ("EncryptionContext", "x"),
        ("EncryptionContext", {"a": 1}), ("DryRun", "yes"), ("GrantTokens", "x"),
    ],
)
def test_a_member_of_the_wrong_type_is_a_serialization_error(server, key, member, value):
    body = {"KeyId": key["KeyId"], "Plaintext": "eA==", member: value}
    answer = post(server, "Encrypt", body)
    assert (answer.status, answer.code) == (400, "SerializationException")


def test_unknown_members_are_ignored(server, key):
    body = {"KeyId": key["KeyId"], "Plaintext": "eA==", "FromTheFuture": {"deep": [1, 2]}}
    assert post(server, "Encrypt", body).status == 200


def test_a_missing_member_is_a_validation_error_in_the_words_of_aws(server):
    answer = post(server, "Encrypt", {"Plaintext": "eA=="})
    assert answer.code == "ValidationException"
    assert answer.json["message"] == (
        "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null"
    )


def test_an_empty_plaintext_is_a_validation_error(server, key):
    answer = post(server, "Encrypt", {"KeyId": key["KeyId"], "Plaintext": ""})
    assert answer.code == "ValidationException"
    assert answer.json["message"] == (
        "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1"
    )


def test_a_ciphertext_over_6144_bytes_is_a_validation_error(server):
    blob = base64.b64encode(bytes(6145)).decode()
    assert post(server, "Decrypt", {"CiphertextBlob": blob}).code == "ValidationException"


def test_an_operation_that_aws_does_not_have_is_unknown(server):
    answer = post(server, "MakeCoffee", {})
    assert (answer.status, answer.code) == (400, "UnknownOperationException")


def test_every_answer_has_a_request_id_of_its_own(server, key):
    seen = set()
    for _ in range(10):
        headers = {name.lower(): value for name, value in post(server, "ListKeys", {}).headers.items()}
        assert headers["content-type"] == "application/x-amz-json-1.1"
        seen.add(uuid.UUID(headers["x-amzn-requestid"]))
    assert len(seen) == 10


def test_other_paths_and_methods_are_not_served(server):
    headers = signed_headers(server, "ListKeys", b"{}")
    assert send(server, headers, b"{}", path="/other").status == 404
    assert send(server, {}, b"", method="GET").status in (400, 404, 405)


def test_timestamps_are_seconds_as_a_number(server, key):
    metadata = post(server, "DescribeKey", {"KeyId": key["KeyId"]}).json["KeyMetadata"]
    assert isinstance(metadata["CreationDate"], (int, float))
