"""A matter as those who file it meet it: its questions, its materials, and what can stand in for each. Pure.

A basic code (12 characters) may stand for several matters; the organ that carries a matter out makes 31 characters of
it, and the item that is really applied for 33. A material is asked for where all its conditions hold; what may stand in
for it is written down with its basis, where it is from, and how sure that is.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

BASIC, IMPLEMENTED, ITEM = 12, 31, 33
BETWEEN_ROLES = "|"


class Means(enum.StrEnum):
    """What can stand in for a paper."""

    CERTIFICATE = "certificate"
    SHARED = "shared"
    CHECK = "check"
    ASSISTANCE = "assistance"


class Mode(enum.StrEnum):
    """What of it is taken: fields, the whole sealed file, or a yes or no."""

    DATA = "data"
    FILE = "file"
    CHECK = "check"


class Necessity(enum.StrEnum):
    """Whether a material may be asked for at all."""

    REQUIRED = "required"
    CONDITIONAL = "conditional"
    LOCAL = "local"
    NOT_ALLOWED = "not_allowed"


class Confidence(enum.StrEnum):
    """How sure it is: in a text that was read, from memory, or made up so that there is something to show."""

    KNOWN = "known"
    MEMORY = "memory"
    ASSUMED = "assumed"


@dataclass(frozen=True)
class Condition:
    """A material is asked for when a question has one of these answers."""

    question: str
    answers: frozenset[str]

    def holds(self, situation: Mapping[str, str]) -> bool:
        """Tell whether the situation has it; a question without an answer has none."""
        return situation.get(self.question) in self.answers


@dataclass(frozen=True)
class Replacement:
    """What can stand in for a material.

    `target` is a certificate type's code, a directory's code, the name of a check at its source, or the organ that is
    asked. An empty region means that it holds everywhere.
    """

    means: Means
    target: str
    name: str
    fields: tuple[str, ...]
    mode: Mode
    basis: str
    source: str = ""
    region: str = ""
    confidence: Confidence = Confidence.KNOWN

    @property
    def is_mapped(self) -> bool:
        """Whether it names what this site can ask; else it is a wish: the paper's name is known and nothing behind it.

        A check and an organ that is asked are found by name, so theirs is always told.
        """
        return bool(self.target)


@dataclass(frozen=True)
class Material:
    """A paper that a matter asks for. `role` says whose it is: the applicant's, a spouse's, a vehicle's owner's.

    One of several persons together (the identity cards of both spouses) names them with a bar between.
    """

    key: str
    name: str
    necessity: Necessity
    basis: str
    when: tuple[Condition, ...] = ()
    replacements: tuple[Replacement, ...] = ()
    role: str = "applicant"
    may_be_promised: bool = False
    later_working_days: int | None = None
    confidence: Confidence = Confidence.KNOWN
    # What the list says beside it, and who gives the paper out.
    note: str = ""
    provider: str = ""

    @property
    def roles(self) -> tuple[str, ...]:
        """Give everyone of whom it is asked."""
        return tuple(self.role.split(BETWEEN_ROLES))

    @property
    def is_legal(self) -> bool:
        """Whether a basis for asking for it at all is on record (国令716号 七); how sure that is, `confidence` says.

        What only a locality asks for is flagged, and so is what may not be asked for.
        """
        return self.necessity in {Necessity.REQUIRED, Necessity.CONDITIONAL} and bool(self.basis.strip())


@dataclass(frozen=True)
class Question:
    """A question that decides which materials are asked for, and its answers by key.

    One that has conditions is asked only where all of them hold.
    """

    key: str
    zh: str
    en: str
    answers: Mapping[str, tuple[str, str]]
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Elements:
    """The elements of a matter (GB/T 39554, the national tables) that say how it is handled.

    Days that are counted otherwise than as working days are told in `term_note` and not here.
    """

    task_type: str = ""
    by_law: str = ""
    served: str = ""
    project_type: str = ""
    accept_condition: str = ""
    legal_working_days: int | None = None
    promised_working_days: int | None = None
    term_note: str = ""
    handling_form: str = ""
    handling_flow: str = ""
    handling_area: str = ""
    handling_place: str = ""
    handling_time: str = ""
    visits: int | None = None
    online_depth: str = ""
    fee: str = ""
    contact: str = ""
    supervision: str = ""
    result_name: str = ""
    result_kind: str = ""


@dataclass(frozen=True)
class Matter:
    """A matter in one version: who carries it out where, what it asks, and what its result is.

    `organ` is the implementing organ's unified credit code, as it stands in the item code; `effective_until` is the
    first day on which the version no longer holds; `result_type` is a certificate type's code.
    """

    item_code: str
    name: str
    organ: str
    region: str
    version: int
    effective_from: date
    effective_until: date | None
    questions: tuple[Question, ...]
    materials: tuple[Material, ...]
    result_type: str | None = None
    confidence: Confidence = Confidence.ASSUMED
    organ_name: str = ""
    source: str = ""
    elements: Elements = Elements()

    @property
    def level(self) -> str:
        """Give the level at which it is carried out: 1 the nation, 2 province, 3 city, 4 county, 5 town, 6 village."""
        return self.item_code[18]

    @property
    def basic_code(self) -> str:
        """Give the 12 characters of the catalogue."""
        return self.item_code[19:31]

    @property
    def implementation_code(self) -> str:
        """Give the 31 characters of the organ that carries it out."""
        return self.item_code[:IMPLEMENTED]
