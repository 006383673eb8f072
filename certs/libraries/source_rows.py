"""Rows of a department's source as certificates: what items are called, what is asked for, what is read. Pure.

A directory's items are known by the names that certificates have them by: the type's own fields and the elements of
every certificate, in each spelling that grants use (`certs.queries.fields`), the status, the identifier; and as the
site says where a directory calls them otherwise. What is read is believed as far as it says whose it is: a row without
the holder's code and name answers no question about a holder.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from base import strict_json
from base.canonical import LARGEST_INTEGER, Json, canonical
from base.strict_json import MalformedJson
from certs import life
from certs.drafts import Content, Holder
from certs.libraries.answers import NOT_FOUND, Answer, Entry, Question
from certs.libraries.names import same_name
from certs.libraries.unanswered import DIFFERS
from certs.life import Standing, State
from certs.queries import fields as certificate_fields
from certs.types.certificate_type import NO_LAST_DAY, CertificateType
from exchange.door.outcomes import Outcome
from exchange.sources import source
from exchange.sources.questions import Asked
from exchange.sources.source import Condition, Row, Test
from exchange.sources.values import plain

IDENTIFIER: Final = "identifier"
STATUS: Final = "status"
CODE: Final = "holder_code"
HOLDER: Final = "holder_name"
NUMBER: Final = certificate_fields.NUMBER
# Elements that tell of a certificate and are no fields of it → what directories call them.
BESIDE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {IDENTIFIER: ("证照标识", "ZZBS"), STATUS: ("证照状态", "ZZZT")}
)
# What a question needs whatever is granted: whose it is, and how it stands.
ALWAYS: Final = (IDENTIFIER, STATUS, CODE, HOLDER, NUMBER, "issuer", "region", "issued_on", "valid_from", "valid_until")
# How departments write what a certificate's status is; what stands for none of these is not guessed at.
STATUSES: Final[Mapping[str, State]] = MappingProxyType(
    {
        **{each.value: each for each in State},
        "有效": State.VALID,
        "正常": State.VALID,
        "暂扣": State.SUSPENDED,
        "冻结": State.FROZEN,
        "变更": State.CHANGED,
        "延续": State.RENEWED,
        "撤销": State.REVOKED,
        "吊销": State.REVOKED,
        "注销": State.CANCELLED,
        "转出": State.TRANSFERRED,
    }
)


@dataclass(frozen=True)
class Items:
    """What a directory calls the elements of a type's certificates: an element's name → the item's."""

    type: CertificateType
    by_name: Mapping[str, str]

    @classmethod
    def of(cls, type_: CertificateType, items: Iterable[str], spelled: Mapping[str, str]) -> "Items":
        """Find out from the items of a directory, and from what the site says of some of them (item → element)."""
        names = dict(certificate_fields.names_of(type_))
        for name, spellings in BESIDE.items():
            names.update({each: names.get(each, name) for each in (name, *spellings)})
        found: dict[str, str] = {}
        told = [(spelled[each], each) for each in items if each in spelled]
        told += [(names[each], each) for each in items if each in names and each not in spelled]
        for name, item in told:
            found.setdefault(name, item)
        return cls(type_, MappingProxyType(found))

    def wanted(self, question: Question) -> tuple[str, ...]:
        """Name the items that are asked for: what is granted, whose it is, and how it stands; nothing else."""
        names = dict.fromkeys((*ALWAYS, *question.needed))
        return tuple(dict.fromkeys(self.by_name[each] for each in names if each in self.by_name))

    def conditions(self, question: Question) -> list[Asked] | None:
        """Write by what rows are asked for; none where the directory does not tell it."""
        if question.identifier:
            wanted = {IDENTIFIER: question.identifier}
        elif question.number:
            wanted = {NUMBER: question.number}
        elif question.holder is not None and HOLDER in self.by_name:
            wanted = {CODE: question.holder.code}
        else:
            return None
        if any(each not in self.by_name for each in wanted):
            return None
        return [Asked(self.by_name[each], Test.EQUAL.value, (value,)) for each, value in wanted.items()]


