"""Keys as they should be, and operations whose answers are held against them."""
import dataclasses
import random
import subprocess
import tempfile

from client import Client, Refused, data, text

KINDS = {
    "symmetric": dict(KeySpec="SYMMETRIC_DEFAULT", KeyUsage="ENCRYPT_DECRYPT"),
    "imported": dict(KeySpec="SYMMETRIC_DEFAULT", KeyUsage="ENCRYPT_DECRYPT", Origin="EXTERNAL"),
    "mac": dict(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC"),
    "ec": dict(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY"),
    "rsa": dict(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY"),
}
# What AWS KMS lets a key be rotated on demand.
MOST_ROTATIONS = 25


class WrongAnswer(Exception):
    """The server said something that is not so."""


@dataclasses.dataclass
class Sealed:
    blob: bytes
    plaintext: bytes
    context: dict


@dataclasses.dataclass
class Key:
    id: str
    kind: str
    state: str = "Enabled"
    rotations: int = 0
    # Imported material, which is imported again after its deletion.
    material: bytes = b""
    has_material: bool = True
    sealed: list = dataclasses.field(default_factory=list)
    # (message, signature) or (message, MAC)
    proofs: list = dataclasses.field(default_factory=list)

    @property
    def seals(self) -> bool:
        return self.kind in ("symmetric", "imported")

    @property
    def is_usable(self) -> bool:
        return self.state == "Enabled" and self.has_material


class Model:
    """The keys of one client, which nobody else uses."""

    # The most of each that are kept; a token of the size that people have holds some thousands.
    MOST_KEYS = 60
    MOST_SEALED = 40
    MOST_PROOFS = 20

    def __init__(self, client: Client, generator: random.Random):
        self.client = client
        self.generator = generator
        self.keys: list[Key] = []
        self.wrong: list[str] = []
        # A key of each kind first, so that all operations have one.
        for kind in KINDS:
            self.create(kind)

    # Operations, by how often they are done

    OPERATIONS = {
        "encrypt": 30, "decrypt": 30, "data_key": 15, "re_encrypt": 6, "sign": 8, "verify": 6, "mac": 8, "tampered": 6,
        "random": 2, "describe": 4, "create": 1, "rotate": 1, "disable": 1, "enable": 1, "delete": 0.4, "cancel": 0.3,
        "delete_material": 0.4, "import_again": 0.6, "alias": 0.6,
    }

    def step(self) -> None:
        names, weights = zip(*self.OPERATIONS.items())
        name = self.generator.choices(names, weights)[0]
        try:
            getattr(self, name)()
        except Refused as refusal:
            self.note(f"{name}: {refusal}")
        except WrongAnswer as wrong:
            self.note(f"{name}: {wrong}")

    def look_again(self) -> None:
        """After an operation that ended without an answer: it may have been done or not."""
        for key in self.keys:
            state = self.client.call("DescribeKey", KeyId=key.id)["KeyMetadata"]["KeyState"]
            key.has_material = state != "PendingImport"
            key.state = "Enabled" if state == "PendingImport" else state

    def note(self, what: str) -> None:
        self.wrong.append(what)

    def pick(self, *conditions) -> Key | None:
        found = [key for key in self.keys if all(condition(key) for condition in conditions)]
        return self.generator.choice(found) if found else None

    def pick_sealing(self) -> Key | None:
        return self.pick(lambda key: key.seals and key.is_usable)

    def new_context(self) -> dict:
        names = ["tenant", "purpose", "größe"][:self.generator.randrange(4)]
        return {name: str(self.generator.getrandbits(32)) for name in names}

    @staticmethod
    def remember(items: list, item, most: int, generator: random.Random) -> None:
        if len(items) < most:
            items.append(item)
        else:
            items[generator.randrange(most)] = item

    # Sealing

    def encrypt(self) -> None:
        key = self.pick_sealing()
        if not key:
            return
        plaintext = self.generator.randbytes(self.generator.choice([1, 16, 32, 100, 1000, 4096]))
        context = self.new_context()
        answer = self.client.call(
            "Encrypt", KeyId=key.id, Plaintext=text(plaintext), EncryptionContext=context)
        self.keep(key, data(answer["CiphertextBlob"]), plaintext, context)

    def keep(self, key: Key, blob: bytes, plaintext: bytes, context: dict) -> None:
        if plaintext in blob and len(plaintext) > 8:
            raise WrongAnswer("a ciphertext has its plaintext in it")
        if any(blob == other.blob for other in key.sealed):
            raise WrongAnswer("the same ciphertext came twice")
        self.remember(key.sealed, Sealed(blob, plaintext, context), self.MOST_SEALED, self.generator)

    def decrypt(self) -> None:
        key = self.pick(lambda key: key.seals and key.is_usable and key.sealed)
        if key:
            self.open(key, self.generator.choice(key.sealed))

    def open(self, key: Key, sealed: Sealed) -> None:
        answer = self.client.call("Decrypt", CiphertextBlob=text(sealed.blob), EncryptionContext=sealed.context)
        if data(answer["Plaintext"]) != sealed.plaintext:
            raise WrongAnswer(f"a ciphertext of {key.kind} {key.id} opened to another plaintext")
        if not answer["KeyId"].endswith(key.id):
            raise WrongAnswer(f"a ciphertext of {key.id} was opened by {answer['KeyId']}")

    def data_key(self) -> None:
        key = self.pick_sealing()
        if not key:
            return
        context = self.new_context()
        answer = self.client.call(
            "GenerateDataKey", KeyId=key.id, NumberOfBytes=32, EncryptionContext=context)
        plaintext = data(answer["Plaintext"])
        if len(plaintext) != 32 or len(set(plaintext)) < 8:
            raise WrongAnswer("a data key that cannot be random")
        self.keep(key, data(answer["CiphertextBlob"]), plaintext, context)

    def re_encrypt(self) -> None:
        source = self.pick(lambda key: key.seals and key.is_usable and key.sealed)
        destination = self.pick_sealing()
        if not source or not destination:
            return
        sealed = self.generator.choice(source.sealed)
        context = self.new_context()
        answer = self.client.call(
            "ReEncrypt", CiphertextBlob=text(sealed.blob), SourceEncryptionContext=sealed.context,
            DestinationKeyId=destination.id, DestinationEncryptionContext=context)
        self.keep(destination, data(answer["CiphertextBlob"]), sealed.plaintext, context)

    def tampered(self) -> None:
        key = self.pick(lambda key: key.seals and key.is_usable and key.sealed)
        if not key:
            return
        sealed = self.generator.choice(key.sealed)
        blob = bytearray(sealed.blob)
        # Behind the header, which names the key: what the token has to find out.
        blob[self.generator.randrange(26, len(blob))] ^= 1 << self.generator.randrange(8)
        try:
            self.client.call("Decrypt", CiphertextBlob=text(bytes(blob)), EncryptionContext=sealed.context)
        except Refused as refusal:
            if refusal.code != "InvalidCiphertextException":
                raise WrongAnswer(f"a changed ciphertext was answered with {refusal}")
        else:
            raise WrongAnswer("a changed ciphertext was opened")

    def random(self) -> None:
        answer = self.client.call("GenerateRandom", NumberOfBytes=64)
        if len(set(data(answer["Plaintext"]))) < 16:
            raise WrongAnswer("GenerateRandom's answer cannot be random")

    # Proofs

    def signing(self, key: Key) -> dict:
        algorithm = "ECDSA_SHA_256" if key.kind == "ec" else "RSASSA_PSS_SHA_256"
        return dict(KeyId=key.id, SigningAlgorithm=algorithm)

    def sign(self) -> None:
        key = self.pick(lambda key: key.kind in ("ec", "rsa") and key.is_usable)
        if not key:
            return
        message = self.generator.randbytes(50)
        answer = self.client.call("Sign", Message=text(message), **self.signing(key))
        self.remember(key.proofs, (message, data(answer["Signature"])), self.MOST_PROOFS, self.generator)

    def verify(self) -> None:
        key = self.pick(lambda key: key.kind in ("ec", "rsa") and key.is_usable and key.proofs)
        if key:
            self.prove(key, *self.generator.choice(key.proofs))

    def prove(self, key: Key, message: bytes, proof: bytes) -> None:
        if key.kind == "mac":
            answer = self.client.call(
                "VerifyMac", KeyId=key.id, MacAlgorithm="HMAC_SHA_256", Message=text(message), Mac=text(proof))
            is_valid = answer["MacValid"]
        else:
            answer = self.client.call("Verify", Message=text(message), Signature=text(proof), **self.signing(key))
            is_valid = answer["SignatureValid"]
        if is_valid is not True:
            raise WrongAnswer(f"a proof of {key.kind} {key.id} is not valid")

    def mac(self) -> None:
        key = self.pick(lambda key: key.kind == "mac" and key.is_usable)
        if not key:
            return
        message = self.generator.randbytes(80)
        answer = self.client.call("GenerateMac", KeyId=key.id, MacAlgorithm="HMAC_SHA_256", Message=text(message))
        code = data(answer["Mac"])
        for known, proof in key.proofs:
            if known == message and proof != code:
                raise WrongAnswer("the same message has two MACs")
        self.remember(key.proofs, (message, code), self.MOST_PROOFS, self.generator)
        self.prove(key, message, code)

    # Keys

    def create(self, kind: str | None = None) -> None:
        if len(self.keys) >= self.MOST_KEYS:
            return
        # An RSA key takes the token a second: seldom.
        kind = kind or self.generator.choices(list(KINDS), [10, 4, 4, 4, 0.5])[0]
        answer = self.client.call("CreateKey", Description="soak", **KINDS[kind])
        key = Key(answer["KeyMetadata"]["KeyId"], kind)
        if kind == "imported":
            key.material = self.generator.randbytes(32)
            key.has_material = False
            self.import_material(key)
        self.keys.append(key)

    def import_material(self, key: Key) -> None:
        parameters = self.client.call(
            "GetParametersForImport", KeyId=key.id, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")
        self.client.call(
            "ImportKeyMaterial", KeyId=key.id, ImportToken=parameters["ImportToken"],
            EncryptedKeyMaterial=text(wrap(data(parameters["PublicKey"]), key.material)),
            ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE")
        key.has_material = True

    def import_again(self) -> None:
        key = self.pick(lambda key: key.kind == "imported" and not key.has_material and key.state == "Enabled")
        if key:
            self.import_material(key)

    def delete_material(self) -> None:
        key = self.pick(lambda key: key.kind == "imported" and key.is_usable)
        if key and len([key for key in self.keys if key.kind == "imported" and key.is_usable]) > 1:
            self.client.call("DeleteImportedKeyMaterial", KeyId=key.id)
            key.has_material = False

    def rotate(self) -> None:
        key = self.pick(lambda key: key.kind == "symmetric" and key.is_usable and key.rotations < MOST_ROTATIONS - 8)
        if not key:
            return
        # Counted before: a rotation without an answer may have been done, and be done again.
        key.rotations += 1
        try:
            self.client.call("RotateKeyOnDemand", KeyId=key.id)
        except Refused as refusal:
            # One at a time, and the limit when attempts without an answer were done.
            if refusal.code not in ("LimitExceededException", "ConflictException"):
                raise
            key.rotations = MOST_ROTATIONS

    def expect_refusal(self, key: Key, code: str) -> None:
        try:
            self.client.call("Encrypt", KeyId=key.id, Plaintext=text(b"x"))
        except Refused as refusal:
            if refusal.code != code:
                raise WrongAnswer(f"a key that is {key.state} answered {refusal} and not {code}")
        else:
            raise WrongAnswer(f"a key that is {key.state} encrypts")

    def disable(self) -> None:
        key = self.pick(lambda key: key.kind == "symmetric" and key.is_usable)
        # One of each kind stays enabled.
        if key and len([key for key in self.keys if key.kind == "symmetric" and key.is_usable]) > 1:
            self.client.call("DisableKey", KeyId=key.id)
            key.state = "Disabled"
            self.expect_refusal(key, "DisabledException")

    def enable(self) -> None:
        key = self.pick(lambda key: key.state == "Disabled")
        if key:
            self.client.call("EnableKey", KeyId=key.id)
            key.state = "Enabled"

    def delete(self) -> None:
        key = self.pick(lambda key: key.kind == "symmetric" and key.state == "Enabled")
        if key and len([key for key in self.keys if key.kind == "symmetric" and key.is_usable]) > 2:
            try:
                self.client.call("ScheduleKeyDeletion", KeyId=key.id, PendingWindowInDays=7)
            except Refused as refusal:
                if not (refusal.uncertain and refusal.code == "KMSInvalidStateException"):
                    raise
            key.state = "PendingDeletion"
            self.expect_refusal(key, "KMSInvalidStateException")

    def cancel(self) -> None:
        key = self.pick(lambda key: key.state == "PendingDeletion")
        if key:
            try:
                self.client.call("CancelKeyDeletion", KeyId=key.id)
            except Refused as refusal:
                if not (refusal.uncertain and refusal.code == "KMSInvalidStateException"):
                    raise
            key.state = "Disabled"

    def alias(self) -> None:
        key = self.pick_sealing()
        if not key:
            return
        name = f"alias/soak-{self.generator.getrandbits(64):x}"
        try:
            self.client.call("CreateAlias", AliasName=name, TargetKeyId=key.id)
        except Refused as refusal:
            if not (refusal.uncertain and refusal.code == "AlreadyExistsException"):
                raise
        plaintext = self.generator.randbytes(20)
        answer = self.client.call("Encrypt", KeyId=name, Plaintext=text(plaintext))
        self.keep(key, data(answer["CiphertextBlob"]), plaintext, {})
        try:
            self.client.call("DeleteAlias", AliasName=name)
        except Refused as refusal:
            if not (refusal.uncertain and refusal.code == "NotFoundException"):
                raise

    def describe(self) -> None:
        key = self.pick(lambda key: True)
        if key:
            self.see(key)

    def see(self, key: Key) -> None:
        state = self.client.call("DescribeKey", KeyId=key.id)["KeyMetadata"]["KeyState"]
        expected = key.state if key.has_material or key.state == "PendingDeletion" else "PendingImport"
        if state != expected:
            raise WrongAnswer(f"{key.kind} {key.id} is {state}, not {expected}")

    # The end

    def reckon(self) -> dict:
        """Looks at everything once more: what is lost, and what cannot be read."""
        lost, unreadable, opened = [], [], 0
        for key in self.keys:
            try:
                self.see(key)
                if key.state == "PendingDeletion":
                    self.client.call("CancelKeyDeletion", KeyId=key.id)
                    key.state = "Disabled"
                if key.state == "Disabled":
                    self.client.call("EnableKey", KeyId=key.id)
                    key.state = "Enabled"
                if not key.has_material:
                    self.import_material(key)
            except (Refused, WrongAnswer) as error:
                lost.append(f"{key.kind} {key.id}: {error}")
                continue
            for sealed in key.sealed:
                try:
                    self.open(key, sealed)
                    opened += 1
                except (Refused, WrongAnswer) as error:
                    unreadable.append(f"{key.kind} {key.id}: {error}")
            for proof in key.proofs:
                try:
                    self.prove(key, *proof)
                    opened += 1
                except (Refused, WrongAnswer) as error:
                    unreadable.append(f"{key.kind} {key.id}: {error}")
        return {"keys": len(self.keys), "lost": lost, "unreadable": unreadable, "opened": opened}


def wrap(public_key: bytes, material: bytes) -> bytes:
    """RSAES_OAEP_SHA_256, by the openssl program."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(public_key)
        file.flush()
        return subprocess.run(
            ["openssl", "pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", file.name,
             "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256"],
            input=material, stdout=subprocess.PIPE, check=True,
        ).stdout
