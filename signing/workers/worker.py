"""One process that verifies, seen from our side: started, asked, watched, and ended."""

import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from base.clock import stopwatch
from keys.trust import Trust
from signing.workers.child import OUT_OF_MEMORY
from signing.workers.frames import Closed, Pipes, TooLate, TooLong
from signing.workers.job import Answer, Job, Order, Pictures
from signing.workers.limits import LARGEST_PICTURES, LARGEST_VERDICT, START_SECONDS, WorkerLimits

MODULE: Final = "signing.workers"
# The process finds our modules where we do, and gets nothing else of ours: no environment, hence no secrets in it.
BOOT: Final = (
    "import json, runpy, sys; path, module = json.loads(sys.argv.pop(1)); sys.path[:] = path; "
    "runpy.run_module(module, run_name='__main__', alter_sys=False)"
)
ENDED_BY_TIME: Final = frozenset({signal.SIGXCPU, signal.SIGALRM})


@dataclass(eq=False)
class Death(Exception):
    """The process died over a document, or was ended: which code of the report says so, and why."""

    code: str
    reason: str


class CannotStart(Exception):
    """No process could be started; no document is to blame."""


class Worker:
    """One process; asked by one caller at a time."""

    def __init__(self, limits: WorkerLimits, module: str = MODULE) -> None:
        self.limits = limits
        self.asked = 0
        self._digest: bytes | None = None
        self._is_ready = False
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                _line(limits, module),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={"MALLOC_ARENA_MAX": "1", "LC_ALL": "C.UTF-8"},
                cwd="/",
                start_new_session=True,
                bufsize=0,
            )
        except OSError as error:
            raise CannotStart from error
        if self._process.stdin is None or self._process.stdout is None:
            raise CannotStart
        self._pipes = Pipes(self._process.stdout.fileno(), self._process.stdin.fileno(), stopwatch)

    @property
    def pid(self) -> int:
        """Tell which process it is."""
        return self._process.pid

    @property
    def is_spent(self) -> bool:
        """Tell whether it has verified as much as one process should, or is gone."""
        return self.asked >= self.limits.jobs or self._process.poll() is not None

    def ask(self, job: Job, trust: Trust, pickled: bytes) -> Answer:
        """Have a document verified. Raises `Death`, `CannotStart`; after either, this worker is over."""
        self._await_ready()
        self.asked += 1
        digest = trust.digest
        order = Order(job, digest, trust.as_of, self.asked, None if digest == self._digest else pickled)
        deadline = stopwatch() + self.limits.seconds
        try:
            self._pipes.send(pickle.dumps(order), deadline)
            found = _verdict(self._told(LARGEST_VERDICT, deadline))
            self._digest = digest
            return replace(found, pictures=self._pictures(deadline))
        except (Closed, TooLate, TooLong) as error:
            raise self._death(error) from error
        except (ValueError, RecursionError) as error:
            self.end()
            raise Death("WORKER_DIED", "malformed-answer") from error
        except BaseException:
            # Whatever went wrong, what is still in the pipe must never be taken for the answer to the next document.
            self.end()
            raise

    def end(self) -> None:
        """End the process, whatever it does, and leave nothing behind."""
        with suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()

    def _await_ready(self) -> None:
        if self._is_ready:
            return
        try:
            self._told(1024, stopwatch() + START_SECONDS)
        except (Closed, TooLate, TooLong, ValueError) as error:
            self.end()
            raise CannotStart from error
        self._is_ready = True

    def _pictures(self, deadline: float) -> Pictures:
        """Take what was drawn; the verdict is there already, and stands whatever becomes of this."""
        pages: list[Mapping[str, Any]] = []
        seals: Mapping[str, str] = {}
        try:
            while "done" not in (told := self._told(LARGEST_PICTURES, deadline)):
                pages += [told["page"]] if isinstance(told.get("page"), dict) else []
                seals = told["seals"] if isinstance(told.get("seals"), dict) else seals
        except (Closed, TooLate, TooLong, ValueError, RecursionError):
            self.end()
        return Pictures(tuple(pages), seals)

    def _told(self, limit: int, deadline: float) -> Mapping[str, Any]:
        """Take one message about the document that was asked about. Raises `ValueError` for any other."""
        told = json.loads(self._pipes.receive(limit, deadline))
        if not isinstance(told, dict) or told.pop("asked", None) != self.asked:
            raise ValueError("no answer to what was asked")
        return told

    def _death(self, error: Exception) -> Death:
        """Tell why there was no answer, and see to it that the process is gone."""
        if isinstance(error, TooLate):
            self.end()
            return Death("TOO_LONG", "clock")
        if isinstance(error, TooLong):
            self.end()
            return Death("WORKER_DIED", "answer-too-large")
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        status = self._process.poll()
        self.end()
        if status == OUT_OF_MEMORY:
            return Death("TOO_MUCH_MEMORY", "memory")
        if status is not None and -status in ENDED_BY_TIME:
            return Death("TOO_LONG", "computing")
        return Death("WORKER_DIED", _named(status))


def _verdict(found: Mapping[str, Any]) -> Answer:
    """Read what was told first. Raises `Death`."""
    if "unforeseen" in found:
        raise Death("WORKER_DIED", str(found["unforeseen"])[:80])
    report, xml, evidence = (found.get(each) for each in ("report", "xml", "evidence"))
    if not isinstance(report, dict) or not isinstance(xml, str) or not isinstance(evidence, str | None):
        raise Death("WORKER_DIED", "malformed-answer")
    return Answer(report, xml, evidence)


def _line(limits: WorkerLimits, module: str) -> Sequence[str]:
    path = [os.path.abspath(each) for each in sys.path]  # noqa: PTH100 - "" among them means here
    return [sys.executable, "-I", "-B", "-c", BOOT, json.dumps([path, module]), json.dumps(asdict(limits))]


def _named(status: int | None) -> str:
    if status is None:
        return "closed"
    if status >= 0:
        return f"exit-{status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal-{-status}"
