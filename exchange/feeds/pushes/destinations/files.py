"""A drop of files (文件): each run a folder of its own with the rows, the rejects' count and a signed manifest.

    <drops>/<folder>/20261121T023000Z-3f2a91c0/   data.csv or data.parquet · manifest.json · manifest.sig.json
    <drops>/<folder>/latest.json                  which of them is the newest; replaced in one step, after all is there

Rows are staged in a SQLite file beside the drops, the same way as in any table, so that a killed run goes on; it also
keeps the last snapshot, from which the differences of the next are told. A drop holds everything (`full`, and the first
of the others), or what changed with the operation in the first column (`yx_operation`: insert, update, delete).
"""

import csv
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import inspect, select

from base.durable import filled, names_kept
from exchange.feeds.errors import PushDestinationFailed, UnusablePush
from exchange.feeds.pushes.destinations.destination import Destination, Ground
from exchange.feeds.pushes.destinations.engines import engine_of, translated
from exchange.feeds.pushes.destinations.table import TableDestination, Target
from exchange.feeds.pushes.plan import COUNTED, OPERATION, Load, Mark, Order
from exchange.feeds.pushes.rows import Row
from exchange.sources.declarations import REFERENCE

KIND: Final = "files"
FORMATS: Final = ("csv", "parquet")
MEMBERS: Final = frozenset({"folder", "format"})
SNAPSHOT: Final = "rows"
LATEST: Final = "latest.json"
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig.json"
FILE_MODE: Final = 0o640
BATCH: Final = 5000
# A month of daily drops; older ones are the subscriber's to have taken.
DROPS_KEPT: Final = 31


def read(told: Mapping[str, Any]) -> dict[str, Any]:
    """Check the declaration of a drop. Raises `UnusablePush`."""
    for name in told:
        if name not in MEMBERS:
            raise UnusablePush(f"#/destination/{name[:40]}", "unknown-member")
    folder, form = told.get("folder"), told.get("format", "csv")
    if not isinstance(folder, str) or not REFERENCE.fullmatch(folder):
        raise UnusablePush("#/destination/folder", "shape")
    if form not in FORMATS:
        raise UnusablePush("#/destination/format", " | ".join(FORMATS))
    return {"folder": folder, "format": form}


def opened(order: Order, ground: Ground) -> Destination:
    """Open a drop's folder, making it when it is not there. Raises `PushDestinationFailed`."""
    folder = ground.drops() / str(order.destination["folder"])
    if folder.is_symlink():
        raise PushDestinationFailed("no-plain-folder")
    try:
        folder.mkdir(mode=0o750, exist_ok=True)
    except OSError as error:
        raise PushDestinationFailed("no-plain-folder") from error
    return FileDestination(order, folder, ground.seconds)


