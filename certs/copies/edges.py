"""The steps in which one copy is made: asked and judged, drawn, sealed, and kept together with the record of its use.

Not a verb: it is handed the database. Drawing and signing happen between transactions; the use is recorded, the consent
counted and the copy kept in the transaction that settles the use of the seal, so that none is there without the others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import new_id
from base.callers import Caller
from base.canonical import Json, canonical
from base.db import Database
from base.identifiers import CertificateIdentifier
from base.workdays import local_day
from certs import library, types
from certs.choosing import SealForAct
from certs.copies import copies, sheet
from certs.copies.errors import NoCopySeal
from certs.copies.models import Copy
from certs.copies.sheet import Copied, Marking
from certs.copies.wiring import Copying
from certs.drafts import Draft
from certs.errors import FaceNotDrawn
from certs.holders import using
from certs.holders.using import Ended, Question
from certs.library import Known
from certs.life import Standing
from certs.models import Certificate
from certs.queries.permission import Permission
from certs.rendering import Face, Issue
from certs.wiring import Certs
from exchange.agreements.purposes import Purpose
from exchange.door import usages
from exchange.door.outcomes import Outcome
from exchange.door.wiring import Gateway
from keys.parties import organisations
from keys.parties.systems import system_of
from signing.drafts import Manner
from signing.edges import Sealer
from signing.life import State
from signing.models import Seal, SealEdition
from signing.report import Place
from signing.sealing import Order, Sealed

ACT: Final = "copy"
SERVICE: Final = "service"
NO_BASIS: Final = "—"
# Where a certificate's file is kept in both, the copy names the OFD, which is what the country's libraries hold.
_FIRST: Final = ("ofd", "pdf")


@dataclass(frozen=True)
class Asked:
    """A copy that is asked for: of which certificate, for what, in which format, for how many days."""

    identifier: str
    purpose: Purpose
    body: Mapping[str, Json] = field(repr=False)
    form: str = "pdf"
    days: int = 7


@dataclass(frozen=True)
class Answer:
    """How it ended; with the copy and the word of its link where one was made."""

    usage: str
    outcome: Outcome
    reason: str
    status: str = ""
    copy: Copy | None = None
    token: str = field(default="", repr=False)


@dataclass(frozen=True)
class _Prepared:
    permission: Permission
    row: Certificate | None
    outcome: Outcome
    reason: str
    known: Known | None = None
    consent: str = ""
    unit: str = ""
    issuer: str = ""
    original: str = ""
    seal: SealForAct | None = None
    platform: Caller | None = None


@dataclass(frozen=True)
class Copier:
    """Makes copies one by one, for somebody; the seal is used by the platform's own system."""

    database: Database = field(repr=False)
    parts: Certs = field(repr=False)
    copying: Copying
    gateway: Gateway = field(repr=False)
    sealer: Callable[[Caller], Sealer] = field(repr=False)
    by: Caller
    now: Callable[[], datetime]

    def make(self, asked: Asked) -> Answer:
        """Make a copy, or tell why there is none.

        Raises `NotGranted`, `InvalidCertificateIdentifier`, `NoSuchCertificateType`, `NoCopySeal`, `FaceNotDrawn`,
        `QuotaExceeded`, `GrantChanged`, `ConsentNotStanding`, and what the sealer raises.
        """
        self.gateway.open(self.database)
        at = self.now()
        question = Question(self.by, asked.purpose, asked.body, ACT)
        with self.database.reading() as session:
            prepared = self._prepared(session, asked, question, at)
        usage = usages.new_id(at)
        if prepared.known is None or prepared.seal is None or prepared.platform is None:
            return self._refused(prepared, question, usage, at)
        return self._made(prepared, question, asked, usage, at)

    def _prepared(self, session: Session, asked: Asked, question: Question, at: datetime) -> _Prepared:
        type_ = types.type_of(self.parts.types, CertificateIdentifier(asked.identifier).parts.type_code)
        permission = using.permitted(session, type_, question, at)
        row = session.get(Certificate, asked.identifier)
        if row is None:
            return _Prepared(permission, None, Outcome.NOT_FOUND, "no-such-certificate")
        known = library.known(session, self.parts.keys, row, at)
        if known.standing in {Standing.TO_BE_SIGNED, Standing.STAGED, Standing.DISCARDED} or not using.in_grant(
            row, known.content, permission
        ):
            return _Prepared(permission, None, Outcome.NOT_FOUND, "no-such-certificate")
        consent = using.agreed(session, row, permission, question, at) if permission.needs_consent else None
        if permission.needs_consent and consent is None:
            return _Prepared(permission, row, Outcome.DENIED, "consent-missing")
        if known.standing is Standing.FROZEN:
            return _Prepared(permission, row, Outcome.DENIED, "frozen")
        if known.standing is not Standing.VALID:
            return _Prepared(replace(permission, fields=()), row, Outcome.FOUND, "not-in-force")
        if consent is not None:
            permission = using.within(permission, consent.fields_of(type_.code))
        return _Prepared(
            permission,
            row,
            Outcome.FOUND,
            "found",
            known,
            consent.id if consent else "",
            organisations.organisation_of(session, self.by.organisation).name,
            organisations.organisation_of(session, row.issuer).name,
            _original(session, row),
            service_seal(session, self.copying.settings.seal),
            platform_caller(session, self.copying.settings.system),
        )

    def _refused(self, prepared: _Prepared, question: Question, usage: str, at: datetime) -> Answer:
        ended = Ended(usage, prepared.outcome, prepared.reason, prepared.row, consent=prepared.consent)
        with self.database.transaction() as session:
            using.record(session, self.gateway, prepared.permission, question, ended, at)
        is_told = prepared.row is not None and prepared.outcome is Outcome.FOUND
        status = library.standing_of(prepared.row, local_day(at)).value if is_told and prepared.row else ""
        return Answer(usage, prepared.outcome, prepared.reason, status)

    def _made(self, prepared: _Prepared, question: Question, asked: Asked, usage: str, at: datetime) -> Answer:
        known, seal, platform = prepared.known, prepared.seal, prepared.platform
        if known is None or seal is None or platform is None:
            raise NoCopySeal
        given = using.given(known.row, known.content, prepared.permission)
        marking = _marking(prepared, asked, at)
        copied = Copied(_issue(self.parts, prepared, at), given)
        face = sheet.drawn(copied, marking, asked.form, self.parts.typeface())
        if not isinstance(face, Face):
            raise FaceNotDrawn(known.row.type, len(face), face[0].of, face[0].code)
        kept: list[tuple[Copy, str]] = []

        def keeping(session: Session, sealed: Sealed) -> None:
            fields = tuple(name for name in prepared.permission.fields if name in given.data or given.number)
            told = canonical({"sm3": sealed.sm3, "identifier": known.row.identifier})
            ended = Ended(usage, Outcome.FOUND, "found", known.row, fields, told, prepared.consent)
            using.record(session, self.gateway, prepared.permission, question, ended, self.now())
            row = known.row
            kept.append(copies.keep(session, self.parts.keys, row, marking, usage, asked.form, sealed, self.by))

        region = known.row.region or asked.purpose.handling_region
        self.sealer(platform).seal(seal.id, _order(marking, face, known.row.type, region, seal), keeping=keeping)
        copy, token = kept[0]
        return Answer(usage, Outcome.FOUND, "found", Standing.VALID.value, copy, token)


