"""The figures of the leader's page, each with its formula in words: how it follows from the counts of a month. Pure.

A share of nothing is no figure (`None`), never nought or a hundred. A change is told against the month before: of a
number in per cent of what it was, of a share in percentage points; where there was nothing before there is no change.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from certs.figures import tallies
from certs.figures.tallies import CERTIFICATE, DATA, FOUND, OTHER, OUTCOMES, used

Counts = Mapping[str, int]
Value = int | float | None
NUMBER, SHARE = "number", "percent"
# From 3 upward (基本满意) whoever says so is content; from 2 downward the organ has to answer.
CONTENT: Final = 3


@dataclass(frozen=True)
class Figure:
    """One figure: its name, its words, its formula, and whether less of it is better."""

    name: str
    zh: str
    en: str
    formula_zh: str
    formula_en: str
    of: Callable[[Counts], Value]
    unit: str = NUMBER
    is_less_better: bool = False


@dataclass(frozen=True)
class Told:
    """A figure of a month, what it was the month before, and the change."""

    value: Value
    before: Value
    change: float | None


@dataclass(frozen=True)
class Line:
    """A city, county or department with its figures, and its place where it is ranked."""

    code: str
    name: str
    rank: int | None
    figures: Mapping[str, Told]


def of(counts: Counts, before: Counts) -> dict[str, Told]:
    """Give every figure of a month's counts."""
    return {each.name: _told(each, each.of(counts), each.of(before)) for each in FIGURES}


def ranks(values: Mapping[str, Value], figure: Figure) -> dict[str, int]:
    """Rank by a figure, the best first; equals share a place, and who has no figure has none."""
    known = {code: value for code, value in values.items() if value is not None}
    sign = 1 if figure.is_less_better else -1
    in_order = sorted(sign * value for value in known.values())
    return {code: 1 + bisect_left(in_order, sign * value) for code, value in known.items()}


def percent(part: int, whole: int) -> float:
    """Give a share in per cent with one digit, half upward, without binary fractions on the way."""
    return (2000 * part + whole) // (2 * whole) / 10


def _told(figure: Figure, value: Value, before: Value) -> Told:
    return Told(value, before, _change(figure, value, before))


def _change(figure: Figure, value: Value, before: Value) -> float | None:
    if value is None or before is None:
        return None
    if figure.unit == SHARE:
        return (round(value * 10) - round(before * 10)) / 10
    return percent(int(value) - int(before), int(before)) if before else None


def _sum(*measures: str) -> Callable[[Counts], Value]:
    return lambda counts: _count(counts, measures)


def _share(part: Sequence[str], whole: Sequence[str]) -> Callable[[Counts], Value]:
    return lambda counts: percent(_count(counts, part), all_) if (all_ := _count(counts, whole)) else None


def _count(counts: Counts, measures: Sequence[str]) -> int:
    return sum(counts.get(each, 0) for each in measures)


def _failure(outcome: str, zh: str, en: str, why_zh: str, why_en: str) -> Figure:
    told = tuple(used(kind, outcome) for kind in (CERTIFICATE, DATA))
    return Figure(
        outcome,
        zh,
        en,
        f"当月以“{zh}”结束的用证和用数次数之和：{why_zh}",
        f"uses of certificates and of data of the month that ended so: {why_en}",
        _sum(*told),
        is_less_better=True,
    )


_CALLS: Final = tuple(used(kind, each) for kind in (CERTIFICATE, DATA) for each in (*OUTCOMES, OTHER))
_LEVELS: Final = tuple(tallies.evaluated(each) for each in tallies.LEVELS)
_CONTENT: Final = tuple(tallies.evaluated(each) for each in tallies.LEVELS if each >= CONTENT)
_BAD: Final = tuple(tallies.evaluated(each) for each in tallies.LEVELS if each < CONTENT)
TYPES, DIRECTORIES = "certificate_types", "directories"
DEFAULT: Final = "certificate_uses"

