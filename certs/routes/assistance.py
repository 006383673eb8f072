"""What stands in for a paper of a case, below `/api/v1`: asked, promised, later, handed in before."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.db import Database
from base.web import caller, gives, guarded, limited, parts, reads, takes, transacts, writes
from certs.filing.cases import reading
from certs.filing.cases.models import CaseMaterial
from certs.filing.cases.schemas import CaseMaterialShownSchema
from certs.filing.cases.wiring import Cases
from certs.filing.undertakings import reuse, undertakings
from certs.filing.undertakings.models import Undertaking
from certs.filing.undertakings.replies import Replier, Reply
from certs.filing.undertakings.schemas import (
    AssistanceReplySchema,
    HandedInSchema,
    NewAssistanceLetterSchema,
    NewLaterPaperSchema,
    NewPromiseSchema,
    NewReuseSchema,
    ReusableMaterialsSchema,
    ReusableQuestionSchema,
    UndertakingSchema,
    UndertakingsSchema,
    UndertakingStepSchema,
)
from certs.filing.undertakings.undertaking import Kind, Step
from certs.filing.undertakings.undertakings import LaterPaper, Letter, Promise
from signing import verifications
from signing.verification_wiring import Verifying
from signing.verifications import Handed
from signing.wiring import Signing

assistance_routes = Blueprint("assistance", __name__, description="行政协助、承诺、容缺、复用 · in place of a paper")

SCOPE = "case:write"
CLERKS = {"window", "operator"}
READERS = CLERKS | {"auditor"}
# A signed reply of a few pages, or a scan, in base64.
BODY_BYTES = 16 * 1024 * 1024
CASE = "/cases/<string:number>"
ONE = "/undertakings/<string:known>"


@assistance_routes.route(f"{CASE}/assistance-letters", methods=["POST"])
@guarded(scope=SCOPE, roles=CLERKS)
@writes
@takes(NewAssistanceLetterSchema)
@gives(UndertakingSchema, 201)
def ask(session: Session, told: Letter, number: str) -> dict[str, Any]:
    """Ask another organ about a material · 发行政协助函."""
    return _shown(session, undertakings.ask(session, parts(Cases), number, told, caller(), clock.now()))


@assistance_routes.route(f"{CASE}/promises", methods=["POST"])
@guarded(scope=SCOPE, roles=CLERKS)
@writes
@takes(NewPromiseSchema)
@gives(UndertakingSchema, 201)
def promise(session: Session, told: Promise, number: str) -> dict[str, Any]:
    """Take a promise that the applicant has signed · 告知承诺."""
    return _shown(session, undertakings.promise(session, parts(Cases), number, told, caller(), clock.now()))


@assistance_routes.route(f"{CASE}/later-materials", methods=["POST"])
@guarded(scope=SCOPE, roles=CLERKS)
@writes
@takes(NewLaterPaperSchema)
@gives(UndertakingSchema, 201)
def let_come_later(session: Session, told: LaterPaper, number: str) -> dict[str, Any]:
    """Let a material come later · 容缺受理."""
    return _shown(session, undertakings.let_come_later(session, parts(Cases), number, told, caller(), clock.now()))


@assistance_routes.route(f"{CASE}/undertakings", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(UndertakingsSchema)
def of_case(session: Session, number: str) -> dict[str, Any]:
    """List what stands in for papers of a case · 办件的协助、承诺与容缺."""
    return {"items": [_shown(session, each) for each in undertakings.of_case(session, number, caller())]}


@assistance_routes.route("/assistance-letters", methods=["GET"])
@guarded(scope=SCOPE, roles=CLERKS)
@reads
@gives(UndertakingsSchema)
def asked(session: Session) -> dict[str, Any]:
    """List the letters that one's organisation has to answer · 待答复协助函."""
    found = undertakings.owed_by(session, caller(), Kind.ASSISTANCE)
    return {"items": [_shown(session, each) for each in found]}


