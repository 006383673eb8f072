"""The simulated platform behind a front library: what it takes and refuses later, and what its checker says."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from catalog_sync.simulator import claims, store
from catalog_sync.simulator.checker import Claim, check
from catalog_sync.simulator.front_library import CHANNEL, FrontPlatform
from catalog_sync.simulator.store import Store
from catalog_sync.targets.target import HostileAnswer, Outcome
from tests.catalog_sync.targets import front_house
from tests.catalog_sync.targets.front_house import HOURS, Front, certificate, step


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    made = front_house.opened(f"sqlite:///{tmp_path}/front.db", tmp_path)
    yield made
    made.close()


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "platform")
    yield made
    made.close()


def platform(front: Front, kept: Store, faults: str = "", **told: int) -> FrontPlatform:
    with kept.writing() as session:
        store.switch(session, store.FAULTS, faults)
    return FrontPlatform(front.engine, front.layout, kept, **told)


def claim(record: object, state: str) -> Claim:
    said = record.subject, record.version, record.operation.value, record.key, record.digest  # type: ignore[attr-defined]
    return Claim(said[0].kind, said[0].id, *said[1:], state)


def verdict(kept: Store, said: list[Claim]) -> dict[str, int]:
    with kept.reading() as session:
        found = check(said, claims.effects(session, CHANNEL), at_rest=True)
    return {name: count for name, count in found.counts.items() if count}


def test_what_was_told_arrives_once_and_is_called_stored_after_silence(front: Front, kept: Store, at: datetime):
    records = [certificate(1), certificate(2), step()]
    front.target.send(records, {}, at)
    behind = platform(front, kept)
    assert behind.look(at).taken == 6
    front.target.send(records, {}, at + timedelta(hours=1))
    assert behind.look(at).taken == 0
    receipts = front.target.receipts("", at + timedelta(hours=HOURS)).receipts
    assert {each.reply.outcome for each in receipts} == {Outcome.STORED}
    assert verdict(kept, [claim(each, "stored") for each in records]) == {}
    with kept.reading() as session:
        content = [each.content for each in session.execute(select(store.EFFECTS))]
    assert len(content) == 3


def test_a_rule_refuses_later_and_says_so_in_the_table_of_refusals(front: Front, kept: Store, at: datetime):
    good, bad = certificate(1), certificate(2, region="999999")
    front.target.send([good, bad], {}, at)
    behind = platform(front, kept, "reject:x99/999999", delay=2)
    assert behind.look(at).refused == 1
    assert front.target.receipts("", at).receipts == ()
    assert (behind.look(at).answered, behind.look(at).answered) == (0, 1)
    (told,) = front.target.receipts("", at).receipts
    assert (told.about, told.reply.outcome) == (bad.key, Outcome.REFUSED)
    assert verdict(kept, [claim(good, "accepted"), claim(bad, "refused")]) == {}


def test_refusals_that_are_doubled_shuffled_or_about_nothing_change_no_other_record(
    front: Front, kept: Store, at: datetime
):
    records = [certificate(each) for each in range(1, 31)]
    front.target.send(records, {}, at)
    behind = platform(front, kept, "review-refused:40%,receipt-doubled:50%,receipt-shuffled,receipt-unknown:x1,seed=5")
    refused = behind.look(at).refused
    assert behind.look(at + timedelta(minutes=1)).answered > refused
    told = front.target.receipts("", at + timedelta(minutes=2)).receipts
    about = [each.about for each in told]
    assert len(about) == len(set(about)) == refused
    assert len([each for each in about if each.startswith("1.2.156")]) == 1
    stored = front.target.receipts("", at + timedelta(hours=HOURS)).receipts
    assert {each.about for each in stored if each.reply.outcome is Outcome.STORED} >= {
        each.key for each in records if each.key not in about
    } - {each.key for each in records if each.key in about}


@pytest.mark.parametrize("fault", ["wrong-type:x1", "huge:x1"])
def test_an_answer_that_cannot_be_one_is_evidence_and_applies_nothing(
    front: Front, kept: Store, at: datetime, fault: str
):
    front.target.send([certificate(1), certificate(2)], {}, at)
    behind = platform(front, kept, f"review-refused:100%,{fault}")
    behind.look(at)
    assert behind.look(at).answered == 2
    with pytest.raises(HostileAnswer) as caught:
        front.target.receipts("", at)
    assert caught.value.reason.startswith("dn_lic_data_error.error_remark is ")
    assert caught.value.evidence
    for record in (certificate(1), certificate(2)):
        reply = front.target.find(record, at)
        assert reply is not None
        assert reply.outcome is Outcome.ACCEPTED


def test_the_checker_shouts_on_a_sender_that_writes_a_row_again(front: Front, kept: Store, at: datetime):
    record = certificate(1)
    front.target.send([record], {}, at)
    behind = platform(front, kept)
    behind.look(at)
    front.run("UPDATE up_lic_data SET cd_batch = 'another'", "UPDATE yinxin_sent SET batch = 'another'")
    behind.look(at)
    assert verdict(kept, [claim(record, "accepted")]) == {"doubled": 1}
    assert "lost" in verdict(kept, [claim(certificate(7), "stored")])


def test_old_rows_are_cleared_away_and_what_was_told_stays_known(front: Front, kept: Store, at: datetime):
    record = certificate(1)
    front.target.send([record], {}, at)
    behind = platform(front, kept, many=0)
    assert behind.look(at + timedelta(days=6)).cleared == 0
    assert behind.look(at + timedelta(days=8)).cleared == 1
    assert front.target.find(record, at) is not None
    front.target.send([record], {}, at + timedelta(days=8))
    assert front.rows("up_lic_data") == []
