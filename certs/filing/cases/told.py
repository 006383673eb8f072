"""What is told of a case, as values: the receipt, a step, its materials and its operator. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from base.canonical import Json
from certs.filing.cases.life import Act
from keys.algorithms.sm3 import SM3

PERSON: Final = "person"
SYSTEM: Final = "system"


@dataclass(frozen=True)
class Operator:
    """Who did it: a person of a unit, or a system that decides at once (秒批) without one."""

    kind: str
    name: str = field(repr=False)
    unit: str


@dataclass(frozen=True)
class Agreement:
    """A holder's agreement that a material may serve again: for how many days, and what is kept of it as proof."""

    days: int
    kind: str
    number: str
    sm3: str = ""


@dataclass(frozen=True)
class MaterialIn:
    """A material that is handed in, or what stands in for it."""

    key: str
    name: str
    answer: str = "submit"
    get_type: str = "paper"
    get_num: int = 1
    source: str = ""
    file_name: str = ""
    content: bytes | None = field(default=None, repr=False)
    agreement: Agreement | None = None


@dataclass(frozen=True)
class Party:
    """The applicant, or whom to turn to."""

    name: str = field(repr=False)
    kind: str
    type: str
    code: str = field(repr=False)
    mobile: str = field(default="", repr=False)


@dataclass(frozen=True)
class Concerned:
    """Whom a case is about beside its applicant: as what, and for whom they act; a newborn has no code yet."""

    role: str
    name: str = field(repr=False)
    type: str
    code: str | None = field(default=None, repr=False)
    acting_for: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Received:
    """A case that is received: of which matter, from whom, where, with what."""

    key: str
    matter: str
    receiving_region: str
    receiving_window: str
    project_name: str = field(repr=False)
    applicant: Party
    operator: Operator
    contact: Party | None = None
    legal: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    zip_code: str = ""
    apply_type: str = "window"
    project_type: str = "promised"
    form: Mapping[str, Any] = field(default_factory=dict, repr=False)
    materials: tuple[MaterialIn, ...] = ()
    parties: tuple[Concerned, ...] = ()
    # The number that a centre gave it already; none means that one is given here.
    number: str | None = None
    # For whom it is carried out, where the matter's code leaves that open.
    region: str = ""
    package: str | None = None


@dataclass(frozen=True)
class Told:
    """A step that is told: under a key of the teller's own, and as the how-manieth of its case where that is known.

    `facts` are plain words, codes and times without personal data; `words` may say anything and are kept sealed.
    """

    key: str
    act: Act
    operator: Operator
    sequence: int | None = None
    days: int | None = None
    facts: Mapping[str, Json] = field(default_factory=dict)
    words: Mapping[str, Json] = field(default_factory=dict, repr=False)
    materials: tuple[MaterialIn, ...] = ()
    # What the result certificate shall say, as `POST /certificates` takes it; none where there is no certificate.
    certificate: Mapping[str, Any] | None = field(default=None, repr=False)


def receipt_of(told: Received) -> Json:
    """Give what makes two receipts the same."""
    # Where nobody else is told of, a receipt is digested as before there were others.
    others: dict[str, Json] = {"parties": [concerned_of(each) for each in told.parties]} if told.parties else {}
    return {
        **others,
        "matter": told.matter,
        "region": told.region,
        "receiving": [told.receiving_region, told.receiving_window],
        "project": [told.project_name, told.apply_type, told.project_type],
        "applicant": party_of(told.applicant),
        "contact": None if told.contact is None else party_of(told.contact),
        "where": [told.legal, told.address, told.zip_code],
        "form": dict(told.form),
        "materials": [material_of(each) for each in told.materials],
    }


def step_of(told: Told) -> Json:
    """Give what makes two steps the same; who told it and when is not part of that."""
    return {
        "act": told.act.value,
        "days": told.days,
        "facts": dict(told.facts),
        "words": dict(told.words),
        "materials": [material_of(each) for each in told.materials],
        "certificate": None if told.certificate is None else dict(told.certificate),
    }


def party_of(party: Party) -> dict[str, Json]:
    """Write a party as JSON."""
    return {"name": party.name, "kind": party.kind, "type": party.type, "code": party.code, "mobile": party.mobile}


def concerned_of(told: Concerned) -> dict[str, Json]:
    """Write somebody whom a case is about as JSON."""
    return {
        "role": told.role,
        "name": told.name,
        "type": told.type,
        "code": told.code,
        "acting_for": told.acting_for,
    }


def operator_of(operator: Operator) -> dict[str, Json]:
    """Write an operator as JSON."""
    return {"kind": operator.kind, "name": operator.name, "unit": operator.unit}


def material_of(material: MaterialIn) -> Json:
    """Write a material as JSON, its file by its digest."""
    agreed = material.agreement
    return {
        "key": material.key,
        "name": material.name,
        "answer": material.answer,
        "get": [material.get_type, material.get_num],
        "source": material.source,
        "file": [material.file_name, "" if material.content is None else SM3.of(material.content).hex()],
        "agreement": None if agreed is None else [agreed.days, agreed.kind, agreed.number, agreed.sm3],
    }
