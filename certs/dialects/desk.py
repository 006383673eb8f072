"""Carries out what a dialect's request wishes for, by the verbs that the API calls: no other way to a certificate.

Look-ups go through `certs.queries.answering`, comparisons through it in the manner of `certs.comparing`, copies are
made by `certs.copies`, codes that holders show are redeemed by `certs.presentations`: with their grants, consents,
quotas, budgets and records. What comes back is what the API would have answered, and nothing is added to it.

These dialects ask for holders by their code alone, where the API wants the name too, so that codes cannot be tried out.
The name is then read here, for the comparison within, and told to nobody; trying out is left to the bound on misses. An
account can be opened so that it must bring the name.
"""

import base64
import dataclasses
import enum
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from base.callers import Caller
from base.canonical import Json
from base.db import Database
from base.identifiers import CertificateIdentifier
from certs import contents, library
from certs.comparing.comparisons import Comparison, Predicate
from certs.comparing.schemas import MOST_COMPARISONS
from certs.copies import copies
from certs.copies.edges import Asked as CopyAsked
from certs.copies.edges import Copier
from certs.dialects import dialect as forms
from certs.dialects import links, words
from certs.dialects.dialect import (
    PERSON_WORD,
    Certificate,
    Compare,
    Compared,
    Copied,
    Copies,
    Copy,
    Delivery,
    Describe,
    Dialect,
    Examine,
    Fetch,
    Handed,
    ListTypes,
    Look,
    Looked,
    Named,
    Result,
    Scan,
    SignIn,
    Swap,
    Types,
    Wish,
    Word,
)
from certs.dialects.errors import DialectParameterRefused, NoSuchDialectLink
from certs.dialects.manners import Particulars, Spoken
from certs.dialects.models import CertificateDialectAccount
from certs.errors import NoSuchCertificateType
from certs.holder_codes import CREDIT_CODE, ID_NUMBER, holder_codes
from certs.holders.using import Question
from certs.libraries.answers import Named as NamedHolder
from certs.libraries.names import same_name
from certs.presentations import guessing, presentations
from certs.presentations.errors import NoSuchPresentation
from certs.presentations.presentations import Item
from certs.queries import answering
from certs.queries.answering import Judge
from certs.queries.calls import Call, Query
from certs.queries.wiring import Queries
from certs.types.certificate_type import CertificateType
from certs.wiring import Certs
from exchange.agreements.purposes import Purpose
from exchange.door.outcomes import Outcome
from exchange.door.wiring import Gateway
from keys.algorithms.sm2 import SM2_SM3
from keys.parties import organisations
from keys.signers.signer import signed
from signing.previews import PREVIEWS
from signing.previews.preview import Form, Wanted

# What one call makes copies of: each is drawn and sealed, and nobody holds more of one type for one matter.
MOST_COPIES: Final = 10
# A certificate has a page or two; what is longer is taken as a file.
MOST_PAGES: Final = 10
# Stands for the name of a holder who has nothing: it is nobody's, and the look-up does the same work.
NOBODY: Final = "—"
# The kinds of codes that prove themselves by check digits come first.
CHECKED: Final = (CREDIT_CODE, ID_NUMBER)

# Verifies a document for somebody, and gives the report.
Examining = Callable[[bytes, Caller, datetime], Mapping[str, Any]]


@dataclass(frozen=True)
class Tools:
    """What wishes are carried out with."""

    database: Database = field(repr=False)
    certs: Certs = field(repr=False)
    queries: Queries = field(repr=False)
    gateway: Gateway = field(repr=False)
    copier: Callable[[Caller], Copier] = field(repr=False)
    examining: Examining = field(repr=False)
    judge: Judge = field(repr=False)
    now: Callable[[], datetime] = field(repr=False)
    session_lasts: timedelta = timedelta(minutes=30)


