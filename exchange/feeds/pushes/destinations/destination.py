"""The form of every destination: rows are staged with a mark, and take their place at the end, all or none.

Whatever goes wrong raises `PushDestinationFailed` (it may pass) or `PushTargetForeign` (it will not). Each act may be
repeated after a kill: `begun` finds the mark, `staged` moves it, `finished` finds what was done already.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from exchange.feeds.errors import PushDestinationFailed
from exchange.feeds.pushes.plan import Load, Mark
from exchange.feeds.pushes.rows import Row
from keys.signers import secret_files
from keys.signers.errors import SecretFileUnusable


@dataclass(frozen=True)
class Ground:
    """A site as the destinations of one organisation see it: its own folder, and how long a statement may take.

    <folder>/<organisation>/destinations/<name>   one line, mode 0600: the address of a database, with its password
    <folder>/<organisation>/drops/…               the folders that files are dropped into
    """

    organisation: str
    folder: Path | None
    seconds: float

    def database(self, name: str) -> str:
        """Read the address of a database. Raises `PushDestinationFailed`."""
        try:
            return secret_files.line(self._own() / "destinations" / name).decode("utf-8")
        except (SecretFileUnusable, UnicodeDecodeError) as error:
            raise PushDestinationFailed("no-such-destination") from error

    def drops(self) -> Path:
        """Give the folder of drops. Raises `PushDestinationFailed`."""
        found = self._own() / "drops"
        if not found.is_dir():
            raise PushDestinationFailed("no-drops-folder")
        return found

    def _own(self) -> Path:
        if self.folder is None:
            raise PushDestinationFailed("no-folder")
        return self.folder / self.organisation


class Destination(Protocol):
    """Where rows go; one object serves one order, one thread at a time."""

    def begun(self, load: Load) -> Mark:
        """Prepare the staging of a run, or find how far it came."""
        ...

    def marked(self, run: str) -> Mark | None:
        """Tell how far a run has come."""
        ...

    def staged(self, rows: Sequence[Row], mark: Mark) -> Mapping[int, str]:
        """Stage rows and move the mark with them; or do nothing, and tell which rows cannot be taken and why."""
        ...

    def finished(self, load: Load, mark: Mark) -> Mark:
        """Let what is staged take its place, and tell what that did."""
        ...

    def discarded(self, run: str) -> None:
        """Leave the target as it was and throw away what is staged."""
        ...

    def close(self) -> None:
        """Give up what is held open."""
        ...
