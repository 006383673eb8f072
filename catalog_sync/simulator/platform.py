"""The platform as a whole: its folder, its doors, and the control address by which its faults are switched.

The control address (`/simulator`) is for whoever tries something out; a real platform has none. It is served with the
rest, on this machine alone.
"""

import json
import os
import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base import clock
from catalog_sync.simulator import faults, offerings, reviews, store
from catalog_sync.simulator.faults import UnusableFaults
from catalog_sync.simulator.gateway import PATHS, RID, Gateway
from catalog_sync.simulator.offices import OFFICES, Offices
from catalog_sync.simulator.store import CALLS, DELIVERIES, EFFECTS, RECEIPTS, STRUCK, THINGS, Store
from catalog_sync.simulator.switches import Switches
from catalog_sync.simulator.wire import Answer, Request, told

KEY_FILE: Final = "app.key"
CONTROL: Final = "/simulator"
MOST_EXPORTED: Final = 1000
COUNTED: Final = (CALLS, THINGS, EFFECTS, RECEIPTS, DELIVERIES)


class Platform:
    """A simulated national platform in a folder; a request in, an answer out."""

    def __init__(self, folder: Path, now: Callable[[], datetime] = clock.now, spec: str | None = None) -> None:
        """Open it, made if it is new; `spec` switches faults, else those stay that were on. Raises `UnusableFaults`."""
        if spec is not None:
            faults.read(spec)
        self.store = Store(folder)
        self.switches = Switches()
        self.key_file = folder / KEY_FILE
        _make_key(self.key_file)
        self.gateway = Gateway(self.store, self.switches, now, lambda: self.key_file.read_text("utf-8").strip())
        with self.store.writing() as session:
            offerings.fill(session)
            self.switches.load(session)
        self.offices = Offices(folder, self.switches, now)
        if spec is not None:
            self.switch(spec)

    def __call__(self, request: Request) -> Answer:
        """Answer a request."""
        if request.path in PATHS:
            return self.gateway(request)
        if request.path == CONTROL or request.path.startswith(f"{CONTROL}/"):
            return self._controlled(request)
        return self.offices(request) or Answer(404, b"")

    def switch(self, spec: str) -> str:
        """Switch faults on; what was on before is off. Raises `UnusableFaults`."""
        made = faults.read(spec)
        with self.store.writing() as session:
            session.execute(STRUCK.delete())
            store.switch(session, store.FAULTS, made.written)
        self.switches.faults = made
        self.offices.switch(made)
        return made.written

    def review(self, status: str, guid: str | None = None) -> int:
        """End the reviews that wait (of one thing, or all) with a status, and count them."""
        with self.store.writing() as session:
            query = select(RECEIPTS).where(RECEIPTS.c.status == "0").order_by(RECEIPTS.c.number)
            rows = session.execute(query if guid is None else query.where(RECEIPTS.c.guid == guid)).all()
            for row in rows:
                reviews.end(session, self.switches, row, status)
        return len(rows) + (self.offices.review(status) if guid is None else 0)

    def review_after(self, calls: int) -> None:
        """Have reviews end so many calls later; below 0: on command alone."""
        with self.store.writing() as session:
            store.switch(session, store.REVIEW_AFTER, str(calls))
        self.switches.review_after = calls
        self.offices.review_after(calls)

    def close(self) -> None:
        """Give every connection back."""
        self.offices.close()
        self.store.close()

    # --- the control address --------------------------------------------------------------------------------------

    def _controlled(self, request: Request) -> Answer:
        asked = request.method, request.path.removeprefix(CONTROL)
        shown = {"": self._state, "/faults": self._faults}
        if asked[0] == "GET" and asked[1] in shown:
            return told(shown[asked[1]]())
        if asked == ("GET", "/effects"):
            return self._effects(request)
        does = {
            ("PUT", "/faults"): self._switched,
            ("POST", "/reviews"): self._reviewed,
            ("PUT", "/offered"): self._offered,
            ("POST", "/seals"): self._said_of_seal,
        }
        body = request.json()
        if asked not in does or body is None:
            return Answer(404, b"") if asked not in does else told({"error": "no JSON object"}, 400)
        return does[asked](body)

    def _state(self) -> dict[str, Any]:
        with self.store.reading() as session:
            counts = {each.name: store.last(session, each) for each in COUNTED}
            waiting = select(func.count()).where(RECEIPTS.c.status == "0")
            kinds = select(THINGS.c.kind, func.count()).where(THINGS.c.status != "9").group_by(THINGS.c.kind)
            return {
                "rid": RID,
                "app_key_file": str(self.key_file),
                "counts": counts,
                "sender_key_file": str(self.offices.sender_file),
                "offices": self.offices.counts(),
                "kinds": {str(kind): int(count) for kind, count in session.execute(kinds)},
                "reviews_waiting": session.scalar(waiting),
                "faults": self.switches.faults.written,
            }

    def _faults(self) -> dict[str, Any]:
        with self.store.reading() as session:
            count = {str(name): int(times) for name, times in session.execute(select(STRUCK.c.name, STRUCK.c.count))}
            on = {each.fault.name: each.written for each in self.switches.faults.switched}
            return {
                "spec": self.switches.faults.written,
                "faults": [
                    {**described(each), "on": on.get(each.name), "struck": count.get(each.name, 0)}
                    for each in faults.FAULTS.values()
                ],
            }

    def _switched(self, body: dict[str, Any]) -> Answer:
        try:
            return told({"spec": self.switch(str(body.get("spec", "")))})
        except UnusableFaults as error:
            return told({"error": "unusable", "part": error.part}, 422)

    def _reviewed(self, body: dict[str, Any]) -> Answer:
        after, status, guid = body.get("after"), body.get("status"), body.get("cascadeguid")
        if isinstance(after, int) and not isinstance(after, bool):
            self.review_after(after)
            return told({"after": after})
        if status in {reviews.PASSED, reviews.RETURNED}:
            return told({"ended": self.review(status, guid if isinstance(guid, str) else None)})
        return told({"error": "after: a number, or status: 1 | 2"}, 422)

    def _offered(self, body: dict[str, Any]) -> Answer:
        kind, content = body.get("kind"), body.get("content")
        if kind not in offerings.OWN or not isinstance(content, dict) or not content.get(offerings.OWN[kind]):
            return told({"error": "kind, and content with its own id"}, 422)
        with self.store.writing() as session:
            guid = offerings.publish(session, kind, content, gone=body.get("gone") is True)
        return told({"cascadeguid": guid})

    def _said_of_seal(self, body: dict[str, Any]) -> Answer:
        code = body.get("sealCode")
        if not isinstance(code, str) or not code or not isinstance(body.get("sealStatus"), str):
            return told({"error": "sealCode and sealStatus"}, 422)
        return told({"mark": str(self.offices.say(body))})

    def _effects(self, request: Request) -> Answer:
        text = request.parameters.get("after", "0")
        after = int(text) if text.isascii() and text.isdigit() else 0
        channel = request.parameters.get("channel", "")
        kept = self.offices.door(channel).store if channel in OFFICES else self.store
        with kept.reading() as session:
            lines = [json.dumps(each, ensure_ascii=False) for each in effects(session, after)]
        return Answer(200, "".join(f"{each}\n" for each in lines).encode(), "application/x-ndjson; charset=utf-8")


def effects(session: Session, after: int, most: int = MOST_EXPORTED) -> list[dict[str, Any]]:
    """Give the effects after a number, in their order."""
    query = select(EFFECTS).where(EFFECTS.c.number > after).order_by(EFFECTS.c.number).limit(most)
    return [dict(each._mapping) for each in session.execute(query)]  # noqa: SLF001 - a row's public mapping


def described(fault: faults.Fault) -> dict[str, str]:
    """Describe a fault."""
    return {
        "name": fault.name,
        "stage": fault.stage.value,
        "zh": fault.zh,
        "en": fault.en,
        "argument": fault.argument,
        "usual": fault.usual,
    }


def _make_key(file: Path) -> None:
    """Invent an application key, readable by nobody else, where there is none."""
    if file.exists():
        return
    unfinished = file.with_suffix(f".{os.getpid()}")
    unfinished.touch(mode=0o600)
    unfinished.write_text(secrets.token_hex(16), encoding="utf-8")
    unfinished.replace(file)
