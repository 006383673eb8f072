"""What the scenes of the sandbox need beside its library: an issuing client, an old table with faults, a return file.

The county's approval bureau has a system of its own, which issues under the bureau's business seal by its leave.

The health commission's old licences lie as a table that a visitor brings, has judged, signs off and publishes; the
organ that issued them is gone, and its successor is on record. The nurses' register is run by another system (垂管):
what comes back of it each night is a file, mounted behind its directory and granted to the first client.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.callers import Caller
from base.program import Running, Sandbox
from base.workdays import local_day
from certs import sample_library, sample_organs
from certs.old_stock import successions
from certs.old_stock.successions import NewSuccession
from certs.wiring import Certs
from exchange import directories
from exchange.agreements import sharing
from exchange.agreements.life import RequestStep
from exchange.agreements.sample import clauses_of
from exchange.agreements.sharing import NewRequest
from exchange.models import Directory
from exchange.mounting import mounts
from exchange.mounting.mounts import NewMount
from exchange.mounting.wiring import MountParts
from keys.parties import systems
from keys.parties.sample import CITY, MAKER, SYSTEMS, code_of
from keys.parties.systems import NewSystem
from signing import authorisations
from signing.authorisations import Leave
from signing.models import ANY, Seal

BUREAU: Final = "approval"
BUREAU_SYSTEM: Final = "yanshi-approval"
YEAR: Final = timedelta(days=365)
CEILING: Final = 1_000
OLD_TYPE: Final = "公共场所卫生许可证"
OLD_TABLE: Final = "old-stock/公共场所卫生许可证存量.csv"
DEPARTMENT: Final = "health"
GONE: Final = "演示市卫生局"
# Large enough for each fault to stand several times, small enough to be published while one looks on.
OLD_ROWS: Final = 120
OLD_HEADINGS: Final = ("证照编号", "持证人", "证件号码", "证件类型", "发证机关", "发证日期", "有效期起", "经营地址")
OLD_FIELDS: Final = ("法定代表人（负责人）", "许可项目")
# Every so manieth row has the fault that its department's table is known for.
OLD_FAULTS: Final = ("missing-number", "old-registration-number", "issuer-dissolved", "twice-in-batch")
FAULT_EACH: Final = 8
OLD_REGISTRATION: Final = "320900000012345"
NURSES: Final = "护士执业注册信息"
NURSE_KEY: Final = "证书编号"
RETURNED: Final = "returned/nurses"
NURSE_COUNT: Final = 12


def sample(running: Running, sandbox: Sandbox, at: datetime) -> None:
    """Make the client, write the table and the file, and tell the visitor where they are."""
    certs = running.parts[Certs]
    with running.database.transaction() as session:
        sandbox.told["issuing_client"] = _client(session, at)
        new = NewSuccession(GONE, code_of(DEPARTMENT), date(2019, 1, 1), "演示机构改革方案〔2018〕1号")
        successions.record(session, new, _person(DEPARTMENT, "issuer"), at)
    file = sandbox.folder / OLD_TABLE
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(old_table())
    sandbox.told["old_stock"] = {"file": str(file), "type": certs.by_name[OLD_TYPE], "rows": OLD_ROWS}
    if MountParts in running.parts:
        with running.database.transaction() as session:
            returned = _returned(session, sandbox.folder, running.parts[MountParts], at)
        if returned:
            sandbox.told["returned"] = returned


def _client(session: Session, at: datetime) -> dict[str, Any]:
    """Make the approval bureau's system, and let it use the bureau's seal for what it issues."""
    organ = sample_organs.code(BUREAU)
    row = systems.add(session, NewSystem(BUREAU_SYSTEM, "演示区行政审批系统", organ), MAKER, at)
    systems.grant_scopes(session, row, frozenset({"cert:issue", "seal:use"}), MAKER, at)
    seal = session.scalars(select(Seal).where(Seal.owner == organ).order_by(Seal.created_at).limit(1)).one()
    leave = Leave(BUREAU_SYSTEM, ANY, ANY, CITY, at, at + YEAR, CEILING, "演示行政审批自动用印授权书〔2026〕1号")
    proposed = authorisations.propose(session, seal, leave, _sealing(organ, "owner"), at)
    authorisations.confirm(session, proposed, _sealing(organ, "custodian"), at)
    secret = systems.give_secret(session, row, MAKER, at)
    return {"id": row.id, "secret": secret, "organisation": organ, "seal": seal.id, "name": row.name}


def old_table() -> bytes:
    """Write the old table: sound rows, and in turn one fault each."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow((*OLD_HEADINGS, *OLD_FIELDS))
    writer.writerows(_old_row(number) for number in range(1, OLD_ROWS + 1))
    return out.getvalue().encode()


