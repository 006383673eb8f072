"""What packages refuse."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NoSuchPackageKind(DomainError):
    """There is no package of this kind."""

    kind_code: str
    code: ClassVar[str] = "no-such-package-kind"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class CircularPackage(DomainError):
    """A package would contain itself."""

    path: str
    code: ClassVar[str] = "circular-package"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class UnusablePackageKind(DomainError):
    """A kind of package has no members, too many, or one twice."""

    reason: str
    code: ClassVar[str] = "unusable-package-kind"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class PackageKindNotYours(DomainError):
    """A kind of package is laid down by its lead department."""

    kind_code: str
    code: ClassVar[str] = "package-kind-not-yours"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class UnusableChoice(DomainError):
    """What was chosen of a package is not part of it, or leaves out what cannot be left out."""

    item_code: str
    reason: str
    code: ClassVar[str] = "unusable-package-choice"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NoSuchPackage(DomainError):
    """There is no such package, or the caller has no part in it."""

    package: str
    code: ClassVar[str] = "no-such-package"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class PackageStepNotAllowed(DomainError):
    """The package does not stand where this step begins."""

    package: str
    step: str
    reason: str
    code: ClassVar[str] = "package-step-not-allowed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class PackageStepNotYours(DomainError):
    """The step belongs to another part of the package: the lead, the window, or an organ of one of its cases."""

    step: str
    code: ClassVar[str] = "package-step-not-yours"
    kind: ClassVar[Kind] = Kind.FORBIDDEN
