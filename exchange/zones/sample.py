"""The zone of the sandbox: 「餐饮开办」 over invented directories of several departments.

It is published, and covered as far as the sandbox's grants go: a call shows directories that answer, that nobody serves
or that are not granted. `sandbox.json` names the zone, and an enterprise and a person of whom its tables have rows.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.callers import Caller
from base.program import Running, Sandbox
from exchange.directories import version_of
from exchange.models import Directory
from exchange.mounting.models import SERVING, Mount
from exchange.mounting.sample import rows
from exchange.zones import declaring, subjects
from exchange.zones.life import Step
from exchange.zones.models import Zone
from exchange.zones.zone import NEVER_SHARED, Content, Member
from keys.parties.sample import code_of

CODE: Final = "canyin-kaiban"
NAME: Final = "餐饮开办"
LEAD: Final = "market"
MATTERS: Final = ("000123020000",)
# By which words the sandbox's directories are known; of each its first items.
DIRECTORIES: Final = (
    "企业登记基本信息",
    "食品经营许可证信息",
    "公共场所卫生许可证信息",
    "建筑垃圾处置核准信息",
    "行政处罚决定信息",
)
MOST_ITEMS: Final = 4


def sample(running: Running, sandbox: Sandbox) -> None:
    """Make the zone, and tell the visitor whom to ask for."""
    with running.database.transaction() as session:
        row = made(session, clock.now())
        if row is not None:
            sandbox.told["zone"] = row.code
            sandbox.told["profile"] = {"zone": row.code, "subjects": list(known(session).values())}


def made(session: Session, at: datetime) -> Zone | None:
    """Make it by the verbs that people use; none where the sandbox has too few directories that know a firm."""
    members = tuple(each for each in (_member(session, found) for found in _directories(session)) if each)
    if len(members) < 2:  # noqa: PLR2004 - a view begins with two
        return None
    content = Content(NAME, "开办餐饮店一件事：核验主体、许可与处罚（演示）", MATTERS, members)
    steward = _person(LEAD, "steward")
    row = declaring.declare(session, CODE, content, steward, at)
    declaring.take(session, row, Step.SUBMIT, "", steward, at)
    declaring.take(session, row, Step.PUBLISH, "", _person("data", "authority"), at)
    return row


def _directories(session: Session) -> list[Directory]:
    query = select(Directory).where(Directory.name.in_(DIRECTORIES), Directory.published.is_not(None))
    return list(session.scalars(query.order_by(Directory.code)))


def _member(session: Session, directory: Directory) -> Member | None:
    items = version_of(session, directory, directory.published or 1).content["items"]
    shared = [str(each["name"]) for each in items if each.get("share_type", directory.share_type) != NEVER_SHARED]
    key = subjects.item_of("credit_code", shared)
    return Member(directory.code, tuple(shared[:MOST_ITEMS]), {"credit_code": key}) if key else None


def known(session: Session) -> dict[str, dict[str, object]]:
    """Give an enterprise and a person of whom a mounted directory has a row."""
    query = select(Directory).join(Mount, Mount.directory == Directory.code).where(Mount.state == SERVING)
    found: dict[str, dict[str, object]] = {}
    for directory in session.scalars(query.order_by(Directory.code)):
        items = version_of(session, directory, directory.published or 1).content["items"]
        names = [str(each["name"]) for each in items]
        row = next(iter(rows(items, directory.code)))
        for kind in subjects.NAMING:
            key = subjects.item_of(kind, names)
            if key is not None:
                found.setdefault(kind, {kind: row[names.index(key)]})
    return found


def _person(short: str, role: str) -> Caller:
    """Give whoever acts for a department while the sandbox is made."""
    return Caller("person", f"sandbox-{role}", f"演示{role}", code_of(short), frozenset({role}))
