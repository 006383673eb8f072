"""The verification report: one verdict for the document, and each signature's own; and sealing, which ends in one."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


class Verdict(enum.StrEnum):
    """What a verification found; `INDETERMINATE` is what could not be checked, and is never *valid*."""

    VALID = "valid"
    INVALID = "invalid"
    INDETERMINATE = "indeterminate"
    UNSIGNED = "unsigned"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Words:
    """A sentence in both languages."""

    zh: str
    en: str


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: passed, failed, warning or not_checked."""

    code: str
    outcome: str
    subject: str
    detail: Words
    clause: str


@dataclass(frozen=True)
class Warned:
    """Something to know about the whole document."""

    code: str
    detail: Words


@dataclass(frozen=True)
class Signature:
    """One seal or signature: whole, right and trusted are three facts."""

    id: str
    kind: str
    standard: str | None
    verdict: Verdict
    indication: str
    sub_indication: str | None
    intact: bool | None
    cryptographically_valid: bool | None
    trusted: bool | None
    checks: tuple[Check, ...] = ()
    whole: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class CertificateStatus:
    """How the certificate in the document stands now: told beside the verdict, never merged with it."""

    identifier: str
    type: str | None
    status: str
    as_of: datetime | None
    source: str | None
    superseded_by: str | None = None


@dataclass(frozen=True)
class Report:
    """What a verification found; `whole` is the report as the service told it."""

    verdict: Verdict
    indication: str
    sub_indication: str | None
    summary: Words
    verified_at: datetime
    certificate: CertificateStatus | None
    signatures: tuple[Signature, ...]
    warnings: tuple[Warned, ...]
    id: str | None = None
    whole: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class SealPlace:
    """Where a seal shows: a page from 1, millimetres from its upper left corner to the seal's."""

    page: int
    x_mm: float
    y_mm: float


@dataclass(frozen=True)
class SealOrder:
    """Which seal, on what kind of document, for which act, and where it shows; `level` is of PDF alone."""

    seal: str
    document_type: str
    act: str
    region: str
    reason: str
    places: tuple[SealPlace, ...] = ()
    timestamp: bool = False
    level: str | None = None


@dataclass(frozen=True)
class Sealed:
    """A sealed document, the number of the seal's use, and the verification that followed."""

    use: str
    document: bytes = field(repr=False)
    sm3: str
    report: Report
