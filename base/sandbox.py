"""The sandbox: an invented province in one folder, made on the first start by the rooms' own verbs, then served.

Nothing in it is real; every page says 演示. The folder holds the settings, the database and `sandbox.json`, which tells
a visitor, a sample or a test what there is.
"""

import json
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from base import clock, schema, server
from base.callers import Caller
from base.program import Program, Running, Sandbox, Second
from base.settings import read

FILE = "settings.toml"
SECRET = "web.secret"  # noqa: S105 - the name of a file
SETTINGS = """# Made by `yinxin sandbox` on its first start; a demonstration, nothing in it is real.
[database]
url = "sqlite:///{folder}/sandbox.db"

[web]
environment = "demo"
host = "{host}"
port = {port}

[metrics]
directory = "{folder}/metrics"
"""


@dataclass(frozen=True)
class Place:
    """Where a site of the sandbox lives and listens; `under` is the first site's address, where it is the second."""

    folder: Path
    host: str
    port: int
    under: str = ""

    @property
    def url(self) -> str:
        """Give its address."""
        return f"http://{self.host}:{self.port}"


def open_(program: Program, place: Place, *, make_only: bool = False, with_second: bool = False) -> None:
    """Make the province if the folder is empty, then serve it with its jobs; with its second site, if that is wanted.

    Raises `PortTaken` and `PlaceNotWritable` before anything is made.
    """
    os.umask(0o077)  # keys and the database are for whoever started it, nobody else
    second = program.sandbox_second if with_second else None
    below = None if second is None else Place(place.folder / second.folder, place.host, place.port + 1, place.url)
    server.require_writable(place.folder)
    if not make_only:
        for each in (place, below):
            if each is not None:
                server.require_free(each.host, each.port)
    made = place.folder / "sandbox.json"
    _settle(program, place)
    running = Running(program, read(program.sections))
    schema.upgrade(running.unchecked_database)
    if not made.exists():
        _make(running, place, made)
    beside = [("jobs", "serve"), *(() if place.under else program.sandbox_beside)]
    if second is not None and below is not None:
        server.finish(*_second(below), "--make-only")
        _introduce(second, running, below)
        beside.append(_second(below))
    if make_only:
        return
    _greet(json.loads(made.read_text(encoding="utf-8")), place.url)
    _serve(running, beside)


def _serve(running: Running, commands: Iterable[tuple[str, ...]]) -> None:
    beside = [server.beside(*each) for each in commands]
    try:
        server.serve(running)
    finally:
        server.end(beside, server.GRACE_SECONDS)


def _second(below: Place) -> tuple[str, ...]:
    """Give the command that makes and serves the second site."""
    where = ("--data", str(below.folder), "--host", below.host, "--port", str(below.port))
    return ("sandbox", *where, "--under", below.under)


def _introduce(second: Second, running: Running, below: Place) -> None:
    environment = {"YINXIN_WEB_SECRET_FILE": str(below.folder / SECRET)}
    other = Running(running.program, read(running.program.sections, below.folder / FILE, environment))
    try:
        second.introduce(running, other)
    finally:
        other.database.close()


def _settle(program: Program, place: Place) -> None:
    """Write the settings; this process, the web workers and the scheduler all read them from there."""
    file, secret = place.folder / FILE, place.folder / SECRET
    text = "\n".join((SETTINGS.format(folder=place.folder, host=place.host, port=place.port), *_rooms(program, place)))
    file.write_text(text, encoding="utf-8")
    if not secret.exists():
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_urlsafe(32), encoding="utf-8")
    os.environ["YINXIN_CONFIG"] = str(file)
    os.environ["YINXIN_WEB_SECRET_FILE"] = str(secret)


def _rooms(program: Program, place: Place) -> Iterator[str]:
    if place.under and program.sandbox_second is not None:
        yield program.sandbox_second.settings(place.folder, place.under)
        return
    for told in program.sandbox_settings:
        yield told(place.folder)


def _make(running: Running, place: Place, made: Path) -> None:
    words = "the city below it / 正在建立下级市" if place.under else "the invented province / 正在建立演示省份"
    click.echo(f"making {words} …", err=True)
    second, sandbox = running.program.sandbox_second, Sandbox(place.folder, place.url, {})
    sandbox.told.update(url=sandbox.url, curl=f"curl -s {sandbox.url}/api/v1/ledger/checkpoint")
    with running.database.transaction() as session:
        running.seed(session, Caller("system", "sandbox"), clock.now())
    for sample in second.samples if place.under and second is not None else running.program.samples:
        sample(running, sandbox)
    unfinished = made.with_suffix(".part")
    unfinished.touch(mode=0o600)
    unfinished.write_text(json.dumps(sandbox.told, ensure_ascii=False, indent=2), encoding="utf-8")
    unfinished.rename(made)


def _greet(told: dict[str, object], url: str) -> None:
    click.echo(f"\n  Yinxin 印信 · sandbox 演示沙箱\n\n  pages 网页       {url}/")
    click.echo(f"  API 接口         {url}/docs")
    click.echo(f"  health 健康      {url}/readyz")
    for client in told.get("clients", []):  # type: ignore[attr-defined]
        click.echo(f"  client 接入方    {client['id']}  key 密钥 {client['private_key']}")
    click.echo(f"\n  try it 试一试:\n\n    {told['curl']}\n")
