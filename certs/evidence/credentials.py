"""The steps in which a credential comes about: like a pack's, with the key of credentials and the fields to be seen.

Its salts come from the system's random. It is on record before it is signed, read again under the key after, and handed
out once its use is on record.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from base.acting import new_id
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json
from base.clock import rfc3339
from base.db import Database
from base.workdays import SHANGHAI
from certs import library, types
from certs.acting import ROOM, on_record
from certs.errors import NoSuchCertificateFile
from certs.evidence import asking, credential
from certs.evidence.asking import Asked, Leave
from certs.evidence.credential import FaultyCredential, Random, Unsigned
from certs.evidence.edges import FORMS_IN_ORDER, denied, record_use
from certs.evidence.errors import EvidenceNotSound, UnusableHolderKey
from certs.evidence.wiring import Evidencing
from certs.holders import using
from certs.models import CertificateFile
from certs.queries import fields as certificate_fields
from certs.types.certificate_type import NO_LAST_DAY, CertificateType, FieldKind
from certs.wiring import Certs
from exchange.door import usages
from exchange.door.wiring import Gateway
from keys.algorithms.algorithm import KeyKind
from keys.algorithms.sm3 import SM3
from keys.parties import jwk
from keys.parties.errors import PrivateKeyOffered, UnfitJwk
from keys.parties.key_signatures import ES256
from keys.signers.signer import Signer, signed
from signing.report import Verdict

THING: Final = "credential"


@dataclass(frozen=True)
class Credential:
    """A credential that was made, and the record of its use where it was one."""

    id: str
    text: str = field(repr=False)
    usage: str


@dataclass(frozen=True)
class CredentialMaker:
    """Makes credentials one by one, for somebody."""

    database: Database = field(repr=False)
    parts: Certs = field(repr=False)
    evidencing: Evidencing
    gateway: Gateway = field(repr=False)
    by: Caller
    now: Callable[[], datetime]
    random: Random = secrets.token_bytes

    def credential(self, asked: Asked) -> Credential:
        """Make a credential.

        Raises what `asking.leave` raises, `EvidenceDenied`, `NoEvidenceKey`, `NoSuchCertificateFile`,
        `UnusableHolderKey`, `EvidenceNotSound`, and what the key and recording a use refuse.
        """
        at, number = self.now(), new_id()
        self.gateway.open(self.database)
        confirmed = _confirmation(asked.holder_key)
        with self.database.reading() as session:
            leave = asking.leave(session, self.parts, asked, self.by, at)
            if isinstance(leave, Leave):
                signer = self.evidencing.credential_signer(session)
                file = _file(session, leave, asked)
        if not isinstance(leave, Leave):
            raise denied(self.database, self.gateway, leave, at)
        claims = {**self._claims(leave, file, number, at), **confirmed}
        draft = credential.unsigned(
            claims,
            _hidden(leave, types.type_of(self.parts.types, leave.known.row.type)),
            jwk.thumbprint(signer.public),
            self.random,
        )
        usage = usages.new_id(at) if leave.use is not None else ""
        thing = Thing(THING, number)
        told: dict[str, Json] = {"identifier": asked.identifier, "signed_sm3": SM3.of(draft.signing_input).hex()}
        facts = {**told, "asked_as": leave.asked_as}
        with on_record(self.database, thing, self.by, at, self.now, **facts):
            text = _signed(draft, signer)
            with self.database.transaction() as session:
                record_use(session, self.gateway, leave, usage, {**told}, self.now())
                ROOM.changed(session, self.by, self.now(), "credential.made", thing, 1, **told, usage_id=usage)
        return Credential(number, text, usage)

    def _claims(self, leave: Leave, file: CertificateFile, number: str, at: datetime) -> dict[str, Json]:
        """Give what is always shown."""
        row, issuer = leave.known.row, self.evidencing.issuer
        status: dict[str, Json] = {
            "uri": self.parts.links + row.token,
            "value": leave.known.standing.value,
            "as_of": rfc3339(at.replace(microsecond=0)),
        }
        told: dict[str, Json] = {
            "iss": issuer,
            "jti": f"urn:uuid:{number}",
            "iat": int(at.timestamp()),
            "vct": f"{issuer}/api/v1/certificate-types/{row.type}",
            "status": {"certificate": status},
            "certificate": {"identifier": row.identifier, "type": row.type, "version": row.version},
            "issued_by": row.issuer,
            "file": {"format": file.format, "sm3": file.sm3},
        }
        return told if row.valid_until == NO_LAST_DAY else {**told, "exp": _end_of(row.valid_until)}


def issuer_metadata(session: Session, evidencing: Evidencing) -> Mapping[str, Any]:
    """Tell who issues, and under which keys (SD-JWT VC, JWT VC Issuer Metadata)."""
    keys = [
        {**jwk.written(each), "kid": jwk.thumbprint(each), "use": "sig", "alg": ES256.jose}
        for each in evidencing.credential_keys(session)
    ]
    return {"issuer": evidencing.issuer, "jwks": {"keys": keys}}


def _hidden(leave: Leave, type_: CertificateType) -> dict[str, Json]:
    """Give what may be seen of the certificate, except pictures, which are in the file."""
    known = leave.known
    pictures = {each.name for each in type_.fields if each.kind is FieldKind.PICTURE}
    names = [each for each in leave.fields if each not in pictures]
    given = certificate_fields.given(names, {}, b"", known.content, using.dates_of(known.row))
    number: dict[str, Json] = {certificate_fields.NUMBER: given.number} if given.number else {}
    return {**number, **{name: value for name, value in given.data.items() if value is not None}}


def _file(session: Session, leave: Leave, asked: Asked) -> CertificateFile:
    found = {each.format: each for each in library.files(session, leave.known.row)}
    form = asked.form or next((each for each in FORMS_IN_ORDER if each in found), FORMS_IN_ORDER[0])
    if form not in found:
        raise NoSuchCertificateFile(asked.identifier, form)
    return found[form]


def _confirmation(told: Mapping[str, object] | None) -> dict[str, Json]:
    """Bind the credential to the holder's key, where one was given. Raises `UnusableHolderKey`."""
    if told is None:
        return {}
    try:
        key = jwk.read(told)
    except PrivateKeyOffered as error:
        raise UnusableHolderKey("private") from error
    except UnfitJwk as error:
        raise UnusableHolderKey(error.reason) from error
    if key.kind is not KeyKind.P256:
        raise UnusableHolderKey("not-p-256")
    return {"cnf": {"jwk": dict(jwk.written(key))}}


def _signed(draft: Unsigned, signer: Signer) -> str:
    """Have it signed, and read it again under the key. Raises `EvidenceNotSound`, and what the key refuses."""
    text = draft.embed(ES256.raw(signed(signer, ES256.algorithm, draft.signing_input)))
    try:
        credential.read(text, signer.public)
    except FaultyCredential as fault:
        raise EvidenceNotSound(Verdict.INVALID.value, str(fault)) from fault
    return text


def _end_of(day: date) -> int:
    """Give the moment at which a last day is over here."""
    return int(datetime.combine(day + timedelta(days=1), time(), SHANGHAI).timestamp())
