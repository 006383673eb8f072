"""Issuing: a checked draft gets its number and identifier and goes on record, is drawn, sealed and kept.

1. `begin`, in a transaction: the issuer may issue the type, the draft has no fault, the number is taken, and the
   certificate is on record as *to be signed*. The same step of the same case begins nothing twice.
2. `draw`, outside of any transaction: the faces. A face that cannot show all that it should stops here.
3. Sealing is the work of `signing.edges`; `keep_file` and `finish` belong to the transaction that settles the use of
   the seal, so that a sealed file and the certificate that it makes valid are kept together or not at all.

What fails after 1 leaves the draft, which can be tried again or discarded; it never leaves half a certificate.
"""

import itertools
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.callers import Caller
from base.canonical import Json, canonical
from base.db import inserting
from base.identifiers import CertificateIdentifier, CreditCode
from base.workdays import local_day
from certs import checks, choosing, contents, library, life, types
from certs.choosing import Choice
from certs.drafts import Draft
from certs.errors import (
    CaseStepTaken,
    CertificateNumberTaken,
    ChangedSince,
    FaceNotDrawn,
    FaultyCertificate,
    NotTheIssuer,
)
from certs.library import Entry
from certs.life import State, Step
from certs.models import Certificate, CertificateFile, CertificateNumber, CertificateSerial, CertificateStep
from certs.rendering import Face, Issue, draw
from certs.types.certificate_type import CertificateType
from certs.wiring import Certs
from keys.algorithms.sm3 import SM3
from keys.parties import organisations
from signing.report import Verdict

# What a face says of how it came: old stock carries its original date and says what it is.
REMARKS: Final = {library.CONVERTED: "存量转换"}
# Numbers that others brought are passed over: so many are asked about in one statement, well below what
# the databases bind, and five batches of old stock in a row are the longest block that is looked through.
NUMBERS_AT_ONCE: Final = 500
MOST_GIVEN: Final = 100_000
# What a session holds for the rest of its transaction.
_LOCKED: Final = "certs.issuing.locked"
_CLAIMED: Final = "certs.issuing.claimed"
_BEGUN: Final = "certs.issuing.begun"


@dataclass(frozen=True)
class Case:
    """The case and its step that a certificate comes of."""

    number: str
    step: str


@dataclass(frozen=True)
class Asked:
    """A certificate that is asked for: of a type, with what it shall say, and where it comes from."""

    type: str
    draft: Draft = field(repr=False)
    case: Case | None = None
    # The certificate that this one takes the place of, by a change or a renewal.
    supersedes: str | None = None
    act: Step = Step.DRAFT
    # For whom it is issued, where that is not the caller's own organisation; and the seal, where one is named.
    issuer: str | None = None
    seal: str | None = None
    origin: str = library.ISSUED


@dataclass(frozen=True)
class Begun:
    """A certificate on record, and everything that drawing it needs."""

    issue: Issue
    is_new: bool


def begin(session: Session, parts: Certs, asked: Asked, links: str, by: Caller, at: datetime) -> Begun:
    """Put a certificate on record as one that is to be signed.

    Raises `NoSuchCertificateType`, `NotTheIssuer`, `NotAuthorisedByIssuer`, `SealDoesNotFit`, `FaultyCertificate`,
    `CertificateNumberTaken`, `CaseStepTaken`, `NoSuchCertificate`, `ChangedSince`, `CertificateStepNotAllowed`.
    """
    type_ = types.type_of(parts.types, asked.type)
    issuer = asked.issuer or by.organisation
    if not type_.may_be_issued_by(issuer):
        raise NotTheIssuer(type_.code, "issue")
    choosing.require(session, Choice(issuer, type_, asked.act, _region(asked.draft, issuer), asked.seal), by, at)
    if (again := _again(session, parts, asked, links, by, at)) is not None:
        return again
    _require_sound(asked.draft, type_, at)
    token = library.new_token()
    link = links + token
    if asked.supersedes is None:
        issue = _numbered(session, parts, type_, asked, issuer, link, at)
    else:
        issue = _next_version(session, parts, asked, type_, issuer, link, at)
    _keep(session, parts, issue, asked, token, by, at)
    return Begun(issue, is_new=True)


