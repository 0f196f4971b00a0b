"""Custom key stores whose XKS proxy does everything wrong that a proxy can: what callers are told, and who waits for it."""
import base64
import collections
import os
import re
import statistics
import threading
import time

import faulty_proxy as faults
import pytest
from botocore.exceptions import ClientError
from customers_token import disconnect, entry
from external_key_stores import (
    TIMED_OUT, add_proxies, connect, create, new_key, patient, settled, why_it_fails, works,
)
from faulty_proxy import HOST, FaultyProxy
from strongroom_server import Server, wait_until
from test_custom_key_store_faults import metrics
from test_custom_key_stores import code
from xks import STATUS, b64

# What AWS tells ("Troubleshooting external key stores", AWS KMS Developer Guide).
REJECTED = "The external key store proxy rejected the request because "
UNREACHABLE = (
    "AWS KMS cannot communicate with the external key store proxy. This might be a transient network issue. If you see this "
    "error repeatedly, verify that your external key store proxy is active and is connected to the network, and that its "
    "endpoint URI is correct in your external key store.")
UNTRUSTED = (
    "AWS KMS cannot establish a TLS connection to the external key store proxy. Verify the TLS configuration, including its "
    "certificate.")
NOT_UNDERSTOOD = (
    "AWS KMS cannot interpret the response from the external key store proxy. If you see this error repeatedly, consult your "
    "external key store proxy administrator.")
UNHEALTHY = (
    "The external key store proxy is in an unhealthy state. If you see this message repeatedly, notify your external key "
    "store proxy administrator.")
OF_NAMES = {
    "AccessDeniedException":
        "The external key store proxy denied access to the operation. Verify that the user and the external key are both "
        "authorized for this operation, and try the request again.",
    "AuthenticationFailedException":
        REJECTED + "it could not authenticate AWS KMS. Verify the credentials for your external key store and update if "
        "necessary.",
    "DependencyTimeoutException":
        "AWS KMS rejected the request because the external key store proxy did not respond in time. Retry the request. If "
        "you see this error repeatedly, report it to your external key store proxy administrator.",
    "InternalException":
        REJECTED + "it cannot communicate with the external key manager. Verify that the external key store proxy "
        "configuration is correct and that the external key manager is available.",
    "InvalidCiphertextException":
        REJECTED + "the specified ciphertext or additional authenticated data is corrupted, missing, or otherwise invalid.",
    "InvalidKeyUsageException": REJECTED + "the external key does not support the requested operation.",
    "InvalidStateException": REJECTED + "the external key is not enabled in the external key manager.",
    "InvalidUriPathException":
        REJECTED + "of an invalid URI path. Verify the URI path for your external key store and update if necessary.",
    "KeyNotFoundException": REJECTED + "it could not find the external key.",
    "ThrottlingException":
        "The external key store proxy rejected the request due to a very high request rate. Reduce the frequency of your "
        "calls using KMS keys in this external key store.",
    "UnsupportedOperationException": REJECTED + "it does not support the requested cryptographic operation.",
    "ValidationException": NOT_UNDERSTOOD,
}
SOUND = "sound.example.com"
SECRET = b"what only the customer knows"
CONTEXT = {"tenant": "what only the customer knows of whom"}


class Scene:
    """A server, a key store behind a proxy that may be faulty, one behind a proxy that is not, and a key in each."""

    def __init__(self, folder):
        self.proxy, self.sound = FaultyProxy(folder / "faulty"), FaultyProxy(folder / "sound", SOUND)
        self.server = Server(folder / "state")
        add_proxies(self.server, {HOST: self.proxy.settings, SOUND: self.sound.settings})
        self.server.start()
        # The one sees what there is; the other helps itself over a machine that is busy.
        self.kms, self.patient = self.server.client(), patient(self.server.client())
        self.store = create(self.patient, "faulty", self.proxy.configuration())
        connect(self.patient, self.store)
        self.key = new_key(self.patient, self.store, "one")["KeyId"]
        self.own = self.kms.create_key()["KeyMetadata"]["KeyId"]
        self.blob = self.encrypt()["CiphertextBlob"]

    def encrypt(self) -> dict:
        return self.patient.encrypt(KeyId=self.key, Plaintext=b"kept")

    def close(self) -> None:
        for each in (self.server, self.proxy, self.sound):
            each.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    scene = Scene(tmp_path_factory.mktemp("faults"))
    yield scene
    scene.close()


@pytest.fixture
def scene(shared):
    """With a proxy in which nothing is wrong, and which is used, before and after every test."""
    yield shared
    shared.proxy.mend()
    wait_until(lambda: works(shared.kms, shared.blob), 20, "it came back by itself")


Told = collections.namedtuple("Told", "code message seconds requests")


def told(scene, call, message: str) -> Told:
    """What a caller is told. It is asked for again where the machine, and not the proxy, took too long for `message`."""
    for _ in range(20):
        scene.proxy.forget()
        begin = time.monotonic()
        with pytest.raises(ClientError) as caught:
            call()
        seconds = time.monotonic() - begin
        error = caught.value.response["Error"]
        if message == TIMED_OUT or error["Message"] != TIMED_OUT:
            break
    return Told(error["Code"], error["Message"], seconds, scene.proxy.asked("Encrypt", "Decrypt", "GetKeyMetadata"))


