"""What a source may use of this site: the way out, the folders that are its organisation's, the limits, the stopwatch.

Everything a mount names by reference lies below one folder of the site, in a folder named by the organisation's code,
so that no department can name what was given to another:

    <folder>/<organisation>/credentials/<name>   one line: a token or password
    <folder>/<organisation>/databases/<name>     one line: the address of a database, with its password
    <folder>/<organisation>/files/…              the files that file mounts may read
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from base.fetch import Fetch
from base.fetch.addresses import Network
from exchange.sources.reading import Failed
from exchange.sources.source import Refused
from keys.signers import secret_files
from keys.signers.errors import SecretFileUnusable


@dataclass(frozen=True)
class Limits:
    """How much a source is given and how much is taken from it; the reasons stand beside the settings."""

    seconds: float
    statement_seconds: float
    answer_bytes: int
    file_bytes: int
    scanned_rows: int


@dataclass(frozen=True)
class Place:
    """A site, as the sources of one organisation see it."""

    organisation: str
    folder: Path | None
    fetch: Fetch = field(repr=False)
    limits: Limits
    stopwatch: Callable[[], float] = field(repr=False)
    opened: tuple[Network, ...] = ()
    hosts: tuple[str, ...] = ()
    # Keeps the connections and failures of one mount apart from another's at the same host.
    lane: str = ""

    def credential(self, name: str) -> str:
        """Read a credential. Raises `Failed`."""
        return self._line("credentials", name)

    def database(self, name: str) -> str:
        """Read the address of a database. Raises `Failed`."""
        return self._line("databases", name)

    def files(self) -> Path:
        """Give the root of the organisation's files. Raises `Failed`."""
        if self.folder is None:
            raise Failed(Refused("no-folder"))
        return self.folder / self.organisation / "files"

    def _line(self, kind: str, name: str) -> str:
        if self.folder is None:
            raise Failed(Refused("no-folder"))
        try:
            return secret_files.line(self.folder / self.organisation / kind / name).decode("utf-8")
        except (SecretFileUnusable, UnicodeDecodeError) as error:
            raise Failed(Refused(f"no-such-{kind.removesuffix('s')}")) from error
