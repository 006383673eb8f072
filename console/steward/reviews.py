"""The review queue: the versions that wait for one's check, the most pressing first."""

from flask import Blueprint, Response, url_for
from sqlalchemy import func, select

from base import clock, problems
from base.db import Database
from base.web import caller, parts
from console import things
from console.login import for_people
from console.steward import shown
from console.steward.shown import Column
from exchange import tasks, terms
from exchange.models import DirectoryComment

review_pages = Blueprint("review_pages", __name__)
BLUEPRINTS = (review_pages,)

REVIEWERS = {"reviewer", "authority"}
KINDS = ("directory-version", "elevation")


@review_pages.get("/console/reviews")
@for_people(REVIEWERS)
def listed() -> Response:
    """List what waits to be checked, with its remarks that are still open."""
    at = clock.now()
    with parts(Database).reading() as session:
        waiting = [each for each in tasks.mine(session, caller(), at) if each.thing_kind in KINDS]
        codes = {each.thing_id.partition("#")[0] for each in waiting}
        unresolved = (
            select(DirectoryComment.directory, func.count())
            .where(DirectoryComment.directory.in_(codes), DirectoryComment.resolved_at.is_(None))
            .group_by(DirectoryComment.directory)
        )
        remarks = dict(session.execute(unresolved).all())
        days, known = shown.calendar_of(session), terms.known(session, (each.duty for each in waiting))
        rows = [
            [
                shown.link(each.title, things.address(each.thing_kind, each.thing_id) or url_for("tasks.mine")),
                shown.text(getattr(known[each.duty], problems.language())),
                shown.due(days, each.due_at, at),
                shown.text(remarks.get(each.thing_id.partition("#")[0], 0)),
                shown.time(each.opened_at),
            ]
            for each in waiting
        ]
    columns = [Column("title"), Column("duty"), Column("left"), Column("remarks", number=True), Column("since")]
    return shown.listing("reviews", columns, rows)
