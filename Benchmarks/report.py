#!/usr/bin/env python3
"""Turns the folder of JSON results that run.sh leaves into one Markdown table."""
import json
import pathlib
import platform
import sys

results = pathlib.Path(sys.argv[1])


def load(name: str) -> dict:
    return json.loads((results / name).read_text())


def processor() -> str:
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


raw = {(run["object"], run["threads"]): run["perSecond"] for run in load("raw.json")["runs"]}
for kind in ("token", "copy"):
    raw[kind, "2 processes"] = sum(load(f"raw-{kind}-{n}.json")["runs"][0]["perSecond"] for n in (1, 2))
# Like is compared with like: every row is held against the best C line on the same kind of object.
best = {kind: max(raw[kind, 1], raw[kind, 2]) for kind in ("token", "copy")}
rows = []


def row(name: str, kind: str, rate: float, latency: dict | None = None) -> None:
    median, p99 = (f"{latency['median']:,} µs", f"{latency['p99']:,} µs") if latency else ("", "")
    rows.append(f"| {name} | {kind} | {rate:,.0f} | {rate / best[kind]:.2f} | {median} | {p99} |")


for kind in ("token", "copy"):
    row("(a) C, 1 thread", kind, raw[kind, 1])
    row("(a) C, 2 threads", kind, raw[kind, 2])
    row("C, 2 processes of 1 thread", kind, raw[kind, "2 processes"])
for kind in ("token", "copy"):
    for run in load(f"worker-{kind}.json")["runs"]:
        row(f"(b) Swift through the worker, {run['inFlight']} in flight", kind, run["perSecond"], run["microseconds"])
for path in sorted(results.glob("http-*.json"), key=lambda path: int(path.stem.split("-")[1])):
    run = json.loads(path.read_text())
    if run["errors"]:
        sys.exit(f"report.py: error: {run['errors']} failed requests in {path.name}; the figures would mean nothing")
    connections = f"{run['connections']} connection{'s' if run['connections'] > 1 else ''}"
    row(f"(c) HTTP API with SigV4, {connections}", "copy", run["perSecond"], run["microseconds"])

print(f"Machine: {processor()}, {len(list(pathlib.Path('/sys/devices/system/cpu').glob('cpu[0-9]*')))} processors, "
      f"Linux {platform.release()}.")
print("AES-256-GCM, 32 bytes of plaintext, a fresh 96-bit IV from the token each; 64 bytes of additional data in (a).")
print("The ratio is to the best line of (a) on the same kind of object. The load generator of (c) runs on the same")
print("processors.\n")
print("| what | key object | operations/s | ratio to (a) | median | p99 |")
print("|---|---|---:|---:|---:|---:|")
print("\n".join(rows))
