"""Health: checks that say what is wrong and how to mend it, for probes, the status page and `yinxin doctor`.

A room declares its checks as a row of `Check`; running them is the same for everyone. A check that itself fails is a
failed check, never an outage of the page that shows it.
"""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from base import calendar
from base.db import Database, DatabaseSettings
from base.errors import DomainError
from base.schema import schema_state
from base.settings import REDACTED, Settings

Outcome = Literal["good", "warning", "failed"]

# Below this share of free disk, writing is about to fail; the service says so before it does.
DISK_FREE_LIMIT = 0.05
# Moments in evidence are compared between machines; a second is what an operator can hold with NTP.
CLOCK_OFFSET_LIMIT_SECONDS = 1.0

log = structlog.get_logger()


@dataclass(frozen=True)
class Finding:
    """What one check found, in both languages."""

    outcome: Outcome
    zh: str
    en: str


@dataclass(frozen=True)
class House:
    """What checks may look at."""

    settings: Settings
    database: Database
    at: datetime


@dataclass(frozen=True)
class Check:
    """One question about the running house and how to mend what it may find."""

    name: str
    title_zh: str
    title_en: str
    mend_zh: str
    mend_en: str
    ask: Callable[[House], Finding]
    needed_to_serve: bool = False


@dataclass(frozen=True)
class Checked:
    """A check with its finding."""

    check: Check
    finding: Finding

    def document(self) -> dict[str, Any]:
        """Give it as JSON."""
        return {
            "name": self.check.name,
            "outcome": self.finding.outcome,
            "title": {"zh": self.check.title_zh, "en": self.check.title_en},
            "found": {"zh": self.finding.zh, "en": self.finding.en},
            "mend": None if self.finding.outcome == "good" else {"zh": self.check.mend_zh, "en": self.check.mend_en},
        }


def examine(house: House, checks: Iterable[Check]) -> list[Checked]:
    """Run every check; one that breaks is a failed one."""
    return [Checked(check, _asked(check, house)) for check in checks]


def worst(found: Iterable[Checked]) -> Outcome:
    """Tell the worst outcome."""
    outcomes = {each.finding.outcome for each in found}
    return "failed" if "failed" in outcomes else "warning" if "warning" in outcomes else "good"


def _asked(check: Check, house: House) -> Finding:
    try:
        return check.ask(house)
    except DomainError as error:
        return Finding("failed", f"检查未能完成：{error.code}", f"The check could not be completed: {error.code}")
    except (SQLAlchemyError, OSError, ValueError) as error:
        log.warning("check_broke", check=check.name, exc_info=error)
        kind = type(error).__name__
        return Finding("failed", f"检查未能完成：{kind}", f"The check could not be completed: {kind}")


def _database(house: House) -> Finding:
    with house.database.reading() as session:
        session.execute(text("select 1"))
    name = house.database.engine.dialect.name
    return Finding("good", f"{name} 正常应答", f"{name} answers")


def _schema(house: House) -> Finding:
    state = schema_state(house.database)
    if state.found == state.needed:
        return Finding("good", f"结构版本 {state.found}", f"Schema at {state.found}")
    return Finding("failed", f"结构版本 {state.found}，需要 {state.needed}", f"At {state.found}, needed {state.needed}")


def _durability(house: House) -> Finding:
    if not house.database.is_sqlite:
        with house.database.reading() as session:
            told = {name: session.execute(text(f"show {name}")).scalar() for name in ("fsync", "synchronous_commit")}
        bad = [name for name, value in told.items() if value == "off"]
    else:
        with house.database.reading() as session:
            wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
            found = {name: session.execute(text(f"pragma {name}")).scalar() for name in wanted}
            bad = [name for name, value in wanted.items() if found[name] != value]
    if bad:
        return Finding(
            "failed", f"会丢失已确认的数据：{', '.join(bad)}", f"Acknowledged data may be lost: {', '.join(bad)}"
        )
    return Finding("good", "断电不会丢失已确认的数据", "A power cut loses nothing acknowledged")


def _disk(house: House) -> Finding:
    place = house.database.engine.url.database if house.database.is_sqlite else None
    usage = shutil.disk_usage(Path(place).parent if place else Path.cwd())
    share = usage.free / usage.total
    told = (f"剩余 {share:.0%}", f"{share:.0%} free")
    return Finding("failed" if share < DISK_FREE_LIMIT else "good", *told)


def _clock(house: House) -> Finding:
    if house.database.is_sqlite:
        return Finding("good", "与数据库同机", "The database shares this machine's clock")
    with house.database.reading() as session:
        theirs = session.execute(text("select clock_timestamp()")).scalar_one()
    offset = abs((theirs - house.at).total_seconds())
    told = (f"与数据库相差 {offset:.1f} 秒", f"{offset:.1f} s from the database's clock")
    return Finding("warning" if offset > CLOCK_OFFSET_LIMIT_SECONDS else "good", *told)


def _calendar(house: House) -> Finding:
    with house.database.reading() as session:
        missing = calendar.missing_next_year(session, house.at)
    if missing:
        return Finding("warning", "下一年的工作日历还没有录入", "Next year's working days are not entered yet")
    return Finding("good", "工作日历已录到下一年", "Working days are known through next year")


def _secrets(house: House) -> Finding:
    loose = sorted(
        each.environment
        for each in house.settings.told()
        if each.value == REDACTED
        and each.source == f"environment {each.environment}"
        and not _harmless(house, each.path)
    )
    if loose:
        return Finding("warning", f"环境变量里有密钥：{', '.join(loose)}", f"Secrets stand in: {', '.join(loose)}")
    return Finding("good", "密钥不在环境变量里", "No secret stands in the environment")


def _harmless(house: House, path: str) -> bool:
    """Tell a database address without a password from one with."""
    return path == f"{DatabaseSettings.SECTION}.url" and house.database.engine.url.password is None


CHECKS = (
    Check(
        "database",
        "数据库",
        "Database",
        "检查数据库是否运行、YINXIN_DATABASE_URL 是否正确。",
        "See that the database runs and YINXIN_DATABASE_URL is right.",
        _database,
        needed_to_serve=True,
    ),
    Check(
        "schema",
        "数据库结构",
        "Schema",
        "先备份，再运行 yinxin db upgrade。",
        "Back up, then run yinxin db upgrade.",
        _schema,
        needed_to_serve=True,
    ),
    Check(
        "durability",
        "断电安全",
        "Durability",
        "打开数据库的 fsync 和 synchronous_commit。",
        "Turn on the database's fsync and synchronous_commit.",
        _durability,
    ),
    Check(
        "disk",
        "磁盘空间",
        "Disk",
        "清出磁盘空间。",
        "Make room on the disk.",
        _disk,
        needed_to_serve=True,
    ),
    Check(
        "clock",
        "时钟",
        "Clock",
        "让各机器用同一个 NTP 服务器对时。",
        "Let all machines follow the same NTP server.",
        _clock,
    ),
    Check(
        "calendar",
        "工作日历",
        "Working days",
        "国务院办公厅公布放假安排后，用 yinxin calendar import 录入。",
        "Enter the published holidays with yinxin calendar import.",
        _calendar,
    ),
    Check(
        "secrets",
        "密钥存放",
        "Secrets",
        "改用 YINXIN_…_FILE 指向只有运行用户可读的文件。",
        "Use YINXIN_…_FILE with a file that only the service's user may read.",
        _secrets,
    ),
)
