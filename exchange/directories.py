"""Directories: written, checked by the department, reviewed by the authority, published, revised, withdrawn.

What a directory says is a version with a content (`exchange.form`); at most one is being written or reviewed, at most
one can be read by others, and the database holds both rules. Published content is never changed: a correction is a new
version. Every step is a row, an audit entry and an event in one transaction, and opens or closes the task whose term
it begins or ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base import search
from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.canonical import canonical
from base.db import inserting
from exchange import authorities, life, resource_codes, substitutions, tasks
from exchange.acting import ROOM
from exchange.directory_contents import drafted, listed, require_complete, searched
from exchange.errors import (
    DirectoryCodeTaken,
    DirectoryStepNotAllowed,
    NoSuchDirectory,
    NoSuchDirectoryVersion,
    NotYourDirectory,
    OwnWork,
    VersionUnderWay,
)
from exchange.form import Content
from exchange.life import OPEN, READABLE, State, Step, Whose
from exchange.models import (
    DIRECTORY_SEARCH,
    Directory,
    DirectoryStep,
    DirectoryVersion,
    ResourceNumber,
)
from exchange.resource_codes import ResourceCode
from keys.algorithms.sm3 import SM3
from keys.parties.models import Organisation
from keys.parties.organisations import active_organisation

THING: Final = "directory"


@dataclass(frozen=True)
class NewDirectory:
    """A directory to be written: its content so far, and codes that the site already gave out."""

    content: Mapping[str, Any]
    code: str | None = None
    base_code: str | None = None
    theme_code: str | None = None


@dataclass(frozen=True)
class Taken:
    """A step that is taken: why, and in whose place if not in one's own."""

    step: Step
    reason: str
    in_place_of: str | None = None


def directory_of(session: Session, code: str, *, locked: bool = False) -> Directory:
    """Give the directory. Raises `NoSuchDirectory`."""
    query = select(Directory).where(Directory.code == code)
    found = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise NoSuchDirectory(code)
    return found


def version_of(session: Session, directory: Directory, number: int) -> DirectoryVersion:
    """Give one version. Raises `NoSuchDirectoryVersion`."""
    found = session.get(DirectoryVersion, (directory.code, number))
    if found is None:
        raise NoSuchDirectoryVersion(directory.code, number)
    return found


def versions(session: Session, directory: Directory) -> list[DirectoryVersion]:
    """Give every version, the newest first."""
    query = select(DirectoryVersion).where(DirectoryVersion.directory == directory.code)
    return list(session.scalars(query.order_by(DirectoryVersion.number.desc())))


def steps(session: Session, directory: Directory) -> list[DirectoryStep]:
    """Give every step of every version, in order."""
    query = select(DirectoryStep).where(DirectoryStep.directory == directory.code).order_by(DirectoryStep.id)
    return list(session.scalars(query))


def add(session: Session, new: NewDirectory, by: Caller, at: datetime) -> Directory:
    """Begin a directory as a draft of the caller's organisation.

    Raises `NotYourDirectory`, `FaultyDirectory` for what not even a draft may say, `DirectoryCodeTaken`,
    `InvalidResourceCode`.
    """
    owner = active_organisation(session, by.organisation)
    content = drafted(new.content, owner)
    code = _code(session, new, content, owner)
    if session.get(Directory, code.text) is not None:
        raise DirectoryCodeTaken(code.text)
    row = Directory(
        code=code.text,
        owner=owner.code,
        region=owner.region,
        level=owner.level,
        state=State.DRAFT.value,
        base_code=new.base_code,
        theme_code=new.theme_code,
        published=None,
        published_at=None,
        version=0,
        created_at=at,
        changed_at=at,
        **listed(content),
    )
    session.add(row)
    session.flush()
    _begin(session, row, 1, content, "", by, at)
    return row


def write(
    session: Session, directory: Directory, version: DirectoryVersion, content: Content, by: Caller, at: datetime
) -> DirectoryVersion:
    """Save a draft: anything may be missing, nothing may be of another organisation.

    Raises `NotYourDirectory`, `DirectoryStepNotAllowed`, `FaultyDirectory`.
    """
    _require(session, directory, version, Whose.WRITER, "write", by, at)
    if State(version.state) is not State.DRAFT:
        raise DirectoryStepNotAllowed("write", version.state)
    owner = active_organisation(session, directory.owner)
    version.content = drafted(content, owner)
    version.content_sm3 = digest(version.content)
    version.author, version.changed_at = actor(by), at
    version.version += 1
    _touch(session, directory, version, at)
    ROOM.record(session, by, at, "directory.written", _thing(directory), number=version.number)
    return version


