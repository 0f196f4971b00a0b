"""A second SoftHSM store: the other token, out of which a key is to come."""
import os
import pathlib
import subprocess

from strongroom_server import clean_environment
from test_token import MODULE


class SourceToken:
    def __init__(self, folder: pathlib.Path, mechanisms: str = "ALL"):
        folder.mkdir()
        (folder / "tokens").mkdir()
        self.module = MODULE
        self.pin = "source-pin-8831"
        self.pin_file = folder / "pin"
        self.pin_file.touch(mode=0o600)
        self.pin_file.write_text(self.pin + "\n")
        self.configuration = folder / "softhsm2.conf"
        self.configuration.write_text(
            f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
            f"slots.mechanisms = {mechanisms}\n"
        )
        self.environment = clean_environment(SOFTHSM2_CONF=str(self.configuration))
        self.program(
            "softhsm2-util", "--init-token", "--free", "--label", "source", "--so-pin", "so-pin", "--pin", self.pin)
        self.folder = folder

    def program(self, *arguments: str) -> str:
        result = subprocess.run(
            arguments, env={**os.environ, **self.environment}, capture_output=True, text=True, timeout=60)
        assert result.returncode == 0, f"{arguments}: {result.stdout}{result.stderr}"
        return result.stdout

    def write(self, label: str, material: bytes, kind: str, *more: str) -> None:
        """Makes an object that may leave the token: `kind` as AES:32, or privkey for PKCS#8 DER."""
        file = self.folder / "material"
        file.write_bytes(material)
        type_ = ["--type", "privkey"] if kind == "privkey" else ["--type", "secrkey", "--key-type", kind]
        self.program(
            "pkcs11-tool", "--module", self.module, "--token-label", "source", "--login", "--pin", self.pin,
            "--write-object", str(file), *type_, "--label", label, "--id", label.encode().hex(), "--private",
            "--sensitive", *(more or ("--extractable",)),
        )
        file.unlink()

    def generate(self, label: str, kind: str) -> bytes:
        """The same for a kind that the tool does not write, as GENERIC:48: made in the token, then read out of it."""
        common = ["pkcs11-tool", "--module", self.module, "--token-label", "source", "--login", "--pin", self.pin]
        self.program(*common, "--keygen", "--key-type", kind, "--label", label, "--extractable")
        file = self.folder / "material"
        self.program(
            *common, "--read-object", "--type", "secrkey", "--label", label, "--output-file", str(file))
        material = file.read_bytes()
        file.unlink()
        return material

    def arguments(self, label: str) -> list[str]:
        return [
            "--from-token", f"pkcs11:token=source;object={label}", "--module", self.module,
            "--pin-file", str(self.pin_file),
        ]
