"""Imports of key material, wrapped by the openssl command."""
import dataclasses
import pathlib

import openssl


@dataclasses.dataclass
class Importer:
    kms: object
    folder: pathlib.Path

    def new_key(self, spec: str = "SYMMETRIC_DEFAULT", usage: str = "ENCRYPT_DECRYPT") -> dict:
        return self.kms.create_key(KeySpec=spec, KeyUsage=usage, Origin="EXTERNAL")["KeyMetadata"]

    def parameters(self, key, algorithm: str = "RSA_AES_KEY_WRAP_SHA_256", spec: str = "RSA_2048") -> dict:
        return self.kms.get_parameters_for_import(
            KeyId=key["KeyId"], WrappingAlgorithm=algorithm, WrappingKeySpec=spec
        )

    def wrap(self, material: bytes, parameters: dict, algorithm: str = "RSA_AES_KEY_WRAP_SHA_256") -> bytes:
        return openssl.wrap(self.folder, material, parameters["PublicKey"], algorithm)

    def send(self, key, parameters: dict, wrapped: bytes, **more) -> dict:
        if "ExpirationModel" not in more and "ValidTo" not in more:
            more["ExpirationModel"] = "KEY_MATERIAL_DOES_NOT_EXPIRE"
        return self.kms.import_key_material(
            KeyId=key["KeyId"], ImportToken=parameters["ImportToken"], EncryptedKeyMaterial=wrapped, **more
        )

    def run(
        self, key, material: bytes, algorithm: str = "RSA_AES_KEY_WRAP_SHA_256", spec: str = "RSA_2048", **more
    ) -> dict:
        """The whole import."""
        parameters = self.parameters(key, algorithm, spec)
        return self.send(key, parameters, self.wrap(material, parameters, algorithm), **more)

    def state(self, key) -> str:
        return self.kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"]
