"""What a version of a matter says as plain JSON, as it is kept and as its digest is made, and back. Pure.

What can stand in for a material is not part of a version: correspondence has a life of its own, by code, material and
day. Values that an older release wrote and this one does not know are refused by their enumerations, never guessed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from certs.filing.matter import (
    Condition,
    Confidence,
    Elements,
    Material,
    Means,
    Mode,
    Necessity,
    Question,
    Replacement,
)

Json = dict[str, Any]


def elements(told: Mapping[str, Any]) -> Elements:
    """Read the elements."""
    known = {each.name for each in fields(Elements)}
    return Elements(**{name: value for name, value in told.items() if name in known})


def elements_document(told: Elements) -> Json:
    """Write the elements, without those that say nothing."""
    return {name: value for name, value in vars(told).items() if value not in ("", None)}


def questions(told: Iterable[Mapping[str, Any]]) -> tuple[Question, ...]:
    """Read questions."""
    return tuple(_question(each) for each in told)


def question_document(told: Question) -> Json:
    """Write a question."""
    answers = {key: list(words) for key, words in told.answers.items()}
    return {"key": told.key, "zh": told.zh, "en": told.en, "answers": answers, "when": _when_documents(told.when)}


def materials(told: Iterable[Mapping[str, Any]]) -> tuple[Material, ...]:
    """Read materials, without what can stand in for them."""
    return tuple(_material(each) for each in told)


def material_document(told: Material) -> Json:
    """Write a material, without what can stand in for it."""
    return {
        "key": told.key,
        "name": told.name,
        "necessity": told.necessity.value,
        "basis": told.basis,
        "when": _when_documents(told.when),
        "role": told.role,
        "may_be_promised": told.may_be_promised,
        "later_working_days": told.later_working_days,
        "confidence": told.confidence.value,
        "note": told.note,
        "provider": told.provider,
    }


def replacement(told: Mapping[str, Any]) -> Replacement:
    """Read what can stand in for a material."""
    return Replacement(
        means=Means(told["means"]),
        target=told["target"],
        name=told["name"],
        fields=tuple(told["fields"]),
        mode=Mode(told["mode"]),
        basis=told["basis"],
        source=told["source"],
        region=told["region"],
        confidence=Confidence(told["confidence"]),
    )


def _question(told: Mapping[str, Any]) -> Question:
    answers = {key: (words[0], words[1]) for key, words in told["answers"].items()}
    return Question(told["key"], told["zh"], told["en"], MappingProxyType(answers), _when(told.get("when", ())))


def _material(told: Mapping[str, Any]) -> Material:
    return Material(
        key=told["key"],
        name=told["name"],
        necessity=Necessity(told["necessity"]),
        basis=told["basis"],
        when=_when(told["when"]),
        role=told["role"],
        may_be_promised=told["may_be_promised"],
        later_working_days=told["later_working_days"],
        confidence=Confidence(told["confidence"]),
        note=told["note"],
        provider=told["provider"],
    )


def _when(told: Iterable[Mapping[str, Any]]) -> tuple[Condition, ...]:
    return tuple(Condition(each["question"], frozenset(each["answers"])) for each in told)


def _when_documents(told: Iterable[Condition]) -> list[Json]:
    return [{"question": each.question, "answers": sorted(each.answers)} for each in told]
