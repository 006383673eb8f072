"""Defaults, then the file, then the environment; an unknown key is refused by its path and a secret never shown."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from base.settings import (
    REDACTED,
    MissingSecret,
    UnknownSetting,
    UnreadableSettings,
    UnusableSetting,
    read,
    setting,
)


@dataclass(frozen=True)
class Kitchen:
    """A section for these stories."""

    SECTION: ClassVar[str] = "kitchen"
    cook: str = setting("nobody", "Who cooks.")
    pots: int = setting(3, "How many pots.")
    hot: bool = setting(False, "Whether the stove is on.")
    share: float = setting(0.5, "Which share is eaten.")
    guests: tuple[str, ...] = setting((), "Who comes.")
    recipe: str = setting("", "The secret recipe.", secret=True)
    limit: int | None = setting(None, "How many at most.")


def test_nothing_said_means_the_defaults():
    assert read((Kitchen,), environment={})[Kitchen] == Kitchen()


def test_the_file_goes_over_the_defaults_and_the_environment_over_the_file(tmp_path: Path):
    file = tmp_path / "a.toml"
    file.write_text('[kitchen]\ncook = "Li"\npots = 5\nguests = ["a", "b"]\nshare = 1\n')
    found = read((Kitchen,), file, {"YINXIN_KITCHEN_POTS": "7", "YINXIN_KITCHEN_HOT": "yes", "HOME": "/"})
    assert found[Kitchen] == Kitchen("Li", 7, hot=True, share=1.0, guests=("a", "b"))
    sources = {each.path: each.source for each in found.told()}
    assert sources["kitchen.cook"] == f"file {file}"
    assert sources["kitchen.pots"] == "environment YINXIN_KITCHEN_POTS"
    assert sources["kitchen.recipe"] == "default"


def test_the_file_may_be_named_by_the_environment(tmp_path: Path):
    file = tmp_path / "a.toml"
    file.write_text("[kitchen]\nlimit = 9\n")
    assert read((Kitchen,), environment={"YINXIN_CONFIG": str(file)})[Kitchen].limit == 9


@pytest.mark.parametrize(
    ("text", "path"),
    [("[kitchen]\npotts = 1\n", "kitchen.potts"), ("[garden]\na = 1\n", "garden.a"), ("pots = 1\n", "pots")],
)
def test_an_unknown_key_of_the_file_is_refused_by_its_path(tmp_path: Path, text: str, path: str):
    file = tmp_path / "a.toml"
    file.write_text(text)
    with pytest.raises(UnknownSetting) as refusal:
        read((Kitchen,), file, {})
    assert refusal.value.path == path


def test_an_unknown_variable_is_refused_by_its_name():
    with pytest.raises(UnknownSetting) as refusal:
        read((Kitchen,), environment={"YINXIN_KITCHEN_POTTS": "1"})
    assert refusal.value.path == "YINXIN_KITCHEN_POTTS"


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [("POTS", "many", "int"), ("HOT", "perhaps", "bool"), ("SHARE", "half", "float"), ("LIMIT", "x", "int")],
)
def test_a_value_that_cannot_be_read_names_what_it_should_be(variable: str, value: str, expected: str):
    with pytest.raises(UnusableSetting) as refusal:
        read((Kitchen,), environment={f"YINXIN_KITCHEN_{variable}": value})
    assert refusal.value.facts == {"path": f"kitchen.{variable.lower()}", "expected": expected}


@pytest.mark.parametrize("line", ['pots = "5"', "cook = 5", 'guests = "a"\nhot = 1', "guests = [1]", "pots = true"])
def test_a_file_must_hold_the_right_type(tmp_path: Path, line: str):
    file = tmp_path / "a.toml"
    file.write_text(f"[kitchen]\n{line}\n")
    with pytest.raises(UnusableSetting):
        read((Kitchen,), file, {})


def test_a_secret_comes_from_its_file_and_is_never_told(tmp_path: Path):
    file = tmp_path / "recipe"
    file.write_text("salt and time\n")
    found = read((Kitchen,), environment={"YINXIN_KITCHEN_RECIPE_FILE": str(file)})
    assert found[Kitchen].recipe == "salt and time"
    told = {each.path: each.value for each in found.told()}
    assert told["kitchen.recipe"] == REDACTED
    assert "salt" not in str([vars(each) for each in found.told()])


def test_a_secret_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(MissingSecret) as refusal:
        read((Kitchen,), environment={"YINXIN_KITCHEN_RECIPE_FILE": str(tmp_path / "none")})
    assert refusal.value.path == "kitchen.recipe"


@pytest.mark.parametrize("content", [b"[kitchen\n", b"\xff\xfe", b"a = = 1"])
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, content: bytes):
    file = tmp_path / "a.toml"
    file.write_bytes(content)
    with pytest.raises(UnreadableSettings):
        read((Kitchen,), file, {})


def test_a_file_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(UnreadableSettings):
        read((Kitchen,), tmp_path / "none.toml", {})


def test_a_changed_copy_leaves_the_original_alone():
    found = read((Kitchen,), environment={})
    changed = found.changed(Kitchen(cook="Wang"))
    assert (changed[Kitchen].cook, found[Kitchen].cook) == ("Wang", "nobody")
