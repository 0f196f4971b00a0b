"""An XKS proxy that does wrong what a test wants, written from the specification (aws-kms-xksproxy-api-spec 1.0.3).

Left alone it does everything right: it checks the signatures with botocore's own signer, and seals with `cryptography`.
What it is to do otherwise is an act of this module, or one of a test's own, for some operations and so many requests:

    proxy.does(slow(0.4), "Encrypt", times=1)

How it takes connections is its door: see `TLS`, and what is below it.
"""
import base64
import dataclasses
import datetime
import hashlib
import json
import os
import pathlib
import re
import select
import socket
import ssl
import struct
import threading

import botocore.auth
import botocore.awsrequest
import botocore.credentials
from authorities import EXPIRED, Authority
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from xks import STATUS, b64

HOST = "xks.example.com"
OPERATIONS = ("GetHealthStatus", "GetKeyMetadata", "Encrypt", "Decrypt")
HEALTHY = {
    "xksProxyFleetSize": 1, "xksProxyVendor": "Faulty", "xksProxyModel": "Faulty 1", "ekmVendor": "Python",
    "ekmFleetDetails": [{"id": "1", "model": "cryptography", "healthStatus": "ACTIVE"}],
}
USABLE = {"keySpec": "AES_256", "keyUsage": ["ENCRYPT", "DECRYPT"], "keyStatus": "ENABLED"}
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<id>[A-Z2-7]+)/(?P<day>\d{8})/(?P<region>[a-z0-9-]+)/kms-xks-proxy/aws4_request, "
    r"SignedHeaders=(?P<headers>[a-z0-9;-]+), Signature=(?P<signature>[0-9a-f]{64})")


@dataclasses.dataclass
class Request:
    operation: str
    key: str | None
    path: str
    # By their names in lower case.
    headers: dict[str, str]
    body: bytes
    # The number of the connection that it came on.
    connection: int

    @property
    def content(self) -> dict:
        return json.loads(self.body)

    def bytes(self, name: str) -> bytes:
        return base64.b64decode(self.content.get(name, ""), validate=True)

    @property
    def metadata(self) -> dict:
        return self.content["requestMetadata"]


class Refusal(Exception):
    """An errorName of the specification."""


class HangUp(Exception):
    """The connection is to end."""


