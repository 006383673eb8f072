"""Which files of typefaces this machine has: the one place that looks for them, for seals, previews and reports.

Folders are looked through in order, and the first file of a name is taken. Which names are wanted, in which order, and
what a machine without any does about it, is decided by who asks; `pip install pylopdf-fonts-zh-cn` brings two that are
enough for all three.
"""

import importlib.util
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

# Debian and Ubuntu, Fedora, openEuler and Kylin, Arch, macOS with Homebrew's casks.
FOLDERS: Final = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts")
PACKAGES: Final = ("pylopdf_fonts_zh_cn",)
# Distributions put a maker's folder below one of a kind; nothing lies deeper.
DEEPEST: Final = 4
ENDINGS: Final = frozenset({".ttc", ".ttf", ".otf"})


def files(names: Collection[str], folders: Sequence[Path] = ()) -> dict[str, Path]:
    """Find typefaces by their files' names without ending: in these folders, else in the usual ones and in packages."""
    found: dict[str, Path] = {}
    for file in _all(folders or (*map(Path, FOLDERS), *_packages())):
        if file.stem in names:
            found.setdefault(file.stem, file)
    return found


def first(names: Sequence[str], folders: Sequence[Path] = ()) -> Path | None:
    """Find the first of several typefaces, the most wanted first; a machine may have none."""
    found = files(frozenset(names), folders)
    return next((found[each] for each in names if each in found), None)


def _all(folders: Iterable[Path]) -> Iterator[Path]:
    waiting = [(folder, 0) for folder in folders]
    for folder, depth in waiting:
        try:
            inside = sorted(folder.iterdir())
        except OSError:
            continue
        for each in inside:
            if each.suffix.lower() in ENDINGS:
                yield each
            elif depth < DEEPEST and each.is_dir() and not each.is_symlink():
                waiting.append((each, depth + 1))


def _packages() -> list[Path]:
    found = [importlib.util.find_spec(each) for each in PACKAGES]
    return [Path(each.origin).parent for each in found if each is not None and each.origin]