@dataclass(frozen=True)
class Desk:
    """Serves one request of one account."""

    tools: Tools
    dialect: Dialect
    operation: str
    account: CertificateDialectAccount = field(repr=False)
    by: Caller
    at: datetime
    request_id: str

    def carry_out(self, wish: Wish, purpose: Callable[[], Purpose]) -> Result:  # noqa: PLR0911 - one for each wish
        """Do what is wished for; the purpose is made only where something is used.

        Raises what the verbs raise.
        """
        match wish:
            case Look():
                return self._looked(wish, purpose())
            case Scan():
                return self._scanned(wish, purpose())
            case Copies():
                return self._copied(wish, purpose())
            case Compare():
                return self._compared(wish, purpose())
            case Examine():
                return self._examined(wish)
            case Fetch():
                return self._fetched(wish)
            case SignIn() | Swap():
                return self._word(wish)
            case Describe():
                return Types((self._type(wish.type),))
            case ListTypes():
                return Types(tuple(self.tools.certs.types.values()))

    # --- looking up -----------------------------------------------------------------------------------------------

    def _looked(self, wish: Look, purpose: Purpose) -> Looked:
        call = self._call(self._query(wish), purpose)
        told = self._asked(call, Spoken(wish.number))
        found = self._given(told["certificates"])
        usages = (told["usage_id"],) if told["usage_id"] else ()
        return Looked(told["outcome"], told["reason"]["code"], found, usages, bool(wish.identifier))

    def _asked(self, call: Call, manner: answering.Manner) -> dict[str, Any]:
        tools = self.tools
        answer = answering.answer(tools.database, tools.queries, call, tools.judge, manner)
        told: dict[str, Any] = json.loads(answer)
        return told

    def _call(self, query: Query, purpose: Purpose) -> Call:
        told: dict[str, Json] = json.loads(json.dumps(dataclasses.asdict(purpose)))
        return Call(self.by, (query,), purpose, self.at, told_purpose=told, request_id=self.request_id)

    def _query(self, wish: Look, fields: tuple[str, ...] = ()) -> Query:
        body = self._body(wish)
        if wish.identifier or wish.holder is None:
            return Query(identifier=wish.identifier, fields=fields, body=body)
        type_ = self._type(wish.type) if wish.type else None
        holder = self._holder(wish.holder, type_)
        return Query(holder=holder, type=type_.code if type_ else None, fields=fields, body=body)

    def _type(self, told: str) -> CertificateType:
        """Find a type by its code or its name. Raises `NoSuchCertificateType`."""
        certs = self.tools.certs
        found = certs.types.get(told) or certs.types.get(certs.by_name.get(told, ""))
        if found is None:
            raise NoSuchCertificateType(told)
        return found

    def _holder(self, told: Named, type_: CertificateType | None) -> NamedHolder:
        from_word = told.code.startswith(PERSON_WORD)
        if from_word:
            with self.tools.database.reading() as session:
                told = words.person_of(
                    session, self.tools.certs.keys, self.account, told.code.removeprefix(PERSON_WORD), self.at
                )
        kind = told.type or kind_of(told.code, type_.holders.types if type_ else (), self.at)
        if not told.name and self.account.names_required:
            raise DialectParameterRefused("holder", "holder_missing")
        name = told.name or self._name(kind, told.code, type_)
        return NamedHolder(told.code, kind, name)

    def _name(self, kind: str, code: str, type_: CertificateType | None) -> str:
        keys = self.tools.certs.keys
        with self.tools.database.reading() as session:
            for row in library.held(session, keys, kind, code, type_.code if type_ else None)[:1]:
                content = contents.opened(session, keys, row.identifier, row.content)
                return next(each.name for each in content.holders if (each.type, each.code) == (kind, code))
        return NOBODY

    def _body(self, wish: Wish) -> dict[str, Json]:
        """Give what the record digests: the operation, and what it asks for."""
        return {"dialect": self.dialect.name, "operation": self.operation, "parameters": _plain(wish)}

    def _given(self, told: list[dict[str, Any]]) -> tuple[Certificate, ...]:
        codes = sorted({CertificateIdentifier(each["identifier"]).parts.issuer for each in told})
        with self.tools.database.reading() as session:
            names = {code: row.name for code, row in organisations.known(session, codes).items()}
            return tuple(self._signed(session, self._certificate(each, names)) for each in told)

    def _certificate(self, told: Mapping[str, Any], names: Mapping[str, str]) -> Certificate:
        issuer = CertificateIdentifier(told["identifier"]).parts.issuer
        type_ = self.tools.certs.types[told["type"]]
        status, number = told["status"], told.get("number", "")
        return Certificate(
            told["identifier"], type_, number, status, told.get("data", {}), issuer, names.get(issuer, "")
        )

    def _signed(self, session: Session, certificate: Certificate) -> Certificate:
        gateway = self.tools.gateway
        if self.dialect.signed is None or not gateway.receipt_key or certificate.status != "valid":
            return certificate
        signer = gateway.signer_for(session, gateway.receipt_key)
        signature = signed(signer, SM2_SM3, self.dialect.signed(certificate))
        return replace(certificate, signature=base64.b64encode(signature).decode("ascii"))

    # --- what a holder shows --------------------------------------------------------------------------------------

    def _scanned(self, wish: Scan, purpose: Purpose) -> Looked:
        """Redeem a code once; one that shows something else than what is asked for is as good as none, and unspent."""
        tools = self.tools
        tools.gateway.open(tools.database)
        question = Question(self.by, purpose, self._body(replace(wish, code="")), presentations.KIND)
        with tools.database.transaction() as session:
            guessing.count(session, self.by, self.at)
        with tools.database.transaction() as session:
            redeemed = presentations.redeem(session, tools.certs, tools.gateway, wish.code, question, self.at)
            self._require_asked_for(session, wish, redeemed.items)
            guessing.forgive(session, self.by, self.at)
        told = [_shown(each) for each in redeemed.items]
        best = min(redeemed.items, key=lambda each: each.outcome is not Outcome.FOUND)
        usages = tuple(each.usage for each in redeemed.items)
        return Looked(best.outcome.value, best.reason, self._given(told), usages, by_identifier=True)

    def _require_asked_for(self, session: Session, wish: Scan, items: tuple[Item, ...]) -> None:
        keys, holder = self.tools.certs.keys, wish.holder
        wanted = self._type(wish.type).code if wish.type else ""
        for each in items:
            if wanted and each.row.type != wanted:
                raise NoSuchPresentation
            if holder is not None and not any(
                (not holder.code or holder.code == one.code) and (not holder.name or same_name(holder.name, one.name))
                for one in library.known(session, keys, each.row, self.at).content.holders
            ):
                raise NoSuchPresentation

    # --- copies ---------------------------------------------------------------------------------------------------

    def _copied(self, wish: Copies, purpose: Purpose) -> Copied:
        if wish.look.identifier:
            return self._copy_of(self._bare(wish.look.identifier), wish, purpose)
        looked = self._looked(wish.look, purpose)
        found = forms.valid_ones(looked)[:MOST_COPIES]
        if not found:
            return Copied(looked.outcome, looked.reason, usages=looked.usages)
        made = [self._copy_of(each, wish, purpose) for each in found]
        copied = tuple(copy for each in made for copy in each.copies)
        last = made[-1] if not copied else next(each for each in made if each.copies)
        usages = (*looked.usages, *(usage for each in made for usage in each.usages))
        return Copied(last.outcome, last.reason, copies=copied, usages=usages)

    def _bare(self, identifier: str) -> Certificate:
        """Give what an identifier itself says. Raises `InvalidCertificateIdentifier`, `NoSuchCertificateType`."""
        parts = CertificateIdentifier(identifier).parts
        type_ = self._type(parts.type_code)
        with self.tools.database.reading() as session:
            issuer = organisations.known(session, [parts.issuer]).get(parts.issuer)
        return Certificate(identifier, type_, "", "", {}, parts.issuer, issuer.name if issuer else "")

    def _copy_of(self, certificate: Certificate, wish: Copies, purpose: Purpose) -> Copied:
        tools, body = self.tools, self._body(wish)
        asked = CopyAsked(certificate.identifier, purpose, body, wish.form, wish.days)
        answer = tools.copier(self.by).make(asked)
        ended = Copied(answer.outcome.value, answer.reason, answer.status, usages=(answer.usage,))
        if answer.copy is None:
            return ended
        with tools.database.transaction() as session:
            keys = tools.certs.keys
            if wish.delivery is Delivery.LINK:
                link = links.made(session, keys, self.account, answer.copy, answer.token)
                return replace(ended, copies=(Copy(certificate, wish.form, link),))
            document = copies.fetch(session, keys, answer.token, self.by, tools.now()).document
        if wish.delivery is Delivery.CONTENT:
            return replace(ended, copies=(Copy(certificate, wish.form, content=document),))
        return replace(ended, copies=(Copy(certificate, wish.form, pictures=_pictures(wish.form, document)),))

    def _fetched(self, wish: Fetch) -> Handed:
        """Hand a copy over, once. Raises `NoSuchDialectLink`, `NoSuchCopy`, `CopyLinkSpent`."""
        database, keys, at = self.tools.database, self.tools.certs.keys, self.tools.now()
        with database.transaction() as session:
            account, token = links.link_of(session, keys, self.dialect.name, wish.link, at)
            if account != self.account.name:
                raise NoSuchDialectLink
            if wish.peek:
                row = copies.standing(session, keys, token, self.by, at)
                return Handed(b"", copies.MEDIA_TYPES[row.format], f"{row.id}.{row.format}")
            fetched = copies.fetch(session, keys, token, self.by, at)
        if wish.pictured:
            picture = _pictures(fetched.format, fetched.document, most=1)[0]
            return Handed(picture, "image/png", f"{fetched.name}.png", wish.in_json)
        return Handed(fetched.document, copies.MEDIA_TYPES[fetched.format], fetched.name)

    # --- comparing and verifying ----------------------------------------------------------------------------------

    def _compared(self, wish: Compare, purpose: Purpose) -> Compared:
        if len(wish.values) >= MOST_COMPARISONS:
            raise DialectParameterRefused("certData", "wrong")
        comparisons = tuple(
            Comparison(Predicate.EQUALS, name, value) for name, value in {**wish.values, "number": wish.number}.items()
        )
        needed = tuple(each.needs for each in comparisons)
        query = replace(self._query(Look(holder=wish.holder, type=wish.type), needed), body=self._body(wish))
        call = replace(self._call(query, purpose), compares=True)
        told = self._asked(call, Particulars(self.tools.queries, call, comparisons, number=wish.number))
        results = tuple(each["result"] for each in told["results"])
        return Compared(told["outcome"], told["reason"]["code"], told["status"] or "", results, (told["usage_id"],))

    def _examined(self, wish: Examine) -> Compared:
        """Verify a document: its seal, whether the library knows it, and whether it is of the type that is told."""
        type_ = self._type(wish.type)
        report = self.tools.examining(wish.document, self.by, self.at)
        verdict, known = report["verdict"], report["certificate"]
        results = _OF_VERDICT.get(verdict, "unknown")
        if known is None or known["status"] == "unknown":
            return Compared("not_found", "no-such-certificate", results=(results,))
        is_of_type = "yes" if known["type"] == type_.code else "no"
        return Compared("found", "found", known["status"], (results, is_of_type))

    # --- words ----------------------------------------------------------------------------------------------------

    def _word(self, wish: SignIn | Swap) -> Word:
        keys = self.tools.certs.keys
        with self.tools.database.transaction() as session:
            if isinstance(wish, SignIn):
                return Word(words.session_for(session, keys, self.account, self.tools.session_lasts, self.at))
            return Word(words.person_for(session, keys, self.account, Named(wish.code, "111", wish.name), self.at))