@dataclass(frozen=True)
class _Row:
    """A row by the names that certificates have things by."""

    told: Mapping[str, Any] = field(repr=False)
    owner: str

    def text(self, name: str) -> str:
        """Give what stands there as text, nothing as an empty one."""
        value = self.told.get(name)
        return "" if value is None else str(value)

    def day(self, name: str) -> date | None:
        """Give a day, none where the source does not tell it. Raises `ValueError`."""
        return date.fromisoformat(self.text(name)[:10]) if self.text(name) else None


def written(owner: str, rows: Sequence[Row]) -> bytes:
    """Write rows down as they are kept."""
    listed: list[Json] = [{name: _json(value) for name, value in row.items()} for row in rows]
    return canonical({"owner": owner, "rows": listed})


def read(content: bytes, items: Items, question: Question, day: date) -> Answer:
    """Read rows as certificates, believing only what was asked for."""
    try:
        told = strict_json.parse(content)
        rows = [_row(each, items, told["owner"]) for each in told["rows"]]
        if not all(_is_asked_for(each, question) for each in rows):
            return Answer(Outcome.SOURCE_DOWN, "wrong-holder", evidence=content)
        entries = tuple(_entry(each, items.type, question, day) for each in rows if _is_named(each, question))
    except (MalformedJson, KeyError, TypeError, ValueError):
        return Answer(DIFFERS.outcome, DIFFERS.reason, evidence=content)
    return Answer(Outcome.FOUND, "found", entries) if entries else NOT_FOUND


def written_question(asked: source.Question) -> Json:
    """Write a question to a source down, to be asked again."""
    conditions: list[Json] = [
        [each.item, each.test.value, [_json(value) for value in each.values]] for each in asked.conditions
    ]
    return {"fields": list(asked.fields), "conditions": conditions, "limit": asked.limit}


def question_of(told: Mapping[str, Any]) -> source.Question:
    """Read a question that was written down."""
    conditions = tuple(Condition(item, Test(test), tuple(values)) for item, test, values in told["conditions"])
    return source.Question(tuple(told["fields"]), conditions, told["limit"])


def _row(row: Mapping[str, Any], items: Items, owner: str) -> _Row:
    return _Row({name: row[item] for name, item in items.by_name.items() if item in row}, owner)


def _is_asked_for(row: _Row, question: Question) -> bool:
    """Tell whether the source gave what it was asked for."""
    if question.identifier:
        return row.text(IDENTIFIER) == question.identifier
    if question.number:
        return row.text(NUMBER) == question.number
    return question.holder is not None and row.text(CODE) == question.holder.code


def _is_named(row: _Row, question: Question) -> bool:
    """Tell whether the name fits as well, where a holder was named."""
    return question.holder is None or same_name(row.text(HOLDER), question.holder.name)


def _entry(row: _Row, type_: CertificateType, question: Question, day: date) -> Entry:
    """Read one row. Raises `ValueError` for a day or a status that is none."""
    first, last = row.day("valid_from"), row.day("valid_until")
    standing = _standing(row.text(STATUS), first, last, day)
    named = question.holder
    holder = Holder(row.text(CODE), named.type if named is not None else "", row.text(HOLDER))
    data = {name: value for name, value in row.told.items() if name in type_.by_name and value is not None}
    serves = standing is Standing.VALID
    return Entry(
        row.text(IDENTIFIER),
        type_.code,
        row.text("issuer") or row.owner,
        row.text("region"),
        type_.holding,
        standing,
        row.day("issued_on"),
        first,
        last,
        content=Content(row.text(NUMBER), (holder,), data) if serves else None,
        named=holder if named is not None else None,
        numbered=question.number,
        told_holders=(holder,) if holder.code else (),
    )


def _standing(status: str, first: date | None, last: date | None, day: date) -> Standing:
    state = STATUSES.get(status.strip()) if status else State.VALID
    if state is None:
        raise ValueError(STATUS)
    return life.standing(state, first or date.min, last or NO_LAST_DAY, None, day)


def _json(value: Any) -> Json:
    """Write a value as JSON; a number that other readers would round (RFC 8259 6) as text."""
    told = plain(value)
    is_large = isinstance(told, int) and not isinstance(told, bool) and abs(told) > LARGEST_INTEGER
    return str(told) if is_large else told
