"""A version of a matter kept: judged, numbered, dated, found by its words; the version before it ends that day.

A version that says what the one before said is not kept again, so that an import can be repeated. Who may: the
authority, and the steward of the organ that carries the matter out.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import search
from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.canonical import canonical
from base.identifiers import read_credit_code, read_region_code
from certs.acting import ROOM
from certs.filing.matter import ITEM, Condition, Matter
from certs.filing.matters import contents, matters
from certs.filing.matters.errors import MatterDateTaken, NotYourMatter, UnsoundMatter
from certs.filing.matters.models import MATTER_SEARCH, NAME_LENGTH, CatalogueEntry, MatterItem, MatterVersion
from exchange import authorities
from exchange.agreements import purposes
from keys.algorithms.sm3 import SM3

THING: Final = "matter"
# As many digits of a region's code name a province.
_PROVINCE: Final = 2
STEWARD: Final = "steward"
# The longest real matter known asks for some forty papers in twenty situations; this keeps a version under a megabyte.
MOST_MATERIALS: Final = 200
MOST_QUESTIONS: Final = 60


def enter(session: Session, told: CatalogueEntry) -> CatalogueEntry:
    """Put an entry into the basic catalogue, or change the one of its code and name."""
    return session.merge(told)


def keep(session: Session, told: Matter, by: Caller, at: datetime) -> MatterVersion:
    """Keep a matter as a new version, from its day on; its number and end are given here.

    Raises `NotYourMatter`, `UnsoundMatter`, `MatterDateTaken`.
    """
    for member, reason in faults(told):
        raise UnsoundMatter(matters.shown(told.item_code), member, reason)
    require_speaker(session, told.item_code, by, (told.region,))
    row = session.get(MatterItem, told.item_code, with_for_update=True)
    before = session.get_one(MatterVersion, (row.item_code, row.version)) if row is not None else None
    digest = content_digest(told)
    if before is not None and before.effective_until is None and before.content_sm3 == digest:
        return before
    if before is not None:
        if told.effective_from < before.effective_from:
            raise MatterDateTaken(told.item_code, before.effective_from.isoformat())
        before.effective_until = told.effective_from
    if row is None:
        row = _item(told, at)
        session.add(row)
    row.name, row.region, row.version, row.changed_at = told.name, told.region, row.version + 1, at
    session.flush()
    version = _version(told, row.version, digest, by, at)
    session.add(version)
    search.put(session, MATTER_SEARCH, row.item_code, (told.name, told.organ_name, row.basic_code))
    session.flush()
    facts: dict[str, Any] = {"name": told.name, "effective_from": told.effective_from.isoformat()}
    ROOM.changed(session, by, at, "matter.kept", Thing(THING, row.item_code), version.number, **facts)
    return version


def withdraw(session: Session, item_code: str, until: date, by: Caller, at: datetime) -> MatterVersion:
    """Let a matter hold no more from a day on. Raises `NoSuchMatter`, `NotYourMatter`, `MatterDateTaken`."""
    last = matters.versions(session, item_code)[-1]
    require_speaker(session, item_code, by, (last.region,))
    if until < last.effective_from:
        raise MatterDateTaken(item_code, last.effective_from.isoformat())
    last.effective_until = until
    session.flush()
    ROOM.changed(session, by, at, "matter.withdrawn", Thing(THING, item_code), last.number, until=until.isoformat())
    return last


def require_speaker(session: Session, code: str, by: Caller, regions: Sequence[str]) -> None:
    """Let only an authority of the regions and the organ's own steward speak for a matter. Raises `NotYourMatter`.

    A region that is not told is everywhere, which only the province can speak for.
    """
    prefix = authorities.covered_prefix(session, by)
    if prefix is not None and all(_lies_in(each, prefix) for each in regions or ("",)):
        return
    if STEWARD not in by.roles or purposes.implementing_organ(code) != by.organisation:
        raise NotYourMatter(matters.shown(code))


def _lies_in(region: str, prefix: str) -> bool:
    return region.startswith(prefix) if region else len(prefix) <= _PROVINCE


def newest(session: Session, item_code: str) -> MatterVersion | None:
    """Give the newest version of an item, if there is any."""
    query = select(MatterVersion).where(MatterVersion.item_code == item_code)
    return session.scalars(query.order_by(MatterVersion.number.desc()).limit(1)).one_or_none()


def faults(told: Matter) -> Iterator[tuple[str, str]]:
    """Tell what is wrong with a matter: a member and a stable reason."""
    if len(told.item_code) != ITEM or not purposes.is_matter_code(told.item_code):
        yield "item_code", "not-an-item-code"
    elif not read_credit_code(told.organ).exact or told.item_code[:18] != told.organ:
        yield "organ", "not-a-credit-code"
    if not read_region_code(told.region).exact:
        yield "region", "not-a-region"
    if not told.name.strip() or len(told.name) > NAME_LENGTH:
        yield "name", "empty-or-too-long"
    if len(told.materials) > MOST_MATERIALS or len(told.questions) > MOST_QUESTIONS:
        yield "materials", "too-many"
    yield from _question_faults(told)
    yield from _material_faults(told)


def content_digest(told: Matter) -> str:
    """Give the digest of what a matter says, whatever its number, its days and the file that it is from."""
    document = {
        "name": told.name,
        "region": told.region,
        "organ_name": told.organ_name,
        "result_type": told.result_type,
        "confidence": told.confidence.value,
        **_documents(told),
    }
    return SM3.of(canonical(document)).hex()


def _material_faults(told: Matter) -> Iterator[tuple[str, str]]:
    keys: set[str] = set()
    names: set[str] = set()
    for place, each in enumerate(told.materials):
        if not each.name.strip() or len(each.name) > NAME_LENGTH:
            yield f"materials/{place}/name", "empty-or-too-long"
        if each.key in keys or each.name in names:
            yield f"materials/{place}/name", "twice"
        keys.add(each.key)
        names.add(each.name)
        yield from ((f"materials/{place}/when", reason) for reason in _condition_faults(told, each.when))


def _question_faults(told: Matter) -> Iterator[tuple[str, str]]:
    keys = [each.key for each in told.questions]
    if len(set(keys)) != len(keys):
        yield "questions", "twice"
    for place, each in enumerate(told.questions):
        if not each.answers:
            yield f"questions/{place}/answers", "empty"
        # A question can hang on those before it only, so that a form can put them one after the other.
        if any(condition.question not in keys[:place] for condition in each.when):
            yield f"questions/{place}/when", "not-before-it"
        yield from ((f"questions/{place}/when", reason) for reason in _condition_faults(told, each.when))


def _condition_faults(told: Matter, when: tuple[Condition, ...]) -> Iterator[str]:
    known = {each.key: each.answers for each in told.questions}
    for each in when:
        if each.question not in known:
            yield "unknown-question"
        elif not each.answers or not each.answers <= set(known[each.question]):
            yield "unknown-answer"


def _documents(told: Matter) -> dict[str, Any]:
    return {
        "elements": contents.elements_document(told.elements),
        "questions": [contents.question_document(each) for each in told.questions],
        "materials": [contents.material_document(each) for each in told.materials],
    }


def _item(told: Matter, at: datetime) -> MatterItem:
    basic, implementation, item = matters.codes_of(told.item_code)
    return MatterItem(
        item_code=item,
        implementation_code=implementation,
        basic_code=basic,
        organ=told.organ,
        region=told.region,
        name=told.name,
        version=0,
        changed_at=at,
    )


def _version(told: Matter, number: int, digest: str, by: Caller, at: datetime) -> MatterVersion:
    return MatterVersion(
        item_code=told.item_code,
        number=number,
        name=told.name,
        organ_name=told.organ_name,
        region=told.region,
        effective_from=told.effective_from,
        effective_until=None,
        result_type=told.result_type,
        confidence=told.confidence.value,
        source=told.source,
        content_sm3=digest,
        made_by=actor(by),
        made_at=at,
        **_documents(told),
    )
