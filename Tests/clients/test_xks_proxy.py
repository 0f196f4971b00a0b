"""The XKS Proxy API over a real socket and a real token: every row of the specification, with its values and codes."""
import base64
import hashlib
import http.client
import json
import re
import shutil
import subprocess

import pytest
from xks import HEALTH, Proxy, Store, b64, integrity_value, metadata, refused


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    proxy = Proxy(tmp_path_factory.mktemp("xks") / "state").start()
    yield proxy
    proxy.close()


@pytest.fixture(scope="module")
def store(proxy):
    store = proxy.new_store("acme/payments")
    proxy.new_key("acme/payments", "both")
    proxy.new_key("acme/payments", "encrypt-only", "--use", "encrypt")
    proxy.new_key("acme/payments", "decrypt-only", "--use", "decrypt")
    proxy.new_key("acme/payments", "no-use", "--use", "none")
    return store


# Health and metadata


def test_health_tells_of_a_token_that_works(store, ready):
    ready(lambda: store.health()["ekmFleetDetails"][0]["healthStatus"] == "ACTIVE", 30, "the token is ACTIVE")
    answer = store.health()
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/json"
    assert answer["xksProxyFleetSize"] == 1 and answer["xksProxyVendor"] == "Strongroom"
    assert answer["xksProxyModel"].startswith("Strongroom ") and answer["ekmVendor"]
    assert all(member["id"] and member["model"] for member in answer["ekmFleetDetails"])


@pytest.mark.parametrize("content", [
    {}, {"requestMetadata": {}}, {"requestMetadata": {"kmsOperation": "KmsHealthCheck"}},
    {"requestMetadata": {"kmsRequestId": "1"}}, {"requestMetadata": "x"}, b"", b"not json",
])
def test_health_without_its_metadata(store, content):
    refused(store.call("/health", content), "ValidationException")


def test_metadata_of_each_kind_of_key(store):
    for key, usage in (
        ("both", ["ENCRYPT", "DECRYPT"]), ("encrypt-only", ["ENCRYPT"]), ("decrypt-only", ["DECRYPT"]), ("no-use", []),
    ):
        answer = store.key_metadata(key)
        assert answer.status == 200
        assert answer.json == {"keySpec": "AES_256", "keyUsage": usage, "keyStatus": "ENABLED"}
    refused(store.key_metadata("unknown"), "KeyNotFoundException")


# Encrypt and Decrypt


@pytest.mark.parametrize("size, aad", [(1, None), (32, b""), (32, b"a" * 300), (4096, b"b" * 8192), (4300, b"c")])
@pytest.mark.parametrize("cdiv", [False, True])
def test_what_encrypt_gives_decrypt_takes(store, size, aad, cdiv):
    plaintext = bytes(number % 251 for number in range(size))
    sealed = store.encrypt("both", plaintext, aad, cdiv)
    assert sealed.status == 200, sealed
    names = {"ciphertext", "initializationVector", "authenticationTag", "ciphertextMetadata"}
    assert set(sealed.json) == names | ({"ciphertextDataIntegrityValue"} if cdiv else set())
    assert len(sealed.bytes("ciphertext")) == size
    assert len(sealed.bytes("initializationVector")) == 12 and len(sealed.bytes("authenticationTag")) == 16
    # A format byte, and the material's number.
    assert sealed.bytes("ciphertextMetadata") == bytes([1, 0, 0, 0, 1])
    if cdiv:
        assert sealed.bytes("ciphertextDataIntegrityValue") == integrity_value(sealed, aad or b"")
    opened = store.decrypt("both", sealed, aad)
    assert opened.status == 200 and set(opened.json) == {"plaintext"}
    assert opened.bytes("plaintext") == plaintext


def test_encryption_is_never_the_same_twice(store):
    sealed = [store.encrypt("both", b"same").body for _ in range(3)]
    assert len(set(sealed)) == 3


def test_absent_additional_data_is_empty_additional_data(store):
    sealed = store.encrypt("both", b"x", None)
    assert store.decrypt("both", sealed, b"").bytes("plaintext") == b"x"
    refused(store.decrypt("both", sealed, b"y"), "InvalidCiphertextException")


