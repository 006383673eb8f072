"""An organ's own certificates: the list, the search that says first what it is for, one certificate, and its steps.

What a certificate says stands masked; showing it is an act of its own, with its reason, that is on record. A step is
asked for on a page of its own that says what comes of it; it names the version that it was decided on.
"""

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from base import clock, problems
from base.db import Database
from base.errors import DomainError
from base.paging import PageAsked, Pager
from base.web import PreconditionFailed, caller, parts, reads
from base.workdays import local_day
from certs import issuing, library, own, types
from certs.drafts import Content
from certs.errors import NoSuchCertificateFile
from certs.holder_codes import holder_codes
from certs.life import MOVES, Standing, State, Step
from certs.models import Certificate
from certs.old_stock.models import OldStockRow
from certs.own import Sought
from certs.schemas import CertificateStepSchema
from certs.types.certificate_type import NO_LAST_DAY
from certs.wiring import Certs
from console import working
from console.login import for_people
from console.officers import issuing as desk
from keys.parties import organisations

officer_library = Blueprint("officer_library", __name__)
ISSUERS: Final = {"issuer"}
LONGEST_REASON: Final = 200
LONGEST_CODE: Final = 128
# The steps that an officer may ask for on the page, in the order of their buttons.
STEPS: Final = (Step.SUSPEND, Step.RESUME, Step.REVIEW, Step.CANCEL, Step.TRANSFER, Step.REVOKE)
NEXT: Final = {Step.CHANGE: "change", Step.RENEW: "renewal"}
MEDIA_TYPES: Final = {"ofd": "application/ofd", "pdf": "application/pdf"}
ENDING: Final = frozenset({Step.REVOKE, Step.CANCEL, Step.TRANSFER})
ORIGINS: Final = (library.ISSUED, library.DEPOSITED, library.CONVERTED)
MARKS: Final[Mapping[str, str]] = {
    Standing.VALID.value: "ok",
    **dict.fromkeys((Standing.NOT_YET.value, Standing.REVIEW_DUE.value, Standing.SUSPENDED.value), "warn"),
    **dict.fromkeys((Standing.TO_BE_SIGNED.value, Standing.STAGED.value, Standing.SCANNED.value), "unknown"),
}


@officer_library.get("/console/certificates")
@for_people(ISSUERS)
@reads
def listed(session: Session) -> Response:
    """List the organ's certificates by identifier, all or some; nothing of what they say is read."""
    wanted = {name: request.args.get(name, "")[:LONGEST_CODE] for name in ("type", "state", "origin")}
    asked = PageAsked(cursor=request.args.get("cursor") or None)
    page = parts(Pager).page(session, own.listed(caller(), wanted), (Certificate.identifier,), asked, "own")
    known = parts(Certs).types
    return working.page(
        "officers/certificates.html",
        rows=[_row(each) for each in page.items],
        wanted=wanted,
        types=sorted(known.values(), key=lambda each: each.code),
        states=list(State),
        origins=ORIGINS,
        following=page.next_cursor,
        is_first=asked.cursor is None,
    )


@officer_library.get("/console/certificates/search")
@for_people(ISSUERS)
def search() -> Response:
    """Ask what a certificate is sought for, and by what."""
    return _search()


@officer_library.post("/console/certificates/search")
@for_people(ISSUERS)
def seek() -> Response:
    """Find certificates; the search is on record, and nothing of what is found is kept to be given again."""
    wrong = _unfilled()
    if wrong:
        return _search(wrong=wrong, status=422)
    form = working.filled("reason", "type", "number", "holder_type", "holder_code")
    sought = Sought(
        form["reason"],
        form.get("type"),
        form.get("number", ""),
        form.get("holder_type", ""),
        form.get("holder_code", ""),
    )
    certs, at = parts(Certs), clock.now()
    with parts(Database).transaction() as session:
        found = own.seek(session, certs, sought, caller(), at)
        rows = [{**_row(each), **_said(library.known(session, certs.keys, each, at).content, each)} for each in found]
    return _search(rows=rows)


@officer_library.get("/console/certificates/<string:identifier>")
@for_people(ISSUERS)
def one(identifier: str) -> Response:
    """Show a certificate, masked."""
    return shown(identifier)


