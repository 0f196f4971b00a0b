#define _GNU_SOURCE
#include "internal.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// OpenSSL wipes keys and numbers, but not every buffer that it decodes or encodes a key in. So it gets an allocator
// that wipes whatever is given back. It takes one only before its first allocation: hence the constructor.

static bool wipes;

static void *allocate(size_t size, const char *file, int line) {
    (void)file, (void)line;
    return malloc(size);
}

static void release(void *memory, const char *file, int line) {
    (void)file, (void)line;
    if (!memory) return;
    explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

static void *resize(void *memory, size_t size, const char *file, int line) {
    if (!memory) return malloc(size);
    if (size == 0) {
        release(memory, file, line);
        return NULL;
    }
    size_t old = malloc_usable_size(memory);
    void *moved = malloc(size);
    if (!moved) return NULL;
    memcpy(moved, memory, old < size ? old : size);
    release(memory, file, line);
    return moved;
}

__attribute__((constructor)) static void set_allocator(void) {
    wipes = CRYPTO_set_mem_functions(allocate, resize, release) == 1;
}

bool libcrypto_wipes_memory(void) {
    return wipes;
}

enum { DIGEST_COUNT = 5 };
static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_MD *digests[DIGEST_COUNT];

static void fetch(void) {
    static const char *const names[DIGEST_COUNT] = {"SHA1", "SHA2-224", "SHA2-256", "SHA2-384", "SHA2-512"};
    for (int i = 0; i < DIGEST_COUNT; i++) digests[i] = EVP_MD_fetch(NULL, names[i], NULL);
}

const EVP_MD *libcrypto_md(libcrypto_digest digest) {
    pthread_once(&once, fetch);
    return (unsigned)digest < DIGEST_COUNT ? digests[digest] : NULL;
}

bool libcrypto_hash(libcrypto_digest digest, const void *input, size_t size, void *output) {
    const EVP_MD *md = libcrypto_md(digest);
    bool done = md && EVP_Digest(libcrypto_bytes(input), size, output, NULL, md, NULL) == 1;
    ERR_clear_error();
    return done;
}

bool libcrypto_hmac(
    libcrypto_digest digest, const void *key, size_t key_size, const void *message, size_t size, void *output) {
    const EVP_MD *md = libcrypto_md(digest);
    bool done = md && key_size <= INT32_MAX
        && HMAC(md, libcrypto_bytes(key), (int)key_size, libcrypto_bytes(message), size, output, NULL) != NULL;
    ERR_clear_error();
    return done;
}

bool libcrypto_random(void *output, size_t size) {
    bool done = size == 0 || RAND_priv_bytes_ex(NULL, output, size, 0) == 1;
    ERR_clear_error();
    return done;
}
