"""The steps in which one request of a dialect is served, from its bytes to its answer's.

1. The dialect says which operation it is and who it says calls; the account is proven, and its system must be active.
2. The request is read; what it is for is put together with its account's defaults.
3. The desk carries it out (`certs.dialects.desk`), by the verbs of the API.
4. The dialect writes what came of it.

Not a view: whoever serves the address turns HTTP into `Outside`, and refusals into the dialect's own envelope. A call
of a proven caller that is refused is on record, by the gate or here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from base.callers import Caller
from base.errors import DomainError
from certs.dialects import accounts, links, purposes
from certs.dialects.codes import codes
from certs.dialects.desk import Desk, Tools
from certs.dialects.dialect import Compare, Dialect, Look, Operation, Proof, Reading, Result, Scan, Writing
from certs.dialects.errors import DialectCallerRefused, DialectOperationUnknown
from certs.dialects.models import ACTIVE, CertificateDialectAccount
from certs.dialects.wiring import CertificateDialects
from certs.types.certificate_type import Level
from exchange.dialects.dialect import Outside, Written
from exchange.partners import calls as dialect_calls

USAGE: Final = "Yinxin-Usage-Id"


@dataclass(frozen=True)
class Known:
    """A proven caller, and its account."""

    account: CertificateDialectAccount
    by: Caller


def served(
    tools: Tools, parts: CertificateDialects, dialect: Dialect, path: str, outside: Outside, request_id: str
) -> Written:
    """Serve one request. Raises what is refused, for whoever writes refusals."""
    at = tools.now()
    operation = operation_of(dialect, path, outside)
    proof = dialect.proof(path, outside)
    with tools.database.reading() as session:
        known = _proven(session, tools, dialect, proof, at)
    with _recorded(tools, known.by, at) as told:
        asked = operation.read(outside, _reading(tools, known.account, at))
        by = known.by
        if operation.shows(asked.wish):
            with tools.database.reading() as session:
                by = accounts.caller_of(session, known.account, accounts.SHOWN)
        told.by_gate = isinstance(asked.wish, Look | Compare)
        desk = Desk(tools, dialect, operation.name, known.account, by, at, request_id)
        is_shown = isinstance(asked.wish, Scan)
        result = desk.carry_out(
            asked.wish,
            lambda: purposes.purpose(asked.cause, accounts.defaults_of(known.account), by_holder=is_shown),
        )
    writing = Writing(codes(dialect.name), parts.key(known.account.encryption_key), parts.links(dialect.name))
    return _with_usages(operation.write(result, writing), result)


def operation_of(dialect: Dialect, path: str, outside: Outside) -> Operation:
    """Find the operation of a path. Raises `DialectOperationUnknown`."""
    found = dialect.operations.get(path.strip("/"))
    if found is None or outside.method not in found.methods:
        raise DialectOperationUnknown
    return found


def _proven(session: Session, tools: Tools, dialect: Dialect, proof: Proof, at: datetime) -> Known:
    """Prove who calls; a link proves the account that it was made for. Raises `DialectCallerRefused`, `NotAllowed`."""
    keys = tools.certs.keys
    if proof.link:
        name, _ = links.link_of(session, keys, dialect.name, proof.link, at)
        row = session.get(CertificateDialectAccount, (dialect.name, name))
        if row is None or row.state != ACTIVE:
            raise DialectCallerRefused
    else:
        row = accounts.proven(session, keys, dialect.name, proof, at)
    return Known(row, accounts.caller_of(session, row))


def _reading(tools: Tools, account: CertificateDialectAccount, at: datetime) -> Reading:
    certs = tools.certs

    def is_high(told: str) -> bool:
        found = certs.types.get(told) or certs.types.get(certs.by_name.get(told, ""))
        return found is not None and found.level is Level.HIGH

    return Reading(at, account.elements_required, is_high)


@dataclass
class _Told:
    # Whether the gate records its own refusals.
    by_gate: bool = False


@contextmanager
def _recorded(tools: Tools, by: Caller, at: datetime) -> Iterator[_Told]:
    told = _Told()
    try:
        yield told
    except DomainError as refusal:
        if not told.by_gate:
            dialect_calls.attempted(tools.database, tools.gateway, by, refusal, at)
        raise


def _with_usages(written: Written, result: Result) -> Written:
    usages = getattr(result, "usages", ())
    return replace(written, headers={**written.headers, USAGE: ", ".join(usages)}) if usages else written
