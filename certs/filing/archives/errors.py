"""What archiving refuses. A package that is not what it should be is a verdict, not an error."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class CaseNotClosed(DomainError):
    """The case is not closed yet, so that there is nothing whole to archive."""

    case: str
    state: str
    code: ClassVar[str] = "case-not-closed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class ArchiveNotYours(DomainError):
    """Archiving a case and handing its archive over is for the organ that decided it."""

    case: str
    code: ClassVar[str] = "archive-not-yours"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class NoSuchArchive(DomainError):
    """There is no such archive, or it is not yours."""

    archive: str
    code: ClassVar[str] = "no-such-archive"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class ArchiveTooLarge(DomainError):
    """A case has more than one package can hold."""

    what: str
    limit: int
    code: ClassVar[str] = "archive-too-large"
    kind: ClassVar[Kind] = Kind.TOO_LARGE


@dataclass(eq=False)
class ArchiveNotSound(DomainError):
    """The package that was made does not pass the check of the four properties, so it is not kept."""

    property: str
    first: str
    code: ClassVar[str] = "archive-not-sound"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class NoRetention(DomainError):
    """Nothing says for how long cases of the matter are kept."""

    item_code: str
    code: ClassVar[str] = "no-retention"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class RetentionNotYours(DomainError):
    """How long cases of these matters are kept is somebody else's to lay down."""

    scope: str
    code: ClassVar[str] = "retention-not-yours"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class NotACopyOfTheCase(DomainError):
    """A file that was sent along is no marked copy that was made for this case."""

    place: int
    code: ClassVar[str] = "not-a-copy-of-the-case"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoSuchTransfer(DomainError):
    """There is no such transfer, or it is not to you."""

    transfer: str
    code: ClassVar[str] = "no-such-transfer"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class TransferStands(DomainError):
    """The archive is handed over already, or the transfer has its answer."""

    state: str
    code: ClassVar[str] = "transfer-stands"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class FindingsNotAccepted(DomainError):
    """Some files of the archive do not open, and nobody has said that it may be handed over so."""

    findings: int
    code: ClassVar[str] = "findings-not-accepted"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class AnotherArchiveReceived(DomainError):
    """What was received is not the package that was handed over: its digest differs."""

    archive: str
    code: ClassVar[str] = "another-archive-received"
    kind: ClassVar[Kind] = Kind.CONFLICT
