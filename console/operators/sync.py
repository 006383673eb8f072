"""The board of synchronisation: how each channel stands, its records, and the desk for what was refused.

Whoever may read sees how things stand; only those who run synchronisation here are shown what a record says, and the
forms to pause, resume, retry and correct.
"""

from typing import Any, Final

from flask import Blueprint, Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock, strict_json
from base.api import MalformedRequest
from base.callers import NotAllowed
from base.db import Database
from base.errors import DomainError
from base.paging import PageAsked, Pager
from base.web import caller, limited, parts
from catalog_sync import channels, desk, outbox, showing, state
from catalog_sync.models import Outbox
from catalog_sync.schemas import SyncCorrectionSchema, SyncPauseSchema
from catalog_sync.states import STOPPED, State
from catalog_sync.wiring import Sync
from console import layout, working
from console.login import for_people

sync_pages = Blueprint("sync_pages", __name__, template_folder="../templates")

HANDS: Final = {"operator"}
READERS: Final = HANDS | {"auditor"}
# What a record may say, as the API takes it.
FORM_LIMIT: Final = 1024 * 1024
# How a record's state is coloured; its word says the same.
MARKS: Final = {
    "waiting": "unknown",
    "sent": "unknown",
    "accepted": "warn",
    "stored": "ok",
    "refused": "bad",
    "dead": "bad",
    "superseded": "plain",
}
LIST: Final = "sync-page"


@sync_pages.get("/console/sync")
@for_people(READERS)
def board() -> Response:
    """Show every channel: rows by state, lag, and whether it runs."""
    return _board()


@sync_pages.get("/console/sync/channels/<string:target>")
@for_people(READERS)
def channel(target: str) -> Response:
    """Show one channel and its records."""
    return _channel(target)


@sync_pages.post("/console/sync/channels/<string:target>/pauses")
@for_people(HANDS)
@limited(FORM_LIMIT)
def pause(target: str) -> Response:
    """Stop a channel, with the reason."""

    def paused(session: Session) -> Response:
        told = working.loaded(SyncPauseSchema(), working.filled("reason"))
        channels.target_of(_hands(), target)
        channels.pause(session, target, told["reason"], caller(), clock.now())
        return working.leads("sync_pages.channel", done="channel_paused", target=target)

    return working.posted(paused, lambda refusal: _channel(target, refusal))


@sync_pages.post("/console/sync/channels/<string:target>/resumptions")
@for_people(HANDS)
@limited(FORM_LIMIT)
def resume(target: str) -> Response:
    """Let a channel run again."""

    def resumed(session: Session) -> Response:
        channels.target_of(_hands(), target)
        channels.resume(session, target, caller(), clock.now())
        return working.leads("sync_pages.channel", done="channel_resumed", target=target)

    return working.posted(resumed, lambda refusal: _channel(target, refusal))


@sync_pages.post("/console/sync/channels/<string:target>/runs")
@for_people(HANDS)
@limited(FORM_LIMIT)
def run(target: str) -> Response:
    """Run a channel now, whatever its window says."""

    def asked(session: Session) -> Response:
        channels.target_of(_hands(), target)
        channels.ask(session, target, caller(), clock.now())
        return working.leads("sync_pages.channel", done="channel_asked", target=target)

    return working.posted(asked, lambda refusal: _channel(target, refusal))


@sync_pages.get("/console/sync/dead-letters")
@for_people(READERS)
def dead_letters() -> Response:
    """Show what was refused or given up, on every channel."""
    return _dead_letters()


@sync_pages.post("/console/sync/dead-letters")
@for_people(HANDS)
@limited(FORM_LIMIT)
def retry_these() -> Response:
    """Tell the chosen records again: all of them, or none with the reason."""

    def retried(session: Session) -> Response:
        sync = _hands()
        for number in _numbers():
            desk.retry(session, sync, number, caller(), clock.now())
        return working.leads("sync_pages.dead_letters", done="rows_retried")

    return working.posted(retried, _dead_letters)


