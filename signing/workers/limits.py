"""What one process that verifies may cost, and what its answers may weigh: every limit with its reason beside it."""

from dataclasses import dataclass
from typing import Final

MIB: Final = 1024 * 1024
# A report of a hundred seals with some thousand checks has a MiB or two, and the trust beside it what lists weigh.
LARGEST_VERDICT: Final = 64 * MIB
# Pages as pictures; what does not fit is left out by the process itself, so more is no answer of ours.
LARGEST_PICTURES: Final = 32 * MIB
# Loading the program takes a second; on a machine under full load, ten.
START_SECONDS: Final = 60.0
# Beyond its wall clock a process that nobody watches any more ends itself.
GRACE_SECONDS: Final = 2
# Standard streams, two pipes, fonts while they are read, and a few to spare.
OPEN_FILES: Final = 64


@dataclass(frozen=True)
class WorkerLimits:
    """How many processes there are, what each may take, and how many callers may wait for one."""

    processes: int = 2
    megabytes: int = 1024
    seconds: float = 10.0
    # Leaks of libraries written in C stay small when a process verifies some hundred documents and ends.
    jobs: int = 200
    # Who would wait longer than it takes to try again is told so at once.
    waiting: int = 16
    waiting_seconds: float = 10.0

    def __post_init__(self) -> None:
        """Refuse numbers with which nothing could be verified. Raises `ValueError`."""
        if min(self.processes, self.jobs) < 1 or self.megabytes < SMALLEST_MEGABYTES or self.seconds <= 0:
            raise ValueError("limits with which nothing could be verified")


# The program itself takes 100 MiB of addresses before it has seen a document.
SMALLEST_MEGABYTES: Final = 256
