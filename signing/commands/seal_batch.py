"""`yinxin seal-batch`: every OFD and PDF of a folder; what is done stays done, one bad file does not stop the rest.

Beside the output stands `OUT.batch.json` with what became of each file, written after each. Run again with the same
arguments, the command goes on where it was: what is sealed and unchanged is left alone, what failed is tried again.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import click

from base import clock
from base.command_line import json_option, language, pass_running, report
from base.errors import DomainError
from base.problems import sentence
from base.program import Running
from keys.algorithms.sm3 import SM3
from signing.commands import sealing_orders
from signing.commands.sealing_orders import Asked, Purpose
from signing.errors import CeilingReached, SealNotUsable
from signing.sealing_command_errors import NotAFolderToSeal, OtherBatch

FORM: Final = "yinxin-seal-batch/1"
SUFFIXES: Final = frozenset({".ofd", ".pdf"})
SEALED, FAILED = "sealed", "failed"
EXIT_SOME_FAILED: Final = 1
# After these every other file would be refused as well; going on would only fill the register with refusals.
STOPPING: Final = (SealNotUsable, CeilingReached)


@dataclass
class Batch:
    """What became of each file so far, and where that is written down."""

    file: Path
    seal: str
    purpose: str
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)

    def keep(self) -> None:
        """Write the state down."""
        told = {"form": FORM, "seal": self.seal, "purpose": self.purpose, "files": self.entries}
        sealing_orders.written(self.file, sealing_orders.as_json(told))

    def is_done(self, name: str, digest: str, target: Path) -> bool:
        """Tell whether this very document is sealed already and its sealed form is still there."""
        entry = self.entries.get(name, {})
        if entry.get("state") != SEALED or entry.get("source_sm3") != digest or not target.is_file():
            return False
        return bool(SM3.of(target.read_bytes()).hex() == entry.get("sm3"))


@click.command("seal-batch")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", metavar="OUT", type=click.Path(file_okay=False, path_type=Path))
@sealing_orders.options
@json_option
@pass_running
def seal_batch_command(running: Running, /, folder: Path, out: Path, as_json: bool, **told: Any) -> None:
    """Seal every OFD and PDF of a folder / 为目录中的 OFD、PDF 批量盖章."""
    wanted = sealing_orders.asked(**told)
    _require_apart(folder, out)
    with running.database.reading() as session:
        purpose = sealing_orders.purpose(session, wanted, clock.now())
    batch = _opened(out, wanted, purpose)
    out.mkdir(parents=True, exist_ok=True)
    files = sorted(each for each in folder.rglob("*") if each.suffix.lower() in SUFFIXES and each.is_file())
    stopped = _carry_out(running, folder, out, files, batch, wanted, purpose)
    failed = {name: each for name, each in batch.entries.items() if each["state"] == FAILED}
    left = len(files) - len(batch.entries)
    if as_json:
        report({"seal": wanted.seal, "files": batch.entries, "stopped": stopped, "left": left})
    else:
        for line in _lines(batch, failed, left, stopped):
            click.echo(line)
    sys.exit(EXIT_SOME_FAILED if failed or left else 0)


def _carry_out(
    running: Running, folder: Path, out: Path, files: list[Path], batch: Batch, wanted: Asked, purpose: Purpose
) -> str | None:
    """Seal file after file; give why it ended before the last, if it did."""
    with click.progressbar(files, file=sys.stderr, item_show_func=lambda each: each.name if each else "") as bar:
        for file in bar:
            name = file.relative_to(folder).as_posix()
            entry, ends = _one(running, file, out / name, name, batch, wanted, purpose)
            if ends is not None:
                return ends
            batch.entries[name] = entry
            batch.keep()
    return None


def _one(
    running: Running, file: Path, target: Path, name: str, batch: Batch, wanted: Asked, purpose: Purpose
) -> tuple[dict[str, Any], str | None]:
    """Seal one file, and tell what is to be noted of it, or why the whole batch ends here."""
    try:
        if file.stat().st_size > sealing_orders.FILE_LIMIT:
            return {"state": FAILED, "code": "document-too-large", "reason": str(file.stat().st_size)}, None
        document = file.read_bytes()
        digest = SM3.of(document).hex()
        if batch.is_done(name, digest, target):
            return batch.entries[name], None
        sealed = sealing_orders.sealed(running, document, file.name, wanted, purpose)
        target.parent.mkdir(parents=True, exist_ok=True)
        sealing_orders.written(target, sealed.document)
    except STOPPING as refusal:
        return {}, sentence(refusal, language())
    except DomainError as refusal:
        return {"state": FAILED, "code": refusal.code, "reason": sentence(refusal, language())}, None
    except OSError as error:
        return {"state": FAILED, "code": "not-written", "reason": str(error.strerror)}, None
    return {"state": SEALED, "source_sm3": digest, "sm3": sealed.sm3, "use": sealed.use}, None


def _opened(out: Path, wanted: Asked, purpose: Purpose) -> Batch:
    """Read how far the batch is. Raises `OtherBatch`."""
    file = out.with_name(f"{out.name}.batch.json")
    meant = f"{purpose.by.id}|{purpose.document_type}|{purpose.act}|{purpose.region}"
    if not file.exists():
        return Batch(file, wanted.seal, meant)
    try:
        told = json.loads(file.read_bytes())
        batch = Batch(file, told["seal"], told["purpose"], dict(told["files"]))
        form = told["form"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OtherBatch(str(file), "?") from error
    if (form, batch.seal, batch.purpose) != (FORM, wanted.seal, meant):
        raise OtherBatch(str(file), str(batch.seal))
    return batch


def _require_apart(folder: Path, out: Path) -> None:
    """Raises `NotAFolderToSeal` where sealed documents would be found as input."""
    inside, outside = folder.resolve(), out.resolve()
    if outside == inside or inside in outside.parents:
        raise NotAFolderToSeal(str(out), "inside-the-input")
    if out.exists() and not out.is_dir():
        raise NotAFolderToSeal(str(out), "no-folder")


def _lines(batch: Batch, failed: dict[str, dict[str, Any]], left: int, stopped: str | None) -> Iterator[str]:
    chinese = language() == "zh"
    done = len(batch.entries) - len(failed)
    yield (
        f"已签章 {done}，失败 {len(failed)}，未处理 {left}"
        if chinese
        else f"{done} sealed, {len(failed)} failed, {left} left"
    )
    for name, entry in sorted(failed.items()):
        yield f"✕ {name}: {entry['code']}: {entry['reason']}"
    if stopped is not None:
        yield f"已停止：{stopped}" if chinese else f"Stopped: {stopped}"
    yield f"{batch.file}"
