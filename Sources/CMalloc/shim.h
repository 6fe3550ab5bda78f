// glibc's settings of malloc, which Swift's Glibc module leaves out.
#pragma once
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

static inline void nexo_malloc_keep_low(void) {
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 2);
    mallopt(M_MMAP_THRESHOLD, 256 << 10);
#endif
}
