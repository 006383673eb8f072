"""The matters of the sandbox, put there by the verbs that everybody uses, and their use list published.

The matter under which the visitor may try every type keeps the list item that says so (`certs.sample`).
"""

from datetime import datetime

from sqlalchemy.orm import Session

from base import clock
from base.callers import Caller
from base.program import Running, Sandbox
from certs import sample_organs
from certs.filing.matters import correspondence, keeping, matters, publishing, sample_content, targets
from certs.filing.matters.correspondence import Of
from certs.filing.matters.models import CatalogueEntry
from certs.filing.matters.publishing import NewUseList
from certs.filing.matters.sample_content import FIRST_DAY, Invented, Organ
from certs.filing.matters.sites import site_of
from certs.types import Types
from certs.wiring import Certs
from exchange.agreements import matters as code_list
from exchange.agreements.sample import LICENCE
from keys.parties.organisations import organisation_of
from keys.parties.sample import ORGANISATIONS, code_of

# What the visitor is shown first: a matter with questions, certificates, data and papers that stay papers.
SHOWN = "000109027000"


def sample(running: Running, sandbox: Sandbox) -> None:
    """Keep the matters and what can stand in for their materials, and publish it."""
    at, types = clock.now(), running.parts[Certs].types
    with running.database.transaction() as session:
        made = keep_all(session, types, at)
    with running.database.transaction() as session:
        publish_all(session, types, made, at)
    with running.database.reading() as session:
        shown = matters.matter_of(session, SHOWN, at)
    sandbox.told["matters"] = {"count": len(made), "example": shown.item_code, "name": shown.name}


def keep_all(session: Session, types: Types, at: datetime) -> list[Invented]:
    """Keep every matter and its correspondence."""
    codes = {each.name: each.code for each in types.values()}
    made = list(sample_content.invented(_organs(session), codes))
    site = site_of(session, types, targets.names_in(row for each in made for row in each.rows))
    by = authority("data", "sandbox")
    said: set[Of] = set()
    for each in made:
        keeping.enter(session, _entry(each, at))
        keeping.keep(session, each.matter, by, at)
        for row in each.rows:
            of = Of(each.matter.basic_code, each.matter.name, row.material)
            found = targets.replacements(row, site)
            if found and of not in said:
                correspondence.correspond(session, of, found, FIRST_DAY, by, at)
            said.add(of)
    return made


def publish_all(session: Session, types: Types, made: list[Invented], at: datetime) -> None:
    """Publish what the city's matters take, but for the one that everything can be tried under."""
    codes = tuple(sorted({each.matter.basic_code for each in made} - {LICENCE}))
    new = NewUseList("演示市用证清单（材料与证照对照）", "演示依据", codes)
    row = publishing.draft(session, types, new, authority("city-data", "sandbox"), at)
    publishing.publish(session, row.id, at, authority("city-data", "second"), at)


def authority(short: str, which: str) -> Caller:
    """Give whoever acts for an authority while the sandbox is made."""
    return Caller("person", f"{which}-authority", "演示authority", code_of(short), frozenset({"authority"}))


def _organs(session: Session) -> dict[str, Organ]:
    shorts = (*(each.short for each in ORGANISATIONS), *sample_organs.CODES)
    rows = {short: organisation_of(session, sample_organs.code(short)) for short in shorts}
    return {short: Organ(row.code, row.name, row.region) for short, row in rows.items()}


def _entry(of: Invented, at: datetime) -> CatalogueEntry:
    return CatalogueEntry(
        basic_code=of.matter.basic_code,
        name=of.matter.name,
        levels=list(of.levels),
        department=of.department,
        system=of.system,
        by_law="",
        source=code_list.source() if of.system else "清单外",
        confidence="known" if of.system else "assumed",
        changed_at=at,
    )
