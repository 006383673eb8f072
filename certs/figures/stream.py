"""Reads a piece of the ledger and counts it. The ledger's numbers stand in commit order, so nothing comes late to them.

What an entry does not say of a thing, its region above all, is asked of the thing's own row, in one statement a kind
for the whole piece. Uses are counted by the database itself, since they are a hundred times as many as all else; each
is counted on its own day, whenever its entry came.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Date, and_, case, cast, func, or_, select
from sqlalchemy.orm import Session

from base.audit import Entry, Recorded
from base.models import AuditEntry
from base.workdays import local_day
from certs.figures import tallies
from certs.figures.models import REGION_LENGTH
from certs.figures.tallies import CaseName, Kind, Place, Step
from certs.filing.cases.models import Case, CaseEvaluation
from certs.filing.lookups.models import FilingLookup
from certs.models import Certificate
from exchange.door.models import USAGE_ID_LENGTH, Usage
from exchange.door.usages import USED
from exchange.models import Directory
from keys.parties.models import Organisation

COLLECTED: Final = frozenset({"certificate.sign", "certificate.deposit", "certificate.publish"})
PUBLISHED: Final = "directory.publish"
EVALUATED, CASE_EVALUATED = "use.evaluated", "evaluation.given"
# Of each act on an objection: what it is counted as, and which fact names whose it is to answer.
OBJECTING: Final[Mapping[str, tuple[str, str]]] = {
    "objection.begin": (tallies.OBJECTIONS, "provider"),
    "objection.correct": (tallies.OBJECTIONS_ANSWERED, "provider"),
    "objection.keep": (tallies.OBJECTIONS_ANSWERED, "provider"),
    "holder-objection.begun": (tallies.OBJECTIONS, "addressee"),
    "holder-objection.corrected": (tallies.OBJECTIONS_ANSWERED, "addressee"),
    "holder-objection.kept": (tallies.OBJECTIONS_ANSWERED, "addressee"),
}
SPARING: Final = (tallies.LOOKED_UP, tallies.BOUND, tallies.REUSED)
ACTS: Final = (*COLLECTED, PUBLISHED, EVALUATED, CASE_EVALUATED, *OBJECTING, *SPARING)
# SQLite takes 32,766 values in a statement; far fewer than that stand in one list anyway.
MOST_IN_A_LIST: Final = 5000


@dataclass
class Counted:
    """What a piece of the ledger comes to."""

    counts: Counter[Place] = field(default_factory=Counter)
    kinds: dict[Kind, date] = field(default_factory=dict)
    uses: int = 0

    def add(self, day: date, region: str, organisation: str, measure: str, count: int = 1) -> None:
        """Count something."""
        if count:
            self.counts[Place(day, region[:REGION_LENGTH], organisation, measure)] += count

    def has(self, kind: str, region: str, organisation: str, code: str, day: date) -> None:
        """Note that a department has a kind since a day."""
        told = Kind(kind, region[:REGION_LENGTH], organisation, code)
        self.kinds[told] = min(day, self.kinds.get(told, day))


@dataclass(frozen=True)
class Read:
    """An entry, read once, with its number."""

    index: int
    entry: Entry

    @property
    def thing(self) -> str:
        """Give what was acted on."""
        return self.entry.thing.id

    @property
    def day(self) -> date:
        """Give the day in China."""
        return local_day(self.entry.at)


@dataclass(frozen=True)
class Piece:
    """Entries from one number to before another; where moments are told, only what happened between them."""

    first: int
    end: int
    begins: datetime | None = None
    ends: datetime | None = None

    @property
    def condition(self) -> ColumnElement[bool]:
        """Say which entries these are."""
        told = [AuditEntry.leaf_index >= self.first, AuditEntry.leaf_index < self.end]
        if self.begins is not None and self.ends is not None:
            told += [AuditEntry.at >= self.begins, AuditEntry.at < self.ends]
        return and_(*told)


def counted(session: Session, piece: Piece) -> Counted:
    """Count what a piece of the ledger tells."""
    told = Counted()
    _uses(session, piece, told)
    by_act: dict[str, list[Read]] = defaultdict(list)
    query = select(AuditEntry.leaf_index, AuditEntry.content, AuditEntry.act)
    for index, content, act in session.execute(query.where(piece.condition, AuditEntry.act.in_(ACTS))):
        by_act[act].append(Read(index, Recorded(index, content).entry))
    for acts, count in _COUNTING:
        entries = [each for act in acts for each in by_act.get(act, ())]
        if entries:
            count(session, entries, piece, told)
    return told


def day_in_china(session: Session, moment: Any) -> ColumnElement[Any]:
    """Write the calendar day of a moment, in the words of the database in use."""
    if session.get_bind().dialect.name == "postgresql":
        return cast(func.timezone("Asia/Shanghai", moment), Date)
    return func.date(moment, "+8 hours")


def _uses(session: Session, piece: Piece, told: Counted) -> None:
    # What answered is a mount, named by its 36 characters or not at all, or a library of certificates, named by a word.
    is_data = or_(Usage.mount == "", func.length(Usage.mount) == USAGE_ID_LENGTH)
    kind = case((is_data, tallies.DATA), else_=tallies.CERTIFICATE).label("kind")
    region = func.substr(Usage.handling_region, 1, REGION_LENGTH).label("region")
    day = day_in_china(session, Usage.at).label("day")
    query = (
        select(day, region, Usage.organisation, kind, Usage.outcome, func.count(), func.sum(Usage.rows))
        .select_from(AuditEntry)
        .join(Usage, Usage.id == AuditEntry.thing_id)
        .where(piece.condition, AuditEntry.act == USED)
        # By their places, since a database may take the same words with other parameters for other expressions.
        .group_by("day", "region", Usage.organisation, "kind", Usage.outcome)
    )
    for written, place, organisation, what, outcome, uses, rows in session.execute(query):
        on = written if isinstance(written, date) else date.fromisoformat(written)
        told.add(on, place, organisation, tallies.used(what, outcome), uses)
        told.uses += uses
        if what == tallies.DATA and outcome == tallies.FOUND:
            told.add(on, place, organisation, tallies.ROWS, int(rows))


def _certificates(session: Session, entries: Sequence[Read], _piece: Piece, told: Counted) -> None:
    row = Certificate
    known = _rows(session, [row.identifier, row.issuer, row.region, row.type], [each.thing for each in entries])
    for each in entries:
        found = known.get(each.thing)
        if found is not None:
            issuer, region, type_ = found
            told.add(each.day, region, issuer, tallies.CERTIFICATES)
            told.has(tallies.CERTIFICATE, region, issuer, type_, each.day)


def _directories(session: Session, entries: Sequence[Read], _piece: Piece, told: Counted) -> None:
    row = Directory
    known = _rows(session, [row.code, row.owner, row.region], [each.thing for each in entries])
    for each in entries:
        found = known.get(each.thing)
        if found is not None:
            told.has(tallies.DIRECTORY, found[1], found[0], each.thing, each.day)


def _evaluations(session: Session, entries: Sequence[Read], _piece: Piece, told: Counted) -> None:
    known = _rows(session, [Usage.id, Usage.handling_region], [each.thing for each in entries])
    for each in entries:
        found, facts = known.get(each.thing), each.entry.facts
        if found is not None:
            level = tallies.evaluated(int(str(facts["level"])))
            told.add(each.day, found[0], str(facts["organisation"]), level)


def _case_evaluations(session: Session, entries: Sequence[Read], _piece: Piece, told: Counted) -> None:
    """Count what was said in a case about one use; of the case as a whole, and by default, it is no use's."""
    things = [each.thing.rpartition(":") for each in entries]
    row = CaseEvaluation
    query = select(row.case, row.number, row.usage, row.is_default, Case.organ, Case.region)
    query = query.join(Case, Case.number == row.case)
    known: dict[tuple[str, int], Any] = {
        (case, number): found
        for part in _parts({case for case, _, _ in things})
        for case, number, *found in session.execute(query.where(row.case.in_(part)))
    }
    for each, (case_number, _, number) in zip(entries, things, strict=True):
        usage, is_default, organ, region = known.get((case_number, int(number)), ("", True, "", ""))
        if usage and not is_default:
            told.add(each.day, region, organ, tallies.evaluated(int(str(each.entry.facts["satisfaction"]))))


