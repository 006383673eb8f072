"""What auditing refuses."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NoSuchLedgerExport(DomainError):
    """There is no export of the ledger with that number."""

    number: int
    code: ClassVar[str] = "no-such-ledger-export"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class UnfitLedgerRange(DomainError):
    """The entries that are asked for do not exist, or are too many for one export."""

    first: int
    last: int
    size: int
    most: int
    code: ClassVar[str] = "unfit-ledger-range"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class OwnLedgerExport(DomainError):
    """Who asks for an export does not agree to it as well."""

    number: int
    code: ClassVar[str] = "own-ledger-export"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class LedgerExportNotOpen(DomainError):
    """The export is not in the state that this act needs."""

    number: int
    state: str
    code: ClassVar[str] = "ledger-export-not-open"
    kind: ClassVar[Kind] = Kind.CONFLICT
