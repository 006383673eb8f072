"""What a panel shows and does for the browser that holds it: the plan, one look-up of everything, one material.

Not a verb: it is handed the database, since a look-up asks its sources outside of any transaction. Everything goes
through the gates of `certs.filing.lookups` in the name of the intake system and under the purpose that it named, so
that each look is a use on record. What was found is shown and not kept: a material that is looked at once more is
asked for once more, and what was withdrawn meanwhile is gone. A look-up that is refused as a whole leaves the panel as
usable as the plan's fallbacks make it.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from base.callers import Caller
from base.db import Database
from base.errors import DomainError
from certs.filing.lookups import lookups, telling
from certs.filing.lookups.lookups import REFUSING, Desk, Looking
from certs.filing.panels import badges, origins, panels, pictures
from certs.filing.panels.badges import Row
from certs.filing.panels.errors import NothingToShow
from certs.filing.panels.models import FilingPanel
from certs.filing.panels.panels import Opened
from certs.filing.panels.pictures import Marked
from certs.filing.plans import planning
from certs.filing.plans.plan import Plan
from certs.filing.plans.planning import Asked
from certs.libraries.answers import Named
from certs.models import Certificate
from certs.queries.wiring import Queries
from certs.types.certificate_type import CertificateType
from exchange.mounting.wiring import MountParts
from keys.parties import organisations

Told = dict[str, Any]
UNREAD: Final = "–"


@dataclass(frozen=True)
class Panel:
    """A panel as it is shown."""

    row: FilingPanel
    planned: Plan
    rows: tuple[Row, ...]
    holders: tuple[Named, ...] = field(repr=False)
    looking: Looking = field(repr=False)
    origins: tuple[str, ...] = ()

    def of(self, line: str) -> Row:
        """Give one of its lines. Raises `NothingToShow`."""
        found = next((each for each in self.rows if each.id == line), None)
        if found is None:
            raise NothingToShow
        return found


@dataclass(frozen=True)
class Shown:
    """One material as it is looked at: its line, and what was found, where anything was."""

    row: Row
    pictures: tuple[str, ...] = field(default=(), repr=False)
    # Pairs of a field's name and its value, one list for each certificate or row.
    fields: tuple[tuple[tuple[str, str], ...], ...] = field(default=(), repr=False)
    outcome: str = ""
    reason: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""


@dataclass(frozen=True)
class Counter:
    """Where panels are shown: the database and the parts, and the word that the browser holds."""

    database: Database = field(repr=False)
    parts: Queries = field(repr=False)
    sources: MountParts = field(repr=False)
    word: str = field(repr=False)
    at: datetime
    request_id: str = ""

    def panel(self, panel: str) -> Panel:
        """Show a panel. Raises what `panels.held` and `planning.planned` raise."""
        with self.database.reading() as session:
            return self._panel(session, panels.held(session, self.parts.certs.keys, panel, self.word, self.at))

    def answer(self, panel: str, answers: Mapping[str, str]) -> None:
        """Take the clerk's answers about the situation. Raises as `panel` does, and `UnfitSituation`."""
        with self.database.transaction() as session:
            opened = panels.held(session, self.parts.certs.keys, panel, self.word, self.at, locked=True)
            panels.answer_questions(session, opened, answers, self.at)
            self._panel(session, replace(opened, looking=replace(opened.looking, situation=dict(opened.row.situation))))

    def look_up(self, panel: str) -> None:
        """Look everything up, and note how it ended; a refusal is noted as well. Raises as `panel` does."""
        with self.database.reading() as session:
            opened = panels.held(session, self.parts.certs.keys, panel, self.word, self.at)
            by, looking = opened.by, opened.looking
        lookup, result = self._looked_up(by, looking)
        with self.database.transaction() as session:
            again = panels.held(session, self.parts.certs.keys, panel, self.word, self.at, locked=True)
            panels.note(session, again, lookup, result, self.at)

    def material(self, panel: str, line: str) -> tuple[Panel, Shown]:
        """Look at one material; what was found is asked for anew. Raises as `panel` does, and `NothingToShow`."""
        with self.database.reading() as session:
            opened = panels.held(session, self.parts.certs.keys, panel, self.word, self.at)
            shown, by = self._panel(session, opened), opened.by
        row = shown.of(line)
        if not row.can_be_shown or row.holder is None:
            return shown, Shown(row)
        return shown, self._found(shown, row, by)

    def close(self, panel: str) -> None:
        """Close the panel. Raises as `panels.held` does."""
        with self.database.transaction() as session:
            opened = panels.held(session, self.parts.certs.keys, panel, self.word, self.at, locked=True)
            panels.close(session, opened.row, opened.by, self.at)

    def _panel(self, session: Session, opened: Opened) -> Panel:
        looking, row = opened.looking, opened.row
        asked = Asked(looking.matter, looking.situation, looking.purpose.handling_region)
        planned = planning.planned(session, self.parts, asked, opened.by, self.at)
        told = badges.rows(planned, row.result)
        return Panel(row, planned, told, looking.holders, looking, tuple(origins.of(session, row.system)))

    def _desk(self, by: Caller) -> Desk:
        return Desk(self.database, self.parts, self.sources, by, self.at, self.request_id)

    def _looked_up(self, by: Caller, looking: Looking) -> tuple[str | None, Told]:
        try:
            row, answer = lookups.look_up(self._desk(by), looking, lambda _session: None)
        except DomainError as refusal:
            if refusal.kind not in REFUSING:
                raise
            return None, {"refused": refusal.code, "complete": False, "items": [], "mismatches": [], "notice": []}
        return row.id, {
            "complete": answer.is_complete,
            "items": [badges.item(each) for each in answer.items if each["key"]],
            "mismatches": answer.hints,
            "notice": answer.notice,
            "to_submit": telling.to_bring(answer.notice),
            "uses": list(answer.usages),
        }

    def _found(self, panel: Panel, row: Row, by: Caller) -> Shown:
        holder = panel.holders[row.holder or 0]
        kept = next(
            each for each in panel.row.result["items"] if (each["key"], each["holder"]) == (row.key, row.holder)
        )
        looking = replace(panel.looking, holders=(holder,), types=(kept["type"],))
        answer = lookups.asked(self._desk(by), looking, lambda _session: None)
        told = next((each for each in answer.items if each["key"] == row.key and each["holder"] == 0), None)
        if told is None:
            raise NothingToShow
        common = {"outcome": told["outcome"], "reason": told["reason"], "origin": told["origin"]}
        type_ = self.parts.certs.types.get(told["type"])
        found = [
            {**({"number": each["number"]} if each["number"] else {}), **each["data"]} for each in told["certificates"]
        ]
        fields = tuple(_fields(each, type_) for each in (*found, *told["data"].get("rows", [])))
        return Shown(row, self._drawn(panel, told, by, type_), fields, **common)

    def _drawn(self, panel: Panel, told: Told, by: Caller, type_: CertificateType | None) -> tuple[str, ...]:
        if type_ is None:
            return ()
        with self.database.reading() as session:
            unit = organisations.organisation_of(session, by.organisation).name
            rows = [session.get(Certificate, each["identifier"]) for each in told["certificates"]]
            links = [self.parts.certs.links + row.token if row is not None else "" for row in rows]
        marked = Marked(panel.row.id, unit, panel.looking.purpose, self.at, panel.row.ends_at)
        found = [(each, link) for each, link in zip(told["certificates"], links, strict=True) if each["data"]]
        drawn = (pictures.drawn(self.parts.certs, each, type_, marked, link) for each, link in found)
        return tuple(f"data:image/png;base64,{base64.b64encode(each).decode()}" for each in drawn if each)


def _fields(told: Mapping[str, Any], type_: CertificateType | None) -> tuple[tuple[str, str], ...]:
    """Name the fields as their type does; pictures stand on the face and not among words."""
    named = type_.by_name if type_ is not None else {}
    return tuple(
        (pictures.name_of(name, named), UNREAD if value in (None, "") else str(value))
        for name, value in told.items()
        if not pictures.is_picture(name, named)
    )
