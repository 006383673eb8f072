"""The source of the department that keeps a type: asked at use, through the mounts of the type's own directory.

Types that are only listed here (`directory_only`), that are only checked (`check_only`), and those that are collected
but not yet here, have their contents with the department. The grant is the one of the directory, under which the type
is granted anyway; only items that are granted, and those that say whose the certificate is and how it stands, are asked
for. The mounts are those of the gateway, the healthiest first, behind the same gates, and how they answered is counted
as for any other call.

A question names code and name both; the source is asked by the code, and the name is compared here, so that codes alone
cannot be tried out. A row of another holder than was asked about is evidence and no answer.
"""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from base import clock
from base.canonical import Json, canonical
from base.workdays import local_day
from certs.contents import Keys
from certs.libraries import late, source_rows
from certs.libraries.answers import NOT_COVERED, Answer, Awaited, MountCall, Question
from certs.libraries.late import Keeping
from certs.libraries.library import Again, Fetching
from certs.libraries.models import AWAITED, LibraryAnswer
from certs.libraries.source_rows import Items
from certs.libraries.unanswered import DIFFERS, LATER, REFUSED, SILENT
from certs.queries import permission
from certs.types import Types
from certs.types.certificate_type import CertificateType, Holding
from exchange.agreements.purposes import Purpose
from exchange.door import outcomes
from exchange.door.outcomes import Outcome
from exchange.errors import NoSuchDirectory
from exchange.mounting import serving
from exchange.mounting.errors import UnaskableQuestion, UnusableMount
from exchange.mounting.serving import Served
from exchange.mounting.wiring import MountParts
from exchange.sources import questions, source
from exchange.sources.source import Found

NAME: Final = "department-source"
ORIGIN: Final = "department"
# What a clerk waits for all that is shown; a mount may take longer, and its answer is then fetched by the job.
SECONDS: Final = 3.0
# Statuses at a source change without anybody here being told: kept for less time than what another house says.
KEEPING: Final = Keeping(timedelta(seconds=30), timedelta(seconds=10))
# Mounts take four questions at a time each; threads that wait for slow ones must not be all.
THREADS: Final = 16
# Nobody holds more of one type than this library shows.
MOST_ROWS: Final = 100
LIVE: Final = frozenset({Holding.DIRECTORY_ONLY, Holding.CHECK_ONLY, Holding.COLLECTED})
_OF_OUTCOME: Final[Mapping[str, Answer]] = {
    "source-refuses": REFUSED,
    "source-differs": DIFFERS,
    "answer-too-large": DIFFERS,
}


@dataclass(frozen=True)
class _Asking:
    """A question as it goes to the mounts: of which directory, in its items, and by which mounts."""

    question: Question
    items: Items
    asked: source.Question
    served: Served
    awaited: Awaited


