"""Every list of the pages, with who reads it and its rows in any number: for counting statements, and for time.

A row says the least that its table takes; what a list joins to (organisations, directories) differs from row to row,
so that a page that asks once for each of them is seen.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from flask import Flask
from sqlalchemy import JSON, Boolean, Date, DateTime, Integer, LargeBinary, String, insert, update
from sqlalchemy.orm import Session

import app as house
from base import settings
from base.audit import Entry, Thing, record
from base.db import Base, Database, DatabaseSettings
from base.maintenance import MaintenanceWindow
from base.scheduling.models import JobRun, JobSlot
from base.web import WebSettings
from catalog_sync.models import Outbox
from catalog_sync.reconciliation.models import Comparison, Difference
from certs.figures.models import FigureCount
from certs.filing.cases.models import Case
from certs.filing.matters.models import MatterItem
from certs.filing.packages.models import Package, PackageKind
from certs.missing.models import MissingReport
from certs.models import Certificate
from certs.old_stock.models import OldStock, OldStockRow
from exchange.agreements.models import Grant, ShareRequest
from exchange.demands.models import Demand, NegativeEntry
from exchange.feeds.models import ChangeDelivery, DeliveryAttempt, Subscription
from exchange.imports.models import DirectoryImport, ImportRow
from exchange.models import Directory, DirectoryComment, DirectoryVersion, Task
from exchange.monitoring.models import QualityMark, Ticket
from exchange.mounting.models import Mount, MountCount
from exchange.objections.models import Objection
from keys.auditing.models import LedgerExport
from keys.parties.models import Organisation, Person, PersonRole, System
from keys.parties.sample import code_of
from signing.models import Seal, SealAuthorisation, SealEdition, SealUse
from tests.exchange import departments

AT: Final = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
HEALTH: Final = code_of("health")
TARGET: Final = "national-gateway"
TYPE: Final = "11100000YNX090131R001"
PIECE: Final = 1000
# The one thing of each kind whose own page lists many others.
ONE: Final = "made-of-all"
# One matter that a package of them cannot do without.
MEMBERS: Final = [["1" * 33, True]]
# Under this a session tells of which tables rows were made.
MADE: Final = "made"
Numbers = range
Given = Any


@dataclass(frozen=True)
class Made:
    """A list: its view, in which role it is read, what makes its rows, and what else its address names."""

    endpoint: str
    role: str
    rows: Callable[[Session, Numbers], None]
    values: Mapping[str, Any] = field(default_factory=dict)
    asked: Mapping[str, Any] = field(default_factory=dict)
    # A search is a form that is posted; what is filled in.
    posted: Mapping[str, str] | None = None
    # It shows figures of its rows, not the rows.
    only_counts: bool = False


def put(session: Session, model: type[Base], numbers: Numbers, **given: Given) -> None:
    """Put rows there: what is given as a function is asked with the row's number."""
    session.info.setdefault(MADE, set()).add(model)
    for start in range(numbers.start, numbers.stop, PIECE):
        piece = range(start, min(start + PIECE, numbers.stop))
        session.execute(insert(model), [row(model, number, given) for number in piece])


def row(model: type[Base], number: int, given: Mapping[str, Given]) -> dict[str, Any]:
    """Fill the columns of one row: those given, and of the others those that have to be there."""
    told: dict[str, Any] = {}
    for name, attribute in model.__mapper__.column_attrs.items():
        column = attribute.columns[0]
        if name in given:
            told[name] = given[name](number) if callable(given[name]) else given[name]
        elif not (column.nullable or column.default or column.server_default):
            if column.primary_key and isinstance(column.type, Integer) and len(list(model.__table__.primary_key)) == 1:
                continue
            told[name] = _filled(model, name, column, number)
    return told


def _filled(model: type[Base], name: str, column: Any, number: int) -> Any:
    if any(each.column.table.name == "keys_organisations" for each in column.foreign_keys):
        return HEALTH
    kind = getattr(column.type, "impl", column.type)
    if isinstance(kind, String):
        words = f"made-{number:08d}"
        return words if column.type.length is None else words[-column.type.length :]
    if isinstance(kind, DateTime):
        return AT
    if isinstance(kind, JSON):
        return [] if "list[" in str(model.__annotations__[name]) else {}
    plain: dict[type[Any], Any] = {Boolean: False, Date: AT.date(), LargeBinary: b"", Integer: 1}
    return next(value for known, value in plain.items() if isinstance(kind, known))