def drawn(issue: Issue, parts: Certs, form: str) -> Face:
    """Draw a face. Raises `FaceNotDrawn`, `FaceTypefaceMissing`."""
    face = draw(issue, form, parts.typeface())
    if isinstance(face, Face):
        return face
    raise FaceNotDrawn(issue.type.code, len(face), face[0].of, face[0].code)


def keep_file(
    session: Session, parts: Certs, identifier: str, form: str, document: bytes, use: str, at: datetime
) -> None:
    """Keep a sealed file of a certificate that is still to be signed. Raises `CertificateStepNotAllowed`."""
    row = _locked(session, identifier)
    life.after(State(row.state), Step.SIGN)
    file = {
        "identifier": identifier,
        "format": form,
        "sm3": SM3.of(document).hex(),
        "size": len(document),
        "content": contents.sealed_file(session, parts.keys, identifier, form, document),
        "verdict": Verdict.VALID.value,
        "seal_use": use,
        "kept_at": at,
    }
    session.execute(inserting(session, CertificateFile).values(file).on_conflict_do_nothing())


def finish(
    session: Session, identifier: str, forms: Collection[str], by: Caller, at: datetime, step: Step = Step.SIGN
) -> bool:
    """Make a certificate valid once all its files are kept; the version before it ends with that."""
    row = _locked(session, identifier)
    kept = set(session.scalars(select(CertificateFile.format).where(CertificateFile.identifier == identifier)))
    if not kept.issuperset(forms):
        return False
    library.advance(session, row, step, "", by, at)
    if row.supersedes is not None:
        _replace(session, row, by, at)
    return True


def _locked(session: Session, identifier: str) -> Certificate:
    """Give a certificate's row, locked; a file and the end of the signing that it belongs to lock it once.

    The session, which lives for one transaction, holds it: else it forgets a row that nobody holds.
    """
    held: Certificate | None = session.info.get(_LOCKED)
    if held is None or held.identifier != identifier:
        held = session.info[_LOCKED] = library.certificate_of(session, identifier, locked=True)
    return held


def discard(session: Session, row: Certificate, reason: str, by: Caller, at: datetime) -> None:
    """Give up a certificate that was never signed. Raises `NotTheIssuer`, `CertificateStepNotAllowed`."""
    if by.organisation != row.issuer:
        raise NotTheIssuer(row.type, Step.DISCARD.value)
    library.advance(session, row, Step.DISCARD, reason, by, at)
    if row.supersedes is not None:
        former = library.certificate_of(session, row.supersedes, locked=True)
        former.superseded_by = None


def waiting(session: Session, parts: Certs, identifier: str, links: str) -> Issue:
    """Read a certificate that is still to be signed, so that it can be drawn again.

    Raises `NoSuchCertificate`, `CertificateStepNotAllowed`.
    """
    row = library.certificate_of(session, identifier)
    life.after(State(row.state), Step.SIGN)
    return _issue_of(session, parts, row, links)


def _require_sound(draft: Draft, type_: CertificateType, at: datetime) -> None:
    faults = checks.check(draft, type_, at)
    if faults:
        raise FaultyCertificate(type_.code, len(faults), faults[0].pointer, faults[0].code)


