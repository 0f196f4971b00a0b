"""docs/access-control.md and others: every command of a page, in order, in one shell, on a server of its own."""
import pathlib
import re
import subprocess
import sys

import pytest
from strongroom_server import REPOSITORY, STRONGROOM, TOKEN, Server, clean_environment

REFUSED = re.compile(r"\s+# refused: (.+)$")

# On errors the shell tells the line of the page: the script has as many lines, and nothing where the page has text.
PREAMBLE = r"""
set -eEuo pipefail
trap 'echo "$PAGE:$LINENO: $BASH_COMMAND" >&2' ERR
refused() {
    local text=$1 output
    shift
    if output=$("$@" 2>&1); then
        echo "$PAGE:$BASH_LINENO: was not refused: $*: $output" >&2
        exit 1
    fi
    if [[ $output != *"$text"* ]]; then
        echo "$PAGE:$BASH_LINENO: was not refused with '$text': $*: $output" >&2
        exit 1
    fi
}
"""


def script(page: str, preamble: pathlib.Path) -> str:
    """The page's `sh` blocks. What is to be refused has to be one simple command, of one line or continued ones."""
    lines, begin = [f"source '{preamble}'"], None
    for line in page.splitlines()[1:]:
        if line.startswith("```"):
            begin = len(lines) + 1 if line == "```sh" and begin is None else None
            line = ""
        elif begin is None:
            line = ""
        elif match := REFUSED.search(line):
            first = len(lines)
            while first > begin and lines[first - 1].endswith("\\"):
                first -= 1
            lines.append(line[:match.start()])
            lines[first] = f"refused '{match[1]}' {lines[first]}"
            continue
        lines.append(line)
    assert begin is None, "the page ends within a block"
    return "\n".join(lines) + "\n"


@pytest.fixture
def page_server(tmp_path):
    """The first Region is that of the pages, as after `make run`."""
    server = Server(tmp_path / "state", "--region", "us-east-1", "--region", "us-west-2").start()
    yield server
    server.close()


@pytest.mark.parametrize("page", [
    "docs/access-control.md", "docs/audit.md",
    pytest.param("docs/cross-account.md", marks=pytest.mark.skipif(bool(TOKEN), reason="of SoftHSM's token")),
])
def test_every_command_of_the_page_does_what_the_page_says(page_server, tmp_path, page):
    folder = tmp_path / "page"
    folder.mkdir()
    # Where `make run` has it.
    (folder / ".strongroom").symlink_to(page_server.state)
    (folder / ".build").mkdir()
    (folder / ".build/release").symlink_to(STRONGROOM.parent)
    preamble = tmp_path / "preamble.sh"
    preamble.write_text(PREAMBLE)
    commands = tmp_path / "page.sh"
    commands.write_text(script((REPOSITORY / page).read_text(), preamble))
    environment = clean_environment(HOME=str(tmp_path), PAGE=page)
    environment["PATH"] = f"{pathlib.Path(sys.executable).parent}:{environment['PATH']}"
    result = subprocess.run(
        ["bash", str(commands)], cwd=folder, env=environment, capture_output=True, text=True, timeout=900,
        stdin=subprocess.DEVNULL,
    )
    assert result.returncode == 0, f"{result.stdout[-2000:]}{result.stderr[-4000:]}"


def test_what_is_not_refused_is_found(tmp_path):
    """The page would say nothing if a wrong line on it passed."""
    preamble = tmp_path / "preamble.sh"
    preamble.write_text(PREAMBLE)
    for block, line in (
        ("true  # refused: no", 4), ("echo yes; exit 1", 4), ("ls \\\n  /nowhere  # refused: AccessDenied", 4),
        ("true\nfalse | cat\ntrue", 5), ("x=$(false)", 4), ('test "$(echo a)" = b', 4),
    ):
        page = f"# A page\n\n```sh\n{block}\n```\n"
        result = subprocess.run(
            ["bash", "-c", script(page, preamble)], capture_output=True, text=True, timeout=30,
            env=clean_environment(PAGE="page.md"),
        )
        assert result.returncode != 0, block
        if "exit" not in block:
            assert f"page.md:{line}:" in result.stderr, f"{block}: {result.stderr}"
    page = "# A page\n\n```sh\nls \\\n  /nowhere  # refused: No such file\n```\nfalse\n```console\n$ false\n```\n"
    subprocess.run(["bash", "-c", script(page, preamble)], check=True, timeout=30, env=clean_environment(PAGE="page.md"))