def organ(number: int) -> str:
    """Give the code of one of the organisations that rows belong to; there are as many as there are first rows."""
    return f"MADEORGAN{number % ORGANS:09d}"


def code(number: int) -> str:
    """Give a directory's code."""
    return f"30701500003000000000000000/{number:06d}"


ORGANS: Final = 100
ROLES: Final = tuple(
    "steward reviewer authority provider requester issuer seal_applicant window operator sysadmin auditor".split()
)


def application(folder: Path, where: DatabaseSettings) -> Flask:
    """Open the whole application as a sandbox has it, over a database of today's schema."""
    file = folder / "settings.toml"
    file.write_text("\n".join(told(folder) for told in house.PROGRAM.sandbox_settings), encoding="utf-8")
    read = settings.read(house.PROGRAM.sections, environment={"YINXIN_CONFIG": str(file)})
    return house.create_app(read.changed(where, WebSettings(environment="demo", secret="x" * 32)))


def organs(session: Session) -> None:
    """Take the organisations in that rows belong to, once."""
    if session.get(Organisation, organ(0)) is None:
        put(session, Organisation, range(ORGANS), code=organ, level="city", state="active", region="320900")


def opened(database: Database) -> None:
    """Lay down what rows hang on: organisations, terms, and somebody of each role, named as it."""
    departments.opened(database, AT)
    with database.transaction() as session:
        organs(session)
        people = dict(enumerate(ROLES))
        range_ = range(len(ROLES))
        put(session, Person, range_, id=people.get, login=people.get, organisation=HEALTH, state="active")
        put(session, PersonRole, range_, person=people.get, role=people.get)


# --- the rows of each list ----------------------------------------------------------------------------------------


def directories(session: Session, numbers: Numbers) -> None:
    """Publish directories; those that another list has published already are there."""
    if session.get(Directory, code(numbers.start)) is not None:
        return
    narrowed = {"share_type": lambda n: f"{1 + n % 3}", "field_of_work": lambda n: f"{1 + n % 20:02d}"}
    published = {"level": "province", "region": "320000", "state": "published", "published": 1, "published_at": AT}
    told = {"owner": organ, "update_cycle": "day", "changed_at": lambda n: AT + timedelta(seconds=n)}
    names = {"code": code, "name": lambda n: f"演示许可登记信息{n:06d}"}
    put(session, Directory, numbers, **names, **narrowed, **published, **told)


def own_directories(session: Session, numbers: Numbers) -> None:
    """Write directories of the department that tests look from."""
    directories(session, numbers)
    ours = Directory.code.between(code(numbers.start), code(numbers.stop - 1))
    session.execute(update(Directory).where(ours).values(owner=HEALTH))


def duties(session: Session, numbers: Numbers) -> None:
    """Open duties of a reviewer, each with a remark on the version that waits."""
    own_directories(session, numbers)
    told = {"duty": "department-check", "thing_kind": "directory-version", "thing_id": lambda n: f"{code(n)}#1"}
    put(session, Task, numbers, **told, role="reviewer", days=5, reminded=0, due_at=AT + timedelta(days=9))
    version = {"directory": code, "number": 1, "content": {}, "content_sm3": "", "reason": ""}
    put(session, DirectoryVersion, numbers, **version, state="published")
    put(session, DirectoryComment, numbers, directory=code, number=1, pointer="#/name", text="请核对")


def share_requests(session: Session, numbers: Numbers) -> None:
    """Ask for directories."""
    directories(session, numbers)
    told = {"directory": code, "requester": organ, "provider": lambda n: organ(n + 1), "share_type": "2"}
    ends = {"due_at": AT + timedelta(days=9), "state": "deciding", "provider_region": "320000"}
    put(session, ShareRequest, numbers, **told, **ends)