def claim_step(session: Session, case: Case, digest: str, by: Caller, at: datetime) -> str | None:
    """Claim the step of a case for a certificate; give the one that the same request has made already.

    Raises `CaseStepTaken`.
    """
    row = {
        "organisation": by.organisation,
        "case_number": case.number,
        "step": case.step,
        "identifier": "",
        "request_sm3": digest,
        "at": at,
    }
    session.execute(inserting(session, CertificateStep).values(row).on_conflict_do_nothing())
    query = select(CertificateStep).where(
        CertificateStep.organisation == by.organisation,
        CertificateStep.case_number == case.number,
        CertificateStep.step == case.step,
    )
    # Held, so that settling it asks no more.
    step = session.info[_CLAIMED] = session.scalars(query.with_for_update()).one()
    if step.identifier == "":
        return None
    if step.request_sm3 != digest:
        raise CaseStepTaken(case.number, case.step)
    return step.identifier


def settle_step(session: Session, case: Case, identifier: str, by: Caller) -> None:
    """Write down which certificate a step made."""
    session.get_one(CertificateStep, (by.organisation, case.number, case.step)).identifier = identifier


def _again(session: Session, parts: Certs, asked: Asked, links: str, by: Caller, at: datetime) -> Begun | None:
    """Find what the same step of the same case has begun; the same data is the same certificate."""
    if asked.case is None:
        return None
    made = claim_step(session, asked.case, SM3.of(canonical(_told(asked))).hex(), by, at)
    if made is None:
        return None
    return Begun(_issue_of(session, parts, library.certificate_of(session, made), links), is_new=False)


def _region(draft: Draft, issuer: str) -> str:
    return draft.region or CreditCode(issuer).region


def _numbered(
    session: Session, parts: Certs, type_: CertificateType, asked: Asked, issuer: str, link: str, at: datetime
) -> Issue:
    """Give serial, number and identifier to a new certificate."""
    region = _region(asked.draft, issuer)
    identifier, serial = next_identifier(session, type_, issuer, region, at)
    number = asked.draft.number or type_.numbering.number(local_day(at).year, serial, region)
    if asked.draft.number is None and (given := _given(session, parts, type_, region, serial, at)):
        identifier, serial = next_identifier(session, type_, issuer, region, at, given)
        number = type_.numbering.number(local_day(at).year, serial, region)
    draft = replace(asked.draft, region=region)
    return _issue(session, parts, draft, identifier.text, number, link, at, asked.origin)


def _given(session: Session, parts: Certs, type_: CertificateType, region: str, serial: int, at: datetime) -> int:
    """Tell how many numbers, from this serial on, others have brought: a register of old stock may hold a whole block.

    Raises `CertificateNumberTaken` where the block has no end in reach.
    """
    year = local_day(at).year
    for first, end in itertools.pairwise((0, 1, *range(NUMBERS_AT_ONCE, MOST_GIVEN + 1, NUMBERS_AT_ONCE))):
        numbers = (type_.numbering.number(year, serial + place, region) for place in range(first, end))
        hashes = [contents.number_hash(session, parts.keys, type_.code, number) for number in numbers]
        query = select(CertificateNumber.number_hash).where(
            CertificateNumber.type == type_.code, CertificateNumber.number_hash.in_(hashes)
        )
        taken = set(session.scalars(query))
        for place, hashed in enumerate(hashes, first):
            if hashed not in taken:
                return place
    raise CertificateNumberTaken(type_.code)


def next_identifier(
    session: Session, type_: CertificateType, issuer: str, region: str, at: datetime, step: int = 1
) -> tuple[CertificateIdentifier, int]:
    """Give the next identifier of a type, and the serial in it; a step of more passes serials over."""
    year = local_day(at).year
    counter, of_year = type_.numbering.counted_by(year, region)
    counted = inserting(session, CertificateSerial).values(type=type_.code, region=counter, year=of_year, last=step)
    counted = counted.on_conflict_do_update(
        index_elements=[CertificateSerial.type, CertificateSerial.region, CertificateSerial.year],
        set_={"last": CertificateSerial.last + step},
    )
    serial = session.execute(counted.returning(CertificateSerial.last)).scalar_one()
    digits = f"{counter}{of_year or ''}{serial:08d}"
    return CertificateIdentifier.written(type_.code, CreditCode(issuer), digits, "001"), serial


