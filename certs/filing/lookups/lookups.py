"""One call for everything that a case needs about all its persons, under the grants and grounds of whoever asks.

1. In a transaction that only reads: the signature is judged, the matter and what is on offer are read and planned, and
   the questions laid out (`lookup_questions`): each source once about each person whose papers it replaces.
2. All of them are asked at once (`lookup_asking`), each through its own gate, which puts it on record.
3. What came is told material by material (`telling`), with hints where it does not fit together, and the one-time
   notice of what is still to be brought.
4. The look-up itself is kept, without a datum of anybody: which uses it made and how each ended.

Asked again for the same case with the same input, it keeps its number as long as the answer is the same, and gets a new
one when something has changed. An answer is never kept to be given again, so what was withdrawn meanwhile is gone; an
`Idempotency-Key` gives the same number, and refuses another input under it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json, canonical
from base.db import Database
from base.errors import Kind
from base.idempotency import KeyReused
from base.workdays import local_day
from certs.acting import ROOM
from certs.consents.errors import ConsentNotStanding
from certs.filing.lookups import asking, files, questions, telling
from certs.filing.lookups.asking import Asker
from certs.filing.lookups.errors import LookupBound, NoSuchLookup, PurposeOfOtherMatter
from certs.filing.lookups.models import FilingLookup
from certs.filing.lookups.questions import Ended, Laid
from certs.filing.matter import Means
from certs.filing.plans import planning
from certs.filing.plans.plan import Plan
from certs.filing.plans.planning import Asked
from certs.libraries.answers import Named
from certs.queries.wiring import Queries
from exchange.agreements.purposes import Purpose, basic_code
from exchange.door import usages
from exchange.errors import NoSuchDirectory
from exchange.mounting import serving
from exchange.mounting.wiring import MountParts
from keys.parties.request_signing import Judged

THING: Final = "filing-lookup"
# What says that the caller may not ask, or not now, whatever about.
REFUSING: Final = frozenset({Kind.FORBIDDEN, Kind.TOO_MANY, Kind.UNAVAILABLE})
Judge = Callable[[Session], Judged | None]


@dataclass(frozen=True)
class Looking:
    """What is looked up: for which matter and purpose, about whom, in which situation; `types` narrows it."""

    matter: str
    purpose: Purpose
    holders: tuple[Named, ...] = field(repr=False)
    types: tuple[str, ...] | None = None
    situation: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Json] = field(default_factory=dict, repr=False)
    key: str | None = None


@dataclass(frozen=True)
class Desk:
    """Where look-ups are answered: the database and the parts, and who asks when."""

    database: Database = field(repr=False)
    parts: Queries = field(repr=False)
    sources: MountParts = field(repr=False)
    by: Caller
    at: datetime
    request_id: str = ""
    seconds: float = asking.DEADLINE_SECONDS


@dataclass(frozen=True)
class Answer:
    """What came of it."""

    plan: Plan
    items: list[dict[str, Any]] = field(repr=False)
    hints: list[dict[str, Any]]
    notice: list[dict[str, Any]]
    is_complete: bool
    usages: tuple[str, ...]


def look_up(desk: Desk, looking: Looking, judge: Judge) -> tuple[FilingLookup, Answer]:
    """Look everything up, and keep that it was.

    Raises `NoSuchMatter`, `AmbiguousMatter`, `UnfitSituation`, `PurposeOfOtherMatter`, `KeyReused`, what judging a
    signature raises, and the first refusal where no question at all was answered.
    """
    desk.parts.open(desk.database)
    asked_hash = _hash(desk, {"by": desk.by.organisation, "asked": dict(looking.body)})
    _require_key(desk, looking, asked_hash)
    answer = asked(desk, looking, judge)
    answered_hash = _hash(desk, telling.facts(answer.items))
    try:
        with desk.database.transaction() as session:
            row = _kept(session, desk, looking, answer, asked_hash, answered_hash)
    except IntegrityError:  # two with one key at once: the other one made the row
        with desk.database.transaction() as session:
            row = _kept(session, desk, looking, answer, asked_hash, answered_hash)
    return row, answer


def asked(desk: Desk, looking: Looking, judge: Judge) -> Answer:
    """Plan and ask, without keeping the look-up itself; the uses are on record all the same."""
    with desk.database.reading() as session:
        signed = judge(session)
        what = Asked(looking.matter, looking.situation, looking.purpose.handling_region)
        planned, offers = planning.with_offers(session, desk.parts, what, desk.by, desk.at)
        _require_purpose(planned, looking.purpose)
        items = _items_of_directories(session, planned)
    laid = questions.laid(planned, offers, looking.holders, looking.types, items)
    ended = _ended(desk, looking, laid, signed)
    told = _with_files(desk, telling.items(laid, ended))
    hints = telling.hints(told, looking.holders, local_day(desk.at))
    used = tuple(dict.fromkeys(each.usage for each in ended.values() if each.usage))
    is_complete = telling.is_complete(told) and not planned.open_questions
    return Answer(planned, told, hints, telling.notice(planned, told), is_complete, used)


def lookup_of(session: Session, lookup: str, by: Caller, *, locked: bool = False) -> FilingLookup:
    """Give a look-up of one's own organisation. Raises `NoSuchLookup`."""
    row = session.get(FilingLookup, lookup, with_for_update=locked or None)
    if row is None or row.organisation != by.organisation:
        raise NoSuchLookup(lookup)
    return row


