"""The life of a request to use data, and of the grant it leads to: who may take which step from where.

    draft ─submit→ checking ─forward→ deciding ─approve→ granted
      ▲               │ return            │ offer → offered ─accept→ granted
      └───────────────┘                   │            └ decline → deciding
                                          └ refuse → refused ─object→ ruling ─grant→ granted
                                                                        └ uphold → closed

Forwarding decides itself where the directory's sharing type says so: what is shared unconditionally is granted at once
and the provider is told; what is never shared is refused at once, and only the authority can rule otherwise. Until the
end the requester may withdraw.

    active ⇄ suspended; active or suspended ─revoke→ revoked, ─give back→ given-back, ─its time ends→ expired
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from exchange.agreements.errors import GrantStepNotAllowed, ShareRequestStepNotAllowed


class RequestState(enum.StrEnum):
    """Where a request stands."""

    DRAFT = "draft"
    CHECKING = "checking"
    DECIDING = "deciding"
    OFFERED = "offered"
    REFUSED = "refused"
    RULING = "ruling"
    GRANTED = "granted"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class RequestStep(enum.StrEnum):
    """What can be done to a request."""

    SUBMIT = "submit"
    RETURN = "return"
    FORWARD = "forward"
    EXTEND = "extend"
    APPROVE = "approve"
    OFFER = "offer"
    REFUSE = "refuse"
    ACCEPT = "accept"
    DECLINE = "decline"
    OBJECT = "object"
    GRANT = "grant"
    UPHOLD = "uphold"
    WITHDRAW = "withdraw"


class Side(enum.StrEnum):
    """Whose step it is: the requester's writers, the requester's checkers, the provider's, or the authority's."""

    REQUESTER = "requester"
    CHECKER = "checker"
    PROVIDER = "provider"
    AUTHORITY = "authority"


@dataclass(frozen=True)
class RequestMove:
    """A step: from where, to where, and whose it is; `duty` is the term that begins with it, for `next_side`."""

    sources: frozenset[RequestState]
    target: RequestState
    side: Side
    duty: str | None = None
    next_side: Side | None = None
    needs_reason: bool = False


ROLE_OF: Final[Mapping[Side, str]] = MappingProxyType(
    {
        Side.REQUESTER: "requester",
        Side.CHECKER: "reviewer",
        Side.PROVIDER: "provider",
        Side.AUTHORITY: "authority",
    }
)
# The sharing types of the national guide: unconditional, conditional, never.
UNCONDITIONAL, CONDITIONAL, NEVER = "1", "2", "3"


def _from(*states: RequestState) -> frozenset[RequestState]:
    return frozenset(states)


_S = RequestState
MOVES: Final[Mapping[RequestStep, RequestMove]] = MappingProxyType(
    {
        RequestStep.SUBMIT: RequestMove(_from(_S.DRAFT), _S.CHECKING, Side.REQUESTER, "own-check", Side.CHECKER),
        RequestStep.RETURN: RequestMove(_from(_S.CHECKING), _S.DRAFT, Side.CHECKER, needs_reason=True),
        RequestStep.FORWARD: RequestMove(
            _from(_S.CHECKING), _S.DECIDING, Side.CHECKER, "request-conditional", Side.PROVIDER
        ),
        RequestStep.EXTEND: RequestMove(_from(_S.DECIDING), _S.DECIDING, Side.PROVIDER, needs_reason=True),
        RequestStep.APPROVE: RequestMove(_from(_S.DECIDING), _S.GRANTED, Side.PROVIDER),
        RequestStep.OFFER: RequestMove(
            _from(_S.DECIDING), _S.OFFERED, Side.PROVIDER, "offer-answer", Side.REQUESTER, needs_reason=True
        ),
        RequestStep.REFUSE: RequestMove(_from(_S.DECIDING), _S.REFUSED, Side.PROVIDER, needs_reason=True),
        RequestStep.ACCEPT: RequestMove(_from(_S.OFFERED), _S.GRANTED, Side.REQUESTER),
        RequestStep.DECLINE: RequestMove(
            _from(_S.OFFERED),
            _S.DECIDING,
            Side.REQUESTER,
            "request-reconsideration",
            Side.PROVIDER,
            needs_reason=True,
        ),
        RequestStep.OBJECT: RequestMove(
            _from(_S.REFUSED), _S.RULING, Side.REQUESTER, "sharing-ruling", Side.AUTHORITY, needs_reason=True
        ),
        RequestStep.GRANT: RequestMove(_from(_S.RULING), _S.GRANTED, Side.AUTHORITY, needs_reason=True),
        RequestStep.UPHOLD: RequestMove(_from(_S.RULING), _S.CLOSED, Side.AUTHORITY, needs_reason=True),
        RequestStep.WITHDRAW: RequestMove(
            _from(_S.DRAFT, _S.CHECKING, _S.DECIDING, _S.OFFERED, _S.REFUSED, _S.RULING),
            _S.WITHDRAWN,
            Side.REQUESTER,
        ),
    }
)


def move_of(state: RequestState, step: RequestStep) -> RequestMove:
    """Give the step as it begins here. Raises `ShareRequestStepNotAllowed`."""
    move = MOVES[step]
    if state not in move.sources:
        raise ShareRequestStepNotAllowed(step.value, state.value)
    return move


class GrantState(enum.StrEnum):
    """Where a grant stands."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    GIVEN_BACK = "given-back"
    EXPIRED = "expired"


class GrantStepName(enum.StrEnum):
    """What can be done to a grant."""

    MAKE = "make"
    NARROW = "narrow"
    RENEW = "renew"
    SUSPEND = "suspend"
    RESUME = "resume"
    REVOKE = "revoke"
    GIVE_BACK = "give-back"
    EXPIRE = "expire"


@dataclass(frozen=True)
class GrantMove:
    """A step: from where, to where (none: it stays), and which sides may take it."""

    sources: frozenset[GrantState]
    target: GrantState | None
    sides: frozenset[Side]


_G = GrantState
_LIVING: Final = frozenset({_G.ACTIVE, _G.SUSPENDED})
_OVER_IT: Final = frozenset({Side.PROVIDER, Side.AUTHORITY})
GRANT_MOVES: Final[Mapping[GrantStepName, GrantMove]] = MappingProxyType(
    {
        GrantStepName.NARROW: GrantMove(_LIVING, None, frozenset({Side.PROVIDER})),
        GrantStepName.RENEW: GrantMove(frozenset({_G.ACTIVE, _G.EXPIRED}), _G.ACTIVE, frozenset({Side.PROVIDER})),
        GrantStepName.SUSPEND: GrantMove(frozenset({_G.ACTIVE}), _G.SUSPENDED, _OVER_IT),
        GrantStepName.RESUME: GrantMove(frozenset({_G.SUSPENDED}), _G.ACTIVE, _OVER_IT),
        GrantStepName.REVOKE: GrantMove(_LIVING, _G.REVOKED, _OVER_IT),
        GrantStepName.GIVE_BACK: GrantMove(_LIVING, _G.GIVEN_BACK, frozenset({Side.REQUESTER})),
        GrantStepName.EXPIRE: GrantMove(_LIVING, _G.EXPIRED, frozenset()),
    }
)


def grant_move(state: GrantState, step: GrantStepName) -> GrantMove:
    """Give the step as it begins here. Raises `GrantStepNotAllowed`."""
    move = GRANT_MOVES[step]
    if state not in move.sources:
        raise GrantStepNotAllowed(step.value, state.value)
    return move
