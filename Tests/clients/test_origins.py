"""Every field of the table in docs/origins.md, tried."""
import re
import uuid

import external_key_stores
import pytest
from botocore.exceptions import ClientError
from customers_token import CustomersToken, add_clusters, connect, create
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_der_public_key
from faulty_proxy import HOST, FaultyProxy
from strongroom_server import REPOSITORY, Server, wait_until

ORIGINS = ["AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"]
PAIR = {"KeyPairSpec": "ECC_NIST_P256"}
HERE, THERE = "eu-central-1", "us-west-2"


def table() -> list[tuple[str, dict[str, str]]]:
    text = (REPOSITORY / "docs/origins.md").read_text()
    lines = re.search(r"(?m)^\| operation \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", text)[1].splitlines()
    rows = [[field.strip() for field in line.strip("|").split("|")] for line in lines]
    return [(row[0], dict(zip(ORIGINS, row[1:], strict=True))) for row in rows]


def wrap_and_import(kms, key: str, secret: bytes, kind: str = "EXISTING_KEY_MATERIAL") -> dict:
    """Imports `secret`; answers what it takes to import it once more."""
    parameters = kms.get_parameters_for_import(
        KeyId=key, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    wrapped = {
        "ImportToken": parameters["ImportToken"],
        "EncryptedKeyMaterial": load_der_public_key(parameters["PublicKey"]).encrypt(secret, oaep)}
    kms.import_key_material(
        KeyId=key, ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE", ImportType=kind, **wrapped)
    return wrapped


class Scene:
    """A key of one origin, and what its operations need."""

    def __init__(self, kms, there, origin: str, store: str | None):
        self.kms, self.there, self.origin, self.store = kms, there, origin, store
        self.key = self.make()
        self.wrapped = {}
        if origin == "EXTERNAL":
            self.wrapped = wrap_and_import(kms, self.key, bytes(32))
        self.blob = kms.encrypt(KeyId=self.key, Plaintext=b"x")["CiphertextBlob"]
        self.alias = f"alias/origin-{uuid.uuid4().hex}"

    @property
    def place(self) -> dict:
        place = {"Origin": self.origin, **({"CustomKeyStoreId": self.store} if self.store else {})}
        # Each key stands on an external key of its own.
        return {**place, "XksKeyId": uuid.uuid4().hex} if self.origin == "EXTERNAL_KEY_STORE" else place

    def make(self, **parameters) -> str:
        return self.kms.create_key(**self.place, **parameters)["KeyMetadata"]["KeyId"]

    def replicated(self) -> str:
        """A multi-Region key, and its replica as soon as that is made."""
        key = self.make(MultiRegion=True)
        if self.origin == "EXTERNAL":
            wrap_and_import(self.kms, key, bytes(32))
        self.kms.replicate_key(KeyId=key, ReplicaRegion=THERE)
        if self.origin == "EXTERNAL":
            wrap_and_import(self.there, key, bytes(32))
        wait_until(
            lambda: self.there.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled", 20, "it is replicated")
        return key

    def bring(self, kind: str) -> dict:
        wrapped = self.wrapped or {"ImportToken": b"x" * 60, "EncryptedKeyMaterial": b"x" * 256}
        return self.kms.import_key_material(
            KeyId=self.key, ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE", ImportType=kind, **wrapped)

    def rotate(self) -> dict:
        if self.origin == "EXTERNAL":
            self.wrapped = wrap_and_import(self.kms, self.key, uuid.uuid4().bytes * 2, "NEW_KEY_MATERIAL")
        return self.kms.rotate_key_on_demand(KeyId=self.key)

    def delete_material(self) -> dict:
        answer = self.kms.delete_imported_key_material(KeyId=self.key)
        self.kms.schedule_key_deletion(KeyId=self.key, PendingWindowInDays=7)
        # Others need a key that works.
        self.__init__(self.kms, self.there, self.origin, self.store)
        return answer

    def cancel(self) -> dict:
        key = self.make()
        self.kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        return self.kms.cancel_key_deletion(KeyId=key)

    def grant(self) -> str:
        return self.kms.create_grant(
            KeyId=self.key, GranteePrincipal="arn:aws:iam::111122223333:user/administrator",
            Operations=["Encrypt"])["GrantId"]

    def named(self) -> str:
        name = f"alias/origin-{uuid.uuid4().hex}"
        self.kms.create_alias(AliasName=name, TargetKeyId=self.key)
        return name

    def disabled(self, call) -> dict:
        answer = call(KeyId=self.key)
        self.kms.enable_key(KeyId=self.key)
        return answer


CALLS = {
    "CreateKey": lambda s: s.make(),
    "CreateKey with MultiRegion": lambda s: s.make(MultiRegion=True),
    "ReplicateKey": lambda s: s.replicated(),
    "UpdatePrimaryRegion": lambda s: s.kms.update_primary_region(KeyId=s.replicated(), PrimaryRegion=THERE),
    "DescribeKey": lambda s: s.kms.describe_key(KeyId=s.key),
    "UpdateKeyDescription": lambda s: s.kms.update_key_description(KeyId=s.key, Description="d"),
    "EnableKey": lambda s: s.kms.enable_key(KeyId=s.key),
    "DisableKey": lambda s: s.disabled(s.kms.disable_key),
    "ScheduleKeyDeletion": lambda s: s.kms.schedule_key_deletion(KeyId=s.make(), PendingWindowInDays=7),
    "CancelKeyDeletion": lambda s: s.cancel(),
    "GetKeyLastUsage": lambda s: s.kms.get_key_last_usage(KeyId=s.key),
    "Encrypt": lambda s: s.kms.encrypt(KeyId=s.key, Plaintext=b"x"),
    "Decrypt": lambda s: s.kms.decrypt(CiphertextBlob=s.blob),
    "ReEncrypt": lambda s: s.kms.re_encrypt(CiphertextBlob=s.blob, DestinationKeyId=s.key),
    "GenerateDataKey": lambda s: s.kms.generate_data_key(KeyId=s.key, NumberOfBytes=8),
    "GenerateDataKeyWithoutPlaintext": lambda s: s.kms.generate_data_key_without_plaintext(
        KeyId=s.key, NumberOfBytes=8),
    "GenerateDataKeyPair": lambda s: s.kms.generate_data_key_pair(KeyId=s.key, **PAIR),
    "GenerateDataKeyPairWithoutPlaintext": lambda s: s.kms.generate_data_key_pair_without_plaintext(
        KeyId=s.key, **PAIR),
    "GenerateMac, VerifyMac (HMAC keys)": lambda s: s.make(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC"),
    "Sign, Verify, GetPublicKey (RSA and elliptic-curve keys)": lambda s: s.make(
        KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY"),
    "DeriveSharedSecret (elliptic-curve keys)": lambda s: s.make(KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT"),
    "EnableKeyRotation": lambda s: s.kms.enable_key_rotation(KeyId=s.key),
    "DisableKeyRotation": lambda s: s.kms.disable_key_rotation(KeyId=s.key),
    "GetKeyRotationStatus": lambda s: s.kms.get_key_rotation_status(KeyId=s.key),
    "ListKeyRotations": lambda s: s.kms.list_key_rotations(KeyId=s.key),
    "RotateKeyOnDemand": lambda s: s.rotate(),
    "GetParametersForImport": lambda s: s.kms.get_parameters_for_import(
        KeyId=s.key, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"),
    "ImportKeyMaterial": lambda s: s.bring("EXISTING_KEY_MATERIAL"),
    "DeleteImportedKeyMaterial": lambda s: s.delete_material(),
    "CreateAlias": lambda s: s.named(),
    "UpdateAlias": lambda s: s.kms.update_alias(AliasName=s.named(), TargetKeyId=s.key),
    "ListAliases": lambda s: s.kms.list_aliases(KeyId=s.key),
    "DeleteAlias": lambda s: s.kms.delete_alias(AliasName=s.named()),
    "TagResource": lambda s: s.kms.tag_resource(KeyId=s.key, Tags=[{"TagKey": "k", "TagValue": "v"}]),
    "UntagResource": lambda s: s.kms.untag_resource(KeyId=s.key, TagKeys=["k"]),
    "ListResourceTags": lambda s: s.kms.list_resource_tags(KeyId=s.key),
    "GetKeyPolicy": lambda s: s.kms.get_key_policy(KeyId=s.key),
    "PutKeyPolicy": lambda s: s.kms.put_key_policy(
        KeyId=s.key, Policy=s.kms.get_key_policy(KeyId=s.key)["Policy"]),
    "ListKeyPolicies": lambda s: s.kms.list_key_policies(KeyId=s.key),
    "CreateGrant": lambda s: s.grant(),
    "ListGrants": lambda s: s.kms.list_grants(KeyId=s.key),
    "RetireGrant": lambda s: s.kms.retire_grant(KeyId=s.key, GrantId=s.grant()),
    "RevokeGrant": lambda s: s.kms.revoke_grant(KeyId=s.key, GrantId=s.grant()),
}


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("origins")
    server = Server(folder / "state", "--region", HERE, "--region", THERE)
    customer, proxy = CustomersToken(folder / "customer", "cluster-customeraaa"), FaultyProxy(folder / "proxy", region=HERE)
    add_clusters(server, customer)
    external_key_stores.add_proxies(server, {HOST: proxy.settings})
    server.start()
    kms, there = external_key_stores.patient(server.client()), server.client(region_name=THERE)
    stores = {
        "AWS_CLOUDHSM": create(kms, customer, "origins"),
        "EXTERNAL_KEY_STORE": external_key_stores.create(kms, "external origins", proxy.configuration()),
    }
    for store in stores.values():
        connect(kms, store)
    yield {origin: Scene(kms, there, origin, stores.get(origin)) for origin in ORIGINS}
    server.close()
    proxy.close()


def test_the_table_names_every_operation_that_is_tried():
    assert [operation for operation, _ in table()] == list(CALLS)


@pytest.mark.parametrize("operation, answers", table(), ids=[operation for operation, _ in table()])
def test_an_operation(scenes, operation, answers):
    found = {}
    for origin, scene in scenes.items():
        try:
            CALLS[operation](scene)
            found[origin] = "yes"
        except ClientError as error:
            code = error.response["Error"]["Code"]
            found[origin] = "no" if code == "UnsupportedOperationException" else code
    assert found == answers
