"""An SM2 ciphertext as a value: the point C1, the check C3 and the masked message C2, in the four forms on the wire.

The ASN.1 form is that of GM/T 0009-2012 7.2; raw is C1 ‖ C3 ‖ C2 (GB/T 32918.4-2016). The order C1 ‖ C2 ‖ C3 of the
2010 drafts still lives in partners' interfaces and is read and written only where a caller asks for it by name: nothing
in the bytes tells the two orders apart. C1 always lies on the curve, so no private key is ever multiplied with a point
of a weaker one.
"""

import enum
from dataclasses import dataclass
from typing import Final

from keys.algorithms import der
from keys.algorithms.sm2_curve import COORDINATE, CURVE, POINT, UNCOMPRESSED, point
from keys.errors import MalformedCiphertext, MalformedDer

C3_SIZE: Final = 32
# SM2 is for keys and for the short answers of partners; whatever is longer belongs under SM4.
MESSAGE_LIMIT: Final = 1 << 20


class Layout(enum.Enum):
    """The forms of a ciphertext."""

    ASN1 = "asn1"
    C1C3C2 = "c1c3c2"
    C1C2C3 = "c1c2c3"


@dataclass(frozen=True)
class Ciphertext:
    """C1 = (x, y) on the curve, C3 and C2; making one otherwise raises `MalformedCiphertext`."""

    x: int
    y: int
    c3: bytes
    c2: bytes

    def __post_init__(self) -> None:
        if not CURVE.holds(self.x, self.y):
            raise MalformedCiphertext("sm2", "point-not-on-curve")
        if len(self.c3) != C3_SIZE:
            raise MalformedCiphertext("sm2", "check-not-32-bytes")
        if not self.c2:
            raise MalformedCiphertext("sm2", "empty")
        if len(self.c2) > MESSAGE_LIMIT:
            raise MalformedCiphertext("sm2", "too-long")

    @classmethod
    def read(cls, data: bytes, layout: Layout) -> "Ciphertext":
        """Read one of the forms. Raises `MalformedCiphertext`."""
        return cls.from_der(data) if layout is Layout.ASN1 else cls.from_raw(data, layout)

    @classmethod
    def from_der(cls, data: bytes) -> "Ciphertext":
        """Read SEQUENCE { x INTEGER, y INTEGER, C3 OCTET STRING, C2 OCTET STRING }. Raises `MalformedCiphertext`."""
        try:
            reader = der.Reader(data)
            inner = reader.inside()
            reader.end()
            x, y, c3, c2 = inner.natural(), inner.natural(), inner.octets(), inner.octets()
            inner.end()
        except MalformedDer as error:
            raise MalformedCiphertext("sm2", error.reason) from error
        return cls(x, y, c3, c2)

    @classmethod
    def from_raw(cls, data: bytes, layout: Layout = Layout.C1C3C2) -> "Ciphertext":
        """Read an uncompressed point and two strings in the order of the layout. Raises `MalformedCiphertext`."""
        if len(data) <= POINT + C3_SIZE:
            raise MalformedCiphertext("sm2", "too-short")
        if data[0] != UNCOMPRESSED:
            raise MalformedCiphertext("sm2", "not-an-uncompressed-point")
        x, y = int.from_bytes(data[1 : 1 + COORDINATE]), int.from_bytes(data[1 + COORDINATE : POINT])
        rest = data[POINT:]
        if layout is Layout.C1C2C3:
            return cls(x, y, rest[-C3_SIZE:], rest[:-C3_SIZE])
        return cls(x, y, rest[:C3_SIZE], rest[C3_SIZE:])

    def written(self, layout: Layout) -> bytes:
        """Write one of the forms."""
        if layout is Layout.ASN1:
            return self.der
        parts = (self.c2, self.c3) if layout is Layout.C1C2C3 else (self.c3, self.c2)
        return point(self.x, self.y) + b"".join(parts)

    @property
    def der(self) -> bytes:
        """Write the ASN.1 form."""
        return der.sequence(der.integer(self.x), der.integer(self.y), der.octets(self.c3), der.octets(self.c2))
