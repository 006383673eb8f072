"""The client: one method for each thing that a business system asks of the platform.

An outcome (`found`, `not_found`, `denied` …) is an answer; what is refused is raised, see `yinxin_client.errors`. One
client serves all threads of a process. Questions about holders are made once, since each is a use on record and takes
from the quota; what makes something carries an Idempotency-Key, so that a retry makes no second one.
"""

import base64
import binascii
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import quote

from yinxin_client.access import Credential
from yinxin_client.answers import (
    CertificateStanding,
    CheckAnswer,
    CopyAnswer,
    DataAnswer,
    MadeCopy,
    MissingReport,
    Presented,
    QueryAnswer,
    Receipt,
    ReceiptKey,
    Usage,
)
from yinxin_client.calls import Call, Calls, Connection, Settings, moment
from yinxin_client.errors import UnreadableAnswer
from yinxin_client.purposes import CertificateQuery, Comparison, Condition, MissingCertificate, Purpose
from yinxin_client.reports import Report, Sealed, SealOrder
from yinxin_client.shapes import read, written

T = TypeVar("T")

API = "/api/v1"
QUERIES = f"{API}/certificate-queries"
# What the service gives on a page at most.
PAGE_ITEMS = 200


class Client:
    """Calls one platform."""

    def __init__(
        self,
        url: str,
        credential: Credential | None = None,
        *,
        settings: Settings | None = None,
        connection: Connection | None = None,
    ) -> None:
        """Prepare; nothing is sent yet. Without a credential only what is open to everyone can be asked.

        Raises `PlainHttpRefused`.
        """
        self._calls = Calls(url, credential, settings or Settings(), connection or Connection())

    def close(self) -> None:
        """Close every connection."""
        self._calls.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- documents ------------------------------------------------------------------------------------------------

    def verify(
        self, document: bytes | Path, *, name: str = "", policy: str = "default", at: datetime | None = None
    ) -> Report:
        """Verify a PDF or OFD, as of now or of a moment in the past. Anyone may; the document is not kept."""
        content = document if isinstance(document, bytes) else document.read_bytes()
        given = name or (document.name if isinstance(document, Path) else "document")
        form = {"policy": policy} | ({"at": moment(at)} if at is not None else {})
        # Twice is two reports of the same document, and nothing else.
        call = Call("POST", f"{API}/verifications", form=form, file=(given, content), repeatable=True)
        return read(Report, self._calls.answer(call))

    def verification(self, report: str) -> Report:
        """Give a report again by its id, while it is kept."""
        return read(Report, self._calls.answer(Call("GET", f"{API}/verifications/{_segment(report)}")))

    def verification_pdf(self, report: str) -> bytes:
        """Give a report as PDF/A-3, by its id, while it is kept."""
        return self._calls.sent(Call("GET", f"{API}/verifications/{_segment(report)}/report.pdf")).content

    def seal(self, document: bytes | Path, order: SealOrder, *, idempotency_key: str | None = None) -> Sealed:
        """Seal a PDF or OFD under an authorisation.

        Give an `idempotency_key` of your own where the whole call may be made again after your process ended.
        """
        content = document if isinstance(document, bytes) else document.read_bytes()
        name = document.name if isinstance(document, Path) else ""
        body = {**written(order), "document": base64.b64encode(content).decode("ascii"), "name": name}
        told = self._made("/signatures", body, idempotency_key)
        try:
            sealed = base64.b64decode(told["document"], validate=True)
            return Sealed(told["use"], sealed, told["sm3"], read(Report, told["report"]))
        except (KeyError, TypeError, binascii.Error) as error:
            raise UnreadableAnswer("the sealed document") from error

    # --- certificates ---------------------------------------------------------------------------------------------

    def query_certificates(self, query: CertificateQuery, purpose: Purpose, *, signed: bool = False) -> QueryAnswer:
        """Look a holder's certificates up, or one certificate."""
        body = {**query.document(), "purpose": purpose.document()}
        return read(QueryAnswer, self._calls.answer(_signable(QUERIES, body, purpose, signed=signed)))

    def query_many(
        self, queries: Sequence[CertificateQuery], purpose: Purpose, *, signed: bool = False
    ) -> tuple[QueryAnswer, ...]:
        """Ask up to a hundred queries for one purpose; each has an answer of its own, in their order."""
        body = {"queries": [each.document() for each in queries], "purpose": purpose.document()}
        told = self._calls.answer(_signable(QUERIES, body, purpose, signed=signed))
        return tuple(read(QueryAnswer, each) for each in _listed(told.get("items")))

    def check(
        self, query: CertificateQuery, comparisons: Sequence[Comparison], purpose: Purpose, *, signed: bool = False
    ) -> CheckAnswer:
        """Compare with a certificate, up to ten times, and get a signed yes or no without reading it."""
        checks = [each.document() for each in comparisons]
        body = {**query.document(), "checks": checks, "purpose": purpose.document()}
        call = _signable(f"{API}/certificate-checks", body, purpose, signed=signed)
        return read(CheckAnswer, self._calls.answer(call))

    def copy(
        self,
        identifier: str,
        purpose: Purpose,
        *,
        format: str = "pdf",  # noqa: A002 - the service's word
        days: int = 7,
        idempotency_key: str | None = None,
    ) -> CopyAnswer:
        """Have a copy made, marked with its purpose, that may be shown for so many days; `take_copy` brings it."""
        body = {"identifier": identifier, "purpose": purpose.document(), "format": format, "days": days}
        return read(CopyAnswer, self._made("/certificate-copies", body, idempotency_key))

    def take_copy(self, made: MadeCopy) -> bytes:
        """Take a copy; its link works once, so this is never tried again by itself."""
        # Of the link only its last part is used: a token goes to this service, whatever an answer says.
        token = made.link.rpartition("/")[2]
        return self._calls.sent(Call("GET", f"{API}/copies/{_segment(token)}", repeatable=False)).content

    def report_missing(self, missing: MissingCertificate, *, idempotency_key: str | None = None) -> MissingReport:
        """Tell the issuer that the holder has what a look-up did not find; the issuer answers until its deadline."""
        return read(MissingReport, self._made("/missing-reports", missing.document(), idempotency_key))

    def missing_reports(self, **narrowed: str) -> Iterator[MissingReport]:
        """List our own reports, the oldest first; narrow by state."""
        return self._pages("/missing-reports", MissingReport, narrowed)

    def redeem(self, code: str, purpose: Purpose) -> Presented:
        """Redeem the code that a holder shows; it works once, so this is never tried again by itself."""
        path = f"{API}/presentations/{_segment(code)}/redemptions"
        return read(Presented, self._calls.answer(Call("POST", path, {"purpose": purpose.document()})))

    def certificate_status(self, token: str) -> CertificateStanding:
        """Tell how the certificate stands now whose face carries this code: nothing of its holder; anyone may ask."""
        return read(CertificateStanding, self._calls.answer(Call("GET", f"{API}/certificate-status/{_segment(token)}")))

    def certificate_types(self) -> Iterator[Mapping[str, Any]]:
        """List the certificate types that the platform knows, as their JSON."""
        told = self._calls.answer(Call("GET", f"{API}/certificate-types"))
        return iter(_listed(told.get("items")))

    # --- shared data ----------------------------------------------------------------------------------------------

    def data(
        self,
        directory: str,
        purpose: Purpose,
        conditions: Sequence[Condition] = (),
        *,
        fields: Sequence[str] = (),
        limit: int | None = None,
        cursor: str | None = None,
        sealed: bool = False,
        signed: bool = False,
    ) -> DataAnswer:
        """Ask a directory one question; no fields means all that are granted."""
        body = _question(purpose, fields, limit, sealed=sealed)
        body["conditions"] = [each.document() for each in conditions]
        if cursor is not None:
            body["cursor"] = cursor
        return self._asked(directory, body, purpose, signed=signed)

    def data_pages(
        self,
        directory: str,
        purpose: Purpose,
        conditions: Sequence[Condition] = (),
        *,
        fields: Sequence[str] = (),
        limit: int | None = None,
        signed: bool = False,
    ) -> Iterator[DataAnswer]:
        """Ask a directory page by page, each a use of its own; the last may be one that is down."""
        cursor: str | None = None
        while True:
            page = self.data(directory, purpose, conditions, fields=fields, limit=limit, cursor=cursor, signed=signed)
            yield page
            cursor = page.next_cursor
            if cursor is None:
                return

    def data_of_many(
        self,
        directory: str,
        purpose: Purpose,
        subjects: Sequence[Sequence[Condition]],
        *,
        fields: Sequence[str] = (),
        signed: bool = False,
    ) -> DataAnswer:
        """Ask a directory about up to a hundred subjects; `items` holds an outcome for each, in their order."""
        body = _question(purpose, fields, None, sealed=False)
        body["subjects"] = [[each.document() for each in subject] for subject in subjects]
        return self._asked(directory, body, purpose, signed=signed)

    def usages(self, **narrowed: str) -> Iterator[Usage]:
        """List our own uses, the oldest first; narrow by directory, outcome, item_code, basis, since, until, of."""
        return self._pages("/usages", Usage, narrowed)

    def bind_usage(self, usage: str, case: str, *, idempotency_key: str | None = None) -> Usage:
        """Tell which case came of a use that was made before it."""
        told = self._made(f"/usages/{_segment(usage)}/bindings", {"case": case}, idempotency_key)
        return read(Usage, told)

    # --- receipts -------------------------------------------------------------------------------------------------

    def receipt(self, usage: str) -> Receipt:
        """Give the receipt of a use; its `whole`, written as JSON, is what the checker takes."""
        return read(Receipt, self._calls.answer(Call("GET", f"{API}/receipts/{_segment(usage)}")))

    def receipt_keys(self) -> tuple[ReceiptKey, ...]:
        """Give the keys that receipts are verified with; keep them elsewhere, and compare."""
        told = self._calls.answer(Call("GET", f"{API}/receipt-keys")).get("items")
        return tuple(read(ReceiptKey, each) for each in _listed(told))

    def receipt_checker(self) -> bytes:
        """Give the service's one-file checker of receipts, a Python program: read it, keep it, run it offline."""
        return self._calls.sent(Call("GET", "/docs/ledger/ledger_check.py")).content

    # --- below ----------------------------------------------------------------------------------------------------

    def _asked(self, directory: str, body: dict[str, Any], purpose: Purpose, *, signed: bool) -> DataAnswer:
        path = "/".join(_segment(each) for each in directory.split("/"))
        return read(DataAnswer, self._calls.answer(_signable(f"{API}/data/{path}", body, purpose, signed=signed)))

    def _made(self, path: str, body: object, key: str | None) -> dict[str, Any]:
        return self._calls.answer(Call("POST", API + path, body, idempotency_key=key or str(uuid.uuid4())))

    def _pages(self, path: str, kind: type[T], query: Mapping[str, str]) -> Iterator[T]:
        asked = {"limit": str(PAGE_ITEMS), **query}
        while True:
            page = self._calls.answer(Call("GET", API + path, query=asked))
            for each in _listed(page.get("items")):
                yield read(kind, each)
            cursor = page.get("next_cursor")
            if not isinstance(cursor, str):
                return
            asked["cursor"] = cursor


def _signable(path: str, body: dict[str, Any], purpose: Purpose, *, signed: bool) -> Call:
    """Make the call of a question; a signed one carries and covers the number under which the use is on file."""
    basis = purpose.basis.number if signed and purpose.basis is not None else ""
    return Call("POST", path, body, is_signed=signed, basis=basis)


def _question(purpose: Purpose, fields: Sequence[str], limit: int | None, *, sealed: bool) -> dict[str, Any]:
    body: dict[str, Any] = {"purpose": purpose.document(), "fields": list(fields), "sealed": sealed}
    return body if limit is None else {**body, "limit": limit}


def _listed(told: object) -> list[Any]:
    if not isinstance(told, list):
        raise UnreadableAnswer("the answer holds no list of items")
    return told


def _segment(text: str) -> str:
    return quote(text, safe="")
