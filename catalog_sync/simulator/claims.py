"""What a sender says of its records: from this platform's own outbox, or from a file that any sender can write.

The file is JSON, a record a line: `kind`, `id`, `version`, `operation` (I, U, D), `key`, `digest`, `state`; `key` and
`digest` are what the record carried as `datakey` and `datasm3`. States: accepted and stored mean that it arrived,
refused that it was taken for good and not kept; any other that it is not known to have arrived.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import ClassVar, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import strict_json
from base.errors import DomainError, Kind
from base.strict_json import MalformedJson
from catalog_sync.models import Outbox
from catalog_sync.simulator.checker import Claim, Effect
from catalog_sync.simulator.store import EFFECTS

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


def _claim(number: int, line: bytes) -> Claim:
    try:
        told = strict_json.parse(line)
    except MalformedJson as error:
        raise UnusableClaims(number) from error
    fits = isinstance(told, dict) and all(type(told.get(name)) is kind for name, kind in MEMBERS.items())
    if not fits:
        raise UnusableClaims(number)
    return Claim(**{name: told[name] for name in MEMBERS})
