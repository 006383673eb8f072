"""Registers taken in as tables below `/api/v1`: the file is the body, or a multipart part named `file`."""

from flask import request
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint, MalformedRequest
from base.web import caller, gives, guarded, limited, takes, writes
from keys.parties import imports as verbs
from keys.parties.schemas import ImportQuery, ImportSchema
from keys.parties.tables import BYTES_LIMIT

imports = Blueprint("party-imports", __name__, description="登记表导入 · registers taken in as tables")

WRITERS = {"sysadmin"}
# The table itself, with the lines around it that multipart adds.
BODY_LIMIT = BYTES_LIMIT + 16 * 1024
_BYTES = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}
_PART = {"schema": {"type": "object", "properties": {"file": _BYTES["schema"]}, "required": ["file"]}}
TABLE = {
    "required": True,
    "content": {
        "text/csv": _BYTES,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _BYTES,
        "multipart/form-data": _PART,
    },
}


@imports.route("/organisation-imports", methods=["POST"])
@guarded(scope="admin", roles=WRITERS)
@limited(BODY_LIMIT)
@writes
@takes(ImportQuery, "query")
@gives(ImportSchema)
@imports.doc(requestBody=TABLE)  # type: ignore[untyped-decorator] # flask-smorest has no types
def take_in_organisations(session: Session, asked: dict[str, bool]) -> dict[str, object]:
    """Take a CSV or XLSX table of organisations in, whole or not at all; without `apply` only tell what it would do."""
    done = verbs.take_in_organisations(session, _content(), caller(), clock.now(), apply=asked["apply"])
    return done.document()


@imports.route("/person-imports", methods=["POST"])
@guarded(scope="admin", roles=WRITERS)
@limited(BODY_LIMIT)
@writes
@takes(ImportQuery, "query")
@gives(ImportSchema)
@imports.doc(requestBody=TABLE)  # type: ignore[untyped-decorator] # flask-smorest has no types
def take_in_people(session: Session, asked: dict[str, bool]) -> dict[str, object]:
    """Take a CSV or XLSX table of accounts in, without roles; without `apply` only tell what it would do."""
    done = verbs.take_in_people(session, _content(), caller(), clock.now(), apply=asked["apply"])
    return done.document()


def _content() -> bytes:
    if request.mimetype == "multipart/form-data":
        sent = request.files.get("file")
        content = sent.read() if sent is not None else b""
    else:
        content = request.get_data()
    if not content:
        raise MalformedRequest("no file was sent")
    return content
