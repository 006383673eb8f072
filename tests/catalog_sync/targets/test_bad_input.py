"""Answers that nobody honest gives, from every target: evidence is kept, the channel stops, nothing is applied.

Each target is asked for receipts through the act that the job calls. A door that has no signatures on what it answers
has no forged one either: what stands in its place is said beside it.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import select

from base.db import Database
from base.fetch import AnswerTooLarge, Fetch, Incoming, Outgoing
from base.fetch.urls import parse
from catalog_sync import receipts
from catalog_sync.kinds import KINDS
from catalog_sync.models import PAUSED, Channel, Evidence, Inbox
from catalog_sync.targets.another_site import AnotherSite
from catalog_sync.targets.calls import Way
from catalog_sync.targets.gateway.line import Account
from catalog_sync.targets.national_gateway import NAME as GATEWAY
from catalog_sync.targets.national_gateway import NationalGateway
from catalog_sync.targets.site.line import Line
from catalog_sync.targets.target import Target
from catalog_sync.wiring import Sync, SyncSettings
from certs.libraries.tokens import Tokens
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.custody.kek import FileKek
from keys.data_keys import DataKeys
from keys.signers.software import SoftwareSigner
from tests.catalog_sync.simulator import twin
from tests.catalog_sync.simulator.twin import RID, URL
from tests.catalog_sync.targets import file_house, front_house, signed_house
from tests.catalog_sync.targets.front_house import certificate
from tests.catalog_sync.targets.signed_house import CASES, SEALS

TYPE, HUGE, ENCODING, SIGNATURE = "wrong-type", "huge", "wrong-encoding", "wrong-signature"
JSON: Final = {"content-type": "application/json; charset=utf-8"}
GB: Final = json.dumps({"code": "0", "message": "成功", "data": {}}, ensure_ascii=False).encode("gb18030")
SITE: Final = "province"
LONG: Final = "长" * 1_000_000


@dataclass
class Ground:
    """Where a test stands."""

    folder: Path
    at: datetime
    stack: ExitStack


def answering(kind: str) -> Fetch:
    """Give the way to a platform that answers everything badly; a token is handed out properly."""

    def fetch(request: Outgoing) -> Incoming:
        url = parse(request.url)
        if request.url.endswith("/oauth/token"):
            return Incoming(200, JSON, b'{"access_token": "x", "expires_in": 600}', url)
        if kind == HUGE:
            raise AnswerTooLarge(url.host, request.max_bytes or 0)
        if kind == ENCODING:
            return Incoming(200, {"content-type": "application/json"}, GB, url)
        return Incoming(200, {"content-type": "text/html"}, b"<html>ok</html>", url)

    return fetch


def gateway(ground: Ground, kind: str) -> Target:
    if kind == SIGNATURE:  # what it hands out is opened with our key: a secret that does not open is nobody's
        bench = ground.stack.enter_context(twin.bench(ground.folder / "platform", "wrong-secret:100%"))
        return bench.target
    account = Account(GATEWAY, URL, RID, lambda: "演示授权码", signer="national-gateway-newer")
    return NationalGateway(account, answering(kind), marks=True, keys=False)


def site(_ground: Ground, kind: str) -> Target:
    fetch = answering(kind)
    signer = SoftwareSigner(asymmetric.generated(KeyKind.SM2))
    tokens = Tokens("https://province.test", "city-site", fetch, scope="directory:write")
    way = Way(SITE, "https://province.test/dialects/cascade", 30)
    return AnotherSite(Line(way, tokens, lambda: signer, fetch), frozenset())


def seals(_ground: Ground, kind: str) -> Target:
    return signed_house.target(SEALS, signed_house.line(SEALS, URL, answering(kind)))


def cases(_ground: Ground, kind: str) -> Target:
    return signed_house.target(CASES, signed_house.line(CASES, URL, answering(kind)))


def front(ground: Ground, kind: str) -> Target:
    made = front_house.opened(f"sqlite:///{ground.folder}/front.db", ground.folder)
    ground.stack.callback(made.close)
    made.target.send([certificate(1)], {}, ground.at)
    words = {TYPE: "x'fffe00'", HUGE: f"'{LONG}'", ENCODING: f"CAST(x'{GB.hex()}' AS TEXT)"}[kind]
    stamp = f"{ground.at:%Y-%m-%d %H:%M:%S}"
    cells = "certificate_source_id, error_remark, cd_time"
    made.run(f"INSERT INTO dn_lic_data_error ({cells}) VALUES ('1', {words}, '{stamp}')")  # noqa: S608 - of the test
    return made.target


def files(ground: Ground, kind: str) -> Target:
    made = file_house.opened(f"sqlite:///{ground.folder}/control.db", ground.folder)
    ground.stack.callback(made.close)
    made.target.send([certificate(1)], {}, ground.at)
    words = {TYPE: "x'fffe00'", HUGE: f"'{LONG}'", ENCODING: f"CAST(x'{GB.hex()}' AS TEXT)"}[kind]
    with made.engine.begin() as connection:
        statement = f"UPDATE data_desc_up SET operatStat = '2', reserved1 = {words}"  # noqa: S608 - of the test
        connection.exec_driver_sql(statement)
    return made.target


DOORS: Final[dict[str, Callable[[Ground, str], Target]]] = {
    "gateway": gateway,
    "front-library": front,
    "file-exchange": files,
    "cascade": site,
    "seal-system": seals,
    "case-centre": cases,
}
# Where nothing that is answered is signed, and what is tried in its place.
UNSIGNED: Final = {
    "front-library": "rows of a database carry no signature",
    "file-exchange": "its files do: test_coming_down tries forged ones",
    "cascade": "balances are signed: the reconciliation's tests try forged ones",
    "seal-system": "answers are not signed, calls are: test_signed_targets tries forged ones",
    "case-centre": "answers are not signed, calls are: test_signed_targets tries forged ones",
}
TRIED: Final = [(door, kind) for door in DOORS for kind in (TYPE, HUGE, ENCODING)] + [("gateway", SIGNATURE)]


@pytest.fixture
def ground(tmp_path: Path, at: datetime) -> Iterator[Ground]:
    with ExitStack() as stack:
        yield Ground(tmp_path, at, stack)


def test_every_door_is_tried_with_every_kind():
    kinds = {door: {kind for of, kind in TRIED if of == door} for door in DOORS}
    assert all(len(told) == (3 if door in UNSIGNED else 4) for door, told in kinds.items())
    assert set(UNSIGNED) < set(DOORS)


@pytest.mark.parametrize(("door", "kind"), TRIED)
def test_what_cannot_be_believed_is_kept_stops_the_channel_and_changes_nothing(
    database: Database, ground: Ground, door: str, kind: str
):
    if not database.is_sqlite:
        pytest.skip("the database is not what is tried")
    target = DOORS[door](ground, kind)
    keys = DataKeys(FileKek(ground.folder / "kek"))
    sync = Sync(SyncSettings(), {target.name: target}, KINDS, keys, {})
    assert receipts.collect(database, sync, target, lambda: ground.at) == receipts.Taken()
    with database.reading() as session:
        channel = session.get_one(Channel, target.name)
        assert channel.state == PAUSED
        assert channel.reason.startswith("sync-answer-not-believed: ")
        (kept,) = session.scalars(select(Evidence)).all()
        # What is larger than we read, and a secret, are not kept: the reason says which it was.
        assert (kept.size > 0) is not (kind in {HUGE, SIGNATURE} and door not in {"front-library", "file-exchange"})
        assert kept.asked == "receipts"
        assert session.scalars(select(Inbox)).all() == []
    calls: Any = receipts.collect(database, sync, target, lambda: ground.at)
    assert calls == receipts.Taken()
