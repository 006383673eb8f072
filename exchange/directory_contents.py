"""What a content must be to be kept, to be handed in, and to be found by; whose it is, others decide."""

from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base.canonical import canonical
from exchange import form
from exchange.dictionaries import dictionaries
from exchange.errors import FaultyDirectory, NothingChanged, OpenComments
from exchange.form import Content
from exchange.life import READABLE, State
from exchange.models import NAME_LENGTH, WORD_LENGTH, Directory, DirectoryComment, DirectoryVersion
from keys.parties.models import Organisation
from keys.parties.organisations import active_organisation

# A content with a thousand items of long texts has some 600 KB; more is no description.
LARGEST_CONTENT: Final = 1024 * 1024


def drafted(content: Content, owner: Organisation) -> dict[str, Any]:
    """Bring a content into the form in which it is kept.

    Raises `FaultyDirectory` for unknown fields, another provider, or too much.
    """
    told = {name: value for name, value in content.items() if not form.blank(value)}
    told.setdefault("department", owner.code)
    faults = [each for each in form.check(told) if each.code in {"unknown-field", "wrong-type", "too-many"}]
    if faults:
        raise FaultyDirectory(len(faults), faults[0].pointer, faults[0].code)
    if told["department"] != owner.code:
        raise FaultyDirectory(1, "#/department", "other-provider")
    if len(canonical(told)) > LARGEST_CONTENT:
        raise FaultyDirectory(1, "#", "too-large")
    return told


def listed(content: Content) -> dict[str, str]:
    """Give what the directory's row repeats of a content, as far as its columns hold it: a draft may say anything."""
    return {
        "name": str(content.get("name", ""))[:NAME_LENGTH],
        **{name: str(content.get(name, ""))[:WORD_LENGTH] for name in ("share_type", "field_of_work", "update_cycle")},
    }


def require_complete(session: Session, directory: Directory, version: DirectoryVersion) -> None:
    """Have a version that can be checked: whole, no remark left open, and saying something new.

    Raises `FaultyDirectory`, `OpenComments`, `NothingChanged`.
    """
    faults = form.check(version.content)
    if faults:
        raise FaultyDirectory(len(faults), faults[0].pointer, faults[0].code)
    open_ones = select(func.count()).where(
        DirectoryComment.directory == directory.code,
        DirectoryComment.number == version.number,
        DirectoryComment.resolved_at.is_(None),
    )
    comments = session.execute(open_ones).scalar_one()
    if comments:
        raise OpenComments(directory.code, comments)
    if directory.published is not None:
        current = session.get_one(DirectoryVersion, (directory.code, directory.published))
        if current.content_sm3 == version.content_sm3 and State(current.state) in READABLE:
            raise NothingChanged(directory.code)


def searched(session: Session, directory: Directory, content: Content) -> list[str]:
    """Gather the texts by which a directory is found."""
    owner = active_organisation(session, directory.owner)
    items = [str(item.get("name", "")) for item in content.get("items", ())]
    work = dictionaries()["field_of_work"].words(str(content.get("field_of_work", "")), "zh")
    codes = [directory.code, directory.base_code or "", directory.theme_code or "", str(content.get("matter_code", ""))]
    return [directory.name, owner.name, str(content.get("summary", "")), work, *items, *codes]
