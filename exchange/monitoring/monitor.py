"""The form of a monitor: its name, its words, within which time its tickets are dealt with, and how it looks.

A monitor is a file and a row of its room's table. It looks at what is there and tells what it sees; whether that opens
a ticket, counts one up or is known already is decided in `exchange.monitoring.life`. What it tells names things and
figures, never a person.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from base.settings import Settings
from exchange.monitoring.life import Severity
from exchange.monitoring.settings import MonitoringSettings

Facts = Mapping[str, str | int]
OPERATOR: Final = "operator"


@dataclass(frozen=True)
class Sighting:
    """Something that is wrong: with what, whose it is, how grave, since when, and the figures that show it.

    An empty organisation is the one that looks after the platform.
    """

    subject: str
    severity: Severity
    evidence_at: datetime
    facts: Facts = field(default_factory=dict)
    organisation: str = ""
    role: str = OPERATOR


@dataclass(frozen=True)
class Looking:
    """What monitors look with: their thresholds, all that the site was told, and the parts of the house by class."""

    told: MonitoringSettings
    read: Settings = field(repr=False)
    part: Callable[[type[Any]], Any] = field(repr=False)


Look = Callable[[Session, Looking, datetime], Iterable[Sighting]]


@dataclass(frozen=True)
class Monitor:
    """A row: `look` is empty for one whose tickets others raise; `hours` goes before `days` where it is told."""

    name: str
    zh: str
    en: str
    said_zh: str
    said_en: str
    days: int = 0
    hours: int | None = None
    look: Look | None = None

    @property
    def duty(self) -> str:
        """Name the duty whose term its tickets have."""
        return f"ticket-{self.name}"

    def said(self, facts: Facts) -> tuple[str, str]:
        """Say what was seen, in Chinese and English."""
        return self.said_zh.format_map(facts), self.said_en.format_map(facts)