def _objections(session: Session, entries: Sequence[Read], _piece: Piece, told: Counted) -> None:
    whose = {each.index: str(each.entry.facts[OBJECTING[each.entry.act][1]]) for each in entries}
    known = _rows(session, [Organisation.code, Organisation.region], whose.values())
    for each in entries:
        organisation = whose[each.index]
        region = known.get(organisation, ("",))[0]
        told.add(each.day, region, organisation, OBJECTING[each.entry.act][0])


def _spared(session: Session, entries: Sequence[Read], piece: Piece, told: Counted) -> None:
    entry_of = {each.index: each for each in entries}
    things = {each.thing for each in entries}
    regions = {**_rows(session, [FilingLookup.id, FilingLookup.region], things)}
    regions |= _rows(session, [Case.number, Case.region], things)
    for history in _cases(session, things, piece.end):
        for index, count in tallies.spared(history):
            each = entry_of.get(index)
            if each is not None:
                told.add(each.day, regions.get(each.thing, ("",))[0], each.entry.organisation, tallies.SPARED, count)


def _cases(session: Session, things: Iterable[str], end: int) -> list[list[Step]]:
    """Give all that was entered before a number about the cases of these things, each case in order."""
    known = _histories(session, things, end)
    wanted = {case for history in known.values() if (case := _case(history)) is not None}
    numbers = {each.number for each in wanted}
    found: dict[str, list[Step]] = {}
    for part in _parts(numbers):
        row = FilingLookup
        others = session.scalars(select(row.id).where(or_(row.basis.in_(part), row.bound_to.in_(part))))
        found |= _histories(session, {*others} - set(known), end)
    found |= _histories(session, numbers - set(known), end) | known
    by_case: dict[CaseName, list[Step]] = defaultdict(list)
    for history in found.values():
        case_of = _case(history)
        if case_of is not None and case_of in wanted:
            by_case[case_of] += history
    return [sorted(each, key=lambda step: step.index) for each in by_case.values()]


