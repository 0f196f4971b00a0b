#!/usr/bin/env python3
"""Drives a server with mixed operations while the HSM under it fails at random, and checks every answer.

  Benchmarks/soak.sh --seconds 1200

Each client has keys of its own and a model of them: what it is told is held against what must be so. Faults come one
after the other from the seed, with a quiet time between. At the end every key and every ciphertext is looked at again.
"""
import argparse
import collections
import http.client
import json
import multiprocessing
import pathlib
import random
import re
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import faults
import outcome
from client import Client, Unavailable, code_of, text
from kms import Server as Connection
from model import Model
from processes import REPOSITORY, Server

# A recovery that takes longer than this is a failure of the run.
RECOVERY = 5.0


def serve_client(number: int, seed: int, server: Server, stop, quiet, results) -> None:
    """A client process: steps until it is told to stop, then looks at everything once more."""
    generator = random.Random(f"{seed} client {number}")
    client = Client(server.credentials, server.endpoint, generator)
    model = Model(client, generator)
    operations, unavailable = 0, []
    while not stop.is_set():
        operations += 1
        try:
            model.step()
        except Unavailable as error:
            unavailable.append(str(error))
            try:
                model.look_again()
            except Unavailable:
                pass
        except Exception as error:  # A defect of this program is no answer of the server's, and must not be lost.
            model.note(f"{type(error).__name__}: {error}")
    quiet.wait()
    attempts, failures = client.attempts.total(), dict(client.failures)
    try:
        reckoning = model.reckon()
    except Unavailable as error:
        reckoning = {"keys": len(model.keys), "lost": [str(error)], "unreadable": [], "opened": 0}
    results.put({
        "operations": operations, "attempts": attempts, "failures": failures, "wrong": model.wrong,
        "unavailable": unavailable, **reckoning,
    })


class Probe(threading.Thread):
    """Encrypts without a pause or a retry, so that it is known when the service was there."""

    def __init__(self, server: Server):
        super().__init__(daemon=True)
        self.connection = Connection(server.credentials, server.endpoint, timeout=20)
        self.key = self.connection.create_key()
        self.outcomes: list[tuple[float, float, str]] = []
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.02):
            begin = time.monotonic()
            try:
                status, answer = self.connection.attempt("Encrypt", KeyId=self.key, Plaintext=text(b"probe"))
                outcome = "" if status == 200 else code_of(answer)
            except (OSError, http.client.HTTPException, ValueError) as error:
                outcome = type(error).__name__
            self.outcomes.append((begin, time.monotonic(), outcome))

    def recovery(self, returned: float) -> float | None:
        """Seconds from the HSM's return to the first success of a request that began afterwards."""
        for begin, end, outcome in self.outcomes:
            if begin >= returned and not outcome:
                return end - returned
        return None


def metric(server: Server, name: str) -> float:
    """The sum of a metric over all of its labels."""
    page = urllib.request.urlopen(f"http://127.0.0.1:{server.metrics_port}/metrics", timeout=10).read().decode()
    return sum(float(value) for value in re.findall(rf"^{name}(?:{{[^}}]*}})? ([0-9.e+-]+)", page, re.MULTILINE))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30, help="how long faults and load last (default: 30)")
    parser.add_argument("--seed", type=int, help="the seed of an earlier run, to have the same faults again")
    parser.add_argument("--clients", type=int, default=3, help="client processes (default: 3)")
    parser.add_argument("--pause", type=float, default=3, help="seconds between two faults, about (default: 3)")
    parser.add_argument("--programs", type=pathlib.Path, default=REPOSITORY / ".build/debug",
                        help="the folder of strongroom, its worker and the fault module (default: .build/debug)")
    parser.add_argument("--json", type=pathlib.Path, help="a file for the whole result")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the server's state and log")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().getrandbits(32)
    generator = random.Random(f"{seed} faults")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="strongroom-soak-"))
    print(f"soak: seed {seed}, state in {folder}", file=sys.stderr)

    server = Server(folder, options.programs.resolve(), options.seconds)
    try:
        server.start()
        result = run(server, generator, seed, options)
    finally:
        if server.process and server.process.poll() is None:
            server.kill()
    print(outcome.text(result))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    if options.keep or not result["passed"]:
        print(f"soak: the server's log is {server.log_path}"
              + (f" (in memory, until: umount {folder})" if server.has_own_disk else ""), file=sys.stderr)
    else:
        server.remove()
    return 0 if result["passed"] else 1


