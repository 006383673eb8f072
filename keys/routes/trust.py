"""The trust store below `/api/v1/trust`: what is trusted, for everyone; changing it, for two security administrators.

Systems change nothing here: whom a province trusts is decided by people, two at a time.
"""

from typing import Any

from flask import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.web import View, caller, gives, guarded, open_to_all, reads, tagged, takes, writes
from keys import anchors, revocation_sources, trust_bundle, trust_store, withdrawals
from keys.algorithms import pem
from keys.models import RevocationSource, TrustedCertificate
from keys.revocation_lists import RevocationList
from keys.schemas import (
    AnchorProposalSchema,
    BroughtRevocationListSchema,
    HeldCertificateSchema,
    HeldCertificatesSchema,
    IntermediatesSchema,
    NewRevocationSourceSchema,
    RevocationSourceSchema,
    RevocationSourcesSchema,
    TrustReasonSchema,
    TrustStoreSchema,
)
from keys.trust_store import Held

KEEPERS = {"secadmin"}
READERS = {"secadmin", "sysadmin", "auditor"}
PEM_TYPE = "application/x-pem-file"

trust = Blueprint("trust", __name__, description="Whom we trust · 信任的根证书")


def _gives_pem(view: View) -> View:
    """Document that the view gives a PEM file."""
    told: View = trust.response(200, {"type": "string"}, content_type=PEM_TYPE)(view)
    return told


@trust.route("/trust", methods=["GET"])
@open_to_all
@reads
@gives(TrustStoreSchema)
def published(session: Session) -> dict[str, Any]:
    """Give the certificates that signatures are judged by · 信任列表."""
    at = clock.now()
    found = trust_store.public(session, at)
    tagged(found.trust.digest.hex())
    return found.told(at)


@trust.route("/trust/anchors.pem", methods=["GET"])
@open_to_all
@reads
@_gives_pem
def download(session: Session) -> Response:
    """Download the anchors as one PEM file, for yinxin verify --trust · 下载信任的根证书."""
    response = Response(trust_bundle.written(anchors.trust_at(session, clock.now())), content_type=PEM_TYPE)
    response.headers["Content-Disposition"] = 'attachment; filename="anchors.pem"'
    return response


@trust.route("/trust/certificates", methods=["GET"])
@guarded(scope="admin", roles=READERS)
@reads
@gives(HeldCertificatesSchema)
def held(session: Session) -> dict[str, Any]:
    """List everything in the trust store, with who did what · 信任库全部内容."""
    at = clock.now()
    return {"items": [each.told(at) for each in trust_store.held(session)]}


@trust.route("/trust/anchors", methods=["POST"])
@guarded(roles=KEEPERS)
@writes
@takes(AnchorProposalSchema)
@gives(HeldCertificatesSchema, 201)
def propose(session: Session, told: dict[str, Any]) -> dict[str, Any]:
    """Propose anchors; someone else confirms each · 提议信任根证书."""
    at = clock.now()
    rows = anchors.propose(session, told["pem"].encode(), caller(), at, purposes=told["purposes"], is_test=told["test"])
    return {"items": [Held(row, None).told(at) for row in rows]}


@trust.route("/trust/anchors/<fingerprint>/confirmations", methods=["POST"])
@guarded(roles=KEEPERS)
@writes
@gives(HeldCertificateSchema)
def confirm(session: Session, fingerprint: str) -> dict[str, Any]:
    """Confirm an anchor that someone else proposed · 确认他人提议的根证书."""
    return _told(session, anchors.confirm(session, fingerprint, caller(), clock.now()))


@trust.route("/trust/anchors/<fingerprint>/suspensions", methods=["POST"])
@guarded(roles=KEEPERS)
@writes
@takes(TrustReasonSchema)
@gives(HeldCertificateSchema)
def suspend(session: Session, told: dict[str, Any], fingerprint: str) -> dict[str, Any]:
    """Stop trusting an anchor at once, and propose its withdrawal · 立即停用根证书并提议撤销."""
    withdrawals.suspend(session, fingerprint, told["reason"], caller(), clock.now())
    return _told(session, anchors.in_use(session, fingerprint))


