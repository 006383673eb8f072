"""Killing a process at a chosen system call: how the calls are listed, how one is struck, and what a child tells.

A child is either a command run under strace, or a fork of this process that waits until strace has taken hold of it:
where the imports are what takes long, the second is many times faster.

A child marks stretches of its work by asking for files that are not there, which strace shows, and tells what it did on
its standard output by whole lines. A point is the n-th time that the process enters a system call; the n-th time in a
run that is listed is the n-th time in a run that is struck, as long as the child does the same each time.
"""

import ctypes
import os
import re
import shutil
import signal
import subprocess
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn

from sqlalchemy import text

from base.db import Database

CALL = re.compile(r"^(\d+) +(\w+)\((.*)")
MARK = re.compile(r'"/yinxin-drill-([a-z-]+)"')
# Memory and threads are no part of the work; killing there shows nothing that its neighbours do not.
NOT_OF_THE_WORK = frozenset("brk mmap munmap mprotect madvise futex rt_sigaction rt_sigprocmask getpid gettid".split())
PATIENCE_SECONDS = 30.0
# PR_SET_PTRACER, prctl(2): where only descendants may be traced, a child has to allow it.
ANY_MAY_TRACE = 0x59616D61


@dataclass(frozen=True)
class Point:
    """The n-th time that the child enters a system call, and after which of its marks that is."""

    call: str
    number: int
    after: str


def strace() -> str | None:
    """Find strace, if it may trace here."""
    found = shutil.which("strace")
    if found is None:
        return None
    tried = subprocess.run([found, "-f", "-o", os.devnull, "true"], capture_output=True, check=False)
    return found if tried.returncode == 0 else None


def listing(program: str, trace: Path) -> list[str]:
    """Give what stands before the child's command so that its calls are listed in a file."""
    return [program, "-f", "-o", str(trace)]


def striking(program: str, point: Point) -> list[str]:
    """Give what stands before the child's command so that it is killed on entering that call."""
    inject = f"inject={point.call}:signal=KILL:when={point.number}"
    return [program, "-f", "-o", os.devnull, "-e", f"trace={point.call}", "-e", inject]


def forked(act: Callable[[], None]) -> tuple[int, IO[str]]:
    """Make a child that will act once it is let go; what it tells can be read from the file."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        _acting(act, reading, writing)
    os.close(writing)
    os.waitpid(child, os.WUNTRACED)
    return child, os.fdopen(reading, encoding="utf-8")


def _acting(act: Callable[[], None], reading: int, writing: int) -> NoReturn:
    """Be the child: wait to be let go, act, and end without tidying up what is the parent's."""
    os.close(reading)
    os.dup2(writing, 1)
    ended = 1
    try:
        ctypes.CDLL(None).prctl(ANY_MAY_TRACE, -1, 0, 0, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        act()
        ended = 0
    except BaseException:  # noqa: BLE001 - told, and then the child is over
        traceback.print_exc()
    finally:
        os._exit(ended)


def held(under: Sequence[str], child: int) -> subprocess.Popen[str]:
    """Let strace take hold of a child that waits."""
    process = subprocess.Popen([*under, "-p", str(child)], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None  # noqa: S101 - told to mypy
    line = process.stderr.readline()
    if "attached" not in line:
        raise RuntimeError(f"strace may not take hold here: {line.strip()}")
    return process


def let_go(child: int) -> None:
    """Let a child that waits begin."""
    os.kill(child, signal.SIGCONT)


def points(trace: Path) -> list[Point]:
    """List the calls of the traced process between its marks, each with its number since the process began."""
    counted: Counter[str] = Counter()
    after, found, child = "", [], ""
    for line in trace.read_text(encoding="utf-8", errors="replace").splitlines():
        entered = CALL.match(line)
        if entered is None:
            continue
        process, call, arguments = entered.groups()
        child = child or process
        if process != child:
            continue
        counted[call] += 1
        if (mark := MARK.search(arguments)) is not None:
            after = "" if mark[1] == "ends" else mark[1]
        elif after and call not in NOT_OF_THE_WORK:
            found.append(Point(call, counted[call], after))
    return found


def spread(found: Sequence[Point], most: int) -> list[Point]:
    """Take so many points, evenly spread."""
    step = max(1.0, len(found) / max(1, most))
    return [found[int(at * step)] for at in range(min(most, len(found)))]


def await_silence(database: Database) -> None:
    """Wait until the server has noticed that the child is gone: what it was doing is then committed or undone."""
    if database.is_sqlite:
        return
    others = text(
        "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    )
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        with database.reading() as session:
            if not session.scalar(others):
                return
        time.sleep(0.01)


def mark(name: str) -> None:
    """Ask for a file that is not there: a system call that strace shows."""
    with suppress(FileNotFoundError):
        os.stat(f"/yinxin-drill-{name}")  # noqa: PTH116 - the system call itself is meant


def say(*words: str) -> None:
    """Tell the parent, in lines that are there whole."""
    os.write(1, "".join(f"{word}\n" for word in words).encode())
