"""Deliveries: signed, in order, again after growing pauses; no receiver slows another, and nothing is lost."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from base.db import Database
from base.notices.delivery import CLAIM, TRIES, WAITS
from exchange.agreements.purpose_schemas import PurposeSchema
from exchange.feeds import deliveries, subscriptions
from exchange.feeds import jobs as push_jobs
from exchange.feeds.deliveries import Outcome, Tally
from exchange.feeds.errors import NoSuchDelivery, SubscriptionStepNotAllowed
from exchange.feeds.models import ChangeDelivery, DeliveryAttempt
from keys.algorithms.sm2 import SM2_SM3
from tests.exchange import push_house
from tests.exchange.gateway_house import purpose, revoked
from tests.exchange.push_house import House
from tests.exchange.webhook_house import Receiver, deliver, happened, is_signed, log, proven, state, subscribed
from tests.simulators.http import Exchange, HttpSimulator, is_silent, redirects, repeats

DAY = timedelta(days=1)


class Killed(BaseException):
    """What `kill -9` does to the steps of a run."""


@pytest.fixture
def house(database: Database, tmp_path: Path, at: datetime) -> Iterator[House]:
    opened = push_house.opened(database, tmp_path, at)
    yield opened
    opened.close()


@pytest.fixture
def server() -> Iterator[HttpSimulator]:
    with HttpSimulator() as running:
        yield running


def after_challenge(receiver: Receiver, behaviour: Any) -> Any:
    """Prove oneself, and then behave badly."""

    def behave(exchange: Exchange) -> None:
        if b"subscription.challenge" in exchange.received.body:
            receiver(exchange)
        else:
            behaviour(exchange)

    return behave


def test_an_event_arrives_once_signed_and_in_the_feeds_own_words(house: House, server: HttpSimulator):
    receiver = Receiver()
    server.on("/hook", receiver)
    subscribed(house, server)
    (code,) = happened(house, "目录一")
    assert deliver(house) == Tally(written=1, delivered=1)
    assert deliver(house) == Tally()
    (event,), (headers,), (body,) = receiver.got, receiver.headers, receiver.bodies
    assert (event["type"], event["data"]["directory"]) == ("yinxin.directory.published", code)
    assert (headers["content-type"], headers["webhook-id"]) == ("application/cloudevents+json", event["id"])
    assert is_signed(headers, body)
    assert not is_signed(headers, body + b" ")


def test_the_sites_own_key_signs_where_it_is_asked_to(house: House, server: HttpSimulator):
    receiver = Receiver()
    server.on("/hook", receiver)
    subscribed(house, server, signature="sm2", secret=None)
    happened(house, "目录一")
    deliver(house)
    (headers,), (body,) = receiver.headers, receiver.bodies
    kind, _, signature = headers["webhook-signature"].partition(",")
    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    signer = house.deliveries.signer_for(None, "")  # type: ignore[arg-type]
    assert (kind, headers["webhook-key-id"]) == ("v1sm2", "delivery")
    assert SM2_SM3.verify(signer.public, base64.b64decode(signature), said)
    assert not SM2_SM3.verify(signer.public, base64.b64decode(signature), said + b" ")


def test_a_failing_receiver_is_asked_again_by_the_table_of_waits(house: House, server: HttpSimulator):
    receiver = Receiver(500, 503, 500)
    server.on("/hook", receiver)
    known = subscribed(house, server)
    happened(house, "目录一")
    after = timedelta(0)
    for wait in WAITS[:3]:
        assert deliver(house, after).delivered == 0
        assert deliver(house, after + wait - timedelta(seconds=1)) == Tally()
        after += wait
    assert deliver(house, after).delivered == 1
    assert len(set(receiver.ids)) == 1
    assert log(house.database, known) == [("delivered", 4, "")]
    assert state(house.database, known).failures == 0


def test_a_pause_that_is_asked_for_is_kept(house: House, server: HttpSimulator):
    receiver = Receiver(429, retry_after=3600)
    server.on("/hook", receiver)
    subscribed(house, server)
    happened(house, "目录一")
    deliver(house)
    assert deliver(house, timedelta(minutes=59)) == Tally()
    house.deliveries.fetch.close()  # type: ignore[attr-defined]
    house.deliveries = replace(house.deliveries, fetch=push_house.guarded())
    assert deliver(house, timedelta(hours=1)).delivered == 1


def test_what_happened_to_one_directory_arrives_in_order_and_others_go_on(house: House, server: HttpSimulator):
    from tests.exchange.test_changes import withdrawn

    receiver = Receiver(500)
    server.on("/hook", receiver)
    subscribed(house, server)
    code, other = happened(house, "目录一", "目录二")
    withdrawn(house.database, code, house.at)
    deliver(house)
    assert len(receiver.got) == 1
    deliver(house, WAITS[0])
    directories = [each["data"]["directory"] for each in receiver.got]
    sequences = [each["sequence"] for each in receiver.got if each["data"]["directory"] == code]
    assert directories == [code, other, code, code, code]
    assert sequences == sorted(sequences)


def test_after_all_tries_the_subscription_is_dead_and_keeps_everything(house: House, server: HttpSimulator):
    receiver = Receiver(*[500] * TRIES)
    server.on("/hook", receiver)
    known = subscribed(house, server)
    happened(house, "目录一")
    after = timedelta(0)
    for wait in (*WAITS, DAY):
        deliver(house, after)
        after += wait
    assert (len(receiver.got), state(house.database, known).state) == (TRIES, "dead")
    happened(house, "目录二")
    assert deliver(house, after) == Tally()
    with pytest.raises(SubscriptionStepNotAllowed), house.database.transaction() as session:
        subscriptions.resume(session, subscriptions.subscription_of(session, known), house.requester, house.at)
    proven(house, known, house.at + after)
    assert deliver(house, after).delivered == 2
    assert [each[0] for each in log(house.database, known)] == ["delivered"] * 2


def test_one_bad_event_is_given_up_and_the_others_go_on(house: House, server: HttpSimulator):
    receiver = Receiver()
    server.on("/hook", receiver)
    known = subscribed(house, server)
    (bad,) = happened(house, "目录一")
    good = receiver.__call__

    def picky(exchange: Exchange) -> None:
        good(exchange) if bad.encode() not in exchange.received.body else exchange.answer(400)

    server.on("/hook", picky)
    after = timedelta(0)
    for number, wait in enumerate((*WAITS, DAY)):
        happened(house, f"又一个{number}")
        deliver(house, after)
        deliver(house, after + timedelta(seconds=5))
        after += wait
    told = log(house.database, known)
    assert (told[0][0], told[0][1]) == ("dead", TRIES)
    assert [each[0] for each in told[1:]] == ["delivered"] * TRIES
    assert state(house.database, known).state == "active"


def test_a_receiver_that_is_gone_is_left_alone(house: House, server: HttpSimulator):
    receiver = Receiver(410)
    server.on("/hook", receiver)
    known = subscribed(house, server)
    happened(house, "目录一")
    deliver(house)
    assert state(house.database, known).state == "dead"
    assert deliver(house, DAY) == Tally()


HOSTILE = {
    "hangs": (is_silent, "fetch-timed-out"),
    "redirects": (redirects("http://127.0.0.1:1/inside"), "answer-redirected"),
    "sends-without-end": (
        repeats(b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n", b"x" * 65536),
        "answer-too-large",
    ),
    "drips": (repeats(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"), "answer-too-large"),
    "breaks": (lambda exchange: exchange.reset(), "answer-broken"),
    "hangs-up": (lambda exchange: exchange.hang_up(), "answer-broken"),
}


@pytest.mark.parametrize("manner", HOSTILE)
def test_a_hostile_receiver_slows_nobody_else(house: House, server: HttpSimulator, manner: str):
    behaviour, code = HOSTILE[manner]
    receiver = Receiver()
    server.on("/good", receiver).on("/bad", after_challenge(Receiver(), behaviour))
    bad, good = subscribed(house, server, "/bad"), subscribed(house, server, "/good")
    happened(house, *(f"目录{number}" for number in range(5)))
    deliver(house)
    assert [each[0] for each in log(house.database, good)] == ["delivered"] * 5
    # It was called once, and rests: of five events one was tried.
    assert sorted(log(house.database, bad)) == [*[("waiting", 0, "")] * 4, ("waiting", 1, code)]


def test_those_that_fail_have_places_of_their_own(house: House, server: HttpSimulator):
    """Many receivers hang; with all their places taken the one that is well is still served at once."""
    receiver = Receiver()
    server.on("/good", receiver).on("/bad", after_challenge(Receiver(), is_silent))
    house.deliveries = replace(house.deliveries, settings=replace(house.deliveries.settings, steady=2, failing=1))
    for _ in range(4):
        subscribed(house, server, "/bad")
    subscribed(house, server, "/good")
    happened(house, "目录一")
    deliver(house)
    happened(house, "目录二")
    told: list[int] = []
    deliveries.deliver_due(house.database, house.deliveries, house.at + WAITS[0], lambda: 0.0, told.append)
    assert len(receiver.got) == 2


def test_a_process_that_dies_while_sending_sends_again_under_the_same_id(
    house: House, server: HttpSimulator, monkeypatch: pytest.MonkeyPatch
):
    receiver = Receiver()
    server.on("/hook", receiver)
    known = subscribed(house, server)
    happened(house, "目录一")

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(deliveries, "_record", die)
        with pytest.raises(Killed):
            deliver(house)
    assert deliver(house, CLAIM - timedelta(seconds=1)) == Tally()
    assert deliver(house, CLAIM).delivered == 1
    assert (len(receiver.got), len(set(receiver.ids))) == (2, 1)
    assert log(house.database, known) == [("delivered", 2, "")]


def test_a_process_that_dies_while_reading_on_loses_and_doubles_nothing(
    house: House, server: HttpSimulator, monkeypatch: pytest.MonkeyPatch
):
    receiver = Receiver()
    server.on("/hook", receiver)
    known = subscribed(house, server)
    happened(house, "目录一", "目录二")
    written = deliveries._delivery

    def die(session: Any, row: Any, seen: Any, *rest: Any) -> Any:
        if seen.told.position > 1 and len(calls) == 1:
            raise Killed
        calls.append(seen)
        return written(session, row, seen, *rest)

    calls: list[Any] = []
    with monkeypatch.context() as patched:
        patched.setattr(deliveries, "_delivery", die)
        with pytest.raises(Killed):
            deliver(house)
    assert log(house.database, known) == []
    deliver(house)
    assert len(receiver.ids) == len(set(receiver.ids)) == 2


def test_no_more_is_written_ahead_than_a_receiver_takes(
    house: House, server: HttpSimulator, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(deliveries, "READ_AHEAD", 2)
    receiver = Receiver(500)
    server.on("/hook", receiver)
    known = subscribed(house, server)
    happened(house, *(f"目录{number}" for number in range(5)))
    deliver(house)
    assert len(log(house.database, known)) == 2
    for number in range(1, 5):
        deliver(house, WAITS[0] * number)
    assert [each[0] for each in log(house.database, known)] == ["delivered"] * 5


def test_a_settled_event_is_sent_again_when_asked(house: House, server: HttpSimulator):
    receiver = Receiver()
    server.on("/hook", receiver)
    known = subscribed(house, server)
    happened(house, "目录一")
    deliver(house)
    with house.database.transaction() as session:
        row = subscriptions.subscription_of(session, known)
        number = session.query(ChangeDelivery).one().id
        deliveries.resend(session, row, number, house.requester, house.at)
        with pytest.raises(NoSuchDelivery):
            deliveries.resend(session, row, number + 100, house.requester, house.at)
    assert deliver(house).delivered == 1
    assert receiver.ids[0] == receiver.ids[1]


def test_only_what_is_wanted_is_sent(house: House, server: HttpSimulator):
    receiver = Receiver()
    server.on("/hook", receiver)
    subscribed(house, server, types=("directory.withdrawn",))
    happened(house, "目录一")
    assert deliver(house) == Tally()
    assert receiver.got == []


def test_of_pushed_data_hears_who_holds_a_grant_and_nobody_after_its_revocation(house: House, server: HttpSimulator):
    receiver = Receiver()
    server.on("/hook", receiver)
    why = PurposeSchema().load(purpose())
    known = subscribed(house, server, types=("data.pushed",), directories=(house.code,), purpose=why)
    push = house.order()
    run = house.run(push)
    deliver(house)
    (event,) = receiver.got
    assert (event["type"], event["data"]["run"], event["data"]["inserted"]) == ("yinxin.data.pushed", run.id, 5)
    house.run(push)
    revoked(house.database, house.at)
    deliver(house)
    assert (len(receiver.got), log(house.database, known)[1]) == (1, ("withheld", 0, "not-granted"))


def test_an_event_over_which_processes_die_is_given_up():
    claimed = deliveries.Claimed(1, "s", "http://x/", "1-00000000", "{}", TRIES + 1, False, None)
    assert deliveries._sent(None, claimed, None, lambda: 0.0) == Outcome(deliveries.DIED)  # type: ignore[arg-type]


def test_old_deliveries_are_forgotten(house: House, server: HttpSimulator, at: datetime):
    receiver = Receiver()
    server.on("/hook", receiver)
    known = subscribed(house, server)
    happened(house, "目录一")
    deliver(house)
    forget = next(each for each in push_jobs.JOBS if each.name == "exchange.deliveries.forget").run
    for moment, left in ((at, 1), (at + deliveries.KEPT + DAY, 0)):
        with house.database.transaction() as session:
            forget.act(session, moment)  # type: ignore[union-attr]
        assert len(log(house.database, known)) == left
    with house.database.reading() as session:
        assert session.query(DeliveryAttempt).count() == 0