@trust.route("/trust/anchors/<fingerprint>/withdrawals", methods=["POST"])
@guarded(roles=KEEPERS)
@writes
@takes(TrustReasonSchema)
@gives(HeldCertificateSchema)
def withdraw(session: Session, told: dict[str, Any], fingerprint: str) -> dict[str, Any]:
    """Withdraw an anchor that someone else suspended · 确认撤销他人停用的根证书."""
    return _told(session, withdrawals.confirm(session, fingerprint, told["reason"], caller(), clock.now()))


@trust.route("/trust/anchors/<fingerprint>/resumptions", methods=["POST"])
@guarded(roles=KEEPERS)
@writes
@takes(TrustReasonSchema)
@gives(HeldCertificateSchema)
def resume(session: Session, told: dict[str, Any], fingerprint: str) -> dict[str, Any]:
    """Trust an anchor again that someone else suspended · 恢复他人停用的根证书."""
    return _told(session, withdrawals.lift(session, fingerprint, told["reason"], caller(), clock.now()))


@trust.route("/trust/intermediates", methods=["POST"])
@guarded(roles=KEEPERS)
@writes
@takes(IntermediatesSchema)
@gives(HeldCertificatesSchema, 201)
def add_intermediates(session: Session, told: dict[str, Any]) -> dict[str, Any]:
    """Take certificates between in; those that are known are passed over · 登记中间证书."""
    at = clock.now()
    rows = anchors.add_intermediates(session, told["pem"].encode(), caller(), at)
    return {"items": [Held(row, None).told(at) for row in rows]}


@trust.route("/trust/certificates/<fingerprint>/withdrawals", methods=["POST"])
@guarded(roles=KEEPERS)
@writes
@takes(TrustReasonSchema)
@gives(HeldCertificateSchema)
def withdraw_material(session: Session, told: dict[str, Any], fingerprint: str) -> dict[str, Any]:
    """Take out a certificate between, or a proposal that nobody confirmed · 移除中间证书或未确认的提议."""
    return _told(session, anchors.withdraw(session, fingerprint, told["reason"], caller(), clock.now()))


@trust.route("/trust/revocation-sources", methods=["GET"])
@guarded(scope="admin", roles=READERS)
@reads
@gives(RevocationSourcesSchema)
def sources(session: Session) -> dict[str, Any]:
    """List where revocations are asked, and how that went · 吊销信息来源."""
    return {"items": list(session.scalars(select(RevocationSource).order_by(RevocationSource.id)))}


@trust.route("/trust/certificates/<fingerprint>/revocation-sources", methods=["POST"])
@guarded(roles=KEEPERS)
@writes
@takes(NewRevocationSourceSchema)
@gives(RevocationSourceSchema, 201)
def add_source(session: Session, told: dict[str, Any], fingerprint: str) -> RevocationSource:
    """Name where the revocation list of an issuer is found · 登记吊销列表地址."""
    by, at = caller(), clock.now()
    return revocation_sources.add_list(session, told["url"], fingerprint, by, at, intranet=told["intranet"])


@trust.route("/trust/revocation-lists", methods=["POST"])
@guarded(roles=KEEPERS)
@writes
@takes(BroughtRevocationListSchema)
@gives(RevocationSourceSchema, 201)
def bring_list(session: Session, told: dict[str, Any]) -> RevocationSource:
    """Take in a revocation list that came by hand · 导入吊销列表."""
    _, data = pem.only(told["pem"].encode())
    return revocation_sources.bring_list(session, RevocationList.of(data), caller(), clock.now())


@trust.route("/trust/revocation-sources/<int:source>/withdrawals", methods=["POST"])
@guarded(roles=KEEPERS)
@writes
@takes(TrustReasonSchema)
@gives(None, 204)
def withdraw_source(session: Session, told: dict[str, Any], source: int) -> None:  # noqa: ARG001 - the schema asks why
    """Ask a source no more, and forget what it said · 停用吊销信息来源."""
    revocation_sources.withdraw(session, source, caller(), clock.now())


def _told(session: Session, row: TrustedCertificate) -> dict[str, Any]:
    return Held(row, withdrawals.standing(session, row)).told(clock.now())
