"""Where the simulated platform finds a front library and an exchange of files, and how a sandbox uses all its doors."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from base.settings import setting
from catalog_sync.simulator.serving import HOST, PORT
from catalog_sync.simulator.settings import FOLDER
from catalog_sync.simulator.signed_door import SENDER_FILE
from keys.algorithms import asymmetric, sm2
from keys.parties.sample import code_of

KEY_FILE: Final = "files.key"
PUBLIC_FILE: Final = "files.pem"
LIBRARY_FILE: Final = "front-library.address"
EXCHANGE_FILE: Final = "exchange.address"
EXCHANGE_FOLDER: Final = "exchange"
# The sandbox's own key by which the platform knows it: it signs what goes up as files, and calls to the offices.
KEY_ID: Final = "sandbox-sender"
NATION: Final = "演示国家平台"
# How long whoever verifies in a sandbox waits for word of a seal that nobody met before, so that there is one to see.
ASK_SECONDS: Final = 2


@dataclass(frozen=True)
class DoorsSettings:
    """What the simulated platform can be told of doors that are no interfaces."""

    SECTION: ClassVar[str] = "simulated_doors"
    front_library: str = setting("", "File of one line, mode 0600, with the front library's address; empty: none.")
    exchange: str = setting("", "File of one line, mode 0600, with the control tables' address; empty: none.")
    exchange_folder: str = setting("", "The folder of the exchange of files.")
    key: str = setting("", "PEM file of the SM2 key that signs what the platform sends down; needed with exchange.")
    senders: tuple[str, ...] = setting((), "PEM files of the public keys whose files it takes.")


def settings_of(folder: Path) -> str:
    """Write the sections by which a sandbox and the platform share a front library and an exchange of files.

    The files that they name are laid out where they are missing, since a channel is built with them.
    """
    kept = folder / FOLDER
    library, exchange, store = kept / LIBRARY_FILE, kept / EXCHANGE_FILE, kept / EXCHANGE_FOLDER
    _lay_out(kept, {library: f"sqlite:///{kept}/front-library.db\n", exchange: f"sqlite:///{kept}/exchange.db\n"})
    return (
        f'\n[simulated_doors]\nfront_library = "{library}"\nexchange = "{exchange}"\nexchange_folder = "{store}"\n'
        f'key = "{kept / KEY_FILE}"\nsenders = ["{kept / SENDER_FILE}"]\n'
        f'\n[front_library]\ndatabase = "{library}"\n'
        f'\n[file_exchange]\ndatabase = "{exchange}"\nfolder = "{store}"\nkey = "{KEY_ID}"\n'
        f'trusted = ["{kept / PUBLIC_FILE}"]\nsource_code = "{code_of("data")}"\ntarget_code = "{NATION}"\n'
    )


def offices_of(_folder: Path) -> str:
    """Write the sections by which a sandbox reaches the seal system and the case centre, both at the same door."""
    reached = f'url = "http://{HOST}:{PORT}"\nkey = "{KEY_ID}"\nintranet = true\n'
    return f"\n[national_seals]\n{reached}ask_seconds = {ASK_SECONDS}\n\n[provincial_cases]\n{reached}"


def _lay_out(kept: Path, addresses: dict[Path, str]) -> None:
    (kept / EXCHANGE_FOLDER).mkdir(parents=True, exist_ok=True)
    for file, address in addresses.items():
        if not file.exists():
            written(file, address.encode())
    if not (kept / KEY_FILE).exists():
        made = sm2.PrivateKey.generated()
        written(kept / PUBLIC_FILE, asymmetric.public_key_pem(made.public))
        written(kept / KEY_FILE, asymmetric.private_key_pem(made, None))


def written(file: Path, content: bytes) -> None:
    """Write a file that nobody else reads, whole or not at all."""
    part = file.with_name(f"{file.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
        opened.write(content)
    part.rename(file)