def bind(session: Session, lookup: str, case: str, days: int, by: Caller, at: datetime) -> FilingLookup:
    """Tell which case came of a look-up that was made before it: of every use that it made.

    Raises `NoSuchLookup`, `LookupBound`, and what `exchange.door.usages.bind` raises.
    """
    row = lookup_of(session, lookup, by, locked=True)
    if row.bound_to is not None or row.basis:
        raise LookupBound(lookup, row.bound_to or row.basis)
    for each in row.usages:
        usages.bind(session, each, case, days, by, at)
    row.bound_to, row.bound_at = case, at
    session.flush()
    ROOM.changed(session, by, at, "filing-lookup.bound", Thing(THING, row.id), case=case)
    return row


# --- asking -------------------------------------------------------------------------------------------------------


def _require_purpose(planned: Plan, purpose: Purpose) -> None:
    if basic_code(purpose.item_code) != planned.matter.basic_code:
        raise PurposeOfOtherMatter(planned.matter.item_code, purpose.item_code)


def _items_of_directories(session: Session, planned: Plan) -> dict[str, tuple[str, ...]]:
    """Read the items of each directory that the plan's materials name, as its healthiest mount serves them."""
    codes = {
        one.target
        for line in planned.lines
        for one in line.material.replacements
        if one.means is Means.SHARED and one.target
    }
    found = {}
    for code in sorted(codes):
        try:
            mounts = serving.served(session, code).mounts
        except NoSuchDirectory:
            continue
        found[code] = tuple(column.item for column in mounts[0].plan.columns) if mounts else ()
    return found