def _marking(prepared: _Prepared, asked: Asked, at: datetime) -> Marking:
    purpose = asked.purpose
    basis = purpose.basis.number if purpose.basis else NO_BASIS
    ends = at + min(timedelta(days=asked.days), sheet.LONGEST)
    return Marking(new_id(), prepared.unit, purpose.item_name, purpose.reason, basis, prepared.original, at, ends)


def _issue(parts: Certs, prepared: _Prepared, at: datetime) -> Issue:
    known, permission = prepared.known, prepared.permission
    if known is None:
        raise NoCopySeal
    row, names = known.row, set(permission.fields) - set(permission.masks)
    data = {name: value for name, value in known.content.data.items() if name in names}
    draft = Draft(known.content.holders, row.issued_on, row.valid_from, data, known.content.number, row.valid_until)
    return Issue(
        draft,
        permission.type,
        row.identifier,
        known.content.number,
        row.issuer,
        prepared.issuer,
        row.valid_until,
        parts.links + row.token,
        at,
        is_demonstration=parts.settings.demonstration,
    )


def _original(session: Session, row: Certificate) -> str:
    digests = {each.format: each.sm3 for each in library.files(session, row)}
    return next((digests[form] for form in _FIRST if form in digests), "")


def service_seal(session: Session, named: str) -> SealForAct:
    """Find the platform's service seal. Raises `NoCopySeal`."""
    query = (
        select(Seal.id, SealEdition.width_mm, SealEdition.height_mm)
        .join(SealEdition, SealEdition.seal == Seal.id)
        .where(Seal.kind == SERVICE, SealEdition.state == State.ACTIVE.value)
        .order_by(Seal.created_at, Seal.id)
        .limit(1)
    )
    found = session.execute(query.where(Seal.id == named) if named else query).one_or_none()
    if found is None:
        raise NoCopySeal
    return SealForAct(*found)


def platform_caller(session: Session, system: str) -> Caller:
    """Give the platform's own system, as which the seal is used. Raises `NoCopySeal`."""
    if not system:
        raise NoCopySeal
    return Caller("system", system, system, system_of(session, system).organisation, scopes=frozenset({"seal:use"}))


def _order(marking: Marking, face: Face, type_code: str, region: str, seal: SealForAct) -> Order:
    place = Place(1, face.seal.x - seal.width / 2, face.seal.y - seal.height / 2, seal.width, seal.height)
    manner = Manner(places=(place,), certify=face.format == "pdf", lock=face.format == "ofd")
    return Order(face.document, f"{marking.id}.{face.format}", type_code, ACT, region, marking.id, manner)
