"""The sandbox: an invented province in one folder, made on the first start by the rooms' own verbs, then served.

Nothing in it is real; every page says 演示. The folder holds the settings, the database and `sandbox.json`, which tells
a visitor, a sample or a test what there is.
"""

import json
import os
import secrets
from pathlib import Path

import click

from base import clock, schema, server
from base.callers import Caller
from base.program import Program, Running, Sandbox
from base.settings import read

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


def open_(program: Program, folder: Path, host: str, port: int, *, make_only: bool = False) -> None:
    """Make the province if the folder is empty, then serve it with its jobs.

    Raises `PortTaken` and `PlaceNotWritable` before anything is made.
    """
    os.umask(0o077)  # keys and the database are for whoever started it, nobody else
    server.require_writable(folder)
    if not make_only:
        server.require_free(host, port)
    made = folder / "sandbox.json"
    _settle(program, folder, host, port)
    running = Running(program, read(program.sections))
    schema.upgrade(running.unchecked_database)
    if not made.exists():
        _make(running, Sandbox(folder, f"http://{host}:{port}", {}), made)
    if make_only:
        return
    _greet(json.loads(made.read_text(encoding="utf-8")), f"http://{host}:{port}")
    beside = [server.beside(*each) for each in (("jobs", "serve"), *program.sandbox_beside)]
    try:
        server.serve(running)
    finally:
        for each in beside:
            each.terminate()
        for each in beside:
            each.wait(server.GRACE_SECONDS)


def _settle(program: Program, folder: Path, host: str, port: int) -> None:
    """Write the settings; this process, the web workers and the scheduler all read them from there."""
    file, secret = folder / "settings.toml", folder / "web.secret"
    rooms = (told(folder) for told in program.sandbox_settings)
    text = "\n".join((SETTINGS.format(folder=folder, host=host, port=port), *rooms))
    file.write_text(text, encoding="utf-8")
    if not secret.exists():
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_urlsafe(32), encoding="utf-8")
    os.environ["YINXIN_CONFIG"] = str(file)
    os.environ["YINXIN_WEB_SECRET_FILE"] = str(secret)


def _make(running: Running, sandbox: Sandbox, made: Path) -> None:
    click.echo("making the invented province / 正在建立演示省份 …", err=True)
    sandbox.told.update(url=sandbox.url, curl=f"curl -s {sandbox.url}/api/v1/ledger/checkpoint")
    with running.database.transaction() as session:
        running.seed(session, Caller("system", "sandbox"), clock.now())
    for sample in running.program.samples:
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
