"""A person of this site as others may know them: by the keyed hash of their code, never by the code.

Members: `region`, `staff` (`staff_code`, `staff_name`, `org_id`, `state`, `cert_key`), `natural` (`cert_key`,
`cert_type`, `user_name`) for who was bound as themselves, and `corporators` (`cert_key`, `cert_type`, `name`,
`capacity`, `account_key`, `agent_key`, `agent_name`) for each firm that they act for. Names and hashes are personal.

The hash is this site's own: whoever else keeps people by a hash of theirs finds nobody by it, until both agree on one.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from base.callers import Caller
from base.canonical import Json
from catalog_sync.kinds import events
from catalog_sync.kinds.kind import Content, Kind
from catalog_sync.record import PART
from certs.holder_codes import holder_codes
from certs.holders import bindings
from certs.holders.bindings import Bound, Capacity
from certs.wiring import Certs
from keys.parties.models import Organisation, Person

NAME: Final = "user"
# A binding that has ended is told as long as it stands on record; whether it counts today, no event says.
FIRST: Final = datetime.min.replace(tzinfo=UTC)
# 三级: name and number were compared when the person was bound; how else they were known is not on record.
COMPARED: Final = "3"


def read(session: Session, parts: Mapping[type[Any], Any], id_: str) -> Content | None:
    """Read a person."""
    row = session.get(Person, id_)
    if row is None:
        return None
    library: Certs = parts[Certs]
    held = bindings.bound(session, library.keys, Caller("person", row.id, row.name, row.organisation), FIRST)
    themselves = next((each for each in held if each.capacity is Capacity.SELF), None)
    organisation = session.get(Organisation, row.organisation)
    return Content(
        {
            "id": row.id,
            "region": "" if organisation is None else organisation.region,
            "staff": _staff(row, themselves),
            "natural": None if themselves is None else _natural(themselves),
            "corporators": _corporators(row, held, themselves),
        }
    )


def _staff(row: Person, themselves: Bound | None) -> Json:
    return {
        "staff_code": row.id,
        "staff_name": row.name,
        "org_id": row.organisation,
        "state": row.state,
        "cert_key": "" if themselves is None else themselves.hash,
        "real_level": "" if themselves is None else COMPARED,
    }


def _natural(told: Bound) -> Json:
    return {
        "cert_key": told.hash,
        "cert_type": told.holder.type,
        "user_name": told.holder.name,
        "real_level": COMPARED,
    }


def _corporators(row: Person, held: Sequence[Bound], themselves: Bound | None) -> list[Json]:
    return [
        {
            "cert_key": each.hash,
            "cert_type": each.holder.type,
            "name": each.holder.name,
            "capacity": each.capacity.value,
            "account_key": _account(row.id, each.hash),
            "agent_key": "" if themselves is None else themselves.hash,
            "agent_name": row.name,
        }
        for each in held
        if not holder_codes()[each.holder.type].is_person
    ]


def _account(person: str, hashed: str) -> str:
    """Name the account of a firm: several persons may act for one."""
    return hashlib.new("sm3", PART.join((hashed.encode(), person.encode()))).hexdigest()


USER: Final = Kind(
    NAME, events.each("person.added", "person.changed", "person.suspended", "person.resumed", "holder.bound"), read
)
