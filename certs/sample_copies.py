"""The platform's service seal in the sandbox: its owner's written leave, and as which system it is used.

The seal itself is made with the others (`signing.sample`) and is named as what it is. The leave names two acts, copies
and filing documents, as an owner would write it who lets a machine seal without being asked each time.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.callers import Caller
from certs.copies.edges import ACT, SERVICE
from certs.filing.sheets.edges import ACT as FILING
from keys.parties.sample import PROVINCE, code_of
from signing import authorisations
from signing.authorisations import Leave
from signing.models import ANY, Seal
from signing.sample import SYSTEM

OWNER: Final = "data"
YEAR: Final = timedelta(days=365)
CEILING: Final = 10_000
# What it is allowed for, and on which written basis.
ACTS: Final = {
    ACT: "演示加注件自动用印授权书〔2026〕1号",
    FILING: "演示办件文书自动用印授权书〔2026〕2号",
}


def settings_of(_folder: object) -> str:
    """Name the platform's own system; the seal is the only one of its kind."""
    return f'\n[copies]\nsystem = "{SYSTEM}"\n'


def allow(session: Session, at: datetime) -> str:
    """Let the platform's system use the service seal; two people of the owner say so. Give the seal's id."""
    seal = session.scalars(select(Seal).where(Seal.kind == SERVICE).order_by(Seal.created_at).limit(1)).one()
    for act, basis in ACTS.items():
        leave = Leave(SYSTEM, ANY, act, PROVINCE, at, at + YEAR, CEILING, basis)
        row = authorisations.propose(session, seal, leave, _person("owner"), at)
        authorisations.confirm(session, row, _person("custodian"), at)
    return seal.id


def _person(role: str) -> Caller:
    return Caller("person", f"sandbox-{role}", f"演示{role}", code_of(OWNER), frozenset({f"seal_{role}"}))
