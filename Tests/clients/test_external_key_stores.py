"""Custom key stores of type EXTERNAL_KEY_STORE, end to end: a server, and our own XKS proxy on another server's token."""
import base64
import json
import os
import pathlib
import socket
import sqlite3
import stat
import threading
import time
import types

import pytest
from audit_log import by_request, records
from authorities import Authority
from botocore.exceptions import ClientError
from customers_token import disconnect, entry
from errors import refused
from external_key_stores import add_proxies, connect, create, new_key, parameters, patient, works
from faulty_proxy import HOST
from identities import client
from people import Account
from strongroom_server import Server, wait_until
from test_custom_key_store_faults import metrics
from test_custom_key_stores import code
from test_encrypt_then_mac import profile_text
from test_token import secret_keys
from test_xks_proxy_tls import SUBJECT
from xks import Proxy

CONTEXT = {"tenant": "a"}
# Other names of the one proxy, to which the server comes otherwise: with another certificate, with none, for others.
WRONG, NAMELESS, THEIRS = (f"{name}.example.com" for name in ("wrong", "nameless", "theirs"))
OTHER_ACCOUNT = "222233334444"
REJECTED = "The external key store proxy rejected the request because "


class World:
    """Two servers that know nothing of each other: one is the other's external key manager."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        authority = Authority(folder, "root")
        names = ",".join(f"DNS:{name}" for name in (HOST, WRONG, NAMELESS))
        certificate, key = authority.issue("proxy", f"/CN={HOST}", extension=f"subjectAltName={names}")
        self.proxy = Proxy(
            folder / "proxy", settings=f"tls: {{certificate: {certificate}, key: {key}, "
            f"clientAuthority: {authority.certificate}, clientSubject: {SUBJECT}}}").start()
        self.way = {"address": f"127.0.0.1:{self.proxy.port}", "trustRoots": str(authority.certificate)}
        self.mine = self.shown(authority.issue("mine", f"/CN={SUBJECT}"))
        self.silent = socket.create_server(("127.0.0.1", 0))
        self.silent.setblocking(False)
        self.server = self.new_server("state", {
            HOST: {**self.way, **self.mine}, NAMELESS: self.way,
            WRONG: {**self.way, **self.shown(authority.issue("wrong", "/CN=somebody"))},
            THEIRS: {"address": "127.0.0.1:%d" % self.silent.getsockname()[1], "account": OTHER_ACCOUNT},
        })
        self.server.start()

    @staticmethod
    def shown(files: tuple) -> dict:
        return dict(zip(("clientCertificate", "clientKey"), map(str, files), strict=True))

    def new_server(self, name: str, proxies: dict, *init_arguments: str) -> Server:
        server = Server(self.folder / name, *init_arguments)
        add_proxies(server, proxies)
        return server

    @property
    def kms(self):
        return patient(self.server.client())

    def new_prefix(self, prefix: str, *keys: str) -> dict:
        """A store of the proxy's, and keys in it. What its operator hands out."""
        made = self.proxy.xks("init-store", "--prefix", prefix, "--requests-per-second", "0")
        for key in keys:
            self.proxy.new_key(prefix, key)
        return json.loads(made.stdout)

    def new_store(self, name: str, *keys: str) -> str:
        """A key store, connected, behind a prefix of its own name."""
        store = create(self.kms, name, self.new_prefix(name, *keys))
        connect(self.kms, store)
        return store

    def close(self) -> None:
        self.server.close()
        self.proxy.close()
        self.silent.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("external"))
    yield world
    world.close()


@pytest.fixture(scope="module")
def shared(world):
    """A key store for all tests that leave it connected, and what was encrypted in it."""
    store = world.new_store("shared", "kept")
    key = new_key(world.kms, store, "kept")
    return types.SimpleNamespace(
        id=store, key=key["KeyId"], arn=key["Arn"],
        blob=world.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"kept")["CiphertextBlob"])


def shows(world, store: str) -> dict:
    return entry(world.kms, store)["XksProxyConfiguration"]


# The whole of it

