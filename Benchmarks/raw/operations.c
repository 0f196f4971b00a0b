/*
 * Every operation does what any correct caller must do and no more: one init
 * and one single-part call, with the same mechanism that Strongroom uses.
 */
#include "operations.h"

#include <string.h>

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_ULONG secret_bytes = 32;

/* What all secret and private keys have. A function's own attributes follow. */
#define RESIDENT \
    { CKA_TOKEN, &yes, sizeof yes }, { CKA_PRIVATE, &yes, sizeof yes }, { CKA_SENSITIVE, &yes, sizeof yes }, \
    { CKA_EXTRACTABLE, &no, sizeof no }
#define COUNT(array) (sizeof array / sizeof *array)

/* Keys */

static CK_OBJECT_HANDLE generate_aes(CK_FUNCTION_LIST *token, CK_SESSION_HANDLE session) {
    CK_ATTRIBUTE template[] = { RESIDENT, { CKA_ENCRYPT, &yes, sizeof yes }, { CKA_DECRYPT, &yes, sizeof yes },
                                { CKA_VALUE_LEN, &secret_bytes, sizeof secret_bytes } };
    CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_OBJECT_HANDLE key;
    check("C_GenerateKey", token->C_GenerateKey(session, &mechanism, template, COUNT(template), &key));
    return key;
}

static CK_OBJECT_HANDLE aes_key(CK_FUNCTION_LIST *token, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *other) {
    *other = 0;
    return generate_aes(token, session);
}

static CK_OBJECT_HANDLE hmac_key(CK_FUNCTION_LIST *token, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *other) {
    CK_KEY_TYPE type = CKK_GENERIC_SECRET;
    CK_ATTRIBUTE template[] = { RESIDENT, { CKA_SIGN, &yes, sizeof yes }, { CKA_VERIFY, &yes, sizeof yes },
                                { CKA_KEY_TYPE, &type, sizeof type },
                                { CKA_VALUE_LEN, &secret_bytes, sizeof secret_bytes } };
    CK_MECHANISM mechanism = { CKM_GENERIC_SECRET_KEY_GEN, NULL, 0 };
    CK_OBJECT_HANDLE key;
    check("C_GenerateKey", token->C_GenerateKey(session, &mechanism, template, COUNT(template), &key));
    *other = 0;
    return key;
}

/* An RSA-2048 pair whose private part has the one usage. */
static CK_OBJECT_HANDLE rsa_pair(CK_FUNCTION_LIST *token, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *other,
                                 CK_ATTRIBUTE_TYPE usage) {
    CK_ULONG bits = 2048;
    unsigned char exponent[] = { 1, 0, 1 };
    CK_ATTRIBUTE public[] = { { CKA_TOKEN, &no, sizeof no }, { CKA_MODULUS_BITS, &bits, sizeof bits },
                              { CKA_PUBLIC_EXPONENT, exponent, sizeof exponent },
                              { CKA_ENCRYPT, &yes, sizeof yes }, { CKA_VERIFY, &yes, sizeof yes } };
    CK_ATTRIBUTE private[] = { RESIDENT, { usage, &yes, sizeof yes } };
    CK_MECHANISM mechanism = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
    CK_OBJECT_HANDLE key;
    check("C_GenerateKeyPair", token->C_GenerateKeyPair(session, &mechanism, public, COUNT(public), private,
                                                        COUNT(private), other, &key));
    return key;
}

static CK_OBJECT_HANDLE rsa_signer(CK_FUNCTION_LIST *token, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *other) {
    return rsa_pair(token, session, other, CKA_SIGN);
}

static CK_OBJECT_HANDLE rsa_opener(CK_FUNCTION_LIST *token, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *other) {
    return rsa_pair(token, session, other, CKA_DECRYPT);
}

static CK_OBJECT_HANDLE p256_signer(CK_FUNCTION_LIST *token, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *other) {
    /* The object identifier 1.2.840.10045.3.1.7 */
    unsigned char curve[] = { 6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7 };
    CK_ATTRIBUTE public[] = { { CKA_TOKEN, &no, sizeof no }, { CKA_EC_PARAMS, curve, sizeof curve },
                              { CKA_VERIFY, &yes, sizeof yes } };
    CK_ATTRIBUTE private[] = { RESIDENT, { CKA_SIGN, &yes, sizeof yes } };
    CK_MECHANISM mechanism = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    CK_OBJECT_HANDLE key;
    check("C_GenerateKeyPair", token->C_GenerateKeyPair(session, &mechanism, public, COUNT(public), private,
                                                        COUNT(private), other, &key));
    return key;
}

void wrap(CK_FUNCTION_LIST *token, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE public_key,
          unsigned char wrapped[modulus_bytes]) {
    unsigned char block[modulus_bytes] = { 0 };
    memset(block + modulus_bytes - secret_bytes, 'k', secret_bytes);
    CK_MECHANISM mechanism = { CKM_RSA_X_509, NULL, 0 };
    CK_ULONG length = modulus_bytes;
    check("C_EncryptInit", token->C_EncryptInit(session, &mechanism, public_key));
    check("C_Encrypt", token->C_Encrypt(session, block, sizeof block, wrapped, &length));
}

