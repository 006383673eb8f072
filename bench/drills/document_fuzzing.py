"""Fuzzing of the four readers that meet bytes from outside: container gate, seals, signed messages, Signature.xml.

Each target runs in slices, each slice in a process of its own: guided by coverage with atheris where that is installed
(it is no dependency of the project: `pip install atheris` in the development environment is all it takes), else with a
tracer of our own, which is slower. Seeds are the builders' good and bad documents and what earlier runs kept under
`tests/signing/fuzzing`, where a test replays it. A fault is any exception that the reader does not document, a step of
the judgement that crashed, more than two seconds of CPU time for one input, a file or a connection that is opened, or a
process that dies; the input that did it is left in the state folder.

`python -m bench.drills.document_fuzzing --keep` puts the smallest inputs that reach most into the folder of the tests.
"""

import functools
import hashlib
import importlib
import importlib.util
import json
import os
import random
import resource
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from bench.drills.damage import mangled, one_byte
from bench.drills.stepwise import Cases, kept

NAME = "document_fuzzing"
ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "tests" / "signing" / "fuzzing"
NAMES = ("gate", "seals", "messages", "descriptions")
SLICES, SLICE_SECONDS = 5, 60
SHORT_SECONDS = 4
LONGEST_CPU_SECONDS = 2.0
# What a slice may take beside its time: the imports, instrumented, and the seeds, on a busy machine.
PATIENCE_SECONDS = 180
MEMORY = 2 << 30
HOUSE = ("signing", "keys")
# What is kept for the tests: small, and not more than a reader of the project would put up with.
KEPT_FILES, KEPT_BYTES, KEPT_IN_ALL = 40, 8192, 64 * 1024


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Fuzz each target, going on with the slice where an earlier run stopped."""
    slices, seconds = (1, SHORT_SECONDS) if short else (SLICES, SLICE_SECONDS)
    cases = Cases(NAME, slices * len(NAMES), 1, results)
    with kept(cases) as (progress, save):
        while progress.done < cases.count:
            name = NAMES[progress.done % len(NAMES)]
            told = _slice(name, progress.done, seconds, results / "state" / NAME)
            progress.faults += told.pop("faults")
            progress.notes[name] = _added(progress.notes.get(name), told)
            progress.done += 1
            save()
    inputs = sum(each["inputs"] for each in progress.notes.values())
    return {
        "way": "atheris: guided by coverage" if _has_atheris() else "a tracer of our own: guided by coverage",
        "seconds_each": slices * seconds,
        "inputs": inputs,
        "targets": progress.notes,
        "faults": progress.faults,
        "passed": not progress.faults and inputs > 0,
        "resumed_from": progress.resumed_from,
    }


def _slice(name: str, number: int, seconds: int, folder: Path) -> dict[str, Any]:
    """Fuzz one target for a while in a process of its own."""
    corpus = folder / name
    corpus.mkdir(parents=True, exist_ok=True)
    report = folder / f"{name}.report"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "bench.drills.document_fuzzing", "--slice", name, str(number), str(seconds)]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    with (folder / f"{name}.log").open("wb") as log:
        try:
            ended: int | str = subprocess.run(
                [*command, str(folder)],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                check=False,
                timeout=seconds + PATIENCE_SECONDS,
            ).returncode
        except subprocess.TimeoutExpired:
            ended = "never"
    if report.exists():
        told: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        return told
    return {"faults": [{"target": name, "slice": number, "outcome": f"the process ended: {ended}"}], "inputs": 0}


def _added(before: dict[str, Any] | None, told: dict[str, Any]) -> dict[str, Any]:
    """Put the figures of one more slice to those before."""
    if before is None or not told["inputs"]:
        return before or told
    slowest = max(before["slowest"], told["slowest"], key=lambda each: each["cpu_ms"])
    tally = Counter(before["tally"]) + Counter(told["tally"])
    return {
        "inputs": before["inputs"] + told["inputs"],
        "corpus": told["corpus"],
        "slowest": slowest,
        "largest_process_mib": max(before["largest_process_mib"], told["largest_process_mib"]),
        "tally": dict(sorted(tally.items())),
    }


def _has_atheris() -> bool:
    return importlib.util.find_spec("atheris") is not None


@dataclass
class _Slice:
    """One slice, inside its process."""

    name: str
    number: int
    folder: Path
    ends: float
    target: Any
    tried: Callable[[Any, bytes], str]
    inputs: int = 0
    tally: Counter[str] = field(default_factory=Counter)
    slowest: dict[str, Any] = field(default_factory=lambda: {"cpu_ms": 0.0})
    faults: list[dict[str, Any]] = field(default_factory=list)

    @property
    def corpus(self) -> Path:
        """Give the folder of inputs that reached something new."""
        return self.folder / self.name

    def take(self, data: bytes) -> None:
        """Try one input; at the end of the time, tell and go."""
        began = time.process_time()
        outcome = self.tried(self.target, data)
        spent = time.process_time() - began
        self.inputs += 1
        self.tally[outcome] += 1
        if spent * 1000 > self.slowest["cpu_ms"]:
            self.slowest = {"cpu_ms": round(spent * 1000, 1), "bytes": len(data), "outcome": outcome}
        if outcome.startswith("fault") or spent > LONGEST_CPU_SECONDS:
            self._fault(data, outcome if outcome.startswith("fault") else f"fault: took {spent:.1f} s")
        if time.monotonic() > self.ends:
            self._end()

    def _fault(self, data: bytes, outcome: str) -> None:
        """Keep an input, once for each way to fail."""
        if any(each["outcome"] == outcome for each in self.faults):
            return
        file = self.folder / f"{self.name}-{_sum(data)}"
        file.write_bytes(data)
        self.faults.append({"target": self.name, "slice": self.number, "outcome": outcome, "input": file.name})

    def _end(self) -> None:
        told = {
            "faults": self.faults,
            "inputs": self.inputs,
            "corpus": len(list(self.corpus.iterdir())),
            "slowest": self.slowest,
            "largest_process_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "tally": dict(sorted(self.tally.items())),
        }
        (self.folder / f"{self.name}.report").write_text(json.dumps(told), encoding="utf-8")
        os._exit(0)  # atheris never returns, and has nothing to tidy up


def fuzz(name: str, number: str, seconds: str, folder: str) -> None:
    """Fuzz one target in this process until its time is over."""
    if _has_atheris():
        atheris = importlib.import_module("atheris")
        with atheris.instrument_imports(include=list(HOUSE)):
            targets = importlib.import_module("bench.drills.fuzz_targets")
    else:
        targets = importlib.import_module("bench.drills.fuzz_targets")
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    target = targets.TARGETS[name]
    own = _Slice(name, int(number), Path(folder), float("inf"), target, targets.tried)
    for seed in (each for each in seeds(name, target) if len(each) <= targets.LARGEST):
        (own.corpus / _sum(seed)).write_bytes(seed)
    own.ends = time.monotonic() + int(seconds)  # its time begins when everything is imported
    if _has_atheris():
        words = own.folder / f"{name}.words"
        words.write_text("".join(f'"{_escaped(each)}"\n' for each in target.words), encoding="ascii")
        options = [f"-max_len={targets.LARGEST}", f"-dict={words}", f"-seed={int(number) + 1}", "-print_final_stats=0"]
        options += [f"-artifact_prefix={own.folder}/died-{name}-", "-rss_limit_mb=2048", "-timeout=30", "-verbosity=0"]
        atheris.Setup([sys.argv[0], *options, str(own.corpus)], own.take)
        atheris.Fuzz()
    else:
        _guided(own)


def _guided(own: _Slice) -> None:
    """Change inputs that reached something new, and keep those that do again; never returns."""
    chance = random.Random(f"{NAME}/{own.name}/{own.number}")
    corpus = [file.read_bytes() for file in sorted(own.corpus.iterdir())]
    chance.shuffle(corpus)
    seen: set[Any] = set()
    for each in corpus:
        seen |= reached(own.take, each)
    while True:
        data = _changed(chance, corpus, own.target.words)
        (own.folder / f"{own.name}.last").write_bytes(data)
        lines = reached(own.take, data)
        if not lines <= seen:
            seen |= lines
            corpus.append(data)
            (own.corpus / _sum(data)).write_bytes(data)


def _changed(chance: random.Random, corpus: list[bytes], words: Iterable[bytes]) -> bytes:
    data = chance.choice(corpus)
    if chance.random() < 0.4:
        return one_byte(chance, data) if data else b"\0"
    if chance.random() < 0.2:
        other = chance.choice(corpus)
        return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]
    return mangled(chance, data or b"\0", tuple(words))


def reached(act: Callable[[bytes], object], data: bytes) -> set[Any]:
    """Tell which lines of the house an act on these bytes reaches."""
    found: set[Any] = set()

    def line(frame: FrameType, event: str, _argument: object) -> Any:
        if event == "line":
            found.add((frame.f_code, frame.f_lineno))
        return line

    def call(frame: FrameType, _event: str, _argument: object) -> Any:
        return line if str(frame.f_globals.get("__name__", "")).partition(".")[0] in HOUSE else None

    sys.settrace(call)
    threading.settrace(call)
    try:
        act(data)
    finally:
        sys.settrace(None)
        threading.settrace(None)
    return found


def seeds(name: str, target: Any) -> list[bytes]:
    """Give the good and bad documents of the builders, and what earlier runs kept."""
    return [*target.seeds(), *(file.read_bytes() for file in sorted((KEPT / name).glob("*.bin")))]


def keep(state: Path) -> None:
    """Choose from each corpus the smallest inputs that together reach most lines, and write them for the tests."""
    targets = importlib.import_module("bench.drills.fuzz_targets")
    for name, target in targets.TARGETS.items():
        act = functools.partial(targets.tried, target)
        base = set[Any]().union(*(reached(act, each) for each in target.seeds()))
        found = {file.read_bytes() for folder in (state / name, KEPT / name) for file in folder.glob("*")}
        small = sorted((each for each in found if len(each) <= KEPT_BYTES), key=lambda each: (len(each), each))
        chosen = _as_many_as_fit(_reaching_more(act, small, base))
        (KEPT / name).mkdir(parents=True, exist_ok=True)
        for data in chosen:
            (KEPT / name / f"{_sum(data)}.bin").write_bytes(data)
        print(f"{name}: kept {len(chosen)} of {len(found)}")


def _reaching_more(act: Callable[[bytes], object], inputs: Iterable[bytes], seen: set[Any]) -> Iterator[bytes]:
    for each in inputs:
        lines = reached(act, each)
        if not lines <= seen:
            seen |= lines
            yield each


def _as_many_as_fit(inputs: Iterable[bytes]) -> list[bytes]:
    chosen: list[bytes] = []
    for each in inputs:
        if len(chosen) == KEPT_FILES or sum(map(len, chosen)) + len(each) > KEPT_IN_ALL:
            break
        chosen.append(each)
    return chosen


def _sum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{each:02x}" for each in word)


if __name__ == "__main__":
    if "--slice" in sys.argv:
        fuzz(*sys.argv[2:])
    elif "--keep" in sys.argv:
        keep(Path(__file__).parents[1] / "results" / "state" / NAME)
