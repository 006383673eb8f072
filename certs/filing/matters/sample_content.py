"""What the sandbox's matters say: the hundred of the list and six beside it, carried out by invented organs. Pure.

The 17 whose materials are known ask for what the table says; for the others an application form, the proof of who
applies, an agent's papers and, where the result is a certificate, the one that is changed or renewed. All of that is
assumed and says so, like every organ and every number of days.
"""

import functools
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from certs.filing.matter import Condition, Confidence, Elements, Material, Matter, Means, Necessity, Question
from certs.filing.matters import annex
from certs.filing.matters.annex import Listed
from certs.filing.matters.material_rows import MaterialRow
from exchange.agreements import matters as code_list

# From this day on; before it the sandbox's invented province has no matters.
FIRST_DAY: Final = date(2025, 1, 1)
_LEVELS: Final = {"省级": "province", "市级": "city", "县级": "county", "乡镇级": "town"}
# How the region of a province and of a city ends, and the level's digit in an implementation's code; a longer one is
# that of a town.
_DIGITS: Final = (("0000", "2"), ("00", "3"))
_OF_COUNTY: Final = 6
_TYPES: Final = {
    "01": "行政许可",
    "05": "行政给付",
    "07": "行政确认",
    "08": "行政奖励",
    "10": "其他行政权力",
    "20": "公共服务",
}
_YES_OR_NO: Final = {"yes": ("是", "Yes"), "no": ("否", "No")}


@dataclass(frozen=True)
class Organ:
    """An organ that carries matters out."""

    code: str
    name: str
    region: str


@dataclass(frozen=True)
class Invented:
    """A matter of the sandbox, and the rows that say what can stand in for its materials."""

    matter: Matter
    rows: tuple[MaterialRow, ...]
    levels: tuple[str, ...]
    department: str
    system: str


def invented(organs: Mapping[str, Organ], types: Mapping[str, str]) -> Iterator[Invented]:
    """Give every matter; `organs` are known by their short names, `types` are certificate types' codes by name."""
    taken: dict[str, int] = {}
    for entry in (*code_list.matters(), *_beside_the_list()):
        listed = annex.listed().get(entry.name) or _told(entry.name) or _generated(entry.name)
        for short in _organs(entry):
            organ = organs[short]
            stem = organ.code + _digit(organ.region) + entry.code
            taken[stem] = taken.get(stem, 0) + 1
            made = _matter(f"{stem}{taken[stem]:02d}", entry, organ, listed, types)
            yield Invented(made, listed.rows, entry.levels, entry.department, entry.system)


@functools.cache
def told() -> Mapping[str, Any]:
    """Read what is invented."""
    text = resources.files("certs.filing.matters").joinpath("sample_matters.toml").read_text("utf-8")
    return MappingProxyType(tomllib.loads(text))


def _beside_the_list() -> tuple[code_list.Matter, ...]:
    """Give the matters that are not among the hundred: those whose materials are known, and those of packages."""
    known = {each.name for each in code_list.matters()}
    listed = [(each.code, each.name) for each in annex.listed().values() if each.name not in known]
    packaged = [(each["code"], each["name"]) for each in told()["beside"]]
    return tuple(code_list.Matter(*each, ("市级", "县级"), "", "清单外") for each in (*listed, *packaged))


def _organs(entry: code_list.Matter) -> tuple[str, ...]:
    """Choose who carries it out: who is named, a department of the city, the county's bureau, what the level has."""
    if entry.name in told()["named"]:
        return (told()["named"][entry.name],)
    levels = [_LEVELS[each] for each in entry.levels if each in _LEVELS]
    own = _of_department("city", entry) if "city" in levels else ""
    if own and entry.name in told()["twice"]["matters"]:
        return own, told()["elsewhere"]["county"]
    if own:
        return (own,)
    level = next((each for each in ("county", "town", "city") if each in levels), "province")
    return (_of_department(level, entry) or told()["elsewhere"][level],)


def _of_department(level: str, entry: code_list.Matter) -> str:
    words: Mapping[str, str] = told()["organs"].get(level, {})
    return next((short for word, short in words.items() if word in entry.department + entry.name), "")


