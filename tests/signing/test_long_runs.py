"""The long runs in small: they hold for a while, they notice when nothing holds, and go on where they stopped."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from base.db import Database
from bench.drills import fuzz_targets, pdf_edits, seal_life
from bench.drills.seal_oracle import lies_in
from bench.drills.stepwise import Cases, Progress, Tried, through
from signing import authorisations, life
from signing.life import Step


class Stopped(Exception):
    """The run was cut off."""


def cases(folder: Path, count: int = 10) -> Cases:
    return Cases("small", count, 3, folder)


def test_a_run_that_was_stopped_goes_on_and_comes_to_the_same(tmp_path: Path):
    def tried(index: int) -> Tried:
        return Tried("odd" if index % 2 else "even", {"outcome": "seven"} if index == 7 else None)

    def until_it_stops(index: int) -> Tried:
        if index == 8:
            raise Stopped
        return tried(index)

    with pytest.raises(Stopped):
        through(cases(tmp_path), until_it_stops)
    resumed = through(cases(tmp_path), tried)
    whole = Progress(10, Counter(even=5, odd=5), [{"index": 7, "outcome": "seven"}])
    assert resumed == replace(whole, resumed_from=6)
    assert resumed.told["passed"] is False
    assert through(cases(tmp_path), tried).resumed_from == 0


def test_what_is_kept_between_steps_can_be_read_by_anyone(tmp_path: Path):
    with pytest.raises(Stopped):
        through(cases(tmp_path), lambda index: Tried("one") if index < 4 else stopped())
    kept = json.loads((tmp_path / "state" / "small.json").read_text(encoding="utf-8"))
    assert kept == {"done": 3, "tally": {"one": 3}, "faults": [], "notes": {}}


def stopped() -> Tried:
    raise Stopped


# --- the life of a seal


def walked(database: Database, count: int) -> list[Tried]:
    walk = seal_life.walks(database)
    return [walk(number) for number in range(count)]


def test_on_no_walk_does_the_register_say_other_than_the_rules(database: Database):
    found = walked(database, 30 if database.is_sqlite else 10)
    assert [each.fault for each in found if each.fault] == []
    tally = sum((Counter(each.told) for each in found), Counter[str]())
    assert min(tally["activate: done"], tally["activate: refused"], tally["use: refused"]) > 0


def test_the_walks_notice_when_one_person_may_do_two_steps(database: Database, monkeypatch: pytest.MonkeyPatch):
    moves = {step: replace(move, apart_from=frozenset()) for step, move in life.MOVES.items()}
    monkeypatch.setattr(life, "MOVES", moves)
    assert any(each.fault for each in walked(database, 10))


def test_the_walks_notice_when_a_leave_covers_what_it_does_not_say(database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(authorisations, "_fault", lambda *_: None)
    faults = [str(each.fault["outcome"]) for each in walked(database, 20) if each.fault]
    assert any(each.startswith("use by") for each in faults)


def test_the_walks_notice_a_step_that_is_refused_although_the_rules_allow_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    stricter = replace(life.MOVES[Step.RESUME], apart_from=frozenset({Step.SUSPEND, Step.AGREE, Step.APPLY}))
    monkeypatch.setattr(life, "MOVES", {**life.MOVES, Step.RESUME: stricter})
    assert any("was refused though the rules allow it" in str(each.fault) for each in walked(database, 20))


@pytest.mark.parametrize(
    ("place", "area", "lies"),
    [
        ("320902", "320900", True),
        ("320902001003", "320902001", True),
        ("320900", "320902", False),
        ("330000", "320000", False),
        ("441900003", "441900", True),
        ("441900004", "441900003", False),
    ],
)
def test_the_oracle_knows_where_a_region_lies(place: str, area: str, lies: bool):
    assert lies_in(place, area) is lies


# --- edits and fuzzing


def test_no_edit_of_a_signed_document_is_valid_and_unsaid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pdf_edits, "SHORT_CASES", 60)
    assert pdf_edits.run(short=True, results=tmp_path)["faults"] == []


def test_the_edits_notice_a_verification_that_sees_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pdf_edits, "SHORT_CASES", 30)
    documents = list(pdf_edits.own())
    monkeypatch.setattr(pdf_edits, "own", lambda: iter(documents))
    monkeypatch.setattr(pdf_edits, "others", lambda: iter(()))
    reports = {each.name: each.report(each.data) for each in documents}
    monkeypatch.setattr(pdf_edits, "verify", lambda _data, name, *_: reports[name])
    assert pdf_edits.run(short=True, results=tmp_path)["faults"]


def test_a_reader_that_raises_what_it_does_not_document_is_noticed():
    def reader(data: bytes) -> str:
        return str(data[10])

    target = fuzz_targets.Target(reader, list, ())
    assert fuzz_targets.tried(target, b"") == "fault: IndexError"


def test_a_reader_that_opens_a_file_for_writing_is_noticed(tmp_path: Path):
    def reader(data: bytes) -> str:
        (tmp_path / "written").write_bytes(data)
        return "read"

    target = fuzz_targets.Target(reader, list, ())
    assert fuzz_targets.tried(target, b"") == "fault: reached for open"
