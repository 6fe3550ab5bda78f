// Preloaded under the thread sanitizer. The waiting part of Swift's Mutex (6.3, Linux) is in a library that is not instrumented:
// the kernel hands a contended lock over, and the sanitizer, which sees neither its end nor its begin, reports what the lock
// guards. Here it is told of both.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *handle

SWIFT void nexo_lock(uint32_t thread, SELF) __asm__(LOCK);
SWIFT void nexo_unlock(SELF) __asm__(UNLOCK);

static void tell(const char *name, void *handle) {
    void (*function)(void *) = (void (*)(void *))dlsym(RTLD_DEFAULT, name);
    if (function) function(handle);
}

static void *original(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    // Another Swift: without it nobody could go on.
    if (!function) abort();
    return function;
}

SWIFT void nexo_lock(uint32_t thread, SELF) {
    ((SWIFT void (*)(uint32_t, SELF))original(LOCK))(thread, handle);
    tell("__tsan_acquire", handle);
}

SWIFT void nexo_unlock(SELF) {
    tell("__tsan_release", handle);
    ((SWIFT void (*)(SELF))original(UNLOCK))(handle);
}
