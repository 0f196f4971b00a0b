"""The tokens that hsm-config/tokens/ makes: real PKCS#11 modules other than the one that all other tests use."""
import pathlib
import shutil
import subprocess
import tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
KINDS = ("softhsm2", "nss", "opencryptoki", "tpm2", "p11-kit-remote")

# Key specs that a token cannot hold, with the mechanism that the refusal names.
LACKING = {
    "nss": {
        "ECC_SECG_P256K1": "CKM_EC_KEY_PAIR_GEN", "ECC_NIST_EDWARDS25519": "CKM_EC_EDWARDS_KEY_PAIR_GEN",
    },
    "opencryptoki": {
        "HMAC_224": "CKM_SHA224_HMAC", "ECC_NIST_P256": "CKM_EC_KEY_PAIR_GEN", "ECC_NIST_P384": "CKM_EC_KEY_PAIR_GEN",
        "ECC_NIST_P521": "CKM_EC_KEY_PAIR_GEN", "ECC_SECG_P256K1": "CKM_EC_KEY_PAIR_GEN",
        "ECC_NIST_EDWARDS25519": "CKM_EC_EDWARDS_KEY_PAIR_GEN",
    },
}

# Words in the names of tests that a token cannot pass, and why.
UNFIT = {
    "nss": {
        "ed25519": "the token has no Ed25519", "keys_of_every_kind_survive": "the token has no Ed25519",
        "arrives_under_every_wrapping_that_holds_it[RSA": "an RSA key that it unwraps may do everything, so none is imported",
        "keep_their_identity_too[RSA": "no RSA key is imported", "take_new_material[RSA": "no RSA key is imported",
        "of_another_kind_is_refused[RSA too": "no RSA key is imported", "of_another_kind_is_refused[no ": "no RSA key is imported",
        "of_another_kind_is_refused[half": "no RSA key is imported",
        "what_the_server_encrypts_openssl_and_python_decrypt": "no RSA key is imported",
    },
}


class RealToken:
    """A token of a kind in a folder of its own; `init_arguments` are what `strongroom init` needs to use it."""

    def __init__(self, kind: str):
        self.kind = kind
        self.script = REPOSITORY / f"hsm-config/tokens/{kind}.sh"
        # Short, because sockets' paths are in it.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"strongroom-{kind}-", dir="/tmp"))
        made = subprocess.run([self.script, self.folder], capture_output=True, text=True, timeout=60)
        assert made.returncode == 0, made.stderr
        facts = dict(line.split("=", 1) for line in (self.folder / "token").read_text().splitlines())
        self.module, self.uri = facts["module"], facts["uri"]
        self.init_arguments = [
            "--profile", facts["profile"], "--module", self.module, "--token", self.uri, "--pin-file", facts["pin"],
        ]
        enter = self.folder / "enter"
        # What a command is started by so that it finds the token.
        self.prefix = [str(enter)] if enter.exists() else []

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess:
        result = subprocess.run([self.script, self.folder, "run", *command], capture_output=True, text=True, timeout=120)
        assert not check or result.returncode == 0, result.stdout + result.stderr
        return result

    def stop(self) -> None:
        subprocess.run([self.script, self.folder, "--stop"], check=True, timeout=60)

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)
