"""As much of PromQL as the rules and the dashboard speak: read into a tree, and worked out on planted samples.

Not taken from Prometheus: written from its documented grammar, so that what it does not know is refused and never
guessed (`Unreadable`). A range is worked out from two moments, which is what `rate` and `increase` come to there.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

Labels = frozenset[tuple[str, str]]
Vector = dict[Labels, float]

TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)(?![a-z\d])|(?P<span>\d+[smhdw])|(?P<text>\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)|(?P<sign>=~|!~|!=|==|>=|<=|[-+*/<>=(){}\[\],]))"
)
AGGREGATES: Final[Mapping[str, Callable[[Sequence[float]], float]]] = {"sum": sum, "max": max, "min": min, "count": len}
RATES: Final = {"rate", "increase"}
FUNCTIONS: Final = {*RATES, "time", "histogram_quantile"}
ARITHMETIC: Final[Mapping[str, Callable[[float, float], float]]] = {
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
    "*": lambda one, other: one * other,
    "/": lambda one, other: one / other if other else float("nan"),
}
COMPARING: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">": lambda one, other: one > other,
    "<": lambda one, other: one < other,
    ">=": lambda one, other: one >= other,
    "<=": lambda one, other: one <= other,
    "==": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
}
# From what binds least to what binds most.
LEVELS: Final = (("or",), ("and", "unless"), tuple(COMPARING), ("+", "-"), ("*", "/"))
MATCHING: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "=": lambda value, wanted: value == wanted,
    "!=": lambda value, wanted: value != wanted,
    "=~": lambda value, wanted: re.fullmatch(wanted, value) is not None,
    "!~": lambda value, wanted: re.fullmatch(wanted, value) is None,
}
SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


class Unreadable(ValueError):
    """An expression is not of the part of the language that is known here."""


@dataclass(frozen=True)
class Number:
    """A number."""

    value: float


@dataclass(frozen=True)
class Selector:
    """Samples of one name, by their labels; with a range, between two moments."""

    name: str
    matchers: tuple[tuple[str, str, str], ...]
    seconds: int = 0


@dataclass(frozen=True)
class Call:
    """A function of something."""

    name: str
    given: tuple["Node", ...]


@dataclass(frozen=True)
class Aggregate:
    """Several samples made one, by labels that are kept."""

    name: str
    by: tuple[str, ...]
    given: "Node"


@dataclass(frozen=True)
class Binary:
    """Two sides, matched by all labels or by those told."""

    sign: str
    on: tuple[str, ...] | None
    left: "Node"
    right: "Node"


Node = Number | Selector | Call | Aggregate | Binary


def read(text: str) -> Node:
    """Read an expression. Raises `Unreadable`."""
    reader = _Reader(tuple(_tokens(text)))
    node = reader.level(0)
    if reader.place != len(reader.tokens):
        raise Unreadable(text)
    return node


def walked(node: Node) -> Iterator[Node]:
    """Give every part of an expression."""
    yield node
    match node:
        case Call(given=given):
            parts: tuple[Node, ...] = given
        case Aggregate(given=one):
            parts = (one,)
        case Binary(left=left, right=right):
            parts = (left, right)
        case _:
            parts = ()
    for each in parts:
        yield from walked(each)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place, text = 0, text.rstrip()
    while place < len(text):
        found = TOKEN.match(text, place)
        if found is None or found.lastgroup is None:
            raise Unreadable(text[place:])
        yield found.lastgroup, found[found.lastgroup]
        place = found.end()


@dataclass
class _Reader:
    tokens: tuple[tuple[str, str], ...]
    place: int = 0

    def next(self) -> tuple[str, str]:
        return self.tokens[self.place] if self.place < len(self.tokens) else ("end", "")

    def takes(self, text: str) -> bool:
        if self.next()[1] != text or self.next()[0] == "text":
            return False
        self.place += 1
        return True

    def needs(self, text: str) -> None:
        if not self.takes(text):
            raise Unreadable(f"{text} before {self.next()[1]!r}")

    def any_of(self, kind: str) -> str:
        found, text = self.next()
        if found != kind:
            raise Unreadable(f"{kind} instead of {text!r}")
        self.place += 1
        return text

    def level(self, depth: int) -> Node:
        if depth == len(LEVELS):
            return self.one()
        left = self.level(depth + 1)
        while self.next()[1] in LEVELS[depth]:
            sign = self.next()[1]
            self.place += 1
            on = self.names() if self.takes("on") else None
            left = Binary(sign, on, left, self.level(depth + 1))
        return left

    def one(self) -> Node:
        if self.takes("("):
            inside = self.level(0)
            self.needs(")")
            return inside
        if self.next()[0] == "number":
            return Number(float(self.any_of("number")))
        name = self.any_of("name")
        if name in AGGREGATES:
            by = self.names() if self.takes("by") else ()
            self.needs("(")
            inside = self.level(0)
            self.needs(")")
            return Aggregate(name, by, inside)
        if name in FUNCTIONS:
            return Call(name, self.given())
        return self.selector(name)

    def given(self) -> tuple[Node, ...]:
        self.needs("(")
        found: list[Node] = []
        while not self.takes(")"):
            found.append(self.level(0))
            if self.next()[1] != ")":
                self.needs(",")
        return tuple(found)

    def names(self) -> tuple[str, ...]:
        self.needs("(")
        found: list[str] = []
        while not self.takes(")"):
            found.append(self.any_of("name"))
            if self.next()[1] != ")":
                self.needs(",")
        return tuple(found)

    def selector(self, name: str) -> Selector:
        matchers: list[tuple[str, str, str]] = []
        if self.takes("{"):
            while not self.takes("}"):
                label, sign = self.any_of("name"), self.any_of("sign")
                if sign not in MATCHING:
                    raise Unreadable(sign)
                matchers.append((label, sign, self.any_of("text")[1:-1].replace("\\\\", "\\")))
                if self.next()[1] != "}":
                    self.needs(",")
        seconds = 0
        if self.takes("["):
            span = self.any_of("span")
            seconds = int(span[:-1]) * SECONDS[span[-1]]
            self.needs("]")
        return Selector(name, tuple(matchers), seconds)


@dataclass(frozen=True)
class World:
    """Samples by name and labels, now and a range ago, and what time it is."""

    now: Mapping[str, Vector]
    before: Mapping[str, Vector] = field(default_factory=dict)
    at: float = 0.0


def worked_out(node: Node, world: World) -> Vector | float:
    """Work an expression out. Raises `Unreadable`."""
    match node:
        case Number(value):
            return value
        case Call("time", ()):
            return world.at
        case Call(name, (Selector(seconds=seconds) as selected,)) if name in RATES and seconds:
            before = _selected(selected, world.before)
            grown = {key: value - before.get(key, 0.0) for key, value in _selected(selected, world.now).items()}
            return {key: value / (seconds if name == "rate" else 1) for key, value in grown.items()}
        case Selector(seconds=0):
            return _selected(node, world.now)
        case Aggregate(name, by, given):
            return _aggregated(name, by, worked_out(given, world))
        case Binary(sign, on, left, right):
            return _joined(sign, on, worked_out(left, world), worked_out(right, world))
    raise Unreadable(str(node))


def _selected(selector: Selector, samples: Mapping[str, Vector]) -> Vector:
    def fits(labels: Labels) -> bool:
        told = dict(labels)
        return all(MATCHING[sign](told.get(label, ""), wanted) for label, sign, wanted in selector.matchers)

    return {labels: value for labels, value in samples.get(selector.name, {}).items() if fits(labels)}


def _aggregated(name: str, by: tuple[str, ...], given: Vector | float) -> Vector:
    if isinstance(given, float):
        raise Unreadable(name)
    groups: dict[Labels, list[float]] = {}
    for labels, value in given.items():
        groups.setdefault(_kept(labels, by), []).append(value)
    return {labels: float(AGGREGATES[name](values)) for labels, values in groups.items()}


def _kept(labels: Labels, names: tuple[str, ...] | None) -> Labels:
    return labels if names is None else frozenset((name, value) for name, value in labels if name in names)


def _joined(sign: str, on: tuple[str, ...] | None, left: Vector | float, right: Vector | float) -> Vector | float:
    if isinstance(left, float) and isinstance(right, float):
        return ARITHMETIC[sign](left, right)
    if sign in {"and", "unless"}:
        if isinstance(left, float) or isinstance(right, float):
            raise Unreadable(sign)
        others = {_kept(labels, on) for labels in right}
        return {labels: value for labels, value in left.items() if (_kept(labels, on) in others) == (sign == "and")}
    pairs = _pairs(on, left, right)
    if sign in COMPARING:
        return {labels: one for labels, (one, other) in pairs.items() if COMPARING[sign](one, other)}
    return {labels: ARITHMETIC[sign](one, other) for labels, (one, other) in pairs.items()}


def _pairs(
    on: tuple[str, ...] | None, left: Vector | float, right: Vector | float
) -> dict[Labels, tuple[float, float]]:
    if isinstance(right, float):
        assert not isinstance(left, float)
        return {labels: (value, right) for labels, value in left.items()}
    if isinstance(left, float):
        return {labels: (left, value) for labels, value in right.items()}
    others = {_kept(labels, on): value for labels, value in right.items()}
    return {labels: (value, others[_kept(labels, on)]) for labels, value in left.items() if _kept(labels, on) in others}
