"""A house with subscribers on this machine: receivers of every manner, and hours that pass without waiting."""

import hashlib
import hmac
import json
from base64 import b64decode
from datetime import datetime, timedelta
from typing import Any

from base.db import Database
from exchange.feeds import deliveries, subscriptions
from exchange.feeds.deliveries import Tally
from exchange.feeds.models import ChangeDelivery, Subscription
from exchange.feeds.subscriptions import NewSubscription
from tests.exchange.departments import published
from tests.exchange.push_house import House
from tests.simulators.http import Exchange, HttpSimulator

SECRET = "whsec_ZGVtby1vbmx5LWRlbW8tb25seS1kZW1vLTAx"


class Receiver:
    """A subscriber's service: proves itself, keeps what it got, and then behaves as it is told, in turn."""

    def __init__(self, *statuses: int, retry_after: int | None = None) -> None:
        self.got: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.statuses = list(statuses)
        self.retry_after = retry_after

    def __call__(self, exchange: Exchange) -> None:
        told = json.loads(exchange.received.body)
        if told["type"] == "yinxin.subscription.challenge":
            exchange.answer(200, json.dumps({"challenge": told["data"]["challenge"]}).encode())
            return
        self.got.append(told)
        self.headers.append(exchange.received.headers)
        self.bodies.append(exchange.received.body)
        status = self.statuses.pop(0) if self.statuses else 204
        headers = {"Retry-After": str(self.retry_after)} if self.retry_after and status == 429 else {}
        exchange.answer(status, b"", headers)

    @property
    def ids(self) -> list[str]:
        return [each["id"] for each in self.got]


def is_signed(headers: dict[str, str], body: bytes, secret: str = SECRET) -> bool:
    """Check a signature as a receiver does, with nothing of ours."""
    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = hmac.new(b64decode(secret.removeprefix("whsec_")), said, hashlib.sha256).digest()
    return b64decode(headers["webhook-signature"].removeprefix("v1,")) == wanted


def new(server: HttpSimulator, path: str = "/hook", **told: Any) -> NewSubscription:
    given = {"name": "演示订阅", "url": server.url(path), "secret": SECRET, **told}
    return NewSubscription(**given)


def subscribed(house: House, server: HttpSimulator, path: str = "/hook", **told: Any) -> str:
    """Order a subscription and prove its address."""
    with house.database.transaction() as session:
        row = subscriptions.add(session, new(server, path, **told), house.deliveries, house.requester, house.at)
        known = row.id
    proven(house, known)
    return known


def proven(house: House, subscription: str, at: datetime | None = None) -> None:
    with house.database.reading() as session:
        row = subscriptions.subscription_of(session, subscription)
        question = subscriptions.asking(session, row, house.deliveries, at or house.at)
    subscriptions.ask(house.deliveries, question)
    with house.database.transaction() as session:
        subscriptions.proven(session, question, house.requester, at or house.at)


def happened(house: House, *names: str) -> list[str]:
    """Publish directories; give their codes."""
    codes = []
    for name in names:
        with house.database.transaction() as session:
            codes.append(published(session, house.at, name=name)[0].code)
    return codes


def deliver(house: House, after: timedelta = timedelta(0)) -> Tally:
    return deliveries.deliver_due(house.database, house.deliveries, house.at + after, lambda: 0.0)


def log(database: Database, subscription: str) -> list[tuple[str, int, str]]:
    with database.reading() as session:
        rows = session.query(ChangeDelivery).filter_by(subscription=subscription).order_by(ChangeDelivery.id)
        return [(each.state, each.attempts, each.code) for each in rows]


def state(database: Database, subscription: str) -> Subscription:
    with database.reading() as session:
        return session.get_one(Subscription, subscription)
