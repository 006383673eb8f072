"""Where the simulated platform of a sandbox lives, and how the sandbox's own channel finds it."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from base.settings import setting
from catalog_sync.simulator.gateway import RID
from catalog_sync.simulator.platform import KEY_FILE
from catalog_sync.simulator.serving import PORT
from keys.parties.sample import code_of

FOLDER: Final = "national-simulator"


@dataclass(frozen=True)
class SimulatorSettings:
    """What the simulated national platform can be told."""

    SECTION: ClassVar[str] = "simulator"
    folder: str = setting(FOLDER, "Folder in which `yinxin simulate national` keeps what it gets.")


def settings_of(folder: Path) -> str:
    """Write the sections by which a sandbox and the platform beside it know each other.

    The key's file is made by the platform when it starts. The way to this machine is opened by the neighbours' section.
    """
    kept = folder / FOLDER
    return (
        f'\n[simulator]\nfolder = "{kept}"\n\n[national_gateway]\nurl = "http://127.0.0.1:{PORT}"\n'
        f'rid = "{RID}"\napp_key_file = "{kept / KEY_FILE}"\nintranet = true\n'
        f'offers = ["catalog", "code-table"]\n'
        f'\n[sync]\norganisation = "{code_of("data")}"\n'
    )