def _digit(region: str) -> str:
    """Give the digit of the level at which an organ of a region acts."""
    if len(region) > _OF_COUNTY:
        return "5"
    return next((digit for ending, digit in _DIGITS if region.endswith(ending)), "4")


def _matter(item_code: str, entry: code_list.Matter, organ: Organ, listed: Listed, types: Mapping[str, str]) -> Matter:
    result = listed.result or told()["results"].get(entry.name, "")
    return Matter(
        item_code=item_code,
        name=entry.name,
        organ=organ.code,
        region=organ.region[:6],
        version=0,
        effective_from=FIRST_DAY,
        effective_until=None,
        questions=listed.questions,
        materials=listed.materials,
        result_type=types.get(result),
        confidence=Confidence.ASSUMED,
        organ_name=organ.name,
        source=code_list.source(),
        elements=_elements(entry, result),
    )


def _elements(entry: code_list.Matter, result: str) -> Elements:
    return Elements(
        task_type=_TYPES.get(entry.code[2:4], ""),
        served="自然人" if _is_for_persons(entry.name) else "法人、非法人组织",
        project_type="承诺件",
        accept_condition="材料齐全、符合法定形式（演示）",
        legal_working_days=20,
        promised_working_days=5,
        term_note="演示时限，未核",
        handling_form="窗口办理|网上办理",
        visits=0,
        fee="不收费（演示）",
        result_name=result or "办理结果通知书",
        result_kind="证照" if result else "批文",
    )


def _is_for_persons(name: str) -> bool:
    return any(word in name for word in told()["persons"]["words"])


@functools.cache
def _told(name: str) -> Listed | None:
    """Give what a matter of a package asks for, as it is written down beside its name; none where it is not."""
    found = next((each for each in told()["beside"] if each["name"] == name), None)
    if found is None:
        return None
    rows = [
        replace(_row(place, paper, Means(means) if means else None, resource), role=role)
        for place, (paper, means, resource, role) in enumerate(found["materials"], start=1)
    ]
    materials = tuple(annex.material_of(row, f"m{place:02d}", ()) for place, row in enumerate(rows, start=1))
    return Listed(found["code"], name, "", (), materials, tuple(rows))


def _generated(name: str) -> Listed:
    """Make up what a matter asks for; the same every time."""
    result = told()["results"].get(name, "")
    who, paper = ("申请人身份证明", "居民身份证") if _is_for_persons(name) else ("主体资格证明", "营业执照")
    agent = Question("agent", "是否委托他人办理", "Does an agent file?", dict(_YES_OR_NO))
    kind = {"new": ("新办", "New"), "change": ("变更", "Change"), "renewal": ("延续", "Renewal")}
    questions = (Question("kind", "办理情形", "What is applied for", kind), agent) if result else (agent,)
    by_agent = (Condition("agent", frozenset({"yes"})),)
    made = [
        (_row(1, "申请表", None, ""), ()),
        (_row(2, who, Means.CERTIFICATE, paper), ()),
        (_row(3, "符合办理条件的说明材料", None, ""), ()),
        (replace(_row(4, "委托书", None, ""), necessity=Necessity.CONDITIONAL), by_agent),
        (
            replace(
                _row(5, "经办人身份证明", Means.CERTIFICATE, "居民身份证"),
                necessity=Necessity.CONDITIONAL,
                role="agent",
            ),
            by_agent,
        ),
    ]
    if result:
        again = (Condition("kind", frozenset({"change", "renewal"})),)
        held = replace(_row(6, f"原{result}", Means.CERTIFICATE, result), necessity=Necessity.CONDITIONAL)
        made.append((held, again))
    materials: list[Material] = [
        annex.material_of(row, f"m{place:02d}", when) for place, (row, when) in enumerate(made, start=1)
    ]
    return Listed("", name, result, questions, tuple(materials), tuple(row for row, _ in made))


def _row(number: int, name: str, means: Means | None, resource: str) -> MaterialRow:
    generated = told()["generated"]
    return MaterialRow(
        number=number,
        code="",
        matter="",
        situation="",
        material=name,
        necessity=Necessity.REQUIRED,
        means=means,
        resources=(resource,) if resource else (),
        target="",
        provider="" if means else "申请人",
        fields=(),
        basis=generated["basis"],
        note=generated["source"],
        confidence=Confidence.ASSUMED,
    )
