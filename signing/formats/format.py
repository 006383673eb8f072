"""The form of a document format: recognise bytes, find the signatures in them, and make room for a new one.

A format knows containers, trees, byte ranges and references. It never sees a key and never judges a certificate: it
tells what a signature value has to be a signature *of* (`message`), what it found out on the way (`checks`), what is
covered, and where it shows. `signing.verification` does the rest in the same way for every format.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from signing.report import CertificateStatus, Check, Coverage, Place

# The bytes that are signed, in order, without being joined: a whole file, or the two ranges of a PDF.
Message = tuple[memoryview, ...]


@dataclass(frozen=True)
class FoundSignature:
    """A signature as the document has it; nothing of it is believed yet.

    `value` is None where the document names a value that is not there (the format has then added the failed check).
    `name_for_value` is what a seal's propertyInfo is expected to name: the path of Signature.xml, or the field.
    """

    id: str
    declared_kind: str | None
    value: bytes | None = field(repr=False)
    message: Message = field(repr=False)
    name_for_value: str
    checks: tuple[Check, ...]
    coverage: Coverage
    places: tuple[Place, ...] = ()
    declared_method: str | None = None
    claimed_time: str | None = None
    base: str | None = None
    seal_file: bytes | None = field(repr=False, default=None)
    is_document_timestamp: bool = False
    # Whether the levels of EN 319 142-1 are told of it, and the time stamps of the document that came after the
    # material below was complete, by id.
    has_level: bool = False
    archived_by: tuple[str, ...] = ()
    # Material that came with the document (PDF's DSS): certificates, lists and answers in DER.
    certificates: tuple[bytes, ...] = field(repr=False, default=())
    lists: tuple[bytes, ...] = field(repr=False, default=())
    answers: tuple[bytes, ...] = field(repr=False, default=())
    # What stands inside that which it covers and says which certificate the document is (`signing.formats.elements`).
    elements: Mapping[str, str] = field(repr=False, default_factory=dict)


@dataclass(frozen=True)
class Told:
    """How a certificate stood by the word of one signature, which is believed only where that signature is valid."""

    certificate: CertificateStatus
    by: str


@dataclass(frozen=True)
class FoundDocument:
    """What a document holds: its signatures in order, and what deserves attention beside them."""

    signatures: tuple[FoundSignature, ...]
    warnings: tuple[Check, ...] = ()
    told: Told | None = None
    # Of the same names, what the document carries as it stands, covered or not.
    elements: Mapping[str, str] = field(repr=False, default_factory=dict)


@dataclass(frozen=True)
class Appearance:
    """How a signature shows: the picture, and where, in millimetres from the upper left corner of each page."""

    picture: bytes = field(repr=False)
    picture_media_type: str
    places: tuple[Place, ...]
    # For each place, the part of the picture that shows there, in millimetres of it (x, y, width, height); or none.
    clips: tuple[tuple[float, float, float, float] | None, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """What a new signature is to be.

    `reserve` is the room in bytes for its value where the format must fix it beforehand; `lock` forbids any later one.
    """

    kind: str
    appearance: Appearance | None = None
    seal: bytes | None = field(repr=False, default=None)
    reserve: int = 8192
    lock: bool = False
    certify: bool = False
    base: str | None = None
    claimed_time: str = ""
    field_name: str | None = None
    # PDF alone: what the value is declared to be (None for the usual CMS), and a time stamp over the document.
    sub_filter: str | None = None
    filter_name: str | None = None
    document_timestamp: bool = False


class Prepared(Protocol):
    """A document that has room for a signature and tells what is to be signed."""

    @property
    def message(self) -> Message:
        """Give the bytes that are to be signed."""

    @property
    def name_for_value(self) -> str:
        """Give what a seal's propertyInfo has to say."""

    def embed(self, value: bytes) -> bytes:
        """Put the signature value in and give the finished document. Raises `ValueDoesNotFit`."""


class Format(Protocol):
    """A document format."""

    @property
    def name(self) -> str:
        """Give the name in reports."""

    @property
    def media_type(self) -> str:
        """Give the media type."""

    def recognises(self, data: bytes) -> bool:
        """Tell by content whether the bytes claim to be of this format."""

    def read(self, data: bytes) -> FoundDocument:
        """Find the signatures. Raises `UnreadableDocument`, whatever the bytes are."""

    def prepare(self, data: bytes, wanted: Wanted) -> Prepared:
        """Make room for a signature. Raises `UnreadableDocument`, `CannotSign`."""


def joined(message: Sequence[memoryview]) -> bytes:
    """Join the parts of a message where a library wants one."""
    return b"".join(message)
