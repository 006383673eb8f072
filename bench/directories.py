"""W7: a workbook of 20,000 directories staged, a catalogue of 80,000 written, and a search over 100,000.

Memory is the most that the process held above what it held before (its high-water mark, so it never falls between the
parts); the workbook and the database stand apart from it. Peers: none, no open system was found that does this.
"""

import json
import resource
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from base import bulk, search
from base.callers import Caller
from base.db import Database
from bench.ledger import opened
from exchange import directories
from exchange.exports import dcat, reading
from exchange.exports.dcat import Facts
from exchange.imports import columns, staging, tables, uploads, workbook
from exchange.imports.staging import OpenTables
from exchange.models import DIRECTORY_SEARCH, Directory, DirectoryVersion
from keys.parties.sample import code_of
from tests.exchange import departments

NAME = "W7"
KINDS = ("sqlite", "postgresql")
AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
STEWARD = Caller("person", "bench", "bench", code_of("health"), frozenset({"steward"}))
WORDS = ("许可", "登记", "处罚", "检查", "补贴", "资质", "备案", "信用")
THINGS = (
    "食品经营",
    "公共场所",
    "医疗机构",
    "道路运输",
    "建筑施工",
    "特种设备",
    "社会团体",
    "不动产",
    "企业",
    "个体工商户",
)
QUESTIONS = ("许可", "食品经营许可", "spjyxk", "不动产登记信息00042", "公共场所检查")
PIECE = 1000


def run(*, short: bool) -> dict[str, object]:
    """Measure the three on both databases."""
    rows, published, searched = (2_000, 4_000, 5_000) if short else (20_000, 80_000, 100_000)
    sent = workbook.filled(_rows(rows))
    figures = {kind: _measured(kind, sent, rows, published, searched) for kind in KINDS}
    return {
        "unit": "seconds to stage a workbook; directories a second into a catalogue; median search in milliseconds",
        "figure": {kind: each["staged_seconds"] for kind, each in figures.items()},
        "workbook": {"rows": rows, "items": 2 * rows, "bytes": len(sent)},
        "databases": figures,
        "note": "peers: none",
    }


def _measured(kind: str, sent: bytes, rows: int, published: int, searched: int) -> dict[str, Any]:
    with opened(kind) as database:
        departments.opened(database, AT)

        def unit(act: Callable[[Session], Any]) -> Any:
            with database.transaction() as session:
                return act(session)

        before, began = _memory(), time.monotonic()
        known, task = unit(lambda session: _received(session, sent))
        answered = time.monotonic() - began
        chunks = _worked_off(database, task)
        staged = time.monotonic() - began
        with database.reading() as session:
            counted = uploads.counts(session, [known])[known]
        memory = _memory() - before
        _publish(database, 0, published)
        catalogues = {form: _catalogue(database, form) for form in dcat.WRITERS}
        _publish(database, published, searched - published)
        return {
            "upload_answered_seconds": round(answered, 2),
            "staged_seconds": round(staged, 2),
            "staged_chunks": len(chunks),
            "longest_chunk_ms": round(max(chunks) * 1000),
            "staged_memory_mib": round(memory / 1024, 1),
            "staged_new": counted["new"],
            "catalogues": catalogues,
            "search_ms": {text: _searched(database, text) for text in QUESTIONS},
            "passed": counted["new"] == rows,
        }


def _received(session: Session, sent: bytes) -> tuple[str, int]:
    """Do what the request does: look at the file, keep it, and leave the rest to a task."""
    table = tables.read(sent)
    of = uploads.receive(session, table, sent, "bench.xlsx", STEWARD, AT)
    return of.id, staging.begin(session, of, table.expected, STEWARD, AT)


def _worked_off(database: Database, task: int) -> list[float]:
    """Carry the task out as a worker does; tell how long each chunk held its transaction."""
    parts, spent, is_finished = {OpenTables: OpenTables()}, [], False
    with database.transaction() as session:
        taken = bulk.take(session, task, "bench", AT)
    assert taken is not None  # noqa: S101 - our own task, in a database of our own
    while not is_finished:
        began = time.monotonic()
        with database.transaction() as session:
            is_finished = bulk.step(session, staging.JOB, taken, AT, parts)
        spent.append(time.monotonic() - began)
    return spent


def _rows(count: int) -> Iterator[workbook.Row]:
    for number in range(count):
        told = _content(number)
        yield columns.cells_of(told), [columns.item_cells_of(each) for each in told["items"]]


def _content(number: int) -> dict[str, Any]:
    return departments.content(name=_name(number), summary=f"{_name(number)}，由本部门产生并按日更新。")


def _name(number: int) -> str:
    return f"{THINGS[number % len(THINGS)]}{WORDS[number // len(THINGS) % len(WORDS)]}信息{number:05d}"


def _publish(database: Database, first: int, count: int) -> None:
    """Put published directories there in bulk; by hand each would take four people."""
    for start in range(first, first + count, PIECE):
        with database.transaction() as session:
            numbers = range(start, min(start + PIECE, first + count))
            session.execute(insert(Directory), [_directory(each) for each in numbers])
            session.execute(insert(DirectoryVersion), [_version(each) for each in numbers])
            for each in numbers:
                search.put(session, DIRECTORY_SEARCH, _code(each), [_name(each), "演示省卫生健康委员会", _code(each)])


def _code(number: int) -> str:
    return f"30701500003000000000000000/{number:06d}"


def _directory(number: int) -> dict[str, Any]:
    told = _content(number)
    listed = {name: told[name] for name in ("name", "share_type", "field_of_work", "update_cycle")}
    return {
        "code": _code(number),
        "owner": code_of("health"),
        "region": "320000",
        "level": "province",
        "state": "published",
        "published": 1,
        "published_at": AT,
        "version": 1,
        "created_at": AT,
        "changed_at": AT,
        **listed,
    }


def _version(number: int) -> dict[str, Any]:
    told = _content(number)
    return {
        "directory": _code(number),
        "number": 1,
        "state": "published",
        "content": told,
        "content_sm3": directories.digest(told) if number < PIECE else "0" * 64,
        "reason": "",
        "author": "person:bench",
        "version": 1,
        "created_at": AT,
        "changed_at": AT,
        "published_at": AT,
    }


def _catalogue(database: Database, form: str) -> dict[str, Any]:
    before, began, size, count = _memory(), time.monotonic(), 0, 0
    facts = Facts("https://data.example", code_of("data"), "演示省数据管理局")
    with database.reading() as session:
        for piece in dcat.WRITERS[form](facts, reading.published(session)):
            size += len(piece.encode())
            count += "dcat:Dataset" in piece
    spent = time.monotonic() - began
    return {
        "directories": count,
        "seconds": round(spent, 1),
        "directories_a_second": round(count / spent),
        "mib": round(size / 2**20, 1),
        "memory_mib": round((_memory() - before) / 1024, 1),
    }


def _searched(database: Database, text: str) -> float:
    times = []
    with database.reading() as session:
        for _ in range(15):
            began = time.monotonic()
            directories.search_within(session, text, 20)
            times.append(time.monotonic() - began)
    return round(sorted(times)[len(times) // 2] * 1000, 2)


def _memory() -> int:
    """Give the most memory that the process held until now, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    print(json.dumps(run(short=False), indent=1, ensure_ascii=False))