def encrypting(scene):
    return lambda: scene.kms.encrypt(KeyId=scene.key, Plaintext=SECRET, EncryptionContext=CONTEXT)


def decrypting(scene):
    return lambda: scene.kms.decrypt(CiphertextBlob=scene.blob)


# Answers: there is one, so nothing is asked twice.

def parts(**sizes):
    """A change of parts of a ciphertext to other sizes."""
    def change(found):
        for name, size in sizes.items():
            found[name] = (found[name] + bytes(64))[:size]
    return change


WRONG_ENCRYPTIONS = {
    "a ciphertext that is too short": faults.sealing(change=parts(ciphertext=10)),
    "a ciphertext with its tag": faults.sealing(change=lambda p: p.update(ciphertext=p["ciphertext"] + bytes(16))),
    "no ciphertext": faults.with_members(ciphertext=None),
    "an empty ciphertext": faults.with_members(ciphertext=""),
    "an IV of 11 bytes": faults.sealing(change=parts(initializationVector=11)),
    "an IV of 17 bytes": faults.sealing(change=parts(initializationVector=17)),
    "no IV": faults.with_members(initializationVector=None),
    "a tag of 15 bytes": faults.sealing(change=parts(authenticationTag=15)),
    "a tag of 12 bytes": faults.sealing(change=parts(authenticationTag=12)),
    "no tag": faults.with_members(authenticationTag=None),
    "metadata of 21 bytes": faults.sealing(metadata=bytes(range(21))),
    "no integrity value": faults.with_members(ciphertextDataIntegrityValue=None),
    "a wrong integrity value": faults.with_members(ciphertextDataIntegrityValue=b64(bytes(32))),
    "a short integrity value": faults.with_members(ciphertextDataIntegrityValue=b64(bytes(16))),
    "a bit that flipped behind the integrity value": faults.with_members(initializationVector=b64(bytes(12))),
    "metadata that the integrity value knows nothing of": faults.with_members(ciphertextMetadata=b64(b"v2")),
    "what is no base64": faults.with_members(authenticationTag="*" * 24),
    "base64 of URLs": faults.with_members(ciphertext="-_" * 22),
    "a number": faults.with_members(ciphertext=7),
}
NO_ANSWERS = {
    "no JSON": faults.says(200, b"<html>welcome</html>"),
    "half of a JSON": faults.says(200, b'{"ciphertext": "AAAA", "plaintext": "AAA'),
    "an empty body": faults.says(200, b""),
    "no content": faults.says(204, b""),
    "an empty object": faults.says(200, {}),
    "a list": faults.says(200, []),
    "a body without an end": faults.says(200, b'{"plaintext": "' + b"A" * 4_000_000 + b'"}'),
    "a deep JSON": faults.says(200, b"[" * 60_000),
    "bytes that are no text": faults.says(200, b"\xff\xfe\x00"),
    "a redirection": faults.says(307, {}, "Location: https://sound.example.com/kms/xks/v1/health"),
    "a redirection for ever": faults.says(301, {}, "Location: /kms/xks/v1/health"),
    "an error that has no body": faults.says(500, b""),
    "an error in HTML": faults.says(502, b"<html>bad gateway</html>"),
    "an error of another API": faults.says(400, {"__type": "ValidationException", "message": "no"}),
    "an error of no name": faults.refuses("SomethingElseException", 400),
    "an error with status 200": faults.refuses("KeyNotFoundException", 200),
    "a teapot": faults.says(418, {"errorName": 418}),
    "no HTTP": lambda exchange: exchange.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    "two lengths": lambda exchange: exchange.write(
        faults.head(200, "Content-Length: 2", "Content-Length: 3") + b"{} "),
    "a negative length": lambda exchange: exchange.write(faults.head(200, "Content-Length: -1")),
}
WRONG_DECRYPTIONS = {
    "a plaintext that is too short": faults.with_members(plaintext=b64(b"kep")),
    "a plaintext that is too long": faults.with_members(plaintext=b64(bytes(5000))),
    "an empty plaintext": faults.with_members(plaintext=""),
    "no plaintext": faults.with_members(plaintext=None),
}


def check_one_answer(scene, call, operation: str, act, message: str) -> None:
    scene.proxy.does(act, operation)
    answer = told(scene, call(scene), message)
    assert (answer.code, answer.message) == ("KMSInvalidStateException", message)
    assert len(answer.requests) == 1, "what was answered is not asked again"
    assert scene.kms.encrypt(KeyId=scene.own, Plaintext=b"x"), "the server's own keys are served"
    assert entry(scene.kms, scene.store)["ConnectionState"] == "CONNECTED"


