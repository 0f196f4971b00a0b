"""Who may do what: every operation for every kind of caller, allowed or refused in the same words whatever is there."""
import contextlib
import sqlite3
import struct
import uuid
import zlib

import botocore
import botocore.config
import botocore.session
import pytest
from botocore import xform_name
from identities import client
from operations import (
    GRANTABLE, MESSAGE, MULTI_REGION, NOT_SERVED, ON_KEY_STORES, OPERATIONS, Operation, Scene, outcome,
)
from people import Account, allow, allow_all_but, deny, document, to
from raw_http import post

KMS = ["kms:*"]


class Cast:
    """One of each kind of caller.

    Their own policies, that of the key and its grants are made for one operation at a time; `expected` says what
    each may.
    """

    def __init__(self, server):
        own, other = Account(server), Account.new(server)
        self.own, self.other = own, other
        owner = own.user("owner")
        own.iam.attach_user_policy(
            UserName=owner.name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        self.callers = {
            # Of the key's account, by their own policies.
            "owner": owner,
            "allowed just this": own.user("delegated"),
            "allowed all but this": own.user("all-but"),
            "denied this": own.user("denied"),
            "without a policy": own.user("nobody"),
            # By the key's policy.
            "named by the key": own.user("named"),
            "named by the key for all but this": own.user("named-all-but"),
            "denied by the key": own.user("expelled").may(allow(KMS)),
            # By grants.
            "granted": own.user("granted"),
            "granted all but this": own.user("granted-all-but"),
            # Of another account.
            "other account's, allowed by both": other.user("foreign").may(allow(KMS)),
            "other account's, allowed by the key": other.user("unarmed"),
            "other account's, allowed by its own": other.user("stranger").may(allow(KMS)),
        }
        self.scene = Scene(owner.kms, owner.arn)
        for key, arn in self.scene.keys.items():
            made = self.grant("granted", arn, GRANTABLE[key])
            if key == "symmetric":
                self.scene.grant = made

    def grant(self, caller: str, key: str, operations) -> str:
        return self.scene.kms.create_grant(
            KeyId=key, GranteePrincipal=self.callers[caller].arn, Operations=sorted(operations))["GrantId"]

    @contextlib.contextmanager
    def playing(self, operation: Operation):
        callers, actions, scene = self.callers, operation.policy_actions, self.scene
        key = scene.keys.get(operation.key)
        callers["allowed all but this"].may(allow_all_but(actions))
        callers["denied this"].may(allow("*"), deny(actions))
        if key is None:
            callers["allowed just this"].may(allow(actions))
            yield
            return
        alias = key.rpartition("key/")[0] + scene.alias
        callers["allowed just this"].may(allow(actions, [key, alias]))
        named = [callers[name].arn for name in (
            "named by the key", "other account's, allowed by both", "other account's, allowed by the key")]
        statements = [
            self.own.delegation(), to(named, allow(actions)),
            to(callers["named by the key for all but this"].arn, allow_all_but(actions)),
            to(callers["denied by the key"].arn, deny(actions)),
        ]
        scene.kms.put_key_policy(KeyId=key, Policy=document(*statements))
        # The same again, so that who may put it may still do what is tested.
        scene.policy = document(*statements, to(callers["owner"].arn, allow("kms:ListKeys")))
        rest = GRANTABLE[operation.key] - set(operation.actions)
        grant = self.grant("granted all but this", key, rest) if operation.is_grantable else None
        yield
        if grant:
            scene.kms.revoke_grant(KeyId=key, GrantId=grant)

    def call(self, caller: str, operation: Operation, key: str | None) -> str:
        person = self.callers[caller]
        self.scene.retiring = person.arn
        return outcome(
            getattr(person.kms, xform_name(operation.name)), **operation.parameters(self.scene, key))


def expected(operation: Operation) -> dict[str, str]:
    """What each caller is to be told ("Determining access to AWS KMS keys", AWS KMS Developer Guide)."""
    answers = {
        "owner": "allowed", "allowed just this": "allowed", "allowed all but this": "no identity policy",
        "denied this": "denied by identity policy", "without a policy": "no identity policy",
        "named by the key": "allowed", "named by the key for all but this": "no identity policy",
        "denied by the key": "denied by key policy",
        "granted": "allowed" if operation.is_grantable else "no identity policy",
        "granted all but this": "no identity policy",
        "other account's, allowed by both": "allowed" if operation.works_across_accounts else "no key policy",
        "other account's, allowed by the key": "no identity policy",
        "other account's, allowed by its own": "no key policy",
    }
    if operation.key is None:
        # A key policy decides nothing, and whoever may call does so in an account of their own.
        answers["named by the key"] = "no identity policy"
        for caller in ("denied by the key", "other account's, allowed by both", "other account's, allowed by its own"):
            answers[caller] = "allowed"
    if operation.names_alias:
        answers["named by the key"] = "no identity policy"
    if operation.name == "RetireGrant":
        # "A key policy alone cannot allow or prevent access to this operation."
        answers |= {
            "named by the key": "no identity policy", "denied by the key": "allowed",
            "other account's, allowed by both": "no key policy",
        }
    if operation.name == "DeleteAlias":
        # There is no such alias in their own account, where they look for it.
        for caller in ("other account's, allowed by both", "other account's, allowed by its own"):
            answers[caller] = "NotFoundException"
    return answers


@pytest.fixture(scope="module")
def cast(server):
    return Cast(server)


def test_the_table_has_every_operation_that_is_served(cast):
    model = botocore.session.get_session().get_service_model("kms")
    named = [operation.name for operation in OPERATIONS]
    assert sorted(named + list(NOT_SERVED | ON_KEY_STORES | MULTI_REGION)) == sorted(model.operation_names)
    for name in NOT_SERVED:
        answer = post(cast.own.server, name, {})
        assert answer.code in ("UnsupportedOperationException", "UnknownOperationException"), name


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_who_may(cast, operation):
    scene, answers = cast.scene, expected(operation)
    key, missing = scene.keys.get(operation.key), None
    if key and operation.name != "DeleteAlias":
        missing = f"{key.rpartition('/')[0]}/{uuid.uuid4()}"
    told, told_of_nothing = {}, {}
    with cast.playing(operation):
        operation.before(scene)
        state = scene.state(operation.key)
        for caller, answer in answers.items():
            if answer != "allowed":
                told[caller] = cast.call(caller, operation, key)
                # Those whom their own policies allow it may know that there is no such key.
                if missing and caller != "denied by the key":
                    told_of_nothing[caller] = cast.call(caller, operation, missing)
        assert scene.state(operation.key) == state, "a refused call changed something"
        for caller, answer in answers.items():
            if answer == "allowed":
                operation.before(scene)
                told[caller] = cast.call(caller, operation, key)
    assert told == answers
    assert told_of_nothing == {caller: answers[caller] for caller in told_of_nothing}


def test_a_refusal_names_the_caller_the_action_and_what_was_asked_for(cast):
    """And nothing else: not the key behind an alias, not whose it is, not its state."""
    scene, nobody = cast.scene, cast.callers["without a policy"]
    scene.name()
    scene.cancel()
    scene.kms.disable_key(KeyId=scene.keys["changed"])
    symmetric, prefix = scene.keys["symmetric"], scene.keys["symmetric"].rpartition("key/")[0]
    missing, other_account = str(uuid.uuid4()), prefix.replace(cast.own.number, cast.other.number)
    names = {
        # What is there, and what is not.
        symmetric: symmetric, f"{prefix}key/{missing}": f"{prefix}key/{missing}",
        symmetric.rpartition("/")[2]: symmetric, missing: f"{prefix}key/{missing}",
        scene.alias: prefix + scene.alias, "alias/not-there": prefix + "alias/not-there",
        prefix + scene.alias: prefix + scene.alias, f"{prefix}alias/not-there": f"{prefix}alias/not-there",
        scene.keys["changed"]: scene.keys["changed"],
        f"{other_account}key/{missing}": f"{other_account}key/{missing}",
        f"{other_account}alias/not-there": f"{other_account}alias/not-there",
        # Made when somebody who may first uses it.
        "alias/aws/s3": prefix + "alias/aws/s3",
    }
    calls = {
        "Encrypt": {"Plaintext": MESSAGE}, "GenerateDataKey": {"KeySpec": "AES_256"}, "DescribeKey": {},
        "GetPublicKey": {}, "Sign": {"Message": MESSAGE, "SigningAlgorithm": "ECDSA_SHA_256"},
    }
    for operation, parameters in calls.items():
        for name, arn in names.items():
            with pytest.raises(nobody.kms.exceptions.ClientError) as caught:
                getattr(nobody.kms, xform_name(operation))(KeyId=name, **parameters)
            assert caught.value.response["Error"] == {
                "Code": "AccessDeniedException",
                "Message": f"User: {nobody.arn} is not authorized to perform: kms:{operation} on resource: {arn} "
                           f"because no identity-based policy allows the kms:{operation} action",
            }


def test_a_ciphertext_does_not_tell_whether_its_key_is_there(cast):
    scene, nobody = cast.scene, cast.callers["without a policy"]
    header = scene.blob[:2] + uuid.uuid4().bytes + scene.blob[18:22]
    of_no_key = header + struct.pack(">I", zlib.crc32(header)) + scene.blob[26:]
    answers = []
    for caller in (nobody, cast.callers["other account's, allowed by its own"]):
        for blob in (scene.blob, of_no_key):
            for call in (
                lambda: caller.kms.decrypt(CiphertextBlob=blob),
                lambda: caller.kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=scene.keys["symmetric"]),
            ):
                with pytest.raises(caller.kms.exceptions.ClientError) as caught:
                    call()
                answers.append(caught.value.response["Error"])
    assert {answer["Code"] for answer in answers} == {"AccessDeniedException"}
    assert {answer["Message"] for answer in answers} == {
        "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are "
        "not allowed to access."
    }


