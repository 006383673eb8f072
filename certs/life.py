"""The life of a certificate: which step may follow which, and how it stands on a day.

    to-be-signed ─sign→ valid ─suspend→ suspended ─resume→ valid
         │ discard           ├─freeze→ frozen ─unfreeze→ valid          (by enforcement, not by the issuer)
         ▼                   ├─change→ changed, ─renew→ renewed          (a newer version is valid in its place)
     discarded               └─revoke→ revoked, ─cancel→ cancelled, ─transfer→ transferred

Old stock goes another way to *valid*, and leaves it by batches; a scan never gets there:

    to-be-signed ─stage→ staged ─publish→ valid          staged, valid, suspended, frozen, scanned ─roll-back→ cancelled

Expired and due for review are no states: nobody does anything when a day is over. `standing` tells them from the dates.
Only a certificate that stands *valid* serves for anything. A paper that was only scanned stands *scanned* from its
first day to its last: no step leads from there to *valid*.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from certs.errors import CertificateStepNotAllowed


class State(enum.StrEnum):
    """Where a certificate was brought by somebody's act."""

    TO_BE_SIGNED = "to-be-signed"
    DISCARDED = "discarded"
    STAGED = "staged"
    SCANNED = "scanned"
    VALID = "valid"
    SUSPENDED = "suspended"
    FROZEN = "frozen"
    CHANGED = "changed"
    RENEWED = "renewed"
    REVOKED = "revoked"
    CANCELLED = "cancelled"
    TRANSFERRED = "transferred"


class Step(enum.StrEnum):
    """What can be done to a certificate."""

    DRAFT = "draft"
    SIGN = "sign"
    DISCARD = "discard"
    DEPOSIT = "deposit"
    STAGE = "stage"
    PUBLISH = "publish"
    SCAN = "scan"
    ROLL_BACK = "roll-back"
    SUSPEND = "suspend"
    RESUME = "resume"
    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    REVIEW = "review"
    CHANGE = "change"
    RENEW = "renew"
    REVOKE = "revoke"
    CANCEL = "cancel"
    TRANSFER = "transfer"


class Standing(enum.StrEnum):
    """How a certificate stands on a day, as everyone is told."""

    VALID = "valid"
    NOT_YET = "not_yet"
    REVIEW_DUE = "review_due"
    EXPIRED = "expired"
    TO_BE_SIGNED = "to_be_signed"
    DISCARDED = "discarded"
    STAGED = "staged"
    SCANNED = "scanned"
    SUSPENDED = "suspended"
    FROZEN = "frozen"
    CHANGED = "changed"
    RENEWED = "renewed"
    REVOKED = "revoked"
    CANCELLED = "cancelled"
    TRANSFERRED = "transferred"


@dataclass(frozen=True)
class Move:
    """A step: from which states, to which, and whether it is the issuer's or an enforcing authority's."""

    sources: frozenset[State]
    target: State
    by_issuer: bool = True


_VALID: Final = frozenset({State.VALID})
# What a certificate ends from: an issuer must be able to revoke one that is frozen or suspended.
_LIVING: Final = frozenset({State.VALID, State.SUSPENDED, State.FROZEN})

MOVES: Final[Mapping[Step, Move]] = MappingProxyType(
    {
        Step.SIGN: Move(frozenset({State.TO_BE_SIGNED}), State.VALID),
        Step.DISCARD: Move(frozenset({State.TO_BE_SIGNED}), State.DISCARDED),
        Step.STAGE: Move(frozenset({State.TO_BE_SIGNED}), State.STAGED),
        Step.PUBLISH: Move(frozenset({State.STAGED}), State.VALID),
        Step.ROLL_BACK: Move(_LIVING | {State.STAGED, State.SCANNED}, State.CANCELLED),
        Step.SUSPEND: Move(_VALID, State.SUSPENDED),
        Step.RESUME: Move(frozenset({State.SUSPENDED}), State.VALID),
        Step.FREEZE: Move(_VALID | {State.SUSPENDED}, State.FROZEN, by_issuer=False),
        Step.UNFREEZE: Move(frozenset({State.FROZEN}), State.VALID, by_issuer=False),
        Step.REVIEW: Move(_VALID, State.VALID),
        Step.CHANGE: Move(_VALID, State.CHANGED),
        Step.RENEW: Move(_VALID, State.RENEWED),
        Step.REVOKE: Move(_LIVING, State.REVOKED),
        Step.CANCEL: Move(_LIVING, State.CANCELLED),
        Step.TRANSFER: Move(_VALID, State.TRANSFERRED),
    }
)
# What can be done on an issuer's own word; the others are part of issuing, changing and renewing.
BY_WORD: Final = frozenset(
    {
        Step.SUSPEND,
        Step.RESUME,
        Step.FREEZE,
        Step.UNFREEZE,
        Step.REVIEW,
        Step.REVOKE,
        Step.CANCEL,
        Step.TRANSFER,
    }
)


def after(state: State, step: Step) -> State:
    """Tell where a step leads. Raises `CertificateStepNotAllowed`."""
    move = MOVES.get(step)
    if move is None or state not in move.sources:
        raise CertificateStepNotAllowed(state.value, step.value)
    return move.target


def standing(state: State, first: date, last: date, review_due: date | None, day: date) -> Standing:
    """Tell how a certificate stands on a day; what was done to it says more than a day that is over."""
    if state is not State.VALID:
        return Standing(state.value.replace("-", "_"))
    if day < first:
        return Standing.NOT_YET
    if day > last:
        return Standing.EXPIRED
    if review_due is not None and day > review_due:
        return Standing.REVIEW_DUE
    return Standing.VALID
