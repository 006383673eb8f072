"""Telling a platform: order, prerequisites, what fails and how, and that nothing is lost or doubled on the way."""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from catalog_sync import channels
from catalog_sync.balance import beside, broken
from catalog_sync.models import Evidence, Transition
from catalog_sync.record import Record, Subject
from catalog_sync.targets.target import Outcome, Reply
from tests.catalog_sync import house as houses
from tests.catalog_sync.house import House
from tests.catalog_sync.platform import KIND, OTHER, Platform, down, faulty, hostile, refused


def bent(house: House, **told: Any) -> Platform:
    """Bend the platform."""
    for name, value in told.items():
        setattr(house.platform, name, value)
    return house.platform


def first(times: int, fault: Callable[[], Exception]) -> Callable[[Sequence[Record]], None]:
    """Make the first so many exchanges fail."""
    left = [times]

    def fail(_records: Sequence[Record]) -> None:
        if left[0]:
            left[0] -= 1
            raise fault()

    return fail


def sound(house: House) -> None:
    """Nothing is lost, doubled, out of order or told before what it needs; every row's transitions agree."""
    rows = house.counted()
    assert broken(rows) == ()
    assert beside(rows, house.platform.arrivals) == ()
    assert house.platform.disorder == []
    assert house.platform.early == []


def test_a_thing_that_changes_is_told_at_its_newest_version(house: House) -> None:
    house.change("a", {"name": "一"})
    house.change("a", {"name": "二"})
    written = house.write()
    assert (written.events, written.written) == (2, 1)
    house.push()
    house.change("a", {"name": "三"})
    house.write()
    house.push()
    assert [(each.operation, each.state) for each in house.rows()] == [("I", "stored"), ("U", "stored")]
    assert house.platform.held[Subject(KIND, "a")].content == {"name": "三"}
    sound(house)


def test_the_same_content_is_not_told_again(house: House) -> None:
    house.change("a", {"name": "一"})
    house.write()
    house.push()
    house.tell("a")
    assert house.write().unchanged == 1
    assert len(house.rows()) == 1


def test_a_thing_that_goes_is_deleted_once_and_one_that_never_went_out_is_not(house: House) -> None:
    house.change("a", {"name": "一"})
    house.write()
    house.push()
    house.change("a")
    house.tell("a")
    house.change("b", {"name": "二"})
    house.write()
    house.change("b")
    house.write()
    house.push()
    assert [(each.thing, each.operation, each.state) for each in house.rows()] == [
        ("a", "I", "stored"),
        ("a", "D", "stored"),
        ("b", "I", "superseded"),
    ]
    assert house.platform.held == {}
    sound(house)


def test_a_row_that_was_not_sent_gives_way_to_a_later_version(house: House) -> None:
    house.change("a", {"name": "一"})
    house.write()
    house.change("a", {"name": "二"})
    house.write()
    house.push()
    assert [(each.operation, each.state) for each in house.rows()] == [("I", "superseded"), ("I", "stored")]
    sound(house)


def test_what_was_refused_is_new_to_the_platform_when_it_is_told_again(house: House) -> None:
    """I refused, then changed: the platform does not have it, so the next is an I and not a U."""
    bent(house, replying=lambda _record: Reply(Outcome.REFUSED, code="E7", words="字段不符"))
    house.change("a", {"name": "一"})
    house.write()
    house.push()
    bent(house, replying=lambda _record: None)
    house.change("a", {"name": "二"})
    house.write()
    house.push()
    assert [(each.operation, each.state, each.code) for each in house.rows()] == [
        ("I", "refused", "E7"),
        ("I", "stored", ""),
    ]


def test_a_later_version_waits_for_one_that_may_be_on_its_way(house: House) -> None:
    """v1 was sent and nobody answered; v2 must not overtake it."""
    bent(house, after=first(1, down))
    house.change("a", {"name": "一"})
    house.write()
    house.push()
    house.change("a", {"name": "二"})
    house.write()
    house.push()
    assert house.states() == ["sent", "waiting"]
    house.later(minutes=1)
    house.push()
    assert [(each.operation, each.state) for each in house.rows()] == [("I", "stored"), ("U", "stored")]
    sound(house)


def test_what_a_record_needs_is_told_before_it_whatever_the_order_of_the_events(house: House) -> None:
    organ = Subject(OTHER, "organ")
    house.change("a", {"name": "一"}, needs=(organ,))
    house.write()
    house.push()
    assert house.platform.arrivals == []
    house.change("organ", {"name": "演示局"}, OTHER)
    house.write()
    house.push()
    assert house.states() == ["stored", "stored"]
    assert house.platform.named[-1][organ] == "up-other-organ"
    sound(house)


def test_a_prerequisite_that_the_target_does_not_take_holds_nobody_up(house: House) -> None:
    house.change("a", {"name": "一"}, needs=(Subject("organ-elsewhere", "x"),))
    house.write()
    house.push()
    assert house.states() == ["stored"]


