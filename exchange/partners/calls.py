"""From a dialect's request to a call at the gate: who it is, proven, and what is asked, on record if it is refused.

The national gateway's callers are proven by the signature over their headers (`keys.parties.request_signers`); whoever
is unknown is refused in the same words as whoever signs wrongly. A signature counts once, on every node: it is spent in
a transaction of its own before the call, as a signed request's nonce is. X-Road callers are proven before they come
here, and what is left is whether they may speak under that name. A service that nobody registered is refused as one
that is not granted.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from base.acting import request_id
from base.callers import Caller
from base.db import Database
from base.errors import DomainError
from exchange.agreements import callers, refusals
from exchange.agreements.contracts import Reason
from exchange.agreements.contracts import Refusal as NotCovered
from exchange.dialects import national_gateway, x_road
from exchange.dialects.dialect import Dialect, Given, Outside, Served
from exchange.door.asking import Call, Query
from exchange.door.recording import Refused
from exchange.door.usages import Attempt
from exchange.door.wiring import Gateway
from exchange.partners import accounts as dialect_accounts
from exchange.partners.errors import DialectPartyRefused, NoSuchDialectEntry
from exchange.partners.models import FIRST, NEWER, DialectAccount
from exchange.partners.wiring import Dialects
from keys.parties import spending
from keys.parties.errors import PartnerSignatureRefused, RequestReplayed
from keys.parties.request_signers.request_signer import Proven, RequestSigner, Shared

GENERATION_OF: Final = {national_gateway.FIRST: FIRST, national_gateway.NEWER: NEWER}


@dataclass(frozen=True)
class Known:
    """A proven caller, with its account's defaults, and what must not come twice."""

    by: Caller
    defaults: Given
    proven: Proven | None = field(default=None, repr=False)


# --- who asks -----------------------------------------------------------------------------------------------------


def signed_call(session: Session, parts: Dialects, outside: Outside, at: datetime) -> Known:
    """Prove who calls by the national gateway's signature.

    Raises `DialectHeaderRefused`, `PartnerSignatureRefused`, `NotAllowed`.
    """
    headers = national_gateway.signed_headers(outside)
    prefix = national_gateway.generation(outside)
    signer = _taken(parts, prefix)
    row = _account(session, signer.caller_in(headers), GENERATION_OF[prefix])
    held: tuple[str, ...] = (secrets.token_hex(),)
    if row is not None:
        held = dialect_accounts.secrets_of(session, parts.data_keys, row, at).values
    proven = _proven(signer, headers, held, at)
    if row is None:
        raise PartnerSignatureRefused(signer.name, "signature")
    return Known(dialect_accounts.caller_of(session, row), dialect_accounts.defaults_of(row), proven)


def refresh(session: Session, parts: Dialects, headers: Mapping[str, str], at: datetime) -> tuple[Known, str, str]:
    """Prove who asks for the secret of the day; give it, with the key under which it is sealed.

    Raises `PartnerSignatureRefused`, `NotAllowed`.
    """
    signer = _taken(parts, national_gateway.FIRST, cached=False)
    row = _account(session, signer.caller_in(headers), FIRST)
    key = dialect_accounts.key_of(session, parts.data_keys, row) if row is not None else secrets.token_hex()
    proven = _proven(signer, headers, (key,), at)
    if row is None:
        raise PartnerSignatureRefused(signer.name, "signature")
    known = Known(dialect_accounts.caller_of(session, row), dialect_accounts.defaults_of(row), proven)
    return known, dialect_accounts.secrets_of(session, parts.data_keys, row, at).values[0], key


def spend(database: Database, known: Known) -> None:
    """Let a signature count once. Raises `RequestReplayed`."""
    proven = known.proven
    if proven is None or not proven.once:
        return
    with database.transaction() as session:
        if not spending.spend(session, spending.PARTNER, known.by.id, proven.once, proven.until):
            raise RequestReplayed


def under_name(session: Session, outside: Outside, by: Caller, at: datetime) -> Known:
    """Let an X-Road caller speak under its name, and for itself or whoever mandates it.

    Raises `DialectHeaderRefused`, `DialectPartyRefused`.
    """
    try:
        row = dialect_accounts.account_of(session, x_road.NAME, x_road.X_ROAD.account_in(outside))
    except NoSuchDialectEntry as error:
        raise DialectPartyRefused("X-Road-Client") from error
    if row.system != by.id:
        raise DialectPartyRefused("X-Road-Client")
    represented = x_road.represented_in(outside)
    mandate = callers.registered(session, by.organisation, at).mandate
    if represented is not None and represented not in {by.organisation, mandate}:
        raise DialectPartyRefused("X-Road-Represented-Party")
    return Known(by, dialect_accounts.defaults_of(row))


# --- what is asked ------------------------------------------------------------------------------------------------


def call_of(session: Session, dialect: Dialect, outside: Outside, known: Known, at: datetime) -> Call:
    """Make the call that a request means.

    Raises `NotGranted`, `DialectHeaderRefused`, `DialectBodyRefused`, `DialectPurposeRefused`.
    """
    service = dialect.service_in(outside)
    row = dialect_accounts.service_of(session, dialect.name, service)
    if row is None:
        raise refusals.not_granted(service, NotCovered(Reason.NO_GRANT))
    served = Served(service, dialect_accounts.parameters_of(row))
    asked = dialect.ask(outside, served, known.defaults)
    query = Query(asked.purpose, (), (asked.conditions,), cursor=asked.cursor, body=asked.body)
    return Call(known.by, row.directory, query, at, request_id())


def attempted(database: Database, gateway: Gateway, by: Caller, refusal: DomainError, at: datetime) -> None:
    """Record a call that is refused before the gate is asked."""
    attempt = Attempt(at, by, "", refusal.code, request_id=request_id())
    gateway.recorder.record(database, Refused(attempt), at)


# --- below --------------------------------------------------------------------------------------------------------


def _taken(parts: Dialects, prefix: str, *, cached: bool = True) -> RequestSigner:
    if prefix not in parts.told.national_gateway_headers:
        raise PartnerSignatureRefused(national_gateway.NAME, "signature")
    return parts.signer(prefix) if cached else parts.strict_signer(prefix)


def _account(session: Session, name: str, generation: str) -> DialectAccount | None:
    try:
        row = dialect_accounts.account_of(session, national_gateway.NAME, name)
    except NoSuchDialectEntry:
        return None
    return row if row.generation == generation else None


def _proven(signer: RequestSigner, headers: Mapping[str, str], held: tuple[str, ...], at: datetime) -> Proven:
    """Judge a signature by each secret that may have made it. Raises `PartnerSignatureRefused`."""
    refused = PartnerSignatureRefused(signer.name, "signature")
    for secret in held:
        try:
            return signer.verify(headers, Shared(signer.caller_in(headers), secret), at)
        except PartnerSignatureRefused as refusal:
            # A signature that holds at another time tells its maker so, and nobody else.
            refused = refusal if refusal.reason == "time" else refused
    raise refused
