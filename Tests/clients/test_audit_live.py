"""What a server records of its calls: all of them, once, no secrets, and whatever becomes of the server or the disk."""
import base64
import contextlib
import os
import pathlib
import shutil
import subprocess
import time
import uuid

import botocore.exceptions
import pytest
from audit_log import Call, Calls, by_request, quietly, records
from botocore import xform_name
from identities import client, code, trust
from operations import CONTEXT, MATERIAL, OPERATIONS, Scene
from people import Account, allow, document
from raw_http import post, send
from strongroom_server import PATIENCE, Server

MARKER = b"plaintext-marker-91c2f7"


def folder(server) -> pathlib.Path:
    return server.state / "audit"


def verify(server, *arguments: str) -> None:
    result = server.run("audit", "verify", "--state", str(server.state), *arguments, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def refused_and_allowed(calls: Calls, server, owner, nobody) -> Scene:
    """Every operation of KMS, by somebody who may not do it and by somebody who may."""
    scene = Scene(owner.kms, owner.arn)
    scene.policy = document(owner.account.delegation())
    scene.grant = owner.kms.create_grant(
        KeyId=scene.keys["symmetric"], GranteePrincipal=owner.arn, Operations=["Decrypt"])["GrantId"]
    for person in (nobody, owner):
        for operation in OPERATIONS:
            operation.before(scene)
            scene.retiring = person.arn
            key = scene.keys.get(operation.key)
            quietly(getattr(person.kms, xform_name(operation.name)), **operation.parameters(scene, key))
    return scene


def test_every_call_is_recorded_once_and_holds_no_secret(own_server, ready):
    calls, secrets = Calls(), {}
    account = Account(own_server)
    iam, sts = calls.note(account.iam), calls.note(client(own_server, "sts"))
    owner, nobody = account.user("owner").may(allow("*")), account.user("nobody")
    for person in (owner, nobody):
        calls.note(person.kms)
        secrets[f"{person.name}'s secret access key"] = person.keys["SecretAccessKey"]
    scene = refused_and_allowed(calls, own_server, owner, nobody)
    assert len({call.operation for call in calls if call.error is None}) > len(OPERATIONS) - 3, "dry runs are none"
    assert {call.operation for call in calls if call.error == "AccessDenied"} >= {each.name for each in OPERATIONS}

    # What holds secrets.
    kms, key = owner.kms, scene.keys["symmetric"]
    blob = kms.encrypt(KeyId=key, Plaintext=MARKER, EncryptionContext={"tenant": "recorded"})["CiphertextBlob"]
    kms.decrypt(CiphertextBlob=blob, EncryptionContext={"tenant": "recorded"})
    quietly(kms.decrypt, CiphertextBlob=blob)
    data_key = kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    pair = kms.generate_data_key_pair(KeyId=key, KeyPairSpec="ECC_NIST_P256")
    shared = kms.derive_shared_secret(
        KeyId=scene.keys["agreement"], KeyAgreementAlgorithm="ECDH", PublicKey=scene.public_key)["SharedSecret"]
    token = kms.create_grant(KeyId=key, GranteePrincipal=owner.arn, Operations=["Decrypt"])["GrantToken"]
    kms.describe_key(KeyId=key, GrantTokens=[token])
    kms.retire_grant(GrantToken=token)
    random = kms.generate_random(NumberOfBytes=32)["Plaintext"]
    secrets |= {
        "a plaintext": MARKER, "a ciphertext": blob, "a data key": data_key["Plaintext"],
        "an encrypted data key": data_key["CiphertextBlob"], "a private key": pair["PrivateKeyPlaintext"],
        "a shared secret": shared, "random bytes": random, "imported material": MATERIAL,
        "an import token": scene.import_token, "wrapped material": scene.wrapped,
        "a MAC": scene.mac, "a signature": scene.signature, "a grant's token": token,
    }

    # IAM and STS, allowed, refused and invalid.
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=owner.name)["VirtualMFADevice"]
    seed = device["Base32StringSeed"].decode()
    codes = [code(seed, -1), code(seed), code(seed, 1)]
    iam.enable_mfa_device(
        UserName=owner.name, SerialNumber=device["SerialNumber"], AuthenticationCode1=codes[0],
        AuthenticationCode2=codes[1])
    own_sts = calls.note(client(own_server, "sts", owner.keys))
    session = own_sts.get_session_token(SerialNumber=device["SerialNumber"], TokenCode=codes[2])["Credentials"]
    quietly(own_sts.get_session_token, SerialNumber=device["SerialNumber"], TokenCode=codes[2])
    role = iam.create_role(RoleName="audited", AssumeRolePolicyDocument=trust(owner.arn))["Role"]
    assumed = own_sts.assume_role(RoleArn=role["Arn"], RoleSessionName="work")["Credentials"]
    quietly(calls.note(client(own_server, "sts", nobody.keys)).assume_role, RoleArn=role["Arn"], RoleSessionName="work")
    quietly(calls.note(client(own_server, "iam", nobody.keys)).list_users)
    quietly(iam.get_user, UserName="not-there")
    quietly(iam.create_user, UserName="a b")
    sts.get_caller_identity()
    calls.note(client(own_server, "kms", session)).list_keys()
    quietly(calls.note(client(own_server, "kms", assumed)).list_keys)
    secrets |= {
        "an authenticator's seed": seed, "a session's secret": session["SecretAccessKey"],
        "a session's token": session["SessionToken"], "a role session's token": assumed["SessionToken"],
    }

    # What no SDK would send.
    text = base64.b64encode(MARKER).decode()
    for operation, body, error in (
        ("Encrypt", {"KeyId": key, "Plaintext": text + "!"}, "SerializationException"),
        ("Encrypt", {"KeyId": "x" * 5000, "Plaintext": text}, "ValidationException"),
        ("Encrypt", {"KeyId": key, "Plaintext": text, "EncryptionContext": {"a": 1}}, "SerializationException"),
        ("Encrypt", b'{"KeyId":"' + key.encode() + b'","Plaintext":"' + text.encode(), "SerializationException"),
        ("ListKeys", {"Limit": 0, "Plaintext": text}, "ValidationException"),
        ("ReplicateKey", {"KeyId": key, "ReplicaRegion": "us-west-2"}, "UnsupportedOperationException"),
    ):
        answer = post(own_server, operation, body)
        assert answer.code == error
        calls.append(Call(answer.headers["x-amzn-RequestId"], operation, error))
    unsigned = send(own_server, {"X-Amz-Target": "TrentService.ListKeys"}, b"{}")

    ready(lambda: not calls.missing(folder(own_server)), PATIENCE, "all calls are recorded")
    found = by_request(folder(own_server))
    assert len(found.pop(unsigned.headers["x-amzn-RequestId"], [])) == 0, "nobody made that call"
    own_server.stop()
    assert calls.missing(folder(own_server)) == []
    ids = [record["eventID"] for record in records(folder(own_server))]
    assert len(set(ids)) == len(ids)
    verify(own_server)

    logged = records(folder(own_server))
    contexts = [(record.get("requestParameters") or {}).get("encryptionContext") for record in logged]
    assert contexts.count({"tenant": "recorded"}) == 2
    assert contexts.count(CONTEXT) > 10
    content = b"".join(path.read_bytes() for path in folder(own_server).iterdir())
    for what, secret in secrets.items():
        forms = [secret.encode()] if isinstance(secret, str) else [
            secret, base64.b64encode(secret), secret.hex().encode(), base64.b64encode(secret).rstrip(b"=")]
        assert not any(form in content for form in forms), f"{what} is in the log"
    assert not set(codes) & set(texts(logged)), "a code is in the log"


