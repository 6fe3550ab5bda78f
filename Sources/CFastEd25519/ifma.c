// The engine for AVX-512 IFMA: eight signatures in lockstep, one a lane. All are additions, so nothing diverges.
//
// The field is that of field.h, five limbs of 51 bits, eight of each in a register. The multiply-add of IFMA takes the low
// 52 bits of its factors and ignores the rest without a word, so every factor must be carried: limbs below
// 2^51 + 2^15. A sum of two may have 52 bits and a little, and is therefore carried too.

#include "engine.h"

#if FAST_ED25519_HAS_IFMA

#include "point.h"

#include <immintrin.h>

// The code below is compiled for these, and called only where verify.c has seen them.
#if defined(__clang__)
#pragma clang attribute push(                                                                                   \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx512ifma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")
#endif

typedef struct {
    __m512i v[5];
} fe8;

typedef struct {
    fe8 x, y, z, t;
} point8;

#define ADD _mm512_add_epi64
#define SUB _mm512_sub_epi64

static inline __m512i splat(uint64_t word) { return _mm512_set1_epi64((long long)word); }

/// One parallel pass: limbs up to 2^61 become limbs below 2^51 + 2^15.
static inline fe8 fe8_carry(fe8 a) {
    const __m512i mask = splat(FE_MASK);
    __m512i c[5];
    for (int i = 0; i < 5; i++) {
        c[i] = _mm512_srli_epi64(a.v[i], 51);
        a.v[i] = _mm512_and_si512(a.v[i], mask);
    }
    // The carry of the last limb has weight 2^255 = 19.
    a.v[0] = _mm512_madd52lo_epu64(a.v[0], c[4], splat(19));
    for (int i = 1; i < 5; i++) a.v[i] = ADD(a.v[i], c[i - 1]);
    return a;
}

static inline fe8 fe8_add(fe8 a, fe8 b) {
    for (int i = 0; i < 5; i++) a.v[i] = ADD(a.v[i], b.v[i]);
    return fe8_carry(a);
}

static inline fe8 fe8_sub(fe8 a, fe8 b) {
    a.v[0] = ADD(a.v[0], SUB(splat(0xfffffffffffda), b.v[0]));
    for (int i = 1; i < 5; i++) a.v[i] = ADD(a.v[i], SUB(splat(0xffffffffffffe), b.v[i]));
    return fe8_carry(a);
}

static inline fe8 fe8_mul(fe8 a, fe8 b) {
    // Low halves have weight 2^51(i+j), high halves 2^(51(i+j)+52): twice the weight of the next limb.
    __m512i low[10], high[10];
    for (int k = 0; k < 10; k++) low[k] = high[k] = _mm512_setzero_si512();
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) {
#pragma GCC unroll 5
        for (int j = 0; j < 5; j++) {
            low[i + j] = _mm512_madd52lo_epu64(low[i + j], a.v[i], b.v[j]);
            high[i + j + 1] = _mm512_madd52hi_epu64(high[i + j + 1], a.v[i], b.v[j]);
        }
    }
    fe8 r;
#pragma GCC unroll 5
    for (int k = 0; k < 5; k++) {
        // At most 5 low halves and twice 5 high ones: below 2^56, and 19 times that below 2^61.
        __m512i near = ADD(low[k], ADD(high[k], high[k]));
        __m512i far = ADD(low[k + 5], ADD(high[k + 5], high[k + 5]));
        far = ADD(ADD(far, ADD(far, far)), _mm512_slli_epi64(far, 4));
        r.v[k] = ADD(near, far);
    }
    return fe8_carry(r);
}

static inline fe8 fe8_splat(fe a) {
    fe8 r;
    for (int i = 0; i < 5; i++) r.v[i] = splat(a.v[i]);
    return r;
}

__attribute__((noinline)) static fe8 fe8_sq_times(fe8 a, int times) {
    for (int i = 0; i < times; i++) a = fe8_mul(a, a);
    return a;
}

