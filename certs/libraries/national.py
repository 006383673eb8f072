"""The national library of certificates as a library that is asked: this house as a client of the national operations.

1. A session is asked for with account and password, and kept until the library no longer takes it.
2. By holder: `secRetrieval` says which certificates of the type there are, `getCertificateDataByCertificateID` gives
   each. By identifier: the second alone. By a number alone nothing can be asked there.
3. What is answered is written as this house's own answers are, and read as every other library's (`reading`): believed
   only as far as it is of the type that was asked for, and says itself that it is the holder's who was asked about.

The five elements of a use are the purpose of whoever asks here: unit, person, matter, its code, the case. What comes
late is fetched by the job, and what is good is kept for a while, as with every library (`late`). What a code of theirs
means is data (`certs/dialects/national_library.toml`).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Final

from sqlalchemy.orm import Session

from base import clock, strict_json
from base.canonical import Json, canonical
from base.fetch import Destination, Fetch, FetchFailed, Outgoing, TimedOut, UrlRefused
from base.identifiers import certificate_parts
from base.settings import Settings, UnusableSetting, setting
from base.strict_json import MalformedJson
from certs.contents import Keys
from certs.dialects.codes import codes
from certs.libraries import late
from certs.libraries.answers import NOT_COVERED, Answer, Awaited, Question
from certs.libraries.late import KEEPING, Keeping
from certs.libraries.library import Again, Fetching
from certs.libraries.models import AWAITED, LibraryAnswer
from certs.libraries.reading import read
from certs.libraries.unanswered import DIFFERS, LATER, SILENT, Unanswered
from certs.types import Types
from certs.types.certificate_type import CertificateType
from exchange.agreements.purposes import Purpose
from exchange.door.outcomes import Outcome

DIALECT: Final = "national_library"
LOGIN: Final = "/cert/usage/login.do"
RETRIEVAL: Final = "/cert/usage/gb/secRetrieval.do"
DATA: Final = "/cert/usage/gb/getCertificateDataByCertificateID.do"
# Certificates of one holder and type that are fetched one by one within the deadline.
MOST_FETCHED: Final = 5
LARGEST_ANSWER: Final = 1024 * 1024
PATIENT_SECONDS: Final = 60.0
SECONDS: Final = 3.0
MOST_SECONDS: Final = 30.0
GOOD_STATUS: Final = 200
OK, SESSION_OVER, STANDING = "0", "11", "standing/"
NAME: Final = "national"
# What their answers call the elements → what ours do.
ELEMENTS: Final[Mapping[str, str]] = {
    "certificateHolderCode": "holder_code",
    "certificateHolder": "holder_name",
    "issueDeptCode": "issuer",
    "issueDate": "issued_on",
    "certificateValidateStart": "valid_from",
    "certificateValidateEnd": "valid_until",
    "certificateAreaCode": "region",
}


@dataclass(frozen=True)
class NationalSettings:
    """What the national library can be told."""

    SECTION: ClassVar[str] = "national_library"
    url: str = setting("", "Address of the gateway to the national library, before /cert/usage; empty: not asked.")
    account: str = setting("", "This site's account there.")
    password_file: str = setting("", "File with the account's password.")
    seconds: float = setting(SECONDS, "How long somebody at a window waits for it; at most 30.")
    types: tuple[str, ...] = setting((), "Codes of the types that it is asked for; none: any.")
    intranet: bool = setting(False, "Whether it may stand in the networks that [fetch] opens.")


@dataclass(frozen=True)
class National:
    """Asks the national library; `types` are those that it may have, none meaning any."""

    address: str
    account: str
    password: Callable[[], str] = field(repr=False)
    known: Types = field(repr=False)
    keys: Keys = field(repr=False)
    fetch: Fetch = field(repr=False)
    seconds: float = SECONDS
    types: frozenset[str] = frozenset()
    intranet: bool = False
    keeping: Keeping = KEEPING
    name: str = NAME
    origin: str = NAME
    _session: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    def prepare(
        self, session: Session, questions: Sequence[Question], purpose: Purpose, at: datetime
    ) -> Sequence[Answer | Fetching]:
        """Give what was fetched since it was asked before, or what is to be fetched."""
        bodies = [_body(each, purpose) if self._covers(each) else b"" for each in questions]
        named = [
            late.key(session, self.keys, self.name, question.under, body)
            for question, body in zip(questions, bodies, strict=True)
        ]
        kept = late.known(session, named, at)
        told: list[Answer | Fetching] = []
        for question, body, key in zip(questions, bodies, named, strict=True):
            if not body:
                told.append(NOT_COVERED)
            elif key in kept:
                told.append(self._known(session, kept[key], question))
            else:
                told.append(self._fetching(question, Awaited(key, self.name, body)))
        return told

    def again(self, _session: Session) -> Again:
        """Give what asks a question again that was not answered in time, with time."""

        def again(body: bytes) -> bytes | None:
            try:
                content = self.ask(body, PATIENT_SECONDS)
            except (FetchFailed, Unanswered, _Strange):
                return None
            return None if late.is_pending(content) else content

        return again

    def ask(self, body: bytes, seconds: float) -> bytes:
        """Ask, and give the answer as this house writes one.

        Raises `FetchFailed`, `Unanswered`, and `_Strange` for what is no answer of these operations.
        """
        return canonical(self._asked(json.loads(body), clock.stopwatch() + seconds))

    def _covers(self, question: Question) -> bool:
        """The national operations ask for a type, and by identifier or holder; nobody's questions are passed on."""
        if question.is_passed_on or question.type is None or question.number:
            return False
        return not self.types or question.type.code in self.types

    def _known(self, session: Session, row: LibraryAnswer, question: Question) -> Answer:
        content = late.content(session, self.keys, row)
        if content is not None:
            return read(content, question)
        return LATER if row.state == AWAITED else SILENT

    def _fetching(self, question: Question, awaited: Awaited) -> Fetching:
        def fetch() -> Answer:
            try:
                content = self.ask(awaited.body, self.seconds)
            except TimedOut:
                return replace(LATER, awaited=awaited)
            except Unanswered as error:
                return error.answer
            except _Strange as error:
                return replace(DIFFERS, evidence=error.content)
            except FetchFailed:
                return SILENT
            found = read(content, question)
            if found.outcome is Outcome.PENDING:
                return replace(found, awaited=awaited)
            return self.keeping.kept(found, awaited.key, self.name, content)

        return fetch

    # --- the operations -------------------------------------------------------------------------------------------

    def _asked(self, asked: Mapping[str, Any], until: float) -> dict[str, Json]:
        type_ = self.known[asked["type"]]
        if "identifier" in asked:
            return self._data_of([asked["identifier"]], type_, asked, until)
        told = {"CertificateHolderCode": asked["holder_code"], "CertificateType": type_.name}
        answer = self._call(RETRIEVAL, {**told, **asked["elements"]}, until)
        if answer.outcome != Outcome.FOUND:
            # That what the holder had is over says nothing of any one certificate.
            outcome = Outcome.NOT_FOUND.value if answer.outcome.startswith(STANDING) else answer.outcome
            return {"outcome": outcome, "certificates": []}
        found = [_text(each, "certificateIdentifier", answer.content) for each in answer.rows]
        if not found:
            return {"outcome": Outcome.NOT_FOUND.value, "certificates": []}
        return self._data_of(found[:MOST_FETCHED], type_, asked, until)

    def _data_of(
        self, identifiers: Sequence[str], type_: CertificateType, asked: Mapping[str, Any], until: float
    ) -> dict[str, Json]:
        """Fetch certificates one by one; one that serves no more is told by how it stands, without data."""
        certificates: list[Json] = []
        for identifier in identifiers:
            answer = self._call(DATA, {"CertificateID": identifier, **asked["elements"]}, until)
            if answer.outcome.startswith(STANDING):
                certificates.append(_ended(identifier, type_, answer.outcome.removeprefix(STANDING), asked))
            elif answer.outcome != Outcome.FOUND:
                return {"outcome": answer.outcome, "certificates": []}
            else:
                certificates += [_certificate(each, identifier, type_, answer.content) for each in answer.rows]
        outcome = Outcome.FOUND if certificates else Outcome.NOT_FOUND
        return {"outcome": outcome.value, "certificates": certificates}

    def _call(self, path: str, body: dict[str, Any], until: float) -> "_Answer":
        """Call an operation; a session that is over is begun anew, once."""
        status, told, content = self._told(path, body, until)
        if status == SESSION_OVER:
            self._session.clear()
            status, told, content = self._told(path, body, until)
        if status == SESSION_OVER:
            raise Unanswered(_FORBIDDEN)
        if status != OK:
            return _Answer(codes(DIALECT).read.get(status, Outcome.SOURCE_DOWN.value), (), content)
        return _Answer(Outcome.FOUND.value, tuple(_rows(told, content)), content)

    def _told(self, path: str, body: Mapping[str, Any], until: float) -> tuple[str, dict[str, Any], bytes]:
        content = self._sent(path, {"sessionId": self._session_id(until), **body}, until)
        told = _object(content)
        head = told.get("head", {})
        return str(head.get("status", OK)) if isinstance(head, dict) else "", told, content

    def _session_id(self, until: float) -> str:
        known = self._session.get("id")
        if known:
            return known
        told = _object(self._sent(LOGIN, {"account": self.account, "password": self.password()}, until))
        word = told.get("sessionId")
        if not isinstance(word, str) or not word:
            raise Unanswered(_FORBIDDEN)
        self._session["id"] = word
        return word

    def _sent(self, path: str, body: Mapping[str, Any], until: float) -> bytes:
        url = self.address.rstrip("/") + path
        destination = Destination.of(url, intranet=self.intranet)
        left = until - clock.stopwatch()
        if left <= 0:
            raise TimedOut(destination.host, "deadline")
        headers = (("content-type", "application/json"), ("accept", "application/json"))
        sent = json.dumps(body, ensure_ascii=False).encode()
        request = Outgoing("POST", url, (destination,), headers, sent, max_bytes=LARGEST_ANSWER, total_seconds=left)
        incoming = self.fetch(request)
        if incoming.status != GOOD_STATUS:
            raise Unanswered(incoming.status)
        return incoming.body


