"""What the scenes of the sandbox need beside its library: an issuing client, and an old table with faults.

The county's approval bureau has a system of its own, which issues under the bureau's business seal by its leave.

The health commission's old licences lie as a table that a visitor brings, has judged, signs off and publishes; the
organ that issued them is gone, and its successor is on record. Registers that are run elsewhere stand in
`sample_sources`.
"""

import csv
import io
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.callers import Caller
from base.program import Running, Sandbox
from certs import sample_library, sample_neighbours, sample_organs, sample_sources, sample_supervision
from certs.old_stock import successions
from certs.old_stock.successions import NewSuccession
from certs.wiring import Certs
from exchange.mounting.wiring import MountParts
from keys.parties import systems
from keys.parties.sample import CITY, MAKER, PROVINCE, code_of
from keys.parties.systems import NewSystem
from signing import authorisations
from signing.authorisations import Leave
from signing.models import ANY, Seal

BUREAU: Final = "approval"
BUREAU_SYSTEM: Final = "yanshi-approval"
# The health commission's own: it brings the old table and makes its faces, and a person signs them off.
LICENSING_SYSTEM: Final = "yanshi-health-licensing"
SCOPES: Final = frozenset({"cert:issue", "seal:use", "case:write"})
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


def sample(running: Running, sandbox: Sandbox, at: datetime) -> None:
    """Make the client, write the table and the file, and tell the visitor where they are."""
    certs = running.parts[Certs]
    with running.database.transaction() as session:
        sandbox.told["issuing_client"] = _client(session, at)
        licensing = NewSystem(LICENSING_SYSTEM, "演示省卫生许可系统", code_of(DEPARTMENT))
        client = _issuing(session, licensing, PROVINCE, at)
        new = NewSuccession(GONE, code_of(DEPARTMENT), date(2019, 1, 1), "演示机构改革方案〔2018〕1号")
        successions.record(session, new, _person(DEPARTMENT, "issuer"), at)
    file = sandbox.folder / OLD_TABLE
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(old_table())
    told = {"file": str(file), "type": certs.by_name[OLD_TYPE], "rows": OLD_ROWS, "client": client}
    sandbox.told["old_stock"] = told
    if MountParts in running.parts:
        named = {each.name: each for each in certs.types.values()}
        with running.database.transaction() as session:
            sources = sample_sources.sample(session, sandbox.folder, running.parts[MountParts], named, at)
        sandbox.told.update(sources or {})
    sandbox.told["neighbours"] = sample_neighbours.told(certs)
    sandbox.told["supervising_client"] = sample_supervision.sample(running, at)


def _client(session: Session, at: datetime) -> dict[str, Any]:
    """Make the approval bureau's system."""
    bureau = NewSystem(BUREAU_SYSTEM, "演示区行政审批系统", sample_organs.code(BUREAU))
    return _issuing(session, bureau, CITY, at)


def _issuing(session: Session, invented: NewSystem, region: str, at: datetime) -> dict[str, Any]:
    """Make a system of an organ, and let it use the organ's business seal for what it issues."""
    organ = invented.organisation
    row = systems.add(session, invented, MAKER, at)
    systems.grant_scopes(session, row, SCOPES, MAKER, at)
    owned = select(Seal).where(Seal.owner == organ).order_by(Seal.created_at).limit(1)
    seal = session.scalars(owned).one()
    leave = Leave(row.id, ANY, ANY, region, at, at + YEAR, CEILING, "演示行政审批自动用印授权书〔2026〕1号")
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


def _sealing(organ: str, role: str) -> Caller:
    return Caller("person", f"sandbox-{role}", f"演示{role}", organ, frozenset({f"seal_{role}"}))


def _person(department: str, role: str) -> Caller:
    return Caller("person", f"sandbox-{role}", f"演示{role}", code_of(department), frozenset({role}))
