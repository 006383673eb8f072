"""The register of seals: the list, one seal with its life, its leaves and its uses, and the steps of its people.

Nobody brings a seal into being alone; who may take which step is asked by the guard, the register and the life of a
seal, and what they refuse is told. No page holds key material: a seal is shown by its picture, its dates and its
certificate's subject and end.
"""

import base64
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from flask import Blueprint, Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import callers, clock
from base.db import Database
from base.errors import DomainError
from base.paging import PageAsked, Pager
from base.web import PreconditionFailed, caller, limited, parts, reads
from console import layout, working
from console.login import for_people
from keys.certificates import Certificate
from keys.parties import organisations
from signing import kinds, life, register
from signing.errors import NoSuchSeal
from signing.filings import by_hand
from signing.filings import edges as filing_edges
from signing.filings import keeping as filings
from signing.impressions import keeping as impressions
from signing.impressions.keeping import FilingNumber
from signing.life import State, Step
from signing.models import Seal, SealAuthorisation, SealEdition
from signing.pictures import LARGEST_FILE
from signing.schemas import (
    SealApplicationSchema,
    SealApprovalSchema,
    SealCancellationSchema,
    SealFilingSchema,
    SealReasonSchema,
    SealRenewalSchema,
)
from signing.wiring import Signing

officer_seals = Blueprint("officer_seals", __name__)
# A picture and the few members around it.
FORM_BYTES: Final = LARGEST_FILE + 64 * 1024
READERS: Final = {"seal_applicant", "seal_owner", "seal_maker", "seal_custodian", "authority", "auditor", "operator"}
OWNERS: Final = {"seal_owner", "seal_custodian"}
LIVING: Final = frozenset({State.ACTIVE, State.SUSPENDED})
# The leaves that a page shows, the newest first; a seal has a few in its life.
LEAVES: Final = 100
PLACE: Final = "/console/seals/<string:seal_id>"
MARKS: Final[Mapping[str, str]] = {
    State.ACTIVE.value: "ok",
    State.SUSPENDED.value: "warn",
    **dict.fromkeys((State.CANCELLED.value, State.REVOKED.value, State.REFUSED.value), "bad"),
}
# A certificate that ends within this time is named, so that the new edition is there before it does.
SOON: Final = timedelta(days=60)
# The steps that are taken on a page of their own, each with its schema; making is the maker's own page.
REASONED: Final = (Step.WITHDRAW, Step.ACTIVATE, Step.SUSPEND, Step.RESUME, Step.CANCEL, Step.REVOKE)
STEPS: Final = (Step.AGREE, Step.REFUSE, Step.FILE, *REASONED)
APPLICANTS: Final = life.ROLES[Step.APPLY]
STEPPERS: Final = frozenset().union(*(life.ROLES[each] for each in STEPS))
BOUND: Final = frozenset({Step.CANCEL, Step.REVOKE, Step.REFUSE, Step.WITHDRAW})


@officer_seals.get("/console/seals")
@for_people(READERS)
@reads
def listed(session: Session) -> Response:
    """List seals by number: where the last edition of each stands, how long it is good, when its certificate ends."""
    wanted = {name: request.args.get(name, "") for name in ("kind", "mine")}
    query = select(Seal)
    if wanted["kind"] in kinds.kinds():
        query = query.where(Seal.kind == wanted["kind"])
    if wanted["mine"]:
        query = query.where(Seal.owner == caller().organisation)
    asked = PageAsked(cursor=request.args.get("cursor") or None)
    page = parts(Pager).page(session, query, (Seal.id,), asked, "seal-pages")
    numbers = [each.id for each in page.items]
    found = session.scalars(select(SealEdition).where(SealEdition.seal.in_(numbers)).order_by(SealEdition.number))
    by_seal: dict[str, list[SealEdition]] = {}
    for each in found:
        by_seal.setdefault(each.seal, []).append(each)
    owners = organisations.known(session, sorted({each.owner for each in page.items}))
    rows = [{"seal": each, "owner": owners[each.owner], **_standing(by_seal[each.id])} for each in page.items]
    return working.page(
        "officers/seals.html",
        rows=rows,
        wanted=wanted,
        kinds=kinds.kinds(),
        marks=MARKS,
        may_apply=bool(APPLICANTS & caller().roles),
        following=page.next_cursor,
        is_first=asked.cursor is None,
    )


@officer_seals.get("/console/seals/application")
@for_people(APPLICANTS)
def application() -> Response:
    """Show the form of an application."""
    return _application()


@officer_seals.post("/console/seals/application")
@limited(FORM_BYTES)
@for_people(APPLICANTS)
def apply() -> Response:
    """Apply for a seal, with a picture of its own or by the filing number of its impression."""

    def applied(session: Session) -> Response:
        told = working.filled("kind", "name", "width_mm", "height_mm", "basis", "impression")
        if "impression" in told:
            told = {name: told[name] for name in ("impression", "basis") if name in told}
        asked: Any = working.loaded(
            SealApplicationSchema(),
            {**told, **period(), **({} if "impression" in told else _picture()), "owner": caller().organisation},
        )
        if isinstance(asked, FilingNumber):
            asked = impressions.application(session, asked, caller())
        seal = register.apply(session, asked, caller(), clock.now())
        return working.leads("officer_seals.one", done="seal_applied", seal_id=seal.id)

    return working.posted(applied, _application)


