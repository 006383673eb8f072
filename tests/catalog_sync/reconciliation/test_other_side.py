"""What crosses between two sides: written and read again, limited, and believed only where it agrees with itself."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.canonical import canonical
from catalog_sync.reconciliation import other_side
from catalog_sync.reconciliation.other_side import MOST_PARTS, Question, UnreadableQuestion
from catalog_sync.reconciliation.ranges import EVERYTHING, Row, range_of, root_of_parts, stands_in
from catalog_sync.reconciliation.tree import Day, grown
from catalog_sync.targets.target import HostileAnswer

COMPARISON = "0123456789abcdef" * 2
DAY = ("certificate", "11320900YNX000116M", "2026-11", "20")


def row(number: int, **peculiar: Any) -> Row:
    told = {"kind": DAY[0], "department": DAY[1], "day": "2026-11-20", "thing": f"t{number}", "version": number}
    return Row(**{**told, "digest": f"{number:064x}", **peculiar})


FEW_ROWS = [row(number) for number in range(3)]
MANY_ROWS = [row(number) for number in range(40)]


def answered(rows: list[Row], *paths: Any) -> tuple[Question, bytes]:
    question = Question(COMPARISON, paths or (EVERYTHING,))
    told = [range_of(path, [each for each in rows if stands_in(path, each)]) for path in question.paths]
    return question, other_side.answer(question, told)


def test_questions_and_answers_are_read_as_they_were_written():
    for rows in ([], FEW_ROWS, MANY_ROWS):
        question, content = answered(rows, EVERYTHING, DAY, (*DAY, "a"))
        assert other_side.question_of(question.written) == question
        expected = tuple(range_of(path, [r for r in rows if stands_in(path, r)]) for path in question.paths)
        assert other_side.ranges_of("province", question, content) == expected


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        canonical({"form": 2, "comparison": COMPARISON, "paths": [[]]}),
        canonical({"form": 1, "comparison": "short", "paths": [[]]}),
        canonical({"form": 1, "comparison": COMPARISON, "paths": []}),
        canonical({"form": 1, "comparison": COMPARISON, "paths": [[]] * 257}),
        canonical({"form": 1, "comparison": COMPARISON, "paths": [["a\u001fb"]]}),
        canonical({"form": 1, "comparison": COMPARISON, "paths": [[*DAY[:2], "2026-13"]]}),
        canonical({"form": 1, "comparison": COMPARISON, "paths": [[*DAY, "g"]]}),
        canonical({"form": 1, "comparison": COMPARISON, "paths": [[*DAY, *("a" * 65)]]}),
        canonical({"form": 1, "comparison": COMPARISON, "paths": [[1]]}),
        canonical({"form": 1, "comparison": COMPARISON, "paths": [[]], "more": 1}),
        b'{"comparison":"' + COMPARISON.encode() + b'", "form":1,"paths":[[]]}',
        b" " * (other_side.MOST_QUESTION_BYTES + 1),
    ],
    ids=lambda content: content[:60].decode().strip() or "empty",
)
def test_a_question_that_is_none_is_refused(content: bytes):
    with pytest.raises(UnreadableQuestion):
        other_side.question_of(content)


def bent(rows: list[Row], change: Callable[[Any], object]) -> bytes:
    told = json.loads(answered(rows)[1])
    change(told)
    return canonical(told)


@pytest.mark.parametrize(
    ("rows", "change"),
    [
        (FEW_ROWS, lambda told: told.update(form=2)),
        (FEW_ROWS, lambda told: told.update(comparison="f" * 32)),
        (FEW_ROWS, lambda told: told["ranges"].append(told["ranges"][0])),
        (FEW_ROWS, lambda told: told["ranges"].clear()),
        (FEW_ROWS, lambda told: told["ranges"][0].update(count=4)),
        (FEW_ROWS, lambda told: told["ranges"][0].update(count=True)),
        (FEW_ROWS, lambda told: told["ranges"][0].update(root="0" * 64)),
        (FEW_ROWS, lambda told: told["ranges"][0].update(parts={})),
        (FEW_ROWS, lambda told: told["ranges"][0]["rows"].pop()),
        (FEW_ROWS, lambda told: told["ranges"][0]["rows"][0].__setitem__(4, -1)),
        (FEW_ROWS, lambda told: told["ranges"][0]["rows"][0].__setitem__(4, 99)),
        (FEW_ROWS, lambda told: told["ranges"][0]["rows"][0].__setitem__(2, "2026-02-30")),
        (FEW_ROWS, lambda told: told["ranges"][0]["rows"][0].__setitem__(3, "a\u001fb")),
        (FEW_ROWS, lambda told: told["ranges"][0]["rows"][0].__setitem__(5, "x")),
        (FEW_ROWS, lambda told: told["ranges"][0]["rows"][0].append(1)),
        (MANY_ROWS, lambda told: told["ranges"][0].update(rows=[])),
        (MANY_ROWS, lambda told: told["ranges"][0].update(count=41)),
        (MANY_ROWS, lambda told: told["ranges"][0]["parts"].update(other=[1, "0" * 64])),
        (MANY_ROWS, lambda told: told["ranges"][0]["parts"][DAY[0]].__setitem__(0, 0)),
        (MANY_ROWS, lambda told: told["ranges"][0]["parts"][DAY[0]].append(1)),
    ],
)
def test_an_answer_that_does_not_agree_with_itself_is_not_believed(rows: list[Row], change: Callable[[Any], object]):
    question, _ = answered(rows)
    content = bent(rows, change)
    with pytest.raises(HostileAnswer) as refusal:
        other_side.ranges_of("province", question, content)
    assert refusal.value.evidence == content


def test_few_rows_are_not_told_as_parts_nor_rows_of_another_range():
    """Each would be right in itself: the first hides what is there, the second puts a thing where it was not asked."""
    question, content = answered(FEW_ROWS, (*DAY, "0"), (*DAY, "1"))
    whole = json.loads(answered(FEW_ROWS)[1])["ranges"][0]
    told = json.loads(content)
    told["ranges"][0] = whole
    with pytest.raises(HostileAnswer):
        other_side.ranges_of("province", question, canonical(told))
    split = grown([Day(*DAY[:2], "2026-11-20", [(r.thing, r.version, r.digest) for r in FEW_ROWS])])
    part = split.kept[EVERYTHING][DAY[0]]
    one = {"count": 3, "root": root_of_parts(split.kept[EVERYTHING]).hex()}
    parts: Any = {"ranges": [{**one, "parts": {DAY[0]: [3, part.root.hex()]}}], "form": 1, "comparison": COMPARISON}
    with pytest.raises(HostileAnswer) as refusal:
        other_side.ranges_of("province", Question(COMPARISON, (EVERYTHING,)), canonical(parts))
    assert refusal.value.reason == "comparison: few rows as parts"


def test_an_answer_is_limited_in_size_and_in_parts():
    question = Question(COMPARISON, (EVERYTHING,))
    for content in (
        b" " * (other_side.MOST_ANSWER_BYTES + 1),
        canonical(
            {
                "form": 1,
                "comparison": COMPARISON,
                "ranges": [{"count": 1, "root": "0" * 64, "parts": {str(n): [] for n in range(MOST_PARTS + 1)}}],
            }
        ),
    ):
        with pytest.raises(HostileAnswer):
            other_side.ranges_of("province", question, content)


@given(st.binary(max_size=300))
def test_whatever_comes_is_read_or_not_believed(content: bytes):
    with pytest.raises(HostileAnswer):
        other_side.ranges_of("province", Question(COMPARISON, (EVERYTHING,)), content)
    with pytest.raises(UnreadableQuestion):
        other_side.question_of(content)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b"]),
            st.sampled_from(["", "d"]),
            st.sampled_from(["2026-10-31", "2026-11-01", "2026-11-20"]),
            st.integers(0, 400),
        ),
        max_size=120,
        unique=True,
    )
)
def test_a_tree_that_is_grown_in_one_pass_has_the_roots_of_the_ranges(things: list[tuple[str, str, str, int]]):
    rows = [Row(kind, whose, day, f"t{n}", n, f"{n:064x}") for kind, whose, day, n in things]
    by_day: dict[tuple[str, str, str], list[tuple[str, int, str]]] = {}
    for each in rows:
        by_day.setdefault((each.kind, each.department, each.day), []).append((each.thing, each.version, each.digest))
    tree = grown(Day(*named, held) for named, held in by_day.items())
    for path in [EVERYTHING, *{(kind, whose, day[:7])[:n] for kind, whose, day in by_day for n in (1, 2, 3)}]:
        told = tree.look(path)
        expected = range_of(path, [each for each in rows if stands_in(path, each)])
        assert told == expected if told is not None else expected.rows is not None


def test_a_large_day_keeps_its_parts_as_they_are_told_from_rows():
    rows = [row(number) for number in range(3000)]
    tree = grown([Day(*DAY[:2], "2026-11-20", [(r.thing, r.version, r.digest) for r in rows])])
    for path in (DAY, EVERYTHING):
        assert tree.look(path) == range_of(path, rows)
    assert tree.look((*DAY, "a")) is None
    told: Any = [[r.kind, r.department, r.day, r.thing, r.version, r.digest] for r in rows]
    assert tree.weight == len(canonical(told)) - 1
