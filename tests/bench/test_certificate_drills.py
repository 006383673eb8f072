"""What judges the drills of certificates: each checker is shown what it must name, and what it must let pass."""

import random
from collections import Counter, defaultdict

import pytest

from bench.drills import certificate_issues, certificate_kills, certificate_records, certificate_timing
from bench.drills.certificate_issues import Answer, Made, Request
from bench.drills.certificate_kills import Told
from tests.certs.papers import firm


def test_every_planted_disagreement_of_records_is_named():
    """Half certificates, acts without records, records without acts and doubled numbers."""
    assert certificate_records.shouts()


def test_every_planted_answer_is_named():
    """Lost, doubled and untrue answers, and numbers without their one certificate."""
    assert certificate_issues.shouts()


def test_a_round_asks_ten_times_for_each_number_and_each_time_the_same():
    """Its requests collide in number, in case, in step and in key; a second run sends the same ones."""
    asked = certificate_issues.requests(200, 1)
    assert [each.place for each in asked] == list(range(200))
    assert set(Counter(each.number for each in asked).values()) == {10}
    assert asked == certificate_issues.requests(200, 1)
    of_one = [each for each in asked if each.number == 1]
    assert {len({getattr(each, name) for each in of_one}) for name in ("holder", "case", "key")} == {3, 4, 6}


def test_numbers_are_told_apart_by_their_keys_and_cases():
    """Only requests about the same number share a key or a case: else an answer could be another's."""
    numbers: dict[str, set[int]] = defaultdict(set)
    for each in certificate_issues.requests(400, 2):
        numbers[each.key].add(each.number)
        numbers[each.case].add(each.number)
    assert {len(each) for each in numbers.values()} == {1}


def test_a_reused_key_is_no_excuse_where_nobody_reused_it():
    """The refusal is true only where another request went out under the same key."""
    one, other = Request(0, 1, 3, "a", "k"), Request(1, 1, 3, "a", "l")
    answers = [Answer(0, 201, "issued", "x"), Answer(1, 422, "idempotency-key-reused")]
    made = {1: [Made("x", firm(3), "a")]}
    assert len(certificate_issues.unaccounted([one, other], answers, made)) == 1
    reused = Request(2, 1, 4, "b", "l")
    more = [*answers, Answer(2, 409, "certificate-number-taken")]
    assert certificate_issues.unaccounted([one, other, reused], more, made) == []


@pytest.mark.parametrize(
    ("told", "place"),
    [
        (Told(), "beside it"),
        (Told(began=True, ended=True), "beside it"),
        (Told(began=True), "between two"),
        (Told(began=True, asked=1), "before the signature"),
        (Told(began=True, asked=1, signed=1), "after the signature"),
        (Told(began=True, asked=2, signed=1, issued=[("first", "x")]), "before the signature"),
        (Told(began=True, asked=2, signed=2, issued=[("first", "x")]), "after the signature"),
    ],
)
def test_a_kill_is_counted_where_it_fell(told: Told, place: str):
    """Only what fell into the act of issuing counts as promised."""
    assert told.place == place


def test_samples_of_one_source_are_not_told_apart():
    """The same noise, twice."""
    drawn = random.Random(5)  # noqa: S311 - noise, not a secret
    one, other = ([drawn.gauss(8e-3, 1e-3) for _ in range(1000)] for _ in range(2))
    line = certificate_timing.compare(one, other)
    assert not certificate_timing.is_told_apart(line, certificate_timing.LEAST_P)


def test_a_small_leak_in_much_noise_is_told_apart():
    """Less than half of the noise, over a thousand answers."""
    drawn = random.Random(5)  # noqa: S311 - noise, not a secret
    one, other = ([drawn.gauss(8e-3 + leak, 1e-3) for _ in range(1000)] for leak in (4e-4, 0.0))
    line = certificate_timing.compare(one, other)
    assert line["A"] > 0.5
    assert certificate_timing.is_told_apart(line, certificate_timing.LEAST_P)


def test_the_effect_counts_pairs_and_equal_ones_half():
    """By hand: of nine pairs six are larger, two equal, one smaller; equal samples are told apart by nothing."""
    line = certificate_timing.compare([2.0, 3.0, 4.0], [1.0, 2.0, 3.0])
    assert line["A"] == pytest.approx(7 / 9, abs=1e-3)
    assert certificate_timing.compare([1.0] * 4, [1.0] * 4)["A"] == 0.5
    assert certificate_timing.compare([2.0] * 4, [1.0] * 4)["A"] == 1.0


def test_a_difference_that_is_sure_and_negligible_is_let_pass():
    """Enough answers show any difference; what counts is whether it is of use to anybody."""
    assert not certificate_timing.is_told_apart({"p": 1e-9, "A": 0.55}, 1e-4)
    assert certificate_timing.is_told_apart({"p": 1e-9, "A": 0.43}, 1e-4)
    assert not certificate_timing.is_told_apart({"p": 1e-2, "A": 0.43}, 1e-4)


def test_a_naive_issuer_is_known_by_what_it_leaves():
    """Each names the act, the word after which it is killed, and the fault that must be found then."""
    assert set(certificate_kills.ACTS) == {"issue", *certificate_kills.NAIVE}
    assert len({each.fault for each in certificate_kills.NAIVE.values()}) == 2
