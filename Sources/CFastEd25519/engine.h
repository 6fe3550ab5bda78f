// What the parts of the library share.

#ifndef FAST_ED25519_ENGINE_H
#define FAST_ED25519_ENGINE_H

#include "CFastEd25519.h"

#if defined(__SIZEOF_INT128__)
#define FAST_ED25519_HAS_PORTABLE 1
#endif
#if defined(__x86_64__) && defined(__SIZEOF_INT128__) && (defined(__clang__) || defined(__GNUC__))
#define FAST_ED25519_HAS_IFMA 1
#endif

/// Limbs of y + x, y - x and 2dxy of an affine point, all below 2^51, and one left over: two cache lines.
typedef struct {
    uint64_t sum[5], difference[5], product[5], unused;
} __attribute__((aligned(64))) table_row;

struct fast_ed25519_table {
    /// Its encoding, which is hashed with each message; unused in the base point's.
    uint8_t key[32];
    int window;
    /// 32 for windows of 8 bits, 64 for 4.
    int positions;
    /// Rows of one position: the multiples 0 (the identity) to 2^(window - 1).
    int rows_per_position;
    table_row rows[];
};

/// Signatures whose final inversion is shared.
#define BLOCK 256
#define LANES 8
#define GROUPS (BLOCK / LANES)
#define MAX_POSITIONS 64

/// A block of signatures in the form that the engines work on. Digits are -2^(window-1) ..< 2^(window-1), for the
/// eight lanes of one group side by side.
typedef struct {
    const fast_ed25519_table *base;
    const fast_ed25519_table *keys[BLOCK];
    const uint8_t *encodings[BLOCK];
    int8_t base_digits[GROUPS][MAX_POSITIONS][LANES];
    int8_t key_digits[GROUPS][MAX_POSITIONS][LANES];
    /// Of all keys' tables; the base point's may be another.
    int window;
    int groups;
    /// Whether the point is what the encoding says.
    uint8_t matches[BLOCK];
} block;

void fast_ed25519_portable_block(block *block);
#if FAST_ED25519_HAS_IFMA
void fast_ed25519_ifma_block(block *block);
/// SHA-512 of 96 bytes for eight lanes: R (32 bytes), the key (32) and the message (32).
void fast_ed25519_ifma_sha512(
    const uint8_t *const encodings[LANES], const uint8_t *const keys[LANES], const uint8_t *const messages[LANES],
    uint64_t digests[LANES][8]);
#endif

#endif
