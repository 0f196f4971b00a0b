"""A client of the XKS Proxy API as AWS KMS is one, written from the specification (aws-kms-xksproxy-api-spec 1.0.3)."""
import base64
import hashlib
import http.client
import json
import pathlib
import socket
import ssl

import audit_log
import botocore.auth
import botocore.awsrequest
import botocore.credentials
from strongroom_server import Server, free_port, wait_until

PRINCIPAL = "arn:aws:iam::123456789012:user/alice"
KMS_KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
# What the specification has for each name.
STATUS = {
    "ValidationException": 400, "InvalidStateException": 400, "InvalidCiphertextException": 400,
    "InvalidKeyUsageException": 400, "AuthenticationFailedException": 401, "AccessDeniedException": 403,
    "KeyNotFoundException": 404, "InvalidUriPathException": 404, "ThrottlingException": 429, "InternalException": 500,
    "UnsupportedOperationException": 501, "DependencyTimeoutException": 503,
}


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def metadata(operation: str = "Encrypt", **more) -> dict:
    return {
        "awsPrincipalArn": PRINCIPAL, "kmsKeyArn": KMS_KEY, "kmsOperation": operation,
        "kmsRequestId": "4112f4d6-db54-4af4-ae30-c55a22a8dfae", **more,
    }


HEALTH = {"requestMetadata": {"kmsOperation": "KmsHealthCheck", "kmsRequestId": "7"}}


class Answer:
    def __init__(self, status: int, headers, body: bytes):
        self.status, self.headers, self.body = status, headers, body
        self.json = json.loads(body)

    def __getitem__(self, name: str):
        return self.json[name]

    def bytes(self, name: str) -> bytes:
        return base64.b64decode(self.json[name], validate=True)

    def __repr__(self) -> str:
        return f"{self.status} {self.body!r}"


class Store:
    """One store as AWS KMS knows it: a path and a credential."""

    def __init__(self, port: int, configuration: dict, tls: ssl.SSLContext | None = None, region: str = "us-east-1"):
        credential = configuration["XksProxyAuthenticationCredential"]
        self.path = configuration["XksProxyUriPath"]
        self.id, self.secret = credential["AccessKeyId"], credential["RawSecretAccessKey"]
        self.port, self.tls, self.region = port, tls, region
        self.host = f"localhost:{port}"

    def connect(self, timeout: float = 30) -> http.client.HTTPConnection:
        if self.tls:
            return http.client.HTTPSConnection("localhost", self.port, timeout=timeout, context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def sign(self, path: str, body: bytes, headers: dict | None = None, service: str = "kms-xks-proxy") -> dict:
        request = botocore.awsrequest.AWSRequest(
            "POST", f"http://{self.host}{path}", data=body, headers={"Host": self.host, **(headers or {})})
        credentials = botocore.credentials.Credentials(self.id, self.secret)
        botocore.auth.SigV4Auth(credentials, service, self.region).add_auth(request)
        return dict(request.headers)

    def send(self, path: str, body: bytes = b"", headers: dict | None = None, method: str = "POST") -> Answer:
        connection = self.connect()
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def call(self, path: str, content) -> Answer:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        path = self.path + path
        return self.send(path, body, self.sign(path, body, {"Content-Type": "application/json"}))

    # Operations

    def health(self) -> Answer:
        return self.call("/health", HEALTH)

    def key_metadata(self, key: str, **more) -> Answer:
        return self.call(f"/keys/{key}/metadata", {"requestMetadata": metadata("CreateKey", **more)})

    def encrypt(self, key: str, plaintext: bytes, aad: bytes | None = None, cdiv: bool = False, **more) -> Answer:
        content = {
            "requestMetadata": metadata(**more), "plaintext": b64(plaintext), "encryptionAlgorithm": "AES_GCM"}
        if aad is not None:
            content["additionalAuthenticatedData"] = b64(aad)
        if cdiv:
            content["ciphertextDataIntegrityValueAlgorithm"] = "SHA_256"
        return self.call(f"/keys/{key}/encrypt", content)

    def decrypt(self, key: str, sealed: Answer, aad: bytes | None = None, **changes) -> Answer:
        parts = {
            name: sealed.json[name]
            for name in ("ciphertext", "initializationVector", "authenticationTag", "ciphertextMetadata")
        }
        content = {"requestMetadata": metadata("Decrypt"), "encryptionAlgorithm": "AES_GCM", **parts, **changes}
        if aad is not None:
            content["additionalAuthenticatedData"] = b64(aad)
        return self.call(f"/keys/{key}/decrypt", {name: value for name, value in content.items() if value is not None})


def refused(answer: Answer, name: str) -> None:
    assert answer.json.get("errorName") == name, answer
    assert answer.status == STATUS[name], answer
    message = answer["errorMessage"]
    assert len(message) < 512 and message.isascii() and message.isprintable(), answer
    assert set(answer.json) == {"errorName", "errorMessage"} and b"\n" not in answer.body


def integrity_value(sealed: Answer, aad: bytes = b"") -> bytes:
    parts = ("ciphertextMetadata", "initializationVector", "ciphertext", "authenticationTag")
    return hashlib.sha256(aad + b"".join(sealed.bytes(part) for part in parts)).digest()


class Proxy:
    """A server whose XKS proxy is on a port of its own."""

    def __init__(self, state: pathlib.Path, *init_arguments: str, settings: str = "", **options):
        self.server = Server(state, *init_arguments, **options)
        self.port = free_port()
        more = f", {settings}" if settings else ""
        self.server.configure(f"xksProxy: {{listen: '127.0.0.1:{self.port}', deadlineMilliseconds: 5000{more}}}")

    def start(self) -> "Proxy":
        self.server.start()
        # The two listeners open in any order.
        wait_until(self._listens, 30, "the proxy listens")
        return self

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def xks(self, *arguments: str, check: bool = True):
        return self.server.run("xks-proxy", *arguments, "--state", str(self.server.state), check=check)

    def new_store(self, prefix: str, tls: ssl.SSLContext | None = None) -> Store:
        made = self.xks("init-store", "--prefix", prefix, "--requests-per-second", "0")
        return Store(self.port, json.loads(made.stdout), tls)

    def new_key(self, prefix: str, key: str, *more: str) -> dict:
        made = self.xks("key", "create", "--prefix", prefix, "--id", key, "--json", *more)
        return json.loads(made.stdout)["Key"]

    def records(self) -> list[dict]:
        """Those of the proxy, in their order."""
        found = audit_log.records(self.server.state / "audit")
        return [record for record in found if record["eventSource"] == "kms-xks-proxy.amazonaws.com"]

    def close(self) -> None:
        self.server.close()