def test_a_row_that_was_let_go_unheard_is_found_by_the_sweep(house: House) -> None:
    """Between two processes the word that an obstacle is gone can pass unheard."""
    house.change("organ", {"name": "演示局"}, OTHER)
    house.write()
    house.push()
    house.change("a", {"name": "一"})
    house.write()

    def hold(session: Any) -> None:
        row = session.merge(house.row("a"))
        row.waiting_kind, row.waiting_thing = OTHER, "organ"

    house.transaction(hold)
    house.push()
    assert house.row("a").state == "waiting"
    assert house.sweep().let_go == 1
    house.push()
    assert house.row("a").state == "stored"


@pytest.mark.parametrize("knows_keys", [True, False])
def test_an_answer_that_is_lost_after_the_effect_doubles_nothing(both: House, knows_keys: bool) -> None:
    house = both
    bent(house, knows_keys=knows_keys, after=first(2, down))
    house.fill(5)
    house.write()
    house.until_quiet()
    assert house.states() == ["stored"] * 5
    assert len(house.platform.arrivals) == 5
    sound(house)


@pytest.mark.parametrize("knows_keys", [True, False])
def test_with_thirty_in_a_hundred_exchanges_failing_nothing_is_lost_or_doubled(both: House, knows_keys: bool) -> None:
    """A walk by chance: things come, change and go, before and after effects, and the platform fails at either."""
    house = both
    chance = random.Random(20261121)  # noqa: S311 - the same walk each time
    bent(house, knows_keys=knows_keys, before=faulty(chance, 0.15), after=faulty(chance, 0.15))
    for _ in range(6):
        for number in range(12):
            draw = chance.random()
            members = None if draw < 0.2 else {"name": f"{chance.randrange(5)}"}
            needs = (Subject(KIND, f"{number - 1}"),) if number % 7 == 1 else ()
            if draw < 0.6:
                house.change(f"{number}", members, needs=needs if members else ())
        house.write()
        house.push()
        house.later(seconds=chance.choice((5, 40, 400)))
    for number in range(12):
        house.change(f"{number}", {"name": "最后"})
    house.write()
    bent(house, before=lambda _records: None, after=lambda _records: None)
    house.until_quiet()
    assert {each.content["name"] for each in house.platform.held.values()} == {"最后"}
    assert len(house.platform.held) == 12
    rows = house.counted()
    assert broken(rows) == ()
    assert beside(rows, house.platform.arrivals) == ()
    assert house.platform.disorder == []


@pytest.mark.parametrize("how", ["down", "later", "crash"])
def test_a_poisoned_record_goes_to_the_dead_letters_and_delays_nobody(house: House, how: str) -> None:
    """Three of 60 records bring down whatever exchange they are in; the others arrive within minutes."""
    poisoned = {f"t{number:06}" for number in (5, 25, 45)}

    def poison(records: Sequence[Record]) -> None:
        if poisoned & {each.subject.id for each in records}:
            raise down() if how == "down" else RuntimeError("our own translation stumbles")

    def put_off(record: Record) -> Reply | None:
        return Reply(Outcome.LATER, code="BUSY") if record.subject.id in poisoned else None

    bent(house, **({"replying": put_off} if how == "later" else {"before": poison}))
    house.fill(60)
    house.write()
    house.push()
    for _ in range(6):
        house.later(seconds=40)
        house.push()
    assert house.states().count("stored") == 57
    for _ in range(10):
        house.later(hours=4)
        house.fill(1, start=1000 + len(house.rows()))
        house.write()
        house.push()
    dead = [each for each in house.rows() if each.state == "dead"]
    assert {each.thing for each in dead} == poisoned
    assert {each.tries for each in dead} == {8}
    assert {each.code for each in dead} == {
        {"down": "sync-channel-down", "later": "BUSY", "crash": "internal-fault"}[how]
    }
    sound(house)


def test_a_channel_that_answers_nobody_kills_no_record(house: House) -> None:
    def never(_records: Sequence[Record]) -> None:
        raise down()

    bent(house, before=never)
    house.fill(3)
    house.write()
    for _ in range(40):
        house.push()
        house.later(hours=4)
    assert set(house.states()) == {"sent"}
    bent(house, before=lambda _records: None)
    house.until_quiet()
    assert house.states() == ["stored"] * 3
    sound(house)


def test_a_channel_that_is_down_rests_longer_each_time_and_says_so_once(house: House) -> None:
    def never(_records: Sequence[Record]) -> None:
        raise down()

    bent(house, before=never)
    house.fill(30)
    house.write()
    house.push()
    assert len(house.platform.calls) == 3
    house.push()
    assert len(house.platform.calls) == 3
    for _ in range(10):
        house.later(minutes=5)
        house.push()
    assert len(house.platform.calls) == 13
    assert house.channel().failure == "no answer"


