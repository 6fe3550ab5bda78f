// 64-bit ARM with the crypto extensions. As with SHA-NI, one message leaves most of the unit idle: `STREAMS` messages are
// hashed in turns.

#include "CLogHash.h"

#if defined(__aarch64__)

#include "rounds.h"

#include <arm_neon.h>
#include <string.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("sha2"))), apply_to = function)
#else
#pragma GCC target("+crypto")
#endif

#define STREAMS 4

typedef struct {
    uint32x4_t abcd, efgh;
} state;

static inline state state_load(const uint32_t words[8]) { return (state){vld1q_u32(words), vld1q_u32(words + 4)}; }

static inline void state_store(state s, uint8_t *digest) {
    vst1q_u8(digest, vrev32q_u8(vreinterpretq_u8_u32(s.abcd)));
    vst1q_u8(digest + 16, vrev32q_u8(vreinterpretq_u8_u32(s.efgh)));
}

/// Four rounds; `words` is the schedule with the constants added.
static inline void four_rounds(state *s, uint32x4_t words) {
    const uint32x4_t before = s->abcd;
    s->abcd = vsha256hq_u32(s->abcd, s->efgh, words);
    s->efgh = vsha256h2q_u32(s->efgh, before, words);
}

static inline void add_state(state *s, const state *before) {
    s->abcd = vaddq_u32(s->abcd, before->abcd);
    s->efgh = vaddq_u32(s->efgh, before->efgh);
}

/// One block for each of `n` streams.
static inline __attribute__((always_inline)) void compress(state *s, const uint8_t *const blocks[], const int n) {
    state before[STREAMS];
    uint32x4_t w[STREAMS][4];
    for (int j = 0; j < n; j++) {
        before[j] = s[j];
        for (int i = 0; i < 4; i++) w[j][i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(blocks[j] + 16 * i)));
    }
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
        const uint32x4_t k = vld1q_u32(round_constants + 4 * i);
#pragma GCC unroll 4
        for (int j = 0; j < n; j++) {
            uint32x4_t *const now = &w[j][i & 3];
            const uint32x4_t words = vaddq_u32(*now, k);
            if (i < 12) {
                *now = vsha256su1q_u32(
                    vsha256su0q_u32(*now, w[j][(i + 1) & 3]), w[j][(i + 2) & 3], w[j][(i + 3) & 3]);
            }
            four_rounds(&s[j], words);
        }
    }
    for (int j = 0; j < n; j++) add_state(&s[j], &before[j]);
}

typedef uint32x4_t four_words;

static inline four_words padding_words(int i) { return vld1q_u32(padding_rounds + 4 * i); }

#include "streams.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif

int log_hash_is_available(void) {
#if defined(__APPLE__)
    return 1;
#elif defined(__linux__)
    return (getauxval(AT_HWCAP) >> 6 & 1) != 0;  // HWCAP_SHA2
#else
    return 0;
#endif
}

#endif
