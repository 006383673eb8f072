"""Two real houses on this machine, each with a database and keys of its own: one asks the other for certificates."""

import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Response

import app
from base import clock, settings
from base.callers import Caller
from base.db import Base, Database
from base.identifiers import CertificateIdentifier, CreditCode
from base.workdays import local_day
from certs import library
from certs.drafts import Holder
from certs.libraries.models import LibraryAnswer, LibraryEvidence
from certs.libraries.peer import Peer
from certs.library import Entry
from certs.life import State, Step
from certs.models import Certificate, CertificateEvent, CertificateHolder, CertificateNumber
from certs.queries.wiring import Queries
from certs.types.certificate_type import CertificateType
from exchange.agreements import callers
from exchange.agreements.caller_kinds import CallerKind
from exchange.agreements.callers import Registration
from exchange.agreements.models import Grant
from exchange.door.models import Usage
from keys.custody import acts
from keys.custody.wiring import CustodyParts
from keys.parties import system_keys, systems
from keys.parties.models import System
from keys.parties.sample import code_of
from keys.parties.systems import NewSystem
from tests.certs.papers import HYGIENE, draft, firm
from tests.certs.queries import house as windows
from tests.exchange import departments, gateway_house
from tests.keys.parties import builders

NAME = "province:310000"
CLIENT = "neighbour-house"
KEY = "library"
# What the other house grants: the address, and neither the holder's code nor the name in plain.
GRANTED = ("address",)
KEEPER = Caller("person", "keeper", "演示管理员", builders.PROVINCE, frozenset({"secadmin", "sysadmin"}))
ISSUER = Caller("system", "issuer", "issuer", code_of("health"), scopes=frozenset({"cert:issue"}))
# What a story leaves behind, and nothing that refers to it.
STORIES: tuple[type[Base], ...] = (
    LibraryAnswer,
    LibraryEvidence,
    Usage,
    CertificateEvent,
    CertificateHolder,
    CertificateNumber,
    Certificate,
)
# Long enough for two busy cores; nothing is waited for but answers.
PATIENCE = 30


class Quiet(WSGIRequestHandler):
    """Serves without a line for every call."""

    def log_request(self, *_: object) -> None:
        """Say nothing."""


@dataclass
class Gate:
    """Stands before a house: lets requests in, holds them back, or changes what goes out."""

    inner: Any = None
    opened: threading.Event = field(default_factory=threading.Event)
    changed: Callable[[bytes], bytes] | None = None
    paths: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.opened.set()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Pass a request on."""
        self.paths.append(environ["PATH_INFO"])
        self.opened.wait(PATIENCE)
        if self.changed is None:
            answered: Iterable[bytes] = self.inner(environ, start_response)
            return answered
        told, status, headers = run_wsgi_app(self.inner, environ, buffered=True)
        response = Response(self.changed(b"".join(told)), status, content_type=headers["Content-Type"])
        return response(environ, start_response)


@dataclass
class Asked:
    """The house that is asked: it has certificates of a type whose directory it grants to the other platform."""

    app: Flask
    database: Database
    gate: Gate
    server: BaseWSGIServer
    url: str
    directory: str = ""

    @property
    def parts(self) -> Queries:
        """Give its part."""
        found: Queries = self.app.extensions["yinxin"][Queries]
        return found

    def keep(self, number: int, state: State = State.VALID) -> str:
        """Put a certificate of an invented firm into its library."""
        today = local_day(clock.now())
        holder = Holder(firm(number), "001", f"演示企业{number}有限公司")
        made = replace(draft(HYGIENE, issued_on=today, valid_from=today), holders=(holder,))
        identifier = CertificateIdentifier.written(HYGIENE.code, CreditCode(code_of("health")), f"{number:08d}", "001")
        last = HYGIENE.validity.last_day(today)
        assert last is not None
        entry = Entry(
            identifier.text, HYGIENE, code_of("health"), f"邻演（{number}）", made, last, State.VALID, Step.DEPOSIT
        )
        with self.database.transaction() as session:
            row = library.enter(session, self.parts.certs.keys, entry, ISSUER, clock.now())
            row.state = state.value
        return identifier.text

    def revoke(self) -> None:
        """Revoke the grant."""
        gateway_house.revoked(self.database, clock.now())

    def end_tokens(self) -> None:
        """End the tokens that the other house holds."""
        with self.database.transaction() as session:
            row = session.get(System, CLIENT)
            assert row is not None
            systems.end_tokens(row)

    def uses(self) -> list[Usage]:
        """Give the uses on record."""
        with self.database.reading() as session:
            return list(session.scalars(select(Usage).order_by(Usage.id)))


@dataclass
class Asking:
    """The house that asks, with a window that looks certificates up."""

    app: Flask
    database: Database
    keys: dict[str, Any]

    @property
    def parts(self) -> Queries:
        """Give its part."""
        found: Queries = self.app.extensions["yinxin"][Queries]
        return found

    @property
    def peer(self) -> Peer:
        """Give the library that the other house is."""
        return next(each for each in self.parts.others if isinstance(each, Peer))

    def ask(self, **body: Any) -> dict[str, Any]:
        """Look up for the usual purpose, as the window's system does."""
        client = self.app.test_client(use_cookies=False)
        told = {"purpose": windows.purpose(), **body}
        answer = client.post("/api/v1/certificate-queries", json=told, headers={"Authorization": self._bearer(client)})
        assert answer.status_code == 200, answer.json
        return dict(answer.json or {})

    def held_by(self, number: int, **peculiar: Any) -> dict[str, Any]:
        """Ask for the certificates of an invented firm."""
        return self.ask(holder=windows.holder(number, **peculiar), certificate_type=HYGIENE.code)

    def later(self, seconds: int) -> None:
        """Let time go by for what is kept."""
        with self.database.transaction() as session:
            for row in session.scalars(select(LibraryAnswer)):
                row.expires_at -= timedelta(seconds=seconds)

    def with_peer(self, **told: Any) -> None:
        """Tell the library of the other house something else."""
        self.app.extensions["yinxin"][Queries] = replace(self.parts, others=(replace(self.peer, **told),))

    def _bearer(self, client: Any) -> str:
        site = builders.Site(self.app, self.database, None, self.keys)  # type: ignore[arg-type]
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": builders.ASSERTION_TYPE,
            "client_assertion": site.assertion("gm", **_times()),
        }
        answer = client.post("/oauth/token", data=form)
        assert answer.status_code == 200, answer.json
        return f"Bearer {answer.json['access_token']}"


