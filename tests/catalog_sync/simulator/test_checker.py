"""The checker names what is lost, doubled, altered and out of order, and shouts at the two naive ways of sending."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from catalog_sync.simulator import claims
from catalog_sync.simulator.checker import Claim, Effect, Fault, check
from catalog_sync.simulator.claims import UnusableClaims
from catalog_sync.targets.target import ChannelDown
from tests.catalog_sync.simulator import twin
from tests.catalog_sync.simulator.twin import directory, organisation, prepared

CLAIM = Claim("directory", "a/1", 7, "I", "k" * 64, "d" * 64, "stored")
EFFECT = Effect(1, "g1", "directory", "a/1", "I", 7, "k" * 64, "d" * 64)


def faults(said: list[Claim], happened: list[Effect], *, at_rest: bool = True) -> list[Fault]:
    return [each.fault for each in check(said, happened, at_rest=at_rest).findings]


def test_what_was_told_once_and_is_there_once_is_good():
    verdict = check([CLAIM], [EFFECT], at_rest=True)
    assert verdict.is_good
    assert set(verdict.counts.values()) == {0}


@pytest.mark.parametrize("state", ["accepted", "stored"])
def test_what_its_sender_thinks_is_there_and_is_not_is_lost(state: str):
    assert faults([replace(CLAIM, state=state)], []) == [Fault.LOST]


@pytest.mark.parametrize("state", ["waiting", "sent", "refused", "dead", "superseded"])
def test_what_its_sender_does_not_think_is_there_is_not_lost(state: str):
    assert faults([replace(CLAIM, state=state)], []) == []


def test_a_deletion_of_what_never_arrived_is_not_lost():
    gone = replace(CLAIM, operation="D")
    assert faults([gone], []) == []
    assert faults([gone], [replace(EFFECT, version=6, key="j" * 64)]) == [Fault.LOST, Fault.STRAY]


def test_a_record_that_took_effect_twice_is_doubled():
    assert faults([CLAIM], [EFFECT, replace(EFFECT, number=2, guid="g2")]) == [Fault.DOUBLED]


def test_a_thing_that_is_there_under_two_names_is_doubled_though_each_came_once():
    other = replace(CLAIM, version=8, key="l" * 64, digest="e" * 64)
    second = replace(EFFECT, number=2, guid="g2", version=8, key="l" * 64, digest="e" * 64)
    assert faults([CLAIM, other], [EFFECT, second]) == [Fault.DOUBLED]
    cancelled = replace(EFFECT, number=3, operation="D", version=9, key="m" * 64)
    gone = replace(CLAIM, version=9, operation="D", key="m" * 64)
    assert faults([CLAIM, other, gone], [EFFECT, second, cancelled]) == []


@pytest.mark.parametrize("member", [{"digest": "x" * 64}, {"version": 8}, {"own": "a/2"}, {"operation": "D"}])
def test_what_is_there_and_is_not_what_was_sent_is_altered(member: dict[str, Any]):
    assert faults([CLAIM], [replace(EFFECT, **member)]) == [Fault.ALTERED]


def test_an_earlier_version_after_a_later_one_is_out_of_order():
    said = [CLAIM, replace(CLAIM, version=8, operation="U", key="l" * 64)]
    later = replace(EFFECT, number=1, version=8, operation="U", key="l" * 64)
    assert faults(said, [later, replace(EFFECT, number=2)]) == [Fault.OUT_OF_ORDER]


def test_what_arrived_unknown_to_its_sender_counts_only_when_the_sender_is_at_rest():
    assert faults([replace(CLAIM, state="sent")], [EFFECT], at_rest=False) == []
    assert faults([replace(CLAIM, state="sent")], [EFFECT]) == [Fault.UNMARKED]
    assert faults([], [EFFECT]) == [Fault.STRAY]


# --- the two naive senders, killed at the worst moment ------------------------------------------------------------


def claim(record, state: str) -> Claim:
    return Claim(
        record.subject.kind,
        record.subject.id,
        record.version,
        record.operation.value,
        record.key,
        record.digest,
        state,
    )


@pytest.mark.parametrize(("marks_first", "fault"), [(True, Fault.LOST), (False, Fault.DOUBLED)])
def test_a_naive_sender_that_is_killed_between_its_two_steps_is_found_out(
    tmp_path: Path, *, marks_first: bool, fault: Fault
):
    """Mark, then send: what was marked is lost. Send, then mark: what was sent is sent again."""
    with twin.bench(tmp_path / "platform") as bench:
        known = prepared(bench)
        record, state = directory(), "waiting"
        for killed in (True, False):
            if state == "waiting" and marks_first:
                state = "stored"
                if killed:
                    continue
                bench.target.send([record], known, bench.at)
            elif state == "waiting":
                bench.target.send([record], known, bench.at)
                if killed:
                    continue
                state = "stored"
        with bench.platform.store.reading() as session:
            happened = [each for each in claims.effects(session, "gateway") if each.kind == "directory"]
        assert faults([claim(record, state)], happened) == [fault]


def test_a_careful_sender_that_asks_before_it_sends_again_is_good(tmp_path: Path):
    with twin.bench(tmp_path / "platform") as bench:
        known = prepared(bench)
        first, record = directory(1), directory(2)
        bench.target.send([first], known, bench.at)
        bench.platform.switch("reset-after:x1")
        with pytest.raises(ChannelDown):
            bench.target.send([record], known, bench.at)
        assert bench.target.find(record, bench.at) is not None
        sent = [claim(each, "stored") for each in (organisation(), twin.category(), first, record)]
        with bench.platform.store.reading() as session:
            assert check(sent, claims.effects(session, "gateway"), at_rest=True).is_good


@pytest.mark.parametrize("line", ["{", "[]", '{"kind": "a"}', '{"kind": 1}', '{"kind":"a","kind":"b"}'])
def test_an_export_that_cannot_be_read_is_refused_by_its_line(tmp_path: Path, line: str):
    file = tmp_path / "claims.jsonl"
    good = '{"kind":"a","id":"b","version":1,"operation":"I","key":"c","digest":"d","state":"sent"}'
    file.write_text(f"{good}\n\n{line}\n")
    with pytest.raises(UnusableClaims) as caught:
        list(claims.of_file(file))
    assert caught.value.line == 3
