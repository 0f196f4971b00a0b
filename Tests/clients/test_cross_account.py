"""Keys of another account, by the ARN of an alias, and data keys that move between accounts in another Region.

That keys are used across accounts by their own ARNs, by which operations, and who has to allow it, is in
test_authorization.py; the copy of a snapshot is docs/cross-account.md, every line of which is tested.
"""
import uuid

import pytest
from botocore import xform_name
from errors import refused
from identities import client
from operations import ACROSS_ACCOUNTS, OPERATIONS, Scene, outcome
from people import Account, allow, document, to
from strongroom_server import wait_until
from test_multi_region import regions as regions
from two_regions import HERE, THERE

BY_KEY_ARN = {"CreateGrant", "GetKeyRotationStatus", "ListGrants", "RetireGrant", "RevokeGrant"}


@pytest.fixture(scope="module")
def shared(server):
    """Keys of one account that another may do everything with, and somebody over there who may."""
    own, other = Account(server), Account.new(server)
    scene, guest = Scene(own.kms, own.root), other.user("guest").may(allow("*"))
    aliases = {}
    for kind, key in scene.keys.items():
        own.kms.put_key_policy(KeyId=key, Policy=document(own.delegation(), to(other.root, allow("kms:*"))))
        name = f"alias/shared-{uuid.uuid4().hex[:12]}"
        own.kms.create_alias(AliasName=name, TargetKeyId=key)
        aliases[kind] = f"{key.rpartition('key/')[0]}{name}"
    scene.grant = own.kms.create_grant(
        KeyId=scene.keys["symmetric"], GranteePrincipal=own.root, RetiringPrincipal=guest.arn,
        Operations=["Encrypt"])["GrantId"]
    return scene, aliases, guest


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.name in ACROSS_ACCOUNTS], ids=str)
def test_an_alias_of_another_account_is_named_by_its_arn(shared, operation):
    scene, aliases, guest = shared
    alias = aliases[operation.key]
    call = getattr(guest.kms, xform_name(operation.name))
    if operation.name in BY_KEY_ARN:
        assert outcome(call, **operation.parameters(scene, alias)) == "InvalidArnException"
        assert outcome(call, **operation.parameters(scene, scene.keys[operation.key])) == "allowed"
    else:
        assert outcome(call, **operation.parameters(scene, alias)) == "allowed"


def test_a_name_without_an_arn_is_the_callers_own(shared):
    scene, aliases, guest = shared
    key = scene.keys["symmetric"]
    for name in (aliases["symmetric"].rpartition(":")[2], key.rpartition("/")[2]):
        with refused("NotFoundException"):
            guest.kms.describe_key(KeyId=name)


def test_a_data_key_moves_to_another_account_in_another_region_while_the_first_token_is_away(regions):
    """The snapshot's copy: production's multi-Region key is where the copy is made, and the copy is the other's own."""
    server = regions.server
    own, other = Account(server), Account.new(server)
    key = regions.new_key()
    snapshot = regions.here.generate_data_key(
        KeyId=key["KeyId"], KeySpec="AES_256", EncryptionContext={"aws:ebs:id": "snap-1"})
    sharing = document(
        own.delegation(), to(other.root, allow(["kms:DescribeKey", "kms:Decrypt", "kms:ReEncrypt*"])))
    regions.here.replicate_key(KeyId=key["KeyId"], ReplicaRegion=THERE, Policy=sharing)
    replica = regions.wait_for(regions.there, key["KeyId"])["Arn"]
    guest = other.user("guest").may(allow("kms:*"))
    kms = client(server, "kms", guest.keys, region_name=THERE)
    copies = kms.create_key()["KeyMetadata"]["Arn"]
    regions.take_away(HERE)
    moved = kms.re_encrypt(
        CiphertextBlob=snapshot["CiphertextBlob"], SourceKeyId=replica,
        SourceEncryptionContext={"aws:ebs:id": "snap-1"}, DestinationKeyId=copies,
        DestinationEncryptionContext={"aws:ebs:id": "snap-2"})
    assert (moved["SourceKeyId"], moved["KeyId"]) == (replica, copies)
    opened = kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], EncryptionContext={"aws:ebs:id": "snap-2"})
    assert opened["Plaintext"] == snapshot["Plaintext"]
    # What production shares in one Region it does not share in another, nor for ever.
    regions.bring_back(HERE)
    again = client(server, "kms", guest.keys, region_name=HERE)
    wait_until(lambda: outcome(
        regions.here.decrypt, CiphertextBlob=snapshot["CiphertextBlob"],
        EncryptionContext={"aws:ebs:id": "snap-1"}) == "allowed", 40, "it is back")
    move = {"CiphertextBlob": snapshot["CiphertextBlob"], "EncryptionContext": {"aws:ebs:id": "snap-1"}}
    with refused("AccessDeniedException"):
        again.decrypt(**move)
    assert kms.decrypt(**move)["Plaintext"] == snapshot["Plaintext"]
    regions.there.put_key_policy(KeyId=key["KeyId"], Policy=document(own.delegation()))
    with refused("AccessDeniedException"):
        kms.decrypt(**move)
    assert kms.decrypt(
        CiphertextBlob=moved["CiphertextBlob"],
        EncryptionContext={"aws:ebs:id": "snap-2"})["Plaintext"] == snapshot["Plaintext"]
