"""Workbooks (ECMA-376) read row by row, as text, in memory that does not grow with what a cell's address claims.

Sparse sheets are where readers die: a cell XFD1048576 beside a cell A1 makes a reader that builds a dense table ask for
half a terabyte. Here a sheet is a stream of rows, an address outside the bounds is a refusal, a document type is a
refusal (so no entity is ever expanded), nothing outside the file is read, and no formula is run: a cell is the value
that was last shown. What a value means is decided by whoever asks.
"""

import functools
import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat

ZIP: Final = b"PK\x03\x04"
# Compound files: the old .xls, and every .xlsx that is locked with a password.
OLE: Final = b"\xd0\xcf\x11\xe0"
# IEEE 754 doubles, which is what spreadsheets keep, tell 15 decimal digits apart.
KEPT_DIGITS: Final = 15
LOST_DIGITS: Final = "\ufffdlost-digits"
# A cell that shows an error, such as #REF!, says nothing.
ERROR_CELL: Final = "\ufffderror-cell"

_PIECE: Final = 1 << 16
_ADDRESS: Final = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})\Z")
_ESCAPED: Final = re.compile(r"_x00([01][0-9A-Fa-f])_")
_WHOLE: Final = re.compile(r"-?[0-9]{1,15}\Z")
_XML: Final = (".xml", ".rels", ".vml")
_DOCTYPE: Final = b"<!DOCTYPE"
_MACROS: Final = ("vbaproject.bin", "macrosheets/")


class Unreadable(ValueError):
    """The file is no workbook, or one that is not taken."""


class TooLarge(ValueError):
    """The workbook is larger than its bounds."""

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(what)
        self.what, self.limit = what, limit


@dataclass(frozen=True)
class Bounds:
    """How large a workbook may be: inside the zip, and in rows, columns and characters."""

    unpacked: int
    rows: int
    columns: int
    characters: int
    files: int = 1000
    sheets: int = 50


@dataclass(frozen=True)
class Workbook:
    """A workbook that was looked through: its sheets in order, by name, and its shared texts."""

    archive: zipfile.ZipFile = field(repr=False)
    bounds: Bounds
    sheets: Mapping[str, str]
    shared: tuple[str, ...] = field(repr=False)

    def rows(self, sheet: str, limit: int | None = None) -> Iterator[tuple[int, dict[int, str]]]:
        """Read a sheet: each row's number, and its cells that say something by column, counted from 0.

        Raises `Unreadable`, `TooLarge`.
        """
        reader = _Rows(self.shared, self.bounds, self.bounds.rows if limit is None else limit)
        for _ in _parsed(self.archive, self.sheets[sheet], reader.start, reader.end, reader.text):
            yield from reader.found
            reader.found.clear()


def opened(content: bytes, bounds: Bounds) -> Workbook:
    """Look a workbook through: what it would unpack to, its sheets, its shared texts.

    Raises `Unreadable`, `TooLarge`.
    """
    if content.startswith(OLE):
        raise Unreadable("an old .xls file or one with a password; save it as .xlsx without a password")
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError) as error:
        raise Unreadable("not a workbook") from error
    _require_size(archive, bounds)
    sheets, shared = _parts(archive)
    if len(sheets) > bounds.sheets:
        raise TooLarge("sheets", bounds.sheets)
    return Workbook(archive, bounds, sheets, _shared(archive, shared, bounds))


def require_bounds(content: bytes, bounds: Bounds) -> None:
    """Read every sheet and throw it away, before a reader that believes addresses is let at the file.

    Raises `Unreadable`, `TooLarge`.
    """
    workbook = opened(content, bounds)
    for sheet in workbook.sheets:
        for _ in workbook.rows(sheet):
            pass


