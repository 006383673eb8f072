"""Telling supervisors: the events of certificates are read on in commit order, and each makes its notices, once.

The notices, the tasks whose term begins with them, and the place up to which was read are one transaction: whoever
dies before its end told nothing and is read again, whoever dies after it told everything. Two that read at once have
the same cursor, and the second is refused by it; a notice of the same act to the same supervisor is unique besides.

The act itself does not wait for any of this: a bureau issues whether a supervisor can be reached or not. A supervisor
fetches its notices, and is rung up where it has a webhook (`cases.webhooks`), which says no more than that one waits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import events, notices
from base.acting import new_id
from base.audit import Thing
from base.callers import Caller
from base.db import inserting
from base.errors import Fact
from base.events import Told
from base.notices import Notice, Webhook, kinds_in
from base.workdays import CalendarYearUnknown
from certs import library
from certs.acting import ROOM
from certs.models import Certificate, CertificateEvent
from certs.supervision import rules
from certs.supervision.models import WAITING, SupervisionNotice, SupervisionRule
from certs.supervision.notice import EVENTS, act_of
from exchange import tasks
from exchange.tasks import Duty

KINDS: Final = kinds_in(Path(__file__).with_name("notices.toml"))
NOTICE: Final = "supervision-notice"
THING: Final = "supervision-notice"
DUTY: Final = "supervision-receipt"
FEEDBACK_DUTY: Final = "supervision-feedback"
ROLE: Final = "operator"
READER: Final = "certs.supervision"
TELLER: Final = Caller("system", READER, "审管衔接")
# One transaction's worth, well below what the databases bind in one statement; a province issues some hundred a minute.
AT_ONCE: Final = 500

_log = structlog.get_logger()


@dataclass(frozen=True)
class Act:
    """An act on a certificate that its supervisors are told of."""

    row: Certificate
    told: Told
    name: str


def carry(session: Session, webhooks: Mapping[str, Webhook], at: datetime) -> tuple[int, int]:
    """Read on, and tell; give how many events were read and how many notices were written. Raises `CursorMoved`."""
    seen = events.cursor(session, READER)
    read = events.since(session, seen, AT_ONCE)
    if not read:
        return 0, 0
    wanted = [each for each in read if each.event.name in EVENTS and each.event.thing.kind == library.THING]
    known = rules.every(session)
    written = 0
    if known and wanted:
        for act in _acts(session, wanted):
            for rule in rules.of(known, act.row.type, act.row.issuer, act.told.event.at):
                written += _tell(session, act, rule, webhooks, at)
    events.move(session, READER, seen, read[-1].position)
    return len(read), written


def _acts(session: Session, wanted: Sequence[Told]) -> list[Act]:
    """Read the certificates that events are of, and what they were drafted as, in two statements for all."""
    identifiers = sorted({each.event.thing.id for each in wanted})
    found = session.scalars(select(Certificate).where(Certificate.identifier.in_(identifiers)))
    rows = {each.identifier: each for each in found}
    drafts = select(CertificateEvent).where(
        CertificateEvent.identifier.in_([each.identifier for each in rows.values() if each.supersedes is not None]),
        CertificateEvent.step == "draft",
    )
    drafted = {each.identifier: str(each.facts.get("act", "")) for each in session.scalars(drafts)}
    return [
        Act(row, each, act_of(EVENTS[each.event.name], drafted.get(row.identifier, "draft"), row.supersedes))
        for each in wanted
        if (row := rows.get(each.event.thing.id)) is not None
    ]


def _tell(session: Session, act: Act, rule: SupervisionRule, webhooks: Mapping[str, Webhook], at: datetime) -> int:
    """Write one notice, with its task and the ring; nothing where it was written before."""
    number = new_id()
    made = {
        "id": number,
        "identifier": act.row.identifier,
        "version": act.told.event.version,
        "act": act.name,
        "type": act.row.type,
        "issuer": act.row.issuer,
        "supervisor": rule.supervisor,
        "rule": rule.id,
        "state": WAITING,
        "acted_at": act.told.event.at,
        "told_at": at,
        "due_at": None,
        "receipt": "",
        "received_by": None,
        "received_at": None,
    }
    put = inserting(session, SupervisionNotice).values(made).on_conflict_do_nothing().returning(SupervisionNotice.id)
    if session.execute(put).scalar_one_or_none() is None:
        return 0
    row = session.get_one(SupervisionNotice, number)
    row.due_at = owed(session, row, DUTY, "签收", at)
    if (webhook := webhooks.get(rule.supervisor)) is not None:
        facts: dict[str, Fact] = {"notice": number, "act": act.name}
        notices.tell(session, Notice(KINDS[NOTICE], facts, (webhook,)), at)
    ROOM.changed(
        session, TELLER, at, "supervision-notice.told", Thing(THING, number), supervisor=rule.supervisor, what=act.name
    )
    return 1


def owed(session: Session, row: SupervisionNotice, duty: str, word: str, at: datetime) -> datetime | None:
    """Begin a term of the supervisor's: reminders and the telling of the authority above are those of every task."""
    title = f"审管衔接待{word}：{row.act} {row.identifier[-28:]}"
    thing = Thing(THING if duty == DUTY else duty, row.id)
    try:
        return tasks.open_task(session, Duty(duty, thing, title, row.supervisor, ROLE), at).due_at
    except CalendarYearUnknown:
        # What happened must be told all the same; it stays in the list of what waits.
        _log.warning("supervision_term_unknown", notice=row.id, duty=duty)
        return None
