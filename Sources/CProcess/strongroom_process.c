#define _GNU_SOURCE
#include "strongroom_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

// Out of the way, so that no dup2 overwrites what another one still needs.
enum { PARKED_SOCKET = 203, PARKED_LOCK = 204, PARKED_PIN = 205 };

int strongroom_spawn(
    pid_t *process, const char *program, char *const environment[], int socket, int lock, int pin
) {
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return error;
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    // The server's standard output is for scripts; what a module prints belongs to the log.
    posix_spawn_file_actions_adddup2(&actions, 2, 1);
    posix_spawn_file_actions_adddup2(&actions, socket, PARKED_SOCKET);
    if (lock >= 0) posix_spawn_file_actions_adddup2(&actions, lock, PARKED_LOCK);
    if (pin >= 0) posix_spawn_file_actions_adddup2(&actions, pin, PARKED_PIN);
    int next = 3;
    posix_spawn_file_actions_adddup2(&actions, PARKED_SOCKET, next++);
    if (lock >= 0) posix_spawn_file_actions_adddup2(&actions, PARKED_LOCK, next++);
    if (pin >= 0) posix_spawn_file_actions_adddup2(&actions, PARKED_PIN, next++);
    posix_spawn_file_actions_addclosefrom_np(&actions, next);

    // Ignored and blocked signals are inherited: the worker begins with none of the server's.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);

    char *const arguments[] = {(char *)program, NULL};
    error = posix_spawn(process, program, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}
