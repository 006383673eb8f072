"""What the doctor says of keys: the wrapping key, the files' modes, and whether each active key signs."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

from base import health
from base.db import Database
from base.health import House
from base.settings import Settings
from base.web import WebSettings
from keys.algorithms.algorithm import KeyKind
from keys.custody import acts, checks, wiring
from keys.custody.acts import NewKey
from keys.custody.wiring import CustodyParts
from keys.signers import secret_files
from tests.conftest import AT
from tests.keys.custody.conftest import ONE

Told = Callable[..., Settings]


def found(read: Settings, database: Database) -> dict[str, str]:
    return {each.check.name: each.finding.outcome for each in health.examine(House(read, database, AT), checks.CHECKS)}


def filled(database: Database, parts: CustodyParts) -> None:
    with database.transaction() as session:
        acts.create(session, parts.custody, NewKey("tsa", "tsa"), ONE, AT)
        parts.data_keys.prepare(session)


def test_a_new_site_is_well(database: Database, read: Settings):
    assert found(read, database) == {"kek": "good", "key-files": "good", "custody-keys": "good"}


def test_software_keys_are_warned_of_in_production_only(database: Database, read: Settings, parts: CustodyParts):
    filled(database, parts)
    assert found(read, database) == {"kek": "good", "key-files": "good", "custody-keys": "warning"}
    web = read[WebSettings]
    assert found(read.changed(dataclasses.replace(web, environment="demo")), database)["custody-keys"] == "good"


def test_a_missing_and_a_wrong_wrapping_key_fail(
    database: Database, read: Settings, parts: CustodyParts, tmp_path: Path
):
    filled(database, parts)
    file = tmp_path / "custody.kek"
    kept = file.read_bytes()
    file.unlink()
    assert found(read, database)["kek"] == "failed"
    secret_files.write(file, secret_files.new_password() + b"\n")
    assert found(read, database)["kek"] == "failed"
    secret_files.replace(file, kept)
    assert found(read, database)["kek"] == "good"


def test_a_file_that_others_can_read_fails(database: Database, read: Settings, parts: CustodyParts, tmp_path: Path):
    filled(database, parts)
    (pem,) = tmp_path.glob("keys/*.pem")
    for file in (pem, tmp_path / "custody.kek", tmp_path / "custody.password"):
        file.chmod(0o640)
        assert found(read, database)["key-files"] == "failed"
        file.chmod(0o600)
    assert found(read, database)["key-files"] == "good"


def test_a_key_that_is_gone_fails_by_its_id(database: Database, read: Settings, parts: CustodyParts, tmp_path: Path):
    filled(database, parts)
    (pem,) = tmp_path.glob("keys/*.pem")
    pem.unlink()
    told = {each.check.name: each.finding for each in health.examine(House(read, database, AT), checks.CHECKS)}
    assert told["custody-keys"].outcome == "failed"
    assert "tsa (key-not-there)" in told["custody-keys"].en


def test_a_former_wrapping_key_is_warned_of_until_everything_is_wrapped_anew(
    database: Database, told: Told, parts: CustodyParts, tmp_path: Path
):
    filled(database, parts)
    new = tmp_path / "new.kek"
    secret_files.write(new, secret_files.new_password() + b"\n")
    both = told(kek=new, former_kek=tmp_path / "custody.kek")
    assert found(both, database)["kek"] == "warning"
    with database.transaction() as session:
        wiring.built(both).data_keys.rewrap(session, ONE, AT)
    house = House(both, database, AT)
    (kek,) = [each.finding for each in health.examine(house, checks.CHECKS) if each.check.name == "kek"]
    assert (kek.outcome, "former_kek" in kek.en) == ("good", True)


def test_keys_on_a_token_are_well_and_fail_without_it(database: Database, with_token: tuple[Settings, str], hsm):
    read, label = with_token
    custody = wiring.built(read).custody
    with database.transaction() as session:
        acts.create(session, custody, NewKey("ca-1", "ocsp", KeyKind.P256, "pkcs11", label), ONE, AT)
    assert found(read, database)["custody-keys"] == "good"
    hsm.remove(label)
    assert found(read, database)["custody-keys"] == "failed"