def test_from_its_making_to_its_end(world):
    kms, proxy = world.kms, world.proxy
    handed_out = world.new_prefix("payroll", "wages")
    store = create(kms, "payroll", handed_out)
    made = entry(kms, store)
    assert made.pop("CreationDate").timestamp() == pytest.approx(time.time(), abs=60)
    assert made == {
        "CustomKeyStoreId": store, "CustomKeyStoreName": "payroll", "ConnectionState": "DISCONNECTED",
        "CustomKeyStoreType": "EXTERNAL_KEY_STORE", "XksProxyConfiguration": {
            "Connectivity": "PUBLIC_ENDPOINT", "UriEndpoint": f"https://{HOST}", "UriPath": "/payroll/kms/xks/v1",
            "AccessKeyId": handed_out["XksProxyAuthenticationCredential"]["AccessKeyId"]},
    }
    assert code(new_key, kms=kms, store=store, external_key="wages") == "CustomKeyStoreInvalidStateException"
    connect(kms, store)

    own, theirs = len(secret_keys(world.server.state)), len(secret_keys(proxy.server.state))
    key = new_key(kms, store, "wages", Description="wages", Tags=[{"TagKey": "team", "TagValue": "blue"}])
    assert key["CustomKeyStoreId"] == store and key["XksKeyConfiguration"] == {"Id": "wages"}
    assert (key["Origin"], key["KeyState"], key["KeySpec"]) == ("EXTERNAL_KEY_STORE", "Enabled", "SYMMETRIC_DEFAULT")
    assert not {"CloudHsmClusterId", "CurrentKeyMaterialId", "ExpirationModel"} & set(key)
    identifier = key["KeyId"]
    assert kms.describe_key(KeyId=identifier)["KeyMetadata"] == key
    assert len(secret_keys(world.server.state)) == own + 1, "the inner sealing's"
    assert len(secret_keys(proxy.server.state)) == theirs, "an external key is used, and not made"

    blob = kms.encrypt(KeyId=identifier, Plaintext=b"4711", EncryptionContext=CONTEXT)["CiphertextBlob"]
    assert blob[0] == 3
    opened = kms.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT)
    assert opened["Plaintext"] == b"4711" and opened["KeyId"] == key["Arn"]
    assert code(kms.decrypt, CiphertextBlob=blob) in ("InvalidCiphertextException", "KMSInvalidStateException")
    data_key = kms.generate_data_key(KeyId=identifier, KeySpec="AES_256", EncryptionContext=CONTEXT)
    assert kms.decrypt(CiphertextBlob=data_key["CiphertextBlob"], EncryptionContext=CONTEXT)["Plaintext"] \
        == data_key["Plaintext"]
    sealed = kms.generate_data_key_without_plaintext(KeyId=identifier, NumberOfBytes=1024)
    assert len(kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"])["Plaintext"]) == 1024
    assert code(kms.generate_random, NumberOfBytes=1, CustomKeyStoreId=store) == "UnsupportedOperationException"

    disconnect(kms, store)
    assert kms.describe_key(KeyId=identifier)["KeyMetadata"]["KeyState"] == "Unavailable"
    for call in (
        lambda: kms.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT),
        lambda: kms.encrypt(KeyId=identifier, Plaintext=b"x"),
        lambda: kms.encrypt(KeyId=identifier, Plaintext=b"x", DryRun=True),
        lambda: kms.generate_data_key(KeyId=identifier, KeySpec="AES_256"),
    ):
        assert code(call) == "KMSInvalidStateException"
    assert code(kms.delete_custom_key_store, CustomKeyStoreId=store) == "CustomKeyStoreHasCMKsException"
    kms.update_key_description(KeyId=identifier, Description="still managed")
    connect(kms, store)
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT)["Plaintext"] == b"4711"

    kms.schedule_key_deletion(KeyId=identifier, PendingWindowInDays=7)
    assert code(new_key, kms=kms, store=store, external_key="wages") == "XksKeyAlreadyInUseException", "until it is gone"
    let_the_days_pass(world)
    kms = world.kms
    wait_until(lambda: describes_nothing(kms, identifier), 20, "the key is gone")
    assert len(secret_keys(world.server.state)) == own, "and its inner material"
    again = new_key(kms, store, "wages")["KeyId"]
    assert code(kms.decrypt, CiphertextBlob=blob, EncryptionContext=CONTEXT) == "AccessDeniedException", \
        "the external key alone brings nothing back"
    kms.schedule_key_deletion(KeyId=again, PendingWindowInDays=7)
    let_the_days_pass(world)
    kms = world.kms
    wait_until(lambda: describes_nothing(kms, again), 20, "the key is gone")
    disconnect(kms, store)
    kms.delete_custom_key_store(CustomKeyStoreId=store)
    assert code(kms.describe_custom_key_stores, CustomKeyStoreId=store) == "CustomKeyStoreNotFoundException"


def let_the_days_pass(world) -> None:
    assert world.server.stop() == 0
    with sqlite3.connect(world.server.state / "metadata.sqlite") as database:
        database.execute("UPDATE key SET deletion_date = 0 WHERE lifecycle = 'pendingDeletion'")
    database.close()
    world.server.start()


