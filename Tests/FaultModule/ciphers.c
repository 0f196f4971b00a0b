#define _GNU_SOURCE
#include <string.h>
#include <sys/random.h>

#include "fault.h"

static bool is(const struct rule *rule, const char *word) {
    return strcmp(rule->word, word) == 0;
}

/// Whether `gcmiv` lets the caller give this IV.
static bool accepts(const struct rule *rule, const CK_GCM_PARAMS *given) {
    if (is(rule, "append")) return given->ulIvLen == 0;
    if (is(rule, "zero")) {
        for (CK_ULONG index = 0; index < given->ulIvLen; index++) {
            if (given->pIv[index] != 0) return false;
        }
    }
    return is(rule, "same") || (given->pIv && given->ulIvLen == 12);
}

/// Begins an encryption with an IV of the module's own.
static CK_RV begin_with_own_iv(
    struct session *session, const struct rule *rule, const CK_GCM_PARAMS *given, CK_OBJECT_HANDLE key) {
    if (!accepts(rule, given)) return CKR_MECHANISM_PARAM_INVALID;
    if (is(rule, "same")) {
        memset(session->iv, 0x5a, sizeof session->iv);
    } else if (getrandom(session->iv, sizeof session->iv, 0) != sizeof session->iv) {
        return CKR_FUNCTION_FAILED;
    }
    session->own_iv = true;
    session->appended_iv = is(rule, "append");
    session->iv_home = is(rule, "back") || is(rule, "zero") ? given->pIv : NULL;
    session->parameters = *given;
    session->parameters.pIv = session->iv;
    session->parameters.ulIvLen = sizeof session->iv;
    session->parameters.ulIvBits = sizeof session->iv * 8;
    CK_MECHANISM mechanism = {CKM_AES_GCM, &session->parameters, sizeof session->parameters};
    return target->C_EncryptInit(session->handle, &mechanism, key);
}

CK_RV own_C_EncryptInit(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key) {
    struct session *session = session_record(handle);
    struct rule rule;
    if (session) session->own_iv = false;
    bool is_gcm = session && mechanism && mechanism->mechanism == CKM_AES_GCM && mechanism->pParameter
        && mechanism->ulParameterLen == sizeof(CK_GCM_PARAMS);
    if (is_gcm && control_first(GCMIV, F_C_EncryptInit, &rule)) {
        return begin_with_own_iv(session, &rule, mechanism->pParameter, key);
    }
    return target->C_EncryptInit(handle, mechanism, key);
}

static void garble(int function, CK_RV value, CK_BYTE *output, CK_ULONG size) {
    struct rule rule;
    if (value == CKR_OK && output && size > 0 && control_first(GARBLE, function, &rule)) output[size / 2] ^= 1;
}

CK_RV own_C_Encrypt(
    CK_SESSION_HANDLE handle, CK_BYTE *input, CK_ULONG input_size, CK_BYTE *output, CK_ULONG *output_size) {
    struct session *session = session_record(handle);
    bool own_iv = session && session->own_iv;
    CK_ULONG room = *output_size, more = own_iv && session->appended_iv ? sizeof session->iv : 0;
    if (more > 0 && output && room < input_size + 16 + more) {
        *output_size = input_size + 16 + more;
        return CKR_BUFFER_TOO_SMALL;
    }
    CK_RV value = target->C_Encrypt(handle, input, input_size, output, output_size);
    if (own_iv && value == CKR_OK && output) {
        if (more > 0) memcpy(output + *output_size, session->iv, more);
        if (session->iv_home) memcpy(session->iv_home, session->iv, sizeof session->iv);
        session->own_iv = false;
    }
    if (value == CKR_OK || value == CKR_BUFFER_TOO_SMALL) *output_size += more;
    garble(F_C_Encrypt, value, output, *output_size);
    return value;
}

CK_RV own_C_Decrypt(
    CK_SESSION_HANDLE session, CK_BYTE *input, CK_ULONG input_size, CK_BYTE *output, CK_ULONG *output_size) {
    CK_RV value = target->C_Decrypt(session, input, input_size, output, output_size);
    garble(F_C_Decrypt, value, output, *output_size);
    return value;
}

CK_RV own_C_Sign(
    CK_SESSION_HANDLE session, CK_BYTE *input, CK_ULONG input_size, CK_BYTE *output, CK_ULONG *output_size) {
    CK_RV value = target->C_Sign(session, input, input_size, output, output_size);
    garble(F_C_Sign, value, output, *output_size);
    return value;
}

CK_RV own_C_GenerateRandom(CK_SESSION_HANDLE session, CK_BYTE *output, CK_ULONG size) {
    CK_RV value = target->C_GenerateRandom(session, output, size);
    struct rule rule;
    if (value == CKR_OK && control_first(CONSTRANDOM, F_C_GenerateRandom, &rule)) memset(output, 0x42, size);
    garble(F_C_GenerateRandom, value, output, size);
    return value;
}
