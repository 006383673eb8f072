"""Who may have evidence of a certificate, as what, and which of its fields they may see.

- Its holder, or who stands for them, and its issuer (a person with that role, a system that issues): in every state
  that a certificate can be in, with every field.
- Anybody else says for what: under a grant or the published use list, with consent where the use needs it, and only
  while the certificate is valid, like every other use (`certs.holders.using`). The sealed file shows all that the
  certificate says, so a pack is for a use that may see all of it; a credential has the granted fields and no others.

What is asked for under a purpose is on record before it is answered, refusals too. What never became a certificate, or
is somebody else's, is not there for who asks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from base.callers import Caller
from base.canonical import Json
from base.identifiers import CertificateIdentifier
from certs import library, types
from certs.errors import NoSuchCertificate
from certs.evidence.errors import EvidencePurposeNeeded
from certs.holders import bindings, using
from certs.holders.using import Question
from certs.library import Known
from certs.life import Standing
from certs.models import Certificate
from certs.queries import fields as certificate_fields
from certs.queries.permission import Permission
from certs.wiring import Certs
from exchange.agreements.purposes import Purpose
from exchange.door.outcomes import Outcome

PACK: Final = "evidence"
CREDENTIAL: Final = "credential"
AS_HOLDER, AS_ISSUER, AS_USE = "holder", "issuer", "use"
HOLDER, ISSUER, ISSUING = "holder", "issuer", "cert:issue"
NEVER_ISSUED: Final = frozenset({Standing.TO_BE_SIGNED, Standing.STAGED, Standing.DISCARDED})
# Who issued and for which region is no secret of the holder's: every answer of the library tells it.
ALWAYS_TOLD: Final = frozenset({"issuer", "region"})


@dataclass(frozen=True)
class Asked:
    """Evidence that is asked for: of which certificate, as a pack or a credential, for what."""

    identifier: str
    kind: str
    purpose: Purpose | None = None
    form: str | None = None
    body: Mapping[str, Json] = field(repr=False, default_factory=dict)
    holder_key: Mapping[str, object] | None = field(repr=False, default=None)


@dataclass(frozen=True)
class Leave:
    """That somebody may have it, as what, and which fields; under a purpose the permission that is recorded."""

    known: Known
    asked_as: str
    fields: tuple[str, ...]
    use: "Using | None" = None


@dataclass(frozen=True)
class Using:
    """A use that is to be recorded."""

    permission: Permission
    question: Question
    consent: str = ""


@dataclass(frozen=True)
class Refused:
    """Why a use is not answered, and the row that its record names."""

    use: Using
    row: Certificate | None
    outcome: Outcome
    reason: str


def leave(session: Session, parts: Certs, asked: Asked, by: Caller, at: datetime) -> Leave | Refused:
    """Tell whether somebody may have it.

    Raises `NoSuchCertificate`, `EvidencePurposeNeeded`, `NotGranted`, `SceneNotApproved`, `NoSuchCertificateType`,
    `InvalidCertificateIdentifier`.
    """
    row = session.get(Certificate, asked.identifier)
    if asked.purpose is not None:
        return _used(session, parts, asked, row, Question(by, asked.purpose, asked.body, asked.kind), at)
    known = None if row is None else library.known(session, parts.keys, row, at)
    if known is not None and known.standing not in NEVER_ISSUED:
        if by.organisation == known.row.issuer and (ISSUING in by.scopes or ISSUER in by.roles):
            return Leave(known, AS_ISSUER, tuple(_values(known)))
        if by.kind == "person" and HOLDER in by.roles and _holds(session, parts, known.row, by, at):
            return Leave(known, AS_HOLDER, tuple(_values(known)))
    if by.roles & {HOLDER, ISSUER} or ISSUING in by.scopes:
        raise NoSuchCertificate(asked.identifier)
    raise EvidencePurposeNeeded


def _holds(session: Session, parts: Certs, row: Certificate, by: Caller, at: datetime) -> bool:
    own = {each.hash for each in bindings.bound(session, parts.keys, by, at)}
    return bool(own & set(using.holders_of(session, row)))


def _used(
    session: Session, parts: Certs, asked: Asked, row: Certificate | None, question: Question, at: datetime
) -> Leave | Refused:
    type_code = row.type if row is not None else CertificateIdentifier(asked.identifier).parts.type_code
    type_ = types.type_of(parts.types, type_code)
    use = Using(using.permitted(session, type_, question, at), question)
    if row is None:
        return Refused(use, None, Outcome.NOT_FOUND, "no-such-certificate")
    known = library.known(session, parts.keys, row, at)
    if known.standing in NEVER_ISSUED or not using.in_grant(row, known.content, use.permission):
        return Refused(use, None, Outcome.NOT_FOUND, "no-such-certificate")
    if use.permission.needs_consent:
        consent = using.agreed(session, row, use.permission, question, at)
        if consent is None:
            return Refused(use, row, Outcome.DENIED, "consent-missing")
        use = Using(using.within(use.permission, consent.fields_of(type_.code)), question, consent.id)
    if known.standing is not Standing.VALID:
        frozen = known.standing is Standing.FROZEN
        outcome = Outcome.DENIED if frozen else Outcome.FOUND
        return Refused(_without_fields(use), row, outcome, "frozen" if frozen else "not-in-force")
    seen = tuple(each for each in use.permission.fields if each not in use.permission.masks)
    if asked.kind == PACK and set(_values(known)) - set(seen) - ALWAYS_TOLD:
        return Refused(_without_fields(use), row, Outcome.DENIED, "not-every-field")
    return Leave(known, AS_USE, seen, use)


def _values(known: Known) -> dict[str, object]:
    return certificate_fields.values(known.content, using.dates_of(known.row))


def _without_fields(use: Using) -> Using:
    """Record a use that gives nothing as one that gives nothing, and takes no consent up."""
    return Using(replace(use.permission, fields=()), use.question)
