"""What a verification answers: checks one by one, a verdict for each signature, one for the document.

Intact, cryptographically valid and trusted are three facts and stay three (true, false, or None for *could not be
told*). Success is never assumed: a signature is valid only where every check that its kind requires passed, and the
document is as good as its worst signature. What a code means, in words and in consequences, stands in
`signing.check_codes`; a check carries the code, what it looked at and the facts.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final


class Verdict(enum.StrEnum):
    """What is said of a document; a signature is only ever one of the first three."""

    VALID = "valid"
    INVALID = "invalid"
    INDETERMINATE = "indeterminate"
    UNSIGNED = "unsigned"
    UNREADABLE = "unreadable"


class Indication(enum.StrEnum):
    """The verdict in the words of ETSI EN 319 102-1."""

    TOTAL_PASSED = "TOTAL_PASSED"
    TOTAL_FAILED = "TOTAL_FAILED"
    INDETERMINATE = "INDETERMINATE"
    NO_SIGNATURE_FOUND = "NO_SIGNATURE_FOUND"


INDICATION_OF: Final[Mapping[Verdict, Indication]] = {
    Verdict.VALID: Indication.TOTAL_PASSED,
    Verdict.INVALID: Indication.TOTAL_FAILED,
    Verdict.INDETERMINATE: Indication.INDETERMINATE,
    Verdict.UNSIGNED: Indication.NO_SIGNATURE_FOUND,
    Verdict.UNREADABLE: Indication.TOTAL_FAILED,
}


class Outcome(enum.StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    WARNING = "warning"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: a code of `signing.check_codes`, how it ended, at what, with which facts."""

    code: str
    outcome: Outcome
    subject: str = ""
    facts: Mapping[str, str | int] = field(default_factory=dict)


def passed(code: str, subject: str = "", **facts: str | int) -> Check:
    """Say that a check passed."""
    return Check(code, Outcome.PASSED, subject, facts)


def failed(code: str, subject: str = "", **facts: str | int) -> Check:
    """Say that a check failed."""
    return Check(code, Outcome.FAILED, subject, facts)


def warned(code: str, subject: str = "", **facts: str | int) -> Check:
    """Say that something deserves attention and does not spoil the verdict by itself."""
    return Check(code, Outcome.WARNING, subject, facts)


def not_checked(code: str, subject: str = "", **facts: str | int) -> Check:
    """Say that a check could not be, or was not, carried out."""
    return Check(code, Outcome.NOT_CHECKED, subject, facts)


@dataclass(frozen=True)
class Place:
    """Where a signature shows: a page from 1, millimetres from its upper left corner."""

    page: int
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float


class CoverageKind(enum.StrEnum):
    """Whether everything is protected."""

    WHOLE = "whole"
    PARTIAL = "partial"


@dataclass(frozen=True)
class Coverage:
    """What a signature protects: the visible and the invisible parts that it leaves out, and what came after it."""

    kind: CoverageKind
    uncovered_visible: tuple[str, ...] = ()
    uncovered_invisible: tuple[str, ...] = ()
    later_changes: tuple[str, ...] = ()

    @property
    def uncovered(self) -> tuple[str, ...]:
        """Give every part that is not protected."""
        return (*self.uncovered_visible, *self.uncovered_invisible)


@dataclass(frozen=True)
class Signer:
    """Who signed, by the certificate."""

    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    chain: tuple[str, ...] = ()


@dataclass(frozen=True)
class SealFacts:
    """What the seal says of itself; the picture is the one inside the signed seal, never another."""

    id: str
    name: str
    type: int
    valid_from: datetime
    valid_until: datetime
    maker: str
    picture_media_type: str
    picture_sm3: str
    picture: bytes = field(repr=False, default=b"")


@dataclass(frozen=True)
class SignedAt:
    """When it was signed: what is claimed, and what a time stamp proves."""

    claimed: datetime | str | None = None
    proven: datetime | None = None

    @property
    def source(self) -> str:
        """Name what the proven time rests on."""
        return "timestamp" if self.proven is not None else "none"


@dataclass(frozen=True)
class SignatureReport:
    """The judgement of one signature."""

    id: str
    kind: str
    standard: str
    verdict: Verdict
    sub_indication: str | None
    intact: bool | None
    cryptographically_valid: bool | None
    trusted: bool | None
    signer: Signer | None
    seal: SealFacts | None
    signed_at: SignedAt
    coverage: Coverage
    places: tuple[Place, ...]
    checks: tuple[Check, ...]
    # What a signature of a PDF carries for later (`signing.levels`); None for everything else.
    level: str | None = None

    @property
    def indication(self) -> Indication:
        """Give the verdict in the words of the European standard."""
        return INDICATION_OF[self.verdict]


@dataclass(frozen=True)
class DocumentFacts:
    """What was looked at."""

    name: str
    format: str | None
    bytes: int
    sm3: str
    sha256: str


@dataclass(frozen=True)
class Stated:
    """How a document names its certificate, for the library: by which signature, and what no report shows."""

    by: str
    number: str = field(repr=False, default="")
    copy: str = ""


@dataclass(frozen=True)
class CertificateStatus:
    """What the library says now of the e-certificate that the document is; never merged with the verdict."""

    identifier: str
    type: str
    status: str
    as_of: datetime | None
    source: str
    superseded_by: str | None = None
    stated: Stated | None = None


@dataclass(frozen=True)
class Report:
    """The judgement of a document: as good as its worst signature."""

    verdict: Verdict
    sub_indication: str | None
    document: DocumentFacts
    policy_name: str
    policy_version: str
    verified_at: datetime
    trust_anchors: int
    trust_digest: str
    signatures: tuple[SignatureReport, ...]
    warnings: tuple[Check, ...]
    certificate: CertificateStatus | None = None

    @property
    def indication(self) -> Indication:
        """Give the verdict in the words of the European standard."""
        return INDICATION_OF[self.verdict]
