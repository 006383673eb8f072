"""The issue desk: a form made from the type, the face as it would look, and only then the certificate.

The same walk serves a change and a renewal, which begin with what the certificate says now and name its version. A
person holds no seal: the organ's seal is used under its leave to a system, which is chosen here by name; who asked for
the certificate is on record beside it.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, Response, request, url_for
from sqlalchemy.orm import Session

from base import clock, problems
from base.db import Database
from base.errors import DomainError
from base.web import PreconditionFailed, caller, limited, parts
from base.workdays import local_day
from certs import checks, own, proposals, types
from certs.edges import Issuer
from certs.errors import ChangedSince, NoSealForAct, NotTheIssuer
from certs.holder_codes import holder_codes
from certs.issuing import Asked
from certs.life import Step
from certs.models import Certificate
from certs.schemas import CertificateVersionSchema, NewCertificateSchema
from certs.types.certificate_type import CertificateType
from certs.wiring import Certs
from console import working
from console.login import for_people
from console.officers import drafting
from console.officers.drafting import Filled
from keys.authority.wiring import Authority
from keys.parties import organisations
from signing.batches import keeping as seal_users
from signing.edges import Sealer
from signing.wiring import Signing

officer_issuing = Blueprint("officer_issuing", __name__)
ISSUERS: Final = {"issuer"}
# A photograph of 200 KB in base64, that may stand in the form twice, and forty fields.
FORM_BYTES: Final = 1024 * 1024
ACTS: Final = {"change": Step.CHANGE, "renewal": Step.RENEW}
PREVIEW: Final = "preview"
ISSUE: Final = "issue"


@dataclass(frozen=True)
class Desk:
    """What is drafted: a certificate of a type, or the next version of one, by which act."""

    type: CertificateType
    act: Step = Step.DRAFT
    former: Certificate | None = field(default=None, repr=False)

    @property
    def identifier(self) -> str:
        """Name the certificate whose next version it is."""
        return self.former.identifier if self.former is not None else ""

    @property
    def address(self) -> str:
        """Give the address of the form."""
        if self.former is None:
            return url_for("officer_issuing.draft", code=self.type.code)
        kind = next(name for name, act in ACTS.items() if act is self.act)
        return url_for("officer_issuing.next_version", identifier=self.identifier, kind=kind)


@officer_issuing.get("/console/issue")
@for_people(ISSUERS)
def choose() -> Response:
    """Let the officer choose what to issue: the types that the organ may issue."""
    organ = caller().organisation
    fit = [each for each in parts(Certs).types.values() if each.may_be_issued_by(organ)]
    return working.page("officers/issue_choose.html", types=sorted(fit, key=lambda each: each.code))


@officer_issuing.get("/console/issue/<string:code>")
@for_people(ISSUERS)
def draft(code: str) -> Response:
    """Show the form of a type."""
    desk = Desk(_issuable(code))
    return _form(desk, drafting.empty(desk.type, local_day(clock.now())))


@officer_issuing.post("/console/issue/<string:code>")
@limited(FORM_BYTES)
@for_people(ISSUERS)
def issue(code: str) -> Response:
    """Show the form again, the face as it would look, or issue."""
    return _sent(Desk(_issuable(code)))


@officer_issuing.get("/console/certificates/<string:identifier>/<any(change, renewal):kind>")
@for_people(ISSUERS)
def next_version(identifier: str, kind: str) -> Response:
    """Show the form with what the certificate says now."""
    certs, at = parts(Certs), clock.now()
    with parts(Database).transaction() as session:
        desk = _version_of(session, identifier, kind)
        shown = own.reveal(session, certs.keys, identifier, kind, caller(), at)
        row = shown.row
        first = local_day(at) if desk.act is Step.RENEW else row.valid_from
        filled = drafting.of(desk.type, row, shown.content, first, row.valid_until)
    texts = {**filled.texts, "issued_on": local_day(at).isoformat(), "version": str(row.version)}
    return _form(desk, replace(filled, texts=texts))


@officer_issuing.post("/console/certificates/<string:identifier>/<any(change, renewal):kind>")
@limited(FORM_BYTES)
@for_people(ISSUERS)
def issue_version(identifier: str, kind: str) -> Response:
    """Show the form again, the face as it would look, or issue the next version."""
    with parts(Database).reading() as session:
        desk = _version_of(session, identifier, kind)
    return _sent(desk)


# --- the walk -----------------------------------------------------------------------------------------------------


def _sent(desk: Desk) -> Response:
    filled = drafting.sent(desk.type)
    go = request.form.get("go", PREVIEW)
    if go == ISSUE:
        return working.transacted(lambda database: _issued(database, desk, filled), _again(desk, filled))
    if go != PREVIEW:
        return _form(desk, filled)
    try:
        asked = _asked(desk, filled)
        if found := checks.check(asked.draft, desk.type, clock.now()):
            return _form(desk, filled, faults=drafting.said(found, desk.type))
        return _preview(desk, filled, asked)
    except DomainError as refusal:
        if refusal.kind in working.ELSEWHERE:
            raise
        return _form(desk, filled, refusal)


def _again(desk: Desk, filled: Filled) -> Callable[[DomainError], Response]:
    """Show the form once more; where the certificate was changed meanwhile, on its version of now."""

    def again(refusal: DomainError) -> Response:
        if isinstance(refusal, PreconditionFailed) and desk.former is not None:
            newest = {**filled.texts, "version": str(desk.former.version)}
            return _form(desk, replace(filled, texts=newest), refusal)
        return _form(desk, filled, refusal)

    return again


def _issued(database: Database, desk: Desk, filled: Filled) -> Response:
    asked = _asked(desk, filled)
    with database.reading() as session:
        if desk.former is not None:
            row = own.own(session, desk.identifier, caller())
            if row.superseded_by is not None:
                raise ChangedSince(row.identifier)
            if str(row.version) != filled["version"]:
                raise PreconditionFailed
        system = system_for(session, desk.type.code, desk.act, filled["system"])
    issuer = issuer_under(database, system)
    issue_, is_waiting = issuer.begin(asked)
    try:
        if is_waiting:
            issuer.sign_begun(issue_, asked)
    except DomainError as refusal:
        # It is on record and stays there, to be signed later; a form sent anew would make a second one.
        return working.leads("officer_library.one", identifier=issue_.identifier, left=refusal.code)
    return working.leads("officer_library.one", done="certificate_issued", identifier=issue_.identifier)


def _asked(desk: Desk, filled: Filled) -> Asked:
    told = drafting.told(desk.type, filled)
    if desk.former is None:
        asked: Asked = working.loaded(NewCertificateSchema(), {**told, "type": desk.type.code})
        return asked
    made, case, seal = working.loaded(CertificateVersionSchema(), told)
    return Asked(desk.type.code, made, case, desk.identifier, desk.act, desk.former.issuer, seal)


def issuer_under(database: Database, system: str) -> Issuer:
    """Make who issues as this officer, with the seal used under a system's leave. Raises `SystemNeeded`."""
    with database.reading() as session:
        sealing = seal_users.user_of(session, system)
    sealer = Sealer(database, parts(Signing), parts(Authority), sealing, clock.now)
    return Issuer(database, parts(Certs), sealer, caller(), clock.now)


