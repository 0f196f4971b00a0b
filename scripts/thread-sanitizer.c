// Tells ThreadSanitizer of what it does not see, when it is loaded before all libraries (LD_PRELOAD).
//
// **Tasks.** The Swift runtime tells it of the order among tasks and continuations once it is told to begin. On Linux the
// sanitizer's runtime, which is linked into the program, calls its own empty function of that name instead.
//
// **Locks.** The quick path of Swift's Mutex is compiled into whoever locks, with the instrumentation. The slow paths, for a lock
// that somebody else has, are in libswiftSynchronization without it, so that every contended lock would look like none.
// They are called in Swift's convention: the lock is in the context register.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF void *lock __attribute__((swift_context))

// Only programs that are watched have them.
__attribute__((weak)) void __tsan_acquire(void *);
__attribute__((weak)) void __tsan_release(void *);

__attribute__((constructor)) static void begin(void) {
    void (*initialize)(void) = dlsym(RTLD_NEXT, "__tsan_on_initialize");
    if (__tsan_acquire && initialize) initialize();
}

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK_SLOW "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void lock_slow(uint32_t self, SELF) __asm__(LOCK_SLOW);
SWIFT void lock_slow(uint32_t self, SELF) {
    SWIFT void (*original)(uint32_t, SELF) = dlsym(RTLD_NEXT, LOCK_SLOW);
    original(self, lock);
    if (__tsan_acquire) __tsan_acquire(lock);
}

SWIFT bool try_lock_slow(SELF) __asm__(TRY_LOCK_SLOW);
SWIFT bool try_lock_slow(SELF) {
    SWIFT bool (*original)(SELF) = dlsym(RTLD_NEXT, TRY_LOCK_SLOW);
    const bool is_locked = original(lock);
    if (is_locked && __tsan_acquire) __tsan_acquire(lock);
    return is_locked;
}

SWIFT void unlock_slow(SELF) __asm__(UNLOCK_SLOW);
SWIFT void unlock_slow(SELF) {
    SWIFT void (*original)(SELF) = dlsym(RTLD_NEXT, UNLOCK_SLOW);
    if (__tsan_release) __tsan_release(lock);
    original(lock);
}