def _case(history: Iterable[Step]) -> CaseName | None:
    return next((case for each in history if (case := tallies.case_named(each)) is not None), None)


def _histories(session: Session, things: Iterable[str], end: int) -> dict[str, list[Step]]:
    """Give all that was entered about these things before a number, in order."""
    found: dict[str, list[Step]] = defaultdict(list)
    query = select(AuditEntry.leaf_index, AuditEntry.content).order_by(AuditEntry.leaf_index)
    for part in _parts(things):
        about = AuditEntry.thing_kind.in_(("filing-lookup", "case")), AuditEntry.thing_id.in_(part)
        for index, content in session.execute(
            query.where(*about, AuditEntry.act.in_(SPARING), AuditEntry.leaf_index < end)
        ):
            entry = Recorded(index, content).entry
            thing = entry.thing.id
            found[thing].append(Step(index, entry.act, dict(entry.facts), thing, entry.organisation or ""))
    return found


_COUNTING: Final[tuple[tuple[Iterable[str], Callable[[Session, Sequence[Read], Piece, Counted], None]], ...]] = (
    (COLLECTED, _certificates),
    ((PUBLISHED,), _directories),
    ((EVALUATED,), _evaluations),
    ((CASE_EVALUATED,), _case_evaluations),
    (tuple(OBJECTING), _objections),
    (SPARING, _spared),
)


def _rows(session: Session, columns: Sequence[Any], keys: Iterable[str]) -> dict[str, tuple[Any, ...]]:
    """Give the other columns by the first."""
    query, key = select(*columns), columns[0]
    return {str(row[0]): tuple(row[1:]) for part in _parts(keys) for row in session.execute(query.where(key.in_(part)))}


def _parts(keys: Iterable[str]) -> Iterable[list[str]]:
    wanted = sorted(set(keys))
    return [wanted[at : at + MOST_IN_A_LIST] for at in range(0, len(wanted), MOST_IN_A_LIST)]
