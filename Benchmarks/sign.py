#!/usr/bin/env python3
"""Makes a key and writes one signed Encrypt request for the load generator to repeat.

Standard library only: the benchmark must not depend on an installed SDK. AWS Signature
Version 4 lets one signature be sent again for 15 minutes, which outlasts any run here.
"""
import argparse
import base64
import configparser
import datetime
import hashlib
import hmac
import http.client
import json
import sys
import urllib.parse


def digest(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def signed_headers(profile, host: str, operation: str, body: bytes) -> dict:
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{now[:8]}/{profile['region']}/kms/aws4_request"
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "host": host,
        "x-amz-date": now,
        "x-amz-target": f"TrentService.{operation}",
    }
    names = ";".join(sorted(headers))
    canonical = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"POST\n/\n\n{canonical}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = ("AWS4" + profile["aws_secret_access_key"]).encode()
    for part in scope.split("/"):
        key = digest(key, part)
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={profile['aws_access_key_id']}/{scope}, "
        f"SignedHeaders={names}, Signature={digest(key, text).hex()}"
    )
    return headers


def call(profile, host: str, operation: str, parameters: dict) -> dict:
    body = json.dumps(parameters).encode()
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.request("POST", "/", body, signed_headers(profile, host, operation, body))
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        sys.exit(f"sign.py: error: {operation} was answered with {answer.status} {text.decode(errors='replace')}; "
                 f"check that the credentials file belongs to the server at {host}")
    return json.loads(text or b"{}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--credentials", required=True, help="the credentials file that `strongroom init` wrote")
    parser.add_argument("--endpoint", required=True, help="for example http://127.0.0.1:8470")
    parser.add_argument("--output", required=True, help="file to write the request to")
    options = parser.parse_args()

    credentials = configparser.ConfigParser(interpolation=None)
    if not credentials.read(options.credentials) or "strongroom" not in credentials:
        sys.exit(f"sign.py: error: no profile [strongroom] in {options.credentials}; run `strongroom init` first")
    profile = credentials["strongroom"]
    host = urllib.parse.urlsplit(options.endpoint).netloc

    key = call(profile, host, "CreateKey", {"Description": "benchmark"})["KeyMetadata"]["KeyId"]
    body = json.dumps({
        "KeyId": key,
        "Plaintext": base64.b64encode(b"p" * 32).decode(),
        "EncryptionContext": {"purpose": "benchmark"},
    }).encode()
    headers = signed_headers(profile, host, "Encrypt", body)
    headers["content-length"] = str(len(body))
    head = "POST / HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
    with open(options.output, "wb") as file:
        file.write(head.encode() + body)


if __name__ == "__main__":
    main()
