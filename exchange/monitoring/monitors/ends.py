"""What ends soon: certificates of this site's own signing keys, and the keys that business systems prove themselves by.

A system that has another key which is valid for longer has been seen to: only its last key is told of.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exchange.monitoring.ends import DAY, ending
from exchange.monitoring.monitor import Facts, Looking, Monitor, Sighting
from keys.custody import rules
from keys.custody.models import CustodyKey
from keys.parties.models import ACTIVE, System, SystemKey


def _certificates(session: Session, looking: Looking, at: datetime) -> Iterator[Sighting]:
    told = looking.told
    query = select(CustodyKey.id, CustodyKey.version, CustodyKey.organisation, CustodyKey.not_after).where(
        CustodyKey.state == rules.ACTIVE, CustodyKey.not_after <= at + told.expiry_days * DAY
    )
    for key, version, organisation, ends_at in session.execute(query.order_by(CustodyKey.id)):
        found = ending(ends_at, told.expiry_days, told.expiry_critical_days, at) if ends_at else None
        if found is not None and ends_at:
            facts: Facts = {"key": key, "days": found.days, "ends": ends_at.date().isoformat()}
            yield Sighting(f"{key}/{version}", found.severity, found.since, facts, organisation)


def _partner_keys(session: Session, looking: Looking, at: datetime) -> Iterator[Sighting]:
    told, last = looking.told, func.max(SystemKey.valid_until)
    query = (
        select(System.id, System.organisation, last)
        .join(SystemKey, SystemKey.system == System.id)
        .where(System.state == ACTIVE, SystemKey.withdrawn_at.is_(None))
        .group_by(System.id, System.organisation)
        .having(last <= at + told.expiry_days * DAY)
        .order_by(System.id)
    )
    for system, organisation, ends_at in session.execute(query):
        found = ending(ends_at, told.expiry_days, told.expiry_critical_days, at)
        if found is not None:
            facts: Facts = {"system": system, "days": found.days, "ends": ends_at.date().isoformat()}
            yield Sighting(system, found.severity, found.since, facts, organisation)


CERTIFICATES: Final = Monitor(
    "certificate-ends",
    "签名证书即将到期",
    "A signing certificate ends",
    "签名密钥 {key} 的证书 {ends} 到期，还有 {days} 天。",
    "The certificate of the signing key {key} ends on {ends}, in {days} days.",
    days=5,
    look=_certificates,
)
PARTNER_KEYS: Final = Monitor(
    "partner-key-ends",
    "业务系统公钥即将到期",
    "A system's key ends",
    "业务系统 {system} 最后一把公钥 {ends} 到期，还有 {days} 天。",
    "The last key of the system {system} ends on {ends}, in {days} days.",
    days=5,
    look=_partner_keys,
)
