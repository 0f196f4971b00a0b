"""The server's ciphertexts, opened without it: docs/ciphertext-format.md in Python."""
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def open_blob(blob: bytes, key_material: bytes, context: dict) -> bytes:
    header, iv, sealed = blob[:26], blob[26:38], blob[38:]
    parts = [part.encode() for pair in sorted(context.items(), key=lambda pair: pair[0].encode()) for part in pair]
    canonical = b"".join(struct.pack(">I", len(part)) + part for part in parts)
    return AESGCM(key_material).decrypt(iv, sealed, header + canonical)
