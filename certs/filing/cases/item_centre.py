"""Being a client of an item centre (事项中心): its matters become matters here, page by page; nothing is pushed back.

    GET  {url}/items?after=MARK  → {"tables": {"up_task_general_basic": [{…}], …}, "next": "MARK"}

A page without rows ends a run. Each page is taken in by the same import as a file, in one transaction with the mark
from which the next one is asked for: a page that comes twice changes nothing, and versions hold from the day that the
page tells, or else from the day on which it came. Faulty matters are left out and told by a pointer into the page; the
others are taken. A page that is none, or that speaks for matters outside the region in whose name it is read, is kept
as it came and nothing of it is applied: the mark stays, and so does the page, until somebody has looked.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy.orm import Session

from base import strict_json
from base.acting import new_id
from base.callers import Caller
from base.db import Database, inserting
from base.errors import DomainError
from base.fetch import Destination, Outgoing
from base.workdays import local_day
from certs.contents import Keys
from certs.filing.cases import item_pages
from certs.filing.cases.centre_models import CentreCursor, ItemPull
from certs.filing.cases.errors import CentreAnswerUnreadable
from certs.filing.cases.models import REFUSED, TAKEN
from certs.filing.cases.wiring import ItemCentre
from certs.filing.matters import importing
from certs.filing.matters.errors import NotYourMatter
from certs.filing.matters.importing import Report, Source
from certs.libraries.signing_requests import key_id, signed_headers
from certs.types import Types
from keys.algorithms.sm3 import SM3
from keys.parties.organisations import organisation_of
from keys.parties.request_signing import Message
from keys.signers.signer import Signer

ITEMS: Final = "items"
CALLER: Final = "item-centre"
SOURCE: Final = "事项中心"
OK: Final = 200
# Two thousand rows with their texts.
LARGEST_PAGE: Final = 8 * 1024 * 1024
# A province's catalogue is some hundred pages; what has more is not to be walked in one run.
MOST_PAGES: Final = 1_000


@dataclass(frozen=True)
class Pulled:
    """What a run brought."""

    pages: int
    matters: int
    new: int
    changed: int
    faulty: int


@dataclass(frozen=True)
class ItemClient:
    """Reads the centre's matters, for the whole house."""

    database: Database = field(repr=False)
    keys: Keys = field(repr=False)
    types: Types = field(repr=False)
    centre: ItemCentre = field(repr=False)

    def pull(self, at: datetime) -> Pulled:
        """Read on from the last mark until there is nothing more.

        Raises `FetchFailed`, `CentreAnswerUnreadable`, `NotYourMatter`: what was read before is kept.
        """
        found: list[Report] = []
        for _ in range(MOST_PAGES):
            report = self.page(at)
            if report is None:
                break
            found.append(report)
        return Pulled(
            len(found),
            sum(each.matters for each in found),
            sum(each.new for each in found),
            sum(each.changed for each in found),
            sum(each.faulty for each in found),
        )

    def page(self, at: datetime) -> Report | None:
        """Read and take in one page; nothing where there are no rows. Raises as `pull` does."""
        with self.database.reading() as session:
            cursor, signer = session.get(CentreCursor, ITEMS), self._signer(session)
            after = cursor.value if cursor is not None else ""
        content = self._asked(after, signer, at)
        try:
            told = item_pages.page(_object(content), after)
            if not told.rows:
                self._move(told.following, at)
                return None
            with self.database.transaction() as session:
                report = importing.take_in(session, told.tables, self.types, self._source(at), self._by(session), at)
                _moved(session, told.following, at)
                self._keep(session, after, content, report, "", at)
        except (CentreAnswerUnreadable, NotYourMatter) as refusal:
            with self.database.transaction() as session:
                self._keep(session, after, content, None, _code(refusal), at)
            raise
        return report

    def _move(self, following: str, at: datetime) -> None:
        with self.database.transaction() as session:
            _moved(session, following, at)

    def _source(self, at: datetime) -> Source:
        return Source(SOURCE, local_day(at), dry_run=False)

    def _by(self, session: Session) -> Caller:
        """Give whom the matters are taken in for: an authority of its region. Raises `NoSuchOrganisation`."""
        code = organisation_of(session, self.centre.organisation).code
        return Caller("system", CALLER, CALLER, code, roles=frozenset({"authority"}))

    def _keep(
        self, session: Session, after: str, content: bytes, report: Report | None, code: str, at: datetime
    ) -> None:
        """Keep what came and what became of it; the whole page only where something in it has to be looked into."""
        digest = SM3.of(content).hex()
        found = report.faults if report is not None else ()
        faults = [{**asdict(each), "table": each.table.value, "pointer": item_pages.pointer(each)} for each in found]
        sealed = self.keys.seal(session, content, _bound(after, digest)) if code or faults else None
        counts = {} if report is None else {name: getattr(report, name) for name in _COUNTS}
        changed: dict[str, Any] = {
            "state": REFUSED if code else TAKEN,
            "code": code,
            "content": sealed,
            "report": {**counts, "faults": faults},
            "came_at": at,
        }
        kept = inserting(session, ItemPull).values(id=new_id(), after=after, sm3=digest, size=len(content), **changed)
        session.execute(kept.on_conflict_do_update(index_elements=[ItemPull.after, ItemPull.sm3], set_=changed))

    def _signer(self, session: Session) -> Signer | None:
        centre = self.centre.reached
        return centre.signer_for(session, centre.key) if centre.key and centre.signer_for is not None else None

    def _asked(self, after: str, signer: Signer | None, at: datetime) -> bytes:
        """Ask for the page after a mark. Raises `FetchFailed`."""
        centre = self.centre.reached
        url = f"{centre.url}/items?after={quote(after, safe='')}"
        headers = {"accept": "application/json"}
        if signer is not None:
            headers |= signed_headers(Message.of_url("GET", url, headers, b""), signer, key_id(signer), at)
        destination = Destination.of(url, intranet=centre.intranet)
        request = Outgoing(
            "GET", url, (destination,), tuple(headers.items()), b"", idempotent=True, max_bytes=LARGEST_PAGE
        )
        return centre.fetch(request).expect(OK).body


_COUNTS: Final = ("matters", "new", "changed", "same", "faulty", "materials", "without_basis", "unmapped")


def evidence(session: Session, keys: Keys, row: ItemPull) -> bytes:
    """Give a page as it came, where it was kept."""
    return keys.open(session, row.content, _bound(row.after, row.sm3)) if row.content is not None else b""


def _object(content: bytes) -> Mapping[str, Any]:
    """Read an object of JSON. Raises `CentreAnswerUnreadable`."""
    try:
        told = strict_json.parse(content)
    except DomainError as error:
        raise CentreAnswerUnreadable("no-json") from error
    if not isinstance(told, dict):
        raise CentreAnswerUnreadable("no-object")
    return told


def _code(refusal: DomainError) -> str:
    reason = getattr(refusal, "reason", "")
    return (f"{refusal.code}: {reason}" if reason else refusal.code)[:80]


def _moved(session: Session, following: str, at: datetime) -> None:
    changed = {"value": following, "read_at": at}
    kept = inserting(session, CentreCursor).values(name=ITEMS, **changed)
    session.execute(kept.on_conflict_do_update(index_elements=[CentreCursor.name], set_=changed))


def _bound(after: str, digest: str) -> bytes:
    return f"certs_item_pulls:{after}:{digest}".encode()
