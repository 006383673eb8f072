"""What fuzzing kept: every input that reached something new is read or refused, each time, as its reader documents."""

from pathlib import Path

import pytest

from bench.drills.fuzz_targets import TARGETS, mended, tried
from tests.builders.ofd import Item, archive, sealed

HERE = Path(__file__).parent
KEPT = sorted(HERE.glob("*/*.bin"))


@pytest.mark.parametrize("file", KEPT, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_what_fuzzing_found_comes_to_an_answer(file: Path):
    assert not tried(TARGETS[file.parent.name], file.read_bytes()).startswith("fault")


@pytest.mark.parametrize("name", list(TARGETS))
def test_every_seed_of_a_target_comes_to_an_answer_and_some_were_kept(name: str):
    assert not [told for told in (tried(TARGETS[name], each) for each in TARGETS[name].seeds()) if "fault" in told]
    assert any(file.parent.name == name for file in KEPT)


def test_mending_gives_back_what_an_edit_took_from_an_archive():
    """An edit of a stored entry spoils its sum; mended, the archive is as if it had been packed so."""
    files = [Item(name, content, method=0) for name, content in sealed().items()]
    changed = [Item(each.name, each.content.replace(b"<data>1", b"<data>2"), method=0) for each in files]
    spoilt = archive(files).replace(b"<data>1", b"<data>2")
    assert spoilt != archive(changed)
    assert mended(spoilt) == archive(changed)
