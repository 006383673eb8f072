"""Why a notice cannot be written, found or delivered."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class UnknownNoticeKind(DomainError):
    """A notice has a kind that nothing in the house declares."""

    name: str
    code: ClassVar[str] = "unknown-notice-kind"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class UnusableRecipient(DomainError):
    """A notice's recipient is written in a way that nothing can be sent to."""

    channel: str
    reason: str
    code: ClassVar[str] = "unusable-recipient"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NoticeMissing(DomainError):
    """There is no such notice for this person."""

    notice: int
    code: ClassVar[str] = "notice-missing"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class DeliveryMissing(DomainError):
    """There is no such delivery in the log."""

    delivery: int
    code: ClassVar[str] = "delivery-missing"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class NothingToResend(DomainError):
    """A notice on a page is not sent anywhere, so it cannot be sent again."""

    delivery: int
    code: ClassVar[str] = "nothing-to-resend"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class ChannelNotConfigured(DomainError):
    """The site has not set up the channel that a notice should go by."""

    channel: str
    code: ClassVar[str] = "channel-not-configured"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class WebhookSecretMissing(DomainError):
    """The secret that signs a webhook cannot be read."""

    name: str
    code: ClassVar[str] = "webhook-secret-missing"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class MailServerUnreachable(DomainError):
    """The mail server does not answer."""

    host: str
    code: ClassVar[str] = "mail-server-unreachable"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class MailTlsFailed(DomainError):
    """The mail server offers no TLS, or did not prove that it is the one that was meant."""

    host: str
    reason: str
    code: ClassVar[str] = "mail-tls-failed"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class MailLoginRefused(DomainError):
    """The mail server does not accept the site's name and password."""

    host: str
    status: int
    code: ClassVar[str] = "mail-login-refused"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class MailRefused(DomainError):
    """The mail server does not take a mail: for good from 500 on, for now below."""

    host: str
    status: int
    code: ClassVar[str] = "mail-refused"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True