def _with_files(desk: Desk, told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Name the sealed files where a material is taken as a whole."""
    if not (wanted := files.wanted(told)):
        return told
    with desk.database.reading() as session:
        return files.named(told, files.of(session, desk.parts.certs.keys, wanted))


def _ended(desk: Desk, looking: Looking, laid: Laid, signed: Judged | None) -> dict[tuple[Means, str, int], Ended]:
    if not laid.questions:
        return {}
    told = looking.body.get("purpose")
    asker = Asker(
        desk.database,
        desk.parts,
        desk.sources,
        desk.by,
        looking.purpose,
        told if isinstance(told, Mapping) else {},
        desk.at,
        desk.request_id,
        desk.seconds,
    )
    ended = asking.ask(asker, list(laid.questions.values()), looking.holders, signed)
    refusals = [each.refusal for each in ended.values() if each.refusal is not None]
    # A consent that is gone is the holder's answer, not the caller's fault: an outcome, however few were asked.
    of_caller = [each for each in refusals if each.kind in REFUSING and not isinstance(each, ConsentNotStanding)]
    if len(of_caller) == len(ended):
        raise of_caller[0]
    return ended


# --- keeping ------------------------------------------------------------------------------------------------------


def _hash(desk: Desk, told: Json) -> str:
    return desk.parts.gateway.subjects.of(canonical(told).decode())


def _require_key(desk: Desk, looking: Looking, asked_hash: str) -> None:
    """Refuse another input under a key that was used. Raises `KeyReused`."""
    if looking.key is None:
        return
    with desk.database.reading() as session:
        row = _by_key(session, desk, looking.key)
        if row is not None and row.asked_hash != asked_hash:
            raise KeyReused


def _kept(
    session: Session, desk: Desk, looking: Looking, answer: Answer, asked_hash: str, answered_hash: str
) -> FilingLookup:
    row = _before(session, desk, looking, asked_hash, answered_hash)
    if row is None:
        row = _new(desk, looking, answer, asked_hash)
        session.add(row)
    row.answered_hash, row.complete, row.runs, row.last_at = answered_hash, answer.is_complete, row.runs + 1, desk.at
    row.usages = list(dict.fromkeys((*row.usages, *answer.usages)))
    originals = files.originals(session, telling.identifiers(answer.items))
    row.items, row.notice = telling.kept(answer.items, originals), answer.notice
    session.flush()
    outcomes: Sequence[str] = sorted(each["outcome"] for each in answer.items)
    basis = looking.purpose.basis
    facts: dict[str, Json] = {
        "item_code": row.item_code,
        "basis": row.basis,
        "basis_kind": basis.kind.value if basis else "",
        "outcomes": list(outcomes),
        "found": telling.found(answer.items),
    }
    ROOM.changed(session, desk.by, desk.at, "filing-lookup.made", Thing(THING, row.id), row.runs, **facts)
    return row


def _before(session: Session, desk: Desk, looking: Looking, asked_hash: str, answered_hash: str) -> FilingLookup | None:
    """Find the look-up that this one repeats: by its key, or of the same case with the same input and answer."""
    if looking.key is not None and (row := _by_key(session, desk, looking.key)) is not None:
        if row.asked_hash != asked_hash:
            raise KeyReused
        return row
    basis = looking.purpose.basis
    if basis is None or looking.key is not None:
        return None
    query = select(FilingLookup).where(
        FilingLookup.organisation == desk.by.organisation,
        FilingLookup.basis == basis.number,
        FilingLookup.asked_hash == asked_hash,
        FilingLookup.idempotency_key.is_(None),
    )
    newest = query.order_by(FilingLookup.made_at.desc(), FilingLookup.id.desc()).limit(1).with_for_update()
    row = session.scalars(newest).one_or_none()
    return row if row is not None and row.answered_hash == answered_hash else None


def _by_key(session: Session, desk: Desk, key: str) -> FilingLookup | None:
    query = select(FilingLookup).where(
        FilingLookup.organisation == desk.by.organisation, FilingLookup.idempotency_key == key
    )
    return session.scalars(query).one_or_none()


def _new(desk: Desk, looking: Looking, answer: Answer, asked_hash: str) -> FilingLookup:
    matter, purpose = answer.plan.matter, looking.purpose
    return FilingLookup(
        id=usages.new_id(desk.at),
        organisation=desk.by.organisation,
        caller=actor(desk.by),
        idempotency_key=looking.key,
        item_code=matter.item_code,
        item_name=matter.name,
        organ_name=matter.organ_name,
        region=purpose.handling_region,
        stage=purpose.stage.value,
        basis=purpose.basis.number if purpose.basis else "",
        asked_hash=asked_hash,
        answered_hash="",
        complete=False,
        runs=0,
        usages=[],
        items=[],
        notice=[],
        made_at=desk.at,
        last_at=desk.at,
        bound_to=None,
        bound_at=None,
    )
