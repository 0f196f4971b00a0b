// Memory for secrets: locked where the system allows it, left out of core dumps,
// wiped in whole when given back.
#ifndef STRONGROOM_SECURE_MEMORY_H
#define STRONGROOM_SECURE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/// Gives `size` bytes, all zero, or NULL when the system has no memory left. A size of 0 is taken as 1.
void *secure_memory_allocate(size_t size);

/// Wipes the whole allocation and gives it back. `size` is the size it was asked for with.
void secure_memory_free(void *memory, size_t size);

/// Overwrites `size` bytes with zeros; the compiler cannot leave it out.
void secure_memory_wipe(void *memory, size_t size);

/// Compares `size` bytes in a time that depends on `size` alone.
bool secure_memory_equal(const void *a, const void *b, size_t size);

/// Whether the pool that serves small secrets could be locked into memory (mlock).
bool secure_memory_is_locked(void);

#endif