@pytest.mark.parametrize("fault", WRONG_ENCRYPTIONS)
def test_encryptions_that_cannot_be_right(scene, fault):
    check_one_answer(scene, encrypting, "Encrypt", WRONG_ENCRYPTIONS[fault], NOT_UNDERSTOOD)


@pytest.mark.parametrize("fault", WRONG_DECRYPTIONS)
def test_decryptions_that_cannot_be_right(scene, fault):
    check_one_answer(scene, decrypting, "Decrypt", WRONG_DECRYPTIONS[fault], NOT_UNDERSTOOD)


@pytest.mark.parametrize("call, operation", [(encrypting, "Encrypt"), (decrypting, "Decrypt")])
@pytest.mark.parametrize("fault", NO_ANSWERS)
def test_what_is_no_answer(scene, call, operation, fault):
    check_one_answer(scene, call, operation, NO_ANSWERS[fault], NOT_UNDERSTOOD)
    assert not scene.sound.asked(), "nobody is asked to whom the proxy sends one"


@pytest.mark.parametrize("call, operation", [(encrypting, "Encrypt"), (decrypting, "Decrypt")])
@pytest.mark.parametrize("name", STATUS)
def test_every_error_of_the_specification(scene, call, operation, name):
    check_one_answer(scene, call, operation, faults.refuses(name, message="for the log"), OF_NAMES[name])
    # Its name is what counts, as with AWS.
    check_one_answer(scene, call, operation, faults.refuses(name, status=418), OF_NAMES[name])


def test_the_proxys_own_words_are_in_the_log_and_nowhere_else(scene):
    words = "rack 7\r\nlevel=critical \x1b[31mforged " + "x" * 5000
    scene.proxy.does(faults.refuses("InternalException", message=words), "Encrypt")
    assert told(scene, encrypting(scene), OF_NAMES["InternalException"]).message == OF_NAMES["InternalException"]
    line, = [line for line in scene.server.log().splitlines() if "rack 7" in line]
    assert "forged" in line and "\x1b" not in line and "x" * 513 not in line


@pytest.mark.parametrize("sealing", [
    {"iv_size": 16}, {"metadata": b""}, {"metadata": bytes(range(20))}, {"iv_size": 16, "metadata": b"\0" * 20},
])
def test_every_ciphertext_that_a_proxy_may_make(scene, sealing):
    scene.proxy.does(faults.sealing(**sealing), "Encrypt")
    blob = scene.patient.encrypt(KeyId=scene.key, Plaintext=SECRET, EncryptionContext=CONTEXT)["CiphertextBlob"]
    assert scene.patient.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT)["Plaintext"] == SECRET
    asked = scene.proxy.asked("Decrypt")[-1]
    assert len(asked.bytes("initializationVector")) == sealing.get("iv_size", 12)
    assert asked.bytes("ciphertextMetadata") == sealing.get("metadata", b"\x01v1")
    assert asked.content.get("ciphertextMetadata") != "", "what there is none of is left out"


def test_unknown_members_are_no_fault(scene):
    scene.proxy.does(faults.with_members(ofNextYear={"deep": [1, None]}, plaintextHint="x"))
    assert scene.encrypt() and scene.patient.decrypt(CiphertextBlob=scene.blob)["Plaintext"] == b"kept"


@pytest.mark.parametrize("act", [faults.chunked(is_whole=True), faults.by_its_end(politely=True)])
def test_every_way_to_tell_a_bodys_end(scene, act):
    scene.proxy.does(act)
    assert scene.encrypt() and scene.patient.decrypt(CiphertextBlob=scene.blob)["Plaintext"] == b"kept"


# Plaintexts

def test_what_the_proxy_makes_up_is_no_plaintext(scene):
    def invented(exchange):
        size = len(exchange.request.bytes("ciphertext"))
        faults.with_members(plaintext=b64(os.urandom(size)))(exchange)
    scene.proxy.does(invented, "Decrypt")
    for _ in range(5):
        with pytest.raises(ClientError):
            scene.patient.decrypt(CiphertextBlob=scene.blob)


def other_answers(exchanges: dict, operation: str):
    """Answers each request for a key with the answer to the one before."""
    def act(exchange):
        before = exchanges.get(operation)
        exchanges[operation] = exchange.content
        exchange.content = before or exchange.content
        exchange.send()
    return act


@pytest.mark.parametrize("operation", ["Encrypt", "Decrypt"])
def test_answers_to_other_requests_are_noticed(scene, operation):
    """As of a proxy that mixes up its connections: same key, same encryption context, same size."""
    blobs = {}
    if operation == "Decrypt":
        blobs = {text: scene.patient.encrypt(KeyId=scene.key, Plaintext=text)["CiphertextBlob"]
                 for text in (b"mine", b"else", b"kept")}
    scene.proxy.does(other_answers({}, operation), operation)
    for text in (b"mine", b"else", b"kept"):
        try:
            blob = blobs.get(text) or scene.patient.encrypt(KeyId=scene.key, Plaintext=text)["CiphertextBlob"]
            found = scene.patient.decrypt(CiphertextBlob=blob)["Plaintext"]
        except ClientError:
            continue
        assert found == text


