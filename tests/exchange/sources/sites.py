"""A site as sources see it, the columns of one directory, and the injections that are tried everywhere."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from base import clock
from base.fetch import FetchSettings, GuardedFetch, Incoming, Outgoing
from base.fetch.wiring import opened_networks
from exchange.sources import open_source
from exchange.sources.place import Limits, Place
from exchange.sources.source import Column, Source
from exchange.sources.values import ItemType

OWNER: Final = "11320000MB00000015"
LOOPBACK: Final = FetchSettings(
    intranet_networks=("127.0.0.0/8",), connect_seconds=1.0, read_seconds=0.3, total_seconds=1.0, tries=1
)
COLUMNS: Final = (
    Column("许可证编号", "no", ItemType.STRING, 20),
    Column("单位名称", "holder", ItemType.STRING, 200),
    Column("面积", "area", ItemType.DECIMAL),
    Column("发证日期", "issued", ItemType.DATE),
    Column("有效", "valid", ItemType.BOOLEAN),
)
LIMITS: Final = Limits(1.0, 2.0, 256 * 1024, 8 * 1024 * 1024, 10_000)

# Seventy ways to be taken for something else: SQL of four dialects, shells, templates, paths, headers, JSON, markup.
INJECTIONS: Final = (
    "' OR '1'='1",
    "' OR 1=1--",
    "' OR 1=1#",
    '" OR ""="',
    "') OR ('1'='1",
    "1; DROP TABLE licences",
    "'; DROP TABLE licences;--",
    "'; DELETE FROM licences;--",
    "' UNION SELECT * FROM secrets--",
    "' UNION ALL SELECT NULL,NULL,NULL--",
    "1 OR 1=1",
    "1' AND SLEEP(5)--",
    "'; SELECT pg_sleep(5);--",
    "' || pg_sleep(5) || '",
    "$$;SELECT 1;$$",
    "'/**/OR/**/1=1--",
    "%' OR '%'='",
    "_%",
    "%",
    "admin'--",
    "' HAVING 1=1--",
    "' ORDER BY 100--",
    "' INTO OUTFILE '/tmp/x",
    "'; ATTACH DATABASE '/tmp/x' AS y;--",
    "'; PRAGMA writable_schema=1;--",
    "load_extension('x')",
    "\\'; DROP TABLE licences;--",
    "\\",
    "`",
    "``; DROP TABLE x",
    '"',
    '""',
    '"; DROP TABLE licences; --',
    'licences"; DROP TABLE secrets; --',
    "secrets",
    "main.secrets",
    "sqlite_master",
    "information_schema.tables",
    "pg_catalog.pg_user",
    "(SELECT no FROM secrets)",
    "no FROM secrets--",
    "*",
    "1",
    "0x31",
    "NULL",
    "CHAR(39)",
    "%27%20OR%201=1",
    "%2e%2e%2f",
    "../../etc/passwd",
    "..\\..\\windows",
    "....//",
    "/",
    "//evil.example/",
    "?admin=1",
    "#fragment",
    "&no=苏卫0002",
    ";no=苏卫0002",
    "a\r\nX-Injected: 1",
    "a\nHost: evil.example",
    "a\x00b",
    "{{7*7}}",
    "${7*7}",
    "#{7*7}",
    "$(id)",
    "`id`",
    "|id",
    '{"$ne": null}',
    '["苏卫0001"]',
    "<script>alert(1)</script>",
    "=cmd|'/c calc'!A1",
    "~1data~1list",
    "\ud800",
    "＇ＯＲ＇１＇＝＇１",
    "ʼ OR 1=1",
    "\u202e",
    "A" * 900,
)


def place(folder: Path | None = None, fetch: Any = None, **limits: Any) -> Place:
    """Give a site whose loopback is opened."""
    networks = opened_networks(LOOPBACK)
    return Place(OWNER, folder, fetch or unused, replace(LIMITS, **limits), clock.stopwatch, networks)


def guarded(**told: Any) -> GuardedFetch:
    """Give the real way out, with the loopback opened."""
    return GuardedFetch(replace(LOOPBACK, **told))


def unused(request: Outgoing) -> Incoming:
    """Stand where nothing may go out."""
    raise AssertionError(request.method)


def source(kind: str, declaration: dict[str, Any], at: Place, columns: tuple[Column, ...] = COLUMNS) -> Source:
    """Open a source."""
    return open_source(kind, declaration, columns, at)


def kept(folder: Path, kind: str, name: str, text: str) -> Path:
    """Keep a credential or a database's address for the owner."""
    file = folder / OWNER / kind / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    return file


def ticking() -> Callable[[], float]:
    """Give a stopwatch that moves on by a second at each look."""
    ticks = itertools.count()
    return lambda: float(next(ticks))
