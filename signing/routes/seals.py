"""Seals below `/api/v1`: the register, its steps, and who may use a seal."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint, PageQuery
from base.db import Database
from base.paging import Page, Pager
from base.web import caller, gives, guarded, limited, open_to_all, parts, reads, tagged, takes, transacts, writes
from keys.parties.organisations import organisation_of
from signing import authorisations as leaves
from signing import life, register
from signing.authorisations import Leave
from signing.errors import NoSuchAuthorisation
from signing.filings import edges as filing_edges
from signing.filings import keeping as filings
from signing.impressions import keeping as impressions
from signing.impressions.keeping import FilingNumber
from signing.life import Step
from signing.models import Seal, SealAuthorisation, SealEdition, SealUse
from signing.pictures import LARGEST_FILE
from signing.register import Application, Renewal
from signing.schemas import (
    SealApplicationSchema,
    SealApprovalSchema,
    SealAuthorisationPage,
    SealAuthorisationSchema,
    SealCancellationSchema,
    SealFilingSchema,
    SealFilingsSchema,
    SealLeaveSchema,
    SealPage,
    SealQuery,
    SealReasonSchema,
    SealRenewalSchema,
    SealStatusQuery,
    SealStatusSchema,
    SealStepsSchema,
    SealUsePage,
    SealWithEditionsSchema,
)
from signing.wiring import Signing

seals = Blueprint("seals", __name__, description="电子印章 · seals")

READERS = {"seal_applicant", "seal_owner", "seal_maker", "seal_custodian", "authority", "auditor", "operator"}
OWNERS = {"seal_owner", "seal_custodian"}
# A picture in base64 and the few members around it.
APPLICATION_BYTES = LARGEST_FILE * 4 // 3 + 64 * 1024


@seals.route("/seals", methods=["GET"])
@guarded(scope="admin", roles=READERS)
@reads
@takes(SealQuery, "query")
@gives(SealPage)
def listed(session: Session, asked: dict[str, Any]) -> Page[Seal]:
    """List seals, by number."""
    query = select(Seal)
    for name in ("owner", "kind"):
        if asked[name] is not None:
            query = query.where(getattr(Seal, name) == asked[name])
    if asked["region"] is not None:
        query = query.where(Seal.region.startswith(asked["region"], autoescape=True))
    return parts(Pager).page(session, query, (Seal.id,), asked["page"], "seals")


@seals.route("/seals", methods=["POST"])
@limited(APPLICATION_BYTES)
@guarded(roles=life.ROLES[Step.APPLY])
@writes
@takes(SealApplicationSchema)
@gives(SealWithEditionsSchema, 201)
def apply(session: Session, asked: Application | FilingNumber) -> dict[str, Any]:
    """Apply for a seal, with a picture of its own or by the filing number of its impression."""
    if isinstance(asked, FilingNumber):
        asked = impressions.application(session, asked, caller())
    return shown(session, register.apply(session, asked, caller(), clock.now()))


@seals.route("/seals/<seal_id>", methods=["GET"])
@guarded(scope="admin", roles=READERS)
@reads
@gives(SealWithEditionsSchema)
def one(session: Session, seal_id: str) -> dict[str, Any]:
    """Give one seal with its editions."""
    return shown(session, register.seal_of(session, seal_id))


@seals.route("/seals/<seal_id>/steps", methods=["GET"])
@guarded(scope="admin", roles=READERS)
@reads
@gives(SealStepsSchema)
def steps(session: Session, seal_id: str) -> dict[str, Any]:
    """Give the life of a seal, step by step."""
    return {"items": register.steps(session, register.seal_of(session, seal_id).id)}


@seals.route("/seals/<seal_id>/status", methods=["GET"])
@open_to_all
@reads
@takes(SealStatusQuery, "query")
@gives(SealStatusSchema)
def status(session: Session, asked: dict[str, Any], seal_id: str) -> dict[str, Any]:
    """Tell anyone where a seal stood at a moment."""
    at = asked["at"] or clock.now()
    found = register.status_at(session, register.seal_of(session, seal_id), at)
    edition = found.edition
    return {
        "id": found.seal.id,
        "name": found.seal.name,
        "owner": found.seal.owner,
        "owner_name": organisation_of(session, found.seal.owner).name,
        "kind": found.seal.kind,
        "state": found.state.value if found.state else None,
        "since": found.since,
        "usable": found.usable,
        "valid_from": edition.valid_from if edition else None,
        "valid_until": edition.valid_until if edition else None,
        "filing": edition.filing if edition else None,
        "successor": found.seal.successor,
        "as_of": at,
    }


@seals.route("/seals/<seal_id>/approvals", methods=["POST"])
@guarded(roles=life.ROLES[Step.AGREE])
@writes
@takes(SealApprovalSchema)
@gives(SealWithEditionsSchema)
def approve(session: Session, told: dict[str, Any], seal_id: str) -> dict[str, Any]:
    """Agree to a seal that was applied for, or refuse it, as the owner's head."""
    return _taken(session, seal_id, Step(told["decision"]), told["reason"])


