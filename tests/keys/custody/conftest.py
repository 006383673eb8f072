"""A site with custody, once on each database: its settings, its parts, and two people who look after keys."""

from collections.abc import Callable
from pathlib import Path

import pytest

from base import settings
from base.callers import Caller
from base.db import Database, DatabaseSettings
from base.fetch import FetchSettings
from base.settings import Settings
from base.web import WebSettings
from keys.custody import wiring
from keys.custody.custody import Custody
from keys.custody.wiring import CustodyParts, CustodySettings
from keys.data_keys import DataKeys
from keys.parties.wiring import PartiesSettings
from tests.simulators import softhsm

ONE = Caller("person", "u-1", "甲", "11320900000000000X", frozenset({"sysadmin"}))
TWO = Caller("person", "u-2", "乙", "11320900000000000X", frozenset({"secadmin"}))
SECTIONS = (DatabaseSettings, WebSettings, FetchSettings, PartiesSettings, CustodySettings)


@pytest.fixture
def told(database_settings: DatabaseSettings, tmp_path: Path) -> Callable[..., Settings]:
    """Read the settings of a site whose secrets lie in a folder of this test, with what is told besides."""

    def read(**custody: str) -> Settings:
        usual = {
            "folder": tmp_path / "keys",
            "password_file": tmp_path / "custody.password",
            "kek": tmp_path / "custody.kek",
        }
        return settings.read(
            SECTIONS,
            environment={
                "YINXIN_DATABASE_URL": database_settings.url,
                "YINXIN_WEB_SECRET": "s" * 32,
                "YINXIN_PARTIES_TOKEN_KEY": str(tmp_path / "token.key"),
                **{f"YINXIN_CUSTODY_{name.upper()}": str(value) for name, value in {**usual, **custody}.items()},
            },
        )

    return read


@pytest.fixture
def read(told: Callable[..., Settings]) -> Settings:
    return told()


@pytest.fixture
def parts(read: Settings) -> CustodyParts:
    return wiring.built(read)


@pytest.fixture
def custody(parts: CustodyParts) -> Custody:
    return parts.custody


@pytest.fixture
def data_keys(parts: CustodyParts, database: Database) -> DataKeys:
    return parts.data_keys


@pytest.fixture
def hsm() -> softhsm.SoftHsm:
    if reason := softhsm.missing():
        pytest.skip(reason)
    return softhsm.started()


@pytest.fixture
def with_token(told: Callable[..., Settings], hsm: softhsm.SoftHsm, tmp_path: Path) -> tuple[Settings, str]:
    """Give the settings of a site with a token, and the token's label."""
    label = hsm.token()
    folder = tmp_path / "pins"
    folder.mkdir(mode=0o700)
    (folder / label).touch(mode=0o600)
    (folder / label).write_text(softhsm.PIN + "\n")
    return told(pkcs11_modules=softhsm.MODULE, pin_folder=str(folder)), label
