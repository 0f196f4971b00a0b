"""`strongroom key` and `strongroom alias`: an operator's own tool, over the same API."""
import json
import uuid

import pytest

COMMANDS = [
    ("init",), ("serve",), ("doctor",),
    *(("key", name) for name in (
        "list", "create", "describe", "disable", "enable", "schedule-deletion", "cancel-deletion",
    )),
    *(("alias", name) for name in ("list", "create", "update", "delete")),
]


def run(server, *arguments, **options):
    return server.run(*arguments, "--state", str(server.state), **options)


def answer(server, *arguments):
    return json.loads(run(server, *arguments, "--json").stdout)


def members(value, name):
    """Every value of a member, however deep: what is tested is what a script reads, not the nesting."""
    if isinstance(value, dict):
        found = [value[name]] if name in value else []
        return found + [each for inner in value.values() for each in members(inner, name)]
    if isinstance(value, list):
        return [each for inner in value for each in members(inner, name)]
    return []


def state_of(server, key):
    return members(answer(server, "key", "describe", key), "KeyState")[0]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(server, command):
    text = server.run(*command, "--help").stdout
    assert "OVERVIEW" in text
    assert f"strongroom {' '.join(command)} " in text.split("USAGE")[0], "an example to copy stands before the usage"


def test_a_keys_whole_life(server, kms):
    key = members(answer(server, "key", "create", "--description", "from the tool"), "KeyId")[0]
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["Description"] == "from the tool"
    assert key in members(answer(server, "key", "list"), "KeyId")
    run(server, "key", "disable", key)
    assert state_of(server, key) == "Disabled"
    run(server, "key", "enable", key)
    assert state_of(server, key) == "Enabled"
    run(server, "key", "schedule-deletion", key, "--days", "7")
    assert state_of(server, key) == "PendingDeletion"
    run(server, "key", "cancel-deletion", key)
    assert state_of(server, key) == "Disabled"


def test_an_aliass_whole_life(server, new_key):
    first, second = new_key()["KeyId"], new_key()["KeyId"]
    name = f"alias/tool-{uuid.uuid4()}"
    run(server, "alias", "create", name, first)
    assert members(answer(server, "key", "describe", name), "KeyId")[0] == first
    run(server, "alias", "update", name, second)
    assert members(answer(server, "key", "describe", name), "KeyId")[0] == second
    assert name in members(answer(server, "alias", "list"), "AliasName")
    run(server, "alias", "delete", name)
    assert name not in members(answer(server, "alias", "list"), "AliasName")


def test_without_json_people_can_read_it(server, new_key):
    key = new_key(Description="readable")["KeyId"]
    assert key in run(server, "key", "list").stdout
    text = run(server, "key", "describe", key).stdout
    assert "readable" in text
    assert not text.lstrip().startswith("{")


def test_the_servers_refusal_is_an_error_line_and_an_exit_code(server):
    result = run(server, "key", "describe", "fake-key-id", check=False)
    assert result.returncode != 0
    assert result.stdout == ""
    assert "strongroom: error:" in result.stderr
    assert "Invalid keyId 'fake-key-id'" in result.stderr


def test_without_a_server_it_says_so(own_server):
    own_server.stop()
    result = run(own_server, "key", "list", check=False)
    assert result.returncode != 0
    assert "hint:" in result.stderr
    assert "serve" in result.stderr
