"""Stopping the sandbox ends what runs beside it, also what does not hear or is not done in time."""

import signal
import subprocess
import sys
from typing import Any

from base import sandbox, server

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
HEARS = "import time; print('up', flush=True); time.sleep(60)"


def test_a_scheduler_that_is_not_gone_after_the_grace_is_killed(monkeypatch: Any) -> None:
    """The first does not hear; the one after it is waited for all the same."""
    started: list[subprocess.Popen[bytes]] = []

    def beside(code: str) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen([sys.executable, "-S", "-c", code], stdout=subprocess.PIPE))
        return started[-1]

    def serve(_running: object) -> None:
        for each in started:
            assert each.stdout is not None
            assert each.stdout.readline() == b"up\n"

    monkeypatch.setattr(server, "beside", beside)
    monkeypatch.setattr(server, "serve", serve)
    monkeypatch.setattr(server, "GRACE_SECONDS", 0.2)
    try:
        running: Any = None
        sandbox._serve(running, [(DEAF,), (HEARS,)])
        assert [each.poll() for each in started] == [-signal.SIGKILL, -signal.SIGTERM]
    finally:
        for each in started:
            each.kill()
            each.communicate()