def describes_nothing(kms, key: str) -> bool:
    try:
        kms.describe_key(KeyId=key)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "NotFoundException"
        return True
    return False


def test_with_the_aws_cli_alone(world, tmp_path):
    """Done when: a key made through our KMS, in a key store whose external manager is our own XKS proxy on another token,
    encrypts and decrypts end to end."""
    file, plaintext, ciphertext = (tmp_path / name for name in ("store.json", "plaintext", "ciphertext"))
    file.write_text(json.dumps(parameters(world.new_prefix("cli", "k"))))
    plaintext.write_bytes(b"hello \0 world")
    # The CLI repeats no KMSInvalidStateException, and a busy machine may have one.
    def aws(*arguments):
        return wait_until(
            lambda: (run := world.server.aws("kms", *arguments, check=False)).returncode == 0 and run, 30, arguments)
    store = json.loads(aws(
        "create-custom-key-store", "--custom-key-store-name", "cli", "--cli-input-json", f"file://{file}").stdout)
    store = store["CustomKeyStoreId"]
    aws("connect-custom-key-store", "--custom-key-store-id", store)
    wait_until(lambda: "CONNECTED" == json.loads(aws(
        "describe-custom-key-stores", "--custom-key-store-id", store).stdout)["CustomKeyStores"][0]["ConnectionState"],
        30, "it is connected")
    key = json.loads(aws(
        "create-key", "--origin", "EXTERNAL_KEY_STORE", "--custom-key-store-id", store, "--xks-key-id", "k").stdout)
    assert key["KeyMetadata"]["XksKeyConfiguration"] == {"Id": "k"}
    encrypted = aws(
        "encrypt", "--key-id", key["KeyMetadata"]["KeyId"], "--plaintext", f"fileb://{plaintext}", "--query",
        "CiphertextBlob", "--output", "text").stdout
    ciphertext.write_bytes(base64.b64decode(encrypted))
    decrypted = aws(
        "decrypt", "--ciphertext-blob", f"fileb://{ciphertext}", "--query", "Plaintext", "--output", "text").stdout
    assert base64.b64decode(decrypted) == b"hello \0 world"


def test_the_commands(world, tmp_path):
    state = ("--state", str(world.server.state))
    run = world.server.run
    file = tmp_path / "store.json"
    world.proxy.xks("init-store", "--prefix", "commands", "--output", str(file))
    world.proxy.new_key("commands", "k")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    making = ("key-store", "create", "commands", "--proxy", f"https://{HOST}")
    refusal = run(*making, *state, check=False)
    assert refusal.returncode != 0 and "--proxy-configuration" in refusal.stderr
    making += ("--proxy-configuration", str(file))
    file.chmod(0o644)
    assert "can be read by others" in run(*making, *state, check=False).stderr
    file.chmod(0o600)
    assert "a cluster or a proxy" in run(*making, "--cluster-id", "cluster-customeraaa", *state, check=False).stderr
    store = json.loads(run(*making, "--json", *state).stdout)["CustomKeyStoreId"]
    assert "is connected" in run("key-store", "connect", store, *state).stdout
    listed = json.loads(run("key-store", "list", "--id", store, "--json", *state).stdout)["CustomKeyStores"][0]
    assert listed["CustomKeyStoreType"] == "EXTERNAL_KEY_STORE"
    assert listed["XksProxyConfiguration"]["UriPath"] == "/commands/kms/xks/v1"
    text = run("key-store", "list", "--name", "commands", *state).stdout
    assert f"https://{HOST}/commands/kms/xks/v1" in text and listed["XksProxyConfiguration"]["AccessKeyId"] in text
    key = json.loads(run(
        "key", "create", "--key-store", store, "--external-key", "k", "--json", *state).stdout)["KeyMetadata"]
    assert (key["Origin"], key["XksKeyConfiguration"]) == ("EXTERNAL_KEY_STORE", {"Id": "k"})
    told = run("key", "describe", key["KeyId"], *state).stdout
    assert store in told and "EXTERNAL_KEY_STORE" in told and "external key" in told
    taken = run("key", "create", "--key-store", store, "--external-key", "k", *state, check=False)
    assert taken.returncode == 1 and "XksKeyAlreadyInUse" in taken.stderr

    doctor = run("doctor", *state)
    assert f"key store commands ({store})" in doctor.stdout and "its XKS proxy is healthy" in doctor.stdout
    # Another credential, while it is connected.
    second = json.loads(world.proxy.xks("credential", "add", "--prefix", "commands").stdout)
    file.write_text(json.dumps(second))
    assert "is changed" in run("key-store", "update", store, "--proxy-configuration", str(file), *state).stdout
    assert shows(world, store)["AccessKeyId"] == second["XksProxyAuthenticationCredential"]["AccessKeyId"]
    file.write_text('{"XksProxyUriPath": "/commands/kms/xks/v1"}')
    broken = run("key-store", "update", store, "--proxy-configuration", str(file), *state, check=False)
    assert broken.returncode == 1 and "hint:" in broken.stderr and "RawSecretAccessKey" in broken.stderr
    run("key-store", "disconnect", store, *state)
    assert "its token or proxy was not looked at" in run("doctor", *state).stdout
    assert "is connected" in run("key-store", "connect", store, *state).stdout


