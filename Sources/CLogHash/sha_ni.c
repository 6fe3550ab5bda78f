// x86-64 with SHA-NI. The instructions have a latency of four cycles or more, so that one message leaves most of the
// unit idle: `STREAMS` messages are hashed in turns.

#include "CLogHash.h"

#if defined(__x86_64__)

#include "rounds.h"

#include <cpuid.h>
#include <immintrin.h>
#include <string.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("sha,sse4.1,ssse3"))), apply_to = function)
#else
#pragma GCC target("sha,sse4.1,ssse3")
#endif

#define STREAMS 4

/// The eight words of a state, in the order that the instructions want.
typedef struct {
    __m128i abef, cdgh;
} state;

static inline state state_load(const uint32_t words[8]) {
    __m128i t = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)words), 0xb1);
    __m128i u = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(words + 4)), 0x1b);
    return (state){_mm_alignr_epi8(t, u, 8), _mm_blend_epi16(u, t, 0xf0)};
}

static inline __m128i byte_swap(__m128i words) {
    return _mm_shuffle_epi8(words, _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
}

static inline void state_store(state s, uint8_t *digest) {
    __m128i t = _mm_shuffle_epi32(s.abef, 0x1b), u = _mm_shuffle_epi32(s.cdgh, 0xb1);
    _mm_storeu_si128((__m128i *)digest, byte_swap(_mm_blend_epi16(t, u, 0xf0)));
    _mm_storeu_si128((__m128i *)(digest + 16), byte_swap(_mm_alignr_epi8(u, t, 8)));
}

/// Four rounds; `words` is the schedule with the constants added.
static inline void four_rounds(state *s, __m128i words) {
    s->cdgh = _mm_sha256rnds2_epu32(s->cdgh, s->abef, words);
    s->abef = _mm_sha256rnds2_epu32(s->abef, s->cdgh, _mm_shuffle_epi32(words, 0x0e));
}

static inline void add_state(state *s, const state *before) {
    s->abef = _mm_add_epi32(s->abef, before->abef);
    s->cdgh = _mm_add_epi32(s->cdgh, before->cdgh);
}

/// One block for each of `n` streams.
static inline __attribute__((always_inline)) void compress(state *s, const uint8_t *const blocks[], const int n) {
    state before[STREAMS];
    __m128i w[STREAMS][4];
    for (int j = 0; j < n; j++) {
        before[j] = s[j];
        for (int i = 0; i < 4; i++) w[j][i] = byte_swap(_mm_loadu_si128((const __m128i *)(blocks[j] + 16 * i)));
    }
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
        const __m128i k = _mm_load_si128((const __m128i *)(round_constants + 4 * i));
#pragma GCC unroll 4
        for (int j = 0; j < n; j++) {
            __m128i *const now = &w[j][i & 3], *const next = &w[j][(i + 1) & 3], *const last = &w[j][(i + 3) & 3];
            if (i >= 4) {
                // w[i] has the first step of its schedule from the round before last; this ends it.
                __m128i t = _mm_alignr_epi8(*last, w[j][(i + 2) & 3], 4);
                *now = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(*now, *next), t), *last);
            }
            four_rounds(&s[j], _mm_add_epi32(*now, k));
        }
    }
    for (int j = 0; j < n; j++) add_state(&s[j], &before[j]);
}

typedef __m128i four_words;

static inline four_words padding_words(int i) { return _mm_load_si128((const __m128i *)(padding_rounds + 4 * i)); }

#include "streams.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif

int log_hash_is_available(void) {
    // Not every compiler's __builtin_cpu_supports knows "sha".
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1) && __builtin_cpu_supports("sse4.1");
}

#elif !defined(__aarch64__)

// Never called, since log_hash_is_available says no.
int log_hash_is_available(void) { return 0; }
void log_hash_sha256(const void *message, size_t length, void *digest) { __builtin_trap(); }
void log_hash_node(const void *left, const void *right, void *digest) { __builtin_trap(); }
void log_hash_nodes(const void *pairs, size_t count, void *digests) { __builtin_trap(); }

#endif