/* Operations */

/* A fresh 96-bit IV from the token's generator for every encryption, fetched in blocks as Strongroom does. */
static CK_OBJECT_HANDLE encrypt(struct lane *lane) {
    static unsigned char aad[aad_bytes], plaintext[plaintext_bytes];
    unsigned char ciphertext[plaintext_bytes + tag_bytes];
    if (lane->used_ivs == ivs_a_block || lane->done == 0) {
        check("C_GenerateRandom", lane->token->C_GenerateRandom(lane->session, lane->ivs[0], sizeof lane->ivs));
        lane->used_ivs = 0;
    }
    unsigned char *iv = lane->ivs[lane->used_ivs++];
    CK_GCM_PARAMS parameters = { iv, iv_bytes, iv_bytes * 8, aad, aad_bytes, tag_bytes * 8 };
    CK_MECHANISM mechanism = { CKM_AES_GCM, &parameters, sizeof parameters };
    CK_ULONG length = sizeof ciphertext;
    check("C_EncryptInit", lane->token->C_EncryptInit(lane->session, &mechanism, lane->key));
    check("C_Encrypt", lane->token->C_Encrypt(lane->session, plaintext, sizeof plaintext, ciphertext, &length));
    if (length != sizeof ciphertext)
        fail("C_Encrypt returned %lu bytes instead of %zu; this token cannot be measured", length, sizeof ciphertext);
    return 0;
}

static void sign(struct lane *lane, CK_MECHANISM *mechanism, CK_ULONG expected) {
    unsigned char input[32], output[modulus_bytes];
    memset(input, 'm', sizeof input);
    CK_ULONG length = sizeof output;
    check("C_SignInit", lane->token->C_SignInit(lane->session, mechanism, lane->key));
    check("C_Sign", lane->token->C_Sign(lane->session, input, sizeof input, output, &length));
    if (length != expected)
        fail("C_Sign returned %lu bytes instead of %lu; this token cannot be measured", length, expected);
}

static CK_OBJECT_HANDLE sign_pss(struct lane *lane) {
    CK_RSA_PKCS_PSS_PARAMS parameters = { CKM_SHA256, CKG_MGF1_SHA256, 32 };
    CK_MECHANISM mechanism = { CKM_RSA_PKCS_PSS, &parameters, sizeof parameters };
    sign(lane, &mechanism, modulus_bytes);
    return 0;
}

static CK_OBJECT_HANDLE sign_p256(struct lane *lane) {
    CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
    sign(lane, &mechanism, 64);
    return 0;
}

static CK_OBJECT_HANDLE mac(struct lane *lane) {
    CK_MECHANISM mechanism = { CKM_SHA256_HMAC, NULL, 0 };
    sign(lane, &mechanism, 32);
    return 0;
}

static CK_OBJECT_HANDLE generate(struct lane *lane) {
    return generate_aes(lane->token, lane->session);
}

/* This token's OAEP has no SHA-256: the private key does the bare RSA, and what is in it becomes an object. The
 * look at the padding, a few microseconds, is left out. */
static CK_OBJECT_HANDLE import(struct lane *lane) {
    unsigned char wrapped[modulus_bytes], block[modulus_bytes];
    memcpy(wrapped, lane->wrapped, sizeof wrapped);
    CK_MECHANISM mechanism = { CKM_RSA_X_509, NULL, 0 };
    CK_ULONG length = sizeof block;
    check("C_DecryptInit", lane->token->C_DecryptInit(lane->session, &mechanism, lane->key));
    check("C_Decrypt", lane->token->C_Decrypt(lane->session, wrapped, sizeof wrapped, block, &length));
    if (length != sizeof block)
        fail("C_Decrypt returned %lu bytes instead of %zu; this token cannot be measured", length, sizeof block);
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_ATTRIBUTE template[] = { RESIDENT, { CKA_CLASS, &class, sizeof class }, { CKA_KEY_TYPE, &type, sizeof type },
                                { CKA_ENCRYPT, &yes, sizeof yes }, { CKA_DECRYPT, &yes, sizeof yes },
                                { CKA_VALUE, block + modulus_bytes - secret_bytes, secret_bytes } };
    CK_OBJECT_HANDLE key;
    check("C_CreateObject", lane->token->C_CreateObject(lane->session, template, COUNT(template), &key));
    return key;
}

static const struct operation operations[] = {
    { .name = "encrypt", .make_key = aes_key, .perform = encrypt, .with_copy = 1 },
    { .name = "sign-rsa-2048-pss", .make_key = rsa_signer, .perform = sign_pss },
    { .name = "sign-p256", .make_key = p256_signer, .perform = sign_p256 },
    { .name = "mac", .make_key = hmac_key, .perform = mac, .with_copy = 1 },
    { .name = "generate", .make_key = aes_key, .perform = generate, .makes_object = 1 },
    { .name = "import", .make_key = rsa_opener, .perform = import, .makes_object = 1 },
};

const struct operation *operation_named(const char *name) {
    for (size_t i = 0; i < COUNT(operations); i++)
        if (!strcmp(operations[i].name, name)) return &operations[i];
    return NULL;
}
