// Points of the curve -x^2 + y^2 = 1 + d x^2 y^2 in extended coordinates: x = X/Z, y = Y/Z, xy = T/Z.
//
// The addition law is complete: it has no exceptions for equal points, opposite ones or the identity.

#ifndef FAST_ED25519_POINT_H
#define FAST_ED25519_POINT_H

#include "field.h"

typedef struct {
    fe x, y, z, t;
} point;

static const point point_identity = {{{0}}, {{1}}, {{1}}, {{0}}};

/// The last step of both laws (Hisil, Wong, Carter, Dawson 2008).
static inline point point_finish(fe e, fe f, fe g, fe h) {
    point r = {fe_mul(e, f), fe_mul(g, h), fe_mul(f, g), fe_mul(e, h)};
    return r;
}

/// p + q, where q is given as y + x, y - x, 2dxy, all over z: cheaper if q is affine, so that 2z is a sum.
static inline point point_add_parts(point p, fe sum, fe difference, fe product, fe two_z) {
    fe a = fe_mul(fe_sub(p.y, p.x), difference);
    fe b = fe_mul(fe_add(p.y, p.x), sum);
    fe c = fe_mul(p.t, product);
    return point_finish(fe_sub(b, a), fe_sub(two_z, c), fe_add(two_z, c), fe_add(b, a));
}

static inline point point_add(point p, point q) {
    fe d = fe_mul(p.z, q.z);
    return point_add_parts(p, fe_add(q.y, q.x), fe_sub(q.y, q.x), fe_mul(q.t, fe_2d), fe_add(d, d));
}

static inline point point_double(point p) {
    fe a = fe_sq(p.x), b = fe_sq(p.y), z2 = fe_sq(p.z), xy2 = fe_sq(fe_add(p.x, p.y));
    fe h = fe_add(a, b), g = fe_sub(a, b);
    return point_finish(fe_sub(h, xy2), fe_add(fe_add(z2, z2), g), g, h);
}

/// The point that an encoding stands for.
///
/// Returns 0 if there is none. An encoding of x = 0 with a sign is taken, as by libsodium, whose check for points of
/// small order refuses it.
static inline int point_read(point *p, const uint8_t bytes[32]) {
    fe y = fe_from_bytes(bytes);
    fe y2 = fe_sq(y);
    fe u = fe_sub(y2, fe_one);
    fe v = fe_add(fe_mul(y2, fe_d), fe_one);
    // x = u v^3 (u v^7)^((p - 5) / 8), up to a square root of -1 (RFC 8032, section 5.1.3).
    fe v3 = fe_mul(fe_sq(v), v);
    fe v7 = fe_mul(fe_sq(v3), v);
    fe x = fe_mul(fe_mul(u, v3), fe_pow_p58(fe_mul(u, v7)));
    fe vx2 = fe_mul(fe_sq(x), v);
    fe zero = {{0}};
    if (!fe_equal(vx2, u)) {
        if (!fe_equal(fe_add(vx2, u), zero)) return 0;
        x = fe_mul(x, fe_sqrtm1);
    }
    x = fe_freeze(x);
    if ((x.v[0] & 1) != bytes[31] >> 7) x = fe_sub(zero, x);
    p->x = x;
    p->y = y;
    p->z = fe_one;
    p->t = fe_mul(x, y);
    return 1;
}

/// The y coordinates of the eight points whose order divides 8; x, and so the sign, is left aside.
///
/// libsodium refuses them as keys and as R, in their canonical encodings and in the two others that fit in 255 bits.
/// The latter are y >= p, which nothing here takes.
static inline int point_has_small_order(const uint8_t bytes[32]) {
    static const uint8_t small[5][32] = {
        {0x00},
        {0x01},
        {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
         0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
        {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
         0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
        {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    };
    for (int i = 0; i < 5; i++) {
        if (memcmp(bytes, small[i], 31) == 0 && (bytes[31] & 0x7f) == small[i][31]) return 1;
    }
    return 0;
}

/// Whether y is below p.
static inline int point_is_canonical(const uint8_t bytes[32]) {
    fe y = fe_from_bytes(bytes), frozen = fe_freeze(y);
    return memcmp(&y, &frozen, sizeof y) == 0;
}

#endif
