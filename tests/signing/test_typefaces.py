"""Finding typefaces: by name, in the order that is wanted, never past the folders that are looked through."""

from pathlib import Path

from signing import typefaces


def placed(folder: Path, *names: str) -> None:
    for each in names:
        file = folder / each
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"")


def test_the_most_wanted_that_is_there_is_taken(tmp_path: Path):
    placed(tmp_path, "a/Second.otf", "b/Third.ttf")
    assert typefaces.first(("First", "Second", "Third"), [tmp_path]) == tmp_path / "a" / "Second.otf"


def test_the_first_folder_wins(tmp_path: Path):
    placed(tmp_path, "one/Face.otf", "two/Face.ttc")
    folders = [tmp_path / "two", tmp_path / "one"]
    assert typefaces.files({"Face"}, folders) == {"Face": tmp_path / "two" / "Face.ttc"}


def test_what_is_no_typeface_or_lies_too_deep_is_passed_over(tmp_path: Path):
    placed(tmp_path, "Face.txt", "1/2/3/4/5/Face.otf")
    assert typefaces.files({"Face"}, [tmp_path, tmp_path / "none"]) == {}


def test_a_folder_that_leads_back_is_not_followed(tmp_path: Path):
    placed(tmp_path, "a/Face.otf")
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    assert list(typefaces.files({"Face"}, [tmp_path])) == ["Face"]


def test_a_machine_without_any_has_none(tmp_path: Path):
    assert typefaces.first(("Face",), [tmp_path]) is None
