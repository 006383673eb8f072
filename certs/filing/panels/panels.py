"""Panels on record: made with a ticket, opened once by it, used within a short session, closed.

The ticket is a random word that is kept as a keyed hash only, and so is the word of the session that takes its place:
opening spends the one and makes the other under one lock, so that of two who come at once one has the panel. The
session belongs to the browser that opened it. Which system a panel speaks for, and what that system may still do, is
asked anew at every act: a system that was suspended has no panels either.

The persons of a panel are encrypted, and thrown away when it is over; what stays says how each material ended.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from base import strict_json
from base.audit import Thing
from base.callers import Caller, require
from base.canonical import Json, canonical
from certs.acting import ROOM
from certs.contents import Keys
from certs.filing.lookups.errors import PurposeOfOtherMatter
from certs.filing.lookups.lookups import Looking
from certs.filing.lookups.schemas import FilingLookupAskedSchema
from certs.filing.matters import matters
from certs.filing.panels.errors import NoSuchPanel, PanelOver, PanelTicketOver, PanelTicketUsed
from certs.filing.panels.models import FilingPanel
from exchange.agreements.purposes import basic_code
from exchange.door import usages
from keys.algorithms.sm3 import HMAC_SM3
from keys.parties.systems import caller_of

THING: Final = "filing-panel"
TICKETS: Final = "certs-panel-ticket"
SESSIONS: Final = "certs-panel-session"
FORM: Final = b"yinxin filing panel form"
# The intake system puts it into its page at once; whoever finds it later in a log has nothing of it.
TICKET_LASTS: Final = timedelta(minutes=5)
# A filing at a window takes some twenty minutes; a panel that was left open in a coffee break is over.
SESSION_LASTS: Final = timedelta(minutes=30)
# 256 bits: nobody finds a panel by guessing.
WORD_BYTES: Final = 32
SCOPES: Final = ("filing:write", "cert:read")
CLEARED_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Opened:
    """A panel that a browser holds: its row, whom it speaks for, what it looks up."""

    row: FilingPanel
    by: Caller
    looking: Looking = field(repr=False)


def make(
    session: Session, keys: Keys, looking: Looking, by: Caller, at: datetime, lasts: timedelta = TICKET_LASTS
) -> tuple[FilingPanel, str]:
    """Make a panel; give it and its ticket. Raises `NoSuchMatter`, `AmbiguousMatter`, `PurposeOfOtherMatter`."""
    matter = matters.matter_of(session, looking.matter, at, looking.purpose.handling_region)
    if basic_code(looking.purpose.item_code) != matter.basic_code:
        raise PurposeOfOtherMatter(matter.item_code, looking.purpose.item_code)
    panel, ticket = usages.new_id(at), secrets.token_urlsafe(WORD_BYTES)
    row = FilingPanel(
        id=panel,
        organisation=by.organisation,
        system=by.id,
        item_code=matter.item_code,
        item_name=matter.name,
        basis=looking.purpose.basis.number if looking.purpose.basis else "",
        ticket_hash=keys.matching_hash(session, TICKETS, ticket),
        session_hash=None,
        content=keys.seal(session, canonical(dict(looking.body)), _bound(panel)),
        situation=dict(looking.situation),
        lookup=None,
        result={},
        made_at=at,
        opened_at=None,
        ends_at=at + lasts,
        looked_up_at=None,
        closed_at=None,
    )
    session.add(row)
    session.flush()
    ROOM.changed(session, by, at, "filing-panel.made", Thing(THING, row.id), item_code=row.item_code, basis=row.basis)
    return row, ticket


def ticketed(session: Session, keys: Keys, ticket: str, *, locked: bool = False) -> FilingPanel:
    """Find the panel of a ticket, whatever became of it. Raises `NoSuchPanel`."""
    query = select(FilingPanel).where(FilingPanel.ticket_hash == keys.matching_hash(session, TICKETS, ticket))
    asked = query.with_for_update() if locked else query
    row = session.scalars(asked, execution_options={"populate_existing": True}).one_or_none()
    if row is None:
        raise NoSuchPanel
    return row


def open_(session: Session, keys: Keys, ticket: str, at: datetime) -> tuple[FilingPanel, str]:
    """Spend a ticket; give its panel and the word of the session.

    Raises `NoSuchPanel`, `PanelTicketUsed`, `PanelTicketOver`, `NotAllowed`.
    """
    row = ticketed(session, keys, ticket, locked=True)
    require_unspent(row, at)
    by, word = _speaker(session, row), secrets.token_urlsafe(WORD_BYTES)
    row.session_hash, row.opened_at = keys.matching_hash(session, SESSIONS, word), at
    row.ends_at = at + SESSION_LASTS
    session.flush()
    ROOM.changed(session, by, at, "filing-panel.opened", Thing(THING, row.id), 2)
    return row, word


def require_unspent(row: FilingPanel, at: datetime) -> None:
    """Look at a ticket without using it. Raises `PanelTicketUsed`, `PanelTicketOver`."""
    if row.opened_at is not None:
        raise PanelTicketUsed
    if row.closed_at is not None or at >= row.ends_at:
        raise PanelTicketOver


def held(session: Session, keys: Keys, panel: str, word: str, at: datetime, *, locked: bool = False) -> Opened:
    """Give a panel to the browser that opened it. Raises `NoSuchPanel`, `PanelOver`, `NotAllowed`."""
    row = session.get(FilingPanel, panel, with_for_update=locked or None, populate_existing=True)
    if row is None:
        raise NoSuchPanel
    if row.session_hash is None or not word or keys.matching_hash(session, SESSIONS, word) != row.session_hash:
        raise PanelOver
    if row.closed_at is not None or at >= row.ends_at or row.content is None:
        raise PanelOver
    body: Any = strict_json.parse(keys.open(session, row.content, _bound(row.id)))
    looking: Looking = FilingLookupAskedSchema().load(body)
    return Opened(row, _speaker(session, row), replace(looking, situation=dict(row.situation)))


def answer_questions(session: Session, opened: Opened, answers: Mapping[str, str], at: datetime) -> FilingPanel:
    """Note what the clerk answered about the situation; what was looked up before it is looked up anew."""
    row = opened.row
    row.situation = {**row.situation, **{key: each for key, each in answers.items() if each}}
    row.result, row.lookup, row.looked_up_at = {}, None, None
    session.flush()
    ROOM.record(session, opened.by, at, "filing-panel.answered", Thing(THING, row.id))
    return row


def note(session: Session, opened: Opened, lookup: str | None, result: Mapping[str, Any], at: datetime) -> FilingPanel:
    """Note how a look-up ended; the intake system reads it from here."""
    row = opened.row
    row.lookup, row.result, row.looked_up_at = lookup or row.lookup, dict(result), at
    session.flush()
    told: dict[str, Json] = {"lookup": row.lookup or "", "complete": bool(result.get("complete"))}
    ROOM.record(session, opened.by, at, "filing-panel.looked-up", Thing(THING, row.id), **told)
    return row


def panel_of(session: Session, panel: str, by: Caller, *, locked: bool = False) -> FilingPanel:
    """Give a panel of one's own organisation. Raises `NoSuchPanel`."""
    row = session.get(FilingPanel, panel, with_for_update=locked or None)
    if row is None or row.organisation != by.organisation:
        raise NoSuchPanel
    return row


