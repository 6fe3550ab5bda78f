// Scalars modulo L = 2^252 + 27742317777372353535851937790883648493, the order of the base point.

#ifndef FAST_ED25519_SCALAR_H
#define FAST_ED25519_SCALAR_H

#include "field.h"

static const uint64_t scalar_l[5] = {0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0, 0x1000000000000000, 0};
/// floor(2^512 / L)
static const uint64_t scalar_mu[5] = {
    0xed9ce5a30a2c131b, 0x2106215d086329a7, 0xffffffffffffffeb, 0xffffffffffffffff, 0xf,
};

typedef struct {
    uint64_t v[4];
} scalar;

/// a - b over n words; returns the borrow.
static inline uint64_t words_subtract(uint64_t *a, const uint64_t *b, int n) {
    uint64_t borrow = 0;
    for (int i = 0; i < n; i++) {
        u128 difference = (u128)a[i] - b[i] - borrow;
        a[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> 64) & 1;
    }
    return borrow;
}

/// Reads S, and says whether it is below L, as libsodium demands.
static inline int scalar_read(scalar *s, const uint8_t bytes[32]) {
    uint64_t copy[4];
    for (int i = 0; i < 4; i++) copy[i] = s->v[i] = load64(bytes + 8 * i);
    return words_subtract(copy, scalar_l, 4) == 1;
}

/// Exactly x mod L, by Barrett's reduction (Handbook of Applied Cryptography, algorithm 14.42).
///
/// Keys of mixed order make the representative count: k mod L, and no other number of its class.
static inline scalar scalar_reduce(const uint64_t x[8]) {
    // The quotient's estimate: the high words of (x / 2^192) * mu.
    uint64_t product[10] = {0};
    for (int i = 0; i < 5; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < 5; j++) {
            u128 t = (u128)x[3 + i] * scalar_mu[j] + product[i + j] + carry;
            product[i + j] = (uint64_t)t;
            carry = (uint64_t)(t >> 64);
        }
        product[i + 5] = carry;
    }
    const uint64_t *quotient = product + 5;
    // The remainder modulo 2^320; the estimate is at most 2 too small.
    uint64_t multiple[5] = {0};
    for (int i = 0; i < 5; i++) {
        uint64_t carry = 0;
        for (int j = 0; i + j < 5; j++) {
            u128 t = (u128)quotient[i] * scalar_l[j] + multiple[i + j] + carry;
            multiple[i + j] = (uint64_t)t;
            carry = (uint64_t)(t >> 64);
        }
    }
    uint64_t rest[5];
    memcpy(rest, x, sizeof rest);
    words_subtract(rest, multiple, 5);
    for (int i = 0; i < 2; i++) {
        uint64_t less[5];
        memcpy(less, rest, sizeof less);
        if (words_subtract(less, scalar_l, 5) == 0) memcpy(rest, less, sizeof rest);
    }
    scalar r;
    memcpy(r.v, rest, sizeof r.v);
    return r;
}

/// Writes signed digits, `stride` bytes apart.
///
/// Adding one constant first, half a window in each position, takes the place of a chain of carries: a digit is then
/// an unsigned window less that half. Scalars are below 2^253, so the sum stays within 256 bits.
static inline void scalar_digits(scalar s, int window, int8_t *digits, int stride) {
    const uint64_t halves = window == 8 ? 0x8080808080808080 : 0x8888888888888888;
    uint64_t carry = 0;
    for (int i = 0; i < 4; i++) {
        u128 t = (u128)s.v[i] + halves + carry;
        s.v[i] = (uint64_t)t;
        carry = (uint64_t)(t >> 64);
    }
    if (window == 8) {
        for (int i = 0; i < 32; i++) digits[i * stride] = (int8_t)((int)(s.v[i / 8] >> (8 * (i % 8)) & 255) - 128);
    } else {
        for (int i = 0; i < 64; i++) digits[i * stride] = (int8_t)((int)(s.v[i / 16] >> (4 * (i % 16)) & 15) - 8);
    }
}

#endif