def test_every_changed_bit_of_a_ciphertext_is_noticed(scene):
    blob = scene.encrypt()["CiphertextBlob"]
    assert blob[0] == 3
    for place in range(len(blob)):
        changed = bytearray(blob)
        changed[place] ^= 1
        with pytest.raises(ClientError) as caught:
            scene.patient.decrypt(CiphertextBlob=bytes(changed))
        error = caught.value.response["Error"]
        assert error["Code"] in ("InvalidCiphertextException", "KMSInvalidStateException", "NotFoundException"), place


def test_nothing_of_the_customers_comes_to_the_proxy(scene):
    scene.proxy.forget()
    kms, secrets = scene.patient, [SECRET, CONTEXT["tenant"].encode()]
    blob = kms.encrypt(KeyId=scene.key, Plaintext=SECRET, EncryptionContext=CONTEXT)["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT)["Plaintext"] == SECRET
    data_key = kms.generate_data_key(KeyId=scene.key, KeySpec="AES_256", EncryptionContext=CONTEXT)
    secrets.append(data_key["Plaintext"])
    moved = kms.re_encrypt(CiphertextBlob=blob, SourceEncryptionContext=CONTEXT, DestinationKeyId=scene.own)
    kms.re_encrypt(CiphertextBlob=moved["CiphertextBlob"], DestinationKeyId=scene.key)
    assert len(scene.proxy.asked("Encrypt", "Decrypt")) >= 5
    for request in scene.proxy.asked():
        heard = [request.path.encode(), repr(request.headers).encode(), request.body]
        heard += [base64.b64decode(text) for text in re.findall(rb"[A-Za-z0-9+/=]{8,}", request.body)
                  if len(text) % 4 == 0]
        for secret in secrets:
            assert not any(secret in each or b64(secret).encode() in each for each in heard), request


def test_what_the_proxy_is_told(scene):
    kms, proxy = scene.patient, scene.proxy
    arn = kms.describe_key(KeyId=scene.key)["KeyMetadata"]["Arn"]
    other = new_key(kms, scene.store, f"external_{time.monotonic_ns()}.B-2")
    proxy.forget()
    answers = [
        ("Encrypt", "Encrypt", kms.encrypt(KeyId=scene.key, Plaintext=b"x", EncryptionContext=CONTEXT)),
        ("GenerateDataKey", "Encrypt", kms.generate_data_key(KeyId=scene.key, KeySpec="AES_256")),
        ("GenerateDataKeyWithoutPlaintext", "Encrypt", kms.generate_data_key_without_plaintext(
            KeyId=scene.key, KeySpec="AES_256")),
        ("Decrypt", "Decrypt", kms.decrypt(CiphertextBlob=scene.blob)),
        ("ReEncrypt", "Decrypt", moved := kms.re_encrypt(CiphertextBlob=scene.blob, DestinationKeyId=other["KeyId"])),
        ("ReEncrypt", "Encrypt", moved),
    ]
    for kms_operation, operation, answer in answers:
        request = next(each for each in reversed(proxy.asked(operation))
                       if each.metadata["kmsRequestId"] == answer["ResponseMetadata"]["RequestId"])
        key, external = (other["Arn"], other["XksKeyConfiguration"]["Id"]) if answer is moved and operation == "Encrypt" \
            else (arn, "one")
        assert request.metadata == {
            "awsPrincipalArn": "arn:aws:iam::111122223333:user/administrator", "kmsKeyArn": key,
            "kmsOperation": kms_operation, "kmsRequestId": answer["ResponseMetadata"]["RequestId"]}
        assert request.key == external and request.path == f"/kms/xks/v1/keys/{external}/{operation.lower()}"
        assert request.headers["host"] == HOST and request.headers["content-type"] == "application/json"
        assert request.content["encryptionAlgorithm"] == "AES_GCM"
        assert len(request.bytes("additionalAuthenticatedData")) <= 8192
        if operation == "Encrypt":
            assert request.content["ciphertextDataIntegrityValueAlgorithm"] == "SHA_256"
    assert len({request.connection for request in proxy.asked()}) < len(answers), "connections are used again"


# The network: what it lost is asked for once more.

def test_a_slow_proxy_is_waited_for(scene):
    # Of a busy machine the 250 ms may leave less: one of some has to pass without another attempt.
    def passes_at_once():
        scene.proxy.forget()
        scene.proxy.does(faults.slow(0.15), "Encrypt")
        return bool(scene.encrypt()) and len(scene.proxy.asked("Encrypt")) == 1
    wait_until(passes_at_once, 20, "150 ms are in time")


@pytest.mark.parametrize("act", [
    faults.slow(0.4), faults.silent, faults.dripping, faults.half, faults.cut(lambda head, body: b""),
    faults.cut(lambda head, body: b"", politely=True), faults.cut(lambda head, body: head[:10]),
    faults.cut(lambda head, body: head), faults.cut(lambda head, body: head + body[:20]),
], ids=["slow", "silent", "dripping", "half", "hangs up", "says farewell", "in the status line", "after the head",
        "in the body"])
@pytest.mark.parametrize("call, operation", [(encrypting, "Encrypt"), (decrypting, "Decrypt")])
def test_a_fault_that_passes_is_not_noticed(scene, act, call, operation):
    def passes():
        scene.proxy.forget()
        scene.proxy.does(act, operation, times=1)
        try:
            call(scene)()
        except ClientError as error:
            # The second attempt was not in time either, as far as this machine is concerned.
            assert error.response["Error"]["Message"] == TIMED_OUT
            return False
        assert scene.proxy.times == 0 and len(scene.proxy.asked(operation)) == 2
        return True
    wait_until(passes, 20, "the second attempt is answered")


LOSSES = {
    "hangs up": (faults.cut(lambda head, body: b""), UNREACHABLE),
    "says farewell": (faults.cut(lambda head, body: b"", politely=True), UNREACHABLE),
    "hangs up in the status line": (faults.cut(lambda head, body: head[:10]), UNREACHABLE),
    "hangs up in the head": (faults.cut(lambda head, body: head[:-10]), UNREACHABLE),
    "hangs up after the head": (faults.cut(lambda head, body: head), UNREACHABLE),
    "hangs up in the body": (faults.cut(lambda head, body: head + body[:20]), UNREACHABLE),
    "says farewell in the body": (faults.cut(lambda head, body: head + body[:20], politely=True), UNREACHABLE),
    "hangs up before the last chunk": (faults.chunked(is_whole=False), UNREACHABLE),
    "hangs up where only a farewell would end the body": (faults.by_its_end(politely=False), UNREACHABLE),
    "silent": (faults.silent, TIMED_OUT),
    "slow": (faults.slow(0.4), TIMED_OUT),
    "slow in its body": (faults.dripping, TIMED_OUT),
    "waits with half of its body": (faults.half, TIMED_OUT),
}


def check_loss(scene, call, message: str, attempts: int | None = 2) -> None:
    answer = told(scene, call, message)
    assert (answer.code, answer.message) == ("KMSInvalidStateException", message)
    if attempts is not None:
        assert len(answer.requests) == attempts, "once more, and then no more"
    assert answer.seconds < 3 and (message != TIMED_OUT or answer.seconds > 0.45), "two attempts of 250 ms"
    begin = time.monotonic()
    scene.kms.encrypt(KeyId=scene.own, Plaintext=b"x")
    assert time.monotonic() - begin < 3
    assert entry(scene.kms, scene.store)["ConnectionState"] == "CONNECTED", "as with AWS: it is the proxy that is away"
    assert scene.kms.describe_key(KeyId=scene.key)["KeyMetadata"]["KeyState"] == "Enabled"


@pytest.mark.parametrize("fault", LOSSES)
def test_answers_that_the_network_loses(scene, fault):
    act, message = LOSSES[fault]
    scene.proxy.does(act, "Encrypt")
    check_loss(scene, encrypting(scene), message)


DOORS = {
    "the certificate of another name": (faults.TLS("other.example.com"), UNTRUSTED),
    "the certificate of a name below": (faults.TLS("www." + HOST), UNTRUSTED),
    "the certificate of an untrusted authority": (faults.TLS(by_strangers=True), UNTRUSTED),
    "an expired certificate": (faults.TLS(is_expired=True), UNTRUSTED),
    "TLS 1.1": (faults.TLS(settings=faults.older), UNTRUSTED),
    "no suite that is allowed": (faults.TLS(settings=faults.of_another_suite), UNTRUSTED),
    "plain HTTP": (faults.plain_http, UNTRUSTED),
    "closes at once": (faults.closing_at_once, UNREACHABLE),
    "closes in the handshake": (faults.closing_in_the_handshake, UNREACHABLE),
    "resets in the handshake": (faults.resetting_in_the_handshake, UNREACHABLE),
    "hangs up before it reads": (faults.Unread(), UNREACHABLE),
    "hangs in the handshake": (faults.hanging_in_the_handshake, TIMED_OUT),
}


@pytest.mark.parametrize("door", DOORS)
def test_connections_that_come_to_nothing(scene, door):
    way, message = DOORS[door]
    scene.proxy.has(way)
    check_loss(scene, encrypting(scene), message, attempts=0)


def test_nothing_listens(scene):
    scene.proxy.stop_listening()
    try:
        check_loss(scene, encrypting(scene), UNREACHABLE, attempts=0)
    finally:
        scene.proxy.listen()


# The circuit breaker

def failures(scene, count: int) -> float:
    """How long so many calls take that all fail."""
    begin = time.monotonic()
    for _ in range(count):
        with pytest.raises(ClientError):
            scene.kms.decrypt(CiphertextBlob=scene.blob)
    return time.monotonic() - begin


def test_a_proxy_that_is_away_is_spared_and_nobody_waits_for_it(scene):
    assert f'strongroom_external_key_store_suspended{{key_store="{scene.store}"}} 0' in metrics(scene.server)
    scene.proxy.does(faults.silent, "Encrypt", "Decrypt")
    failures(scene, 5)
    scene.proxy.forget()
    seconds = failures(scene, 40)
    assert seconds < 40 * 0.25, "they would take half a second each"
    assert len(scene.proxy.asked()) <= 2 * (1 + seconds / 0.5), "one in a while goes to see, and once more"
    message = told(scene, decrypting(scene), TIMED_OUT).message
    assert message == TIMED_OUT, "as long as it is so, they are told what the last one met"
    assert f'strongroom_external_key_store_suspended{{key_store="{scene.store}"}} 1' in metrics(scene.server)
    assert entry(scene.kms, scene.store)["ConnectionState"] == "CONNECTED"
    scene.proxy.mend()
    wait_until(lambda: works(scene.kms, scene.blob), 20, "it came back by itself")
    assert f'strongroom_external_key_store_suspended{{key_store="{scene.store}"}} 0' in metrics(scene.server)


def test_a_proxy_that_answers_is_not_suspended_however_it_answers(scene):
    scene.proxy.does(faults.refuses("ThrottlingException"), "Decrypt")
    scene.proxy.forget()
    failures(scene, 20)
    assert len(scene.proxy.asked("Decrypt")) >= 20
    assert f'strongroom_external_key_store_suspended{{key_store="{scene.store}"}} 0' in metrics(scene.server)


def test_nobody_else_waits_for_a_proxy_that_hangs(scene):
    kms = scene.patient
    store = create(kms, "sound", scene.sound.configuration(), SOUND)
    connect(kms, store)
    sound = new_key(kms, store, "one")["KeyId"]
    scene.proxy.does(faults.silent)
    over = threading.Event()

    def ask():
        client = scene.server.client()
        while not over.is_set():
            with pytest.raises(ClientError):
                client.encrypt(KeyId=scene.key, Plaintext=b"x")
    hanging = [threading.Thread(target=ask) for _ in range(4)]
    for thread in hanging:
        thread.start()
    times = {scene.own: [], sound: []}
    try:
        for _ in range(40):
            for key, list in times.items():
                begin = time.monotonic()
                kms.encrypt(KeyId=key, Plaintext=b"x")
                list.append(time.monotonic() - begin)
    finally:
        over.set()
        for thread in hanging:
            thread.join()
    for list in times.values():
        assert statistics.median(list) < 0.25, "as long as the hanging ones, it would be half a second"
    disconnect(kms, store)


# Connecting and changing

HEALTH = {
    "all of its key managers are away": faults.with_members(
        ekmFleetDetails=[{"id": str(n), "model": "m", "healthStatus": "UNAVAILABLE"} for n in (1, 2)]),
    "no key managers": faults.with_members(ekmFleetDetails=[]),
    "too many key managers": faults.with_members(ekmFleetDetails=faults.HEALTHY["ekmFleetDetails"] * 11),
    "a health that there is not": faults.with_members(
        ekmFleetDetails=[{"id": "1", "model": "m", "healthStatus": "FINE"}]),
    "no fleet": faults.with_members(xksProxyFleetSize=0),
    "no vendor": faults.with_members(xksProxyVendor=None),
}


def names(name: str):
    return faults.refuses(name)


# What is wrong: an act or a door; the code of a connection; the exception of CreateCustomKeyStore, and its text.
CONNECTIONS = {
    "AuthenticationFailedException": (
        names("AuthenticationFailedException"), "INVALID_CREDENTIALS",
        "XksProxyIncorrectAuthenticationCredentialException", OF_NAMES["AuthenticationFailedException"]),
    "AccessDeniedException": (
        names("AccessDeniedException"), "XKS_PROXY_ACCESS_DENIED", "XksProxyInvalidConfigurationException",
        OF_NAMES["AccessDeniedException"]),
    "InvalidUriPathException": (
        names("InvalidUriPathException"), "XKS_PROXY_INVALID_CONFIGURATION", "XksProxyInvalidConfigurationException",
        OF_NAMES["InvalidUriPathException"]),
    "InvalidStateException": (
        names("InvalidStateException"), "XKS_PROXY_INVALID_CONFIGURATION", "XksProxyInvalidConfigurationException",
        OF_NAMES["InvalidStateException"]),
    "InternalException": (
        names("InternalException"), "XKS_PROXY_NOT_REACHABLE", "XksProxyInvalidResponseException",
        OF_NAMES["InternalException"]),
    "ThrottlingException": (
        names("ThrottlingException"), "XKS_PROXY_NOT_REACHABLE", "XksProxyUriUnreachableException",
        OF_NAMES["ThrottlingException"]),
    "DependencyTimeoutException": (
        names("DependencyTimeoutException"), "XKS_PROXY_TIMED_OUT", "XksProxyUriUnreachableException",
        OF_NAMES["DependencyTimeoutException"]),
    "UnsupportedOperationException": (
        names("UnsupportedOperationException"), "XKS_PROXY_INVALID_RESPONSE", "XksProxyInvalidResponseException",
        OF_NAMES["UnsupportedOperationException"]),
    "ValidationException": (
        names("ValidationException"), "XKS_PROXY_INVALID_RESPONSE", "XksProxyInvalidResponseException", NOT_UNDERSTOOD),
    "no JSON": (
        faults.says(200, b"OK"), "XKS_PROXY_INVALID_RESPONSE", "XksProxyInvalidResponseException", NOT_UNDERSTOOD),
    "a redirection": (
        faults.says(302, b"", "Location: https://xks.example.com/"), "XKS_PROXY_INVALID_RESPONSE",
        "XksProxyInvalidResponseException", NOT_UNDERSTOOD),
    "silent": (faults.silent, "XKS_PROXY_TIMED_OUT", "XksProxyUriUnreachableException", TIMED_OUT),
    "hangs up": (
        faults.cut(lambda head, body: b""), "XKS_PROXY_NOT_REACHABLE", "XksProxyUriUnreachableException", UNREACHABLE),
    **{name: (act, "XKS_PROXY_INVALID_RESPONSE", "XksProxyInvalidResponseException", NOT_UNDERSTOOD)
       for name, act in HEALTH.items()},
    "all of its key managers are away": (
        HEALTH["all of its key managers are away"], "XKS_PROXY_NOT_REACHABLE", "XksProxyUriUnreachableException",
        UNHEALTHY),
    **{name: (door, *{
        UNTRUSTED: ("XKS_PROXY_INVALID_TLS_CONFIGURATION", "XksProxyInvalidConfigurationException"),
        UNREACHABLE: ("XKS_PROXY_NOT_REACHABLE", "XksProxyUriUnreachableException"),
        TIMED_OUT: ("XKS_PROXY_TIMED_OUT", "XksProxyUriUnreachableException"),
    }[message], message) for name, (door, message) in DOORS.items()},
}


@pytest.mark.parametrize("fault", CONNECTIONS)
def test_why_a_connection_fails_and_a_key_store_is_not_made(scene, fault):
    wrong, connection_error, exception, message = CONNECTIONS[fault]
    kms, proxy = scene.kms, scene.proxy

    def go_wrong():
        if fault in DOORS:
            proxy.has(wrong)
        else:
            proxy.does(wrong, "GetHealthStatus")
    go_wrong()
    answer = told(scene, lambda: create(kms, "another", proxy.configuration("/another")), message)
    assert (answer.code, answer.message) == (exception, message) and answer.seconds < 3
    assert len(kms.describe_custom_key_stores()["CustomKeyStores"]) <= 2, "what was refused is not there"
    proxy.mend()
    disconnect(kms, scene.store)
    go_wrong()
    assert why_it_fails(kms, scene.store) == connection_error
    assert kms.describe_key(KeyId=scene.key)["KeyMetadata"]["KeyState"] == "Unavailable"
    assert code(kms.decrypt, CiphertextBlob=scene.blob) == "KMSInvalidStateException"
    assert code(kms.connect_custom_key_store, CustomKeyStoreId=scene.store) == "CustomKeyStoreInvalidStateException"
    proxy.mend()
    disconnect(kms, scene.store)
    connect(kms, scene.store)


def test_a_proxy_that_is_degraded_is_used(scene):
    scene.proxy.does(faults.with_members(ekmFleetDetails=[
        {"id": "1", "model": "m", "healthStatus": "UNAVAILABLE"}, {"id": "2", "model": "m", "healthStatus": "DEGRADED"},
    ]), "GetHealthStatus")
    disconnect(scene.kms, scene.store)
    connect(scene.kms, scene.store)
    assert works(scene.patient, scene.blob)


def test_an_update_that_the_proxy_does_not_take_changes_nothing(scene):
    kms, before = scene.kms, entry(scene.kms, scene.store)
    credential = scene.proxy.configuration()["XksProxyAuthenticationCredential"]
    for change, exception in (
        ({"XksProxyAuthenticationCredential": {**credential, "RawSecretAccessKey": "x" * 43}},
         "XksProxyIncorrectAuthenticationCredentialException"),
        ({"XksProxyAuthenticationCredential": {**credential, "AccessKeyId": "A" * 20}},
         "XksProxyIncorrectAuthenticationCredentialException"),
    ):
        assert code(kms.update_custom_key_store, CustomKeyStoreId=scene.store, **change) == exception
    scene.proxy.does(names("InvalidUriPathException"), "GetHealthStatus")
    assert code(
        kms.update_custom_key_store, CustomKeyStoreId=scene.store, XksProxyUriPath="/wrong/kms/xks/v1"
    ) == "XksProxyInvalidConfigurationException"
    assert entry(kms, scene.store) == before
    assert works(scene.patient, scene.blob), "by the connection that there was"


def test_of_two_updates_at_once_the_one_that_is_stored_is_used(scene):
    def slow_at_first(exchange):
        exchange.wait(0.15 if exchange.request.path.startswith("/first/") else 0)
        exchange.send()
    scene.proxy.does(slow_at_first, "GetHealthStatus")

    def move(prefix):
        scene.patient.update_custom_key_store(
            CustomKeyStoreId=scene.store, XksProxyUriPath=scene.proxy.configuration(prefix)["XksProxyUriPath"])
    for pause in (0.1, 0.2, 0.3):
        # The second begins while the first is asked for the health of what it is to be, or of what it is.
        updates = [threading.Thread(target=move, args=(prefix,)) for prefix in ("/first", "/second")]
        for update in updates:
            update.start()
            time.sleep(pause)
        for update in updates:
            update.join()
        scene.proxy.forget()
        scene.encrypt()
        stored = entry(scene.kms, scene.store)["XksProxyConfiguration"]["UriPath"]
        assert scene.proxy.asked("Encrypt")[-1].path == f"{stored}/keys/one/encrypt"
    move("")


# Making keys

@pytest.mark.parametrize("metadata, message", [
    ({"keySpec": "AES_128"},
     "The key spec of the external key must be AES_256. The key spec of specified external key is AES_128."),
    ({"keySpec": "RSA_2048"},
     "The key spec of the external key must be AES_256. The key spec of specified external key is RSA_2048."),
    ({"keyUsage": ["ENCRYPT"]},
     "The key usage of the external key must include ENCRYPT and DECRYPT. The key usage of specified external key is "
     "ENCRYPT."),
    ({"keyUsage": ["DECRYPT", "WRAP"]},
     "The key usage of the external key must include ENCRYPT and DECRYPT. The key usage of specified external key is "
     "DECRYPT, WRAP."),
    ({"keyStatus": "DISABLED"},
     "The status of the external key must be ENABLED. The status of specified external key is DISABLED."),
])
def test_external_keys_that_no_key_can_stand_on(scene, metadata, message):
    scene.proxy.key_metadata["unfit"] = {**faults.USABLE, **metadata}
    answer = told(scene, lambda: new_key(scene.kms, scene.store, "unfit"), message)
    assert (answer.code, answer.message) == ("XksKeyInvalidConfigurationException", message)


@pytest.mark.parametrize("act, exception, message", [
    (names("KeyNotFoundException"), "XksKeyNotFoundException", OF_NAMES["KeyNotFoundException"]),
    (names("InvalidStateException"), "XksKeyInvalidConfigurationException", OF_NAMES["InvalidStateException"]),
    (names("InvalidKeyUsageException"), "XksKeyInvalidConfigurationException", OF_NAMES["InvalidKeyUsageException"]),
    (names("AccessDeniedException"), "CustomKeyStoreInvalidStateException", OF_NAMES["AccessDeniedException"]),
    (names("ThrottlingException"), "CustomKeyStoreInvalidStateException", OF_NAMES["ThrottlingException"]),
    (names("AuthenticationFailedException"), "CustomKeyStoreInvalidStateException",
     OF_NAMES["AuthenticationFailedException"]),
    (faults.silent, "CustomKeyStoreInvalidStateException", TIMED_OUT),
    (faults.cut(lambda head, body: head), "CustomKeyStoreInvalidStateException", UNREACHABLE),
    (faults.says(200, {"keySpec": "AES_256"}), "CustomKeyStoreInvalidStateException", NOT_UNDERSTOOD),
    (faults.with_members(keyUsage="ENCRYPT DECRYPT"), "CustomKeyStoreInvalidStateException", NOT_UNDERSTOOD),
    (faults.with_members(keyUsage=["ENCRYPT", "DECRYPT"] * 6), "CustomKeyStoreInvalidStateException", NOT_UNDERSTOOD),
    (faults.with_members(keySpec="<b>AES</b>"), "CustomKeyStoreInvalidStateException", NOT_UNDERSTOOD),
], ids=lambda value: value if isinstance(value, str) and " " not in value else "")
def test_why_a_key_is_not_made(scene, act, exception, message):
    before = len(scene.kms.list_keys()["Keys"])
    scene.proxy.does(act, "GetKeyMetadata")
    answer = told(scene, lambda: new_key(scene.kms, scene.store, "of-no-use"), message)
    assert (answer.code, answer.message) == (exception, message)
    assert len(scene.kms.list_keys()["Keys"]) == before
    scene.proxy.mend()
    scene.kms.schedule_key_deletion(KeyId=new_key(
        scene.patient, scene.store, f"of-use-{time.monotonic_ns()}")["KeyId"], PendingWindowInDays=7)


# The server ends and begins again

def test_a_server_that_starts_while_the_proxy_is_faulty_is_ready_and_mends_itself(scene):
    for wrong in (faults.silent, names("InternalException")):
        assert scene.server.stop() == 0
        scene.proxy.does(wrong)
        scene.server.start()
        scene.kms, scene.patient = scene.server.client(), patient(scene.server.client())
        assert scene.kms.encrypt(KeyId=scene.own, Plaintext=b"x")
        assert entry(scene.kms, scene.store)["ConnectionState"] == "CONNECTED"
        assert not works(scene.kms, scene.blob)
        assert settled(scene.kms, scene.store)
        scene.proxy.mend()
        wait_until(lambda: works(scene.kms, scene.blob), 20, "it came back by itself")
