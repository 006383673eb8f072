"""The life of an edition of a seal: which step may follow which, and who may not be the same person twice.

    applied ─agree→ agreed ─make→ made ─file→ filed ─activate→ active ─suspend→ suspended ─resume→ active
       │ refuse / withdraw                                       │ supersede (a newer edition is activated)
       ▼                                                         ▼ cancel (renaming, merger, closing) · revoke
    refused / withdrawn                                          superseded / cancelled / revoked

Nobody brings a seal into being alone: who applies, who agrees for the owner and who activates are three different
people, and the maker is none of those who agreed or activate (国办发〔2025〕33号 articles 12 to 18; one person of one
office could otherwise make, approve and use a seal). Whether somebody holds the role and belongs to the owner is asked
by the register; here only persons and order are judged.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from signing.errors import SamePerson, SealStepNotAllowed


class State(enum.StrEnum):
    """Where an edition stands."""

    APPLIED = "applied"
    AGREED = "agreed"
    MADE = "made"
    FILED = "filed"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"
    REVOKED = "revoked"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Step(enum.StrEnum):
    """What can be done to an edition."""

    APPLY = "apply"
    AGREE = "agree"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    MAKE = "make"
    FILE = "file"
    ACTIVATE = "activate"
    SUSPEND = "suspend"
    RESUME = "resume"
    SUPERSEDE = "supersede"
    CANCEL = "cancel"
    REVOKE = "revoke"


@dataclass(frozen=True)
class Move:
    """A step: from which states, to which, in which roles, and whose steps its doer must not have done."""

    sources: frozenset[State]
    target: State
    roles: frozenset[str]
    apart_from: frozenset[Step] = frozenset()
    of_owner: bool = True


_LIVING: Final = frozenset({State.ACTIVE, State.SUSPENDED})
_MADE: Final = frozenset({State.MADE, State.FILED}) | _LIVING
_APPLICANT: Final = frozenset({"seal_applicant"})
_OWNER: Final = frozenset({"seal_owner"})
_MAKER: Final = frozenset({"seal_maker"})
_CUSTODIAN: Final = frozenset({"seal_custodian"})
# Who may stop a seal at once: its own people, and the office that watches over seals.
_WATCHERS: Final = _OWNER | _CUSTODIAN | {"authority"}

MOVES: Final[Mapping[Step, Move]] = MappingProxyType(
    {
        Step.AGREE: Move(frozenset({State.APPLIED}), State.AGREED, _OWNER, frozenset({Step.APPLY})),
        Step.REFUSE: Move(frozenset({State.APPLIED}), State.REFUSED, _OWNER, frozenset({Step.APPLY})),
        Step.WITHDRAW: Move(frozenset({State.APPLIED, State.AGREED}), State.WITHDRAWN, _APPLICANT | _OWNER),
        Step.MAKE: Move(
            frozenset({State.AGREED}), State.MADE, _MAKER, frozenset({Step.APPLY, Step.AGREE}), of_owner=False
        ),
        Step.FILE: Move(frozenset({State.MADE}), State.FILED, _MAKER | _APPLICANT, of_owner=False),
        Step.ACTIVATE: Move(
            frozenset({State.FILED}),
            State.ACTIVE,
            _CUSTODIAN,
            frozenset({Step.APPLY, Step.AGREE, Step.MAKE}),
        ),
        Step.SUSPEND: Move(frozenset({State.ACTIVE}), State.SUSPENDED, _WATCHERS, of_owner=False),
        Step.RESUME: Move(frozenset({State.SUSPENDED}), State.ACTIVE, _OWNER, frozenset({Step.SUSPEND})),
        Step.SUPERSEDE: Move(_LIVING, State.SUPERSEDED, _CUSTODIAN),
        Step.CANCEL: Move(_MADE, State.CANCELLED, _OWNER),
        Step.REVOKE: Move(_MADE, State.REVOKED, _WATCHERS, of_owner=False),
    }
)
# Who may take each step, by role; applying is the only one that no edition stands before.
ROLES: Final[Mapping[Step, frozenset[str]]] = MappingProxyType(
    {Step.APPLY: _APPLICANT, **{step: move.roles for step, move in MOVES.items()}}
)
ENDED: Final = frozenset({State.SUPERSEDED, State.CANCELLED, State.REVOKED, State.REFUSED, State.WITHDRAWN})


def moved(state: State, step: Step, person: str, done_by: Mapping[Step, str]) -> State:
    """Tell the state after a step; `done_by` names who did each earlier step last.

    Raises `SealStepNotAllowed`, `SamePerson`.
    """
    move = MOVES.get(step)
    if move is None or state not in move.sources:
        raise SealStepNotAllowed(step.value, state.value)
    for other in sorted(move.apart_from):
        if done_by.get(other) == person:
            raise SamePerson(step.value, other.value)
    return move.target
