"""The sandbox's parties, documents, directories and certificates in a folder, served by the real application."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

import app
from base import clock, sandbox, schema, settings
from base.callers import Caller
from base.db import Database
from base.program import Running, Sandbox

# Passwords cost the sandbox's people seconds; here nobody signs in with one.
CHEAP = {"YINXIN_LOGIN_ARGON2_MEMORY_KIB": "19456", "YINXIN_LOGIN_ARGON2_PASSES": "1", "YINXIN_LOGIN_ARGON2_LANES": "1"}


@dataclass(frozen=True)
class Site:
    """A served sandbox."""

    url: str
    file: Path
    database: Database


class Quiet(WSGIRequestHandler):
    """Serves without a line for every call."""

    def log_request(self, *_):
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[Site]:
    """Make a sandbox in a folder, as `yinxin sandbox` does, and serve it on a free port."""
    server = make_server("127.0.0.1", 0, Flask("none"), threaded=True, request_handler=Quiet)
    url = f"http://127.0.0.1:{server.server_port}"
    with closing(server.socket):
        running = _made(folder, url, server.server_port)
        server.app = app.PROGRAM.create_app(running.settings)
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield Site(url, folder / "sandbox.json", running.database)
        finally:
            server.shutdown()
            serving.join()
            server.server_close()
            running.database.close()


def _made(folder: Path, url: str, port: int) -> Running:
    rooms = (told(folder) for told in app.PROGRAM.sandbox_settings)
    file = folder / "settings.toml"
    text = "\n".join((sandbox.SETTINGS.format(folder=folder, host="127.0.0.1", port=port), *rooms))
    file.write_text(text, encoding="utf-8")
    running = Running(app.PROGRAM, settings.read(app.PROGRAM.sections, file, {"YINXIN_WEB_SECRET": "x" * 32, **CHEAP}))
    schema.upgrade(running.unchecked_database)
    with running.database.transaction() as session:
        running.seed(session, Caller("system", "sandbox"), clock.now())
    told = Sandbox(folder, url, {"url": url})
    for sample in app.PROGRAM.samples:
        sample(running, told)
    (folder / "sandbox.json").write_text(json.dumps(told.told, ensure_ascii=False), encoding="utf-8")
    return running