/// 1 / a in each lane, by the same chain as fe_invert.
static fe8 fe8_invert(fe8 a) {
    fe8 a2 = fe8_mul(a, a);
    fe8 a9 = fe8_mul(fe8_sq_times(a2, 2), a);
    fe8 a11 = fe8_mul(a9, a2);
    fe8 e5 = fe8_mul(fe8_sq_times(a11, 1), a9);
    fe8 e10 = fe8_mul(fe8_sq_times(e5, 5), e5);
    fe8 e20 = fe8_mul(fe8_sq_times(e10, 10), e10);
    fe8 e40 = fe8_mul(fe8_sq_times(e20, 20), e20);
    fe8 e50 = fe8_mul(fe8_sq_times(e40, 10), e10);
    fe8 e100 = fe8_mul(fe8_sq_times(e50, 50), e50);
    fe8 e200 = fe8_mul(fe8_sq_times(e100, 100), e100);
    fe8 e250 = fe8_mul(fe8_sq_times(e200, 50), e50);
    return fe8_mul(fe8_sq_times(e250, 5), a11);
}

/// Turns eight rows into eight columns.
static inline void transpose(__m512i r[8]) {
    __m512i t[8], u[8];
    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm512_unpacklo_epi64(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi64(r[i], r[i + 1]);
    }
    // t[2j] has the even columns of rows 2j and 2j + 1, t[2j + 1] the odd ones.
    for (int half = 0; half < 2; half++) {
        for (int odd = 0; odd < 2; odd++) {
            __m512i a = t[4 * half + odd], b = t[4 * half + 2 + odd];
            u[4 * half + odd] = _mm512_shuffle_i64x2(a, b, 0x88);      // columns odd + 0, odd + 4
            u[4 * half + 2 + odd] = _mm512_shuffle_i64x2(a, b, 0xdd);  // columns odd + 2, odd + 6
        }
    }
    for (int column = 0; column < 4; column++) {
        r[column] = _mm512_shuffle_i64x2(u[column], u[column + 4], 0x88);
        r[column + 4] = _mm512_shuffle_i64x2(u[column], u[column + 4], 0xdd);
    }
}

/// The rows that eight digits name, and which of them are negative.
typedef struct {
    const table_row *rows[LANES];
    __mmask8 negative;
} named_rows;

static inline named_rows name_rows(
    const fast_ed25519_table *const tables[LANES], int stride, int position, const int8_t digits[LANES]) {
    named_rows named;
    const __m128i d = _mm_loadl_epi64((const __m128i *)digits);
    uint64_t magnitudes = (uint64_t)_mm_cvtsi128_si64(_mm_abs_epi8(d));  // that of -128 is 128, without a sign
    named.negative = (__mmask8)_mm_movemask_epi8(d);
    for (int lane = 0; lane < LANES; lane++) {
        const table_row *row = tables[lane]->rows + (position * stride + (int)(magnitudes >> (8 * lane) & 255));
        named.rows[lane] = row;
        _mm_prefetch((const char *)row, _MM_HINT_T0);
        _mm_prefetch((const char *)row + 64, _MM_HINT_T0);
    }
    return named;
}

