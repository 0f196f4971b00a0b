#!/usr/bin/env python3
"""Makes keys and writes one signed request of each operation for the load generator to repeat.

Leaves OUTPUT/<operation>.request for each, and OUTPUT/encrypt.key with the id of the key that encrypts.
"""
import argparse
import pathlib

from kms import Server, text

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--credentials", required=True, help="the credentials file that `strongroom init` wrote")
parser.add_argument("--endpoint", required=True, help="for example http://127.0.0.1:8470")
parser.add_argument("--output", required=True, type=pathlib.Path, help="folder to write to")
options = parser.parse_args()
server = Server(options.credentials, options.endpoint)
options.output.mkdir(exist_ok=True)


def write(name: str, operation: str, **parameters) -> None:
    (options.output / f"{name}.request").write_bytes(server.request(operation, **parameters))


key = server.create_key()
(options.output / "encrypt.key").write_text(key)
write("encrypt", "Encrypt", KeyId=key, Plaintext=text(b"p" * 32), EncryptionContext={"purpose": "benchmark"})

for name, spec, algorithm in (
    ("rsa-2048-pss", "RSA_2048", "RSASSA_PSS_SHA_256"),
    ("p256", "ECC_NIST_P256", "ECDSA_SHA_256"),
):
    parameters = {
        "KeyId": server.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY"),
        "Message": text(b"m" * 32), "MessageType": "DIGEST", "SigningAlgorithm": algorithm,
    }
    write(f"sign-{name}", "Sign", **parameters)
    signature = server.call("Sign", **parameters)["Signature"]
    write(f"verify-{name}", "Verify", Signature=signature, **parameters)

key = server.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
write("mac", "GenerateMac", KeyId=key, Message=text(b"m" * 32), MacAlgorithm="HMAC_SHA_256")
