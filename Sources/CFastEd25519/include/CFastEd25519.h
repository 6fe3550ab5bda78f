// Ed25519 verification for a few fixed keys: tables of multiples turn `[S]B - [k]A` into additions alone.
//
// Verification handles public values only, so nothing here is constant time, and nothing here may ever touch a secret.
// What is accepted is what libsodium accepts; what is rejected may be anything, and is put to libsodium by the caller.

#ifndef CFAST_ED25519_H
#define CFAST_ED25519_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// How the arithmetic is done. `none` where the compiler has no 128-bit integers.
enum fast_ed25519_engine {
    FAST_ED25519_NONE = 0,
    FAST_ED25519_PORTABLE = 1,
    /// Eight signatures in lockstep, with AVX-512 IFMA.
    FAST_ED25519_IFMA = 2,
};

/// The fastest engine that this machine can run; asked of the processor, at run time.
enum fast_ed25519_engine fast_ed25519_best_engine(void);

/// Multiples of one point, by signed windows of some bits. Immutable once made, so that threads may share it.
typedef struct fast_ed25519_table fast_ed25519_table;

/// A table for a public key, of its negated point, or for the base point if `key` is NULL.
///
/// - window: 8 (0.5 MiB, made in the time of a dozen of libsodium's verifications) or 4 (72 KiB, of two).
/// - returns NULL if the key is one that libsodium refuses, or there is no memory. Freed with fast_ed25519_table_free.
fast_ed25519_table *fast_ed25519_table_make(const uint8_t *key, int window);
void fast_ed25519_table_free(fast_ed25519_table *table);
size_t fast_ed25519_table_bytes(int window);

/// One signature that is asked about.
typedef struct {
    /// Of the key that should have signed. NULL is rejected.
    const fast_ed25519_table *table;
    /// 64 bytes.
    const uint8_t *signature;
    const uint8_t *message;
    size_t message_length;
} fast_ed25519_item;

/// Judges `count` signatures; `accepted[i]` becomes 1 or 0.
///
/// - base: the base point's table.
/// - All keys' tables must have the window of the first; those that have not are rejected.
/// - returns 0; -1 if there is no memory or the engine cannot run here, and all are rejected.
int fast_ed25519_verify(
    enum fast_ed25519_engine engine, const fast_ed25519_table *base, const fast_ed25519_item *items, size_t count,
    uint8_t *accepted);

#ifdef __cplusplus
}
#endif

#endif
