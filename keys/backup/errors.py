"""What backups refuse. No fact tells what stands in a part: only its file, its number and what is wrong with it."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class BackupKeyMissing(DomainError):
    """No public key says to whom backups are encrypted."""

    file: str
    code: ClassVar[str] = "backup-key-missing"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class BackupKeyUnusable(DomainError):
    """The key of the backups cannot be read."""

    file: str
    reason: str
    code: ClassVar[str] = "backup-key-unusable"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class BackupKeyNeeded(DomainError):
    """A backup is opened with its private key, which was not given."""

    code: ClassVar[str] = "backup-key-needed"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class BackupForAnotherKey(DomainError):
    """The backup was not made for this key."""

    backup: str
    code: ClassVar[str] = "backup-for-another-key"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class NoBackup(DomainError):
    """There is no finished backup in that place."""

    place: str
    unfinished: int
    code: ClassVar[str] = "no-backup"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class UnfinishedBackup(DomainError):
    """The making of this backup was cut short; it never counts."""

    place: str
    code: ClassVar[str] = "unfinished-backup"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class BackupDamaged(DomainError):
    """A file of the backup is not what was written."""

    file: str
    reason: str
    code: ClassVar[str] = "backup-damaged"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class BackupOfAnotherVersion(DomainError):
    """The backup was made on a schema that is not this program's."""

    found: str
    needed: str
    tool: str
    code: ClassVar[str] = "backup-of-another-version"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class BackupUnreadable(DomainError):
    """A backup cannot be read or written where it should be."""

    place: str
    reason: str
    code: ClassVar[str] = "backup-unreadable"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class NoRoomForBackup(DomainError):
    """The disk has not enough room for the backup."""

    free: int
    needed: int
    code: ClassVar[str] = "no-room-for-backup"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class NotEmpty(DomainError):
    """A backup is brought back into an empty place only, and this one is not."""

    what: str
    code: ClassVar[str] = "restore-not-empty"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class RestoreDiffers(DomainError):
    """What was brought back is not what the backup holds, so nothing was kept."""

    what: str
    expected: str
    found: str
    code: ClassVar[str] = "restore-differs"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class FolderNotConfigured(DomainError):
    """The backup holds a folder for which this site has no place."""

    name: str
    code: ClassVar[str] = "backup-folder-not-configured"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class CannotBeCarried(DomainError):
    """A value in the database has a type that a backup cannot carry."""

    table: str
    column: str
    type: str
    code: ClassVar[str] = "backup-cannot-carry"
    kind: ClassVar[Kind] = Kind.UNSUPPORTED
