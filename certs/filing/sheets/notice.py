"""The one-time notice (一次告知单): everything that the applicant still has to do, said once and completely. Pure.

1. What has to be brought: in what form, until when, why.
2. What a signed promise stands in for, and what may come later, until when.
3. What is free, and why; what may not be asked for at all.
4. Which questions are still open, and how much may come with their answers: a notice that kept silent about them would
   not be the one notice. 5. Whom to ask, and where to complain.

Materials that the case has already are said to be there. Forms of papers are those that the clerk names; else the
matter's own ways of handling say where they are taken.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

from base.workdays import SHANGHAI
from certs.filing.plans import telling
from certs.filing.plans.bounds import PROMISED, SPARED, TO_SUBMIT
from certs.filing.plans.plan import Answer, Line, Plan
from certs.filing.sheets import words
from certs.filing.sheets.sheet import Sheet, Table
from certs.filing.sheets.words import said

KIND: Final = "notice"
TITLE: Final = "一次告知单"
# The citizens' hotline for government services, where a matter names no other place to complain.
HOTLINE: Final = "本事项未登记专用监督电话；可拨打政务服务便民热线 12345"
NO_FORM: Final = "未另行规定，纸质件、电子件均可"
CLOSING: Final = (
    "本告知单一次告知办理本事项还需要的全部材料；单上没有列出的材料，受理机关不得另行要求提交。",
    "没有法律法规规章依据的材料，申请人可以拒绝提供，并可向监督渠道反映。",
    "各来源的状态会变化：来源无应答时，可能改为单内所列的替代方式。",
    "所盖为平台服务章，不是实施机关的印章。",
)
# A notice with open questions cannot promise that nothing more is asked for.
OPEN: Final = "本告知单按已经回答的问题出具；单内所列问题回答后可能增加材料，届时另行出具完整的告知单。"
_NUMERALS: Final = "一二三四五六"
_BROUGHT: Final = (("材料", 44.0), ("提交形式", 38.0), ("何时", 26.0), ("说明", 66.0))
_EASED: Final = (("材料", 44.0), ("方式", 26.0), ("期限", 26.0), ("说明", 78.0))
_FREE: Final = (("材料", 44.0), ("方式", 30.0), ("理由", 100.0))
_OPEN: Final = (("问题", 80.0), ("可选的回答", 94.0))
_THERE: Final = (("材料", 60.0), ("方式", 40.0), ("收到时间", 74.0))


@dataclass(frozen=True)
class Received:
    """A material that the case has, or what stands in for it there."""

    key: str
    name: str
    answer: str
    at: datetime


@dataclass(frozen=True)
class Undertaken:
    """A promise, or a paper that may come later, as the case has it."""

    material: str
    kind: str
    due: date
    state: str


@dataclass(frozen=True)
class OfCase:
    """What the notice of a case knows beside the plan."""

    number: str = ""
    applicant: str = field(default="", repr=False)
    # Until when the applicant has to supplement, and what the organ said is missing.
    due: date | None = None
    asked: str = field(default="", repr=False)
    received: tuple[Received, ...] = ()
    undertaken: tuple[Undertaken, ...] = ()


@dataclass(frozen=True)
class Noticed:
    """A notice before it is a sheet: the plan, the situation as it was answered, the forms that the clerk names."""

    plan: Plan
    situation: Mapping[str, str]
    unit: str
    case: OfCase = OfCase()
    forms: Mapping[str, str] = field(default_factory=dict)


def notice(noticed: Noticed, site: str, at: datetime) -> Sheet:
    """Write the notice; its number is given when it is kept."""
    filled = [each for each in _tables(noticed) if each.rows]
    tables = tuple(
        replace(each, heading=f"{numeral}、{each.heading}") for numeral, each in zip(_NUMERALS, filled, strict=False)
    )
    link = f"{site}/verify#notice={{number}}"
    region = noticed.plan.region
    closing = (OPEN, *CLOSING[1:]) if noticed.plan.open_questions else CLOSING
    return Sheet(KIND, TITLE, "", at, tuple(_facts(noticed)), tables, closing, link, region)


def told(noticed: Noticed) -> dict[str, Any]:
    """Tell the same for machines: the lines still to do, what is there, the counts and the open questions."""
    there = {each.key for each in noticed.case.received}
    lines = [_told(each, noticed) for each in noticed.plan.lines if not each.is_free and each.material.key not in there]
    return {
        "items": lines,
        "free": [
            {"name": each.material.name, "key": each.material.key, "answer": each.answer.value, **_because(each)}
            for each in noticed.plan.lines
            if each.is_free
        ],
        "received": [{"name": each.name, "key": each.key, "answer": each.answer} for each in noticed.case.received],
        **telling.counts(noticed.plan),
        "questions": telling.questions(noticed.plan),
    }


def _told(line: Line, noticed: Noticed) -> dict[str, Any]:
    due = _due(line, noticed)
    return {
        "name": line.material.name,
        "key": line.material.key,
        "answer": line.answer.value,
        "legal": line.legal,
        "basis": line.material.basis,
        "form": _form(line, noticed),
        "due": due.isoformat() if due else None,
        **_because(line),
    }


def _because(line: Line) -> dict[str, Any]:
    return {"because": telling.said(line.because)}


def _facts(noticed: Noticed) -> Iterator[tuple[str, str]]:
    matter, case = noticed.plan.matter, noticed.case
    yield "事项", f"{matter.name}（{matter.item_code}）"
    yield "实施机关", matter.organ_name or matter.organ
    yield "告知单位", noticed.unit
    yield "办件编号", case.number or "（咨询阶段，尚未收件）"
    if case.applicant:
        yield "申请人", case.applicant
    if noticed.situation:
        yield "办理情形", "；".join(_situation(noticed))
    if case.asked:
        yield "补正要求", case.asked
    if case.due:
        yield "补正期限", f"{case.due.isoformat()}（含当日）"
    yield "材料计数", "；".join(_counts(noticed.plan))


def _situation(noticed: Noticed) -> Iterator[str]:
    for each in noticed.plan.matter.questions:
        if each.key in noticed.situation:
            yield f"{each.zh}：{each.answers[noticed.situation[each.key]][0]}"


def _counts(plan: Plan) -> Iterator[str]:
    for name, label in ((TO_SUBMIT, "需提交"), (PROMISED, "可承诺"), (SPARED, "免提交")):
        span = plan.span(name)
        yield f"{label} {span.least} 项" if span.least == span.most else f"{label} {span.least} 至 {span.most} 项"


def _tables(noticed: Noticed) -> Iterator[Table]:
    there = {each.key for each in noticed.case.received}
    lines = [each for each in noticed.plan.lines if each.material.key not in there]
    brought = [each for each in lines if each.answer is Answer.SUBMIT]
    eased = [each for each in lines if each.answer in {Answer.LATER, Answer.PROMISED}]
    free = [each for each in lines if each.is_free]
    yield Table("需要提交的材料", _BROUGHT, tuple(_brought(each, noticed) for each in brought))
    yield Table("可以承诺或者后补的材料", _EASED, tuple(_eased(each, noticed) for each in eased))
    yield Table("不需要提交的材料及理由", _FREE, tuple(_free(each) for each in free))
    yield Table("还没有回答的问题（回答后可能增加材料）", _OPEN, tuple(_questions(noticed.plan)))
    yield Table("已经收到的材料", _THERE, tuple(_there(each) for each in noticed.case.received))
    yield Table("咨询与监督投诉", (("渠道", 44.0), ("方式", 130.0)), tuple(_where(noticed.plan)))


def _brought(line: Line, noticed: Noticed) -> tuple[str, ...]:
    due = _due(line, noticed)
    name = f"{line.material.name}（{words.roles(line.material.role)}）"
    return name, _form(line, noticed), due.isoformat() if due else "申请时", _why(line)


def _eased(line: Line, noticed: Noticed) -> tuple[str, ...]:
    known = next((each for each in noticed.case.undertaken if each.material == line.material.key), None)
    way = said(words.ANSWERS, line.answer.value)
    if known is not None:
        return line.material.name, f"{way}（已办理）", known.due.isoformat(), _why(line)
    due = _due(line, noticed)
    until = due.isoformat() if due else ("签署承诺书" if line.answer is Answer.PROMISED else "受理后补交")
    return line.material.name, way, until, _why(line)


def _free(line: Line) -> tuple[str, ...]:
    return line.material.name, said(words.ANSWERS, line.answer.value), line.because.zh


def _there(each: Received) -> tuple[str, ...]:
    return each.name, said(words.ANSWERS, each.answer), f"{each.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def _questions(plan: Plan) -> Iterator[tuple[str, ...]]:
    for each in plan.open_questions:
        yield each.zh, "；".join(zh for zh, _ in each.answers.values())


def _where(plan: Plan) -> Sequence[tuple[str, ...]]:
    elements = plan.matter.elements
    place = "；".join(each for each in (elements.handling_place, elements.handling_time) if each)
    told = (
        ("咨询", elements.contact or "向告知单位咨询"),
        ("办理地点和时间", place),
        ("监督投诉", elements.supervision or HOTLINE),
    )
    return [each for each in told if each[1]]


def _why(line: Line) -> str:
    basis = f"依据：{line.material.basis}" if line.material.basis else ""
    note = f"备注：{line.material.note}" if line.material.note else ""
    return "\n".join(each for each in (line.because.zh, basis, note) if each)


def _form(line: Line, noticed: Noticed) -> str:
    if line.material.key in noticed.forms:
        return noticed.forms[line.material.key]
    ways = [each for each in noticed.plan.matter.elements.handling_form.split("|") if each]
    return f"{NO_FORM}（{'、'.join(ways)}）" if ways else NO_FORM


def _due(line: Line, noticed: Noticed) -> date | None:
    """Give the day of a line: what was agreed in the case, what the plan says, or the end of the supplement."""
    agreed = next((each.due for each in noticed.case.undertaken if each.material == line.material.key), None)
    if agreed is not None:
        return agreed
    return line.due or (noticed.case.due if line.answer is Answer.SUBMIT else None)