_FORBIDDEN: Final = 403


class _Strange(Exception):
    """The library answered with what is no answer of these operations."""

    def __init__(self, content: bytes) -> None:
        super().__init__("not an answer of the national operations")
        self.content = content


@dataclass(frozen=True)
class _Answer:
    """An answer of one operation: an outcome of ours or a standing, and its rows."""

    outcome: str
    rows: tuple[Mapping[str, Any], ...]
    content: bytes = field(repr=False)


def built(read_: Settings, known: Types, keys: Keys, fetch: Fetch) -> tuple[National, ...]:
    """Build the library, if the settings name one. Raises `UnusableSetting`."""
    told = read_[NationalSettings]
    if not told.url:
        return ()
    try:
        Destination.of(told.url)
    except UrlRefused as error:
        raise UnusableSetting("national_library.url", "https://host/path") from error
    for name in ("account", "password_file"):
        if not getattr(told, name):
            raise UnusableSetting(f"national_library.{name}", "needed where url is told")
    if not 0 < told.seconds <= MOST_SECONDS:
        raise UnusableSetting("national_library.seconds", f"up to {MOST_SECONDS:g}")
    if unknown := set(told.types) - set(known):
        raise UnusableSetting("national_library.types", f"codes of types; not {', '.join(sorted(unknown))}")
    file = Path(told.password_file)

    def password() -> str:
        return file.read_text("utf-8").strip()

    types = frozenset(told.types)
    return (National(told.url, told.account, password, known, keys, fetch, told.seconds, types, told.intranet),)


