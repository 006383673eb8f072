"""Mutants of the code that verifies: how many of its places can be changed without a test that notices.

A sample is drawn from a seed, from all modules in proportion to their mutants, and tried in that order until the time
is up; wherever it ends, every module had its share. Each mutant stands in a copy of the tree, where the tests of its
area are run, first its own, then the wider ones, until one fails. What no test notices survives and is listed. Where
it changes nothing that could be noticed, `mutation_equivalents.toml` says why, one by one; it still counts as tried
and as not noticed. A mutant that needs more than five times the usual time of the processor was noticed.

Before anything counts, all tests must pass in the copy as it is, and a mutant that breaks its module must be noticed:
that shows that it is the copy which is tried.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Self

from bench import runner
from bench.drills.mutation_areas import AREAS, Area
from bench.drills.mutation_operators import Mutant, mutants

NAME = "mutation"
SEED = "yinxin-mutation-fresh-3"
MINUTES = 20.0
SHORT_MINUTES = 0.3
# Trying any area begins with its unchanged tests; the short form takes one whose tests are quick.
SHORT_OF = "keys/revocation.py"
NEEDED: Final = 0.90
TREE: Final = runner.ROOT.parent
COPIED: Final = ("base", "keys", "signing", "exchange", "console", "certs", "catalog_sync", "migrations", "tests")
COPIED_FILES: Final = ("app.py", "setup.cfg", "pyproject.toml")
EQUIVALENTS: Final = Path(__file__).with_name("mutation_equivalents.toml")
# How much longer than unchanged a trial may take, and what every trial may take.
SLOWER: Final = 5
LEAST_SECONDS: Final = 20


def run(*, short: bool, results: Path, seed: str = SEED, minutes: float = MINUTES) -> dict[str, Any]:
    """Try the sample of the seed, going on where an earlier run stopped."""
    minutes = min(minutes, SHORT_MINUTES) if short else minutes
    file = results / "state" / f"{NAME}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    state = _state(file, f"{seed}/{digest()}")
    resumed_from = len(state["tried"])
    drawn = sample(seed, SHORT_OF if short else "")
    with tempfile.TemporaryDirectory(prefix="yinxin-mutation-") as folder, Trials(Path(folder)) as trials:
        for mutant in drawn:
            if state["seconds"] >= minutes * 60:
                break
            if mutant.id in state["tried"]:
                continue
            trials.prepare(mutant)
            began = time.monotonic()
            state["tried"][mutant.id] = trials.ended(mutant)
            state["seconds"] += time.monotonic() - began
            file.write_text(json.dumps(state), encoding="utf-8")
            _say(state["tried"], mutant)
    file.unlink(missing_ok=True)
    told = _result(drawn, state["tried"])
    if short:  # a few mutants show that the drill still works, and nothing of the share
        told["passed"] = told["killed"] > 0
    return {"seed": seed, **told, "resumed_from": resumed_from}


def sample(seed: str, only: str = "") -> list[Mutant]:
    """Give every mutant in an order of which each beginning is fair: all modules advance alike."""
    ordered: list[tuple[float, str, Mutant]] = []
    for path in (path for area in AREAS for path in area.paths if only in path):
        source = random.Random(f"{seed}/{path}")
        made = mutants(path, (TREE / path).read_bytes())
        source.shuffle(made)
        begins = source.random()
        ordered.extend(((place + begins) / len(made), path, mutant) for place, mutant in enumerate(made))
    return [mutant for _, _, mutant in sorted(ordered, key=lambda each: each[:2])]


def digest() -> str:
    """Give what changes with any module or test that is tried, so that no old answer is taken for a new one."""
    found = hashlib.sha256()
    for path in sorted({path for area in AREAS for path in (*area.paths, *area.own, *area.wider)}):
        found.update((TREE / path).read_bytes())
    return found.hexdigest()


class Trials:
    """A copy of the tree, and the program that runs tests in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in COPIED:
            if (TREE / name).is_dir():
                shutil.copytree(TREE / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in COPIED_FILES:
            shutil.copy(TREE / name, folder / name)
        self.environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
        self._usual: dict[tuple[str, int], float] = {}

    def __enter__(self) -> Self:
        """Compile the copy, start the program and let it import what is not ours."""
        subprocess.run([sys.executable, "-m", "compileall", "-q", str(self.folder)], check=False)
        program = Path(__file__).with_name("mutation_trials.py")
        self.process = subprocess.Popen(
            ["nice", "-n", "19", sys.executable, str(program)],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._ask(self._imported())
        return self

    def __exit__(self, *_: object) -> None:
        """Let the program end."""
        self.process.communicate()

    def ended(self, mutant: Mutant) -> str:
        """Tell how a mutant ended: `survived`, or by what it was noticed."""
        area = self.prepare(mutant)
        for number, tests in enumerate((area.own, area.wider)):
            seconds = LEAST_SECONDS + SLOWER * self._usual[area.name, number]
            answer = self._tried(mutant.module, mutant.source, tests, seconds)
            if answer["ended"] != "passed":
                return str(answer["ended"])
        return "survived"

    def prepare(self, mutant: Mutant) -> Area:
        """Require that the area's tests pass in the unchanged copy and notice a broken module; note their time."""
        area = next(each for each in AREAS if mutant.module in each.paths)
        if (area.name, 0) in self._usual:
            return area
        canary = area.paths[0]
        for number, tests in enumerate((area.own, area.wider)):
            answer = self._ask({"tests": tests, "seconds": 900, "log": str(self.folder / "tests.log")})
            if answer["ended"] != "passed":
                raise RuntimeError(f"{area.name}: {answer}\n{(self.folder / 'tests.log').read_text()[-3000:]}")
            self._usual[area.name, number] = answer["processor"]
            if self._tried(canary, b"raise RuntimeError('canary')\n", tests, 900)["ended"] == "passed":
                raise RuntimeError(f"{area.name}: {tests} do not try the copy")
        return area

    def _tried(self, path: str, source: bytes, tests: Sequence[str], seconds: float) -> dict[str, Any]:
        """Put a source in the place of a module, run the tests, and put the module back."""
        file = self.folder / path
        whole = file.read_bytes()
        # A compiled file is taken by the second of its source: within one second it would hide the change.
        for each in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
            each.unlink()
        file.write_bytes(source)
        try:
            return self._ask({"tests": tests, "seconds": seconds})
        finally:
            file.write_bytes(whole)

    def _imported(self) -> list[str]:
        """Name everything that the application and the tests import."""
        asked = "import sys, app, pytest, hypothesis.strategies, tests.builders.pdf; print('\\n'.join(sys.modules))"
        told = subprocess.run(
            [sys.executable, "-c", asked],
            cwd=self.folder,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return told.stdout.split()

    def _ask(self, question: object) -> dict[str, Any]:
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("no program")
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


def argued() -> dict[tuple[str, str, str], str]:
    """Read why a mutant changes nothing: by module, line and change."""
    told = tomllib.loads(EQUIVALENTS.read_text(encoding="utf-8"))
    return {(each["module"], each["line"], each["change"]): each["why"] for each in told.get("equivalent", [])}


def _state(file: Path, key: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return found if found.get("key") == key else {"key": key, "tried": {}, "seconds": 0.0}


def _result(drawn: Sequence[Mutant], tried: dict[str, str]) -> dict[str, Any]:
    seen = [each for each in drawn if each.id in tried]
    survived = list(_survivors(each for each in seen if tried[each.id] == "survived"))
    killed = len(seen) - len(survived)
    return {
        "mutants": len(drawn),
        "tried": len(seen),
        "killed": killed,
        "share": round(killed / len(seen), 4) if seen else 0.0,
        "share_without_equivalents": round(killed / (killed + sum(not each["why"] for each in survived) or 1), 4),
        "ended": dict(Counter(tried[each.id] for each in seen)),
        "areas": {area.name: _share([each for each in seen if each.module in area.paths], tried) for area in AREAS},
        "survivors": survived,
        "passed": bool(seen) and killed / len(seen) >= NEEDED,
    }


def _survivors(mutants_left: Iterator[Mutant]) -> Iterator[dict[str, str]]:
    reasons = argued()
    for each in mutants_left:
        yield {
            "at": f"{each.module}:{each.line}",
            "line": each.text,
            "change": each.told,
            "why": reasons.get((each.module, each.text, each.told), ""),
        }


def _share(seen: Sequence[Mutant], tried: dict[str, str]) -> str:
    killed = sum(tried[each.id] != "survived" for each in seen)
    return f"{killed} of {len(seen)}"


def _say(tried: dict[str, str], mutant: Mutant) -> None:
    ended = tried[mutant.id]
    if ended == "survived":
        runner.say(f"{NAME}: {mutant.module}:{mutant.line}: {mutant.told}   [{mutant.text}]")
    if len(tried) % 25 == 0:
        runner.say(f"{NAME}: {len(tried)} tried, {sum(each == 'survived' for each in tried.values())} survived")


def main() -> None:
    """Try a sample of another seed, or of some modules only, and print what survived."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--seed", required=True)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--only", default="", help="a part of the modules' paths")
    told = parser.parse_args()
    drawn, tried = sample(told.seed, told.only), {}
    stop = time.monotonic() + told.minutes * 60
    with tempfile.TemporaryDirectory(prefix="yinxin-mutation-") as folder, Trials(Path(folder)) as trials:
        for mutant in drawn:
            if time.monotonic() > stop:
                break
            tried[mutant.id] = trials.ended(mutant)
            _say(tried, mutant)
    print(json.dumps(_result(drawn, tried), ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
