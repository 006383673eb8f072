"""How a holder's pages name things: organisations, fields, what an address or a form leaves open."""

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock, problems
from base.web import caller, parts
from certs import library, types
from certs.filing.matters import matters
from certs.filing.matters.models import CatalogueEntry
from certs.holders import bindings, own
from certs.holders.bindings import Bound
from certs.life import Standing
from certs.models import Certificate
from certs.queries import fields as certificate_fields
from certs.types.certificate_type import NO_LAST_DAY, CertificateType
from certs.wiring import Certs
from console import words
from keys.parties import organisations
from keys.parties.models import ACTIVE, Organisation

HOLDERS: Final = frozenset({"holder"})
# A list that one can still look through; any other code is typed in.
MOST_OFFERED: Final = 500
# How many signs are covered is nothing that a reader needs, and a long row of them breaks a card.
RUN: Final = re.compile(r"\*{5,}")
SHORT: Final = "****"
# How a standing is coloured; its shape and its word say the same.
MARKS: Final[Mapping[Standing, str]] = {
    Standing.VALID: "ok",
    Standing.NOT_YET: "warn",
    Standing.REVIEW_DUE: "warn",
    Standing.STAGED: "unknown",
    Standing.SCANNED: "unknown",
}


def bound(session: Session) -> list[Bound]:
    """Give the holders whom the person speaks for. Raises `NotBoundAsHolder`."""
    return bindings.own(session, parts(Certs).keys, caller(), clock.now())


def hashes(session: Session) -> list[str]:
    """Give their keyed hashes. Raises `NotBoundAsHolder`."""
    return own.hashes(session, parts(Certs).keys, caller(), clock.now())


def mine(session: Session) -> list[Certificate]:
    """Give the person's certificates. Raises `NotBoundAsHolder`."""
    return own.certificates(session, parts(Certs).keys, caller(), clock.now())


def one_of_mine(session: Session, identifier: str) -> Certificate:
    """Give one of them. Raises `NoSuchCertificate`, `NotBoundAsHolder`."""
    return own.certificate_of(session, parts(Certs).keys, identifier, caller(), clock.now())


def type_name(type_: CertificateType) -> str:
    """Name a type in the reader's language."""
    return type_.name if problems.language() == "zh" else type_.name_en


def offered(session: Session) -> dict[str, list[tuple[str, str]]]:
    """Give what a form proposes, as pairs of code and name: organisations that act, and the basic catalogue."""
    acting = select(Organisation).where(Organisation.state == ACTIVE).order_by(Organisation.code).limit(MOST_OFFERED)
    entries = matters.catalogue("", "").order_by(CatalogueEntry.basic_code).limit(MOST_OFFERED)
    return {
        "organisations": [(row.code, row.name) for row in session.scalars(acting)],
        "matters": [(row.basic_code, row.name) for row in session.scalars(entries)],
    }


def named(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """Name organisations; one that is not known here is told by its code."""
    wanted = sorted(set(codes))
    known = organisations.known(session, wanted)
    return {code: known[code].name if code in known else code for code in wanted}


def field_words(type_: CertificateType) -> dict[str, str]:
    """Name the fields of a type, and what every certificate says beside them."""
    language = problems.language()
    t = functools.partial(words.say, language)
    common = {
        "number": t("holder.field.number"),
        "holder_name": t("holder.field.holder_name"),
        "holder_code": t("holder.field.holder_code"),
        "issuer": t("holder.field.issuer"),
        "region": t("holder.field.region"),
        "issued_on": t("holder.field.issued_on"),
        "valid_from": t("holder.field.valid_from"),
        "valid_until": t("holder.field.valid_until"),
    }
    return {**common, **{each.name: each.zh if language == "zh" else each.en for each in type_.fields}}


def cards(session: Session) -> list[dict[str, Any]]:
    """Tell of every certificate of the person's; who issued them is asked for once. Raises `NotBoundAsHolder`."""
    rows = mine(session)
    issuers = named(session, [row.issuer for row in rows])
    return [card(session, row, issuers) for row in rows]


def _issuer(row: Certificate, type_: CertificateType, issuers: Mapping[str, str]) -> str:
    """Name who issued it, also an organ that is not on this platform but stands in the type."""
    told = issuers[row.issuer]
    return type_.defined_by.name if told == row.issuer == type_.defined_by.code else told


def card(
    session: Session, row: Certificate, issuers: Mapping[str, str] | None = None, *, in_full: bool = False
) -> dict[str, Any]:
    """Tell of a certificate what its holder's pages show: covered, or in full where that was put on record."""
    at, type_ = clock.now(), types.type_of(parts(Certs).types, row.type)
    known = library.known(session, parts(Certs).keys, row, at)
    dates = certificate_fields.Dates(row.issuer, row.region, row.issued_on, row.valid_from, row.valid_until)
    said = certificate_fields.values(known.content, dates)
    names = field_words(type_)
    shown = said if in_full else own.covered(type_, said)
    shown |= {
        each.name: each.choices.get(str(shown[each.name]), shown[each.name])
        for each in type_.fields
        if each.name in shown
    }
    shown["issuer"] = _issuer(row, type_, issuers or named(session, [row.issuer]))
    shown = {name: RUN.sub(SHORT, value) if isinstance(value, str) else value for name, value in shown.items()}
    if row.valid_until == NO_LAST_DAY:
        shown["valid_until"] = None
    return {
        "row": row,
        "type": type_,
        "type_name": type_name(type_),
        "standing": known.standing.value,
        "mark": MARKS.get(known.standing, "bad"),
        "shown": shown,
        "facts": [(names[name], shown[name]) for name in names if name in shown],
        "fields": [(name, names[name]) for name in names if name in said],
        "link": f"/v/{row.token}",
    }