@seals.route("/seals/<seal_id>/withdrawals", methods=["POST"])
@guarded(roles=life.ROLES[Step.WITHDRAW])
@writes
@takes(SealReasonSchema)
@gives(SealWithEditionsSchema)
def withdraw(session: Session, told: dict[str, Any], seal_id: str) -> dict[str, Any]:
    """Take an application back."""
    return _taken(session, seal_id, Step.WITHDRAW, told["reason"])


@seals.route("/seals/<seal_id>/filings", methods=["POST"])
@guarded(roles=life.ROLES[Step.FILE])
@transacts
@takes(SealFilingSchema)
@gives(SealWithEditionsSchema)
def file(database: Database, told: dict[str, Any], seal_id: str) -> dict[str, Any]:
    """File the seal (备案): by the number that the office gave, or by asking its system, as this site is set up."""
    filing_edges.file(database, parts(Signing).registrar, seal_id, told["number"], caller(), clock.now)
    with database.reading() as session:
        return shown(session, register.seal_of(session, seal_id))


@seals.route("/seals/<seal_id>/filings", methods=["GET"])
@guarded(scope="admin", roles=READERS)
@reads
@gives(SealFilingsSchema)
def filed(session: Session, seal_id: str) -> dict[str, Any]:
    """Tell how far the filing of each edition is, and what the office answered."""
    return {"items": filings.filings(session, register.seal_of(session, seal_id))}


@seals.route("/seals/<seal_id>/activations", methods=["POST"])
@guarded(roles=life.ROLES[Step.ACTIVATE])
@writes
@takes(SealReasonSchema)
@gives(SealWithEditionsSchema)
def activate(session: Session, told: dict[str, Any], seal_id: str) -> dict[str, Any]:
    """Bring a filed seal into use, as its custodian."""
    seal = register.seal_of(session, seal_id, locked=True)
    register.activate(session, seal, told["reason"], caller(), clock.now())
    return shown(session, seal)


@seals.route("/seals/<seal_id>/suspensions", methods=["POST"])
@guarded(roles=life.ROLES[Step.SUSPEND])
@writes
@takes(SealReasonSchema)
@gives(SealWithEditionsSchema)
def suspend(session: Session, told: dict[str, Any], seal_id: str) -> dict[str, Any]:
    """Stop a seal at once."""
    return _taken(session, seal_id, Step.SUSPEND, told["reason"])


@seals.route("/seals/<seal_id>/resumptions", methods=["POST"])
@guarded(roles=life.ROLES[Step.RESUME])
@writes
@takes(SealReasonSchema)
@gives(SealWithEditionsSchema)
def resume(session: Session, told: dict[str, Any], seal_id: str) -> dict[str, Any]:
    """Let a suspended seal be used again."""
    return _taken(session, seal_id, Step.RESUME, told["reason"])


@seals.route("/seals/<seal_id>/renewals", methods=["POST"])
@limited(APPLICATION_BYTES)
@guarded(roles=life.ROLES[Step.APPLY])
@writes
@takes(SealRenewalSchema)
@gives(SealWithEditionsSchema, 201)
def renew(session: Session, asked: Renewal, seal_id: str) -> dict[str, Any]:
    """Apply for a new edition of a seal."""
    seal = register.seal_of(session, seal_id, locked=True)
    register.renew(session, seal, asked, caller(), clock.now())
    return shown(session, seal)


