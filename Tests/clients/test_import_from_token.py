"""Key material on its way: not seen when it comes out of a token, and wiped from the command once it is wrapped."""
import os
import pathlib
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from import_command import SECRETS, command, empty_key, prove, report, state  # noqa: F401 (fixtures)
from openssl import new_secret
from process_memory import contains, snapshot, watch_until_quiet
from softhsm_source import SourceToken
from strongroom_server import STRONGROOM, wait_until


@pytest.fixture(scope="module")
def source_token(tmp_path_factory):
    return SourceToken(tmp_path_factory.mktemp("source") / "token")


OBJECT_KINDS = {
    "SYMMETRIC_DEFAULT": "AES:32", "HMAC_256": "GENERIC:32", "HMAC_512": "GENERIC:64", "RSA_2048": "privkey",
    "ECC_NIST_P256": "privkey", "ECC_NIST_P521": "privkey",
}


@pytest.mark.parametrize("spec", OBJECT_KINDS)
def test_a_key_moves_from_one_token_to_another(report, kms, empty_key, source_token, spec):
    key = empty_key(spec)
    if OBJECT_KINDS[spec].startswith("GENERIC"):
        material = source_token.generate(spec, OBJECT_KINDS[spec])
    else:
        material = new_secret(spec)
        source_token.write(spec, material, OBJECT_KINDS[spec])
    answer = report(key, *source_token.arguments(spec), environment=source_token.environment)
    prove(kms, key, spec, material)
    assert answer["Mechanisms"]
    # This token's OAEP knows SHA-1 alone.
    assert answer["WrappingAlgorithm"].endswith("_SHA_1") and "SHA-1" in " ".join(answer["Notes"])


def test_module_and_pin_may_be_in_the_uri(report, kms, empty_key, source_token):
    material, key = os.urandom(32), empty_key()
    source_token.write("by-uri", material, "AES:32")
    uri = (
        f"pkcs11:token=source;object=by-uri?module-path={source_token.module}&pin-source=file:{source_token.pin_file}")
    report(key, "--from-token", uri, environment=source_token.environment)
    prove(kms, key, "SYMMETRIC_DEFAULT", material)


def test_what_a_token_refuses_is_told_and_changes_nothing(command, kms, empty_key, source_token, tmp_path):
    key = empty_key()
    source_token.write("stays", os.urandom(32), "AES:32", "--label", "stays")
    source_token.write("short", os.urandom(16), "AES:16")
    wrong_pin = tmp_path / "pin"
    wrong_pin.touch(mode=0o600)
    wrong_pin.write_text("wrong-pin\n")

    def refused(*arguments):
        result = command(key, *arguments, environment=source_token.environment, check=False)
        assert (result.returncode, result.stdout) == (1, b"")
        text = result.stderr.decode()
        assert text.startswith("strongroom: error: ") and "\nhint: " in text
        assert state(kms, key) == "PendingImport"
        return text

    assert "extractable" in refused(*source_token.arguments("stays"))
    assert "128 bits" in refused(*source_token.arguments("short"))
    assert "nothing-there" in refused(*source_token.arguments("nothing-there"))
    assert "PIN" in refused(*source_token.arguments("short")[:-1], wrong_pin)
    assert "pin-value" not in refused("--from-token", "pkcs11:token=source;object=a?pin-value=1234", "--module", "/x")
    # One wrong PIN is one try: the token is not locked.
    source_token.write("after", os.urandom(32), "AES:32")
    command(key, *source_token.arguments("after"), environment=source_token.environment)


def start(server, *arguments, stdin=subprocess.DEVNULL, environment=None):
    return subprocess.Popen(
        [STRONGROOM, "import-key-material", *map(str, arguments)], stdin=stdin, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env={**server.environment, **(environment or {})})


def read_pipe(path: pathlib.Path, process: subprocess.Popen) -> bytes:
    wrapped = path.read_bytes()
    _, complaints = process.communicate(timeout=30)
    assert process.returncode == 0, complaints.decode()
    return wrapped


def test_the_plaintext_of_a_tokens_key_is_never_in_the_commands_memory(
    server, command, kms, empty_key, source_token, tmp_path
):
    """The wrapped key goes to a named pipe that nobody reads yet: there the command stands still, with all it has."""
    material, key = os.urandom(32), empty_key()
    source_token.write("watched", material, "AES:32")
    parameters, pipe = tmp_path / "parameters.json", tmp_path / "wrapped"
    command(key, "--step", "get-parameters", "--out", parameters, "--algorithm", "RSAES_OAEP_SHA_1")
    os.mkfifo(pipe)
    arguments = ["--step", "wrap", "--parameters", parameters, "--out", pipe, *source_token.arguments("watched")]
    process = start(server, *arguments, environment=source_token.environment)
    memory, found = watch_until_quiet(process, material)
    visible = [pathlib.Path(f"/proc/{process.pid}/{name}").read_bytes() for name in ("cmdline", "environ")]
    wrapped = read_pipe(pipe, process)

    # The search sees what is there: the key's name, and the wrapped key, which was made already.
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"].encode() in memory
    assert wrapped in memory
    assert found == 0 and not contains(memory, material)
    assert source_token.pin.encode() not in memory, "only the worker reads the PIN"
    for text in visible:
        assert not contains(text, material) and source_token.pin.encode() not in text
    (tmp_path / "wrapped.bin").write_bytes(wrapped)
    command("--step", "import", "--parameters", parameters, "--wrapped", tmp_path / "wrapped.bin")
    prove(kms, key, "SYMMETRIC_DEFAULT", material)


@pytest.mark.parametrize("spec", ["HMAC_512", "RSA_2048", "ECC_NIST_P256"])
def test_what_was_read_is_wiped_once_it_is_wrapped(server, command, empty_key, tmp_path, spec):
    material, key = new_secret(spec), empty_key(spec)
    # Of a key pair, what only the private key has.
    private = material if spec in SECRETS else secret_number(material)
    parameters, pipe = tmp_path / "parameters.json", tmp_path / "wrapped"
    command(key, "--step", "get-parameters", "--out", parameters)
    os.mkfifo(pipe)
    process = start(
        server, "--step", "wrap", "--parameters", parameters, "--out", pipe, "--stdin", stdin=subprocess.PIPE)
    # Half of it, so that the command waits with that in its memory: the search finds a secret where one is.
    half = material[:len(material) // 2]
    process.stdin.write(half)
    process.stdin.flush()
    wait_until(lambda: half in snapshot(process.pid), 30, "what was read is found in memory")
    process.stdin.write(material[len(half):])
    process.stdin.close()
    process.stdin = None
    memory, _ = watch_until_quiet(process, private)
    sockets = [os.readlink(entry) for entry in pathlib.Path(f"/proc/{process.pid}/fd").iterdir()]
    wrapped = read_pipe(pipe, process)
    assert wrapped in memory
    assert not contains(memory, private) and half not in memory
    assert not [name for name in sockets if name.startswith("socket:")], "wrapping uses no network"


def secret_number(pkcs8: bytes) -> bytes:
    private = serialization.load_der_private_key(pkcs8, None)
    numbers = private.private_numbers()
    value = numbers.private_value if isinstance(private, ec.EllipticCurvePrivateKey) else numbers.p
    return value.to_bytes((value.bit_length() + 7) // 8, "big")
