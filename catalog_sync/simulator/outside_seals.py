"""Other sites' seals, as the seal system tells them: asked by code, or as a list of what changed since a mark.

Each word about a seal is a row that is only added to; its number is the mark. What was told here by the sender that is
tried is known too, as the last thing that was told.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import JSON, Column, Integer, String, Table, select
from sqlalchemy.orm import Session

from catalog_sync.simulator import store
from catalog_sync.simulator.store import METADATA, THINGS

ASKED: Final = "/seal/status/query"
CHANGES: Final = "/seal/status/changes"
MOST_CODES: Final = 50
MOST_PAGE: Final = 200
WORDS: Final = Table(
    "seal_words",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("code", String(64), nullable=False, index=True),
    Column("content", JSON, nullable=False),
)
_TOLD: Final = ("sealName", "unitCode", "unitName", "sealStatus", "statusTime", "validStart", "validEnd")


def say(session: Session, told: Mapping[str, Any]) -> int:
    """Say something about a seal."""
    return store.added(session, WORDS, code=str(told["sealCode"]), content=dict(told))


def asked(session: Session, body: Mapping[str, Any], *, stale: bool) -> dict[str, Any]:
    """Answer about seals by their codes; a stale view is what was said before the last."""
    codes = body.get("sealCodes")
    named = [each for each in codes if isinstance(each, str)][:MOST_CODES] if isinstance(codes, list) else []
    return {"list": [_word(session, each, stale=stale) for each in named]}


def changes(session: Session, body: Mapping[str, Any], *, stale: bool) -> dict[str, Any]:
    """Give what was said after a mark."""
    del stale
    text, size = str(body.get("mark", "")), body.get("pageSize", MOST_PAGE)
    mark = int(text) if text.isascii() and text.isdigit() else 0
    query = select(WORDS).where(WORDS.c.number > mark).order_by(WORDS.c.number)
    rows = session.execute(query.limit(min(size, MOST_PAGE) if isinstance(size, int) else MOST_PAGE)).all()
    return {"list": [{**each.content, "exists": "1"} for each in rows], "mark": str(rows[-1].number if rows else mark)}


def _word(session: Session, code: str, *, stale: bool) -> dict[str, Any]:
    words = select(WORDS).where(WORDS.c.code == code).order_by(WORDS.c.number.desc()).limit(2)
    said = session.execute(words).all()
    if said:
        return {**said[-1 if stale else 0].content, "exists": "1"}
    query = select(THINGS.c.content).where(THINGS.c.kind == "seal", THINGS.c.own == code)
    told = session.execute(query.order_by(THINGS.c.number.desc()).limit(1)).scalar_one_or_none()
    if told is None:
        return {"sealCode": code, "exists": "0"}
    return {"sealCode": code, "exists": "1", **{name: told[name] for name in _TOLD if name in told}}
