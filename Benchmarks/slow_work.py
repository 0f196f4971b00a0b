#!/usr/bin/env python3
"""Does what makes objects in the token, one after the other, and prints how long that took as JSON.

  import         ImportKeyMaterial of AES keys, the wrapping key being there already
  rotate         RotateKeyOnDemand
  make-rsa-4096  CreateKey of RSA_4096 for --seconds, the last one to its end
  rotate-often   a rotation every 50 ms for --seconds, every fifth of --key
"""
import argparse
import base64
import json
import math
import os
import subprocess
import tempfile
import time

from kms import Server, text

# AWS lets a key be rotated on demand this often.
most_rotations = 25
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("work", choices=("import", "rotate", "make-rsa-4096", "rotate-often"))
parser.add_argument("--credentials", required=True, help="the credentials file that `strongroom init` wrote")
parser.add_argument("--endpoint", required=True, help="for example http://127.0.0.1:8470")
parser.add_argument("--count", type=int, default=100, help="how many imports or rotations are measured")
parser.add_argument("--seconds", type=float, default=5)
parser.add_argument("--key", help="one of the keys that rotate-often rotates")
options = parser.parse_args()
server = Server(options.credentials, options.endpoint)
latencies: list[float] = []


def measure(operation: str, **parameters) -> None:
    start = time.monotonic()
    server.call(operation, **parameters)
    latencies.append(time.monotonic() - start)


def wrap(public_key: bytes) -> bytes:
    """A new AES-256 key under RSAES_OAEP_SHA_256."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(public_key)
        file.flush()
        return subprocess.run(
            ["openssl", "pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", file.name,
             "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256"],
            input=os.urandom(32), stdout=subprocess.PIPE, check=True,
        ).stdout


def prepared_import() -> dict:
    key = server.create_key(Origin="EXTERNAL")
    parameters = server.call(
        "GetParametersForImport", KeyId=key, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")
    return {
        "KeyId": key, "ImportToken": parameters["ImportToken"], "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
        "EncryptedKeyMaterial": text(wrap(base64.b64decode(parameters["PublicKey"]))),
    }


start = time.monotonic()
if options.work == "import":
    for parameters in [prepared_import() for _ in range(options.count)]:
        measure("ImportKeyMaterial", **parameters)
elif options.work == "rotate":
    keys = [server.create_key() for _ in range(math.ceil(options.count / most_rotations))]
    for number in range(options.count):
        measure("RotateKeyOnDemand", KeyId=keys[number % len(keys)])
elif options.work == "make-rsa-4096":
    while time.monotonic() < start + options.seconds:
        measure("CreateKey", KeySpec="RSA_4096", KeyUsage="SIGN_VERIFY")
else:
    number = 0
    while time.monotonic() < start + options.seconds:
        if number % most_rotations == 0:
            other = server.create_key()
        of_stream = options.key and number % 5 == 0 and number < 5 * most_rotations
        measure("RotateKeyOnDemand", KeyId=options.key if of_stream else other)
        number += 1
        time.sleep(max(0, start + number * 0.05 - time.monotonic()))

latencies.sort()
print(json.dumps({
    "work": options.work, "count": len(latencies), "perSecond": len(latencies) / sum(latencies),
    "milliseconds": {
        "median": 1000 * latencies[len(latencies) // 2], "p99": 1000 * latencies[math.ceil(0.99 * len(latencies)) - 1],
        "max": 1000 * latencies[-1],
    },
}))
