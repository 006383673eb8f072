"""The formulas of GB/T 32918 by the book, on Python integers and any curve: for known answers and second opinions.

It takes published test keys and published nonces only. It is slow, takes unequal time, and is not among the backends:
nothing of the house is signed, opened or accepted by it.
"""

from itertools import count
from typing import Final

from keys.algorithms.sm2_curve import COORDINATE, Curve
from keys.algorithms.sm3 import SM3

Point = tuple[int, int] | None
"""Affine coordinates, or None for the point at infinity."""

# GB/T 32918.3-2016 6.1: w = ⌈⌈log2 n⌉ / 2⌉ − 1, for 256 bits.
_W: Final = 127


def add(curve: Curve, left: Point, right: Point) -> Point:
    """Add two points (GB/T 32918.1-2016 3.2.3.1)."""
    if left is None or right is None:
        return right if left is None else left
    (x1, y1), (x2, y2) = left, right
    if x1 == x2 and (y1 + y2) % curve.p == 0:
        return None
    if left == right:
        slope = (3 * x1 * x1 + curve.a) * pow(2 * y1, -1, curve.p)
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, curve.p)
    x3 = (slope * slope - x1 - x2) % curve.p
    return x3, (slope * (x1 - x3) - y1) % curve.p


def multiply(curve: Curve, number: int, point: Point) -> Point:
    """Add a point to itself so many times."""
    product: Point = None
    for bit in f"{number:b}":
        product = add(curve, product, product)
        if bit == "1":
            product = add(curve, product, point)
    return product


def finite(point: Point) -> tuple[int, int]:
    """Give the coordinates of a point that is not infinity. Raises `ArithmeticError`."""
    if point is None:
        raise ArithmeticError("the point at infinity has no coordinates")
    return point


def base(curve: Curve) -> Point:
    """Give the base point."""
    return curve.gx, curve.gy


def verifies(curve: Curve, public: Point, signature: tuple[int, int], e: bytes) -> bool:
    """Verify an e-value (GB/T 32918.2-2016 7.1, B1 to B7)."""
    r, s = signature
    t = (r + s) % curve.n
    if not (1 <= r < curve.n and 1 <= s < curve.n) or t == 0:
        return False
    total = add(curve, multiply(curve, s, base(curve)), multiply(curve, t, public))
    return total is not None and (int.from_bytes(e) + total[0]) % curve.n == r


def signed(curve: Curve, private: int, nonce: int, e: bytes) -> tuple[int, int]:
    """Sign an e-value with a published nonce (GB/T 32918.2-2016 6.1, A4 to A6)."""
    point = finite(multiply(curve, nonce, base(curve)))
    r = (int.from_bytes(e) + point[0]) % curve.n
    return r, (nonce - r * private) * pow(1 + private, -1, curve.n) % curve.n


def kdf(shared: bytes, size: int) -> bytes:
    """Stretch a shared secret (GB/T 32918.4-2016 5.4.3)."""
    out = b""
    for counter in count(1):
        if len(out) >= size:
            break
        out += SM3.of(shared, counter.to_bytes(4))
    return out[:size]


def encrypted(curve: Curve, public: Point, nonce: int, message: bytes) -> tuple[Point, bytes, bytes]:
    """Encrypt with a published nonce and give C1, C3, C2 (GB/T 32918.4-2016 6.1)."""
    x, y = (value.to_bytes(COORDINATE) for value in finite(multiply(curve, nonce, public)))
    mask = kdf(x + y, len(message))
    c2 = bytes(a ^ b for a, b in zip(message, mask, strict=True))
    return multiply(curve, nonce, base(curve)), SM3.of(x, message, y), c2


def exchanged(
    curve: Curve, own: tuple[int, int], other: tuple[Point, Point], zs: tuple[bytes, bytes], size: int
) -> tuple[bytes, Point]:
    """Agree on a key from our key and nonce and the other's two points (GB/T 32918.3-2016 6.1).

    Gives the key and the shared point, from which the two confirmations are made.
    """
    (private, nonce), (public, ephemeral) = own, other
    mine = finite(multiply(curve, nonce, base(curve)))
    t = (private + _bar(mine[0]) * nonce) % curve.n
    theirs = multiply(curve, _bar(finite(ephemeral)[0]), ephemeral)
    shared = finite(multiply(curve, t, add(curve, public, theirs)))
    x, y = (value.to_bytes(COORDINATE) for value in shared)
    return kdf(x + y + b"".join(zs), size), shared


def confirmation(tag: int, shared: Point, zs: tuple[bytes, bytes], ephemerals: tuple[Point, Point]) -> bytes:
    """Make a confirmation, tag 2 from the responder and 3 from the initiator (GB/T 32918.3-2016 6.1 B8, A9)."""
    x, y = (value.to_bytes(COORDINATE) for value in finite(shared))
    points = b"".join(value.to_bytes(COORDINATE) for point in ephemerals for value in finite(point))
    return SM3.of(bytes((tag,)), y, SM3.of(x, *zs, points))


def _bar(x: int) -> int:
    return (1 << _W) + (x & ((1 << _W) - 1))
