"""Archives below `/api/v1`: made of a closed case, listed, fetched, handed over and received."""

from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.callers import Caller
from base.db import Database
from base.paging import Page, Pager
from base.web import caller, gives, guarded, limited, parts, reads, takes, transacts, writes
from certs.evidence.material import house_asking
from certs.evidence.wiring import Evidencing
from certs.filing.archives import archives, retentions, transfers
from certs.filing.archives.making import ArchiveMaker
from certs.filing.archives.models import Archive, ArchiveTransfer
from certs.filing.archives.package import MEDIA_TYPE
from certs.filing.archives.retention import Class
from certs.filing.archives.schemas import (
    ArchiveAnswerSchema,
    ArchiveAskedSchema,
    ArchiveRetentionSchema,
    ArchiveRetentionsSchema,
    ArchivesQuery,
    ArchiveTransferSchema,
    CaseArchiveMadeSchema,
    CaseArchivePage,
    CaseArchiveWholeSchema,
    NewArchiveTransferSchema,
)
from certs.filing.archives.transfers import Answer
from certs.filing.cases.wiring import Cases
from certs.routes.filing_documents import sheet_sealer
from certs.wiring import Certs
from keys.authority.wiring import Authority
from keys.checkpoints.wiring import Checkpoints
from signing.stamping import HouseStamper
from signing.wiring import Signing

archive_routes = Blueprint("archives", __name__, description="归档 · archives of cases")

SCOPE: Final = "case:write"
CLERKS: Final = {"operator"}
READERS: Final = {"operator", "auditor"}
# Marked copies in base64: some dozens of half a MiB.
BODY_BYTES: Final = 32 * 1024 * 1024
PRIVATE: Final = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}
_FILE: Final[Any] = {"type": "string", "format": "binary"}


@archive_routes.route("/cases/<string:number>/archive", methods=["POST"])
@limited(BODY_BYTES)
@guarded(scope=SCOPE, roles=CLERKS)
@transacts
@takes(ArchiveAskedSchema)
@gives(CaseArchiveMadeSchema, 201)
def make(database: Database, copies: tuple[bytes, ...], number: str) -> dict[str, Any]:
    """Make the archive of a closed case; what is the same as in the last version is that version · 单套归档."""
    made, is_new = _maker(database, caller()).make(number, copies)
    return {**_shown(made), "is_new": is_new}


@archive_routes.route("/archives", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(ArchivesQuery, location="query")
@gives(CaseArchivePage)
def listed(session: Session, asked: dict[str, Any]) -> Page[dict[str, Any]]:
    """List the archives of one's organisation, and those that were handed over to it · 归档列表."""
    page = asked.pop("page")
    query = archives.seen_by(caller(), asked.get("case"))
    found = parts(Pager).page(session, query, (Archive.id,), page, "archives")
    return Page([_shown(each) for each in found.items], found.next_cursor)


@archive_routes.route("/archives/<string:archive>", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(CaseArchiveWholeSchema)
def one(session: Session, archive: str) -> dict[str, Any]:
    """Give an archive: how long it is kept, how its four properties are, where it went · 归档详情."""
    row = archives.archive_of(session, archive, caller())
    return {**_shown(row), "transfers": [_transfer(each) for each in transfers.of_archive(session, row.id)]}


@archive_routes.route("/archives/<string:archive>/file", methods=["GET"])
@guarded(scope=SCOPE, roles=CLERKS)
@gives(_FILE, content_type=MEDIA_TYPE)
def fetch(archive: str) -> Response:
    """Give the package, to its organ and to the office that it was handed over to; every fetching is on record."""
    with parts(Database).transaction() as session:
        row, content = archives.fetch(session, parts(Certs).keys, archive, caller(), clock.now())
        name = f"{row.case}.v{row.version}.archive.zip"
    response = Response(content, mimetype=MEDIA_TYPE, headers=PRIVATE)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


@archive_routes.route("/archives/<string:archive>/transfers", methods=["POST"])
@guarded(scope=SCOPE, roles=CLERKS)
@writes
@takes(NewArchiveTransferSchema)
@gives(ArchiveTransferSchema, 201)
def hand_over(session: Session, told: dict[str, Any], archive: str) -> dict[str, Any]:
    """Hand an archive over to an archive office, which has a task until it answers · 移交."""
    by, at = caller(), clock.now()
    return _transfer(transfers.hand_over(session, archive, told["to"], told["accepted_findings"], by, at))


@archive_routes.route("/archive-transfers/<string:transfer>/receipts", methods=["POST"])
@guarded(scope=SCOPE, roles=CLERKS)
@writes
@takes(ArchiveAnswerSchema)
@gives(ArchiveTransferSchema, 201)
def answer(session: Session, told: Answer, transfer: str) -> dict[str, Any]:
    """Say as the archive office that a package was received, or refused and why · 接收回执."""
    return _transfer(transfers.answer(session, transfer, told, caller(), clock.now()))


@archive_routes.route("/archive-retentions", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS | {"authority"})
@reads
@gives(ArchiveRetentionsSchema)
def laid_down(session: Session) -> dict[str, Any]:
    """List for how long cases are kept, of all matters and of some · 保管期限列表."""
    return {"items": retentions.laid_down(session)}


@archive_routes.route("/archive-retentions/<string:scope>", methods=["PUT"])
@guarded(roles={"authority", "operator"})
@writes
@takes(ArchiveRetentionSchema)
@gives(ArchiveRetentionSchema)
def lay_down(session: Session, told: dict[str, Any], scope: str) -> Any:
    """Lay down for how long cases of a matter are kept · 保管期限."""
    return retentions.lay_down(session, scope, Class(told["retention"]), told["basis"], caller(), clock.now())


def _maker(database: Database, by: Caller) -> ArchiveMaker:
    authority, signing = parts(Authority), parts(Signing)
    return ArchiveMaker(
        database,
        parts(Cases),
        parts(Certs),
        parts(Evidencing),
        parts(Checkpoints),
        signing.trust_at,
        signing.stamper or HouseStamper(database, authority, by, clock.now),
        house_asking(database, authority, clock.now),
        sheet_sealer(database, by),
        by,
        clock.now,
    )


def _shown(row: Archive) -> dict[str, Any]:
    return {**_told(row, {"content", "fingerprint", "made_by"}), "file": f"/api/v1/archives/{row.id}/file"}


def _transfer(row: ArchiveTransfer) -> dict[str, Any]:
    return _told(row, set())


def _told(row: Archive | ArchiveTransfer, without: set[str]) -> dict[str, Any]:
    return {each.key: getattr(row, each.key) for each in row.__table__.columns if each.key not in without}
