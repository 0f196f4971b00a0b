"""What operators do with the proxy while it serves: credentials, keys, policies, quotas, the commands."""
import json
import subprocess
import threading

import pytest
from botocore.exceptions import ClientError
from strongroom_server import STRONGROOM
from xks import Proxy, Store, refused


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    proxy = Proxy(tmp_path_factory.mktemp("xks") / "state").start()
    yield proxy
    proxy.close()


@pytest.fixture
def store(proxy, request):
    """A store of the test's own, with a key `one`."""
    prefix = "".join(c if c.isalnum() else "-" for c in request.node.name)[:100]
    store = proxy.new_store(prefix)
    store.prefix = prefix
    proxy.new_key(prefix, "one")
    return store


def test_every_command_has_help_with_an_example(proxy):
    commands = [
        (), ("serve",), ("init-store",), ("list",), ("enable",), ("disable",), ("set-quota",), ("delete-store",),
        ("credential",), ("credential", "add"), ("credential", "list"), ("credential", "remove"), ("key",),
        ("key", "create"), ("key", "expose"), ("key", "list"), ("key", "restrict"), ("policy",), ("policy", "show"),
        ("policy", "set"), ("policy", "remove"),
    ]
    for command in commands:
        text = proxy.server.run("xks-proxy", *command, "--help").stdout
        assert "strongroom xks-proxy" in text.split("USAGE:")[0] + text.split("OVERVIEW:")[-1]


def test_init_store_writes_what_the_aws_console_takes(proxy, tmp_path):
    file = tmp_path / "configuration.json"
    said = proxy.xks("init-store", "--prefix", "console", "--output", str(file)).stdout
    content = json.loads(file.read_text())
    assert file.stat().st_mode & 0o777 == 0o600
    assert set(content) == {"XksProxyUriPath", "XksProxyAuthenticationCredential"}
    assert set(content["XksProxyAuthenticationCredential"]) == {"AccessKeyId", "RawSecretAccessKey"}
    assert content["XksProxyAuthenticationCredential"]["RawSecretAccessKey"] not in said
    assert Store(proxy.port, content).health().status == 200
    again = proxy.xks("init-store", "--prefix", "console", "--output", str(file), check=False)
    assert again.returncode == 1 and str(file) in again.stderr
    listed = json.loads(proxy.xks("list", "--json").stdout)["Stores"]
    assert {"Prefix": "console", "UriPath": "/console/kms/xks/v1"}.items() <= next(
        store for store in listed if store["Prefix"] == "console").items()
    taken = proxy.xks("init-store", "--prefix", "console", check=False)
    assert taken.returncode == 1 and "already" in taken.stderr


def test_credentials_change_under_requests_that_never_fail(proxy, store):
    failures, over = [], threading.Event()

    def load(client):
        while not over.is_set():
            answer = client.encrypt("one", b"x")
            if answer.status != 200:
                failures.append(answer)

    new = Store(proxy.port, json.loads(proxy.xks("credential", "add", "--prefix", store.prefix).stdout))
    assert new.id != store.id and new.health().status == store.health().status == 200
    thread = threading.Thread(target=load, args=(new,))
    thread.start()
    proxy.xks("credential", "remove", store.id, "--prefix", store.prefix)
    refused(store.health(), "AuthenticationFailedException")
    over.set()
    thread.join()
    assert not failures
    listed = json.loads(proxy.xks("credential", "list", "--prefix", store.prefix, "--json").stdout)["Credentials"]
    assert [credential["AccessKeyId"] for credential in listed] == [new.id]


def test_a_rotation_behind_one_external_key_id(proxy, store):
    kms = proxy.server.client()
    key = json.loads(proxy.xks("key", "list", "--prefix", store.prefix, "--json").stdout)["Keys"][0]["KeyId"]
    old = store.encrypt("one", b"before")
    kms.rotate_key_on_demand(KeyId=key)
    new = store.encrypt("one", b"after", cdiv=True)
    assert old.bytes("ciphertextMetadata") == bytes([1, 0, 0, 0, 1])
    assert new.bytes("ciphertextMetadata") == bytes([1, 0, 0, 0, 2])
    assert store.decrypt("one", old).bytes("plaintext") == b"before"
    assert store.decrypt("one", new).bytes("plaintext") == b"after"
    refused(
        store.decrypt("one", old, ciphertextMetadata=new.json["ciphertextMetadata"]), "InvalidCiphertextException")