FIGURES: Final = (
    Figure(
        TYPES,
        "归集证照种类",
        "Types collected",
        "截至月末，库中有过有效证照的证照类型数（同一范围内每种只计一次）",
        "types of which a valid certificate had come into the library by the end of the month, each counted once",
        _sum(TYPES),
    ),
    Figure(
        tallies.CERTIFICATES,
        "归集证照数",
        "Certificates collected",
        "当月签发、收存或存量转换后公布入库的证照件数，按颁发单位和证照所在地区计",
        "certificates signed, deposited or published from old stock in the month, by issuer and own region",
        _sum(tallies.CERTIFICATES),
    ),
    Figure(
        DIRECTORIES,
        "发布目录数",
        "Directories published",
        "截至月末发布过的数据目录数",
        "directories that had been published by the end of the month",
        _sum(DIRECTORIES),
    ),
    Figure(
        "certificate_uses",
        "用证次数",
        "Uses of certificates",
        "当月查到并提供了证照的调用次数，按使用单位和办理地区计",
        "calls of the month in which a certificate was found and given, by who used it and the handling region",
        _sum(used(CERTIFICATE, FOUND)),
    ),
    Figure(
        "data_uses",
        "用数次数",
        "Uses of data",
        "当月查到并提供了数据的调用次数，按使用单位和办理地区计",
        "calls of the month in which data was found and given, by who used it and the handling region",
        _sum(used(DATA, FOUND)),
    ),
    Figure(
        tallies.ROWS,
        "用数行数",
        "Rows of data",
        "当月用数时提供的数据行数之和",
        "rows that were given in the uses of data of the month",
        _sum(tallies.ROWS),
    ),
    Figure(
        "materials_spared",
        "免交材料份数",
        "Materials spared",
        "当月在收件或绑定办件的查询中查到、或者沿用以前提交的材料份数；同一办件内每人的每份材料只计一次",
        "materials found in the month by look-ups of a case, or reused from an earlier one; in a case each once",
        _sum(tallies.SPARED),
    ),
    Figure(
        "calls",
        "调用总次数",
        "Calls",
        "当月用证和用数的全部调用次数，无论结果",
        "all calls of the month for certificates and data, however they ended",
        _sum(*_CALLS),
    ),
    _failure("not_found", "查无", "Not found", "数据源答复没有", "the source answered that it has none"),
    _failure(
        "not_covered",
        "未覆盖",
        "Not covered",
        "没有可查的来源，或超出授权范围",
        "nobody serves it, or it is not granted",
    ),
    _failure(
        "source_down",
        "来源故障",
        "Source down",
        "来源没有应答或应答不合目录",
        "the source did not answer as it promised",
    ),
    _failure(
        "denied", "未授权", "Denied", "缺少当事人同意等，本次用途不可用", "not for this use, such as without consent"
    ),
    _failure("pending", "待答复", "Pending", "来源已受理，稍后答复", "the source answers later"),
    Figure(
        tallies.DUTIES_DUE,
        "到期任务",
        "Duties due",
        "办理期限最后一日在当月的任务数，按承办单位计",
        "duties whose term's last day lies in the month, by whose they are",
        _sum(tallies.DUTIES_DUE),
    ),
    Figure(
        tallies.DUTIES_OVERDUE,
        "逾期任务",
        "Overdue duties",
        "其中到期时尚未完成的任务数（之后补办仍计为逾期）",
        "those that were not done when the term ended, however late they were done then",
        _sum(tallies.DUTIES_OVERDUE),
        is_less_better=True,
    ),
    Figure(
        tallies.DEMANDS_DUE,
        "到期数据需求",
        "Demands due",
        "答复期限最后一日在当月的数据需求数，按提供单位计",
        "demands whose answer's last day lies in the month, by provider",
        _sum(tallies.DEMANDS_DUE),
    ),
    Figure(
        tallies.DEMANDS_IN_TIME,
        "按时答复需求",
        "Answered in time",
        "其中在期限内答复或不再需要答复的需求数",
        "those that were answered, or needed no answer any more, within the term",
        _sum(tallies.DEMANDS_IN_TIME),
    ),
    Figure(
        "demands_in_time_share",
        "需求按时答复率",
        "Answered in time, %",
        "按时答复需求 ÷ 到期数据需求",
        "answered in time ÷ demands due",
        _share((tallies.DEMANDS_IN_TIME,), (tallies.DEMANDS_DUE,)),
        SHARE,
    ),
    Figure(
        tallies.OBJECTIONS,
        "收到异议",
        "Objections",
        "当月对本单位数据、证照或用证提出的异议数",
        "objections of the month to the department's data, certificates or uses",
        _sum(tallies.OBJECTIONS),
        is_less_better=True,
    ),
    Figure(
        tallies.OBJECTIONS_ANSWERED,
        "答复异议",
        "Objections answered",
        "当月答复的异议数（更正或说明理由后维持）",
        "objections answered in the month, corrected or kept with the reason",
        _sum(tallies.OBJECTIONS_ANSWERED),
    ),
    Figure(
        "evaluations",
        "用证评价数",
        "Evaluations",
        "当月对用证、用数作出的好差评数",
        "evaluations given in the month of a use of certificates or data",
        _sum(*_LEVELS),
    ),
    Figure(
        "evaluations_bad",
        "差评数",
        "Bad evaluations",
        "其中“不满意”和“非常不满意”的评价数",
        "those of level 2 and 1",
        _sum(*_BAD),
        is_less_better=True,
    ),
    Figure(
        "satisfaction",
        "满意率",
        "Satisfaction, %",
        "“非常满意”“满意”“基本满意”的评价数 ÷ 用证评价数",
        "evaluations of level 5, 4 and 3 ÷ evaluations",
        _share(_CONTENT, _LEVELS),
        SHARE,
    ),
)
BY_NAME: Final[Mapping[str, Figure]] = {each.name: each for each in FIGURES}