@officer_seals.get(PLACE)
@for_people(READERS)
def one(seal_id: str) -> Response:
    """Show a seal: its editions, its life, who may use it, what can be done by this person."""
    return shown(seal_id)


@officer_seals.get(f"{PLACE}/picture.png")
@for_people(READERS)
@reads
def picture(session: Session, seal_id: str) -> Response:
    """Give the picture of the last edition."""
    seal = register.seal_of(session, seal_id)
    edition = register.editions(session, seal.id)[-1]
    return Response(edition.picture, mimetype="image/png", headers={"Cache-Control": "private, max-age=60"})


@officer_seals.get(f"{PLACE}/renewal")
@for_people(APPLICANTS)
def renewal(seal_id: str) -> Response:
    """Show the form of a new edition."""
    return _renewal(seal_id)


@officer_seals.post(f"{PLACE}/renewal")
@limited(FORM_BYTES)
@for_people(APPLICANTS)
def renew(seal_id: str) -> Response:
    """Apply for a new edition of a seal."""

    def renewed(session: Session) -> Response:
        told = working.filled("basis", "width_mm", "height_mm")
        asked = working.loaded(SealRenewalSchema(), {**told, **period(), **_picture()})
        register.renew(session, register.seal_of(session, seal_id, locked=True), asked, caller(), clock.now())
        return working.leads("officer_seals.one", done="seal_applied", seal_id=seal_id)

    return working.posted(renewed, lambda refusal: _renewal(seal_id, refusal))


@officer_seals.get(f"{PLACE}/steps/<string:step>")
@for_people(STEPPERS)
def confirm(seal_id: str, step: str) -> Response:
    """Ask for what a step needs, and say what comes of it."""
    return _confirm(seal_id, _named(step))


@officer_seals.post(f"{PLACE}/steps/<string:step>")
@for_people(STEPPERS)
def take(seal_id: str, step: str) -> Response:
    """Take a step, as the API's route of that step does."""
    named = _named(step)

    def again(refusal: DomainError) -> Response:
        return _confirm(seal_id, named, refusal)

    if named is Step.FILE:
        return working.transacted(lambda database: _filed(database, seal_id), again)

    def taken(session: Session) -> Response:
        _require_role(named)
        seal = register.seal_of(session, seal_id, locked=True)
        if request.form.get("version") != str(seal.version):
            raise PreconditionFailed
        _ACTS.get(named, _with_reason(named))(session, seal)
        return working.leads("officer_seals.one", done="seal_step", seal_id=seal_id)

    return working.posted(taken, again)


# --- the steps ----------------------------------------------------------------------------------------------------


def _approve(decision: str) -> Callable[[Session, Seal], object]:
    def approved(session: Session, seal: Seal) -> object:
        told = working.loaded(SealApprovalSchema(), {"decision": decision, **working.filled("reason")})
        return register.take(session, seal, Step(told["decision"]), told["reason"], caller(), clock.now())

    return approved


def _activate(session: Session, seal: Seal) -> object:
    reason = working.loaded(SealReasonSchema(), working.filled("reason"))["reason"]
    return register.activate(session, seal, reason, caller(), clock.now())


def _cancel(session: Session, seal: Seal) -> object:
    told = working.loaded(SealCancellationSchema(), working.filled("reason", "successor"))
    if told["successor"] is None:
        return register.take(session, seal, Step.CANCEL, told["reason"], caller(), clock.now())
    heir = register.seal_of(session, told["successor"])
    return register.succeed(session, seal, heir, told["reason"], caller(), clock.now())


def _with_reason(step: Step) -> Callable[[Session, Seal], object]:
    def taken(session: Session, seal: Seal) -> object:
        reason = working.loaded(SealReasonSchema(), working.filled("reason"))["reason"]
        return register.take(session, seal, step, reason, caller(), clock.now())

    return taken


_ACTS: Final[Mapping[Step, Callable[[Session, Seal], object]]] = {
    Step.AGREE: _approve("agree"),
    Step.REFUSE: _approve("refuse"),
    Step.ACTIVATE: _activate,
    Step.CANCEL: _cancel,
}


def _filed(database: Database, seal_id: str) -> Response:
    _require_role(Step.FILE)
    number = working.loaded(SealFilingSchema(), working.filled("number"))["number"]
    filing_edges.file(database, parts(Signing).registrar, seal_id, number, caller(), clock.now)
    return working.leads("officer_seals.one", done="seal_step", seal_id=seal_id)


def _require_role(step: Step) -> None:
    """Ask for the role of the step's own route. Raises `NotAllowed`."""
    callers.require(caller(), scope=None, roles=life.ROLES[step])


def _named(step: str) -> Step:
    """Give the step that an address names. Raises `NoSuchSeal` for one that has no page here."""
    found = next((each for each in STEPS if each.value == step), None)
    if found is None:
        raise NoSuchSeal(step[:20])
    return found


