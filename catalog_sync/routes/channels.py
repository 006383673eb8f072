"""Channels and runs below `/api/v1/sync`: how they stand, paused, resumed, and run now."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.paging import PageAsked, Pager
from base.scheduling.models import JobRun
from base.web import caller, gives, guarded, parts, reads, takes, writes
from catalog_sync import channels, state
from catalog_sync.routes.hands import HANDS, READERS, SCOPE, require_hands
from catalog_sync.schemas import (
    SyncChannelSchema,
    SyncChannelsSchema,
    SyncPauseSchema,
    SyncRunsQuery,
    SyncRunsSchema,
)
from catalog_sync.wiring import RUNS, Sync

channel_routes = Blueprint("sync-channels", __name__, description="同步通道 · channels of synchronisation")

ONE = "/sync/channels/<string:target>"


@channel_routes.route("/sync/channels", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(SyncChannelsSchema)
def listed(session: Session) -> dict[str, Any]:
    """List the channels: rows by state, lag, and what they rest on."""
    return {"items": [asdict(each) for each in state.statuses(session, parts(Sync), clock.now())]}


@channel_routes.route(ONE, methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(SyncChannelSchema)
def one(session: Session, target: str) -> dict[str, Any]:
    """Give one channel."""
    return _told(session, target)


@channel_routes.route(f"{ONE}/pauses", methods=["POST"])
@guarded(scope=SCOPE, roles=HANDS)
@writes
@takes(SyncPauseSchema)
@gives(SyncChannelSchema)
def pause(session: Session, asked: dict[str, Any], target: str) -> dict[str, Any]:
    """Stop a channel: nothing is sent, nobody is asked."""
    require_hands()
    channels.target_of(parts(Sync), target)
    channels.pause(session, target, asked["reason"], caller(), clock.now())
    return _told(session, target)


@channel_routes.route(f"{ONE}/resumptions", methods=["POST"])
@guarded(scope=SCOPE, roles=HANDS)
@writes
@gives(SyncChannelSchema)
def resume(session: Session, target: str) -> dict[str, Any]:
    """Let a channel run again."""
    require_hands()
    channels.target_of(parts(Sync), target)
    channels.resume(session, target, caller(), clock.now())
    return _told(session, target)


@channel_routes.route(f"{ONE}/runs", methods=["POST"])
@guarded(scope=SCOPE, roles=HANDS)
@writes
@gives(SyncChannelSchema, 202)
def run(session: Session, target: str) -> dict[str, Any]:
    """Run a channel now, whatever its window says; its jobs come by every few seconds."""
    require_hands()
    channels.target_of(parts(Sync), target)
    channels.ask(session, target, caller(), clock.now())
    return _told(session, target)


@channel_routes.route("/sync/runs", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(SyncRunsQuery, location="query")
@gives(SyncRunsSchema)
def runs(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """List the runs of synchronisation's jobs, the oldest first."""
    page: PageAsked = asked["page"]
    names = [each for each in RUNS if asked["job"] in {None, each}]
    query = select(JobRun).where(JobRun.job.in_(names))
    found = parts(Pager).page(session, query, (JobRun.id,), page, "sync-runs")
    return {"items": found.items, "next_cursor": found.next_cursor}


def _told(session: Session, target: str) -> dict[str, Any]:
    session.flush()
    return asdict(state.status(session, parts(Sync), target, clock.now()))
