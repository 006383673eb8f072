"""When all that is missing is trust: a look by a root that the reader chose, and its import by those who may.

A look keeps nothing and says above everything else whose root it is. The import goes through the trust store's own
verbs: a security administrator proposes the root after comparing fingerprints, another one confirms it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from base import clock
from base.db import Database
from base.errors import DomainError
from base.web import caller, open_to_all, parts
from console.login import for_people, form_token
from console.verification_results import (
    FILE,
    FORM_BYTES,
    FORM_MEMORY,
    Told,
    heading,
    page_of,
    private,
    refused,
    shown_roots,
)
from keys import anchors, trust_store
from keys.parties.acting import actor
from signing import missing_roots, public_verification, verifications
from signing.missing_roots import Top
from signing.public_verification import Chosen
from signing.verification_errors import DocumentTooLarge, NoDocument, RootNotChosen
from signing.verification_wiring import Verifying
from signing.verifications import Handed
from signing.wiring import Signing

root_pages = Blueprint("verify_roots", __name__, template_folder="templates")

KEEPERS: Final = {"secadmin"}
# A root with all that leads to it is some ten KB; a bundle of a country's authorities is not for one look.
ROOT_BYTES: Final = 256 * 1024


@dataclass(frozen=True)
class Importable:
    """A root in a document as the trust store knows it: new, proposed by me, by somebody else, or trusted."""

    shown: Mapping[str, Any]
    state: str


@root_pages.post("/verify/with-root")
@open_to_all
def look() -> Response:
    """Judge one document by a root that its reader chose, and keep nothing of it."""
    at, verifying = clock.now(), parts(Verifying)
    request.max_content_length = verifying.document_bytes + ROOT_BYTES + FORM_BYTES
    request.max_form_memory_size = FORM_MEMORY
    handed = request.files.get(FILE)
    name = verifications.plain_name((handed.filename if handed else "") or "")
    try:
        document = handed.read() if handed else b""
        if not document:
            raise NoDocument("empty")
        if len(document) > verifying.document_bytes:
            raise DocumentTooLarge(verifying.document_bytes)
        found = public_verification.looked_at(
            parts(Database), verifying, parts(Signing), Handed(document, name), _chosen(), at
        )
    except DomainError as refusal:
        return private(page_of("verify_results.html", results=[refused(name, refusal)], is_fresh=True))
    told = Told.of_look(found, heading(found.report), shown_roots((each.certificate for each in found.roots), at))
    return private(page_of("verify_results.html", results=[told], is_fresh=True))


@root_pages.get("/verify/<verification>/roots")
@for_people(KEEPERS)
def roots(verification: str) -> ResponseReturnValue:
    """Show a security administrator the roots that a document brought along, and what can be done with each."""
    at = clock.now()
    with parts(Database).reading() as session:
        found = [_importable(session, each, at) for each in _roots_of(session, verification, at)]
    return private(page_of("verify_roots.html", verification=verification, roots=found, token=form_token()))


@root_pages.post("/verify/<verification>/roots")
@for_people(KEEPERS)
def take_in(verification: str) -> ResponseReturnValue:
    """Propose a root that a document brought along, or confirm what somebody else proposed."""
    at, by, fingerprint = clock.now(), caller(), request.form.get("fingerprint", "")
    if request.form.get("compared") != "yes":
        return redirect(url_for("verify_roots.roots", verification=verification), 303)
    with parts(Database).transaction() as session:
        top = next((each for each in _roots_of(session, verification, at) if _is(each, fingerprint)), None)
        if top is None:
            raise RootNotChosen(fingerprint)
        if _state(session, top) == "proposed":
            anchors.confirm(session, fingerprint, by, at)
        else:
            anchors.propose(session, top.certificate.pem, by, at, is_test=request.form.get("test") == "yes")
            if top.between:
                anchors.add_intermediates(session, b"".join(each.pem for each in top.between), by, at)
    return redirect(url_for("verify_roots.roots", verification=verification), 303)


def _chosen() -> Chosen:
    file = request.files.get("root")
    return Chosen(request.form.get("fingerprint", ""), file.read(ROOT_BYTES) if file and file.filename else b"")


def _roots_of(session: Session, verification: str, at: datetime) -> list[Top]:
    evidence = verifications.evidence(session, verification, at)
    return [each for each in missing_roots.of_evidence(evidence) if each.is_root]


def _is(top: Top, fingerprint: str) -> bool:
    return top.certificate.sm3.hex() == fingerprint


def _importable(session: Session, top: Top, at: datetime) -> Importable:
    (shown,) = shown_roots((top.certificate,), at)
    return Importable(shown, _state(session, top))


def _state(session: Session, top: Top) -> str:
    """Tell where the root stands in the trust store."""
    held = next((each for each in trust_store.held(session) if _is(top, each.row.sm3)), None)
    if held is None or held.state == "material":
        return "new"
    if held.state == "proposed" and held.row.added_by == actor(caller()):
        return "waiting"
    return held.state