@officer_library.post("/console/certificates/<string:identifier>/reveal")
@for_people(ISSUERS)
def reveal(identifier: str) -> Response:
    """Show a certificate as it is; that it was shown is on record. Loaded anew, the page is masked again."""
    reason = request.form.get("reason", "").strip()[:LONGEST_REASON]
    if not reason:
        return shown(identifier, wrong={"reason": "missing"})
    with parts(Database).transaction() as session:
        content = own.reveal(session, parts(Certs).keys, identifier, reason, caller(), clock.now()).content
    return shown(identifier, revealed=content)


@officer_library.get("/console/certificates/<string:identifier>/files/<string:form>")
@for_people(ISSUERS)
@reads
def file(session: Session, identifier: str, form: str) -> Response:
    """Give the sealed file, byte for byte."""
    row = own.own(session, identifier, caller())
    found = next((each for each in library.documents(session, parts(Certs).keys, row) if each.format == form), None)
    if found is None:
        raise NoSuchCertificateFile(identifier, form)
    response = Response(found.content, mimetype=MEDIA_TYPES[form], headers={"Cache-Control": "no-store"})
    response.headers.set("Content-Disposition", "attachment", filename=f"{identifier}.{form}")
    return response


@officer_library.get("/console/certificates/<string:identifier>/steps/<string:step>")
@for_people(ISSUERS)
def confirm(identifier: str, step: str) -> Response:
    """Ask for the reason of a step, and say what comes of it."""
    return _confirm(identifier, step)


@officer_library.post("/console/certificates/<string:identifier>/steps/<string:step>")
@for_people(ISSUERS)
def take(identifier: str, step: str) -> Response:
    """Take a step."""

    def taken(session: Session) -> Response:
        told = working.loaded(CertificateStepSchema(), {"step": step, **working.filled("reason", "effective_on")})
        own.own(session, identifier, caller())
        row = library.certificate_of(session, identifier, locked=True)
        if str(row.version) != request.form.get("version"):
            raise PreconditionFailed
        library.take(session, row, told["step"], told["reason"], caller(), clock.now(), on=told["effective_on"])
        return working.leads("officer_library.one", done="certificate_step", identifier=identifier)

    return working.posted(taken, lambda refusal: _confirm(identifier, step, refusal))


@officer_library.post("/console/certificates/<string:identifier>/signature")
@for_people(ISSUERS)
def sign(identifier: str) -> Response:
    """Sign a certificate that was left to be signed."""

    def signed(database: Database) -> Response:
        with database.reading() as session:
            row = own.own(session, identifier, caller())
            act = Step(library.events_of(session, identifier)[0].facts["act"])
            system = desk.system_for(session, row.type, act, request.form.get("system", ""))
        desk.issuer_under(database, system).retry(identifier)
        return working.leads("officer_library.one", done="certificate_signed", identifier=identifier)

    return working.transacted(signed, lambda refusal: shown(identifier, refusal))


@officer_library.post("/console/certificates/<string:identifier>/discard")
@for_people(ISSUERS)
def discard(identifier: str) -> Response:
    """Give a certificate up that was never signed."""

    def discarded(session: Session) -> Response:
        row = library.certificate_of(session, own.own(session, identifier, caller()).identifier, locked=True)
        reason = request.form.get("reason", "").strip()[:LONGEST_REASON]
        issuing.discard(session, row, reason, caller(), clock.now())
        return working.leads("officer_library.one", done="certificate_discarded", identifier=identifier)

    return working.posted(discarded, lambda refusal: shown(identifier, refusal))


