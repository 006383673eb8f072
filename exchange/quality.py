"""How good a directory is, in six parts, each with what lowers it; a part without data is not measured.

Complete and valid come from what the directory says. Freshness, use, the health of its service and the answers to
corrections come from elsewhere, through `Measures`; where nothing is known there is no figure, and the score is the
mean of the parts that have one. Every part is so many good of so many, so that anyone can do the sum again.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from sqlalchemy.orm import Session

from exchange import form
from exchange.form import Content, Fault, Field
from exchange.imports import columns

CODED: Final = frozenset({"choice", "choices", "flag", "number", "credit-code", "region", "matter-code"})
FULL: Final = 100
# How long data may be old before it is late. Other (`ondemand`) promises nothing, so nothing is measured.
CYCLES: Final[Mapping[str, timedelta]] = MappingProxyType(
    {
        "realtime": timedelta(hours=1),
        "day": timedelta(days=1),
        "week": timedelta(days=7),
        "month": timedelta(days=31),
        "quarter": timedelta(days=92),
        "year": timedelta(days=366),
    }
)
FAILING_TOLD: Final = 200


@dataclass(frozen=True)
class Failing:
    """Something that lowers the score: where it stands, and what it is."""

    pointer: str
    code: str
    text: str


@dataclass(frozen=True)
class Ratio:
    """So many good of so many, and what is not good."""

    good: int
    all: int
    failing: tuple[Failing, ...] = ()


Measure = Callable[[Session, str, datetime], Ratio | None]


def unmeasured(_session: Session, _directory: str, _at: datetime) -> None:
    """Know nothing: what a part is measured with before its tables exist."""


def never_updated(_session: Session, _directory: str, _at: datetime) -> None:
    """Know of no update: what freshness is measured with before data is mounted."""


@dataclass(frozen=True)
class Measures:
    """What measures the parts that a directory does not tell of itself."""

    last_update: Callable[[Session, str, datetime], datetime | None] = never_updated
    use: Measure = unmeasured
    health: Measure = unmeasured
    corrections: Measure = unmeasured


@dataclass(frozen=True)
class Part:
    """One part of the score, with the formula that it follows."""

    name: str
    zh: str
    en: str
    formula_zh: str
    formula_en: str
    ratio: Ratio | None

    @property
    def measured(self) -> bool:
        """Tell whether there is anything to go by."""
        return self.score is not None

    @property
    def good(self) -> int | None:
        """Tell how many are good."""
        return self.ratio.good if self.ratio else None

    @property
    def all(self) -> int | None:
        """Tell of how many."""
        return self.ratio.all if self.ratio else None

    @property
    def score(self) -> int | None:
        """Give the share of the good in per cent, rounded down; of nothing there is no share."""
        return FULL * self.ratio.good // self.ratio.all if self.ratio and self.ratio.all else None

    @property
    def failing(self) -> tuple[Failing, ...]:
        """List what lowers the score."""
        return self.ratio.failing[:FAILING_TOLD] if self.ratio else ()


@dataclass(frozen=True)
class Quality:
    """The score of a version of a directory."""

    directory: str
    number: int
    parts: tuple[Part, ...]

    @property
    def measured(self) -> int:
        """Tell how many parts have a figure."""
        return sum(part.measured for part in self.parts)

    @property
    def score(self) -> int | None:
        """Give the mean of the parts that have a figure, rounded down."""
        known = [part.score for part in self.parts if part.score is not None]
        return sum(known) // len(known) if known else None

    formula_zh: str = "总分 = 已度量各项得分的平均值（向下取整）；没有数据的一项不计入"
    formula_en: str = "score = mean of the measured parts, rounded down; a part without data does not count"


def score(session: Session, measures: Measures, directory: str, number: int, content: Content, at: datetime) -> Quality:
    """Score a version of a directory."""
    parts = (
        Part("complete", "完整", "Complete", *_FORMULAS["complete"], complete(content)),
        Part("valid", "代码规范", "Valid codes", *_FORMULAS["valid"], valid(content)),
        Part(
            "fresh",
            "更新及时",
            "Fresh",
            *_FORMULAS["fresh"],
            fresh(content, measures.last_update(session, directory, at), at),
        ),
        Part("used", "有人使用", "Used", *_FORMULAS["used"], measures.use(session, directory, at)),
        Part("health", "服务可用", "Service health", *_FORMULAS["health"], measures.health(session, directory, at)),
        Part(
            "corrections",
            "校核答复",
            "Corrections answered",
            *_FORMULAS["corrections"],
            measures.corrections(session, directory, at),
        ),
    )
    return Quality(directory, number, parts)


def complete(content: Content) -> Ratio:
    """Count the fields that say something, of those that apply: all but the ones whose condition does not hold."""
    wanted = list(_applying(content))
    failing = tuple(
        Failing(pointer, "missing", f"{field.zh} / {field.en}") for pointer, field, value in wanted if form.blank(value)
    )
    return Ratio(len(wanted) - len(failing), len(wanted), failing)


def valid(content: Content) -> Ratio:
    """Count the coded fields that hold a code of their table or a code whose digits are right, of those filled."""
    filled = [
        (pointer, field) for pointer, field, value in _fields(content) if field.kind in CODED and not form.blank(value)
    ]
    wrong: dict[str, Fault] = {}
    for fault in form.check(content):
        for pointer, _ in filled:
            if fault.code != "missing" and (fault.pointer == pointer or fault.pointer.startswith(f"{pointer}/")):
                wrong.setdefault(pointer, fault)
    failing = tuple(
        Failing(pointer, wrong[pointer].code, f"{field.zh} / {field.en}")
        for pointer, field in filled
        if pointer in wrong
    )
    return Ratio(len(filled) - len(failing), len(filled), failing)


def fresh(content: Content, last: datetime | None, at: datetime) -> Ratio | None:
    """Hold the last update against the promised cycle: full until the cycle is over, nothing after twice as long."""
    cycle = CYCLES.get(str(content.get("update_cycle", "")))
    if cycle is None or last is None:
        return None
    late = max(timedelta(0), at - last - cycle)
    good = max(0, FULL - int(FULL * (late / cycle)))
    words = columns.write(form.fields()["update_cycle"], content["update_cycle"])
    failing = (Failing("#/update_cycle", "late", f"{words}; {last.isoformat()}"),) if late else ()
    return Ratio(good, FULL, failing)


def _applying(content: Content) -> Iterator[tuple[str, Field, object]]:
    for pointer, field, value in _fields(content):
        around = _around(content, pointer)
        conditional = bool(field.needed.field)
        if not conditional or field.needed.holds(around):
            yield pointer, field, value
    if not content.get("items"):
        yield "#/items", form.item_fields()["name"], None


def _fields(content: Content) -> Iterator[tuple[str, Field, object]]:
    for name, field in form.fields().items():
        yield f"#/{name}", field, content.get(name)
    items = content.get("items")
    for place, item in enumerate(items if isinstance(items, list) else ()):
        for name, field in form.item_fields().items():
            yield f"#/items/{place}/{name}", field, item.get(name) if isinstance(item, dict) else None


def _around(content: Content, pointer: str) -> Content:
    parts = pointer.split("/")
    if parts[1] != "items":
        return content
    item = content["items"][int(parts[2])]
    return item if isinstance(item, dict) else {}


_FORMULAS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "complete": (
            "已填写的适用字段 ÷ 适用字段（条件不成立的字段不计）",
            "fields that say something ÷ fields that apply (not those whose condition does not hold)",
        ),
        "valid": ("合格的代码 ÷ 已填写的代码类字段", "right codes ÷ coded fields that are filled"),
        "fresh": (
            "距上次更新不超过更新周期为 100，此后线性下降，到两倍周期为 0",
            "100 while the last update is within the promised cycle, then falling evenly to 0 at twice the cycle",
        ),
        "used": ("最近 12 个月中有使用的月数 ÷ 12", "months of the last twelve with a use ÷ 12"),
        "health": ("最近 30 天成功的调用 ÷ 全部调用", "calls of the last 30 days that succeeded ÷ all calls"),
        "corrections": (
            "按期答复的校核申请 ÷ 已到期的校核申请",
            "corrections answered in time ÷ corrections that are due",
        ),
    }
)
