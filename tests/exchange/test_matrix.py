"""Every address of the exchange × every role, elsewhere and at home: nothing hidden is shown or changed.

What is hidden carries a mark in each of its texts: a draft, a remark on it, its mount, an import, a substitution. An
address that stands in no table fails, so that a new one is thought about.
"""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import func, select

from base import clock
from base.callers import Caller
from base.db import Database
from base.fetch import FetchSettings
from base.models import AuditEntry
from exchange import comments, substitutions
from exchange.measures import MEASURES
from exchange.mounting import mounts
from exchange.mounting.mounts import NewMount
from exchange.mounting.wiring import MountParts, MountSettings
from exchange.routes.directories import directories
from exchange.routes.duties import duties
from exchange.routes.exports import exports
from exchange.routes.imports import imports
from exchange.routes.mounts import mounted
from exchange.routes.quality import quality
from keys.parties import people
from keys.parties.people import NewPerson
from keys.parties.sample import code_of
from keys.parties.wiring import Parties
from tests import rooms
from tests.exchange import departments
from tests.exchange.departments import MAKER, STEWARD, drafted
from tests.exchange.import_house import book, taken_in, told
from tests.exchange.sources.sites import unused
from tests.rooms import Door

MARK = "演示保密标记"
# The roles that people have; the contract's list.
ROLES = (
    *("steward", "reviewer", "authority", "provider", "requester", "issuer", "seal_applicant", "seal_owner"),
    *("seal_maker", "seal_custodian", "window", "operator", "sysadmin", "secadmin", "auditor", "holder"),
)
# In a table of their own, beside their verbs, stand the addresses of sharing, the gateway and the pushes.
BLUEPRINTS = (imports, exports, quality, mounted, directories, duties)
MOUNT = {"name": "x", "kind": "files", "declaration": {"path": "a.csv", "format": "csv"}, "columns": {}}
NOW, LATER = "2026-11-21T02:30:00Z", "2026-11-22T02:30:00Z"
NOBODY: frozenset[str] = frozenset()
WRITER, CHECKER, WRITERS_AND_CHECKERS = frozenset({"steward"}), frozenset({"reviewer"}), {"steward", "reviewer"}
D, V = "/directories/<path:code>", "/directories/<path:code>/versions/<int:number>"
M, U = "/mounts/<string:mount_id>", "/directory-imports/<import_id>"


@dataclass(frozen=True)
class Way:
    """A way to something hidden: what is sent, and who of the department itself may."""

    body: Any = None
    own: frozenset[str] | set[str] = NOBODY


