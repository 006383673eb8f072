"""Files of a department (文件): CSV, Excel, Parquet, one file or a folder of them, read in order.

A page says where the next begins: how many rows were passed, and what the files looked like; when they have changed
since, the rest of the list is refused rather than given from another file.
"""

import hashlib
import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from exchange.sources.below import open_file, open_folder, steps_of
from exchange.sources.declarations import Declared, moments_of
from exchange.sources.file_formats import FORMATS, Rows, Sheet
from exchange.sources.place import Place
from exchange.sources.questions import LONGEST_CURSOR
from exchange.sources.reading import SAMPLE_ROWS, Failed, Page, Reader, drifted, moment
from exchange.sources.rest_declaration import ANY
from exchange.sources.source import Column, Condition, Difference, Question, Refused, TimedOut, TooLarge
from exchange.sources.values import Mismatch, typed

KIND: Final = "files"
# A file a day for three years; a folder with more is an archive.
MOST_FILES: Final = 1000
# Excel and Parquet are unpacked in memory; text is not.
LARGEST_PACKED: Final = 64 * 1024 * 1024
LOOKED_AT_EVERY: Final = 1000
ENCODINGS: Final = {"utf-8": "utf-8-sig", "gb18030": "gb18030"}
DELIMITERS: Final = {"comma": ",", "tab": "\t", "semicolon": ";", "bar": "|"}


Walk = Generator[Any, None, None]


@dataclass(frozen=True)
class Files:
    """A file below the organisation's folder, or every file of the format in a folder there."""

    steps: tuple[str, ...]
    is_folder: bool
    format: str
    how: Sheet
    updated: str | None = None


@dataclass(frozen=True)
class _File:
    steps: tuple[str, ...]
    size: int
    changed: int


def read(told: Declared, columns: Sequence[Column], _place: Place) -> Files:
    """Read the declaration of files. Raises `UnusableMount`."""
    path = told.text("path", ANY)
    steps = steps_of(path)
    form = told.choice("format", FORMATS)
    how = Sheet(
        ENCODINGS[told.choice("encoding", ENCODINGS, "utf-8")],
        DELIMITERS[told.choice("delimiter", DELIMITERS, "comma")],
        told.name("sheet", "") or None,
        tuple(column.name for column in columns),
    )
    updated = told.choice("updated", ["", *moments_of(columns)], "") or None
    told.end()
    return Files(steps or told.refuse("path", "relative, plain"), path.endswith("/"), form, how, updated)


def opened(declared: Files, columns: Sequence[Column], place: Place) -> Reader:
    """Make the reader."""
    return FileReader(declared, columns, place)


