"""Invented matters with good defaults, so that a test shows only what is peculiar."""

from datetime import date
from typing import Any

from base.callers import Caller
from certs.filing.matter import Condition, Elements, Material, Matter, Necessity, Question
from tests.keys.parties.builders import CITY, PROVINCE

AUTHORITY = Caller("person", "authority", "authority", PROVINCE, frozenset({"authority"}))
SECOND = Caller("person", "second", "second", PROVINCE, frozenset({"authority"}))
STEWARD = Caller("person", "steward", "steward", CITY, frozenset({"steward"}))
STRANGER = Caller("person", "stranger", "stranger", PROVINCE, frozenset({"steward"}))
WINDOW = Caller("system", "gm", "gm", CITY, scopes=frozenset({"cert:read", "filing:write"}))
NOBODY = Caller("system", "bare", "bare", CITY)
PEOPLE = (AUTHORITY, SECOND, STEWARD, STRANGER, WINDOW, NOBODY)

BASIC = "000123010000"
CITY_REGION, COUNTY_REGION = "320900", "320902"
FIRST_DAY = date(2026, 1, 1)

KIND = Question("kind", "办理情形", "What is applied for", {"new": ("新办", "New"), "renewal": ("延续", "Renewal")})
AIR = Question(
    "air",
    "是否使用集中空调",
    "Is there central air conditioning?",
    {"yes": ("是", "Yes"), "no": ("否", "No")},
    (Condition("kind", frozenset({"new"})),),
)


def item_code(organ: str = CITY, level: str = "3", basic: str = BASIC, item: str = "01") -> str:
    """Put the 33 characters together."""
    return organ + level + basic + item


def material(name: str = "申请表", **peculiar: Any) -> Material:
    """Make a material."""
    told: dict[str, Any] = {"key": name, "name": name, "necessity": Necessity.REQUIRED, "basis": "演示条例第一条"}
    return Material(**{**told, **peculiar})


def materials() -> tuple[Material, ...]:
    """Make the materials of the usual matter."""
    return (
        material(),
        material("营业执照"),
        material("空调检测报告", necessity=Necessity.CONDITIONAL, when=(Condition("air", frozenset({"yes"})),)),
        material("原许可证", when=(Condition("kind", frozenset({"renewal"})),)),
        material("房屋产权证明", necessity=Necessity.NOT_ALLOWED, basis=""),
    )


def matter(code: str = "", **peculiar: Any) -> Matter:
    """Make a matter that the city carries out."""
    code = code or item_code()
    told: dict[str, Any] = {
        "item_code": code,
        "name": "演示场所许可",
        "organ": code[:18],
        "region": CITY_REGION,
        "version": 0,
        "effective_from": FIRST_DAY,
        "effective_until": None,
        "questions": (KIND, AIR),
        "materials": materials(),
        "organ_name": "演示市卫生健康委员会",
        "elements": Elements(legal_working_days=20, promised_working_days=5, handling_form="窗口|网上"),
    }
    return Matter(**{**told, **peculiar})
