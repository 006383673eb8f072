"""Which typefaces this machine has for previews; the only part of previews that looks at files.

The first file of a kind is taken. A machine without any draws boxes for characters and says so.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from signing import typefaces
from signing.previews.fonts import MONO, SANS, SERIF, Substitute, Substitutes
from signing.previews.glyphs import Face, UnusableFace, face, names

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
LARGEST_FILE: Final = 64 * 1024 * 1024
SIMPLIFIED: Final = "SC"


def installed(folders: Sequence[Path] = ()) -> Substitutes:
    """Find the typefaces at hand: in the folders named, else in the usual ones and in packages of fonts."""
    found = typefaces.files({name for name, *_ in KNOWN}, folders)
    listed = [
        Substitute(name, kind, bold, ideographic, partial(_load, found[name]))
        for name, kind, bold, ideographic in KNOWN
        if name in found
    ]
    return Substitutes(tuple(listed))


def _load(file: Path) -> Face:
    """Read a file of typefaces; of several the one for simplified characters. Raises `UnusableFace`, `OSError`."""
    if file.stat().st_size > LARGEST_FILE:
        raise UnusableFace
    data = file.read_bytes()
    number = next((place for place, name in enumerate(names(data)) if name.endswith(SIMPLIFIED)), 0)
    return face(data, number)
