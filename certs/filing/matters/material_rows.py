"""A row of a table of materials (事项材料与证照对照), as offices keep it, read as values. Pure.

A row names a matter, a situation in words, a material, whether it may be asked for, what can stand in for it and where
that is from. Codes of certificate types and directories are found by name elsewhere (`targets`), and situations become
questions elsewhere (`situation_words`).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from certs.filing.matter import Confidence, Means, Necessity

NECESSITIES: Final[Mapping[str, Necessity]] = {
    "必要": Necessity.REQUIRED,
    "情形必要": Necessity.CONDITIONAL,
    "地方要求": Necessity.LOCAL,
    "不应收取": Necessity.NOT_ALLOWED,
}
# What stands in for the paper; a paper that is handed in or cancelled has nothing that does.
WAYS: Final[Mapping[str, Means | None]] = {
    "证照": Means.CERTIFICATE,
    "数据": Means.SHARED,
    "核验": Means.CHECK,
    "行政协助": Means.ASSISTANCE,
    "提交": None,
    "取消": None,
}
CONFIDENCES: Final[Mapping[str, Confidence]] = {
    **{each.value: each for each in Confidence},
    "已核": Confidence.KNOWN,
    "记忆": Confidence.MEMORY,
    "推定": Confidence.ASSUMED,
}
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "code": ("事项编码", "基本编码", "业务办理项编码", "item_code"),
    "matter": ("事项名称", "matter"),
    "situation": ("情形", "situation"),
    "material": ("材料名称", "material"),
    "necessity": ("必要性", "necessity"),
    "way": ("替代方式", "way"),
    "resource": ("证照或资源名称", "resource"),
    "target": ("目标代码", "证照类型代码", "资源代码", "target"),
    "provider": ("提供单位", "provider"),
    "fields": ("所需字段", "fields"),
    "basis": ("依据", "basis"),
    "confidence": ("可信度", "confidence"),
    "role": ("持有人角色", "role"),
    "promise": ("可告知承诺", "may_be_promised"),
    "later": ("容缺工作日", "later_working_days"),
    "region": ("适用区划", "region"),
}
# Rows of names that say what is done and not what there is: （表单预填）.
_REMARK: Final = re.compile(r"（[^（）]*）\Z")
_BESIDE_THE_LIST: Final = "清单外"
ASSISTED: Final = "行政协助"


@dataclass(frozen=True)
class MaterialRow:
    """A row: what it says of the material, and what of what could stand in for it."""

    number: int
    code: str
    matter: str
    situation: str
    material: str
    necessity: Necessity
    means: Means | None
    resources: tuple[str, ...]
    target: str
    provider: str
    fields: tuple[str, ...]
    basis: str
    note: str
    confidence: Confidence
    role: str = "applicant"
    may_be_promised: bool = False
    later_working_days: int | None = None
    region: str = ""

    @property
    def may_be_asked_of_the_provider(self) -> bool:
        """Whether the row says that an organ is asked where nothing is collected (未归集则行政协助)."""
        return self.means is not None and ASSISTED in self.note + self.provider


def read(number: int, told: Mapping[str, str]) -> MaterialRow:
    """Read a row whose cells were looked through (`faults`)."""
    basis, note = _basis(told.get("basis", ""))
    later = told.get("later", "")
    return MaterialRow(
        number=number,
        code=told.get("code", ""),
        matter=told.get("matter", ""),
        situation=told.get("situation", ""),
        material=told["material"],
        necessity=NECESSITIES[told["necessity"]],
        means=WAYS[told["way"]],
        resources=_resources(told.get("resource", "")),
        target=told.get("target", ""),
        provider=told.get("provider", ""),
        fields=tuple(each.strip() for each in told.get("fields", "").split("|") if each.strip()),
        basis=basis,
        note=note,
        confidence=CONFIDENCES[told.get("confidence") or "known"],
        role=told.get("role") or "applicant",
        may_be_promised=told.get("promise", "") in YES,
        later_working_days=int(later) if later else None,
        region=told.get("region", ""),
    )


YES: Final = frozenset({"是", "yes", "true", "1"})
NO: Final = frozenset({"", "否", "no", "false", "0"})
# 容缺 is for days or weeks; whoever writes a year means something else.
LONGEST_LATER: Final = 250


def faults(told: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Tell what is wrong with a row's cells: the column and a stable code."""
    if not told.get("material"):
        yield "material", "empty"
    for column, words in (("necessity", NECESSITIES), ("way", WAYS)):
        if told.get(column, "") not in words:
            yield column, "not-in-list"
    if told.get("confidence") and told["confidence"] not in CONFIDENCES:
        yield "confidence", "not-in-list"
    if told.get("promise", "") not in YES | NO:
        yield "promise", "not-yes-or-no"
    later = told.get("later", "")
    if later and not (later.isdecimal() and later.isascii() and 0 < int(later[:4]) <= LONGEST_LATER and len(later) < 4):  # noqa: PLR2004
        yield "later", "not-a-number-of-days"
    means = WAYS.get(told.get("way", ""))
    if means is not None and not told.get("resource"):
        yield "resource", "empty"


def _resources(text: str) -> tuple[str, ...]:
    """Split the names of what there is; what stands in brackets alone is a remark and no name."""
    if _REMARK.fullmatch(text):
        return ()
    return tuple(each.strip() for each in text.split("；") if each.strip())


def _basis(text: str) -> tuple[str, str]:
    """Take the basis apart from what is noted behind it."""
    parts = [each.strip() for each in text.split("；") if each.strip()]
    if len(parts) > 1 and parts[0].startswith(_BESIDE_THE_LIST):
        return parts[1], "；".join([parts[0], *parts[2:]])
    return (parts[0], "；".join(parts[1:])) if parts else ("", "")
