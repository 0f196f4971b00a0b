"""The openssl command: what AWS's documentation has its readers do, and a second opinion on what the server makes."""
import pathlib
import subprocess

from strongroom_server import clean_environment

CURVES = {
    "ECC_NIST_P256": "P-256", "ECC_NIST_P384": "P-384", "ECC_NIST_P521": "P-521", "ECC_SECG_P256K1": "secp256k1",
}


def openssl(*arguments, stdin: bytes = b"", check: bool = True) -> subprocess.CompletedProcess:
    result = subprocess.run(
        ["openssl", *map(str, arguments)], input=stdin, capture_output=True, timeout=60, env=clean_environment()
    )
    if check:
        assert result.returncode == 0, f"openssl {' '.join(map(str, arguments))}:\n{result.stderr.decode()}"
    return result


def new_secret(spec: str) -> bytes:
    """Key material of a spec, as it is to be wrapped: a secret as it is, a private key as PKCS#8 in DER."""
    secret = {"SYMMETRIC_DEFAULT": 32, "HMAC_224": 28, "HMAC_256": 32, "HMAC_384": 48, "HMAC_512": 64}
    if spec in secret:
        return openssl("rand", secret[spec]).stdout
    if spec.startswith("RSA_"):
        options = ["-algorithm", "rsa", "-pkeyopt", f"rsa_keygen_bits:{spec.removeprefix('RSA_')}"]
    elif spec in CURVES:
        options = ["-algorithm", "ec", "-pkeyopt", f"ec_paramgen_curve:{CURVES[spec]}"]
    else:
        options = ["-algorithm", "ed25519"]
    pem = openssl("genpkey", *options).stdout
    return openssl("pkcs8", "-topk8", "-outform", "der", "-nocrypt", stdin=pem).stdout


def wrap(folder: pathlib.Path, material: bytes, public_key: bytes, algorithm: str) -> bytes:
    """Step 3 of "Importing key material" (AWS KMS Developer Guide), with every wrapping algorithm."""
    digest = {"1": "sha1", "256": "sha256"}[algorithm.rsplit("_", 1)[1]]
    files = {name: folder / name for name in ("WrappingPublicKey.bin", "PlaintextKeyMaterial.bin", "aes-key.bin")}
    files["WrappingPublicKey.bin"].write_bytes(public_key)
    files["PlaintextKeyMaterial.bin"].write_bytes(material)

    def encrypt(name: str) -> bytes:
        return openssl(
            "pkeyutl", "-encrypt", "-in", files[name], "-inkey", files["WrappingPublicKey.bin"], "-keyform", "DER",
            "-pubin", "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", f"rsa_oaep_md:{digest}",
            "-pkeyopt", f"rsa_mgf1_md:{digest}",
        ).stdout

    if algorithm.startswith("RSAES_OAEP"):
        return encrypt("PlaintextKeyMaterial.bin")
    aes_key = openssl("rand", 32).stdout
    files["aes-key.bin"].write_bytes(aes_key)
    wrapped = openssl(
        "enc", "-id-aes256-wrap-pad", "-K", aes_key.hex(), "-iv", "A65959A6", "-in", files["PlaintextKeyMaterial.bin"]
    ).stdout
    return encrypt("aes-key.bin") + wrapped
