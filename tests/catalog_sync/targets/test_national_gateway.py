"""The national gateway's target against the simulated platform: records, receipts, questions, and every fault."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from catalog_sync.record import Operation, Record, Subject
from catalog_sync.simulator import store
from catalog_sync.simulator.faults import FAULTS, Stage
from catalog_sync.simulator.store import EFFECTS, THINGS
from catalog_sync.targets.gateway import forms
from catalog_sync.targets.target import ChannelDown, ChannelRefused, HostileAnswer, Outcome, Reply
from tests.catalog_sync.simulator import twin
from tests.catalog_sync.simulator.twin import Bench, directory, organisation, prepared


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with twin.bench(tmp_path / "platform") as made:
        yield made


def effects(bench: Bench, key: str = "") -> int:
    query = select(func.count()).select_from(EFFECTS)
    with bench.platform.store.reading() as session:
        return session.scalar(query.where(EFFECTS.c.record_key == key) if key else query) or 0


def told(bench: Bench, record: Record, known: dict[Subject, str] | None = None) -> Reply:
    (reply,) = bench.target.send([record], known or {}, bench.at)
    return reply


# --- what goes well -----------------------------------------------------------------------------------------------


def test_an_organisation_is_stored_at_once_and_a_directory_after_its_review(bench: Bench):
    known = prepared(bench)
    reply = told(bench, directory(), known)
    assert (reply.outcome, reply.receipt) == (Outcome.ACCEPTED, reply.upstream_id)
    for _ in range(3):
        bench.target.receipts("", bench.at)
    found = bench.target.receipts("", bench.at)
    (receipt,) = found.receipts
    assert (receipt.about, receipt.reply.outcome) == (directory().key, Outcome.STORED)
    assert receipt.reply.upstream_id == reply.upstream_id
    assert bench.target.receipts(found.mark, bench.at).receipts == ()


def test_a_directory_before_its_organisation_is_for_later(bench: Bench):
    assert told(bench, directory()).outcome is Outcome.LATER
    assert effects(bench) == 0


def test_a_resource_whose_directory_has_no_name_there_is_for_later_and_not_sent(bench: Bench):
    content = {"id": "m1", "directory": "x/1", "kind": "table", "name": "演示库表", "state": "serving"}
    record = Record(Subject("resource", "m1"), 5, Operation.INSERT, content)
    reply = told(bench, record)
    assert (reply.outcome, reply.code) == (Outcome.LATER, "prerequisite-unknown")
    assert not bench.twin.sent


def test_a_code_that_the_table_does_not_know_refuses_the_record_and_is_not_guessed(bench: Bench):
    known = prepared(bench)
    record = directory()
    said: Any = record.content["content"]
    odd = replace(record, content={**record.content, "content": {**said, "share_type": "9"}})
    reply = told(bench, odd, known)
    assert (reply.outcome, reply.code, reply.words) == (Outcome.REFUSED, "no-code", "shared_type")


def test_a_change_is_told_under_the_name_that_the_platform_gave(bench: Bench):
    known = prepared(bench)
    changed = replace(organisation(version=3), content={**organisation().content, "name": "演示省数据局"})
    reply = told(bench, changed, known)
    assert reply.upstream_id == known[changed.subject]
    with bench.platform.store.reading() as session:
        row = session.execute(select(THINGS).where(THINGS.c.guid == reply.upstream_id)).one()
    assert (row.content["org_name"], row.own) == ("演示省数据局", changed.subject.id)


def test_a_change_of_what_nobody_remembers_is_asked_for_first(bench: Bench):
    known = prepared(bench)
    reply = told(bench, organisation(version=3))
    assert reply.upstream_id == known[organisation().subject]


def test_what_the_platform_never_had_needs_no_cancelling(bench: Bench):
    reply = told(bench, directory(operation=Operation.DELETE))
    assert (reply.outcome, reply.code) == (Outcome.STORED, "not-held")
    assert effects(bench) == 0


def test_a_cancelled_directory_that_is_published_again_is_registered_anew(bench: Bench):
    known = prepared(bench)
    first = told(bench, directory(), known)
    named = {**known, directory().subject: str(first.upstream_id)}
    assert told(bench, directory(version=11, operation=Operation.DELETE), named).upstream_id == first.upstream_id
    again = told(bench, directory(version=12), named)
    assert again.upstream_id not in {None, first.upstream_id}


@pytest.mark.parametrize("marks", [True, False], ids=["with-marks", "by-members"])
def test_whether_this_very_version_has_arrived_is_found_by_asking(tmp_path: Path, *, marks: bool):
    with twin.bench(tmp_path / "platform", marks=marks) as bench:
        known = prepared(bench)
        assert bench.target.find(directory(), bench.at) is None
        reply = told(bench, directory(), known)
        found = bench.target.find(directory(), bench.at)
        assert found is not None
        assert (found.outcome, found.upstream_id) == (Outcome.ACCEPTED, reply.upstream_id)
        assert bench.target.find(directory(version=11, name="改名"), bench.at) is None
        gone = directory(version=12, operation=Operation.DELETE)
        assert bench.target.find(gone, bench.at) is None
        told(bench, gone, {**known, gone.subject: str(reply.upstream_id)})
        assert bench.target.find(gone, bench.at) is not None


def test_what_the_platform_holds_is_listed_page_by_page_with_version_and_digest(bench: Bench, monkeypatch):
    known = prepared(bench)
    for number in range(1, 4):
        told(bench, directory(number), known)
    told(bench, directory(4, operation=Operation.DELETE), known)
    monkeypatch.setitem(forms.table()["query"], "page_size", 2)
    first = bench.target.listing("directory", "", bench.at)
    second = bench.target.listing("directory", str(first.mark), bench.at)
    held = [*first.held, *second.held]
    assert [each.subject for each in held] == [directory(number).subject for number in range(1, 4)]
    assert (held[0].version, held[0].digest) == (10, directory().digest)
    assert second.mark is None
    assert bench.target.statistics(bench.at) == {"organisation": 1, "category": 1, "directory": 3}


def test_a_review_that_ends_in_a_return_refuses_with_the_platforms_words(bench: Bench):
    known = prepared(bench)
    told(bench, directory(), known)
    bench.platform.review("2")
    (receipt,) = bench.target.receipts("", bench.at).receipts
    assert (receipt.reply.outcome, receipt.reply.code) == (Outcome.REFUSED, "R-01")
    found = bench.target.find(directory(), bench.at)
    assert found is not None
    assert found.outcome is Outcome.REFUSED


# --- being let in -------------------------------------------------------------------------------------------------


def test_a_secret_is_fetched_once_for_each_service_and_again_before_it_ends(bench: Bench):
    told(bench, organisation())
    told(bench, organisation("11320000YNX000002B"))
    assert refreshes(bench) == 1
    bench.later(hours=7, minutes=59)
    told(bench, organisation("11320000YNX000003C"))
    assert refreshes(bench) == 2


def test_each_call_has_a_signature_of_its_own_though_the_time_stands_still(bench: Bench):
    for number in range(5):
        told(bench, organisation(f"11320000YNX00001{number}X"))
    signs = [dict(each.headers)["gjgxjhpt_sign"] for each in bench.twin.sent]
    assert len(set(signs)) == len(signs)


@pytest.mark.parametrize("fault", ["401", "expired-secret", "wrong-signature", "clock-skew"])
def test_a_call_that_is_not_let_in_is_made_once_more_with_a_fresh_secret(bench: Bench, fault: str):
    told(bench, organisation())
    bench.platform.switch(f"{fault}:x1")
    reply = told(bench, organisation("11320000YNX000002B"))
    assert reply.outcome is Outcome.STORED
    assert effects(bench) == 2


@pytest.mark.parametrize("fault", ["401", "wrong-signature", "clock-skew"])
def test_a_channel_that_is_never_let_in_is_refused(bench: Bench, fault: str):
    bench.platform.switch(f"{fault}:100%")
    with pytest.raises(ChannelRefused):
        told(bench, organisation())
    assert effects(bench) == 0


def test_another_key_gets_no_secret(bench: Bench):
    bench.platform.key_file.write_text("0" * 32)
    line = bench.target._line
    line.account = replace(line.account, app_key=lambda: "1" * 32)
    with pytest.raises(ChannelRefused, match="channel"):
        told(bench, organisation())


def test_no_secret_stands_in_what_the_target_prints(bench: Bench):
    told(bench, organisation())
    secret = bench.platform.key_file.read_text()
    for kept in bench.target._line._secrets.values():
        assert kept.value not in repr(bench.target._line._secrets)
    assert secret not in repr(bench.target._line.account)


def refreshes(bench: Bench) -> int:
    return sum("refreshappsecret" in each.url for each in bench.twin.sent)


# --- every fault is seen as exactly one outcome -------------------------------------------------------------------

SEEN: dict[str, type[Exception] | Outcome] = {
    "401": Outcome.STORED,
    "expired-secret": Outcome.STORED,
    "wrong-signature": Outcome.STORED,
    "clock-skew": Outcome.STORED,
    "429": ChannelDown,
    "rate-code": ChannelDown,
    "maintenance": ChannelDown,
    "500-before": ChannelDown,
    "timeout-before": ChannelDown,
    "reset-before": ChannelDown,
    "redirect": HostileAnswer,
    "500-after": ChannelDown,
    "timeout-after": ChannelDown,
    "reset-after": ChannelDown,
    "drip": ChannelDown,
    "half": ChannelDown,
    "huge": HostileAnswer,
    "wrong-encoding": HostileAnswer,
    "wrong-type": HostileAnswer,
    "not-json": HostileAnswer,
    "schema-change": HostileAnswer,
    "wrong-receipt": HostileAnswer,
    "reject": Outcome.REFUSED,
    "busy": Outcome.LATER,
}
# What strikes elsewhere than where a record is told, each with a test of its own below.
ELSEWHERE = {"wrong-secret", "stale-read", "refuses-known"}
EVIDENT = {"wrong-encoding", "wrong-type", "not-json", "schema-change", "wrong-receipt"}


def test_every_fault_is_tried():
    # Reviews are tried below, what is offered in the mirror's tests, files and rows in those of the other side's doors.
    stages = {Stage.REVIEW, Stage.OFFER, Stage.FILE, Stage.ROW}
    apart = {each.name for each in FAULTS.values() if each.stage in stages}
    assert set(SEEN) | ELSEWHERE | apart == set(FAULTS)
    assert len(FAULTS) >= 20


@pytest.mark.parametrize("fault", SEEN)
def test_a_fault_is_seen_as_one_outcome_and_never_as_success_unless_the_platform_has_it(bench: Bench, fault: str):
    prepared(bench)
    known = effects(bench)
    bench.platform.switch(f"{fault}:100%" if FAULTS[fault].stage is Stage.RULE else f"{fault}:x1")
    record = organisation("11320000YNX000002B")
    wanted = SEEN[fault]
    if isinstance(wanted, Outcome):
        reply = told(bench, record)
        assert reply.outcome is wanted
        assert (effects(bench) > known) is (wanted is Outcome.STORED)
    else:
        with pytest.raises(wanted) as caught:
            told(bench, record)
        if fault in EVIDENT:
            assert isinstance(caught.value, HostileAnswer)
            assert caught.value.evidence
    is_after = FAULTS[fault].stage is Stage.AFTER
    assert effects(bench, record.key) == (wanted is Outcome.STORED or is_after)
    bench.platform.switch("")
    found = bench.target.find(record, bench.at)
    assert (found is not None) is (effects(bench, record.key) == 1)


@pytest.mark.parametrize(("fault", "seconds"), [("429", 7.0), ("maintenance", 300.0)])
def test_what_the_platform_asks_for_is_told_on(bench: Bench, fault: str, seconds: float):
    bench.platform.switch(f"{fault}:100%/{seconds:.0f}s")
    with pytest.raises(ChannelDown) as caught:
        told(bench, organisation())
    assert caught.value.retry_after == seconds


def test_a_secret_that_does_not_open_is_not_believed_and_leaves_no_secret_as_evidence(bench: Bench):
    bench.platform.switch("wrong-secret:100%")
    with pytest.raises(HostileAnswer) as caught:
        told(bench, organisation())
    assert caught.value.evidence == b""


def test_a_stale_view_does_not_show_what_has_just_arrived(bench: Bench):
    told(bench, organisation())
    bench.platform.switch("stale-read:x1")
    assert bench.target.find(organisation(), bench.at) is None
    assert bench.target.find(organisation(), bench.at) is not None


def test_a_platform_that_knows_keys_takes_a_record_once_however_often_it_is_told(tmp_path: Path):
    with twin.bench(tmp_path / "platform", keys=True) as bench:
        first, second = (told(bench, organisation()) for _ in range(2))
        assert bench.target.knows_keys
        assert first.upstream_id == second.upstream_id
        assert effects(bench) == 1


def test_a_platform_that_refuses_what_it_has_is_asked_and_told_the_change(bench: Bench):
    told(bench, organisation())
    bench.platform.switch("refuses-known")
    assert told(bench, organisation()).outcome is Outcome.STORED
    assert effects(bench) == 1
    changed = replace(organisation(), version=4, content={**organisation().content, "name": "演示省数据局"})
    assert told(bench, changed).outcome is Outcome.STORED
    assert effects(bench) == 2


@pytest.mark.parametrize("fault", ["receipt-lost", "receipt-doubled", "receipt-shuffled/4", "receipt-unknown"])
def test_receipts_that_went_astray_are_told_as_they_came(bench: Bench, fault: str):
    known = prepared(bench)
    name, _, argument = fault.partition("/")
    bench.platform.switch(f"{name}:100%" + (f"/{argument}" if argument else ""))
    sent = [directory(number) for number in range(1, 7)]
    for each in sent:
        told(bench, each, known)
    for _ in range(12):
        found = bench.target.receipts("", bench.at)
    about = [each.about for each in found.receipts]
    keys = [each.key for each in sent]
    if name == "receipt-lost":
        assert about == []
    elif name == "receipt-doubled":
        assert sorted(about) == sorted(keys * 2)
        assert len({each.number for each in found.receipts}) == len(keys)
    elif name == "receipt-shuffled":
        assert sorted(about) == sorted(keys)
    else:
        assert set(keys) < set(about)
    for each in sent:
        reply = bench.target.find(each, bench.at)
        assert reply is not None
        assert reply.outcome is Outcome.STORED


def test_a_clock_that_is_off_by_more_than_ten_minutes_is_refused(bench: Bench):
    told(bench, organisation())
    with pytest.raises(ChannelRefused):
        bench.target.send([organisation("11320000YNX000002B")], {}, bench.at - timedelta(hours=1, minutes=5))


def test_the_platform_keeps_what_it_took_when_it_is_opened_again(tmp_path: Path):
    with twin.bench(tmp_path / "platform", "429:6%/2s,seed=5") as bench:
        bench.platform.switch("429:6%/2s,seed=5")
    with twin.bench(tmp_path / "platform", "") as bench:
        told(bench, organisation())
    with twin.bench(tmp_path / "platform") as bench, bench.platform.store.reading() as session:
        assert store.last(session, EFFECTS) == 1