# Ways to the one hidden thing.
HIDDEN: dict[tuple[str, str], Way] = {
    ("GET", D): Way(),
    ("GET", f"{D}/versions"): Way(),
    ("POST", f"{D}/versions"): Way({"reason": "x"}, WRITER),
    ("GET", V): Way(),
    ("PUT", V): Way({"content": {}}, WRITER),
    ("DELETE", V): Way(None, WRITER),
    ("GET", f"{V}/differences"): Way(),
    ("POST", f"{V}/submissions"): Way({}, WRITER),
    ("POST", f"{V}/reviews"): Way({"decision": "forward"}, CHECKER),
    ("POST", f"{V}/upward-reviews"): Way({"level": "city", "accepted": True}),
    ("POST", f"{V}/withdrawals"): Way({}, WRITER),
    ("GET", f"{V}/comments"): Way(),
    ("POST", f"{V}/comments"): Way({"pointer": "#/name", "text": "x"}, WRITERS_AND_CHECKERS),
    ("POST", f"{D}/comments/<int:number>/resolutions"): Way(None, WRITERS_AND_CHECKERS),
    ("GET", f"{D}/history"): Way(),
    ("GET", f"{D}/quality"): Way(),
    ("GET", f"{D}/mounts"): Way(),
    ("POST", f"{D}/mounts"): Way(MOUNT, WRITER),
    ("GET", M): Way(),
    ("PATCH", M): Way(MOUNT, WRITER),
    ("GET", f"{M}/probes"): Way(),
    ("POST", f"{M}/probes"): Way(None, WRITERS_AND_CHECKERS),
    ("POST", f"{M}/confirmations"): Way(None, CHECKER),
    ("POST", f"{M}/suspensions"): Way({"reason": "x"}, WRITERS_AND_CHECKERS),
    ("POST", f"{M}/withdrawals"): Way({"reason": "x"}, WRITER),
    ("GET", U): Way(None, WRITER),
    ("DELETE", U): Way(None, WRITER),
    ("GET", f"{U}/rows"): Way(None, WRITER),
    ("GET", f"{U}/rows/<int:number>"): Way(None, WRITER),
    ("PATCH", f"{U}/rows/<int:number>"): Way({"cells": {}}, WRITER),
    ("GET", f"{U}/workbook"): Way(None, WRITER),
    ("POST", f"{U}/applications"): Way(None, WRITER),
    ("POST", "/substitutions/<int:number>/endings"): Way(None, frozenset({"secadmin"})),
}
# What lists or begins something of the caller's own, or is open: it may be answered, but never with what is hidden.
LISTED: dict[tuple[str, str], Any] = {
    ("GET", "/directories"): None,
    ("GET", "/directories/facets"): None,
    ("POST", "/directories"): {"content": {"name": "自己的"}},
    ("GET", "/directory-exports/table"): None,
    ("GET", "/directory-exports/workbook"): None,
    ("GET", "/directory-exports/catalogue"): None,
    ("GET", "/directory-imports"): None,
    ("POST", "/directory-imports"): None,
    ("GET", "/directory-imports/template"): None,
    ("GET", "/tasks"): None,
    ("GET", "/substitutions"): None,
    ("POST", "/substitutions"): {"substitute": "nobody", "valid_from": NOW, "valid_until": LATER},
    ("GET", "/terms"): None,
    ("PUT", "/terms/<duty>"): {"days": 1, "basis": "x"},
    ("GET", "/dictionaries"): None,
}


@dataclass(frozen=True)
class World:
    """The hidden things of the health department, and the door to them."""

    database: Database
    door: Door
    names: dict[str, str]

    def call(self, who: str | None, method: str, rule: str, body: Any) -> Any:
        path = rule
        for hole, name in self.names.items():
            path = path.replace(hole, name)
        if rule.startswith("/substitutions"):
            path = path.replace("<int:number>", self.names["{substitution}"])
        if rule.startswith("/directory-imports"):
            path = path.replace("<int:number>", "2")
        path = path.replace("<int:number>", "1").replace("<duty>", "authority-review")
        return self.door.call(who, method, path, json=body, headers={"If-Match": "*"})

    def entries(self) -> int:
        with self.database.reading() as session:
            return session.scalar(select(func.count()).select_from(AuditEntry)) or 0


def named(organisation: str, role: str) -> str:
    return f"{organisation}-{role}"


