"""The server under load, its worker processes, and what they use of the machine."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import threading
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """`strongroom serve` on a state directory of its own, with the fault module between it and the token."""

    def __init__(self, folder: pathlib.Path, programs: pathlib.Path, seconds: float):
        self.folder = folder
        # In memory: a token waits for its disk at every object, and a disk of its own can be filled. Some hundred records of
        # the audit log are a megabyte, and are less than a second's.
        size = 256 + round(seconds)
        self.has_own_disk = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}m,mode=0700", "soak", folder], capture_output=True).returncode == 0
        self.state = folder / "state"
        self.program = programs / "strongroom"
        self.control = folder / "faults"
        self.control.write_text("")
        self.port, self.metrics_port = free_port(), free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.log_path = folder / "server.log"
        self.process: subprocess.Popen | None = None
        self.starts = 0
        profile = folder / "profile.yaml"
        profile.write_text(self.profile(programs / "libstrongroom-fault-module.so"))
        self.run("init", "--state", str(self.state), "--profile", str(profile), "--listen", f"127.0.0.1:{self.port}")
        with open(self.state / "strongroom.yaml", "a") as configuration:
            # Four clients without a pause are more than an account has by default.
            configuration.write(f"quotas: {{all: unlimited}}\nmetrics: {{listen: '127.0.0.1:{self.metrics_port}'}}\n")

    def profile(self, module: pathlib.Path) -> str:
        """The development token's profile, whose module is the fault module. A call that hangs is given up soon."""
        lines = (REPOSITORY / "hsm-config/softhsm2.yaml").read_text().splitlines()
        real = [line.split("- ", 1)[1] for line in lines if line.startswith("  - /")]
        target = next(path for path in real if os.path.exists(path))
        made = []
        for line in lines:
            if line.startswith("  - /"):
                continue
            made.append(line)
            if line.startswith("module:"):
                made.append(f"  - {module}")
            if line.startswith("environment:"):
                made += [f"  FAULT_MODULE_TARGET: {target}", f"  FAULT_MODULE_CONTROL: {self.control}"]
        return "\n".join(made) + "\n"

    def run(self, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess:
        return subprocess.run(
            [self.program, *arguments], check=False, capture_output=True, text=True, timeout=timeout,
            stdin=subprocess.DEVNULL)

    @property
    def credentials(self) -> str:
        return str(self.state / "credentials")

    def start(self) -> None:
        self.starts += 1
        self.log = open(self.log_path, "ab")
        self.process = subprocess.Popen(
            [self.program, "serve", "--state", str(self.state), "--log-level", "warning"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            raise SystemExit(f"error: the server did not start; its log is {self.log_path}:\n{self.tail()}")
        # Nobody reads what it says later, and a full pipe would stop it.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def remove(self) -> None:
        """The folder and all that is in it."""
        if self.has_own_disk:
            subprocess.run(["umount", "-l", self.folder], check=True)
        shutil.rmtree(self.folder)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def tail(self, lines: int = 20) -> str:
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])

    def workers(self) -> list[int]:
        if self.process is None or self.process.poll() is not None:
            return []
        return sorted(pid for pid in children(self.process.pid) if program(pid) == "strongroom-hsm-worker")

    def usage(self) -> dict:
        """Of the server and of each of its workers: memory in KiB, descriptors, threads."""
        pids = [self.process.pid, *self.workers()]
        return {pid: use for pid in pids if (use := usage(pid))}


def program(pid: int) -> str:
    try:
        return os.path.basename(pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]).decode()
    except OSError:
        return ""


def children(parent: int) -> list[int]:
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            state, owner = entry.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(owner) == parent and state != "Z":
            found.append(int(entry.parent.name))
    return found


def usage(pid: int) -> dict | None:
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        return {
            "kibibytes": int(fields["VmRSS"].split()[0]), "threads": int(fields["Threads"]),
            "descriptors": len(os.listdir(f"/proc/{pid}/fd")), "time": time.monotonic(),
        }
    except (OSError, KeyError):
        return None
