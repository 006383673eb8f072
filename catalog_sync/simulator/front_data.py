"""What the platform writes down through a front library: rows of invented firms, in batches, and rows that are spoilt.

The first look writes a batch of insertions, the second one of changes: one firm is called otherwise, one moves to
another region, one is gone. Then there is nothing more to tell, but for what the *row* faults add: a row that no
receiver may take, beside the good ones. What was written is on record here before it lies there, good rows as good, so
that the checker can say what a receiver lost, doubled, altered or should never have taken. Who dies between the two
leaves rows on record that lie nowhere: the next look writes them first.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import JSON, Column, Engine, Integer, String, Table, func, select
from sqlalchemy.orm import Session

from base.workdays import SHANGHAI
from catalog_sync.simulator import store
from catalog_sync.simulator.store import METADATA, Store

TABLE: Final = "dn_uc_info_enterprise"
SOURCE: Final = "p00"
# Invented; the codes have right check characters.
FIRMS: Final = (
    ("91320902YNE000111X", "演示区镇食品有限公司", "320902100000"),
    ("91320902YNE00012XM", "演示区镇纺织有限公司", "320902100000"),
    ("91320902YNE000138M", "演示区机械有限公司", "320902"),
    ("91320903YNE000146Y", "演示邻区物流有限公司", "320903"),
    ("91320981YNE000154Q", "演示邻市粮油有限公司", "320981"),
    ("91320902YNE0001626", "演示区镇建材有限公司", "320902100000"),
)
RENAMED, MOVED, GONE = 0, 2, 5
ELSEWHERE: Final = "320903"
LONG: Final = "长" * 1_000_000
# As bytes that are no UTF-8, and as a word where a number stands: what only SQLite lets anybody write.
ONLY_LITE: Final = frozenset({"row-mistyped", "row-encoding"})
SPOILT: Final = ("row-mistyped", "row-encoding", "row-huge", "row-operation", "row-batch-doubled", "row-late")

DOWN: Final = Table(
    "front_down",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("table_name", String(64), nullable=False),
    Column("batch", String(64), nullable=False),
    Column("operation", String(1), nullable=False),
    Column("thing", String(64), nullable=False),
    Column("told_at", String(32), nullable=False),
    Column("content", JSON, nullable=False),
    Column("fault", String(32), nullable=False),
    Column("written", Integer, nullable=False, default=0),
)
Strikes = Callable[[Session, str, str], bool]


def plan(session: Session, strikes: Strikes, at: datetime, *, lite: bool) -> None:
    """Put on record what is written next: the two batches of the story, then what faults add."""
    batches = session.scalar(select(func.count(func.distinct(DOWN.c.batch))).where(DOWN.c.fault == "")) or 0
    stamp = at.astimezone(SHANGHAI).replace(tzinfo=None, microsecond=0)
    if batches == 0:
        for each in FIRMS:
            _add(session, "B0001", "I", _firm(*each), stamp)
    elif batches == 1:
        code, name, region = FIRMS[RENAMED]
        _add(session, "B0002", "U", _firm(code, f"{name}（更名）", region), stamp)
        code, name, _ = FIRMS[MOVED]
        _add(session, "B0002", "U", _firm(code, name, ELSEWHERE), stamp)
        _add(session, "B0002", "D", {"certificate_sno": FIRMS[GONE][0]}, stamp)
    count = session.scalar(select(func.count()).select_from(DOWN)) or 0
    for name in SPOILT:
        if (name not in ONLY_LITE or lite) and strikes(session, name, f"down:{count}"):
            _spoilt(session, name, count, stamp)


def write(kept: Store, engine: Engine, table: Any) -> int:
    """Write what is on record and does not lie there yet; give how many rows."""
    with kept.reading() as session:
        waiting = session.execute(select(DOWN).where(DOWN.c.written == 0).order_by(DOWN.c.number)).all()
    for row in waiting:
        told = _cells(row)
        with engine.begin() as connection:
            if row.fault in ONLY_LITE:
                names, marks = ", ".join(told), ", ".join("?" * len(told))
                encoded = "CAST(? AS TEXT)" if row.fault == "row-encoding" else "?"
                marks = marks.replace("?", encoded, 1)
                raw = f"INSERT INTO {TABLE} ({names}) VALUES ({marks})"  # noqa: S608 - our names
                connection.exec_driver_sql(raw, tuple(told.values()))
            else:
                connection.execute(table.insert(), told)
        with kept.writing() as session:
            store.changed(session, DOWN, row.number, written=1)
    return len(waiting)


def _spoilt(session: Session, name: str, count: int, stamp: datetime) -> None:
    """Add one row that must not be taken."""
    code, firm, region = FIRMS[1]
    if name == "row-batch-doubled":
        _add(session, "B0001", "I", _firm(*FIRMS[RENAMED]), stamp + timedelta(seconds=count + 1), name)
    elif name == "row-late":
        before = session.scalar(select(func.min(DOWN.c.told_at))) or stamp.isoformat()
        early = datetime.fromisoformat(before) - timedelta(minutes=count + 1)
        _add(session, f"L{count:04d}", "U", _firm(code, f"{firm}（旧名）", region), early, name)
    else:
        operation = "X" if name == "row-operation" else "I"
        _add(session, f"S{count:04d}", operation, _firm(f"S{count:04d}", firm, region), stamp, name)


def _add(
    session: Session, batch: str, operation: str, content: Mapping[str, Any], at: datetime, fault: str = ""
) -> None:
    store.added(
        session,
        DOWN,
        table_name=TABLE,
        batch=batch,
        operation=operation,
        thing=content["certificate_sno"],
        told_at=at.isoformat(),
        content=dict(content),
        fault=fault,
    )


def _firm(code: str, name: str, region: str) -> dict[str, Any]:
    told = {"certificate_sno": code, "corp_name": name, "corp_type": "1100", "corp_status": "存续"}
    return {**told, "legal_name": "演示人", "reg_capital": 100, "region_code": region, "address": "演示路1号"}


def _cells(row: Any) -> dict[str, Any]:
    """Give a row's cells; what is spoilt in it comes first where it is written past all types."""
    at = datetime.fromisoformat(row.told_at)
    common = {"cd_batch": row.batch, "cd_operation": row.operation, "cd_time": at, "data_source": SOURCE}
    told = {**row.content, **common}
    if row.fault == "row-huge":
        return {**told, "address": LONG}
    if row.fault in ONLY_LITE:
        wrong: dict[str, dict[str, Any]] = {
            "row-mistyped": {"reg_capital": "很多"},
            "row-encoding": {"corp_name": "演示".encode("gb18030")},
        }
        rest = {name: value for name, value in told.items() if name not in wrong[row.fault]}
        return {**wrong[row.fault], **rest, "cd_time": at.isoformat(" ")}
    return told
