"""What the exchange refuses."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NoSuchDirectory(DomainError):
    """There is no directory under that code."""

    directory: str
    code: ClassVar[str] = "no-such-directory"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class NoSuchDirectoryVersion(DomainError):
    """The directory has no such version."""

    directory: str
    number: int
    code: ClassVar[str] = "no-such-directory-version"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class DirectoryCodeTaken(DomainError):
    """Another directory has that code."""

    directory: str
    code: ClassVar[str] = "directory-code-taken"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class DirectoryStepNotAllowed(DomainError):
    """The version does not stand where this step begins."""

    step: str
    state: str
    code: ClassVar[str] = "directory-step-not-allowed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NotYourDirectory(DomainError):
    """The caller does not belong to the organisation whose step this is."""

    directory: str
    step: str
    code: ClassVar[str] = "not-your-directory"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class OwnWork(DomainError):
    """Nobody checks what they wrote themselves."""

    step: str
    code: ClassVar[str] = "own-work"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class FaultyDirectory(DomainError):
    """The directory's content has faults, so it cannot be handed in."""

    faults: int
    first: str
    first_code: str
    code: ClassVar[str] = "faulty-directory"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class VersionUnderWay(DomainError):
    """A version of this directory is already being written or reviewed."""

    directory: str
    number: int
    code: ClassVar[str] = "version-under-way"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NothingChanged(DomainError):
    """The new version says what the published one says."""

    directory: str
    code: ClassVar[str] = "nothing-changed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class OpenComments(DomainError):
    """Comments on this version are not resolved."""

    directory: str
    comments: int
    code: ClassVar[str] = "open-comments"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoSuchComment(DomainError):
    """There is no such comment on this version."""

    comment: int
    code: ClassVar[str] = "no-such-comment"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class NoSuchField(DomainError):
    """A comment points at no field of the form."""

    pointer: str
    code: ClassVar[str] = "no-such-field"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NoSuchTerm(DomainError):
    """No term is known for this duty."""

    duty: str
    code: ClassVar[str] = "no-such-term"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class NoAuthority(DomainError):
    """No organisation above holds the authority that has to decide."""

    organisation: str
    code: ClassVar[str] = "no-authority"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class TermNotYours(DomainError):
    """The term holds for the whole site and is the highest authority's to set."""

    duty: str
    code: ClassVar[str] = "term-not-yours"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class NoSuchSubstitution(DomainError):
    """There is no substitution of that number among those that you may see."""

    substitution: int
    code: ClassVar[str] = "no-such-substitution"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class UnusableSubstitution(DomainError):
    """A substitution that cannot be kept: of oneself, across organisations, or for no time."""

    reason: str
    code: ClassVar[str] = "unusable-substitution"
    kind: ClassVar[Kind] = Kind.MALFORMED
