"""A department's old table, invented: sound rows, rows with one planted fault each, and a worker that does the task."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final

from openpyxl import Workbook
from sqlalchemy import select

from base import bulk
from base.bulk import BulkTask, TaskState
from base.callers import Caller
from base.db import Database
from base.scheduling.bulk_work import Hands
from certs.old_stock import batches, keeping, successions, work
from certs.old_stock.batches import SignOff
from certs.old_stock.edges import Bringer
from certs.old_stock.models import OldStock, OldStockRow
from certs.old_stock.successions import NewSuccession
from certs.types.certificate_type import Holders
from certs.wiring import Certs
from keys.authority.wiring import Authority
from keys.parties.models import System
from signing.wiring import Signing
from tests.certs.office import Office
from tests.certs.papers import HYGIENE, firm, person
from tests.keys.parties.builders import CITY, PROVINCE
from tests.signing.offices import SYSTEM, WINDOW

# Held by firms and by persons, so that both kinds of old codes can stand in one table.
MIXED: Final = replace(HYGIENE, holders=Holders(("001", "111")))
HEADINGS: Final = {
    "number": "证照编号",
    "holder_name": "持证人",
    "holder_code": "证件号码",
    "holder_type": "证件类型",
    "issuer": "发证机关",
    "issuer_code": "发证机关代码",
    "issued_on": "发证日期",
    "valid_from": "有效期起",
    "valid_until": "有效期止",
    "medium": "介质",
    "data.address": "经营地址",
    "data.legal_representative": "法定代表人（负责人）",
    "data.project": "许可项目",
}
GONE: Final = "演示市卫生局"
UPLOADER: Final = Caller("person", "clerk", "clerk", CITY, frozenset({"issuer"}))
HEAD: Final = Caller("person", "head", "head", CITY, frozenset({"issuer"}))
ELSEWHERE: Final = Caller("person", "other", "other", PROVINCE, frozenset({"issuer"}))
OLD_REGISTRATION, OLD_ORGANISATION = "320900000012345", "YNX000116"


def number(serial: int) -> str:
    """Write an old number."""
    return f"演卫公证字〔2019〕第{serial:06d}号"


def row(serial: int, **peculiar: str) -> dict[str, str]:
    """Make a sound row."""
    told = {
        "number": number(serial),
        "holder_name": f"演示企业{serial}有限公司",
        "holder_code": firm(serial),
        "holder_type": "001",
        "issuer": GONE,
        "issuer_code": "",
        "issued_on": "2025-03-01",
        "valid_from": "2025.3.1",
        "valid_until": "",
        "medium": "",
        "data.address": "演示市演示区1号",
        "data.legal_representative": "演示甲",
        "data.project": "住宿场所",
    }
    return {**told, **peculiar}


def fifteen(serial: int) -> str:
    """Give the ID number of an invented person as it was before 1999."""
    whole = person(serial, "19700101")
    return whole[:6] + whole[8:17]


# One planted fault each: what the row has, and the column, the code and the weight that must be told.
HARD: Final[Mapping[str, tuple[dict[str, str], str]]] = {
    "missing-number": ({"number": ""}, "number"),
    "shape": ({"number": "卫-77"}, "number"),
    "old-registration-number": ({"holder_code": OLD_REGISTRATION}, "holder_code"),
    "organisation-code-only": ({"holder_code": OLD_ORGANISATION}, "holder_code"),
    "check-digits": ({"holder_code": firm(3)[:-1] + ("0" if firm(3)[-1] != "0" else "1")}, "holder_code"),
    "issuer-dissolved": ({"issuer": "演示市无后继局"}, "issuer"),
    "issuer-is-another-organ": ({"issuer_code": PROVINCE}, "issuer_code"),
    "issuer-missing": ({"issuer": ""}, "issuer"),
    "impossible-date": ({"issued_on": "2019-02-30"}, "issued_on"),
    "before-it-begins": ({"valid_until": "2019-01-01"}, "valid_until"),
    "missing": ({"data.project": ""}, "data.project"),
    "not-for-this-type": ({"holder_type": "414", "holder_code": "E12345678"}, "holder_type"),
    "unreadable": ({"holder_name": "演示\u200b"}, "holder_name"),
}
SOFT: Final[Mapping[str, tuple[dict[str, str], str]]] = {
    "fifteen-digit-id": ({"holder_code": fifteen(5), "holder_type": "111", "holder_name": "演示人"}, "holder_code"),
    "spelling": ({"holder_code": firm(6).lower()}, "holder_code"),
    "issuer-succeeded": ({}, "issuer"),
    "expired-already": ({"valid_until": "2025-12-31"}, "valid_until"),
}


def table(rows: Iterable[Mapping[str, str]]) -> bytes:
    """Write a table as CSV."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(HEADINGS))
    writer.writerow(HEADINGS)
    writer.writerows(rows)
    return out.getvalue().encode()