def _require_size(archive: zipfile.ZipFile, bounds: Bounds) -> None:
    """Unpack every entry in pieces and count: what an entry says of its own size may be a lie."""
    entries = archive.infolist()
    if len(entries) > bounds.files:
        raise TooLarge("files inside", bounds.files)
    if len({each.filename for each in entries}) != len(entries):
        raise Unreadable("a file that stands in it twice")
    if any(name in each.filename.lower() for each in entries for name in _MACROS):
        raise Unreadable("a workbook with macros; save it as .xlsx")
    left = bounds.unpacked
    for entry in entries:
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or entry.flag_bits & 0x1:
            raise Unreadable("packed in a way that no spreadsheet uses")
        before = b""
        for piece in _pieces(archive, entry.filename):
            left -= len(piece)
            if left < 0:
                raise TooLarge("bytes unpacked", bounds.unpacked)
            if entry.filename.lower().endswith(_XML):
                _require_plain(before, piece)
            before = piece[-len(_DOCTYPE) :]


def _require_plain(before: bytes, piece: bytes) -> None:
    """Refuse a document type in any part, also in those that only other readers open, and what could hide one."""
    if _DOCTYPE in before + piece:
        raise Unreadable("a part with a document type")
    if not before and piece.startswith((b"\xff\xfe", b"\xfe\xff", b"\0", b"<\0")):
        raise Unreadable("a part in UTF-16")


