"""What the pages are handed: words, health and the description of the API, all made by the rooms below."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from base.health import Checked
from base.problems import Language
from base.settings import UnusableSetting
from console.service import Service

Environment = Literal["demo", "test", "production"]


@dataclass(frozen=True)
class ConsoleParts:
    """All that the pages know of the running house."""

    problem_words: Mapping[str, Mapping[Language, Mapping[str, str]]]
    health: Callable[[], Sequence[Checked]]
    openapi: Callable[[], Mapping[str, Any]]
    environment: str
    version: str
    operator: str = ""
    service: Callable[[], Service] = Service
    shows_components: bool = False

    def __post_init__(self) -> None:
        """Refuse an environment that has no banner: a page must always say what its data are worth.

        Raises `UnusableSetting`.
        """
        if self.environment not in get_args(Environment):
            raise UnusableSetting("web.environment", " | ".join(get_args(Environment)))
