"""The dead-letter desk: retried, corrected, overtaken; and channels that a person pauses, resumes and runs now."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from base.models import AuditEntry
from catalog_sync import channels, contents, desk
from catalog_sync.desk import Correction
from catalog_sync.errors import ChannelStepNotAllowed, NoSuchOutboxRow, SyncOvertaken, SyncStepNotAllowed
from catalog_sync.kinds.kind import Content
from catalog_sync.record import Subject
from catalog_sync.targets.target import Outcome, Reply
from catalog_sync.windows import read
from catalog_sync.wiring import Sync
from tests.catalog_sync.house import BY, House
from tests.catalog_sync.platform import KIND

FIXED = {"name": "演示更正"}


def refused_row(house: House, *, members=None) -> int:
    """Have a row refused."""
    house.platform.replying = lambda record: (
        Reply(Outcome.REFUSED, code="E7", words="名称为空") if not record.content.get("name") else None
    )
    house.change("a", members or {"name": ""})
    house.write()
    house.push()
    row = house.row("a")
    assert row.state == "refused"
    return row.number


def test_a_corrected_row_is_told_anew_and_what_was_written_is_kept_apart(house: House) -> None:
    number = refused_row(house)
    before = house.row("a").key
    correction = Correction(FIXED, "按来电更正")
    house.transaction(lambda session: desk.correct(session, house.sync, number, correction, BY, house.at))
    house.push()
    assert house.row("a").state == "stored"
    assert house.row("a").key != before
    assert house.platform.held[Subject(KIND, "a")].content == FIXED
    with house.database.reading() as session:
        written = contents.opened(session, house.sync.keys, house.row("a"), as_written=True)
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "sync.corrected")).one()
    assert written == {"name": ""}
    assert "按来电更正" in entry.content.decode()
    assert "演示更正" not in entry.content.decode()


def test_a_retried_row_goes_as_if_it_had_never_been_tried(house: House) -> None:
    number = refused_row(house)
    house.platform.replying = lambda _record: None
    house.transaction(lambda session: desk.retry(session, house.sync, number, BY, house.at))
    house.push()
    assert house.states() == ["stored"]
    with pytest.raises(SyncStepNotAllowed):
        house.transaction(lambda session: desk.retry(session, house.sync, number, BY, house.at))
    with pytest.raises(NoSuchOutboxRow):
        house.transaction(lambda session: desk.retry(session, house.sync, 999, BY, house.at))


def test_a_row_that_waits_between_tries_goes_at_once_when_retried(house: House) -> None:
    house.platform.replying = lambda _record: Reply(Outcome.LATER, retry_after=7200)
    house.fill(1)
    house.write()
    house.push()
    house.platform.replying = lambda _record: None
    house.push()
    assert house.states() == ["waiting"]
    house.transaction(lambda session: desk.retry(session, house.sync, house.rows()[0].number, BY, house.at))
    house.push()
    assert house.states() == ["stored"]


def test_a_row_that_a_later_version_overtook_is_left_alone(house: House) -> None:
    number = refused_row(house)
    house.change("a", {"name": "新"})
    house.write()
    house.push()
    for act in (
        lambda session: desk.retry(session, house.sync, number, BY, house.at),
        lambda session: desk.correct(session, house.sync, number, Correction(FIXED, "x"), BY, house.at),
    ):
        with pytest.raises(SyncOvertaken):
            house.transaction(act)


def test_a_thing_that_could_not_be_read_is_read_again_when_retried(house: House) -> None:
    house.things[Subject(KIND, "a")] = ValueError("broken")
    house.tell("a")
    house.write()
    number = house.row("a").number
    assert house.row("a").state == "dead"
    with pytest.raises(SyncStepNotAllowed):
        house.transaction(lambda session: desk.retry(session, house.sync, number, BY, house.at))
    house.things[Subject(KIND, "a")] = Content(FIXED)
    house.transaction(lambda session: desk.retry(session, house.sync, number, BY, house.at))
    house.push()
    assert house.platform.held[Subject(KIND, "a")].content == FIXED


def test_a_dead_letter_that_may_have_arrived_is_asked_for_before_it_is_told_again(house: House) -> None:
    """The platform knows no keys; the answer to the last try was lost after the effect."""
    house.platform.knows_keys = False
    house.fill(1)
    house.write()
    row = house.rows()[0]

    def lose(session) -> None:
        kept = session.merge(row)
        kept.state, kept.attempts, kept.tries, kept.unsure, kept.tried_at = "dead", 8, 8, True, house.at

    claimed = house.transaction(lambda session: contents.record_of(session, house.sync.keys, row))
    house.platform.send([claimed], {}, house.at)
    house.transaction(lose)
    house.transaction(lambda session: desk.retry(session, house.sync, row.number, BY, house.at))
    house.push()
    assert house.states() == ["stored"]
    assert len(house.platform.arrivals) == 1


def test_a_paused_channel_tells_nobody_until_it_is_resumed(house: House) -> None:
    house.transaction(lambda session: channels.pause(session, "platform", "对方停机", BY, house.at))
    house.fill(2)
    house.write()
    house.push()
    house.collect()
    house.sweep()
    assert house.platform.calls == []
    for act in (channels.ask, partial(channels.pause, reason="x")):
        with pytest.raises(ChannelStepNotAllowed):
            house.transaction(partial(act, target="platform", by=BY, at=house.at))
    house.transaction(lambda session: channels.resume(session, "platform", BY, house.at))
    house.push()
    assert house.states() == ["stored"] * 2


def test_a_channel_is_used_in_its_window_or_when_somebody_asks_for_it(house: House) -> None:
    """The window opens at 22:00 in Beijing; it is 10:30 there."""
    sync = house.sync
    told = read(["platform 22:00-06:00"])
    house.sync = Sync(sync.settings, sync.targets, sync.kinds, sync.keys, sync.parts, told)
    house.fill(1)
    house.write()
    house.push()
    assert house.states() == ["waiting"]
    house.transaction(lambda session: channels.ask(session, "platform", BY, house.at))
    house.push()
    assert house.states() == ["stored"]
    house.fill(1, start=5)
    house.write()
    house.push()
    assert house.states() == ["stored", "waiting"]
    house.at += timedelta(hours=12)
    house.push()
    assert house.states() == ["stored", "stored"]
