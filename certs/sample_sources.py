"""What departments of the sandbox keep themselves: registers that are run elsewhere (垂管), asked when they are needed.

Nurses and physicians are registered in systems of the nation; what comes back of them each night is a file, mounted
behind the health commission's directories. Fishing permits lie in a table of the agriculture bureau. A certificate type
names its directory (`resource`), so that a look-up finds what these have, with the origin *department*: of nurses and
ships what is granted, of physicians only yes and no. The nurses' directory is granted to the first client beside that,
to be asked for row by row.
"""

import csv
import io
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from base.callers import Caller
from base.workdays import local_day
from certs import sample_library, sample_organs
from certs.types.certificate_type import CertificateType
from exchange import directories
from exchange import sample as exchange_sample
from exchange.agreements import sharing
from exchange.agreements.life import RequestStep
from exchange.agreements.sample import clauses_of
from exchange.agreements.sharing import NewRequest
from exchange.errors import NoSuchDirectory
from exchange.models import Directory
from exchange.mounting import mounts
from exchange.mounting.mounts import NewMount
from exchange.mounting.sample import quoted
from exchange.mounting.wiring import MountParts
from keys.parties.sample import SYSTEMS, code_of
from keys.signers import secret_files

HEALTH: Final = "health"
NURSE, PHYSICIAN, SHIP = "护士执业证书", "医师执业证书", "渔业捕捞许可证"
NURSE_KEY: Final = "证书编号"
COUNT: Final = 12
FISHERY: Final = "fishery"
# Owned by the agriculture bureau, which no room below knows: name, field of work, items, share type, cycle, code.
SHIPS: Final = ["渔业捕捞许可证信息", "6", "ship", "1", "day", "30701509003060000000000000/000001"]
# What their directories call holder, code and number.
PRACTISING: Final = ("姓名", "公民身份号码", NURSE_KEY)
OWNING: Final = ("持证主体", "持证主体代码", "许可证编号")
Row = Mapping[str, Any]


def sample(
    session: Session, folder: Path, parts: MountParts, types: Mapping[str, CertificateType], at: datetime
) -> dict[str, Any] | None:
    """Lay the registers down behind the types' directories; nothing where the sandbox has no such directories."""
    nurse = _directory(session, types[NURSE].resource)
    physician = _directory(session, types[PHYSICIAN].resource)
    if nurse is None or physician is None:
        return None
    file = _returned(session, folder, parts, nurse, list(nurses()), at)
    _returned(session, folder, parts, physician, list(physicians()), at)
    ship = exchange_sample.published(session, sample_organs.code("agriculture"), code_of("city-data"), SHIPS, at)
    _kept(session, folder, parts, ship, list(ships()), at)
    grant = granted(session, nurse, at)
    return {
        "returned": {"directory": nurse.code, "grant": grant, "file": str(file)},
        "sources": [
            _told(types[NURSE], nurse, next(nurses()), PRACTISING),
            _told(types[PHYSICIAN], physician, next(physicians()), PRACTISING),
            _told(types[SHIP], ship, next(ships()), OWNING),
        ],
    }


def nurses() -> Iterator[Row]:
    """Invent the nurses of the return file, always the same."""
    return _practising(sample_library.people()[-COUNT:], "2020320{:05d}", "2030-05-11")


def physicians() -> Iterator[Row]:
    """Invent the physicians of the return file, always the same."""
    return _practising(sample_library.people()[-2 * COUNT : -COUNT], "1103209{:08d}", "2099-12-31")


def ships() -> Iterator[Row]:
    """Invent the fishing permits of the agriculture bureau: the first is good, the second was given back."""
    for number, each in enumerate(sample_library.people()[-3 * COUNT : -2 * COUNT], start=1):
        yield {
            "持证主体": each.name,
            "持证主体代码": each.code,
            "许可证编号": f"（演）船捕（2024）YS{number:06d}号",
            "船名": f"演示渔{number:05d}",
            "渔船编码": f"YS{number:010d}",
            "作业类型": "刺网",
            "有效期起": "2024-06-01",
            "有效期止": "2099-05-31",
            "证照状态": "注销" if number == 2 else "有效",  # noqa: PLR2004 - the second
        }


def _practising(people: Iterable[sample_library.Person], number: str, until: str) -> Iterator[Row]:
    for place, each in enumerate(people, start=1):
        yield {
            "姓名": each.name,
            "公民身份号码": each.code,
            NURSE_KEY: number.format(place),
            "发证日期": "2020-05-12",
            "有效期止": until,
            "发证机关": "演示省卫生健康委员会",
        }