def test_permission_comes_before_state_and_before_a_dry_run(cast):
    scene, nobody = cast.scene, cast.callers["without a policy"]
    arn, doomed = scene.keys["symmetric"], scene.keys["changed"]
    scene.schedule()
    for key in (arn, doomed):
        for parameters in ({}, {"DryRun": True}):
            told = outcome(nobody.kms.encrypt, KeyId=key, Plaintext=MESSAGE, **parameters)
            assert told == "no identity policy"
    assert outcome(scene.kms.encrypt, KeyId=doomed, Plaintext=MESSAGE) == "KMSInvalidStateException"
    scene.cancel()


# Those whom nobody knows


def answers_of_all(server, keys: dict | None = None, **overrides) -> set:
    """The answers to every operation, each with a body that says nothing."""
    config = botocore.config.Config(retries={"total_max_attempts": 1}, parameter_validation=False)
    kms = client(server, "kms", keys, **{"config": config, **overrides})
    return {outcome(getattr(kms, xform_name(operation.name))) for operation in OPERATIONS}


def test_nobody_is_served_without_a_signature(server):
    unsigned = botocore.config.Config(signature_version=botocore.UNSIGNED, parameter_validation=False)
    assert answers_of_all(server, config=unsigned) == {"MissingAuthenticationTokenException"}