def fault_of(number: int) -> str:
    """Tell which fault an old row was given; nothing where it is sound."""
    return OLD_FAULTS[number // FAULT_EACH % len(OLD_FAULTS)] if number % FAULT_EACH == 0 else ""


def _old_row(number: int) -> tuple[str, ...]:
    fault = fault_of(number)
    serial = number - 1 if fault == "twice-in-batch" else number
    return (
        "" if fault == "missing-number" else f"演卫公证字〔2019〕第{serial:06d}号",
        sample_library.firm_name(number),
        OLD_REGISTRATION if fault == "old-registration-number" else sample_library.firm(number),
        sample_library.CREDIT_CODE,
        "演示市无后继局" if fault == "issuer-dissolved" else GONE,
        "2025-03-01",
        "2025.3.1",
        f"演示市演示区存量路{number}号",
        "演示甲",
        "住宿场所",
    )


def _returned(session: Session, folder: Path, parts: MountParts, at: datetime) -> dict[str, str] | None:
    """Mount last night's file behind the nurses' directory, and grant it; nothing where there is no such directory."""
    directory = _directory(session)
    if directory is None:
        return None
    items = directories.version_of(session, directory, directory.published or 1).content["items"]
    names = [str(each["name"]) for each in items]
    place = folder / "mounts" / directory.owner / "files" / RETURNED
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = place / f"{local_day(at) - timedelta(days=1):%Y%m%d}.csv"
    file.write_bytes(_nurses(names))
    _mounted(session, directory, parts, at)
    return {"directory": directory.code, "grant": _granted(session, directory, names, at), "file": str(file)}


def _directory(session: Session) -> Directory | None:
    found = (directories.directory_of(session, each) for each in directories.search_within(session, NURSES, 5))
    return next((each for each in found if each.name == NURSES and each.published is not None), None)


def _nurses(names: list[str]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, names, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(nurses())
    return out.getvalue().encode()


def nurses() -> Iterator[Mapping[str, Any]]:
    """Invent the nurses of the return file, always the same."""
    for number, each in enumerate(sample_library.people()[-NURSE_COUNT:], start=1):
        yield {
            "姓名": each.name,
            "公民身份号码": each.code,
            NURSE_KEY: f"2020320{number:05d}",
            "发证日期": "2020-05-12",
            "有效期止": "2030-05-11",
            "发证机关": "演示省卫生健康委员会",
        }


def _mounted(session: Session, directory: Directory, parts: MountParts, at: datetime) -> None:
    declaration = {"path": f"{RETURNED}/", "format": "csv", "encoding": "utf-8", "delimiter": "comma"}
    steward, reviewer = _person(DEPARTMENT, "steward"), _person(DEPARTMENT, "reviewer")
    mount = mounts.add(session, directory, NewMount("演示每日回流文件", "files", declaration), parts, steward, at)
    plan, of_proposal = mounts.probe_plan(session, mount)
    looked = mounts.look(parts, plan, of_proposal=of_proposal)
    mounts.keep_probe(session, plan, looked, parts, steward, at, of_proposal=of_proposal)
    mounts.confirm(session, mount, reviewer, at)


def _granted(session: Session, directory: Directory, names: list[str], at: datetime) -> str:
    """Have the first client's organisation ask for it, and the department agree; give the grant."""
    grantee = SYSTEMS[0].organisation
    new = NewRequest(directory.code, "护士条例（演示）", "办件时核验护士执业注册", clauses_of(names, at))
    row = sharing.begin(session, new, _person(grantee, "requester"), at)
    for step, department, role in (
        (RequestStep.SUBMIT, grantee, "requester"),
        (RequestStep.FORWARD, grantee, "reviewer"),
        (RequestStep.APPROVE, DEPARTMENT, "provider"),
    ):
        sharing.take(session, row, step, "演示理由", _person(department, role), at)
    return str(row.grant)


def _sealing(organ: str, role: str) -> Caller:
    return Caller("person", f"sandbox-{role}", f"演示{role}", organ, frozenset({f"seal_{role}"}))


def _person(department: str, role: str) -> Caller:
    return Caller("person", f"sandbox-{role}", f"演示{role}", code_of(department), frozenset({role}))