def _directory(session: Session, code: str) -> Directory | None:
    try:
        found = directories.directory_of(session, code)
    except NoSuchDirectory:
        return None
    return found if found.published is not None else None


def _items(session: Session, directory: Directory) -> list[str]:
    content = directories.version_of(session, directory, directory.published or 1).content
    return [str(each["name"]) for each in content["items"]]


def _returned(
    session: Session, folder: Path, parts: MountParts, directory: Directory, rows: Sequence[Row], at: datetime
) -> Path:
    """Write last night's file of a register, and mount it."""
    named = f"returned/{directory.code.rpartition('/')[2]}"
    place = folder / "mounts" / directory.owner / "files" / named
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = place / f"{local_day(at) - timedelta(days=1):%Y%m%d}.csv"
    file.write_bytes(_written(_items(session, directory), rows))
    declaration = {"path": f"{named}/", "format": "csv", "encoding": "utf-8", "delimiter": "comma"}
    mounted(session, directory, NewMount("演示每日回流文件", "files", declaration), parts, at)
    return file


def _written(names: list[str], rows: Iterable[Row]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, names, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _kept(
    session: Session, folder: Path, parts: MountParts, directory: Directory, rows: Sequence[Row], at: datetime
) -> None:
    """Write a register as a table of its department's own database, and mount it."""
    file = folder / "mounts" / f"{FISHERY}.db"
    file.unlink(missing_ok=True)  # of a making that was broken off
    names = _items(session, directory)
    connection = sqlite3.connect(file)
    with connection:
        connection.execute(f"CREATE TABLE {FISHERY} ({', '.join(map(quoted, names))})")
        holes = ", ".join("?" for _ in names)
        values = [[row[each] for each in names] for row in rows]
        connection.executemany(f"INSERT INTO {FISHERY} VALUES ({holes})", values)  # noqa: S608 - a name of our own
    connection.close()
    named = folder / "mounts" / directory.owner / "databases" / FISHERY
    named.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    named.unlink(missing_ok=True)
    secret_files.write(named, f"sqlite:///{file}".encode())
    declaration = {"database": FISHERY, "table": FISHERY, "key": "许可证编号"}
    mounted(session, directory, NewMount("演示渔政业务库", "table", declaration), parts, at)


def mounted(session: Session, directory: Directory, new: NewMount, parts: MountParts, at: datetime) -> None:
    """Mount something behind a directory, as its department does: proposed, probed and confirmed."""
    steward, reviewer = _of(directory.owner, "steward"), _of(directory.owner, "reviewer")
    mount = mounts.add(session, directory, new, parts, steward, at)
    plan, of_proposal = mounts.probe_plan(session, mount)
    looked = mounts.look(parts, plan, of_proposal=of_proposal)
    mounts.keep_probe(session, plan, looked, parts, steward, at, of_proposal=of_proposal)
    mounts.confirm(session, mount, reviewer, at)


def granted(
    session: Session,
    directory: Directory,
    at: datetime,
    *,
    basis: str = "护士条例（演示）",
    reason: str = "办件时核验护士执业注册",
) -> str:
    """Have the first client's organisation ask for it, and the department agree; give the grant."""
    grantee = code_of(SYSTEMS[0].organisation)
    told = clauses_of(_items(session, directory), at)
    new = NewRequest(directory.code, basis, reason, told)
    row = sharing.begin(session, new, _of(grantee, "requester"), at)
    for step, organisation, role in (
        (RequestStep.SUBMIT, grantee, "requester"),
        (RequestStep.FORWARD, grantee, "reviewer"),
        (RequestStep.APPROVE, directory.owner, "provider"),
    ):
        sharing.take(session, row, step, "演示理由", _of(organisation, role), at)
    return str(row.grant)


def _told(type_: CertificateType, directory: Directory, row: Row, items: tuple[str, str, str]) -> dict[str, str]:
    name, code, number = items
    return {
        "type": type_.name,
        "certificate_type": type_.code,
        "holding": type_.holding.value,
        "directory": directory.code,
        "holder_name": row[name],
        "holder_code": row[code],
        "number": row[number],
    }


def _of(organisation: str, role: str) -> Caller:
    return Caller("person", f"sandbox-{role}", f"演示{role}", organisation, frozenset({role}))
