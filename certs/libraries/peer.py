"""A library elsewhere that speaks as this house does: another province's, or a department's own.

A question is a `POST /api/v1/certificate-queries` with the purpose of whoever asks here, signed with this house's SM2
key (RFC 9421, Content-Digest). An answer is believed only as far as it can be: it has the agreed form, its certificates
are of the type that was asked for, and each says whose it is and is the holder's who was asked about; else it is kept
as evidence and counts as no answer. Slow ones are asked again by a job (`late`). Nothing else of theirs is stored.
"""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

import http_sf
from sqlalchemy.orm import Session

from base import clock, strict_json
from base.canonical import Json, canonical
from base.fetch import Destination, Fetch, FetchFailed, Outgoing, TimedOut
from base.strict_json import MalformedJson
from certs.contents import Keys
from certs.drafts import Content, Holder
from certs.libraries import late
from certs.libraries.answers import NOT_COVERED, NOT_FOUND, Answer, Awaited, Entry, Question
from certs.libraries.library import Fetching
from certs.libraries.models import ANSWERED, AWAITED
from certs.libraries.names import same_name
from certs.life import Standing
from certs.types.certificate_type import NO_LAST_DAY, Holding
from exchange.agreements.purposes import Purpose
from exchange.door.outcomes import Outcome
from keys.parties import request_signing
from keys.parties.key_signatures import KEY_SIGNATURES
from keys.parties.request_signing import Message
from keys.parties.signature_headers import Parameters, written
from keys.signers.signer import Signer, signed

MATCHING: Final = "certs-library"
PATH: Final = "/api/v1/certificate-queries"
LARGEST_ANSWER: Final = 1024 * 1024
# A job has time; who waits at a window has not.
PATIENT_SECONDS: Final = 60.0
GOOD_STATUS: Final = 200
LATER: Final = Answer(Outcome.PENDING, "answered-later")
# What another library may answer; that it denies is about its own grants, which this house's callers never see.
_TAKEN: Final = {
    "not_found": NOT_FOUND,
    "not_covered": NOT_COVERED,
    "source_down": Answer(Outcome.SOURCE_DOWN, "source-silent"),
    "denied": Answer(Outcome.SOURCE_DOWN, "source-refuses"),
    "pending": LATER,
}
SILENT: Final = Answer(Outcome.SOURCE_DOWN, "source-silent")
REFUSED: Final = Answer(Outcome.SOURCE_DOWN, "source-refuses")

SignerFor = Callable[[Session, str], Signer]
# 128 bits, as the nonce of a request has.
NONCE_BYTES: Final = 16


@dataclass(frozen=True)
class Peer:
    """Asks one other library; `types` are those that it may have, none meaning any."""

    name: str
    origin: str
    address: str
    keys: Keys = field(repr=False)
    fetch: Fetch = field(repr=False)
    seconds: float = 3.0
    types: frozenset[str] = frozenset()
    intranet: bool = False
    # The id of this house's key; without one requests go unsigned, as to a simulator.
    key: str = ""
    signer_for: SignerFor | None = field(default=None, repr=False)

    def prepare(
        self, session: Session, questions: Sequence[Question], purpose: Purpose, at: datetime
    ) -> Sequence[Answer | Fetching]:
        """Give what was fetched since it was asked before, or what is to be fetched."""
        bodies = [_body(each, purpose) for each in questions]
        named = [self.keys.matching_hash(session, MATCHING, f"{self.name}:{body.decode()}") for body in bodies]
        kept, signer = late.known(session, named, at), self.signer(session)
        told: list[Answer | Fetching] = []
        for question, body, key in zip(questions, bodies, named, strict=True):
            row = kept.get(key)
            if self.types and (question.type is None or question.type.code not in self.types):
                told.append(NOT_COVERED)
            elif row is None:
                told.append(self._fetching(question, Awaited(key, self.name, body), signer))
            elif row.state == ANSWERED and row.answer is not None:
                content = self.keys.open(session, row.answer, late.bound(key, "answer"))
                told.append(read(content, question))
            else:
                told.append(LATER if row.state == AWAITED else SILENT)
        return told

    def signer(self, session: Session) -> Signer | None:
        """Give what signs questions, if they are signed."""
        return self.signer_for(session, self.key) if self.key and self.signer_for is not None else None

    def ask(self, body: bytes, seconds: float, signer: Signer | None) -> bytes:
        """Send a question, and give the answer's body. Raises `FetchFailed`, and `Unanswered` for another status."""
        url = self.address.rstrip("/") + PATH
        headers = {"content-type": "application/json", "accept": "application/json"}
        if signer is not None:
            message = Message.of_url("POST", url, headers, body)
            headers |= signed_headers(message, signer, self.key, clock.now())
        destination = Destination.of(url, intranet=self.intranet)
        request = Outgoing(
            "POST", url, (destination,), tuple(headers.items()), body, max_bytes=LARGEST_ANSWER, total_seconds=seconds
        )
        incoming = self.fetch(request)
        if incoming.status != GOOD_STATUS:
            raise Unanswered(incoming.status)
        return incoming.body

    def _fetching(self, question: Question, awaited: Awaited, signer: Signer | None) -> Fetching:
        def fetch() -> Answer:
            try:
                content = self.ask(awaited.body, self.seconds, signer)
            except TimedOut:
                return Answer(Outcome.PENDING, "answered-later", awaited=awaited)
            except Unanswered as error:
                return SILENT if error.status >= 500 else REFUSED  # noqa: PLR2004 - RFC 9110 15.6: the server's fault
            except FetchFailed:
                return SILENT
            found = read(content, question)
            return Answer(found.outcome, found.reason, awaited=awaited) if found == LATER else found

        return fetch