def test_sizes(world, shared):
    kms = world.kms
    # 8 KiB of encryption context, names and values, are the most that there may be.
    context = {f"name-{number:02}": "x" * 503 for number in range(16)}
    assert 8000 < sum(len(name) + len(value) for name, value in context.items()) <= 8192
    for plaintext, context in ((os.urandom(1), {}), (os.urandom(4096), {}), (os.urandom(4096), context)):
        blob = kms.encrypt(KeyId=shared.key, Plaintext=plaintext, EncryptionContext=context)["CiphertextBlob"]
        assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"] == plaintext
        moved = kms.re_encrypt(
            CiphertextBlob=blob, SourceEncryptionContext=context, DestinationKeyId=shared.key,
            DestinationEncryptionContext=context)["CiphertextBlob"]
        assert kms.decrypt(CiphertextBlob=moved, EncryptionContext=context)["Plaintext"] == plaintext
    assert code(kms.encrypt, KeyId=shared.key, Plaintext=bytes(4097)) == "ValidationException"


def test_on_a_token_without_aes_gcm(world, tmp_path):
    profile = tmp_path / "profile.yaml"
    profile.write_text(profile_text(allowed=True, with_gcm=False))
    server = world.new_server("cbc", {HOST: {**world.way, **world.mine}}, "--profile", str(profile)).start()
    try:
        kms = patient(server.client())
        store = create(kms, "cbc", world.new_prefix("cbc", "k"))
        connect(kms, store)
        key, own = new_key(kms, store, "k")["KeyId"], kms.create_key()["KeyMetadata"]["KeyId"]
        for size in (1, 16, 4096):
            plaintext = os.urandom(size)
            blob = kms.encrypt(KeyId=key, Plaintext=plaintext, EncryptionContext=CONTEXT)["CiphertextBlob"]
            assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT)["Plaintext"] == plaintext
            inner = kms.re_encrypt(
                CiphertextBlob=blob, SourceEncryptionContext=CONTEXT, DestinationKeyId=own)["CiphertextBlob"]
            assert inner[0] == 2, "by AES-CBC and HMAC, and once alone"
            back = kms.re_encrypt(CiphertextBlob=inner, DestinationKeyId=key)["CiphertextBlob"]
            assert kms.decrypt(CiphertextBlob=back)["Plaintext"] == plaintext
    finally:
        server.close()


# Changes

def test_a_credential_is_changed_under_requests_that_never_fail(world):
    store = world.new_store("rotated", "k")
    key, old = new_key(world.kms, store, "k")["KeyId"], shows(world, store)["AccessKeyId"]
    failures, over, done = [], threading.Event(), []

    def load():
        kms = world.kms
        while not over.is_set():
            try:
                blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
                assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
                done.append(blob)
            except Exception as error:
                failures.append(error)
    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            new = json.loads(world.proxy.xks("credential", "add", "--prefix", "rotated").stdout)
            world.kms.update_custom_key_store(
                CustomKeyStoreId=store,
                XksProxyAuthenticationCredential=new["XksProxyAuthenticationCredential"])
            world.proxy.xks("credential", "remove", old, "--prefix", "rotated")
            old = new["XksProxyAuthenticationCredential"]["AccessKeyId"]
            assert shows(world, store)["AccessKeyId"] == old
            count = len(done)
            wait_until(lambda: len(done) > count + 3 or failures, 20, "requests go on")
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert not failures
    assert entry(world.kms, store)["ConnectionState"] == "CONNECTED"
    told = metrics(world.server)
    assert f'strongroom_external_key_store_healthy{{key_store="{store}"}} 1' in told, "it is still looked after"
    # What is stored is the new one: the old would be refused.
    assert world.server.stop() == 0
    world.server.start()
    assert world.kms.decrypt(CiphertextBlob=done[-1])["Plaintext"] == b"x"


