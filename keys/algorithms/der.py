"""Read and write DER strictly: a value has one encoding, and any other is refused where it stands.

Only what keys, signatures and ciphertexts need (X.690 clauses 8 and 10). Lengths must be definite and minimal,
integers minimal, tags low, nothing may follow. Certificates and documents are read elsewhere; `require_der` lets
those readers insist on DER before they begin.
"""

from typing import Final

from keys.errors import MalformedDer

INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OID: Final = 0x06
SEQUENCE: Final = 0x30
CONSTRUCTED: Final = 0x20

# facts/reliability T16: nesting deeper than this is an attack, no structure of ours passes 20.
DEPTH_LIMIT: Final = 32
# Four length bytes cover 4 GiB; more can only be an attempt to overflow a reader.
LENGTH_BYTES_LIMIT: Final = 4
# X.660 arcs that occur are under 64 bits; the limit keeps a hostile OID from becoming a huge number.
OID_BYTES_LIMIT: Final = 64

_BOOLEAN: Final = 0x01
_LONG_FORM: Final = 0x80
_HIGH_TAG: Final = 0x1F
_MORE: Final = 0x80


class Reader:
    """Walks once over the content of one DER value; every method takes the next element or refuses."""

    def __init__(self, data: bytes, start: int = 0, end: int | None = None) -> None:
        self._data = data
        self._at = start
        self._end = len(data) if end is None else end

    @property
    def ended(self) -> bool:
        """Tell whether nothing is left."""
        return self._at == self._end

    @property
    def next_tag(self) -> int | None:
        """Tell the tag that comes next, or None at the end."""
        return None if self.ended else self._data[self._at]

    def end(self) -> None:
        """Insist that nothing is left. Raises `MalformedDer`."""
        if not self.ended:
            raise self.refused("trailing-bytes")

    def refused(self, reason: str) -> MalformedDer:
        """Give the refusal for the present place."""
        return MalformedDer(reason, self._at)

    def whole(self) -> bytes:
        """Take the next element, whatever it is, with its header. Raises `MalformedDer`."""
        start = self._at
        self._at = self._span(start)[1]
        return self._data[start : self._at]

    def content(self, tag: int) -> bytes:
        """Take the content of the next element, which must have that tag. Raises `MalformedDer`."""
        start, end = self._expect(tag)
        self._at = end
        return self._data[start:end]

    def inside(self, tag: int = SEQUENCE) -> "Reader":
        """Take the next element and read inside it. Raises `MalformedDer`."""
        start, end = self._expect(tag)
        self._at = end
        return Reader(self._data, start, end)

    def integer(self) -> int:
        """Take an INTEGER in its shortest form. Raises `MalformedDer`."""
        content = self.content(INTEGER)
        if not _minimal_integer(content):
            raise self.refused("integer-not-minimal")
        return int.from_bytes(content, signed=True)

    def natural(self) -> int:
        """Take an INTEGER that is not negative. Raises `MalformedDer`."""
        value = self.integer()
        if value < 0:
            raise self.refused("negative-integer")
        return value

    def octets(self) -> bytes:
        """Take an OCTET STRING. Raises `MalformedDer`."""
        return self.content(OCTET_STRING)

    def bits(self) -> bytes:
        """Take a BIT STRING that fills its bytes. Raises `MalformedDer`."""
        content = self.content(BIT_STRING)
        if not content or content[0] != 0:
            raise self.refused("unused-bits")
        return content[1:]

    def null(self) -> None:
        """Take a NULL. Raises `MalformedDer`."""
        if self.content(NULL):
            raise self.refused("null-with-content")

    def oid(self) -> str:
        """Take an OBJECT IDENTIFIER as dotted text. Raises `MalformedDer`."""
        content = self.content(OID)
        if not _well_formed_oid(content):
            raise self.refused("malformed-oid")
        return _dotted(content)

    def _expect(self, tag: int) -> tuple[int, int]:
        if self.ended:
            raise self.refused("truncated")
        if self._data[self._at] != tag:
            raise self.refused("unexpected-tag")
        return self._span(self._at)

    def _span(self, at: int) -> tuple[int, int]:
        """Tell where the content of the element at this place begins and ends."""
        if at >= self._end:
            raise self.refused("truncated")
        if self._data[at] & _HIGH_TAG == _HIGH_TAG:
            raise self.refused("high-tag-number")
        if at + 2 > self._end:
            raise self.refused("truncated")
        first, start = self._data[at + 1], at + 2
        length = first
        if first >= _LONG_FORM:
            count = first - _LONG_FORM
            if not 1 <= count <= LENGTH_BYTES_LIMIT:
                raise self.refused("indefinite-or-huge-length")
            length = int.from_bytes(self._data[start : min(start + count, self._end)])
            start += count
            if length < _LONG_FORM or length >> (8 * (count - 1)) == 0:
                raise self.refused("length-not-minimal")
        if start + length > self._end:
            raise self.refused("truncated")
        return start, start + length


