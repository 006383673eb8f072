"""The mounts of the sandbox: one SQLite file with invented rows (演示) for six published directories.

Every identifier has correct check characters and belongs to nobody; the rows are the same each time.
"""

import random
import sqlite3
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session
from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_2

from base import clock
from base.callers import Caller
from base.identifiers import organisation_check
from base.program import Running, Sandbox
from exchange import directories
from exchange.models import Directory
from exchange.mounting import mounts
from exchange.mounting.models import Mount
from exchange.mounting.mounts import NewMount
from exchange.mounting.wiring import MountParts
from exchange.sources.values import ItemType
from keys.signers import secret_files

DATABASE: Final = "demonstration"
FILE: Final = "demonstration.db"
ROWS: Final = 40
# By which words the directories are found, and which item names a row: department words of the sandbox's own list.
MOUNTED: Final = (
    ("公共场所卫生许可证", "许可证编号"),
    ("食品经营许可证", "许可证编号"),
    ("企业登记", "统一社会信用代码"),
    ("婚姻登记", "证件编号"),
    ("机动车", "号牌号码"),
    ("不动产", "不动产单元号"),
    ("社会保险", "公民身份号码"),
    ("医师执业", "证书编号"),
)
ENOUGH: Final = 6
FIRST_DAY: Final = date(2020, 1, 1)


def settings_of(folder: Path) -> str:
    """Write the section of the sandbox's settings."""
    return f'[mounts]\nfolder = "{folder / "mounts"}"\n'


def sample(running: Running, sandbox: Sandbox) -> None:
    """Mount the sample's file behind some of the sandbox's directories."""
    parts, at = running.parts[MountParts], clock.now()
    with running.database.transaction() as session:
        sandbox.told["mounts"] = mounted(session, sandbox.folder, parts, at)


def mounted(session: Session, folder: Path, parts: MountParts, at: datetime) -> list[str]:
    """Make the file and mount it, proposed, probed and confirmed as people do; give the ids of the mounts."""
    made: list[str] = []
    for words, key in MOUNTED:
        found = _directory(session, words, key)
        if found is not None and len(made) < ENOUGH:
            directory, items = found
            made.append(_mounted(session, folder, directory, items, key, parts, at))
    return made


def rows(items: list[dict[str, Any]], seed: str) -> Iterator[list[object]]:
    """Invent rows for the items of a directory, always the same for one seed."""
    drawn = random.Random(seed)  # noqa: S311 - nothing here is secret
    return ([_value(item, number, drawn) for item in items] for number in range(1, ROWS + 1))


def id_number(number: int, born: date) -> str:
    """Make an invented ID number of a region that does not exist, with its check character (GB 11643-1999)."""
    body = f"320999{born:%Y%m%d}{number % 1000:03}"
    return body + str(mod_11_2.calc_check_digit(body))


def credit_code(number: int) -> str:
    """Make an invented credit code with its check character (GB 32100-2015)."""
    organisation = f"MA9{number:05}"
    body = f"91320999{organisation}{organisation_check(organisation)}"
    return body + uscc.calc_check_digit(body)


def _directory(session: Session, words: str, key: str) -> tuple[Directory, list[dict[str, Any]]] | None:
    for code in directories.search_within(session, words, 5):
        directory = directories.directory_of(session, code)
        if directory.published is None:
            continue
        items = directories.version_of(session, directory, directory.published).content["items"]
        if any(item["name"] == key for item in items):
            return directory, items
    return None


def _mounted(
    session: Session,
    folder: Path,
    directory: Directory,
    items: list[dict[str, Any]],
    key: str,
    parts: MountParts,
    at: datetime,
) -> str:
    file = folder / "mounts" / FILE
    table = table_of(directory)
    _write(file, table, items, directory.code)
    _keep(folder / "mounts" / directory.owner / "databases" / DATABASE, f"sqlite:///{file}")
    declaration = {"database": DATABASE, "table": table, "key": key}
    steward, reviewer = _person(directory, "steward"), _person(directory, "reviewer")
    mount = mounts.add(session, directory, NewMount("演示业务库", "table", declaration), parts, steward, at)
    plan, of_proposal = mounts.probe_plan(session, mount)
    looked = mounts.look(parts, plan, of_proposal=of_proposal)
    mounts.keep_probe(session, plan, looked, parts, steward, at, of_proposal=of_proposal)
    return mounts.confirm(session, mount, reviewer, at).id


def _write(file: Path, table: str, items: list[dict[str, Any]], seed: str) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    columns = ", ".join(quoted(item["name"]) for item in items)
    holes = ", ".join("?" for _ in items)
    connection = sqlite3.connect(file)
    with connection:
        connection.execute(f"CREATE TABLE IF NOT EXISTS {quoted(table)} ({columns})")
        connection.executemany(f"INSERT INTO {quoted(table)} VALUES ({holes})", rows(items, seed))  # noqa: S608 - quoted
    connection.close()


def table_of(directory: Directory) -> str:
    """Name the table that holds a directory's rows."""
    return f"演示_{directory.name}"


def key_of(session: Session, directory: Directory) -> str:
    """Tell which item names a row: what the mount that serves declares."""
    serving = session.scalars(select(Mount.serving).where(Mount.directory == directory.code)).first()
    return str((serving or {})["declaration"]["key"])


def quoted(name: str) -> str:
    """Quote a name of the sandbox's own."""
    return '"' + name.replace('"', '""') + '"'


def _keep(file: Path, address: str) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists():
        secret_files.write(file, address.encode())


def _value(item: dict[str, Any], number: int, drawn: random.Random) -> object:
    name, kind = str(item["name"]), item["type"]
    day = FIRST_DAY + timedelta(days=drawn.randrange(2000))
    if kind == ItemType.INTEGER:
        return drawn.randrange(1, 10)
    if kind == ItemType.DECIMAL:
        return f"{drawn.randrange(10_000, 99_999) / 100:.2f}"
    if kind == ItemType.DATE:
        return day.isoformat()
    if kind == ItemType.DATETIME:
        return f"{day.isoformat()} 10:00:00"
    if kind == ItemType.BOOLEAN:
        return drawn.randrange(2)
    return _text(name, number, drawn)[: item.get("length") or 200]


def _text(name: str, number: int, drawn: random.Random) -> str:
    if "信用代码" in name:
        return credit_code(number)
    if "身份号码" in name or name == "证件号码":
        return id_number(number * 2 + (name[0] == "女"), date(1960, 1, 1) + timedelta(days=drawn.randrange(15_000)))
    if "姓名" in name or name in {"所有人", "权利人", "法定代表人", "户主姓名"}:
        return f"演示{number:02}"
    if "单位名称" in name or "企业名称" in name:
        return f"演示{number:02}号有限公司"
    return f"演示{number:04}"


def _person(directory: Directory, role: str) -> Caller:
    return Caller("person", f"sandbox-{role}", f"演示{role}", directory.owner, frozenset({role}))
