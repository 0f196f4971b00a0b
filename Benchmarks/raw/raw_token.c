/*
 * What a token can do with nothing in the way, in a bare C loop: AES-256-GCM
 * encryptions of 32 bytes with 64 bytes of additional data unless another
 * operation is asked for (see operations.c).
 *
 * Every figure of Strongroom's own is given as a ratio to one of these. It makes
 * keys of its own, measures, and destroys them again.
 */
#include "operations.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { most_threads = 64, most_objects = 10000 };

static CK_FUNCTION_LIST *token;
static const struct operation *operation;
static atomic_bool running;

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void *perform_until_stopped(void *argument) {
    struct lane *lane = argument;
    while (atomic_load_explicit(&running, memory_order_relaxed)) {
        operation->perform(lane);
        lane->done++;
    }
    return NULL;
}

static double rate_of_threads(CK_SLOT_ID slot, CK_OBJECT_HANDLE key, int threads, double seconds) {
    struct lane *lanes = calloc(most_threads, sizeof *lanes);
    for (int i = 0; i < threads; i++) {
        lanes[i].token = token;
        lanes[i].key = key;
        lanes[i].session = open_session(token, slot);
    }
    atomic_store(&running, true);
    double start = seconds_now();
    for (int i = 0; i < threads; i++)
        if (pthread_create(&lanes[i].thread, NULL, perform_until_stopped, &lanes[i]) != 0)
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
    free(lanes);
    return (double)done / elapsed;
}

/* Makes `count` objects one after the other, then destroys them; only the making is timed. */
static double rate_of_objects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, const unsigned char *wrapped, int count) {
    static CK_OBJECT_HANDLE made[most_objects];
    struct lane lane = { .token = token, .session = session, .key = key, .wrapped = wrapped };
    double start = seconds_now();
    for (int i = 0; i < count; i++) made[i] = operation->perform(&lane);
    double elapsed = seconds_now() - start;
    for (int i = 0; i < count; i++) check("C_DestroyObject", token->C_DestroyObject(session, made[i]));
    return count / elapsed;
}

/* A session object is not read from the token's store at every use, which is most of SoftHSM's cost. */
static CK_OBJECT_HANDLE copy_into_session(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key) {
    CK_BBOOL no = CK_FALSE;
    CK_ATTRIBUTE template[] = { { CKA_TOKEN, &no, sizeof no } };
    CK_OBJECT_HANDLE copy;
    check("C_CopyObject", token->C_CopyObject(session, key, template, 1, &copy));
    return copy;
}

static void print(const char *object, int threads, double rate) {
    static const char *separator = "";
    printf("%s\n  {\"operation\": \"%s\", \"object\": \"%s\", \"threads\": %d, \"perSecond\": %.1f}", separator,
           operation->name, object, threads, rate);
    separator = ",";
}

int main(int count, char **arguments) {
    const char *module = NULL, *label = NULL, *pin_file = NULL, *only = "all", *name = "encrypt";
    double seconds = 3;
    int objects = 100;
    for (int i = 1; i + 1 < count; i += 2) {
        if (!strcmp(arguments[i], "--module")) module = arguments[i + 1];
        else if (!strcmp(arguments[i], "--token")) label = arguments[i + 1];
        else if (!strcmp(arguments[i], "--pin-file")) pin_file = arguments[i + 1];
        else if (!strcmp(arguments[i], "--seconds")) seconds = atof(arguments[i + 1]);
        else if (!strcmp(arguments[i], "--only")) only = arguments[i + 1];
        else if (!strcmp(arguments[i], "--operation")) name = arguments[i + 1];
        else if (!strcmp(arguments[i], "--objects")) objects = atoi(arguments[i + 1]);
        else fail("unknown option %s; see the usage in Benchmarks/README.md", arguments[i]);
    }
    operation = operation_named(name);
    if (count % 2 == 0 || !module || !pin_file || !(seconds > 0) || !operation || objects < 1 || objects > most_objects)
        fail("usage: raw-token --module PATH --pin-file FILE [--token LABEL] [--seconds N] [--only token|copy]"
             " [--operation encrypt|sign-rsa-2048-pss|sign-p256|mac|generate|import] [--objects 1..%d]", most_objects);

    token = load_module(module);
    CK_SLOT_ID slot = find_token(token, label);
    CK_SESSION_HANDLE anchor = open_session(token, slot);
    log_in(token, anchor, pin_file);
    CK_OBJECT_HANDLE other, resident = operation->make_key(token, anchor, &other);

    printf("{\"plaintextBytes\": %d, \"aadBytes\": %d, \"seconds\": %g, \"runs\": [", plaintext_bytes, aad_bytes, seconds);
    if (operation->makes_object) {
        unsigned char wrapped[modulus_bytes] = { 0 };
        if (other) wrap(token, anchor, other, wrapped);
        print("token", 1, rate_of_objects(anchor, resident, wrapped, objects));
    } else {
        CK_OBJECT_HANDLE copy = operation->with_copy ? copy_into_session(anchor, resident) : 0;
        const struct { const char *name; CK_OBJECT_HANDLE key; } kinds[] = { { "token", resident }, { "copy", copy } };
        for (size_t kind = 0; kind < 2; kind++) {
            /* --only names one kind, with one thread: two such processes at once show how the token scales. */
            bool one = strcmp(only, "all") != 0;
            if (!kinds[kind].key || (one && strcmp(only, kinds[kind].name))) continue;
            for (int threads = 1; threads <= (one ? 1 : 2); threads++)
                print(kinds[kind].name, threads, rate_of_threads(slot, kinds[kind].key, threads, seconds));
        }
        if (copy) check("C_DestroyObject", token->C_DestroyObject(anchor, copy));
    }
    printf("\n]}\n");

    if (other) check("C_DestroyObject", token->C_DestroyObject(anchor, other));
    check("C_DestroyObject", token->C_DestroyObject(anchor, resident));
    check("C_Finalize", token->C_Finalize(NULL));
    return 0;
}
