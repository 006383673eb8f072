"""How each directory of a profile or a zone ended, and what the rows come to: fields with their sources. Pure.

Each directory keeps the gateway's own answer whole, so that its receipt proves it. Beside it the fields are laid out by
name: every value with each source that says it. Two sources are in conflict over a field when each gave exactly one row
and what they say of it differs; what is masked by a grant says nothing about that, and lists of rows are lists.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from base.canonical import Json, canonical
from exchange.door.masking import KEEP

OBJECTIONS: Final = "/api/v1/objections"
# Outcome and words of what the assembling itself says; all other reasons are the gateway's.
OWN: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        "directory-withdrawn": ("not_covered", "该目录已撤销或未发布", "the directory is withdrawn or not published"),
        "left-zone": ("not_covered", "提供部门已将该目录撤出专题库", "its provider took the directory out of the zone"),
        "no-subject-key": (
            "not_covered",
            "该目录没有唯一可用于查询该主体的数据项",
            "the directory has no one item by which this subject can be asked for",
        ),
        "key-not-told": (
            "not_covered",
            "请求未给出该目录所需的主体标识",
            "the request lacks a key by which the zone asks this directory",
        ),
        "not-asked": (
            "pending",
            "本次汇集用时已满，尚未查询该目录：请单独查询",
            "the time for putting this together was over before this directory was asked: ask it by itself",
        ),
    }
)


@dataclass(frozen=True)
class Answered:
    """A directory and how it ended: the gateway's answer, under which grant, and by which masks."""

    directory: str
    name: str
    owner: str
    update_cycle: str
    zones: tuple[str, ...]
    outcome: str
    reason: Mapping[str, Json]
    answer: Mapping[str, Any] | None = field(default=None, repr=False)
    request: Mapping[str, Json] | None = field(default=None, repr=False)
    allowed: Mapping[str, Json] | None = None
    masks: Mapping[str, str] = field(default_factory=dict)
    not_granted: tuple[str, ...] = ()
    problem: Mapping[str, Json] | None = None

    @property
    def usage(self) -> str | None:
        """Give the number of the use, if it came to one."""
        return None if self.answer is None else str(self.answer["usage_id"])

    @property
    def rows(self) -> Sequence[Mapping[str, Json]]:
        """Give the rows as they may be seen; none where they are sealed."""
        return () if self.answer is None else self.answer.get("rows", ())

    @property
    def document(self) -> dict[str, Json]:
        """Write it down; every outcome has the same members."""
        return {
            "directory": self.directory,
            "name": self.name,
            "owner": self.owner,
            "update_cycle": self.update_cycle,
            "zones": list(self.zones),
            "outcome": self.outcome,
            "reason": dict(self.reason),
            "usage_id": self.usage,
            "receipt": None if self.answer is None else self.answer["receipt"],
            "source": None if self.answer is None else self.answer.get("source"),
            "allowed": None if self.allowed is None else dict(self.allowed),
            "not_granted": list(self.not_granted),
            "answer": None if self.answer is None else dict(self.answer),
            "request": None if self.request is None else dict(self.request),
            "problem": None if self.problem is None else dict(self.problem),
        }


def own_reason(code: str) -> tuple[str, dict[str, Json]]:
    """Give the outcome and the words of a reason that the assembling itself has."""
    outcome, zh, en = OWN[code]
    return outcome, {"code": code, "zh": zh, "en": en}


def fields(answered: Iterable[Answered]) -> list[Json]:
    """Lay the fields out by name, in the order in which sources name them: each value with all that say it."""
    said: dict[str, list[tuple[Answered, int, Json]]] = {}
    for source in answered:
        for place, row in enumerate(source.rows):
            for name, value in row.items():
                said.setdefault(name, []).append((source, place, value))
    return [_field(name, told) for name, told in said.items()]


def _field(name: str, told: Sequence[tuple[Answered, int, Json]]) -> Json:
    values: dict[tuple[bytes, str], dict[str, Any]] = {}
    for source, place, value in told:
        mask = source.masks.get(name, KEEP)
        entry = values.setdefault((canonical(value), mask), {"value": value, "mask": mask, "sources": []})
        entry["sources"].append(_source(source, place, name))
    return {"name": name, "conflict": _differ(name, told), "values": list(values.values())}


def _source(source: Answered, place: int, name: str) -> dict[str, Json]:
    objection: Json = {
        "url": OBJECTIONS,
        "body": {"usage_id": source.usage, "about": "field", "field": name},
    }
    return {"directory": source.directory, "usage_id": source.usage, "row": place, "objection": objection}


def _differ(name: str, told: Sequence[tuple[Answered, int, Json]]) -> bool:
    return len({_compared(value) for value in _comparable(name, told)}) > 1


def _comparable(name: str, told: Sequence[tuple[Answered, int, Json]]) -> Iterator[Json]:
    for source, _, value in told:
        if len(source.rows) == 1 and value is not None and source.masks.get(name, KEEP) == KEEP:
            yield value


def _compared(value: Json) -> bytes:
    """Give a value as it is compared: texts without their width and outer blanks."""
    return canonical(unicodedata.normalize("NFKC", value).strip() if isinstance(value, str) else value)
