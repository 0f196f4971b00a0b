import configparser

from strongroom_server import PROFILE, Server

FILES = (
    "strongroom.yaml", "profile.yaml", "credentials", "pin", "so-pin", "metadata.sqlite", "softhsm2.conf", "tokens"
)


def test_init_makes_all_it_promises(tmp_path):
    server = Server(tmp_path / "state")
    assert [name for name in FILES if not (server.state / name).exists()] == []
    keys = server.credentials
    assert keys["endpoint_url"] == server.endpoint
    assert keys["region"]
    assert len(keys["aws_secret_access_key"]) >= 40
    everything = configparser.ConfigParser(interpolation=None)
    everything.read(server.state / "credentials")
    assert everything.sections() == ["strongroom"]


def test_init_refuses_a_state_that_is_there_and_leaves_it_alone(own_server):
    server = own_server
    kms = server.client()
    blob = kms.encrypt(KeyId=kms.create_key()["KeyMetadata"]["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    before = {server.state / name: (server.state / name).read_bytes() for name in ("credentials", "pin", "so-pin")}
    again = server.run("init", "--state", str(server.state), "--profile", str(PROFILE), check=False)
    assert again.returncode != 0
    assert "hint:" in again.stderr
    assert {path: path.read_bytes() for path in before} == before
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_two_states_have_nothing_in_common(tmp_path):
    one, other = Server(tmp_path / "one"), Server(tmp_path / "other")
    for name in ("pin", "so-pin", "credentials"):
        assert (one.state / name).read_bytes() != (other.state / name).read_bytes()


def test_an_account_of_ones_choice_is_in_the_arns(tmp_path):
    server = Server(tmp_path / "state", "--account", "444455556666", "--region", "eu-west-1").start()
    try:
        arn = server.client().create_key()["KeyMetadata"]["Arn"]
        assert arn.startswith("arn:aws:kms:eu-west-1:444455556666:key/")
    finally:
        server.close()


def test_a_profile_with_an_unknown_field_is_refused_by_name(tmp_path):
    profile = tmp_path / "profile.yaml"
    profile.write_text(PROFILE.read_text() + "\nlanez: 3\n")
    server = Server(tmp_path / "state")
    result = server.run("init", "--state", str(tmp_path / "other"), "--profile", str(profile), check=False)
    assert result.returncode != 0
    assert "lanez" in result.stderr
    assert not (tmp_path / "other" / "metadata.sqlite").exists()