def texts(value):
    """All strings in a JSON value."""
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str):
        yield from value.split()


def test_a_record_tells_who_did_what_to_which_key_and_why_it_was_decided_so(own_server, ready):
    account = Account(own_server)
    user = account.user("user").may({**allow("kms:Encrypt"), "Sid": "Encrypting"})
    calls = Calls()
    calls.note(user.kms)
    key = account.kms.create_key()["KeyMetadata"]["Arn"]
    user.kms.encrypt(KeyId=key, Plaintext=MARKER, EncryptionContext=CONTEXT)
    quietly(user.kms.decrypt, CiphertextBlob=b"x" * 100, KeyId=key)
    ready(lambda: not calls.missing(folder(own_server)), PATIENCE, "both calls are recorded")
    [encrypted], [refused] = [by_request(folder(own_server))[call.request] for call in calls]
    for record in (encrypted, refused):
        assert record["userIdentity"] == {
            "type": "IAMUser", "principalId": user.unique_id, "arn": user.arn, "accountId": account.number,
            "accessKeyId": user.keys["AccessKeyId"], "userName": user.name,
        }
        assert record["sourceIPAddress"] == "127.0.0.1" and record["userAgent"].startswith("Boto3/")
        assert record["resources"] == [{"accountId": account.number, "type": "AWS::KMS::Key", "ARN": key}]
        assert (record["eventSource"], record["readOnly"]) == ("kms.amazonaws.com", True)
        assert record["requestParameters"]["keyId"] == key
    assert encrypted["requestParameters"]["encryptionContext"] == CONTEXT
    [decision] = encrypted["additionalEventData"]["decisions"]
    assert decision["allowed"] and "Encrypting" in decision["reason"]["text"]
    [decision] = refused["additionalEventData"]["decisions"]
    assert not decision["allowed"] and decision["action"] == "kms:Decrypt"
    assert refused["errorCode"] == "AccessDenied" and "kms:Decrypt" in refused["errorMessage"]


