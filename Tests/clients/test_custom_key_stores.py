"""Custom key stores of type AWS_CLOUDHSM: keys in a token of a customer's own, as boto3 and the command line see them."""
import json
import sqlite3
import time

import pytest
from audit_log import records
from botocore.exceptions import ClientError
from customers_token import TRUST_ANCHOR, CustomersToken, add_clusters, connect, create, disconnect, entry, wait_for
from operations import ON_KEY_STORES, reason
from people import Account, allow
from raw_http import post
from strongroom_server import Server, wait_until
from test_token import secret_keys

CONTEXT = {"tenant": "a"}


def code(call, **parameters) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]["Code"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server that may use two customers' tokens."""
    folder = tmp_path_factory.mktemp("custom")
    server = Server(folder / "state", "--region", "eu-central-1", "--region", "us-west-2")
    server.customer = CustomersToken(folder / "customer", "cluster-customeraaa")
    server.other = CustomersToken(folder / "other", "cluster-customerbbb")
    add_clusters(server, server.customer, server.other)
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="module")
def kms(server):
    return server.client()


@pytest.fixture
def store(server, kms, request):
    """A key store in the first customer's token, connected; gone with all its keys when the test is over."""
    store = create(kms, server.customer, request.node.name[:200])
    connect(kms, store)
    yield store
    forget(server, kms, store)


def forget(server, kms, store):
    """Ends a key store whose keys nobody waits for: by a server that never had them."""
    state = entry(kms, store)["ConnectionState"]
    if state != "DISCONNECTED":
        disconnect(kms, store)
    server.stop()
    with sqlite3.connect(server.state / "metadata.sqlite") as database:
        database.execute("PRAGMA foreign_keys = ON")
        database.execute("DELETE FROM key WHERE custom_key_store = ?", (store,))
        database.execute("DELETE FROM custom_key_store WHERE id = ?", (store,))
    database.close()
    server.start()


def new_key(kms, store: str, **parameters) -> dict:
    return kms.create_key(Origin="AWS_CLOUDHSM", CustomKeyStoreId=store, **parameters)["KeyMetadata"]


