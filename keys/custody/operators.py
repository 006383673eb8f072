"""Who acts when a command about keys is run: the user of the machine, or the account that `--by` names."""

from datetime import datetime

from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from keys.parties import people
from keys.parties.acting import record
from keys.parties.errors import NoSuchPerson
from keys.parties.operator import operator


def acting(session: Session, login: str | None, at: datetime) -> Caller:
    """Give the active account of that login, or without one the user of the machine.

    That somebody at the machine acts under an account is put on record. Raises `NoSuchPerson`.
    """
    if login is None:
        return operator()
    found = people.person_by_login(session, login)
    by = people.caller_of(session, found) if found else None
    if by is None:
        raise NoSuchPerson(login)
    record(session, operator(), at, "custody-key.acting-as", Thing("person", by.id))
    return by