# The end of the process


def test_a_change_that_was_answered_is_recorded_once_whatever_becomes_of_the_server(own_server, ready):
    """The record is written with the change, and finds its way into the log at the next start if it has to."""
    calls, keys = Calls(), []
    for _ in range(3):
        kms, iam = calls.note(own_server.client()), calls.note(client(own_server, "iam"))
        keys.append(kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"])
        iam.create_user(UserName=f"user-{uuid.uuid4().hex}")
        kms.disable_key(KeyId=kms.create_key()["KeyMetadata"]["KeyId"])
        own_server.kill()
        own_server.start()
    ready(lambda: not calls.missing(folder(own_server)), PATIENCE, "all changes are recorded")
    # Nor does another start bring any of them again.
    own_server.kill()
    own_server.start()
    own_server.client().list_keys()
    own_server.stop()
    assert calls.missing(folder(own_server)) == []
    logged = records(folder(own_server))
    ids = [record["eventID"] for record in logged]
    assert len(set(ids)) == len(ids)
    created = [record["responseElements"]["keyMetadata"]["keyId"] for record in logged
               if record["eventName"] == "CreateKey"]
    assert set(keys) <= set(created) and len(created) == 6
    verify(own_server)


def test_what_changed_nothing_is_safe_after_a_moment(own_server):
    calls = Calls()
    kms = calls.note(own_server.client())
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    for number in range(20):
        kms.encrypt(KeyId=key, Plaintext=MARKER, EncryptionContext={"number": str(number)})
    quietly(kms.encrypt, KeyId=str(uuid.uuid4()), Plaintext=MARKER)
    # What is not yet written is so within a second; the other is for a machine with a lot to do.
    time.sleep(2)
    own_server.kill()
    assert calls.missing(folder(own_server)) == []
    own_server.start()
    own_server.stop()
    assert calls.missing(folder(own_server)) == []
    verify(own_server)


def test_a_server_killed_under_load_has_a_log_that_is_whole(own_server):
    calls = Calls()
    for round in range(3):
        kms = calls.note(own_server.client())
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        for number in range(30 * (round + 1)):
            kms.encrypt(KeyId=key, Plaintext=MARKER)
        own_server.kill()
        verify(own_server)
        own_server.start()
    own_server.stop()
    verify(own_server)
    changes = Calls(call for call in calls if call.operation == "CreateKey")
    assert changes.missing(folder(own_server)) == []
    # Of the others the last second's may be missing; none is there twice.
    assert max(len(found) for request, found in by_request(folder(own_server)).items() if request) == 1


# The end of the disk


class SmallDisk:
    """A file system of a megabyte, which can be filled."""

    def __init__(self, path: pathlib.Path):
        self.path, self.ballast = path, path / "ballast"
        path.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "none", path], check=True)

    def fill(self) -> None:
        with open(self.ballast, "wb", buffering=0) as file:
            for size in (4096, 1):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(bytes(size))

    def make_room(self) -> None:
        self.ballast.unlink()

    def unmount(self) -> None:
        subprocess.run(["umount", "--lazy", self.path], check=True)


