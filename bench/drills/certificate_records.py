"""What a library has on record of its certificates, read in one go; and every place where its records disagree.

A certificate stands in its row, its events, the audit entries, the events of the house, its files, the uses of the seal
and the table of numbers. They are compared here by a plain reading that shares no code with the house.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.models import AuditEntry, Event
from certs.models import Certificate, CertificateEvent, CertificateFile, CertificateNumber
from signing.models import SealUse

WAITING, VALID, DISCARDED, CHANGED = "to-be-signed", "valid", "discarded", "changed"


@dataclass(frozen=True)
class Row:
    """A certificate's row, as far as others must agree with it."""

    state: str
    version: int
    number: tuple[str, str]
    supersedes: str | None = None
    superseded_by: str | None = None


@dataclass(frozen=True)
class Use:
    """A use of the seal, by the certificate that it was for."""

    identifier: str
    state: str
    document_sm3: str | None


@dataclass(frozen=True)
class Records:
    """Everything on record; events as pairs of step and state, files as pairs of digest and use."""

    rows: Mapping[str, Row]
    events: Mapping[str, Sequence[tuple[str, str]]]
    audited: Mapping[str, Sequence[str]]
    told: Mapping[str, Sequence[str]]
    files: Mapping[str, Sequence[tuple[str, str]]]
    uses: Mapping[str, Use]
    latest: Mapping[tuple[str, str], str]


def read(session: Session) -> Records:
    """Read everything, in one transaction."""
    rows = session.scalars(select(Certificate))
    events: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for one in session.scalars(select(CertificateEvent).order_by(CertificateEvent.id)):
        events[one.identifier].append((one.step, one.state))
    audited: dict[str, list[str]] = defaultdict(list)
    entries = select(AuditEntry.thing_id, AuditEntry.act).where(AuditEntry.thing_kind == "certificate")
    for identifier, act in session.execute(entries.order_by(AuditEntry.leaf_index)):
        audited[identifier].append(act)
    told: dict[str, list[str]] = defaultdict(list)
    house = select(Event.thing_id, Event.name).where(Event.thing_kind == "certificate")
    for identifier, name in session.execute(house.order_by(Event.position)):
        told[identifier].append(name)
    files: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for identifier, sm3, use in session.execute(
        select(CertificateFile.identifier, CertificateFile.sm3, CertificateFile.seal_use)
    ):
        files[identifier].append((sm3, str(use)))
    uses = session.execute(select(SealUse.id, SealUse.reason, SealUse.state, SealUse.document_sm3))
    numbers = session.scalars(select(CertificateNumber))
    return Records(
        {
            each.identifier: Row(
                each.state, each.version, (each.type, each.number_hash), each.supersedes, each.superseded_by
            )
            for each in rows
        },
        events,
        audited,
        told,
        files,
        {use: Use(reason, state, sm3) for use, reason, state, sm3 in uses},
        {(each.type, each.number_hash): each.latest for each in numbers},
    )


def disagreements(records: Records) -> list[str]:
    """Name every place where the records of one certificate contradict each other; each has one file when signed."""
    found = [f"{each}: on record and not in the library" for each in _known(records) - set(records.rows)]
    for identifier, row in records.rows.items():
        found += [f"{identifier}: {told}" for told in _of_one(records, identifier, row)]
    bearers = Counter(row.number for row in records.rows.values() if row.supersedes is None and row.state != DISCARDED)
    return found + [f"a number that {count} certificates bear" for count in bearers.values() if count > 1]


def shouts() -> bool:
    """Plant what must be named: half a certificate, an act without its record, a record without its act, a double."""
    row, number = Row(VALID, 2, ("t", "n")), ("t", "n")
    steps, names = [("draft", WAITING), ("sign", VALID)], ["certificate.draft", "certificate.sign"]
    use = Use("a", "done", "sm3")
    good = Records(
        {"a": row}, {"a": steps}, {"a": names}, {"a": names}, {"a": [("sm3", "u")]}, {"u": use}, {number: "a"}
    )
    planted = (
        replace(good, files={}),
        replace(good, files={"a": [("other", "u")]}),
        replace(good, uses={"u": replace(use, state="intended")}),
        replace(good, uses={**good.uses, "second": use}),
        replace(good, events={"a": steps[:1]}),
        replace(good, audited={"a": names[:1]}),
        replace(good, told={"a": names[:1]}),
        replace(good, rows={"a": replace(row, version=3)}),
        replace(good, rows={"a": replace(row, state=WAITING)}),
        replace(good, rows={}),
        replace(good, latest={}),
        replace(good, rows={"a": row, "b": row}),
    )
    return not disagreements(good) and all(disagreements(each) for each in planted)


def _known(records: Records) -> set[str]:
    """Name everything that something is on record of."""
    numbered = set(records.latest.values())
    return {*records.events, *records.audited, *records.told, *records.files, *numbered}


def _of_one(records: Records, identifier: str, row: Row) -> Iterator[str]:
    events = records.events.get(identifier, [])
    names = [f"certificate.{step}" for step, _ in events]
    if not events or events[-1][1] != row.state or len(events) != row.version:
        yield f"{row.state} in version {row.version}, and its events are {events}"
    if records.audited.get(identifier, []) != names:
        yield f"events {names}, audited {records.audited.get(identifier)}"
    if records.told.get(identifier, []) != names:
        yield f"events {names}, told to the house {records.told.get(identifier)}"
    yield from _files(records, identifier, row)
    yield from _versions(records, identifier, row)


def _files(records: Records, identifier: str, row: Row) -> Iterator[str]:
    """A signed certificate has its file, with the settled use that sealed it; nothing else was sealed for it."""
    kept = sorted(records.files.get(identifier, []))
    done = sorted(
        (str(each.document_sm3), use)
        for use, each in records.uses.items()
        if each.identifier == identifier and each.state == "done"
    )
    wanted = 0 if row.state in {WAITING, DISCARDED} else 1
    if len(kept) != wanted:
        yield f"{row.state} with {len(kept)} files"
    if kept != done:
        yield f"{len(kept)} files, {len(done)} settled uses, which are not each other's"


def _versions(records: Records, identifier: str, row: Row) -> Iterator[str]:
    """The number points to the last version, and the one before ends when this one is signed."""
    if row.state != DISCARDED and row.number not in records.latest:
        yield "its number is free"
    if row.supersedes is None:
        return
    former = records.rows.get(row.supersedes)
    if former is None or former.superseded_by != identifier:
        yield "the version before it does not know it"
    elif row.state in {WAITING, VALID} and former.state != {WAITING: VALID, VALID: CHANGED}[row.state]:
        yield f"{row.state}, and the version before it is {former.state}"
