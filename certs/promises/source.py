"""A kind of source, `promises`: the promise records of this site, read behind a directory of the credit organ.

It is a row of the exchange's table of sources, handed in by the application. Only the organisation that the site names
(`promises.owner`) can mount it; who may ask what of the directory is the gateway's business, as for every source. The
records are read as they stand, by a connection of this source's own, and sealed values are opened row by row.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.canonical import read as read_json
from base.db import Database, DatabaseUnreachable
from certs import contents
from certs.contents import Keys
from certs.filing.cases.models import Case
from certs.filing.cases.reading import bound
from certs.filing.undertakings.models import Undertaking
from certs.filing.undertakings.undertaking import Kind as UndertakingKind
from certs.filing.undertakings.undertaking import State
from certs.holder_codes import holder_codes
from certs.promises.record import COLUMNS, HOLDER, KEY, STATE_OF, VERIFIED
from exchange.mounting.errors import UnusableMount
from exchange.sources import Kind
from exchange.sources.declarations import Declared
from exchange.sources.place import Place
from exchange.sources.reading import SAMPLE_ROWS, Failed, Page
from exchange.sources.source import Column, Down, Question, Test, TooLarge
from exchange.sources.values import Mismatch, typed

KIND: Final = "promises"
# Rows are read so many at a time, until enough of them fit.
AT_ONCE: Final = 200


@dataclass(frozen=True)
class Records:
    """Where the records are, what they are opened with, and whose directory shares them."""

    database: Callable[[], Database] = field(repr=False)
    keys: Keys = field(repr=False)
    owner: str

    def kind(self) -> Kind:
        """Give the row of the table of sources."""
        return Kind(KIND, self._read, self._opened)

    def _read(self, told: Declared, columns: Sequence[Column], place: Place) -> None:
        """Read the declaration, which says nothing: the records are this site's. Raises `UnusableMount`."""
        told.end()
        if not self.owner or place.organisation != self.owner:
            raise UnusableMount("#/kind", "promises.owner")
        unknown = [each for each in columns if each.name not in COLUMNS]
        if unknown:
            raise UnusableMount("#/columns", " | ".join(COLUMNS))

    def _opened(self, _declared: None, columns: Sequence[Column], place: Place) -> "PromiseReader":
        return PromiseReader(self, columns, place)


class PromiseReader:
    """Fetches promise records, judging the conditions itself."""

    believes = False

    def __init__(self, records: Records, columns: Sequence[Column], place: Place) -> None:
        self._records = records
        self._columns = {each.item: each for each in columns}
        self._most = place.limits.scanned_rows

    def read(self, question: Question) -> Page:
        """Fetch the rows that fit, in the order of their numbers. Raises `Failed`."""
        with self._reading() as session:
            found: list[Mapping[str, object]] = []
            for row in self._rows(session, question):
                if len(found) == question.limit:
                    return Page(found, COLUMNS, str(found[-1][KEY]))
                if self._fits(row, question):
                    found.append(row)
        return Page(found, COLUMNS)

    def sample(self) -> Page:
        """Fetch the first rows. Raises `Failed`."""
        with self._reading() as session:
            rows = [row for row, _ in zip(self._rows(session, Question(())), range(SAMPLE_ROWS), strict=False)]
        newest = max((str(each["made_at"]) for each in rows), default=None)
        return Page(rows, COLUMNS, updated=newest)

    def close(self) -> None:
        """Hold nothing: the connection is the site's."""

    def _reading(self) -> Any:
        try:
            return self._records.database().reading()
        except DatabaseUnreachable as error:
            raise Failed(Down("database")) from error

    def _rows(self, session: Session, question: Question) -> Iterator[Mapping[str, object]]:
        """Read on from where the last page ended. Raises `Failed` when too many were looked through."""
        query = select(Undertaking, Case).join(Case, Case.number == Undertaking.case)
        query = query.where(Undertaking.kind == UndertakingKind.PROMISE.value)
        if (holders := self._holders(session, question)) is not None:
            query = query.where(Case.applicant_hash.in_(holders))
        last, seen = question.cursor or "", 0
        while True:
            page = session.execute(query.where(Undertaking.id > last).order_by(Undertaking.id).limit(AT_ONCE)).all()
            for promise, case in page:
                seen += 1
                if seen > self._most:
                    raise Failed(TooLarge("rows", self._most))
                yield self._row(session, promise, case)
            if len(page) < AT_ONCE:
                return
            last = page[-1][0].id

    def _holders(self, session: Session, question: Question) -> list[str] | None:
        """Give under what those stand who are asked for, if somebody is: by their index, without opening others'."""
        codes = [
            str(value)
            for each in question.conditions
            if self._columns[each.item].name == HOLDER and each.test in {Test.EQUAL, Test.IN}
            for value in each.values
        ]
        if not codes:
            return None
        keys = self._records.keys
        return [contents.holder_hash(session, keys, kind, code) for code in codes for kind in holder_codes()]

    def _row(self, session: Session, promise: Undertaking, case: Case) -> Mapping[str, object]:
        sealed = self._records.keys.open(session, case.content, bound(case.number, "content"))
        told: Any = read_json(sealed)
        state = State(promise.state)
        is_verified = state in VERIFIED
        return {
            KEY: promise.id,
            "holder_name": told["applicant"]["name"],
            HOLDER: told["applicant"]["code"],
            "matter_code": case.item_code,
            "matter": case.item_name,
            "material": promise.name,
            "text_sm3": promise.facts["text_sm3"],
            "made_at": promise.made_at.isoformat(),
            "due_at": promise.due_at.isoformat(),
            "state": STATE_OF[state],
            "organ": case.organ,
            "verified_by": promise.owner if is_verified else None,
            "verified_at": promise.settled_at.isoformat() if is_verified and promise.settled_at else None,
        }

    def _fits(self, row: Mapping[str, object], question: Question) -> bool:
        for each in question.conditions:
            column = self._columns[each.item]
            try:
                if not each.holds(typed(row[column.name], column.type)):
                    return False
            except Mismatch:
                return False
        return True
