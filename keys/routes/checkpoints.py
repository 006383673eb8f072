"""Signed tree heads below `/api/v1/ledger`, for everyone; alarms, for those who settle them."""

import base64
from typing import Any

from flask import Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import audit, clock
from base.api import Blueprint
from base.paging import Page, Pager
from base.web import View, caller, gives, guarded, open_to_all, parts, reads, takes, writes
from keys.checkpoints import alarms, deliveries, heads
from keys.checkpoints.errors import NoCheckpointYet
from keys.checkpoints.heads import Kept
from keys.checkpoints.models import Checkpoint, CheckpointAlarm
from keys.schemas import (
    CheckpointKeysSchema,
    CheckpointPage,
    CheckpointQuery,
    LedgerAlarmSchema,
    LedgerAlarmsSchema,
    LedgerWitnessesSchema,
    SignedCheckpointSchema,
    TrustReasonSchema,
)

TEXT = "text/plain"
KEEPERS = {"secadmin", "auditor", "sysadmin"}
SETTLERS = {"secadmin"}

checkpoints = Blueprint("checkpoints", __name__, description="Signed heads of the ledger · 台账检查点")


def _also_text(view: View) -> View:
    """Document that the view gives a note to whoever asks for text."""
    told: View = checkpoints.doc(responses={200: {"content": {TEXT: {"schema": {"type": "string"}}}}})(view)
    return told


@checkpoints.route("/ledger/checkpoint", methods=["GET"])
@open_to_all
@reads
@gives(SignedCheckpointSchema)
@_also_text
def checkpoint(session: Session) -> dict[str, Any] | Response:
    """Give the ledger's signed head; with Accept: text/plain as a note · 台账最新的签名检查点."""
    try:
        kept = heads.present(session)
    except NoCheckpointYet:
        if _wants_text():
            raise
        return _unsigned(session)
    return _told(session, kept)


@checkpoints.route("/ledger/checkpoints", methods=["GET"])
@open_to_all
@reads
@takes(CheckpointQuery, location="query")
@gives(CheckpointPage)
def listed(session: Session, asked: dict[str, Any]) -> Page[dict[str, Any]]:
    """List the signed heads of the present log, the oldest first · 历次检查点."""
    log = heads.present_log(session)
    query = select(Checkpoint).where(
        Checkpoint.origin == (log.origin if log else ""),
        Checkpoint.note.is_not(None),
        Checkpoint.size >= asked["from_size"],
    )
    page = parts(Pager).page(session, query, (Checkpoint.number,), asked["page"], "checkpoints")
    return Page([_shown(session, heads.kept(session, row)) for row in page.items], page.next_cursor)


@checkpoints.route("/ledger/checkpoints/<int:number>", methods=["GET"])
@open_to_all
@reads
@gives(SignedCheckpointSchema)
@_also_text
def one(session: Session, number: int) -> dict[str, Any] | Response:
    """Give a signed head by its number · 按编号取检查点."""
    return _told(session, heads.of_number(session, number))


@checkpoints.route("/ledger/checkpoint-keys", methods=["GET"])
@open_to_all
@reads
@gives(CheckpointKeysSchema)
def keys(session: Session) -> dict[str, Any]:
    """Give the keys that heads are verified with; keep them elsewhere, and compare · 验证检查点的公钥."""
    log = heads.present_log(session)
    if log is None:
        raise NoCheckpointYet
    return {"origin": log.origin, "keys": [each.text for each in heads.keys_of(session, log.origin)]}


@checkpoints.route("/ledger/witnesses", methods=["GET"])
@open_to_all
@reads
@gives(LedgerWitnessesSchema)
def witnesses(session: Session) -> dict[str, Any]:
    """Tell who remembers the heads outside of this house, and how far each is · 外部见证方."""
    log = heads.present_log(session)
    if log is None:
        raise NoCheckpointYet
    told = [{**vars(each), "name": each.witness} for each in deliveries.statuses(session, log.origin)]
    return {"origin": log.origin, "witnesses": told}


@checkpoints.route("/ledger/alarms", methods=["GET"])
@guarded(scope="admin", roles=KEEPERS)
@reads
@gives(LedgerAlarmsSchema)
def standing(session: Session) -> dict[str, Any]:
    """List the alarms that nobody has settled · 未处置的台账警报."""
    return {"items": alarms.standing(session)}


@checkpoints.route("/ledger/alarms/<int:number>/settlements", methods=["POST"])
@guarded(roles=SETTLERS)
@writes
@takes(TrustReasonSchema)
@gives(LedgerAlarmSchema)
def settle(session: Session, told: dict[str, Any], number: int) -> CheckpointAlarm:
    """Note that an alarm was looked into, and what it was · 处置警报."""
    return alarms.settle(session, number, told["reason"], caller(), clock.now())


def _told(session: Session, kept: Kept) -> dict[str, Any] | Response:
    if _wants_text():
        return Response(kept.signed.note, content_type=f"{TEXT}; charset=utf-8")
    return _shown(session, kept)


def _shown(session: Session, kept: Kept) -> dict[str, Any]:
    head, line = kept.signed.head, kept.signed.line
    key = next((each.text for each in heads.keys_of(session, head.origin) if each.hash == line.key), None)
    return {
        "origin": head.origin,
        "size": head.size,
        "root": head.root.hex(),
        "at": clock.rfc3339(head.at),
        "signed": True,
        "number": kept.number,
        "key": key,
        "signature": base64.b64encode(line.value).decode("ascii"),
        "note": kept.signed.note.decode(),
    }


def _unsigned(session: Session) -> dict[str, Any]:
    tree = audit.tree_at(session)
    unknown = dict.fromkeys(("number", "key", "signature", "note"))
    at = clock.rfc3339(clock.now())
    return {"origin": request.host, "size": tree.size, "root": tree.root.hex(), "at": at, "signed": False, **unknown}


def _wants_text() -> bool:
    return request.accept_mimetypes.best_match(("application/json", TEXT)) == TEXT
