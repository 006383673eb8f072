"""Raises the alarm over callers that go through a register: counted from recorded uses, in one statement for all.

A subject is counted by its keyed hash, once, however often it was asked for, so that a client that repeats one question
is no scraper. Not found counts where the whole call found nothing: of a batch it is not kept which of its subjects were
found, and a hundred a call soon reach the other limit. An alarm is a row, an audit entry with its event, and a notice
to the provider and the authority above it; of one caller and one department it is raised once within the window, and
the gateway goes on answering up to the quota.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import case, delete, func, select
from sqlalchemy.orm import Session

from base import notices
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json
from base.errors import Fact
from base.notices import Notice, Role, kinds_in
from exchange import authorities
from exchange.acting import ROOM
from exchange.door import enumeration, usages
from exchange.door.enumeration import Limits, Seen
from exchange.door.models import EnumerationAlarm, Usage
from exchange.door.outcomes import Outcome
from exchange.errors import NoAuthority
from keys.parties.errors import NoSuchOrganisation

BY: Final = Caller("system", "exchange", "exchange")
KINDS: Final = kinds_in(Path(__file__).with_name("notices.toml"))
ACT: Final = "caller.enumerating"
KIND: Final = "caller-enumerating"
THING: Final = "caller"
PROVIDER: Final = "provider"
# The ledger keeps what was raised; the rows only tell what need not be raised again.
KEPT: Final = timedelta(days=7)


def raise_due(session: Session, limits: Limits, at: datetime) -> list[EnumerationAlarm]:
    """Raise an alarm over every caller that is noticed now and was not within the window."""
    raised = _raised(session, at - limits.window)
    alarms: list[EnumerationAlarm] = []
    for seen in _seen(session, limits, at):
        told = enumeration.signs(seen, limits)
        if told and (seen.caller, seen.owner) not in raised:
            signs = [each.value for each in told]
            alarm = EnumerationAlarm(
                caller=seen.caller,
                owner=seen.owner,
                raised_at=at,
                organisation=seen.organisation,
                signs=signs,
                subjects=seen.subjects,
                unknown=seen.unknown,
            )
            session.add(alarm)
            _tell(session, alarm, limits, at)
            alarms.append(alarm)
    return alarms


def forget(session: Session, at: datetime) -> None:
    """Forget what was raised long ago; the ledger keeps it."""
    over = delete(EnumerationAlarm).where(EnumerationAlarm.raised_at < at - KEPT)
    session.execute(over.execution_options(synchronize_session=False))


def _raised(session: Session, since: datetime) -> set[tuple[str, str]]:
    query = select(EnumerationAlarm.caller, EnumerationAlarm.owner).where(EnumerationAlarm.raised_at > since)
    return {(caller, owner) for caller, owner in session.execute(query)}


def _seen(session: Session, limits: Limits, at: datetime) -> list[Seen]:
    """Count the different subjects of each caller and department; identifiers of uses sort by time."""
    subject = _each_subject(session)
    unknown = case((Usage.outcome == Outcome.NOT_FOUND.value, subject))
    asked, missed = func.count(subject.distinct()), func.count(unknown.distinct())
    named = (Usage.caller, Usage.organisation, Usage.owner)
    query = select(*named, asked, missed).where(Usage.id >= usages.first_id(at - limits.window)).group_by(*named)
    rows = session.execute(query.having(asked >= limits.least).order_by(Usage.caller, Usage.owner))
    return [Seen(*row) for row in rows]


def _each_subject(session: Session) -> Any:
    """Make a row of each subject of a use; JSON_TABLE (SQL:2016) is in PostgreSQL from 17 on, and not in SQLite."""
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    unrolled = func.json_array_elements_text if is_postgresql else func.json_each
    return unrolled(Usage.subjects).table_valued("value", joins_implicitly=True).c.value


def _tell(session: Session, alarm: EnumerationAlarm, limits: Limits, at: datetime) -> None:
    """Keep the audit entry, tell the event, and tell those who can do something: the provider and the authority."""
    counted = {"subjects": alarm.subjects, "unknown": alarm.unknown, "minutes": limits.window // timedelta(minutes=1)}
    thing, signs = Thing(THING, alarm.caller), list[Json](alarm.signs)
    about: dict[str, Json] = {"organisation": alarm.organisation, "owner": alarm.owner}
    ROOM.changed(session, BY, at, ACT, thing, 1, signs=signs, **about, **counted)
    readers = [Role(alarm.owner, PROVIDER)]
    with suppress(NoAuthority, NoSuchOrganisation):
        readers.append(Role(authorities.authority_over(session, alarm.owner), authorities.ROLE))
    words: dict[str, Fact] = {"caller": alarm.caller, "organisation": alarm.organisation, **counted}
    notices.tell(session, Notice(KINDS[KIND], words, tuple(readers)), at)
