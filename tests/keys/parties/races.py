"""Two processes that do the same at one moment: forked from one that has read the application, each with its own."""

import multiprocessing
from collections.abc import Callable
from typing import Any

# What the process reads from which they are forked: once for all races.
READ = ["app", "tests.keys.parties.builders", "tests.keys.parties.login_site"]
PATIENCE = 300


def of_two(run: Callable[..., None], race: Any) -> tuple[Any, Any]:
    """Run it in two processes, each with its number and a barrier, and give what they told."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(READ)
    ready, told = context.Barrier(2), context.Queue()
    runners = [context.Process(target=run, args=(race, number, ready, told)) for number in range(2)]
    for runner in runners:
        runner.start()
    one, other = told.get(timeout=PATIENCE), told.get(timeout=PATIENCE)
    for runner in runners:
        runner.join()
        assert runner.exitcode == 0
    return one, other
