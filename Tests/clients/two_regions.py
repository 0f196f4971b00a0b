"""A server with two Regions, of which the second has a token of its own."""
import os
import signal
import subprocess

import yaml
from customers_token import FAULT_MODULE
from strongroom_server import PROFILE, Server, wait_until

HERE, THERE = "eu-central-1", "us-west-2"


def give_own_token(server: Server, region: str) -> None:
    """A second token: another store, another SoftHSM configuration, the same PIN."""
    folder = server.state / region
    folder.mkdir()
    (folder / "tokens").mkdir()
    settings = (server.state / "softhsm2.conf").read_text().replace(
        f"{server.state}/tokens", f"{folder}/tokens")
    (folder / "softhsm2.conf").write_text(settings)
    profile = yaml.safe_load(PROFILE.read_text())
    profile["environment"] = {"SOFTHSM2_CONF": "${STATE}/" + region + "/softhsm2.conf"}
    (folder / "profile.yaml").write_text(yaml.safe_dump(profile))
    pin = (server.state / "pin").read_text().strip()
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", region, "--so-pin", pin, "--pin", pin],
        env={**server.environment, "SOFTHSM2_CONF": str(folder / "softhsm2.conf")}, check=True, capture_output=True)
    file = server.state / "strongroom.yaml"
    configuration = yaml.safe_load(file.read_text())
    own = configuration["hsm"]
    configuration["regionTokens"] = {region: {
        "module": own["module"], "token": f"pkcs11:token={region}", "pin": own["pin"],
        "profile": f"{region}/profile.yaml"}}
    file.write_text(yaml.safe_dump(configuration))


class TwoRegions:
    def __init__(self, server: Server):
        self.server = server
        self.here = server.client(region_name=HERE)
        self.there = server.client(region_name=THERE)

    def store(self, region: str):
        return self.server.state / ("tokens" if region == HERE else f"{region}/tokens")

    def workers(self, region: str) -> list[int]:
        folder = self.server.state if region == HERE else self.server.state / region
        name = f"SOFTHSM2_CONF={folder}/softhsm2.conf\0".encode()

        def environment(pid):
            try:
                return open(f"/proc/{pid}/environ", "rb").read()
            except OSError:
                return b""
        return [pid for pid in self.server.worker_pids() if name in environment(pid) + b"\0"]

    def take_away(self, region: str) -> None:
        """The token's storage is gone, and its workers with it."""
        self.store(region).rename(self.store(region).with_name("away"))
        for pid in self.workers(region):
            os.kill(pid, signal.SIGKILL)

    def bring_back(self, region: str) -> None:
        away = self.store(region).with_name("away")
        if self.store(region).exists():
            self.store(region).rmdir()
        away.rename(self.store(region))

    def objects(self, region: str) -> int:
        return len([file for file in self.store(region).glob("*/*.object") if file.name != "token.object"])

    def wait_for(self, kms, key: str, state: str = "Enabled") -> dict:
        wait_until(lambda: kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == state, 40, f"{key} is {state}")
        return kms.describe_key(KeyId=key)["KeyMetadata"]

    def new_key(self, **settings) -> dict:
        return self.here.create_key(MultiRegion=True, **settings)["KeyMetadata"]

    def replicated_key(self, **settings) -> str:
        key = self.new_key(**settings)["KeyId"]
        self.here.replicate_key(KeyId=key, ReplicaRegion=THERE)
        self.wait_for(self.there, key)
        return key


def let_tokens_fail(server: Server) -> None:
    """Puts the fault module before both tokens; ``obey`` gives it its rules."""
    file = server.state / "strongroom.yaml"
    configuration = yaml.safe_load(file.read_text())
    for region, token in ((HERE, configuration["hsm"]), (THERE, configuration["regionTokens"][THERE])):
        path = server.state / ("profile.yaml" if region == HERE else f"{THERE}/profile.yaml")
        profile = yaml.safe_load(path.read_text())
        # What hangs is given up soon, so that tests need not wait for it.
        profile |= {"callTimeout": 2, "keyGenerationTimeout": 5, "environment": {
            **profile["environment"], "FAULT_MODULE_TARGET": token["module"],
            "FAULT_MODULE_CONTROL": str(server.state / f"{region}.control")}}
        path.write_text(yaml.safe_dump(profile))
        token["module"] = str(FAULT_MODULE)
        obey(server, region)
    file.write_text(yaml.safe_dump(configuration))


def obey(server: Server, region: str, *rules: str) -> None:
    """The rules of Tests/FaultModule/calls.c for a Region's token, from each process's next call on."""
    draft = server.state / f"{region}.control.new"
    draft.write_text("".join(rule + "\n" for rule in rules))
    draft.rename(server.state / f"{region}.control")
