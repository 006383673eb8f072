"""The service's token key lies encrypted; a plain file of old is encrypted when it is first read, and stays the key."""

import os
import threading
from pathlib import Path

import pytest

from base.db import Database
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.custody import acts
from keys.custody.acts import NewKey
from keys.custody.custody import Custody
from keys.parties import wiring as parties
from keys.parties.errors import TokenKeyUnusable
from keys.parties.token_keys import FileTokenKey
from keys.signers import secret_files, uris
from tests.conftest import AT
from tests.keys.custody.conftest import ONE

ENCRYPTED = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"


def _key(tmp_path: Path, kind: KeyKind = KeyKind.SM2) -> FileTokenKey:
    password = tmp_path / "custody.password"
    return FileTokenKey(tmp_path / "token.key", kind, lambda: secret_files.line_made_once(password))


@pytest.mark.parametrize("kind", [KeyKind.SM2, KeyKind.P256], ids=str)
def test_a_new_token_key_is_encrypted_and_survives_a_restart(tmp_path: Path, kind: KeyKind):
    made = _key(tmp_path, kind).private.public
    assert (tmp_path / "token.key").read_bytes().startswith(ENCRYPTED)
    assert (tmp_path / "token.key").stat().st_mode & 0o777 == 0o600
    assert _key(tmp_path, kind).private.public == made


def test_a_plain_file_of_old_is_encrypted_and_stays_the_key(tmp_path: Path):
    made = FileTokenKey(tmp_path / "token.key", KeyKind.SM2).private.public
    assert b"BEGIN PRIVATE KEY" in (tmp_path / "token.key").read_bytes()
    assert _key(tmp_path).private.public == made
    assert (tmp_path / "token.key").read_bytes().startswith(ENCRYPTED)
    assert _key(tmp_path).private.public == made
    assert sorted(each.name for each in tmp_path.iterdir()) == ["custody.password", "token.key"]


def test_a_plain_file_that_cannot_be_replaced_still_works(tmp_path: Path, monkeypatch):
    made = FileTokenKey(tmp_path / "token.key", KeyKind.SM2).private.public

    def refuses(*_: object) -> int:
        raise PermissionError(30, "Read-only file system")

    monkeypatch.setattr(os, "open", refuses)
    assert _key(tmp_path).private.public == made


def test_of_many_processes_that_start_at_once_all_have_one_key(tmp_path: Path):
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(_key(tmp_path).private.public.spki)) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_lost_or_wrong_password_is_a_refusal_and_makes_no_new_key(tmp_path: Path):
    _ = _key(tmp_path).private
    before = (tmp_path / "token.key").read_bytes()
    secret_files.replace(tmp_path / "custody.password", secret_files.new_password())
    with pytest.raises(TokenKeyUnusable, match="wrong-key-password"):
        _ = _key(tmp_path).private
    with pytest.raises(TokenKeyUnusable, match="wrong-key-password"):
        _ = FileTokenKey(tmp_path / "token.key", KeyKind.SM2).private
    assert (tmp_path / "token.key").read_bytes() == before


def test_the_settings_encrypt_it_with_the_password_that_stands_beside_it(read, tmp_path: Path):
    _ = parties.built(read).token_key.private
    assert (tmp_path / "token.key").read_bytes().startswith(ENCRYPTED)
    assert (tmp_path / "custody.password").exists()


def test_the_token_key_is_put_on_record_as_a_key_in_custody(database: Database, custody: Custody, tmp_path: Path):
    """One password for both: a file named .pem can be adopted as it lies."""
    key = FileTokenKey(
        tmp_path / "token.pem", KeyKind.SM2, lambda: secret_files.line_made_once(tmp_path / "custody.password")
    )
    public = key.private.public
    with database.transaction() as session:
        row = acts.adopt(session, custody, NewKey("token", "token"), uris.of_file(str(tmp_path / "token.pem")), ONE, AT)
        assert custody.signer_for(session, "token").public == public
    assert row.key_use == "token"
    assert asymmetric.public_key(row.spki) == public
