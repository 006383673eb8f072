"""Tokens of SoftHSM in a folder of their own, made once for this process, before the module is initialised.

A module of SoftHSM sees the tokens that are there when it is initialised; so they are made in stock and handed out.
"""

import atexit
import functools
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
TOOL = "softhsm2-util"
PIN = "271828"
# More than there are stories of tokens in one process.
STOCK = 60


@dataclass(frozen=True)
class SoftHsm:
    """The folder of tokens, and the labels of those that nobody has had yet."""

    folder: Path
    stock: list[str]

    def token(self) -> str:
        """Hand out a token with the usual PIN."""
        return self.stock.pop()

    def remove(self, label: str) -> Callable[[], None]:
        """Pull a token out: its folder goes; give the act that puts it back."""
        (found,) = [
            each.parent for each in self.folder.glob("tokens/*/token.object") if label.encode() in each.read_bytes()
        ]
        away = found.rename(self.folder / f"away-{label}")

        def put_back() -> None:
            away.rename(found)

        return put_back


def missing() -> str:
    """Say what is not installed here; nothing when all is."""
    if not Path(MODULE).exists() or shutil.which(TOOL) is None:
        return "SoftHSM 2 is not installed"
    return "" if importlib.util.find_spec("pkcs11") else "python-pkcs11 is not installed"


@functools.cache
def started() -> SoftHsm:
    """Name a fresh folder to the module, which reads it once."""
    folder = Path(tempfile.mkdtemp(prefix="yinxin-softhsm-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    labels = [f"stock-{number:03}" for number in range(STOCK)]
    for label in labels:
        command = [TOOL, "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "314159"]
        subprocess.run(command, check=True, capture_output=True)
    return SoftHsm(folder, labels)
