"""What matters, their questions and their correspondence refuse."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from base.errors import DomainError, Kind

# A province carries a matter out in some two hundred places; whoever chooses among them should name a region.
MOST_CANDIDATES: Final = 50


@dataclass(eq=False)
class NoSuchMatter(DomainError):
    """No matter of that code was in force on that day."""

    matter: str
    code: ClassVar[str] = "no-such-matter"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(frozen=True)
class Candidate:
    """One of several matters that a code names."""

    item_code: str
    name: str
    organ: str
    organ_name: str
    region: str


@dataclass(eq=False)
class AmbiguousMatter(DomainError):
    """The code names several matters; which one is meant must be said by the 33 characters."""

    matter: str
    count: int
    code: ClassVar[str] = "ambiguous-matter"
    kind: ClassVar[Kind] = Kind.CONFLICT

    def __post_init__(self) -> None:
        """Begin without candidates; whoever refuses names them, and they become members of the answer."""
        self.candidates: tuple[Candidate, ...] = ()
        self.members: Mapping[str, Any] = {}

    @classmethod
    def of(cls, matter: str, candidates: tuple[Candidate, ...]) -> "AmbiguousMatter":
        """Make the refusal with its candidates."""
        made = cls(matter, len(candidates))
        made.candidates = candidates
        made.members = {"candidates": [dict(vars(each)) for each in candidates[:MOST_CANDIDATES]]}
        return made


@dataclass(eq=False)
class UnfitSituation(DomainError):
    """The answers do not fit the matter's questions, or contradict each other."""

    question: str
    reason: str
    code: ClassVar[str] = "unfit-situation"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class UnsoundMatter(DomainError):
    """A matter cannot be kept as it was told."""

    matter: str
    member: str
    reason: str
    code: ClassVar[str] = "unsound-matter"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class MatterDateTaken(DomainError):
    """A version of the matter that begins on that day or later is there already."""

    matter: str
    effective_from: str
    code: ClassVar[str] = "matter-date-taken"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NotYourMatter(DomainError):
    """The matter is carried out by an organ for which you do not speak."""

    matter: str
    code: ClassVar[str] = "not-your-matter"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class UnsoundCorrespondence(DomainError):
    """What should stand in for a material cannot be kept as it was told."""

    material: str
    member: str
    reason: str
    code: ClassVar[str] = "unsound-correspondence"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NothingCorresponds(DomainError):
    """None of these matters has a material for which a known certificate type or directory stands in."""

    matters: int
    code: ClassVar[str] = "nothing-corresponds"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class UseListDraftOpen(DomainError):
    """A draft made from the correspondence waits to be published or discarded."""

    use_list: str
    code: ClassVar[str] = "use-list-draft-open"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class UseListOutdated(DomainError):
    """Another list came into force since the draft was made; publishing it would take that one's rows away."""

    use_list: str
    code: ClassVar[str] = "use-list-outdated"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoSuchMatterUseList(DomainError):
    """No use list under that number was drafted from the correspondence."""

    use_list: str
    code: ClassVar[str] = "no-such-matter-use-list"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class NoFrontLibrary(DomainError):
    """This site names no front library from which matters could be read."""

    code: ClassVar[str] = "no-front-library"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class FrontLibraryDown(DomainError):
    """The front library could not be read."""

    reason: str
    code: ClassVar[str] = "front-library-down"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True
