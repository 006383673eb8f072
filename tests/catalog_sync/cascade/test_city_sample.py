"""The city of the sandbox: made by itself, known to its province once, with a directory and a certificate to tell."""

from pathlib import Path

import pytest
from sqlalchemy import select

import app
from base import sandbox, schema, settings
from base.callers import Caller
from base.clock import now
from base.program import Running, Sandbox
from catalog_sync.cascade import sample
from catalog_sync.cascade.models import CascadePartner
from certs.models import Certificate
from exchange.models import Directory
from keys.parties import sample as party_sample
from keys.parties import sample_people


def opened(folder: Path, rooms: str) -> Running:
    """Open an empty site in a folder, as the sandbox does."""
    folder.mkdir()
    text = sandbox.SETTINGS.format(folder=folder, host="127.0.0.1", port=18199) + rooms
    (folder / sandbox.FILE).write_text(text, encoding="utf-8")
    read = settings.read(app.PROGRAM.sections, folder / sandbox.FILE, {"YINXIN_WEB_SECRET": "s" * 32})
    running = Running(app.PROGRAM, read)
    schema.upgrade(running.unchecked_database)
    with running.database.transaction() as session:
        running.seed(session, Caller("system", "sandbox"), now())
    return running


@pytest.fixture
def sites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Running, Running]:
    """Give a province with its organisations, and the city of the sandbox."""
    # Hashing a password takes long by intent; who decides about directories is needed, the others are not.
    needed = tuple(each for each in sample_people.PEOPLE if "authority" in each.roles)
    monkeypatch.setattr(sample_people, "PEOPLE", needed)
    province = opened(tmp_path / "province", "")
    party_sample.sample(province, Sandbox(tmp_path / "province", "", {}))
    city = opened(tmp_path / "city", sample.settings_of(tmp_path / "city", "http://127.0.0.1:18198"))
    told = Sandbox(tmp_path / "city", "", {})
    sample.sample(city, told)
    assert told.told["directory"]
    return province, city


def partners(running: Running) -> list[tuple[str, str, str]]:
    """Give whom a site knows."""
    with running.database.reading() as session:
        return [(each.name, each.system, each.region) for each in session.scalars(select(CascadePartner))]


def test_the_city_has_something_to_tell_and_both_know_each_other_once(sites: tuple[Running, Running]) -> None:
    province, city = sites
    for _ in range(2):
        sample.introduce(province, city)
    assert partners(province) == [("city-320900", "yanshi-city-site", "320900")]
    assert partners(city) == [("province", "yanshi-province-site", "320000")]
    with city.database.reading() as session:
        assert session.scalars(select(Certificate.state)).one() == "valid"
        assert session.scalars(select(Directory.published)).one() == 1
    for each in sites:
        each.database.close()
