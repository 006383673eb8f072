"""How good one's directories are, and how much they are used: a chart, and under it the table it was drawn from."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from flask import Blueprint, Response, url_for
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from base import clock
from base.api import PageQuery
from base.callers import Caller
from base.db import Database
from base.paging import Pager
from base.web import caller, parts
from base.workdays import local_day
from console.login import for_people
from console.steward import shown
from console.steward.shown import Column
from exchange import authorities, seeing
from exchange.models import Directory
from exchange.monitoring import reading as tickets
from exchange.monitoring.models import QualityMark, Ticket
from exchange.mounting.models import Mount, MountCount
from exchange.mounting.seeing import inside

quality_pages = Blueprint("quality_pages", __name__)
BLUEPRINTS = (quality_pages,)

READERS = {"steward", "reviewer", "authority", "provider", "auditor"}
DAYS: Final = 30
# A chart of bars: so high, each bar and its gap so wide.
HIGH, BAR, STEP = 120, 14, 18
# What is good and what is not, in classes of the score.
CLASSES: Final = (("90–100", 90, 101), ("75–89", 75, 90), ("60–74", 60, 75), ("0–59", 0, 60))


@quality_pages.get("/console/quality")
@for_people(READERS)
def quality() -> Response:
    """Show the last scores of the directories that one looks after, the worst first."""
    told = shown.asked(PageQuery)
    with parts(Database).reading() as session:
        ours = _ours(session, caller())
        query = select(QualityMark).where(QualityMark.directory.in_(ours))
        order = (QualityMark.score, QualityMark.directory)
        page = parts(Pager).page(session, query, order, told["page"], "quality")
        known = {
            row.code: row
            for row in session.scalars(
                select(Directory).where(Directory.code.in_([each.directory for each in page.items]))
            )
        }
        names = shown.names(session, [each.owner for each in known.values()])
        counted = _classes(session, ours)
        rows = [
            [
                shown.link(
                    known[each.directory].name, url_for("directory_pages.one", code=each.directory) + "#quality"
                ),
                shown.text(each.score),
                shown.text(names[known[each.directory].owner]),
                shown.time(each.measured_at),
            ]
            for each in page.items
        ]
        return shown.listing(
            "quality",
            [Column("title"), Column("score", number=True), Column("owner"), Column("measured_at")],
            rows,
            next_cursor=page.next_cursor,
            template="steward/figures.html",
            bars=_bars(counted),
            charted="classes",
            chart_columns=[Column("class"), Column("count", number=True)],
            chart_rows=[[shown.text(words), shown.text(count)] for words, count in counted],
        )


@quality_pages.get("/console/usage")
@for_people(READERS)
def usage() -> Response:
    """Show how often what one mounted was called in the last thirty days, and how that ended."""
    at = clock.now()
    with parts(Database).reading() as session:
        mounted = inside(session, caller()).with_only_columns(Mount.id)
        since = at - timedelta(days=DAYS)
        of = MountCount.mount.in_(mounted), MountCount.hour >= since
        daily = _daily(session, of, at)
        query = (
            select(Mount.directory, MountCount.outcome, func.sum(MountCount.calls))
            .join(Mount, Mount.id == MountCount.mount)
            .where(*of)
            .group_by(Mount.directory, MountCount.outcome)
            .order_by(func.sum(MountCount.calls).desc())
            .limit(200)
        )
        found = session.execute(query).all()
        names = dict(
            session.execute(
                select(Directory.code, Directory.name).where(Directory.code.in_({code for code, _, _ in found}))
            ).all()
        )
        rows = [
            [
                shown.link(names[code], url_for("directory_pages.one", code=code)),
                shown.words_of("outcome", outcome),
                shown.text(int(calls)),
            ]
            for code, outcome, calls in found
        ]
        return shown.listing(
            "usage",
            [Column("title"), Column("outcome"), Column("calls", number=True)],
            rows,
            template="steward/figures.html",
            bars=_bars(daily),
            charted="days",
            chart_columns=[Column("day"), Column("calls", number=True)],
            chart_rows=[[shown.text(day), shown.text(count)] for day, count in daily],
        )


def cards(session: Session, by: Caller, at: datetime) -> list[dict[str, Any]]:
    """Give what stands on the first page beside one's tasks: how one's directories score, and what alarms there are."""
    told = []
    if by.roles & READERS:
        ours = _ours(session, by)
        query = select(func.count(), func.avg(QualityMark.score), func.min(QualityMark.score))
        count, mean, worst = session.execute(query.where(QualityMark.directory.in_(ours))).one()
        if count:
            facts = {"count": count, "mean": int(mean), "worst": worst}
            told.append({"key": "quality", "href": url_for("quality_pages.quality"), "facts": facts})
        listed = tickets.listed(by, {}, at).with_only_columns(Ticket.severity, func.count())
        found = dict(session.execute(listed.where(Ticket.state != "closed").group_by(Ticket.severity)).all())
        if found:
            facts = {"critical": found.get("critical", 0), "warning": found.get("warning", 0)}
            told.append({"key": "tickets", "href": url_for("ticket_pages.listed"), "facts": facts})
    return told


def _ours(session: Session, by: Caller) -> Select[str]:
    """Ask for the codes of the directories one looks after: one's own, those below an authority; an auditor all."""
    query = select(Directory.code)
    if seeing.AUDITOR in by.roles:
        return query
    whose = Directory.owner == by.organisation
    prefix = authorities.covered_prefix(session, by)
    return query.where(whose if prefix is None else whose | Directory.region.startswith(prefix, autoescape=True))


def _classes(session: Session, ours: Select[str]) -> list[tuple[str, int]]:
    query = select(QualityMark.score, func.count()).where(QualityMark.directory.in_(ours)).group_by(QualityMark.score)
    scored = session.execute(query).all()
    return [(words, sum(count for score, count in scored if least <= score < most)) for words, least, most in CLASSES]


def _daily(session: Session, of: Sequence[Any], at: datetime) -> list[tuple[str, int]]:
    """Add the calls up by day: hours are few, and a day is what it is here."""
    query = select(MountCount.hour, func.sum(MountCount.calls)).where(*of).group_by(MountCount.hour)
    days = {local_day(at) - timedelta(days=back): 0 for back in reversed(range(DAYS))}
    for hour, calls in session.execute(query):
        if local_day(hour) in days:
            days[local_day(hour)] += int(calls)
    return [(day.isoformat(), count) for day, count in days.items()]


def _bars(counted: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """Lay out a chart: whole figures alone, so that nothing in it has to be escaped or rounded in a template."""
    most = max((count for _, count in counted), default=0) or 1
    heights = [(words, count, round(HIGH * count / most)) for words, count in counted]
    bars = [
        {"x": place * STEP, "y": HIGH - height, "height": height, "words": words, "count": count}
        for place, (words, count, height) in enumerate(heights)
    ]
    return {"bars": bars, "wide": max(1, len(bars)) * STEP, "high": HIGH, "bar": BAR, "most": most}