def test_from_its_making_to_its_end(server, kms):
    store = create(kms, server.customer, "payroll")
    made = entry(kms, store)
    assert made.pop("CreationDate").timestamp() == pytest.approx(time.time(), abs=60)
    assert made == {
        "CustomKeyStoreId": store, "CustomKeyStoreName": "payroll", "CloudHsmClusterId": server.customer.cluster,
        "TrustAnchorCertificate": TRUST_ANCHOR, "ConnectionState": "DISCONNECTED", "CustomKeyStoreType": "AWS_CLOUDHSM",
    }
    assert code(new_key, kms=kms, store=store) == "CustomKeyStoreInvalidStateException"
    kms.connect_custom_key_store(CustomKeyStoreId=store)
    assert entry(kms, store)["ConnectionState"] in ("CONNECTING", "CONNECTED"), "it answers before it is there"
    wait_for(kms, store, "CONNECTED")

    own = len(secret_keys(server.state))
    key = new_key(kms, store, Description="wages", Tags=[{"TagKey": "team", "TagValue": "blue"}])
    assert key["CustomKeyStoreId"] == store and key["CloudHsmClusterId"] == server.customer.cluster
    assert (key["Origin"], key["KeyState"], key["KeySpec"]) == ("AWS_CLOUDHSM", "Enabled", "SYMMETRIC_DEFAULT")
    identifier = key["KeyId"]
    assert kms.describe_key(KeyId=identifier)["KeyMetadata"] == key
    found = server.customer.tool("--list-objects", "--type", "secrkey", "--label", identifier)
    assert found.count("Secret Key Object; AES length 32") == 1
    assert identifier.replace("-", "") in found and "never extractable" in found
    assert len(secret_keys(server.state)) == own, "the server's own token has nothing of it"

    blob = kms.encrypt(KeyId=identifier, Plaintext=b"4711", EncryptionContext=CONTEXT)["CiphertextBlob"]
    opened = kms.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT)
    assert opened["Plaintext"] == b"4711" and opened["KeyId"] == key["Arn"]
    data_key = kms.generate_data_key(KeyId=identifier, KeySpec="AES_256")
    assert kms.decrypt(CiphertextBlob=data_key["CiphertextBlob"])["Plaintext"] == data_key["Plaintext"]
    assert len(kms.generate_random(NumberOfBytes=32, CustomKeyStoreId=store)["Plaintext"]) == 32

    disconnect(kms, store)
    assert not server.customer.workers(server), "nothing of it runs any more"
    assert kms.describe_key(KeyId=identifier)["KeyMetadata"]["KeyState"] == "Unavailable"
    assert code(kms.decrypt, CiphertextBlob=blob, EncryptionContext=CONTEXT) == "KMSInvalidStateException"
    assert code(kms.encrypt, KeyId=identifier, Plaintext=b"x") == "KMSInvalidStateException"
    assert code(kms.encrypt, KeyId=identifier, Plaintext=b"x", DryRun=True) == "KMSInvalidStateException"
    assert code(kms.generate_random, NumberOfBytes=1, CustomKeyStoreId=store) == "CustomKeyStoreInvalidStateException"
    assert code(kms.delete_custom_key_store, CustomKeyStoreId=store) == "CustomKeyStoreHasCMKsException"
    kms.update_key_description(KeyId=identifier, Description="still managed")
    connect(kms, store)
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT)["Plaintext"] == b"4711"
    assert kms.describe_key(KeyId=identifier)["KeyMetadata"]["KeyState"] == "Enabled"

    kms.schedule_key_deletion(KeyId=identifier, PendingWindowInDays=7)
    assert code(kms.delete_custom_key_store, CustomKeyStoreId=store) == "CustomKeyStoreInvalidStateException"
    forget(server, kms, store)
    assert code(kms.describe_custom_key_stores, CustomKeyStoreId=store) == "CustomKeyStoreNotFoundException"


def test_what_is_refused_at_its_making(server, kms, store):
    other = server.other

    def refusal(**parameters):
        return code(create, kms=kms, token=other, **{"name": "refused", **parameters})
    name = entry(kms, store)["CustomKeyStoreName"]
    assert refusal(name=name) == "CustomKeyStoreNameInUseException"
    assert refusal(CloudHsmClusterId=server.customer.cluster) == "CloudHsmClusterInUseException"
    assert refusal(CloudHsmClusterId="cluster-nobodysaaaa") == "CloudHsmClusterNotFoundException"
    assert refusal(TrustAnchorCertificate="none") == "IncorrectTrustAnchorException"
    assert refusal(CloudHsmClusterId="cluster-nobodys0000") == "ValidationException"
    other.obey("noslots")
    assert refusal() == "CloudHsmClusterNotActiveException"
    other.obey("nomech 0x1087")
    assert refusal() == "CloudHsmClusterInvalidConfigurationException", "it has no AES-GCM"
    other.obey()
    assert post(server, "CreateCustomKeyStore", {"CustomKeyStoreName": "half"}).code == "ValidationException"
    missing = "cks-00000000000000000"
    for call in (kms.connect_custom_key_store, kms.disconnect_custom_key_store, kms.delete_custom_key_store,
                 kms.update_custom_key_store):
        assert code(call, CustomKeyStoreId=missing) == "CustomKeyStoreNotFoundException"
    assert code(kms.describe_custom_key_stores, CustomKeyStoreName="none") == "CustomKeyStoreNotFoundException"


def test_the_states_that_allow_no_call(kms, store):
    assert code(kms.update_custom_key_store, CustomKeyStoreId=store, KeyStorePassword="another") \
        == "CustomKeyStoreInvalidStateException"
    kms.update_custom_key_store(CustomKeyStoreId=store, NewCustomKeyStoreName="renamed")
    assert entry(kms, store)["CustomKeyStoreName"] == "renamed"
    kms.connect_custom_key_store(CustomKeyStoreId=store)
    disconnect(kms, store)
    assert code(kms.disconnect_custom_key_store, CustomKeyStoreId=store) == "CustomKeyStoreInvalidStateException"