def require_der(data: bytes) -> None:
    """Insist that the bytes are one DER value all the way down, within `DEPTH_LIMIT`.

    The order inside a SET OF is not looked at, since only a schema can tell a SET OF from a SET.
    Raises `MalformedDer`.
    """
    reader = Reader(data)
    _walk(reader, 0)
    reader.end()


def element(tag: int, *parts: bytes) -> bytes:
    """Write one element from the parts of its content."""
    content = b"".join(parts)
    size = len(content)
    if size < _LONG_FORM:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, _LONG_FORM | len(length))) + length + content


def sequence(*parts: bytes) -> bytes:
    """Write a SEQUENCE."""
    return element(SEQUENCE, *parts)


def integer(value: int) -> bytes:
    """Write an INTEGER in its shortest form."""
    size = (value if value >= 0 else ~value).bit_length() // 8 + 1
    return element(INTEGER, value.to_bytes(size, signed=True))


def octets(data: bytes) -> bytes:
    """Write an OCTET STRING."""
    return element(OCTET_STRING, data)


def bits(data: bytes) -> bytes:
    """Write a BIT STRING that fills its bytes."""
    return element(BIT_STRING, b"\x00", data)


def oid(dotted: str) -> bytes:
    """Write an OBJECT IDENTIFIER from dotted text."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return element(OID, *(_base128(arc) for arc in (first * 40 + second, *rest)))


def null() -> bytes:
    """Write a NULL."""
    return element(NULL)


def _walk(reader: Reader, depth: int) -> None:
    if depth > DEPTH_LIMIT:
        raise reader.refused("too-deep")
    tag = reader.next_tag
    if tag is None:
        raise reader.refused("truncated")
    if tag & CONSTRUCTED:
        inner = reader.inside(tag)
        while not inner.ended:
            _walk(inner, depth + 1)
        return
    _require_primitive(reader, tag)


def _require_primitive(reader: Reader, tag: int) -> None:
    """Refuse the second encodings that the simple types would have in BER (X.690 8.2, 8.3, 8.6, 11.1)."""
    content = reader.content(tag)
    if tag == _BOOLEAN and content not in (b"\x00", b"\xff"):
        raise reader.refused("boolean-not-minimal")
    if tag == INTEGER and not _minimal_integer(content):
        raise reader.refused("integer-not-minimal")
    if tag == BIT_STRING and not _well_formed_bits(content):
        raise reader.refused("unused-bits")
    if tag == NULL and content:
        raise reader.refused("null-with-content")
    if tag == OID and not _well_formed_oid(content):
        raise reader.refused("malformed-oid")
    if tag in (SEQUENCE & ~CONSTRUCTED, 0x11):
        raise reader.refused("primitive-sequence")


def _minimal_integer(content: bytes) -> bool:
    if not content:
        return False
    if len(content) == 1:
        return True
    return not (content[0] == 0 and content[1] < _MORE) and not (content[0] == 0xFF and content[1] >= _MORE)  # noqa: PLR2004


def _well_formed_bits(content: bytes) -> bool:
    if not content or content[0] > 7:  # noqa: PLR2004 - at most seven bits of a byte are unused
        return False
    if len(content) == 1:
        return content[0] == 0
    return content[-1] & ((1 << content[0]) - 1) == 0


def _well_formed_oid(content: bytes) -> bool:
    """Tell whether every arc is in its shortest form and the last one is whole."""
    if not 1 <= len(content) <= OID_BYTES_LIMIT or content[-1] & _MORE:
        return False
    starts = (True, *(not byte & _MORE for byte in content[:-1]))
    return not any(start and byte == _MORE for start, byte in zip(starts, content, strict=True))


def _dotted(content: bytes) -> str:
    arcs: list[int] = []
    value = 0
    for byte in content:
        value = value << 7 | byte & 0x7F
        if not byte & _MORE:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - first * 40, *arcs[1:]))


def _base128(value: int) -> bytes:
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(value & 0x7F | _MORE)
    return bytes(reversed(out))