class FileDestination:
    """Stages in a SQLite file and writes the drop at the end."""

    def __init__(self, order: Order, folder: Path, seconds: float) -> None:
        self._order = order
        self._folder = folder
        file = folder / f".staging-{order.push}.db"
        file.touch(mode=0o600)
        self._table = TableDestination(
            order, engine_of(f"sqlite:///{file}", seconds), Target(None, SNAPSHOT), keeps_delta=True
        )

    def begun(self, load: Load) -> Mark:
        """Prepare the staging of a run, or find how far it came."""
        return self._table.begun(load)

    def marked(self, run: str) -> Mark | None:
        """Tell how far a run has come."""
        return self._table.marked(run)

    def staged(self, rows: Sequence[Row], mark: Mark) -> Mapping[int, str]:
        """Stage rows and move the mark."""
        return self._table.staged(rows, mark)

    def finished(self, load: Load, mark: Mark) -> Mark:
        """Write the drop, once the snapshot is up to date; a drop that was cut off is written anew."""
        ended = self._table.finished(load, mark)
        try:
            if self._latest().get("run") != load.run:
                self._drop(load, ended)
        except OSError as error:
            raise PushDestinationFailed(f"file-{error.errno}") from error
        return ended

    def discarded(self, run: str) -> None:
        """Throw away what is staged."""
        self._table.discarded(run)

    def close(self) -> None:
        """Close the staging file."""
        self._table.close()

    def _drop(self, load: Load, mark: Mark) -> None:
        part = self._folder / f".part-{load.run}"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o750)
        form = str(self._order.destination["format"])
        name, is_delta = f"data.{form}", self._has_delta()
        rows = WRITERS[form](part / name, self._header(is_delta), self._rows(is_delta))
        manifest = self._manifest(load, mark, part / name, rows, is_delta=is_delta)
        _write(part / MANIFEST, manifest)
        if load.sign is not None:
            _write(part / SIGNATURE, _document(load.sign(manifest)))
        names_kept(part)
        stamp = load.made_at.replace("-", "").replace(":", "").partition(".")[0].removesuffix("Z")
        drop = self._folder / f"{stamp}Z-{load.run[:8]}"
        shutil.rmtree(drop, ignore_errors=True)  # of this very run, cut off before it was told
        part.rename(drop)
        names_kept(self._folder)
        self._tell(load, drop, manifest)
        self._tidy()

    def _tell(self, load: Load, drop: Path, manifest: bytes) -> None:
        part = self._folder / f".{LATEST}"
        _write(part, _document({"run": load.run, "drop": drop.name, "manifest_sm3": _sm3(manifest)}))
        part.replace(self._folder / LATEST)
        names_kept(self._folder)

    def _tidy(self) -> None:
        """Remove the oldest drops, and what cut off runs left."""
        drops = sorted(each for each in self._folder.iterdir() if each.is_dir() and not each.name.startswith("."))
        parts = self._folder.glob(".part-*")
        for each in (*drops[:-DROPS_KEPT], *parts):
            shutil.rmtree(each, ignore_errors=True)

    def _manifest(self, load: Load, mark: Mark, file: Path, rows: int, *, is_delta: bool) -> bytes:
        applied = {name: getattr(mark.applied, name) for name in COUNTED}
        return _document(
            {
                "push": load.order.push,
                "run": load.run,
                "directory": load.directory,
                "made_at": load.made_at,
                "kind": "delta" if is_delta else "snapshot",
                "key": load.order.key,
                "columns": [cell.document for cell in load.order.cells],
                "counts": {"read": mark.read, "rejected": mark.rejected, **applied},
                "files": [{"name": file.name, "rows": rows, "bytes": file.stat().st_size, "sm3": _sm3_of(file)}],
            }
        )

    def _latest(self) -> dict[str, Any]:
        try:
            told: dict[str, Any] = json.loads((self._folder / LATEST).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return told

    def _has_delta(self) -> bool:
        with translated(self._table.engine), self._table.engine.connect() as connection:
            return inspect(connection).has_table(str(self._table.delta.name))

    def _header(self, is_delta: bool) -> list[str]:  # noqa: FBT001 - both are of this class
        names = [cell.name for cell in self._order.cells]
        return [OPERATION, *names] if is_delta else names

    def _rows(self, is_delta: bool) -> Iterator[Sequence[Any]]:  # noqa: FBT001
        table = self._table.delta if is_delta else self._table.target
        key = list(table.c)[self._order.key_place + is_delta]
        raw = select(table).order_by(key)
        with translated(self._table.engine), self._table.engine.connect() as connection:
            for row in connection.execution_options(yield_per=BATCH).execute(raw):
                yield tuple(row)


def _csv(file: Path, header: Sequence[str], rows: Iterator[Sequence[Any]]) -> int:
    count = 0
    with file.open("w", encoding="utf-8", newline="") as opened:
        lines = csv.writer(opened, lineterminator="\r\n")
        lines.writerow(header)
        for row in rows:
            count += 1
            lines.writerow(["" if cell is None else _cell(cell) for cell in row])
        opened.flush()
        os.fsync(opened.fileno())
    return count


def _parquet(file: Path, header: Sequence[str], rows: Iterator[Sequence[Any]]) -> int:
    try:
        import pyarrow as pa  # type: ignore[import-untyped]
        from pyarrow import parquet
    except ModuleNotFoundError as error:
        raise PushDestinationFailed("needs yinxin[parquet]") from error
    shape = pa.schema([(name, pa.string()) for name in header])
    count = 0
    batch: list[list[str | None]] = []

    def table() -> Any:
        columns: list[Any] = list(zip(*batch, strict=True)) if batch else [[] for _ in header]
        return pa.table(
            {name: pa.array(column, pa.string()) for name, column in zip(header, columns, strict=True)}, shape
        )

    with file.open("wb") as opened:
        with parquet.ParquetWriter(opened, shape) as written:
            for row in rows:
                count += 1
                batch.append([None if cell is None else _cell(cell) for cell in row])
                if len(batch) == BATCH:
                    written.write_table(table())
                    batch.clear()
            written.write_table(table())
        opened.flush()
        os.fsync(opened.fileno())
    return count


WRITERS: Final = {"csv": _csv, "parquet": _parquet}


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _document(told: Mapping[str, Any]) -> bytes:
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


def _write(file: Path, data: bytes) -> None:
    filled(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, FILE_MODE), data)


def _sm3(data: bytes) -> str:
    return hashlib.new("sm3", data).hexdigest()


def _sm3_of(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, lambda: hashlib.new("sm3")).hexdigest()
