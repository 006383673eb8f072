"""A bundle for whoever helps from outside (支持包): how the site is set up and how it stands, without anyone's data.

Versions, settings without secrets, what the checks found, the schema, how many rows each table has, the ledger's size,
scheduled work and what keeps it, and the ends of log files. Every text goes through what logs go through
(`base.redaction`); what is not named here is not in the bundle. A part that cannot be read says so and keeps none of
the others out: whoever asks for help may well have no database.
"""

import importlib.metadata
import io
import json
import os
import platform
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, inspect, select, table, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from base import audit, durable, redaction
from base.clock import rfc3339
from base.errors import DomainError
from base.health import House, examine
from base.ledger import sm3
from base.program import Running
from base.scheduling import SchedulingSettings
from base.scheduling.state import state_of
from base.scheduling.stuck import explain
from base.schema import schema_state

# The end of a log tells what went wrong last; more is read by nobody and mailed by nobody.
LOG_BYTES: Final = 2 * 1024 * 1024
# Counting all rows of a table of a million takes part of a second; larger ones are told from the database's estimate.
COUNTED_ROWS: Final = 1_000_000
INSIDE: Final = """印信支持包：版本、配置（不含密钥）、体检结果、数据库结构、各表行数、台账大小、定时任务状态、
日志末尾（已脱敏）。不含业务数据、证照、人员信息、密钥或令牌。发出前请自行查看。各文件的 SM3 见 files.json。

A support bundle of Yinxin: versions, settings (no secrets), findings of the checks, the schema, rows of each table, the
ledger's size, scheduled work, the ends of logs (redacted). No business data, certificates, people, keys or tokens.
Look through it before you send it. The SM3 of each file stands in files.json.
"""


def write_bundle(running: Running, to: Path, logs: Sequence[Path], at: datetime) -> tuple[str, ...]:
    """Write the bundle, readable by its owner alone; give the names of what is in it.

    Raises `OSError`; `FileExistsError` where something stands there already.
    """
    parts: Mapping[str, Callable[[], Any]] = {
        "about.json": lambda: _about(running, at),
        "settings.json": lambda: [_setting(vars(each)) for each in running.settings.told()],
        "checks.json": lambda: _checks(running, at),
        "schema.json": lambda: vars(schema_state(running.unchecked_database)),
        "tables.json": lambda: _read(running, _tables),
        "ledger.json": lambda: _read(running, lambda session: {"entries": audit.tree_size(session)}),
        "scheduled.json": lambda: _read(running, lambda session: _scheduled(running, session, at)),
    }
    told = {"inside.txt": INSIDE} | {name: _json(_asked(part)) for name, part in parts.items()}
    told |= {f"logs/{number}-{file.name}": _end_of(file) for number, file in enumerate(logs, 1)}
    told["files.json"] = _json({name: sm3(content.encode()).hex() for name, content in told.items()})
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in told.items():
            bundle.writestr(name, content)
    durable.filled(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), packed.getvalue())
    durable.names_kept(to.absolute().parent)
    return tuple(told)


def _asked(part: Callable[[], Any]) -> Any:
    try:
        return part()
    except DomainError as error:
        return {"could_not_be_read": error.code}
    except (SQLAlchemyError, OSError, ValueError) as error:
        return {"could_not_be_read": type(error).__name__}


def _read(running: Running, reading: Callable[[Session], Any]) -> Any:
    with running.unchecked_database.reading() as session:
        return reading(session)


def _about(running: Running, at: datetime) -> dict[str, Any]:
    installed = {each.name: each.version for each in importlib.metadata.distributions()}
    return {
        "yinxin": running.program.version,
        "made_at": rfc3339(at),
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "database": running.unchecked_database.engine.dialect.name,
        "libraries": dict(sorted(installed.items())),
    }


def _setting(told: Mapping[str, Any]) -> dict[str, Any]:
    # The value of a setting may be an address with a password in it, or a name; its path is never secret.
    return {**told, "value": _plain(told["value"]), "default": None}


def _checks(running: Running, at: datetime) -> Any:
    house = House(running.settings, running.unchecked_database, at)
    return [_plain(each.document()) for each in examine(house, running.program.checks)]


def _tables(session: Session) -> dict[str, Any]:
    names = inspect(session.connection()).get_table_names()
    return {name: _rows(session, name) for name in sorted(names)}


def _rows(session: Session, name: str) -> dict[str, Any]:
    if session.get_bind().dialect.name == "postgresql":
        estimate = text(
            "select greatest(reltuples, 0)::bigint from pg_class where oid = to_regclass(quote_ident(:name))"
        )
        if (found := session.scalar(estimate, {"name": name})) is not None and found > COUNTED_ROWS:
            return {"rows": found, "estimated": True}
    some = select(text("1")).select_from(table(name)).limit(COUNTED_ROWS).subquery()
    found = session.scalar(select(func.count()).select_from(some)) or 0
    return {"rows": found, "or_more": found == COUNTED_ROWS}


def _scheduled(running: Running, session: Session, at: datetime) -> dict[str, Any]:
    state = state_of(session, running.jobs, at, running.settings[SchedulingSettings].silence)
    return {"state": _plain(asdict(state)), "reasons": [{"job": each.job, "en": each.en} for each in explain(state)]}


def _end_of(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            size = opened.seek(0, os.SEEK_END)
            opened.seek(max(0, size - LOG_BYTES))
            content = opened.read(LOG_BYTES).decode("utf-8", "replace")
    except OSError as error:
        return f"{type(error).__name__}\n"
    lines = content.splitlines()
    # The first line of a cut file is half a line, and half a secret has no shape.
    return "\n".join(map(_line, lines[1:] if size > LOG_BYTES else lines)) + "\n"


def _line(line: str) -> str:
    try:
        told = json.loads(line)
    except ValueError:
        return redaction.redacted(line)
    return json.dumps(_plain(told), ensure_ascii=False) if isinstance(told, dict) else redaction.redacted(line)


def _plain(value: Any) -> Any:
    """Give a value without what may not be shown, whatever it is in."""
    if isinstance(value, Mapping):
        return {
            redaction.redacted(str(key)): _plain(each)
            if isinstance(each, Mapping | list | tuple) and not redaction.is_secret(str(key))
            else redaction.redacted_value(str(key), each)
            for key, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return redaction.redacted_value("", value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n"
