"""A site with authorities of several kinds, whose keys a drawer holds; over HTTP and without."""

import hashlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from base import api, metrics, settings, web
from base.callers import Caller
from base.db import Database, DatabaseSettings
from base.errors import DomainError, Kind
from base.web import WebSettings
from keys.algorithms import asymmetric, pem
from keys.algorithms.algorithm import KeyKind, PrivateKey, SignatureAlgorithm
from keys.authority import authorities, edges, issuing, requests, revoking, routes, wiring
from keys.authority.authorities import NewAuthority
from keys.authority.drafts import assembled
from keys.authority.issuing import Order
from keys.authority.models import IssuedCertificate
from keys.authority.records import own_certificate
from keys.authority.subjects import Subject
from keys.authority.templates import TEMPLATES
from keys.authority.wiring import Authority
from keys.authority.writing import signature_for
from keys.certificates import Certificate
from keys.signers.signer import Signer
from keys.signers.software import SoftwareSigner
from keys.trust import Anchor, Trust
from tests.builders import pki
from tests.keys.parties.builders import page

AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
FIRST = Caller("person", "first", "first", "11320000YNX00001XQ", frozenset({"sysadmin"}))
SECOND = Caller("person", "second", "second", "11320000YNX00001XQ", frozenset({"sysadmin", "secadmin"}))
KINDS = (KeyKind.SM2, KeyKind.P256, KeyKind.P384, KeyKind.RSA)
SHORT = {KeyKind.SM2: "sm2", KeyKind.P256: "p256", KeyKind.P384: "p384", KeyKind.RSA: "rsa"}


class DeviceGone(DomainError):
    """The device with the key does not answer."""

    code = "database-busy"  # a code that has words, of the kind that passes
    kind = Kind.UNAVAILABLE
    retryable = True


@dataclass
class Drawer:
    """Keys by id, as custody would have them; `gone` ones cannot be reached."""

    keys: dict[str, PrivateKey] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    signed: list[bytes] = field(default_factory=list)

    def put(self, key_id: str, kind: KeyKind) -> str:
        self.keys[key_id] = pki.key(kind, f"drawer {key_id}")
        return key_id

    def signer_for(self, _session: Session, key_id: str) -> Signer:
        if key_id in self.gone:
            raise DeviceGone
        return Noting(SoftwareSigner(self.keys[key_id]), self.signed)


@dataclass
class Noting:
    """A signer that notes how often it signed."""

    signer: SoftwareSigner
    noted: list[bytes]

    @property
    def public(self) -> Any:
        return self.signer.public

    def sign(self, algorithm: SignatureAlgorithm, prepared: bytes) -> bytes:
        made = self.signer.sign(algorithm, prepared)
        self.noted.append(made)
        return made

    def decrypt(self, algorithm: Any, sealed: bytes) -> bytes:
        return self.signer.decrypt(algorithm, sealed)


def counting() -> Callable[[int], bytes]:
    """Give a generator for tests that never repeats and always gives the same."""
    numbers = itertools.count(1)
    return lambda size: hashlib.shake_128(str(next(numbers)).encode()).digest(size)