class FaultyProxy:
    """Has one credential, for every path prefix; and any external key whose id does not begin with `unknown`."""

    def __init__(self, folder: pathlib.Path, host: str = HOST, region: str = "us-east-1"):
        folder.mkdir()
        self.authority, self.strangers = Authority(folder, "root"), Authority(folder, "stranger")
        self.host, self.region = host, region
        self.id, self.secret = "AKIA" + "X7" * 8, "s3cret+/" * 6
        self.master, self.key_metadata = os.urandom(32), {}
        self.requests: list[Request] = []
        self.connections = 0
        self.lock, self.over = threading.Lock(), threading.Event()
        self.open: set[socket.socket] = set()
        self.door, self.right_door = None, TLS()
        self.mend()
        self.port = 0
        self.listen()

    # What a test wants of it

    def does(self, act, *operations: str, times: int | None = None) -> None:
        with self.lock:
            self.act, self.operations, self.times = act, operations or OPERATIONS, times

    def has(self, door) -> None:
        """Takes connections in another way, and none of those that there are is used any more."""
        if isinstance(door, TLS) and not door.context:
            door.prepare(self)
        self.door = door
        self.drop_connections()

    def mend(self) -> None:
        self.does(right)
        if self.door is not self.right_door:
            self.has(self.right_door)

    def forget(self) -> None:
        with self.lock:
            self.requests.clear()

    def asked(self, *operations: str) -> list[Request]:
        with self.lock:
            return [each for each in self.requests if each.operation in (operations or OPERATIONS)]

    @property
    def settings(self) -> dict:
        """What stands under its host in strongroom.yaml."""
        return {"address": f"127.0.0.1:{self.port}", "trustRoots": str(self.authority.certificate)}

    def configuration(self, prefix: str = "") -> dict:
        """What its operator hands out of a store."""
        return {
            "XksProxyUriPath": f"{prefix}/kms/xks/v1",
            "XksProxyAuthenticationCredential": {"AccessKeyId": self.id, "RawSecretAccessKey": self.secret},
        }

    # Its life

    def listen(self) -> None:
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        self.listener.listen(256)
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def stop_listening(self) -> None:
        # A thread in accept() would keep the port open.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.drop_connections()

    def drop_connections(self) -> None:
        with self.lock:
            for connection in self.open:
                reset(connection)
            self.open.clear()

    def close(self) -> None:
        self.over.set()
        self.stop_listening()

    def accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                self.open.add(connection)
                number = self.connections
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(connection, number), daemon=True).start()

    def serve(self, connection: socket.socket, number: int) -> None:
        stream = connection
        try:
            # The same socket from here on: `connection` is detached from it.
            stream = self.door(self, connection)
            with self.lock:
                self.open.discard(connection)
                self.open.add(stream)
            with stream.makefile("rb") as reader:
                while request := read(reader, number):
                    self.answer(request, stream)
        except (OSError, ValueError, HangUp):
            pass
        finally:
            with self.lock:
                self.open -= {connection, stream}
            stream.close()
            connection.close()

    def answer(self, request: Request, stream) -> None:
        exchange = Exchange(self, request, stream)
        try:
            exchange.status, exchange.content = 200, self.right_answer(request)
        except Refusal as refusal:
            exchange.status, exchange.content = STATUS[str(refusal)], {"errorName": str(refusal)}
        with self.lock:
            self.requests.append(request)
            act = right
            if request.operation in self.operations and self.times != 0:
                act = self.act
                self.times = self.times and self.times - 1
        act(exchange)

    # What is right

    def right_answer(self, request: Request) -> dict:
        if request.operation not in OPERATIONS:
            raise Refusal("InvalidUriPathException")
        self.check_signature(request)
        if not {"kmsOperation", "kmsRequestId"} <= set(request.metadata):
            raise Refusal("ValidationException")
        if request.operation == "GetHealthStatus":
            return HEALTHY
        if request.key.startswith("unknown"):
            raise Refusal("KeyNotFoundException")
        if "awsPrincipalArn" not in request.metadata:
            raise Refusal("ValidationException")
        if request.operation == "GetKeyMetadata":
            return self.key_metadata.get(request.key, USABLE)
        if request.content["encryptionAlgorithm"] != "AES_GCM":
            raise Refusal("ValidationException")
        return self.encrypted(request) if request.operation == "Encrypt" else self.decrypted(request)

    def check_signature(self, request: Request) -> None:
        """As botocore signs it, of the name alone that the proxy has."""
        found = AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        moment = request.headers.get("x-amz-date", "")
        if not found or not {"host", "x-amz-date"} <= set(found["headers"].split(";")):
            raise Refusal("AuthenticationFailedException")
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        signed = botocore.awsrequest.AWSRequest(
            "POST", f"https://{self.host}{request.path}", data=request.body,
            headers={name: request.headers.get(name, "") for name in found["headers"].split(";")})
        signed.context["timestamp"] = moment
        signer = botocore.auth.SigV4Auth(
            botocore.credentials.Credentials(self.id, self.secret), "kms-xks-proxy", self.region)
        signature = signer.signature(signer.string_to_sign(signed, signer.canonical_request(signed)), signed)
        if (
            (found["id"], found["region"], found["signature"]) != (self.id, self.region, signature)
            or request.headers["host"] != self.host or found["day"] != moment[:8]
            or abs(datetime.datetime.strptime(moment, "%Y%m%dT%H%M%SZ") - now) > datetime.timedelta(minutes=5)
        ):
            raise Refusal("AuthenticationFailedException")

    def cipher(self, key: str) -> AESGCM:
        return AESGCM(hashlib.sha256(self.master + key.encode()).digest())

    def encrypted(self, request: Request, metadata: bytes = b"\x01v1", iv_size: int = 12, change=lambda parts: None):
        """The answer to an Encrypt. `change` of its parts is made before their integrity value."""
        aad, iv = request.bytes("additionalAuthenticatedData"), os.urandom(iv_size)
        sealed = self.cipher(request.key).encrypt(iv, request.bytes("plaintext"), framed(aad, metadata))
        parts = {
            "ciphertextMetadata": metadata, "initializationVector": iv, "ciphertext": sealed[:-16],
            "authenticationTag": sealed[-16:]}
        change(parts)
        answer = {name: b64(part) for name, part in parts.items() if part}
        if request.content.get("ciphertextDataIntegrityValueAlgorithm") == "SHA_256":
            answer["ciphertextDataIntegrityValue"] = b64(hashlib.sha256(aad + b"".join(parts.values())).digest())
        return answer

    def decrypted(self, request: Request) -> dict:
        aad, metadata = (request.bytes(name) for name in ("additionalAuthenticatedData", "ciphertextMetadata"))
        try:
            plaintext = self.cipher(request.key).decrypt(
                request.bytes("initializationVector"),
                request.bytes("ciphertext") + request.bytes("authenticationTag"), framed(aad, metadata))
        except InvalidTag:
            raise Refusal("InvalidCiphertextException") from None
        return {"plaintext": b64(plaintext)}


