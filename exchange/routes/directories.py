"""Directories below `/api/v1`. A code holds a stroke, so the rest of an address is told apart from the right.

Where a step may be taken in another's place, whoever could hold a lent role passes the guard; the verb then asks whose
step it is (`exchange.substitutions`).
"""

from typing import Any

from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.paging import Page, Pager
from base.web import caller, gives, guarded, limited, parts, reads, require_match, tagged, takes, writes
from exchange import comments as remarks
from exchange import differences, elevations, form, seeing
from exchange import directories as verbs
from exchange.directories import NewDirectory, directory_of, version_of
from exchange.directory_contents import LARGEST_CONTENT
from exchange.life import Step
from exchange.models import Directory, DirectoryComment, DirectoryVersion, Elevation
from exchange.schemas import (
    CommentSchema,
    CommentsSchema,
    ContentSchema,
    DifferenceQuery,
    DirectoryDifferenceSchema,
    DirectoryPage,
    DirectoryQuery,
    DirectoryReasonSchema,
    DirectorySchema,
    ElevationSchema,
    FacetsSchema,
    HistorySchema,
    NewCommentSchema,
    NewDirectorySchema,
    ReviewSchema,
    RevisionSchema,
    UpwardReviewSchema,
    VersionSchema,
    VersionsSchema,
)
from exchange.substitutions import LENT

directories = Blueprint("directories", __name__, description="数据目录 · directories")

READERS = {"steward", "reviewer", "authority", "provider", "requester", "auditor", "operator"}
WRITERS = {"steward"}
# The content's own bound and the few members around it.
CONTENT_BYTES = LARGEST_CONTENT + 64 * 1024
CODE = "<path:code>"


@directories.route("/directories", methods=["GET"])
@guarded(scope="directory:write", roles=READERS)
@reads
@takes(DirectoryQuery, "query")
@gives(DirectoryPage)
def listed(session: Session, asked: dict[str, Any]) -> Page[Directory]:
    """List the directories that the caller may see: what is published, and their own organisation's drafts."""
    query = seeing.listed(session, asked, caller())
    return parts(Pager).page(session, query, (Directory.code,), asked["page"], "directories")


@directories.route("/directories/facets", methods=["GET"])
@guarded(scope="directory:write", roles=READERS)
@reads
@gives(FacetsSchema)
def facets(session: Session) -> dict[str, Any]:
    """Count the published directories by what lists are narrowed with."""
    return verbs.facets(session)


@directories.route("/directories", methods=["POST"])
@limited(CONTENT_BYTES)
@guarded(scope="directory:write", roles=WRITERS)
@writes
@takes(NewDirectorySchema)
@gives(DirectorySchema, 201)
def add(session: Session, new: NewDirectory) -> Directory:
    """Begin a directory as a draft."""
    return _shown(verbs.add(session, new, caller(), clock.now()))


@directories.route(f"/directories/{CODE}/versions", methods=["GET"])
@guarded(scope="directory:write", roles=READERS)
@reads
@gives(VersionsSchema)
def versions(session: Session, code: str) -> dict[str, Any]:
    """List the versions of a directory, the newest first."""
    directory = seeing.seen(session, code, caller())
    inside = seeing.is_inside(session, directory, caller())
    return {"items": [each for each in verbs.versions(session, directory) if inside or each.published_at is not None]}


@directories.route(f"/directories/{CODE}/versions", methods=["POST"])
@guarded(scope="directory:write", roles=LENT)
@writes
@takes(RevisionSchema)
@gives(VersionSchema, 201)
def revise(session: Session, told: dict[str, Any], code: str) -> dict[str, Any]:
    """Begin a new version, from the published one or from what an earlier one said."""
    directory = directory_of(session, code, locked=True)
    if told["from_version"] is None:
        return _told(verbs.revise(session, directory, told["reason"], caller(), clock.now()))
    begun = verbs.restore(session, directory, told["from_version"], told["reason"], caller(), clock.now())
    return _told(begun)


@directories.route(f"/directories/{CODE}/versions/<int:number>", methods=["GET"])
@guarded(scope="directory:write", roles=READERS)
@reads
@gives(VersionSchema)
def version(session: Session, code: str, number: int) -> dict[str, Any]:
    """Give one version with its content and what is wrong with it."""
    return _told(seeing.seen_version(session, code, number, caller()))


@directories.route(f"/directories/{CODE}/versions/<int:number>", methods=["PUT"])
@limited(CONTENT_BYTES)
@guarded(scope="directory:write", roles=LENT)
@writes
@takes(ContentSchema)
@gives(VersionSchema)
def write(session: Session, told: dict[str, Any], code: str, number: int) -> dict[str, Any]:
    """Save a draft; If-Match names the version of the draft it was made from."""
    directory = directory_of(session, code, locked=True)
    row = version_of(session, directory, number)
    require_match(_tag(row))
    return _told(verbs.write(session, directory, row, told["content"], caller(), clock.now()))


@directories.route(f"/directories/{CODE}/versions/<int:number>/differences", methods=["GET"])
@guarded(scope="directory:write", roles=READERS)
@reads
@takes(DifferenceQuery, "query")
@gives(DirectoryDifferenceSchema)
def difference(session: Session, asked: dict[str, Any], code: str, number: int) -> differences.Difference:
    """Tell what changed against another version, word by word."""
    after = seeing.seen_version(session, code, number, caller())
    before = seeing.seen_version(session, code, asked["against"], caller()) if asked["against"] else None
    if before is None and number > 1:
        before = seeing.seen_version(session, code, number - 1, caller())
    return differences.between(before.content if before else {}, after.content)


