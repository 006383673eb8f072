"""A simulated office that takes signed calls of JSON: the seal system, the case centre; with the faults of a real one.

A call goes as one to the gateway does: 1. a fault may strike before anything happens; 2. the signature is judged, by
the sender's public key that was put into the folder; 3. the record takes effect or a question is answered, and the call
is on record, in one transaction; 4. a fault may spoil the answer. Each office has a database of its own.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from base.db import inserting
from catalog_sync.simulator import (
    outside_seals,
    request_signatures,
    reviews,
    services,
    signed_services,
    spoiling,
    store,
)
from catalog_sync.simulator.faults import Stage, Switched
from catalog_sync.simulator.gateway import LONGEST_KEY, NOT_AUTHORISED, SIGNATURE, TIME
from catalog_sync.simulator.services import FAULTY, OK, Call, good, refused
from catalog_sync.simulator.signed_services import SEALS, Office
from catalog_sync.simulator.store import ANSWERED, CALLS, EFFECTS, SPENT, THINGS, Store
from catalog_sync.simulator.switches import Switches
from catalog_sync.simulator.wire import Answer, Request, told
from keys.algorithms import asymmetric
from keys.errors import UnusableKey

SENDER_FILE: Final = "sender.pem"
# There are no secrets at these doors.
NO_SECRETS: Final = frozenset({"expired-secret", "wrong-secret"})


class SignedDoor:
    """One office; `sender` is the file with the public key of whoever may call."""

    def __init__(
        self, office: Office, kept: Store, switches: Switches, now: Callable[[], datetime], sender: Path
    ) -> None:
        self.office = office
        self.store = kept
        self.switches = switches
        self._now = now
        self._sender = sender
        self._asks = {
            path: {"query": services.queried, "receipts": reviews.handed_out, "totals": services.totals}[each]
            for path, each in office.questions.items()
        }
        if office is SEALS:
            self._asks |= {outside_seals.ASKED: outside_seals.asked, outside_seals.CHANGES: outside_seals.changes}

    @property
    def paths(self) -> frozenset[str]:
        """Give every path that it serves."""
        return frozenset(self.office.entries) | frozenset(self._asks)

    def __call__(self, request: Request) -> Answer:
        """Answer a request."""
        at, digest = self._now(), hashlib.new("sm3", request.body).hexdigest()
        with self.store.writing() as session:
            salt = f"{request.path}\n{digest}\n{self._asked_before(session, request.path, digest)}"
            number = store.added(
                session, CALLS, at=at.timestamp(), path=request.path, service="", body=digest, fault="", code=""
            )
            struck = self.switches.strike(session, (Stage.BEFORE,), salt, apart=NO_SECRETS)
            answer = spoiling.instead(struck) if struck else self._answered(session, request, salt, at)
            code = _code_of(answer)
            if struck is None:
                struck = self.switches.strike(session, (Stage.AFTER,), salt, apart=self._unfit(request))
                answer = self._spoiled(session, answer, struck) if struck else answer
            reviews.settle(session, self.switches, number)
            fault = struck.fault.name if struck else ""
            store.changed(session, CALLS, number, fault=fault, effect=session.info.get(EFFECTS), code=code)
        return answer

    def _asked_before(self, session: Session, path: str, digest: str) -> int:
        """Count how often the same was asked before: what chance needs to know of a call."""
        if not self.switches.faults.switched:
            return 0
        query = select(func.count()).where(CALLS.c.path == path, CALLS.c.body == digest)
        return session.scalar(query) or 0

    def _answered(self, session: Session, request: Request, salt: str, at: datetime) -> Answer:
        fault = self._judged(session, request, at)
        body = request.json()
        if fault is not None or body is None:
            return fault or refused(FAULTY, "请求不是 JSON 对象")
        if request.path in self._asks:
            is_stale = self.switches.strike(session, (Stage.READ,), salt) is not None
            return good(self._named(session, request.path, self._asked(session, request.path, body, is_stale)))
        call = Call(request.path, body, salt, request.headers.get("idempotency-key", "")[:LONGEST_KEY], at)
        if call.key:
            kept = session.execute(select(ANSWERED.c.answer).where(ANSWERED.c.key == call.key)).scalar_one_or_none()
            if kept is not None:
                return told(kept)
        answer = signed_services.taken(session, self.switches, self.office, self.office.entries[request.path], call)
        if call.key and _code_of(answer) == OK:
            session.execute(ANSWERED.insert().values(key=call.key, answer=json.loads(answer.body)))
        return answer

    # --- letting in -----------------------------------------------------------------------------------------------

    def _judged(self, session: Session, request: Request, at: datetime) -> Answer | None:
        try:
            public = asymmetric.public_key_of_pem(self._sender.read_bytes())
        except (OSError, UnusableKey):
            return refused(NOT_AUTHORISED, "调用方未登记")
        found = request_signatures.judged(request, public, at.timestamp())
        if isinstance(found, str):
            return refused(TIME if found == "time" else SIGNATURE, f"签名不正确：{found}")
        session.execute(delete(SPENT).where(SPENT.c.until < at.timestamp()))
        until = at.timestamp() + 2 * request_signatures.WINDOW_SECONDS
        spent = inserting(session, SPENT).values(sign=found.nonce[:64], until=until)
        if not session.execute(spent.on_conflict_do_nothing().returning(SPENT.c.sign)).all():
            return refused(SIGNATURE, "签名已使用")
        return None

    # --- questions ------------------------------------------------------------------------------------------------

    def _asked(self, session: Session, path: str, body: Mapping[str, Any], is_stale: bool) -> dict[str, Any]:  # noqa: FBT001 - a switch that was struck
        names = self.office.names
        asked = {"datatype": body.get("dataType", ""), **{each: body[each] for each in _PAGES if each in body}}
        if names.question in body:
            asked["code"] = body[names.question]
        return self._asks[path](session, {**body, **asked}, stale=is_stale)

    def _named(self, session: Session, path: str, found: dict[str, Any]) -> dict[str, Any]:
        """Call things by this door's names."""
        if self.office.questions.get(path) not in {"query", "receipts"}:
            return found
        return {**found, "list": [self._renamed(session, each) for each in found["list"]]}

    def _renamed(self, session: Session, row: Mapping[str, Any]) -> dict[str, Any]:
        names, content = self.office.names, row.get("content")
        if content is None:
            content = session.scalar(select(THINGS.c.content).where(THINGS.c.guid == row["cascadeguid"])) or {}
        told_of = {
            names.name: self.office.name_of(row["cascadeguid"], content),
            names.status: row["status"],
            names.code: row["code"],
            names.words: row["opinion"],
        }
        there = {"receiptid": names.receipt, "own": names.own, "content": "content", "datakey": "datakey"}
        return {**told_of, **{there[name]: row[name] for name in there if name in row}}

    # --- faults ---------------------------------------------------------------------------------------------------

    def _unfit(self, request: Request) -> frozenset[str]:
        """Name the faults that cannot spoil this answer."""
        return NO_SECRETS if request.path in self.office.entries else NO_SECRETS | {"wrong-receipt"}

    def _spoiled(self, session: Session, answer: Answer, struck: Switched) -> Answer:
        if struck.fault.name != "wrong-receipt":
            return spoiling.spoiled(session, answer, struck)
        whole = json.loads(answer.body)
        data = whole["data"] if isinstance(whole["data"], dict) else {}
        return told({**whole, "data": {**data, self.office.names.own: "nobody"}})


_PAGES: Final = ("pageNo", "pageSize")


def _code_of(answer: Answer) -> str:
    try:
        return str(json.loads(answer.body)["code"])
    except ValueError:
        return str(answer.status)
