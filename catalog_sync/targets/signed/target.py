"""A platform that is told JSON over signed calls, as a target: one record a call, receipts by asking for them.

What the platform has under our own id is modified, what it does not have is registered; where nothing tells which, it
is asked by that id. It is not known to recognise a record by a key, so it is asked again before anything is sent a
second time (`find`); a site whose platform does recognise them says so. No record of these kinds is ever taken back: a
seal that ended and a step that was taken stay what they were.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from base.canonical import Json
from catalog_sync.record import Operation, Record, Subject
from catalog_sync.targets.calls import MOST_EVIDENCE
from catalog_sync.targets.gateway.answers import Meaning, Told, Unbelievable
from catalog_sync.targets.gateway.forms import NotWritable
from catalog_sync.targets.signed import answers
from catalog_sync.targets.signed.answers import Row
from catalog_sync.targets.signed.dialect import Dialect
from catalog_sync.targets.signed.line import SignedLine
from catalog_sync.targets.target import ChannelDown, Held, HostileAnswer, Listing, Outcome, Receipts, Reply

T = TypeVar("T")
_LATER: Final = frozenset({Meaning.NEEDS, Meaning.LATER})


class SignedTarget:
    """One such platform under one account."""

    def __init__(self, dialect: Dialect, line: SignedLine, *, marks: bool = True, keys: bool = False) -> None:
        self.name = line.account.way.name
        self.kinds = dialect.kinds
        self.knows_keys = keys
        self.most = 1
        self._dialect = dialect
        self._line = line
        self._marks = marks

    def send(self, records: Sequence[Record], known: Mapping[Subject, str], at: datetime) -> Sequence[Reply]:
        """Tell records, one after the other. Raises `ChannelDown`, `ChannelRefused`, `HostileAnswer`."""
        return [self._told(each, known.get(each.subject), at) for each in records]

    def find(self, record: Record, at: datetime) -> Reply | None:
        """Ask whether this very version has arrived. Raises as `send` does."""
        return next((each.reply for each in self._rows(record, at) if self._is(record, each)), None)

    def receipts(self, mark: str, at: datetime) -> Receipts:
        """Read what reviews came to since a mark. Raises as `send` does."""
        asked = self._dialect.table["receipts"]
        told = self._asked(asked["path"], {"mark": mark, "pageSize": asked["page_size"]}, at)
        return Receipts(*self._believed(lambda each: answers.receipts(each, self._dialect), told))

    def listing(self, kind: str, mark: str, at: datetime) -> Listing:
        """List what the platform has of a kind. Raises as `send` does."""
        asked, page = self._dialect.table["query"], int(mark or "1")
        body = {asked["kind"]: kind, "pageNo": page, "pageSize": asked["page_size"]}
        told = self._asked(asked["path"], body, at)
        found, total = self._believed(lambda each: answers.rows(each, self._dialect), told)
        is_last = not found or page * asked["page_size"] >= total
        return Listing(tuple(self._held(kind, each) for each in found), None if is_last else str(page + 1))

    def statistics(self, at: datetime) -> Mapping[str, Json]:
        """Tell how many things of each kind the platform says that it has. Raises as `send` does."""
        told = self._asked(self._dialect.table["totals"]["path"], {}, at)
        return dict(self._believed(answers.totals, told))

    # --- one record -----------------------------------------------------------------------------------------------

    def _told(self, record: Record, upstream: str | None, at: datetime) -> Reply:
        if record.operation is Operation.DELETE:
            return Reply(Outcome.REFUSED, code="never-taken-back")
        operation = record.operation
        if operation is Operation.UPDATE and upstream is None:
            found = self._rows(record, at)
            operation, upstream = (Operation.UPDATE, found[0].reply.upstream_id) if found else (Operation.INSERT, None)
        return self._written(record, operation, upstream, at)

    def _written(
        self, record: Record, operation: Operation, upstream: str | None, at: datetime, *, is_second: bool = False
    ) -> Reply:
        try:
            way = self._dialect.services[record.subject.kind].way(operation, record.content)
            body = self._dialect.written(record, way, upstream, marks=self._marks)
            told = self._line.call(way.path, body, at, record.key if self.knows_keys else "")
        except NotWritable as error:
            return Reply(Outcome.REFUSED, code=error.code, words=error.place)
        if told.meaning is Meaning.SUCCESS:
            own, reviewed = record.subject.id, way.reviewed
            return self._believed(lambda each: answers.taken(each, self._dialect, own, reviewed=reviewed), told)
        if told.meaning is Meaning.KNOWN and operation is Operation.INSERT and not is_second:
            return self._gone_on_with(record, told, at)
        if told.meaning is Meaning.UNKNOWN and operation is Operation.UPDATE and not is_second:
            return self._written(record, Operation.INSERT, None, at, is_second=True)
        outcome = Outcome.LATER if told.meaning in _LATER else Outcome.REFUSED
        return Reply(outcome, code=told.code, words=told.words)

    def _gone_on_with(self, record: Record, told: Told, at: datetime) -> Reply:
        """Go on with what the platform has already under our id: this very version, or one to be modified."""
        found = self._rows(record, at)
        same = next((each for each in found if self._is(record, each)), None)
        if same is not None:
            return same.reply
        if not found:
            return Reply(Outcome.LATER, code=told.code, words=told.words)
        return self._written(record, Operation.UPDATE, found[0].reply.upstream_id, at, is_second=True)

    # --- asking ---------------------------------------------------------------------------------------------------

    def _rows(self, record: Record, at: datetime) -> Sequence[Row]:
        """Give what the platform has under our id, the newest first."""
        asked = self._dialect.table["query"]
        body = {asked["kind"]: record.subject.kind, asked["own"]: record.subject.id}
        told = self._asked(asked["path"], body, at)
        found, _ = self._believed(lambda each: answers.rows(each, self._dialect), told)
        if any(each.own != record.subject.id for each in found):
            raise HostileAnswer(self.name, "what was found is another thing", told.content[:MOST_EVIDENCE])
        return found

    def _is(self, record: Record, row: Row) -> bool:
        try:
            way = self._dialect.services[record.subject.kind].way(record.operation, record.content)
            return self._dialect.is_same(record, way, row.content, marks=self._marks)
        except NotWritable:
            return False

    def _held(self, kind: str, row: Row) -> Held:
        version, digest = self._dialect.version_in(row.content)
        return Held(Subject(kind, row.own), row.reply.upstream_id, version, digest)

    def _asked(self, path: str, body: Mapping[str, Any], at: datetime) -> Told:
        told = self._line.call(path, body, at)
        if told.meaning is not Meaning.SUCCESS:
            raise ChannelDown(self.name, f"a question was refused, code {told.code}")
        return told

    def _believed(self, read: Callable[[Told], T], told: Told) -> T:
        try:
            return read(told)
        except Unbelievable as error:
            raise HostileAnswer(self.name, str(error), told.content[:MOST_EVIDENCE]) from error