@sync_pages.get("/console/sync/records/<int:number>")
@for_people(READERS)
def record(number: int) -> Response:
    """Show one record: its history, why it is stuck, and the forms of the desk."""
    return _record(number)


@sync_pages.post("/console/sync/records/<int:number>/retries")
@for_people(HANDS)
@limited(FORM_LIMIT)
def retry(number: int) -> Response:
    """Tell a record again as it is."""

    def retried(session: Session) -> Response:
        desk.retry(session, _hands(), number, caller(), clock.now())
        return working.leads("sync_pages.record", done="rows_retried", number=number)

    return working.posted(retried, lambda refusal: _record(number, refusal))


@sync_pages.post("/console/sync/records/<int:number>/corrections")
@for_people(HANDS)
@limited(FORM_LIMIT)
def correct(number: int) -> Response:
    """Tell something else under the record's version."""

    def corrected(session: Session) -> Response:
        content = strict_json.parse(request.form.get("content", "").encode())
        told = {"content": content, **working.filled("reason")}
        desk.correct(session, _hands(), number, working.loaded(SyncCorrectionSchema(), told), caller(), clock.now())
        return working.leads("sync_pages.record", done="row_corrected", number=number)

    return working.posted(corrected, lambda refusal: _record(number, refusal))


def _hands() -> Sync:
    """Give the parts to those who run synchronisation. Raises `NotAllowed`."""
    sync = parts(Sync)
    if not sync.is_run_by(caller()):
        raise NotAllowed(needed="sync.organisation")
    return sync


def _board(refusal: DomainError | None = None) -> Response:
    with parts(Database).reading() as session:
        listed = state.statuses(session, parts(Sync), clock.now())
    return working.page("operators/sync.html", refusal, "sync_pages.board", channels=listed)


def _channel(target: str, refusal: DomainError | None = None) -> Response:
    chosen = request.args.get("state", "")
    query = select(Outbox).where(Outbox.target == target)
    if chosen in MARKS:
        query = query.where(Outbox.state == chosen)
    with parts(Database).reading() as session:
        status = state.status(session, parts(Sync), target, clock.now())
        found = _rows(session, query, f"{LIST}-{target}-{chosen}")
    return working.page(
        "operators/channel.html", refusal, "sync_pages.board", channel=status, rows=found, chosen=chosen, **_shared()
    )


def _dead_letters(refusal: DomainError | None = None) -> Response:
    query = select(Outbox).where(Outbox.state.in_([each.value for each in STOPPED]))
    with parts(Database).reading() as session:
        found = _rows(session, query, f"{LIST}-dead")
    return working.page("operators/dead_letters.html", refusal, "sync_pages.dead_letters", rows=found, **_shared())


def _record(number: int, refusal: DomainError | None = None) -> Response:
    with parts(Database).reading() as session:
        row = outbox.row_of(session, number)
        told = showing.row(session, parts(Sync), row, caller(), clock.now())
    typed = request.form.get("content") if refusal is not None else None
    content = typed if typed is not None else layout.plain_json(told["content"]) if "content" in told else None
    return working.page(
        "operators/record.html",
        refusal,
        "sync_pages.board",
        row=told,
        content=content,
        reason=request.form.get("reason", ""),
        **_shared(),
    )


def _rows(session: Session, query: Any, name: str) -> dict[str, Any]:
    asked = PageAsked(cursor=request.args.get("cursor"))
    return showing.rows(session, parts(Pager), query, asked, name)


def _shared() -> dict[str, Any]:
    return {"marks": MARKS, "states": [each.value for each in State], "is_hand": parts(Sync).is_run_by(caller())}


def _numbers() -> list[int]:
    told = request.form.getlist("number")
    if not told or not all(each.isascii() and each.isdigit() and len(each) <= 18 for each in told):  # noqa: PLR2004 - 63 bits
        raise MalformedRequest("no record was chosen")
    return list(dict.fromkeys(map(int, told)))
