// From signatures to blocks of digits, and back to verdicts.

#include "engine.h"

#include <sodium.h>
#include <stdlib.h>

#if FAST_ED25519_HAS_PORTABLE

#include "point.h"
#include "scalar.h"

enum fast_ed25519_engine fast_ed25519_best_engine(void) {
#if FAST_ED25519_HAS_IFMA
    // The builtin asks the system too whether it saves the wide registers.
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512ifma"))
        return FAST_ED25519_IFMA;
#endif
    return FAST_ED25519_PORTABLE;
}

/// No point that is ever accepted: y = 0. A lane with nothing to verify works on it, with scalars of 0.
static const uint8_t no_encoding[32];

/// Whether libsodium would go on to the arithmetic with this item.
static int is_candidate(const fast_ed25519_item *item, int window, scalar *s) {
    return item->table && item->table->window == window && scalar_read(s, item->signature + 32)
        && !point_has_small_order(item->signature);
}

static void sha512(const fast_ed25519_item *item, uint64_t digest[8]) {
    uint8_t bytes[64];
    crypto_hash_sha512_state state;
    crypto_hash_sha512_init(&state);
    crypto_hash_sha512_update(&state, item->signature, 32);
    crypto_hash_sha512_update(&state, item->table->key, 32);
    crypto_hash_sha512_update(&state, item->message, item->message_length);
    crypto_hash_sha512_final(&state, bytes);
    for (int i = 0; i < 8; i++) digest[i] = load64(bytes + 8 * i);
}

static void fill_group(
    block *block, int group, enum fast_ed25519_engine engine, const fast_ed25519_item *items, int count,
    const fast_ed25519_table *filler, uint8_t candidates[LANES]) {
    const int window = block->window;
    scalar s[LANES] = {{{0}}}, k[LANES] = {{{0}}};
    uint64_t digests[LANES][8];
    int usual = engine == FAST_ED25519_IFMA;
    for (int lane = 0; lane < LANES; lane++) {
        candidates[lane] = lane < count && is_candidate(&items[lane], window, &s[lane]);
        if (candidates[lane]) usual = usual && items[lane].message_length == 32;
    }
#if FAST_ED25519_HAS_IFMA
    if (usual) {
        const uint8_t *encodings[LANES], *keys[LANES], *messages[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            encodings[lane] = candidates[lane] ? items[lane].signature : no_encoding;
            keys[lane] = candidates[lane] ? items[lane].table->key : no_encoding;
            messages[lane] = candidates[lane] ? items[lane].message : no_encoding;
        }
        fast_ed25519_ifma_sha512(encodings, keys, messages, digests);
    }
#endif
    for (int lane = 0; lane < LANES; lane++) {
        const int place = group * LANES + lane;
        if (candidates[lane]) {
            if (!usual) sha512(&items[lane], digests[lane]);
            k[lane] = scalar_reduce(digests[lane]);
            block->keys[place] = items[lane].table;
            block->encodings[place] = items[lane].signature;
        } else {
            s[lane] = (scalar){{0}};
            block->keys[place] = filler;
            block->encodings[place] = no_encoding;
        }
        scalar_digits(s[lane], block->base->window, &block->base_digits[group][0][lane], LANES);
        scalar_digits(k[lane], window, &block->key_digits[group][0][lane], LANES);
    }
}

int fast_ed25519_verify(
    enum fast_ed25519_engine engine, const fast_ed25519_table *base, const fast_ed25519_item *items, size_t count,
    uint8_t *accepted) {
    memset(accepted, 0, count);
    if (count == 0) return 0;
    if (!base || engine == FAST_ED25519_NONE || engine > fast_ed25519_best_engine()) return -1;
    const fast_ed25519_table *first_table = NULL;
    for (size_t i = 0; i < count && !first_table; i++) first_table = items[i].table;
    if (!first_table) return 0;
    block *work = malloc(sizeof *work);
    if (!work) return -1;
    work->base = base;
    work->window = first_table->window;
    for (size_t start = 0; start < count; start += BLOCK) {
        const int size = count - start < BLOCK ? (int)(count - start) : BLOCK;
        uint8_t candidates[BLOCK];
        work->groups = (size + LANES - 1) / LANES;
        for (int group = 0; group < work->groups; group++) {
            const int first = group * LANES;
            fill_group(
                work, group, engine, items + start + first, size - first, first_table, candidates + first);
        }
#if FAST_ED25519_HAS_IFMA
        if (engine == FAST_ED25519_IFMA) fast_ed25519_ifma_block(work);
#endif
        if (engine == FAST_ED25519_PORTABLE) fast_ed25519_portable_block(work);
        for (int i = 0; i < size; i++) accepted[start + i] = candidates[i] & work->matches[i];
    }
    free(work);
    return 0;
}

#else

enum fast_ed25519_engine fast_ed25519_best_engine(void) { return FAST_ED25519_NONE; }
size_t fast_ed25519_table_bytes(int window) { return 0; }
fast_ed25519_table *fast_ed25519_table_make(const uint8_t *key, int window) { return NULL; }
void fast_ed25519_table_free(fast_ed25519_table *table) {}
int fast_ed25519_verify(
    enum fast_ed25519_engine engine, const fast_ed25519_table *base, const fast_ed25519_item *items, size_t count,
    uint8_t *accepted) {
    memset(accepted, 0, count);
    return -1;
}

#endif
