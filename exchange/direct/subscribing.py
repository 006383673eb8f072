"""Direct subscriptions (数据直达): a town or county asks for its own region's rows, and the grant follows what is true.

Asking writes a share request whose rows are bounded to the region, which the own department checks as any other. Where
the directory is declared for the organisation's level it is then approved in the name of that declaration; otherwise
its provider decides. `settle` brings subscription and grant to where they should stand: by the clock, and by `facts_of`
again with every page.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import new_id
from base.audit import Thing
from base.callers import Caller
from base.identifiers import RegionCode
from exchange import directories
from exchange.acting import ROOM
from exchange.agreements import callers, granting, sharing
from exchange.agreements.caller_kinds import kinds
from exchange.agreements.clauses import Clauses
from exchange.agreements.contracts import RowCondition
from exchange.agreements.life import ROLE_OF, GrantState, RequestState, RequestStep, Side
from exchange.agreements.models import Grant, ShareRequest
from exchange.agreements.purposes import Purpose
from exchange.agreements.sharing import NewRequest
from exchange.direct import offering, regions, standing
from exchange.direct.errors import (
    DirectlySubscribed,
    DirectStepNotAllowed,
    NoSuchDirectSubscription,
    NotOfferedDirectly,
)
from exchange.direct.models import DirectOffer, DirectSubscription
from exchange.direct.standing import ACTIVE, ASKED, ENDED, OFFERED, REFUSED, SUSPENDED, TAKEN_BACK, Facts
from exchange.feeds.pushes import gate
from exchange.life import State
from exchange.models import Directory
from exchange.sources.source import Test
from keys.parties.models import ACTIVE as STANDS
from keys.parties.models import Organisation
from keys.parties.organisations import active_organisation

THING: Final = "direct-subscription"
DECLARED: Final = "目录已声明向本级直达 · declared for direct delivery to this level"
# Subscriptions that one run looks at; the next takes the rest.
MOST_AT_ONCE: Final = 500
STANDING: Final = (ASKED, ACTIVE, SUSPENDED)


@dataclass(frozen=True)
class NewDirect:
    """A direct subscription as it is asked for. No fields mean every item of the directory."""

    directory: str
    purpose: Purpose
    legal_basis: str
    scene: str
    ends: datetime
    fields: tuple[str, ...] = ()


def subscribe(session: Session, new: NewDirect, by: Caller, at: datetime) -> DirectSubscription:
    """Ask for the rows of one's own region.

    Raises `NotOfferedDirectly`, `DirectlySubscribed`, and what a share request raises.
    """
    organisation = active_organisation(session, by.organisation)
    offer = offering.offer_of(session, new.directory)
    if offer.state == TAKEN_BACK:
        raise NotOfferedDirectly(new.directory)
    open_as = _open_as(new.directory, organisation.code)
    query = select(DirectSubscription.id).where(DirectSubscription.open_as == open_as)
    known = session.scalars(query).one_or_none()
    if known is not None:
        raise DirectlySubscribed(known)
    told = NewRequest(new.directory, new.legal_basis, new.scene, _clauses(session, new, offer, organisation, at))
    request = sharing.begin(session, told, by, at)
    sharing.take(session, request, RequestStep.SUBMIT, "", by, at)
    row = DirectSubscription(
        id=new_id(),
        directory=new.directory,
        organisation=organisation.code,
        region=organisation.region,
        request=request.id,
        grant=None,
        purpose=gate.written(new.purpose),
        state=ASKED,
        reason=request.state,
        open_as=open_as,
        given=0,
        received=0,
        received_at=None,
        taken=0,
        rejected=0,
        version=1,
        created_at=at,
        changed_at=at,
    )
    session.add(row)
    session.flush()
    facts = {"directory": row.directory, "region": row.region, "request": row.request}
    ROOM.changed(session, by, at, "direct.subscribed", thing(row), row.version, **facts)
    return row


def subscription_of(session: Session, known: str, *, locked: bool = False) -> DirectSubscription:
    """Give a subscription. Raises `NoSuchDirectSubscription`."""
    query = select(DirectSubscription).where(DirectSubscription.id == known)
    query = query.execution_options(populate_existing=True)
    found = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise NoSuchDirectSubscription(known)
    return found


def end(session: Session, row: DirectSubscription, reason: str, by: Caller, at: datetime) -> DirectSubscription:
    """Give it up: the request is withdrawn or the grant given back.

    Raises `DirectStepNotAllowed`, and what the request or the grant raises.
    """
    if row.state not in STANDING:
        raise DirectStepNotAllowed("end", row.state)
    request, grant = _request_and_grant(session, row)
    if grant is None and RequestState(request.state) is not RequestState.WITHDRAWN:
        sharing.take(session, request, RequestStep.WITHDRAW, reason, by, at)
    elif grant is not None and GrantState(grant.state) not in standing.OVER:
        granting.give_back(session, grant, reason, by, at)
    return _turned(session, row, ENDED, "given-up", by, at)


def settle(session: Session, known: str, at: datetime) -> DirectSubscription:
    """Bring a subscription, and the grant with it, to where they should stand now."""
    row = subscription_of(session, known, locked=True)
    if row.state not in STANDING:
        return row
    offer = offering.offer_of(session, row.directory)
    _decide(session, row, offer, at)
    facts, grant = facts_of(session, row)
    state, reason = standing.standing(facts)
    row.grant = grant.code if grant is not None else None
    if grant is not None and state == SUSPENDED and GrantState(grant.state) is GrantState.ACTIVE:
        granting.suspend(session, grant, f"数据直达 · direct delivery: {reason}", _provider(grant.provider), at)
    elif grant is not None and row.state == SUSPENDED and _is_ours(row, facts):
        granting.resume(session, grant, "数据直达恢复 · direct delivery goes on", _provider(grant.provider), at)
        state, reason = ACTIVE, ""
    return row if (state, reason) == (row.state, row.reason) else _turned(session, row, state, reason, BY, at)


def unsettled(session: Session) -> list[str]:
    """Name the subscriptions that stand."""
    query = select(DirectSubscription.id).where(DirectSubscription.state.in_(STANDING))
    return list(session.scalars(query.order_by(DirectSubscription.changed_at, DirectSubscription.id)))


def facts_of(session: Session, row: DirectSubscription) -> tuple[Facts, Grant | None]:
    """Gather what a subscription hangs on, as it is now."""
    request, grant = _request_and_grant(session, row)
    organisation = session.get_one(Organisation, row.organisation, populate_existing=True)
    directory = session.get_one(Directory, row.directory, populate_existing=True)
    offer = session.get_one(DirectOffer, row.directory, populate_existing=True)
    facts = Facts(
        row.region,
        organisation.region,
        organisation.state == STANDS,
        State(directory.state),
        offer.state,
        offer.reason,
        offer.read_at is not None,
        RequestState(request.state),
        None if grant is None else GrantState(grant.state),
    )
    return facts, grant


def region_of(row: DirectSubscription) -> RegionCode:
    """Give whose rows are delivered."""
    return RegionCode(row.region)


def thing(row: DirectSubscription) -> Thing:
    """Name it in records."""
    return Thing(THING, row.id)


BY: Final = Caller("system", "exchange", "exchange")


def _clauses(session: Session, new: NewDirect, offer: DirectOffer, organisation: Organisation, at: datetime) -> Clauses:
    """Write what is asked for: the items, in every way that the kind of caller may, of the region's rows alone."""
    directory = directories.directory_of(session, new.directory)
    fields = new.fields or tuple(granting.items_of(session, directory))
    low, high = regions.bounds(RegionCode(organisation.region))
    return Clauses(
        fields=tuple(dict.fromkeys((offer.key_item, *fields))),
        matters=(new.purpose.item_code,),
        stages=frozenset({new.purpose.stage}),
        grounds=frozenset({new.purpose.ground}),
        modes=kinds()[callers.registered(session, organisation.code, at).kind].modes,
        begins=at,
        ends=new.ends,
        conditions=(
            RowCondition(offer.region_item, Test.AT_LEAST.value, (low,)),
            RowCondition(offer.region_item, Test.AT_MOST.value, (high,)),
        ),
        purpose=new.purpose.reason,
    )


