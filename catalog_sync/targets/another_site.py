"""Another site of this platform as a target: a city tells its province, a province a city, in our own words.

Records cross in batches and are known there by their keys, so nothing is asked before it is sent again. Each reply is
final but *later*; receipts tell the same once more, which is how a lost answer is made up for. What the site returns to
us is fetched by a job of its own (`catalog_sync.cascade.fetching`). How calls are signed is in `site.line`, what is
sent and believed in `site.words`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from base.canonical import Json
from catalog_sync.reconciliation.other_side import MOST_ANSWER_BYTES
from catalog_sync.record import Record, Subject
from catalog_sync.targets.calls import MOST_EVIDENCE
from catalog_sync.targets.site import words
from catalog_sync.targets.site.line import Line
from catalog_sync.targets.site.rows import Delivered, delivered
from catalog_sync.targets.site.words import Returned, Unbelievable
from catalog_sync.targets.target import HostileAnswer, Listing, Receipts, Reply

T = TypeVar("T")

RECORDS: Final = "/records"
RECEIPTS: Final = "/receipts"
FINDS: Final = "/finds"
LISTING: Final = "/listing"
STATISTICS: Final = "/statistics"
RETURNS: Final = "/returns"
COMPARISONS: Final = "/comparisons"
BALANCES: Final = "/balances"
ROWS: Final = "/rows"
ROW_RECEIPTS: Final = "/rows/receipts"
# What is said where there is nothing to give.
NOTHING: Final = b"null"
# As many as the other side takes at once.
MOST: Final = 50
# The first question of a comparison has everything read there that we ever told.
COMPARISON_SECONDS: Final = 60.0


class AnotherSite:
    """One other site, as its line reaches it."""

    knows_keys = True
    most = MOST

    def __init__(self, line: Line, kinds: frozenset[str], region: str = "", *, returns: bool = False) -> None:
        self.name = line.way.name
        self.kinds = kinds
        # To what region that which it returns to us must belong; empty: to any.
        self.region = region
        self.returns = returns
        self._line = line

    def send(self, records: Sequence[Record], _known: Mapping[Subject, str], at: datetime) -> Sequence[Reply]:
        """Tell records. Raises `ChannelDown`, `ChannelRefused`, `HostileAnswer`."""
        told = self._line.told(RECORDS, {"records": [words.written(each) for each in records]}, at)
        return self._believed(lambda: words.replies(told, records), told)

    def find(self, record: Record, at: datetime) -> Reply | None:
        """Ask whether this very version has arrived. Raises as `send` does."""
        subject = record.subject
        asked = {"kind": subject.kind, "thing": subject.id, "version": record.version, "key": record.key}
        told = self._line.told(FINDS, asked, at)
        return self._believed(lambda: words.found(told), told)

    def receipts(self, mark: str, at: datetime) -> Receipts:
        """Read the receipts since a mark. Raises as `send` does."""
        told = self._line.asked(RECEIPTS, {"mark": mark}, at)
        return self._believed(lambda: words.receipts(told), told)

    def listing(self, kind: str, mark: str, at: datetime) -> Listing:
        """List what the site holds of ours. Raises as `send` does."""
        told = self._line.asked(LISTING, {"kind": kind, "mark": mark}, at)
        return self._believed(lambda: words.listing(told, kind), told)

    def statistics(self, at: datetime) -> Mapping[str, Json]:
        """Tell what the site says of itself. Raises as `send` does."""
        told = self._line.asked(STATISTICS, {}, at)
        if not isinstance(told, dict):
            raise HostileAnswer(self.name, "statistics")
        return told

    def returned(self, mark: str, at: datetime) -> Returned:
        """Read what the site returns to us since a mark. Raises as `send` does."""
        told = self._line.asked(RETURNS, {"mark": mark}, at)
        return self._believed(lambda: words.returned(told), told)

    def rows(self, directory: str, after: str, at: datetime) -> Delivered:
        """Read the rows of our region that the site delivers of a directory, after a mark. Raises as `send` does."""
        told = self._line.told(ROWS, {"directory": directory, "after": after}, at)
        return self._believed(lambda: delivered(told, after), told)

    def confirm(self, directory: str, mark: str, taken: int, rejected: int, at: datetime) -> None:
        """Tell the site that everything up to a mark was brought in. Raises as `send` does."""
        told = {"directory": directory, "mark": mark, "taken": taken, "rejected": rejected}
        self._line.told(ROW_RECEIPTS, told, at)

    def compare(self, question: bytes, at: datetime) -> bytes:
        """Carry a question about what it holds of us. Raises as `send` does."""
        body = self._line.sent("POST", COMPARISONS, question, at, seconds=COMPARISON_SECONDS).body
        if len(body) > MOST_ANSWER_BYTES:
            raise HostileAnswer(self.name, "comparison: size", body[:MOST_EVIDENCE])
        return body

    def countersign(self, balance: bytes, at: datetime) -> bytes | None:
        """Have the site sign a balance beside us; none where it holds something else by now. Raises as `send` does."""
        body = self._line.sent("POST", BALANCES, balance, at, seconds=COMPARISON_SECONDS).body
        return None if body == NOTHING else body

    def _believed(self, read: Callable[[], T], told: Any) -> T:
        try:
            return read()
        except Unbelievable as error:
            raise HostileAnswer(self.name, str(error), repr(told).encode()[:MOST_EVIDENCE]) from error
