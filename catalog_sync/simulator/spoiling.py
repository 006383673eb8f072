"""What a fault makes of an answer: instead of it, or of the one that there was."""

import json
import uuid
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog_sync.simulator.faults import Switched
from catalog_sync.simulator.store import THINGS
from catalog_sync.simulator.wire import Answer, Wire, told

MEGABYTE: Final = 1024 * 1024
FAILED: Final = Answer(500, b"<html><body>500 Internal Server Error</body></html>", "text/html")


def instead(struck: Switched) -> Answer:
    """Answer as a fault does that strikes before anything happens."""
    name = struck.fault.name
    if name in {"429", "maintenance"}:
        wait = (("Retry-After", f"{struck.seconds:.0f}"),)
        return Answer(429 if name == "429" else 503, b"", headers=wait)
    if name == "timeout-before":
        return Answer(200, b"", wire=Wire.SILENT, seconds=struck.seconds)
    if name == "redirect":
        return Answer(302, b"", headers=(("Location", struck.argument),))
    answers = {
        "401": Answer(401, b""),
        "wrong-signature": _code("-5", "签名不正确"),
        "clock-skew": _code("-19", "请求时间超出允许范围"),
        "rate-code": _code("-6", "调用过于频繁"),
        "500-before": FAILED,
        "reset-before": Answer(200, b"", wire=Wire.RESET),
    }
    return answers[name]


def spoiled(session: Session, answer: Answer, struck: Switched) -> Answer:
    """Spoil an answer whose effect has happened."""
    status, body, kind, seconds = answer.status, answer.body, answer.content_type, struck.seconds
    name = struck.fault.name
    made = {
        "500-after": lambda: FAILED,
        "timeout-after": lambda: Answer(status, b"", wire=Wire.SILENT, seconds=seconds),
        "reset-after": lambda: Answer(status, b"", wire=Wire.RESET),
        "drip": lambda: Answer(status, body, kind, wire=Wire.DRIP, seconds=seconds),
        "half": lambda: Answer(status, body, kind, wire=Wire.HALF),
        "wrong-type": lambda: Answer(200, b"<html><body>OK</body></html>", "text/html; charset=utf-8"),
        "not-json": lambda: Answer(status, body[:-1] + b",}", kind),
        "wrong-encoding": lambda: Answer(status, body.decode().encode("gb18030"), kind),
        "huge": lambda: told({**_read(answer), "padding": "0" * int(seconds * MEGABYTE)}),
    }
    return made[name]() if name in made else _members(session, answer, name)


def _members(session: Session, answer: Answer, name: str) -> Answer:
    whole = _read(answer)
    if name == "schema-change":
        return told({"resultCode": whole["code"], "resultMessage": whole["message"], "result": whole["data"]})
    data = whole["data"]
    if name == "wrong-receipt" and isinstance(data, dict) and "cascadeguid" in data:
        other = session.execute(select(THINGS.c.guid, THINGS.c.own).where(THINGS.c.own != data["own"]).limit(1)).first()
        guid, own = other if other is not None else (str(uuid.uuid4()), "nobody")
        return told({**whole, "data": {"cascadeguid": guid, "own": own}})
    if name == "wrong-secret" and isinstance(data, dict) and "secret" in data:
        return told({**whole, "data": {**data, "secret": "AAAA" + data["secret"][4:]}})
    return answer


def _code(code: str, words: str) -> Answer:
    return told({"code": code, "message": words, "data": ""})


def _read(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.body)
    return found
