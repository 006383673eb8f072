"""A province with twelve departments, sixty directories and thirteen cities, and a year of what figures count.

Uses are made by the product's own generator with totals known beforehand; of everything else there is a little in each
month: certificates, publications, evaluations, objections, look-ups, reused papers, duties in time and late.
"""

import dataclasses
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import audit, calendar
from base.audit import Entry, Thing
from base.callers import Caller
from base.canonical import Json
from base.db import Database
from base.identifiers import CreditCode, RegionCode
from certs.acting import ROOM as CERTS
from certs.figures import invented
from certs.figures.invented import CITIES, Scale
from certs.figures.months import Month
from certs.figures.wiring import Figures
from certs.filing import duties
from certs.filing.lookups.models import FilingLookup
from certs.holders import voices
from certs.holders.models import HolderUse
from certs.models import Certificate
from exchange import terms
from exchange.acting import ROOM as EXCHANGE
from exchange.door.models import Usage
from exchange.models import Directory, Task
from keys.parties import organisations
from keys.parties.organisations import NewOrganisation
from keys.parties.sample import MAKER, ORGANISATIONS, code_of

PARTS = Figures({code[:4]: name for code, name in CITIES.items()})
LAST = Month(2026, 11)
DIRECTORIES = 60


@dataclass
class YearHouse:
    """The house; `at` is now."""

    database: Database
    at: datetime
    # How many directories are used; all of them in the year that is counted plainly.
    used: int = DIRECTORIES
    departments: list[str] = field(default_factory=lambda: [code_of(each.short) for each in ORGANISATIONS][:12])

    @property
    def directories(self) -> list[tuple[str, str]]:
        return [
            (f"30732{place:04}/{place:06}", self.departments[place % len(self.departments)])
            for place in range(DIRECTORIES)
        ]

    def scale(self, months: int) -> Scale:
        told = [LAST.after(-back) for back in reversed(range(months))]
        return Scale(self.departments, self.directories[: self.used], list(CITIES), told)

    def uses(self, months: int) -> Scale:
        """Put the uses of so many months on record."""
        scale = self.scale(months)
        told = [each for each in invented.uses(scale) if each.at < self.at]
        for begin in range(0, len(told), 3000):
            with self.database.transaction() as session:
                invented.keep(session, told[begin : begin + 3000])
        return scale

    def others(self, months: int) -> None:
        """Have a little of everything else in each month."""
        for place, month in enumerate(self.scale(months).months):
            at = month.begins + timedelta(days=3 + place % 5)
            with self.database.transaction() as session:
                self._month(session, place, at)

    def _month(self, session: Session, place: int, at: datetime) -> None:
        cities = list(CITIES)
        for number in range(place + 3):
            certificate(
                session, f"c{place}-{number}", self.departments[number % 5], cities[number % 13], f"t{number % 4}", at
            )
        for code, owner in self.directories[place * 5 : place * 5 + 5]:
            publish(session, code, owner, cities[place], at)
        query = select(Usage).where(Usage.at >= at, Usage.at < at + timedelta(days=9)).order_by(Usage.id).limit(12)
        for number, use in enumerate(session.scalars(query).all()):
            holder = HolderUse(holder_hash="h", usage=use.id, organisation=use.organisation)
            voices.evaluate(session, holder, 1 + (number + place) % 5, "", MAKER, use.at + timedelta(hours=1))
        who = {"provider": self.departments[place % 12]}
        EXCHANGE.changed(session, MAKER, at, "objection.begin", Thing("objection", f"o{place}"), 1, **who)
        EXCHANGE.changed(session, MAKER, at, "objection.keep", Thing("objection", f"o{place}"), 2, **who)
        whom = {"addressee": self.departments[(place + 1) % 12]}
        CERTS.changed(session, MAKER, at, "holder-objection.begun", Thing("holder-objection", f"h{place}"), 1, **whom)
        look_up(session, f"l{place}", self.departments[place % 3], cities[place], at)
        for number, late in enumerate((None, -1, 0, 1)):
            duty = "demand-answer" if number % 2 else "correction"
            task(session, self.departments[(place + number) % 12], duty, at, late)


def opened(database: Database, at: datetime) -> YearHouse:
    with database.transaction() as session:
        calendar.seed(session)
        terms.seed(session, MAKER, at)
        duties.seed(session, MAKER, at)
        for each in ORGANISATIONS:
            parent = CreditCode(code_of(each.parent)) if each.parent else None
            code, region = CreditCode(code_of(each.short)), RegionCode(each.region)
            organisations.add(session, NewOrganisation(code, each.name, region, each.level, parent), MAKER, at)
    return YearHouse(database, at)


