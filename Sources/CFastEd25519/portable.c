// The engine for every 64-bit machine whose compiler has 128-bit integers.

#include "engine.h"

#if FAST_ED25519_HAS_PORTABLE

#include "point.h"

static inline const table_row *row_of(const fast_ed25519_table *table, int position, int digit) {
    return &table->rows[position * table->rows_per_position + (digit < 0 ? -digit : digit)];
}

static inline void prefetch(const table_row *row) {
    __builtin_prefetch(row);
    __builtin_prefetch((const char *)row + 64);
}

static inline fe fe_of(const uint64_t limbs[5]) {
    fe r;
    memcpy(r.v, limbs, sizeof r.v);
    return r;
}

/// The negative of an affine point is (-x, y): sum and difference change places, and 2dxy its sign.
static inline point add_row(point p, const table_row *row, int digit) {
    fe two_z = fe_add(p.z, p.z);
    fe sum = fe_of(row->sum), difference = fe_of(row->difference), product = fe_of(row->product);
    if (digit < 0) {
        fe zero = {{0}}, swap = sum;
        sum = difference;
        difference = swap;
        product = fe_sub(zero, product);
    }
    return point_add_parts(p, sum, difference, product, two_z);
}

/// The sum of the rows that one lane's digits name. The next row is fetched while one is added.
static point add_rows(point p, const fast_ed25519_table *table, const int8_t (*digits)[LANES], int lane) {
    const table_row *next = row_of(table, 0, digits[0][lane]);
    for (int i = 0; i < table->positions; i++) {
        const table_row *row = next;
        if (i + 1 < table->positions) {
            next = row_of(table, i + 1, digits[i + 1][lane]);
            prefetch(next);
        }
        p = add_row(p, row, digits[i][lane]);
    }
    return p;
}

void fast_ed25519_portable_block(block *block) {
    point points[BLOCK];
    fe products[BLOCK + 1];
    const int count = block->groups * LANES;
    products[0] = fe_one;
    for (int i = 0; i < count; i++) {
        const int group = i / LANES, lane = i % LANES;
        point p = add_rows(point_identity, block->base, block->base_digits[group], lane);
        points[i] = add_rows(p, block->keys[i], block->key_digits[group], lane);
        products[i + 1] = fe_mul(products[i], points[i].z);
    }
    // One inversion for all (Montgomery's trick); no z is 0, since the addition law is complete.
    fe inverse = fe_invert(products[count]);
    for (int i = count - 1; i >= 0; i--) {
        fe z = fe_mul(inverse, products[i]);
        inverse = fe_mul(inverse, points[i].z);
        block->matches[i] = (uint8_t)fe_is_encoding(
            fe_mul(points[i].x, z), fe_mul(points[i].y, z), block->encodings[i]);
    }
}

#endif
