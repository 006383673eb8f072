"""Which typefaces this machine has for previews; the only part of previews that looks at files.

Folders are looked through in order, and the first file of a kind is taken. A machine without any draws boxes for
characters and says so; `pip install pylopdf-fonts-zh-cn` brings two that are enough.
"""

import importlib.util
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from signing.previews.fonts import MONO, SANS, SERIF, Substitute, Substitutes
from signing.previews.glyphs import Face, UnusableFace, face, names

# Debian and Ubuntu, Fedora, openEuler and Kylin, Arch, macOS with Homebrew's casks.
FOLDERS: Final = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/Library/Fonts",
)
PACKAGES: Final = ("pylopdf_fonts_zh_cn",)
DEEPEST: Final = 4
# File names (without their ending), kind, bold, ideographic: in the order of preference within a kind.
KNOWN: Final = (
    ("NotoSerifCJK-Regular", SERIF, False, True),
    ("NotoSerifCJKsc-Regular", SERIF, False, True),
    ("NotoSerifSC-Regular", SERIF, False, True),
    ("SourceHanSerifSC-Regular", SERIF, False, True),
    ("NotoSerifCJK-Bold", SERIF, True, True),
    ("NotoSansCJK-Regular", SANS, False, True),
    ("NotoSansCJKsc-Regular", SANS, False, True),
    ("NotoSansSC-Regular", SANS, False, True),
    ("SourceHanSansSC-Regular", SANS, False, True),
    ("wqy-microhei", SANS, False, True),
    ("NotoSansCJK-Bold", SANS, True, True),
    ("LXGWWenKai-Regular", SERIF, False, True),
    ("HanaMinA", SERIF, False, True),
    ("HanaMinB", SERIF, False, True),
    ("LiberationSerif-Regular", SERIF, False, False),
    ("LiberationSerif-Bold", SERIF, True, False),
    ("LiberationSans-Regular", SANS, False, False),
    ("LiberationSans-Bold", SANS, True, False),
    ("LiberationMono-Regular", MONO, False, False),
    ("DejaVuSerif", SERIF, False, False),
    ("DejaVuSans", SANS, False, False),
    ("DejaVuSansMono", MONO, False, False),
)
ENDINGS: Final = frozenset({".ttc", ".ttf", ".otf"})
LARGEST_FILE: Final = 64 * 1024 * 1024
SIMPLIFIED: Final = "SC"


def installed(folders: Sequence[Path] = ()) -> Substitutes:
    """Find the typefaces at hand: in the folders named, else in the usual ones and in packages of fonts."""
    found = _files(folders or (*map(Path, FOLDERS), *_packages()))
    listed = [
        Substitute(name, kind, bold, ideographic, partial(_load, found[name]))
        for name, kind, bold, ideographic in KNOWN
        if name in found
    ]
    return Substitutes(tuple(listed))


def _files(folders: Iterable[Path]) -> dict[str, Path]:
    known = {name for name, *_ in KNOWN}
    found: dict[str, Path] = {}
    waiting = [(folder, 0) for folder in folders]
    for folder, depth in waiting:
        try:
            inside = sorted(folder.iterdir())
        except OSError:
            continue
        for each in inside:
            if each.suffix.lower() in ENDINGS and each.stem in known:
                found.setdefault(each.stem, each)
            elif depth < DEEPEST and each.is_dir() and not each.is_symlink():
                waiting.append((each, depth + 1))
    return found


def _packages() -> list[Path]:
    found = [importlib.util.find_spec(each) for each in PACKAGES]
    return [Path(each.origin).parent for each in found if each is not None and each.origin]


def _load(file: Path) -> Face:
    """Read a file of typefaces; of several the one for simplified characters. Raises `UnusableFace`, `OSError`."""
    if file.stat().st_size > LARGEST_FILE:
        raise UnusableFace
    data = file.read_bytes()
    number = next((place for place, name in enumerate(names(data)) if name.endswith(SIMPLIFIED)), 0)
    return face(data, number)
