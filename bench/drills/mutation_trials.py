"""Tries mutants in a copy of the tree, one after the other, each in a process of its own that is ended by limits.

Run as a program with the copy as its folder: it imports what the tests need of other people's packages once, and forks
for each question. A question is a line of JSON with the tests to run; the answer is how they ended. Nothing of the
house is imported before the fork, so that every trial imports the copy's modules as they stand then.

A trial is limited by the time of the processor, since a busy machine must not look like a mutant that was noticed.
"""

import contextlib
import gc
import importlib
import json
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from typing import Any, Final

# Nothing that is verified needs a fraction of this; a mutant without limits would take the machine.
MEMORY: Final = 6 << 30
# A trial that waits for something that never comes.
WALL_SECONDS: Final = 600.0
STEP_SECONDS: Final = 0.02
OWN: Final = frozenset({"app", "base", "keys", "signing", "exchange", "console", "certs", "catalog_sync", "tests"})
FORGOTTEN: Final = ("bench", "pytest_cov", "_pytest")
# What is imported before pytest cannot have its asserts rewritten; none of it is a test.
_CALM: Final = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
# What the tests tried here do not use.
_WITHOUT: Final = ("cacheprovider", "xdist", "xdist.looponfail", "schemathesis", "pytest_cov", "unraisableexception")


def main() -> None:
    """Answer questions until there are no more."""
    sys.path.insert(0, os.getcwd())  # noqa: PTH109 - as the interpreter keeps it
    _preload(json.loads(sys.stdin.readline()))
    _tell({"ready": True})
    for line in sys.stdin:
        _tell(_tried(json.loads(line)))


def _preload(names: list[str]) -> None:
    """Import what is not ours; what cannot be imported by itself is left to who needs it."""
    for name in names:
        if name.partition(".")[0] not in OWN and not name.startswith(FORGOTTEN):
            with contextlib.suppress(Exception):
                importlib.import_module(name)
    # What is there now need not be looked through by every child.
    gc.freeze()


def _tried(question: dict[str, Any]) -> dict[str, Any]:
    began = time.monotonic()
    child = os.fork()
    if not child:
        _run(question)
    for _ in _waiting():
        ended, status, used = os.wait4(child, os.WNOHANG)
        if ended:
            break
    else:
        os.killpg(child, signal.SIGKILL)
        _, status, used = os.wait4(child, 0)
        return {"ended": "waited too long", "processor": used.ru_utime, "wall": WALL_SECONDS}
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    return {
        "ended": _told(status),
        "processor": round(used.ru_utime + used.ru_stime, 2),
        "wall": round(time.monotonic() - began, 2),
    }


def _waiting() -> Iterator[None]:
    stop = time.monotonic() + WALL_SECONDS
    while time.monotonic() < stop:
        yield
        time.sleep(STEP_SECONDS)


def _told(status: int) -> str:
    """Say how the tests ended: passed is the one answer by which a mutant survives."""
    if os.WIFSIGNALED(status):
        taken = os.WTERMSIG(status)
        return "over its time" if taken in {signal.SIGXCPU, signal.SIGKILL} else f"signal {taken}"
    code = os.WEXITSTATUS(status)
    return {0: "passed", 1: "failed"}.get(code, f"code {code}")


def _run(question: dict[str, Any]) -> None:
    """Run the tests in this forked process and leave; never returns."""
    code = 70
    try:
        os.setsid()
        seconds = int(question["seconds"])
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        nothing = os.open(question.get("log", os.devnull), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        # Tests are compiled once, when they run unchanged.
        sys.dont_write_bytecode = "log" not in question
        pytest = importlib.import_module("pytest")
        chosen = ["-x", "-q", "-k", "not postgresql and not bomb", "--hypothesis-seed=0", *_CALM]
        chosen.extend(f"-pno:{each}" for each in _WITHOUT)
        code = int(pytest.main([*chosen, *question["tests"]]))
    except BaseException:  # noqa: BLE001 - the log says what it was, and the exit code that it was
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _tell(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
