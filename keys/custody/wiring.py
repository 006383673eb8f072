"""What custody can be told, and the parts that are built from it. No file, token or server is touched yet."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final
from urllib.parse import quote

from sqlalchemy import make_url

from base.db import DatabaseSettings
from base.fetch import Fetch, FetchSettings, GuardedFetch
from base.settings import Settings, UnusableSetting, setting
from keys.custody.custody import Custody
from keys.custody.kek import DeviceKek, FileKek, Kek
from keys.data_keys import DataKeys
from keys.signers import Devices, secret_files, server_form, uris
from keys.signers.device import Place
from keys.signers.errors import DeviceNotSetUp, UnusableKeyUri

PASSWORD: Final = "custody.password"  # noqa: S105 - the name of a file
KEK: Final = "custody.kek"
FOLDER: Final = "keys"


@dataclass(frozen=True)
class CustodySettings:
    """What custody can be told; secrets stand in files, and here are their names."""

    SECTION: ClassVar[str] = "custody"
    folder: str = setting("", "Folder of key files; empty: keys beside the SQLite file.")
    password_file: str = setting(
        "", "File with the password of key files; empty: custody.password beside the database."
    )
    kek: str = setting("", "What wraps data keys: a file or pkcs11:…; empty: custody.kek beside the SQLite file.")
    former_kek: str = setting("", "What wrapped data keys before, until yinxin key rewrap has run.")
    pkcs11_modules: tuple[str, ...] = setting((), "PKCS#11 modules that may be loaded; the first where none is named.")
    pin_folder: str = setting("", "Folder of PINs, each in a file named as its token, sdf-INDEX, or svs.")
    sdf_library: str = setting("", "Library of the SDF device (GM/T 0018), a whole path; empty: none.")
    server_url: str = setting("", "Address of the signature server (GM/T 0029); empty: none.")
    server_in_intranet: bool = setting(
        False, "Whether that server may stand in the networks opened under fetch.intranet_networks."
    )
    server_form: str = setting("", "TOML file with the signature server's message form; empty: the usual one.")


@dataclass(frozen=True)
class CustodyParts:
    """What custody brings: signers by key id, and data keys."""

    custody: Custody
    data_keys: DataKeys


def built(read: Settings, fetch: Fetch | None = None) -> CustodyParts:
    """Build the parts; `fetch` is needed for keys on a signature server. Raises `UnusableSetting`."""
    told = read[CustodySettings]
    devices = Devices(_place(told, read[DatabaseSettings], fetch))
    former = (_kek("former_kek", told.former_kek, devices),) if told.former_kek else ()
    kek = _kek("kek", told.kek, devices) if told.kek else FileKek(beside_database(read[DatabaseSettings], KEK))
    return CustodyParts(Custody(devices), DataKeys(kek, former))


@contextmanager
def opened(read: Settings) -> Iterator[CustodyParts]:
    """Build the parts for a command or a check, with a way out of their own where one is needed."""
    if not read[CustodySettings].server_url:
        yield built(read)
        return
    fetch = GuardedFetch(read[FetchSettings])
    try:
        yield built(read, fetch)
    finally:
        fetch.close()


def beside_database(database: DatabaseSettings, name: str) -> Path:
    """Give the place beside the SQLite file, or in the working folder where the database is a server."""
    url = make_url(database.url)
    beside = Path(url.database) if url.get_backend_name() == "sqlite" and url.database else Path("yinxin.db")
    return beside.absolute().with_name(name)


def password_file(told: CustodySettings, database: DatabaseSettings) -> Path:
    """Tell where the password of key files stands."""
    return Path(told.password_file) if told.password_file else beside_database(database, PASSWORD)


def key_folder(told: CustodySettings, database: DatabaseSettings) -> Path:
    """Tell where key files lie."""
    return Path(told.folder) if told.folder else beside_database(database, FOLDER)


def _place(told: CustodySettings, database: DatabaseSettings, fetch: Fetch | None) -> Place:
    password = password_file(told, database)
    if any(not module.startswith("/") for module in told.pkcs11_modules):
        raise UnusableSetting("custody.pkcs11_modules", "/…/module.so, …")
    return Place(
        folder=key_folder(told, database),
        password=lambda: secret_files.line_made_once(password),
        pkcs11_modules=told.pkcs11_modules,
        pin=_Pins(Path(told.pin_folder)) if told.pin_folder else None,
        sdf_library=told.sdf_library,
        server_url=told.server_url,
        server_in_intranet=told.server_in_intranet,
        server_form=_form(told.server_form),
        fetch=fetch,
    )


class _Pins:
    """Reads a device's PIN from the file of its name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, name: str) -> bytes:
        """Read the PIN. Raises `SecretFileUnusable`."""
        return secret_files.line(self._folder / quote(name, safe=""))


def _form(file: str) -> server_form.ServerForm:
    if not file:
        return server_form.ServerForm()
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableSetting("custody.server_form", "a TOML file") from error
    return server_form.read(text, "custody.server_form")


def _kek(name: str, text: str, devices: Devices) -> Kek:
    if text.startswith("/") or ":" not in text:
        return FileKek(Path(text))
    try:
        uri = uris.parse(text)
    except UnusableKeyUri as error:
        raise UnusableSetting(f"custody.{name}", "a file, or pkcs11:…") from error
    if uri.scheme == uris.SDF:
        raise DeviceNotSetUp(uris.SDF, f"custody.{name}")
    return DeviceKek(lambda: devices.signer(uri))
