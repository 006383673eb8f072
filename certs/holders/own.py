"""What is one's own: the certificates that a person may look at as their holder, covered until they are looked at.

A list shows of a certificate what its holder needs to tell it from another. What it says in full is shown when that is
asked for, and that it was shown is put on record: an account that is open on somebody's desk must not be read silently.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from certs import library
from certs.acting import ROOM
from certs.consents.consent import Giver
from certs.contents import Keys
from certs.errors import NoSuchCertificate
from certs.holders import bindings, using
from certs.holders.bindings import Bound, Capacity
from certs.life import State
from certs.models import Certificate
from certs.queries.fields import NUMBER
from certs.types.certificate_type import CertificateType, FieldKind
from exchange.door import masking

# What never became a certificate is not shown to whom it was to be issued.
NOT_SHOWN: Final = frozenset({State.TO_BE_SIGNED.value, State.DISCARDED.value})
# From here on a field tells more of a person than a list needs (GB/T 35273-2020, sensitive personal information).
COVERED_FROM: Final = 3
_BY_KIND: Final[Mapping[FieldKind, str]] = {FieldKind.ID_NUMBER: "id_number"}
_ALWAYS: Final[Mapping[str, str]] = {NUMBER: "last4", "holder_code": "id_number"}
_GIVERS: Final[Mapping[Capacity, Giver]] = {
    Capacity.SELF: Giver.HOLDER,
    Capacity.AGENT: Giver.AGENT,
    Capacity.GUARDIAN: Giver.GUARDIAN,
    Capacity.LEGAL_REPRESENTATIVE: Giver.LEGAL_REPRESENTATIVE,
}


def hashes(session: Session, keys: Keys, by: Caller, at: datetime) -> list[str]:
    """Give the keyed hashes of the holders whom a person speaks for. Raises `NotBoundAsHolder`."""
    return [each.hash for each in bindings.own(session, keys, by, at)]


def certificates(session: Session, keys: Keys, by: Caller, at: datetime) -> list[Certificate]:
    """List one's certificates, in every state, each holder's newest first. Raises `NotBoundAsHolder`."""
    rows: dict[str, Certificate] = {}
    for each in bindings.own(session, keys, by, at):
        found = library.held(session, keys, each.holder.type, each.holder.code)
        rows |= {row.identifier: row for row in found if row.state not in NOT_SHOWN}
    return list(rows.values())


def certificate_of(session: Session, keys: Keys, identifier: str, by: Caller, at: datetime) -> Certificate:
    """Find one of one's own. Raises `NoSuchCertificate`, `NotBoundAsHolder`."""
    row = session.get(Certificate, identifier)
    mine = set(hashes(session, keys, by, at))
    if row is None or row.state in NOT_SHOWN or not mine & set(using.holders_of(session, row)):
        raise NoSuchCertificate(identifier)
    return row


def looked_at(session: Session, row: Certificate, by: Caller, at: datetime) -> None:
    """Put on record that a certificate was shown in full to who speaks for its holder."""
    ROOM.record(session, by, at, "certificate.looked-at", Thing(library.THING, row.identifier))


def covered(type_: CertificateType, told: Mapping[str, Any]) -> dict[str, Any]:
    """Cover what a list need not show of what a certificate says."""
    own = {
        each.name: _BY_KIND.get(each.kind, "hide")
        for each in type_.fields
        if each.kind in _BY_KIND or each.sensitivity >= COVERED_FROM
    }
    return masking.masked(told, {**_ALWAYS, **own})


def giver(bound: Bound, by: Caller) -> tuple[Giver, str]:
    """Tell who agrees or shows: the holder, or as what a person does it for them, and their name then."""
    return _GIVERS[bound.capacity], "" if bound.capacity is Capacity.SELF else by.name
