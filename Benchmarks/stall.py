#!/usr/bin/env python3
"""What the keys of one XKS proxy prefix feel when the token of another prefix stalls; prints a Markdown table.

Two prefixes, each in a Region with a token of its own. The second token is behind the tests' fault module, which lets every
one of its calls wait for two seconds. The first prefix's Encrypt is measured alone, beside a second prefix that is served,
and beside one that stalls.
"""
import argparse
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
NEAR, FAR = "eu-central-1", "us-west-2"

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--programs", type=pathlib.Path, default=REPOSITORY / ".build/release")
parser.add_argument("--seconds", type=float, default=5)
parser.add_argument("--connections", type=int, default=8)
options = parser.parse_args()
options.programs = options.programs.resolve()
strongroom, fault_module = options.programs / "strongroom", options.programs / "libstrongroom-fault-module.so"
load = REPOSITORY / "Benchmarks/.build-c/load"


def run(*command, **more) -> str:
    result = subprocess.run(command, capture_output=True, text=True, **more)
    if result.returncode != 0:
        sys.exit(f"error: {' '.join(map(str, command))}:\n{result.stderr}")
    return result.stdout


class StallingToken:
    """A SoftHSM token of its own, behind the fault module."""

    def __init__(self, folder: pathlib.Path, profile: str):
        (folder / "tokens").mkdir(parents=True)
        configuration, self.control = folder / "softhsm2.conf", folder / "control"
        configuration.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
        self.pin = folder / "pin"
        self.pin.touch(mode=0o600)
        self.pin.write_text("far-pin-far-pin")
        run("softhsm2-util", "--init-token", "--free", "--label", "far", "--so-pin", "far-so-pin", "--pin",
            self.pin.read_text(), env={**os.environ, "SOFTHSM2_CONF": str(configuration)})
        module = next(path for path in re.findall(r"(/\S+\.so)", profile) if os.path.exists(path))
        environment = {
            "SOFTHSM2_CONF": configuration, "FAULT_MODULE_TARGET": module, "FAULT_MODULE_CONTROL": self.control}
        self.profile = folder / "profile.yaml"
        self.profile.write_text(
            re.sub(r"(?m)^environment:.*\n(?:[ ]+.*\n)*", "", profile) + "environment:\n"
            + "".join(f"  {name}: {value}\n" for name, value in environment.items()))
        self.obey("")

    def obey(self, rule: str) -> None:
        draft = self.control.with_suffix(".new")
        draft.write_text(rule + "\n")
        draft.rename(self.control)

    @property
    def settings(self) -> str:
        return (f"regionTokens:\n  {FAR}:\n    module: {fault_module}\n    token: pkcs11:token=far\n"
                f"    pin: {{file: {self.pin}}}\n    profile: {self.profile}\n")


class OtherTraffic:
    """Requests to the second prefix: some on each connection, whatever becomes of them."""

    def __init__(self, port: int, request: bytes):
        self.port, self.request, self.isOver = port, request, threading.Event()
        self.statuses: dict[bytes, int] = {}
        self.threads = [threading.Thread(target=self.send) for _ in range(options.connections)]
        for thread in self.threads:
            thread.start()

    def send(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            while not self.isOver.is_set():
                connection.sendall(self.request)
                status = connection.recv(65_536)[9:12]
                self.statuses[status] = self.statuses.get(status, 0) + 1
                time.sleep(0.02)

    def end(self) -> dict[bytes, int]:
        self.isOver.set()
        for thread in self.threads:
            thread.join()
        return self.statuses


def measure(port: int, request: pathlib.Path) -> dict:
    return json.loads(run(
        load, "--address", "127.0.0.1", "--port", str(port), "--request", request, "--connections",
        str(options.connections), "--seconds", str(options.seconds)))


def main() -> None:
    for program in (strongroom, fault_module, load):
        if not program.exists():
            sys.exit(f"error: {program} is not there; see docs/performance.md for what builds it")
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            api = probe.getsockname()[1]
        state = work / "state"
        run(strongroom, "init", "--state", state, "--profile", REPOSITORY / "hsm-config/softhsm2.yaml", "--listen",
            f"127.0.0.1:{api}", "--region", NEAR, "--region", FAR)
        token = StallingToken(work / "far", (state / "profile.yaml").read_text())
        with open(state / "strongroom.yaml", "a") as file:
            file.write(token.settings)
        with open(work / "log", "w") as log:
            server = subprocess.Popen(
                [strongroom, "xks-proxy", "serve", "--state", state, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
                stderr=log, text=True)
        try:
            line = server.stdout.readline()
            if not line.startswith("listening on "):
                sys.exit("error: the proxy did not start; its log:\n" + (work / "log").read_text())
            endpoint = line.split()[-1]
            port = int(endpoint.rsplit(":", 1)[1])
            requests = {}
            for region, prefix in ((NEAR, "near"), (FAR, "far")):
                place = ["--region", region, "--state", state]
                run(strongroom, "xks-proxy", "init-store", "--prefix", prefix, "--requests-per-second", "0", "--output",
                    work / f"{prefix}.json", *place)
                run(strongroom, "xks-proxy", "key", "create", "--prefix", prefix, "--id", "key", *place)
                run("python3", REPOSITORY / "Benchmarks/prepare_xks.py", "--store", work / f"{prefix}.json", "--endpoint",
                    endpoint, "--key", "key", "--region", region, "--output", work / prefix)
                requests[prefix] = work / prefix / "xks-encrypt.request"
            rows = [("no other", measure(port, requests["near"]), {})]
            for name, rule in (("served", ""), ("stalls: each call of its token takes 2 s", "delay * 2000")):
                token.obey(rule)
                time.sleep(0.5)
                traffic = OtherTraffic(port, requests["far"].read_bytes())
                time.sleep(0.5)
                found = measure(port, requests["near"])
                rows.append((name, found, traffic.end()))
            token.obey("")
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)
    show(rows)


def show(rows: list[tuple[str, dict, dict]]) -> None:
    normal = rows[1][1]["microseconds"]["p99"]
    print(f"| the other prefix | Encrypts a second, {options.connections} connections | p50 ms | p99 ms | p99, times that "
          "beside one that is served | the other's answers |")
    print("|---|---:|---:|---:|---:|---|")
    for name, found, statuses in rows:
        times = found["microseconds"]
        answers = ", ".join(f"{count} × {status.decode()}" for status, count in sorted(statuses.items()))
        print(f"| {name} | {found['perSecond']:,.0f} | {times['median'] / 1000:.2f} | {times['p99'] / 1000:.2f} "
              f"| {times['p99'] / normal:.2f} | {answers or '–'} |")


main()
