"""What a call asks, read from its body, before anything is looked up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from base.callers import Caller
from base.canonical import Json
from base.identifiers import CertificateIdentifier
from certs import types
from certs.holder_codes import holder_codes
from certs.libraries.answers import Named
from certs.queries.errors import UnsoundHolderCode
from certs.types import Types
from certs.types.certificate_type import CertificateType
from exchange.agreements.caller_kinds import Mode
from exchange.agreements.purposes import Purpose

# A window's morning (the contract's batch).
MOST_QUERIES: Final = 100


@dataclass(frozen=True)
class Query:
    """One query: by identifier, by holder (of a type, or of all that are granted), or by type and number."""

    identifier: str = ""
    holder: Named | None = None
    type: str | None = None
    number: str = field(default="", repr=False)
    fields: tuple[str, ...] = ()
    body: Mapping[str, Json] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Call:
    """A call: who asks which queries for what, when, and as part of which request."""

    by: Caller
    queries: tuple[Query, ...]
    purpose: Purpose
    at: datetime
    is_batch: bool = False
    told_purpose: Mapping[str, Json] = field(default_factory=dict, repr=False)
    request_id: str = ""
    # Whether yes and no are asked for, and not what certificates say.
    compares: bool = False
    # Whether another platform asks on behalf of its own callers.
    is_passed_on: bool = False

    @property
    def mode(self) -> Mode:
        """Tell how data is handed over."""
        return Mode.BATCH if self.is_batch else Mode.QUERY


def types_of(query: Query, known: Types, at: datetime) -> tuple[CertificateType, ...]:
    """Give the types that a query is about; all of them where it names a holder and no type.

    Raises `NoSuchCertificateType`, `InvalidCertificateIdentifier`, `UnsoundHolderCode`.
    """
    if query.holder is not None:
        fault = holder_codes()[query.holder.type].fault(query.holder.code, at)
        if fault:
            raise UnsoundHolderCode(query.holder.type, fault)
    if query.identifier:
        return (types.type_of(known, CertificateIdentifier(query.identifier).parts.type_code),)
    if query.type is None:
        return tuple(known.values())
    return (types.type_of(known, query.type),)
