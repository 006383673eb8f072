"""What comes back of a question: the six outcomes, never blurred, and what belongs to each."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


class Outcome(enum.StrEnum):
    """How a question ended.

    `FOUND`: it is there. `NOT_FOUND`: whoever has it was asked and has none. `NOT_COVERED`: nobody who could be asked
    is known to have it. `SOURCE_DOWN`: whoever has it does not answer now. `DENIED`: this holder's data is not for this
    purpose. `PENDING`: the answer comes later; ask again.
    """

    FOUND = "found"
    NOT_FOUND = "not_found"
    NOT_COVERED = "not_covered"
    SOURCE_DOWN = "source_down"
    DENIED = "denied"
    PENDING = "pending"


@dataclass(frozen=True)
class Reason:
    """Why a question ended so, for programs and for people."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class Asked:
    """A library that was asked, and how that ended."""

    library: str
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True)
class Certificate:
    """A certificate as the caller may see it; `data` holds the granted fields."""

    identifier: str
    type: str
    number: str = field(repr=False)
    holding: str
    status: str
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    superseded_by: str | None = None
    whole: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class CertificateStanding:
    """How a certificate stands, as everyone may know who has it in hand."""

    identifier: str
    type: str
    type_name: str
    issuer: str
    status: str
    as_of: datetime
    is_superseded: bool


@dataclass(frozen=True)
class QueryAnswer:
    """How a certificate query ended, which libraries were asked, and what was found.

    `sealed` holds the certificates closed to the caller's own key, where the grant asks for that; `missing_report` is
    where to tell that the holder has what was not found.
    """

    outcome: Outcome
    reason: Reason
    usage_id: str | None
    origin: str | None = None
    asked: tuple[Asked, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    sealed: str | None = field(default=None, repr=False)
    missing_report: str | None = None
    whole: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Compared:
    """The answer to one comparison: yes, no, or that the certificate does not say."""

    predicate: str
    field: str
    result: str


@dataclass(frozen=True)
class CheckAnswer:
    """Yes and no, and the platform's signed statement of it: SM2 over the statement's bytes, DER in base64."""

    outcome: Outcome
    reason: Reason
    usage_id: str
    origin: str
    asked: tuple[Asked, ...]
    certificate: str | None
    status: str | None
    results: tuple[Compared, ...]
    statement: str = field(repr=False)
    signature: str = field(repr=False)
    key: str


@dataclass(frozen=True)
class MissingReport:
    """A report that the holder has what the library does not; the issuer answers until `due_at`."""

    id: str
    certificate_type: str
    issuer: str
    state: str
    identifier: str | None
    reason: str
    due_at: datetime
    reported_at: datetime
    answered_at: datetime | None


@dataclass(frozen=True)
class PresentedCertificate(Certificate):
    """A certificate that its holder shows, how it ended, and the use that is on record."""

    outcome: Outcome = field(kw_only=True)
    reason: Reason = field(kw_only=True)
    usage_id: str = field(kw_only=True)


@dataclass(frozen=True)
class Presented:
    """What a holder's code was good for; the consent that it stood for is on record."""

    presentation: str
    consent: str
    certificates: tuple[PresentedCertificate, ...]


@dataclass(frozen=True)
class MadeCopy:
    """A copy that was made; `link` works once, and not after `link_ends_at`."""

    id: str
    format: str
    link: str = field(repr=False)
    link_ends_at: datetime
    expires_at: datetime
    sm3: str
    original_sm3: str
    size: int


@dataclass(frozen=True)
class CopyAnswer:
    """How asking for a copy ended; `copy` is None unless it was made."""

    outcome: Outcome
    reason: Reason
    usage_id: str
    identifier: str
    status: str
    copy: MadeCopy | None


@dataclass(frozen=True)
class Source:
    """Which mount of a directory answered, how it is, and when it was asked."""

    mount: str
    health: str
    as_of: datetime


@dataclass(frozen=True)
class DataItem:
    """How one question to a directory ended, and its rows; `retry_after` says when asking again may find more."""

    outcome: Outcome
    reason: Reason
    rows: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    next_cursor: str | None = None
    source: Source | None = None
    retry_after: float | None = None


@dataclass(frozen=True)
class DataAnswer(DataItem):
    """The answer of the gateway: rows, or an item for each subject of a batch, or `sealed` to the caller's own key.

    `whole` is the answer as it came; written as JSON it is what a receipt's checker takes as ANSWER.
    """

    usage_id: str = ""
    items: tuple[DataItem, ...] = ()
    sealed: str | None = field(default=None, repr=False)
    whole: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Usage:
    """A use of data as it stands on record; nobody's number stands in it."""

    id: str
    at: datetime
    directory: str
    grant_code: str
    item_code: str
    outcome: Outcome
    reason: str
    rows: int
    bound_to: str | None = None
    whole: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Receipt:
    """Everything that verifying one use takes; the service's one-file checker does it, see `Client.receipt_checker`."""

    kind: str
    statement: Mapping[str, Any]
    key: str
    note: str
    batch: int
    whole: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class ReceiptKey:
    """A key that signed receipts; keep it elsewhere, and compare."""

    key: str
    key_id: str
    since: datetime
