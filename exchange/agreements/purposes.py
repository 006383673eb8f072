"""What somebody wants data for: a matter at a stage, on a basis and a ground, by an operator, received in a region.

Decided here: whether a purpose is well-formed and hangs together, and which matter codes an agreed code takes in. Not
decided here: whether the purpose is granted (`exchange.agreements.contracts`), and whether the case it names exists: a
use may come before its case (办理前共享复用) and is bound to it later.

Codes: GB/T 39554.1-2020. 12 digits are the 基本编码; 31 characters the 实施编码, which is the implementing organ's
credit code, the level at which it acts, and the 12; 33 the 业务办理项编码, which is the 31 and two digits more.
"""

import enum
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from base.identifiers import CREDIT_ALPHABET, read_region_code

# The national tables keep names in varchar(200) and case numbers in varchar(50); some cities' numbers are longer.
LONGEST_NAME: Final = 200
LONGEST_NUMBER: Final = 64
LONGEST_REASON: Final = 500
LONGEST_CODE: Final = 64

_ORGAN: Final = f"[{CREDIT_ALPHABET}]{{18}}"
# 1 the nation, 2 province, 3 city, 4 county, 5 town, 6 village.
_LEVEL: Final = "[1-6]"
_MATTER: Final = re.compile(
    rf"(?:(?P<organ>{_ORGAN}){_LEVEL})?(?P<basic>[0-9]{{12}})(?P<item>(?<=[0-9]{{12}})[0-9]{{2}})?"
)
BASIC, IMPLEMENTED, HANDLED = 12, 31, 33


class Stage(enum.StrEnum):
    """How far the matter is: before a case, at the window, accepted, reviewed; an inspection; or an agreed use."""

    GUIDANCE = "guidance"
    INTAKE = "intake"
    ACCEPTANCE = "acceptance"
    REVIEW = "review"
    INSPECTION = "inspection"
    AGREEMENT = "agreement"


class BasisKind(enum.StrEnum):
    """What carries the number: 收件号, 办件编号, 执法任务号 or an agreement."""

    INTAKE = "intake"
    CASE = "case"
    TASK = "task"
    AGREEMENT = "agreement"


class Ground(enum.StrEnum):
    """Why it is allowed: by duty (依职权), by the holder's own act, or by an agreement."""

    STATUTORY = "statutory"
    HOLDER = "holder"
    AGREEMENT = "agreement"


class OperatorKind(enum.StrEnum):
    """Who works: a person, or a system where nobody does (秒批)."""

    PERSON = "person"
    SYSTEM = "system"


# Which numbers a stage can name. An inspection may grow out of a case; an agreed use names its agreement.
BASES_OF: Final[Mapping[Stage, frozenset[BasisKind]]] = MappingProxyType(
    {
        Stage.GUIDANCE: frozenset({BasisKind.INTAKE, BasisKind.CASE}),
        Stage.INTAKE: frozenset({BasisKind.INTAKE, BasisKind.CASE}),
        Stage.ACCEPTANCE: frozenset({BasisKind.INTAKE, BasisKind.CASE}),
        Stage.REVIEW: frozenset({BasisKind.INTAKE, BasisKind.CASE}),
        Stage.INSPECTION: frozenset({BasisKind.TASK, BasisKind.CASE}),
        Stage.AGREEMENT: frozenset({BasisKind.AGREEMENT}),
    }
)
# Before a case there is no number to name.
WITHOUT_BASIS: Final = frozenset({Stage.GUIDANCE})
# A duty needs no agreement: who acts under one acts on it or on the holder's word.
GROUNDS_OF_AGREED_USE: Final = frozenset({Ground.AGREEMENT, Ground.HOLDER})


@dataclass(frozen=True)
class Basis:
    """The number under which the use is on file."""

    kind: BasisKind
    number: str


@dataclass(frozen=True)
class Operator:
    """Who works on the matter, and in which unit."""

    kind: OperatorKind
    name: str
    unit: str

    def __repr__(self) -> str:
        return f"Operator({self.kind.value}, …)"


@dataclass(frozen=True)
class Purpose:
    """What the data is for."""

    item_code: str
    item_name: str
    stage: Stage
    basis: Basis | None
    ground: Ground
    grant_code: str | None
    operator: Operator
    handling_region: str
    reason: str


@dataclass(frozen=True)
class PurposeFault:
    """Something wrong in a purpose: the members that lead to it, and a stable code."""

    path: tuple[str, ...]
    code: str

    @property
    def pointer(self) -> str:
        """Give the place as a JSON pointer within the purpose."""
        return "#/" + "/".join(self.path)


def faults(purpose: Purpose) -> list[PurposeFault]:
    """Tell every fault of a purpose, in the order of its members; none means that it can be judged."""
    return [PurposeFault(tuple(path.split("/")), code) for path, code in _faults(purpose)]


def is_matter_code(text: str) -> bool:
    """Tell whether a text has the shape of a matter's code."""
    return len(text) in {BASIC, IMPLEMENTED, HANDLED} and _MATTER.fullmatch(text) is not None


def basic_code(item_code: str) -> str:
    """Give the 12 digits that every form of a matter's code carries."""
    return item_code if len(item_code) == BASIC else item_code[19:IMPLEMENTED]


def implementing_organ(item_code: str) -> str | None:
    """Give the credit code of the organ that decides the matter; the 12 digits alone do not say it."""
    return None if len(item_code) == BASIC else item_code[:18]


def covers(granted: str, asked: str) -> bool:
    """Tell whether a granted code takes in the one asked: 12 digits take in their longer forms, never the reverse."""
    if len(granted) == BASIC:
        return basic_code(asked) == granted
    return asked.startswith(granted)


def _faults(purpose: Purpose) -> Iterator[tuple[str, str]]:
    if not is_matter_code(purpose.item_code):
        yield "item_code", "not-a-matter-code"
    yield from _text("item_name", purpose.item_name, LONGEST_NAME)
    yield from _basis_faults(purpose)
    if purpose.stage is Stage.AGREEMENT and purpose.ground not in GROUNDS_OF_AGREED_USE:
        yield "ground", "not-at-this-stage"
    if purpose.grant_code is not None:
        yield from _text("grant_code", purpose.grant_code, LONGEST_CODE)
    yield from _text("operator/name", purpose.operator.name, LONGEST_NAME)
    yield from _text("operator/unit", purpose.operator.unit, LONGEST_NAME)
    if not read_region_code(purpose.handling_region).exact:
        yield "handling_region", "not-a-region"
    yield from _text("reason", purpose.reason, LONGEST_REASON)


def _basis_faults(purpose: Purpose) -> Iterator[tuple[str, str]]:
    basis = purpose.basis
    if basis is None:
        if purpose.stage not in WITHOUT_BASIS:
            yield "basis", "needed-at-this-stage"
        return
    if basis.kind not in BASES_OF[purpose.stage]:
        yield "basis/kind", "not-at-this-stage"
    yield from _text("basis/number", basis.number, LONGEST_NUMBER)


def _text(path: str, text: str, longest: int) -> Iterator[tuple[str, str]]:
    if not text.strip():
        yield path, "empty"
    elif len(text) > longest:
        yield path, "too-long"
    elif not text.isprintable():
        yield path, "not-printable"
