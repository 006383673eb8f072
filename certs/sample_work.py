"""The bulk task that fills the sandbox's library: some certificates a chunk, by the verbs that everybody uses.

The province is open after the magic holders and a first few are there; the rest comes while the visitor looks around,
by the scheduler's process. Issuing is several transactions, so it is done before the step, which only counts. Whoever
dies in between does the chunk again: the step of a case and a file that was taken in make no second certificate.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import bulk, clock
from base.bulk import Advance, BulkJob, BulkTask, Chunk
from base.db import Database
from certs import sample_foreign, sample_library, sample_organs
from certs.deposits.edges import Depositor
from certs.edges import Issuer
from certs.issuing import Asked, Case
from certs.life import Step
from certs.sample_library import Entry
from certs.wiring import Certs
from keys.authority.wiring import Authority
from signing.edges import Sealer
from signing.verification_wiring import Verifying
from signing.wiring import Signing

# Half a second of work: as long as a stop has to wait.
CHUNK: Final = 8
# Who takes finished files in: the province's data administration, whose library it is.
LIBRARIAN: Final = "data"


@dataclass(frozen=True)
class Maker:
    """Makes the library's certificates: the parts, the sandbox's folder, and the day as of which they are made."""

    database: Database = field(repr=False)
    certs: Certs
    signing: Signing
    authority: Authority
    verifying: Verifying
    folder: Path
    day: date

    def make(self, entry: Entry, supersedes: str | None = None) -> str:
        """Issue or take in one certificate; give its identifier."""
        case = Case(f"演示库{entry.number:05d}", "change" if supersedes else "result")
        if entry.is_collected:
            document, sent = sample_foreign.finished(self.folder, entry, self.certs, clock.now())
            name = f"{entry.number:05d}.{sample_foreign.FORM}"
            depositor = Depositor(
                self.database, self.certs, self.signing, self.verifying, sample_organs.by(LIBRARIAN), clock.now
            )
            return depositor.deposit(document, name, sent, case)
        act = Step.CHANGE if supersedes else Step.DRAFT
        return self._issuer(entry).issue(Asked(entry.type.code, entry.draft, case, supersedes, act))

    def _issuer(self, entry: Entry) -> Issuer:
        by = sample_organs.by(entry.issuer)
        sealer = Sealer(self.database, self.signing, self.authority, by, clock.now)
        return Issuer(self.database, self.certs, sealer, by, clock.now)


def start(session: Session, folder: Path, day: date, first: int, at: datetime) -> int:
    """Leave the task that makes the rest of the library, beginning after the first so many; give its number."""
    told = {"folder": str(folder), "day": day.isoformat(), "first": first}
    return bulk.enqueue(session, JOB, cast("Any", told), at)


def progress(session: Session) -> tuple[int, int] | None:
    """Tell how many certificates the sandbox's task has made, of how many; nothing where there is no such task."""
    query = select(BulkTask).where(BulkTask.job == JOB.name).order_by(BulkTask.id.desc()).limit(1)
    task = session.scalars(query).one_or_none()
    return None if task is None else (task.done, task.total or task.done)


def before(database: Database, chunk: Chunk) -> None:
    """Make the next certificates. Raises what issuing and taking in raise."""
    maker, entries, reached = _asked(database, chunk)
    for entry in entries[reached : reached + CHUNK]:
        maker.make(entry)


def step(_session: Session, chunk: Chunk) -> Advance:
    """Count how far it is."""
    told = cast("dict[str, Any]", chunk.argument)
    total = len(sample_library.entries(chunk.part(Certs).types, date.fromisoformat(told["day"])))
    reached = min(_reached(chunk) + CHUNK, total)
    return Advance(reached, reached, total, finished=reached == total)


JOB: Final = BulkJob("certs.sandbox-library", step, before=before)


def _asked(database: Database, chunk: Chunk) -> tuple[Maker, tuple[Entry, ...], int]:
    told = cast("dict[str, Any]", chunk.argument)
    day = date.fromisoformat(told["day"])
    certs = chunk.part(Certs)
    maker = Maker(
        database,
        certs,
        chunk.part(Signing),
        chunk.part(Authority),
        chunk.part(Verifying),
        Path(told["folder"]),
        day,
    )
    return maker, sample_library.entries(certs.types, day), _reached(chunk)


def _reached(chunk: Chunk) -> int:
    first = cast("dict[str, Any]", chunk.argument)["first"]
    return int(cast("int | None", chunk.position) or first)
