"""The question whether rows may leave, asked before anything is kept and again with every chunk.

Whoever asked must still be there: an account or system that was suspended asks for nothing any more. The judgement
itself is `exchange.agreements.grants`', handed in, so that what is revoked is refused with the next chunk.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from base.callers import Caller, NotAllowed, NotAuthenticated
from exchange.agreements.caller_kinds import Mode
from exchange.agreements.contracts import Allowed
from exchange.agreements.purposes import Basis, BasisKind, Ground, Operator, OperatorKind, Purpose, Stage
from keys.parties import people
from keys.parties.models import ACTIVE, Organisation, Person, System

# Session, caller, directory, purpose, fields, mode, at; raises a refusal of the grants.
Gate = Callable[[Session, Caller, str, Purpose, Sequence[str], Mode, datetime], Allowed]
NOBODY: Final = "an active account"


def told_of(by: Caller) -> dict[str, Any]:
    """Write who asked, to be found again later."""
    return {"kind": by.kind, "id": by.id, "name": by.name, "organisation": by.organisation}


def caller_of(session: Session, told: Mapping[str, Any]) -> Caller:
    """Give whoever asked, with what they may do now. Raises `NotAuthenticated`, `NotAllowed`."""
    if told["kind"] == "person":
        person = session.get(Person, told["id"])
        found = people.caller_of(session, person) if person is not None else None
    else:
        found = _system(session, told["id"])
    if found is None:
        raise NotAuthenticated
    if found.organisation != told["organisation"]:
        raise NotAllowed(NOBODY)
    return found


def purpose_of(told: Mapping[str, Any]) -> Purpose:
    """Read a purpose as it was kept; it was checked when it came in."""
    basis = told["basis"]
    operator = told["operator"]
    return Purpose(
        item_code=told["item_code"],
        item_name=told["item_name"],
        stage=Stage(told["stage"]),
        basis=None if basis is None else Basis(BasisKind(basis["kind"]), basis["number"]),
        ground=Ground(told["ground"]),
        grant_code=told["grant_code"],
        operator=Operator(OperatorKind(operator["kind"]), operator["name"], operator["unit"]),
        handling_region=told["handling_region"],
        reason=told["reason"],
    )


def written(purpose: Purpose) -> dict[str, Any]:
    """Write a purpose as it is kept and shown."""
    basis = purpose.basis
    return {
        "item_code": purpose.item_code,
        "item_name": purpose.item_name,
        "stage": purpose.stage.value,
        "basis": None if basis is None else {"kind": basis.kind.value, "number": basis.number},
        "ground": purpose.ground.value,
        "grant_code": purpose.grant_code,
        "operator": {
            "kind": purpose.operator.kind.value,
            "name": purpose.operator.name,
            "unit": purpose.operator.unit,
        },
        "handling_region": purpose.handling_region,
        "reason": purpose.reason,
    }


def _system(session: Session, system: str) -> Caller | None:
    row = session.get(System, system)
    organisation = session.get(Organisation, row.organisation) if row is not None else None
    if row is None or row.state != ACTIVE or organisation is None or organisation.state != ACTIVE:
        return None
    return Caller("system", row.id, row.name, row.organisation, scopes=row.scope_set)