def test_stores_of_one_proxy_have_paths_and_keys_of_their_own(world):
    kms = world.kms
    first, second = (world.new_store(name, "k") for name in ("one", "another"))
    keys = [new_key(kms, store, "k")["KeyId"] for store in (first, second)]
    blobs = [kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"] for key in keys]
    assert [kms.decrypt(CiphertextBlob=blob)["Plaintext"] for blob in blobs] == [b"x", b"x"]
    for parameters in (
        {"host": HOST}, {"host": HOST.upper()}, {"host": HOST, "CustomKeyStoreName": "a third"},
    ):
        with refused("XksProxyUriInUseException"):
            create(kms, **{"name": "a third", "configuration": handed_out(world, "one"), **parameters})
    with refused("CustomKeyStoreNameInUseException"):
        create(kms, "another", world.new_prefix("free"))
    # The path may be changed while it is connected. Behind another one is another external key of that name.
    disconnect(kms, second)
    moved = world.new_prefix("moved", "k")
    kms.update_custom_key_store(CustomKeyStoreId=first, **moved)
    assert shows(world, first)["UriPath"] == "/moved/kms/xks/v1"
    with refused("KMSInvalidStateException", REJECTED + "the specified ciphertext or additional authenticated data is "
                 "corrupted, missing, or otherwise invalid."):
        kms.decrypt(CiphertextBlob=blobs[0])
    with refused("XksProxyUriInUseException"):
        kms.update_custom_key_store(CustomKeyStoreId=first, XksProxyUriPath="/another/kms/xks/v1")
    kms.update_custom_key_store(CustomKeyStoreId=first, **handed_out(world, "one"))
    assert kms.decrypt(CiphertextBlob=blobs[0])["Plaintext"] == b"x"
    # The endpoint may not, and of one that is connected the name may.
    with refused("CustomKeyStoreInvalidStateException"):
        kms.update_custom_key_store(CustomKeyStoreId=first, XksProxyUriEndpoint=f"https://{NAMELESS}")
    kms.update_custom_key_store(CustomKeyStoreId=first, NewCustomKeyStoreName="renamed")
    assert entry(kms, first)["CustomKeyStoreName"] == "renamed"
    with refused("ValidationException"):
        kms.update_custom_key_store(CustomKeyStoreId=first, KeyStorePassword="a-password")


def handed_out(world, prefix: str) -> dict:
    """A new credential of a store that there is."""
    return json.loads(world.proxy.xks("credential", "add", "--prefix", prefix).stdout)


# External keys

def test_which_external_keys_a_key_can_stand_on(world, shared):
    kms, proxy = world.kms, world.proxy
    for use in ("encrypt", "decrypt", "none"):
        proxy.new_key("shared", f"{use}-only", "--use", use)
        with refused("XksKeyInvalidConfigurationException") as caught:
            new_key(kms, shared.id, f"{use}-only")
        assert "must include ENCRYPT and DECRYPT" in str(caught.value)
    with refused("XksKeyNotFoundException", REJECTED + "it could not find the external key."):
        new_key(kms, shared.id, "nobodys")
    with refused("XksKeyAlreadyInUseException"):
        new_key(kms, shared.id, "kept")
    external = proxy.new_key("shared", "asleep")["KeyId"]
    proxy.server.client().disable_key(KeyId=external)
    with refused(
        "XksKeyInvalidConfigurationException",
        "The status of the external key must be ENABLED. The status of specified external key is DISABLED."):
        new_key(kms, shared.id, "asleep")
    proxy.server.client().enable_key(KeyId=external)
    key = new_key(kms, shared.id, "asleep")["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"kept")["CiphertextBlob"]
    # Its owner ends its use, and allows it again.
    proxy.server.client().disable_key(KeyId=external)
    for call in (lambda: kms.decrypt(CiphertextBlob=blob), lambda: kms.encrypt(KeyId=key, Plaintext=b"x")):
        with refused("KMSInvalidStateException", REJECTED + "the external key is not enabled in the external key manager."):
            call()
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"
    proxy.server.client().enable_key(KeyId=external)
    assert works(kms, blob)


def test_a_rotation_of_the_external_key_is_the_proxys_own_matter(world, shared):
    kms, proxy = world.kms, world.proxy
    external = proxy.new_key("shared", "rotated")["KeyId"]
    key = new_key(kms, shared.id, "rotated")["KeyId"]
    before = kms.encrypt(KeyId=key, Plaintext=b"kept")["CiphertextBlob"]
    proxy.server.client().rotate_key_on_demand(KeyId=external)
    after = kms.encrypt(KeyId=key, Plaintext=b"kept")["CiphertextBlob"]
    assert works(kms, before) and works(kms, after)


def test_the_proxys_policy_is_told_who_asks(world, shared, tmp_path):
    kms, file = world.kms, tmp_path / "policy.json"
    caller = "arn:aws:iam::111122223333:user/administrator"
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": caller}, "Action": ["kms-xks-proxy:GetKeyMetadata",
         "kms-xks-proxy:Encrypt"], "Resource": "*"}]}))
    world.proxy.xks("policy", "set", str(file), "--prefix", "shared")
    try:
        assert kms.encrypt(KeyId=shared.key, Plaintext=b"x")
        with refused("KMSInvalidStateException") as caught:
            kms.decrypt(CiphertextBlob=shared.blob)
        assert "The external key store proxy denied access to the operation." in str(caught.value)
    finally:
        world.proxy.xks("policy", "remove", "--yes", "--prefix", "shared")
    assert works(kms, shared.blob)


