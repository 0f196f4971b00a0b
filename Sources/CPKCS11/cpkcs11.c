#define _GNU_SOURCE
#include "CPKCS11.h"

#include <dlfcn.h>
#include <stdio.h>

// Stands in for data of no length: a null pointer makes some modules crash, and others leave their session stuck.
static uint8_t nothing;

static uint8_t *or_nothing(const uint8_t *bytes, size_t size) {
    return size == 0 ? &nothing : (uint8_t *)bytes;
}

CK_FUNCTION_LIST *cpkcs11_open_module(const char *path, char *reason, size_t reason_size) {
    if (path[0] != '/') {
        snprintf(reason, reason_size, "the path is not absolute");
        return NULL;
    }
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        const char *why = dlerror();
        snprintf(reason, reason_size, "%s", why ? why : "dlopen failed");
        return NULL;
    }
    CK_C_GetFunctionList get_function_list = NULL;
    *(void **)&get_function_list = dlsym(handle, "C_GetFunctionList");
    if (!get_function_list) {
        snprintf(reason, reason_size, "it has no C_GetFunctionList, so it is not a PKCS#11 module");
        return NULL;
    }
    CK_FUNCTION_LIST *functions = NULL;
    CK_RV rv = get_function_list(&functions);
    if (rv != CKR_OK || !functions) {
        snprintf(reason, reason_size, "its C_GetFunctionList failed with 0x%lx", rv);
        return NULL;
    }
    return functions;
}

CK_RV cpkcs11_initialize(CK_FUNCTION_LIST *functions, char *reserved, bool locking) {
    if (!functions->C_Initialize) return CKR_FUNCTION_NOT_SUPPORTED;
    CK_C_INITIALIZE_ARGS arguments = {.flags = locking ? CKF_OS_LOCKING_OK : 0, .pReserved = reserved};
    return functions->C_Initialize(&arguments);
}

static CK_GCM_PARAMS gcm_parameters(uint8_t *iv, size_t iv_size, const uint8_t *aad, size_t aad_size) {
    CK_GCM_PARAMS parameters = {
        .pIv = iv,
        .ulIvLen = iv_size,
        .ulIvBits = iv_size * 8,
        .pAAD = or_nothing(aad, aad_size),
        .ulAADLen = aad_size,
        .ulTagBits = 128,
    };
    return parameters;
}

CK_RV cpkcs11_aes_gcm_encrypt(
    CK_FUNCTION_LIST *functions, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, uint8_t *iv, size_t iv_size,
    const uint8_t *aad, size_t aad_size, const uint8_t *input, size_t input_size, uint8_t *output,
    CK_ULONG *output_size) {
    if (!functions->C_EncryptInit || !functions->C_Encrypt) return CKR_FUNCTION_NOT_SUPPORTED;
    CK_GCM_PARAMS parameters = gcm_parameters(iv, iv_size, aad, aad_size);
    CK_MECHANISM mechanism = {CKM_AES_GCM, &parameters, sizeof parameters};
    CK_RV rv = functions->C_EncryptInit(session, &mechanism, key);
    if (rv != CKR_OK) {
        *output_size = CK_UNAVAILABLE_INFORMATION;
        return rv;
    }
    return functions->C_Encrypt(session, or_nothing(input, input_size), input_size, output, output_size);
}

CK_RV cpkcs11_aes_gcm_decrypt(
    CK_FUNCTION_LIST *functions, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, const uint8_t *iv, size_t iv_size,
    const uint8_t *aad, size_t aad_size, const uint8_t *input, size_t input_size, uint8_t *output,
    CK_ULONG *output_size) {
    if (!functions->C_DecryptInit || !functions->C_Decrypt) return CKR_FUNCTION_NOT_SUPPORTED;
    CK_GCM_PARAMS parameters = gcm_parameters((uint8_t *)iv, iv_size, aad, aad_size);
    CK_MECHANISM mechanism = {CKM_AES_GCM, &parameters, sizeof parameters};
    CK_RV rv = functions->C_DecryptInit(session, &mechanism, key);
    if (rv != CKR_OK) {
        *output_size = CK_UNAVAILABLE_INFORMATION;
        return rv;
    }
    return functions->C_Decrypt(session, or_nothing(input, input_size), input_size, output, output_size);
}
