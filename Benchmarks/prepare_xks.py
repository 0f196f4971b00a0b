#!/usr/bin/env python3
"""Writes one signed request of each kind to the XKS proxy for the load generator to repeat, for five minutes.

Leaves OUTPUT/xks-encrypt.request, xks-encrypt-cdiv.request, xks-decrypt.request and xks-health.request.
"""
import argparse
import http.client
import json
import pathlib
import sys
import urllib.parse

from kms import signed, text

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--store", required=True, help="the file that `strongroom xks-proxy init-store` wrote")
parser.add_argument("--endpoint", required=True, help="of the proxy, for example http://127.0.0.1:8471")
parser.add_argument("--key", required=True, help="the external key id")
parser.add_argument("--region", default="us-east-1", help="of the store")
parser.add_argument("--output", required=True, type=pathlib.Path, help="folder to write to")
options = parser.parse_args()
store = json.loads(pathlib.Path(options.store).read_text())
credential = store["XksProxyAuthenticationCredential"]
host = urllib.parse.urlsplit(options.endpoint).netloc
options.output.mkdir(exist_ok=True)

METADATA = {
    "awsPrincipalArn": "arn:aws:iam::123456789012:user/alice", "kmsOperation": "Encrypt",
    "kmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "kmsRequestId": "4112f4d6-db54-4af4-ae30-c55a22a8dfae",
}
COMMON = {"requestMetadata": METADATA, "encryptionAlgorithm": "AES_GCM", "additionalAuthenticatedData": text(b"a" * 300)}


def request(path: str, content: dict) -> tuple[dict, bytes, str]:
    body = json.dumps(content).encode()
    path = store["XksProxyUriPath"] + path
    headers = {"content-type": "application/json", "host": host, "content-length": str(len(body))}
    place = f"{options.region}/kms-xks-proxy"
    return signed(path, headers, body, credential["AccessKeyId"], credential["RawSecretAccessKey"], place), body, path


def write(name: str, path: str, content: dict) -> None:
    headers, body, path = request(path, content)
    head = f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
    (options.output / f"xks-{name}.request").write_bytes(head.encode() + body)


def call(path: str, content: dict) -> dict:
    headers, body, path = request(path, content)
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    content = json.loads(answer.read())
    if answer.status != 200:
        sys.exit(f"error: {path} was answered with {answer.status} {content}; is the store this server's?")
    return content


encrypt = {**COMMON, "plaintext": text(b"p" * 32)}
write("encrypt", f"/keys/{options.key}/encrypt", encrypt)
write(
    "encrypt-cdiv", f"/keys/{options.key}/encrypt", {**encrypt, "ciphertextDataIntegrityValueAlgorithm": "SHA_256"})
write("decrypt", f"/keys/{options.key}/decrypt", {**COMMON, **call(f"/keys/{options.key}/encrypt", encrypt)})
write("health", "/health", {"requestMetadata": {"kmsOperation": "KmsHealthCheck", "kmsRequestId": "1"}})
