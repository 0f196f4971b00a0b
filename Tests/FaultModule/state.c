// A file beside the control file, mapped by all processes that share it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fault.h"

enum { PROCESSES = 64 };

struct state {
    struct file_identity control;
    _Atomic uint64_t counts[SHARED_RULES];
    _Atomic uint64_t wrong_pins;
    struct {
        pid_t process;
        uint64_t sessions;
    } processes[PROCESSES];
};

// Without a control file each process has its own.
static struct state alone;
static struct state *state = &alone;
static int file = -1;

void state_open(const char *control_path) {
    if (!control_path) return;
    char path[4096];
    snprintf(path, sizeof path, "%s.state", control_path);
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || ftruncate(file, sizeof(struct state)) != 0) return;
    void *mapped = mmap(NULL, sizeof(struct state), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED) state = mapped;
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

// Between threads and between processes; a process that dies lets go.
static void lock(void) {
    pthread_mutex_lock(&mutex);
    while (file >= 0 && flock(file, LOCK_EX) != 0 && errno == EINTR) {}
}

static void unlock(void) {
    if (file >= 0) flock(file, LOCK_UN);
    pthread_mutex_unlock(&mutex);
}

void state_begin(struct file_identity identity) {
    lock();
    if (memcmp(&state->control, &identity, sizeof identity) != 0) {
        state->control = identity;
        for (size_t rule = 0; rule < SHARED_RULES; rule++) atomic_store(&state->counts[rule], 0);
    }
    unlock();
}

uint64_t state_count(size_t rule) {
    return atomic_fetch_add(&state->counts[rule], 1);
}

uint64_t state_wrong_pins(void) {
    return atomic_load(&state->wrong_pins);
}

void state_set_wrong_pins(uint64_t count) {
    atomic_store(&state->wrong_pins, count);
}

uint64_t state_note_sessions(uint64_t own) {
    uint64_t all = 0;
    bool noted = false;
    lock();
    for (size_t index = 0; index < PROCESSES; index++) {
        pid_t process = state->processes[index].process;
        // The token ends the sessions of a process that is gone.
        if (process != 0 && kill(process, 0) != 0 && errno == ESRCH) process = 0;
        if (process == getpid() || (process == 0 && !noted)) {
            bool duplicate = noted;
            process = duplicate ? 0 : getpid();
            state->processes[index].sessions = duplicate ? 0 : own;
            noted = true;
        }
        state->processes[index].process = process;
        if (process != 0) all += state->processes[index].sessions;
    }
    unlock();
    return all;
}
