"""The feeds of the sandbox: a subscription with its delivery log, a pushed table, a drop of files with rejects.

The receiver is simulated within the sandbox while it is made: it answers the challenge, refuses one delivery once, and
takes the others. Then the subscription rests, so that nothing goes out to an address that nobody serves. Two rows of a
mounted table hold a text that is longer than its directory promises, so that the second push has something to reject.
"""

import json
import secrets
import sqlite3
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.callers import Caller
from base.db import Database
from base.fetch import Incoming, Outgoing
from base.fetch.urls import parse
from base.program import Running, Sandbox
from base.scheduling.bulk_work import Hands
from exchange import directories
from exchange.agreements.models import Grant
from exchange.agreements.purpose_schemas import PurposeSchema
from exchange.agreements.purposes import Purpose
from exchange.feeds import deliveries, subscriptions
from exchange.feeds.models import Subscription
from exchange.feeds.pushes import registry, running
from exchange.feeds.pushes.plan import Mode
from exchange.feeds.pushes.registry import NewPush
from exchange.feeds.subscriptions import NewSubscription
from exchange.feeds.wiring import Deliveries, Pushes
from exchange.models import Directory
from exchange.mounting import sample as mount_sample
from exchange.mounting.models import SERVING, Mount
from keys.parties.sample import SYSTEMS, code_of
from keys.signers import secret_files

WAREHOUSE: Final = "warehouse"
RECEIVER: Final = "https://receiver.example/yinxin"
PUBLISHED: Final = "directory.published"
# Enough for a delivery log to be read in.
HEARD_OF: Final = 3
LONGER: Final = "（演示：超过目录约定的长度）"
NOT_NOW, TAKEN = 503, 200
# What a failed delivery waits for at least, before it is tried again.
LATER: Final = timedelta(minutes=1)


def settings_of(folder: Path) -> str:
    """Write the sections of the sandbox's settings."""
    return f'[pushes]\nfolder = "{folder / "pushes"}"\n'


def sample(running_: Running, sandbox: Sandbox) -> None:
    """Order, prove and carry out, and tell the visitor what there is."""
    told = sandbox.told.get("purpose")
    if told is None:
        return
    purpose, at, database = PurposeSchema().load({**told}), clock.now(), running_.database
    made = pushed(database, running_.parts[Pushes], sandbox.folder, purpose, at)
    sandbox.told["subscriptions"] = [subscribed(database, running_.parts[Deliveries], at)]
    sandbox.told["pushes"] = made


def subscribed(database: Database, parts: Deliveries, at: datetime) -> str:
    """Have a subscription that heard of some directories, with a delivery that failed at first; give its id."""
    simulated = replace(parts, fetch=Receiver())
    with database.transaction() as session:
        codes = tuple(session.scalars(select(Directory.code).order_by(Directory.code).limit(HEARD_OF)))
        secret = f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"
        new = NewSubscription("演示变更订阅（接收方由沙箱模拟）", RECEIVER, (PUBLISHED,), codes, secret=secret)
        row = subscriptions.add(session, new, simulated, by(), at)
        row.position = 0  # so that it hears of what was published while the sandbox was made
        question = subscriptions.asking(session, row, simulated, at)
    subscriptions.ask(simulated, question)
    with database.transaction() as session:
        name = subscriptions.proven(session, question, by(), at).id
    for moment in (at, at + LATER):
        deliveries.deliver_due(database, simulated, moment)
    with database.transaction() as session:
        subscriptions.pause(session, session.get_one(Subscription, name), by(), at)
    return name


class Receiver:
    """Stands for a subscriber: answers a challenge, has no time for the first delivery, takes what comes then."""

    def __init__(self) -> None:
        self._refused = False

    def __call__(self, request: Outgoing) -> Incoming:
        """Answer as a receiver does."""
        told: dict[str, Any] = json.loads(request.body)
        if "challenge" in told["data"]:
            return self._answer(request, TAKEN, {"challenge": told["data"]["challenge"]})
        if not self._refused:
            self._refused = True
            return self._answer(request, NOT_NOW, {})
        return self._answer(request, TAKEN, {})

    @staticmethod
    def _answer(request: Outgoing, status: int, body: dict[str, str]) -> Incoming:
        return Incoming(status, {}, json.dumps(body).encode(), parse(request.url))


def by() -> Caller:
    """Give the client that may order subscriptions and pushes."""
    orderer = next(each for each in SYSTEMS if "share:write" in each.scopes)
    return Caller("system", orderer.id, orderer.name, code_of(orderer.organisation), scopes=frozenset(orderer.scopes))


def pushed(database: Database, parts: Pushes, folder: Path, purpose: Purpose, at: datetime) -> list[str]:
    """Push one directory into a table and another as files, each in a run that has ended."""
    _laid_out(folder / "pushes" / by().organisation, folder / "pushes" / f"{WAREHOUSE}.db")
    with database.reading() as session:
        found = _granted(session, by().organisation)[:2]
        keys = [mount_sample.key_of(session, each) for each, _ in found]
        for directory, _ in found[1:]:
            _spoil(session, directory, folder / "mounts" / mount_sample.FILE)
    kinds = (
        ("table", {"database": WAREHOUSE, "table": "yanshi"}),
        ("files", {"folder": "yanshi", "format": "csv"}),
    )
    made = []
    for (directory, grant), key, (kind, destination) in zip(found, keys, kinds, strict=False):
        told = replace(purpose, grant_code=grant.code)
        new = NewPush(f"演示推送 {kind}", directory.code, told, (), key, Mode.FULL, kind, destination)
        with database.transaction() as session:
            row = registry.add(session, new, parts, by(), at)
            task = running.start(session, row, parts, by(), at).task
        if task is not None:
            hands = Hands(database, {running.JOB.name: running.JOB}, "sandbox", lambda _session: at, {Pushes: parts})
            hands.carry_out(task, lambda: False)
        made.append(row.id)
    return made


def _laid_out(own: Path, file: Path) -> None:
    """Prepare what an operator prepares: the address of a database, and a folder for drops."""
    (own / "drops").mkdir(mode=0o700, parents=True, exist_ok=True)
    place = own / "destinations" / WAREHOUSE
    place.parent.mkdir(mode=0o700, exist_ok=True)
    if not place.exists():
        secret_files.write(place, f"sqlite:///{file}".encode())


def _granted(session: Session, organisation: str) -> Sequence[tuple[Directory, Grant]]:
    """Find the mounted directories that are granted, in the order of their codes."""
    query = (
        select(Directory, Grant)
        .join(Grant, Grant.directory == Directory.code)
        .join(Mount, Mount.directory == Directory.code)
        .where(Grant.grantee == organisation, Grant.state == "active", Mount.state == SERVING)
    )
    return [(directory, grant) for directory, grant in session.execute(query.order_by(Directory.code))]


def _spoil(session: Session, directory: Directory, file: Path) -> None:
    """Make a text of two late rows longer than the directory promises: a gate lets it pass, a push does not."""
    items = directories.version_of(session, directory, directory.published or 1).content["items"]
    key = mount_sample.key_of(session, directory)
    item = next(each for each in items if each["type"] == "string" and each.get("length") and each["name"] != key)
    length, name = int(item["length"]), mount_sample.quoted(item["name"])
    table = mount_sample.quoted(mount_sample.table_of(directory))
    longer = (LONGER * length)[: length + 1]
    with sqlite3.connect(file) as connection:
        # The names are quoted, and the sandbox's own.
        connection.execute(f"UPDATE {table} SET {name} = ? WHERE rowid > ?", (longer, mount_sample.ROWS - 2))  # noqa: S608
    connection.close()