def test_what_is_encrypted_moves_between_keys_of_all_kinds(world, shared):
    kms = world.kms
    world.proxy.new_key("shared", "beside")
    keys = [shared.key, new_key(kms, shared.id, "beside")["KeyId"], kms.create_key()["KeyMetadata"]["KeyId"]]
    for source in keys:
        for destination in keys:
            blob = kms.encrypt(KeyId=source, Plaintext=b"moved", EncryptionContext=CONTEXT)["CiphertextBlob"]
            moved = kms.re_encrypt(CiphertextBlob=blob, SourceEncryptionContext=CONTEXT, DestinationKeyId=destination)
            assert moved["SourceKeyId"].endswith(source) and moved["KeyId"].endswith(destination)
            assert kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], KeyId=destination)["Plaintext"] == b"moved"


# Away and back

def test_the_proxy_is_stopped_and_comes_back(world, shared):
    kms, own = world.server.client(), world.kms.create_key()["KeyMetadata"]["KeyId"]
    assert works(world.kms, shared.blob)
    assert world.proxy.server.stop() == 0
    try:
        with refused("KMSInvalidStateException") as caught:
            kms.decrypt(CiphertextBlob=shared.blob)
        assert "AWS KMS cannot communicate with the external key store proxy." in str(caught.value)
        assert kms.encrypt(KeyId=own, Plaintext=b"x")
        assert entry(kms, shared.id)["ConnectionState"] == "CONNECTED"
        assert kms.describe_key(KeyId=shared.key)["KeyMetadata"]["KeyState"] == "Enabled"
        doctor = world.server.run("doctor", "--state", str(world.server.state), check=False)
        assert doctor.returncode != 0 and "XKS_PROXY_NOT_REACHABLE" in doctor.stdout + doctor.stderr
        # A server that starts meanwhile takes it for connected, and waits.
        assert world.server.stop() == 0
        world.server.start()
        kms = world.server.client()
        assert kms.encrypt(KeyId=own, Plaintext=b"x")
        assert not works(kms, shared.blob)
        assert entry(kms, shared.id)["ConnectionState"] == "CONNECTED"
        assert kms.describe_key(KeyId=shared.key)["KeyMetadata"]["KeyState"] == "Enabled"
    finally:
        world.proxy.start()
    wait_until(lambda: works(kms, shared.blob), 30, "it came back by itself")


def test_a_restart_connects_what_was_connected(world, shared):
    assert world.server.stop() == 0
    world.server.start()
    kms = world.kms
    assert entry(kms, shared.id)["ConnectionState"] == "CONNECTED"
    wait_until(lambda: works(kms, shared.blob), 20, "it is connected again")
    disconnect(kms, shared.id)
    world.server.kill()
    world.server.start()
    kms = world.kms
    assert entry(kms, shared.id)["ConnectionState"] == "DISCONNECTED"
    assert kms.describe_key(KeyId=shared.key)["KeyMetadata"]["KeyState"] == "Unavailable"
    connect(kms, shared.id)
    assert works(kms, shared.blob)


# Who is let in, and where the server goes

@pytest.mark.parametrize("host, errors", [
    (NAMELESS, {"XksProxyInvalidConfigurationException"}),
    # Our proxy turns away another subject without an alert, which is like no proxy at all.
    (WRONG, {"XksProxyInvalidConfigurationException", "XksProxyUriUnreachableException"}),
])
def test_a_proxy_that_wants_another_certificate(world, host, errors):
    prefix = host.partition(".")[0]
    assert code(create, kms=world.kms, name=prefix, configuration=world.new_prefix(prefix), host=host) in errors