@dataclass
class Site:
    """A site: its database, its parts, the drawer of its keys."""

    database: Database
    parts: Authority
    drawer: Drawer
    at: datetime = AT

    def open(self, name: str, kind: KeyKind, parent: str | None = None, **told: Any) -> Certificate:
        """Open an authority with two persons."""
        key_id = self.drawer.put(f"ca-{name}", kind)
        with self.database.transaction() as session:
            new = NewAuthority(name, Subject(f"演示机构 {name}", "演示单位"), key_id, parent, **told)
            authorities.propose(session, self.parts, new, FIRST, self.at)
        edges.open_authority(self.database, self.parts, name, SECOND, self.at)
        with self.database.reading() as session:
            return own_certificate(session, name)

    def tree(self, kind: KeyKind = KeyKind.SM2, *, services: bool = True) -> str:
        """Open a root, an issuing authority below it, a responder and time stamps; give the issuing one's name."""
        root, below = f"{SHORT[kind]}-root", f"{SHORT[kind]}-issuing"
        self.open(root, kind)
        self.open(below, kind, root)
        if services:
            self.serve(below, "ocsp-responder", kind)
            self.serve(below, "time-stamp-authority", kind)
        return below

    def serve(self, authority: str, template: str, kind: KeyKind, **told: Any) -> IssuedCertificate:
        """Issue a certificate for a service of the house."""
        key_id = self.drawer.put(f"{template}-{authority}-{len(self.drawer.keys)}", kind)
        public = self.drawer.keys[key_id].public
        subject = Subject(f"演示{template}", "演示单位")
        return self.issue(authority, Order(TEMPLATES[template], subject, public, key_id=key_id, **told))

    def order(
        self, template: str = "seal-signer", kind: KeyKind = KeyKind.SM2, whose: str = "甲", **told: Any
    ) -> Order:
        return Order(TEMPLATES[template], Subject(f"演示{whose}", "演示单位"), pki.key(kind, whose).public, **told)

    def issue(self, authority: str, order: Order, at: datetime | None = None) -> IssuedCertificate:
        """Issue a certificate, with a second person where two are needed."""
        moment = at or self.at
        with self.database.transaction() as session:
            row = issuing.prepare(session, self.parts, authority, order, FIRST, moment)
        if row.needs_two:
            with self.database.transaction() as session:
                found = session.merge(row)
                issuing.confirm(session, found, SECOND, moment)
        return edges.complete(self.database, self.parts, authority, row.serial, FIRST, moment)

    def draft(self, authority: str, order: Order) -> IssuedCertificate:
        """Put a draft on record and leave it there."""
        with self.database.transaction() as session:
            return issuing.prepare(session, self.parts, authority, order, FIRST, self.at)

    def revoke(
        self, row: IssuedCertificate, why: Any, since: datetime | None = None, at: datetime | None = None
    ) -> None:
        with self.database.transaction() as session:
            told = revoking.Revocation(why, since)
            revoking.revoke(session, row.authority, row.serial, told, FIRST, at or self.at)

    def trust(self, *roots: str) -> Trust:
        """Trust the roots of these names, with every authority below them as material."""
        with self.database.reading() as session:
            anchors = tuple(Anchor(own_certificate(session, each)) for each in roots)
            below = []
            for each in roots:
                try:
                    below.append(own_certificate(session, each.replace("-root", "-issuing")))
                except DomainError:
                    continue
        return Trust(self.at, anchors, tuple(below))


def site(database: Database, **told: Any) -> Site:
    drawer = Drawer()
    parts = Authority(drawer.signer_for, "http://ca.example", random=counting(), **told)
    return Site(database, parts, drawer)


def read_certificate(row: IssuedCertificate) -> Certificate:
    assert row.der is not None
    return Certificate.of(row.der)


def request_pem(kind: KeyKind = KeyKind.SM2, whose: str = "甲", subject: Subject | None = None, **told: Any) -> str:
    private = pki.key(kind, whose)
    algorithm = signature_for(kind)
    info = requests.unsigned(subject or Subject(f"演示{whose}", "演示单位"), private.public, **told)
    return pem.written("CERTIFICATE REQUEST", assembled(info, algorithm, algorithm.sign(private, info))).decode()


def read_settings(database: DatabaseSettings, **authority: str) -> settings.Settings:
    told = {
        "YINXIN_DATABASE_URL": database.url,
        "YINXIN_WEB_SECRET": "s" * 32,
        **{f"YINXIN_AUTHORITY_{name.upper()}": value for name, value in authority.items()},
    }
    return settings.read((DatabaseSettings, WebSettings, wiring.AuthoritySettings), environment=told)


def web_app(read: settings.Settings, given: Site) -> Flask:
    """Build the authority's web app as `app.py` does; the bearer `first` or `second` is who asks."""
    flask = web.new_app(read[WebSettings], page, metrics.opened(metrics.MetricsSettings()))
    described = api.Api(flask)
    api.document_components(described)
    people = {
        "Bearer first": FIRST,
        "Bearer second": SECOND,
        "Bearer holder": Caller("person", "h", roles=frozenset({"holder"})),
    }

    def authenticate(credentials: Any, /) -> Caller:
        return people.get(credentials.authorization or "", Caller("anonymous"))

    web.furnish(flask, given.database, given.parts, web.AuthenticatorPart(authenticate))
    for blueprint in routes.API_BLUEPRINTS:
        described.register_blueprint(blueprint, url_prefix="/api/v1")
    web.check_guards(flask)
    return flask


def days(count: int) -> timedelta:
    return timedelta(days=count)


def generated(kind: KeyKind) -> PrivateKey:
    return asymmetric.generated(kind)