def may_mount() -> bool:
    return os.geteuid() == 0 and shutil.which("unshare") is not None and subprocess.run(
        ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode == 0


needs_mounts = pytest.mark.skipif(not may_mount(), reason="only who may mount file systems can have a small one")


@pytest.fixture
def disk(tmp_path):
    disk = SmallDisk(tmp_path / "log")
    yield disk
    disk.unmount()


@pytest.fixture
def logging_server(tmp_path, disk):
    """Makes servers whose log is on the small disk."""
    made = []

    def make(on_failure: str) -> Server:
        server = Server(tmp_path / "state")
        server.configure(f"audit: {{folder: '{disk.path}/audit', onFailure: {on_failure}}}")
        made.append(server)
        return server.start()

    yield make
    for server in made:
        server.close()


def is_refused(call, **parameters) -> bool:
    """Whether a call ended in an error that SDKs try again."""
    try:
        call(**parameters)
    except botocore.exceptions.ClientError as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        assert error.response["Error"]["Code"] in ("KMSInternalException", "ServiceFailure", "InternalFailure")
        return True
    return False


@needs_mounts
def test_a_server_that_cannot_record_refuses_work(logging_server, disk, ready):
    server, calls = logging_server("refuse"), Calls()
    kms, iam, sts = (calls.note(client(server, name)) for name in ("kms", "iam", "sts"))
    key = kms.create_key()["KeyMetadata"]["KeyId"]

    def count():
        return len(kms.list_keys()["Keys"])

    assert count() == 1
    disk.fill()
    # What comes before the disk is found full waits in memory for room.
    ready(lambda: is_refused(kms.encrypt, KeyId=key, Plaintext=MARKER), PATIENCE, "work is refused")
    objects = len(list((server.state / "tokens").rglob("*.object")))
    accepted = len(calls)
    for call, parameters in (
        (kms.create_key, {}), (kms.encrypt, {"KeyId": key, "Plaintext": MARKER}), (kms.list_keys, {}),
        (kms.disable_key, {"KeyId": key}), (iam.create_user, {"UserName": "nobody"}), (sts.get_caller_identity, {}),
    ):
        assert is_refused(call, **parameters), call
    assert len(list((server.state / "tokens").rglob("*.object"))) == objects
    assert "the audit log cannot be written" in server.log()
    del calls[accepted:]
    disk.make_room()
    ready(lambda: not is_refused(kms.list_keys), PATIENCE, "there is room again")
    assert count() == 1
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"
    assert "nobody" not in [user["UserName"] for user in iam.list_users()["Users"]]
    assert kms.create_key()["KeyMetadata"]
    assert "the audit log is written again" in server.log()
    server.stop()
    # Those that were refused for want of a log are not in it.
    accepted = Calls(call for call in calls if call.error != "KMSInternalException")
    assert accepted.missing(disk.path / "audit") == []
    verify(server)


@needs_mounts
def test_a_server_that_is_told_to_go_on_records_what_it_can_later(logging_server, disk, ready):
    server, calls = logging_server("continue"), Calls()
    kms, iam = calls.note(server.client()), calls.note(client(server, "iam"))
    disk.fill()
    keys = []

    def work():
        keys.append(kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"])
        kms.describe_key(KeyId=keys[-1])
        return "the audit log cannot be written" in server.log()

    ready(work, PATIENCE, "the disk is found full")
    work()
    iam.create_user(UserName="somebody")
    missing = Calls(call for call in calls if call.operation in ("CreateKey", "CreateUser"))
    assert missing.missing(disk.path / "audit") != []
    # What was changed is recorded in the database until there is room, whatever becomes of the server.
    server.kill()
    disk.make_room()
    server.start()
    ready(lambda: not missing.missing(disk.path / "audit"), PATIENCE, "all changes are recorded")
    kms = calls.note(server.client())
    disk.fill()
    ready(lambda: kms.list_keys() and server.log().count("the audit log cannot be written") == 2, PATIENCE, "again")
    before = len(calls)
    kms.describe_key(KeyId=keys[0])
    disk.make_room()
    later = Calls(calls[before:])
    ready(lambda: not later.missing(disk.path / "audit"), PATIENCE, "the call is recorded when there is room")
    server.stop()
    assert missing.missing(disk.path / "audit") == []
    verify(server)
