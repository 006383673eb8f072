"""Being a client of a case centre (办件中心): its projects become cases here, steps taken here are told there.

Three calls of JSON over HTTP, each safe to repeat; names of members are the national tables' own:

    GET  {url}/projects?after=CURSOR          → {"items": [{project_no, task_handle_item, …}], "next": "CURSOR"}
    POST {url}/projects/NO/receipts           ← {"state": "taken | refused", "code": "…"}
    POST {url}/projects/NO/steps/SEQUENCE     ← {"act", "state", "rows": [{"table", "columns"}]}
                                              → {"state": "taken", "receipt": "…"} | {"state": "refused", "code": "…"}

The cursor moves in the transaction that keeps what came, one project at a time being taken or refused before: what is
fetched twice is known by its number. Steps of one case are told in their order, under the key `NO:SEQUENCE`; one that
the centre refuses is kept with its code and holds back the later ones until somebody sends it again. A centre that
cannot be reached ends the run; the next goes on.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from base import strict_json
from base.callers import Caller
from base.db import Database, inserting
from base.errors import DomainError, Kind
from base.fetch import Destination, FetchFailed, Outgoing
from certs.filing.cases import receiving, upward
from certs.filing.cases.centre_models import CentreCursor, CentreProject
from certs.filing.cases.deliveries import CENTRE_CALLER
from certs.filing.cases.errors import CentreAnswerUnreadable, NoSuchCaseDelivery
from certs.filing.cases.models import CENTRE, NAME_LENGTH, NUMBER_LENGTH, REFUSED, TAKEN, WAITING, Case, CaseDelivery
from certs.filing.cases.told import SYSTEM, MaterialIn, Operator, Party, Received
from certs.filing.cases.wiring import Cases, Centre
from certs.holder_codes import holder_codes
from certs.libraries.signing_requests import key_id, signed_headers
from keys.parties.organisations import organisation_of
from keys.parties.request_signing import Message
from keys.signers.signer import Signer

PROJECTS: Final = "projects"
OK: Final = 200
# A page of projects with their forms; a receipt has two short members.
LARGEST_PAGE: Final = 8 * 1024 * 1024
LARGEST_RECEIPT: Final = 16 * 1024
MOST_AT_ONCE: Final = 100
WAITS: Final = tuple(timedelta(seconds=each) for each in (30, 120, 600, 3600, 21600))
RECEIPT_LENGTH: Final = 128
CODE_LENGTH: Final = 80


@dataclass(frozen=True)
class Client:
    """Speaks with the centre, for the whole house."""

    database: Database = field(repr=False)
    parts: Cases = field(repr=False)
    centre: Centre = field(repr=False)

    def push_due(self, at: datetime) -> int:
        """Tell the steps that are due; count those that the centre took."""
        with self.database.reading() as session:
            waiting, signer = due(session, at), self._signer(session)
        taken = 0
        for number in waiting:
            try:
                taken += self._push(number, signer, at)
            except FetchFailed as silence:
                self._put_off(number, silence.code, at)
                break
            except CentreAnswerUnreadable as error:
                self._put_off(number, error.code, at)
        return taken

    def pull(self, at: datetime) -> int:
        """Read on in the centre's list, and tell it what became of each project; count those that came.

        Raises `FetchFailed`, `CentreAnswerUnreadable`: then nothing has moved.
        """
        with self.database.reading() as session:
            cursor, signer = session.get(CentreCursor, PROJECTS), self._signer(session)
            after = cursor.value if cursor is not None else ""
        page = self._asked("GET", f"/projects?after={quote(after, safe='')}", b"", signer, at, LARGEST_PAGE)
        items, following = page.get("items"), page.get("next")
        if not isinstance(items, list) or not isinstance(following, str) or len(items) > MOST_AT_ONCE:
            raise CentreAnswerUnreadable("page")
        for item in items:
            self._take(item, at)
        with self.database.transaction() as session:
            told = inserting(session, CentreCursor).values(name=PROJECTS, value=following, read_at=at)
            changed = {"value": following, "read_at": at}
            session.execute(told.on_conflict_do_update(index_elements=[CentreCursor.name], set_=changed))
        self._acknowledge(signer, at)
        return len(items)

    def _push(self, number: int, signer: Signer | None, at: datetime) -> bool:
        with self.database.reading() as session:
            row = session.get_one(CaseDelivery, number)
            case, sequence = session.get_one(Case, row.case), row.sequence
            rows = upward.rows_of(session, self.parts, case, sequence)
            told = {"rows": [{"table": each.table, "columns": dict(each.columns)} for each in rows]}
        path = f"/projects/{quote(case.number, safe='')}/steps/{sequence}"
        body = json.dumps(told, ensure_ascii=False).encode()
        answer = self._asked("POST", path, body, signer, at, LARGEST_RECEIPT, key=f"{case.number}:{sequence}")
        with self.database.transaction() as session:
            row = session.get_one(CaseDelivery, number, with_for_update=True)
            return _settle(row, answer, at)

    def _take(self, item: Any, at: datetime) -> None:
        """Take one project as a case, or keep why not."""
        if not isinstance(item, dict) or not isinstance(item.get("project_no"), str) or not item["project_no"]:
            raise CentreAnswerUnreadable("project_no")
        if len(item["project_no"]) > NUMBER_LENGTH:
            raise CentreAnswerUnreadable("project_no-too-long")
        number = item["project_no"]
        with self.database.reading() as session:
            known = session.get(CentreProject, number)
            if known is not None and known.state == TAKEN:
                return
        code = ""
        try:
            with self.database.transaction() as session:
                receiving.receive(session, self.parts, read_project(item), _receiver(session, item), at)
                self._keep(session, number, item, "", at)
        except DomainError as refusal:
            # What this house lacks (a calendar, a database) is no fault of the project: it comes again.
            if refusal.retryable or refusal.kind is Kind.UNAVAILABLE:
                raise
            code = refusal.code
        except KeyError:
            code = "member-missing"
        except (TypeError, ValueError, AttributeError):
            code = "member-invalid"
        if code:
            with self.database.transaction() as session:
                self._keep(session, number, item, code, at)

    def _keep(self, session: Session, number: str, item: Mapping[str, Any], code: str, at: datetime) -> None:
        place = f"certs_centre_projects:{number}".encode()
        changed = {
            "state": REFUSED if code else TAKEN,
            "code": code[:CODE_LENGTH],
            "content": self.parts.keys.seal(session, json.dumps(item, ensure_ascii=False).encode(), place),
            "came_at": at,
            "told_at": None,
        }
        kept = inserting(session, CentreProject).values(number=number, **changed)
        session.execute(kept.on_conflict_do_update(index_elements=[CentreProject.number], set_=changed))

    def _acknowledge(self, signer: Signer | None, at: datetime) -> None:
        """Tell the centre what became of what it sent; what cannot be told now is told by the next run."""
        with self.database.reading() as session:
            query = select(CentreProject.number, CentreProject.state, CentreProject.code)
            untold = session.execute(query.where(CentreProject.told_at.is_(None)).limit(MOST_AT_ONCE)).all()
        for number, state, code in untold:
            body = json.dumps({"state": state, "code": code}).encode()
            path = f"/projects/{quote(number, safe='')}/receipts"
            try:
                self._asked("POST", path, body, signer, at, LARGEST_RECEIPT, key=f"{number}:receipt")
            except (FetchFailed, CentreAnswerUnreadable):
                return
            with self.database.transaction() as session:
                session.get_one(CentreProject, number, with_for_update=True).told_at = at

    def _put_off(self, number: int, code: str, at: datetime) -> None:
        with self.database.transaction() as session:
            row = session.get_one(CaseDelivery, number, with_for_update=True)
            row.code, row.next_at = code[:CODE_LENGTH], at + WAITS[min(row.tries, len(WAITS) - 1)]
            row.tries += 1

    def _signer(self, session: Session) -> Signer | None:
        centre = self.centre
        return centre.signer_for(session, centre.key) if centre.key and centre.signer_for is not None else None

    def _asked(
        self, method: str, path: str, body: bytes, signer: Signer | None, at: datetime, most: int, key: str = ""
    ) -> Mapping[str, Any]:
        """Send one request, and read its answer. Raises `FetchFailed`, `CentreAnswerUnreadable`."""
        url = self.centre.url + path
        headers = {"content-type": "application/json", "accept": "application/json"}
        if key:
            # A header is ASCII, a number given elsewhere need not be.
            headers["idempotency-key"] = quote(key, safe=":")
        if signer is not None:
            headers |= signed_headers(Message.of_url(method, url, headers, body), signer, key_id(signer), at)
        destination = Destination.of(url, intranet=self.centre.intranet)
        request = Outgoing(method, url, (destination,), tuple(headers.items()), body, idempotent=True, max_bytes=most)
        try:
            answer = strict_json.parse(self.centre.fetch(request).expect(OK).body)
        except FetchFailed:
            raise
        except DomainError as error:
            raise CentreAnswerUnreadable("no-json") from error
        if not isinstance(answer, dict):
            raise CentreAnswerUnreadable("no-object")
        return answer


def due(session: Session, at: datetime) -> list[int]:
    """Name the steps that are to be told now: of each case the earliest that was not taken."""
    earlier = aliased(CaseDelivery)
    before = select(earlier.id).where(
        earlier.channel == CENTRE,
        earlier.case == CaseDelivery.case,
        earlier.sequence < CaseDelivery.sequence,
        earlier.state != TAKEN,
    )
    query = select(CaseDelivery.id).where(
        CaseDelivery.channel == CENTRE, CaseDelivery.state == WAITING, CaseDelivery.next_at <= at, ~before.exists()
    )
    return list(session.scalars(query.order_by(CaseDelivery.id).limit(MOST_AT_ONCE)))


def resend(session: Session, case: Case, sequence: int, by: Caller, at: datetime) -> CaseDelivery:
    """Have a step that the centre refused told again. Raises `NoSuchCaseDelivery`."""
    query = select(CaseDelivery).where(
        CaseDelivery.case == case.number, CaseDelivery.sequence == sequence, CaseDelivery.channel == CENTRE
    )
    row = session.scalars(query.with_for_update()).one_or_none()
    if row is None or row.state != REFUSED or by.organisation != case.organ:
        raise NoSuchCaseDelivery(sequence)
    row.state, row.code, row.next_at, row.settled_at = WAITING, "", at, None
    return row


def read_project(item: Mapping[str, Any]) -> Received:
    """Read a project as a receipt. Raises `KeyError`, `TypeError`, `ValueError` where it is none."""
    kind = _text(item, "applyer_page_type")
    if kind not in holder_codes():
        raise ValueError("applyer_page_type")
    applicant = Party(
        _text(item, "applyer_name"),
        "organisation" if str(item.get("applyer_type", "")) in {"2", "organisation"} else "person",
        kind,
        _text(item, "applyer_page_code").strip().upper(),
        str(item.get("contact_mobile", "")),
    )
    number = _text(item, "project_no")
    return Received(
        key=number,
        matter=_text(item, "task_handle_item"),
        receiving_region=_text(item, "receiving_region"),
        receiving_window=str(item.get("receiving_window", "")) or "—",
        project_name=_text(item, "project_name"),
        applicant=applicant,
        operator=Operator(SYSTEM, CENTRE_CALLER, _text(item, "receiving_org_code")),
        legal=str(item.get("legal", ""))[:NAME_LENGTH],
        address=str(item.get("address", ""))[:NAME_LENGTH],
        zip_code=str(item.get("zip_code", "")),
        apply_type=str(item.get("apply_type", "centre")),
        project_type=str(item.get("project_type", "promised")),
        form=dict(item.get("form") or {}),
        materials=tuple(_material(place, each) for place, each in enumerate(item.get("materials") or [], 1)),
        number=number,
    )


def _material(place: int, told: Mapping[str, Any]) -> MaterialIn:
    return MaterialIn(
        str(told.get("key") or f"material-{place}"),
        _text(told, "material_name"),
        get_type=str(told.get("get_type", "centre")),
        get_num=int(told.get("get_num", 1)),
        source=str(told.get("source", "")),
        file_name=str(told.get("material_attach_name", "")),
    )


def _receiver(session: Session, item: Mapping[str, Any]) -> Caller:
    """Name the organ at whose window the centre took it in. Raises `NoSuchOrganisation`, `KeyError`, `ValueError`."""
    code = organisation_of(session, _text(item, "receiving_org_code")).code
    return Caller(SYSTEM, CENTRE_CALLER, CENTRE_CALLER, code, scopes=frozenset({"case:write"}))


def _settle(row: CaseDelivery, answer: Mapping[str, Any], at: datetime) -> bool:
    """Note what the centre answered. Raises `CentreAnswerUnreadable`."""
    state = answer.get("state")
    if state == TAKEN:
        receipt = answer.get("receipt")
        if not isinstance(receipt, str) or not receipt or not receipt.isprintable():
            raise CentreAnswerUnreadable("receipt")
        row.state, row.receipt, row.code, row.settled_at = TAKEN, receipt[:RECEIPT_LENGTH], "", at
        return True
    if state == REFUSED:
        row.state, row.code, row.settled_at = REFUSED, str(answer.get("code", ""))[:CODE_LENGTH], at
        return False
    raise CentreAnswerUnreadable("no-such-state")


def _text(told: Mapping[str, Any], name: str) -> str:
    """Read a member that has to be a text. Raises `KeyError`, `ValueError`."""
    value = told[name]
    if not isinstance(value, str) or not value.strip() or len(value) > NAME_LENGTH or not value.isprintable():
        raise ValueError(name)
    return value
