"""Two sides are compared by ranges: what differs is named, what is equal is not told."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_sync.reconciliation.differing import Difference, Differing, compare
from catalog_sync.reconciliation.ranges import EVERYTHING, FEW, NAMED, Path, Range, Row, range_of, stands_in
from catalog_sync.record import Subject

KINDS = ("directory", "certificate", "case")
DEPARTMENTS = ("11320900YNX000116M", "11320900YNX000124G")
DAYS = ("2026-10-31", "2026-11-01", "2026-11-20")


def row(number: int, **peculiar: object) -> Row:
    told = Row(
        KINDS[number % 3],
        DEPARTMENTS[number % 2],
        DAYS[number % 7 % 3],
        f"thing-{number}",
        number,
        hashlib.sha256(str(number).encode()).hexdigest(),
    )
    return replace(told, **peculiar)  # type: ignore[arg-type]


@dataclass
class Holds:
    """A side that holds these rows, and remembers what it was asked."""

    rows: Sequence[Row]
    asked: list[Path] = field(default_factory=list)
    told: int = 0

    def look(self, paths: Sequence[Path]) -> Sequence[Range]:
        self.asked.extend(paths)
        found = [range_of(path, [each for each in self.rows if stands_in(path, each)]) for path in paths]
        self.told += sum(len(each.rows or ()) for each in found)
        return found


def differing(ours: Iterable[Row], theirs: Iterable[Row]) -> tuple[Differing, ...]:
    return compare(Holds(list(ours)), Holds(list(theirs))).differing


def test_equal_sides_agree_after_one_exchange():
    rows = [row(number) for number in range(500)]
    shuffled = sorted(rows, key=lambda each: each.digest)
    compared = compare(Holds(rows), Holds(shuffled))
    assert compared.agree
    assert compared.exchanges == 1
    assert compared.differing == ()
    assert compared.here.count == 500


def test_two_empty_sides_agree():
    assert compare(Holds([]), Holds([])).agree


@pytest.mark.parametrize(
    ("change", "difference", "here", "there"),
    [
        (lambda rows: rows.pop(7), Difference.MISSING_THERE, 7, None),
        (lambda rows: rows.__setitem__(7, row(7, version=6)), Difference.OLDER_THERE, 7, 6),
        (lambda rows: rows.__setitem__(7, row(7, version=8)), Difference.OLDER_HERE, 7, 8),
        (lambda rows: rows.__setitem__(7, row(7, digest="0" * 64)), Difference.ALTERED, 7, 7),
        (lambda rows: rows.__setitem__(7, row(7, day="2026-11-19")), Difference.ALTERED, 7, 7),
        (lambda rows: rows.append(row(7)), Difference.DOUBLED_THERE, 7, 7),
    ],
    ids=["lost", "stale", "newer", "changed", "under-another-day", "twice"],
)
@pytest.mark.parametrize("size", [8, 900])
def test_a_planted_fault_is_named_as_what_it_is(change, difference, here, there, size):
    ours = [row(number) for number in range(size)]
    theirs = list(ours)
    change(theirs)
    assert differing(ours, theirs) == (Differing(Subject(KINDS[7 % 3], "thing-7"), difference, here, there),)


def test_a_thing_that_only_the_other_side_has_is_named():
    ours = [row(number) for number in range(100)]
    told = differing(ours, [*ours, row(100)])
    assert told == (Differing(Subject(KINDS[100 % 3], "thing-100"), Difference.MISSING_HERE, None, 100),)


def test_a_side_that_holds_nothing_misses_everything():
    ours = [row(number) for number in range(200)]
    told = differing(ours, [])
    assert {each.difference for each in told} == {Difference.MISSING_THERE}
    assert len(told) == 200


def test_what_is_equal_is_not_told_row_by_row():
    """Few faults among many rows cost a few ranges, each of few rows."""
    ours = [row(number) for number in range(6000)]
    theirs = Holds([*ours[:1234], *ours[1235:]])
    compared = compare(Holds(ours), theirs)
    assert [each.subject.id for each in compared.differing] == ["thing-1234"]
    assert theirs.told <= 2 * FEW  # where one side has one row too many to tell them, it goes one range deeper
    assert compared.exchanges <= NAMED + 4
    assert len(theirs.asked) == compared.exchanges


def test_many_differences_are_asked_about_in_bounded_exchanges():
    ours = [row(number) for number in range(900)]
    theirs = [row(number, digest="f" * 64) if number % 9 == 0 else row(number) for number in range(900)]
    asked: list[int] = []

    class Bounded(Holds):
        def look(self, paths: Sequence[Path]) -> Sequence[Range]:
            asked.append(len(paths))
            return super().look(paths)

    compared = compare(Bounded(ours), Bounded(theirs), most=5)
    assert len(compared.differing) == 100
    assert max(asked) == 5


_ROWS = st.lists(
    st.builds(
        Row,
        kind=st.sampled_from(KINDS),
        department=st.sampled_from(DEPARTMENTS),
        day=st.sampled_from(DAYS),
        thing=st.integers(0, 40).map(str),
        version=st.integers(1, 3),
        digest=st.sampled_from(["a" * 64, "b" * 64]),
    ),
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(_ROWS, _ROWS)
def test_exactly_the_things_that_differ_are_named(ours, theirs):
    def by_subject(rows: Sequence[Row]) -> dict[Subject, list[Row]]:
        return {
            Subject(each.kind, each.thing): sorted(r for r in rows if (r.kind, r.thing) == (each.kind, each.thing))
            for each in rows
        }

    here, there = by_subject(ours), by_subject(theirs)
    wanted = {subject for subject in here.keys() | there.keys() if here.get(subject) != there.get(subject)}
    told = differing(ours, theirs)
    assert {each.subject for each in told} == wanted
    assert len(told) == len(wanted)


def test_the_root_of_a_day_is_that_of_rfc_6962():
    """In the order of their places: two leaves 00, one node 01, and no leaf is copied for the third."""

    def sm3(told: bytes) -> bytes:
        return hashlib.new("sm3", told).digest()

    rows = [row(number, kind="case", department="d", day="2026-11-20") for number in (1, 2, 3)]
    rows.sort(key=lambda each: sm3(each.thing.encode()))
    told = ["\x1f".join(("case", "d", "2026-11-20", e.thing, str(e.version), e.digest)).encode() for e in rows]
    one, two, three = (sm3(b"\x00" + each) for each in told)
    found = range_of(("case", "d", "2026-11", "20"), rows)
    assert found.root == sm3(b"\x01" + sm3(b"\x01" + one + two) + three)
    assert range_of(EVERYTHING, []).root == sm3(b"")
