"""Mounts: where the data of directories is and how well; proposed, looked at now, confirmed, stopped, ended."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, request, url_for
from sqlalchemy.orm import Session

from base import clock
from base.api import invalid
from base.db import Database
from base.errors import DomainError
from base.paging import PageAsked, Pager
from base.strict_json import MalformedJson, parse
from base.web import caller, parts
from console import working
from console.layout import plain_json
from console.login import for_people
from console.steward import acts, shown
from console.steward.shown import Act, Cell, Column, Entry, Section
from exchange import seeing as directories_seen
from exchange import substitutions
from exchange.directories import directory_of
from exchange.mounting import mounts, seeing
from exchange.mounting.errors import NoSuchMount
from exchange.mounting.models import SERVING, SUSPENDED, WITHDRAWN, Mount
from exchange.mounting.mounts import NewMount
from exchange.mounting.schemas import MountReasonSchema, NewMountSchema
from exchange.mounting.wiring import MountParts
from exchange.sources import SOURCES
from exchange.substitutions import LENT

mount_pages = Blueprint("mount_pages", __name__)
BLUEPRINTS = (mount_pages,)

READERS = {"steward", "reviewer", "authority", "provider", "requester", "auditor", "operator"}
PLACE = "/console/mounts/<mount_id>"
PROBE, CONFIRM, SUSPEND, WITHDRAW = "probe", "confirm", "suspend", "withdraw"
# The acts by the roles whose they are.
WHOSE: Final[Mapping[str, frozenset[str]]] = {
    PROBE: frozenset({"steward", "reviewer"}),
    CONFIRM: frozenset({"reviewer"}),
    SUSPEND: frozenset({"steward", "reviewer", "authority"}),
    WITHDRAW: frozenset({"steward"}),
}
ENDING: Final = frozenset({SUSPEND, WITHDRAW})


@mount_pages.get("/console/mounts")
@for_people(READERS)
def listed() -> Response:
    """List the mounts that one sees from inside, with their health."""
    by, cursor = caller(), request.args.get(shown.CURSOR)
    with parts(Database).reading() as session:
        query = seeing.inside(session, by)
        order = (Mount.created_at, Mount.id)
        page = parts(Pager).page(session, query, order, PageAsked(cursor=cursor or None), "mounts-seen")
        names = shown.names(session, [each.owner for each in page.items])
        rows = [
            [
                shown.link(each.name, url_for("mount_pages.one", mount_id=each.id)),
                shown.state(each.state),
                shown.state(each.health),
                shown.words_of("kind", each.kind),
                shown.link(each.directory, url_for("directory_pages.one", code=each.directory)),
                shown.text(names[each.owner]),
                shown.time(each.data_updated_at),
            ]
            for each in page.items
        ]
        columns = [Column(key) for key in ("name", "state", "health", "kind", "directory", "owner", "data_updated")]
        return shown.listing("mounts", columns, rows, next_cursor=page.next_cursor)


@mount_pages.get("/console/mounts/new")
@for_people(LENT)
def form() -> Response:
    """Show the form of a mount for a directory."""
    return _form(None)


@mount_pages.post("/console/mounts/new")
@for_people(LENT)
def add() -> Response:
    """Propose a source for a directory of one's own organisation."""

    def act(session: Session) -> Response:
        directories_seen.seen(session, request.form.get("directory", ""), caller())
        directory = directory_of(session, request.form.get("directory", ""), locked=True)
        row = mounts.add(session, directory, _told(), parts(MountParts), caller(), clock.now())
        return working.leads("mount_pages.one", done="mount_proposed", mount_id=row.id)

    return acts.done(act, lambda refusal: _form(None, refusal))