@assistance_routes.route(ONE, methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(UndertakingSchema)
def one(session: Session, known: str) -> dict[str, Any]:
    """Give one letter, promise or later paper · 单条详情."""
    return _shown(session, undertakings.undertaking_of(session, known, caller()))


@assistance_routes.route(f"{ONE}/replies", methods=["POST"])
@limited(BODY_BYTES)
@guarded(scope=SCOPE, roles=CLERKS)
@transacts
@takes(AssistanceReplySchema)
@gives(UndertakingSchema, 201)
def reply(database: Database, told: Reply, known: str) -> dict[str, Any]:
    """Reply to a letter, with a signed file where there is one · 答复协助函."""

    def examine(document: bytes, name: str, at: datetime) -> Mapping[str, Any]:
        verifying = parts(Verifying)
        with database.reading() as session:
            trust = parts(Signing).trust_at(session, at)
        handed = Handed(document, name)
        return verifications.examined(verifying.workers, handed, trust, verifying.document_bytes, at).report

    Replier(database, parts(Cases), examine, caller(), clock.now).reply(known, told)
    with database.reading() as session:
        return _shown(session, undertakings.undertaking_of(session, known, caller()))


@assistance_routes.route(f"{ONE}/steps", methods=["POST"])
@guarded(scope=SCOPE, roles=CLERKS)
@writes
@takes(UndertakingStepSchema)
@gives(UndertakingSchema)
def settle(session: Session, told: dict[str, str], known: str) -> dict[str, Any]:
    """Fulfil or break a promise, let a letter's paper come later, or cancel · 核查承诺、转容缺、撤销."""
    words = {"reason": told["reason"]}
    step = Step(told["step"])
    return _shown(session, undertakings.settle(session, parts(Cases), known, step, words, caller(), clock.now()))


@assistance_routes.route(f"{ONE}/hand-ins", methods=["POST"])
@limited(BODY_BYTES)
@guarded(scope=SCOPE, roles=CLERKS)
@writes
@takes(HandedInSchema)
@gives(UndertakingSchema, 201)
def hand_in(session: Session, told: dict[str, Any], known: str) -> dict[str, Any]:
    """Take a later paper in · 补交容缺材料."""
    row = undertakings.hand_in(session, parts(Cases), known, told["material"], caller(), clock.now())
    return _shown(session, row)


@assistance_routes.route("/reusable-materials", methods=["POST"])
@guarded(scope=SCOPE, roles=CLERKS)
@reads
@takes(ReusableQuestionSchema)
@gives(ReusableMaterialsSchema)
def reusable(session: Session, told: dict[str, str]) -> dict[str, Any]:
    """List what the applicant of a case handed in before and lets serve again · 可复用材料."""
    row = reading.case_of(session, told["case"], caller())
    found = reuse.reusable(session, parts(Cases), told["type"], told["code"].strip().upper(), clock.now())
    return {"items": [each for each in found if each.holder_hash == row.applicant_hash]}


@assistance_routes.route(f"{CASE}/reuses", methods=["POST"])
@guarded(scope=SCOPE, roles=CLERKS)
@writes
@takes(NewReuseSchema)
@gives(CaseMaterialShownSchema, 201)
def reused(session: Session, told: dict[str, str], number: str) -> CaseMaterial:
    """Let a material that was handed in before serve in this case · 复用材料."""
    source = (told["from_case"], told["from_material"])
    return reuse.reuse(session, parts(Cases), number, told["material"], source, caller(), clock.now())


def _shown(session: Session, row: Undertaking) -> dict[str, Any]:
    """Show an undertaking; an auditor sees that there is one, not what it says."""
    by = caller()
    is_watching = undertakings.AUDITOR in by.roles
    told = {column.key: getattr(row, column.key) for column in Undertaking.__table__.columns}
    return {**told, "words": {} if is_watching else undertakings.words_of(session, parts(Cases), row)}
