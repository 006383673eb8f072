"""Subscriptions: nothing is sent before the address proved that it wants it, and nowhere that is closed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from base.db import Database
from base.fetch import AddressRefused, UrlRefused
from base.models import AuditEntry
from exchange.agreements.errors import NotGranted
from exchange.feeds import subscriptions
from exchange.feeds.errors import (
    CallbackNotProven,
    DeliveryKeyMissing,
    NoSuchSubscription,
    SubscriptionStepNotAllowed,
    TooManySubscriptions,
    UnknownChangeType,
    UnusableSubscription,
)
from exchange.feeds.models import Subscription
from tests.exchange import push_house, webhook_house
from tests.exchange.gateway_house import purpose
from tests.exchange.push_house import House
from tests.exchange.webhook_house import SECRET, Receiver, deliver, happened, new, proven, state, subscribed
from tests.simulators.http import Exchange, HttpSimulator, answers, is_silent, redirects


@pytest.fixture
def house(database: Database, tmp_path: Path, at: datetime) -> Iterator[House]:
    opened = push_house.opened(database, tmp_path, at)
    yield opened
    opened.close()


@pytest.fixture
def server() -> Iterator[HttpSimulator]:
    with HttpSimulator() as running:
        yield running


def added(house: House, server: HttpSimulator, **told: Any) -> str:
    with house.database.transaction() as session:
        return subscriptions.add(session, new(server, **told), house.deliveries, house.requester, house.at).id


def parroted(exchange: Exchange) -> None:
    exchange.answer(200, exchange.received.body)


def inside(exchange: Exchange) -> None:
    told = json.loads(exchange.received.body)
    exchange.answer(200, json.dumps({"data": told["data"]}).encode())


def test_before_the_address_is_proven_nothing_is_sent(house: House, server: HttpSimulator):
    receiver = Receiver()
    server.on("/hook", receiver)
    known = added(house, server)
    happened(house, "目录一")
    assert (deliver(house).delivered, server.received, state(house.database, known).state) == (0, [], "pending")
    proven(house, known)
    assert (deliver(house).delivered, state(house.database, known).state) == (1, "active")


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (answers(200, b"ok"), "no-json"),
        (answers(200, b'{"challenge": "x"}'), "wrong-answer"),
        (answers(200, b"[]"), "wrong-answer"),
        (answers(204), "status-204"),
        (answers(500), "status-500"),
        (parroted, "wrong-answer"),
        (inside, "wrong-answer"),
        (redirects("/elsewhere"), "answer-redirected"),
        (answers(200, b"x" * 100_000), "answer-too-large"),
        (is_silent, "fetch-timed-out"),
    ],
)
def test_an_address_that_does_not_answer_the_challenge_stays_silent(
    house: House, server: HttpSimulator, behaviour: Any, reason: str
):
    server.on("/hook", behaviour)
    known = added(house, server)
    with pytest.raises(CallbackNotProven) as refused:
        proven(house, known)
    assert (refused.value.reason, state(house.database, known).state) == (reason, "pending")


CLOSED = (
    "http://127.0.0.1:1/x",
    "http://10.0.0.1/x",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::1]/x",
    "http://[::ffff:127.0.0.1]/x",
    "http://0.0.0.0/x",
    "http://2130706433/x",
    "http://0x7f.1/x",
    "http://user@example.com/x",
    "http://example.com@127.0.0.1/x",
    "file:///etc/passwd",
    "gopher://127.0.0.1/x",
    "http://127.0.0.1#@example.com/",
    "http://example.com\\@127.0.0.1/",
    "//127.0.0.1/x",
    "javascript:alert(1)",
    "http://exa mple.com/",
    "HTTP://127.1/",
)


@pytest.mark.parametrize("url", CLOSED)
def test_a_closed_address_is_not_even_kept(house: House, server: HttpSimulator, url: str):
    house.deliveries = replace(house.deliveries, settings=replace(house.deliveries.settings, in_intranet=False))
    told = replace(new(server), url=url)
    with house.database.transaction() as session, pytest.raises((AddressRefused, UrlRefused)):
        subscriptions.add(session, told, house.deliveries, house.requester, house.at)
    assert server.connections == 0


def test_a_name_that_leads_inside_is_refused_when_it_is_called(house: House, server: HttpSimulator):
    house.deliveries = replace(house.deliveries, settings=replace(house.deliveries.settings, in_intranet=False))
    with house.database.transaction() as session:
        told = replace(new(server), url=f"http://localhost:{server.port}/hook")
        known = subscriptions.add(session, told, house.deliveries, house.requester, house.at).id
    with pytest.raises(CallbackNotProven, match="address-refused"):
        proven(house, known)
    assert server.connections == 0


def test_only_listed_hosts_where_there_is_a_list(house: House, server: HttpSimulator):
    settings = replace(house.deliveries.settings, hosts=("hooks.example.gov.cn:443",))
    house.deliveries = replace(house.deliveries, settings=settings)
    with pytest.raises(UnusableSubscription, match="host-not-listed"):
        added(house, server)


@pytest.mark.parametrize(
    "told",
    [
        {"secret": None},
        {"secret": "hunter2"},
        {"secret": "whsec_"},
        {"secret": "whsec_!!!"},
        {"secret": "whsec_YWJj"},
        {"secret": "whsec_ключ"},
        {"signature": "sm2"},
        {"types": ("data.pushed",)},
        {"types": ("data.pushed",), "directories": ("x",)},
    ],
)
def test_what_cannot_be_kept_is_refused(house: House, server: HttpSimulator, told: dict[str, Any]):
    with pytest.raises(UnusableSubscription):
        added(house, server, **told)


def test_an_unknown_type_is_refused(house: House, server: HttpSimulator):
    with pytest.raises(UnknownChangeType):
        added(house, server, types=("x",))


def test_without_a_key_of_the_site_nothing_is_signed_by_it(house: House, server: HttpSimulator):
    house.deliveries = replace(house.deliveries, settings=replace(house.deliveries.settings, key=""))
    with pytest.raises(DeliveryKeyMissing):
        added(house, server, signature="sm2", secret=None)


def test_changes_of_data_need_a_grant(house: House, server: HttpSimulator):
    from exchange.agreements.purpose_schemas import PurposeSchema

    why = PurposeSchema().load(purpose())
    told = {"types": ("data.pushed",), "purpose": why}
    assert added(house, server, directories=(house.code,), **told)
    (other,) = happened(house, "别的目录")
    with pytest.raises(NotGranted):
        added(house, server, directories=(other,), **told)


def test_the_secret_is_sealed_and_forgotten_at_the_end(house: House, server: HttpSimulator):
    known = added(house, server)
    row = state(house.database, known)
    assert row.secret is not None
    assert SECRET.encode() not in row.secret
    with house.database.transaction() as session:
        found = subscriptions.subscription_of(session, known)
        subscriptions.end(session, found, house.requester, house.at)
        with pytest.raises(SubscriptionStepNotAllowed):
            subscriptions.end(session, found, house.requester, house.at)
    assert state(house.database, known).secret is None
    with house.database.reading() as session:
        contents = b"".join(session.scalars(select(AuditEntry.content)))
    assert SECRET.encode() not in contents


def test_a_challenge_is_good_for_what_it_was_asked_of(house: House, server: HttpSimulator):
    server.on("/hook", Receiver())
    known = added(house, server)
    with house.database.reading() as session:
        row = subscriptions.subscription_of(session, known)
        question = subscriptions.asking(session, row, house.deliveries, house.at)
    subscriptions.ask(house.deliveries, question)
    with house.database.transaction() as session:
        subscriptions.end(session, subscriptions.subscription_of(session, known), house.requester, house.at)
    with pytest.raises(SubscriptionStepNotAllowed), house.database.transaction() as session:
        subscriptions.proven(session, question, house.requester, house.at)


def test_no_more_than_allowed(house: House, server: HttpSimulator):
    for _ in range(subscriptions.MOST_SUBSCRIPTIONS):
        added(house, server)
    with pytest.raises(TooManySubscriptions):
        added(house, server)


def test_what_is_paused_is_sent_afterwards(house: House, server: HttpSimulator):
    receiver = Receiver()
    server.on("/hook", receiver)
    known = subscribed(house, server)
    with house.database.transaction() as session:
        subscriptions.pause(session, subscriptions.subscription_of(session, known), house.requester, house.at)
    codes = happened(house, "目录一", "目录二")
    assert (deliver(house).delivered, receiver.got) == (0, [])
    with house.database.transaction() as session:
        subscriptions.resume(session, subscriptions.subscription_of(session, known), house.requester, house.at)
    deliver(house)
    assert [each["data"]["directory"] for each in receiver.got] == codes


def test_who_is_not_there_is_not_found(database: Database):
    with database.reading() as session, pytest.raises(NoSuchSubscription):
        subscriptions.subscription_of(session, "x")


def test_a_subscription_is_printed_without_its_secret(server: HttpSimulator):
    assert SECRET not in repr(new(server))
    assert webhook_house.new(server).url not in repr(new(server))
    assert Subscription.__tablename__ == "exchange_subscriptions"