def _next_version(
    session: Session, parts: Certs, asked: Asked, type_: CertificateType, issuer: str, link: str, at: datetime
) -> Issue:
    """Give the next version of a certificate that is to be changed or renewed: same serial, one version higher."""
    former = library.certificate_of(session, str(asked.supersedes), locked=True)
    if former.issuer != issuer or former.type != type_.code:
        raise NotTheIssuer(type_.code, asked.act.value)
    if former.superseded_by is not None:
        raise ChangedSince(former.identifier)
    life.after(State(former.state), asked.act)
    number = asked.draft.number or contents.opened(session, parts.keys, former.identifier, former.content).number
    identifier = CertificateIdentifier(former.identifier).next_version()
    draft = replace(asked.draft, region=asked.draft.region or former.region)
    former.superseded_by = identifier.text
    return _issue(session, parts, draft, identifier.text, number, link, at)


def _issue(
    session: Session,
    parts: Certs,
    draft: Draft,
    identifier: str,
    number: str,
    link: str,
    at: datetime,
    origin: str = library.ISSUED,
) -> Issue:
    told = CertificateIdentifier(identifier).parts
    type_ = types.type_of(parts.types, told.type_code)
    until = draft.valid_until or type_.validity.last_day(draft.valid_from)
    if until is None:  # the check has seen to it
        raise FaultyCertificate(type_.code, 1, "#/valid_until", "missing")
    name = organisations.organisation_of(session, told.issuer).name
    marked, remark = parts.settings.demonstration, REMARKS.get(origin, "")
    return Issue(draft, type_, identifier, number, told.issuer, name, until, link, at, marked, remark)


def _issue_of(session: Session, parts: Certs, row: Certificate, links: str) -> Issue:
    content = contents.opened(session, parts.keys, row.identifier, row.content)
    draft = Draft(
        content.holders,
        row.issued_on,
        row.valid_from,
        content.data,
        content.number,
        row.valid_until,
        row.region,
        row.item_code,
    )
    link = links + row.token
    return _issue(session, parts, draft, row.identifier, content.number, link, row.created_at, row.origin)


def _keep(session: Session, parts: Certs, issue: Issue, asked: Asked, token: str, by: Caller, at: datetime) -> None:
    entry = Entry(
        issue.identifier,
        issue.type,
        issue.issuer_code,
        issue.number,
        issue.draft,
        issue.valid_until,
        State.TO_BE_SIGNED,
        Step.DRAFT,
        origin=asked.origin,
        supersedes=asked.supersedes,
        token=token,
        facts={"act": asked.act.value, **({"seal": asked.seal} if asked.seal else {})},
    )
    session.info[_BEGUN] = library.enter(session, parts.keys, entry, by, at)
    if asked.case is not None:
        settle_step(session, asked.case, issue.identifier, by)


def _replace(session: Session, row: Certificate, by: Caller, at: datetime) -> None:
    """End the version before this one, now that this one is valid."""
    former = library.certificate_of(session, str(row.supersedes), locked=True)
    drafted = library.events_of(session, row.identifier)[0]
    library.advance(session, former, Step(drafted.facts["act"]), "", by, at, superseded_by=row.identifier)


def _told(asked: Asked) -> Json:
    """Give what makes two requests the same."""
    draft = asked.draft
    return {
        "type": asked.type,
        "holders": [[each.code, each.type, each.name, each.role] for each in draft.holders],
        "issued_on": draft.issued_on.isoformat(),
        "valid_from": draft.valid_from.isoformat(),
        "valid_until": draft.valid_until.isoformat() if draft.valid_until else None,
        "number": draft.number,
        "region": draft.region,
        "item_code": draft.item_code,
        "data": dict(draft.data),
        "supersedes": asked.supersedes,
        "act": asked.act.value,
        **{name: told for name in ("issuer", "seal") if (told := getattr(asked, name)) is not None},
    }