def revise(session: Session, directory: Directory, reason: str, by: Caller, at: datetime) -> DirectoryVersion:
    """Begin a new version from the published one.

    Raises `NotYourDirectory`, `VersionUnderWay`, `DirectoryStepNotAllowed` when nothing is published.
    """
    return _successor(session, directory, None, reason, by, at)


def restore(
    session: Session, directory: Directory, number: int, reason: str, by: Caller, at: datetime
) -> DirectoryVersion:
    """Begin a new version from what an earlier one said. Raises as `revise` does, and `NoSuchDirectoryVersion`."""
    return _successor(session, directory, version_of(session, directory, number), reason, by, at)


def take(
    session: Session,
    directory: Directory,
    version: DirectoryVersion,
    step: Step,
    reason: str,
    by: Caller,
    at: datetime,
) -> DirectoryVersion:
    """Take a step: submit, forward, return, publish, discard, ask to withdraw, withdraw, keep.

    Raises `DirectoryStepNotAllowed`, `NotYourDirectory`, `OwnWork`, `FaultyDirectory`, `NothingChanged`,
    `OpenComments`, `NoAuthority`.
    """
    whose = life.whose(State(version.state), step)
    place = _require(session, directory, version, whose, step.value, by, at)
    if step is Step.SUBMIT:
        require_complete(session, directory, version)
    if step is Step.PUBLISH:
        _supersede(session, directory, version, by, at)
    version.state = life.MOVES[step].target.value
    version.changed_at = at
    version.version += 1
    if step is Step.PUBLISH:
        _show(session, directory, version, at)
    _keep(session, directory, version, Taken(step, reason, place), by, at)
    return version


def search_within(session: Session, text: str, limit: int) -> list[str]:
    """Find directories by Chinese words, pinyin initials and codes; give their codes, best first."""
    return search.best(session, DIRECTORY_SEARCH, text, limit)


def facets(session: Session) -> dict[str, dict[str, int]]:
    """Count the published directories by what lists are narrowed with."""
    found: dict[str, dict[str, int]] = {}
    for name in ("owner", "share_type", "field_of_work", "level"):
        column = getattr(Directory, name)
        query = select(column, func.count()).where(Directory.published.is_not(None)).group_by(column)
        found[name] = {str(value): count for value, count in session.execute(query)}
    return found


def digest(content: Content) -> str:
    """Give SM3 over a content in its canonical form."""
    return SM3.of(canonical(dict(content))).hex()


def _code(session: Session, new: NewDirectory, content: Content, owner: Organisation) -> ResourceCode:
    if new.code is not None:
        return ResourceCode.of(new.code)
    category = str(content.get("base_category") or content.get("theme_category") or "00")
    classification = resource_codes.department_class(owner.region, category)
    counted = inserting(session, ResourceNumber).values(classification=classification, last=1)
    counted = counted.on_conflict_do_update(
        index_elements=[ResourceNumber.classification], set_={"last": ResourceNumber.last + 1}
    )
    last = session.execute(counted.returning(ResourceNumber.last)).scalar_one()
    return resource_codes.numbered(classification, last)


def _begin(
    session: Session, directory: Directory, number: int, content: dict[str, Any], reason: str, by: Caller, at: datetime
) -> DirectoryVersion:
    row = DirectoryVersion(
        directory=directory.code,
        number=number,
        state=State.DRAFT.value,
        content=content,
        content_sm3=digest(content),
        reason=reason,
        author=actor(by),
        version=1,
        created_at=at,
        changed_at=at,
        published_at=None,
    )
    session.add(row)
    session.flush()
    _touch(session, directory, row, at)
    ROOM.changed(session, by, at, "directory.begun", _thing(directory), directory.version, number=number)
    return row


def _successor(
    session: Session, directory: Directory, source: DirectoryVersion | None, reason: str, by: Caller, at: datetime
) -> DirectoryVersion:
    known = versions(session, directory)
    _require(session, directory, known[0], Whose.WRITER, "revise", by, at)
    under_way = next((each for each in known if State(each.state) in OPEN), None)
    if under_way is not None:
        raise VersionUnderWay(directory.code, under_way.number)
    source = source or next((each for each in known if State(each.state) in READABLE), None)
    if source is None:
        raise DirectoryStepNotAllowed("revise", known[0].state)
    return _begin(session, directory, known[0].number + 1, dict(source.content), reason, by, at)