@pytest.fixture
def world(database: Database, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    departments.opened(database, at)
    monkeypatch.setattr(clock, "now", lambda: at)
    folder = tmp_path / code_of("health") / "files"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("许可证编号,单位名称\n", encoding="utf-8")
    parts = MountParts(MountSettings(folder=str(tmp_path)), unused, FetchSettings())
    with database.transaction() as session:
        row, version = drafted(session, at, name=MARK, summary=MARK)
        comments.comment(session, row, version, "#/name", MARK, STEWARD, at)
        new = NewMount(MARK, "files", {"path": "a.csv", "format": "csv"})
        mount = mounts.add(session, row, new, parts, STEWARD, at).id
        ids = [people.add(session, NewPerson(each, MARK, code_of("health")), MAKER, at).id for each in ("a1", "a2")]
        away = Caller("person", ids[0], MARK, code_of("health"), frozenset({"reviewer"}))
        lent = substitutions.appoint(session, ids[0], ids[1], at, at + timedelta(days=1), away, at).id
        code = row.code
    import_ = taken_in(database, book([told(1, name=MARK)]), STEWARD, at, f"{MARK}.xlsx")
    callers = [
        Caller("person", named(each, role), role, code_of(each), frozenset({role}))
        for each in ("health", "police", "city-market", "town-window")
        for role in ROLES
    ]
    parties = Parties("https://data.example.gov.cn", cast("Any", None), 600, demo=True)
    door = rooms.door(database, BLUEPRINTS, callers, parts, MEASURES, parties)
    names = {"<path:code>": code, "<string:mount_id>": mount, "<import_id>": import_, "{substitution}": str(lent)}
    return World(database, door, names)


def said(answer: Any) -> str:
    """Give the text of an answer, also of a workbook."""
    if answer.data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
            return "".join(archive.read(each).decode("utf-8", "replace") for each in archive.namelist())
    return str(answer.get_data(as_text=True))


def addresses(door: Door) -> Iterator[tuple[str, str]]:
    for rule in door.app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            if rule.rule.startswith("/api/v1/"):
                yield method, rule.rule.removeprefix("/api/v1")


def test_every_address_stands_in_one_table(world: World):
    assert sorted(addresses(world.door)) == sorted([*HIDDEN, *LISTED])


@pytest.mark.parametrize("organisation", ["police", "city-market", "town-window"])
@pytest.mark.parametrize("role", ROLES)
def test_another_department_reaches_nothing_that_is_hidden(world: World, organisation: str, role: str):
    """An auditor reads everything, and nobody of another department changes anything."""
    before = world.entries()
    # Whoever holds the authority's role in an organisation of the province's level has the province below it.
    reads = role == "auditor" or (role == "authority" and organisation == "police")
    for (method, rule), way in HIDDEN.items():
        answer = world.call(named(organisation, role), method, rule, way.body)
        if reads and method == "GET" and not rule.startswith("/directory-imports"):
            assert answer.status_code < 500, rule
            continue
        assert answer.status_code in {403, 404, 409}, (method, rule, answer.json)
        assert reads or MARK not in said(answer), (method, rule)
    assert world.entries() == before
    for (method, rule), body in LISTED.items():
        answer = world.call(named(organisation, role), method, rule, body)
        assert answer.status_code < 500, (method, rule)
        assert reads or MARK not in said(answer), (method, rule)


@pytest.mark.parametrize("role", [*ROLES, None])
def test_ones_own_department_needs_the_role(world: World, role: str | None):
    before = world.entries()
    who = None if role is None else named("health", role)
    for (method, rule), way in HIDDEN.items():
        if (method == "GET" and not rule.startswith("/directory-imports")) or role in way.own:
            continue
        answer = world.call(who, method, rule, way.body)
        # The province's authority role, held in a department, has authority over nobody by itself.
        assert answer.status_code in {401, 403, 404, 409}, (method, rule, answer.json)
    assert world.entries() == before


def test_nobody_reads_anything_without_signing_in(world: World):
    opened = {("GET", "/terms"), ("GET", "/dictionaries")}
    for method, rule in {*HIDDEN, *LISTED} - opened:
        assert world.call(None, method, rule, None).status_code == 401, (method, rule)


@pytest.mark.parametrize("organisation", ["city-data", "county-window"])
def test_an_authority_below_does_not_set_the_sites_terms(database: Database, at: datetime, organisation: str):
    departments.opened(database, at)
    below = departments.person("below", organisation, "authority")
    door = rooms.door(database, (duties,), (below,))
    answer = door.call("below", "PUT", "/terms/authority-review", json={"days": 1, "basis": "x"})
    assert (answer.status_code, answer.json["code"]) == (403, "term-not-yours")
