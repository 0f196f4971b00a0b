"""Every operation that is served: how it is called, and what it takes to be allowed it."""
import dataclasses
import re
import typing
import uuid

from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_der_public_key

# "Cross-account use", AWS KMS permissions reference.
ACROSS_ACCOUNTS = {
    "CreateGrant", "Decrypt", "DeriveSharedSecret", "DescribeKey", "Encrypt", "GenerateDataKey", "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext", "GenerateDataKeyWithoutPlaintext", "GenerateMac", "GetKeyRotationStatus",
    "GetPublicKey", "ListGrants", "ReEncrypt", "RetireGrant", "RevokeGrant", "Sign", "Verify", "VerifyMac",
}
# What a grant can allow on the scene's keys.
GRANTABLE = {
    "symmetric": {
        "CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo",
        "RetireGrant",
    },
    "signing": {"CreateGrant", "DescribeKey", "GetPublicKey", "RetireGrant", "Sign", "Verify"},
    "mac": {"CreateGrant", "DescribeKey", "GenerateMac", "RetireGrant", "VerifyMac"},
    "agreement": {"CreateGrant", "DeriveSharedSecret", "DescribeKey", "GetPublicKey", "RetireGrant"},
}
GRANTABLE["imported"] = GRANTABLE["changed"] = GRANTABLE["symmetric"]
# What AWS serves and this server does not.
NOT_SERVED = {
    "Decapsulate", "Encapsulate",
}
# What is done to custom key stores, in test_custom_key_stores.py: they take a token of their own.
ON_KEY_STORES = {
    "ConnectCustomKeyStore", "CreateCustomKeyStore", "DeleteCustomKeyStore", "DisconnectCustomKeyStore",
    "UpdateCustomKeyStore",
}
# Of keys that are in several Regions: test_multi_region.py has them.
MULTI_REGION = {"ReplicateKey", "UpdatePrimaryRegion"}
MESSAGE = b"a message"
CONTEXT = {"tenant": "a"}
MATERIAL = bytes(range(32))


