"""An SM2 signature as a value: the pair (r, s), read strictly from its one DER form or from 64 raw bytes.

Both numbers lie in [1, n−1] and r + s is not 0 modulo n (GB/T 32918.2-2016 7.1 B1, B2, B4); without the last check a
signature could be made that verifies for every key. What is read was re-encoded and compared, so no second encoding of
a signature passes. Whether it fits a key and a message is decided in `sm2`.
"""

from dataclasses import dataclass
from typing import Final

from keys.algorithms import der
from keys.algorithms.sm2_curve import COORDINATE, CURVE
from keys.errors import MalformedDer, MalformedSignature

RAW_SIZE: Final = 2 * COORDINATE
# SEQUENCE (2) of two INTEGERs (2 + 33): nothing longer is looked at.
DER_LIMIT: Final = 72


@dataclass(frozen=True)
class Signature:
    """A pair (r, s) in range; making one out of range raises `MalformedSignature`."""

    r: int
    s: int

    def __post_init__(self) -> None:
        if not (1 <= self.r < CURVE.n and 1 <= self.s < CURVE.n):
            raise MalformedSignature("sm2", "out-of-range")
        if (self.r + self.s) % CURVE.n == 0:
            raise MalformedSignature("sm2", "sum-is-zero")

    @classmethod
    def from_der(cls, data: bytes) -> "Signature":
        """Read SEQUENCE { r INTEGER, s INTEGER } (GM/T 0009-2012 7.3). Raises `MalformedSignature`."""
        if len(data) > DER_LIMIT:
            raise MalformedSignature("sm2", "too-long")
        try:
            reader = der.Reader(data)
            inner = reader.inside()
            reader.end()
            r, s = inner.natural(), inner.natural()
            inner.end()
        except MalformedDer as error:
            raise MalformedSignature("sm2", error.reason) from error
        signature = cls(r, s)
        if signature.der != data:
            raise MalformedSignature("sm2", "not-der")
        return signature

    @classmethod
    def from_raw(cls, data: bytes) -> "Signature":
        """Read r ‖ s of 32 bytes each, as tokens and JWS carry it. Raises `MalformedSignature`."""
        if len(data) != RAW_SIZE:
            raise MalformedSignature("sm2", "not-64-bytes")
        return cls(int.from_bytes(data[:COORDINATE]), int.from_bytes(data[COORDINATE:]))

    @property
    def der(self) -> bytes:
        """Write the signature as DER."""
        return der.sequence(der.integer(self.r), der.integer(self.s))

    @property
    def raw(self) -> bytes:
        """Write the signature as r ‖ s."""
        return self.r.to_bytes(COORDINATE) + self.s.to_bytes(COORDINATE)
