"""The exchange of files: told of only when they are there, whole and signed; a death at any step doubles nothing."""

import gzip
import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from catalog_sync.targets import file_exchange
from catalog_sync.targets.files import data_file, folder, signatures
from catalog_sync.targets.target import Outcome
from tests import postgres
from tests.catalog_sync.targets import file_house
from tests.catalog_sync.targets.file_house import OURS, Files
from tests.catalog_sync.targets.front_house import certificate, step


class Killed(BaseException):
    """What `kill -9` does to a step: nothing after it happens."""


@pytest.fixture(params=["sqlite", "postgresql"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Files]:
    with ExitStack() as stack:
        address = f"sqlite:///{tmp_path}/control.db"
        if request.param == "postgresql":
            url = stack.enter_context(postgres.own(request.getfixturevalue("postgres_server"), "files"))
            address = url.render_as_string(hide_password=False)
        made = file_house.opened(address, tmp_path)
        yield made
        made.close()


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Files]:
    made = file_house.opened(f"sqlite:///{tmp_path}/control.db", tmp_path)
    yield made
    made.close()


def test_a_batch_is_a_signed_file_for_each_table_told_of_in_the_control_tables(files: Files, at: datetime):
    replies = files.target.send([certificate(1), certificate(2), step()], {}, at)
    assert {each.outcome for each in replies} == {Outcome.ACCEPTED}
    publications = {each["id"]: each["pubId"] for each in files.rows("mng_data_up")}
    described = {publications[each["mngId"]]: each for each in files.rows("data_desc_up")}
    assert set(described) == {"up_lic_data", "up_pro_accept", "up_pro_process", "up_pro_material"}
    told = described["up_lic_data"]
    assert (told["dataCount"], told["compress"], told["operatStat"], told["expiryDate"]) == (2, "1", "0", "30")
    content = (files.folder / told["filePath"]).read_bytes()
    assert len(content) == told["fileSize"]
    assert signatures.fault([OURS.public], content, told["fileSignature"]) == ""
    assert signatures.fault([OURS.public], content + b"x", told["fileSignature"]) == "digest"
    assert signatures.fault([file_house.THEIRS.public], content, told["fileSignature"]) == "signature"
    lines = [json.loads(each) for each in gzip.decompress(content).splitlines()]
    assert [each["opType"] for each in lines] == ["insert", "insert"]
    first = {each["name"]: each for each in lines[0]["columns"]}
    assert first["certificate_source_id"]["pkcolumn"] == "1"
    assert first["cd_time"]["value"] == "2026-11-21 10:30:00"


def test_a_repeat_is_seen_and_a_publication_stands_once(files: Files, at: datetime):
    records = [certificate(1), step()]
    first = files.target.send(records, {}, at)
    assert files.again().send(records, {}, at + timedelta(hours=1)) == first
    files.target.send([certificate(2)], {}, at + timedelta(hours=2))
    assert len([each for each in files.rows("mng_data_up") if each["pubId"] == "up_lic_data"]) == 1
    assert len(files.rows("data_desc_up")) == len(files.files()) == 5


@pytest.mark.parametrize("step_of_death", ["written", "filled", "renamed", "described", "noted"])
def test_a_death_at_any_step_leaves_no_half_file_and_doubles_nothing(
    lite: Files, at: datetime, monkeypatch: pytest.MonkeyPatch, step_of_death: str
):
    def die(*_told: Any, **_more: Any) -> None:
        raise Killed

    with monkeypatch.context() as bent:
        match step_of_death:
            case "written":
                bent.setattr(data_file, "written", die)
            case "filled":
                bent.setattr(folder, "filled", lambda _descriptor, _data: die())
            case "renamed":
                bent.setattr(Path, "rename", die)
            case "described":
                bent.setattr(file_exchange.FileExchange, "_describe", die)
            case _:
                bent.setattr(file_exchange, "_note", die)
        with pytest.raises(Killed):
            lite.target.send([certificate(1)], {}, at)
    assert lite.rows("data_desc_up") == []
    assert lite.target.find(certificate(1), at) is None
    (reply,) = lite.again().send([certificate(1)], {}, at + timedelta(minutes=1))
    assert reply.outcome is Outcome.ACCEPTED
    (told,) = lite.rows("data_desc_up")
    assert (lite.folder / told["filePath"]).stat().st_size == told["fileSize"]


def test_what_the_reader_says_of_a_file_is_said_of_its_records(files: Files, at: datetime):
    good, bad = certificate(1), step()
    files.target.send([good, bad], {}, at)
    assert files.target.receipts("", at).receipts == ()
    files.answer("up_lic_data", "1")
    files.answer("up_pro_accept", "2", "演示：签名不符")
    told = files.target.receipts("", at)
    found = {each.about: each.reply for each in told.receipts}
    assert (found[good.key].outcome, found[bad.key].outcome) == (Outcome.STORED, Outcome.REFUSED)
    assert (found[bad.key].code, found[bad.key].words) == ("operat-stat-2", "演示：签名不符")
    assert files.target.receipts(told.mark, at).receipts == ()


def test_a_file_that_nobody_took_in_time_is_taken_away_and_told_as_such(lite: Files, at: datetime):
    record = certificate(1)
    lite.target.send([record], {}, at)
    assert lite.target.receipts("", at + timedelta(days=30)).receipts == ()
    (told,) = lite.target.receipts("", at + timedelta(days=30, seconds=1)).receipts
    assert (told.about, told.reply.outcome, told.reply.code) == (record.key, Outcome.REFUSED, "expired")
    assert lite.files() == []
    (reply,) = lite.target.send([record], {}, at + timedelta(days=31))
    assert reply.outcome is Outcome.ACCEPTED
    assert len(lite.files()) == len(lite.rows("data_desc_up")) == 1


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", ".hidden", "a//b", "", "a/" * 9 + "b", "a\0b"])
def test_no_path_leads_out_of_the_folder(tmp_path: Path, path: str):
    with pytest.raises(folder.PathRefused):
        folder.get(tmp_path, path, 10)
    with pytest.raises(folder.PathRefused):
        folder.put(tmp_path, path, b"x")


def test_no_link_is_followed_and_nothing_larger_than_the_limit_is_read(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    store = tmp_path / "store"
    store.mkdir()
    (store / "link").symlink_to(secret)
    (store / "way").symlink_to(tmp_path)
    for path in ("link", "way/secret"):
        with pytest.raises(folder.PathRefused, match="link"):
            folder.get(store, path, 10)
    with pytest.raises(folder.PathRefused, match="link"):
        folder.put(store, "way/new", b"x")
    folder.put(store, "a/b", b"12345")
    assert folder.get(store, "a/b", 5) == b"12345"
    with pytest.raises(folder.PathRefused, match="too-large"):
        folder.get(store, "a/b", 4)
    with pytest.raises(folder.PathRefused, match="no-plain-file"):
        folder.get(store, "a", 4)
