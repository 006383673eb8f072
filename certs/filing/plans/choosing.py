"""Chooses one option for each material so that all together burden the applicant least. Exact, and pure.

An option costs something for itself and something for the source that it opens; a source that is open serves every
material that takes from it, so the cheapest option of each material alone is not the cheapest of all: one register that
serves three materials spares two questions. That is the facility-location problem, which set cover is a case of; a
matter has some thirty materials with a handful of options each, so it is solved exactly:

1. Materials that share no source, not even through others, are solved apart.
2. Within such a group sources are opened or ruled out one after the other, and a branch is left where a lower bound of
   what it can come to is no better than the best that is known. The bound takes each material's cheapest own cost, and
   for materials that have no unopened source in common the cost of opening one.
3. A group is done where no material could be had cheaper by opening yet another source.

Burdens are tuples that are compared from the left. Adding the same to two of them keeps their order, which is all that
the search needs; it need not know what they count. Of choices that cost the same, the one whose sources are written
earlier is taken, and of a material's options the first: a last count, of powers of two, makes the best unique.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from certs.filing.plans.burden import NOTHING, Burden, total

Key = Hashable


@dataclass(frozen=True)
class Choice:
    """An option as far as choosing knows it: what it costs by itself, and which source it opens, if any."""

    own: Burden
    key: Key | None = None


Openings = Mapping[Any, Burden]
# A burden, and the count that decides between sources that cost the same.
_Weight = tuple[int, ...]


def least(materials: Sequence[Sequence[Choice]], openings: Openings) -> tuple[int, ...]:
    """Give the place of the chosen option for each material; each must have one at least."""
    chosen = [0] * len(materials)
    for group in groups([{each.key for each in options if each.key is not None} for options in materials]):
        search = _Search([materials[place] for place in group], openings)
        for place, option in zip(group, search.best(), strict=True):
            chosen[place] = option
    return tuple(chosen)


def cost(materials: Sequence[Sequence[Choice]], openings: Openings, chosen: Sequence[int]) -> Burden:
    """Tell what a choice costs: each option, and each source that is opened once."""
    taken = [options[place] for options, place in zip(materials, chosen, strict=True)]
    opened = {each.key for each in taken if each.key is not None}
    return total((*(each.own for each in taken), *(openings.get(each, NOTHING) for each in opened)))


def written(materials: Sequence[Sequence[Choice]]) -> dict[Key, int]:
    """Give each source its place in written order."""
    keys = dict.fromkeys(each.key for options in materials for each in options if each.key is not None)
    return {each: place for place, each in enumerate(keys)}


def groups(keys: Sequence[set[Key]]) -> list[list[int]]:
    """Give the places that hang together by what they share, directly or through others, in order."""
    found: list[tuple[set[Key], list[int]]] = []
    for place, own in enumerate(keys):
        touched = [each for each in found if each[0] & own]
        found = [each for each in found if not each[0] & own]
        merged = set(own).union(*(each[0] for each in touched))
        found.append((merged, sorted([place, *(one for each in touched for one in each[1])])))
    return sorted((places for _, places in found), key=lambda each: each[0])


class _Search:
    """One group's search."""

    def __init__(self, materials: Sequence[Sequence[Choice]], openings: Openings) -> None:
        self._materials = [[((*each.own, 0), each.key) for each in options] for options in materials]
        self._openings: dict[Key, _Weight] = {
            key: (*openings.get(key, NOTHING), 1 << place) for key, place in written(materials).items()
        }
        self._known: _Weight | None = None
        self._opened: frozenset[Key] = frozenset()

    def best(self) -> list[int]:
        """Search; give the place of each material's first cheapest option among the opened sources."""
        self._visit(frozenset(), frozenset())
        return [self._first(options) for options in self._materials]

    def _first(self, options: Sequence[tuple[_Weight, Key | None]]) -> int:
        at_hand = [(own, place) for place, (own, key) in enumerate(options) if key is None or key in self._opened]
        return min(at_hand)[1]

    def _visit(self, opened: frozenset[Key], ruled_out: frozenset[Key]) -> None:
        spent = [self._openings[each] for each in opened]
        cheapest: list[_Weight] = []
        at_hand: list[_Weight | None] = []
        for options in self._materials:
            allowed = [own for own, key in options if key not in ruled_out]
            if not allowed:
                return
            cheapest.append(min(allowed))
            at_hand.append(min((own for own, key in options if key is None or key in opened), default=None))
        undecided = [place for place, least_own in enumerate(cheapest) if at_hand[place] != least_own]
        self._keep([*spent, *at_hand], opened)
        if not undecided or self._is_hopeless([*spent, *cheapest], undecided, cheapest, opened, ruled_out):
            return
        key = self._next(undecided, at_hand, opened, ruled_out)
        self._visit(opened | {key}, ruled_out)
        self._visit(opened, ruled_out | {key})

    def _keep(self, weights: Sequence[_Weight | None], opened: frozenset[Key]) -> None:
        """Keep what is opened, if it serves every material and costs less than what is known."""
        told = [each for each in weights if each is not None]
        if len(told) < len(weights):
            return
        whole = _sum(told)
        if self._known is None or whole < self._known:
            self._known, self._opened = whole, opened

    def _is_hopeless(
        self,
        weights: Sequence[_Weight],
        undecided: Sequence[int],
        cheapest: Sequence[_Weight],
        opened: frozenset[Key],
        ruled_out: frozenset[Key],
    ) -> bool:
        """Tell whether nothing better can come of this branch: materials that share nothing unopened each pay."""
        if self._known is None:
            return False
        seen: set[Key] = set()
        more: list[_Weight] = []
        for place in undecided:
            options = [each for each in self._materials[place] if each[1] not in ruled_out]
            unopened = {key for _, key in options if key is not None and key not in opened}
            if not unopened & seen:
                seen |= unopened
                whole = min(own if key not in unopened else _sum((own, self._openings[key])) for own, key in options)
                more.append(tuple(one - other for one, other in zip(whole, cheapest[place], strict=True)))
        return _sum((*weights, *more)) >= self._known

    def _next(
        self,
        undecided: Sequence[int],
        at_hand: Sequence[_Weight | None],
        opened: frozenset[Key],
        ruled_out: frozenset[Key],
    ) -> Key:
        """Give the source to decide on: of a material that nothing serves yet, with the fewest left; the most asked."""
        open_ones = {
            place: [key for _, key in self._materials[place] if key is not None and key not in opened | ruled_out]
            for place in undecided
        }
        place = min(undecided, key=lambda each: (at_hand[each] is not None, len(open_ones[each]), each))
        asked = Counter(key for keys in open_ones.values() for key in set(keys))
        order = {key: rank for rank, key in enumerate(self._openings)}
        return min(open_ones[place], key=lambda key: (-asked[key], order[key]))


def _sum(weights: Iterable[_Weight]) -> _Weight:
    return tuple(map(sum, zip(*weights, strict=True)))
