"""The curve sm2p256v1 (GB/T 32918.5-2017), which points are on it, and the value ZA that binds a signer.

Everything here is public arithmetic on public values; no secret scalar ever enters Python's integers in this module.
"""

from dataclasses import dataclass
from typing import Final

from keys.algorithms.algorithm import DEFAULT_DISTID
from keys.algorithms.sm3 import SM3
from keys.errors import UnusableDistid, UnusableKey

# ENTL counts bits in two bytes (GB/T 32918.2-2016 5.5): 65,535 bits hold 8,191 bytes. OpenSSL stops at 8,190, and so
# do we, since an identifier that one side cannot use is none. An empty one binds nothing and is refused.
DISTID_LIMIT: Final = 8190

COORDINATE: Final = 32
POINT: Final = 1 + 2 * COORDINATE
UNCOMPRESSED: Final = 0x04


@dataclass(frozen=True)
class Curve:
    """The parameters of a curve y² = x³ + ax + b over a prime field, with base point (gx, gy) of prime order n."""

    name: str
    p: int
    a: int
    b: int
    n: int
    gx: int
    gy: int

    def holds(self, x: int, y: int) -> bool:
        """Tell whether the coordinates lie in the field and the point on the curve."""
        return 0 <= x < self.p and 0 <= y < self.p and (y * y - (x * x * x + self.a * x + self.b)) % self.p == 0


CURVE: Final = Curve(
    name="sm2p256v1",
    p=0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF,
    a=0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC,
    b=0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93,
    n=0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123,
    gx=0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    gy=0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)


def point(x: int, y: int) -> bytes:
    """Write a point uncompressed (GB/T 32918.1-2016 4.2.9)."""
    return bytes((UNCOMPRESSED,)) + x.to_bytes(COORDINATE) + y.to_bytes(COORDINATE)


def require_point(data: bytes) -> None:
    """Insist on an uncompressed point of the curve (GB/T 32918.1-2016 6.2.1).

    Infinity, the compressed and the hybrid form are refused: one key has one encoding, or fingerprints and caches
    could be told two stories. The order need not be checked, the cofactor being 1. The point −G is refused because
    its private key n−1 is outside [1, n−2]. Raises `UnusableKey`.
    """
    if len(data) == 1 and data[0] == 0:
        raise UnusableKey("sm2", "infinity")
    if data[:1] in (b"\x02", b"\x03") and len(data) == 1 + COORDINATE:
        raise UnusableKey("sm2", "compressed-point")
    if data[:1] in (b"\x06", b"\x07") and len(data) == POINT:
        raise UnusableKey("sm2", "hybrid-point")
    if len(data) != POINT or data[0] != UNCOMPRESSED:
        raise UnusableKey("sm2", "not-an-uncompressed-point")
    x, y = coordinates(data)
    if x >= CURVE.p or y >= CURVE.p:
        raise UnusableKey("sm2", "coordinate-out-of-field")
    if not CURVE.holds(x, y):
        raise UnusableKey("sm2", "point-not-on-curve")
    if (x, y) == (CURVE.gx, CURVE.p - CURVE.gy):
        raise UnusableKey("sm2", "private-half-out-of-range")


def require_scalar(scalar: bytes) -> None:
    """Insist on a private key of 32 bytes in [1, n−2] (GB/T 32918.1-2016 6.1). Raises `UnusableKey`."""
    if len(scalar) != COORDINATE:
        raise UnusableKey("sm2", "private-half-not-32-bytes")
    if not 1 <= int.from_bytes(scalar) <= CURVE.n - 2:
        raise UnusableKey("sm2", "private-half-out-of-range")


def coordinates(data: bytes) -> tuple[int, int]:
    """Read the two coordinates of an uncompressed point."""
    return int.from_bytes(data[1 : 1 + COORDINATE]), int.from_bytes(data[1 + COORDINATE :])


def za(data: bytes, distid: bytes = DEFAULT_DISTID, curve: Curve = CURVE) -> bytes:
    """Compute ZA = SM3(ENTL ‖ ID ‖ a ‖ b ‖ xG ‖ yG ‖ xA ‖ yA) (GB/T 32918.2-2016 5.5). Raises `UnusableDistid`."""
    if not 1 <= len(distid) <= DISTID_LIMIT:
        raise UnusableDistid(len(distid))
    entl = (len(distid) * 8).to_bytes(2)
    parameters = b"".join(value.to_bytes(COORDINATE) for value in (curve.a, curve.b, curve.gx, curve.gy))
    return SM3.of(entl, distid, parameters, data[1:])


def e_value(data: bytes, message: bytes, distid: bytes = DEFAULT_DISTID, curve: Curve = CURVE) -> bytes:
    """Compute e = SM3(ZA ‖ M) (GB/T 32918.2-2016 6.1). Raises `UnusableDistid`."""
    return SM3.of(za(data, distid, curve), message)