def grants(session: Session, numbers: Numbers) -> None:
    """Grant directories."""
    directories(session, numbers)
    told = {"directory": code, "grantee": organ, "provider": lambda n: organ(n + 1), "kind": "request"}
    put(session, Grant, numbers, **told, state="active", provider_region="320000", salt=b"s" * 16)


def demands(session: Session, numbers: Numbers) -> None:
    """Demand what there is not."""
    told = {"asker": organ, "provider": lambda n: organ(n + 1), "due_at": AT + timedelta(days=9)}
    put(session, Demand, numbers, **told, asker_region="320000", provider_region="320000", state="answering")


def negatives(session: Session, numbers: Numbers) -> None:
    """Write down what may not be demanded."""
    put(session, NegativeEntry, numbers, provider=organ, target="item")


def objections(session: Session, numbers: Numbers) -> None:
    """Object to what was received."""
    told = {"objector": organ, "provider": lambda n: organ(n + 1), "provider_role": "provider", "about": "record"}
    put(session, Objection, numbers, **told, state="verifying", objector_region="320000", provider_region="320000")


def tickets(session: Session, numbers: Numbers) -> None:
    """Notice what is wrong."""
    put(session, Ticket, numbers, organisation=organ, role="provider", severity="critical", due_at=AT, facts={})


def mounts(session: Session, numbers: Numbers) -> None:
    """Mount sources, and count their calls."""
    directories(session, numbers)
    told = {"directory": code, "owner": organ, "kind": "file", "state": "serving", "health": "healthy"}
    put(session, Mount, numbers, **told, id=lambda n: f"mount-{n:08d}", serving={})
    put(session, MountCount, numbers, mount=lambda n: f"mount-{n:08d}", hour=lambda n: AT, outcome="answered")


def marks(session: Session, numbers: Numbers) -> None:
    """Score directories."""
    directories(session, numbers)
    put(session, QualityMark, numbers, directory=code, score=lambda n: n % 101)


def imports(session: Session, numbers: Numbers) -> None:
    """Take files in."""
    told = {"organisation": HEALTH, "file_name": lambda n: f"目录{n}.xlsx", "kind": "workbook", "state": "staged"}
    put(session, DirectoryImport, numbers, **told)


def import_rows(session: Session, numbers: Numbers) -> None:
    """Read the rows of one file."""
    if session.get(DirectoryImport, ONE) is None:
        put(session, DirectoryImport, range(1), id=ONE, organisation=HEALTH, kind="workbook", state="staged")
    put(session, ImportRow, numbers, import_id=ONE, number=lambda n: n + 1, state="new")


def certificates(session: Session, numbers: Numbers) -> None:
    """Keep certificates of one organ."""
    told = {"issuer": HEALTH, "type": TYPE, "state": "valid", "holding": "issued", "origin": "issued", "grade": ""}
    put(session, Certificate, numbers, **told, region="320000", valid_until=AT.date() + timedelta(days=99))


def missing(session: Session, numbers: Numbers) -> None:
    """Report what the library does not have."""
    put(session, MissingReport, numbers, type=TYPE, issuer=HEALTH, organisation=organ, state="open")


def reported(session: Session, numbers: Numbers) -> None:
    """Report it from one window."""
    told = {"id": lambda n: f"reported-{n:08d}", "issuer": organ, "organisation": HEALTH}
    put(session, MissingReport, numbers, **told, type=TYPE, state="open")


def old_stock(session: Session, numbers: Numbers) -> None:
    """Bring batches of old certificates."""
    put(session, OldStock, numbers, organisation=HEALTH, type=TYPE, state="profiled")


def old_rows(session: Session, numbers: Numbers) -> None:
    """Bring one batch of many rows."""
    if session.get(OldStock, ONE) is None:
        put(session, OldStock, range(1), id=ONE, organisation=HEALTH, type=TYPE, state="profiled")
    put(session, OldStockRow, numbers, batch=ONE, number=lambda n: n + 1, state="sound", is_paper=False, tries=0)


def seals(session: Session, numbers: Numbers) -> None:
    """Register seals, each with an edition."""
    named = {"id": _seal, "owner": organ, "kind": "01", "region": "320000"}
    put(session, Seal, numbers, **named)
    put(session, SealEdition, numbers, seal=_seal, number=1, state="applied", valid_until=AT + timedelta(days=99))


