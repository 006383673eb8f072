"""What backups can be told, and the part that is built from it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import ClassVar, Final

from sqlalchemy import make_url

from base.canonical import Json
from base.db import DatabaseSettings
from base.errors import DomainError
from base.settings import Settings, UnusableSetting, setting
from keys.algorithms import asymmetric, pem
from keys.backup import places
from keys.backup.errors import BackupKeyMissing, BackupKeyUnusable
from keys.backup.making import Plan
from keys.certificates import PEM_LABELS, Certificate
from keys.custody.wiring import FOLDER, KEK, PASSWORD, CustodySettings, beside_database
from keys.envelopes import Recipient
from keys.parties.wiring import PartiesSettings

PUBLIC_KEY: Final = "backup.pub.pem"
TOKEN_KEY: Final = "token.key"  # noqa: S105 - the name of a file
# A PEM of one key or certificate.
PEM_LIMIT: Final = 1 << 20
_FOLDER: Final = re.compile(r"([a-z0-9][a-z0-9-]{0,39})=(.+)")


@dataclass(frozen=True)
class BackupSettings:
    """What backups can be told."""

    SECTION: ClassVar[str] = "backup"
    folder: str = setting("", "Folder of nightly backups; empty: none are made by themselves.")
    public_keys: tuple[str, ...] = setting(
        (),
        "PEM files of the public keys or certificates whose owners open backups; empty: backup.pub.pem beside SQLite.",
    )
    folders: tuple[str, ...] = setting((), "Folders of files that belong to the site, each as name=path.")
    keep: int = setting(14, "How many backups are kept in the folder of nightly ones; 0: all.")
    verify: bool = setting(True, "Whether a backup is read again from the disk before it counts.")
    warn_hours: int = setting(26, "After so many hours without a backup yinxin doctor fails.")
    least_free_share: float = setting(0.05, "The share of the disk that a backup leaves free.")


@dataclass(frozen=True)
class Backups:
    """How this site's backups are made."""

    told: BackupSettings
    folders: Mapping[str, Path]
    key_files: tuple[Path, ...]
    private: tuple[Path, ...]
    settings: tuple[Json, ...] = field(repr=False)

    def plan(self, key_files: tuple[Path, ...] = (), *, verify: bool | None = None) -> Plan:
        """Plan a backup; key files that are named take the place of those configured.

        Raises `BackupKeyMissing`, `BackupKeyUnusable`.
        """
        return Plan(
            recipients=tuple(recipient(each) for each in key_files or self.key_files),
            tool=f"yinxin {version('yinxin')}",
            folders=self.folders,
            private=self.private,
            settings=self.settings,
            least_free_share=self.told.least_free_share,
            verify=self.told.verify if verify is None else verify,
        )


def built(read: Settings) -> Backups:
    """Build the part; no file is touched yet. Raises `UnusableSetting`."""
    told, database = read[BackupSettings], read[DatabaseSettings]
    if told.keep < 0:
        raise UnusableSetting("backup.keep", "0 …")
    if not 0 <= told.least_free_share < 1:
        raise UnusableSetting("backup.least_free_share", "0 … 1")
    keys = tuple(Path(each) for each in told.public_keys) or (beside_database(database, PUBLIC_KEY),)
    private = _private(read)
    return Backups(told, _folders(told, private), keys, private, _told(read))


def recipient(file: Path) -> Recipient:
    """Read the public key or certificate that backups are made for. Raises `BackupKeyMissing`, `BackupKeyUnusable`."""
    if not file.exists():
        raise BackupKeyMissing(str(file))
    content = places.content_of(file, PEM_LIMIT)
    try:
        label, data = pem.only(content)
        if label in PEM_LABELS:
            return Recipient.of_certificate(Certificate.of(data))
        return Recipient.of_key(asymmetric.public_key_of_pem(content))
    except DomainError as error:
        raise BackupKeyUnusable(str(file), error.code) from error


def _folders(told: BackupSettings, private: tuple[Path, ...]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for each in told.folders:
        match = _FOLDER.fullmatch(each)
        if match is None or match[1] in found:
            raise UnusableSetting("backup.folders", "name=path, each name once")
        place = Path(match[2]).absolute()
        if any(place.is_relative_to(apart) for apart in private):
            raise UnusableSetting("backup.folders", f"no place of keys or backups, as {match[1]} is")
        found[match[1]] = place
    return found


def _private(read: Settings) -> tuple[Path, ...]:
    """Name the places of keys, passwords and PINs, of the database's own files, and of backups."""
    database, custody, parties = read[DatabaseSettings], read[CustodySettings], read[PartiesSettings]
    found = [
        Path(custody.folder) if custody.folder else beside_database(database, FOLDER),
        Path(custody.password_file) if custody.password_file else beside_database(database, PASSWORD),
        beside_database(database, KEK),
        *(Path(each) for each in (custody.kek, custody.former_kek) if each and (each[0] == "/" or ":" not in each)),
        *((Path(custody.pin_folder),) if custody.pin_folder else ()),
        Path(parties.token_key) if parties.token_key else beside_database(database, TOKEN_KEY),
        *((Path(read[BackupSettings].folder),) if read[BackupSettings].folder else ()),
    ]
    url = make_url(database.url)
    if url.get_backend_name() == "sqlite" and url.database:
        found.extend(Path(url.database + end) for end in ("", "-wal", "-shm", "-journal"))
    return tuple(each.absolute() for each in found)


def _told(read: Settings) -> tuple[Json, ...]:
    """Give the settings as `yinxin config show` does: secrets struck out, keys as the references that they are."""
    return tuple({"path": each.path, "value": _written(each.value), "source": each.source} for each in read.told())


def _written(value: object) -> Json:
    """Write a setting's value; fractions stand as text."""
    if isinstance(value, (tuple, list)):
        return [str(each) for each in value]
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
