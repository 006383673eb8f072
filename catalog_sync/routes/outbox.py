"""The outbox below `/api/v1/sync`: what is to be told to whom, how it stands, and the dead-letter desk."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.errors import DomainError
from base.paging import PageAsked, Pager
from base.web import caller, gives, guarded, parts, reads, takes, writes
from catalog_sync import desk, outbox, showing
from catalog_sync.desk import Correction
from catalog_sync.models import Outbox
from catalog_sync.routes.hands import HANDS, READERS, SCOPE, require_hands
from catalog_sync.schemas import (
    SyncCorrectionSchema,
    SyncDeadLetterQuery,
    SyncOutboxDetailSchema,
    SyncOutboxQuery,
    SyncOutboxSchema,
    SyncRetriedSchema,
    SyncRetriesSchema,
)
from catalog_sync.states import STOPPED
from catalog_sync.wiring import Sync

outbox_routes = Blueprint("sync-outbox", __name__, description="上报发件箱 · the outbox")

ONE = "/sync/outbox/<int:number>"


@outbox_routes.route("/sync/outbox", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(SyncOutboxQuery, location="query")
@gives(SyncOutboxSchema)
def listed(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """List rows of the outbox, the oldest first."""
    page: PageAsked = asked.pop("page")
    query = select(Outbox).where(
        *(getattr(Outbox, name) == value for name, value in asked.items() if value is not None)
    )
    return showing.rows(session, parts(Pager), query, page, "sync-outbox")


@outbox_routes.route("/sync/dead-letters", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(SyncDeadLetterQuery, location="query")
@gives(SyncOutboxSchema)
def dead_letters(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """List what was refused or given up, the oldest first."""
    query = select(Outbox).where(Outbox.state.in_([each.value for each in STOPPED]))
    if asked["target"] is not None:
        query = query.where(Outbox.target == asked["target"])
    return showing.rows(session, parts(Pager), query, asked["page"], "sync-dead-letters")


@outbox_routes.route("/sync/dead-letters/retries", methods=["POST"])
@guarded(scope=SCOPE, roles=HANDS)
@writes
@takes(SyncRetriesSchema)
@gives(SyncRetriedSchema)
def retry_these(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """Tell several rows again; each that cannot be is named with the reason."""
    require_hands()
    retried, problems = [], []
    for number in dict.fromkeys(asked["numbers"]):
        try:
            with session.begin_nested():
                desk.retry(session, parts(Sync), number, caller(), clock.now())
            retried.append(number)
        except DomainError as refusal:
            problems.append({"number": number, "code": refusal.code})
    return {"retried": retried, "problems": problems}


@outbox_routes.route(ONE, methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(SyncOutboxDetailSchema)
def one(session: Session, number: int) -> dict[str, Any]:
    """Give a row with its history, and why it is stuck; what it says, where a person has to decide about it."""
    return showing.row(session, parts(Sync), outbox.row_of(session, number), caller(), clock.now())


@outbox_routes.route(f"{ONE}/retries", methods=["POST"])
@guarded(scope=SCOPE, roles=HANDS)
@writes
@gives(SyncOutboxDetailSchema)
def retry(session: Session, number: int) -> dict[str, Any]:
    """Tell a row again, as if it had never been tried."""
    require_hands()
    by, at = caller(), clock.now()
    return showing.row(session, parts(Sync), desk.retry(session, parts(Sync), number, by, at), by, at)


@outbox_routes.route(f"{ONE}/corrections", methods=["POST"])
@guarded(scope=SCOPE, roles=HANDS)
@writes
@takes(SyncCorrectionSchema)
@gives(SyncOutboxDetailSchema)
def correct(session: Session, correction: Correction, number: int) -> dict[str, Any]:
    """Tell something else under a row's version; what was written is kept beside it."""
    require_hands()
    by, at = caller(), clock.now()
    return showing.row(session, parts(Sync), desk.correct(session, parts(Sync), number, correction, by, at), by, at)
