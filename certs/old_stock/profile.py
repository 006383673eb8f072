"""What a department's old rows are worth: each read into a draft, its faults named, and the whole table counted.

A *hard* fault keeps a row from becoming a certificate until the department has mended its table; a *soft* one was
mended by rule here (the old 15 digits of an ID number, spelling, an issuer that has a successor) or is only worth
knowing. No fault repeats a value: it names a column and a code.

Which numbers the library and earlier rows have, and who succeeded whom, is handed in.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from base.identifiers import read_credit_code, read_id_number, read_organisation_code
from base.readings import SPELLING
from base.readings import Fault as Reading
from base.workdays import local_day
from certs import checks
from certs.drafts import Draft, Holder
from certs.holder_codes import CREDIT_CODE, ID_NUMBER, holder_codes
from certs.readings import read_day, read_value
from certs.types.certificate_type import CertificateType

# 工商注册号 before 2015 (GS 15-2015: fifteen digits; thirteen before 2007): no rule makes a credit code out of one.
OLD_REGISTRATION: Final = frozenset({13, 15})
PAPER: Final = frozenset({"纸质", "仅纸质", "paper"})
DATES: Final = ("issued_on", "valid_from", "valid_until")
MOST_SUCCESSIONS: Final = 20
# Where a fault of the draft stands in the table.
PLACES: Final = {"#/number": "number", "#/holders": "holder_code", **{f"#/{each}": each for each in DATES}}
PARTS_OF_HOLDER: Final = {"code": "holder_code", "name": "holder_name", "type": "holder_type", "role": "holder_type"}


@dataclass(frozen=True)
class RowFault:
    """Something about a row: the column, a stable code, and whether it keeps the row from becoming a certificate."""

    column: str
    code: str
    is_hard: bool = True
    expected: str = ""


@dataclass(frozen=True)
class Ground:
    """What rows are judged against."""

    organ: str
    organ_name: str
    # Organs that act here, by code and by name.
    organs: Mapping[str, str]
    # By a former organ's code or name: its successor's code.
    successions: Mapping[str, str]
    # Numbers that stood in an earlier row of the batch, with that row's number; and those that the library has.
    seen: Mapping[str, int] = field(repr=False, default_factory=dict)
    taken: frozenset[str] = field(repr=False, default=frozenset())


@dataclass(frozen=True)
class Judged:
    """A row that was looked at."""

    draft: Draft = field(repr=False)
    is_paper: bool
    faults: tuple[RowFault, ...]

    @property
    def is_faulty(self) -> bool:
        """Tell whether the row cannot become a certificate as it stands."""
        return any(each.is_hard for each in self.faults)


def judged(cells: Mapping[str, str], type_: CertificateType, ground: Ground, at: datetime) -> Judged:
    """Judge a row: every fault, once for each column."""
    draft, soft = draft_of(cells, type_, at)
    found = [
        *_of_number(cells, ground),
        *_of_issuer(cells, ground),
        *_of_dates(cells),
        *_of_codes(cells, draft, type_),
    ]
    known = {each.column for each in found if each.is_hard}
    for each in checks.check(draft, type_, at):
        column = _column(each.pointer)
        if column not in known:
            found.append(RowFault(column, each.code, expected=each.expected))
    if draft.valid_until is not None and draft.valid_until < local_day(at):
        found.append(RowFault("valid_until", "expired-already", is_hard=False))
    return Judged(draft, cells.get("medium", "") in PAPER, (*found, *soft))


def draft_of(cells: Mapping[str, str], type_: CertificateType, at: datetime) -> tuple[Draft, tuple[RowFault, ...]]:
    """Read a row into a draft, with what was mended on the way; a day that cannot be read is told by `judged`."""
    holder, soft = _holder(cells, type_, at)
    days = {name: read_day(cells.get(name, "")) for name in DATES}
    issued_on = days["issued_on"] or local_day(at)
    data: dict[str, Any] = {
        each.name: read_value(each, cells[f"data.{each.name}"])
        for each in type_.fields
        if cells.get(f"data.{each.name}")
    }
    first = days["valid_from"] or issued_on
    draft = Draft((holder,), issued_on, first, data, cells.get("number") or None, days["valid_until"])
    region = cells.get("region", "")
    return (draft if not region else Draft(**{**vars(draft), "region": region})), soft


def heir(key: str, successions: Mapping[str, str]) -> str | None:
    """Follow an organ's successions to the one that stands today; none where it has no successor."""
    found = None
    for _ in range(MOST_SUCCESSIONS):
        if key not in successions:
            return found
        key = found = successions[key]
    return None


def _of_number(cells: Mapping[str, str], ground: Ground) -> Iterator[RowFault]:
    number = cells.get("number", "")
    if not number:
        yield RowFault("number", "missing-number")
    if number in ground.seen:
        yield RowFault("number", "twice-in-batch", expected=str(ground.seen[number]))
    if number in ground.taken:
        yield RowFault("number", "in-library-already")


