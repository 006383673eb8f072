"""A plan as it is told outside: every member of a material is there, whatever its answer. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from base.canonical import Json
from certs.filing.matter import Question
from certs.filing.plans import reasons
from certs.filing.plans.bounds import PROMISED, SPARED, TO_SUBMIT
from certs.filing.plans.gaps import Difference, Gap
from certs.filing.plans.offers import Obstacle
from certs.filing.plans.plan import Fallback, Line, Plan, Source
from certs.filing.plans.reasons import Said

Told = dict[str, Any]


def plan(planned: Plan, prefill: Mapping[str, Any]) -> Told:
    """Tell a plan."""
    return {
        "matter": matter(planned),
        "region": planned.region,
        "materials": [_line(each) for each in planned.lines],
        "prefill": dict(prefill),
        **counts(planned),
        "burden": planned.burden._asdict(),
        "questions": questions(planned),
    }


def counts(planned: Plan) -> dict[str, int]:
    """Tell how many materials are spared, brought and promised at least, and at most while questions are open."""
    told: dict[str, int] = {}
    for name in (SPARED, TO_SUBMIT, PROMISED):
        span = planned.span(name)
        told |= {name: span.least, f"{name}_at_most": span.most}
    return told


def questions(planned: Plan) -> list[Told]:
    """Tell which questions are still to be put: what hangs on them is not planned yet."""
    return [_question(each) for each in planned.open_questions]


def matter(planned: Plan) -> Told:
    """Tell which matter in which version was planned."""
    of = planned.matter
    return {
        "item_code": of.item_code,
        "name": of.name,
        "organ": of.organ,
        "organ_name": of.organ_name,
        "region": of.region,
        "version": of.version,
        "confidence": of.confidence.value,
    }


def difference(told: Difference) -> Told:
    """Tell a material that is answered otherwise."""
    return {
        "name": told.material.name,
        "key": told.material.key,
        "before": told.before.value if told.before else None,
        "after": told.after.value if told.after else None,
        "because": said(told.because),
    }


def gap(told: Gap) -> Told:
    """Tell a gap."""
    return {
        "kind": told.kind,
        "means": told.target[0].value,
        "target": told.target[1],
        "name": told.name,
        "because": said(told.said),
        "cases": told.cases,
        "matters": list(told.matters),
        "materials": [{"matter": item_code, "name": name} for item_code, name in told.materials],
        "confidence": told.confidence,
    }


def said(told: Said) -> dict[str, str]:
    """Tell a sentence in both languages."""
    return {"zh": told.zh, "en": told.en}


def _line(line: Line) -> Told:
    return {
        "name": line.material.name,
        "key": line.material.key,
        "role": line.material.role,
        "needed": line.needed,
        "answer": line.answer.value,
        "legal": line.legal,
        "basis": line.material.basis,
        "source": _source(line.source) if line.source else {},
        "because": said(line.because),
        "fallback": fallback(line.fallback) if line.fallback else {},
        "due": _day(line.due),
        "would_be_free_if": _ways(line.would_be_free_if),
        "confidence": line.material.confidence.value,
    }


def _source(source: Source) -> Told:
    of, offer = source.replacement, source.offer
    return {
        "means": of.means.value,
        "code": of.target,
        "name": of.name,
        "mode": of.mode.value,
        "fields": list(of.fields),
        "role": source.role,
        "provider": of.source,
        "basis": of.basis,
        "grant": offer.grant,
        "consent": offer.consent,
        "standing": offer.standing.value,
        "health": offer.health,
        "as_of": offer.as_of.isoformat() if offer.as_of else None,
        "beside": list(source.beside),
        "confidence": of.confidence.value,
    }


def fallback(told: Fallback) -> Told:
    """Tell what happens where a source does not answer."""
    return {
        "answer": told.answer.value,
        "name": told.name,
        "because": said(told.because),
        "due": _day(told.due),
    }


def _ways(obstacles: Sequence[Obstacle]) -> list[Json]:
    return [
        {
            "kind": each.kind,
            "means": each.replacement.means.value,
            "code": each.replacement.target,
            "name": each.replacement.name,
            "reason": each.facts.get("reason", ""),
            **said(reasons.would_free(each)),
        }
        for each in obstacles
    ]


def _question(question: Question) -> Told:
    answers = [{"key": key, "zh": zh, "en": en} for key, (zh, en) in question.answers.items()]
    return {"key": question.key, "zh": question.zh, "en": question.en, "answers": answers}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