def test_wrong_or_missing_additional_data(store):
    sealed = store.encrypt("both", b"x", b"right")
    for aad in (None, b"", b"wrong", b"right\0", b"righ"):
        refused(store.decrypt("both", sealed, aad), "InvalidCiphertextException")


def test_bytes_moved_between_additional_data_and_metadata(store):
    sealed = store.encrypt("both", b"x", b"abc")
    moved = sealed.bytes("ciphertextMetadata")
    refused(
        store.decrypt("both", sealed, b"abc" + moved[:1], ciphertextMetadata=b64(moved[1:])),
        "InvalidCiphertextException")


@pytest.mark.parametrize("part", ["ciphertext", "initializationVector", "authenticationTag", "ciphertextMetadata"])
def test_every_flipped_bit_and_missing_part_is_noticed(store, part):
    sealed = store.encrypt("both", b"hello")
    value = sealed.bytes(part)
    for place in {0, len(value) // 2, len(value) - 1}:
        changed = bytearray(value)
        changed[place] ^= 0x10
        refused(store.decrypt("both", sealed, **{part: b64(bytes(changed))}), "InvalidCiphertextException")
    refused(store.decrypt("both", sealed, **{part: None}), "InvalidCiphertextException")
    refused(store.decrypt("both", sealed, **{part: b64(value[:-1])}), "InvalidCiphertextException")
    refused(store.decrypt("both", sealed, **{part: "no base64"}), "ValidationException")


def test_an_iv_of_sixteen_bytes_is_a_valid_one_of_nobody(store):
    sealed = store.encrypt("both", b"x")
    refused(store.decrypt("both", sealed, initializationVector=b64(bytes(16))), "InvalidCiphertextException")
    refused(store.decrypt("both", sealed, ciphertextMetadata=b64(bytes(21))), "ValidationException")


def test_keys_for_one_use_or_none(store):
    sealed = store.encrypt("encrypt-only", b"x")
    assert sealed.status == 200
    refused(store.encrypt("encrypt-only", b"x", cdiv=True), "InvalidKeyUsageException")
    for key in ("encrypt-only", "no-use"):
        refused(store.decrypt(key, sealed), "InvalidKeyUsageException")
    for key in ("decrypt-only", "no-use"):
        refused(store.encrypt(key, b"x"), "InvalidKeyUsageException")
    refused(store.decrypt("decrypt-only", sealed), "InvalidCiphertextException")


@pytest.mark.parametrize("change", [
    {"encryptionAlgorithm": None}, {"encryptionAlgorithm": "AES_CBC"}, {"encryptionAlgorithm": 1},
    {"plaintext": None}, {"plaintext": "?"}, {"plaintext": "YQ"}, {"plaintext": 5}, {"requestMetadata": None},
    {"additionalAuthenticatedData": "_"}, {"ciphertextDataIntegrityValueAlgorithm": "SHA_512"},
    {"requestMetadata": {**metadata(), "awsPrincipalArn": None}},
    {"requestMetadata": {**metadata(), "kmsOperation": ""}}, {"requestMetadata": {**metadata(), "kmsRequestId": 7}},
    {"requestMetadata": {**metadata(), "kmsKeyArn": None}},
])
def test_encrypt_with_a_member_missing_or_wrong(store, change):
    content = {"requestMetadata": metadata(), "plaintext": "YQ==", "encryptionAlgorithm": "AES_GCM", **change}
    content = {name: value for name, value in content.items() if value is not None}
    refused(store.call("/keys/both/encrypt", content), "ValidationException")


@pytest.mark.parametrize("body", [
    b"", b"{}", b"[]", b"{", b"\xff\xfe", b'{"a":1,}', b"[" * 100_000, b'{"plaintext":"YQ==","plaintext":"YQ=="}',
    json.dumps({"requestMetadata": metadata(), "plaintext": "YQ==", "encryptionAlgorithm": "AES_GCM"}).encode("utf-16"),
])
def test_encrypt_with_what_is_no_request(store, body):
    refused(store.call("/keys/both/encrypt", body), "ValidationException")


def test_beyond_what_is_supported(store):
    assert store.encrypt("both", bytes(8192), bytes(32768)).status == 200
    refused(store.encrypt("both", bytes(8193)), "UnsupportedOperationException")
    sealed = store.encrypt("both", b"x")
    for size in (32769, 65535, 65536, 150_000):
        refused(store.encrypt("both", b"x", bytes(size)), "UnsupportedOperationException")
        refused(store.decrypt("both", sealed, bytes(size)), "UnsupportedOperationException")
    assert store.health().status == 200, "nothing of this ends the process"


def test_unknown_members_and_operations_are_no_fault(store):
    arn = "arn:aws:iam::123456789012:role/" + "a" * 2000
    more = {"awsPrincipalArn": arn, "kmsOperation": "OfNextYear", "kmsViaService": "s3", "awsSourceVpc": "vpc-1",
            "awsSourceVpce": "vpce-1", "vendorSpecific": {"deep": [1, {"a": None}]}}
    content = {"requestMetadata": {**metadata(), **more}, "plaintext": "YQ==", "encryptionAlgorithm": "AES_GCM",
               "new": [True]}
    assert store.call("/keys/both/encrypt", content).status == 200


# Paths and methods


@pytest.mark.parametrize("path", ["/health", "/keys/both/metadata", "/keys/both/encrypt", "/keys/both/decrypt"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_anything_but_post_gets_405_without_a_signature(store, path, method):
    connection = store.connect()
    connection.request(method, store.path + path)
    answer = connection.getresponse()
    assert answer.status == 405 and answer.headers["Allow"] == "POST"


@pytest.mark.parametrize("path", [
    "/keys", "/keys/both", "/keys//encrypt", "/keys/both/rotate", "/keys/bo%74h/encrypt", "/keys/both/encrypt/",
    "/keys/" + "a" * 129 + "/encrypt", "", "/", "/health?x=1", "/Health",
])
def test_paths_that_are_none(store, path):
    refused(store.call(path, HEALTH), "InvalidUriPathException")


def test_a_prefix_that_is_none(store):
    path = "/nobody/kms/xks/v1/health"
    body = json.dumps(HEALTH).encode()
    refused(store.send(path, body, store.sign(path, body)), "InvalidUriPathException")
    refused(store.send(path, body), "AuthenticationFailedException")


def test_ping_is_for_load_balancers(store):
    assert store.send("/ping", method="GET").status == 200


# Authentication


def test_signatures(store, proxy):
    path, body = store.path + "/health", json.dumps(HEALTH).encode()
    headers = store.sign(path, body)
    assert store.send(path, body, headers).status == 200
    assert "SignedHeaders=host;x-amz-date," in headers["Authorization"]
    headers = store.sign(path, body, {"Content-Type": "application/json", "X-Whatever": "a  b"})
    assert store.send(path, body, headers).status == 200
    refused(store.send(path, body, {**headers, "X-Whatever": "c"}), "AuthenticationFailedException")
    refused(store.send(path, body + b" ", headers), "AuthenticationFailedException")
    refused(store.send(path, body), "AuthenticationFailedException")
    refused(store.send(path, body, {"Authorization": "AWS4-HMAC-SHA256 nonsense"}), "AuthenticationFailedException")
    refused(store.send(path, body, store.sign(path, body, service="kms")), "AuthenticationFailedException")
    configuration = {"XksProxyUriPath": store.path}
    for id, secret, region in (
        (store.id, "x" + store.secret[1:], "us-east-1"), ("A" * 20, store.secret, "us-east-1"),
        (store.id, store.secret, "eu-west-1"),
    ):
        credential = {"AccessKeyId": id, "RawSecretAccessKey": secret}
        wrong = Store(
            store.port, {**configuration, "XksProxyAuthenticationCredential": credential}, region=region)
        refused(wrong.health(), "AuthenticationFailedException")


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not here")
@pytest.mark.parametrize("headers", [(), ("Content-Type:application/json",)])
def test_curl_signs_as_the_public_test_client_of_aws_does(store, headers):
    def curl(path, content, id=store.id, secret=store.secret, prefix=store.path):
        result = subprocess.run(
            ["curl", "--silent", f"http://localhost:{store.port}{prefix}{path}", "--aws-sigv4",
             "aws:amz:us-east-1:kms-xks-proxy", "--user", f"{id}:{secret}", "--data-binary", "@-",
             *(word for header in headers for word in ("-H", header))],
            input=json.dumps(content, indent=2).encode(), capture_output=True, timeout=30)
        return json.loads(result.stdout)

    assert curl("/health", HEALTH)["ekmFleetDetails"]
    assert curl("/health", HEALTH, id="Invalid" + store.id)["errorName"] == "AuthenticationFailedException"
    assert curl("/health", HEALTH, secret="Invalid" + store.secret)["errorName"] == "AuthenticationFailedException"
    astray = store.path.replace("/kms/xks/v1", "/invalid/kms/xks/v1")
    assert curl("/health", HEALTH, prefix=astray)["errorName"] == "InvalidUriPathException"
    content = {"requestMetadata": metadata(), "plaintext": "SGVsbG8=", "encryptionAlgorithm": "AES_GCM",
               "additionalAuthenticatedData": b64(bytes(8192))}
    sealed = curl("/keys/both/encrypt", content)
    content = {**content, **sealed}
    del content["plaintext"]
    assert curl("/keys/both/decrypt", content) == {"plaintext": "SGVsbG8="}


def test_the_credential_is_as_the_specification_wants_it(store):
    assert re.fullmatch("[A-Z2-7]{20,30}", store.id)
    assert re.fullmatch("[A-Za-z0-9/+=]{43,64}", store.secret)
    assert store.path == "/acme/payments/kms/xks/v1"


def test_a_credential_is_of_no_use_at_another_store(proxy, store):
    other = proxy.new_store("other")
    proxy.new_key("other", "both")
    path = other.path + "/keys/both/encrypt"
    body = json.dumps(
        {"requestMetadata": metadata(), "plaintext": "YQ==", "encryptionAlgorithm": "AES_GCM"}).encode()
    refused(store.send(path, body, store.sign(path, body)), "AuthenticationFailedException")
    sealed = store.encrypt("both", b"x")
    refused(other.decrypt("both", sealed), "InvalidCiphertextException")


def test_a_large_body_is_not_taken_from_strangers(store):
    connection = store.connect()
    connection.putrequest("POST", store.path + "/health")
    connection.putheader("Content-Length", str(400 << 20))
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 400 and json.loads(answer.read())["errorName"] == "ValidationException"


def test_one_connection_serves_many_requests(store):
    connection = store.connect()
    path, body = store.path + "/health", json.dumps(HEALTH).encode()
    for _ in range(5):
        connection.request("POST", path, body, store.sign(path, body))
        assert connection.getresponse().read()
    assert isinstance(connection, http.client.HTTPConnection)


# Records and metrics


def test_every_request_is_recorded_with_who_asked_aws_and_never_a_plaintext(proxy, store, ready):
    secret = b"the very secret of this test"
    sealed = store.encrypt("both", secret, b"aad of this test", kmsRequestId="request-for-the-record", kmsViaService="s3")
    store.decrypt("both", sealed, b"aad of this test")
    found = ready(
        lambda: [record for record in proxy.records() if "request-for-the-record" in json.dumps(record)], 10,
        "the record is in the log")
    record, = found
    assert record["eventName"] == "Encrypt" and record["readOnly"] is True
    parameters = record["requestParameters"]
    assert parameters["store"] == "acme/payments" and parameters["externalKeyId"] == "both"
    assert parameters["requestMetadata"]["awsPrincipalArn"].endswith("user/alice")
    assert parameters["requestMetadata"]["kmsViaService"] == "s3"
    assert record["userIdentity"]["accessKeyId"] == store.id
    assert record["additionalEventData"]["durationMicroseconds"] > 0
    assert record["resources"][0]["ARN"].startswith("arn:aws:kms:us-east-1:111122223333:key/")
    log = b"".join(file.read_bytes() for file in (proxy.server.state / "audit").glob("*.jsonl"))
    for text in (secret, base64.b64encode(secret), sealed.json["ciphertext"].encode(), store.secret.encode()):
        assert text not in log and text not in proxy.server.log().encode()
    assert hashlib.sha256(secret).hexdigest().encode() not in log
