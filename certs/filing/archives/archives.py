"""Archives on record: one package a case and version, sealed at rest; who may see which, and fetch it."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json
from base.db import inserting
from certs.acting import ROOM
from certs.contents import Keys
from certs.filing.archives.errors import NoSuchArchive
from certs.filing.archives.examination import FourProperties, Property
from certs.filing.archives.gathering import Gathered
from certs.filing.archives.manifest import Manifest
from certs.filing.archives.models import HANDED_OVER, MADE, RECEIVED, Archive, ArchiveTransfer
from keys.algorithms.sm3 import SM3

THING: Final = "archive"
AUDITOR: Final = "auditor"


def newest(session: Session, case: str) -> Archive | None:
    """Give the last archive of a case."""
    query = select(Archive).where(Archive.case == case).order_by(Archive.version.desc()).limit(1)
    return session.scalars(query).one_or_none()


def keep(
    session: Session,
    keys: Keys,
    manifest: Manifest,
    gathered: Gathered,
    made: bytes,
    report: FourProperties,
    by: Caller,
    at: datetime,
) -> Archive | None:
    """Keep a package; none where somebody else kept this version in the same moment."""
    values: dict[str, Any] = {
        "id": manifest.id,
        "case": manifest.case.number,
        "version": manifest.version,
        "organ": manifest.case.organ,
        "state": MADE,
        "retention": manifest.kept.retention,
        "retention_basis": manifest.kept.basis,
        "fingerprint": gathered.fingerprint,
        "manifest_sm3": SM3.of(manifest.written).hex(),
        "sm3": report.sm3,
        "size": len(made),
        "entries": len(manifest.entries),
        "properties": {each.value: report.outcome(each).value for each in Property},
        "findings": report.count,
        "left_out": [dict(vars(each)) for each in manifest.left_out],
        "content": keys.seal(session, made, _bound(manifest.id)),
        "made_by": actor(by),
        "made_at": at,
    }
    query = inserting(session, Archive).values(values).on_conflict_do_nothing().returning(Archive.id)
    if session.execute(query).one_or_none() is None:
        return None
    facts: dict[str, Json] = {"case": manifest.case.number, "archive_version": manifest.version, "sm3": report.sm3}
    ROOM.changed(session, by, at, "archive.made", Thing(THING, manifest.id), 1, **facts)
    return session.get_one(Archive, manifest.id)


def archive_of(session: Session, archive: str, by: Caller, *, locked: bool = False) -> Archive:
    """Give an archive to its organ, to an office that it was handed over to, or to an auditor.

    Raises `NoSuchArchive`.
    """
    query = select(Archive).where(Archive.id == archive)
    row = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if row is None or not (_is_theirs(session, row, by) or AUDITOR in by.roles):
        raise NoSuchArchive(archive)
    return row


def seen_by(by: Caller, case: str | None = None) -> Select[Archive]:
    """Ask for the archives of an organisation: its own, and those handed over to it."""
    query = select(Archive)
    if AUDITOR not in by.roles:
        to = select(ArchiveTransfer.archive).where(
            ArchiveTransfer.to == by.organisation, ArchiveTransfer.state.in_((HANDED_OVER, RECEIVED))
        )
        query = query.where(or_(Archive.organ == by.organisation, Archive.id.in_(to)))
    return query.where(Archive.case == case) if case else query


def fetch(session: Session, keys: Keys, archive: str, by: Caller, at: datetime) -> tuple[Archive, bytes]:
    """Hand a package out, and keep that it was; auditors see that it is there and not what is in it.

    Raises `NoSuchArchive`.
    """
    row = archive_of(session, archive, by)
    if not _is_theirs(session, row, by):
        raise NoSuchArchive(archive)
    ROOM.record(session, by, at, "archive.fetched", Thing(THING, row.id), case=row.case)
    return row, keys.open(session, row.content, _bound(row.id))


def content_of(session: Session, keys: Keys, row: Archive) -> bytes:
    """Open a package, for the house itself."""
    return keys.open(session, row.content, _bound(row.id))


def _is_theirs(session: Session, row: Archive, by: Caller) -> bool:
    if by.organisation == row.organ:
        return True
    query = select(ArchiveTransfer.id).where(
        ArchiveTransfer.archive == row.id,
        ArchiveTransfer.to == by.organisation,
        ArchiveTransfer.state.in_((HANDED_OVER, RECEIVED)),
    )
    return session.scalars(query.limit(1)).one_or_none() is not None


def _bound(archive: str) -> bytes:
    return f"certs:archive:{archive}".encode()