# --- what is asked, and what is answered --------------------------------------------------------------------------


def _body(question: Question, purpose: Purpose) -> bytes:
    """Write down what is asked, and for what: what is kept of a question that is answered late."""
    asked: dict[str, Json] = {"type": question.types[0].code, "elements": _elements(purpose)}
    if question.identifier:
        asked["identifier"] = question.identifier
    elif question.holder is not None:
        asked["holder_code"], asked["holder_name"] = question.holder.code, question.holder.name
    told: dict[str, Json] = json.loads(json.dumps(asdict(purpose)))
    return canonical({**asked, "purpose": {**told, "grant_code": None}})


def _elements(purpose: Purpose) -> dict[str, Json]:
    return {
        "UseFor": purpose.reason,
        "orgName": purpose.operator.unit,
        "username": purpose.operator.name,
        "itemName": purpose.item_name,
        "itemCode": purpose.item_code,
        "businessCode": purpose.basis.number if purpose.basis else "",
    }


def _object(content: bytes) -> dict[str, Any]:
    """Read a body. Raises `_Strange`."""
    try:
        told = strict_json.parse(content)
    except MalformedJson as error:
        raise _Strange(content) from error
    if not isinstance(told, dict):
        raise _Strange(content)
    return told


def _rows(told: Mapping[str, Any], content: bytes) -> Sequence[Mapping[str, Any]]:
    """Find the rows: in `data`, which may be JSON written as text, once more below `data` there. Raises `_Strange`."""
    data = told.get("data")
    inner: Any = _object(data.encode("utf-8", "surrogatepass")) if isinstance(data, str) and data else data
    if isinstance(inner, dict) and isinstance(inner.get("data"), dict):
        inner = inner["data"]
    rows = inner.get("dataList") if isinstance(inner, dict) else None
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        raise _Strange(content)
    return rows