@directories.route(f"/directories/{CODE}/versions/<int:number>/submissions", methods=["POST"])
@guarded(scope="directory:write", roles=LENT)
@writes
@takes(DirectoryReasonSchema)
@gives(VersionSchema)
def submit(session: Session, told: dict[str, Any], code: str, number: int) -> dict[str, Any]:
    """Hand a draft in to the department's own check."""
    return _taken(session, code, number, Step.SUBMIT, told["reason"])


@directories.route(f"/directories/{CODE}/versions/<int:number>/reviews", methods=["POST"])
@guarded(roles=LENT)
@writes
@takes(ReviewSchema)
@gives(VersionSchema)
def review(session: Session, told: dict[str, Any], code: str, number: int) -> dict[str, Any]:
    """Decide: forward to the authority, publish, return, or settle a withdrawal."""
    return _taken(session, code, number, Step(told["decision"]), told["reason"])


@directories.route(f"/directories/{CODE}/versions/<int:number>/upward-reviews", methods=["POST"])
@guarded(roles=LENT)
@writes
@takes(UpwardReviewSchema)
@gives(ElevationSchema)
def review_upward(session: Session, told: dict[str, Any], code: str, number: int) -> Elevation:
    """Decide on a version that a lower level reported."""
    directory = directory_of(session, code, locked=True)
    row = version_of(session, directory, number)
    return elevations.decide(
        session,
        directory,
        row,
        told["level"],
        accepted=told["accepted"],
        reason=told["reason"],
        by=caller(),
        at=clock.now(),
    )


@directories.route(f"/directories/{CODE}/versions/<int:number>/withdrawals", methods=["POST"])
@guarded(scope="directory:write", roles=LENT)
@writes
@takes(DirectoryReasonSchema)
@gives(VersionSchema)
def ask_to_withdraw(session: Session, told: dict[str, Any], code: str, number: int) -> dict[str, Any]:
    """Ask the authority to withdraw a published directory."""
    return _taken(session, code, number, Step.ASK_TO_WITHDRAW, told["reason"])


@directories.route(f"/directories/{CODE}/versions/<int:number>", methods=["DELETE"])
@guarded(scope="directory:write", roles=LENT)
@writes
@gives(VersionSchema)
def discard(session: Session, code: str, number: int) -> dict[str, Any]:
    """Discard a draft; its record stays."""
    return _taken(session, code, number, Step.DISCARD, "")


@directories.route(f"/directories/{CODE}/versions/<int:number>/comments", methods=["GET"])
@guarded(scope="directory:write", roles=READERS)
@reads
@gives(CommentsSchema)
def comments(session: Session, code: str, number: int) -> dict[str, Any]:
    """List the remarks on a version."""
    return {"items": remarks.comments(session, seeing.seen_version(session, code, number, caller()))}


@directories.route(f"/directories/{CODE}/versions/<int:number>/comments", methods=["POST"])
@guarded(roles=LENT)
@writes
@takes(NewCommentSchema)
@gives(CommentSchema, 201)
def comment(session: Session, told: dict[str, Any], code: str, number: int) -> DirectoryComment:
    """Remark on a field."""
    directory = directory_of(session, code)
    row = version_of(session, directory, number)
    return remarks.comment(session, directory, row, told["pointer"], told["text"], caller(), clock.now())


@directories.route(f"/directories/{CODE}/comments/<int:number>/resolutions", methods=["POST"])
@guarded(roles=LENT)
@writes
@gives(CommentSchema)
def resolve(session: Session, code: str, number: int) -> DirectoryComment:
    """Note that a remark was taken care of."""
    return remarks.resolve(session, directory_of(session, code), number, caller(), clock.now())


@directories.route(f"/directories/{CODE}/history", methods=["GET"])
@guarded(scope="directory:write", roles=READERS)
@reads
@gives(HistorySchema)
def history(session: Session, code: str) -> dict[str, Any]:
    """Tell what happened to a directory, step by step, and what the levels above said."""
    directory = seeing.seen(session, code, caller())
    return {"steps": verbs.steps(session, directory), "elevations": elevations.elevations(session, directory)}


@directories.route(f"/directories/{CODE}", methods=["GET"])
@guarded(scope="directory:write", roles=READERS)
@reads
@gives(DirectorySchema)
def one(session: Session, code: str) -> Directory:
    """Give one directory."""
    return _shown(seeing.seen(session, code, caller()))


def _taken(session: Session, code: str, number: int, step: Step, reason: str) -> dict[str, Any]:
    directory = directory_of(session, code, locked=True)
    row = version_of(session, directory, number)
    if step is Step.PUBLISH:
        return _told(elevations.publish(session, directory, row, reason, caller(), clock.now()))
    return _told(verbs.take(session, directory, row, step, reason, caller(), clock.now()))


def _told(row: DirectoryVersion) -> dict[str, Any]:
    tagged(_tag(row))
    members = {name: getattr(row, name) for name in VersionSchema().fields if name != "faults"}
    return {**members, "faults": form.check(row.content)}


def _shown(row: Directory) -> Directory:
    tagged(f"directory:{row.code}:{row.version}")
    return row


def _tag(row: DirectoryVersion) -> str:
    return f"directory-version:{row.directory}:{row.number}:{row.version}"
