"""The end of a run: its counts, the use of the grant, an entry of the ledger and the event; or why it was given up."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert
from sqlalchemy.orm import Session

from base import audit, events
from base.callers import Caller
from base.errors import DomainError, Kind
from base.events import Event
from exchange import directories
from exchange.acting import ROOM
from exchange.door import usages
from exchange.door.models import Usage
from exchange.door.usages import Use
from exchange.feeds.errors import PushDestinationFailed, PushStepNotAllowed
from exchange.feeds.models import DONE, FAILED, REFUSED, RUNNING, STOPPED, Push, PushRun
from exchange.feeds.pushes import gate, registry
from exchange.feeds.pushes.plan import COUNTED, Floors, Mark
from exchange.feeds.wiring import Pushes
from keys.algorithms.sm3 import SM3

BY: Final = Caller("system", "exchange", "exchange")
COUNTS: Final = ("read", "staged", "rejected", *COUNTED)
# What PostgreSQL keeps in an integer; a use that is larger says so by its counts.
MOST_ROWS: Final = 2**31 - 1


def ended(session: Session, push: Push, run: PushRun, mark: Mark, at: datetime) -> None:
    """Close a run that brought everything."""
    for name in COUNTED:
        setattr(run, name, getattr(mark.applied, name))
    shape = run.form.rpartition("#")[2]
    floors = Floors(push.floor, push.seen).after(mark.version)
    push.floor = floors.floor if push.shape_sm3 == shape else None
    push.seen, push.shape_sm3 = floors.seen, shape
    _record_use(session, push, run, at)
    closed(session, push, run, DONE, "", at)


def _record_use(session: Session, push: Push, run: PushRun, at: datetime) -> None:
    """Record the use of the grant as the gateway records each call; what was brought is told by its counts."""
    counts = {name: getattr(run, name) for name in COUNTS}
    use = Use(
        id=usages.new_id(at),
        at=at,
        by=Caller(**push.created_by),
        directory=push.directory,
        owner=directories.directory_of(session, push.directory).owner,
        grant=run.contract,
        grant_version=int(run.form.split("#")[-2]),
        purpose=gate.purpose_of(push.purpose),
        fields=tuple(run.fields),
        subjects=(),
        outcome="found" if run.staged else "empty",
        reason="push",
        rows=min(run.staged, MOST_ROWS),
        mount=run.mount,
        health="",
        request_sm3=SM3.of(run.id.encode()).hex(),
        answer_sm3=SM3.of(repr(sorted(counts.items())).encode()).hex(),
        request_id="",
    )
    session.execute(insert(Usage).values(use.row))
    audit.record(session, use.entry)


def given_up(session: Session, known: str, parts: Pushes, refusal: DomainError, at: datetime) -> None:
    """End a run that may not or cannot go on; what is staged is thrown away and the target stays as it was."""
    run = session.get_one(PushRun, known, with_for_update=True)
    if run.state != RUNNING:
        return
    push = registry.push_of(session, run.push)
    _discard(push, run, parts)
    closed(session, push, run, state_of(refusal), refusal.code, at)


def state_of(refusal: DomainError) -> str:
    """Tell how a run ends over a refusal: refused, stopped by a hand, or failed."""
    ways = {Kind.FORBIDDEN: REFUSED, Kind.UNAUTHENTICATED: REFUSED, Kind.TOO_MANY: REFUSED}
    return STOPPED if isinstance(refusal, PushStepNotAllowed) else ways.get(refusal.kind, FAILED)


def _discard(push: Push, run: PushRun, parts: Pushes) -> None:
    """Throw away what is staged, if the destination can be reached; else the next run does."""
    landing = parts.landing_of(push.id)
    if landing is None:
        return
    try:
        landing.discarded(run.id)
    except PushDestinationFailed:
        return


def closed(session: Session, push: Push, run: PushRun, state: str, code: str, at: datetime) -> None:
    """Close a run, on record and told to both parties."""
    run.state, run.code, run.ended_at = state, code, at
    session.flush()
    counts = {name: getattr(run, name) for name in COUNTS if name != "staged"}
    told: dict[str, Any] = {"run": run.id, "contract": run.contract, "outcome": state, "code": code, **counts}
    applied = run.inserted + run.updated + run.deleted
    ROOM.record(session, BY, at, "data.pushed", registry.thing(push), applied=applied, **told)
    # Both parties hear of it with its counts: there is nothing else that they could ask for afterwards.
    facts = {**told, "applied": applied}
    events.tell(session, Event("data.pushed", ROOM.name, registry.thing(push), push.version, at, facts))