class FileReader:
    """Fetches rows from files, judging the conditions itself."""

    believes = True

    def __init__(self, declared: Files, columns: Sequence[Column], place: Place) -> None:
        self._declared = declared
        self._columns = {column.item: column for column in columns}
        self._place = place

    def read(self, question: Question) -> Page:
        """Fetch the rows that fit. Raises `Failed`."""
        files = self._files()
        mark = _mark(files)
        passed = _passed(question.cursor, mark)
        conditions = [(self._columns[each.item], each) for each in question.conditions]
        needed = [self._columns[name].name for name in question.fields] + [each.name for each, _ in conditions]
        names, rows = self._rows(files, set(needed))
        found: list[Any] = []
        with closing(rows):
            for number, row in enumerate(rows):
                if number < passed or not _fits(row, conditions):
                    continue
                if len(found) == question.limit:
                    return Page(found, names, f"{number}.{mark}")
                found.append(row)
        return Page(found, names)

    def sample(self) -> Page:
        """Fetch the first rows. Raises `Failed`."""
        files = self._files()
        names, rows = self._rows(files, set())
        with closing(rows):
            page = Page([row for _, row in zip(range(SAMPLE_ROWS), rows, strict=False)], names)
        return replace(page, updated=self._newest(files))

    def _newest(self, files: list[_File]) -> datetime | None:
        """Give the newest value of the item that says so, or else the time of the newest file."""
        if self._declared.updated is None:
            newest = max((each.changed for each in files), default=None)
            return None if newest is None else datetime.fromtimestamp(newest // 10**9, UTC)
        column = self._columns[self._declared.updated]
        try:
            _, rows = self._rows(files, {column.name})
            with closing(rows):
                return max((each for each in (moment(row.get(column.name)) for row in rows) if each), default=None)
        except Failed:
            return None  # too many rows, or too slow: then it tells nothing

    def close(self) -> None:
        """Hold nothing open."""

    def _rows(self, files: list[_File], needed: set[str]) -> tuple[tuple[str, ...], Walk]:
        """Give the names of the first file, and the rows of all; every file must have what is needed."""
        if not files:
            return (), self._nothing()
        walk = self._walk(files, needed)
        names = next(walk)
        return names, walk

    def _nothing(self) -> Walk:
        yield from ()

    def _walk(self, files: list[_File], needed: set[str]) -> Walk:
        """Give the first header, then row after row; counted, and bounded in number and time."""
        until = self._place.stopwatch() + self._place.limits.seconds
        scanned = 0
        for place, file in enumerate(files):
            with os.fdopen(open_file(self._place.files(), file.steps), "rb") as opened:
                self._require_size(os.fstat(opened.fileno()).st_size)
                names, rows = FORMATS[self._declared.format](opened, self._declared.how)
                if place == 0:
                    yield names
                if place and needed - set(names):
                    raise Failed(drifted((name, Difference.MISSING) for name in sorted(needed - set(names))))
                for row in _closed(rows):
                    scanned += 1
                    if scanned > self._place.limits.scanned_rows:
                        raise Failed(TooLarge("scanned-rows", self._place.limits.scanned_rows))
                    if scanned % LOOKED_AT_EVERY == 0 and self._place.stopwatch() > until:
                        raise Failed(TimedOut("scan"))
                    yield row

    def _require_size(self, size: int) -> None:
        limit = self._place.limits.file_bytes
        if self._declared.format != "csv":
            limit = min(limit, LARGEST_PACKED)
        if size > limit:
            raise Failed(TooLarge("bytes", limit))

    def _files(self) -> list[_File]:
        root, steps = self._place.files(), self._declared.steps
        if not self._declared.is_folder:
            number = open_file(root, steps)
            try:
                return [_file(steps, os.fstat(number))]
            finally:
                os.close(number)
        folder = open_folder(root, steps)
        try:
            listed = os.listdir(folder)  # noqa: PTH208 - a descriptor has no path
            names = sorted(name for name in listed if name.lower().endswith(f".{self._declared.format}"))
            if len(names) > MOST_FILES:
                raise Failed(TooLarge("files", MOST_FILES))
            return [_file((*steps, name), os.stat(name, dir_fd=folder, follow_symlinks=False)) for name in names]
        except OSError as error:
            raise Failed(Refused("no-plain-file")) from error
        finally:
            os.close(folder)


def _file(steps: tuple[str, ...], state: os.stat_result) -> _File:
    return _File(steps, state.st_size, state.st_mtime_ns)


def _closed(rows: Rows) -> Iterator[Any]:
    try:
        yield from rows
    finally:
        with suppress(AttributeError):
            rows.close()  # type: ignore[attr-defined]


def _mark(files: list[_File]) -> str:
    """Name what the files look like: another name, size or time of change is another list."""
    told = "\n".join(f"{'/'.join(file.steps)} {file.size} {file.changed}" for file in files)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _passed(cursor: str | None, mark: str) -> int:
    if cursor is None:
        return 0
    number, _, seen = cursor.partition(".")
    if len(cursor) > LONGEST_CURSOR or not (number.isascii() and number.isdecimal() and len(number) <= 9):  # noqa: PLR2004
        raise Failed(Refused("cursor"))
    if seen != mark:
        raise Failed(Refused("files-changed"))
    return int(number)


def _fits(row: Any, conditions: list[tuple[Column, Condition]]) -> bool:
    """Hold a row against the conditions. Raises `Failed` where it cannot be judged."""
    for column, condition in conditions:
        try:
            if not condition.holds(typed(row.get(column.name), column.type)):
                return False
        except Mismatch as error:
            raise Failed(drifted([(column.item, Difference.WRONG_TYPE)])) from error
    return True