def test_nothing_is_called_before_the_moment_that_the_platform_named(house: House) -> None:
    bent(house, before=first(1, lambda: down(retry_after=600)))
    house.fill(30)
    house.write()
    began = house.at
    for _ in range(21):
        house.push()
        house.collect()
        house.sweep()
        house.later(seconds=30)
    early = [at for _, at, _ in house.platform.calls[1:] if at < began + timedelta(seconds=600)]
    assert early == []
    assert house.states() == ["stored"] * 30
    sound(house)


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(hours=1), timedelta(days=1), timedelta(days=-1)])
@pytest.mark.parametrize("knows_keys", [True, False])
def test_a_clock_that_steps_doubles_nothing_and_stops_nothing(house: House, step: timedelta, knows_keys: bool) -> None:
    bent(house, knows_keys=knows_keys, after=first(4, down))
    house.fill(25)
    house.write()
    house.push()
    house.at += step
    for _ in range(30):
        house.push()
        house.later(seconds=60)
    assert house.states() == ["stored"] * 25
    sound(house)


def test_a_clock_that_is_set_back_does_not_shorten_what_the_platform_asked_for(house: House) -> None:
    bent(house, before=first(1, lambda: down(retry_after=600)))
    house.fill(1)
    house.write()
    house.push()
    house.later(hours=-1)
    house.push()
    house.later(seconds=590)
    house.push()
    assert len(house.platform.calls) == 1
    house.later(seconds=11)
    house.push()
    assert house.states() == ["stored"]


def test_a_hostile_answer_is_kept_as_evidence_and_pauses_the_channel(house: House) -> None:
    bent(house, after=first(1, hostile))
    house.fill(3)
    house.write()
    house.push()
    house.later(hours=9)
    house.push()
    assert len(house.platform.calls) == 1
    assert house.channel().state == "paused"
    assert house.channel().reason == "sync-answer-not-believed: wrong type"
    with house.database.reading() as session:
        kept = session.scalars(select(Evidence)).one()
    assert (kept.size, kept.asked, len(kept.keys)) == (100_006, "send", 3)
    assert len(kept.content) < 70_000
    assert set(house.states()) == {"sent"}
    house.transaction(lambda session: channels.resume(session, "platform", houses.BY, house.at))
    house.push()
    assert house.states() == ["stored"] * 3
    sound(house)


def test_too_few_replies_are_not_believed(house: House) -> None:
    house.fill(3)
    house.write()
    whole = house.platform.send
    house.platform.send = lambda records, known, at: whole(records, known, at)[:-1]  # type: ignore[method-assign]
    house.push()
    assert house.channel().reason == "sync-answer-not-believed: 2 replies for 3 records"
    assert set(house.states()) == {"sent"}


def test_a_platform_that_does_not_let_us_in_is_left_alone_and_then_paused(house: House) -> None:
    def never(_records: Sequence[Record]) -> None:
        raise refused()

    bent(house, before=never)
    house.fill(3)
    house.write()
    for _ in range(9):
        house.push()
        house.later(minutes=6)
    assert len(house.platform.calls) == 5
    assert house.channel().reason == "channel-refused: secret expired"
    assert set(house.states()) == {"waiting"}


def test_what_is_not_taken_now_waits_as_long_as_it_is_asked_to(house: House) -> None:
    later = [Reply(Outcome.LATER, code="PREREQ", retry_after=900)]
    bent(house, replying=lambda _record: later.pop() if later else None)
    house.fill(1)
    house.write()
    house.push()
    house.later(seconds=899)
    house.push()
    assert (house.states(), len(house.platform.calls)) == (["waiting"], 1)
    house.later(seconds=1)
    house.push()
    assert house.states() == ["stored"]


def test_a_thing_that_cannot_be_read_delays_nobody(house: House) -> None:
    house.fill(3)
    house.things[Subject(KIND, "t000001")] = KeyError("our own fault")
    house.write()
    house.push()
    assert house.states() == ["stored", "dead", "stored"]
    assert house.row("t000001").code == "internal-fault"


def test_what_a_platform_says_is_kept_with_the_row_but_not_readable_in_the_table(house: House) -> None:
    bent(house, replying=lambda _record: Reply(Outcome.REFUSED, code="E7", words="演示某人已存在"))
    house.change("a", {"name": "演示某人"})
    house.write()
    house.push()
    with house.database.reading() as session:
        words = [each.words for each in session.scalars(select(Transition)) if each.words]
    content = house.row("a").content
    assert len(words) == 1
    assert "演示".encode() not in words[0] + content


def test_a_deletion_is_told_with_the_names_of_what_its_thing_needed(house: House):
    """It needs nothing any more, but the platform's own words for it may name what it stood under."""
    above = Subject(OTHER, "above")
    house.change("above", {"name": "演示上级"}, kind=OTHER)
    house.change("a", {"name": "演示"}, needs=(above,))
    house.write()
    house.push()
    house.change("a")
    house.write()
    house.push()
    assert house.row("a").state == "stored"
    assert house.platform.named[-1] == {above: "up-other-above", Subject(KIND, "a"): "up-thing-a"}
