"""The process itself: it loads the program, gives up its rights, and answers one document after the other.

It ends when nobody is there any more to ask. A document that takes too much memory ends it with an exit status that
says so; everything else that can go wrong in it is told by the way in which it dies.
"""

import json
import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from base.clock import stopwatch
from keys.trust import Trust
from signing.workers import confinement
from signing.workers.frames import Closed, Pipes
from signing.workers.job import Job, Order
from signing.workers.limits import WorkerLimits

OUT_OF_MEMORY: Final = 17
# Orders come from our own side; this only bounds what a mistake of ours could do.
LARGEST_ORDER: Final = 1 << 30
FOR_EVER: Final = float("inf")

# Gives what is known of a document, part by part: the verdict first, since pictures may still fail.
Work = Callable[[Job, Trust], Iterator[dict[str, Any]]]


def serve(work: Work, limits: WorkerLimits) -> None:
    """Answer what is asked until nobody asks any more."""
    pipes = _pipes()
    confinement.confine(limits)
    trust: Trust | None = None
    pipes.send(_written({"ready": os.getpid()}, 0), FOR_EVER)
    while True:
        try:
            order: Order = pickle.loads(pipes.receive(LARGEST_ORDER, FOR_EVER))  # noqa: S301 - from our own side
        except Closed:
            return
        confinement.begin(limits.seconds)
        try:
            trust = _trust(order, trust)
            for part in work(order.job, trust):
                pipes.send(_written(part, order.number), FOR_EVER)
        except Closed:
            return
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        except Exception as error:  # noqa: BLE001 - told as what it is; nothing of the document goes with it
            pipes.send(_written({"unforeseen": type(error).__name__}, order.number), FOR_EVER)
        pipes.send(_written({"done": True}, order.number), FOR_EVER)
        confinement.rest()


def limits_told() -> WorkerLimits:
    """Read the limits from the command line, where our side puts them."""
    return WorkerLimits(**json.loads(sys.argv[1]))


def _pipes() -> Pipes:
    """Take the pipes for ourselves: what a library prints must not get between the messages."""
    reading, writing = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.close(nothing)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    return Pipes(reading, writing, stopwatch)


def _trust(order: Order, known: Trust | None) -> Trust:
    trust: Trust | None = known if order.trust is None else pickle.loads(order.trust)  # noqa: S301 - our own
    if trust is None:
        raise LookupError("no trust")
    return trust if trust.as_of == order.as_of else replace(trust, as_of=order.as_of)


def _written(message: dict[str, Any], asked: int) -> bytes:
    return json.dumps({**message, "asked": asked}, ensure_ascii=False).encode("utf-8", "replace")
