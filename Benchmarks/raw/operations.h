/* What a lane can do over and over: one entry for each operation that the benchmark compares with. */
#ifndef STRONGROOM_BENCHMARK_OPERATIONS_H
#define STRONGROOM_BENCHMARK_OPERATIONS_H

#include "token.h"

#include <pthread.h>

enum { iv_bytes = 12, ivs_a_block = 1024, plaintext_bytes = 32, aad_bytes = 64, tag_bytes = 16 };

struct lane {
    pthread_t thread;
    CK_FUNCTION_LIST *token;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    unsigned long done;
    /* Encryption: a block of IVs from the token, and how many of them are used. */
    unsigned char ivs[ivs_a_block][iv_bytes];
    int used_ivs;
    /* Import: what is unwrapped. */
    const unsigned char *wrapped;
};

struct operation {
    const char *name;
    /* Makes the key, as a token object. `other` is the public key of a pair, 0 where there is none. */
    CK_OBJECT_HANDLE (*make_key)(CK_FUNCTION_LIST *token, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *other);
    /* Does it once. What makes an object answers its handle, everything else 0. */
    CK_OBJECT_HANDLE (*perform)(struct lane *lane);
    /* Whether Strongroom does it with a session copy, where the profile says so. */
    int with_copy;
    /* Whether it makes a token object: then it is measured by number, not by time, because tokens slow down as
     * they fill. */
    int makes_object;
};

/* NULL for a name that is none. */
const struct operation *operation_named(const char *name);

enum { modulus_bytes = 256 };

/* A 32-byte secret behind zeros, encrypted with the bare RSA of `public_key`. */
void wrap(CK_FUNCTION_LIST *token, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE public_key,
          unsigned char wrapped[modulus_bytes]);

#endif