@seals.route("/seals/<seal_id>/cancellations", methods=["POST"])
@guarded(roles=life.ROLES[Step.CANCEL])
@writes
@takes(SealCancellationSchema)
@gives(SealWithEditionsSchema)
def cancel(session: Session, told: dict[str, Any], seal_id: str) -> dict[str, Any]:
    """End a seal after renaming, merger or closing; a successor is named where there is one."""
    if told["successor"] is None:
        return _taken(session, seal_id, Step.CANCEL, told["reason"])
    seal = register.seal_of(session, seal_id, locked=True)
    successor = register.seal_of(session, told["successor"])
    register.succeed(session, seal, successor, told["reason"], caller(), clock.now())
    return shown(session, seal)


@seals.route("/seals/<seal_id>/revocations", methods=["POST"])
@guarded(roles=life.ROLES[Step.REVOKE])
@writes
@takes(SealReasonSchema)
@gives(SealWithEditionsSchema)
def revoke(session: Session, told: dict[str, Any], seal_id: str) -> dict[str, Any]:
    """Revoke a seal for good."""
    return _taken(session, seal_id, Step.REVOKE, told["reason"])


@seals.route("/seals/<seal_id>/authorisations", methods=["GET"])
@guarded(scope="admin", roles=READERS)
@reads
@takes(PageQuery, "query")
@gives(SealAuthorisationPage)
def authorisations(session: Session, asked: dict[str, Any], seal_id: str) -> Page[SealAuthorisation]:
    """List who may use a seal."""
    query = select(SealAuthorisation).where(SealAuthorisation.seal == register.seal_of(session, seal_id).id)
    return parts(Pager).page(session, query, (SealAuthorisation.id,), asked["page"], "seal-authorisations")


@seals.route("/seals/<seal_id>/authorisations", methods=["POST"])
@guarded(roles=OWNERS)
@writes
@takes(SealLeaveSchema)
@gives(SealAuthorisationSchema, 201)
def authorise(session: Session, leave: Leave, seal_id: str) -> SealAuthorisation:
    """Propose that a system may use a seal."""
    return leaves.propose(session, register.seal_of(session, seal_id), leave, caller(), clock.now())


@seals.route("/seals/<seal_id>/authorisations/<authorisation>/confirmations", methods=["POST"])
@guarded(roles=OWNERS)
@writes
@gives(SealAuthorisationSchema)
def confirm(session: Session, seal_id: str, authorisation: str) -> SealAuthorisation:
    """Confirm a proposed authorisation, as a second person of the owner."""
    return leaves.confirm(session, _leave(session, seal_id, authorisation), caller(), clock.now())


@seals.route("/seals/<seal_id>/authorisations/<authorisation>/withdrawals", methods=["POST"])
@guarded(roles=OWNERS)
@writes
@gives(SealAuthorisationSchema)
def take_back(session: Session, seal_id: str, authorisation: str) -> SealAuthorisation:
    """Take an authorisation back, at once."""
    return leaves.withdraw(session, _leave(session, seal_id, authorisation), caller(), clock.now())


@seals.route("/seals/<seal_id>/uses", methods=["GET"])
@guarded(scope="admin", roles=READERS)
@reads
@takes(PageQuery, "query")
@gives(SealUsePage)
def uses(session: Session, asked: dict[str, Any], seal_id: str) -> Page[SealUse]:
    """List the uses of a seal, in order (用印登记)."""
    query = select(SealUse).where(SealUse.seal == register.seal_of(session, seal_id).id)
    return parts(Pager).page(session, query, (SealUse.at, SealUse.id), asked["page"], "seal-uses")


def _leave(session: Session, seal_id: str, authorisation: str) -> SealAuthorisation:
    row = leaves.authorisation_of(session, authorisation, locked=True)
    if row.seal != seal_id:
        raise NoSuchAuthorisation(authorisation)
    return row


def _taken(session: Session, seal_id: str, step: Step, reason: str) -> dict[str, Any]:
    seal = register.seal_of(session, seal_id, locked=True)
    register.take(session, seal, step, reason, caller(), clock.now())
    return shown(session, seal)


def shown(session: Session, seal: Seal) -> dict[str, Any]:
    """Give a seal with its editions, and remember its version as the answer's tag."""
    known: list[SealEdition] = register.editions(session, seal.id)
    tagged(f"seal:{seal.id}:{seal.version}")
    return {**{name: getattr(seal, name) for name in _MEMBERS}, "editions": known}


_MEMBERS = tuple(name for name in SealWithEditionsSchema().fields if name != "editions")
