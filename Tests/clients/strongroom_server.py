"""A real server: `strongroom init` and `strongroom serve` on a folder and a token of its own.

The token is SoftHSM's, or of the kind that the environment variable STRONGROOM_TEST_TOKEN names: see real_tokens.py.
"""
import configparser
import os
import pathlib
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import boto3
import botocore.config
from real_tokens import RealToken

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
STRONGROOM = REPOSITORY / ".build/debug/strongroom"
PROFILE = REPOSITORY / "hsm-config/softhsm2.yaml"
TOKEN = os.environ.get("STRONGROOM_TEST_TOKEN", "")
# Long enough for a debug build on a busy machine; nothing waits for it when all is well.
PATIENCE = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment(**more: str) -> dict:
    """Nothing of the developer's own AWS or SoftHSM settings reaches a test."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "AWS_CONFIG_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": "", **more}


class Server:
    def __init__(self, state: pathlib.Path, *init_arguments: str, token: RealToken | None = None):
        """With `token`, on that one, which stays when the server is closed."""
        self.state = state
        self.own_token = RealToken(TOKEN) if TOKEN and token is None else None
        token = token or self.own_token
        self.prefix = token.prefix if token else []
        token_arguments = token.init_arguments if token else ["--profile", str(PROFILE)]
        self.process = None
        self.stdout_lines = []
        self.stderr_path = state.parent / f"{state.name}.stderr"
        self.environment = clean_environment(HOME=str(state.parent))
        listen = f"127.0.0.1:{free_port()}"
        self.endpoint = f"http://{listen}"
        self.run("init", "--state", str(state), *token_arguments, "--listen", listen, *init_arguments)
        # Tests make more keys in a second than an account may; those of the quotas set their own.
        self.configure("quotas: {all: unlimited}")

    def configure(self, lines: str) -> None:
        """Adds to strongroom.yaml, for the next start."""
        with open(self.state / "strongroom.yaml", "a") as configuration:
            configuration.write(lines + "\n")

    # The command line

    def run(self, *arguments: str, check: bool = True, timeout: float = 60) -> subprocess.CompletedProcess:
        result = subprocess.run(
            [*self.prefix, STRONGROOM, *arguments], env=self.environment, capture_output=True, text=True, timeout=timeout,
            stdin=subprocess.DEVNULL,
        )
        if check:
            assert result.returncode == 0, f"strongroom {' '.join(arguments)}:\n{result.stdout}{result.stderr}"
        return result

    def aws(self, *arguments: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess:
        """The AWS CLI as a user runs it: two variables, all else from the credentials file."""
        result = subprocess.run(
            [pathlib.Path(sys.executable).parent / "aws", *arguments], capture_output=True, text=True, timeout=60,
            env=clean_environment(
                HOME=str(self.state.parent), AWS_SHARED_CREDENTIALS_FILE=str(self.state / "credentials"),
                AWS_PROFILE="strongroom", **environment,
            ),
        )
        if check:
            assert result.returncode == 0, f"aws {' '.join(arguments)}:\n{result.stderr}"
        return result

    # Its life

    def start(self, *arguments: str) -> "Server":
        listen = self.endpoint.removeprefix("http://")
        with open(self.stderr_path, "ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, STRONGROOM, "serve", "--state", str(self.state), *(arguments or ("--listen", listen))],
                env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True,
            )
        lines = queue.Queue()

        def read(stream):
            for line in stream:
                self.stdout_lines.append(line)
                lines.put(line)
            lines.put("")

        threading.Thread(target=read, args=(self.process.stdout,), daemon=True).start()
        first = lines.get(timeout=PATIENCE)
        match = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+)\n", first)
        assert match, f"the server said {first!r} instead of where it listens; its log:\n{self.log()}"
        self.endpoint = match[1]
        return self

    def stop(self) -> int:
        """SIGTERM, as an init system does it; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.kill()
        if self.own_token:
            self.own_token.close()
            self.own_token = None

    # What it is

    def log(self) -> str:
        return self.stderr_path.read_text(errors="replace") if self.stderr_path.exists() else ""

    @property
    def port(self) -> int:
        return int(self.endpoint.rsplit(":", 1)[1])

    @property
    def credentials(self) -> configparser.SectionProxy:
        parser = configparser.ConfigParser(interpolation=None)
        parser.read(self.state / "credentials")
        return parser["strongroom"]

    def client(self, **overrides):
        """A boto3 client that retries nothing: a test sees every answer there was."""
        retries = overrides.pop("retries", {"total_max_attempts": 1})
        keys = self.credentials
        settings = {
            "aws_access_key_id": keys["aws_access_key_id"],
            "aws_secret_access_key": keys["aws_secret_access_key"],
            "region_name": keys["region"],
            "endpoint_url": self.endpoint,
            "config": botocore.config.Config(retries=retries, connect_timeout=5, read_timeout=30),
            **overrides,
        }
        return boto3.session.Session().client("kms", **settings)

    def worker_pids(self) -> list[int]:
        return [pid for pid in children(self.process.pid) if executable(pid) == "strongroom-hsm-worker"]


def executable(pid: int) -> str:
    try:
        return os.path.basename(pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]).decode()
    except OSError:
        return ""


def children(parent: int) -> list[int]:
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name in parentheses may hold blanks, so count from behind it: state, parent.
            state, ppid = entry.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(ppid) == parent and state != "Z":
            found.append(int(entry.parent.name))
    return found


def wait_until(condition, seconds: float, what: str):
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.02)