def _pieces(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    try:
        with archive.open(name) as entry:
            while piece := entry.read(_PIECE):
                yield piece
    except KeyError as error:
        raise Unreadable("a part that is not there") from error
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise Unreadable("not a workbook") from error


def _parsed(archive: zipfile.ZipFile, name: str, start: Any, end: Any, text: Any = None) -> Iterator[None]:
    """Feed a part to the parser in pieces, with a stop after each."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        for piece in _pieces(archive, name):
            parser.Parse(piece, False)
            yield
        parser.Parse(b"", True)
        yield
    except (expat.ExpatError, LookupError) as error:  # LookupError: an encoding that there is not
        raise Unreadable("a part that is not well-formed XML") from error


def _refuse_doctype(*_: object) -> None:
    raise Unreadable("a part with a document type")


def _elements(archive: zipfile.ZipFile, name: str, wanted: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []

    def start(tag: str, told: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == wanted:
            found.append({key.rpartition(":")[2]: value for key, value in told.items()})

    for _ in _parsed(archive, name, start, None):
        pass
    return found


def _parts(archive: zipfile.ZipFile) -> tuple[dict[str, str], str | None]:
    """Find the sheets by name and the shared texts (ECMA-376-1 12.3.23, OPC relationships)."""
    roots = _elements(archive, "_rels/.rels", "Relationship")
    home = next((each["Target"] for each in roots if each.get("Type", "").endswith("/officeDocument")), None)
    if home is None:
        raise Unreadable("not a workbook")
    home = home.lstrip("/")
    folder, _, file = home.rpartition("/")
    relations = _elements(archive, f"{folder}/_rels/{file}.rels".lstrip("/"), "Relationship")
    targets = {
        each.get("Id", ""): posixpath.normpath(posixpath.join("/" + folder, each.get("Target", ""))).lstrip("/")
        for each in relations
        if each.get("TargetMode") != "External"
    }
    shared = next((targets[each["Id"]] for each in relations if each.get("Type", "").endswith("/sharedStrings")), None)
    sheets = {each.get("name", ""): targets.get(each.get("id", ""), "") for each in _elements(archive, home, "sheet")}
    if not sheets:
        raise Unreadable("a workbook without sheets")
    return sheets, shared


def _shared(archive: zipfile.ZipFile, name: str | None, bounds: Bounds) -> tuple[str, ...]:
    if name is None:
        return ()
    texts = _Texts(bounds)
    for _ in _parsed(archive, name, texts.start, texts.end, texts.text):
        pass
    return tuple(texts.found)


@dataclass
class _Texts:
    """Gathers the shared texts; runs of one text are joined, the phonetic guide is left out."""

    bounds: Bounds
    found: list[str] = field(default_factory=list)
    _said: list[str] = field(default_factory=list)
    _inside: bool = False
    _guide: int = 0

    def start(self, tag: str, _: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "si":
            self._said = []
        elif name == "rPh":
            self._guide += 1
        self._inside = name == "t" and not self._guide

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        self._inside = False
        if name == "rPh":
            self._guide -= 1
        elif name == "si":
            self.found.append(_text("".join(self._said), self.bounds))

    def text(self, data: str) -> None:
        if self._inside:
            self._said.append(data)


@dataclass
class _Rows:
    """Gathers rows from a sheet's elements; addresses that are left out are counted on (ECMA-376-1 18.3.1.4, .73)."""

    shared: tuple[str, ...]
    bounds: Bounds
    limit: int
    found: list[tuple[int, dict[int, str]]] = field(default_factory=list)
    _row: int = 0
    _column: int = -1
    _kind: str = "n"
    _cells: dict[int, str] = field(default_factory=dict)
    _said: list[str] = field(default_factory=list)
    _inside: bool = False
    _guide: int = 0

    def start(self, tag: str, told: dict[str, str]) -> None:
        name = _local(tag)
        if name == "c":
            self._cell(told)
        elif name == "row":
            self._row = self._number(told["r"]) if "r" in told else self._row + 1
            if self._row > self.limit:
                raise TooLarge("rows", self.limit)
            self._cells, self._column = {}, -1
        elif name == "rPh":
            self._guide += 1
        self._inside = (name == "v" or (name == "t" and self._kind == "inlineStr")) and not self._guide

    def end(self, tag: str) -> None:
        name = _local(tag)
        self._inside = False
        if name == "c":
            if self._said:
                said = _VALUES.get(self._kind, _number)("".join(self._said), self)
                if said:
                    self._cells[self._column] = said
                self._said = []
        elif name == "rPh":
            self._guide -= 1
        elif name == "row" and self._cells:
            self.found.append((self._row, self._cells))
            self._cells = {}

    def text(self, data: str) -> None:
        if self._inside:
            self._said.append(data)

    def _cell(self, told: dict[str, str]) -> None:
        address = told.get("r")
        if address is None:
            self._column += 1
        else:
            match = _ADDRESS.match(address)
            if match is None or int(match[2]) != self._row:
                raise Unreadable("a cell with a strange address")
            self._column = _column_of(match[1])
        if self._column >= self.bounds.columns:
            raise TooLarge("columns", self.bounds.columns)
        self._kind = told.get("t", "n")
        self._said.clear()

    @staticmethod
    def _number(text: str) -> int:
        if not text.isascii() or not text.isdigit() or len(text) > 7:  # noqa: PLR2004 - 1,048,576 rows
            raise Unreadable("a row with a strange number")
        return int(text)


def column_name(column: int) -> str:
    """Name a column as spreadsheets do; columns count from 0."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _local(tag: str) -> str:
    """Give a tag without its prefix; a sheet has millions of them, nearly always without one."""
    return tag.rpartition(":")[2] if ":" in tag else tag


@functools.lru_cache(maxsize=1024)  # a sheet names the same few columns in every row
def _column_of(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _shared_text(said: str, rows: _Rows) -> str:
    if not said.isascii() or not said.isdigit() or len(said) > 9 or int(said) >= len(rows.shared):  # noqa: PLR2004
        raise Unreadable("a cell with a text that is not there")
    return rows.shared[int(said)]


def _plain(said: str, rows: _Rows) -> str:
    return _text(said, rows.bounds)


def _number(said: str, rows: _Rows) -> str:
    """Write a number as its reader saw it: whole ones without a point."""
    text = said.strip()
    if _WHOLE.match(text):
        return text
    try:
        number = float(text)
    except ValueError:
        return _text(text, rows.bounds)
    if abs(number) >= 10**KEPT_DIGITS or number != number:  # noqa: PLR0124 - what is not a number differs from itself
        return LOST_DIGITS
    return str(int(number)) if number.is_integer() else repr(number)


def _text(said: str, bounds: Bounds) -> str:
    # Databases keep no NUL, so an escaped one is told as a character that cannot be shown.
    text = (
        _ESCAPED.sub(lambda match: chr(int(match[1], 16)) if int(match[1], 16) else "\ufffd", said)
        .replace("\r\n", "\n")
        .strip()
    )
    if len(text) > bounds.characters:
        raise TooLarge("characters in a cell", bounds.characters)
    return text


_VALUES: Final[Mapping[str, Callable[[str, _Rows], str]]] = {
    "s": _shared_text,
    "str": _plain,
    "inlineStr": _plain,
    "b": lambda said, _: "true" if said.strip() == "1" else "false",
    "e": lambda _said, _: ERROR_CELL,
}
