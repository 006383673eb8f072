"""Reads all of a closed case that belongs into its archive: what was told, handed in, found, promised, sealed, used.

Each file has a plain name, its kind as its bytes say, and a title. What cannot go in is listed with the reason: a file
that acts by itself, which no archive takes, and a receipt that could not be sealed. Originals of other organs'
certificates are not the organ's to archive: their SM3 stands in the look-ups, and the marked copies go in where the
office sends them along.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from base import audit
from base.audit import Recorded, Search
from base.canonical import Json, canonical
from base.clock import rfc3339
from certs import library
from certs.copies.copies import THING as COPY
from certs.copies.models import Copy
from certs.filing.archives import contents
from certs.filing.archives.errors import ArchiveTooLarge, NotACopyOfTheCase
from certs.filing.archives.manifest import Entry, LeftOut
from certs.filing.archives.package import MOST_ENTRIES
from certs.filing.cases import evaluations, reading
from certs.filing.cases.models import Case, CaseEvaluation
from certs.filing.cases.wiring import Cases
from certs.filing.cases.writing import THING as CASE
from certs.filing.lookups.lookups import THING as LOOKUP
from certs.filing.lookups.models import FilingLookup
from certs.filing.sheets import sheets
from certs.filing.sheets.models import NOTICE, RECEIPT
from certs.filing.undertakings import undertakings
from certs.filing.undertakings.models import MaterialReuse, Undertaking
from certs.filing.undertakings.undertakings import THING as UNDERTAKING
from certs.models import Certificate
from exchange.door import usages
from exchange.door.models import Usage
from keys.algorithms.sm3 import SM3

# A look-up may come so long before its case and be bound to it.
BEFORE: Final = timedelta(days=180)
# A case's uses: some dozens of materials, looked up a few times. Each is an entry of the package with its proof.
MOST_PROOFS: Final = 1000
# The verifier judges a hundred signatures of one document.
MOST_SEALED: Final = 90
TITLE_LENGTH: Final = 200


@dataclass(frozen=True)
class Gathered:
    """The files by their names with their entries, what was left out, and what of the ledger belongs to the case."""

    files: Mapping[str, bytes] = field(repr=False)
    entries: tuple[Entry, ...]
    left_out: tuple[LeftOut, ...]
    recorded: tuple[Recorded, ...] = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """Tell one gathering from another by what went in; what proves it is made anew each time."""
        told: list[Json] = [[each.name, each.sm3] for each in self.entries]
        left: list[Json] = [[each.role, each.title, each.why] for each in self.left_out]
        return SM3.of(canonical([told, left])).hex()


@dataclass
class _Basket:
    """What is gathered so far."""

    files: dict[str, bytes] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    def told(self, name: str, role: str, value: Json) -> None:
        """Take what this house wrote."""
        content = canonical(value)
        self._take(name, role, content, contents.JSON, "")

    def file(self, stem: str, role: str, content: bytes, title: str) -> None:
        """Take a file, under an ending of its kind; one that acts by itself is left out."""
        if what := contents.activity(content):
            self.left_out.append(LeftOut(role, _title(title), SM3.of(content).hex(), f"active:{what}"))
            return
        kind = contents.media_type(content)
        self._take(f"{stem}.{_ENDINGS.get(kind, 'bin')}", role, content, kind, title)

    def _take(self, name: str, role: str, content: bytes, kind: str, title: str) -> None:
        self.files[name] = content
        self.entries.append(Entry(name, len(content), SM3.of(content).hex(), kind, role, _title(title)))


_ENDINGS: Final = {
    contents.PDF: "pdf",
    contents.OFD: "ofd",
    contents.OFFICE: "ooxml",
    contents.PNG: "png",
    contents.JPEG: "jpg",
    contents.TEXT: "txt",
}


def gathered(
    session: Session, parts: Cases, row: Case, copies: Sequence[bytes], unsealed: Mapping[str, str]
) -> Gathered:
    """Read a case; `copies` are marked copies sent along, `unsealed` tells which receipts could not be sealed and why.

    Raises `ArchiveTooLarge`, `NotACopyOfTheCase`.
    """
    basket = _Basket()
    looked = lookups_of(session, row)
    used = _uses(session, row, looked)
    _case(session, parts, row, basket)
    made = list(session.scalars(select(Undertaking).where(Undertaking.case == row.number).order_by(Undertaking.id)))
    _undertakings(session, parts, made, basket)
    for place, each in enumerate(looked, 1):
        basket.told(f"lookups/{place:03}.json", "lookup", _lookup(each))
    _documents(session, parts, row, looked, basket)
    _result(session, parts, row, basket)
    basket.told("uses/uses.json", "uses", {"items": [_use(each) for each in used]})
    _copies(session, used, copies, basket)
    for lookup, why in unsealed.items():
        basket.left_out.append(LeftOut("receipt", lookup, "", why))
    recorded = _recorded(session, row, made, looked, used)
    sealed = sum(each.role in {"receipt", "notice", "result", "copy"} for each in basket.entries)
    for what, count, limit in (
        ("entries", len(basket.files) + len(recorded), MOST_ENTRIES),
        ("proofs", len(recorded), MOST_PROOFS),
        ("sealed-files", sealed, MOST_SEALED),
    ):
        if count > limit:
            raise ArchiveTooLarge(what, limit)
    return Gathered(basket.files, tuple(basket.entries), tuple(basket.left_out), tuple(recorded))


def lookups_of(session: Session, row: Case) -> list[FilingLookup]:
    """List the look-ups of a case: those made for it, and those before it that were bound to it."""
    query = select(FilingLookup).where(
        FilingLookup.organisation.in_({row.organ, row.receiving_organ}),
        or_(FilingLookup.basis == row.number, FilingLookup.bound_to == row.number),
    )
    return list(session.scalars(query.order_by(FilingLookup.made_at, FilingLookup.id)))


def _case(session: Session, parts: Cases, row: Case, basket: _Basket) -> None:
    content = reading.content_of(session, parts, row)
    basket.told("case/case.json", "case", {**_columns(row, {"content", "life"}), "content": content})
    steps: list[Json] = [
        {**_columns(each, {"content"}), "words": reading.words_of(session, parts, each)}
        for each in reading.steps_of(session, row.number)
    ]
    basket.told("case/steps.json", "steps", {"items": steps})
    rated = session.scalars(
        select(CaseEvaluation).where(CaseEvaluation.case == row.number).order_by(CaseEvaluation.number)
    )
    told: list[Json] = [
        {**_columns(each, {"content"}), "words": evaluations.words_of(session, parts, each)} for each in rated
    ]
    basket.told("case/evaluations.json", "evaluations", {"items": told})
    materials = reading.materials_of(session, row.number)
    basket.told("case/materials.json", "materials", {"items": [_columns(each, {"content"}) for each in materials]})
    reuses = session.scalars(
        select(MaterialReuse).where(MaterialReuse.case == row.number).order_by(MaterialReuse.material)
    )
    basket.told("case/reuses.json", "reuses", {"items": [_columns(each, set()) for each in reuses]})
    for place, each in enumerate(materials, 1):
        if (file := reading.file_of(session, parts, each)) is not None:
            basket.file(f"materials/{place:03}", "material", file, each.file_name or each.name)


def _undertakings(session: Session, parts: Cases, made: Sequence[Undertaking], basket: _Basket) -> None:
    told: list[Json] = []
    for place, each in enumerate(made, 1):
        words = undertakings.words_of(session, parts, each)
        told.append({**_columns(each, {"content", "file"}), "words": words})
        if each.file is not None:
            content = parts.keys.open(session, each.file, undertakings.bound(each.id, "file"))
            basket.file(f"undertakings/{place:03}", "reply", content, each.name)
    basket.told("undertakings/undertakings.json", "undertakings", {"items": told})


def _documents(session: Session, parts: Cases, row: Case, looked: Sequence[FilingLookup], basket: _Basket) -> None:
    """Take the sealed receipts and notices, each in the formats that it was sealed in."""
    kinds = ((RECEIPT, "receipts", [each.id for each in looked]), (NOTICE, "notices", [row.number]))
    for kind, folder, abouts in kinds:
        for place, sheet in enumerate(sheets.of(session, kind, abouts), 1):
            for file in sheets.files_of(session, sheet):
                content = sheets.file_of(session, parts.keys, sheet.id, file.format) or b""
                basket.file(f"{folder}/{place:03}", kind, content, f"{sheet.about}.{file.format}")


def _result(session: Session, parts: Cases, row: Case, basket: _Basket) -> None:
    """Take the certificate that the case ended with, as its organ sealed it."""
    made = None if row.certificate is None else session.get(Certificate, row.certificate)
    if made is None:
        return
    for each in library.documents(session, parts.keys, made):
        basket.file(f"results/001-{each.format}", "result", each.content, f"{made.identifier}.{each.format}")


def _copies(session: Session, used: Sequence[Usage], files: Sequence[bytes], basket: _Basket) -> None:
    """List the marked copies that were made for the case; take those that were sent along, after a look at each."""
    query = select(Copy).where(Copy.usage.in_([each.id for each in used])).order_by(Copy.made_at, Copy.id)
    made = {each.sm3: each for each in session.scalars(query)}
    names = ("id", "usage", "identifier", "type", "format", "original_sm3", "sm3", "made_at", "expires_at")
    told: list[Json] = [{name: _json(getattr(each, name)) for name in names} for each in made.values()]
    basket.told("copies/copies.json", "copies", {"items": told})
    for place, content in enumerate(files, 1):
        found = made.get(SM3.of(content).hex())
        if found is None:
            raise NotACopyOfTheCase(place)
        basket.file(f"copies/{place:03}", COPY, content, f"{found.id}.{found.format}")


def _uses(session: Session, row: Case, looked: Sequence[FilingLookup]) -> list[Usage]:
    """List the uses of data for the case: those of its look-ups, and those that name it."""
    closed = row.closed_at or row.received_at
    sides = sorted({row.organ, row.receiving_organ})
    named = select(Usage).where(
        Usage.organisation.in_(sides),
        Usage.id >= usages.first_id(row.received_at - BEFORE),
        Usage.id < usages.first_id(closed + BEFORE),
        or_(Usage.basis == row.number, Usage.bound_to == row.number),
    )
    found = {each.id: each for each in session.scalars(named.limit(MOST_PROOFS + 1))}
    ids = sorted({usage for each in looked for usage in each.usages} - found.keys())
    found |= {each.id: each for each in session.scalars(select(Usage).where(Usage.id.in_(ids)))}
    return [found[each] for each in sorted(found)]


def _recorded(
    session: Session,
    row: Case,
    made: Sequence[Undertaking],
    looked: Sequence[FilingLookup],
    used: Sequence[Usage],
) -> list[Recorded]:
    """Read what the ledger says of the case, its undertakings, its look-ups and its uses."""
    wanted = [
        (CASE, row.number),
        *((UNDERTAKING, each.id) for each in made),
        *((LOOKUP, each.id) for each in looked),
        *((usages.THING, each.id) for each in used),
    ]
    found: dict[int, Recorded] = {}
    for kind, thing in wanted:
        for each in audit.search(session, Search(thing_kind=kind, thing_id=thing), limit=MOST_PROOFS):
            found[each.index] = each
        if len(found) > MOST_PROOFS:
            raise ArchiveTooLarge("proofs", MOST_PROOFS)
    return [found[index] for index in sorted(found)]


def _lookup(row: FilingLookup) -> dict[str, Json]:
    return _columns(row, {"asked_hash", "answered_hash", "idempotency_key"})


def _use(row: Usage) -> dict[str, Json]:
    return _columns(row, {"subjects"})


def _columns(row: Any, without: set[str]) -> dict[str, Json]:
    """Write a row as JSON: its columns but these, and no keyed hash of a person."""
    names = [each.key for each in row.__table__.columns if each.key not in without and not each.key.endswith("_hash")]
    return {name: _json(getattr(row, name)) for name in names}


def _json(value: Any) -> Json:
    if hasattr(value, "tzinfo"):
        return rfc3339(value)
    told: Json = value
    return told


def _title(text: str) -> str:
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)[:TITLE_LENGTH]
