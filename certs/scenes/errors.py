"""What is refused to callers outside government."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class SceneNotApproved(DomainError):
    """The caller stands outside government, and no scene of an agreement of its own approves this use."""

    type: str
    reason: str
    code: ClassVar[str] = "scene-not-approved"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class NoSuchScene(DomainError):
    """The list of scenes has none of this code."""

    scene: str
    code: ClassVar[str] = "no-such-scene"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class UnusableSceneAgreement(DomainError):
    """An agreement cannot be registered so."""

    reason: str
    code: ClassVar[str] = "unusable-scene-agreement"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoSuchSceneAgreement(DomainError):
    """There is no such agreement."""

    agreement: str
    code: ClassVar[str] = "no-such-scene-agreement"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class FaultyScenes(DomainError):
    """The site's files of scenes are not whole."""

    faults: int
    first: str
    code: ClassVar[str] = "faulty-scenes"
    kind: ClassVar[Kind] = Kind.MALFORMED
