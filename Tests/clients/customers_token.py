"""A token of a customer's own, beside the server's: SoftHSM behind the fault module, named by `clusters:`."""
import os
import pathlib
import subprocess

import yaml
from strongroom_server import PROFILE, REPOSITORY, Server, wait_until

MODULE = next(path for path in yaml.safe_load(PROFILE.read_text())["module"] if os.path.exists(path))
FAULT_MODULE = REPOSITORY / ".build/debug/libstrongroom-fault-module.so"
# A certificate of a customer's, made once with: openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes.
TRUST_ANCHOR = """-----BEGIN CERTIFICATE-----
MIIBgDCCASegAwIBAgIUIh9MiJDNk394f3uh1TTbnp7kO+cwCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKY3VzdG9tZXJDQTAgFw0yNjExMjExODEzNTJaGA8yMTI2MTAy
ODE4MTM1MlowFTETMBEGA1UEAwwKY3VzdG9tZXJDQTBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABEbF+5WzHAMabwQDEDxo4Xd7e0UdGJdJ63GjxCN99kbEH4yp1NZn
X1B0Z0bAi3TkBvfw1+QpZWNf78DEYR/IYk+jUzBRMB0GA1UdDgQWBBSmJm46L4jO
OcizhP0OeFdMNgKHaDAfBgNVHSMEGDAWgBSmJm46L4jOOcizhP0OeFdMNgKHaDAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIE5Uxz137GEe/8c16ZXz
F0yPS17uNrPmreZBZxPWxnIzAiBv1aEt/EUaXXf+lcW4TBqdaSG5xL2x03d7d0Vo
Xx5KaA==
-----END CERTIFICATE-----
"""


class CustomersToken:
    pin = "the-customers-pin"

    def __init__(self, folder: pathlib.Path, cluster: str):
        self.folder, self.cluster = folder, cluster
        (folder / "tokens").mkdir(parents=True)
        self.configuration = folder / "softhsm2.conf"
        self.configuration.write_text(
            f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
        self.environment = {"SOFTHSM2_CONF": str(self.configuration)}
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", cluster, "--so-pin", "customers-so", "--pin", self.pin],
            env={**os.environ, **self.environment}, check=True, capture_output=True)
        self.control, self.calls = folder / "control", folder / "calls"
        self.obey()
        profile = yaml.safe_load(PROFILE.read_text())
        # What hangs is given up soon, so that tests need not wait for it.
        profile |= {"workers": 1, "callTimeout": 2, "keyGenerationTimeout": 5, "environment": {
            **self.environment, "FAULT_MODULE_TARGET": MODULE, "FAULT_MODULE_CONTROL": str(self.control),
            "FAULT_MODULE_LOG": str(self.calls)}}
        self.profile = folder / "profile.yaml"
        self.profile.write_text(yaml.safe_dump(profile))

    @property
    def settings(self) -> dict:
        """What stands under its cluster's id in strongroom.yaml."""
        return {"module": str(FAULT_MODULE), "token": f"pkcs11:token={self.cluster}", "profile": str(self.profile)}

    def obey(self, *rules: str) -> None:
        """The rules of Tests/FaultModule/calls.c, from each process's next call on."""
        draft = self.folder / "control.new"
        draft.write_text("".join(rule + "\n" for rule in rules))
        draft.rename(self.control)

    def logins(self) -> int:
        return self.calls.read_text().count(" C_Login ") if self.calls.exists() else 0

    def take_away(self) -> None:
        (self.folder / "tokens").rename(self.folder / "away")

    def give_back(self) -> None:
        tokens = self.folder / "tokens"
        # A module that started meanwhile may have made an empty folder there.
        if tokens.exists():
            tokens.rmdir()
        (self.folder / "away").rename(tokens)

    def tool(self, *arguments: str) -> str:
        """What OpenSC's tool says, past the server."""
        result = subprocess.run(
            ["pkcs11-tool", "--module", MODULE, "--token-label", self.cluster, "--login", "--pin", self.pin, *arguments],
            env={**os.environ, **self.environment}, capture_output=True, text=True, timeout=30)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def keys(self) -> int:
        return self.tool("--list-objects", "--type", "secrkey").count("Secret Key Object")

    def workers(self, server: Server) -> list[int]:
        def is_ours(pid):
            try:
                return f"SOFTHSM2_CONF={self.configuration}".encode() in open(f"/proc/{pid}/environ", "rb").read()
            except OSError:
                return False
        return [pid for pid in server.worker_pids() if is_ours(pid)]


def add_clusters(server: Server, *tokens: CustomersToken, **more) -> None:
    file = server.state / "strongroom.yaml"
    configuration = yaml.safe_load(file.read_text())
    configuration["clusters"] = {token.cluster: {**token.settings, **more} for token in tokens}
    file.write_text(yaml.safe_dump(configuration))


def create(kms, token: CustomersToken, name: str, **parameters) -> str:
    return kms.create_custom_key_store(**{
        "CustomKeyStoreName": name, "CloudHsmClusterId": token.cluster, "TrustAnchorCertificate": TRUST_ANCHOR,
        "KeyStorePassword": token.pin, **parameters})["CustomKeyStoreId"]


def entry(kms, store: str) -> dict:
    return kms.describe_custom_key_stores(CustomKeyStoreId=store)["CustomKeyStores"][0]


def wait_for(kms, store: str, state: str, seconds: float = 30) -> dict:
    """Waits until a connection is in a state, and fails at once when it has come to another end."""
    def is_there():
        now = entry(kms, store)
        ends = {"CONNECTED", "FAILED", "DISCONNECTED"} - {state}
        assert now["ConnectionState"] not in ends or state == "DISCONNECTED", now
        return now["ConnectionState"] == state and now
    return wait_until(is_there, seconds, f"{store} is {state}")


def connect(kms, store: str) -> None:
    kms.connect_custom_key_store(CustomKeyStoreId=store)
    wait_for(kms, store, "CONNECTED")


def disconnect(kms, store: str) -> None:
    kms.disconnect_custom_key_store(CustomKeyStoreId=store)
    wait_for(kms, store, "DISCONNECTED")
