"""What imports refuse."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NoSuchImport(DomainError):
    """Your organisation has no import under that number; they are kept for seven days."""

    directory_import: str
    code: ClassVar[str] = "no-such-import"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class NoSuchImportRow(DomainError):
    """The import has no such row."""

    row: int
    code: ClassVar[str] = "no-such-import-row"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class OriginalGone(DomainError):
    """The file as it was sent is no longer kept."""

    directory_import: str
    code: ClassVar[str] = "import-original-gone"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class TooManyImports(DomainError):
    """The organisation keeps as many imports as it may."""

    limit: int
    code: ClassVar[str] = "too-many-imports"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class ImportUnderWay(DomainError):
    """The import is being read or applied."""

    state: str
    code: ClassVar[str] = "import-under-way"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NothingToApply(DomainError):
    """No row of the import is new or changed."""

    errors: int
    code: ClassVar[str] = "nothing-to-apply"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class RowAlreadyApplied(DomainError):
    """The row was applied; its directory is changed where directories are changed."""

    row: int
    code: ClassVar[str] = "import-row-applied"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class UnknownColumns(DomainError):
    """A correction names a column that there is not."""

    column: str
    code: ClassVar[str] = "unknown-import-column"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class ApplierGone(DomainError):
    """Whoever had the rows applied may no longer write directories."""

    by: str
    code: ClassVar[str] = "import-applier-gone"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class UnreadableCatalogue(DomainError):
    """The catalogue cannot be read."""

    reason: str
    code: ClassVar[str] = "unreadable-catalogue"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class RemoteContext(DomainError):
    """The catalogue names a context that would have to be fetched."""

    context: str
    code: ClassVar[str] = "remote-context"
    kind: ClassVar[Kind] = Kind.MALFORMED