def workbook(rows: Iterable[Mapping[str, str]]) -> bytes:
    """Write a table as a workbook."""
    book, out = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(HEADINGS.values()))
    for each in rows:
        sheet.append([each[name] for name in HEADINGS])
    book.save(out)
    return out.getvalue()


@dataclass
class Stock:
    """A department at work on its old stock."""

    house: Office
    fault: Callable[[], None] = field(default=lambda: None)

    @property
    def database(self) -> Database:
        """Give the database."""
        return self.house.database

    @property
    def parts(self) -> Certs:
        """Give the parts of the room."""
        return self.house.parts

    def open(self) -> "Stock":
        """Let the type be held by persons too, the system use the seal, and the former organ have its successor."""
        self.house.parts = replace(self.parts, types={**self.parts.types, MIXED.code: MIXED})
        with self.database.transaction() as session:
            session.get_one(System, SYSTEM).scopes = "seal:use cert:issue"
            new = NewSuccession(GONE, CITY, date(2019, 1, 1), "演示机构改革方案〔2018〕1号")
            successions.record(session, new, HEAD, self.house.at)
        return self

    def bring(self, content: bytes, by: Caller = UPLOADER) -> str:
        """Bring a table and have it judged."""
        batch = Bringer(self.database, self.parts, by, lambda: self.house.at).bring(content, "演示.csv", MIXED.code)
        assert self.work(batch) is TaskState.DONE
        return batch

    def work(self, batch: str) -> TaskState | None:
        """Do what the batch waits for, as a worker does."""
        sealer = self.house.issuer().sealer
        told: dict[type[Any], Any] = {Certs: self.parts, Signing: sealer.signing, Authority: sealer.authority}
        hands = Hands(self.database, {work.JOB.name: work.JOB}, "here", lambda _session: self.house.at, told)
        return hands.carry_out(self.of(batch).task or 0, lambda: False)

    def taken_over(self, batch: str) -> TaskState | None:
        """Let the silence of a dead worker pass, and another carry on."""
        self.house.at += timedelta(minutes=10)
        with self.database.transaction() as session:
            task = session.get_one(BulkTask, self.of(batch).task)
            task.not_before = None
            if task.state == TaskState.RUNNING:
                bulk.abandoned(session, self.house.at, timedelta(minutes=5))
        return self.work(batch)

    def act(self, batch: str, what: Callable[..., Any], *told: Any, by: Caller = HEAD) -> Any:
        """Do something with a batch as somebody of the department."""
        with self.database.transaction() as session:
            of = keeping.batch_of(session, batch, by, locked=True)
            return what(session, of, *told, by, self.house.at)

    def sign_off(self, batch: str, *, leaves_out_faulty: bool = True, confirms_scans: bool = True) -> None:
        """Sign a batch off."""
        told = SignOff("演示：本批数据由我部门核对", leaves_out_faulty, confirms_scans)
        self.act(batch, batches.sign_off, told)

    def made(self, batch: str) -> None:
        """Have everything made."""
        self.act(batch, batches.make, SYSTEM)
        assert self.work(batch) is TaskState.DONE

    def published(self, batch: str, days: int = 10) -> None:
        """Look through a sample, find it right and publish."""
        self.act(batch, batches.sample, 1)
        for each in self.rows(batch):
            if each.is_sampled:
                self.act(batch, batches.look, each.number, "right", "")
        self.act(batch, batches.publish, days)
        assert self.work(batch) is TaskState.DONE

    def of(self, batch: str) -> OldStock:
        """Give the batch."""
        with self.database.reading() as session:
            return session.get_one(OldStock, batch)

    def rows(self, batch: str) -> list[OldStockRow]:
        """Give its rows."""
        with self.database.reading() as session:
            query = select(OldStockRow).where(OldStockRow.batch == batch).order_by(OldStockRow.number)
            return list(session.scalars(query))


__all__ = ["WINDOW", "Stock"]
