"""What filing documents refuse."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NoSuchFilingDocument(DomainError):
    """There is no such document, or it is not yours."""

    document: str
    code: ClassVar[str] = "no-such-filing-document"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class FilingDocumentMeanwhile(DomainError):
    """The document was made by somebody else in this moment; theirs is the one that counts."""

    document: str
    code: ClassVar[str] = "filing-document-meanwhile"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class FilingDocumentNotDrawn(DomainError):
    """The document cannot show all that it has to say, so it is not made."""

    faults: int
    first: str
    first_code: str
    code: ClassVar[str] = "filing-document-not-drawn"
    kind: ClassVar[Kind] = Kind.CONFLICT
