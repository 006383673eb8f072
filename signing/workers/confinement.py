"""What a process gives up before it sees a byte from outside: memory, time, files, the network, other programs."""

import math
import os
import resource
import signal
import sys
from typing import Any, Final

from signing.workers import system_calls
from signing.workers.limits import GRACE_SECONDS, MIB, OPEN_FILES, WorkerLimits

# What Python says before it does it (the table of audit events); none of these is needed to verify.
REFUSED: Final = frozenset(
    "os.exec os.fork os.forkpty os.posix_spawn os.spawn os.system os.startfile os.remove os.rename os.rmdir os.mkdir "
    "os.link os.symlink os.truncate os.chmod os.chown os.kill os.putenv pty.spawn subprocess.Popen shutil.copyfile "
    "shutil.move shutil.rmtree tempfile.mkstemp tempfile.mkdtemp sqlite3.connect".split()
)
WRITING_FLAGS: Final = system_calls.WRITING


class Confined(PermissionError):
    """This process reads one document and tells what it found; it does nothing else."""


def confine(limits: WorkerLimits) -> None:
    """Give everything up, for good."""
    for which, most in (
        (resource.RLIMIT_AS, limits.megabytes * MIB),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
    ):
        resource.setrlimit(which, (most, most))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    sys.addaudithook(_refuse)
    system_calls.give_up()


def begin(seconds: float) -> None:
    """Bound the next job: by the time it computes, and by the clock in case nobody watches any more."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used.ru_utime + used.ru_stime + seconds) + 1, most))
    signal.setitimer(signal.ITIMER_REAL, seconds + GRACE_SECONDS)


def rest() -> None:
    """Stop the clock: between jobs a process waits as long as it likes."""
    signal.setitimer(signal.ITIMER_REAL, 0)


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    if event.startswith("socket.") or event in REFUSED:
        raise Confined(event)
    if event == "open":
        _, mode, flags = args
        writes = isinstance(mode, str) and not set("wax+").isdisjoint(mode)
        if writes or (isinstance(flags, int) and flags & WRITING_FLAGS & ~os.O_CLOEXEC):
            raise Confined(event)