# A document that is forged or no document differs; one that cannot be decided, or bears no seal, is not whole.
_OF_VERDICT: Final = {"valid": "yes", "invalid": "no", "unreadable": "no"}


def kind_of(code: str, allowed: tuple[str, ...], at: datetime) -> str:
    """Tell which kind of code it is, of those that a type's holders have: by check digits first, then by shape."""
    among = allowed or tuple(holder_codes())
    order = sorted(among, key=lambda each: (each not in CHECKED, each))
    return next((each for each in order if not holder_codes()[each].fault(code, at)), order[0])


def _shown(item: Item) -> dict[str, Any]:
    row = item.row
    return {
        "identifier": row.identifier,
        "type": row.type,
        "number": item.given.number,
        "status": item.status.value,
        "data": dict(item.given.data),
    }


def _pictures(form: str, document: bytes, most: int = MOST_PAGES) -> tuple[bytes, ...]:
    """Draw the pages of a copy that was made here."""
    pages = PREVIEWS[form].opened(document)
    wanted = Wanted(form=Form.PNG)
    return tuple(pages.draw(number, wanted).picture for number in range(1, min(pages.count, most) + 1))


def _plain(value: Any) -> Json:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    plain: Json = value.value if isinstance(value, enum.Enum) else value
    return plain
