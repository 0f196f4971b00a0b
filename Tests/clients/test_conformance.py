"""`strongroom conformance`: what it asks before it begins, what it prints, what it leaves in the token, how it ends."""
import hashlib
import json
import os
import signal
import subprocess
import time
import xml.etree.ElementTree

import pytest
from softhsm_source import SourceToken
from strongroom_server import STRONGROOM, clean_environment
from terminal import Terminal


@pytest.fixture
def token(tmp_path):
    return SourceToken(tmp_path / "source")


def arguments(token, *more: str) -> list[str]:
    return [
        str(STRONGROOM), "conformance", "--module", token.module, "--token", "pkcs11:token=source", "--pin-file",
        str(token.pin_file), "--objects", "20", "--quick", *more,
    ]


def conformance(token, *more: str, timeout: float = 300) -> subprocess.CompletedProcess:
    return subprocess.run(
        arguments(token, *more), env=token.environment, capture_output=True, text=True, timeout=timeout,
        stdin=subprocess.DEVNULL)


def objects(token) -> dict:
    """What the token keeps, but for the count of changes at the beginning of each file, which goes on at each login."""
    files = (token.folder / "tokens").rglob("*.object")
    return {str(file): hashlib.sha256(file.read_bytes()[8:]).hexdigest() for file in files}


def test_it_does_nothing_without_being_allowed_to(token):
    before = objects(token)
    result = conformance(token)
    assert result.returncode == 1
    assert "--yes" in result.stderr and "source" in result.stderr
    assert result.stdout == ""
    assert objects(token) == before


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_it_names_the_token_and_asks(token, answer):
    token.generate("mine", "GENERIC:48")
    before = objects(token)
    terminal = Terminal(arguments(token, "--group", "random"), token.environment)
    terminal.expect("source (serial ")
    terminal.expect("Type yes to go on: ")
    assert objects(token) == before, "nothing has changed before the answer"
    terminal.answer(answer + "\n")
    status = terminal.end()
    if answer == "yes":
        assert status == 0 and "Verdict" in terminal.shown
    else:
        assert status == 1 and "was left as it is" in terminal.shown
    assert objects(token) == before


def test_the_pin_can_be_typed_and_is_shown_nowhere(token):
    command = arguments(token, "--group", "random", "--yes")
    where = command.index("--pin-file")
    terminal = Terminal(command[:where] + command[where + 2:], token.environment)
    terminal.expect("User PIN of the token: ")
    terminal.answer(token.pin + "\n")
    assert terminal.end() == 0, terminal.shown
    assert token.pin not in terminal.shown


def test_without_a_pin_and_a_terminal_it_says_what_to_do(token):
    command = arguments(token)
    where = command.index("--pin-file")
    result = subprocess.run(
        command[:where] + command[where + 2:], env=token.environment, capture_output=True, text=True, timeout=60,
        stdin=subprocess.DEVNULL, start_new_session=True)
    assert result.returncode == 1
    assert "--pin-file" in result.stderr


def test_a_wrong_pin_is_said_once(token):
    token.pin_file.write_text("000000\n")
    result = conformance(token, "--yes")
    assert result.returncode == 1
    assert "refused the PIN" in result.stderr
    assert result.stdout == ""


def test_a_module_that_is_none_is_an_error_with_a_hint(token):
    command = arguments(token, "--yes")
    command[command.index("--module") + 1] = "/etc/passwd"
    result = subprocess.run(command, env=token.environment, capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert "/etc/passwd" in result.stderr and "hint:" in result.stderr


def test_mistakes_in_the_arguments_are_the_user_s(token):
    for more in (["--json", "--junit"], ["--group", "nothing"], ["--objects", "0"]):
        assert conformance(token, *more).returncode == 64, more


def test_the_formats_hold_the_same_findings(token, tmp_path):
    groups = ["--group", "random", "--group", "hmac", "--yes"]
    as_json = conformance(token, *groups, "--json")
    assert as_json.returncode == 0, as_json.stderr
    report = json.loads(as_json.stdout)
    checks = [finding["check"] for finding in report["findings"]]
    assert checks and report["groups"] == ["hmac", "random"]
    assert report["token"]["label"] == "source"
    assert report["clean"] and not report["stopped"] and report["exitStatus"] == 0
    assert "failure" not in report
    # Progress is for people, and not among what a script reads.
    assert "[1/2] HMAC: " in as_json.stderr

    as_junit = conformance(token, *groups, "--junit")
    cases = xml.etree.ElementTree.fromstring(as_junit.stdout).iter("testcase")
    assert [case.get("name") for case in cases] == checks

    as_markdown = conformance(token, *groups, "--markdown", "--output", str(tmp_path / "page.md"))
    assert as_markdown.returncode == 0 and as_markdown.stdout == ""
    page = (tmp_path / "page.md").read_text()
    assert all(f"`{check}`" in page for check in checks)

    as_text = conformance(token, *groups)
    assert all(f"[{check}]" in as_text.stdout for check in checks)
    for text in (as_json.stdout, as_junit.stdout, page, as_text.stdout, as_json.stderr):
        assert token.pin not in text


def test_a_first_profile_makes_a_server(token, tmp_path):
    base = tmp_path / "base.yaml"
    base.write_text(f"name: base\nenvironment: {{SOFTHSM2_CONF: {token.configuration}}}\n")
    profile = tmp_path / "mine.yaml"
    result = conformance(
        token, "--yes", "--profile", str(base), "--group", "aesGCM", "--group", "rsa", "--write-profile", str(profile))
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0x5" in profile.read_text(), "what this token answers for a bad tag"
    refused = conformance(token, "--yes", "--group", "random", "--write-profile", str(profile))
    assert refused.returncode == 1 and "is there already" in refused.stderr
    state = tmp_path / "state"

    def strongroom(*words) -> subprocess.CompletedProcess:
        return subprocess.run(
            [STRONGROOM, *words], env=clean_environment(), capture_output=True, text=True, timeout=300,
            stdin=subprocess.DEVNULL)

    made = strongroom(
        "init", "--state", state, "--profile", profile, "--token", "pkcs11:token=source", "--pin-file", token.pin_file)
    assert made.returncode == 0, made.stderr
    # And with a server's state directory there is nothing else to say.
    again = strongroom("conformance", "--state", state, "--group", "aesGCM", "--quick", "--yes")
    assert again.returncode == 0, again.stdout + again.stderr


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_removes_what_it_made(token, name):
    token.generate("mine", "GENERIC:48")
    before = objects(token)
    command = arguments(token, "--yes", "--group", "objects")
    command[command.index("--objects") + 1] = "5000"
    process = subprocess.Popen(
        command, env=token.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        stdin=subprocess.DEVNULL, start_new_session=True)
    end = time.monotonic() + 60
    while len(objects(token)) < len(before) + 20:
        assert time.monotonic() < end and process.poll() is None
        time.sleep(0.05)
    # As a terminal does, to all processes of the group.
    os.killpg(process.pid, name)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert "stopping" in errors
    assert "The run was stopped" in output
    assert objects(token) == before