def run(server: Server, generator: random.Random, seed: int, options) -> dict:
    probe = Probe(server)
    context = multiprocessing.get_context("fork")
    stop, quiet, results = context.Event(), context.Event(), context.Queue()
    clients = [
        context.Process(target=serve_client, args=(number, seed, server, stop, quiet, results))
        for number in range(options.clients)
    ]
    for client in clients:
        client.start()
    probe.start()

    start = time.monotonic()
    end = start + options.seconds
    samples: list[dict] = []
    done: list[dict] = []
    while time.monotonic() < end:
        pause = generator.uniform(0.5, 1.5) * options.pause
        while pause > 0 and time.monotonic() < end:
            time.sleep(min(pause, 1))
            pause -= 1
            samples.append(server.usage())
        fault = faults.choose(server, generator)
        began = time.monotonic()
        fault.run()
        returned = time.monotonic()
        limit = returned + 30
        while probe.recovery(returned) is None and time.monotonic() < limit:
            time.sleep(0.01)
        seconds = probe.recovery(returned)
        done.append({
            "fault": fault.name, "at": began - start, "lasted": returned - began,
            "recovery": seconds if seconds is not None else 30.0,
        })
        print(f"soak: {began - start:6.1f} s  {fault.name}, {returned - began:.1f} s, "
              f"recovered in {done[-1]['recovery']:.2f} s", file=sys.stderr)
    stop.set()
    seconds = time.monotonic() - start
    quiet.set()
    reckonings = [results.get(timeout=600) for _ in clients]
    for client in clients:
        client.join()
    probe.over.set()
    probe.join()
    samples.append(server.usage())
    return judge(server, probe, reckonings, samples, done, seconds, seed, options)


def judge(server, probe, reckonings, samples, done, seconds, seed, options) -> dict:
    def joined(name: str) -> list:
        return [item for reckoning in reckonings for item in reckoning[name]]

    def total(name: str) -> int:
        return sum(reckoning[name] for reckoning in reckonings)

    # The server process that was last started: what grows must have had time to.
    pid = server.process.pid
    own = [sample[pid] for sample in samples if pid in sample]
    half = own[len(own) // 2:]
    try:
        sessions = int(metric(server, "strongroom_hsm_worker_sessions"))
    except OSError as error:
        sessions = f"unknown ({error})"
    workers = len(server.workers())
    doctor = server.run("doctor", "--state", str(server.state), "--json")
    exit_status = server.stop()
    audit = server.run("audit", "verify", "--state", str(server.state))
    failures: collections.Counter = collections.Counter()
    for reckoning in reckonings:
        failures.update(reckoning["failures"])
    attempts, operations = total("attempts"), total("operations")
    result = {
        "seed": seed, "seconds": seconds, "clients": options.clients, "operations": operations,
        "lost": joined("lost"), "wrong": joined("wrong"), "unreadable": joined("unreadable"),
        "unavailable": joined("unavailable"), "keys": total("keys"), "opened": total("opened"),
        "availability": 1 - failures.total() / max(attempts, 1),
        "afterRetries": 1 - len(joined("unavailable")) / max(operations, 1),
        "failures": dict(failures.most_common()), "faults": done,
        "recoverySeconds": [fault["recovery"] for fault in done],
        "slowRecoveries": [
            f"{fault['fault']}: {fault['recovery']:.2f} s" for fault in done if fault["recovery"] > RECOVERY],
        "memory": {
            "serverFirst": own[0]["kibibytes"], "serverLast": own[-1]["kibibytes"],
            "serverSlope": outcome.slope([(sample["time"], sample["kibibytes"]) for sample in half]),
        },
        "descriptors": {"first": own[0]["descriptors"], "last": own[-1]["descriptors"]},
        "threads": {"first": own[0]["threads"], "last": own[-1]["threads"]},
        "sessions": sessions, "serverStarts": server.starts, "exitStatus": exit_status,
        "doctor": "well" if doctor.returncode == 0 else doctor.stdout + doctor.stderr,
        "audit": audit.stdout.strip().splitlines()[-1] if audit.returncode == 0 and audit.stdout else audit.stderr,
        "auditIsWell": audit.returncode == 0,
    }
    reasons = [
        f"{len(result[name])} {name}" for name in ("lost", "wrong", "unreadable", "unavailable") if result[name]]
    reasons += [f"recovery took longer than {RECOVERY:.0f} s: {what}" for what in result["slowRecoveries"]]
    # A worker has its anchor and a session a lane, and connections come and go.
    if isinstance(sessions, int) and sessions > 4 * workers:
        reasons.append(f"{sessions} sessions in {workers} workers")
    if result["descriptors"]["last"] > result["descriptors"]["first"] + 10:
        reasons.append("descriptors leak")
    if result["threads"]["last"] > result["threads"]["first"] + 8:
        reasons.append("threads leak")
    # Allocators round and caches fill: growth that matters shows over the second half of a run of minutes.
    if len(half) > 120 and result["memory"]["serverSlope"] * 60 > 0.01 * result["memory"]["serverLast"]:
        reasons.append("the server's memory grows by more than 1 % a minute")
    if doctor.returncode != 0:
        reasons.append("doctor found problems")
    if not result["auditIsWell"]:
        reasons.append("the audit log does not verify")
    if exit_status != 0:
        reasons.append(f"the server ended with {exit_status}")
    return {**result, "reasons": reasons, "passed": not reasons}


if __name__ == "__main__":
    sys.exit(main())
