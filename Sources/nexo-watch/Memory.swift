#if canImport(Glibc)
    import Glibc
#endif

/// How the process holds memory: a daemon that catches up now and then should give back what it took.
enum Memory {
    /// Few arenas, so that threads do not each keep their own free memory; and answers of a log in mappings of their
    /// own, which go back to the system when they are freed (glibc would raise that threshold by itself).
    static func keepLow() {
        #if canImport(Glibc)
            _ = mallopt(M_ARENA_MAX, 2)
            _ = mallopt(M_MMAP_THRESHOLD, 256 << 10)
        #endif
    }
}