def close(session: Session, row: FilingPanel, by: Caller, at: datetime) -> FilingPanel:
    """Close a panel, or a ticket that was not used; closing again changes nothing."""
    if row.closed_at is None:
        row.closed_at, row.content = at, None
        session.flush()
        ROOM.changed(session, by, at, "filing-panel.closed", Thing(THING, row.id), 4)
    return row


def state(row: FilingPanel, at: datetime) -> str:
    """Tell how a panel stands: waiting for its ticket, open, closed, or over by itself."""
    if row.closed_at is not None:
        return "closed"
    if at >= row.ends_at:
        return "over"
    return "waiting" if row.opened_at is None else "open"


def form_word(word: str) -> str:
    """Derive what the panel's own forms carry, so that no other page sends them."""
    return HMAC_SM3.tag(word.encode(), FORM).hex()


def clear(session: Session, at: datetime) -> int:
    """Throw away the persons of panels that are over; tell how many."""
    over = or_(FilingPanel.ends_at <= at, FilingPanel.closed_at.is_not(None))
    found = list(
        session.scalars(select(FilingPanel.id).where(over, FilingPanel.content.is_not(None)).limit(CLEARED_AT_ONCE))
    )
    gone = update(FilingPanel).where(FilingPanel.id.in_(found)).values(content=None)
    session.execute(gone.execution_options(synchronize_session=False))
    return len(found)


def _speaker(session: Session, row: FilingPanel) -> Caller:
    """Give the system that a panel speaks for, as it stands now. Raises `NotAllowed`."""
    by = caller_of(session, row.system, SCOPES[0])
    for scope in SCOPES[1:]:
        require(by, scope=scope)
    return by


def _bound(panel: str) -> bytes:
    return f"certs_filing_panels:{panel}".encode()