@pytest.mark.parametrize("endpoint", [
    "https://nobody.example.com", "https://localhost", "https://127.0.0.1", f"https://x.{HOST}", f"https://{HOST}.",
])
def test_the_server_goes_nowhere_that_its_operator_does_not_name(world, endpoint):
    begin = time.monotonic()
    with refused("XksProxyUriUnreachableException") as caught:
        create(world.kms, "astray", UNKNOWN, XksProxyUriEndpoint=endpoint)
    assert "There is no external key store proxy" in str(caught.value) and time.monotonic() - begin < 2


UNKNOWN = {
    "XksProxyUriPath": "/astray/kms/xks/v1",
    "XksProxyAuthenticationCredential": {"AccessKeyId": "A" * 20, "RawSecretAccessKey": "s3cret" * 8},
}


@pytest.mark.parametrize("wrong, error", [
    ({"XksProxyUriEndpoint": f"https://{HOST}:8443"}, "ValidationException"),
    ({"XksProxyUriEndpoint": f"http://{HOST}"}, "ValidationException"),
    ({"XksProxyUriEndpoint": f"https://{HOST}/"}, "ValidationException"),
    ({"XksProxyUriPath": "/astray/kms/xks/v1/../v1"}, "ValidationException"),
    ({"XksProxyUriPath": "/astray?/kms/xks/v1"}, "ValidationException"),
    ({"XksProxyConnectivity": "VPC_ENDPOINT_SERVICE",
      "XksProxyVpcEndpointServiceName": "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"},
     "XksProxyVpcEndpointServiceNotFoundException"),
    ({"CloudHsmClusterId": "cluster-customeraaa"}, "ValidationException"),
    ({"KeyStorePassword": "a-password"}, "ValidationException"),
])
def test_what_makes_no_external_key_store(world, wrong, error):
    with refused(error):
        create(world.kms, "astray", UNKNOWN, **wrong)


def test_another_account_has_its_own_proxies(world, shared, tmp_path):
    file = tmp_path / "credentials"
    world.server.run(
        "identity", "account", "create", OTHER_ACCOUNT, "--name", "b", "--output", str(file), "--state",
        str(world.server.state))
    words = dict(line.split(" = ") for line in file.read_text().splitlines() if " = " in line)
    theirs = client(world.server, "kms", {
        "AccessKeyId": words["aws_access_key_id"], "SecretAccessKey": words["aws_secret_access_key"]})
    assert code(theirs.connect_custom_key_store, CustomKeyStoreId=shared.id) == "CustomKeyStoreNotFoundException"
    for kms, host in ((theirs, HOST), (world.kms, THEIRS), (Account.new(world.server).kms, HOST)):
        with refused("XksProxyUriUnreachableException") as caught:
            create(kms, "astray", UNKNOWN, host)
        assert "There is no external key store proxy" in str(caught.value)
    with pytest.raises(BlockingIOError):
        world.silent.accept()
    # Theirs is one that keeps silent, but they come to it.
    with refused("XksProxyUriUnreachableException") as caught:
        create(theirs, "theirs", UNKNOWN, THEIRS)
    world.silent.accept()[0].close()
    assert "in the time allotted" in str(caught.value)


# What is told of it

def test_both_sides_record_one_request_id(world, shared):
    kms = world.kms
    answers = {
        "Encrypt": kms.encrypt(KeyId=shared.key, Plaintext=b"x"),
        "Decrypt": kms.decrypt(CiphertextBlob=shared.blob),
    }
    for operation, answer in answers.items():
        request = answer["ResponseMetadata"]["RequestId"]
        theirs, = wait_until(
            lambda: [record for record in world.proxy.records()
                     if record["requestParameters"].get("requestMetadata", {}).get("kmsRequestId") == request],
            10, "the proxy's record is there")
        ours, = wait_until(lambda: by_request(world.server.state / "audit")[request], 10, "the record is there")
        assert ours["eventName"] == theirs["eventName"] == operation
        assert theirs["requestParameters"]["externalKeyId"] == "kept"
        told = theirs["requestParameters"]["requestMetadata"]
        assert told["kmsKeyArn"] == shared.arn == ours["resources"][0]["ARN"]
        assert told["awsPrincipalArn"] == ours["userIdentity"]["arn"] and told["kmsOperation"] == operation
    made = [record for record in records(world.server.state / "audit") if record["eventName"] == "CreateCustomKeyStore"
            and (record.get("responseElements") or {}).get("customKeyStoreId") == shared.id]
    assert made[0]["requestParameters"]["xksProxyUriPath"] == "/shared/kms/xks/v1"
    assert made[0]["requestParameters"]["xksProxyUriEndpoint"] == f"https://{HOST}"


