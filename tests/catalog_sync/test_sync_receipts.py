"""Receipts: lost, doubled, shuffled and unknown ones; whatever comes in whatever order, the end is the same."""

import random
from datetime import timedelta

from sqlalchemy import select

from catalog_sync.balance import beside, broken
from catalog_sync.models import Inbox
from catalog_sync.targets.target import Outcome, Receipt, Reply
from tests.catalog_sync.house import House
from tests.catalog_sync.platform import down, hostile


def taken_in(house: House, count: int) -> None:
    """Tell so many things to a platform that tells later what became of them."""
    house.platform.later = True
    house.fill(count)
    house.write()
    house.push()


def test_receipts_lost_doubled_and_shuffled_leave_every_row_where_it_belongs(house: House) -> None:
    """20 % lost, 20 % doubled, shuffled: the sweep asks for what never came."""
    taken_in(house, 60)
    assert set(house.states()) == {"accepted"}
    house.platform.spoil(random.Random(7))  # noqa: S311 - the same story each time
    house.collect()
    late = house.states().count("accepted")
    assert 0 < late < 30
    house.later(hours=25)
    swept = house.sweep()
    assert (swept.asked, swept.settled) == (late, late)
    assert set(house.states()) == {"stored"}
    assert beside(house.counted(), house.platform.arrivals) == ()
    assert broken(house.counted()) == ()


def test_a_receipt_counts_once_by_its_number_on_either_database(both: House) -> None:
    taken_in(both, 3)
    both.platform.queue *= 3
    taken = both.collect()
    assert (taken.read, taken.new, taken.changed, taken.unknown) == (9, 3, 3, 0)
    assert both.states() == ["stored"] * 3
    assert both.collect().read == 0


def test_a_receipt_may_name_what_one_before_it_on_the_same_page_told_on_either_database(both: House) -> None:
    taken_in(both, 2)
    first, second = (each.key for each in both.rows())
    both.platform.queue = [
        Receipt("n1", first, Reply(Outcome.ACCEPTED, upstream_id="别名")),
        Receipt("n2", "别名", Reply(Outcome.STORED)),
        Receipt("n3", "up-thing-t000001", Reply(Outcome.REFUSED, code="X01")),
        Receipt("n4", second, Reply(Outcome.STORED)),
        Receipt("n5", "up-thing-t000000", Reply(Outcome.REFUSED)),
    ]
    taken = both.collect()
    assert (taken.new, taken.changed, taken.unknown) == (5, 3, 1)
    assert both.states() == ["stored", "stored"]


def test_an_earlier_word_never_undoes_a_final_one(house: House) -> None:
    """`stored` comes first, then the `accepted` and `refused` of before: the row stays stored."""
    taken_in(house, 1)
    key = house.rows()[0].key
    words = (Outcome.STORED, Outcome.ACCEPTED, Outcome.REFUSED)
    house.platform.queue = [Receipt(f"n{number}", key, Reply(each)) for number, each in enumerate(words)]
    house.collect()
    assert house.states() == ["stored"]
    assert house.collect().read == 0


def test_a_receipt_for_a_dead_letter_that_arrived_after_all_brings_it_home(house: House) -> None:
    house.platform.most, house.platform.later = 1, True
    house.platform.after = lambda records: (_ for _ in ()).throw(down()) if records[0].subject.id == "t000000" else None
    house.fill(2)
    house.write()
    for _ in range(12):
        house.push()
        house.later(hours=4)
        house.fill(1, start=500 + len(house.rows()))
        house.write()
    assert house.row("t000000").state == "dead"
    house.collect()
    assert house.row("t000000").state == "stored"


def test_a_receipt_about_something_unknown_is_kept_and_found_again(house: House) -> None:
    """The platform names the thing by its own word, which we learn with a later answer."""
    taken_in(house, 1)
    row = house.rows()[0]

    def forget(session) -> None:
        session.merge(row).upstream_id = None

    house.transaction(forget)
    house.platform.queue = [
        Receipt("n1", "up-thing-t000000", Reply(Outcome.STORED)),
        Receipt("n2", "nobody knows", Reply(Outcome.REFUSED, code="E1", words="不明")),
    ]
    assert house.collect().unknown == 2

    def learn(session) -> None:
        session.merge(house.rows()[0]).upstream_id = "up-thing-t000000"

    house.transaction(learn)
    assert house.sweep().matched == 1
    assert house.states() == ["stored"]
    with house.database.reading() as session:
        kept = session.scalars(select(Inbox).where(Inbox.row.is_(None))).one()
    assert kept.about == "nobody knows"


def test_what_was_taken_in_and_is_not_there_is_told_again_unless_it_was_overtaken(house: House) -> None:
    taken_in(house, 2)
    house.change("t000001", {"name": "后来"})
    house.write()
    house.push()
    house.platform.answered.clear()
    house.platform.held.clear()
    house.platform.queue.clear()
    house.later(hours=25)
    house.sweep()
    assert [(each.thing, each.state) for each in house.rows()] == [
        ("t000000", "waiting"),
        ("t000001", "superseded"),
        ("t000001", "waiting"),
    ]
    house.push()
    assert len(house.platform.held) == 2


def test_receipts_that_cannot_be_believed_pause_the_channel_and_change_nothing(house: House) -> None:
    taken_in(house, 2)
    house.platform.queue.append(Receipt("", "x", Reply(Outcome.STORED)))
    house.collect()
    assert house.channel().reason == "sync-answer-not-believed: a receipt without a usable number"
    assert set(house.states()) == {"accepted"}
    assert house.channel().receipt_mark == ""


def test_a_channel_that_rests_is_not_asked_for_receipts(house: House) -> None:
    taken_in(house, 1)

    def fail(_records) -> None:
        raise down(retry_after=60)

    house.platform.before = fail
    house.collect()
    house.platform.before = lambda _records: None
    calls = len(house.platform.calls)
    house.collect()
    house.at += timedelta(seconds=59)
    house.collect()
    assert len(house.platform.calls) == calls
    house.at += timedelta(seconds=1)
    house.collect()
    assert house.states() == ["stored"]


def test_a_hostile_answer_to_a_question_is_kept_too(house: House) -> None:
    taken_in(house, 1)
    house.later(hours=25)

    def fail(_records) -> None:
        raise hostile()

    house.platform.before = fail
    house.sweep()
    assert house.channel().state == "paused"
    assert house.states() == ["accepted"]
