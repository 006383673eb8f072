"""A province that is watched: terms laid down, people who own tickets, and a monitor that sees what it is told to."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from string import Formatter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import app
from base.db import Database
from base.metrics import Metrics, MetricsSettings, opened
from base.scheduling import Run
from base.scheduling.job import Opened
from base.settings import read
from catalog_sync import monitors as sync_monitors
from exchange.measures import MEASURES
from exchange.monitoring import jobs, tickets, wiring
from exchange.monitoring.life import Severity
from exchange.monitoring.models import Ticket
from exchange.monitoring.monitor import Looking, Monitor, Sighting
from exchange.monitoring.monitors import MONITORS
from exchange.monitoring.settings import MonitoringSettings
from exchange.monitoring.wiring import Monitoring
from exchange.quality import Measures
from keys.parties import people
from keys.parties.people import NewPerson
from keys.parties.sample import code_of
from tests.exchange import departments
from tests.exchange.departments import MAKER, person

HEALTH, POLICE, DATA = code_of("health"), code_of("police"), code_of("data")
OPERATOR = person("operator", "data", "operator")
OTHER_OPERATOR = person("other-operator", "police", "operator")
PROVIDER = person("provider", "health", "provider")
STEWARD = person("steward", "health", "steward")
REQUESTER = person("requester", "health", "requester")
AUTHORITY = person("authority", "data", "authority")
AUDITOR = person("auditor", "police", "auditor")
STRANGER = person("stranger", "police", "provider", "steward", "operator")
PEOPLE = (OPERATOR, OTHER_OPERATOR, PROVIDER, STEWARD, REQUESTER, AUTHORITY, AUDITOR, STRANGER)
MAIL, HOOK = "duty@example.gov.cn", "https://watch.example.gov.cn/in"
TOLD = Monitor("told", "演示监测", "Told", "对象 {what}。", "About {what}.", days=1)
READ = read(app.HOUSE.sections, environment={"YINXIN_WEB_SECRET": "s" * 32})


# The moment of most stories.
BEGAN = datetime.fromisoformat("2026-11-21T02:30:00+00:00")


def sighting(what: str = "渠道一", at: datetime | None = None, **peculiar: Any) -> Sighting:
    """See something of the health department's."""
    told = {"organisation": HEALTH, "role": "provider", **peculiar}
    return Sighting(what, told.pop("severity", Severity.WARNING), at or BEGAN, {"what": what}, **told)


@dataclass
class Watch:
    """Monitoring at work: what its one monitor sees now, and the parts that monitors ask for."""

    database: Database
    at: datetime
    monitoring: Monitoring
    sees: list[Sighting] = field(default_factory=list)
    parts: dict[type[Any], Any] = field(default_factory=dict)

    def later(self, **span: float) -> datetime:
        """Move on."""
        self.at += timedelta(**span)
        return self.at

    def take_in(self, *seen: Sighting, of: Monitor = TOLD) -> list[int | None]:
        """Take sightings in, each in a transaction of its own; tell which ticket of the story each came to."""
        told, monitoring = [], self.monitoring if of is TOLD else built((of,), organisation=DATA)
        for each in seen:
            with self.database.transaction() as session:
                ticket = tickets.take_in(session, monitoring, of.name, each, self.at)
                told.append(ticket.id if ticket else None)
        numbers = [each.id for each in self.tickets()]
        return [None if each is None else numbers.index(each) + 1 for each in told]

    def number(self, place: int) -> int:
        """Give the number of a ticket of the story; a database does not begin again with each."""
        return self.tickets()[place - 1].id

    def tickets(self) -> list[Ticket]:
        """Give every ticket."""
        with self.database.reading() as session:
            return list(session.scalars(select(Ticket).order_by(Ticket.id)))

    def looked(self, *monitors: Monitor) -> list[Sighting]:
        """Let monitors look; give what they see."""
        looking = Looking(self.monitoring.settings, self.monitoring.read, self.parts.__getitem__)
        with self.database.transaction() as session:
            return [each for monitor in monitors if monitor.look for each in monitor.look(session, looking, self.at)]

    def run(self) -> Run:
        """Carry the job out, as the scheduler does."""
        given = Opened(1, 1, "exchange.monitoring", self.at, 1, self.at, self.at + timedelta(hours=1), None, "演示", 1)
        run = Run(given, self.database, {Monitoring: self.monitoring, **self.parts})
        jobs.watch(run)
        return run


def built(monitors: Iterable[Monitor] = (), **told: Any) -> Monitoring:
    """Build the part with what the site tells."""
    return wiring.built(READ.changed(MonitoringSettings(**told)), monitors)


def laid_out(database: Database, at: datetime) -> None:
    """Lay a province out: departments, terms, people who are told."""
    departments.opened(database, at)
    with database.transaction() as session:
        for rows in ((TOLD,), MONITORS, sync_monitors.MONITORS):
            tickets.seed_of(rows, "monitoring")(session, MAKER, at)
        for login, mail in (("演示甲", "provider@example.gov.cn"), ("演示乙", None)):
            row = people.add(session, NewPerson(f"p-{mail}", login, HEALTH, mail), MAKER, at)
            people.assign_roles(session, row, ("provider",), MAKER, at)


def watching(database: Database, at: datetime, **told: Any) -> Watch:
    """Watch it, with one monitor of the story's own."""
    watch = Watch(database, at, built((TOLD,)))

    def look(_session: Session, _looking: Looking, _at: datetime) -> list[Sighting]:
        return watch.sees

    settings = {"mail": (MAIL,), "webhooks": (HOOK,), "organisation": DATA, **told}
    watch.monitoring = built((replace(TOLD, look=look),), **settings)
    watch.parts = {Metrics: opened(MetricsSettings()), Measures: MEASURES}
    return watch


def placeholders(said: str) -> list[str]:
    """Name what fills a sentence."""
    return [name for _, name, _, _ in Formatter().parse(said) if name]