def test_nobody_is_served_with_another_secret(server):
    assert answers_of_all(server, aws_secret_access_key="wrong" * 8) == {"InvalidSignatureException"}


def test_nobody_is_served_with_an_access_key_that_is_not_there(server):
    assert answers_of_all(server, aws_access_key_id="AKIAIOSFODNN7EXAMPLE") == {"UnrecognizedClientException"}


@pytest.fixture(scope="module")
def session(server):
    return client(server, "sts").get_session_token()["Credentials"]


@pytest.mark.parametrize("spoil", [
    lambda token: None, lambda token: token[:-8] + "AAAAAAAA", lambda token: token + "A", lambda token: token[1:],
    lambda token: token.swapcase(), lambda token: "made up",
], ids=["left out", "another end", "longer", "shorter", "another case", "made up"])
def test_nobody_is_served_with_a_garbled_session_token(server, session, spoil):
    stolen = {**session, "SessionToken": spoil(session["SessionToken"])}
    assert answers_of_all(server, stolen) == {"UnrecognizedClientException"}


def test_nobody_is_served_with_a_session_past_its_end(own_server):
    """No session is shorter than 15 minutes, so the end of this one is moved behind the server's back."""
    stolen = client(own_server, "sts").get_session_token(DurationSeconds=900)["Credentials"]
    client(own_server, "kms", stolen).list_keys()
    own_server.stop()
    with contextlib.closing(sqlite3.connect(own_server.state / "metadata.sqlite")) as database, database:
        assert database.execute("UPDATE session SET expiration_date = creation_date + 1").rowcount == 1
    own_server.start()
    assert answers_of_all(own_server, stolen) == {"ExpiredTokenException"}
