"""A long run of cases, each made from its number alone: tallied step by step, and gone on with where it was stopped.

The state is written after each step. Whoever calls decides what a case is and what counts as a fault; here is only the
counting, so that every such drill resumes and reports in the same way.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Tried:
    """What came of one case: the line of the tally that it counts under, or lines; and its fault where it has one."""

    told: str | Counter[str]
    fault: Mapping[str, object] | None = None


@dataclass(frozen=True)
class Cases:
    """How many cases a drill has, and after how many its state is kept."""

    name: str
    count: int
    step: int
    results: Path


@dataclass
class Progress:
    """What is known so far."""

    done: int = 0
    tally: Counter[str] = field(default_factory=Counter)
    faults: list[dict[str, Any]] = field(default_factory=list)
    resumed_from: int = 0
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def told(self) -> dict[str, object]:
        """Give what every result says of its cases."""
        return {
            "cases": self.done,
            "tally": dict(sorted(self.tally.items())),
            "faults": self.faults,
            "passed": not self.faults,
            "resumed_from": self.resumed_from,
        }


def through(cases: Cases, tried: Callable[[int], Tried]) -> Progress:
    """Try all cases, going on where an earlier run stopped."""
    with kept(cases) as (progress, save):
        while progress.done < cases.count:
            for index in range(progress.done, min(progress.done + cases.step, cases.count)):
                outcome = tried(index)
                progress.tally.update([outcome.told] if isinstance(outcome.told, str) else outcome.told)
                if outcome.fault is not None:
                    progress.faults.append({"index": index, **outcome.fault})
            progress.done = min(progress.done + cases.step, cases.count)
            save()
    return progress


@contextmanager
def kept(cases: Cases) -> Iterator[tuple[Progress, Callable[[], None]]]:
    """Give what an earlier run left, and how to keep what is reached; at the good end nothing is left behind."""
    file = cases.results / "state" / f"{cases.name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    progress = _read(file)

    def save() -> None:
        state = {
            "done": progress.done,
            "tally": dict(progress.tally),
            "faults": progress.faults,
            "notes": progress.notes,
        }
        part = file.with_suffix(".part")
        part.write_text(json.dumps(state), encoding="utf-8")
        part.replace(file)
        told = f"{cases.name}: {progress.done} of {cases.count}, faults {len(progress.faults)}"
        print(told, file=sys.stderr, flush=True)

    yield progress, save
    file.unlink(missing_ok=True)


def _read(file: Path) -> Progress:
    if not file.exists():
        return Progress()
    state = json.loads(file.read_text(encoding="utf-8"))
    return Progress(state["done"], Counter(state["tally"]), state["faults"], state["done"], state.get("notes", {}))
