"""A directory with all about it, what changed between its versions, its remarks and acts."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Blueprint, Response, request, url_for
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from base import clock, problems
from base.db import Database
from base.errors import DomainError
from base.web import caller, parts
from console import working
from console.login import for_people
from console.steward import acts, contents, shown
from console.steward.shown import Act, Cell, Column, Entry, Section
from exchange import authorities, comments, differences, elevations, form, seeing, substitutions
from exchange import directories as verbs
from exchange import quality as scores
from exchange.directories import directory_of, version_of
from exchange.life import MOVES, OPEN, READABLE, ROLES, State, Step, Whose
from exchange.models import Directory, DirectoryVersion
from exchange.mounting import mounts
from exchange.mounting.models import SERVING
from exchange.quality import Measures
from exchange.schemas import (
    DirectoryReasonSchema,
    NewCommentSchema,
    ReviewSchema,
    RevisionSchema,
    UpwardReviewSchema,
)
from exchange.substitutions import LENT

directory_pages = Blueprint("directory_pages", __name__)
BLUEPRINTS = (directory_pages,)

READERS = {"steward", "reviewer", "authority", "provider", "requester", "auditor", "operator"}
CODE = "<path:code>"
VERSION = f"/console/directories/{CODE}/versions/<int:number>"
# No directory has a million versions.
LONGEST_NUMBER: Final = 6
REVIEWED: Final = frozenset({Step.FORWARD, Step.RETURN, Step.PUBLISH, Step.WITHDRAW, Step.KEEP})
DANGER: Final = frozenset({Step.DISCARD, Step.ASK_TO_WITHDRAW, Step.WITHDRAW})
REVISE, UPWARD, COMMENT = "revise", "upward", "comment"


@directory_pages.get("/console/directory-versions/<path:name>")
@for_people(READERS)
def named(name: str) -> Response:
    """Lead to the version that a task names."""
    code, _, rest = name.partition("#")
    number = rest.partition("@")[0]
    if not number.isascii() or not number.isdigit() or len(number) > LONGEST_NUMBER:
        raise NotFound
    return working.leads("directory_pages.version", code=code, number=int(number))


@directory_pages.get(f"/console/directories/{CODE}")
@for_people(READERS)
def one(code: str) -> Response:
    """Show a directory as it can be read, or as it is being written."""
    return _shown(code, None)


@directory_pages.get(VERSION)
@for_people(READERS)
def version(code: str, number: int) -> Response:
    """Show one version."""
    return _shown(code, number)


@directory_pages.get(f"{VERSION}/differences")
@for_people(READERS)
def difference(code: str, number: int) -> Response:
    """Show what changed against another version, word by word."""
    by, against = caller(), request.args.get("against", "")
    with parts(Database).reading() as session:
        directory = seeing.seen(session, code, by)
        after = seeing.seen_version(session, code, number, by)
        other = (
            int(against) if against.isascii() and against.isdigit() and len(against) <= LONGEST_NUMBER else number - 1
        )
        before = seeing.seen_version(session, code, other, by) if other > 0 else None
        found = differences.between(before.content if before else {}, after.content)
        language = problems.language()
        fields, items = form.fields(), form.item_fields()

        def row(known: Mapping[str, form.Field], each: differences.FieldDifference, first: Cell) -> list[Cell]:
            field = known[each.field]
            both = [shown.text("") if form.blank(v) else contents.cell(field, v) for v in (each.old, each.new)]
            pieces = Cell("pieces", each.pieces) if field.codes is None and isinstance(each.new, str) else both[1]
            return [first, both[0], pieces]

        rows = [row(fields, each, shown.text(fields[each.field].label(language))) for each in found.fields]
        item_rows = [
            line
            for each in found.items
            for line in (
                [
                    row(items, one, shown.text(f"{each.name} · {items[one.field].label(language)}"))
                    for one in each.fields
                ]
                or [[shown.text(each.name), shown.words_of("piece", each.kind), shown.text("")]]
            )
        ]
        columns = [Column(key) for key in ("field", "before", "after")]
        return shown.thing(
            "directories",
            directory.name,
            after.state,
            [("version", shown.text(number)), ("against", shown.text(other if before else ""))],
            back=url_for("directory_pages.version", code=code, number=number),
            sections=[Section("changed_fields", columns, rows), Section("changed_items", columns, item_rows)],
        )


@directory_pages.get(f"{VERSION}/acts/<step>")
@for_people(LENT)
def act_form(code: str, number: int, step: str) -> Response:
    """Show what belongs to an act."""
    return _act_page(code, number, step)


@directory_pages.post(f"{VERSION}/acts/<step>")
@for_people(LENT)
def act(code: str, number: int, step: str) -> Response:
    """Do it."""

    def taken(session: Session) -> Response:
        seeing.seen_version(session, code, number, caller())
        directory = directory_of(session, code, locked=True)
        shows = _take(session, directory, version_of(session, directory, number), step)
        return working.leads("directory_pages.version", done="step_taken", code=code, number=shows)

    return acts.done(taken, lambda refusal: _act_page(code, number, step, refusal))


@directory_pages.post(f"/console/directories/{CODE}/comments/<int:comment>/resolve")
@for_people(LENT)
def resolve(code: str, comment: int) -> Response:
    """Note that a remark was taken care of."""

    def act(session: Session) -> Response:
        seeing.seen(session, code, caller())
        row = comments.resolve(session, directory_of(session, code), comment, caller(), clock.now())
        return working.leads("directory_pages.version", done="resolved", code=code, number=row.number)

    return acts.done(act, lambda refusal: _shown(code, None, refusal))


def _take(session: Session, directory: Directory, row: DirectoryVersion, step: str) -> int:
    """Take a step; gives the number of the version that is to be shown then."""
    by, at, said = caller(), clock.now(), working.filled("reason")
    if step == REVISE:
        told = working.loaded(RevisionSchema(), said)
        if State(row.state) in READABLE:
            return verbs.revise(session, directory, told["reason"], by, at).number
        return verbs.restore(session, directory, row.number, told["reason"], by, at).number
    if step == COMMENT:
        told = working.loaded(NewCommentSchema(), working.filled("pointer", "text"))
        comments.comment(session, directory, row, told["pointer"], told["text"], by, at)
    elif step == UPWARD:
        told = working.loaded(UpwardReviewSchema(), {**said, **working.filled("level", "accepted")})
        elevations.decide(
            session, directory, row, told["level"], accepted=told["accepted"], reason=told["reason"], by=by, at=at
        )
    else:
        wanted = acts.step_of(Step, step)
        schema = ReviewSchema if wanted in REVIEWED else DirectoryReasonSchema
        told = working.loaded(schema(), {**said, "decision": step} if wanted in REVIEWED else said)
        if wanted is Step.PUBLISH:
            elevations.publish(session, directory, row, told["reason"], by, at)
        else:
            verbs.take(session, directory, row, wanted, told["reason"], by, at)
    return row.number


def _shown(code: str, number: int | None, refusal: DomainError | None = None) -> Response:
    by = caller()
    with parts(Database).reading() as session:
        directory = seeing.seen(session, code, by)
        inside = seeing.is_inside(session, directory, by)
        known = [each for each in verbs.versions(session, directory) if inside or each.published_at is not None]
        row = _chosen(directory, known, number)
        names = shown.names(session, [directory.owner])
        language = problems.language()
        remarks = comments.comments(session, row)
        may = _offered(session, directory, row, known)
        quality = scores.score(session, parts(Measures), code, row.number, row.content, clock.now())
        faults = form.check(row.content) if State(row.state) is State.DRAFT and inside else ()
        mounted = [each for each in mounts.mounts_of(session, code) if inside or each.state == SERVING]
        reported = elevations.elevations(session, directory) if inside else []
        facts = [
            ("code", shown.code(directory.code)),
            ("owner", shown.text(names[directory.owner])),
            ("level", shown.words_of("level", directory.level)),
            ("version", shown.text(row.number)),
            ("author", shown.text(row.author if inside else "")),
            ("changed", shown.time(row.changed_at)),
            ("published_at", shown.time(directory.published_at)),
            ("content_sm3", shown.code(row.content_sm3)),
        ]
        return shown.thing(
            "directories",
            directory.name or directory.code,
            row.state,
            facts,
            acts.kindly(refusal),
            template="steward/directory.html",
            back=url_for("directory_lists.listed"),
            acts=may,
            links=_links(directory, row, by.roles, own=by.organisation == directory.owner),
            code=code,
            number=row.number,
            told=[
                (field.stage, field.label(language), pointer, value)
                for field, pointer, value in contents.facts(row.content)
            ],
            items=contents.item_rows(row.content),
            item_columns=contents.item_columns(),
            comments=remarks,
            comment=url_for("directory_pages.act_form", code=code, number=row.number, step=COMMENT)
            if State(row.state) in OPEN and inside and by.roles & {"steward", "reviewer", "authority"}
            else "",
            faults_found=[_fault(code, row.number, each, language) for each in faults[:50]],
            quality=quality,
            sections=[_versions(code, known), _mounts(mounted), *([_upward(reported)] if reported else [])],
            story=shown.story(verbs.steps(session, directory)) if inside else (),
        )


def _chosen(directory: Directory, known: Sequence[DirectoryVersion], number: int | None) -> DirectoryVersion:
    """Choose the version to show: the one that is named, that is under way, that is published, or the newest."""
    named = [each for each in known if each.number == number]
    if number is not None and not named:
        raise NotFound
    under_way = [each for each in known if State(each.state) in OPEN]
    published = [each for each in known if each.number == directory.published]
    return [*named, *under_way, *published, *known][0]


def _offered(
    session: Session, directory: Directory, row: DirectoryVersion, known: Sequence[DirectoryVersion]
) -> list[Act]:
    """Give the acts that the caller may do now, by whose step each is."""
    by = caller()
    held = substitutions.roles_of(session, by, clock.now())
    own, author = by.organisation == directory.owner, row.author == f"person:{by.id}"
    above = authorities.ROLE in held and authorities.has_authority_over(session, by.organisation, directory.owner)
    fits = {
        Whose.WRITER: own and bool(ROLES[Whose.WRITER] & held.keys()),
        Whose.CHECKER: own and bool(ROLES[Whose.CHECKER] & held.keys()) and not author,
        Whose.AUTHORITY: above and not author,
    }

    def act(step: str, *, danger: bool = False) -> Act:
        href = url_for("directory_pages.act_form", code=directory.code, number=row.number, step=step)
        return Act(step, href, danger)

    found = [
        act(step.value, danger=step in DANGER)
        for step, move in MOVES.items()
        if step is not Step.SUPERSEDE and fits.get(move.sources.get(State(row.state)))  # type: ignore[arg-type]
    ]
    if State(row.state) is State.DRAFT and fits[Whose.WRITER]:
        edit = url_for("draft_pages.stage_form", code=directory.code, number=row.number, stage="basic")
        found.insert(0, Act("edit", edit))
    under_way = any(State(each.state) in OPEN for each in known)
    if fits[Whose.WRITER] and not under_way and State(row.state) is not State.WITHDRAWING:
        found.insert(0, act(REVISE))
    if any(
        each.state == "waiting" and each.organisation == by.organisation and each.number == row.number
        for each in (elevations.elevations(session, directory) if authorities.ROLE in held else ())
    ):
        found.append(act(UPWARD))
    return found


def _act_page(code: str, number: int, step: str, refusal: DomainError | None = None) -> Response:
    if step not in {REVISE, UPWARD, COMMENT}:
        acts.step_of(Step, step)
    with parts(Database).reading() as session:
        row = seeing.seen_version(session, code, number, caller())
        directory = directory_of(session, code)
        entries = [acts.reason()]
        if step == COMMENT:
            pointer = request.values.get("pointer", "#")[:200]
            entries = [Entry("pointer", "select", pointer, _pointers(row)), Entry("text", "textarea")]
        if step == UPWARD:
            levels = [e.level for e in elevations.elevations(session, directory) if e.state == "waiting"]
            entries = [
                Entry("level", "levels", choices=[(each, "") for each in levels]),
                Entry("accepted", "flag", hint="accepted"),
                acts.reason(),
            ]
        facts = [("code", shown.code(code)), ("version", shown.text(number)), ("state", shown.state(row.state))]
        back = url_for("directory_pages.version", code=code, number=number)
        danger = step in {each.value for each in DANGER}
        return acts.page("directories", step, directory.name, back, entries, refusal, facts, danger=danger)


def _pointers(row: DirectoryVersion) -> list[tuple[str, str]]:
    """Give every place that a remark may point at, by its name."""
    language = problems.language()
    fields = [(f"#/{name}", field.label(language)) for name, field in form.fields().items()]
    names = [str(each.get("name", "")) for each in row.content.get("items", ()) if isinstance(each, Mapping)]
    return [
        ("#", "–"),
        *fields,
        *((f"#/items/{place}/name", f"{place + 1} · {each}") for place, each in enumerate(names)),
    ]


def _links(directory: Directory, row: DirectoryVersion, roles: frozenset[str], *, own: bool) -> list[tuple[str, str]]:
    found = []
    if row.number > 1:
        found.append(("differences", url_for("directory_pages.difference", code=directory.code, number=row.number)))
    if directory.published is not None and "requester" in roles and not own:
        found.append(("ask_for_it", url_for("share_pages.form", directory=directory.code)))
    if roles & {"requester", "reviewer", "provider", "authority", "auditor", "operator"}:
        found.append(("its_grants", url_for("grant_pages.listed", directory=directory.code)))
    if own and "steward" in roles:
        found.append(("mount_it", url_for("mount_pages.form", directory=directory.code)))
    return found


def _fault(code: str, number: int, fault: form.Fault, language: str) -> tuple[str, str, str]:
    """Tell a fault with where it is mended."""
    stage, name = contents.stage_of(fault.pointer)
    told = fault.pointer.removeprefix("#/items/").split("/")
    if stage == contents.ITEMS and told[0].isdigit():
        href = url_for("draft_pages.item_form", code=code, number=number, place=int(told[0]), check="1")
        field = form.item_fields().get(told[-1])
    else:
        href = url_for("draft_pages.stage_form", code=code, number=number, stage=stage, check="1")
        field = form.fields().get(name)
    label = field.label(language) if field is not None else form.item_fields()["name"].label(language)
    return f"{href}#{field.name if field is not None else 'main'}", label, acts.said(fault.code)


def _versions(code: str, known: Sequence[DirectoryVersion]) -> Section:
    rows = [
        [
            shown.link(str(each.number), url_for("directory_pages.version", code=code, number=each.number)),
            shown.state(each.state),
            shown.text(each.reason),
            shown.time(each.changed_at),
            shown.time(each.published_at),
        ]
        for each in known
    ]
    return Section("versions", [Column(key) for key in ("number", "state", "reason", "changed", "published_at")], rows)


def _mounts(mounted: Sequence[Any]) -> Section:
    rows = [
        [
            shown.link(each.name, url_for("mount_pages.one", mount_id=each.id)),
            shown.state(each.state),
            shown.state(each.health),
            shown.words_of("kind", each.kind),
        ]
        for each in mounted
    ]
    return Section("mounts", [Column(key) for key in ("name", "state", "health", "kind")], rows)


def _upward(reported: Sequence[Any]) -> Section:
    rows = [
        [
            shown.words_of("level", each.level),
            shown.state(each.state),
            shown.text(each.number),
            shown.text(each.reason),
            shown.time(each.asked_at),
            shown.time(each.decided_at),
        ]
        for each in reported
    ]
    return Section(
        "upward", [Column(k) for k in ("level", "state", "number", "reason", "asked_at", "decided_at")], rows
    )
