"""How faults are written, and that a run can be repeated."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_sync.simulator import faults
from catalog_sync.simulator.faults import FAULTS, UnusableFaults


def test_a_specification_is_read_and_written_again():
    read = faults.read("500-after:8%, 429:6%/2s,drip,half:x3,reject:100%/毒,seed=7")
    assert [each.fault.name for each in read.switched] == ["500-after", "429", "drip", "half", "reject"]
    assert read.written == "500-after:8%,429:6%/2s,drip:5%/0.2s,half:x3,reject:100%/毒,seed=7"
    assert faults.read(read.written) == read
    assert read.switched[1].seconds == 2


@pytest.mark.parametrize(
    "text",
    ["nothing", "429:101%", "429:x", "429/two", "half/3s", "429:5%,429", "429/-1", "429/999999999s", ":5%", "seed=x"],
)
def test_what_cannot_be_meant_is_refused(text: str):
    with pytest.raises(UnusableFaults):
        faults.read(text)


def test_nothing_switched_on_strikes_nothing():
    assert faults.read("").switched == ()
    assert faults.read(" , ").written == ""


@given(st.sampled_from(sorted(FAULTS)), st.integers(0, 2**32), st.text(max_size=20))
@settings(max_examples=50)
def test_the_same_seed_and_call_meet_the_same_faults(name: str, seed: int, call: str):
    first, again = (faults.read(f"{name}:30%,seed={seed}") for _ in range(2))
    assert first.strikes(first.switched[0], call) == again.strikes(again.switched[0], call)


def test_faults_strike_about_as_often_as_they_are_told():
    read = faults.read("half:30%,seed=1")
    struck = sum(read.strikes(read.switched[0], str(number)) for number in range(4000))
    assert 1100 < struck < 1300
    other = faults.read("half:30%,seed=2")
    assert [read.strikes(read.switched[0], str(each)) for each in range(50)] != [
        other.strikes(other.switched[0], str(each)) for each in range(50)
    ]


def test_each_fault_is_told_in_both_languages():
    for each in FAULTS.values():
        assert each.zh.strip()
        assert each.en.isascii()
        assert bool(each.usual) <= bool(each.argument)
