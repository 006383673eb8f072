"""Known keys go every way that there is, and then nothing outside their files and devices holds a byte of them.

A process of its own takes keys in, makes some, signs, seals, hashes, fails, and writes its log at the lowest level;
then the database (its files, and every table as COPY writes it), the log, the environment and the command line are
searched for the keys as bytes, hexadecimal, base64 at each alignment, PEM lines and numbers in DER.
"""

import base64
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from sqlalchemy import make_url, select

from base.db import Database, DatabaseSettings
from keys.algorithms import asymmetric, der, international, sm2
from keys.algorithms.algorithm import KeyKind, PrivateKey
from keys.custody.kek import FileKek
from keys.custody.models import DataKey
from keys.data_keys import _bound
from keys.signers import secret_files
from tests.keys.custody import planted_child
from tests.keys.custody.planted_child import PASSWORD

# What is found by chance in a place of 10 MB with less than this many bytes would be no finding.
LEAST = 12


@dataclass(frozen=True)
class Places:
    """Everything outside that could hold a key, by name."""

    found: dict[str, bytes]

    def with_any_of(self, secret: bytes) -> list[str]:
        return [
            f"{name}: {form}"
            for name, data in self.found.items()
            for form, written in forms(secret).items()
            if written in data
        ]


def forms(secret: bytes) -> dict[str, bytes]:
    """Write a secret in every way in which it could leak."""
    assert len(secret) >= LEAST
    written = {
        "raw": secret,
        "reversed": secret[::-1],
        "hex": secret.hex().encode(),
        "HEX": secret.hex().upper().encode(),
    }
    for shift in range(3):
        # Whole groups of three bytes that do not depend on what stands around the secret.
        inner = secret[(3 - shift) % 3 :]
        inner = inner[: len(inner) // 3 * 3]
        written[f"base64 {shift}"] = base64.b64encode(inner)
        written[f"base64url {shift}"] = base64.urlsafe_b64encode(inner)
    written["number"] = str(int.from_bytes(secret)).encode()
    written["DER integer"] = der.integer(int.from_bytes(secret))
    return written


def halves(private: PrivateKey) -> list[bytes]:
    """Give the secret numbers of a key."""
    if isinstance(private, sm2.PrivateKey):
        return [private._handle.scalar()]
    assert isinstance(private, international.InternationalPrivateKey)
    if isinstance(private.key, rsa.RSAPrivateKey):
        told = private.key.private_numbers()
        return [each.to_bytes((each.bit_length() + 7) // 8) for each in (told.d, told.p, told.q)]
    assert isinstance(private.key, ec.EllipticCurvePrivateKey)
    return [private.key.private_numbers().private_value.to_bytes(32)]


@pytest.fixture(scope="module")
def planted() -> dict[str, PrivateKey]:
    return {
        "sm2": asymmetric.generated(KeyKind.SM2),
        "p-256": asymmetric.generated(KeyKind.P256),
        "rsa": international.generated(KeyKind.RSA, 2048),
    }


@pytest.fixture
def places(database_settings: DatabaseSettings, tmp_path: Path, planted: dict[str, PrivateKey]) -> Places:
    for kind, private in planted.items():
        secret_files.write(tmp_path / f"{kind}.pem", asymmetric.private_key_pem(private, PASSWORD))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("YINXIN_")},
        "YINXIN_DATABASE_URL": database_settings.url,
        "YINXIN_CUSTODY_FOLDER": str(tmp_path / "keys"),
        "YINXIN_CUSTODY_PASSWORD_FILE": str(tmp_path / "custody.password"),
        "YINXIN_CUSTODY_KEK": str(tmp_path / "custody.kek"),
    }
    command = [sys.executable, "-m", planted_child.__name__, str(tmp_path)]
    log = (tmp_path / "log").open("wb+")
    with (
        log,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment,
            cwd=Path(__file__).parents[3],
        ) as child,
    ):
        assert child.stdout is not None
        said = b""
        while not said.endswith(b"done\n"):
            line = child.stdout.readline()
            assert line, (tmp_path / "log").read_text()
            said += line
        running = Path(f"/proc/{child.pid}")
        found = {"environment": (running / "environ").read_bytes(), "command": (running / "cmdline").read_bytes()}
        child.communicate(b"", timeout=30)
        assert child.returncode == 0
    return Places({**found, "output": said, "log": (tmp_path / "log").read_bytes(), **_database(database_settings)})


def _database(settings: DatabaseSettings) -> dict[str, bytes]:
    url = make_url(settings.url)
    if url.get_backend_name() == "sqlite":
        file = Path(str(url.database))
        files = {each.name: each.read_bytes() for each in file.parent.glob(f"{file.name}*")}
        with closing(sqlite3.connect(file)) as opened:
            return {**files, "dump": "\n".join(opened.iterdump()).encode()}
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    found = {}
    with psycopg.connect(address) as connection:
        tables = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        for (table,) in tables:
            with connection.cursor().copy(f'copy (select * from "{table}") to stdout') as copy:  # noqa: S608 - a table of our own
                found[f"table {table}"] = b"".join(bytes(each) for each in copy)
    assert any(found.values())
    return found


def test_no_byte_of_a_key_or_password_is_outside_its_file(
    places: Places, planted: dict[str, PrivateKey], database: Database, tmp_path: Path
):
    """Private keys; then the password of their files, the wrapping key and the data keys."""
    password = secret_files.line(tmp_path / "custody.password")
    files = sorted((tmp_path / "keys").glob("*.pem"))
    made = [asymmetric.private_key_of_pem(each.read_bytes(), password) for each in files]
    assert len(made) == 7
    assert {each.public.spki for each in planted.values()} <= {each.public.spki for each in made}
    for private in made:
        for secret in halves(private):
            assert places.with_any_of(secret) == []
        for line in asymmetric.private_key_pem(private, None).splitlines()[1:-1]:
            assert not any(line in data for data in places.found.values() if len(line) >= LEAST)
    kek = secret_files.line(tmp_path / "custody.kek")
    drawn = base64.urlsafe_b64decode(kek.removeprefix(secret_files.DRAWN) + b"=")
    wrapping = FileKek(tmp_path / "custody.kek")
    with database.reading() as session:
        rows = session.scalars(select(DataKey)).all()
    data_keys = [wrapping.unwrap(row.wrapped, _bound(row.id, row.version, row.purpose)) for row in rows]
    assert len(data_keys) == 2
    for secret in (password, PASSWORD, kek, drawn, *data_keys):
        assert places.with_any_of(secret) == []
    _require_the_search_to_find(places, planted)


def _require_the_search_to_find(places: Places, planted: dict[str, PrivateKey]) -> None:
    """See that the planted keys did go through, and that the search finds a key that leaks."""
    whole = b"".join(places.found.values())
    for private in planted.values():
        spki = private.public.spki
        assert spki in whole or spki.hex().encode() in whole
        plain = private.pkcs8()
        for shift in range(3):
            for told in (plain, plain.hex().encode(), base64.b64encode(bytes(shift) + plain)):
                leaking = Places({"leak": b"." * shift + told})
                assert any(leaking.with_any_of(secret) for secret in halves(private))
    assert b"custody-key.created" in whole
    assert b"wrong-key-password" in places.found["log"] + places.found["output"]
