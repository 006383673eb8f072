"""What previews refuse. What merely could not be drawn is told with the picture and is no error."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NoPreview(DomainError):
    """No picture can be made of this document."""

    format: str
    reason: str
    code: ClassVar[str] = "no-preview"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NoSuchPage(DomainError):
    """The document has no page of that number."""

    page: int
    pages: int
    code: ClassVar[str] = "no-such-page"
    kind: ClassVar[Kind] = Kind.MISSING
