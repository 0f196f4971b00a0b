import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from errors import refused

CURVES = {
    "ECC_NIST_P256": "secp256r1", "ECC_NIST_P384": "secp384r1", "ECC_NIST_P521": "secp521r1",
    "ECC_SECG_P256K1": "secp256k1",
}
SPECS = ["RSA_2048", "RSA_3072", "RSA_4096", *CURVES, "ECC_NIST_EDWARDS25519"]


def check_pair(spec, private_der, public_der):
    """The two are a pair of the spec, and work."""
    private = serialization.load_der_private_key(private_der, None)
    public = serialization.load_der_public_key(public_der)
    assert private.public_key() == public
    if spec in CURVES:
        assert private.curve.name == CURVES[spec]
        public.verify(private.sign(b"m", ec.ECDSA(hashes.SHA256())), b"m", ec.ECDSA(hashes.SHA256()))
    elif spec.startswith("RSA_"):
        assert isinstance(private, rsa.RSAPrivateKey)
        assert (private.key_size, public.public_numbers().e) == (int(spec.removeprefix("RSA_")), 65537)
        signature = private.sign(b"m", padding.PKCS1v15(), hashes.SHA256())
        public.verify(signature, b"m", padding.PKCS1v15(), hashes.SHA256())
    else:
        assert isinstance(private, ed25519.Ed25519PrivateKey)
        public.verify(private.sign(b"m"), b"m")
    again = private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert serialization.load_der_private_key(again, None).public_key() == public


@pytest.mark.parametrize("spec", SPECS)
def test_a_pair_of_every_spec_is_one_that_python_can_use(kms, key, spec):
    made = kms.generate_data_key_pair(KeyId=key["KeyId"], KeyPairSpec=spec, EncryptionContext={"for": "test"})
    assert (made["KeyId"], made["KeyPairSpec"]) == (key["Arn"], spec)
    assert made["KeyMaterialId"] == key["CurrentKeyMaterialId"]
    check_pair(spec, made["PrivateKeyPlaintext"], made["PublicKey"])
    back = kms.decrypt(CiphertextBlob=made["PrivateKeyCiphertextBlob"], EncryptionContext={"for": "test"})
    assert back["Plaintext"] == made["PrivateKeyPlaintext"]
    with refused("InvalidCiphertextException", ""):
        kms.decrypt(CiphertextBlob=made["PrivateKeyCiphertextBlob"])


@pytest.mark.parametrize("spec", SPECS)
def test_without_plaintext_the_private_key_comes_out_of_decrypt_alone(kms, key, spec):
    made = kms.generate_data_key_pair_without_plaintext(KeyId=key["KeyId"], KeyPairSpec=spec)
    assert "PrivateKeyPlaintext" not in made
    assert (made["KeyId"], made["KeyPairSpec"], made["KeyMaterialId"]) == (
        key["Arn"], spec, key["CurrentKeyMaterialId"]
    )
    private = kms.decrypt(CiphertextBlob=made["PrivateKeyCiphertextBlob"])["Plaintext"]
    check_pair(spec, private, made["PublicKey"])


def test_no_two_pairs_are_equal(kms, key):
    made = {
        kms.generate_data_key_pair(KeyId=key["KeyId"], KeyPairSpec="ECC_NIST_P256")["PublicKey"] for _ in range(20)
    }
    assert len(made) == 20


def test_a_spec_that_is_not_for_data_key_pairs_is_refused(kms, key):
    for spec in ("HMAC_256", "SYMMETRIC_DEFAULT", "ML_DSA_44"):
        with refused("ValidationException"):
            kms.generate_data_key_pair(KeyId=key["KeyId"], KeyPairSpec=spec)
    with refused("UnsupportedOperationException"):
        kms.generate_data_key_pair(KeyId=key["KeyId"], KeyPairSpec="SM2")


@pytest.mark.parametrize("operation", ["generate_data_key_pair", "generate_data_key_pair_without_plaintext"])
def test_only_symmetric_keys_seal_pairs(kms, shared_key, operation):
    name = "".join(word.capitalize() for word in operation.split("_"))
    for spec, usage in (("RSA_2048", "SIGN_VERIFY"), ("HMAC_256", "GENERATE_VERIFY_MAC")):
        key = shared_key(spec, usage)
        with refused("InvalidKeyUsageException", f"{key['Arn']} key usage is {usage} which is not valid for {name}."):
            getattr(kms, operation)(KeyId=key["KeyId"], KeyPairSpec="ECC_NIST_P256")
    with refused("InvalidKeyUsageException"):
        getattr(kms, operation)(
            KeyId=shared_key("RSA_2048", "ENCRYPT_DECRYPT")["KeyId"], KeyPairSpec="ECC_NIST_P256"
        )


@pytest.mark.parametrize("operation", ["generate_data_key_pair", "generate_data_key_pair_without_plaintext"])
def test_a_dry_run_makes_no_pair(kms, key, operation):
    with refused("DryRunOperationException", "The request would have succeeded, but the DryRun option is set."):
        getattr(kms, operation)(KeyId=key["KeyId"], KeyPairSpec="RSA_4096", DryRun=True)