def framed(aad: bytes, metadata: bytes) -> bytes:
    """What the external key authenticates, so that no byte can go from one to the other."""
    return struct.pack(">H", len(aad)) + aad + struct.pack(">B", len(metadata)) + metadata


def read(reader, connection: int) -> Request | None:
    line = reader.readline()
    if not line:
        return None
    method, path, _ = line.decode().split()
    assert method == "POST", line
    headers = {}
    while (line := reader.readline().decode().rstrip("\r\n")):
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = reader.read(int(headers["content-length"]))
    found = re.fullmatch(r".*/kms/xks/v1(?:/keys/([^/]+)/(encrypt|decrypt|metadata)|/health)", path)
    operation = {"encrypt": "Encrypt", "decrypt": "Decrypt", "metadata": "GetKeyMetadata", None: "GetHealthStatus"}
    return Request(operation[found[2]] if found else "", found and found[1], path, headers, body, connection)


def reset(connection: socket.socket) -> None:
    """Ends it without a word, under whoever reads or writes there."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


# Acts: what is done instead of the right answer, which the exchange has.

class Exchange:
    def __init__(self, proxy: FaultyProxy, request: Request, stream):
        self.proxy, self.request, self.stream = proxy, request, stream
        self.status, self.content = 0, {}

    @property
    def body(self) -> bytes:
        return json.dumps(self.content).encode()

    def write(self, data: bytes) -> None:
        self.stream.sendall(data)

    def send(self, status: int | None = None, body: bytes | None = None, *headers: str) -> None:
        body = self.body if body is None else body
        self.write(head(status or self.status, f"Content-Length: {len(body)}", *headers) + body)

    def wait(self, seconds: float) -> None:
        if self.proxy.over.wait(seconds):
            raise HangUp

    def hang_up(self, politely: bool = False):
        if politely:
            # With TLS's own farewell, as a proxy ends that means it.
            self.stream.settimeout(1)
            try:
                self.stream.unwrap()
            except OSError:
                pass
        raise HangUp


def head(status: int, *headers: str) -> bytes:
    lines = (f"HTTP/1.1 {status} Said", "Content-Type: application/json", *headers)
    return "".join(line + "\r\n" for line in lines).encode() + b"\r\n"


def right(exchange: Exchange) -> None:
    exchange.send()


def slow(seconds: float):
    def act(exchange):
        exchange.wait(seconds)
        exchange.send()
    return act


# Longer than anybody waits.
silent = slow(30)


def dripping(exchange: Exchange) -> None:
    """The head at once, and then the body byte by byte: no single wait is long."""
    exchange.write(head(exchange.status, f"Content-Length: {len(exchange.body)}"))
    for byte in exchange.body:
        exchange.wait(0.05)
        exchange.write(bytes([byte]))


def says(status: int, body, *headers: str):
    """An answer as it is; what is no bytes, as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda exchange: exchange.send(status, data, *headers)


