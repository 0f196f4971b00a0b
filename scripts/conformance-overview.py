#!/usr/bin/env python3
"""Prints docs/conformance/README.md: what each token can back, out of the reports beside it."""
import pathlib
import re
import sys

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "docs/conformance"
NAMES = {
    "softhsm2": "SoftHSM 2.6", "nss": "NSS softoken 3.87", "opencryptoki": "openCryptoki 3.8, soft token",
    "tpm2": "TPM 2.0, tpm2-pkcs11 1.9", "p11-kit-remote": "SoftHSM 2.6 behind p11-kit 0.24",
}


class Report:
    def __init__(self, kind: str):
        self.kind = kind
        text = (FOLDER / f"{kind}.md").read_text()
        self.found = re.search(r"^\| found \| (.*) \|$", text, re.M)[1]
        self.store = re.search(r"^The key store as a whole: \*\*(.*)\*\*\.$", text, re.M)[1]
        verdict = text.split("\n## Verdict\n", 1)[1].split("\n## ", 1)[0]
        rows = re.findall(r"^\| ([A-Z_0-9]*) \| ([A-Z_0-9]*) \| ([A-Z_0-9]*) \| (.*) \|$", verdict, re.M)
        self.rows = {row[:3]: row[3] for row in rows}


def main() -> None:
    reports = [Report(kind) for kind in sys.argv[1:] if (FOLDER / f"{kind}.md").exists()]
    print("""# Conformance reports

What `strongroom conformance` ([what it is](../conformance.md)) found on the tokens that run on a developer's machine, each
made by its script in [hsm-config/tokens](../../hsm-config/README.md#tokens-to-try-out) and used by its profile in
`hsm-config/`. This page and the reports are written by

```
scripts/conformance.sh
```

and CI compares what the quick groups find with them (`scripts/conformance.sh --check`).
""")
    print("| token | report | found | a key store as a whole |\n|---|---|---|---|")
    for report in reports:
        print(f"| {NAMES[report.kind]} | [{report.kind}.md]({report.kind}.md) | {report.found} | {report.store} |")
    print("\n## What they can back\n\n✔ it can; – it cannot, and the report says why.\n")
    keys = list(dict.fromkeys(key for report in reports for key in report.rows))
    print("| origin | key spec | key usage | " + " | ".join(report.kind for report in reports) + " |")
    print("|---|---|---|" + "---|" * len(reports))
    for key in keys:
        cells = ["✔" if report.rows.get(key, "").startswith("can back") or report.rows.get(key, "").startswith("yes")
                 else "–" for report in reports]
        print("| " + " | ".join(key) + " | " + " | ".join(cells) + " |")


main()
