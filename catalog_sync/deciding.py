"""What is to be told of a thing, from what it is now and what a target was told of it before. Pure.

A row that was never sent gives way to a later one, so that only the newest state of a thing goes out. What is the same
as what was told last is not told again, also where it was refused: it would be refused again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from catalog_sync.record import Operation
from catalog_sync.states import State


@dataclass(frozen=True)
class Past:
    """A row that was written before."""

    number: int
    version: int
    operation: Operation
    digest: str
    state: State
    attempts: int

    @property
    def is_unsent(self) -> bool:
        """Whether it never left the house."""
        return self.state is State.WAITING and not self.attempts


@dataclass(frozen=True)
class Wanted:
    """What to tell now, if anything, and which rows that were never sent give way to it."""

    operation: Operation | None
    gives_way: tuple[int, ...] = ()


def wanted(past: Sequence[Past], digest: str | None) -> Wanted:
    """Decide from the rows of a thing (newest first, without the superseded) and its present content's digest."""
    unsent = tuple(each.number for each in past if each.is_unsent)
    sent = [each for each in past if not each.is_unsent]
    if _says(past[0] if past else None, digest):
        return Wanted(None)
    if _says(sent[0] if sent else None, digest):
        return Wanted(None, unsent)
    if digest is None:
        return Wanted(Operation.DELETE if may_be_there(sent) else None, unsent)
    return Wanted(operation_of(sent), unsent)


def again(past: Sequence[Past], digest: str | None, *, is_there: bool) -> Wanted:
    """Decide what to tell of a thing about which the target was found to differ from what it was told.

    What was told last is told once more, whatever we thought of it; what waits to be told says it anyway.
    """
    if past and past[0].is_unsent:
        return wanted(past, digest)
    if digest is None:
        return Wanted(Operation.DELETE if is_there else None)
    return Wanted(Operation.UPDATE if is_there else Operation.INSERT)


def operation_of(sent: Sequence[Past]) -> Operation:
    """Tell whether a thing is new to the target, from the rows that were sent before (newest first)."""
    arrived = next((each for each in sent if each.state not in {State.REFUSED, State.DEAD}), None)
    return Operation.INSERT if arrived is None or arrived.operation is Operation.DELETE else Operation.UPDATE


def may_be_there(sent: Sequence[Past]) -> Past | None:
    """Give the row that the target may hold of a thing; one that was given up may have arrived all the same."""
    arrived = next((each for each in sent if each.state is not State.REFUSED), None)
    return None if arrived is None or arrived.operation is Operation.DELETE else arrived


def _says(past: Past | None, digest: str | None) -> bool:
    if past is None or past.operation is Operation.DELETE:
        return digest is None
    return past.digest == digest
