#define _GNU_SOURCE
#include "secure_memory.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// One locked region serves all small secrets: mlock works on whole pages, so locking
// each allocation by itself would cost a system call and unlock its neighbours when freed.
enum { POOL_SIZE = 4 << 20, CLASS_COUNT = 4 };
static const size_t class_sizes[CLASS_COUNT] = {64, 512, 8192, 65536};

typedef struct block {
    struct block *next;
} block;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static uint8_t *pool;
static size_t pool_used;
static block *free_blocks[CLASS_COUNT];
static bool pool_locked;

static void *map_pages(size_t size, bool *locked) {
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) return NULL;
    // A refused lock (RLIMIT_MEMLOCK) is reported by secure_memory_is_locked, not an error:
    // a service that cannot start is no safer than one whose pages might be swapped.
    *locked = mlock(pages, size) == 0;
    (void)madvise(pages, size, MADV_DONTDUMP);
    return pages;
}

static void set_up(void) {
    pool = map_pages(POOL_SIZE, &pool_locked);
}

static size_t whole_pages(size_t size) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (size + page - 1) / page * page;
}

static int class_of(size_t size) {
    for (int i = 0; i < CLASS_COUNT; i++) {
        if (size <= class_sizes[i]) return i;
    }
    return -1;
}

static void *take_from_pool(int class) {
    if (free_blocks[class]) {
        block *taken = free_blocks[class];
        free_blocks[class] = taken->next;
        taken->next = NULL;
        return taken;
    }
    if (!pool || POOL_SIZE - pool_used < class_sizes[class]) return NULL;
    void *fresh = pool + pool_used;
    pool_used += class_sizes[class];
    return fresh;
}

void *secure_memory_allocate(size_t size) {
    pthread_once(&once, set_up);
    if (size == 0) size = 1;
    int class = class_of(size);
    if (class >= 0) {
        pthread_mutex_lock(&mutex);
        void *taken = take_from_pool(class);
        pthread_mutex_unlock(&mutex);
        if (taken) return taken;
    }
    bool locked;
    return map_pages(whole_pages(size), &locked);
}

void secure_memory_free(void *memory, size_t size) {
    if (!memory) return;
    if (size == 0) size = 1;
    uint8_t *bytes = memory;
    if (pool && bytes >= pool && bytes < pool + POOL_SIZE) {
        int class = class_of(size);
        // Only what was asked for can have been written: the rest of the block is still zero.
        explicit_bzero(memory, size);
        pthread_mutex_lock(&mutex);
        ((block *)memory)->next = free_blocks[class];
        free_blocks[class] = memory;
        pthread_mutex_unlock(&mutex);
    } else {
        explicit_bzero(memory, size);
        munmap(memory, whole_pages(size));
    }
}

void secure_memory_wipe(void *memory, size_t size) {
    if (size > 0) explicit_bzero(memory, size);
}

bool secure_memory_equal(const void *a, const void *b, size_t size) {
    const volatile uint8_t *x = a;
    const volatile uint8_t *y = b;
    uint8_t difference = 0;
    for (size_t i = 0; i < size; i++) difference |= x[i] ^ y[i];
    return difference == 0;
}

bool secure_memory_is_locked(void) {
    pthread_once(&once, set_up);
    return pool_locked;
}
