// Tables of multiples: made once a key, with portable arithmetic, for both engines.

#include "engine.h"

#include <stdlib.h>

#if FAST_ED25519_HAS_PORTABLE

#include "point.h"

static const uint8_t base_encoding[32] = {
    0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
    0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
};

size_t fast_ed25519_table_bytes(int window) {
    return sizeof(fast_ed25519_table) + (size_t)(256 / window) * ((1 << (window - 1)) + 1) * sizeof(table_row);
}

static void write_row(table_row *row, fe x, fe y) {
    fe sum = fe_freeze(fe_add(y, x)), difference = fe_freeze(fe_sub(y, x));
    fe product = fe_freeze(fe_mul(fe_mul(x, y), fe_2d));
    memcpy(row->sum, sum.v, sizeof sum.v);
    memcpy(row->difference, difference.v, sizeof difference.v);
    memcpy(row->product, product.v, sizeof product.v);
    row->unused = 0;
}

/// Writes the multiples 0 to `count` of `p`, and returns the last. One inversion makes them all affine.
static point write_position(table_row *rows, point p, int count) {
    point multiples[129];
    fe products[129];
    multiples[1] = p;
    products[0] = fe_one;
    products[1] = p.z;
    for (int i = 2; i <= count; i++) {
        multiples[i] = i & 1 ? point_add(multiples[i - 1], p) : point_double(multiples[i / 2]);
        products[i] = fe_mul(products[i - 1], multiples[i].z);
    }
    fe zero = {{0}};
    write_row(&rows[0], zero, fe_one);
    fe inverse = fe_invert(products[count]);
    for (int i = count; i >= 1; i--) {
        fe z = fe_mul(inverse, products[i - 1]);
        inverse = fe_mul(inverse, multiples[i].z);
        write_row(&rows[i], fe_mul(multiples[i].x, z), fe_mul(multiples[i].y, z));
    }
    return multiples[count];
}

fast_ed25519_table *fast_ed25519_table_make(const uint8_t *key, int window) {
    if (window != 8 && window != 4) return NULL;
    point p;
    if (key) {
        if (!point_is_canonical(key) || point_has_small_order(key) || !point_read(&p, key)) return NULL;
        fe zero = {{0}};
        p.x = fe_freeze(fe_sub(zero, fe_freeze(p.x)));
        p.t = fe_mul(p.x, p.y);
    } else if (!point_read(&p, base_encoding)) {
        return NULL;
    }
    // aligned_alloc asks for a multiple of the alignment.
    fast_ed25519_table *table = aligned_alloc(64, (fast_ed25519_table_bytes(window) + 63) & ~(size_t)63);
    if (!table) return NULL;
    memset(table->key, 0, sizeof table->key);
    if (key) memcpy(table->key, key, sizeof table->key);
    table->window = window;
    table->positions = 256 / window;
    const int half = 1 << (window - 1);
    table->rows_per_position = half + 1;
    for (int i = 0; i < table->positions; i++) {
        p = point_double(write_position(table->rows + (size_t)i * (half + 1), p, half));
    }
    return table;
}

void fast_ed25519_table_free(fast_ed25519_table *table) { free(table); }

#endif
