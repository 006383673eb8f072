"""A library elsewhere that speaks as this house does: another province's, or a department's own.

A question is a `POST /api/v1/certificate-queries` with the purpose of whoever asks here, under a token that the other
house gives for a proof with this house's key (`tokens`), and signed with that key (`signing_requests`). What is read of
an answer, and whether it is believed, is `reading`. Slow ones are asked again by a job (`late`); what was answered is
good for a short time to whoever asks the same, for the same purpose, under the same grant. Nothing else is stored.

A question that another platform asks of this house is not carried on: two houses that name each other as libraries
would ask each other in a circle.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.orm import Session

from base import clock
from base.canonical import Json, canonical
from base.errors import DomainError
from base.fetch import Destination, Fetch, Outgoing, TimedOut
from certs.contents import Keys
from certs.libraries import late, signing_requests
from certs.libraries.answers import NOT_COVERED, Answer, Awaited, Question
from certs.libraries.late import Keeping
from certs.libraries.library import Again, Fetching
from certs.libraries.models import AWAITED, LibraryAnswer
from certs.libraries.reading import read
from certs.libraries.signing_requests import signed_headers
from certs.libraries.tokens import Tokens
from certs.libraries.unanswered import LATER, SILENT, UNAUTHENTICATED, Unanswered
from exchange.agreements.purposes import Purpose
from exchange.door.outcomes import Outcome
from keys.parties.request_signing import Message
from keys.signers.signer import Signer

PATH: Final = "/api/v1/certificate-queries"
# Says that a platform asks on behalf of its own callers, so that nobody carries the question on.
PASSED_ON: Final = "yinxin-passed-on"
LARGEST_ANSWER: Final = 1024 * 1024
# A job has time; who waits at a window has not.
PATIENT_SECONDS: Final = 60.0
GOOD_STATUS: Final = 200

SignerFor = Callable[[Session, str], Signer]
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Prover:
    """What signs our questions; nothing where they go unsigned."""

    signer: Signer | None


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
    # The token under which it is asked; without one nobody is proven, as to a simulator.
    tokens: Tokens | None = field(default=None, repr=False)
    keeping: Keeping = late.KEEPING

    def prepare(
        self, session: Session, questions: Sequence[Question], purpose: Purpose, at: datetime
    ) -> Sequence[Answer | Fetching]:
        """Give what was fetched since it was asked before, or what is to be fetched."""
        bodies = [_body(each, purpose) if self._covers(each) else b"" for each in questions]
        named = [
            late.key(session, self.keys, self.name, question.under, body)
            for question, body in zip(questions, bodies, strict=True)
        ]
        kept, prover = late.known(session, named, at), self._prover(session)
        told: list[Answer | Fetching] = []
        for question, body, key in zip(questions, bodies, named, strict=True):
            if not body:
                told.append(NOT_COVERED)
            elif key in kept:
                told.append(self._known(session, kept[key], question))
            elif prover is None:
                told.append(SILENT)
            else:
                told.append(self._fetching(question, Awaited(key, self.name, body), prover.signer))
        return told

    def signer(self, session: Session) -> Signer | None:
        """Give what signs questions, if they are signed."""
        return self.signer_for(session, self.key) if self.key and self.signer_for is not None else None

    def again(self, session: Session) -> Again:
        """Give what asks a question again that was not answered in time, with time."""
        prover = self._prover(session)

        def again(body: bytes) -> bytes | None:
            if prover is None:
                return None
            try:
                content = self.ask(body, PATIENT_SECONDS, prover.signer)
            except (DomainError, Unanswered):
                return None
            return None if late.is_pending(content) else content

        return again

    def ask(self, body: bytes, seconds: float, signer: Signer | None) -> bytes:
        """Ask, and give the answer's body; a token that is no longer taken is fetched anew, once.

        Raises `FetchFailed`, and `Unanswered` for another status.
        """
        until = clock.stopwatch() + seconds
        tokens = self.tokens if signer is not None else None
        token = tokens.bearer(signer, seconds) if tokens is not None and signer is not None else ""
        try:
            return self._sent(body, until, signer, token)
        except Unanswered as error:
            if error.status != UNAUTHENTICATED or tokens is None or signer is None:
                raise
        tokens.forget(token)
        return self._sent(body, until, signer, tokens.bearer(signer, self._left(until)))

    def _prover(self, session: Session) -> _Prover | None:
        """Give what proves us, if our key can be used: one that cannot must not stop what others may have."""
        try:
            return _Prover(self.signer(session))
        except DomainError as error:
            log.warning("library_key_unusable", library=self.name, code=error.code)
            return None

    def _covers(self, question: Question) -> bool:
        if question.is_passed_on or question.type is None:
            return False
        return not self.types or question.type.code in self.types

    def _known(self, session: Session, row: LibraryAnswer, question: Question) -> Answer:
        content = late.content(session, self.keys, row)
        if content is not None:
            return read(content, question)
        return LATER if row.state == AWAITED else SILENT

    def _fetching(self, question: Question, awaited: Awaited, signer: Signer | None) -> Fetching:
        def fetch() -> Answer:
            try:
                content = self.ask(awaited.body, self.seconds, signer)
            except TimedOut:
                return replace(LATER, awaited=awaited)
            except Unanswered as error:
                return error.answer
            except DomainError as error:  # nothing came back, or our own key's device did not sign
                log.info("library_not_asked", library=self.name, code=error.code)
                return SILENT
            found = read(content, question)
            if found.outcome is Outcome.PENDING:
                return replace(found, awaited=awaited)
            return self.keeping.kept(found, awaited.key, self.name, content)

        return fetch

    def _sent(self, body: bytes, until: float, signer: Signer | None, token: str) -> bytes:
        url = self.address.rstrip("/") + PATH
        headers = {"content-type": "application/json", "accept": "application/json", PASSED_ON: "1"}
        if signer is not None:
            message = Message.of_url("POST", url, headers, body)
            headers |= signed_headers(message, signer, signing_requests.key_id(signer), clock.now())
        if token:
            headers["authorization"] = f"Bearer {token}"
        destination = Destination.of(url, intranet=self.intranet)
        request = Outgoing(
            "POST",
            url,
            (destination,),
            tuple(headers.items()),
            body,
            max_bytes=LARGEST_ANSWER,
            total_seconds=self._left(until),
        )
        incoming = self.fetch(request)
        if incoming.status != GOOD_STATUS:
            raise Unanswered(incoming.status)
        return incoming.body

    def _left(self, until: float) -> float:
        """Give what is left of a deadline. Raises `TimedOut`."""
        left = until - clock.stopwatch()
        if left <= 0:
            raise TimedOut(Destination.of(self.address).host, "token")
        return left


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
    return canonical({**asked, "purpose": {**late.written(purpose), "grant_code": None}})