class Scene:
    """Keys of every kind that operations need, made by their owner, with all that calls refer to."""

    def __init__(self, kms, arn: str):
        self.kms, self.owner = kms, arn
        self.alias = f"alias/scene-{uuid.uuid4().hex[:12]}"

        def key(**parameters):
            return kms.create_key(**parameters)["KeyMetadata"]["Arn"]

        self.keys = {
            "symmetric": key(), "imported": key(Origin="EXTERNAL"),
            # One whose state is changed, which would keep others from being used.
            "changed": key(),
            "signing": key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY"),
            "mac": key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC"),
            "agreement": key(KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT"),
        }
        keys = self.keys
        self.blob = kms.encrypt(
            KeyId=keys["symmetric"], Plaintext=MESSAGE, EncryptionContext=CONTEXT)["CiphertextBlob"]
        self.signature = kms.sign(
            KeyId=keys["signing"], Message=MESSAGE, SigningAlgorithm="ECDSA_SHA_256")["Signature"]
        self.mac = kms.generate_mac(KeyId=keys["mac"], Message=MESSAGE, MacAlgorithm="HMAC_SHA_256")["Mac"]
        self.public_key = kms.get_public_key(KeyId=keys["agreement"])["PublicKey"]
        self.wrap()
        # A grant to be retired or revoked.
        self.grant = ""
        # What PutKeyPolicy puts, and whose grants ListRetirableGrants shows.
        self.policy, self.retiring = "", arn

    def wrap(self) -> None:
        parameters = self.kms.get_parameters_for_import(
            KeyId=self.keys["imported"], WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        self.import_token = parameters["ImportToken"]
        self.wrapped = load_der_public_key(parameters["PublicKey"]).encrypt(MATERIAL, oaep)
        self.import_material()

    # What brings a key, or a name, to where a call can succeed.

    def import_material(self) -> None:
        self.kms.import_key_material(
            KeyId=self.keys["imported"], ImportToken=self.import_token, EncryptedKeyMaterial=self.wrapped,
            ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE")

    def schedule(self) -> None:
        ignoring_state(self.kms.schedule_key_deletion, KeyId=self.keys["changed"])

    def cancel(self) -> None:
        ignoring_state(self.kms.cancel_key_deletion, KeyId=self.keys["changed"])

    def name(self) -> None:
        self.unname()
        self.kms.create_alias(AliasName=self.alias, TargetKeyId=self.keys["symmetric"])

    def unname(self) -> None:
        aliases = self.kms.list_aliases(KeyId=self.keys["symmetric"])["Aliases"]
        if any(alias["AliasName"] == self.alias for alias in aliases):
            self.kms.delete_alias(AliasName=self.alias)

    def state(self, key: str | None) -> dict:
        """All that an operation could have changed."""
        kms = self.kms
        if key is None:
            keys = [each for page in kms.get_paginator("list_keys").paginate() for each in page["Keys"]]
            return {"keys": keys}
        arn = self.keys[key]
        answers = [
            kms.describe_key(KeyId=arn), kms.get_key_policy(KeyId=arn), kms.list_resource_tags(KeyId=arn),
            kms.list_aliases(KeyId=arn), kms.list_grants(KeyId=arn), kms.get_key_last_usage(KeyId=arn),
        ]
        if key in ("symmetric", "changed", "imported"):
            answers += [
                kms.get_key_rotation_status(KeyId=arn),
                kms.list_key_rotations(KeyId=arn, IncludeKeyMaterial="ALL_KEY_MATERIAL"),
            ]
        return {str(place): {k: v for k, v in answer.items() if k != "ResponseMetadata"}
                for place, answer in enumerate(answers)}


def ignoring_state(call, **parameters) -> None:
    try:
        call(**parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] != "KMSInvalidStateException":
            raise


@dataclasses.dataclass(frozen=True)
class Operation:
    name: str
    # The scene's key that it is done to; None for what is done to an account.
    key: str | None
    # From the scene and the ARN of the key to what is called with.
    parameters: typing.Callable[[Scene, str], dict] = lambda scene, key: {"KeyId": key}
    # What the owner does so that the call can succeed.
    before: typing.Callable[[Scene], None] = lambda scene: None
    own_actions: tuple[str, ...] = ()
    # Whether the alias is asked for, too, which has no policy but those of identities.
    names_alias: bool = False

    @property
    def actions(self) -> tuple[str, ...]:
        """Named as grants do."""
        return self.own_actions or (self.name,)

    @property
    def policy_actions(self) -> list[str]:
        return [f"kms:{action}" for action in self.actions]

    @property
    def works_across_accounts(self) -> bool:
        return self.name in ACROSS_ACCOUNTS

    @property
    def is_grantable(self) -> bool:
        return self.key is not None and set(self.actions) <= GRANTABLE[self.key]

    def __str__(self) -> str:
        return self.name


def encrypting(**more):
    return lambda scene, key: {"KeyId": key, "EncryptionContext": CONTEXT, **more}


def signing(**more):
    return lambda scene, key: {
        "KeyId": key, "Message": MESSAGE, "SigningAlgorithm": "ECDSA_SHA_256",
        **{name: getattr(scene, attribute) for name, attribute in more.items()},
    }


def making_macs(**more):
    return lambda scene, key: {
        "KeyId": key, "Message": MESSAGE, "MacAlgorithm": "HMAC_SHA_256",
        **{name: getattr(scene, attribute) for name, attribute in more.items()},
    }


TAG = {"TagKey": "k", "TagValue": "v"}
PAIR = {"KeyPairSpec": "ECC_NIST_P256"}

OPERATIONS = [
    Operation("CancelKeyDeletion", "changed", before=Scene.schedule),
    Operation("CreateAlias", "symmetric", lambda s, k: {"AliasName": s.alias, "TargetKeyId": k}, Scene.unname,
              names_alias=True),
    Operation("CreateGrant", "symmetric", lambda s, k: {
        "KeyId": k, "GranteePrincipal": s.owner, "Operations": ["Encrypt"], "DryRun": True}),
    # Of the account, and free of cost for the token.
    Operation("CreateKey", None, lambda s, k: {"Origin": "EXTERNAL"}),
    Operation("Decrypt", "symmetric", lambda s, k: {
        "KeyId": k, "CiphertextBlob": s.blob, "EncryptionContext": CONTEXT}),
    Operation("DeleteAlias", "symmetric", lambda s, k: {"AliasName": s.alias}, Scene.name, names_alias=True),
    Operation("DeleteImportedKeyMaterial", "imported", before=Scene.import_material),
    Operation("DeriveSharedSecret", "agreement", lambda s, k: {
        "KeyId": k, "KeyAgreementAlgorithm": "ECDH", "PublicKey": s.public_key}),
    Operation("DescribeCustomKeyStores", None, lambda s, k: {}),
    Operation("DescribeKey", "symmetric"),
    Operation("DisableKey", "changed", before=Scene.cancel),
    Operation("DisableKeyRotation", "symmetric"),
    Operation("EnableKey", "changed", before=Scene.cancel),
    Operation("EnableKeyRotation", "symmetric"),
    Operation("Encrypt", "symmetric", encrypting(Plaintext=MESSAGE)),
    Operation("GenerateDataKey", "symmetric", encrypting(KeySpec="AES_256")),
    Operation("GenerateDataKeyPair", "symmetric", encrypting(**PAIR)),
    Operation("GenerateDataKeyPairWithoutPlaintext", "symmetric", encrypting(**PAIR)),
    Operation("GenerateDataKeyWithoutPlaintext", "symmetric", encrypting(KeySpec="AES_256")),
    Operation("GenerateMac", "mac", making_macs()),
    Operation("GenerateRandom", None, lambda s, k: {"NumberOfBytes": 16}),
    Operation("GetKeyLastUsage", "symmetric"),
    Operation("GetKeyPolicy", "symmetric"),
    Operation("GetKeyRotationStatus", "symmetric"),
    Operation("GetParametersForImport", "imported", lambda s, k: {
        "KeyId": k, "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}),
    Operation("GetPublicKey", "signing"),
    Operation("ImportKeyMaterial", "imported", lambda s, k: {
        "KeyId": k, "ImportToken": s.import_token, "EncryptedKeyMaterial": s.wrapped,
        "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}),
    Operation("ListAliases", None, lambda s, k: {}),
    Operation("ListGrants", "symmetric"),
    Operation("ListKeyPolicies", "symmetric"),
    Operation("ListKeyRotations", "symmetric"),
    Operation("ListKeys", None, lambda s, k: {}),
    Operation("ListResourceTags", "symmetric"),
    Operation("ListRetirableGrants", None, lambda s, k: {"RetiringPrincipal": s.retiring}),
    Operation("PutKeyPolicy", "changed", lambda s, k: {"KeyId": k, "Policy": s.policy}),
    Operation("ReEncrypt", "symmetric", lambda s, k: {
        "CiphertextBlob": s.blob, "SourceKeyId": k, "SourceEncryptionContext": CONTEXT, "DestinationKeyId": k,
    }, own_actions=("ReEncryptFrom", "ReEncryptTo")),
    Operation("RetireGrant", "symmetric", lambda s, k: {"KeyId": k, "GrantId": s.grant, "DryRun": True}),
    Operation("RevokeGrant", "symmetric", lambda s, k: {"KeyId": k, "GrantId": s.grant, "DryRun": True}),
    Operation("RotateKeyOnDemand", "symmetric"),
    Operation("ScheduleKeyDeletion", "changed", before=Scene.cancel),
    Operation("Sign", "signing", signing()),
    Operation("TagResource", "symmetric", lambda s, k: {"KeyId": k, "Tags": [TAG]}),
    Operation("UntagResource", "symmetric", lambda s, k: {"KeyId": k, "TagKeys": ["k"]}),
    Operation("UpdateAlias", "symmetric", lambda s, k: {"AliasName": s.alias, "TargetKeyId": k}, Scene.name,
              names_alias=True),
    Operation("UpdateKeyDescription", "symmetric", lambda s, k: {"KeyId": k, "Description": "described"}),
    Operation("Verify", "signing", signing(Signature="signature")),
    Operation("VerifyMac", "mac", making_macs(Mac="mac")),
]

REFUSAL = re.compile(
    r"User: (?P<user>\S+) is not authorized to perform: kms:(?P<action>\w+) on resource: (?P<resource>\S+) "
    r"(?P<reason>.+)")
REASONS = {
    "because no identity-based policy allows the kms:{} action": "no identity policy",
    "because no resource-based policy allows the kms:{} action": "no key policy",
    "because no permissions boundary allows the kms:{} action": "no boundary",
    "because no session policy allows the kms:{} action": "no session policy",
    "with an explicit deny in an identity-based policy": "denied by identity policy",
    "with an explicit deny in a resource-based policy": "denied by key policy",
    "with an explicit deny in a permissions boundary": "denied by boundary",
    "with an explicit deny in a session policy": "denied by session policy",
}


def outcome(call, **parameters) -> str:
    """`allowed`, why it was refused in short, or the error's code."""
    try:
        call(**parameters)
    except ClientError as error:
        return reason(error)
    return "allowed"


def reason(error: ClientError) -> str:
    code, text = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    if code == "DryRunOperationException":
        return "allowed"
    if code != "AccessDeniedException":
        return code
    match = REFUSAL.fullmatch(text)
    if not match:
        return text
    for template, short in REASONS.items():
        if template.format(match["action"]) == match["reason"]:
            return short
    return text