def _decide(session: Session, row: DirectSubscription, offer: DirectOffer, at: datetime) -> None:
    """Approve in the name of the provider's declaration, where there is one for the level."""
    request = sharing.request_of(session, row.request, locked=True)
    organisation = session.get_one(Organisation, row.organisation)
    if request.state != RequestState.DECIDING or offer.state != OFFERED or organisation.region != row.region:
        return
    if organisation.level in offer.levels:
        sharing.take(session, request, RequestStep.APPROVE, DECLARED, _provider(request.provider), at)


def _request_and_grant(session: Session, row: DirectSubscription) -> tuple[ShareRequest, Grant | None]:
    request = sharing.request_of(session, row.request)
    return request, granting.grant_of(session, request.grant) if request.grant is not None else None


def _is_ours(row: DirectSubscription, facts: Facts) -> bool:
    """Tell whether it was we who suspended the grant, and the cause has passed."""
    if facts.grant is not GrantState.SUSPENDED or row.reason in {"", "grant-suspended"}:
        return False
    return standing.standing(replace(facts, grant=GrantState.ACTIVE)) == (ACTIVE, "")


def _provider(organisation: str) -> Caller:
    """Act in the name of what the data's department declared."""
    return Caller("system", "exchange", "exchange", organisation, frozenset({ROLE_OF[Side.PROVIDER]}))


def _open_as(directory: str, organisation: str) -> str:
    return hashlib.sha256(f"{directory}\x1f{organisation}".encode()).hexdigest()


def _turned(
    session: Session, row: DirectSubscription, state: str, reason: str, by: Caller, at: datetime
) -> DirectSubscription:
    row.state, row.reason, row.changed_at = state, reason, at
    row.version += 1
    if state in {REFUSED, ENDED}:
        row.open_as = None
    session.flush()
    facts: dict[str, Any] = {"directory": row.directory, "region": row.region, "reason": reason}
    ROOM.changed(session, by, at, f"direct.{state}", thing(row), row.version, **facts)
    return row