def test_lists_have_pages_and_know_their_Region(server, kms, store):
    other = create(kms, server.other, "paged")
    pages = list(kms.get_paginator("describe_custom_key_stores").paginate(PaginationConfig={"PageSize": 1}))
    assert [page["Truncated"] for page in pages] == [True, False]
    found = [each["CustomKeyStoreId"] for page in pages for each in page["CustomKeyStores"]]
    assert sorted(found) == sorted([store, other])
    elsewhere = server.client(region_name="us-west-2")
    assert elsewhere.describe_custom_key_stores()["CustomKeyStores"] == []
    assert code(elsewhere.connect_custom_key_store, CustomKeyStoreId=store) == "CustomKeyStoreNotFoundException"
    kms.delete_custom_key_store(CustomKeyStoreId=other)


def test_keys_move_between_tokens_by_ReEncrypt(kms, store):
    keys = [new_key(kms, store)["KeyId"], kms.create_key()["KeyMetadata"]["KeyId"]]
    for source in keys:
        for destination in keys:
            blob = kms.encrypt(KeyId=source, Plaintext=b"moved", EncryptionContext=CONTEXT)["CiphertextBlob"]
            moved = kms.re_encrypt(
                CiphertextBlob=blob, SourceEncryptionContext=CONTEXT, DestinationKeyId=destination)
            assert moved["SourceKeyId"].endswith(source) and moved["KeyId"].endswith(destination)
            assert kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], KeyId=destination)["Plaintext"] == b"moved"


def test_who_may(server, kms, store):
    calls = {
        "CreateCustomKeyStore": lambda kms: create(kms, server.other, "somebody's"),
        "UpdateCustomKeyStore": lambda kms: kms.update_custom_key_store(
            CustomKeyStoreId=store, NewCustomKeyStoreName="theirs"),
        "ConnectCustomKeyStore": lambda kms: kms.connect_custom_key_store(CustomKeyStoreId=store),
        "DeleteCustomKeyStore": lambda kms: kms.delete_custom_key_store(CustomKeyStoreId=store),
        "DisconnectCustomKeyStore": lambda kms: kms.disconnect_custom_key_store(CustomKeyStoreId=store),
    }
    assert set(calls) == ON_KEY_STORES
    user = Account(server).user("keeper")
    before = entry(kms, store)
    for name, call in calls.items():
        with pytest.raises(ClientError) as caught:
            call(user.may(allow("kms:List*")).kms)
        assert reason(caught.value) == "no identity policy", name
        assert f"kms:{name} on resource: *" in caught.value.response["Error"]["Message"]
    assert entry(kms, store) == before
    for name, call in calls.items():
        user.may(allow(f"kms:{name}"))
        try:
            call(user.kms)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "CustomKeyStoreInvalidStateException", name
    wait_for(kms, store, "DISCONNECTED")
    found = [each for each in kms.describe_custom_key_stores()["CustomKeyStores"] if each["CustomKeyStoreId"] != store]
    kms.delete_custom_key_store(CustomKeyStoreId=found[0]["CustomKeyStoreId"])
    # Another account has neither the key store nor the cluster.
    stranger = Account.new(server).kms
    assert code(stranger.connect_custom_key_store, CustomKeyStoreId=store) == "CustomKeyStoreNotFoundException"
    assert code(create, kms=stranger, token=server.other, name="x") == "CloudHsmClusterNotFoundException"


