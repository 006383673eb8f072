"""The manifest: what a backup holds, in the clear, so that it can be looked through without any key.

It tells sizes, counts and digests, no names of people or things. What makes it trustworthy is the envelope: there its
SM3 stands beside the key of the parts, under SM4-GCM, so that a manifest and parts of different backups do not open.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from base.canonical import Json, NotCanonical, canonical, read
from keys.algorithms.sm3 import SM3
from keys.backup.errors import BackupDamaged

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
ENVELOPE: Final = "envelope.p7m"
SUMS: Final = "SM3SUMS"
TABLE, FOLDER, SETTINGS = "table", "folder", "settings"
KINDS: Final = (TABLE, FOLDER, SETTINGS)
# A manifest of ten thousand parts has 2 MiB; a site has a hundred tables.
SIZE_LIMIT: Final = 4 << 20


@dataclass(frozen=True)
class Part:
    """One encrypted file: a table's rows, a folder's files, or the settings."""

    number: int
    file: str
    kind: str
    name: str
    rows: int
    plain_bytes: int
    bytes: int
    sm3: str


@dataclass(frozen=True)
class Ledger:
    """The ledger's head as its entries make it, and whether its stored tail says the same."""

    size: int
    root: str
    sound: bool


@dataclass(frozen=True)
class Manifest:
    """What a backup holds."""

    id: str
    made_at: str
    tool: str
    database: str
    schema: str
    ledger: Ledger
    parts: tuple[Part, ...]
    recipients: tuple[str, ...]
    left_out: int

    @property
    def content(self) -> bytes:
        """Write the manifest in its one form."""
        told: dict[str, Json] = {**asdict(self), "format": FORMAT}
        return canonical(told)

    @property
    def rows(self) -> int:
        """Count the rows of all tables."""
        return sum(each.rows for each in self.parts if each.kind == TABLE)

    @property
    def tables(self) -> tuple[Part, ...]:
        """Give the parts that hold tables."""
        return tuple(each for each in self.parts if each.kind == TABLE)

    @classmethod
    def of(cls, content: bytes) -> "Manifest":
        """Read a manifest. Raises `BackupDamaged`."""
        if len(content) > SIZE_LIMIT:
            raise BackupDamaged(MANIFEST, "too-large")
        try:
            told = _members(read(content), {*cls.__dataclass_fields__, "format"})
            if told.pop("format") != FORMAT:
                raise BackupDamaged(MANIFEST, "another-format")
            ledger = Ledger(**_members(told.pop("ledger"), set(Ledger.__dataclass_fields__)))
            parts = tuple(Part(**_members(each, set(Part.__dataclass_fields__))) for each in told.pop("parts"))
            return cls(ledger=ledger, parts=parts, recipients=tuple(told.pop("recipients")), **told)
        except (NotCanonical, TypeError, ValueError, AttributeError) as error:
            raise BackupDamaged(MANIFEST, "not-a-manifest") from error


@dataclass(frozen=True)
class Sealed:
    """What the envelope holds: which backup it opens, with which key, and the manifest's digest."""

    id: str
    key: bytes
    manifest: str

    @property
    def content(self) -> bytes:
        """Write it in its one form."""
        return canonical({"format": FORMAT, "id": self.id, "key": self.key.hex(), "manifest": self.manifest})

    @classmethod
    def of(cls, content: bytes) -> "Sealed":
        """Read it. Raises `BackupDamaged`."""
        try:
            told = _members(read(content), {"format", "id", "key", "manifest"})
            if told["format"] != FORMAT:
                raise BackupDamaged(ENVELOPE, "another-format")
            return cls(told["id"], bytes.fromhex(told["key"]), told["manifest"])
        except (NotCanonical, TypeError, ValueError) as error:
            raise BackupDamaged(ENVELOPE, "not-a-backup") from error

    def __repr__(self) -> str:
        return f"<the sealed key of backup {self.id}>"


def sums(digests: Mapping[str, str]) -> bytes:
    """Write the digests of all files as `openssl dgst -sm3 -r` would, sorted by name."""
    return "".join(f"{digests[name]} *{name}\n" for name in sorted(digests)).encode("ascii")


def read_sums(content: bytes) -> dict[str, str]:
    """Read the digests of all files. Raises `BackupDamaged`."""
    try:
        pairs = (line.split(" *", 1) for line in content.decode("ascii").splitlines())
        found = {name: told for told, name in pairs}
    except ValueError as error:
        raise BackupDamaged(SUMS, "not-a-list-of-digests") from error
    if sums(found) != content:
        raise BackupDamaged(SUMS, "not-a-list-of-digests")
    return found


def digest(content: bytes) -> str:
    """Digest a small file."""
    return SM3.of(content).hex()


def _members(value: object, names: set[str]) -> dict[str, Any]:
    """Insist on exactly these members."""
    if not isinstance(value, dict) or set(value) != names:
        raise TypeError(names)
    return value
