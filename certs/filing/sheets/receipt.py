"""The receipt of a look-up (调取凭证): what replaces the print-out in the file. Pure.

It says who looked what up for what, under which numbers, and for each material how it ended, from which source, and SM3
of each original file. Nothing that was found stands on it: what a certificate says belongs to its copy, which is for
one purpose and ends. A look-up has no last day; its receipt says that, and where the present status is asked for.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from base.workdays import SHANGHAI
from certs.filing.lookups import telling
from certs.filing.sheets import words
from certs.filing.sheets.sheet import Sheet, Table
from certs.filing.sheets.words import said

KIND: Final = "receipt"
TITLE: Final = "免证办调取凭证"
CERTIFICATE: Final = "certificate"
FOUND: Final = "found"
COLUMNS: Final = (("材料", 36.0), ("当事人", 20.0), ("结果", 44.0), ("来源与原件摘要", 48.0), ("用证记录编号", 26.0))
CLOSING: Final = (
    "本凭证由政务数据共享与电子证照平台出具，载明一次免证办调取的结果，随办件归档，代替打印件。",
    "本凭证不载明证照和数据的内容；内容以加注件、办件系统留存数据为准，仅供所列事项使用，他用无效。",
    "SM3 为调取时本库所存原证照文件的摘要。本凭证不设到期日；证照现状以再次查验为准。",
    "所盖为平台服务章，不是颁发机构或实施机关的印章。",
)


@dataclass(frozen=True)
class Looked:
    """A look-up as its record has it, with the name of who looked, and the grounds of its uses."""

    id: str
    unit: str
    item_code: str
    item_name: str
    organ_name: str
    region: str
    stage: str
    basis: str
    bound_to: str
    complete: bool
    runs: int
    at: datetime
    items: Sequence[Mapping[str, Any]]
    grounds: tuple[str, ...] = ()


def receipt(looked: Looked, names: Mapping[str, str], site: str, at: datetime) -> Sheet:
    """Write the receipt of a look-up; `names` are those of certificate types and directories by their codes."""
    rows = tuple(_row(each, names) for each in looked.items)
    table = Table(f"调取结果（{len(rows)} 项，{_found(looked)} 项已查到）", COLUMNS, rows)
    link = f"{site}/verify#receipt={looked.id}"
    return Sheet(KIND, TITLE, looked.id, at, tuple(_facts(looked)), (table,), CLOSING, link, looked.region)


def _facts(looked: Looked) -> Iterator[tuple[str, str]]:
    yield "事项", f"{looked.item_name}（{looked.item_code}）"
    yield "实施机关", looked.organ_name
    yield "调取单位", looked.unit
    yield "用途", f"{said(words.STAGES, looked.stage)}；办理区域 {looked.region}"
    yield "依据编号", looked.basis or "（办理前调取，尚无编号）"
    if looked.bound_to:
        yield "绑定办件", looked.bound_to
    if looked.grounds:
        yield "使用依据", "、".join(said(words.GROUNDS, each) for each in looked.grounds)
    yield "调取时间", f"{looked.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}（第 {looked.runs} 次）"
    yield "完整性", "全部来源已答复" if looked.complete else "有来源尚未答复或有问题未回答，可再次调取"


def _found(looked: Looked) -> int:
    return sum(each["outcome"] == FOUND for each in looked.items)


def _row(told: Mapping[str, Any], names: Mapping[str, str]) -> tuple[str, ...]:
    return (
        told["material"] or "（未列入本事项）",
        _holder(told),
        _outcome(told),
        "\n".join(_source(told, names)),
        told["usage_id"] or "—",
    )


def _holder(told: Mapping[str, Any]) -> str:
    place = told["holder"]
    return "—" if place is None else f"{words.roles(told['role'])}（第 {place + 1} 位）"


def _outcome(told: Mapping[str, Any]) -> str:
    outcome = said(words.OUTCOMES, told["outcome"])
    states = list(dict.fromkeys(told.get("statuses", ())))
    if told["outcome"] == FOUND and states:
        outcome = f"{outcome}，现状：{'、'.join(said(words.STATUSES, each) for each in states)}"
    if told["reason"] == FOUND:
        return outcome
    return f"{outcome}：{telling.reason(told['reason'])['zh']}"


def _source(told: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    yield names.get(told["type"], told["type"]) or "—"
    if told["outcome"] != FOUND:
        return
    originals = told.get("originals", ())
    for each in originals:
        yield f"{each['format'].upper()} 原件 SM3：{each['sm3']}"
    if told["means"] == CERTIFICATE and not originals:
        yield "本库没有原证照文件，依证照数据"
    if told["means"] != CERTIFICATE:
        yield "共享数据，没有文件"
