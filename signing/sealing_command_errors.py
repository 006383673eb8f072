"""What the commands that seal refuse beside what sealing itself refuses."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class SystemNeeded(DomainError):
    """There is no active business system of that name that may use seals."""

    id: str
    code: ClassVar[str] = "system-needed"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class NotAFolderToSeal(DomainError):
    """The folders of a batch are not two folders apart from each other."""

    path: str
    reason: str
    code: ClassVar[str] = "not-a-folder-to-seal"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class OtherBatch(DomainError):
    """The state beside the output tells of another batch."""

    path: str
    seal: str
    code: ClassVar[str] = "other-batch"
    kind: ClassVar[Kind] = Kind.CONFLICT