def system_for(session: Session, code: str, act: Step, named: str) -> str:
    """Find the system under whose leave is sealed: the one that was named, if it has one; else the first.

    Raises `NoSealForAct`.
    """
    known = own.leave_holders(session, caller().organisation, code, act, clock.now())
    if not known or (named and named not in known):
        type_ = types.type_of(parts(Certs).types, code)
        raise NoSealForAct(code, act.value, type_.seals["issue"])
    return named or next(iter(known))


# --- its pages ----------------------------------------------------------------------------------------------------


def _form(
    desk: Desk, filled: Filled, refusal: DomainError | None = None, faults: Mapping[str, Any] | None = None
) -> Response:
    with parts(Database).reading() as session:
        systems = own.leave_holders(session, caller().organisation, desk.type.code, desk.act, clock.now())
    language = problems.language()
    response = working.page(
        "officers/issue.html",
        refusal,
        here="officer_issuing.choose" if desk.former is None else "officer_library.listed",
        desk=desk,
        filled=filled,
        systems=systems,
        code_types=[(each, getattr(holder_codes()[each], language)) for each in desk.type.holders.types],
        worded=drafting.ROLES,
        most_rows=drafting.MOST_ROWS,
        found=faults or {},
        wrong={**(working.faults(refusal) if refusal is not None else {}), **(faults or {})},
    )
    if faults:
        response.status_code = 422
    return response


def _preview(desk: Desk, filled: Filled, asked: Asked) -> Response:
    at: datetime = clock.now()
    with parts(Database).reading() as session:
        organ = organisations.organisation_of(session, caller().organisation)
        systems = own.leave_holders(session, organ.code, desk.type.code, desk.act, at)
    picture = proposals.drawn(parts(Certs), desk.type, asked.draft, (organ.code, organ.name), at)
    return working.page(
        "officers/issue_preview.html",
        here="officer_issuing.choose" if desk.former is None else "officer_library.listed",
        desk=desk,
        filled=filled,
        systems=systems,
        face=f"data:image/png;base64,{base64.b64encode(picture).decode()}",
    )


def _issuable(code: str) -> CertificateType:
    """Give a type that the officer's organ may issue. Raises `NoSuchCertificateType`, `NotTheIssuer`."""
    type_ = types.type_of(parts(Certs).types, code)
    if not type_.may_be_issued_by(caller().organisation):
        raise NotTheIssuer(code, "issue")
    return type_


def _version_of(session: Session, identifier: str, kind: str) -> Desk:
    row = own.own(session, identifier, caller())
    return Desk(types.type_of(parts(Certs).types, row.type), ACTS[kind], row)
