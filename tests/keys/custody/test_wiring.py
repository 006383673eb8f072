"""Custody's settings: defaults beside the database, PINs by token, a form from a file; and its jobs."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from base import settings
from base.db import Database, DatabaseSettings
from base.fetch import FetchSettings
from base.settings import Settings
from base.web import WebSettings
from keys.custody import jobs, wiring
from keys.custody.models import DataKey
from keys.custody.wiring import CustodyParts
from keys.signers import uris
from keys.signers.errors import DeviceDown, SecretFileUnusable
from tests.conftest import AT
from tests.keys.custody.conftest import SECTIONS

Told = Callable[..., Settings]


def test_without_settings_everything_lies_beside_the_database_and_nothing_is_touched(tmp_path: Path):
    told = {"YINXIN_DATABASE_URL": f"sqlite:///{tmp_path / 'a.db'}"}
    read = settings.read(SECTIONS, environment=told)
    parts = wiring.built(read)
    assert parts.data_keys.kek.file == tmp_path / "custody.kek"  # type: ignore[attr-defined]
    assert wiring.password_file(read[wiring.CustodySettings], read[DatabaseSettings]) == tmp_path / "custody.password"
    assert parts.custody.devices.of_scheme("file").address("a", "").text == f"file:{tmp_path}/keys/a.pem"
    assert list(tmp_path.iterdir()) == []


def test_on_a_server_they_lie_in_the_working_folder(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    read = settings.read(SECTIONS, environment={"YINXIN_DATABASE_URL": "postgresql://host/yinxin"})
    assert wiring.built(read).data_keys.kek.file == tmp_path / "custody.kek"  # type: ignore[attr-defined]


@pytest.mark.parametrize("label", ["token-1", "令牌", "../../etc/passwd", "a b", "."])
def test_a_pin_is_read_from_the_file_of_its_token_and_from_nowhere_else(tmp_path: Path, label: str):
    folder = tmp_path / "pins"
    folder.mkdir()
    pins = wiring._Pins(folder)
    with pytest.raises(SecretFileUnusable):
        pins(label)
    written = {"令牌": "%E4%BB%A4%E7%89%8C", "../../etc/passwd": "..%2F..%2Fetc%2Fpasswd", "a b": "a%20b"}
    if label != ".":
        file = folder / written.get(label, label)
        file.touch(mode=0o600)
        file.write_text("1234\n")
        assert pins(label) == b"1234"
        file.chmod(0o644)
        with pytest.raises(SecretFileUnusable):
            pins(label)


def test_a_signature_server_gets_a_way_out_that_is_closed_again(told: Told, tmp_path: Path):
    form = tmp_path / "form.toml"
    form.write_text('sign_path = "/svs/sign"')
    read = told(server_url="http://127.0.0.1:9", server_form=str(form), server_in_intranet="true")
    with wiring.opened(read) as parts:
        device = parts.custody.devices.of_scheme("svs")
        assert device._line.form.sign_path == "/svs/sign"  # type: ignore[attr-defined]
        with pytest.raises(DeviceDown):
            parts.custody.devices.signer(uris.parse("svs:a"))
    with wiring.opened(told()) as plain:
        assert plain.data_keys.former == ()


def test_the_sections_need_no_other_room(tmp_path: Path):
    sections = (DatabaseSettings, WebSettings, FetchSettings, wiring.CustodySettings)
    assert wiring.built(settings.read(sections, environment={})).data_keys.former == ()


class _Run:
    """What a job is handed, as far as these look."""

    def __init__(self, database: Database, parts: CustodyParts, at) -> None:
        self.database, self._parts, self.at = database, parts, at

    def part(self, _kind: type) -> CustodyParts:
        return self._parts


def test_the_job_renews_data_keys_once_a_quarter(database: Database, parts: CustodyParts):
    with database.transaction() as session:
        parts.data_keys.prepare(session)
        made = session.scalars(select(DataKey.created_at).where(DataKey.purpose == "sealing")).one()
    for days, count in ((1, 2), (89, 2), (91, 3), (92, 3)):
        jobs.renew_data_keys(_Run(database, parts, made + timedelta(days=days)))  # type: ignore[arg-type]
        with database.reading() as session:
            assert len(session.scalars(select(DataKey)).all()) == count
    assert [job.name for job in jobs.JOBS] == ["keys.custody.warn", "keys.custody.renew-data-keys"]
    assert jobs.JOBS[0].is_one_transaction
    assert made != AT