def test_the_life_of_a_key_is_that_of_its_kms_key(proxy, store):
    kms = proxy.server.client()
    made = proxy.new_key(store.prefix, "life", "--description", "payroll")
    key = made["KeyId"]
    description = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert description["Description"] == "payroll" and description["KeyState"] == "Enabled"
    kms.create_alias(AliasName="alias/life", TargetKeyId=key)
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "a", "TagValue": "b"}])
    kms.enable_key_rotation(KeyId=key)
    kms.disable_key(KeyId=key)
    assert store.key_metadata("life")["keyStatus"] == "DISABLED"
    refused(store.encrypt("life", b"x"), "InvalidStateException")
    kms.enable_key(KeyId=key)
    sealed = store.encrypt("life", b"x")
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert store.key_metadata("life")["keyStatus"] == "DISABLED"
    refused(store.decrypt("life", sealed), "InvalidStateException")
    kms.cancel_key_deletion(KeyId=key)
    kms.enable_key(KeyId=key)
    assert store.decrypt("life", sealed).bytes("plaintext") == b"x"


def test_the_kms_api_does_not_work_with_a_key_of_the_proxy(proxy, store):
    kms = proxy.server.client()
    key = proxy.new_key(store.prefix, "apart")["KeyId"]
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=other, Plaintext=b"x")["CiphertextBlob"]
    for call in (
        lambda: kms.encrypt(KeyId=key, Plaintext=b"x"), lambda: kms.generate_data_key(KeyId=key, KeySpec="AES_256"),
        lambda: kms.generate_data_key_without_plaintext(KeyId=key, NumberOfBytes=32),
        lambda: kms.generate_data_key_pair(KeyId=key, KeyPairSpec="ECC_NIST_P256"),
        lambda: kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=key),
        lambda: kms.create_grant(KeyId=key, GranteePrincipal="arn:aws:iam::111122223333:root", Operations=["Decrypt"]),
    ):
        with pytest.raises(ClientError) as raised:
            call()
        assert raised.value.response["Error"]["Code"] == "UnsupportedOperationException"
        assert "external key 'apart' of the XKS proxy" in raised.value.response["Error"]["Message"]


def test_a_key_can_be_restricted_and_set_free_again(proxy, store):
    sealed = store.encrypt("one", b"x")
    proxy.xks("key", "restrict", "one", "--use", "decrypt", "--prefix", store.prefix)
    refused(store.encrypt("one", b"x"), "InvalidKeyUsageException")
    assert store.decrypt("one", sealed).status == 200
    proxy.xks("key", "restrict", "one", "--use", "both", "--prefix", store.prefix)
    assert store.encrypt("one", b"x").status == 200


def test_a_store_is_disabled_and_enabled(proxy, store):
    proxy.xks("disable", "--prefix", store.prefix)
    for answer in (store.health(), store.key_metadata("one"), store.encrypt("one", b"x")):
        refused(answer, "InvalidStateException")
    proxy.xks("enable", "--prefix", store.prefix)
    assert store.encrypt("one", b"x").status == 200


def test_the_quota_of_one_store_is_not_anothers(proxy, store):
    other = proxy.new_store("quota-other")
    proxy.xks("set-quota", "5", "--prefix", store.prefix)
    names = [store.health().json.get("errorName") for _ in range(30)]
    assert "ThrottlingException" in names and None in names
    refused(next(answer for answer in iter(store.health, None) if answer.status != 200), "ThrottlingException")
    assert all(other.health().status == 200 for _ in range(30))


