"""JSON-LD 1.1 as statements, with its context inside the file; nothing is fetched.

Terms, prefixes, `@vocab`, `@base`, `@language` and `@type: @id` are read. A context that would have to be fetched is
refused, and so is any keyword whose meaning would be lost if it were passed over.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from exchange.imports.errors import RemoteContext, UnreadableCatalogue
from exchange.imports.statements import DEEPEST, TYPE, Statement, Value, joined


def statements(text: str) -> Iterator[Statement]:
    """Read a document. Raises `UnreadableCatalogue`, `RemoteContext`."""
    return _JsonLd().read(text)


_PASSED_OVER: Final = frozenset({"@index"})
_KNOWN: Final = frozenset({"@id", "@type", "@graph", "@context", "@value", "@language", "@list", "@set"}) | _PASSED_OVER


@dataclass(frozen=True)
class _Context:
    """What names mean from here on."""

    terms: Mapping[str, str]
    named: frozenset[str]
    languages: Mapping[str, str]
    vocabulary: str = ""
    base: str = ""
    language: str = ""


class _JsonLd:
    """Reads one document, node by node."""

    def __init__(self) -> None:
        self.blank = 0

    def read(self, text: str) -> Iterator[Statement]:
        """Read every node of a document."""
        try:
            document = json.loads(text.lstrip("\ufeff"), parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise UnreadableCatalogue("not JSON") from error
        yield from self._each(document, _Context({}, frozenset(), {}), 0)

    def _each(self, value: Any, context: _Context, depth: int) -> Iterator[Statement]:
        for each in value if isinstance(value, list) else [value]:
            if not isinstance(each, dict):
                raise UnreadableCatalogue("not a node")
            yield from self._node(each, context, depth, self._name(each, _within(each, context)))

    def _node(self, node: dict[str, Any], context: _Context, depth: int, subject: str) -> Iterator[Statement]:
        if depth > DEEPEST:
            raise UnreadableCatalogue("too deep")
        context = _within(node, context)
        for key, value in node.items():
            name = context.terms.get(key, key)
            if name.startswith("@"):
                yield from self._keyword(name, value, context, depth, subject)
                continue
            predicate = _iri(key, context, vocabulary=True)
            if ":" in predicate:
                for each in _members(value):
                    yield from self._statement(subject, predicate, each, key, context, depth)

    def _keyword(self, name: str, value: Any, context: _Context, depth: int, subject: str) -> Iterator[Statement]:
        if name not in _KNOWN:
            raise UnreadableCatalogue(f"keyword {name[:20]}")
        if name == "@graph":
            yield from self._each(value, context, depth + 1)
        if name == "@type":
            for each in _members(value):
                if not isinstance(each, str):
                    raise UnreadableCatalogue("@type")
                yield subject, TYPE, Value(_iri(each, context, vocabulary=True), is_name=True)

    def _statement(
        self, subject: str, predicate: str, value: Any, key: str, context: _Context, depth: int
    ) -> Iterator[Statement]:
        if value is None:
            return
        if not isinstance(value, dict):
            yield subject, predicate, _plain(value, key, context)
        elif "@value" in value:
            told, language = value["@value"], value.get("@language") or ""
            if not isinstance(told, str | int | float | bool) or not isinstance(language, str):
                raise UnreadableCatalogue("@value")
            yield subject, predicate, Value(_text(told), language=language.lower())
        elif "@list" in value or "@set" in value:
            for each in _members(value.get("@list", value.get("@set"))):
                yield from self._statement(subject, predicate, each, key, context, depth + 1)
        else:
            name = self._name(value, _within(value, context))
            yield subject, predicate, Value(name, is_name=True)
            yield from self._node(value, context, depth + 1, name)

    def _name(self, node: dict[str, Any], context: _Context) -> str:
        told = next((node[key] for key in node if context.terms.get(key, key) == "@id"), None)
        if told is None:
            self.blank += 1
            return f"_:[{self.blank}"
        if not isinstance(told, str):
            raise UnreadableCatalogue("@id")
        return _iri(told, context)


def _within(node: dict[str, Any], context: _Context) -> _Context:
    """Read a node's own context over the one around it."""
    if "@context" not in node:
        return context
    for told in node["@context"] if isinstance(node["@context"], list) else [node["@context"]]:
        if isinstance(told, str):
            raise RemoteContext(told[:200])
        if told is not None and not isinstance(told, dict):
            raise UnreadableCatalogue("@context")
        context = _over(told, context) if told is not None else _Context({}, frozenset(), {})
    return context


def _over(told: dict[str, Any], context: _Context) -> _Context:
    if "@import" in told or "@propagate" in told:
        raise RemoteContext(str(told.get("@import", "@propagate"))[:200])
    terms, named, languages = dict(context.terms), set(context.named), dict(context.languages)
    for key, meant in told.items():
        if key.startswith("@"):
            continue
        detail = meant if isinstance(meant, dict) else {"@id": meant}
        if "@context" in detail or "@reverse" in detail:
            raise UnreadableCatalogue("a context within a term")
        name = detail.get("@id", key)
        if name is not None and not isinstance(name, str):
            raise UnreadableCatalogue("@context")
        terms[key] = name or ""
        if detail.get("@type") in {"@id", "@vocab"}:
            named.add(key)
        if isinstance(detail.get("@language"), str):
            languages[key] = detail["@language"]
    said = {name: told.get(f"@{name}", "") or "" for name in ("vocab", "base", "language")}
    if not all(isinstance(each, str) for each in said.values()):
        raise UnreadableCatalogue("@context")
    return _Context(
        terms,
        frozenset(named),
        languages,
        said["vocab"] or context.vocabulary,
        said["base"] or context.base,
        said["language"] or context.language,
    )


def _iri(text: str, context: _Context, *, vocabulary: bool = False) -> str:
    """Write a name out: a term, a prefixed name, or one that stands against the base."""
    for _ in range(DEEPEST):
        if vocabulary and text in context.terms and context.terms[text] != text:
            text = context.terms[text]
            continue
        prefix, colon, local = text.partition(":")
        if colon and not local.startswith("//") and context.terms.get(prefix) and prefix != "_":
            text = context.terms[prefix] + local
            continue
        if colon or text.startswith("@"):
            return text
        return context.vocabulary + text if vocabulary else joined(context.base, text)
    raise UnreadableCatalogue("a term that means itself")


def _plain(value: Any, key: str, context: _Context) -> Value:
    if isinstance(value, list):
        raise UnreadableCatalogue("a list within a list")
    if isinstance(value, str) and key in context.named:
        return Value(_iri(value, context), is_name=True)
    language = context.languages.get(key, context.language) if isinstance(value, str) else ""
    return Value(_text(value), language=language.lower())


def _text(value: str | float | bool) -> str:  # noqa: FBT001 - a value of JSON
    return str(value).lower() if isinstance(value, bool) else str(value)


def _members(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _no_constant(text: str) -> Any:
    raise ValueError(text)