@mount_pages.get(PLACE)
@for_people(READERS)
def one(mount_id: str) -> Response:
    """Show a mount; where its data is and what probes showed only from inside."""
    with parts(Database).reading() as session:
        row, inside = seeing.seen(session, mount_id, caller())
        names = shown.names(session, [row.owner])
        directory = url_for("directory_pages.one", code=row.directory)
        facts = [
            ("directory", shown.link(row.directory, directory)),
            ("owner", shown.text(names[row.owner])),
            ("kind", shown.words_of("kind", row.kind)),
            ("health", shown.state(row.health)),
            ("health_since", shown.time(row.health_since)),
            ("data_updated", shown.time(row.data_updated_at)),
        ]
        sections = []
        if inside:
            facts += [(name, Cell("json", plain_json(told))) for name, told in _declared(row).items()]
            facts += [("proposed_by", shown.text(row.proposed_by)), ("confirmed_by", shown.text(row.confirmed_by))]
            sections = [Section("probes", [Column(k) for k in PROBED], _probes(session, row))]
        return shown.thing(
            "mounts",
            row.name,
            row.state,
            facts,
            back=url_for("mount_pages.listed"),
            acts=_acts(session, row),
            sections=sections,
        )


PROBED: Final = ("at", "outcome", "rows", "milliseconds", "by", "differences")


@mount_pages.get(f"{PLACE}/change")
@for_people(LENT)
def change_form(mount_id: str) -> Response:
    """Show what is declared, to be changed."""
    return _form(mount_id)


@mount_pages.post(f"{PLACE}/change")
@for_people(LENT)
def change(mount_id: str) -> Response:
    """Propose another declaration, if nobody else did meanwhile; what serves goes on."""

    def act(session: Session) -> Response:
        row = _locked(session, mount_id)
        acts.require_unchanged(row.version)
        mounts.change(session, row, _told(), parts(MountParts), caller(), clock.now())
        return working.leads("mount_pages.one", done="mount_proposed", mount_id=mount_id)

    return acts.done(act, lambda refusal: _form(mount_id, refusal))


@mount_pages.post(f"{PLACE}/acts/probe")
@for_people(LENT)
def probe(mount_id: str) -> Response:
    """Look at the source now: outside of a transaction, since it takes as long as the source does."""
    by, database = caller(), parts(Database)
    try:
        with database.reading() as session:
            row, _ = seeing.seen(session, mount_id, by)
            mounts.require_prober(session, row, by, clock.now())
            plan, proposed = mounts.probe_plan(session, row)
        looked = mounts.look(parts(MountParts), plan, of_proposal=proposed)
        with database.transaction() as session:
            mounts.keep_probe(session, plan, looked, parts(MountParts), by, clock.now(), of_proposal=proposed)
    except DomainError as refusal:
        if refusal.kind in working.ELSEWHERE:
            raise
        return _act_page(mount_id, PROBE, refusal)
    return working.leads("mount_pages.one", done="probed", mount_id=mount_id)


@mount_pages.get(f"{PLACE}/acts/<step>")
@for_people(LENT)
def act_form(mount_id: str, step: str) -> Response:
    """Show what belongs to an act."""
    return _act_page(mount_id, step)


@mount_pages.post(f"{PLACE}/acts/<step>")
@for_people(LENT)
def act(mount_id: str, step: str) -> Response:
    """Do it."""
    acts.among(WHOSE, step)

    def taken(session: Session) -> Response:
        row, by, at = _locked(session, mount_id), caller(), clock.now()
        if step == CONFIRM:
            mounts.confirm(session, row, by, at)
        else:
            told = working.loaded(MountReasonSchema(), working.filled("reason"))
            verb = mounts.suspend if step == SUSPEND else mounts.withdraw
            verb(session, row, told["reason"], by, at)
        return working.leads("mount_pages.one", done="step_taken", mount_id=mount_id)

    return acts.done(taken, lambda refusal: _act_page(mount_id, step, refusal))


