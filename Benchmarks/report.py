#!/usr/bin/env python3
"""Turns the folder of results that run.sh leaves into Markdown tables."""
import json
import os
import pathlib
import platform
import sys

results = pathlib.Path(sys.argv[1])


def load(name: str) -> dict:
    return json.loads((results / f"{name}.json").read_text())


def http(name: str) -> dict:
    run = load(f"http-{name}")
    if run["errors"]:
        sys.exit(f"report.py: error: {run['errors']} failed requests in {name}; the figures would mean nothing")
    return run


def processor() -> str:
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def raw(operation: str) -> dict:
    return {(run["object"], run["threads"]): run["perSecond"] for run in load(f"raw-{operation}")["runs"]}


def worker(state: str, operation: str) -> list[dict]:
    return [run for run in load(f"worker-{state}")["runs"] if run["operation"] == operation]


def row(*cells: str) -> None:
    print(f"| {' | '.join(cells)} |")


def line(name: str, kind: str, rate: float, best: float, latency: dict | None = None) -> None:
    times = (f"{latency['median']:,} µs", f"{latency['p99']:,} µs") if latency else ("", "")
    row(name, kind, f"{rate:,.0f}", f"{rate / best:.2f}", *times)


def count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


print(f"Machine: {processor()}, {os.cpu_count()} processors, Linux {platform.release()}. The load generator of (c) runs on "
      "the same processors.\n")

# Like is compared with like: every row is held against the best C line on the same kind of object.
encrypt = raw("encrypt")
best = {kind: max(encrypt[kind, 1], encrypt[kind, 2]) for kind in ("token", "copy")}
print("Encrypt: AES-256-GCM, 32 bytes of plaintext, a fresh 96-bit IV from the token each; 64 bytes of additional data in "
      "(a) and (b).\n")
row("what", "key object", "operations/s", "ratio to (a)", "median", "p99")
print("|---|---|---:|---:|---:|---:|")
for kind in ("token", "copy"):
    line("(a) C, 1 thread", kind, encrypt[kind, 1], best[kind])
    line("(a) C, 2 threads", kind, encrypt[kind, 2], best[kind])
    both = sum(load(f"processes-{kind}-{number}")["runs"][0]["perSecond"] for number in (1, 2))
    line("C, 2 processes of 1 thread", kind, both, best[kind])
for state, kind, workers in (("token", "token", 2), ("copy", "copy", 2), ("single", "copy", 1)):
    for run in worker(state, "encrypt"):
        name = f"(b) Swift, {count(workers, 'worker')}, {run['inFlight']} in flight"
        line(name, kind, run["perSecond"], best[kind], run["microseconds"])
for state, workers in (("encrypt", 2), ("single", 1)):
    for connections in (1, 16):
        run = http(f"{state}-{connections}")
        name = f"(c) HTTP, {count(workers, 'worker')}, {count(connections, 'connection')}"
        line(name, "copy", run["perSecond"], best["copy"], run["microseconds"])

print("\nOther operations, 2 workers. The ratio is to the best of the first two figures, or to OpenSSL's.\n")
row("operation", "C, 1 thread", "C, 2 threads", "(b) 1 in flight", "(b) 16 in flight", "(c) 16 connections", "ratios",
    "(c) median", "p99")
print("|---|---:|---:|---:|---:|---:|---|---:|---:|")
for name, operation, kind in (
    ("Sign, RSA_2048, RSASSA_PSS_SHA_256", "sign-rsa-2048-pss", "token"),
    ("Sign, ECC_NIST_P256", "sign-p256", "token"),
    ("GenerateMac, HMAC_256, 32 bytes", "mac", "copy"),
):
    peers = raw(operation)
    peers = [peers[kind, 1], peers[kind, 2]]
    served = http(operation)
    rates = [run["perSecond"] for run in worker("copy", operation)] + [served["perSecond"]]
    row(name, *(f"{rate:,.0f}" for rate in peers + rates), " / ".join(f"{rate / max(peers):.2f}" for rate in rates),
        f"{served['microseconds']['median']:,} µs", f"{served['microseconds']['p99']:,} µs")
for name, operation in (("Verify, RSA_2048, RSASSA_PSS_SHA_256", "rsa-2048-pss"), ("Verify, ECC_NIST_P256", "p256")):
    peer = float((results / f"openssl-{operation}").read_text())
    served = http(f"verify-{operation}")
    row(name, "", f"{peer:,.0f} (openssl speed, {os.cpu_count()} processes)", "", "", f"{served['perSecond']:,.0f}",
        f"{served['perSecond'] / peer:.2f}", f"{served['microseconds']['median']:,} µs",
        f"{served['microseconds']['p99']:,} µs")

print("\nWhat makes an object in the token, one after the other, on the machine's disk.\n")
row("operation", "C, a second", "(c), a second", "ratio", "median", "p99")
print("|---|---:|---:|---:|---:|---:|")
for name, peer, slow in (
    ("ImportKeyMaterial, AES-256 by RSAES_OAEP_SHA_256 with RSA_2048", "import", "import"),
    ("RotateKeyOnDemand", "generate", "rotate"),
):
    peer_rate = raw(peer)["token", 1]
    run = load(f"slow-{slow}")
    row(name, f"{peer_rate:,.0f}", f"{run['perSecond']:,.0f}", f"{run['perSecond'] / peer_rate:.2f}",
        f"{run['milliseconds']['median']:.1f} ms", f"{run['milliseconds']['p99']:.1f} ms")

print("\nWhat a stream of encryptions at 16 connections sees of slow work.\n")
row("workers", "meanwhile", "encryptions/s", "median", "p99", "p99.9", "longest")
print("|---|---|---:|---:|---:|---:|---:|")
for state, workers, quiet in (("copy", "2", "encrypt-16"), ("single", "1", "single-16")):
    for name in (quiet, f"stream-{state}-make-rsa-4096", f"stream-{state}-rotate-often"):
        run = http(name)
        if name == quiet:
            meanwhile = "nothing"
        else:
            slow = load("slow" + name.removeprefix("stream"))
            times = f"median {slow['milliseconds']['median']:,.0f} ms"
            meanwhile = (f"{slow['count']} keys of RSA_4096 made, {times}" if slow["work"] == "make-rsa-4096"
                         else f"{slow['count']} rotations, {times}")
        times = run["microseconds"]
        row(workers, meanwhile, f"{run['perSecond']:,.0f}",
            *(f"{times[name] / 1000:,.1f} ms" for name in ("median", "p99", "p99.9", "max")))

print("\nDecisions of the policy engine, one thread.\n")
row("policies", "one decision")
print("|---|---:|")
for line_ in (results / "policy.jsonl").read_text().splitlines():
    decision = json.loads(line_)
    row(decision["scene"], f"{decision['nanoseconds']:,} ns")