def _of_issuer(cells: Mapping[str, str], ground: Ground) -> Iterator[RowFault]:
    """Map the issuer of then to the organ of today, which must be the batch's."""
    code, name = cells.get("issuer_code", ""), cells.get("issuer", "")
    column = "issuer_code" if code else "issuer"
    if not code and not name:
        yield RowFault("issuer", "issuer-missing")
        return
    by_name = {told: of for of, told in ground.organs.items()}
    # The code says more than the name, and an organ that stands is nobody's past.
    standing = code if code in ground.organs else None if code else by_name.get(name)
    heirs = (heir(each, ground.successions) for each in (code, name) if each)
    today = standing or next(filter(None, heirs), None)
    if today is not None and standing is None:
        yield RowFault(column, "issuer-succeeded", is_hard=False, expected=today)
    if today is None or today not in ground.organs:
        yield RowFault(column, "issuer-dissolved")
    elif today != ground.organ:
        yield RowFault(column, "issuer-is-another-organ", expected=ground.organ)


def _of_dates(cells: Mapping[str, str]) -> Iterator[RowFault]:
    days: dict[str, date | None] = {}
    for name in DATES:
        text = cells.get(name, "")
        days[name] = read_day(text)
        if text and days[name] is None:
            yield RowFault(name, "impossible-date")
    if not cells.get("issued_on"):
        yield RowFault("issued_on", "missing")


def _of_codes(cells: Mapping[str, str], draft: Draft, type_: CertificateType) -> Iterator[RowFault]:
    """Name the codes that bodies had before 2015, which no rule turns into today's."""
    text = cells.get("holder_code", "").strip()
    if not text:
        yield RowFault("holder_code", "missing")
    elif draft.holders[0].type == CREDIT_CODE:
        if text.isascii() and text.isdigit() and len(text) in OLD_REGISTRATION:
            yield RowFault("holder_code", "old-registration-number")
        elif read_organisation_code(text).sound:
            yield RowFault("holder_code", "organisation-code-only")
    if not cells.get("holder_name"):
        yield RowFault("holder_name", "missing")
    if cells.get("holder_type") and draft.holders[0].type not in type_.holders.types:
        yield RowFault("holder_type", "not-for-this-type", expected=" | ".join(type_.holders.types))


def _holder(cells: Mapping[str, str], type_: CertificateType, at: datetime) -> tuple[Holder, tuple[RowFault, ...]]:
    """Read the holder; a code is mended where a rule says how."""
    text, soft = cells.get("holder_code", ""), list[RowFault]()
    kind = _kind(cells.get("holder_type", ""), text, type_)
    if kind in (CREDIT_CODE, ID_NUMBER):
        found = read_credit_code(text) if kind == CREDIT_CODE else read_id_number(text, at)
        if found.sound:
            text = found.text
            soft += [_mended(each) for each in found.faults if each in SPELLING]
    return Holder(text, kind, cells.get("holder_name", ""), type_.holders.roles[0]), tuple(dict.fromkeys(soft))


def _mended(fault: Reading) -> RowFault:
    code = "fifteen-digit-id" if fault is Reading.FIFTEEN_DIGITS else "spelling"
    return RowFault("holder_code", code, is_hard=False)


def _kind(told: str, code: str, type_: CertificateType) -> str:
    """Tell the kind of a holder's code: as told, by its number or its words, else by what the type allows."""
    named = next((each.code for each in holder_codes().values() if told in (each.code, each.zh, each.en)), "")
    if named or told or len(type_.holders.types) == 1:
        return named or told or type_.holders.types[0]
    fits = (kind for kind in (CREDIT_CODE, ID_NUMBER) if kind in type_.holders.types)
    sound = {CREDIT_CODE: read_credit_code(code).sound, ID_NUMBER: read_id_number(code).sound}
    return next((kind for kind in fits if sound[kind]), type_.holders.types[0])


def _column(pointer: str) -> str:
    """Tell in which column a fault of the draft stands."""
    if pointer.startswith("#/data/"):
        return f"data.{pointer.removeprefix('#/data/')}"
    if pointer.startswith("#/holders/"):
        return PARTS_OF_HOLDER[pointer.rpartition("/")[2]]
    return PLACES[pointer]


@dataclass
class Tally:
    """What is counted of a table while its rows are judged; it goes to JSON and back between two pieces."""

    rows: int = 0
    sound: int = 0
    faulty: int = 0
    papers: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    columns: dict[str, dict[str, int]] = field(default_factory=dict)

    def count(self, cells: Mapping[str, str], found: Judged) -> None:
        """Count a row."""
        self.rows += 1
        self.sound += not found.is_faulty
        self.faulty += found.is_faulty
        self.papers += found.is_paper and not found.is_faulty
        self.faults.update(each.code for each in found.faults)
        for name, text in cells.items():
            column = self.columns.setdefault(name, {"filled": 0, "empty": 0, "shortest": 0, "longest": 0})
            column["filled" if text else "empty"] += 1
            if text:
                column["shortest"] = min(column["shortest"] or len(text), len(text))
                column["longest"] = max(column["longest"], len(text))

    def document(self) -> dict[str, Any]:
        """Give it as JSON."""
        return {**vars(self), "faults": dict(sorted(self.faults.items()))}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Tally":
        """Read it from JSON."""
        return cls(**{**told, "faults": Counter(told["faults"])})
