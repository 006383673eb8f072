"""What a sender says of its records: from this platform's own outbox, or from a file that any sender can write.

The file is JSON, a record a line: `kind`, `id`, `version`, `operation` (I, U, D), `key`, `digest`, `state`; `key` and
`digest` are what the record carried as `datakey` and `datasm3`. States: accepted and stored mean that it arrived,
refused that it was taken for good and not kept; any other that it is not known to have arrived.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import strict_json
from base.canonical import Json, canonical
from base.errors import DomainError, Kind
from base.strict_json import MalformedJson
from catalog_sync.arrivals import reading
from catalog_sync.arrivals.models import STAGED, Arrival
from catalog_sync.models import Outbox
from catalog_sync.simulator.checker import DELETE, Claim, Effect
from catalog_sync.simulator.front_data import DOWN
from catalog_sync.simulator.store import EFFECTS
from catalog_sync.targets.files.data_file import OPERATIONS
from catalog_sync.targets.front.columns import BATCH, TIME
from catalog_sync.targets.front.rows import OURS as COMMON
from catalog_sync.targets.front_library import FrontLibrary
from certs.contents import Keys

MEMBERS: Final = {each.name: int if each.name == "version" else str for each in fields(Claim)}
AT_ONCE: Final = 1000


@dataclass(eq=False)
class UnusableClaims(DomainError):
    """A line of a sender's export cannot be read."""

    line: int
    code: ClassVar[str] = "simulator-claims-unusable"
    kind: ClassVar[Kind] = Kind.MALFORMED


def of_outbox(session: Session, target: str) -> Iterator[Claim]:
    """Read what our own outbox says of one target."""
    columns = (
        Outbox.kind,
        Outbox.thing,
        Outbox.version,
        Outbox.operation,
        Outbox.key,
        Outbox.content_sm3,
        Outbox.state,
    )
    query = select(*columns).where(Outbox.target == target).order_by(Outbox.number)
    for row in session.execute(query.execution_options(yield_per=AT_ONCE)):
        yield Claim(*row)


def of_file(file: Path) -> Iterator[Claim]:
    """Read a sender's export. Raises `UnusableClaims`."""
    with file.open("rb") as opened:
        for number, line in enumerate(opened, 1):
            if line.strip():
                yield _claim(number, line)


def effects(session: Session, channel: str) -> Iterator[Effect]:
    """Read what the platform did, in its order."""
    columns = (
        EFFECTS.c.number,
        EFFECTS.c.guid,
        EFFECTS.c.kind,
        EFFECTS.c.own,
        EFFECTS.c.operation,
        EFFECTS.c.version,
        EFFECTS.c.record_key,
        EFFECTS.c.digest,
    )
    query = select(*columns).where(EFFECTS.c.channel == channel).order_by(EFFECTS.c.number)
    for row in session.execute(query.execution_options(yield_per=AT_ONCE)):
        yield Effect(*row)


def sent_down(session: Session, *, at_rest: bool) -> Iterator[Claim]:
    """Read the good rows that the platform wrote into a front library: here it is the sender, and we receive."""
    query = select(DOWN).where(DOWN.c.fault == "", DOWN.c.written == 1).order_by(DOWN.c.number)
    for row in session.execute(query.execution_options(yield_per=AT_ONCE)):
        at = datetime.fromisoformat(row.told_at)
        key = _key(row.table_name, row.batch, row.operation, row.thing)
        digest = _digest(row.content if row.operation != DELETE else {})
        yield Claim(
            row.table_name, row.thing, _version(at), row.operation, key, digest, "stored" if at_rest else "sent"
        )


def taken_down(session: Session, keys: Keys, target: FrontLibrary) -> Iterator[Effect]:
    """Read the rows of front libraries that this platform took: what was staged, and is no reject."""
    letters = {name: each.value for each, name in OPERATIONS.items()}
    query = select(Arrival).where(Arrival.target == target.name, Arrival.state == STAGED).order_by(Arrival.id)
    count = 0
    for arrival in session.scalars(query).all():
        data = target.data(arrival.table_name)
        for row in reading.rows(session, keys, arrival.id, 0, arrival.rows) if data is not None else ():
            if row.fault or data is None:
                continue
            count += 1
            thing, operation = str(row.values[data.natural]), letters[row.operation]
            key = _key(data.name, str(row.values[BATCH]), operation, thing)
            own = {name: value for name, value in row.values.items() if name not in COMMON}
            digest = _digest(own if operation != DELETE else {})
            version = _version(datetime.fromisoformat(str(row.values[TIME])))
            yield Effect(count, thing, data.name, thing, operation, version, key, digest)


def _key(*told: str) -> str:
    return hashlib.new("sm3", "\x1f".join(told).encode()).hexdigest()


def _digest(told: Mapping[str, Any]) -> str:
    values: dict[str, Json] = {name: str(each) for name, each in told.items() if each not in (None, "")}
    return hashlib.new("sm3", canonical(values)).hexdigest()


def _version(at: datetime) -> int:
    return int(at.strftime("%Y%m%d%H%M%S"))


def _claim(number: int, line: bytes) -> Claim:
    try:
        told = strict_json.parse(line)
    except MalformedJson as error:
        raise UnusableClaims(number) from error
    fits = isinstance(told, dict) and all(type(told.get(name)) is kind for name, kind in MEMBERS.items())
    if not fits:
        raise UnusableClaims(number)
    return Claim(**{name: told[name] for name in MEMBERS})
