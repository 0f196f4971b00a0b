#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "fault.h"

static int descriptor = -1;

uint64_t now_nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

void log_open(const char *path) {
    if (path) descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

void log_call(uint64_t begin, int function, const char *result, CK_SESSION_HANDLE session) {
    if (descriptor < 0) return;
    char line[160];
    int size = snprintf(
        line, sizeof line, "%llu %d %s %s %llu 0x%lx\n", (unsigned long long)begin, (int)getpid(),
        function_names[function], result, (unsigned long long)(now_nanoseconds() - begin), session);
    // One write, so that lines of several threads and processes do not mix.
    if (write(descriptor, line, (size_t)size) != size) descriptor = -1;
}
