"""What `yinxin doctor` asks of the authority: lists that hold, certificates that do not end soon, a responder each."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from base.health import Check, Finding, House
from keys.authority.errors import NoRevocationList
from keys.authority.models import CertificateAuthority, IssuedCertificate
from keys.authority.records import own_certificates, service_certificates
from keys.authority.revocation_lists import latest
from keys.authority.states import ACTIVE
from keys.authority.templates import OCSP_RESPONDER

# A certificate for a key in a device takes weeks to arrange; in the last week only hours are left for anything.
FIRST_WARNING: Final = timedelta(days=90)
SECOND_WARNING: Final = timedelta(days=30)
LAST_WARNING: Final = timedelta(days=7)


def _lists(house: House) -> Finding:
    stale, fresh = [], 0
    with house.database.reading() as session:
        for row, certificate in own_certificates(session):
            if not certificate.holds_at(house.at):
                continue
            if _is_fresh(session, row.id, house.at):
                fresh += 1
            else:
                stale.append(row.id)
    if stale:
        told = ", ".join(stale)
        return Finding("failed", f"没有有效撤销列表：{told}", f"No revocation list that holds: {told}")
    return Finding("good", f"{fresh} 个机构的撤销列表有效", f"The lists of {fresh} authorities hold")


def _is_fresh(session: Session, authority: str, at: datetime) -> bool:
    try:
        return latest(session, authority).next_update > at
    except NoRevocationList:
        return False


def _certificates(house: House) -> Finding:
    with house.database.reading() as session:
        ending = {
            within: _ending(session, house.at, within) for within in (LAST_WARNING, SECOND_WARNING, FIRST_WARNING)
        }
    for within, names in ending.items():
        if names:
            told, days = ", ".join(names), within.days
            outcome = "failed" if within == LAST_WARNING else "warning"
            return Finding(outcome, f"{days} 天内到期：{told}", f"These end within {days} days: {told}")  # type: ignore[arg-type]
    return Finding("good", "证书机构自用证书 90 天内没有到期的", "No certificate of the house ends within 90 days")


def _ending(session: Session, at: datetime, within: timedelta) -> list[str]:
    """Name the house's own certificates that end in that time and that no later one has followed."""
    of_house = or_(IssuedCertificate.of_authority.is_not(None), IssuedCertificate.key_id.is_not(None))
    followed = select(IssuedCertificate.renews).where(
        IssuedCertificate.renews.is_not(None), IssuedCertificate.der.is_not(None)
    )
    withdrawn = select(CertificateAuthority.id).where(CertificateAuthority.state != ACTIVE)
    query = select(IssuedCertificate).where(
        of_house,
        IssuedCertificate.der.is_not(None),
        IssuedCertificate.revoked_at.is_(None),
        IssuedCertificate.not_after < at + within,
        IssuedCertificate.id.not_in(followed),
        IssuedCertificate.authority.not_in(withdrawn),
    )
    rows = session.scalars(query.order_by(IssuedCertificate.id))
    return [f"{row.authority}/{row.of_authority or row.template}" for row in rows]


def _responders(house: House) -> Finding:
    missing = []
    with house.database.reading() as session:
        for row, certificate in own_certificates(session):
            usable = service_certificates(OCSP_RESPONDER.name, house.at).filter_by(authority=row.id).limit(1)
            if certificate.holds_at(house.at) and session.scalars(usable).first() is None:
                missing.append(row.id)
    if missing:
        told = ", ".join(missing)
        return Finding("warning", f"没有可用的 OCSP 应答证书：{told}", f"No OCSP responder in force: {told}")
    return Finding("good", "每个机构都有 OCSP 应答证书", "Every authority has an OCSP responder")


CHECKS = (
    Check(
        "revocation-lists",
        "撤销列表",
        "Revocation lists",
        "查看任务 keys.authority.publish 是否运行、机构密钥是否可用，再用 yinxin ca publish 补发。",
        "See that the job keys.authority.publish runs and the key can be reached, then use yinxin ca publish.",
        _lists,
    ),
    Check(
        "authority-certificates",
        "自用证书到期",
        "Certificates of the house",
        "用 yinxin ca renew 更换将到期的证书。",
        "Renew those that end soon with yinxin ca renew.",
        _certificates,
    ),
    Check(
        "ocsp-responders",
        "OCSP 应答",
        "OCSP responders",
        "用 yinxin ca issue --template ocsp-responder 为机构签发应答证书。",
        "Issue one for the authority with yinxin ca issue --template ocsp-responder.",
        _responders,
    ),
)
