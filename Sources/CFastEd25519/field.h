// The field of integers modulo p = 2^255 - 19, as five limbs of 51 bits.
//
// Bounds: what a multiplication gives has limbs below 2^51 + 2^14 ("carried"). Sums and differences are not carried;
// a multiplication takes limbs up to 2^54. What is subtracted must be carried.

#ifndef FAST_ED25519_FIELD_H
#define FAST_ED25519_FIELD_H

#include <stdint.h>
#include <string.h>

#define FE_MASK ((UINT64_C(1) << 51) - 1)

typedef unsigned __int128 u128;

typedef struct {
    uint64_t v[5];
} fe;

static const fe fe_one = {{1, 0, 0, 0, 0}};
static const fe fe_d = {{0x34dca135978a3, 0x1a8283b156ebd, 0x5e7a26001c029, 0x739c663a03cbb, 0x52036cee2b6ff}};
static const fe fe_2d = {{0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052, 0x6738cc7407977, 0x2406d9dc56dff}};
static const fe fe_sqrtm1 = {{0x61b274a0ea0b0, 0xd5a5fc8f189d, 0x7ef5e9cbd0c60, 0x78595a6804c9e, 0x2b8324804fc1d}};

static inline fe fe_add(fe a, fe b) {
    for (int i = 0; i < 5; i++) a.v[i] += b.v[i];
    return a;
}

static inline fe fe_sub(fe a, fe b) {
    // 2p is added, so that no limb falls below zero.
    a.v[0] += 0xfffffffffffda - b.v[0];
    for (int i = 1; i < 5; i++) a.v[i] += 0xffffffffffffe - b.v[i];
    return a;
}

static inline fe fe_mul(fe a, fe b) {
    const uint64_t a0 = a.v[0], a1 = a.v[1], a2 = a.v[2], a3 = a.v[3], a4 = a.v[4];
    const uint64_t b0 = b.v[0], b1 = b.v[1], b2 = b.v[2], b3 = b.v[3], b4 = b.v[4];
    const uint64_t b1w = 19 * b1, b2w = 19 * b2, b3w = 19 * b3, b4w = 19 * b4;
    u128 r0 = (u128)a0 * b0 + (u128)a1 * b4w + (u128)a2 * b3w + (u128)a3 * b2w + (u128)a4 * b1w;
    u128 r1 = (u128)a0 * b1 + (u128)a1 * b0 + (u128)a2 * b4w + (u128)a3 * b3w + (u128)a4 * b2w;
    u128 r2 = (u128)a0 * b2 + (u128)a1 * b1 + (u128)a2 * b0 + (u128)a3 * b4w + (u128)a4 * b3w;
    u128 r3 = (u128)a0 * b3 + (u128)a1 * b2 + (u128)a2 * b1 + (u128)a3 * b0 + (u128)a4 * b4w;
    u128 r4 = (u128)a0 * b4 + (u128)a1 * b3 + (u128)a2 * b2 + (u128)a3 * b1 + (u128)a4 * b0;
    fe r;
    r1 += (uint64_t)(r0 >> 51);
    r2 += (uint64_t)(r1 >> 51);
    r3 += (uint64_t)(r2 >> 51);
    r4 += (uint64_t)(r3 >> 51);
    r.v[0] = ((uint64_t)r0 & FE_MASK) + 19 * (uint64_t)(r4 >> 51);
    r.v[1] = ((uint64_t)r1 & FE_MASK) + (r.v[0] >> 51);
    r.v[0] &= FE_MASK;
    r.v[2] = (uint64_t)r2 & FE_MASK;
    r.v[3] = (uint64_t)r3 & FE_MASK;
    r.v[4] = (uint64_t)r4 & FE_MASK;
    return r;
}

static inline fe fe_sq(fe a) { return fe_mul(a, a); }

static inline fe fe_sq_times(fe a, int times) {
    for (int i = 0; i < times; i++) a = fe_sq(a);
    return a;
}

/// a^(2^250 - 1), which both exponentiations below begin with; `*a11` becomes a^11.
static inline fe fe_pow_2_250_1(fe a, fe *a11) {
    fe a2 = fe_sq(a);
    fe a9 = fe_mul(fe_sq_times(a2, 2), a);
    *a11 = fe_mul(a9, a2);
    fe e5 = fe_mul(fe_sq(*a11), a9);  // 2^5 - 1
    fe e10 = fe_mul(fe_sq_times(e5, 5), e5);
    fe e20 = fe_mul(fe_sq_times(e10, 10), e10);
    fe e40 = fe_mul(fe_sq_times(e20, 20), e20);
    fe e50 = fe_mul(fe_sq_times(e40, 10), e10);
    fe e100 = fe_mul(fe_sq_times(e50, 50), e50);
    fe e200 = fe_mul(fe_sq_times(e100, 100), e100);
    return fe_mul(fe_sq_times(e200, 50), e50);
}

/// 1 / a, as a^(p - 2); 0 of 0.
static inline fe fe_invert(fe a) {
    fe a11, t = fe_pow_2_250_1(a, &a11);
    return fe_mul(fe_sq_times(t, 5), a11);
}

/// a^((p - 5) / 8), from which a square root is made.
static inline fe fe_pow_p58(fe a) {
    fe a11, t = fe_pow_2_250_1(a, &a11);
    return fe_mul(fe_sq_times(t, 2), a);
}

/// The one representative below p. Takes limbs below 2^54.
static inline fe fe_freeze(fe a) {
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < 4; i++) {
            a.v[i + 1] += a.v[i] >> 51;
            a.v[i] &= FE_MASK;
        }
        a.v[0] += 19 * (a.v[4] >> 51);
        a.v[4] &= FE_MASK;
    }
    // Now below 2^255 + 19; the quotient by p is the carry that adding 19 gives.
    uint64_t carry = 19;
    for (int i = 0; i < 5; i++) carry = (a.v[i] + carry) >> 51;
    a.v[0] += 19 * carry;
    for (int i = 0; i < 4; i++) {
        a.v[i + 1] += a.v[i] >> 51;
        a.v[i] &= FE_MASK;
    }
    a.v[4] &= FE_MASK;
    return a;
}

static inline uint64_t load64(const uint8_t *bytes) {
    uint64_t word = 0;
    for (int i = 7; i >= 0; i--) word = word << 8 | bytes[i];
    return word;
}

/// The low 255 bits.
static inline fe fe_from_bytes(const uint8_t bytes[32]) {
    const uint64_t w0 = load64(bytes), w1 = load64(bytes + 8), w2 = load64(bytes + 16), w3 = load64(bytes + 24);
    fe r = {{
        w0 & FE_MASK, (w0 >> 51 | w1 << 13) & FE_MASK, (w1 >> 38 | w2 << 26) & FE_MASK,
        (w2 >> 25 | w3 << 39) & FE_MASK, w3 >> 12 & FE_MASK,
    }};
    return r;
}

static inline int fe_equal(fe a, fe b) {
    a = fe_freeze(a);
    b = fe_freeze(b);
    return memcmp(&a, &b, sizeof a) == 0;
}

/// Whether `bytes` are the encoding of the point (x, y): y, and the lowest bit of x as the highest.
static inline int fe_is_encoding(fe x, fe y, const uint8_t bytes[32]) {
    x = fe_freeze(x);
    y = fe_freeze(y);
    fe r = fe_from_bytes(bytes);
    // A y of p or more in `bytes` equals no frozen y.
    return memcmp(&r, &y, sizeof r) == 0 && (bytes[31] >> 7) == (x.v[0] & 1);
}

#endif
