"""Grants: what is granted to whom until when, how much it was used, and the acts that change or end it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from flask import Blueprint, Response, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base import clock
from base.db import Database
from base.errors import DomainError
from base.paging import Pager
from base.web import caller, parts
from console import working
from console.login import for_people
from console.steward import acts, shown
from console.steward.requests import clause_facts
from console.steward.shown import Act, Column, Entry, Section
from exchange.agreements import granting
from exchange.agreements.life import GRANT_MOVES, GrantState, GrantStepName
from exchange.agreements.models import Grant
from exchange.agreements.schemas import GrantQuery, GrantRenewalSchema, ShareReasonSchema
from exchange.agreements.seeing import grants_seen_by, seen_grant
from exchange.door import usages
from exchange.door.models import Usage

grant_pages = Blueprint("grant_pages", __name__)
BLUEPRINTS = (grant_pages,)

READERS = {"requester", "reviewer", "provider", "authority", "auditor", "operator"}
ACTORS = {"requester", "provider", "authority"}
MONTH: Final = timedelta(days=30)
_S = GrantStepName
VERBS: Final = {
    _S.SUSPEND: granting.suspend,
    _S.RESUME: granting.resume,
    _S.REVOKE: granting.revoke,
    _S.GIVE_BACK: granting.give_back,
}
# Narrowing is done by who asks for less; a page for it would be the form of a request again.
OFFERED: Final = frozenset({*VERBS, _S.RENEW})
ENDING: Final = frozenset({_S.REVOKE, _S.GIVE_BACK, _S.SUSPEND})
PLACE = "/console/grants/<code>"


@grant_pages.get("/console/grants")
@for_people(READERS)
def listed() -> Response:
    """List the grants with their end and their use of the last thirty days."""
    told, by, at = shown.asked(GrantQuery), caller(), clock.now()
    with parts(Database).reading() as session:
        query = grants_seen_by(session, by)
        for name in ("state", "directory"):
            if told[name] is not None:
                query = query.where(getattr(Grant, name) == told[name])
        if told["side"] is not None:
            query = query.where(getattr(Grant, told["side"]) == by.organisation)
        page = parts(Pager).page(session, query, (Grant.created_at, Grant.code), told["page"], "grants")
        names = shown.names(session, [code for each in page.items for code in (each.grantee, each.provider)])
        used = _used(session, page.items, at)
        rows = [
            [
                shown.link(each.title, url_for("grant_pages.one", code=each.code)),
                shown.state(each.state),
                shown.text(names[each.grantee]),
                shown.text(names[each.provider]),
                shown.time(each.ends_at),
                shown.text(used.get(each.code, 0)),
            ]
            for each in page.items
        ]
        columns = [Column(key) for key in ("title", "state", "grantee", "provider", "ends")]
        return shown.listing(
            "grants",
            [*columns, Column("used", number=True)],
            rows,
            next_cursor=page.next_cursor,
            filters=shown.filters(
                Entry("state", "states", choices=[(each.value, "") for each in GrantState]),
                Entry("side", "word", choices=[("", ""), ("grantee", ""), ("provider", "")]),
            ),
        )


@grant_pages.get(PLACE)
@for_people(READERS)
def one(code: str) -> Response:
    """Show a grant, its clauses, versions and story."""
    with parts(Database).reading() as session:
        row = seen_grant(session, code, caller())
        names = shown.names(session, (row.grantee, row.provider))
        facts = [
            ("grant", shown.code(row.code)),
            ("directory", shown.link(row.title, url_for("directory_pages.one", code=row.directory))),
            ("grantee", shown.text(names[row.grantee])),
            ("provider", shown.text(names[row.provider])),
            *clause_facts(row.clauses),
        ]
        if row.request and caller().roles & (READERS - {"operator"}):
            facts.append(("request", shown.link(row.title, url_for("share_pages.one", request_id=row.request))))
        versions = [
            [shown.text(each.number), shown.text(each.reason), shown.text(each.by), shown.time(each.at)]
            for each in granting.versions(session, row)
        ]
        columns = [Column(key) for key in ("number", "reason", "by", "at")]
        return shown.thing(
            "grants",
            row.title,
            row.state,
            facts,
            back=url_for("grant_pages.listed"),
            acts=_acts(session, row),
            sections=[Section("versions", columns, versions)],
            story=shown.story(granting.steps(session, row)),
        )


@grant_pages.get(f"{PLACE}/acts/<step>")
@for_people(ACTORS)
def act_form(code: str, step: str) -> Response:
    """Show what belongs to an act."""
    return _act_page(code, step)


@grant_pages.post(f"{PLACE}/acts/<step>")
@for_people(ACTORS)
def act(code: str, step: str) -> Response:
    """Do it."""

    def taken(session: Session) -> Response:
        wanted, said = acts.step_of(GrantStepName, step), working.filled("reason")
        row = seen_grant(session, code, caller(), locked=True)
        if wanted is _S.RENEW:
            given = working.loaded(GrantRenewalSchema(), {**said, "ends": acts.day("ends", last=True)})
            granting.renew(session, row, given["ends"], given["reason"], caller(), clock.now())
        else:
            given = working.loaded(ShareReasonSchema(), said)
            _verb(wanted)(session, row, given["reason"], caller(), clock.now())
        return working.leads("grant_pages.one", done="step_taken", code=code)

    return acts.done(taken, lambda refusal: _act_page(code, step, refusal))


def _used(session: Session, grants: Sequence[Grant], at: datetime) -> dict[str, int]:
    """Count the calls of the last thirty days, in one query however many grants there are.

    Uses are found by their directory, whose index ends in an identifier that sorts by time.
    """
    these = Usage.directory.in_({each.directory for each in grants}), Usage.id >= usages.first_id(at - MONTH)
    query = select(Usage.grant_code, func.count()).where(*these).group_by(Usage.grant_code)
    return dict(session.execute(query).all())


def _acts(session: Session, row: Grant) -> list[Act]:
    sides = granting.sides_of(session, row, caller(), clock.now())
    state = GrantState(row.state)
    return [
        Act(step.value, url_for("grant_pages.act_form", code=row.code, step=step.value), step in ENDING)
        for step, move in GRANT_MOVES.items()
        if step in OFFERED and state in move.sources and move.sides & sides
    ]


def _act_page(code: str, step: str, refusal: DomainError | None = None) -> Response:
    wanted = acts.step_of(GrantStepName, step)
    if wanted is not _S.RENEW:
        _verb(wanted)
    with parts(Database).reading() as session:
        row = seen_grant(session, code, caller())
        entries = [*([Entry("ends", "date", hint="ends")] if wanted is _S.RENEW else []), acts.reason()]
        names = shown.names(session, [row.grantee])
        facts = [("grantee", shown.text(names[row.grantee])), ("ends", shown.time(row.ends_at))]
        back = url_for("grant_pages.one", code=code)
        return acts.page("grants", step, row.title, back, entries, refusal, facts, danger=wanted in ENDING)


def _verb(step: GrantStepName) -> Any:
    """Give the verb of a step. Raises `NotFound` for one that has no page."""
    return acts.among(VERBS, step)