def refuses(name: str, status: int | None = None, message: str | None = None):
    return says(status or STATUS.get(name, 400), {"errorName": name, **({"errorMessage": message} if message else {})})


def with_members(**members):
    """The right answer with members that are otherwise, or with None are not there."""
    def act(exchange):
        changed = {**exchange.content, **members}
        exchange.content = {name: value for name, value in changed.items() if value is not None}
        exchange.send()
    return act


def sealing(**how):
    """An Encrypt that is right but for how it seals: see `FaultyProxy.encrypted`."""
    def act(exchange):
        exchange.content = exchange.proxy.encrypted(exchange.request, **how)
        exchange.send()
    return act


def cut(pieces, politely: bool = False):
    """Hangs up after some of the answer: `pieces` of its head and its body."""
    def act(exchange):
        body = exchange.body
        exchange.write(pieces(head(exchange.status, f"Content-Length: {len(body)}"), body))
        exchange.hang_up(politely)
    return act


def by_its_end(politely: bool):
    """A body whose length is told by the connection's end alone."""
    def act(exchange):
        exchange.write(head(exchange.status, "Connection: close") + exchange.body)
        exchange.hang_up(politely)
    return act


def chunked(is_whole: bool):
    def act(exchange):
        body = exchange.body
        exchange.write(head(exchange.status, "Transfer-Encoding: chunked"))
        for piece in (body[:5], body[5:]):
            exchange.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        if not is_whole:
            exchange.hang_up(politely=True)
        exchange.write(b"0\r\n\r\n")
    return act


def half(exchange: Exchange) -> None:
    """Promises more of the body than there ever is."""
    exchange.write(head(exchange.status, f"Content-Length: {2 * len(exchange.body)}") + exchange.body)
    exchange.wait(30)


# Doors: what becomes of a connection before there is a request. They answer the stream, or hang up.

class TLS:
    """With the certificate of the proxy's name, or as it is said."""

    def __init__(
        self, host: str | None = None, by_strangers: bool = False, is_expired: bool = False, settings=lambda context: None
    ):
        self.host, self.by_strangers, self.is_expired, self.settings = host, by_strangers, is_expired, settings
        self.context = None

    def prepare(self, proxy: FaultyProxy) -> None:
        """What takes longer than a client waits."""
        authority = proxy.strangers if self.by_strangers else proxy.authority
        certificate, key = authority.issue_to_host(self.host or proxy.host, *([EXPIRED] if self.is_expired else []))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.settings(self.context)

    def __call__(self, proxy: FaultyProxy, connection: socket.socket) -> ssl.SSLSocket:
        connection.settimeout(10)
        stream = self.context.wrap_socket(connection, server_side=True)
        stream.settimeout(None)
        return stream


def older(context: ssl.SSLContext) -> None:
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")


def of_another_suite(context: ssl.SSLContext) -> None:
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")


def plain_http(proxy: FaultyProxy, connection: socket.socket):
    connection.recv(4096)
    connection.sendall(head(400, "Content-Length: 0"))
    raise HangUp


def closing_at_once(proxy: FaultyProxy, connection: socket.socket):
    raise HangUp


def closing_in_the_handshake(proxy: FaultyProxy, connection: socket.socket):
    connection.recv(4096)
    raise HangUp


def resetting_in_the_handshake(proxy: FaultyProxy, connection: socket.socket):
    connection.recv(1)
    reset(connection)
    raise HangUp


def hanging_in_the_handshake(proxy: FaultyProxy, connection: socket.socket):
    proxy.over.wait(30)
    raise HangUp


class Unread(TLS):
    """Hangs up when a request begins to come, before a byte of it is read."""

    def __call__(self, proxy: FaultyProxy, connection: socket.socket):
        stream = super().__call__(proxy, connection)
        select.select([stream], [], [], 10)
        reset(stream)
        stream.close()
        raise HangUp
