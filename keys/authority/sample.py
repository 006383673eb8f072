"""The authority of the sandbox: a test root and an issuing authority of each family, with responder and time stamps.

All of it is marked as for tests; the roots are taken into the trust store as test anchors, and a bundle of them is
written for `yinxin verify --trust`. Keys are made in custody, those of authorities let in by two.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from base import clock
from base.callers import Caller
from base.db import Database
from base.program import Running, Sandbox
from keys import anchors
from keys.algorithms.algorithm import KeyKind
from keys.authority import authorities, edges, issuing
from keys.authority.authorities import NewAuthority
from keys.authority.records import own_certificate
from keys.authority.subjects import Subject
from keys.authority.templates import OCSP_RESPONDER, TIME_STAMP_AUTHORITY
from keys.authority.wiring import Authority
from keys.custody import acts, rules
from keys.custody.custody import Custody
from keys.custody.wiring import CustodyParts

# Makes a key of that kind and use in custody and gives its id: (session, id, kind, use, proposer, confirmer, moment).
NewKey = Callable[[Session, str, KeyKind, str, Caller, Caller, datetime], str]

PROPOSER: Final = Caller("person", "sandbox", "演示沙箱")
CONFIRMER: Final = Caller("person", "sandbox-second", "演示沙箱复核")
ORGANISATION: Final = "演示省数据管理局"
BUNDLE: Final = "trust.pem"


@dataclass(frozen=True)
class Family:
    """The authorities of one kind of key: what their names begin with, and how people call it."""

    short: str
    kind: KeyKind
    title: str

    @property
    def root(self) -> str:
        """Name the root."""
        return f"{self.short}-root"

    @property
    def issuing(self) -> str:
        """Name the authority that issues."""
        return f"{self.short}-issuing"


@dataclass(frozen=True)
class Service:
    """A service of an authority: its template, how people call it, and what its key is used for in custody."""

    template: str
    title: str
    use: str


RESPONDER: Final = Service(OCSP_RESPONDER.name, "OCSP 应答", "ocsp")
STAMPS: Final = Service(TIME_STAMP_AUTHORITY.name, "时间戳服务", "tsa")
FAMILIES: Final = (Family("sm2", KeyKind.SM2, "国密"), Family("ecdsa", KeyKind.P256, "国际算法"))


def sample(running: Running, sandbox: Sandbox) -> None:
    """Open the authorities, and tell the visitor where the roots are."""
    new_key = keys_in(running.parts[CustodyParts].custody)
    bundle = make(running.database, running.parts[Authority], new_key, clock.now())
    file = sandbox.folder / BUNDLE
    write(file, bundle)
    sandbox.told["trust"] = str(file)
    sandbox.told["authorities"] = [name for each in FAMILIES for name in (each.root, each.issuing)]


def keys_in(custody: Custody) -> NewKey:
    """Give the act that makes a key in custody, with a second person where its use needs two."""

    def new_key(
        session: Session, key_id: str, kind: KeyKind, use: str, proposer: Caller, confirmer: Caller, at: datetime
    ) -> str:
        acts.create(session, custody, acts.NewKey(key_id, use, kind), proposer, at)
        if rules.needs_two(use):
            acts.confirm(session, custody, key_id, confirmer, at)
        return key_id

    return new_key


def make(database: Database, parts: Authority, new_key: NewKey, at: datetime) -> bytes:
    """Open the authorities of both families with their services, and give the roots as PEM."""
    roots = []
    for family in FAMILIES:
        _open(database, parts, new_key, family, family.root, f"演示{family.title}根证书机构", None, at)
        _open(database, parts, new_key, family, family.issuing, f"演示{family.title}签发机构", family.root, at)
        for authority in (family.root, family.issuing):
            _serve(database, parts, new_key, family, authority, RESPONDER, at)
        _serve(database, parts, new_key, family, family.issuing, STAMPS, at)
        with database.transaction() as session:
            root, below = own_certificate(session, family.root), own_certificate(session, family.issuing)
            for row in anchors.propose(session, root.pem, PROPOSER, at, is_test=True):
                anchors.confirm(session, row.sm3, CONFIRMER, at)
            anchors.add_intermediates(session, below.pem, PROPOSER, at)
        roots.append(root.pem)
    return b"".join(roots)


def write(file: Path, data: bytes) -> None:
    """Write a file as a whole: a reader finds the old one or the new one, never half."""
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as part:
        part.write(data)
    Path(part.name).replace(file)


def _open(
    database: Database,
    parts: Authority,
    new_key: NewKey,
    family: Family,
    name: str,
    title: str,
    parent: str | None,
    at: datetime,
) -> None:
    with database.transaction() as session:
        key_id = new_key(session, f"ca-{name}", family.kind, "ca", PROPOSER, CONFIRMER, at)
        new = NewAuthority(name, Subject(title, ORGANISATION), key_id, parent, is_test=True)
        authorities.propose(session, parts, new, PROPOSER, at)
    edges.open_authority(database, parts, name, CONFIRMER, at)


def _serve(
    database: Database,
    parts: Authority,
    new_key: NewKey,
    family: Family,
    authority: str,
    service: Service,
    at: datetime,
) -> None:
    subject = Subject(f"演示{family.title}{service.title} {authority}", ORGANISATION)
    with database.transaction() as session:
        key_id = new_key(session, f"{service.use}-{authority}", family.kind, service.use, PROPOSER, CONFIRMER, at)
        order = issuing.order_for_service(session, parts, service.template, subject, key_id)
        serial = issuing.prepare(session, parts, authority, order, PROPOSER, at).serial
    edges.complete(database, parts, authority, serial, PROPOSER, at)
