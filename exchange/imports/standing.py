"""Where imports stand: what their rows say, and how far the task is that works on them.

A task can fail or be cancelled without a word to the import that it works on, so nobody asks the import alone: one that
was being applied is staged again, and one that was being read is refused, with what its task last said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.bulk import BulkTask, TaskState
from exchange.imports.models import DirectoryImport

BUSY: Final = frozenset({"reading", "applying"})
OVER: Final = frozenset({TaskState.FAILED, TaskState.CANCELLED})
CANCELLED: Final = "no-such-bulk-task"


@dataclass(frozen=True)
class Standing:
    """How an import stands: its state, what it was refused for, and while it is worked on, how many rows of all."""

    state: str
    problem: dict[str, Any] | None = None
    done: int | None = None
    total: int | None = None


def standings(session: Session, imports: Sequence[DirectoryImport]) -> dict[str, Standing]:
    """Tell how imports stand, in one query however many they are."""
    named = [each.task for each in imports if each.state in BUSY and each.task is not None]
    found = session.scalars(select(BulkTask).where(BulkTask.id.in_(named))) if named else ()
    tasks = {each.id: each for each in found}
    return {each.id: _standing(each, tasks.get(each.task or 0)) for each in imports}


def settle(session: Session, of: DirectoryImport, at: datetime) -> None:
    """Write down how an import stands whose task ended without it, so that it can be worked on or removed."""
    found = standings(session, [of])[of.id]
    if found.state != of.state:
        of.state, of.problem, of.changed_at = found.state, found.problem, at
        of.version += 1


def _standing(of: DirectoryImport, task: BulkTask | None) -> Standing:
    if of.state not in BUSY or task is None:
        return Standing(of.state, of.problem)
    if task.state not in OVER:
        return Standing(of.state, None, task.done, task.total)
    if of.state == "applying":
        return Standing("staged")
    last = task.errors[-1] if task.errors else {"code": CANCELLED, "facts": {"task": task.id}}
    return Standing("refused", {"code": last["code"], "facts": last["facts"]})