static inline point8 add_rows(point8 p, const named_rows *named) {
    __m512i first[8], second[8];
    for (int lane = 0; lane < LANES; lane++) {
        first[lane] = _mm512_load_si512(named->rows[lane]);
        second[lane] = _mm512_load_si512((const char *)named->rows[lane] + 64);
    }
    transpose(first);
    transpose(second);
    const fe8 sum = {{first[0], first[1], first[2], first[3], first[4]}};
    const fe8 difference = {{first[5], first[6], first[7], second[0], second[1]}};
    const fe8 product = {{second[2], second[3], second[4], second[5], second[6]}};
    const __mmask8 negative = named->negative;

    // As point_add_parts. The negative of a row has sum and difference exchanged, and -2dxy: so f and g are exchanged.
    fe8 for_a, for_b, f, g;
    for (int i = 0; i < 5; i++) {
        for_a.v[i] = _mm512_mask_blend_epi64(negative, difference.v[i], sum.v[i]);
        for_b.v[i] = _mm512_mask_blend_epi64(negative, sum.v[i], difference.v[i]);
    }
    const fe8 a = fe8_mul(fe8_sub(p.y, p.x), for_a);
    const fe8 b = fe8_mul(fe8_add(p.y, p.x), for_b);
    const fe8 c = fe8_mul(p.t, product);
    const fe8 e = fe8_sub(b, a), h = fe8_add(b, a);
    fe8 less, more;
    for (int i = 0; i < 5; i++) {
        const __m512i two_z = ADD(p.z.v[i], p.z.v[i]);
        const __m512i two_p = splat(i == 0 ? 0xfffffffffffda : 0xffffffffffffe);
        less.v[i] = ADD(two_z, SUB(two_p, c.v[i]));
        more.v[i] = ADD(two_z, c.v[i]);
    }
    less = fe8_carry(less);
    more = fe8_carry(more);
    for (int i = 0; i < 5; i++) {
        f.v[i] = _mm512_mask_blend_epi64(negative, less.v[i], more.v[i]);
        g.v[i] = _mm512_mask_blend_epi64(negative, more.v[i], less.v[i]);
    }
    const point8 r = {fe8_mul(e, f), fe8_mul(g, h), fe8_mul(f, g), fe8_mul(e, h)};
    return r;
}

/// Adds all the rows that eight lanes' digits name. The rows of a position are fetched while the one before is added.
static point8 add_all(
    point8 p, const fast_ed25519_table *const tables[LANES], const int8_t (*digits)[LANES]) {
    const int stride = tables[0]->rows_per_position, positions = tables[0]->positions;
    named_rows next = name_rows(tables, stride, 0, digits[0]);
    for (int i = 0; i < positions; i++) {
        const named_rows now = next;
        if (i + 1 < positions) next = name_rows(tables, stride, i + 1, digits[i + 1]);
        p = add_rows(p, &now);
    }
    return p;
}

/// The eight lanes of an element, limb by limb.
typedef struct {
    uint64_t limbs[5][LANES];
} lanes;

static inline lanes lanes_of(fe8 a) {
    lanes r;
    for (int i = 0; i < 5; i++) _mm512_storeu_si512(r.limbs[i], a.v[i]);
    return r;
}

static inline fe lane_of(const lanes *a, int lane) {
    fe r;
    for (int i = 0; i < 5; i++) r.v[i] = a->limbs[i][lane];
    return r;
}

void fast_ed25519_ifma_block(block *block) {
    point8 points[GROUPS];
    fe8 products[GROUPS + 1];
    const fe8 one = fe8_splat(fe_one);
    const point8 identity = {fe8_splat(point_identity.x), one, one, fe8_splat(point_identity.t)};
    const fast_ed25519_table *bases[LANES];
    for (int lane = 0; lane < LANES; lane++) bases[lane] = block->base;
    products[0] = one;
    for (int group = 0; group < block->groups; group++) {
        point8 p = add_all(identity, bases, block->base_digits[group]);
        points[group] = add_all(p, block->keys + group * LANES, block->key_digits[group]);
        products[group + 1] = fe8_mul(products[group], points[group].z);
    }
    // One inversion a lane for all groups (Montgomery's trick).
    fe8 inverse = fe8_invert(products[block->groups]);
    for (int group = block->groups - 1; group >= 0; group--) {
        const fe8 z = fe8_mul(inverse, products[group]);
        inverse = fe8_mul(inverse, points[group].z);
        const lanes x = lanes_of(fe8_mul(points[group].x, z)), y = lanes_of(fe8_mul(points[group].y, z));
        for (int lane = 0; lane < LANES; lane++) {
            const int place = group * LANES + lane;
            block->matches[place] =
                (uint8_t)fe_is_encoding(lane_of(&x, lane), lane_of(&y, lane), block->encodings[place]);
        }
    }
}