# --- its pages ----------------------------------------------------------------------------------------------------


def shown(seal_id: str, refusal: DomainError | None = None) -> Response:
    """Show one seal."""
    roles = caller().roles
    with parts(Database).reading() as session:
        seal = register.seal_of(session, seal_id)
        editions = register.editions(session, seal.id)
        steps = register.steps(session, seal.id)
        organs = organisations.known(session, sorted({seal.owner, *(each.organisation for each in steps)}))
        filed = filings.filings(session, seal)
        query = select(SealAuthorisation).where(SealAuthorisation.seal == seal.id)
        leaves = session.scalars(query.order_by(SealAuthorisation.proposed_at.desc()).limit(LEAVES)).all()
        states = {State(each.state) for each in editions}
        allowed = [each for each in STEPS if life.MOVES[each].sources & states and life.ROLES[each] & roles]
    last = editions[-1]
    return working.page(
        "officers/seal.html",
        refusal,
        here="officer_seals.listed",
        seal=seal,
        kind=kinds.kinds().get(seal.kind),
        organs=organs,
        editions=[(each, *_certified(each)) for each in reversed(editions)],
        standing=last.state,
        steps=[
            (each, organs[each.organisation].name if each.organisation in organs else "") for each in reversed(steps)
        ],
        filed=filed,
        leaves=leaves,
        acts=[each.value for each in allowed],
        bound={each.value for each in BOUND},
        may_renew=bool(APPLICANTS & roles) and seal.owner == caller().organisation and bool(states & LIVING),
        may_make=bool(life.ROLES[Step.MAKE] & roles) and State.AGREED in states,
        may_allow=bool(OWNERS & roles) and seal.owner == caller().organisation,
        marks=MARKS,
        at=clock.now(),
        soon=clock.now() + SOON,
    )


def _application(refusal: DomainError | None = None) -> Response:
    with parts(Database).reading() as session:
        organ = organisations.organisation_of(session, caller().organisation)
    return working.page(
        "officers/seal_application.html",
        refusal,
        here="officer_seals.listed",
        organ=organ,
        kinds=kinds.kinds(),
        typed=_typed("kind", "name", "valid_from", "valid_until", "width_mm", "height_mm", "basis", "impression"),
    )


def _renewal(seal_id: str, refusal: DomainError | None = None) -> Response:
    with parts(Database).reading() as session:
        seal = register.seal_of(session, seal_id)
        last = register.editions(session, seal.id)[-1]
    return working.page(
        "officers/seal_renewal.html",
        refusal,
        here="officer_seals.listed",
        seal=seal,
        last=last,
        typed=_typed("valid_from", "valid_until", "width_mm", "height_mm", "basis"),
    )


def _confirm(seal_id: str, step: Step, refusal: DomainError | None = None) -> Response:
    with parts(Database).reading() as session:
        seal = register.seal_of(session, seal_id)
        states = {State(each.state) for each in register.editions(session, seal.id)}
    return working.page(
        "officers/seal_step.html",
        refusal,
        here="officer_seals.listed",
        seal=seal,
        step=step.value,
        is_bound=step in BOUND,
        allowed=bool(life.MOVES[step].sources & states),
        needs_reason=step not in {Step.AGREE, Step.FILE},
        by_hand=parts(Signing).registrar.name == by_hand.NAME,
        typed=_typed("reason", "number", "successor"),
    )


def _typed(*names: str) -> dict[str, str]:
    return {name: request.form.get(name, "") for name in names}


def period() -> dict[str, str]:
    """Read the first and the last day as moments: a seal is good from the first day's midnight to the last day's."""
    told: dict[str, str] = {}
    for name, at in (("valid_from", time.min), ("valid_until", time(23, 59, 59))):
        text = request.form.get(name, "").strip()
        try:
            told[name] = datetime.combine(date.fromisoformat(text), at, layout.ZONE).isoformat()
        except ValueError:
            if text:
                told[name] = text
    return told


def _picture() -> dict[str, str]:
    handed = request.files.get("picture")
    content = handed.read() if handed is not None else b""
    return {"picture": base64.b64encode(content).decode()} if content else {}


def _standing(editions: list[SealEdition]) -> dict[str, Any]:
    """Tell of a list's row where the edition in use stands, or the last; and whether a newer one is on its way."""
    used = [each for each in editions if State(each.state) in LIVING]
    edition = (used or editions)[-1]
    _, ends = _certified(edition)
    now = clock.now()
    return {
        "edition": edition,
        "ends": ends,
        "is_over": edition.valid_until <= now or (ends is not None and ends <= now),
        "is_soon": min(each for each in (edition.valid_until, ends) if each is not None) <= now + SOON,
        "renewing": edition is not editions[-1],
    }


def _certified(edition: SealEdition) -> tuple[str, datetime | None]:
    """Tell of an edition's certificate what anybody may know: its subject and when it ends."""
    if edition.certificate is None:
        return "", None
    certificate = Certificate.of(edition.certificate)
    return certificate.subject.text, certificate.not_after
