"""What logging in refuses; no fact here tells whether an account exists, or which half of a proof was wrong."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class LoginRefused(DomainError):
    """The login did not succeed; it is never told which part of it was wrong."""

    code: ClassVar[str] = "login-refused"
    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED


@dataclass(eq=False)
class TooManyAttempts(DomainError):
    """Too many logins failed, for this account name or from this address."""

    retry_after: int
    code: ClassVar[str] = "too-many-login-attempts"
    kind: ClassVar[Kind] = Kind.TOO_MANY
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class LoginBusy(DomainError):
    """As many passwords as this server checks at once are being checked."""

    code: ClassVar[str] = "login-busy"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class ForeignOrigin(DomainError):
    """A page of another site tried to log its reader in."""

    code: ClassVar[str] = "foreign-origin"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class SessionEnded(DomainError):
    """The session is over."""

    code: ClassVar[str] = "session-ended"
    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED


@dataclass(eq=False)
class CsrfTokenWrong(DomainError):
    """The request changes something and does not carry the token of its session."""

    code: ClassVar[str] = "csrf-token-wrong"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class NoSuchSession(DomainError):
    """There is no such session, or it is not the caller's to end."""

    code: ClassVar[str] = "no-such-session"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class LevelTooLow(DomainError):
    """The act asks for a higher real-name level than this session has."""

    level: int
    needed: int
    code: ClassVar[str] = "level-too-low"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class FreshProofNeeded(DomainError):
    """The act asks for a second factor that was proven just now."""

    minutes: int
    code: ClassVar[str] = "fresh-proof-needed"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class UnfitPassword(DomainError):
    """The new password is not accepted."""

    reason: str
    code: ClassVar[str] = "unfit-password"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class PresentPasswordWrong(DomainError):
    """The present password is not right."""

    code: ClassVar[str] = "present-password-wrong"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class CodeRefused(DomainError):
    """The six-digit code is not, or no longer, good."""

    code: ClassVar[str] = "second-factor-refused"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class NoSecondFactor(DomainError):
    """No second factor is set up, or offered, for this account."""

    code: ClassVar[str] = "no-second-factor"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoLocalPassword(DomainError):
    """This account logs in elsewhere and has no password here."""

    code: ClassVar[str] = "no-local-password"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class OwnReset(DomainError):
    """Nobody resets a proof of their own account."""

    code: ClassVar[str] = "own-reset"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class AnotherPersonNeeded(DomainError):
    """Password and second factor of an account are not both reset by the same person."""

    code: ClassVar[str] = "another-person-needed"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class AlreadySetUp(DomainError):
    """The site has accounts already."""

    accounts: int
    code: ClassVar[str] = "already-set-up"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class UnusableLoginSetting(DomainError):
    """A setting of logging in cannot be worked with."""

    path: str
    expected: str
    code: ClassVar[str] = "unusable-login-setting"
    kind: ClassVar[Kind] = Kind.MALFORMED


# --- identity provider --------------------------------------------------------------------------------------------


@dataclass(eq=False)
class NoIdentityProvider(DomainError):
    """No identity provider is set up here."""

    code: ClassVar[str] = "no-identity-provider"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class ProviderUnusable(DomainError):
    """The identity provider does not answer, or not as its standard says."""

    reason: str
    code: ClassVar[str] = "identity-provider-unusable"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class IdentityRefused(DomainError):
    """What came back from the identity provider proves nothing."""

    reason: str
    code: ClassVar[str] = "identity-refused"
    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED


@dataclass(eq=False)
class IdentityUnknown(DomainError):
    """The identity provider vouches for somebody who has no account here."""

    code: ClassVar[str] = "identity-unknown"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class IdentityTaken(DomainError):
    """That identity belongs to another account."""

    code: ClassVar[str] = "identity-taken"
    kind: ClassVar[Kind] = Kind.CONFLICT