def _require(
    session: Session,
    directory: Directory,
    version: DirectoryVersion,
    whose: Whose,
    step: str,
    by: Caller,
    at: datetime,
) -> str | None:
    """Let only those take a step whose it is: the owner's own, another person than the writer, the authority.

    Gives the person in whose place it is taken, if not in the caller's own.
    """
    by_system = by.kind == "system" and whose is Whose.WRITER and "directory:write" in by.scopes
    held = substitutions.roles_of(session, by, at)
    fitting = [role for role in sorted(life.ROLES[whose]) if role in held]
    if not by_system and not fitting:
        raise NotYourDirectory(directory.code, step)
    if whose is Whose.AUTHORITY:
        if not authorities.has_authority_over(session, by.organisation, directory.owner):
            raise NotYourDirectory(directory.code, step)
    elif by.organisation != directory.owner:
        raise NotYourDirectory(directory.code, step)
    place = held[fitting[0]] if fitting else None
    if whose is not Whose.WRITER and version.author in {actor(by), f"person:{place}"}:
        raise OwnWork(step)
    return place


def _supersede(session: Session, directory: Directory, version: DirectoryVersion, by: Caller, at: datetime) -> None:
    """Take the version that could be read until now out of the way."""
    if directory.published is None:
        return
    earlier = version_of(session, directory, directory.published)
    if State(earlier.state) in READABLE:
        earlier.state = State.SUPERSEDED.value
        _note(session, earlier, Taken(Step.SUPERSEDE, f"version {version.number}"), by, at)
        tasks.close(session, _version_thing(earlier), by, at)


def _show(session: Session, directory: Directory, version: DirectoryVersion, at: datetime) -> None:
    """Let everyone read and find the version."""
    version.published_at = at
    directory.published, directory.published_at = version.number, at
    for name, value in listed(version.content).items():
        setattr(directory, name, value)
    session.flush()
    search.put(session, DIRECTORY_SEARCH, directory.code, searched(session, directory, version.content))


def _keep(
    session: Session, directory: Directory, version: DirectoryVersion, taken: Taken, by: Caller, at: datetime
) -> None:
    """Record the step, close the task that it ends and open the one that it begins."""
    if taken.step is Step.WITHDRAW:
        search.forget(session, DIRECTORY_SEARCH, directory.code)
    _touch(session, directory, version, at)
    _note(session, version, taken, by, at)
    thing = _version_thing(version)
    tasks.close(session, thing, by, at)
    move = life.MOVES[taken.step]
    if move.duty is not None:
        next_of = life.next_whose(move.target)
        authority = next_of is Whose.AUTHORITY
        whose = authorities.authority_over(session, directory.owner) if authority else directory.owner
        role = min(life.ROLES[next_of])
        tasks.open_task(session, tasks.Duty(move.duty, thing, directory.name, whose, role), at)
    ROOM.changed(
        session,
        by,
        at,
        f"directory.{taken.step.value}",
        _thing(directory),
        directory.version,
        number=version.number,
        content_sm3=version.content_sm3,
    )


def _note(session: Session, version: DirectoryVersion, taken: Taken, by: Caller, at: datetime) -> None:
    session.add(
        DirectoryStep(
            directory=version.directory,
            number=version.number,
            step=taken.step.value,
            state=version.state,
            by=actor(by),
            on_behalf_of=taken.in_place_of,
            organisation=by.organisation,
            reason=taken.reason,
            at=at,
        )
    )
    session.flush()


def _touch(session: Session, directory: Directory, version: DirectoryVersion, at: datetime) -> None:
    """Bring the row up to date: until something is published it shows the draft."""
    if directory.published is None:
        for name, value in listed(version.content).items():
            setattr(directory, name, value)
    if directory.published in (None, version.number):
        directory.state = version.state
    directory.version += 1
    directory.changed_at = at
    session.flush()


def _version_thing(version: DirectoryVersion) -> Thing:
    return Thing("directory-version", f"{version.directory}#{version.number}")


def _thing(directory: Directory) -> Thing:
    return Thing(THING, directory.code)