def test_the_metrics(world, shared):
    kms = world.kms
    kms.encrypt(KeyId=shared.key, Plaintext=b"x")
    assert works(kms, shared.blob)
    # Of one that the proxy refuses, too.
    assert code(new_key, kms=kms, store=shared.id, external_key="nobodys") == "XksKeyNotFoundException"
    text = metrics(world.server)
    for name, kind in (("healthy", "gauge"), ("suspended", "gauge"), ("requests", "counter"), ("request_seconds", "counter")):
        assert f"# TYPE strongroom_external_key_store_{name} {kind}\n" in text
    samples = dict(line.rsplit(" ", 1) for line in text.splitlines() if "external_key_store" in line and line[0] != "#")

    def sample(name: str, **labels: str) -> float:
        found = [float(value) for key, value in samples.items() if key.startswith(f"strongroom_external_key_store_{name}")
                 and all(f'{label}="{of}"' in key for label, of in {"key_store": shared.id, **labels}.items())]
        return sum(found)
    assert sample("healthy") == 1 and sample("suspended") == 0
    for operation, failure in (("Encrypt", ""), ("Decrypt", ""), ("GetHealthStatus", ""), ("GetKeyMetadata", "keyNotFound")):
        assert sample("requests", operation=operation, failure=failure) >= 1, operation
        assert 0 < sample("request_seconds", operation=operation, failure=failure) < 60, operation


def test_its_secret_is_nowhere(world):
    configuration = world.new_prefix("secret", "k")
    refused_secret = "wr0ng/" * 8
    credential = configuration["XksProxyAuthenticationCredential"]
    with refused("XksProxyIncorrectAuthenticationCredentialException"):
        create(world.kms, "secret", {**configuration, "XksProxyAuthenticationCredential": {
            **credential, "RawSecretAccessKey": refused_secret}})
    server = world.new_server("secrets", {HOST: {**world.way, **world.mine}}).start()
    try:
        kms = patient(server.client())
        store = create(kms, "secret", configuration)
        connect(kms, store)
        kms.encrypt(KeyId=new_key(kms, store, "k")["KeyId"], Plaintext=b"x")
        second = handed_out(world, "secret")
        kms.update_custom_key_store(CustomKeyStoreId=store, **second)
        texts = [*(each["XksProxyAuthenticationCredential"]["RawSecretAccessKey"] for each in (configuration, second)),
                 refused_secret]
        assert not any(text in json.dumps(kms.describe_custom_key_stores(), default=str) for text in texts)
        places = {}
        for pid in (server.process.pid, *server.worker_pids()):
            for file in ("cmdline", "environ"):
                places[f"/proc/{pid}/{file}"] = pathlib.Path(f"/proc/{pid}/{file}").read_bytes()
        assert len(places) >= 4, "a server and its workers"
        assert server.stop() == 0
    finally:
        server.close()
    for state, log in ((server.state, server.log()), (world.server.state, world.server.log())):
        places[f"the log of {state}"] = log.encode()
        places |= {str(path): path.read_bytes() for path in state.rglob("*") if path.is_file()}
    assert any(name.endswith("metadata.sqlite") for name in places) and any(name.endswith(".jsonl") for name in places)
    for name, content in places.items():
        for text in texts:
            for form in (text, text.replace("/", "\\/"), base64.b64encode(text.encode()).decode()):
                assert form.encode() not in content, f"the secret is in {name}"


@pytest.mark.parametrize("proxies, said", [
    ({"https://xks.example.com": {}}, "is no host name"), ({"xks.example.com:443": {}}, "is no host name"),
    ({"XKS.example.com": {}}, "is no host name"),
    ({HOST: {"account": "me"}}, "is not 12 digits"), ({HOST: {"clientKey": "c.key"}}, "give both, or neither"),
    ({HOST: {"trustRoots": "none.pem"}}, "cannot be used"), ({HOST: {"address": "nowhere"}}, "nowhere"),
    ({HOST: {"secret": "s"}}, "xksProxies.*.secret"),
])
def test_a_wrong_setting_is_told_at_the_start(tmp_path, proxies, said):
    server = Server(tmp_path / "state")
    add_proxies(server, proxies)
    result = server.run("serve", "--state", str(server.state), check=False)
    assert result.returncode != 0 and said in result.stderr and "hint:" in result.stderr, result.stderr
