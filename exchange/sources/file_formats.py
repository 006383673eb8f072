"""The formats of files: each gives a header and then rows one after another, and never takes more than its limit.

CSV is read as it comes. A workbook is measured before it is opened, by unpacking it without keeping anything: what its
directory says of sizes is not believed. Parquet is read batch by batch, and only the columns that are wanted.
"""

import csv
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, Final

from python_calamine import CalamineError, CalamineWorkbook

from exchange.sources.reading import Failed, drifted
from exchange.sources.source import Difference, Refused, TooLarge
from exchange.sources.values import LONGEST_TEXT

# A row of 200 columns with long texts; a "line" beyond is a file without lines.
LONGEST_LINE: Final = 4 * LONGEST_TEXT
MOST_COLUMNS: Final = 2000
# A workbook is held whole; XML packs some twenty to one.
LARGEST_UNPACKED: Final = 256 * 1024 * 1024
MOST_PARTS: Final = 2000
PIECE: Final = 256 * 1024
STORED: Final = 0
DEFLATED: Final = 8
BATCH: Final = 1000

Rows = Iterator[Mapping[str, object]]


@dataclass(frozen=True)
class Sheet:
    """How a file is to be read."""

    encoding: str
    delimiter: str
    sheet: str | None
    columns: tuple[str, ...]


def read_csv(opened: IO[bytes], how: Sheet) -> tuple[tuple[str, ...], Rows]:
    """Read text with a header. Raises `Failed`, also while rows are taken."""
    lines = csv.reader(_lines(opened, how.encoding), delimiter=how.delimiter, strict=True)
    header = _header(_next(lines) or ())

    def rows() -> Rows:
        while (line := _next(lines)) is not None:
            if len(line) != len(header):
                if not line:
                    continue
                raise _unreadable()
            yield dict(zip(header, line, strict=True))

    return header, rows()


def read_workbook(opened: IO[bytes], how: Sheet) -> tuple[tuple[str, ...], Rows]:
    """Read the named sheet, or the first, of an Excel workbook. Raises `Failed`."""
    _measure(opened)
    opened.seek(0)
    try:
        book = CalamineWorkbook.from_filelike(opened)
        names = book.sheet_names
        found = (
            book.get_sheet_by_name(how.sheet or names[0]).to_python(skip_empty_area=False)
            if how.sheet in {None, *names}
            else None
        )
    except (CalamineError, OSError, ValueError, IndexError) as error:
        raise _unreadable() from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # a fault inside calamine must not end the service
            raise _unreadable() from error
        raise
    if found is None:
        raise Failed(drifted([(str(how.sheet), Difference.NO_TABLE)]))
    lines = iter(found)
    header = _header([str(cell).strip() for cell in next(lines, [])])

    def rows() -> Rows:
        for line in lines:
            if any(cell != "" for cell in line):
                yield {name: None if cell == "" else cell for name, cell in zip(header, line, strict=False)}

    return header, rows()


def read_parquet(opened: IO[bytes], how: Sheet) -> tuple[tuple[str, ...], Rows]:
    """Read Parquet. Raises `Failed`; `Refused` where the extra is not installed."""
    try:
        import pyarrow as pa  # type: ignore[import-untyped]
        from pyarrow import parquet
    except ModuleNotFoundError as error:
        raise Failed(Refused("needs yinxin[parquet]")) from error
    try:
        file = parquet.ParquetFile(opened)
        header = _header([str(name) for name in file.schema_arrow.names])
        _measure_parquet(file.metadata)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _unreadable() from error

    def rows() -> Rows:
        wanted = [name for name in header if name in how.columns]
        try:
            for batch in file.iter_batches(batch_size=BATCH, columns=wanted, use_threads=False):
                yield from batch.to_pylist()
        except (pa.ArrowException, OSError, ValueError) as error:
            raise _unreadable() from error

    return header, rows()


FORMATS: Final[Mapping[str, Callable[[IO[bytes], Sheet], tuple[tuple[str, ...], Rows]]]] = {
    "csv": read_csv,
    "xlsx": read_workbook,
    "parquet": read_parquet,
}


def _lines(opened: IO[bytes], encoding: str) -> Iterator[str]:
    """Give line after line, none longer than one may be."""
    reader = io.TextIOWrapper(opened, encoding=encoding, errors="strict", newline="")
    try:
        while line := reader.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE:
                raise Failed(TooLarge("line", LONGEST_LINE))
            yield line
    except UnicodeDecodeError as error:
        raise _unreadable() from error
    finally:
        with suppress(ValueError):  # the file may be closed before this is given up
            reader.detach()


def _next(lines: Iterator[list[str]]) -> list[str] | None:
    try:
        return next(lines, None)
    except csv.Error as error:
        raise _unreadable() from error


def _header(names: Any) -> tuple[str, ...]:
    header = tuple(str(name).strip() for name in names)
    if not header or len(header) > MOST_COLUMNS:
        raise Failed(drifted([("*", Difference.NO_ROWS_THERE)]))
    named = [name for name in header if name]
    if len(set(named)) != len(named):
        raise _unreadable()
    return header


def _measure(opened: IO[bytes]) -> None:
    """Unpack every part without keeping it. Raises `Failed` for one larger than it says, or for all too large."""
    try:
        with zipfile.ZipFile(opened) as packed:
            parts = packed.infolist()
            if len(parts) > MOST_PARTS:
                raise Failed(TooLarge("parts", MOST_PARTS))
            left = LARGEST_UNPACKED
            for part in parts:
                left -= _unpacked_bytes(opened, part, left)
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, OSError) as error:
        raise _unreadable() from error


def _unpacked_bytes(opened: IO[bytes], part: zipfile.ZipInfo, left: int) -> int:
    """Count what a part unpacks to (APPNOTE 4.3.7 for the local header)."""
    if part.file_size > left:
        raise Failed(TooLarge("bytes", LARGEST_UNPACKED))
    if part.compress_type not in {STORED, DEFLATED} or part.flag_bits & 1:
        raise _unreadable()
    opened.seek(part.header_offset)
    local = opened.read(30)
    opened.seek(int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little"), io.SEEK_CUR)
    if part.compress_type == STORED:
        return part.compress_size
    unpacking, counted, packed = zlib.decompressobj(-15), 0, part.compress_size
    while packed and not unpacking.eof:
        piece = opened.read(min(PIECE, packed))
        if not piece:
            raise _unreadable()
        packed -= len(piece)
        while piece:
            counted += len(unpacking.decompress(piece, PIECE))
            piece = unpacking.unconsumed_tail
            if counted > min(left, part.file_size):
                raise Failed(TooLarge("bytes", LARGEST_UNPACKED))
    return counted


def _measure_parquet(metadata: Any) -> None:
    sizes = [metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups)]
    if sum(sizes) > LARGEST_UNPACKED or min(sizes, default=0) < 0:
        raise Failed(TooLarge("bytes", LARGEST_UNPACKED))


def _unreadable() -> Failed:
    return Failed(drifted([("*", Difference.UNREADABLE)]))