def _acts(session: Session, row: Mount) -> list[Act]:
    held = set(substitutions.roles_of(session, caller(), clock.now()))
    own = caller().organisation == row.owner
    fits = {
        PROBE: own and row.state != WITHDRAWN,
        CONFIRM: own and (row.proposed is not None or row.state == SUSPENDED),
        SUSPEND: row.state == SERVING,
        WITHDRAW: own and row.state != WITHDRAWN,
    }
    told = [
        Act(step, url_for("mount_pages.act_form", mount_id=row.id, step=step), step in ENDING)
        for step, roles in WHOSE.items()
        if fits[step] and held & roles
    ]
    if own and "steward" in held and row.state != WITHDRAWN:
        told.insert(1, Act("edit", url_for("mount_pages.change_form", mount_id=row.id)))
    return told


def _act_page(mount_id: str, step: str, refusal: DomainError | None = None) -> Response:
    acts.among(WHOSE, step)
    with parts(Database).reading() as session:
        row, inside = seeing.seen(session, mount_id, caller())
        facts = [(name, Cell("json", plain_json(told))) for name, told in _declared(row).items()] if inside else []
        entries = [acts.reason()] if step in ENDING else []
        back = url_for("mount_pages.one", mount_id=row.id)
        return acts.page("mounts", step, row.name, back, entries, refusal, facts, danger=step in ENDING)


def _form(mount_id: str | None, refusal: DomainError | None = None) -> Response:
    with parts(Database).reading() as session:
        row = None if mount_id is None else seeing.seen(session, mount_id, caller())[0]
        if row is not None and not seeing.seen(session, row.id, caller())[1]:
            raise NoSuchMount(row.id)
        known = row.directory if row is not None else request.values.get("directory", "")[:64]
        directory = directories_seen.seen(session, known, caller())
        told: Mapping[str, Any] = (row.proposed or row.serving or {}) if row is not None else {}
        entries = [
            Entry("directory", "hidden", directory.code),
            Entry("name", value="" if row is None else row.name),
            Entry("kind", "word", told.get("kind", ""), [(each, "") for each in sorted(SOURCES)]),
            Entry("declaration", "textarea", plain_json(told["declaration"]) if told else "", hint="declaration"),
            Entry("columns", "textarea", plain_json(told["columns"]) if told.get("columns") else "", hint="columns"),
        ]
        fixed = [] if row is None else [Entry(acts.SEEN, "hidden", str(row.version))]
        back = url_for("mount_pages.one", mount_id=row.id) if row is not None else _of(directory.code)
        return acts.page("mounts", "propose", directory.name, back, entries, refusal, fixed=fixed)


def _told() -> NewMount:
    told: dict[str, Any] = working.filled("name", "kind")
    for name in ("declaration", "columns"):
        said = request.form.get(name, "").strip()
        if said or name == "declaration":
            told[name] = _object(name, said)
    new: NewMount = working.loaded(NewMountSchema(), told)
    return new


def _object(name: str, said: str) -> Any:
    """Read a JSON object as the API does. Raises `InvalidInput`."""
    try:
        return parse(said) if said else {}
    except MalformedJson as error:
        raise invalid({"json": {name: ["not-json"]}}) from error


def _locked(session: Session, mount_id: str) -> Mount:
    seeing.seen(session, mount_id, caller())
    return mounts.mount_of(session, mount_id, locked=True)


def _declared(row: Mount) -> dict[str, Any]:
    both = {"serving": row.serving, "proposed": row.proposed}
    return {name: told for name, told in both.items() if told is not None}


def _probes(session: Session, row: Mount) -> list[list[Cell]]:
    return [
        [
            shown.time(each.at),
            shown.words_of("outcome", each.outcome),
            shown.text(each.rows),
            shown.text(each.milliseconds),
            shown.text(each.by),
            Cell("list", [" · ".join(told.values()) for told in each.differences] or [each.reason or "–"]),
        ]
        for each in mounts.probes_of(session, row)
    ]


def _of(code: str) -> str:
    return url_for("directory_pages.one", code=code)
