"""Uses of data: who used which directory under which grant and purpose, and how it ended. Kept for good, without names.

A use is a row, and an entry of the ledger that says the same; both are written in the transaction without which nothing
is answered (`exchange.door.recording`). Whoever was asked for stands in the row as a keyed hash, so that the same
person is found again without being readable; a basis number is the department's own file number.

A use may come before its case (办理前共享复用): then its department tells once, within a period, which case came of it.
Not decided here: who may use what (`exchange.agreements.contracts`), and whether a case of that number exists.
"""

import re
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Entry, Thing
from base.callers import Caller
from base.canonical import Json
from exchange.acting import ROOM
from exchange.agreements.purposes import Purpose
from exchange.door import receipt_trees
from exchange.door.errors import BindingTooLate, NoSuchUsage, UsageBound
from exchange.door.models import Usage

THING: Final = "usage"
USED: Final = "data.used"
REFUSED: Final = "data.refused"
SEES_ALL: Final = "auditor"
CODE_SHAPE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9/_.-]{0,63}", re.ASCII)


@dataclass(frozen=True)
class Use:
    """A use as it is recorded."""

    id: str
    at: datetime
    by: Caller
    directory: str
    owner: str
    grant: str
    grant_version: int
    purpose: Purpose
    fields: tuple[str, ...]
    subjects: tuple[str, ...]
    outcome: str
    reason: str
    rows: int
    mount: str
    health: str
    request_sm3: str
    answer_sm3: str
    request_id: str

    @property
    def row(self) -> dict[str, Any]:
        """Give it as the table keeps it."""
        purpose, basis = self.purpose, self.purpose.basis
        return {
            "id": self.id,
            "at": self.at,
            "caller": actor(self.by),
            "organisation": self.by.organisation,
            "directory": self.directory,
            "owner": self.owner,
            "grant_code": self.grant,
            "item_code": purpose.item_code,
            "stage": purpose.stage.value,
            "ground": purpose.ground.value,
            "basis_kind": basis.kind.value if basis else "",
            "basis": basis.number if basis else "",
            "operator_kind": purpose.operator.kind.value,
            "handling_region": purpose.handling_region,
            "fields": list(self.fields),
            "subjects": list(self.subjects),
            "outcome": self.outcome,
            "reason": self.reason,
            "rows": self.rows,
            "mount": self.mount,
            "health": self.health,
            "request_sm3": self.request_sm3,
            "answer_sm3": self.answer_sm3,
        }

    @property
    def entry(self) -> Entry:
        """Give it as the ledger keeps it: the leaf of its receipt."""
        purpose, basis = self.purpose, self.purpose.basis
        facts: dict[str, Json] = {
            "usage_id": self.id,
            "directory": self.directory,
            "grant": self.grant,
            "grant_version": self.grant_version,
            "item_code": purpose.item_code,
            "stage": purpose.stage.value,
            "ground": purpose.ground.value,
            "basis_kind": basis.kind.value if basis else "",
            "basis": basis.number if basis else "",
            "operator": purpose.operator.kind.value,
            "region": purpose.handling_region,
            "fields": len(self.fields),
            "fields_sm3": receipt_trees.fields_sm3(self.fields),
            "reason": self.reason,
            "rows": self.rows,
            "mount": self.mount,
            "health": self.health,
            "request_sm3": self.request_sm3,
            "answer_sm3": self.answer_sm3,
        }
        return Entry(
            self.at,
            actor(self.by),
            self.by.organisation,
            USED,
            Thing(THING, self.id),
            purpose=purpose.item_code,
            outcome=self.outcome,
            facts=facts,
            request_id=self.request_id,
        )


@dataclass(frozen=True)
class Attempt:
    """A call that was refused: by whom, for which directory, and with which code."""

    at: datetime
    by: Caller
    directory: str
    code: str
    purpose: Purpose | None = None
    request_id: str = ""

    @property
    def entry(self) -> Entry:
        """Give it as the ledger keeps it; what is no code of a directory's shape may be anything and is left out."""
        known = self.directory if CODE_SHAPE.fullmatch(self.directory) else ""
        purpose = self.purpose
        facts: dict[str, Json] = {"code": self.code}
        if purpose is not None:
            basis = purpose.basis.number if purpose.basis else ""
            facts |= {"stage": purpose.stage.value, "ground": purpose.ground.value, "basis": basis}
        return Entry(
            self.at,
            actor(self.by),
            self.by.organisation,
            REFUSED,
            Thing("directory", known),
            purpose=purpose.item_code if purpose else "",
            outcome="refused",
            facts=facts,
            request_id=self.request_id,
        )


def new_id(at: datetime) -> str:
    """Make an identifier that sorts by time (RFC 9562 5.7): rows of today lie together, and so do pages of a list."""
    milliseconds = int(at.timestamp() * 1000) & (1 << 48) - 1
    drawn = secrets.randbits(74)
    number = milliseconds << 80 | 0x7 << 76 | drawn >> 62 << 64 | 0b10 << 62 | drawn & (1 << 62) - 1
    return str(uuid.UUID(int=number))


def first_id(at: datetime) -> str:
    """Give the least identifier of a moment: where a list that begins then begins."""
    return str(uuid.UUID(int=(int(at.timestamp() * 1000) & (1 << 48) - 1) << 80))


def usage_of(session: Session, usage: str, by: Caller, *, locked: bool = False) -> Usage:
    """Give a use that the caller may see: its own organisation's, of a directory of its own, or any for an auditor.

    Raises `NoSuchUsage`.
    """
    query = select(Usage).where(Usage.id == usage)
    row = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if row is None or (SEES_ALL not in by.roles and by.organisation not in {row.organisation, row.owner}):
        raise NoSuchUsage(usage)
    return row


def seen_by(by: Caller, wanted: Mapping[str, Any]) -> Select[Usage]:
    """Ask for the uses that the caller may see: `of` is "own" (ours) or "given" (of our directories)."""
    query = select(Usage)
    of = wanted.get("of")
    if SEES_ALL not in by.roles:
        query = query.where((Usage.owner if of == "given" else Usage.organisation) == by.organisation)
    for name in ("directory", "outcome", "organisation", "item_code", "basis"):
        if wanted.get(name) is not None:
            query = query.where(getattr(Usage, name) == wanted[name])
    if wanted.get("since") is not None:
        query = query.where(Usage.id >= first_id(wanted["since"]))
    if wanted.get("until") is not None:
        query = query.where(Usage.id < first_id(wanted["until"]))
    return query


def bind(session: Session, usage: str, case: str, days: int, by: Caller, at: datetime) -> Usage:
    """Tell which case came of a use: once, by the organisation that made it, within the period.

    Raises `NoSuchUsage`, `UsageBound`, `BindingTooLate`.
    """
    row = usage_of(session, usage, by, locked=True)
    if row.organisation != by.organisation:
        raise NoSuchUsage(usage)
    if row.bound_to is not None:
        raise UsageBound(usage)
    if at > row.at + timedelta(days=days):
        raise BindingTooLate(usage, days)
    told = {"bound_to": case, "bound_by": actor(by), "bound_at": at}
    won = session.execute(
        update(Usage).where(Usage.id == usage, Usage.bound_to.is_(None)).values(told).returning(Usage.id)
    )
    if won.one_or_none() is None:
        raise UsageBound(usage)
    ROOM.changed(session, by, at, "usage.bound", Thing(THING, usage), case=case)
    return usage_of(session, usage, by)
