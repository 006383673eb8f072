"""A use of one certificate on record: grant, quota, ledger, the consent it was made under, and the holder's view.

All of it belongs to the transaction that hands out what is used; whoever answers before this has returned gives
something away that nobody can account for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import request_id
from base.callers import Caller
from base.canonical import Json
from certs import library
from certs.consents import consents
from certs.consents.consent import Consent
from certs.drafts import Content
from certs.holders import uses
from certs.models import Certificate, CertificateHolder
from certs.queries import fields as certificate_fields
from certs.queries import permission as permissions
from certs.queries.fields import Dates, Given
from certs.queries.permission import Permission
from certs.scenes import scenes
from certs.types.certificate_type import CertificateType
from exchange.agreements.contracts import Allowed
from exchange.agreements.purposes import Purpose
from exchange.door import receipt_trees
from exchange.door.outcomes import Outcome
from exchange.door.recording import Draft
from exchange.door.usages import Use
from exchange.door.wiring import Gateway


@dataclass(frozen=True)
class Question:
    """Who wants a certificate for what, and the body that was sent."""

    by: Caller
    purpose: Purpose
    body: Mapping[str, Json] = field(repr=False)
    kind: str


@dataclass(frozen=True)
class Ended:
    """How it ended: with what of which certificate, under which consent."""

    usage: str
    outcome: Outcome
    reason: str
    row: Certificate | None = None
    fields: tuple[str, ...] = ()
    told: bytes = field(default=b"", repr=False)
    consent: str = ""


def permitted(session: Session, type_: CertificateType, question: Question, at: datetime) -> Permission:
    """Give what the grant and the scene allow of a type. Raises `NotGranted`, `SceneNotApproved`."""
    granted = permissions.permitted(session, type_, question.by, question.purpose, (), at)
    return scenes.narrowed(session, granted, question.by, question.purpose, at)


def agreed(
    session: Session, row: Certificate, permission: Permission, question: Question, at: datetime
) -> Consent | None:
    """Find a consent of one of its holders for this certificate."""
    asked = row.type, question.by.organisation, question.purpose, at
    found = (consents.standing(session, each, *asked, identifier=row.identifier) for each in holders_of(session, row))
    return next((each for each in found if each and set(permission.fields) & set(each.fields_of(row.type))), None)


def within(permission: Permission, chosen: tuple[str, ...]) -> Permission:
    """Reduce what is granted to what the holder agreed to."""
    return replace(permission, fields=tuple(each for each in permission.fields if each in chosen))


def given(row: Certificate, content: Content, permission: Permission) -> Given:
    """Give of a certificate what may be seen, as it may be seen."""
    salt = permission.allowed.contract.salt
    return certificate_fields.given(permission.fields, permission.masks, salt, content, dates_of(row))


def dates_of(row: Certificate) -> Dates:
    """Give what every certificate says beside its fields."""
    return Dates(row.issuer, row.region, row.issued_on, row.valid_from, row.valid_until)


def in_grant(row: Certificate, content: Content, permission: Permission) -> bool:
    """Tell whether a certificate lies in the granted rows (数据范围)."""
    return certificate_fields.within(permission.conditions, certificate_fields.values(content, dates_of(row)))


def holders_of(session: Session, row: Certificate) -> list[str]:
    """Give the keyed hashes of a certificate's holders, in their order."""
    query = select(CertificateHolder.code_hash).where(CertificateHolder.identifier == row.identifier)
    return list(session.scalars(query.order_by(CertificateHolder.place)))


def record(
    session: Session, gateway: Gateway, permission: Permission, question: Question, ended: Ended, at: datetime
) -> None:
    """Put a use on record.

    Raises why it must not be answered after all: `GrantChanged`, `QuotaExceeded`, `ConsentNotStanding`.
    """
    holders = holders_of(session, ended.row) if ended.row else []
    seen = uses.seen(
        question.kind,
        permission.type.code,
        question.by.organisation,
        question.purpose,
        ended.outcome.value,
        fields=ended.fields,
        identifier=ended.row.identifier if ended.row else "",
        consent=ended.consent,
    )

    def consented(inside: Session, moment: datetime) -> None:
        if ended.consent:
            consents.used(inside, ended.consent, ended.usage, moment)

    draft = Draft(
        _use(gateway, permission, question, ended, holders, at),
        permission.allowed,
        1,
        lambda inside, moment: _again(inside, permission, question, moment),
        rows=tuple(uses.rows(ended.usage, holders, seen, at)),
        acts=(consented,),
    )
    (error,) = gateway.recorder.write(session, [draft], at)
    if error is not None:
        raise error


def _again(session: Session, permission: Permission, question: Question, at: datetime) -> Allowed:
    return permitted(session, permission.type, question, at).allowed


def _use(
    gateway: Gateway, permission: Permission, question: Question, ended: Ended, holders: list[str], at: datetime
) -> Use:
    salt, contract = gateway.salts.of(ended.usage), permission.allowed.contract
    return Use(
        ended.usage,
        at,
        question.by,
        permission.resource,
        ended.row.issuer if ended.row else permission.type.defined_by.code,
        contract.id,
        contract.version,
        question.purpose,
        ended.fields,
        tuple(holders),
        ended.outcome.value,
        ended.reason,
        1 if ended.fields else 0,
        library.THING,
        "",
        receipt_trees.request_sm3(salt, permission.resource, dict(question.body)),
        receipt_trees.digested(salt, ended.told),
        request_id(),
    )
