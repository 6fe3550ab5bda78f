// SHA-256 for the tree's hot loops, by the processor's own instructions: SHA-NI on x86-64, the crypto extensions on ARM.
//
// Where `log_hash_is_available()` is 0, nothing else here may be called; the caller then has swift-crypto.

#ifndef CLOG_HASH_H
#define CLOG_HASH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Whether this processor has the instructions; asked at run time.
int log_hash_is_available(void);

/// SHA-256 of any message.
void log_hash_sha256(const void *message, size_t length, void *digest);

/// SHA-256 of two digests, one after the other: a node of the tree.
void log_hash_node(const void *left, const void *right, void *digest);

/// The nodes over `count` pairs of digests, which lie one after the other: several streams at once.
///
/// `digests` may begin where `pairs` begins: a level of a tree is then turned into the next one in place.
void log_hash_nodes(const void *pairs, size_t count, void *digests);

#ifdef __cplusplus
}
#endif

#endif
