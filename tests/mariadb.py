"""A real MariaDB for the tests of mounted databases, where one is installed: in a folder of its own, on a socket.

The server belongs to the test that asks for it and ends with it; there is none in the embedded packages.
"""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVER = shutil.which("mariadbd", path="/usr/sbin:/usr/bin:/usr/local/bin")
INSTALL = shutil.which("mariadb-install-db", path="/usr/sbin:/usr/bin:/usr/local/bin")
TRIES = 100


class NotStarted(Exception):
    """The server did not come up."""


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Start a server and give the address of its empty database `mounted`."""
    assert SERVER is not None
    assert INSTALL is not None
    data, wire = folder / "data", folder / "s.sock"
    given = [f"--datadir={data}", "--auth-root-authentication-method=normal", "--user=root", "--skip-test-db"]
    subprocess.run([INSTALL, "--no-defaults", *given], check=True, capture_output=True, timeout=60)
    told = [f"--datadir={data}", f"--socket={wire}", "--skip-networking", "--user=root", f"--pid-file={folder}/pid"]
    with subprocess.Popen([SERVER, "--no-defaults", *told], stderr=subprocess.DEVNULL) as process:
        try:
            _await(wire)
            yield f"mysql+pymysql://root@localhost/mysql?unix_socket={wire}&charset=utf8mb4"
        finally:
            process.terminate()
            process.wait(30)


def _await(wire: Path) -> None:
    for _ in range(TRIES):
        if wire.exists():
            return
        time.sleep(0.1)
    raise NotStarted(str(wire))