def test_records_tell_of_it_without_its_password(server, kms, store):
    def of(name):
        return [record for record in records(server.state / "audit") if record["eventName"] == name]
    wait_until(lambda: of("ConnectCustomKeyStore"), 10, "the record is written")
    made = next(record for record in of("CreateCustomKeyStore")
                if (record.get("responseElements") or {}).get("customKeyStoreId") == store)
    assert made["requestParameters"].keys() == {"customKeyStoreName", "cloudHsmClusterId"}
    assert any(record["requestParameters"] == {"customKeyStoreId": store} for record in of("ConnectCustomKeyStore"))
    text = "".join(file.read_text() for file in (server.state / "audit").glob("*.jsonl"))
    assert server.customer.pin not in text


def test_the_commands(server, kms, tmp_path):
    state = ("--state", str(server.state))
    anchor, password, wrong = tmp_path / "customerCA.crt", tmp_path / "password", tmp_path / "wrong"
    anchor.write_text(TRUST_ANCHOR)
    for file, text in ((password, server.customer.pin), (wrong, "not the password")):
        file.write_text(text + "\n")
        file.chmod(0o600)
    making = ("key-store", "create", "wages", "--cluster-id", server.customer.cluster, "--trust-anchor", str(anchor))
    assert "--password-file" in server.run(*making, *state, check=False).stderr, "there is no terminal to ask on"
    made = json.loads(server.run(*making, "--password-file", str(wrong), "--json", *state).stdout)
    store = made["CustomKeyStoreId"]
    failed = server.run("key-store", "connect", store, *state, check=False)
    assert failed.returncode == 1 and "FAILED: INVALID_CREDENTIALS" in failed.stderr and "hint:" in failed.stderr
    server.run("key-store", "disconnect", store, *state)
    server.run("key-store", "update", store, "--new-password", "--password-file", str(password), *state)
    assert "is connected" in server.run("key-store", "connect", store, *state).stdout
    listed = json.loads(server.run("key-store", "list", "--name", "wages", "--json", *state).stdout)
    assert listed["CustomKeyStores"][0]["ConnectionState"] == "CONNECTED"
    key = json.loads(server.run("key", "create", "--key-store", store, "--json", *state).stdout)["KeyMetadata"]
    assert key["CustomKeyStoreId"] == store
    assert store in server.run("key", "describe", key["KeyId"], *state).stdout
    doctor = server.run("doctor", *state)
    assert "key store wages" in doctor.stdout and "1 keys found in its token" in doctor.stdout
    server.run("key-store", "disconnect", store, *state)
    assert "disconnected" in server.run("doctor", *state).stdout
    assert server.run("key-store", "delete", store, *state, check=False).returncode == 1
    password.chmod(0o644)
    assert "can be read by others" in server.run(
        "key-store", "update", store, "--new-password", "--password-file", str(password), *state, check=False).stderr
    forget(server, kms, store)
    assert "There are no custom key stores" in server.run("key-store", "list", *state).stdout


@pytest.mark.parametrize("clusters, said", [
    ({"cluster-0": {"module": "/m", "token": "pkcs11:token=t"}}, "cluster-0 is no cluster id"),
    ({"cluster-aaaaaaaaaaa": {"module": "/m"}}, "token is missing"),
    ({"cluster-aaaaaaaaaaa": {"module": "/m", "token": "pkcs11:token=t", "pin": "1"}}, "clusters.*.pin"),
    ({"cluster-aaaaaaaaaaa": {"module": "/m", "token": "pkcs11:token=t", "account": "me"}}, "is not 12 digits"),
    ({"cluster-aaaaaaaaaaa": {"module": "/m", "token": "pkcs11:token=t", "profile": "none.yaml"}}, "none.yaml"),
    ({"cluster-aaaaaaaaaaa": {"module": "/m", "token": "pkcs11:token=t", "trustAnchor": "none.crt"}}, "none.crt"),
])
def test_a_wrong_setting_is_told_at_the_start(tmp_path, clusters, said):
    server = Server(tmp_path / "state")
    server.configure(json.dumps({"clusters": clusters})[1:-1])
    result = server.run("serve", "--state", str(server.state), check=False)
    assert result.returncode != 0 and said in result.stderr and "hint:" in result.stderr, result.stderr
