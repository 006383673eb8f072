"""A change as everyone is told it, by the feed and by webhooks alike: CloudEvents 1.0, JSON, structured mode.

The id of a change is also its cursor: its place in commit order and eight signs of a digest of what happened. A service
that was restored from an older backup writes another history under the same numbers; then the signs differ, and a
reader learns that its cursor is gone instead of missing changes.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from base.clock import rfc3339
from base.events import Told

MEDIA_TYPE: Final = "application/cloudevents+json"
SPECIFICATION: Final = "1.0"
PREFIX: Final = "yinxin."
START: Final = "0"
DIGEST_SIGNS: Final = 8
_CURSOR: Final = re.compile(rf"([1-9][0-9]{{0,17}})-([0-9a-f]{{{DIGEST_SIGNS}}})")


@dataclass(frozen=True)
class Kind:
    """A type of change: its name, what happened in both languages, and whether a grant is needed to hear of it."""

    type: str
    zh: str
    en: str
    of_data: bool = False


# By the name of the event in the house, the type that the outside is told.
KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "directory.publish": Kind("directory.published", "目录发布或修订", "a directory was published or revised"),
        "directory.ask-to-withdraw": Kind("directory.withdrawing", "申请撤销目录", "its withdrawal was asked for"),
        "directory.keep": Kind("directory.kept", "不予撤销，继续有效", "its withdrawal was refused; it stays"),
        "directory.withdraw": Kind("directory.withdrawn", "目录撤销", "a directory was withdrawn"),
        "mount.confirmed": Kind("mount.serving", "资源开始提供服务", "a mount serves, or serves something new"),
        "mount.suspended": Kind("mount.suspended", "资源暂停服务", "a mount was suspended"),
        "mount.withdrawn": Kind("mount.withdrawn", "资源撤下", "a mount was withdrawn"),
        "mount.health-changed": Kind("mount.health", "资源健康状况变化", "a mount's health changed"),
        "data.pushed": Kind("data.pushed", "数据推送完成", "a push has ended", of_data=True),
    }
)
TYPES: Final[Mapping[str, Kind]] = MappingProxyType({each.type: each for each in KINDS.values()})
# Facts that may leave the house; what an event holds beside them stays inside.
TOLD_FACTS: Final = frozenset(
    "run contract outcome code read applied rejected inserted updated deleted unchanged".split()
)


@dataclass(frozen=True)
class Place:
    """A cursor that was read: a position, and the signs of what happened there; position 0 is the beginning."""

    position: int
    signs: str = ""

    def __str__(self) -> str:
        return f"{self.position}-{self.signs}" if self.position else START


def place_of(text: str) -> Place | None:
    """Read a cursor; none where it is not one."""
    if text == START:
        return Place(0)
    found = _CURSOR.fullmatch(text)
    return Place(int(found[1]), found[2]) if found else None


def place_at(told: Told) -> Place:
    """Give the cursor of what happened."""
    event = told.event
    said = [told.position, event.name, event.thing.kind, event.thing.id, event.version, rfc3339(event.at)]
    return Place(told.position, hashlib.sha256(json.dumps(said).encode()).hexdigest()[:DIGEST_SIGNS])


def subject_of(told: Told, directory: str) -> str:
    """Name what a change is about; changes of one subject are told in order."""
    thing = told.event.thing
    return f"directory/{directory}" if thing.kind == "directory" else f"{thing.kind}/{thing.id}"


def cloud_event(told: Told, directory: str, source: str) -> dict[str, Any]:
    """Write a change as CloudEvents 1.0 has it, with `sequence` of its documented extensions."""
    event = told.event
    facts = {name: fact for name, fact in event.facts.items() if name in TOLD_FACTS}
    return {
        "specversion": SPECIFICATION,
        "id": str(place_at(told)),
        "source": source,
        "type": PREFIX + KINDS[event.name].type,
        "subject": subject_of(told, directory),
        "time": rfc3339(event.at),
        "datacontenttype": "application/json",
        "sequence": f"{told.position:020d}",
        "data": {"directory": directory, "thing": event.thing.id, "version": event.version, **facts},
    }


def challenge(subscription: str, text: str, source: str, at: str) -> dict[str, Any]:
    """Write the question whether an address wants to be told: it answers `{"challenge": …}` with the same text."""
    return {
        "specversion": SPECIFICATION,
        "id": f"challenge-{text}",
        "source": source,
        "type": f"{PREFIX}subscription.challenge",
        "subject": f"subscription/{subscription}",
        "time": at,
        "datacontenttype": "application/json",
        "data": {"subscription": subscription, "challenge": text},
    }


def written(event: Mapping[str, Any]) -> str:
    """Write an event as it goes over the wire: the signed bytes are exactly these."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))
