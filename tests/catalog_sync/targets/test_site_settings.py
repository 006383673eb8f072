"""What the cascade can be told, and what is refused before anything is reached."""

from pathlib import Path

import pytest

import app
from base import settings
from base.settings import UnusableSetting
from catalog_sync.targets.making import Ground
from catalog_sync.targets.site.settings import ANOTHER_SITE
from keys.custody.kek import FileKek
from keys.data_keys import DataKeys

SITE = 'sites = ["province https://province.test/dialects/cascade city-site"]\nkey = "cascade"\n'


def built(folder: Path, told: str) -> list[str]:
    file = folder / "settings.toml"
    file.write_text(f"[cascade]\n{told}", encoding="utf-8")

    def never(*_: object) -> object:
        raise AssertionError

    ground = Ground(never, never, DataKeys(FileKek(folder / "kek")))  # type: ignore[arg-type]
    read = settings.read(app.PROGRAM.sections, file, {})
    return [each.name for each in ANOTHER_SITE.built(read, ground)]


def test_each_site_that_is_named_is_a_target(tmp_path: Path) -> None:
    assert built(tmp_path, SITE) == ["province"]
    assert built(tmp_path, "") == []


@pytest.mark.parametrize(
    "told",
    [
        'sites = ["province https://province.test/dialects/cascade"]\nkey = "k"',
        'sites = ["province nowhere city-site"]\nkey = "k"',
        'sites = ["province https://province.test city-site"]',
        SITE + 'returns = ["nation"]',
        SITE + 'kinds = ["unheard-of"]',
        SITE + 'region = "32"',
        SITE + "seconds = 0.0",
        SITE + 'prefix = "/api"',
        SITE + 'prefix = "/dialects/x-road"',
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(tmp_path: Path, told: str) -> None:
    with pytest.raises(UnusableSetting):
        built(tmp_path, told)
