"""Multi-Region keys on real tokens: two Regions, each with a SoftHSM token of its own."""
import botocore.exceptions
import pytest
import yaml
from errors import refused
from strongroom_server import Server, wait_until
from two_regions import HERE, THERE, TwoRegions, give_own_token

@pytest.fixture
def regions(tmp_path):
    server = Server(tmp_path / "state", "--region", HERE, "--region", THERE)
    give_own_token(server, THERE)
    server.start()
    yield TwoRegions(server)
    server.close()


def works(call) -> bool:
    try:
        call()
        return True
    except botocore.exceptions.ClientError:
        return False


def test_a_key_encrypts_in_one_region_and_decrypts_in_the_other_while_the_first_token_is_stopped(regions):
    here, there = regions.here, regions.there
    made = regions.new_key(Description="shared")
    key = made["KeyId"]
    assert key.startswith("mrk-") and made["MultiRegion"] is True
    assert made["MultiRegionConfiguration"] == {
        "MultiRegionKeyType": "PRIMARY", "PrimaryKey": {"Arn": made["Arn"], "Region": HERE}, "ReplicaKeys": []}
    before = regions.objects(THERE)
    answer = here.replicate_key(KeyId=key, ReplicaRegion=THERE, Tags=[{"TagKey": "a", "TagValue": "b"}])
    assert answer["ReplicaKeyMetadata"]["KeyState"] == "Creating"
    assert answer["ReplicaTags"] == [{"TagKey": "a", "TagValue": "b"}]
    replica = regions.wait_for(there, key)
    assert replica["MultiRegionConfiguration"]["MultiRegionKeyType"] == "REPLICA"
    assert replica["MultiRegionConfiguration"]["PrimaryKey"] == {"Arn": made["Arn"], "Region": HERE}
    assert replica["CurrentKeyMaterialId"] == made["CurrentKeyMaterialId"]
    assert regions.objects(THERE) == before + 1, "the wrapping key is gone again"
    blob = here.encrypt(KeyId=key, Plaintext=b"across", EncryptionContext={"x": "y"})["CiphertextBlob"]
    regions.take_away(HERE)
    opened = there.decrypt(CiphertextBlob=blob, EncryptionContext={"x": "y"})
    assert opened["Plaintext"] == b"across"
    assert opened["KeyId"] == replica["Arn"]
    wait_until(lambda: not works(lambda: here.decrypt(CiphertextBlob=blob, EncryptionContext={"x": "y"})), 20, "it is away")
    back = there.encrypt(KeyId=key, Plaintext=b"back")["CiphertextBlob"]
    regions.bring_back(HERE)
    wait_until(lambda: works(lambda: here.decrypt(CiphertextBlob=back)), 40, "it is back")
    assert here.decrypt(CiphertextBlob=back)["Plaintext"] == b"back"
    report = regions.server.run("doctor", "--state", str(regions.server.state)).stdout
    assert report.count("found in the token") == 2


