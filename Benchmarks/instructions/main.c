// Runs a kernel so many times and nothing else, for scripts/bench-instructions to count instructions.

#include "CFastEd25519.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { signatures = 256 };

static uint8_t key[32], secret[64], messages[signatures][32], signed_by[signatures][64];

static int verify(enum fast_ed25519_engine engine) {
    fast_ed25519_table *base = fast_ed25519_table_make(NULL, 8), *table = fast_ed25519_table_make(key, 8);
    fast_ed25519_item items[signatures];
    uint8_t accepted[signatures];
    for (int i = 0; i < signatures; i++) {
        items[i] = (fast_ed25519_item){table, signed_by[i], messages[i], 32};
    }
    int valid = 0;
    if (fast_ed25519_verify(engine, base, items, signatures, accepted) == 0) {
        for (int i = 0; i < signatures; i++) valid += accepted[i];
    }
    fast_ed25519_table_free(base);
    fast_ed25519_table_free(table);
    return valid == signatures ? 0 : 1;
}

static int libsodium(void) {
    int valid = 0;
    for (int i = 0; i < signatures; i++) {
        valid += crypto_sign_verify_detached(signed_by[i], messages[i], 32, key) == 0;
    }
    return valid == signatures ? 0 : 1;
}

int main(int count, char **arguments) {
    const char *what = count > 1 ? arguments[1] : "";
    if (sodium_init() < 0) return 2;
    uint8_t seed[32] = {1};
    crypto_sign_seed_keypair(key, secret, seed);
    for (int i = 0; i < signatures; i++) {
        messages[i][0] = (uint8_t)i;
        crypto_sign_detached(signed_by[i], NULL, messages[i], 32, secret);
    }
    if (strcmp(what, "portable") == 0) return verify(FAST_ED25519_PORTABLE);
    if (strcmp(what, "libsodium") == 0) return libsodium();
    fprintf(stderr, "usage: %s portable|libsodium\n", arguments[0]);
    return 2;
}