@dataclass(frozen=True)
class DepartmentSources:
    """Asks the mounts behind types' directories; `spelled` says how a type's directory names what it does not."""

    mounts: MountParts = field(repr=False)
    types: Types = field(repr=False)
    keys: Keys = field(repr=False)
    spelled: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    seconds: float = SECONDS
    keeping: Keeping = KEEPING
    name: str = NAME
    origin: str = ORIGIN
    threads: "Threads" = field(default_factory=lambda: Threads(THREADS), repr=False)

    def prepare(
        self, session: Session, questions: Sequence[Question], purpose: Purpose, at: datetime
    ) -> Sequence[Answer | Fetching]:
        """Give what is kept, or what is to be fetched; not covered is what no mount serves or can be asked for."""
        served: dict[str, Served | None] = {}
        laid = [self._laid_out(session, each, purpose, served) for each in questions]
        kept = late.known(session, [each.awaited.key for each in laid if each is not None], at)
        told: list[Answer | Fetching] = []
        for each in laid:
            if each is None:
                told.append(NOT_COVERED)
            elif each.awaited.key in kept:
                told.append(self._known(session, kept[each.awaited.key], each, at))
            else:
                told.append(self._fetching(each, at))
        return told

    def again(self, session: Session) -> Again:
        """Give what asks a question again with the mounts' own time: by those that serve now."""
        served: dict[str, Served | None] = {}

        def again(body: bytes) -> bytes | None:
            told = json.loads(body)
            found = served.get(told["directory"])
            if found is None:
                return None
            answer, content, _ = self._asked(found, source_rows.question_of(told["question"]))
            return content if answer.outcome is not Outcome.PENDING and content else None

        for code in sorted({permission.resource_of(each) for each in self.types.values() if _is_live(each)}):
            served[code] = _served(session, code)
        return again

    def _laid_out(
        self, session: Session, question: Question, purpose: Purpose, served: dict[str, Served | None]
    ) -> _Asking | None:
        type_ = question.type
        if type_ is None or not _is_live(type_):
            return None
        code = permission.resource_of(type_)
        if code not in served:
            served[code] = _served(session, code)
        found = served[code]
        if found is None or not found.mounts:
            return None
        columns = found.mounts[0].plan.columns
        items = Items.of(type_, [each.item for each in columns], self.spelled.get(type_.code, {}))
        conditions = items.conditions(question)
        if conditions is None:
            return None
        try:
            asked = questions.read(columns, items.wanted(question), conditions, MOST_ROWS)
        except UnaskableQuestion:  # a value that the item's type cannot have: nothing there can be meant
            return None
        # A mount that is changed is another source: what the former said is no answer of the present one's.
        by: list[Json] = [f"{each.plan.mount} {each.plan.version}" for each in found.mounts]
        told: dict[str, Json] = {"directory": code, "question": source_rows.written_question(asked)}
        kept_by = canonical({**told, "mounts": by, "purpose": late.written(purpose)})
        key = late.key(session, self.keys, self.name, question.under, kept_by)
        return _Asking(question, items, asked, found, Awaited(key, self.name, canonical(told)))

    def _known(self, session: Session, row: LibraryAnswer, asking: _Asking, at: datetime) -> Answer:
        content = late.content(session, self.keys, row)
        if content is not None:
            return self._read(content, asking, at)
        return LATER if row.state == AWAITED else SILENT

    def _fetching(self, asking: _Asking, at: datetime) -> Fetching:
        def fetch() -> Answer:
            try:
                answer, content, calls = self.threads.within(
                    self.seconds, lambda: self._asked(asking.served, asking.asked)
                )
            except TooLate:
                return replace(LATER, awaited=asking.awaited)
            if answer.outcome is Outcome.PENDING:
                return replace(answer, awaited=asking.awaited, calls=calls)
            if not content:
                return replace(answer, calls=calls)
            found = self._read(content, asking, at)
            return replace(self.keeping.kept(found, asking.awaited.key, self.name, content), calls=calls)

        return fetch

    def _asked(self, served: Served, asked: source.Question) -> tuple[Answer, bytes, tuple[MountCall, ...]]:
        """Ask one mount after the other until one answers; give the rows as they are kept."""
        calls: list[MountCall] = []
        answer: Answer = SILENT
        for each in served.mounts:
            began = clock.stopwatch()
            try:
                found: source.Answer = self.mounts.source(each.plan).ask(asked)
            except UnusableMount:
                found = source.Refused("unusable")
            calls.append(MountCall(each.plan.mount, found.outcome, round((clock.stopwatch() - began) * 1000)))
            if isinstance(found, Found | source.Empty):
                rows = found.rows if isinstance(found, Found) else ()
                return SILENT, source_rows.written(served.owner, rows), tuple(calls)
            answer = _failed(found)
            if found.outcome not in outcomes.FALLS_OVER:
                break
        return answer, b"", tuple(calls)

    def _read(self, content: bytes, asking: _Asking, at: datetime) -> Answer:
        return source_rows.read(content, asking.items, asking.question, local_day(at))


class Threads:
    """Asks within a deadline; who takes longer goes on in its thread, and its answer is not waited for."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._executor: Executor | None = None

    def within(
        self, seconds: float, ask: Callable[[], tuple[Answer, bytes, tuple[MountCall, ...]]]
    ) -> tuple[Answer, bytes, tuple[MountCall, ...]]:
        """Ask in a thread. Raises `TooLate`."""
        with self._lock:
            if self._executor is None:  # only when first asked: a server that forks must not take threads along
                self._executor = ThreadPoolExecutor(self._most, thread_name_prefix="department-source")
        future: Future[tuple[Answer, bytes, tuple[MountCall, ...]]] = self._executor.submit(ask)
        try:
            return future.result(timeout=seconds)
        except TooLate:
            future.cancel()
            raise


def _is_live(type_: CertificateType) -> bool:
    """Tell whether a type's contents are asked for at its source: it has a directory, and is not made here."""
    return bool(type_.resource) and type_.holding in LIVE


def _served(session: Session, code: str) -> Served | None:
    try:
        return serving.served(session, code)
    except NoSuchDirectory:
        return None


def _failed(found: source.Answer) -> Answer:
    outcome, reason = outcomes.of(found)
    return LATER if outcome is Outcome.PENDING else _OF_OUTCOME.get(reason, SILENT)