class Unanswered(Exception):
    """A library answered with a status that is no answer."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


def read(content: bytes, question: Question) -> Answer:
    """Read an answer, believing only what was asked for."""
    differs = Answer(Outcome.SOURCE_DOWN, "source-differs", evidence=content)
    try:
        told = strict_json.parse(content)
        outcome = told["outcome"]
        if outcome in _TAKEN:
            return _TAKEN[outcome]
        if outcome != Outcome.FOUND or not told["certificates"]:
            return differs
        entries = tuple(_entry(each) for each in told["certificates"])
    except (MalformedJson, KeyError, TypeError, ValueError, AttributeError):
        return differs
    if any(question.type is None or each.type != question.type.code for each in entries):
        return differs
    if not all(_is_asked_for(each, question) for each in entries):
        return Answer(Outcome.SOURCE_DOWN, "wrong-holder", evidence=content)
    served = tuple(each if each.standing is Standing.VALID else replace(each, content=None) for each in entries)
    return Answer(Outcome.FOUND, "found", served)


def _entry(told: Mapping[str, Any]) -> Entry:
    """Read one certificate. Raises `KeyError`, `TypeError`, `ValueError`."""
    data, standing = dict(told["data"]), Standing(told["status"])
    until = data.pop("valid_until", None)
    first = data.pop("valid_from", None)
    issued = data.pop("issued_on", None)
    content = None
    if data or standing is Standing.VALID:
        holder = Holder(_text(data, "holder_code"), "", _text(data, "holder_name"))
        content = Content(str(told["number"]), (holder,), data)
    return Entry(
        str(told["identifier"]),
        str(told["type"]),
        str(data.pop("issuer", "")),
        str(data.pop("region", "")),
        Holding(told["holding"]),
        standing,
        _day(issued, date.min),
        _day(first, date.min),
        _day(until, NO_LAST_DAY),
        told.get("superseded_by"),
        content,
    )


def _is_asked_for(entry: Entry, question: Question) -> bool:
    """Tell whether a certificate is the one, or the holder's, that was asked for."""
    if question.identifier:
        return entry.identifier == question.identifier
    content = entry.content
    if content is None:  # a status without data, which shows nobody anything of anybody
        return entry.standing is not Standing.VALID
    if question.number:
        return content.number == question.number
    named, holder = question.holder, content.holders[0]
    return named is not None and holder.code == named.code and same_name(holder.name, named.name)


def _text(data: dict[str, Any], name: str) -> str:
    value = data.pop(name)
    if not isinstance(value, str):
        raise TypeError(name)
    return value


def _day(told: Any, otherwise: date) -> date:
    return otherwise if told is None else date.fromisoformat(told)


def _body(question: Question, purpose: Purpose) -> bytes:
    """Write what is asked there: the same question, and for whom."""
    asked: dict[str, Json] = {}
    if question.identifier:
        asked["identifier"] = question.identifier
    elif question.holder is not None:
        named = question.holder
        asked["holder"] = {"code": named.code, "type": named.type, "name": named.name}
        asked["certificate_type"] = question.types[0].code
    else:
        asked |= {"certificate_type": question.types[0].code, "number": question.number}
    told: dict[str, Json] = json.loads(json.dumps(asdict(purpose)))
    return canonical({**asked, "purpose": {**told, "grant_code": None}})


def signed_headers(message: Message, signer: Signer, key: str, at: datetime) -> dict[str, str]:
    """Sign a request with a key in custody, as `request_signing.sign` does with one at hand."""
    way = KEY_SIGNATURES[signer.public.kind]
    digest = request_signing.content_digest(message.body, request_signing.DIGEST_OF_KIND[signer.public.kind])
    components = ["@method", "@path", "@query", "content-digest"]
    told: Parameters = {
        "created": int(at.timestamp()),
        "nonce": secrets.token_urlsafe(NONCE_BYTES),
        "keyid": key,
        "alg": way.http,
    }
    parameters = written(components, told)
    whole = replace(message, headers={**message.headers, "content-digest": digest})
    text = request_signing.canonical(whole, components, parameters)
    signature = way.raw(signed(signer, way.algorithm, text.encode("ascii")))
    label = request_signing.LABEL
    return {
        "content-digest": digest,
        "signature-input": f"{label}={parameters}",
        "signature": http_sf.ser({label: signature}),
    }
