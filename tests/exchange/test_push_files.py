"""Drops of files: whole or not at all, with a manifest that proves them."""

import base64
import csv
import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet  # type: ignore[import-untyped]

from base.db import Database
from exchange.feeds.errors import PushDestinationFailed
from exchange.feeds.pushes.destinations.files import DROPS_KEPT, FileDestination
from keys.algorithms import asymmetric
from keys.algorithms.sm2 import SM2_SM3
from keys.parties.sample import code_of
from tests.exchange import push_house
from tests.exchange.push_house import FIELDS, House, row


class Killed(BaseException):
    """What `kill -9` does to a step."""


@pytest.fixture
def house(database: Database, tmp_path: Path, at: datetime) -> Iterator[House]:
    opened = push_house.opened(database, tmp_path, at)
    yield opened
    opened.close()


def folder(house: House) -> Path:
    return house.folder / code_of("police") / "drops" / "licences"


def order(house: House, form: str = "csv", **told: Any) -> str:
    return house.order(kind="files", destination={"folder": "licences", "format": form}, **told)


def latest(house: House) -> tuple[Path, dict[str, Any]]:
    told = json.loads((folder(house) / "latest.json").read_text())
    drop = folder(house) / told["drop"]
    manifest = (drop / "manifest.json").read_bytes()
    assert hashlib.new("sm3", manifest).hexdigest() == told["manifest_sm3"]
    return drop, json.loads(manifest)


def ended(house: House, run: Any) -> None:
    while not house.step(run):
        pass


def lines(drop: Path) -> list[list[str]]:
    with (drop / "data.csv").open(encoding="utf-8", newline="") as opened:
        return list(csv.reader(opened))


def test_a_drop_holds_the_rows_and_what_proves_them(house: House):
    house.write([row(1), row(2, 面积="x"), row(3, 单位名称='带,逗号\n和"引号')])
    assert house.run(order(house)).state == "done"
    drop, manifest = latest(house)
    header, *rows = lines(drop)
    assert (tuple(header), [each[0][-1] for each in rows]) == (FIELDS, ["1", "3"])
    assert rows[1][1] == '带,逗号\n和"引号'
    (file,) = manifest["files"]
    data = (drop / file["name"]).read_bytes()
    assert (file["rows"], file["bytes"], file["sm3"]) == (2, len(data), hashlib.new("sm3", data).hexdigest())
    assert (manifest["kind"], manifest["counts"]["rejected"]) == ("snapshot", 1)


def test_the_manifest_is_signed_by_the_site(house: House):
    house.run(order(house))
    drop, _ = latest(house)
    told = json.loads((drop / "manifest.sig.json").read_text())
    public = asymmetric.public_key(base64.b64decode(told["public_key"]))
    signature, manifest = base64.b64decode(told["signature"]), (drop / "manifest.json").read_bytes()
    assert SM2_SM3.verify(public, signature, manifest)
    assert not SM2_SM3.verify(public, signature, manifest.replace(b"snapshot", b"snapshoT"))


def test_the_next_drop_tells_what_changed(house: House):
    push = order(house, mode="diff")
    house.run(push)
    house.write([row(1), row(2, 单位名称="改名"), row(4), row(5), row(6)])
    house.run(push)
    drop, manifest = latest(house)
    header, *rows = lines(drop)
    assert (manifest["kind"], header[0]) == ("delta", "yx_operation")
    assert [(each[0], each[1][-1], each[2]) for each in rows] == [
        ("update", "2", "改名"),
        ("delete", "3", "演示单位3"),
        ("insert", "6", "演示单位6"),
    ]


def test_parquet_holds_the_same(house: House):
    house.run(order(house, "parquet"))
    drop, _ = latest(house)
    found = parquet.read_table(drop / "data.parquet").to_pylist()
    assert [each["许可证编号"][-1] for each in found] == list("12345")


def test_a_drop_that_was_cut_off_is_written_anew_and_told_once(house: House, monkeypatch: pytest.MonkeyPatch):
    push = order(house)
    run = house.start(push)

    def die(*_: object, **__: object) -> None:
        raise Killed

    for cut in ("_manifest", "_tell", "_tidy"):
        with monkeypatch.context() as patched:
            patched.setattr(FileDestination, cut, die)
            with pytest.raises(Killed):
                ended(house, run)
        house.settings()
        assert (folder(house) / "latest.json").exists() == (cut == "_tidy")
    ended(house, run)
    assert len(lines(latest(house)[0])) == 6
    drops = [each for each in folder(house).iterdir() if each.is_dir() and not each.name.startswith(".")]
    assert len(drops) == 1


def test_only_the_newest_drops_stay(house: House):
    push = order(house)
    house.run(push)
    for number in range(DROPS_KEPT + 3):
        (folder(house) / f"20200101T{number:06d}Z-0").mkdir()
    house.run(push)
    drops = [each for each in folder(house).iterdir() if each.is_dir()]
    assert (len(drops), latest(house)[0] in drops) == (DROPS_KEPT, True)


def test_a_link_in_the_place_of_the_folder_is_not_followed(house: House, tmp_path: Path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder(house).symlink_to(elsewhere)
    with pytest.raises(PushDestinationFailed, match="no-plain-folder"):
        house.step(house.start(order(house)))
    assert list(elsewhere.iterdir()) == []