def _seal(number: int) -> str:
    return f"32{number:011d}"


def seal_uses(session: Session, numbers: Numbers) -> None:
    """Use one seal often."""
    if session.get(Seal, _seal(0)) is None:
        seals(session, range(1))
    if session.get(SealAuthorisation, ONE) is None:
        put(session, System, range(1), id=ONE, organisation=HEALTH, state="active")
        put(session, SealAuthorisation, range(1), id=ONE, seal=_seal(0), system=ONE)
    told = {"seal": _seal(0), "authorisation": ONE, "organisation": organ, "state": "done", "document_type": TYPE}
    put(session, SealUse, numbers, **told)


def matters(session: Session, numbers: Numbers) -> None:
    """List what can be applied for."""
    put(session, MatterItem, numbers, organ=organ, region="320000", version=1)


def cases(session: Session, numbers: Numbers) -> None:
    """Take cases in."""
    told = {"organ": HEALTH, "receiving_organ": organ, "owner": HEALTH, "owner_role": "window", "state": "accepted"}
    put(session, Case, numbers, **told, due_at=AT + timedelta(days=9), duty="decide", certificate_state="none")


def packages(session: Session, numbers: Numbers) -> None:
    """File packages, each with a case."""
    if session.get(PackageKind, ONE) is None:
        put(session, PackageKind, range(1), code=ONE, lead=HEALTH, members=MEMBERS)
    told = {"number": lambda n: f"made-package-{n:06d}", "receiving_organ": organ, "receiving_region": "320900"}
    put(session, Package, numbers, **told, kind=ONE, lead=HEALTH)
    numbered = {"number": lambda n: f"made-case-{n:06d}", "package": told["number"], "due_at": AT}
    of = {"organ": HEALTH, "receiving_organ": organ, "owner": HEALTH, "state": "accepted", "certificate_state": "none"}
    put(session, Case, numbers, **numbered, **of, intake_key=lambda n: f"made-case-{n:06d}")


def windows(session: Session, numbers: Numbers) -> None:
    """Announce maintenance, and end it."""
    put(session, MaintenanceWindow, numbers, ends_at=AT - timedelta(days=1), ended_at=AT - timedelta(days=1))


def records(session: Session, numbers: Numbers) -> None:
    """Have things to tell a platform."""
    put(session, Outbox, numbers, target=TARGET, kind="directory", operation="I", state="dead", code="rejected")


def comparisons(session: Session, numbers: Numbers) -> None:
    """Compare with a platform."""
    put(session, Comparison, numbers, target=TARGET, outcome="agrees", code="", depth="roots", moving=0)


def differences(session: Session, numbers: Numbers) -> None:
    """Find in one comparison that much differs."""
    if session.get(Comparison, 1) is None:
        put(session, Comparison, range(1), number=1, target=TARGET, outcome="differs", code="", depth="rows", moving=0)
    told = {"target": TARGET, "kind": "directory", "difference": "missing", "repair": "tell", "department": organ}
    put(session, Difference, numbers, **told, first=1, last=1)


def subscriptions(session: Session, numbers: Numbers) -> None:
    """Subscribe to changes."""
    told = {"organisation": organ, "state": "active", "signature": "sm3", "url": "https://example.org/hook"}
    put(session, Subscription, numbers, **told, created_by={})


def deliveries(session: Session, numbers: Numbers) -> None:
    """Deliver many changes to one subscriber."""
    if session.get(Subscription, ONE) is None:
        put(session, Subscription, range(1), id=ONE, state="active", signature="sm3", created_by={})
    first = session.query(ChangeDelivery).count()
    told = {"subscription": ONE, "position": lambda n: n + 1, "type": "directory.published", "state": "dead"}
    put(session, ChangeDelivery, numbers, **told)
    known = [each.id for each in session.query(ChangeDelivery).order_by(ChangeDelivery.id).offset(first)]
    put(session, DeliveryAttempt, range(len(known)), delivery=lambda n: known[n], code="refused")