def certificate(session: Session, identifier: str, issuer: str, region: str, type_: str, at: datetime) -> None:
    day = at.date()
    told: dict[str, Any] = dict.fromkeys(("number_hash", "item_code", "grade", "origin"), "x")
    dates = {"issued_on": day, "valid_from": day, "valid_until": day, "created_at": at, "changed_at": at}
    row = Certificate(
        identifier=identifier, issuer=issuer, region=region, type=type_, state="valid", holding="issued", version=1,
        token=identifier, content=b"", supersedes=None, superseded_by=None, review_due=None, **told, **dates,
    )  # fmt: skip
    session.add(row)
    CERTS.changed(session, MAKER, at, "certificate.sign", Thing("certificate", identifier), 1, type=type_)


def publish(session: Session, code: str, owner: str, region: str, at: datetime) -> None:
    words = dict.fromkeys(("level", "name", "share_type", "field_of_work", "update_cycle"), "x")
    row = Directory(
        code=code, owner=owner, region=region, state="published", base_code=None, theme_code=None, published=1,
        published_at=at, version=1, created_at=at, changed_at=at, **words,
    )  # fmt: skip
    session.add(row)
    EXCHANGE.changed(session, MAKER, at, "directory.publish", Thing("directory", code))


def look_up(session: Session, number: str, organisation: str, region: str, at: datetime) -> None:
    """Look up without a case, again and find more, bind it to a case, and look up for that case once more."""
    case = f"n{number}"
    by = dataclasses.replace(MAKER, organisation=organisation)
    thing, hour = Thing("filing-lookup", number), timedelta(hours=1)
    session.add(_look_up(number, organisation, region, at, "", case))
    licence: Json = ["licence", "applicant"]
    register: Json = ["register", "applicant"]
    card: Json = ["card", "spouse"]
    answers: tuple[list[Json], ...] = ([licence], [licence, register])
    for found in answers:
        _made(session, by, at, thing, found)
    CERTS.changed(session, by, at + hour, "filing-lookup.bound", thing, 1, case=case)
    _made(session, by, at + 2 * hour, thing, [licence])
    session.add(_look_up(f"{number}-2", organisation, region, at, case, None))
    again = Thing("filing-lookup", f"{number}-2")
    _made(session, by, at + 3 * hour, again, [register, card, card], case)


def _made(session: Session, by: Caller, at: datetime, thing: Thing, found: list[Json], case: str = "") -> None:
    told: dict[str, Json] = {"outcomes": [*["found"] * len(found)], "found": found, "basis": case}
    told["basis_kind"] = "case" if case else ""
    CERTS.changed(session, by, at, "filing-lookup.made", thing, 1, **told)


def _look_up(number: str, organisation: str, region: str, at: datetime, basis: str, bound: str | None) -> FilingLookup:
    words = ("caller", "item_code", "item_name", "organ_name", "stage", "asked_hash", "answered_hash")
    return FilingLookup(
        id=number, organisation=organisation, region=region, idempotency_key=None, complete=True, runs=1, usages=[],
        items=[], notice=[], made_at=at, last_at=at, basis=basis, bound_to=bound, bound_at=None,
        **dict.fromkeys(words, "x"),
    )  # fmt: skip


def task(session: Session, organisation: str, duty: str, at: datetime, late: int | None) -> None:
    """Give a duty whose term ends five days later; done so many seconds after its end, or not at all."""
    due = at + timedelta(days=5)
    done = None if late is None else due + timedelta(seconds=late)
    session.add(
        Task(
            duty=duty,
            thing_kind="x",
            thing_id="x",
            title="演示",
            organisation=organisation,
            role="provider",
            opened_at=at,
            due_at=due,
            days=5,
            next_reminder_at=None,
            reminded=0,
            escalated_to=None,
            done_at=done,
            done_by=None,
        )
    )


def use_of(house: YearHouse, **peculiar: Any) -> Any:
    """Make one use, peculiar as told."""
    first = next(invented.uses(house.scale(1)))
    return dataclasses.replace(first, **peculiar)


def note(session: Session, act: str, thing: Thing, at: datetime, by: Caller = MAKER, **facts: Any) -> None:
    audit.record(session, Entry(at, "system:x", by.organisation, act, thing, facts=facts))
