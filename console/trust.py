"""The public pages on whom we trust and on the ledger's signed heads; each view reads, renders and decides nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import Blueprint, Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import audit, clock, problems
from base.db import Database
from base.web import open_to_all, parts
from console import layout
from keys import trust_bundle, trust_store
from keys.certificates import Certificate
from keys.checkpoints import alarms, deliveries, heads
from keys.checkpoints.deliveries import WitnessStatus
from keys.checkpoints.errors import NoCheckpointYet
from keys.checkpoints.heads import Kept
from keys.checkpoints.models import Checkpoint
from keys.trust_bundle import WORDS

# A page shows the last heads; all of them are in the API.
HEADS_SHOWN: Final = 20

trust_pages = Blueprint("trust_pages", __name__, template_folder="templates")
BLUEPRINTS = (trust_pages,)


@dataclass(frozen=True)
class Shown:
    """A certificate as the page shows it."""

    certificate: Certificate
    state: str
    purposes: tuple[str, ...]
    test: bool
    sm3: str
    sha256: str
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Ledger:
    """What the page tells of the ledger: its last heads, its keys and its witnesses."""

    size: int
    last: Kept | None
    past: tuple[Checkpoint, ...]
    keys: tuple[str, ...]
    witnesses: tuple[WitnessStatus, ...]
    alarmed: bool


@trust_pages.get("/trust")
@open_to_all
def trust_list() -> Response:
    """Show whom we trust."""
    at = clock.now()
    with parts(Database).reading() as session:
        found = trust_store.public(session, at)
    anchors = [
        *(_shown(each.certificate, "trusted", each.purposes, at, test=each.is_test) for each in found.trust.anchors),
        *(
            _shown(each.certificate, "suspended", each.row.purposes.split(), at, test=each.row.is_test)
            for each in found.suspended
        ),
    ]
    return layout.page(
        "trust.html",
        address=request.host_url.rstrip("/"),
        digest=found.trust.digest.hex(),
        at=at,
        anchors=anchors,
        intermediates=[_shown(each, "material", (), at, test=False) for each in found.trust.intermediates],
    )


@trust_pages.get("/ledger/checkpoint")
@open_to_all
def checkpoint() -> Response:
    """Show the ledger's last signed head, who remembers it, and how to check it."""
    with parts(Database).reading() as session:
        told = _ledger(session)
    return layout.page("checkpoint.html", address=request.host_url.rstrip("/"), told=told)


def _ledger(session: Session) -> Ledger:
    try:
        last = heads.present(session)
    except NoCheckpointYet:
        return Ledger(audit.tree_size(session), None, (), (), (), bool(alarms.standing(session)))
    origin = last.signed.head.origin
    query = select(Checkpoint).where(Checkpoint.origin == origin, Checkpoint.note.is_not(None))
    return Ledger(
        audit.tree_size(session),
        last,
        tuple(session.scalars(query.order_by(Checkpoint.number.desc()).limit(HEADS_SHOWN))),
        tuple(each.text for each in heads.keys_of(session, origin)),
        tuple(deliveries.statuses(session, origin)),
        any(each.stops for each in alarms.standing(session)),
    )


def _shown(
    certificate: Certificate, state: str, purposes: frozenset[str] | list[str] | tuple[()], at: datetime, *, test: bool
) -> Shown:
    told = trust_bundle.described(certificate, at)
    english = problems.language() == "en"
    marks = told.fingerprints
    warnings = tuple(WORDS[each][english] for each in told.warnings) if state != "material" else ()
    return Shown(certificate, state, tuple(sorted(purposes)), test, marks["sm3"], marks["sha256"], warnings)
