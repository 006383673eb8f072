"""Those who are told of an answer, each with a task: to confirm or dispute it. For objections of either kind.

Whoever says nothing has been reminded (`exchange.tasks`) before the term is over; a task that was told as overdue is
what `silent` finds, and then the objection goes on without that word. An answer given before next year's calendar is
out is told all the same: its terms then end sooner.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from base import workdays
from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from exchange import tasks
from exchange.models import Task
from exchange.objections.life import ROLE_OF, SAID, TURNS, Heard, Side, State, Step
from exchange.objections.models import ObjectionReceiver, ReceiverColumns
from keys.parties import organisations
from keys.parties.models import ACTIVE

ROLE: Final = ROLE_OF[Side.RECEIVER]
DUTY: Final = TURNS[State.TELLING].duty
# Terms end at midnight, and are told as overdue first; half an hour later everybody knows.
LAPSE_SECONDS: Final = 900
# One run of the job; the next takes the rest.
MOST_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Hearing:
    """Where those who were told are kept, and what their duty is called."""

    table: type[Any]
    thing: str

    def of(self, session: Session, objection: str) -> list[ReceiverColumns]:
        """Give everyone who was told."""
        query = select(self.table).where(self.table.objection == objection)
        return list(session.scalars(query.order_by(self.table.organisation)))

    def of_all(self, session: Session, objections: Sequence[str]) -> dict[str, list[ReceiverColumns]]:
        """Give everyone who was told of each of some objections."""
        found: dict[str, list[ReceiverColumns]] = {each: [] for each in objections}
        query = select(self.table).where(self.table.objection.in_(objections))
        for row in session.scalars(query.order_by(self.table.organisation)):
            found[row.objection].append(row)
        return found

    def duty_of(self, objection: str, organisation: str) -> Thing:
        """Name what one receiver has to do, as tasks do."""
        return Thing(self.thing, f"{objection}#{organisation}")


HEARING: Final = Hearing(ObjectionReceiver, "objection-receiver")


def tell(
    session: Session, hearing: Hearing, objection: str, title: str, counted: Mapping[str, int], at: datetime
) -> list[ReceiverColumns]:
    """Tell organisations of an answer, whoever was told of the last one among them; each has a task."""
    known = {each.organisation: each for each in hearing.of(session, objection)}
    counted = {each.organisation: each.uses for each in known.values()} | dict(counted)
    active = _active(session, sorted(counted))
    for organisation in sorted(counted):
        if organisation not in active:
            # What it said was to an earlier answer; of this one it is not told, so that nobody waits for it.
            if organisation in known:
                session.delete(known[organisation])
            continue
        told = known.get(organisation)
        if told is None:
            told = hearing.table(objection=objection, organisation=organisation)
            session.add(told)
        told.uses, told.heard, told.told_at = counted[organisation], Heard.TOLD.value, at
        told.said_at = told.said_by = None
        session.flush()
        duty = tasks.Duty(DUTY, hearing.duty_of(objection, organisation), title, organisation, ROLE)
        tasks.open_task(session, duty, at, counts=workdays.deadline_or_sooner)
    session.flush()
    return hearing.of(session, objection)


def say(
    session: Session, hearing: Hearing, told: ReceiverColumns, objection: str, step: Step, by: Caller, at: datetime
) -> None:
    """Keep what one of them says, or that they said nothing."""
    told.heard, told.said_at, told.said_by = SAID[step].value, at, actor(by)
    tasks.close(session, hearing.duty_of(objection, told.organisation), by, at)


def close(session: Session, hearing: Hearing, objection: str, by: Caller, at: datetime) -> None:
    """End what is left to be confirmed: the answer is disputed, or it is over."""
    for each in hearing.of(session, objection):
        tasks.close(session, hearing.duty_of(objection, each.organisation), by, at)


def heard(found: Sequence[ReceiverColumns]) -> dict[str, Heard]:
    """Give what each has said."""
    return {each.organisation: Heard(each.heard) for each in found}


def awaited(session: Session, found: Sequence[ReceiverColumns]) -> set[str]:
    """Give those whose word counts: a department that may no longer act keeps nobody waiting."""
    return _active(session, [each.organisation for each in found])


def silent(session: Session, hearing: Hearing, at: datetime) -> set[str]:
    """Give the objections in which somebody's term is over who was told so."""
    query = _overdue(hearing, at).order_by(Task.due_at, Task.id).limit(MOST_AT_ONCE)
    return {known.partition("#")[0] for known in session.scalars(query)}


def silent_of(session: Session, hearing: Hearing, objection: str, at: datetime) -> set[str]:
    """Give whose term is over in one objection."""
    query = _overdue(hearing, at).where(Task.thing_id.startswith(f"{objection}#", autoescape=True))
    return {known.partition("#")[2] for known in session.scalars(query)}


def _overdue(hearing: Hearing, at: datetime) -> Select[str]:
    """Ask for the duties whose term is over; reminders end with the notice that it is (`exchange.tasks`)."""
    return select(Task.thing_id).where(
        Task.thing_kind == hearing.thing, Task.done_at.is_(None), Task.due_at <= at, Task.next_reminder_at.is_(None)
    )


def _active(session: Session, codes: Sequence[str]) -> set[str]:
    return {code for code, each in organisations.known(session, codes).items() if each.state == ACTIVE}