static const uint64_t sha512_initial[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

static const uint64_t sha512_constants[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
    0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
    0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
    0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
    0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

/// A word of a message, most significant byte first; a digest is read least significant byte first.
static inline uint64_t big_endian(const uint8_t *bytes) { return __builtin_bswap64(load64(bytes)); }

static inline __m512i xor3(__m512i a, __m512i b, __m512i c) { return _mm512_ternarylogic_epi64(a, b, c, 0x96); }

void fast_ed25519_ifma_sha512(
    const uint8_t *const encodings[LANES], const uint8_t *const keys[LANES], const uint8_t *const messages[LANES],
    uint64_t digests[LANES][8]) {
    // One block holds it all: 96 bytes, the bit that ends them, and the length in bits.
    uint64_t words[12][LANES] __attribute__((aligned(64)));
    for (int lane = 0; lane < LANES; lane++) {
        for (int i = 0; i < 4; i++) {
            words[i][lane] = big_endian(encodings[lane] + 8 * i);
            words[4 + i][lane] = big_endian(keys[lane] + 8 * i);
            words[8 + i][lane] = big_endian(messages[lane] + 8 * i);
        }
    }
    __m512i w[16], state[8];
    for (int i = 0; i < 12; i++) w[i] = _mm512_load_si512(words[i]);
    w[12] = splat(UINT64_C(1) << 63);
    w[13] = w[14] = splat(0);
    w[15] = splat(96 * 8);
    for (int i = 0; i < 8; i++) state[i] = splat(sha512_initial[i]);
    __m512i a = state[0], b = state[1], c = state[2], d = state[3];
    __m512i e = state[4], f = state[5], g = state[6], h = state[7];
#pragma GCC unroll 5
    for (int round = 0; round < 80; round += 16) {
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++) {
            if (round > 0) {
                const __m512i w1 = w[(i + 14) & 15], w15 = w[(i + 1) & 15];
                const __m512i s0 = xor3(
                    _mm512_ror_epi64(w15, 1), _mm512_ror_epi64(w15, 8), _mm512_srli_epi64(w15, 7));
                const __m512i s1 = xor3(
                    _mm512_ror_epi64(w1, 19), _mm512_ror_epi64(w1, 61), _mm512_srli_epi64(w1, 6));
                w[i] = ADD(ADD(w[i], s0), ADD(w[(i + 9) & 15], s1));
            }
            const __m512i s1 = xor3(_mm512_ror_epi64(e, 14), _mm512_ror_epi64(e, 18), _mm512_ror_epi64(e, 41));
            const __m512i choice = _mm512_ternarylogic_epi64(e, f, g, 0xca);
            const __m512i t1 = ADD(ADD(ADD(h, s1), choice), ADD(w[i], splat(sha512_constants[round + i])));
            const __m512i s0 = xor3(_mm512_ror_epi64(a, 28), _mm512_ror_epi64(a, 34), _mm512_ror_epi64(a, 39));
            const __m512i majority = _mm512_ternarylogic_epi64(a, b, c, 0xe8);
            h = g;
            g = f;
            f = e;
            e = ADD(d, t1);
            d = c;
            c = b;
            b = a;
            a = ADD(t1, ADD(s0, majority));
        }
    }
    const __m512i sums[8] = {a, b, c, d, e, f, g, h};
    for (int i = 0; i < 8; i++) {
        uint64_t lanes[LANES] __attribute__((aligned(64)));
        _mm512_store_si512(lanes, ADD(state[i], sums[i]));
        for (int lane = 0; lane < LANES; lane++) digests[lane][i] = __builtin_bswap64(lanes[lane]);
    }
}

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
