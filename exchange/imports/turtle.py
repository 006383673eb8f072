"""Turtle as statements, after the W3C recommendation of 2014: property lists, blank nodes, collections; bounded."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from exchange.exports.vocabularies import PREFIXES
from exchange.imports.errors import UnreadableCatalogue
from exchange.imports.statements import DEEPEST, TYPE, Statement, Value, joined


def statements(text: str) -> Iterator[Statement]:
    """Read a document. Raises `UnreadableCatalogue`."""
    return _Turtle(text).read()


_TOKEN: Final = re.compile(
    r"""(?P<space>\s+|\#[^\r\n]*)
    |(?P<iri><[^\x00-\x20<>"{}|^`]*>)
    |(?P<long>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*''')
    |(?P<short>"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*')
    |(?P<at>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    |(?P<blank>_:[\w\-.]*[\w\-])
    |(?P<number>[+-]?(?:[0-9]+\.[0-9]*|\.?[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<prefixed>(?:[^\W\d_][\w\-.]*)?:(?:(?:[\w:]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?\#@%])
        (?:(?:[\w:.\-]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?\#@%])*(?:[\w:\-]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?\#@%]))?)?)
    |(?P<word>[A-Za-z]+)
    |(?P<mark>\^\^|[.;,\[\]()])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_SHORT: Final = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_FIRST, _REST, _NIL = (PREFIXES["rdf"] + name for name in ("first", "rest", "nil"))


class _Turtle:
    """Reads one document, token by token."""

    def __init__(self, text: str) -> None:
        self.tokens = self._tokens(text)
        self.prefixes: dict[str, str] = {}
        self.base = ""
        self.blank = 0
        self.said: list[Statement] = []
        self.kind, self.token = next(self.tokens)

    def read(self) -> Iterator[Statement]:
        """Read statement after statement."""
        while self.kind != "end":
            word = self.token.lower() if self.kind in {"word", "at"} else ""
            if word in {"@prefix", "prefix", "@base", "base"}:
                self._directive(word)
            else:
                self._triples()
            yield from self.said
            self.said.clear()

    def _directive(self, word: str) -> None:
        self._next()
        if word.endswith("prefix"):
            name = self._taken("prefixed")
            if not name.endswith(":"):
                raise UnreadableCatalogue("a prefix")
            self.prefixes[name[:-1]] = self.resolved(self._taken("iri"))
        else:
            self.base = self.resolved(self._taken("iri"))
        if word.startswith("@"):
            self._mark(".")

    def _triples(self) -> None:
        alone = (self.kind, self.token) == ("mark", "[")
        subject = self._object(0)
        if not subject.is_name:
            raise UnreadableCatalogue("a text as subject")
        if not (alone and (self.kind, self.token) == ("mark", ".")):
            self._properties(subject.text, 0)
        self._mark(".")

    def _properties(self, subject: str, depth: int) -> None:
        while True:
            if (self.kind, self.token) == ("word", "a"):
                predicate = TYPE
                self._next()
            else:
                predicate = self._object(depth).text
            while True:
                self.said.append((subject, predicate, self._object(depth)))
                if (self.kind, self.token) != ("mark", ","):
                    break
                self._next()
            if (self.kind, self.token) != ("mark", ";"):
                return
            while (self.kind, self.token) == ("mark", ";"):
                self._next()
            if (self.kind, self.token) in {("mark", "."), ("mark", "]")}:
                return

    def _object(self, depth: int) -> Value:
        if depth > DEEPEST:
            raise UnreadableCatalogue("too deep")
        kind, token = self.kind, self.token
        if kind in {"long", "short"}:
            return self._literal()
        self._next()
        if kind in _NAMES:
            return Value(_NAMES[kind](self, token), is_name=True)
        if kind == "number" or (kind == "word" and token in {"true", "false"}):
            return Value(token)
        if (kind, token) == ("mark", "["):
            return self._nested(depth)
        if (kind, token) == ("mark", "("):
            return self._collection(depth)
        raise UnreadableCatalogue(f"unexpected {token[:20]!r}")

    def _nested(self, depth: int) -> Value:
        self.blank += 1
        name = f"_:[{self.blank}"
        if (self.kind, self.token) != ("mark", "]"):
            self._properties(name, depth + 1)
        self._mark("]")
        return Value(name, is_name=True)

    def _collection(self, depth: int) -> Value:
        head = last = ""
        while (self.kind, self.token) != ("mark", ")"):
            self.blank += 1
            name = f"_:[{self.blank}"
            if last:
                self.said.append((last, _REST, Value(name, is_name=True)))
            head, last = head or name, name
            self.said.append((name, _FIRST, self._object(depth + 1)))
        self._next()
        if last:
            self.said.append((last, _REST, Value(_NIL, is_name=True)))
        return Value(head or _NIL, is_name=True)

    def _literal(self) -> Value:
        quotes = 3 if self.kind == "long" else 1
        text = _unescaped(self.token[quotes:-quotes])
        self._next()
        if self.kind == "at":
            language = self.token[1:].lower()
            self._next()
            return Value(text, language=language)
        if (self.kind, self.token) == ("mark", "^^"):
            self._next()
            self._object(DEEPEST)
        return Value(text)

    def resolved(self, token: str) -> str:
        """Give the name in angle brackets, against the base."""
        return joined(self.base, _unescaped(token[1:-1]))

    def expanded(self, token: str) -> str:
        """Write a prefixed name out."""
        prefix, _, local = token.partition(":")
        if prefix not in self.prefixes:
            raise UnreadableCatalogue(f"unknown prefix {prefix[:20]!r}")
        return self.prefixes[prefix] + re.sub(r"\\(.)", r"\1", local)

    def _taken(self, kind: str) -> str:
        if self.kind != kind:
            raise UnreadableCatalogue(f"unexpected {self.token[:20]!r}")
        token = self.token
        self._next()
        return token

    def _mark(self, mark: str) -> None:
        if (self.kind, self.token) != ("mark", mark):
            raise UnreadableCatalogue(f"{mark} expected before {self.token[:20]!r}")
        self._next()

    def _next(self) -> None:
        self.kind, self.token = next(self.tokens, ("end", ""))

    @staticmethod
    def _tokens(text: str) -> Iterator[tuple[str, str]]:
        place = 0
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None:
                raise UnreadableCatalogue(f"character {place}")
            place = match.end()
            if match.lastgroup != "space":
                yield str(match.lastgroup), match.group()
        yield "end", ""


_NAMES: Final[Mapping[str, Callable[[_Turtle, str], str]]] = {
    "iri": _Turtle.resolved,
    "prefixed": _Turtle.expanded,
    "blank": lambda _, token: token,
}


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text

    def said(match: re.Match[str]) -> str:
        number = match[1] or match[2]
        if number is None:
            if match[3] not in _SHORT:
                raise UnreadableCatalogue("an escape")
            return _SHORT[match[3]]
        code = int(number, 16)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF or code == 0:  # noqa: PLR2004 - outside Unicode, surrogates, NUL
            raise UnreadableCatalogue("an escape")
        return chr(code)

    return _ESCAPE.sub(said, text)
