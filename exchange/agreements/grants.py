"""The one question: whether this caller may use this data for this purpose, now.

Every call reads the grants anew, in one indexed query, so that a revoked grant refuses the very next call; nothing is
remembered between transactions. Only where no grant allows it, and the ground is statutory, the published use lists are
asked. Judging is `exchange.agreements.contracts`; counting quotas, masking and recording the use are the gateway's;
making and ending grants is `exchange.agreements.granting`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from base.callers import Caller
from exchange.agreements import callers, clauses, contracts, refusals, use_lists
from exchange.agreements.caller_kinds import CallerKind, Mode
from exchange.agreements.callers import registered
from exchange.agreements.clauses import Parties
from exchange.agreements.contracts import Allowed, Call, Contract, Refusal, Standing
from exchange.agreements.life import GrantState
from exchange.agreements.models import Grant, RegisteredCaller
from exchange.agreements.purposes import Ground, Purpose
from exchange.life import State
from exchange.models import Directory

# An organisation with more grants for one directory has forgotten to give some back; the newest are asked first.
MOST_GRANTS: Final = 50
_STANDING: Final = {
    GrantState.ACTIVE: Standing.ACTIVE,
    GrantState.EXPIRED: Standing.ACTIVE,  # its end is past, which is what the caller is told
    GrantState.SUSPENDED: Standing.SUSPENDED,
    GrantState.REVOKED: Standing.REVOKED,
    GrantState.GIVEN_BACK: Standing.GIVEN_BACK,
}

# What of a grant the contract is made of.
_OF_GRANT: Final = (
    *(Grant.code, Grant.directory, Grant.grantee, Grant.kind, Grant.mandate),
    *(Grant.state, Grant.number, Grant.salt, Grant.clauses),
)
# Built once: building it costs more than running it, and it is run for every call; columns, for the same reason.
_GRANTS: Final = (
    select(
        *_OF_GRANT,
        Directory.state.label("directory_state"),
        RegisteredCaller.kind.label("caller_kind"),
        RegisteredCaller.mandate.label("caller_mandate"),
        RegisteredCaller.valid_until.label("caller_until"),
    )
    .join(Directory, Directory.code == Grant.directory)
    .outerjoin(RegisteredCaller, RegisteredCaller.organisation == Grant.grantee)
    .where(Grant.grantee == bindparam("grantee"), Grant.directory == bindparam("directory"))
    .order_by(Grant.changed_at.desc())
    .limit(MOST_GRANTS)
)


_GRANTS_OF_SEVERAL: Final = (
    select(Grant, Directory.state)
    .join(Directory, Directory.code == Grant.directory)
    .where(Grant.grantee == bindparam("grantee"), Grant.directory.in_(bindparam("directories", expanding=True)))
    .order_by(Grant.changed_at.desc())
)


def require(
    session: Session,
    caller: Caller,
    directory: str,
    purpose: Purpose,
    fields: Sequence[str],
    mode: Mode,
    at: datetime,
    *,
    rows: int = 1,
) -> Allowed:
    """Give what the caller may have of a directory, or of a certificate type, for this purpose.

    No fields mean all that are granted. Raises `NotGranted`.
    """
    system = caller.id if caller.kind == "system" else ""
    call = Call(
        caller.organisation, system, CallerKind.DEPARTMENT, directory, purpose, at, tuple(fields), Mode(mode), rows
    )
    answer = judged(session, call)
    if isinstance(answer, Refusal):
        raise refusals.not_granted(directory, answer)
    return answer


def judged(session: Session, call: Call) -> Allowed | Refusal:
    """Judge a call by the grants of its organisation and then by the use lists; its kind is read here."""
    if not call.organisation:
        return Refusal(contracts.Reason.NO_GRANT)
    found = _rows(session, call)
    standing = _registered(found[0], call.at) if found else registered(session, call.organisation, call.at)
    call = replace(call, kind=standing.kind, mandate=standing.mandate)
    answer = contracts.best((contract_of(row, row.directory_state) for row in found), call)
    if isinstance(answer, Allowed) or call.purpose.ground is not Ground.STATUTORY or call.purpose.grant_code:
        return answer
    return _nearer(answer, contracts.best(use_lists.implied(session, call), call))


def judged_each(session: Session, call: Call, directories: Sequence[str]) -> dict[str, Allowed | Refusal]:
    """Judge one call for each of several directories, as `judged` does, in as many statements as for one."""
    if not call.organisation:
        return dict.fromkeys(directories, Refusal(contracts.Reason.NO_GRANT))
    standing = registered(session, call.organisation, call.at)
    calls = {each: replace(call, directory=each, kind=standing.kind, mandate=standing.mandate) for each in directories}
    held: dict[str, list[Contract]] = {each: [] for each in directories}
    asked = {"grantee": call.organisation, "directories": list(directories)}
    for grant, state in session.execute(_GRANTS_OF_SEVERAL, asked, execution_options={"populate_existing": True}):
        held[grant.directory].append(contract_of(grant, state))
    answers = {each: contracts.best(held[each][:MOST_GRANTS], calls[each]) for each in directories}
    if call.purpose.ground is not Ground.STATUTORY or call.purpose.grant_code:
        return answers
    refused = {each: answer for each, answer in answers.items() if isinstance(answer, Refusal)}
    listed = use_lists.implied_each(session, calls[directories[0]], tuple(refused)) if refused else {}
    nearer = {
        each: _nearer(refusal, contracts.best(listed.get(each, ()), calls[each])) for each, refusal in refused.items()
    }
    return {**answers, **nearer}


def contract_of(grant: Grant | Row[Any], directory_state: str) -> Contract:
    """Give a grant, or a row of what the contract is made of, as the contract that is run."""
    standing = Standing.WITHDRAWN if directory_state == State.WITHDRAWN else _STANDING[GrantState(grant.state)]
    told = clauses.read(grant.clauses)
    parties = Parties(
        grant.code,
        grant.directory,
        grant.grantee,
        CallerKind(grant.kind),
        grant.mandate,
        standing,
        grant.number,
        grant.salt,
    )
    return clauses.contract(told, parties)


def _rows(session: Session, call: Call) -> Sequence[Row[Any]]:
    asked = {"grantee": call.organisation, "directory": call.directory}
    return session.connection().execute(_GRANTS, asked).all()


def _registered(row: Row[Any], at: datetime) -> callers.Standing:
    """Read what the row says of the register, if the organisation stands in it."""
    return callers.standing_of(row.caller_kind, row.caller_mandate, row.caller_until, at)


def _nearer(one: Refusal, other: Allowed | Refusal) -> Allowed | Refusal:
    """Give the grant, or the refusal that came nearer."""
    return other if isinstance(other, Allowed) or other.distance < one.distance else one
