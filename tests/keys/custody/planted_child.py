"""The process in which known keys go every way that there is; it is told its folder, and waits to be looked at."""

import sys
from collections.abc import Callable
from pathlib import Path

import structlog
from sqlalchemy.orm import Session

import app
from base import clock, logs, settings
from base.callers import Caller
from base.db import DatabaseSettings, connect
from base.errors import DomainError
from base.fetch import FetchSettings
from base.web import WebSettings
from keys.algorithms import signature
from keys.algorithms.algorithm import KeyKind
from keys.custody import acts, wiring
from keys.custody.acts import NewKey
from keys.custody.wiring import CustodyParts
from keys.signers.signer import signed

PASSWORD = b"planted-password-of-the-pem"
WAYS = {"sm2": "sm2-sm3", "p-256": "ecdsa-sha-256", "rsa": "rsa-pss-sha-256"}
ONE, TWO = (Caller("person", name, organisation="11320000YNX00001XQ") for name in ("u-1", "u-2"))


def main() -> int:
    """Take in, make, let in, sign, seal, hash, replace, end, fail, and log all of it."""
    logs.configure(logs.LogSettings(level="debug"))
    read = settings.read((DatabaseSettings, WebSettings, FetchSettings, wiring.CustodySettings))
    parts, database, folder = wiring.built(read), connect(read[DatabaseSettings], app.LAST_ACTS), Path(sys.argv[1])
    with database.transaction() as session:
        _let_in(session, parts, folder)
    with database.transaction() as session:
        _use(session, parts)
    for fails in _failures(parts, folder):
        try:
            with database.transaction() as session:
                fails(session)
        except DomainError as error:
            structlog.get_logger().exception("refused", refusal=repr(error), facts=error.facts, code=error.code)
        else:
            return 1
    print("done", flush=True)  # noqa: T201 - the test waits for it
    sys.stdin.read()
    return 0


def _let_in(session: Session, parts: CustodyParts, folder: Path) -> None:
    for kind in WAYS:
        pem, at = (folder / f"{kind}.pem").read_bytes(), clock.now()
        acts.take_in(session, parts.custody, NewKey(f"in-{kind}", "service"), pem, PASSWORD, ONE, at)
        acts.create(session, parts.custody, NewKey(f"made-{kind}", "seal", KeyKind(kind)), ONE, at)
        acts.confirm(session, parts.custody, f"made-{kind}", TWO, at)


def _use(session: Session, parts: CustodyParts) -> None:
    log = structlog.get_logger()
    for kind, way in WAYS.items():
        for name in (f"in-{kind}", f"made-{kind}"):
            signer = parts.custody.signer_for(session, name)
            made = signed(signer, signature(way), b"message")
            log.debug("signed", signer=repr(signer), parts=repr(parts), signature=made.hex())
        acts.retire(session, f"made-{kind}", "planted", ONE, clock.now())
    acts.rotate(session, parts.custody, "in-sm2", ONE, clock.now())
    sealed = parts.data_keys.seal(session, b"plain", b"place")
    found = parts.data_keys.matching_hash(session, "holder", "11010519491231002X")
    log.debug("sealed", data_keys=repr(parts.data_keys), sealed=sealed.hex(), found=found)


def _failures(parts: CustodyParts, folder: Path) -> tuple[Callable[[Session], object], ...]:
    custody, pem, new = parts.custody, (folder / "sm2.pem").read_bytes(), NewKey("x", "tsa")
    return (
        lambda session: acts.take_in(session, custody, new, pem, b"wrong password", ONE, clock.now()),
        lambda session: acts.take_in(session, custody, new, pem, PASSWORD, ONE, clock.now()),
        lambda session: parts.data_keys.open(session, parts.data_keys.seal(session, b"p", b"a"), b"b"),
        lambda session: custody.signer_for(session, "made-sm2"),
        lambda session: custody.signer_for(session, "in-sm2").sign(signature("ecdsa-sha-256"), b"x"),
    )


if __name__ == "__main__":
    sys.exit(main())
