"""Keys that trusted wrapping keys alone wrap (wrapWithTrusted), in tokens whose security officers say which these are."""
import os
import subprocess

import pytest
import yaml
from customers_token import MODULE
from errors import refused
from strongroom_server import Server, wait_until
from two_regions import HERE, THERE, TwoRegions, give_own_token


@pytest.fixture
def regions(tmp_path):
    server = Server(tmp_path / "state", "--region", HERE, "--region", THERE)
    give_own_token(server, THERE)
    for path in (server.state / "profile.yaml", server.state / THERE / "profile.yaml"):
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"wrapWithTrusted": True}))
    server.start()
    yield TwoRegions(server)
    server.close()


def trust(server: Server, region: str, pin: str, **more):
    return server.run(
        "trust-regions", "--state", str(server.state), "--in", region, "--so-pin-file", str(server.state / pin), **more)


def let_them_trust_each_other(server: Server) -> None:
    assert server.stop() == 0
    told = trust(server, HERE, "so-pin").stdout
    assert "trusts the wrapping keys of 2 Regions, 2 of them since now" in told
    # The test made this token with one PIN for both of its users.
    assert "2 of them since now" in trust(server, THERE, "pin").stdout
    assert "0 of them since now" in trust(server, HERE, "so-pin").stdout, "once is enough"
    server.start()


def test_a_key_moves_when_the_security_officers_have_said_so_and_not_before(regions):
    server = regions.server
    key = regions.new_key()["KeyId"]
    blob = regions.here.encrypt(KeyId=key, Plaintext=b"kept")["CiphertextBlob"]

    def is_given_up() -> bool:
        try:
            regions.there.describe_key(KeyId=key)
            return False
        except regions.there.exceptions.NotFoundException:
            return True
    regions.here.replicate_key(KeyId=key, ReplicaRegion=THERE)
    wait_until(is_given_up, 20, "it cannot be moved")
    assert "it does not trust the wrapping key: `strongroom trust-regions`" in server.log()
    let_them_trust_each_other(server)
    regions = TwoRegions(server)
    regions.here.replicate_key(KeyId=key, ReplicaRegion=THERE)
    regions.wait_for(regions.there, key)
    regions.here.rotate_key_on_demand(KeyId=key)
    wait_until(lambda: len(regions.there.list_key_rotations(KeyId=key)["Rotations"]) == 1, 20, "it is rotated")
    new = regions.here.encrypt(KeyId=key, Plaintext=b"kept")["CiphertextBlob"]
    regions.take_away(HERE)
    assert [regions.there.decrypt(CiphertextBlob=each)["Plaintext"] for each in (blob, new)] == [b"kept", b"kept"]
    regions.bring_back(HERE)
    told = server.run("audit", "tail", "--state", str(server.state), "--event", "TrustRegions").stdout
    assert told.count("TrustRegions  ok") == 3
    report = server.run("doctor", "--state", str(server.state)).stdout
    assert "PROBLEM" not in report and "is labelled as ours" not in report
    # A private key takes two steps, of which the second is under a key that nobody trusts.
    pair = regions.new_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyId"]
    regions.here.replicate_key(KeyId=pair, ReplicaRegion=THERE)
    wait_until(lambda: "CKR_KEY_NOT_WRAPPABLE" in server.log(), 20, "it is told why it stays")


def test_who_has_the_pin_of_the_token_wraps_no_key_under_one_of_his_own(regions, tmp_path):
    server = regions.server
    key = regions.new_key()
    pin = (server.state / "pin").read_text().strip()

    def tool(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            ["pkcs11-tool", "--module", MODULE, "--login", "--pin", pin, *arguments], capture_output=True, text=True,
            env={**os.environ, "SOFTHSM2_CONF": str(server.state / "softhsm2.conf")}, timeout=30)
    assert tool("--keygen", "--key-type", "AES:32", "--label", "thief", "--id", "aa", "--usage-wrap").returncode == 0
    listed = tool("--list-objects", "--type", "secrkey").stdout
    ids = [line.split()[1] for line in listed.splitlines() if line.strip().startswith("ID:") and line.split()[1] != "aa"]
    assert len(ids) >= 2, "the server's own, and the multi-Region key"
    for each in ids:
        stolen = tool(
            "--wrap", "--mechanism", "AES-KEY-WRAP", "--id", "aa", "--application-id", each,
            "--output-file", str(tmp_path / "stolen"))
        assert stolen.returncode != 0 and "C_WrapKey failed" in stolen.stderr, stolen
    assert not (tmp_path / "stolen").exists() or not (tmp_path / "stolen").read_bytes()
    assert regions.here.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["KeyId"] == key["Arn"]


@pytest.mark.parametrize("region, pin, said", [
    ("ap-south-1", "so-pin", "is no Region of this server"),
    (HERE, "wrong-pin", "the security officer cannot log in: C_Login answered CKR_PIN_INCORRECT"),
    (HERE, "missing", "cannot be opened"),
])
def test_what_is_wrong_is_told(regions, region, pin, said):
    server = regions.server
    assert server.stop() == 0
    wrong = server.state / "wrong-pin"
    wrong.write_text("not the PIN\n")
    wrong.chmod(0o600)
    result = trust(server, region, pin, check=False)
    assert result.returncode != 0 and said in result.stderr, result.stderr


def test_the_server_has_to_be_stopped(regions):
    result = trust(regions.server, HERE, "so-pin", check=False)
    assert result.returncode != 0 and "another server is working on" in result.stderr, result.stderr
    with refused("NotFoundException"):
        regions.here.describe_key(KeyId="mrk-00000000000000000000000000000000")
