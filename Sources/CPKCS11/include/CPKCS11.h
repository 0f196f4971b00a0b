// What Swift cannot import from PKCS#11's header, each with its reason.
#ifndef STRONGROOM_CPKCS11_H
#define STRONGROOM_CPKCS11_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <p11-kit/pkcs11.h>

// Macros with casts do not cross into Swift.
static const CK_ULONG cpkcs11_unavailable_information = (CK_ULONG)-1;
static const CK_ULONG cpkcs11_effectively_infinite = 0;
static const CK_RV cpkcs11_vendor_defined = CKR_VENDOR_DEFINED;

/// Opens the module at `path` and gives its function list.
///
/// In C because the table's type is a pointer to a pointer to functions, looked up by name in a handle. `path` must
/// be absolute: dlopen would search the system's folders for anything else. On failure NULL is given and `reason`
/// (at least 256 bytes) says why. The module stays loaded for the life of the process: unloading one that has
/// threads of its own is not safe.
CK_FUNCTION_LIST *cpkcs11_open_module(const char *path, char *reason, size_t reason_size);

/// C_Initialize with CKF_OS_LOCKING_OK, or without it for modules that cannot lock and one thread, and `reserved` (NULL
/// but for modules that need a string, such as NSS).
CK_RV cpkcs11_initialize(CK_FUNCTION_LIST *functions, char *reserved, bool locking);

/// Encrypts in one part with AES-GCM, a 96-bit IV and a 128-bit tag (NIST SP 800-38D).
///
/// In C because CK_GCM_PARAMS holds two pointers whose life Swift would have to nest, on the hottest path there is.
/// `iv` is written by modules that make their own. No length is ever queried: `output` has room for all. When it was
/// C_EncryptInit that failed, `output_size` becomes CK_UNAVAILABLE_INFORMATION.
CK_RV cpkcs11_aes_gcm_encrypt(
    CK_FUNCTION_LIST *functions, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, uint8_t *iv, size_t iv_size,
    const uint8_t *aad, size_t aad_size, const uint8_t *input, size_t input_size, uint8_t *output,
    CK_ULONG *output_size);

/// The counterpart of cpkcs11_aes_gcm_encrypt; `input` is ciphertext and tag.
CK_RV cpkcs11_aes_gcm_decrypt(
    CK_FUNCTION_LIST *functions, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, const uint8_t *iv, size_t iv_size,
    const uint8_t *aad, size_t aad_size, const uint8_t *input, size_t input_size, uint8_t *output,
    CK_ULONG *output_size);

/// Forks, and has the child ask the module what it answers for what the child inherited: C_GetSessionInfo,
/// C_GetAttributeValue, C_OpenSession, C_Initialize, in this order. Gives how many answers came before the child died
/// or was silent for five seconds.
///
/// In C because Swift has no fork(). For the checks of a token alone: a worker that serves never forks.
size_t cpkcs11_answers_after_fork(
    CK_FUNCTION_LIST *functions, CK_SLOT_ID slot, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
    CK_RV *answers);

#endif
