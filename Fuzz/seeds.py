#!/usr/bin/env python3
"""Writes the inputs that fuzzing starts from: one folder for each target.

usage: seeds.py FOLDER
"""
import base64
import json
import pathlib
import re
import struct
import sys
import urllib.parse
import zlib

KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
ARN = f"arn:aws:kms:eu-central-1:111122223333:key/{KEY}"
GRANT = "0a1b2c3d" * 8
USER = "arn:aws:iam::111122223333:user/a/b"
ROOT = pathlib.Path(__file__).resolve().parent.parent


def blob(multi_region: bool, plaintext_size: int, version: int = 1) -> bytes:
    key = bytes.fromhex(KEY.replace("-", ""))
    header = struct.pack(">BB16sI", version, multi_region, key, 1)
    sealed_size = 12 + plaintext_size + 16 if version == 1 else 16 + (plaintext_size // 16 + 1) * 16 + 32
    return header + struct.pack(">I", zlib.crc32(header)) + bytes(sealed_size)


def external(metadata: int, iv: int, sealed: int) -> bytes:
    """Of version 3: what an XKS proxy sealed once more."""
    header = struct.pack(">BB16sI", 3, False, bytes.fromhex(KEY.replace("-", "")), 1)
    parts = bytes(16) + bytes([metadata]) + bytes(metadata) + bytes([iv]) + bytes(iv) + bytes(16) + bytes(sealed)
    return header + struct.pack(">I", zlib.crc32(header)) + parts


def grant_token() -> bytes:
    content = bytes([1]) + bytes(8) + bytes.fromhex(GRANT) + b"111122223333"
    content += bytes([len("eu-central-1")]) + b"eu-central-1" + KEY.encode()
    return content + struct.pack(">I", zlib.crc32(content))


def authorization(headers: str, between: str = ", ") -> str:
    return "AWS4-HMAC-SHA256 " + between.join([
        "Credential=AKIDEXAMPLE/20150830/us-east-1/kms/aws4_request",
        f"SignedHeaders={headers}",
        "Signature=" + "0123456789abcdef" * 4,
    ])


TEXT = base64.b64encode(b"p" * 32).decode()
CIPHERTEXT = base64.b64encode(blob(False, 32)).decode()
CONTEXT = {"purpose": "test", "é": "\u0001\U0001f511"}
PAGE = {"Limit": 10, "Marker": "bWFya2Vy"}
TOKEN = base64.b64encode(grant_token()).decode()
GRANTS = {"GrantTokens": [TOKEN], "DryRun": False}
REQUESTS = {
    "CancelKeyDeletion": {"KeyId": KEY},
    "CreateAlias": {"AliasName": "alias/a-b_c/1", "TargetKeyId": KEY},
    "CreateGrant": {
        "KeyId": KEY, "GranteePrincipal": USER, "GranteeServicePrincipal": None, "RetiringPrincipal": None,
        "RetiringServicePrincipal": "ec2.amazonaws.com", "Operations": ["Decrypt", "CreateGrant"],
        "Constraints": {
            "EncryptionContextSubset": CONTEXT, "EncryptionContextEquals": None,
            "SourceArn": "arn:aws:ec2:eu-central-1:111122223333:volume/*",
        },
        "Name": "a:b/c_d-e", **GRANTS,
    },
    "CreateKey": {
        "Policy": "{}", "Description": "d", "KeyUsage": "ENCRYPT_DECRYPT", "KeySpec": "SYMMETRIC_DEFAULT",
        "Origin": "AWS_KMS", "Tags": [{"TagKey": "k", "TagValue": "v"}, {"TagKey": "k2", "TagValue": ""}],
        "MultiRegion": False, "BypassPolicyLockoutSafetyCheck": True, "CustomKeyStoreId": None, "XksKeyId": None,
    },
    "Decrypt": {
        "CiphertextBlob": CIPHERTEXT, "EncryptionContext": CONTEXT, "KeyId": ARN,
        "EncryptionAlgorithm": "SYMMETRIC_DEFAULT", "DryRunModifiers": ["IGNORE_CIPHERTEXT"], **GRANTS,
    },
    "DeleteAlias": {"AliasName": "alias/a"},
    "DescribeKey": {"KeyId": "alias/a", "GrantTokens": []},
    "DisableKey": {"KeyId": KEY},
    "EnableKey": {"KeyId": "mrk-" + "0" * 32},
    "Encrypt": {
        "KeyId": KEY, "Plaintext": TEXT, "EncryptionContext": CONTEXT, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        **GRANTS,
    },
    "GenerateDataKey": {
        "KeyId": KEY, "KeySpec": "AES_256", "EncryptionContext": CONTEXT, "Recipient": None, **GRANTS,
    },
    "GenerateDataKeyWithoutPlaintext": {"KeyId": KEY, "NumberOfBytes": 64, **GRANTS},
    "GenerateRandom": {"NumberOfBytes": 1024, "CustomKeyStoreId": None},
    "GetKeyPolicy": {"KeyId": KEY, "PolicyName": "default"},
    "ListAliases": {"KeyId": KEY, **PAGE},
    "ListGrants": {"KeyId": KEY, "GrantId": GRANT, "GranteePrincipal": USER, **PAGE},
    "ListKeyPolicies": {"KeyId": KEY, **PAGE},
    "ListKeys": PAGE,
    "ListResourceTags": {"KeyId": KEY, **PAGE},
    "ListRetirableGrants": {"RetiringPrincipal": USER, **PAGE},
    "PutKeyPolicy": {"KeyId": KEY, "PolicyName": "default", "Policy": '{"Version":"2012-10-17","Statement":[]}'},
    "ReEncrypt": {
        "CiphertextBlob": CIPHERTEXT, "SourceEncryptionContext": CONTEXT, "SourceKeyId": KEY,
        "DestinationKeyId": ARN, "DestinationEncryptionContext": {},
        "SourceEncryptionAlgorithm": "SYMMETRIC_DEFAULT", "DestinationEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        **GRANTS,
    },
    "RetireGrant": {"GrantToken": TOKEN, "DryRun": True},
    "RevokeGrant": {"KeyId": ARN, "GrantId": GRANT, "DryRun": False},
    "ScheduleKeyDeletion": {"KeyId": KEY, "PendingWindowInDays": 7},
    "TagResource": {"KeyId": KEY, "Tags": [{"TagKey": "k", "TagValue": "v"}]},
    "UntagResource": {"KeyId": KEY, "TagKeys": ["k", "l"]},
    "UpdateAlias": {"AliasName": "alias/a", "TargetKeyId": KEY},
    "UpdateKeyDescription": {"KeyId": KEY, "Description": "\\ \" \ud83d\udd11 \n"},
    "DeleteImportedKeyMaterial": {"KeyId": KEY, "KeyMaterialId": "0a" * 32},
    "DeriveSharedSecret": {
        "KeyId": KEY, "KeyAgreementAlgorithm": "ECDH", "PublicKey": TEXT, "Recipient": None, **GRANTS,
    },
    "DisableKeyRotation": {"KeyId": KEY},
    "EnableKeyRotation": {"KeyId": KEY, "RotationPeriodInDays": 90},
    "GenerateDataKeyPair": {"KeyId": KEY, "KeyPairSpec": "ECC_NIST_P256", "EncryptionContext": CONTEXT, **GRANTS},
    "GenerateDataKeyPairWithoutPlaintext": {"KeyId": KEY, "KeyPairSpec": "RSA_2048", **GRANTS},
    "GenerateMac": {"KeyId": KEY, "Message": TEXT, "MacAlgorithm": "HMAC_SHA_256", **GRANTS},
    "GetKeyLastUsage": {"KeyId": KEY},
    "GetKeyRotationStatus": {"KeyId": KEY},
    "GetParametersForImport": {
        "KeyId": KEY, "WrappingAlgorithm": "RSA_AES_KEY_WRAP_SHA_256", "WrappingKeySpec": "RSA_4096",
    },
    "GetPublicKey": {"KeyId": KEY, "GrantTokens": []},
    "ImportKeyMaterial": {
        "KeyId": KEY, "ImportToken": CIPHERTEXT, "EncryptedKeyMaterial": TEXT, "ValidTo": 1767225600.5,
        "ExpirationModel": "KEY_MATERIAL_EXPIRES", "ImportType": "EXISTING_KEY_MATERIAL",
        "KeyMaterialDescription": "a b:c/d_e.f-", "KeyMaterialId": "0a" * 32,
    },
    "ListKeyRotations": {"KeyId": KEY, "IncludeKeyMaterial": "ALL_KEY_MATERIAL", **PAGE},
    "RotateKeyOnDemand": {"KeyId": KEY},
    "Sign": {
        "KeyId": KEY, "Message": TEXT, "MessageType": "DIGEST", "SigningAlgorithm": "RSASSA_PSS_SHA_256", **GRANTS,
    },
    "Verify": {
        "KeyId": KEY, "Message": TEXT, "Signature": TEXT, "SigningAlgorithm": "ED25519_SHA_512",
        # Unknown members of every type are ignored.
        "a": [[{}, -1.5e+3, "", None]], "b": {"c": True}, **GRANTS,
    },
    "VerifyMac": {"KeyId": KEY, "Message": TEXT, "Mac": TEXT, "MacAlgorithm": "HMAC_SHA_512", **GRANTS},
}


POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
PARTS = {"MaxItems": 10, "Marker": "iam:ListUsers:a"}
QUERY_TAGS = {
    "Tags.member.1.Key": "team", "Tags.member.1.Value": "é +/=@", "Tags.member.2.Key": "b", "Tags.member.2.Value": "",
}
CODES = {"SerialNumber": "arn:aws:iam::111122223333:mfa/phone"}
# One of each shape that parameters have.
QUERIES = {
    "CreateUser": {
        "UserName": "alice", "Path": "/team/", "PermissionsBoundary": "arn:aws:iam::aws:policy/p", **QUERY_TAGS,
    },
    "ListUsers": {"PathPrefix": "/team", **PARTS},
    "UntagUser": {"UserName": "alice", "TagKeys.member.1": "team", "TagKeys.member.2": "b"},
    "TagRole": {"RoleName": "r", "Tags": ""},
    "CreateRole": {
        "RoleName": "r", "AssumeRolePolicyDocument": POLICY, "MaxSessionDuration": 3600, "Description": "a\r\nb",
    },
    "PutRolePolicy": {"RoleName": "r", "PolicyName": "p", "PolicyDocument": POLICY},
    "CreatePolicy": {"PolicyName": "p", "Path": "/a/b/", "Description": "d", "PolicyDocument": POLICY, **QUERY_TAGS},
    "CreatePolicyVersion": {
        "PolicyArn": "arn:aws:iam::111122223333:policy/p", "PolicyDocument": POLICY, "SetAsDefault": "true",
    },
    "GetPolicyVersion": {"PolicyArn": "arn:aws:iam::aws:policy/p", "VersionId": "v1"},
    "ListPolicies": {"Scope": "Local", "OnlyAttached": "false", "PolicyUsageFilter": "PermissionsBoundary", **PARTS},
    "ListEntitiesForPolicy": {"PolicyArn": "arn:aws:iam::aws:policy/p", "EntityFilter": "Group"},
    "UpdateAccessKey": {"UserName": "alice", "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "Inactive"},
    "EnableMFADevice": {
        "UserName": "alice", "AuthenticationCode1": "123456", "AuthenticationCode2": "654321", **CODES,
    },
    "ListVirtualMFADevices": {"AssignmentStatus": "Any"},
    "AssumeRole": {
        "RoleArn": "arn:aws:iam::111122223333:role/r", "RoleSessionName": "work", "DurationSeconds": 900,
        "Policy": POLICY, "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/p", "TransitiveTagKeys.member.1": "team",
        "ExternalId": "e:/1", "SourceIdentity": "alice", "TokenCode": "123456", **CODES, **QUERY_TAGS,
    },
    "GetSessionToken": {"DurationSeconds": 129600, "TokenCode": "123456", **CODES},
    "GetCallerIdentity": {},
}
OF_STS = ("AssumeRole", "GetSessionToken", "GetCallerIdentity")


def queries() -> dict:
    bodies = {}
    for action, parameters in QUERIES.items():
        version = "2011-06-15" if action in OF_STS else "2010-05-08"
        bodies[action] = urllib.parse.urlencode({"Action": action, "Version": version, **parameters}).encode()
    return bodies


def requests() -> dict:
    # FuzzRequest.swift counts the operations in this order, from "A" on.
    names = re.findall(r'case \w+ = "(\w+)"', (ROOT / "Sources/KMSWire/OperationName.swift").read_text())
    return {
        operation: bytes([ord("A") + names.index(operation)]) + json.dumps(body).encode()
        for operation, body in REQUESTS.items()
    }


def policies() -> dict:
    """The first byte says of what kind the policy is."""
    statement = {
        "Sid": "s", "Effect": "Allow", "Principal": {"AWS": [USER, "111122223333", "*"]}, "Action": ["kms:*", "kms:Dec?ypt"],
        "Resource": "*", "Condition": {
            "StringEqualsIfExists": {"kms:EncryptionContext:tenant": ["7", "${aws:PrincipalTag/tenant}"]},
            "ForAnyValue:StringLike": {"kms:EncryptionContextKeys": "t*"}, "Bool": {"aws:SecureTransport": "true"},
            "IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "2001:db8::/32"]}, "Null": {"kms:ViaService": "true"},
            "DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}, "NumericLessThan": {"kms:x": "5"},
            "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"},
        },
    }
    deny = {"Effect": "Deny", "NotPrincipal": {"AWS": USER}, "NotAction": "kms:Decrypt", "NotResource": "a"}
    identity = {key: value for key, value in statement.items() if key != "Principal"}
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    documents = {
        "key": (0, [statement, deny]), "identity": (1, identity), "trust": (2, [trust]),
    }
    return {
        name: bytes([kind]) + json.dumps({"Version": "2012-10-17", "Id": "i", "Statement": statements}).encode()
        for name, (kind, statements) in documents.items()
    }


def xks_bodies() -> dict[str, bytes]:
    """Bodies of the XKS Proxy API, asked and answered, and what looks like one."""
    metadata = {
        "awsPrincipalArn": USER, "kmsKeyArn": ARN, "kmsOperation": "Encrypt", "kmsRequestId": KEY,
        "kmsViaService": "s3.eu-central-1.amazonaws.com", "awsSourceVpc": "vpc-1", "awsSourceVpce": "vpce-1",
    }
    common = {"requestMetadata": metadata, "encryptionAlgorithm": "AES_GCM"}
    encrypt = {**common, "plaintext": "aGVsbG8=", "additionalAuthenticatedData": "YWFk",
               "ciphertextDataIntegrityValueAlgorithm": "SHA_256"}
    decrypt = {**common, "ciphertext": "aGVsbG8=", "initializationVector": "A" * 16,
               "authenticationTag": "A" * 22 + "==", "ciphertextMetadata": "AQAAAAE="}
    bodies = {
        "encrypt": encrypt, "decrypt": decrypt, "metadata": {"requestMetadata": metadata},
        "health": {"requestMetadata": {"kmsOperation": "KmsHealthCheck", "kmsRequestId": "1"}},
        "null": {**encrypt, "additionalAuthenticatedData": None}, "number": {**encrypt, "plaintext": 1.5e-3},
        "nested": {**common, "new": [[{"a": [True, False, None, -0.1]}]]},
    }
    manager = {"id": "a", "model": "b", "healthStatus": "ACTIVE"}
    answers = {
        "encrypted": {
            **{name: decrypt[name] for name in ("ciphertext", "initializationVector", "authenticationTag")},
            "ciphertextMetadata": "AQAAAAE=", "ciphertextDataIntegrityValue": "A" * 43 + "="},
        "decrypted": {"plaintext": "aGVsbG8="}, "error": {"errorName": "KeyNotFoundException", "errorMessage": "none"},
        "key": {"keySpec": "AES_256", "keyUsage": ["ENCRYPT", "DECRYPT"], "keyStatus": "ENABLED"},
        "healthy": {
            "xksProxyFleetSize": 1, "xksProxyVendor": "v", "xksProxyModel": "m", "ekmVendor": "e",
            "ekmFleetDetails": [manager, {**manager, "healthStatus": "DEGRADED"}]},
    }
    found = {name: json.dumps(body).encode() for name, body in (bodies | answers).items()}
    return found | {
        "spaced": json.dumps(encrypt, indent=2).encode(), "escaped": rb'{"\u0070laintext":"YQ\u003d\u003d","a":"\ud83d\ude00\/\n"}',
        "surrogate": rb'{"plaintext":"\ud83d"}', "twice": b'{"plaintext":"YQ==","plaintext":"YQ=="}',
        "deep": b"[" * 40 + b"]" * 40, "base64": b"aGVsbG8gd29ybGQ=", "padding": b"YR==",
    }


def import_token() -> bytes:
    texts = [ARN.encode(), b"RSAES_OAEP_SHA_256"]
    return bytes(16) + struct.pack(">q", 1_767_225_600_000) + b"".join(struct.pack(">H", len(text)) + text for text in texts)


def frame(code: int, body: bytes) -> bytes:
    return struct.pack(">IQB", 9 + len(body), 7, code) + body


def field(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content


def audit_line() -> bytes:
    record = {
        "eventVersion": "1.11", "eventTime": "2026-01-01T00:00:00Z", "eventName": "Decrypt", "errorCode": "AccessDenied",
        "userIdentity": {"type": "IAMUser", "arn": USER, "userName": "alice", "sessionContext": {"attributes": {}}},
        "resources": [{"ARN": ARN, "type": "AWS::KMS::Key"}], "requestParameters": {"keyId": "alias/a"},
        "responseElements": None,
    }
    return b'{"sequence":12,"previous":"' + b"0a" * 32 + b'","record":' + json.dumps(record).encode() + b"}"


SEEDS = {
    "fuzz-policy": policies(),
    "fuzz-xks": xks_bodies(),
    "fuzz-token": {"grant": grant_token(), "import": import_token()},
    "fuzz-frame": {
        "encrypt": bytes([3]) + frame(7, bytes(16) + field(bytes(52)) + field(b"aad") + field(b"plaintext")),
        "two": bytes([40]) + frame(0, field(b"")) + frame(13, b""), "long": bytes([1]) + frame(1, field(b"{}" * 400)),
        "cut": bytes([0]) + frame(7, bytes(40))[:-3],
    },
    # Without their comments, which are most of them.
    "fuzz-profile": {
        path.stem: re.sub(rb"(?m)^\s*#.*\n", b"", path.read_bytes()) for path in (ROOT / "hsm-config").glob("*.yaml")
    },
    "fuzz-audit": {"line": audit_line(), "two": audit_line() + b"\n" + audit_line()},
    "fuzz-ciphertext": {
        "shortest": blob(False, 0), "multi-region": blob(True, 32), "longest": blob(False, 6144 - 54),
        "truncated": blob(False, 0)[:-1], "version-2": blob(False, 0, 2), "version-2-longest": blob(True, 6063, 2),
        "version-2-truncated": blob(False, 20, 2)[:-16], "version-4": blob(False, 36, 4),
        "external": external(0, 12, 29), "external-longest": external(20, 16, 4096), "external-cut": external(20, 16, 0),
    },
    "fuzz-authorization": {
        "botocore": authorization("content-type;host;x-amz-date;x-amz-target").encode(),
        "no-blanks": authorization("host", between=",").encode(),
        "asymmetric": b"AWS4-ECDSA-P256-SHA256 Credential=a/b/c/d",
        "basic": b"Basic dXNlcjpwYXNzd29yZA==",
    },
    "fuzz-request": requests(),
    "fuzz-query": queries(),
}


def main() -> None:
    for target, seeds in SEEDS.items():
        folder = pathlib.Path(sys.argv[1]) / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in seeds.items():
            (folder / name).write_bytes(content)
    # Whole words for the mutations, in libFuzzer's form.
    words = {word for body in REQUESTS.values() for word in body} | {"TagKey", "TagValue", "\\u0041", "null", "1e9"}
    dictionary = "".join('"{}"\n'.format(word.replace("\\", "\\\\")) for word in sorted(words))
    (pathlib.Path(sys.argv[1]) / "fuzz-request.dict").write_text(dictionary)
    words = {word for parameters in QUERIES.values() for word in parameters} | set(QUERIES)
    words |= {"Action=", "Version=2010-05-08", "Version=2011-06-15", "&", "%C3%A9", "+", ".member.1", ".Key", "true"}
    (pathlib.Path(sys.argv[1]) / "fuzz-query.dict").write_text("".join(f'"{word}"\n' for word in sorted(words)))
    policy = re.findall(r'"([A-Za-z0-9:/*$?{}.]+)"', b"".join(policies().values()).decode())
    (pathlib.Path(sys.argv[1]) / "fuzz-policy.dict").write_text("".join(f'"{word}"\n' for word in sorted(set(policy))))
    (pathlib.Path(sys.argv[1]) / "fuzz-authorization.dict").write_text(
        "".join(f'"{word}"\n' for word in ["AWS4-HMAC-SHA256 ", "Credential=", "SignedHeaders=", "Signature=", ", "])
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