@pytest.mark.parametrize("settings, sign", [
    ({"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}, "ECDSA_SHA_256"),
    ({"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}, "RSASSA_PSS_SHA_256"),
])
def test_key_pairs_move_too(regions, settings, sign):
    key = regions.replicated_key(**settings)
    assert regions.here.get_public_key(KeyId=key)["PublicKey"] == regions.there.get_public_key(KeyId=key)["PublicKey"]
    signature = regions.there.sign(KeyId=key, Message=b"m", SigningAlgorithm=sign)["Signature"]
    assert regions.here.verify(KeyId=key, Message=b"m", Signature=signature, SigningAlgorithm=sign)["SignatureValid"]


def test_a_replica_is_made_when_its_regions_token_is_back(regions):
    regions.there.list_keys()
    regions.take_away(THERE)
    key = regions.new_key()["KeyId"]
    regions.here.replicate_key(KeyId=key, ReplicaRegion=THERE)
    assert regions.there.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Creating"
    with refused("KMSInvalidStateException"):
        regions.there.encrypt(KeyId=key, Plaintext=b"x")
    blob = regions.here.encrypt(KeyId=key, Plaintext=b"goes on")["CiphertextBlob"]
    regions.bring_back(THERE)
    regions.wait_for(regions.there, key)
    assert regions.there.decrypt(CiphertextBlob=blob)["Plaintext"] == b"goes on"


def test_rotation_goes_across_and_a_region_that_was_away_follows(regions):
    here, there = regions.here, regions.there
    key = regions.replicated_key()
    old = here.encrypt(KeyId=key, Plaintext=b"old")["CiphertextBlob"]

    def rotate():
        first = here.describe_key(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"]
        here.rotate_key_on_demand(KeyId=key)
        wait_until(
            lambda: here.describe_key(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"] != first, 60, "it is rotated")
        return here.describe_key(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"]

    second = rotate()
    assert there.describe_key(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"] == second
    new = here.encrypt(KeyId=key, Plaintext=b"new")["CiphertextBlob"]
    assert [there.decrypt(CiphertextBlob=blob)["Plaintext"] for blob in (old, new)] == [b"old", b"new"]
    assert len(there.list_key_rotations(KeyId=key)["Rotations"]) == 1
    with refused("UnsupportedOperationException"):
        there.rotate_key_on_demand(KeyId=key)
    regions.take_away(THERE)
    third = rotate()
    newest = here.encrypt(KeyId=key, Plaintext=b"newest")["CiphertextBlob"]
    regions.bring_back(THERE)
    wait_until(
        lambda: there.describe_key(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"] == third, 60, "it follows")
    assert there.decrypt(CiphertextBlob=newest)["Plaintext"] == b"newest"


def test_a_primary_waits_for_its_replicas_to_go_and_another_may_take_its_place(regions):
    here, there = regions.here, regions.there
    key = regions.replicated_key()
    answer = here.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert answer["KeyState"] == "PendingReplicaDeletion" and "DeletionDate" not in answer
    shown = here.describe_key(KeyId=key)["KeyMetadata"]
    assert shown["PendingDeletionWindowInDays"] == 7 and "DeletionDate" not in shown
    here.cancel_key_deletion(KeyId=key)
    here.enable_key(KeyId=key)
    here.update_primary_region(KeyId=key, PrimaryRegion=THERE)
    assert here.describe_key(KeyId=key)["KeyMetadata"]["MultiRegionConfiguration"]["MultiRegionKeyType"] == "REPLICA"
    with refused("UnsupportedOperationException", f"{shown['Arn']} is not a multi-region primary key."):
        here.replicate_key(KeyId=key, ReplicaRegion=THERE)
    answer = here.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert answer["KeyState"] == "PendingDeletion"
    assert there.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)["KeyState"] == "PendingReplicaDeletion"


def test_the_command_line_replicates_and_moves_the_primary(regions):
    def key_command(*arguments):
        return regions.server.run("key", *arguments, "--state", str(regions.server.state)).stdout
    key = regions.new_key()["KeyId"]
    assert "creating" in key_command("replicate", key, THERE).lower()
    regions.wait_for(regions.there, key)
    assert f"replicas in {THERE}" in key_command("describe", key)
    assert THERE in key_command("update-primary-region", key, THERE)
    assert f"primary in {THERE}" in key_command("describe", key)


@pytest.mark.parametrize("token, said", [
    ({"eu-north-1": {}}, "regionTokens names eu-north-1"), ({THERE: {"slot": 1}}, "slot"),
])
def test_a_wrong_setting_is_told_before_anything_is_started(tmp_path, token, said):
    server = Server(tmp_path / "state", "--region", HERE, "--region", THERE)
    file = server.state / "strongroom.yaml"
    configuration = yaml.safe_load(file.read_text())
    own = {"module": "/m", "token": "pkcs11:token=x", "pin": configuration["hsm"]["pin"]}
    configuration["regionTokens"] = {region: {**own, **more} for region, more in token.items()}
    file.write_text(yaml.safe_dump(configuration))
    result = server.run("serve", "--state", str(server.state), check=False)
    assert result.returncode != 0 and said in result.stderr
