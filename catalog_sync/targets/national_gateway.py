"""The national sharing gateway (国家数据共享交换平台) as a target: one record a call, receipts by asking for them.

A record goes to the system service of its kind; the answer's `cascadeguid` is what the platform calls the thing, and
its receipt. Where people review it there, that comes later, as a receipt of its own. What is sent is in
`gateway.forms`, what is believed in `gateway.answers`, how calls are signed in `gateway.line`.

The platform is not known to recognise a record by a key, so it is asked by its own id before anything is sent again
(`find`); a site whose platform does recognise them says so in its settings.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from base.canonical import Json
from base.fetch import Fetch
from catalog_sync.mirror.offering import Page, Place, PlaceForgotten
from catalog_sync.record import Operation, Record, Subject
from catalog_sync.targets.calls import MOST_EVIDENCE
from catalog_sync.targets.gateway import answers, forms, offered
from catalog_sync.targets.gateway.answers import CANCELLED, Meaning, Row, Told, Unbelievable
from catalog_sync.targets.gateway.forms import Known, Missing, NotWritable
from catalog_sync.targets.gateway.line import Account, Line
from catalog_sync.targets.target import ChannelDown, Held, HostileAnswer, Listing, Outcome, Receipts, Reply

T = TypeVar("T")

NAME: Final = "national-gateway"
# What was never there needs no cancelling.
NOT_HELD: Final = "not-held"


class NationalGateway:
    """The national sharing gateway under one account."""

    def __init__(
        self,
        account: Account,
        fetch: Fetch,
        *,
        marks: bool = True,
        keys: bool = False,
        offers: frozenset[str] = frozenset(),
    ) -> None:
        self.name = account.name
        self.kinds = forms.KINDS
        self.offers = offers
        self.knows_keys = keys
        self.most = 1
        self._line = Line(account, fetch)
        self._marks = marks

    def send(self, records: Sequence[Record], known: Known, at: datetime) -> Sequence[Reply]:
        """Tell records, one after the other. Raises `ChannelDown`, `ChannelRefused`, `HostileAnswer`."""
        return [self._told(each, known, at) for each in records]

    def find(self, record: Record, at: datetime) -> Reply | None:
        """Ask whether this very version has arrived. Raises as `send` does."""
        return next((each.reply for each in self._rows(record, at) if self._is(record, each)), None)

    def receipts(self, mark: str, at: datetime) -> Receipts:
        """Read what reviews came to since a mark. Raises as `send` does."""
        asked = forms.table()["receipts"]
        body = {"mark": mark, "pageSize": asked["page_size"]}
        return Receipts(*self._believed(answers.receipts, self._asked(asked, body, at)))

    def listing(self, kind: str, mark: str, at: datetime) -> Listing:
        """List what the platform has of a kind and has not cancelled. Raises as `send` does."""
        asked, page = forms.table()["query"], int(mark or "1")
        body = {"datatype": kind, "pageNo": page, "pageSize": asked["page_size"]}
        found, total = self._believed(answers.rows, self._asked(asked, body, at))
        is_last = not found or page * asked["page_size"] >= total
        return Listing(
            tuple(_held(kind, each) for each in found if each.status != CANCELLED), None if is_last else str(page + 1)
        )

    def pages(self, kind: str, place: Place, at: datetime) -> Page:
        """Read a page of what the platform offers to be copied. Raises `PlaceForgotten`, and as `send` does."""
        told = self._line.call(*offered.asked(kind, place), at)
        if offered.is_forgotten(told):
            raise PlaceForgotten
        if told.meaning is not Meaning.SUCCESS:
            raise ChannelDown(self.name, f"a question was refused, code {told.code}")
        return self._believed(lambda each: offered.page(kind, each), told)

    def statistics(self, at: datetime) -> Mapping[str, Json]:
        """Tell how many things of each kind the platform says that it has. Raises as `send` does."""
        return dict(self._believed(answers.totals, self._asked(forms.table()["totals"], {}, at)))

    # --- one record -----------------------------------------------------------------------------------------------

    def _told(self, record: Record, known: Known, at: datetime) -> Reply:
        # What is told as new is registered, also where a thing of that id was cancelled before.
        is_new = record.operation is Operation.INSERT
        upstream = None if is_new else known.get(record.subject)
        if upstream is None and not is_new:
            upstream = next((each.upstream_id for each in self._rows(record, at) if each.status != CANCELLED), None)
        if upstream is None and record.operation is Operation.DELETE:
            return Reply(Outcome.STORED, code=NOT_HELD, words="对方没有此记录")
        return self._written(record, known, upstream, at)

    def _written(self, record: Record, known: Known, upstream: str | None, at: datetime) -> Reply:
        try:
            body = forms.written(record, known, upstream, marks=self._marks)
        except Missing as error:
            return Reply(Outcome.LATER, code=error.code, words=error.place)
        except NotWritable as error:
            return Reply(Outcome.REFUSED, code=error.code, words=error.place)
        service = forms.service_of(record)
        told = self._line.call(service.sid, service.path, body, at, record.key if self.knows_keys else "")
        if told.meaning is Meaning.SUCCESS:
            return self._taken(record, told, upstream, reviewed=service.reviewed)
        if told.meaning is Meaning.KNOWN and upstream is None:
            return self._modified(record, known, told, at)
        outcome = Outcome.LATER if told.meaning in {Meaning.NEEDS, Meaning.LATER} else Outcome.REFUSED
        return Reply(outcome, code=told.code, words=told.words)

    def _taken(self, record: Record, told: Told, upstream: str | None, *, reviewed: bool) -> Reply:
        guid = self._believed(lambda each: answers.receipt_of(each, record.subject.id), told)
        if upstream is not None and guid != upstream:
            raise HostileAnswer(self.name, "the receipt is another thing's", told.content[:MOST_EVIDENCE])
        return Reply(Outcome.ACCEPTED if reviewed else Outcome.STORED, guid, guid, words=told.words)

    def _modified(self, record: Record, known: Known, told: Told, at: datetime) -> Reply:
        """Go on with what the platform has already under our id: this very version, or one to be modified."""
        rows = [each for each in self._rows(record, at) if each.status != CANCELLED]
        same = next((each for each in rows if self._is(record, each)), None)
        if same is not None:
            return same.reply
        if not rows:
            return Reply(Outcome.LATER, code=told.code, words=told.words)
        return self._written(record, known, rows[0].upstream_id, at)

    # --- asking ---------------------------------------------------------------------------------------------------

    def _rows(self, record: Record, at: datetime) -> Sequence[Row]:
        """Give what the platform has under our id, the newest first."""
        body = {"datatype": record.subject.kind, "code": record.subject.id}
        found, _ = self._believed(answers.rows, self._asked(forms.table()["query"], body, at))
        if any(each.own != record.subject.id for each in found):
            raise HostileAnswer(self.name, "what was found is another thing")
        return found

    def _is(self, record: Record, row: Row) -> bool:
        if (record.operation is Operation.DELETE) != (row.status == CANCELLED):
            return False
        try:
            return forms.is_same(record, row.content, marks=self._marks)
        except NotWritable:
            return False

    def _asked(self, service: Mapping[str, Any], body: Mapping[str, Any], at: datetime) -> Told:
        told = self._line.call(service["sid"], service["path"], body, at)
        if told.meaning is not Meaning.SUCCESS:
            raise ChannelDown(self.name, f"a question was refused, code {told.code}")
        return told

    def _believed(self, read: Callable[[Told], T], told: Told) -> T:
        try:
            return read(told)
        except Unbelievable as error:
            raise HostileAnswer(self.name, str(error), told.content[:MOST_EVIDENCE]) from error


def _held(kind: str, row: Row) -> Held:
    version, digest = forms.version_in(row.content)
    return Held(Subject(kind, row.own), row.upstream_id, version, digest)
