"""Whether a caller may use certificates of a type for a purpose, which fields, and whether the holder must have agreed.

1. The grant is asked for, under the type's resource code: a grant of the caller's organisation, or, where the ground is
   statutory, an item of a published use list (事项 × 材料 × 类型). Who has neither may not ask at all.
2. The fields are those that the grant names, in the type's own words; fields that are asked for must be among them.
3. Consent is asked for where the ground is the holder's own act or an agreement, or where the type is of high level,
   and nowhere else: what may be obtained by sharing must not be asked of the holder again (国令716号 七).

Which holder has agreed to what is kept by `certs.consents` and asked here through the port `Consents`. Quotas are taken
where the use is recorded. Nothing here looks at a certificate, so nothing here can tell whether there is one.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol

from sqlalchemy.orm import Session

from base.callers import Caller
from certs.consents.consent import Consent
from certs.queries import fields as certificate_fields
from certs.queries.errors import UnknownCertificateField
from certs.types.certificate_type import CertificateType, Level
from exchange.agreements import contracts, grants, refusals
from exchange.agreements.caller_kinds import CallerKind, Mode
from exchange.agreements.contracts import Allowed, Call, Reason, Refusal, RowCondition
from exchange.agreements.errors import NotGranted
from exchange.agreements.purposes import Purpose

# The keyed hash of a holder's code (`certs.contents.holder_hash`), and a certificate type's code.
Held = tuple[str, str]


class Consents(Protocol):
    """Which holders have agreed that an organisation uses certificates of a type for a purpose."""

    def standing(
        self, session: Session, asked: Collection[Held], organisation: str, purpose: Purpose, at: datetime
    ) -> Mapping[Held, Consent]:
        """Give those of the asked for which a consent stands, in as many statements as for one."""
        ...


class NobodyAgreed:
    """Stands where no consents are kept: then no use that needs one is answered."""

    def standing(
        self, _session: Session, _asked: Collection[Held], _organisation: str, _purpose: Purpose, _at: datetime
    ) -> Mapping[Held, Consent]:
        """Give none."""
        return {}


NOBODY_AGREED: Final[Consents] = NobodyAgreed()


@dataclass(frozen=True)
class Permission:
    """What a caller may have of certificates of a type: which fields, masked how, and if the holder must agree."""

    type: CertificateType
    allowed: Allowed = field(repr=False)
    # By the type's own names, in the order of the grant.
    fields: tuple[str, ...]
    masks: Mapping[str, str]
    conditions: tuple[RowCondition, ...]
    needs_consent: bool

    @property
    def resource(self) -> str:
        """Give the code under which the type is granted."""
        return resource_of(self.type)


def resource_of(type_: CertificateType) -> str:
    """Give the code under which a type is granted: of its directory, where it has one, or its own."""
    return type_.resource or type_.code


def permitted(
    session: Session,
    type_: CertificateType,
    caller: Caller,
    purpose: Purpose,
    fields: Sequence[str],
    at: datetime,
    *,
    mode: Mode = Mode.QUERY,
) -> Permission:
    """Give what the caller may have of certificates of a type for this purpose; no fields mean all that are granted.

    Raises `NotGranted`, `UnknownCertificateField`.
    """
    asked = _named(type_, fields)
    resource = resource_of(type_)
    return _narrowed(type_, grants.require(session, caller, resource, purpose, (), mode, at), asked)


def permitted_each(
    session: Session,
    types: Collection[CertificateType],
    caller: Caller,
    purpose: Purpose,
    at: datetime,
    *,
    mode: Mode = Mode.QUERY,
) -> Mapping[str, Permission | NotGranted]:
    """Give, for each type's code, what the caller may have, or why nothing; in as many statements as for one."""
    resources = tuple(dict.fromkeys(resource_of(each) for each in types))
    if not resources:
        return {}
    system = caller.id if caller.kind == "system" else ""
    call = Call(caller.organisation, system, CallerKind.DEPARTMENT, "", purpose, at, (), mode)
    judged = grants.judged_each(session, call, resources)
    return {each.code: _answered(each, judged[resource_of(each)]) for each in types}


def narrowed(permission: Permission, fields: Sequence[str]) -> Permission:
    """Reduce a permission to the fields that are asked for. Raises `NotGranted`, `UnknownCertificateField`."""
    return _narrowed(permission.type, permission.allowed, _named(permission.type, fields))


def _answered(type_: CertificateType, answer: Allowed | Refusal) -> "Permission | NotGranted":
    if isinstance(answer, Refusal):
        return refusals.not_granted(resource_of(type_), answer)
    return _narrowed(type_, answer, ())


def agreed(permission: Permission, consent: Consent) -> Permission:
    """Reduce a permission to what the holder agreed to."""
    told = consent.fields_of(permission.type.code)
    return replace(permission, fields=tuple(each for each in permission.fields if each in told))


def _narrowed(type_: CertificateType, allowed: Allowed, asked: Sequence[str]) -> Permission:
    names = certificate_fields.names_of(type_)
    granted = tuple(dict.fromkeys(names[each] for each in allowed.contract.fields if each in names))
    beyond = [each for each in asked if each not in granted]
    if beyond:
        facts = allowed.contract.id, ", ".join(beyond), ", ".join(granted[: contracts.SHOWN_VALUES])
        raise refusals.not_granted(resource_of(type_), Refusal(Reason.FIELDS, *facts))
    masks = {names[each]: rule for each, rule in allowed.contract.masks.items() if each in names}
    conditions = tuple(
        RowCondition(names.get(each.item, each.item), each.test, each.values) for each in allowed.conditions
    )
    fields = tuple(each for each in granted if each in asked) if asked else granted
    consent = allowed.consent or type_.level is Level.HIGH
    return Permission(type_, allowed, fields, MappingProxyType(masks), conditions, consent)


def _named(type_: CertificateType, fields: Sequence[str]) -> tuple[str, ...]:
    names = certificate_fields.names_of(type_)
    for place, each in enumerate(fields):
        if each not in names:
            raise UnknownCertificateField(type_.code, place)
    return tuple(dict.fromkeys(names[each] for each in fields))
