"""Reads the answer of a library that speaks as this house does, believing only what was asked for. Pure.

An answer is believed as far as it has the agreed form, its certificates are of the type that was asked for, and each
says that it is the one, or the holder's, who was asked about: by its identifier, by a confirmation (`confirmation`), or
by the holder's code and name in plain, where grants give them. How a certificate stands is believed no sooner: a
revocation that is somebody else's must not be told of this holder. Else the answer is kept as evidence, and counts as
none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from base import strict_json
from base.strict_json import MalformedJson
from certs.drafts import Content, Holder
from certs.libraries import confirmation
from certs.libraries.answers import NOT_COVERED, NOT_FOUND, Answer, Entry, Named, Question
from certs.libraries.names import same_name
from certs.libraries.unanswered import LATER, REFUSED, SILENT
from certs.life import Standing
from certs.types.certificate_type import Holding
from exchange.door.outcomes import Outcome

# What another library may answer; that it denies is about its own grants, which this house's callers never see.
_TAKEN: Final = {
    "not_found": NOT_FOUND,
    "not_covered": NOT_COVERED,
    "source_down": SILENT,
    "denied": REFUSED,
    "pending": LATER,
}


@dataclass(frozen=True)
class _Told:
    """A certificate as it was told: what is read of it, and what says whose it is."""

    entry: Entry
    code: str | None
    name: str | None
    confirmation: str | None


def read(content: bytes, question: Question) -> Answer:
    """Read an answer, believing only what was asked for."""
    differs = Answer(Outcome.SOURCE_DOWN, "source-differs", evidence=content)
    try:
        told = strict_json.parse(content)
        outcome = told["outcome"]
        if outcome != Outcome.FOUND or not told["certificates"]:
            return _TAKEN.get(outcome, differs)
        usage = _text(told, "usage_id") if "usage_id" in told else ""
        certificates = [_certificate(each, question.holder) for each in told["certificates"]]
    except (MalformedJson, KeyError, TypeError, ValueError, AttributeError):
        return differs
    if not all(_can_be_judged(each, question) for each in certificates):
        return differs
    if not all(_is_asked_for(each, question, usage) for each in certificates):
        return Answer(Outcome.SOURCE_DOWN, "wrong-holder", evidence=content)
    return Answer(Outcome.FOUND, "found", tuple(_served(each.entry) for each in certificates))


def _certificate(told: Mapping[str, Any], named: Named | None) -> _Told:
    """Read one certificate. Raises `KeyError`, `TypeError`, `ValueError`."""
    data, standing = dict(told["data"]), Standing(told["status"])
    confirmed = _text(told, "confirmation") if "confirmation" in told else None
    code, name = _plain(data, "holder_code"), _plain(data, "holder_name")
    dates = {each: data.pop(each, None) for each in ("issued_on", "valid_from", "valid_until")}
    issuer, region = str(data.pop("issuer", "")), str(data.pop("region", ""))
    # What is confirmed is whom the question named, in the question's own spelling; a mask may stand in the answer's.
    holder = Holder(code or "", "", name or "")
    if confirmed is not None and named is not None:
        holder = Holder(named.code, named.type, named.name)
    content = Content(str(told["number"]), (holder,), data)
    entry = Entry(
        str(told["identifier"]),
        str(told["type"]),
        issuer,
        region,
        Holding(told["holding"]),
        standing,
        _day(dates["issued_on"]),
        _day(dates["valid_from"]),
        _day(dates["valid_until"]),
        told.get("superseded_by"),
        content,
        told_holders=(Holder(code, "", name or ""),) if code else (),
    )
    return _Told(entry, code, name, confirmed)


def _can_be_judged(told: _Told, question: Question) -> bool:
    """Tell whether it is of the type that was asked for, and anything says whose it is."""
    if question.type is None or told.entry.type != question.type.code:
        return False
    if question.identifier or told.confirmation is not None:
        return True
    if question.number:
        return told.entry.content is not None and bool(told.entry.content.number)
    return told.code is not None and told.name is not None


def _is_asked_for(told: _Told, question: Question, usage: str) -> bool:
    """Tell whether a certificate is the one, or the holder's, that was asked for."""
    if question.identifier:
        return told.entry.identifier == question.identifier
    if told.confirmation is not None:
        return bool(usage) and confirmation.fits(told.confirmation, _expected(question, usage))
    if question.number:
        return told.entry.content is not None and told.entry.content.number == question.number
    named = question.holder
    return named is not None and told.code == named.code and same_name(told.name or "", named.name)


def _expected(question: Question, usage: str) -> str:
    if question.number:
        return confirmation.of_number(usage, question.types[0].code, question.number)
    named = question.holder
    return confirmation.of_holder(usage, Holder(named.code, named.type, named.name)) if named is not None else ""


def _served(entry: Entry) -> Entry:
    """Leave what a certificate says only where it serves."""
    return entry if entry.standing is Standing.VALID else replace(entry, content=None)


def _plain(data: dict[str, Any], name: str) -> str | None:
    return _text(data, name, data.pop) if name in data else None


def _text(told: Mapping[str, Any], name: str, take: Any = None) -> str:
    value = told[name] if take is None else take(name)
    if not isinstance(value, str):
        raise TypeError(name)
    return value


def _day(told: Any) -> date | None:
    return None if told is None else date.fromisoformat(told)
