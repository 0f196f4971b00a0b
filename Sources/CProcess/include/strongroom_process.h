// Starting a worker: in C because what keeps the server's descriptors from the worker
// (posix_spawn_file_actions_addclosefrom_np) is a GNU extension that Swift's Glibc module leaves out.
#ifndef STRONGROOM_PROCESS_H
#define STRONGROOM_PROCESS_H

#include <sys/types.h>

/// Starts `program` (an absolute path) with `environment` alone, default signal handling, nothing on standard input,
/// standard output sent to standard error, `socket` as descriptor 3, behind it `lock` and `pin` unless they are -1, and
/// no other. Gives 0 or an error number.
int strongroom_spawn(
    pid_t *process, const char *program, char *const environment[], int socket, int lock, int pin
);

#endif
