"""Which directories meet a demand, and what they lack of it. Pure.

A directory meets a demand when it bears its name, has all of its items, is renewed as often, and comes that way. Which
part of the data there is (数据范围) no directory says so that a machine could compare it: whoever asked looks.
What is never shared (不予共享) meets nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from exchange.demands.demand import OTHER_WAY, Wanted, is_quick_enough, normalised

NEVER_SHARED: Final = "3"


@dataclass(frozen=True)
class Offered:
    """A published directory, as far as demands are compared with it; items with how each is shared."""

    code: str
    owner: str
    name: str
    items: tuple[tuple[str, str], ...]
    update_cycle: str
    ways: frozenset[str]
    share_type: str


@dataclass(frozen=True)
class Match:
    """A directory that meets a demand, or comes near it: the items that it lacks, and what else is otherwise."""

    directory: str
    name: str
    owner: str
    missing: tuple[str, ...]
    is_named_so: bool
    is_quick_enough: bool
    comes_that_way: bool

    @property
    def is_whole(self) -> bool:
        """Whether nothing is lacking."""
        return not self.missing and self.is_named_so and self.is_quick_enough and self.comes_that_way


def match(wanted: Wanted, offered: Offered) -> Match | None:
    """Hold a demand against a directory; nothing where they have nothing to do with each other."""
    if offered.share_type == NEVER_SHARED or wanted.provider not in {"", offered.owner}:
        return None
    shared = {normalised(item) for item, share_type in offered.items if share_type != NEVER_SHARED}
    missing = tuple(each for each in wanted.items if normalised(each) not in shared)
    named_so = _alike(wanted.name, offered.name)
    if not named_so and len(missing) == len(wanted.items):
        return None
    return Match(
        offered.code,
        offered.name,
        offered.owner,
        missing,
        named_so,
        is_quick_enough(offered.update_cycle, wanted.update_cycle),
        wanted.delivery == OTHER_WAY or wanted.delivery in offered.ways,
    )


def matches(wanted: Wanted, offered: Iterable[Offered]) -> tuple[Match, ...]:
    """Give what comes near a demand, the nearest first."""
    found = [near for each in offered if (near := match(wanted, each)) is not None]
    return tuple(sorted(found, key=_distance))


def _alike(one: str, other: str) -> bool:
    """Tell whether one name is the other, or part of it: 公共场所卫生许可证 and 演示省公共场所卫生许可证信息."""
    left, right = normalised(one), normalised(other)
    return bool(left and right) and (left in right or right in left)


def _distance(near: Match) -> tuple[bool, bool, int, bool, bool, str]:
    others = not near.is_quick_enough, not near.comes_that_way
    return (not near.is_whole, not near.is_named_so, len(near.missing), *others, near.directory)
