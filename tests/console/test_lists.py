"""Every list of the pages asks its database the same number of questions, however many rows it shows.

A page under /console or /my that is in no row of `many.LISTS` and is not told in `NO_LIST` fails by name.
"""

import dataclasses
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from flask import Flask, url_for
from sqlalchemy import event

from base import clock
from base.callers import ANONYMOUS, Caller, Credentials
from base.db import Base, Database, DatabaseSettings
from base.web import AuthenticatorPart, furnish, parts
from keys.parties import sessions
from tests.console import many
from tests.console.many import HEALTH, LISTS, Made

FEW, MANY = 3, 30
DESKS: Final = ("/console", "/my", "/account")
# Why a page stands in no row of `many.LISTS`.
ONE_THING: Final = "one thing, with what belongs to it"
FORM: Final = "a form"
FILE: Final = "a file"
LEADS: Final = "leads to another page"
SITE: Final = "what the site's files and settings say, whose number no row changes"
HOLDER: Final = "what one holder has, under data keys"
NO_LIST: Final[dict[str, str]] = {
    **dict.fromkeys(
        (
            *("demand_pages.one", "directory_pages.one", "directory_pages.version", "directory_pages.difference"),
            *("filing_cases.one", "filing_desk.plan", "grant_pages.one", "holder_certificates.one", "holder_uses.one"),
            *("mount_pages.one", "objection_pages.one", "officer_library.one", "officer_missing.one"),
            *("officer_seals.one", "officer_stock.one", "officer_types.one", "share_pages.one", "sync_pages.record"),
            *("systems_pages.one", "ticket_pages.one", "login.account", "filing_packages.one"),
        ),
        ONE_THING,
    ),
    **dict.fromkeys(
        (
            *("demand_pages.act_form", "demand_pages.end_form", "demand_pages.enter_form", "demand_pages.form"),
            *("directory_pages.act_form", "draft_pages.form_new", "draft_pages.item_form", "draft_pages.stage_form"),
            *("grant_pages.act_form", "import_pages.act_form", "import_pages.form", "import_pages.row_form"),
            *("login.password", "login.second_factor", "mount_pages.act_form", "mount_pages.change_form"),
            *("mount_pages.form", "objection_pages.act_form", "objection_pages.form", "officer_issuing.draft"),
            *(
                "officer_issuing.next_version",
                "officer_library.confirm",
                "officer_library.search",
                "officer_seal_use.allow",
            ),
            *("officer_seal_use.material", "officer_seals.application", "officer_seals.confirm"),
            *("officer_seals.renewal", "share_pages.act_form", "share_pages.draft", "share_pages.form"),
            *("ticket_pages.act_form", "officer_deposits.form", "filing_packages.choose"),
        ),
        FORM,
    ),
    **dict.fromkeys(
        (
            *("directory_lists.table", "filing_cases.notice_file", "import_pages.returned", "import_pages.template"),
            *("officer_library.file", "officer_seals.picture", "officer_types.face"),
        ),
        FILE,
    ),
    **dict.fromkeys(("directory_pages.named", "objection_pages.named", "filing_undertakings.named"), LEADS),
    **dict.fromkeys(
        ("officer_issuing.choose", "officer_types.listed", "running.diagnostics", "backup_pages.listed"), SITE
    ),
    **dict.fromkeys(
        (
            *("holder_certificates.mine", "holder_code.mine", "holder_consents.mine"),
            *("holder_uses.mine", "holder_uses.objected"),
        ),
        HOLDER,
    ),
}


# Asked by each process once in a while, on whatever page.
NOW_AND_THEN: Final = "FROM base_maintenance_windows \nWHERE base_maintenance_windows.ended_at IS NULL"


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Note the statements that are sent meanwhile."""
    told: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if NOW_AND_THEN not in statement:
            told.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield told
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


@dataclasses.dataclass(frozen=True)
class Place:
    """The whole application over a database of its own, and who may come."""

    app: Flask
    database: Database

    made: set[Any] = dataclasses.field(default_factory=set)

    def put(self, of: Made, numbers: range) -> None:
        """Make rows of a list."""
        with self.database.transaction() as session:
            of.rows(session, numbers)
            self.made.update(each.__table__ for each in session.info.get(many.MADE, ()))

    def count(self, of: Made) -> tuple[list[str], int]:
        """Give the statements that a list takes, and how many characters it has."""
        with self.app.test_request_context():
            address = url_for(of.endpoint, **of.values, **of.asked)
        client = self.app.test_client(use_cookies=False)
        cookie = {"Cookie": f"__Host-yinxin={of.role}", "Accept": "text/html"}
        with counted(self.database) as told:
            if of.posted is None:
                answer = client.get(address, headers=cookie)
            else:
                filled = {**of.posted, "csrf_token": sessions.csrf_token(of.role)}
                answer = client.post(address, data=filled, headers=cookie)
        assert answer.status_code == 200, f"{of.endpoint}: {answer.status_code} {answer.text[:2000]}"
        return told, len(answer.text)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Open the application as a sandbox has it, with somebody of each role; once, for every list."""
    folder = tmp_path_factory.mktemp("lists")
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("_sqlite_template"), folder / "yinxin.db")
        where = DatabaseSettings(url=f"sqlite:///{folder}/yinxin.db")
    else:
        where = request.getfixturevalue("_postgres_database").emptied()
    app = many.application(folder, where)
    with app.app_context():
        database = parts(Database)
    many.opened(database)
    known = {role: Caller("person", role, role, HEALTH, frozenset({role})) for role in many.ROLES}

    def authenticate(credentials: Credentials, /) -> Caller:
        return known.get(credentials.session_cookie or "", ANONYMOUS)

    furnish(app, AuthenticatorPart(authenticate))
    yield Place(app, database)
    database.close()


@pytest.fixture
def of(request: pytest.FixtureRequest, place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    """Give one list, and remove its rows when it was looked at."""
    monkeypatch.setattr(clock, "now", lambda: many.AT)
    yield request.param
    with place.database.transaction() as session:
        for table in reversed(Base.metadata.sorted_tables):
            if table in place.made:
                session.execute(table.delete())
    place.made.clear()


@pytest.mark.parametrize("of", LISTS, ids=lambda of: "-".join([of.endpoint, *of.asked.values()]), indirect=True)
def test_a_list_takes_as_many_statements_for_many_rows_as_for_few(place: Place, of: Made):
    place.put(of, range(FEW))
    few, short = place.count(of)
    place.put(of, range(FEW, MANY))
    much, long = place.count(of)
    assert of.only_counts or long > short + (MANY - FEW) * 10, f"{of.endpoint} does not show its rows"
    assert len(much) == len(few), f"{of.endpoint} asks more for {MANY} rows: {sorted(much)[len(few) // 2 :][:9]}"


def test_every_page_is_a_list_that_is_counted_or_says_why_not(place: Place):
    counted = {each.endpoint for each in LISTS}
    pages = {
        each.endpoint
        for each in place.app.url_map.iter_rules()
        if "GET" in (each.methods or ()) and each.rule.startswith(DESKS)
    }
    assert pages - counted - NO_LIST.keys() == set(), "in no row of many.LISTS, and not told in NO_LIST"
    assert (counted | NO_LIST.keys()) - pages == set(), "no such page"
    assert counted & NO_LIST.keys() == set()