def test_a_policy_lets_through_whom_it_names(proxy, store, tmp_path):
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": "Alice", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:user/alice"},
         "Action": "kms-xks-proxy:*", "Resource": "*",
         "Condition": {"StringEqualsIfExists": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}},
    ]}))
    proxy.xks("policy", "set", str(file), "--prefix", store.prefix)
    assert store.encrypt("one", b"x").status == 200
    assert store.encrypt("one", b"x", kmsViaService="s3.us-east-1.amazonaws.com").status == 200
    refused(store.encrypt("one", b"x", kmsViaService="ec2.us-east-1.amazonaws.com"), "AccessDeniedException")
    refused(store.encrypt("one", b"x", awsPrincipalArn="AWS Internal"), "AccessDeniedException")
    refused(store.key_metadata("one", awsPrincipalArn="arn:aws:iam::1:user/bob"), "AccessDeniedException")
    assert store.health().status == 200, "health is nobody's to refuse"
    assert json.loads(proxy.xks("policy", "show", "--prefix", store.prefix).stdout)["Statement"][0]["Sid"] == "Alice"
    file.write_text('{"Statement": 1}')
    wrong = proxy.xks("policy", "set", str(file), "--prefix", store.prefix, check=False)
    assert wrong.returncode == 1 and "no policy" in wrong.stderr
    proxy.xks("policy", "remove", "--yes", "--prefix", store.prefix)
    assert store.encrypt("one", b"x", awsPrincipalArn="AWS Internal").status == 200


def test_the_statement_that_decided_is_in_the_record(proxy, store, tmp_path, ready):
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
        {"Sid": "NoRobots", "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*",
         "Condition": {"StringLike": {"aws:PrincipalArn": "*robot*"}}},
    ]}))
    proxy.xks("policy", "set", str(file), "--prefix", store.prefix)
    refused(store.encrypt("one", b"x", awsPrincipalArn="arn:aws:iam::1:user/robot"), "AccessDeniedException")
    record = ready(
        lambda: next((r for r in proxy.records() if r["eventName"] == "Encrypt" and "NoRobots" in json.dumps(r)), None), 10, "the record is there")
    decision, = record["additionalEventData"]["decisions"]
    assert decision["allowed"] is False and decision["action"] == "kms-xks-proxy:Encrypt"
    assert decision["reason"]["statementSid"] == "NoRobots"
    assert decision["reason"]["policyType"] == "XKSStorePolicy"


def test_all_of_it_is_there_after_a_restart(tmp_path):
    proxy = Proxy(tmp_path / "state").start()
    try:
        store = proxy.new_store("kept")
        proxy.new_key("kept", "one")
        sealed = store.encrypt("one", b"x")
        second = Store(proxy.port, json.loads(proxy.xks("credential", "add", "--prefix", "kept").stdout))
        assert proxy.server.stop() == 0
        proxy.start()
        for client in (store, second):
            assert client.decrypt("one", sealed).bytes("plaintext") == b"x"
        found = json.loads(proxy.server.run("doctor", "--state", str(proxy.server.state), "--json").stdout)
        assert found["healthy"], found
        assert not [finding for finding in found["findings"] if finding["verdict"] != "ok"], found
    finally:
        proxy.close()


def test_another_account_has_no_part_in_it(proxy, store, tmp_path):
    proxy.server.run(
        "identity", "account", "create", "222233334444", "--name", "b", "--output", str(tmp_path / "b"),
        "--state", str(proxy.server.state))
    environment = {
        **proxy.server.environment, "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "b"), "AWS_PROFILE": "b"}

    def as_b(*arguments):
        return subprocess.run(
            [STRONGROOM, "xks-proxy", *arguments, "--endpoint-url", proxy.server.endpoint, "--region", "us-east-1"],
            env=environment, capture_output=True, text=True)

    listed = as_b("list", "--json")
    assert json.loads(listed.stdout)["Stores"] == []
    refusal = as_b("credential", "add", "--prefix", store.prefix)
    assert refusal.returncode == 1 and "There is no XKS store" in refusal.stderr


def test_a_store_with_keys_is_not_deleted(proxy, store):
    refusal = proxy.xks("delete-store", "--yes", "--prefix", store.prefix, check=False)
    assert refusal.returncode == 1 and "has 1 keys" in refusal.stderr
    proxy.new_store("empty")
    proxy.xks("delete-store", "--yes", "--prefix", "empty")
    listed = json.loads(proxy.xks("list", "--json").stdout)["Stores"]
    assert "empty" not in [store["Prefix"] for store in listed]
