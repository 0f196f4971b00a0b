/*
 * What a token can do with nothing in the way: AES-256-GCM encryptions of
 * 32 bytes with 64 bytes of additional data, in a bare C loop.
 *
 * Every figure of Strongroom's own is given as a ratio to this one, so the loop
 * does what any correct caller must do and no more: a fresh 96-bit IV from the
 * token's generator for every encryption (fetched in blocks, as Strongroom does),
 * one C_EncryptInit and one single-part C_Encrypt.
 *
 * It makes its own key, measures, and destroys the key again.
 */
#include "token.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { iv_bytes = 12, ivs_a_block = 1024, plaintext_bytes = 32, aad_bytes = 64, tag_bytes = 16, most_threads = 64 };

struct lane {
    pthread_t thread;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    unsigned long done;
};

static CK_FUNCTION_LIST *token;
static atomic_bool running;

static void *encrypt_until_stopped(void *argument) {
    struct lane *lane = argument;
    unsigned char ivs[ivs_a_block][iv_bytes], aad[aad_bytes], plaintext[plaintext_bytes];
    unsigned char ciphertext[plaintext_bytes + tag_bytes];
    memset(aad, 'a', sizeof aad);
    memset(plaintext, 'p', sizeof plaintext);

    while (atomic_load_explicit(&running, memory_order_relaxed)) {
        check("C_GenerateRandom", token->C_GenerateRandom(lane->session, ivs[0], sizeof ivs));
        for (int i = 0; i < ivs_a_block && atomic_load_explicit(&running, memory_order_relaxed); i++) {
            CK_GCM_PARAMS parameters = { ivs[i], iv_bytes, iv_bytes * 8, aad, aad_bytes, tag_bytes * 8 };
            CK_MECHANISM mechanism = { CKM_AES_GCM, &parameters, sizeof parameters };
            CK_ULONG length = sizeof ciphertext;
            check("C_EncryptInit", token->C_EncryptInit(lane->session, &mechanism, lane->key));
            check("C_Encrypt", token->C_Encrypt(lane->session, plaintext, sizeof plaintext, ciphertext, &length));
            if (length != sizeof ciphertext)
                fail("C_Encrypt returned %lu bytes instead of %zu; this token cannot be measured", length,
                     sizeof ciphertext);
            lane->done++;
        }
    }
    return NULL;
}

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double encryptions_a_second(CK_SLOT_ID slot, CK_OBJECT_HANDLE key, int threads, double seconds) {
    struct lane lanes[most_threads] = { 0 };
    for (int i = 0; i < threads; i++) {
        lanes[i].key = key;
        lanes[i].session = open_session(token, slot);
    }
    atomic_store(&running, true);
    double start = seconds_now();
    for (int i = 0; i < threads; i++)
        if (pthread_create(&lanes[i].thread, NULL, encrypt_until_stopped, &lanes[i]) != 0)
            fail("cannot start thread %d; raise the limit shown by `ulimit -u`", i + 1);

    struct timespec pause = { (time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9) };
    nanosleep(&pause, NULL);
    atomic_store(&running, false);

    unsigned long done = 0;
    for (int i = 0; i < threads; i++)
        pthread_join(lanes[i].thread, NULL);
    double elapsed = seconds_now() - start;
    for (int i = 0; i < threads; i++) {
        done += lanes[i].done;
        check("C_CloseSession", token->C_CloseSession(lanes[i].session));
    }
    return (double)done / elapsed;
}

static CK_OBJECT_HANDLE make_key(CK_SESSION_HANDLE session) {
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_ULONG bytes = 32;
    char label[] = "strongroom benchmark";
    CK_ATTRIBUTE template[] = {
        { CKA_TOKEN, &yes, sizeof yes },         { CKA_PRIVATE, &yes, sizeof yes },
        { CKA_SENSITIVE, &yes, sizeof yes },     { CKA_EXTRACTABLE, &no, sizeof no },
        { CKA_ENCRYPT, &yes, sizeof yes },       { CKA_DECRYPT, &yes, sizeof yes },
        { CKA_VALUE_LEN, &bytes, sizeof bytes }, { CKA_LABEL, label, sizeof label - 1 },
    };
    CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_OBJECT_HANDLE key;
    check("C_GenerateKey",
          token->C_GenerateKey(session, &mechanism, template, sizeof template / sizeof *template, &key));
    return key;
}

/* A session object is not read from the token's store at every use, which is most of SoftHSM's cost. */
static CK_OBJECT_HANDLE copy_into_session(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key) {
    CK_BBOOL no = CK_FALSE;
    CK_ATTRIBUTE template[] = { { CKA_TOKEN, &no, sizeof no } };
    CK_OBJECT_HANDLE copy;
    check("C_CopyObject", token->C_CopyObject(session, key, template, 1, &copy));
    return copy;
}

int main(int count, char **arguments) {
    const char *module = NULL, *label = NULL, *pin_file = NULL, *only = "all";
    double seconds = 3;
    for (int i = 1; i + 1 < count; i += 2) {
        if (!strcmp(arguments[i], "--module")) module = arguments[i + 1];
        else if (!strcmp(arguments[i], "--token")) label = arguments[i + 1];
        else if (!strcmp(arguments[i], "--pin-file")) pin_file = arguments[i + 1];
        else if (!strcmp(arguments[i], "--seconds")) seconds = atof(arguments[i + 1]);
        else if (!strcmp(arguments[i], "--only")) only = arguments[i + 1];
        else fail("unknown option %s; see the usage in Benchmarks/README.md", arguments[i]);
    }
    if (count % 2 == 0 || !module || !pin_file || !(seconds > 0))
        fail("usage: raw-token --module PATH --pin-file FILE [--token LABEL] [--seconds N] [--only token|copy]");

    token = load_module(module);
    CK_SLOT_ID slot = find_token(token, label);
    CK_SESSION_HANDLE anchor = open_session(token, slot);
    log_in(token, anchor, pin_file);
    CK_OBJECT_HANDLE resident = make_key(anchor), copy = copy_into_session(anchor, resident);

    const struct { const char *name; CK_OBJECT_HANDLE key; } kinds[] = { { "token", resident }, { "copy", copy } };
    const char *separator = "";
    printf("{\"plaintextBytes\": %d, \"aadBytes\": %d, \"seconds\": %g, \"runs\": [", plaintext_bytes, aad_bytes, seconds);
    for (size_t kind = 0; kind < 2; kind++) {
        /* --only names one kind, with one thread: two such processes at once show how the token scales. */
        bool one = strcmp(only, "all") != 0;
        if (one && strcmp(only, kinds[kind].name)) continue;
        for (int threads = 1; threads <= (one ? 1 : 2); threads++) {
            double rate = encryptions_a_second(slot, kinds[kind].key, threads, seconds);
            printf("%s\n  {\"object\": \"%s\", \"threads\": %d, \"perSecond\": %.0f}", separator, kinds[kind].name,
                   threads, rate);
            separator = ",";
        }
    }
    printf("\n]}\n");

    check("C_DestroyObject", token->C_DestroyObject(anchor, copy));
    check("C_DestroyObject", token->C_DestroyObject(anchor, resident));
    check("C_Finalize", token->C_Finalize(NULL));
    return 0;
}
