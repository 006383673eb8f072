"""`yinxin seal-batch`: every OFD and PDF of a folder; what is done stays done, one bad file does not stop the rest.

The files become a batch as over the API, and this process carries its task out itself, or waits where a worker was
faster. Beside the output stands `OUT.batch.json` with what became of each file, written after each. Run again with
the same arguments, the command goes on where it was: what is sealed and unchanged is left alone, what failed is tried
again.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import click

from base import clock, problems
from base.command_line import json_option, language, pass_running, report
from base.program import Running
from keys.algorithms.sm3 import SM3
from signing.commands import sealing_orders
from signing.commands.batch_runs import BatchRun, Outcome
from signing.commands.sealing_orders import Asked, Purpose
from signing.sealing_command_errors import NotAFolderToSeal, OtherBatch

FORM: Final = "yinxin-seal-batch/2"
SUFFIXES: Final = frozenset({".ofd", ".pdf"})
SEALED, FAILED = "sealed", "failed"
EXIT_SOME_FAILED: Final = 1


@dataclass
class State:
    """What became of each file so far, which batch is under way, and where that is written down."""

    file: Path
    seal: str
    purpose: str
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    # The batch that this command last began, with the file that each of its numbers stands for.
    batch: str | None = None
    numbers: dict[str, str] = field(default_factory=dict)

    def keep(self) -> None:
        """Write the state down."""
        told = {"form": FORM, "seal": self.seal, "purpose": self.purpose, "files": self.entries}
        under_way = {"batch": self.batch, "numbers": self.numbers}
        sealing_orders.written(self.file, sealing_orders.as_json({**told, **under_way}))

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
    state = _opened(out, wanted, purpose)
    out.mkdir(parents=True, exist_ok=True)
    files = sorted(each for each in folder.rglob("*") if each.suffix.lower() in SUFFIXES and each.is_file())
    stopped = _carried_out(running, folder, out, files, state, wanted, purpose)
    failed = {name: each for name, each in state.entries.items() if each["state"] == FAILED}
    left = len(files) - len(state.entries)
    if as_json:
        report({"seal": wanted.seal, "files": state.entries, "stopped": stopped, "left": left})
    else:
        for line in _lines(state, failed, left, stopped):
            click.echo(line)
    sys.exit(EXIT_SOME_FAILED if failed or left else 0)


def _carried_out(
    running: Running, folder: Path, out: Path, files: list[Path], state: State, wanted: Asked, purpose: Purpose
) -> str | None:
    """End what an earlier run began, then seal what is left; give why it ended before the last, if it did."""
    run = BatchRun(running, purpose.by)
    with click.progressbar(length=len(files), file=sys.stderr) as bar:

        def outcome(of: Outcome) -> None:
            state.entries[state.numbers[str(of.number)]] = _entry(out / state.numbers[str(of.number)], of)
            state.keep()
            bar.update(1)

        if state.batch is not None:
            run.go_on(state.batch, outcome)
        names = _begun(run, folder, out, files, state, wanted, purpose)
        bar.update(len(files) - len(names))
        problem = run.go_on(state.batch, outcome) if state.batch is not None else None
    state.batch, state.numbers = None, {}
    state.keep()
    return None if problem is None else _said(*problem)


def _begun(
    run: BatchRun, folder: Path, out: Path, files: list[Path], state: State, wanted: Asked, purpose: Purpose
) -> list[str]:
    """Open a batch of the files that are not done; gives their names."""
    state.batch, state.numbers = None, {}
    for file in files:
        name = file.relative_to(folder).as_posix()
        if file.stat().st_size > sealing_orders.FILE_LIMIT:
            size = str(file.stat().st_size)
            state.entries[name] = {"state": FAILED, "code": "document-too-large", "reason": size}
            continue
        content = file.read_bytes()
        if state.is_done(name, SM3.of(content).hex(), out / name):
            continue
        state.entries.pop(name, None)
        if state.batch is None:
            state.batch = run.opened(sealing_orders.batch(wanted, purpose))
        state.numbers[str(run.add(state.batch, name, content))] = name
    state.keep()
    return list(state.numbers.values())


def _entry(target: Path, of: Outcome) -> dict[str, Any]:
    """Write a sealed document where it belongs, and tell what is to be noted of the file."""
    if of.content is None:
        return {"state": FAILED, "code": of.code, "reason": _said(of.code, of.facts)}
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        sealing_orders.written(target, of.content)
    except OSError as error:
        return {"state": FAILED, "code": "not-written", "reason": str(error.strerror)}
    return {"state": SEALED, "source_sm3": of.draft_sm3, "sm3": of.sm3, "use": of.use}


def _said(code: str, facts: dict[str, Any]) -> str:
    """Say in one line a refusal that was kept."""
    said = problems.words()[code][language()]
    text = f"{said['detail']} {said['fix']}"
    for name, value in facts.items():
        text = text.replace("{" + name + "}", str(value))
    return text


def _opened(out: Path, wanted: Asked, purpose: Purpose) -> State:
    """Read how far the batch is. Raises `OtherBatch`."""
    file = out.with_name(f"{out.name}.batch.json")
    meant = f"{purpose.by.id}|{purpose.document_type}|{purpose.act}|{purpose.region}"
    if not file.exists():
        return State(file, wanted.seal, meant)
    try:
        told = json.loads(file.read_bytes())
        numbers = dict(told["numbers"])
        state = State(file, told["seal"], told["purpose"], dict(told["files"]), told["batch"], numbers)
        form = told["form"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OtherBatch(str(file), "?") from error
    if (form, state.seal, state.purpose) != (FORM, wanted.seal, meant):
        raise OtherBatch(str(file), str(state.seal))
    return state


def _require_apart(folder: Path, out: Path) -> None:
    """Raises `NotAFolderToSeal` where sealed documents would be found as input."""
    inside, outside = folder.resolve(), out.resolve()
    if outside == inside or inside in outside.parents:
        raise NotAFolderToSeal(str(out), "inside-the-input")
    if out.exists() and not out.is_dir():
        raise NotAFolderToSeal(str(out), "no-folder")


def _lines(state: State, failed: dict[str, dict[str, Any]], left: int, stopped: str | None) -> Iterator[str]:
    chinese = language() == "zh"
    done = len(state.entries) - len(failed)
    yield (
        f"已签章 {done}，失败 {len(failed)}，未处理 {left}"
        if chinese
        else f"{done} sealed, {len(failed)} failed, {left} left"
    )
    for name, entry in sorted(failed.items()):
        yield f"✕ {name}: {entry['code']}: {entry['reason']}"
    if stopped is not None:
        yield f"已停止：{stopped}" if chinese else f"Stopped: {stopped}"
    yield f"{state.file}"