@contextmanager
def opened(folder: Path, template: Path) -> Iterator[tuple[Asking, Asked]]:
    """Open both: the one that is asked is served on a free port, the other called as an application."""
    asked = _asked(folder / "asked", template)
    serving = threading.Thread(target=asked.server.serve_forever)
    serving.start()
    asking = _asking(folder / "asking", template, asked.url)
    try:
        _introduce(asking, asked)
        yield asking, asked
    finally:
        asked.gate.opened.set()
        asked.server.shutdown()
        serving.join()
        asked.server.server_close()
        asking.database.close()
        asked.database.close()


def begin_anew(asking: Asking, asked: Asked, parts: tuple[Queries, Queries]) -> None:
    """Take back what a story did: certificates, grants, what is kept, and whom the houses ask."""
    asking.app.extensions["yinxin"][Queries], asked.app.extensions["yinxin"][Queries] = parts
    for database in (asking.database, asked.database):
        with database.transaction() as session:
            for model in STORIES:
                session.execute(delete(model))
    asked.gate.changed = None
    asked.gate.opened.set()
    asked.gate.paths.clear()
    with asked.database.transaction() as session:
        session.execute(delete(Grant))
        granted(session, asked.directory, clock.now())


def _app(folder: Path, template: Path, url: str, text: str = "") -> tuple[Flask, Database]:
    folder.mkdir()
    shutil.copy(template, folder / "yinxin.db")
    told = f'[database]\nurl = "sqlite:///{folder}/yinxin.db"\n\n[parties]\nissuer = "{url}"\n\n{text}'
    file = folder / "settings.toml"
    file.write_text(told, encoding="utf-8")
    read = settings.read(app.PROGRAM.sections, file, {"YINXIN_WEB_SECRET": "s" * 32})
    made = app.create_app(read)
    return made, made.extensions["yinxin"][Database]


def _asked(folder: Path, template: Path) -> Asked:
    gate = Gate()
    server = make_server("127.0.0.1", 0, gate, threaded=True, request_handler=Quiet)
    url = f"http://127.0.0.1:{server.server_port}"
    made, database = _app(folder, template, url)
    gate.inner = made
    found = Asked(made, database, gate, server, url)
    departments.opened(database, clock.now())
    with database.transaction() as session:
        found.directory = _granted(session, clock.now())
    parts, type_ = found.parts, replace(HYGIENE, resource=found.directory)
    types: dict[str, CertificateType] = {**parts.certs.types, HYGIENE.code: type_}
    made.extensions["yinxin"][Queries] = replace(parts, certs=replace(parts.certs, types=types))
    return found


def _granted(session: Session, at: datetime) -> str:
    """Publish the type's directory, and grant it to the other platform."""
    items = [departments.item(name, 200) for name in ("证照编号", "持证主体", "address")]
    directory, _ = departments.published(session, at, items=items)
    told = Registration(CallerKind.PLATFORM, None, "演示互认协议", None)
    callers.register(session, code_of("city-data"), told, departments.AUTHORITY, at)
    granted(session, directory.code, at)
    return directory.code


def granted(session: Session, directory: str, at: datetime) -> None:
    """Grant the directory to the other platform."""
    gateway_house.granted(session, directory, at, code_of("city-data"), fields=GRANTED)
    session.execute(update(Grant).values(kind=CallerKind.PLATFORM.value))


def _asking(folder: Path, template: Path, url: str) -> Asking:
    text = "\n".join(
        (
            "[fetch]",
            'intranet_networks = ["127.0.0.0/8"]',
            "[libraries]",
            f'peers = ["{NAME} {url} {PATIENCE}"]',
            f'key = "{KEY}"',
            f'clients = ["{NAME} {CLIENT}"]',
            "intranet = true",
        )
    )
    made, database = _app(folder, template, builders.ISSUER, text)
    keys = builders.populate(database, clock.now())
    with database.transaction() as session:
        windows.listed(session, clock.now() - timedelta(days=1), [(windows.MATTER, HYGIENE.code, windows.FIELDS, ())])
    return Asking(made, database, keys)


def _introduce(asking: Asking, asked: Asked) -> None:
    """Make a key in the custody of the one, and put its public half on record in the other."""
    custody, at = asking.app.extensions["yinxin"][CustodyParts].custody, clock.now()
    with asking.database.transaction() as session:
        acts.create(session, custody, acts.NewKey(KEY, "service"), KEEPER, at)
    with asking.database.reading() as session:
        public = custody.signer_for(session, KEY).public
    with asked.database.transaction() as session:
        row = systems.add(session, NewSystem(CLIENT, "演示邻省平台", code_of("city-data")), departments.MAKER, at)
        systems.grant_scopes(session, row, {"cert:read"}, departments.MAKER, at)
        system_keys.add_key(session, row, system_keys.NewKey(public), departments.MAKER, at)


def _times() -> dict[str, int]:
    now = int(clock.now().timestamp())
    return {"iat": now, "exp": now + 120}
