"""The reply to a letter of assistance, with the replying unit's signed file where it sends one.

A file is verified in a process of its own, with no transaction open. It has to bear a seal or signature that is not
forged, and where the seals tell whose they are, one of the replying organ; the verdict is kept beside it as it was.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from base.callers import Caller
from base.canonical import Json
from base.db import Database
from certs.deposits import verdicts
from certs.filing.cases.wiring import Cases
from certs.filing.undertakings import undertakings
from certs.filing.undertakings.errors import ReplyFileNotSigned, UndertakingNotYours
from certs.filing.undertakings.models import Undertaking
from certs.filing.undertakings.undertaking import Step
from keys.algorithms.sm3 import SM3
from signing.report import Verdict

# Tells how a document stands, as `signing.verifications` reports it.
Examine = Callable[[bytes, str, datetime], Mapping[str, Any]]


@dataclass(frozen=True)
class Reply:
    """What is replied: that it is so, is not, or is not known here; in words, and with a file."""

    answer: str
    text: str = field(repr=False)
    file: bytes | None = field(default=None, repr=False)
    file_name: str = ""


@dataclass(frozen=True)
class Replier:
    """Replies to letters, as somebody."""

    database: Database = field(repr=False)
    parts: Cases = field(repr=False)
    examine: Examine = field(repr=False)
    by: Caller
    now: Callable[[], datetime]

    def reply(self, known: str, told: Reply) -> None:
        """Reply to a letter.

        Raises `NoSuchUndertaking`, `UndertakingNotYours`, `UndertakingStepNotAllowed`, `ReplyFileNotSigned`, and what
        verifying raises.
        """
        with self.database.reading() as session:
            if undertakings.undertaking_of(session, known, self.by).owner != self.by.organisation:
                raise UndertakingNotYours(Step.REPLY.value)
        verdict = "" if told.file is None else self._verdict(told.file, told.file_name)
        with self.database.transaction() as session:
            self._keep(session, known, told, verdict)

    def _verdict(self, file: bytes, name: str) -> str:
        """Judge a file. Raises `ReplyFileNotSigned`."""
        report = self.examine(file, name, self.now())
        verdict = Verdict(report["verdict"])
        if verdict not in {Verdict.VALID, Verdict.INDETERMINATE}:
            raise ReplyFileNotSigned(verdict.value)
        named = {each.code for each in verdicts.sealings(report)} - {""}
        if named and self.by.organisation not in named:
            raise ReplyFileNotSigned("another-organ")
        return verdict.value

    def _keep(self, session: Session, known: str, told: Reply, verdict: str) -> Undertaking:
        row = undertakings.undertaking_of(session, known, self.by, locked=True)
        facts: dict[str, Json] = {"answer": told.answer}
        if told.file is not None:
            facts |= {"file_sm3": SM3.of(told.file).hex(), "file_verdict": verdict, "file_name": told.file_name}
            row.file = self.parts.keys.seal(session, told.file, undertakings.bound(row.id, "file"))
        row.facts = {**row.facts, **facts}
        undertakings.answered(session, self.parts, row, {"reply": told.text}, self.by, self.now())
        return row


def file_of(session: Session, parts: Cases, row: Undertaking) -> bytes | None:
    """Open the file of a reply, if it has one."""
    return None if row.file is None else parts.keys.open(session, row.file, undertakings.bound(row.id, "file"))
