#include "internal.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <string.h>

bool libcrypto_certificate_common_name(
    const void *certificate, size_t size, size_t index, void *output, size_t *output_size) {
    const unsigned char *position = certificate;
    X509 *parsed = size > 0 && size <= INT32_MAX ? d2i_X509(NULL, &position, (long)size) : NULL;
    const X509_NAME *subject = parsed ? X509_get_subject_name(parsed) : NULL;
    int place = -1;
    for (size_t count = 0; subject && count <= index; count++) {
        place = X509_NAME_get_index_by_NID((X509_NAME *)(uintptr_t)subject, NID_commonName, place);
        if (place < 0) subject = NULL;
    }
    unsigned char *text = NULL;
    int length = -1;
    if (subject) length = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, place)));
    bool is_done = length >= 0 && length <= libcrypto_room;
    if (is_done) {
        memcpy(output, text, (size_t)length);
        *output_size = (size_t)length;
    }
    OPENSSL_free(text);
    X509_free(parsed);
    ERR_clear_error();
    return is_done;
}