def _certificate(told: Mapping[str, Any], identifier: str, type_: CertificateType, content: bytes) -> dict[str, Json]:
    """Write a certificate of theirs as ours are written; what it is, it must say itself. Raises `_Strange`."""
    if told.get("certificateIdentifier", identifier) != identifier:
        raise _Strange(content)
    data: dict[str, Json] = {
        ours: _text(told, theirs, content) for theirs, ours in ELEMENTS.items() if told.get(theirs)
    }
    surface = told.get("surface", [])
    if not isinstance(surface, list) or not all(isinstance(each, dict) for each in surface):
        raise _Strange(content)
    data |= {
        type_.by_name[each["columnName"]].name: _text(each, "value", content)
        for each in surface
        if each.get("columnName") in type_.by_name
    }
    return {
        "identifier": identifier,
        "type": _type_of(told, identifier, type_),
        "number": _text(told, "certificateNumber", content),
        "holding": type_.holding.value,
        "status": "valid",
        "data": data,
        "superseded_by": None,
    }


def _type_of(told: Mapping[str, Any], identifier: str, type_: CertificateType) -> str:
    """Tell of which type it is: by the name that was asked for, and by the code where the identifier has one."""
    parts = certificate_parts(identifier)
    if told.get("certificateType") != type_.name:
        return ""
    return type_.code if parts is None else parts.type_code


def _ended(identifier: str, type_: CertificateType, standing: str, asked: Mapping[str, Any]) -> dict[str, Json]:
    """Write how one stands that serves no more; retrieval named it among the holder's, whom it is told of."""
    data: dict[str, Json] = {}
    if "holder_code" in asked:
        data = {"holder_code": asked["holder_code"], "holder_name": asked["holder_name"]}
    parts = certificate_parts(identifier)
    return {
        "identifier": identifier,
        "type": type_.code if parts is None else parts.type_code,
        "number": "",
        "holding": type_.holding.value,
        "status": standing,
        "data": data,
        "superseded_by": None,
    }


def _text(told: Mapping[str, Any], name: str, content: bytes) -> str:
    value = told.get(name)
    if not isinstance(value, str):
        raise _Strange(content)
    return value
