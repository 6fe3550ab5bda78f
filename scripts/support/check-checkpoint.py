#!/usr/bin/env python3
"""An independent reader of cosigned checkpoints: C2SP signed-note, tlog-checkpoint and tlog-cosignature, with the Ed25519 of
RFC 8032, appendix A, and nothing of ours. Usage: check-checkpoint.py VKEY FILE; prints origin, size, root and time."""
import base64
import hashlib
import sys

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(s, p):
    q = (0, 1, 1, 0)
    while s > 0:
        if s & 1:
            q = add(q, p)
        p, s = add(p, p), s >> 1
    return q


def recover(y, sign):
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * SQRT_M1 % P
    assert (x * x - x2) % P == 0, "not on the curve"
    return P - x if x & 1 != sign else x


def point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    x = recover(y, sign)
    return x, y, 1, x * y % P


def verify(key, message, signature):
    base_y = 4 * pow(5, P - 2, P) % P
    base_x = recover(base_y, 0)
    r, s = point(signature[:32]), int.from_bytes(signature[32:], "little")
    assert s < L, "S is too large"
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    left, right = multiply(s, (base_x, base_y, 1, base_x * base_y % P)), add(r, multiply(h, point(key)))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


name, key_id, material = sys.argv[1].split("+", 2)
material = base64.b64decode(material, validate=True)
assert material[0] == 4 and len(material) == 33, "no cosigner's key"
assert hashlib.sha256(name.encode() + b"\n" + material).digest()[:4].hex() == key_id, "the key's id is wrong"
with open(sys.argv[2], "rb") as file:
    text, signatures = file.read().rsplit(b"\n\n", 1)
text += b"\n"
for line in signatures.decode().splitlines():
    dash, signer, encoded = line.split(" ")
    signature = base64.b64decode(encoded, validate=True)
    if dash == "\u2014" and signer == name and signature[:4].hex() == key_id:
        time = int.from_bytes(signature[4:12], "big")
        message = b"cosignature/v1\ntime %d\n" % time + text
        assert len(signature) == 76 and verify(material[1:], message, signature[12:]), "the cosignature does not verify"
        origin, size, root = text.decode().splitlines()
        assert len(base64.b64decode(root, validate=True)) == 32
        print(origin, size, root, time)
        sys.exit(0)
sys.exit("not signed by this key")
