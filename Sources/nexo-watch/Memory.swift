import CMalloc

/// How the process holds memory: a daemon that catches up now and then should give back what it took.
enum Memory {
    /// Few arenas, so that threads do not each keep their own free memory; and answers of a log in mappings of their
    /// own, which go back to the system when they are freed (glibc would raise that threshold by itself).
    static func keepLow() { nexo_malloc_keep_low() }
}
