"""What scenes can be told: where the site's own list lies; and the list as it is in force here."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from base.settings import Settings, setting
from certs.queries.fields import names_of
from certs.scenes import scene
from certs.scenes.errors import FaultyScenes
from certs.scenes.scene import Scenes
from certs.types import Types


@dataclass(frozen=True)
class SceneSettings:
    """What scenes can be told."""

    SECTION: ClassVar[str] = "scenes"
    folder: str = setting("", "A folder of the site's own scenes, one <code>.toml each; beside the shipped examples.")
    examples: bool = setting(True, "Keep the shipped examples that the site has no scene of the same code for.")


@dataclass(frozen=True)
class Scening:
    """The list of scenes (社会化应用场景清单) of this site."""

    scenes: Scenes


def built(read: Settings, types: Types) -> Scening:
    """Build the part. Raises `FaultyScenes` with the first of all faults."""
    told = read[SceneSettings]
    files = _files(Path(told.folder)) if told.folder else []
    known = {each.name: set(names_of(each).values()) for each in types.values()}
    found, faults = scene.read(files, known)
    if faults:
        raise FaultyScenes(len(faults), str(faults[0]))
    own = {name.removesuffix(".toml") for name, _ in files}
    return Scening(found if told.examples else {code: each for code, each in found.items() if code in own})


def _files(folder: Path) -> list[tuple[str, bytes]]:
    return [(each.name, each.read_bytes()) for each in sorted(folder.glob("*.toml"))]
