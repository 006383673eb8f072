"""What is refused about the dialects of certificates. Partners read it in their own envelope, with their own code."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class DialectCallerRefused(DomainError):
    """The account, its secret or its session is not known here."""

    code: ClassVar[str] = "dialect-caller-refused"
    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED


@dataclass(eq=False)
class DialectParameterRefused(DomainError):
    """A parameter of the dialect is missing or not of its form."""

    parameter: str
    reason: str
    code: ClassVar[str] = "dialect-parameter-refused"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class DialectOperationUnknown(DomainError):
    """The dialect has no operation of this name."""

    code: ClassVar[str] = "dialect-operation-unknown"
    kind: ClassVar[Kind] = Kind.UNSUPPORTED


@dataclass(eq=False)
class DialectEncryptionKeyMissing(DomainError):
    """There is no key under which answers to this account could be encrypted."""

    code: ClassVar[str] = "dialect-encryption-key-missing"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class DialectCannotSeal(DomainError):
    """The grant asks for an answer closed to the caller's registered key, which no dialect can write."""

    code: ClassVar[str] = "dialect-cannot-seal"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class NoSuchDialectLink(DomainError):
    """There is nothing under this link, or not any more."""

    code: ClassVar[str] = "no-such-dialect-link"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class UnusableDialectAccount(DomainError):
    """An account of a dialect of certificates cannot be kept as it is told."""

    pointer: str
    reason: str
    code: ClassVar[str] = "unusable-dialect-account"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class DialectAccountKnown(DomainError):
    """The dialect has an account of that name already."""

    dialect: str
    name: str
    code: ClassVar[str] = "dialect-account-known"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoSuchDialectAccount(DomainError):
    """The dialect has no account of that name."""

    dialect: str
    name: str
    code: ClassVar[str] = "no-such-dialect-account"
    kind: ClassVar[Kind] = Kind.MISSING