def runs(session: Session, numbers: Numbers) -> None:
    """Run jobs."""
    moment = {"due_at": lambda n: AT - timedelta(minutes=n)}
    first = session.query(JobSlot).count()
    put(session, JobSlot, numbers, job="monitoring.watch", **moment)
    known = [each.id for each in session.query(JobSlot).order_by(JobSlot.id).offset(first)]
    slots = {"slot_id": lambda n: known[n - numbers.start], "outcome": "done", "ended_at": AT}
    put(session, JobRun, numbers, job="monitoring.watch", **moment, **slots)


def systems(session: Session, numbers: Numbers) -> None:
    """Register business systems."""
    put(session, System, numbers, organisation=organ, state="active", scopes="cert:read")


def entries(session: Session, numbers: Numbers) -> None:
    """Put acts on record."""
    for number in numbers:
        record(session, _entry(number))


def _entry(number: int) -> Entry:
    thing = Thing("certificate", f"made-{number}")
    return Entry(AT, f"system:{number}", organ(number), "made.looked-at", thing, "", "found", {}, f"made-{number:08d}")


def exports(session: Session, numbers: Numbers) -> None:
    """Ask for parts of the ledger."""
    put(session, LedgerExport, numbers, first=0, last=1, state="asked", times_taken=0)


def figures(session: Session, numbers: Numbers) -> None:
    """Count much, of many departments."""
    put(session, FigureCount, numbers, region="320900", organisation=organ, measure="made", count=3)


LISTS: Final = (
    Made("tasks.mine", "reviewer", duties),
    Made("figure_pages.figures", "auditor", figures, asked={"by": "department"}),
    Made("directory_lists.listed", "steward", directories),
    Made("directory_lists.listed", "auditor", directories, asked={"sort": "changed", "share_type": "2"}),
    Made("directory_lists.figures", "steward", directories),
    Made("review_pages.listed", "reviewer", duties),
    Made("import_pages.listed", "steward", imports),
    Made("import_pages.one", "steward", import_rows, {"import_id": ONE}),
    Made("mount_pages.listed", "auditor", mounts),
    Made("quality_pages.quality", "auditor", marks),
    Made("quality_pages.usage", "auditor", mounts),
    Made("share_pages.listed", "auditor", share_requests),
    Made("grant_pages.listed", "auditor", grants),
    Made("demand_pages.listed", "auditor", demands),
    Made("demand_pages.negatives", "auditor", negatives),
    Made("objection_pages.listed", "auditor", objections),
    Made("ticket_pages.listed", "auditor", tickets),
    Made("officer_library.listed", "issuer", certificates),
    Made("officer_missing.listed", "issuer", missing),
    Made("officer_missing.own", "window", reported),
    Made("officer_stock.listed", "issuer", old_stock),
    Made("officer_stock.rows", "issuer", old_rows, {"batch": ONE}),
    Made("officer_seals.listed", "auditor", seals),
    Made("officer_seal_use.uses", "auditor", seal_uses, {"seal_id": _seal(0)}),
    Made("filing_desk.choose", "window", matters),
    Made("filing_cases.listed", "window", cases),
    Made("filing_packages.listed", "window", packages),
    Made("maintenance_pages.shown", "auditor", windows),
    Made("sync_pages.board", "auditor", records, only_counts=True),
    Made("sync_pages.channel", "auditor", records, {"target": TARGET}),
    Made("sync_pages.dead_letters", "auditor", records),
    Made("comparisons.listed", "auditor", comparisons),
    Made("comparisons.one", "auditor", differences, {"number": 1}),
    Made("deliveries.listed", "auditor", subscriptions),
    Made("deliveries.one", "auditor", deliveries, {"subscription": ONE}),
    Made("running.jobs", "auditor", runs),
    Made("systems_pages.listed", "auditor", systems),
    Made("audit.form", "auditor", entries, posted={"act": "made.looked-at", "reason": "演示检查"}),
    Made("audit_exports.listed", "auditor", exports),
)
# Of these nobody has thousands.
FEW_ROWS: Final = frozenset({imports, old_stock, duties, exports, figures})
ROUND: Final = 100
