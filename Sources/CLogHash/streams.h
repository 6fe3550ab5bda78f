// What is done with a CPU's instructions for SHA-256, whichever they are. Included by the file of each kind, which defines
// before: STREAMS, `state`, `four_words`, `state_load`, `state_store`, `add_state`, `four_rounds`, `compress`, `padding_words`.

/// The block that ends a message of 64 bytes, for each of `n` streams.
static inline __attribute__((always_inline)) void compress_padding(state *s, const int n) {
    state before[STREAMS];
    for (int j = 0; j < n; j++) before[j] = s[j];
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
        const four_words words = padding_words(i);
#pragma GCC unroll 4
        for (int j = 0; j < n; j++) four_rounds(&s[j], words);
    }
    for (int j = 0; j < n; j++) add_state(&s[j], &before[j]);
}

void log_hash_sha256(const void *bytes, size_t length, void *digest) {
    const uint8_t *message = bytes;
    state s = state_load(initial_state);
    size_t rest = length;
    for (; rest >= 64; rest -= 64, message += 64) compress(&s, (const uint8_t *const[]){message}, 1);
    uint8_t last[128] = {0};
    if (rest > 0) memcpy(last, message, rest);
    last[rest] = 0x80;
    const size_t size = rest < 56 ? 64 : 128;
    const uint64_t bits = __builtin_bswap64((uint64_t)length * 8);
    memcpy(last + size - 8, &bits, 8);
    for (size_t at = 0; at < size; at += 64) compress(&s, (const uint8_t *const[]){last + at}, 1);
    state_store(s, digest);
}

static inline __attribute__((always_inline)) void nodes(const uint8_t *pairs, uint8_t *digests, const int n) {
    state s[STREAMS];
    const uint8_t *blocks[STREAMS];
    const state first = state_load(initial_state);
    for (int j = 0; j < n; j++) {
        s[j] = first;
        blocks[j] = pairs + 64 * j;
    }
    compress(s, blocks, n);
    compress_padding(s, n);
    // All pairs have been read: `digests` may lie over them.
    for (int j = 0; j < n; j++) state_store(s[j], digests + 32 * j);
}

void log_hash_node(const void *left, const void *right, void *digest) {
    uint8_t pair[64];
    memcpy(pair, left, 32);
    memcpy(pair + 32, right, 32);
    nodes(pair, digest, 1);
}

void log_hash_nodes(const void *all_pairs, size_t count, void *all_digests) {
    const uint8_t *pairs = all_pairs;
    uint8_t *digests = all_digests;
    for (; count >= STREAMS; count -= STREAMS, pairs += 64 * STREAMS, digests += 32 * STREAMS) {
        nodes(pairs, digests, STREAMS);
    }
    for (; count > 0; count--, pairs += 64, digests += 32) nodes(pairs, digests, 1);
}
