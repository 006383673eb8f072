"""Each kind is made by the events of what it is about, and read as that stands; nothing secret or personal is in it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from base.audit import Thing
from base.canonical import canonical
from base.db import Database
from base.events import Event
from base.events import since as events_since
from base.tables import laid_out
from catalog_sync.kinds import KINDS
from catalog_sync.kinds.kind import Content
from catalog_sync.record import Operation, Record, Subject
from catalog_sync.targets.gateway import forms
from certs import types
from certs.holders.models import HolderObjection, HolderUse
from certs.wiring import Certs, known
from exchange import directories
from exchange.agreements import sharing
from exchange.agreements.life import RequestStep
from exchange.life import Step
from keys.parties import organisations, systems
from tests.conftest import AT
from tests.exchange import departments, gateway_house, sharing_house
from tests.exchange.departments import AUTHORITY, MAKER, STEWARD
from tests.exchange.sharing_house import HEALTH, REQUESTER

OURS = (
    "organisation",
    "system",
    "category",
    "directory",
    "resource",
    "share_request",
    "grant",
    "objection",
    "statistics",
)
SECRET = re.compile(r"salt|password|secret|declaration|author|holder|\"text\"")


@dataclass
class Story:
    """A session in a province where things have happened."""

    session: Session
    parts: Mapping[type[Any], Any]
    at: datetime
    folder: Path

    def told(self) -> dict[str, list[str]]:
        """Give the ids that the events so far tell of each kind."""
        found: dict[str, list[str]] = {}
        for told in events_since(self.session, 0, 1000):
            for kind in KINDS.values():
                id_in = kind.events.get(told.event.name)
                if id_in is not None and (id_ := id_in(told.event)) is not None:
                    found.setdefault(kind.name, []).append(id_)
        return found

    def read(self, kind: str, id_: str) -> Content | None:
        return KINDS[kind].read(self.session, self.parts, id_)


@pytest.fixture
def house(database: Database, at: datetime, tmp_path: Path) -> tuple[Database, Path]:
    sharing_house.opened(database, at)
    return database, tmp_path


def story(session: Session, at: datetime, folder: Path) -> Story:
    return Story(session, {Certs: SimpleNamespace(types=types.types(known()))}, at, folder)


def test_a_year_of_sharing_is_told_kind_by_kind(house: tuple[Database, Path], at: datetime):
    database, folder = house
    with database.transaction() as session:
        directory = sharing_house.directory(session, at, items=gateway_house.items())
        code = directory.code
        sources = gateway_house.sources_of(folder)
        gateway_house.write_table(folder)
        mount = gateway_house.mounted(session, directory, sources, at)
    with database.transaction() as session:
        grant = sharing_house.granted(session, directories.directory_of(session, code), at, fields=("许可证编号",))
        grant_code, request = grant.code, grant.request
    with database.reading() as session:
        this = story(session, at, folder)
        told = this.told()
        assert HEALTH in told["organisation"]
        assert told["directory"] == [code]
        assert told["category"] == [code.partition("/")[0]]
        assert set(told["resource"]) == {mount}
        assert set(told["share_request"]) == {request}
        assert set(told["grant"]) == {grant_code}
        read = {kind: this.read(kind, ids[-1]) for kind, ids in told.items() if kind in OURS}
        assert None not in read.values()
        needs = {kind: {each.kind for each in content.needs} for kind, content in read.items() if content}
        assert needs["directory"] == {"organisation", "category"}
        assert needs["resource"] == {"directory"}
        assert needs["share_request"] == {"directory", "organisation"}
        assert needs["grant"] == {"directory", "organisation", "share_request"}
        assert needs["statistics"] == {"directory", "resource"}
        for kind, content in read.items():
            assert content is not None
            text = canonical(dict(content.members)).decode()
            assert not SECRET.search(text), kind
            _is_written_for_the_gateway(kind, told[kind][-1], content)


def _is_written_for_the_gateway(kind: str, id_: str, content: Content) -> None:
    """Whatever is read can be written: no code of ours is without one of theirs."""
    record = Record(Subject(kind, id_), 1, Operation.INSERT, content.members, content.needs)
    names = dict.fromkeys(content.needs, "5d4a1e9e-7b43-4a32-9d7e-7a4d6c1b2e11")
    made = forms.written(record, names, None, marks=True)
    assert made[forms.service_of(record).own] == id_


def test_a_withdrawn_directory_is_gone_and_its_category_stays(house: tuple[Database, Path], at: datetime):
    database, folder = house
    with database.transaction() as session:
        row, version = departments.published(session, at)
        for step, who in ((Step.ASK_TO_WITHDRAW, STEWARD), (Step.WITHDRAW, AUTHORITY)):
            this = story(session, at, folder)
            assert this.read("directory", row.code) is not None
            directories.take(session, row, version, step, "演示", who, at)
        assert this.read("directory", row.code) is None
        assert this.read("category", row.code.partition("/")[0]) is not None


def test_a_draft_is_nobodys_business(house: tuple[Database, Path], at: datetime):
    database, folder = house
    with database.transaction() as session:
        row, _ = departments.drafted(session, at)
        this = story(session, at, folder)
        assert this.read("directory", row.code) is None
        assert this.read("category", row.code.partition("/")[0]) is None
        asked = sharing_house.begun(session, sharing_house.directory(session, at), at)
        assert this.read("share_request", asked.id) is None
        sharing.take(session, asked, RequestStep.SUBMIT, "", REQUESTER, at)
        assert this.read("share_request", asked.id) is not None


def test_items_keep_their_ids_from_version_to_version(house: tuple[Database, Path], at: datetime):
    database, folder = house
    with database.transaction() as session:
        row, _ = departments.published(session, at)
        this = story(session, at, folder)
        first, again = (this.read("directory", row.code) for _ in range(2))
    assert first is not None
    assert again is not None
    assert first.members == again.members
    said: Any = first.members["content"]
    ids = [each["id"] for each in said["items"]]
    assert len(set(ids)) == len(ids) == 2


def test_what_is_suspended_is_told_as_such_and_what_is_revoked_stays_told(house: tuple[Database, Path], at: datetime):
    database, folder = house
    with database.transaction() as session:
        this = story(session, at, folder)
        police = organisations.organisation_of(session, sharing_house.POLICE, locked=True)
        organisations.suspend(session, police, "演示", MAKER, at)
        system = systems.system_of(session, sharing_house.SYSTEM.id)
        systems.suspend(session, system, "演示", MAKER, at)
        assert this.read("organisation", police.code).members["state"] == "suspended"  # type: ignore[union-attr]
        assert this.read("system", system.id).members["state"] == "suspended"  # type: ignore[union-attr]


def test_an_objection_says_what_it_is_about_and_not_whose_it_is_or_what_was_said(
    house: tuple[Database, Path], at: datetime
):
    database, folder = house
    with database.transaction() as session:
        directory = sharing_house.directory(session, at)
        for number, named in enumerate(("TYPE", "OTHER")):
            usage = f"usage-{number}"
            words = ("kind", "organisation", "item_code", "item_name", "stage", "ground", "outcome", "consent")
            named_by = {"holder_hash": "h" * 64, "usage": usage, "type": named, "identifier": ""}
            session.add(HolderUse(**named_by, **dict.fromkeys(words, "x"), fields=[], at=at))
            told = {"id": f"objection-{number}", "usage": usage, "holder_hash": "h" * 64, "identifier": ""}
            about = {"about": "use", "addressee": HEALTH, "text": b"sealed", "state": "verifying", "at": at}
            about |= {"field": "", "addressee_role": "requester", "version": 1}
            session.add(HolderObjection(**told, **about))
        session.flush()
        of_directory = SimpleNamespace(code="TYPE", resource=directory.code)
        this = Story(session, {Certs: SimpleNamespace(types={"TYPE": of_directory})}, at, folder)
        content = this.read("objection", "objection-0")
        assert content is not None
        assert (content.members["directory"], content.members["state"]) == (directory.code, "open")
        assert not SECRET.search(canonical(dict(content.members)).decode())
        assert this.read("objection", "objection-1") is None


def test_events_of_other_things_tell_of_no_kind():
    event = Event("case.decided", "certs", Thing("case", "x"), 1, AT)
    for name in OURS:
        assert event.name not in KINDS[name].events


def test_a_directory_whose_code_has_no_category_tells_of_none():
    event = Event("directory.publish", "exchange", Thing("directory", "no-stroke"), 1, AT)
    assert KINDS["category"].events["directory.publish"](event) is None


def test_two_kinds_of_one_name_are_refused():
    with pytest.raises(ValueError, match="share a name"):
        laid_out(KINDS["grant"], KINDS["grant"])
