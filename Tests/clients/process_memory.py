"""A look into a running process: what is in its memory, its arguments and its environment."""
import base64
import pathlib
import subprocess
import time

from strongroom_server import children


def snapshot(pid: int) -> bytes:
    """All memory of the process that can be read, one region behind the other."""
    regions = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            span, permissions, *rest = line.split()
            if not permissions.startswith("r") or rest[-1] in ("[vvar]", "[vvar_vclock]", "[vsyscall]"):
                continue
            start, end = (int(bound, 16) for bound in span.split("-"))
            try:
                memory.seek(start)
                regions.append(memory.read(end - start))
            except (OSError, ValueError, OverflowError):
                # A region that went away meanwhile, or that the kernel shows to nobody.
                continue
    return b"\n--region--\n".join(regions)


def forms(secret: bytes) -> list[bytes]:
    """A secret as it is, and in what it could have been written in. Half of it is as bad as all."""
    half = secret[len(secret) // 2:]
    return [secret, half, secret.hex().encode(), secret.hex().upper().encode(), base64.b64encode(secret)]


def contains(memory: bytes, secret: bytes) -> bool:
    return any(form in memory for form in forms(secret))


def cpu_time(pid: int) -> int:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def watch_until_quiet(process: subprocess.Popen, secret: bytes, seconds: float = 60) -> tuple[bytes, int]:
    """Searches the memory over and over until the process waits for somebody, and no child of it runs.

    Gives the last snapshot, and in how many the secret was.
    """
    end = time.monotonic() + seconds
    found, quiet_since, used = 0, time.monotonic(), -1
    while True:
        assert process.poll() is None, "it ended instead of waiting"
        assert time.monotonic() < end, "it never waited"
        try:
            memory = snapshot(process.pid)
        except OSError:
            continue
        found += contains(memory, secret)
        now_used = cpu_time(process.pid)
        if now_used != used or children(process.pid):
            used, quiet_since = now_used, time.monotonic()
        elif time.monotonic() - quiet_since > 1:
            return memory, found
