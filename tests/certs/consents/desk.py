"""An office with a holder at a counter: who may be there, and what they ask for."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from base.callers import Caller
from certs.consents import consents
from certs.consents.consent import Given
from certs.contents import holder_hash
from certs.drafts import Holder
from certs.holders import bindings
from certs.holders.bindings import Binding, Capacity
from exchange.agreements.purposes import Basis, BasisKind, Ground, Operator, OperatorKind, Purpose, Stage
from keys.parties import people
from keys.parties.people import NewPerson
from tests.certs.office import Office
from tests.certs.papers import HYGIENE, firm, person
from tests.keys.parties.builders import CITY, PROVINCE

MATTER = "000123010000"
SECURITY = Caller("person", "security", "security", PROVINCE, frozenset({"secadmin"}))


def holder(number: int = 1) -> Holder:
    return Holder(firm(number), "001", f"演示企业{number}有限公司")


def man(number: int = 1) -> Holder:
    return Holder(person(number), "111", f"演示人{number}")


def account(session: Session, login: str, at: Any) -> Caller:
    """Make a person with an account who holds something."""
    row = people.add(session, NewPerson(login, f"演示{login}", CITY), SECURITY, at)
    return Caller("person", row.id, row.name, CITY, frozenset({"holder"}))


def citizen(office: Office, login: str = "citizen", number: int = 1, *, firms: tuple[int, ...] = ()) -> Caller:
    """Make a person who is bound to their own code, and to firms as their legal representative."""
    with office.database.transaction() as session:
        made = account(session, login, office.at)
        told = Binding(made.id, man(number), Capacity.SELF)
        bindings.bind(session, office.parts.keys, told, SECURITY, office.at)
        for each in firms:
            told = Binding(made.id, holder(each), Capacity.LEGAL_REPRESENTATIVE, "演示营业执照")
            bindings.bind(session, office.parts.keys, told, SECURITY, office.at)
    return made


def purpose(**peculiar: Any) -> Purpose:
    told = {
        "item_code": MATTER,
        "item_name": "演示事项",
        "stage": Stage.INTAKE,
        "basis": Basis(BasisKind.INTAKE, "演示收0001"),
        "ground": Ground.HOLDER,
        "grant_code": None,
        "operator": Operator(OperatorKind.PERSON, "演示窗口", "演示大厅"),
        "handling_region": "320900",
        "reason": "演示办理",
    }
    return Purpose(**{**told, **peculiar})


def purpose_body(**peculiar: Any) -> dict[str, Any]:
    """Give the purpose as a body has it."""
    return {
        "item_code": MATTER,
        "item_name": "演示事项",
        "stage": "intake",
        "basis": {"kind": "intake", "number": "演示收0001"},
        "ground": "holder",
        "grant_code": None,
        "operator": {"kind": "person", "name": "演示窗口", "unit": "演示大厅"},
        "handling_region": "320900",
        "reason": "演示办理",
        **peculiar,
    }


def given(office: Office, **peculiar: Any) -> Given:
    told = {
        "holder": holder(),
        "organisation": CITY,
        "matter": MATTER,
        "scope": {HYGIENE.code: ("address",)},
        "ends": office.at + timedelta(days=7),
    }
    return Given(**{**told, **peculiar})


def agreed(office: Office, **peculiar: Any) -> str:
    """Put a consent on record; give its id."""
    with office.database.transaction() as session:
        told = given(office, **peculiar)
        row = consents.give(session, office.parts.keys, office.parts.types, told, "holder", SECURITY, office.at)
        return row.id


def hashed(office: Office, session: Session, of: Holder | None = None) -> str:
    one = of or holder()
    return holder_hash(session, office.parts.keys, one.type, one.code)