def shown(
    identifier: str,
    refusal: DomainError | None = None,
    revealed: Content | None = None,
    wrong: Mapping[str, str] | None = None,
) -> Response:
    """Show one certificate."""
    certs, at = parts(Certs), clock.now()
    with parts(Database).reading() as session:
        row = own.own(session, identifier, caller())
        type_ = types.type_of(certs.types, row.type)
        content = revealed or own.masked(library.known(session, certs.keys, row, at).content, type_)
        issuer = organisations.organisation_of(session, row.issuer)
        events = library.events_of(session, identifier)
        by = organisations.known(session, sorted({each.organisation for each in events}))
        files = library.files(session, row)
        act = Step(events[0].facts.get("act", Step.DRAFT))
        systems = own.leave_holders(session, row.issuer, row.type, act, at) if _waits(row) else {}
        batch = session.query(OldStockRow.batch).filter(OldStockRow.identifier == identifier).limit(1).scalar()
    response = working.page(
        "officers/certificate.html",
        refusal,
        here="officer_library.listed",
        certificate=row,
        type=type_,
        issuer=issuer,
        content=content,
        is_revealed=revealed is not None,
        holder_codes=holder_codes(),
        standing=library.standing_of(row, local_day(at)).value,
        marks=MARKS,
        events=[(each, by[each.organisation].name if each.organisation in by else "") for each in reversed(events)],
        files=files,
        steps=[
            each for each in STEPS if State(row.state) in MOVES[each].sources and row.issuer == caller().organisation
        ],
        next=[kind for step, kind in NEXT.items() if _may_follow(row, step)],
        ending=ENDING,
        waits=_waits(row),
        systems=systems,
        batch=batch,
        left=_left(),
        no_last_day=NO_LAST_DAY,
        wrong=dict(wrong or {}),
    )
    if wrong:
        response.status_code = 422
    return response


def _confirm(identifier: str, step: str, refusal: DomainError | None = None) -> Response:
    asked = next((each for each in STEPS if each.value == step), None)
    with parts(Database).reading() as session:
        row = own.own(session, identifier, caller())
        if asked is None:
            raise NoSuchCertificateFile(identifier, step[:40])
    return working.page(
        "officers/certificate_step.html",
        refusal,
        here="officer_library.listed",
        certificate=row,
        step=asked.value,
        type=types.type_of(parts(Certs).types, row.type),
        standing=library.standing_of(row, local_day(clock.now())).value,
        marks=MARKS,
        is_ending=asked in ENDING,
        typed={name: request.form.get(name, "") for name in ("reason", "effective_on")},
        allowed=State(row.state) in MOVES[asked].sources,
    )


def _search(
    rows: list[dict[str, Any]] | None = None, wrong: Mapping[str, str] | None = None, status: int = 200
) -> Response:
    typed = {name: request.form.get(name, "") for name in ("reason", "type", "number", "holder_type", "holder_code")}
    response = working.page(
        "officers/search.html",
        rows=rows,
        typed=typed,
        wrong=dict(wrong or {}),
        marks=MARKS,
        types=sorted(parts(Certs).types.values(), key=lambda each: each.code),
        holder_types=list(holder_codes().values()),
    )
    response.status_code = status
    return response


def _unfilled() -> dict[str, str]:
    """Tell what a search lacks: what it is for, and a number of a type or a code of a kind."""
    form = working.filled("reason", "type", "number", "holder_type", "holder_code")
    wrong = {} if "reason" in form and len(form["reason"]) <= LONGEST_REASON else {"reason": "missing"}
    if "number" in form and "type" not in form:
        wrong["type"] = "type_first"
    if "number" not in form and "holder_code" not in form:
        wrong["number"] = "one_of_two"
    if "number" not in form and "holder_code" in form and form.get("holder_type") not in holder_codes():
        wrong["holder_type"] = "holder_first"
    return wrong


def _row(row: Certificate) -> dict[str, Any]:
    type_ = parts(Certs).types.get(row.type)
    return {
        "certificate": row,
        "type": type_,
        "standing": library.standing_of(row, local_day(clock.now())).value,
        "mark": MARKS.get(library.standing_of(row, local_day(clock.now())).value, "bad"),
    }


def _said(content: Content, row: Certificate) -> dict[str, Any]:
    masked = own.masked(content, types.type_of(parts(Certs).types, row.type))
    return {"number": masked.number, "holders": "、".join(each.name for each in masked.holders)}


def _waits(row: Certificate) -> bool:
    return row.state == State.TO_BE_SIGNED.value and row.issuer == caller().organisation


def _may_follow(row: Certificate, step: Step) -> bool:
    mine = row.issuer == caller().organisation and row.origin == library.ISSUED
    return mine and row.superseded_by is None and State(row.state) in MOVES[step].sources


def _left() -> Mapping[str, str] | None:
    """Give the words for why a certificate was left to be signed, of our own refusals alone."""
    known = problems.words().get(request.args.get("left", ""))
    return known[problems.language()] if known else None
