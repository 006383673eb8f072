"""The names of entries: how their bytes are read, which are refused, and when two are the same.

One rule decides the encoding: with the UTF-8 flag it is UTF-8; without it, what is valid UTF-8 is read so (ASCII is),
anything else as GB 18030, of which GBK is a part, and told as a deviation. Names are never used as paths of a file
system, yet what would be dangerous as one is refused, since another reader of the same document may unpack it.
"""

import re
import unicodedata
from typing import Final

from signing.formats.ofd.errors import unreadable
from signing.formats.ofd.limits import MAX_NAME_BYTES, MAX_NAME_DEPTH

DRIVE: Final = re.compile(r"[A-Za-z]:")
# The names that are read a million times: plain segments of letters, digits and the common marks.
PLAIN: Final = re.compile(
    r"[A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]+)*(?:/[A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]+)*)*/?", re.ASCII
)
NAME = "PACKAGE_NAME"


def decoded(raw: bytes, *, utf8_flag: bool) -> tuple[str, bool]:
    """Read a name; the second value tells that it was in GB 18030 without the flag. Raises `UnreadableDocument`."""
    if not raw or len(raw) > MAX_NAME_BYTES:
        raise unreadable(NAME, repr(raw[:40]))
    try:
        return raw.decode("utf-8"), False
    except UnicodeDecodeError:
        if utf8_flag:
            raise unreadable(NAME, repr(raw[:40])) from None
    try:
        return raw.decode("gb18030"), True
    except UnicodeDecodeError:
        raise unreadable(NAME, repr(raw[:40])) from None


def require_safe(name: str) -> None:
    """Refuse a name that is absolute, climbs, has a drive, a backslash or characters that act. Raises the refusal."""
    if PLAIN.fullmatch(name) and name.count("/") < MAX_NAME_DEPTH:
        return
    segments = name.removesuffix("/").split("/")
    if any(each in {"", ".", ".."} for each in segments) or len(segments) > MAX_NAME_DEPTH:
        raise unreadable(NAME, name)
    if "\\" in name or DRIVE.match(name) or any(unicodedata.category(each).startswith("C") for each in name):
        raise unreadable(NAME, name)


def folded(name: str) -> str:
    """Give what two names have in common that some reader takes for the same."""
    if name.isascii():
        lowered = name.lower()
        return lowered if PLAIN.fullmatch(name) else _without_tails(lowered)
    composed = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    return _without_tails(composed.replace("\N{FULLWIDTH SOLIDUS}", "/"))


def _without_tails(name: str) -> str:
    """Take away the dots and blanks that Windows does not see at the end of a name."""
    return "/".join(each.rstrip(". ") for each in name.split("/"))
