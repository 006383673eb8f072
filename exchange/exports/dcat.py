"""Published directories as a catalogue in DCAT-AP 3: what each says as a data set, in JSON-LD or Turtle, as a stream.

A directory is a `dcat:Dataset` with its publisher, how often it is updated, who may have it and its theme; where it is
shared, how it is had is a `dcat:Distribution`, and for an interface a `dcat:DataService`. What DCAT has no name for
stands under our own (`urn:yinxin:directory#field`), in the words of the workbook, so that another site of this kind
takes the catalogue in without loss. A node is written when it is made and then forgotten: memory does not grow.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from exchange import form
from exchange.dictionaries import dictionaries
from exchange.exports.vocabularies import PREFIXES, vocabularies
from exchange.imports import columns

LANGUAGE: Final = "http://publications.europa.eu/resource/authority/language/ZHO"
NOT_SHARED: Final = "3"
INTERFACE: Final = "API"
_MOMENT: Final = "xsd:dateTime"


@dataclass(frozen=True)
class Iri:
    """A thing that is named."""

    text: str


@dataclass(frozen=True)
class Literal:
    """A text, with its language or its type."""

    text: str
    language: str = ""
    type: str = ""


@dataclass(frozen=True)
class Node:
    """A thing and what is said of it; `told` may name a property several times."""

    iri: str
    type: str
    told: Sequence[tuple[str, Iri | Literal]]


@dataclass(frozen=True)
class Facts:
    """What is said of the catalogue itself."""

    base: str
    publisher: str
    publisher_name: str


@dataclass(frozen=True)
class Published:
    """A directory that can be read: its code, whose it is, and what it says."""

    code: str
    owner: str
    owner_name: str
    issued: datetime
    modified: datetime
    content: form.Content


def nodes(facts: Facts, directories: Iterable[Published]) -> Iterator[Node]:
    """Give the catalogue's nodes one by one; a publisher once."""
    catalogue = f"{facts.base}/catalogue"
    publishers = {facts.publisher}
    yield _agent(facts.base, facts.publisher, facts.publisher_name)
    yield Node(
        catalogue,
        "dcat:Catalog",
        (
            ("dcterms:title", Literal("政务数据目录", "zh")),
            ("dcterms:title", Literal("Directories of government data", "en")),
            ("dcterms:description", Literal("已发布的政务数据目录。", "zh")),
            ("dcterms:description", Literal("The published directories of government data.", "en")),
            ("dcterms:publisher", Iri(_agent_iri(facts.base, facts.publisher))),
            ("dcterms:language", Iri(LANGUAGE)),
        ),
    )
    for each in directories:
        if each.owner not in publishers:
            publishers.add(each.owner)
            yield _agent(facts.base, each.owner, each.owner_name)
        place = _place(facts.base, each.code)
        yield Node(catalogue, "", (("dcat:dataset", Iri(place)),))
        yield _dataset(facts.base, place, each)
        if each.content.get("share_type") != NOT_SHARED:
            yield from _access(facts.base, catalogue, place, each)


def json_ld(facts: Facts, directories: Iterable[Published]) -> Iterator[str]:
    """Write the catalogue as JSON-LD, its context within."""
    yield '{"@context":' + json.dumps(dict(PREFIXES), separators=(",", ":")) + ',"@graph":[\n'
    between = ""
    for node in nodes(facts, directories):
        yield between + json.dumps(_as_json(node), ensure_ascii=False, separators=(",", ":"))
        between = ",\n"
    yield "\n]}\n"


def turtle(facts: Facts, directories: Iterable[Published]) -> Iterator[str]:
    """Write the catalogue as Turtle."""
    yield "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items())
    for node in nodes(facts, directories):
        said = [f"a {node.type}"] if node.type else []
        said += [f"{name} {_as_turtle(value)}" for name, value in node.told]
        yield f"\n{_turtle_iri(node.iri)} " + " ;\n  ".join(said) + " .\n"


WRITERS: Final[Mapping[str, Callable[[Facts, Iterable[Published]], Iterator[str]]]] = {
    "json-ld": json_ld,
    "turtle": turtle,
}
MEDIA_TYPES: Final = {"json-ld": "application/ld+json", "turtle": "text/turtle; charset=utf-8"}


def _dataset(base: str, place: str, each: Published) -> Node:
    content = each.content
    told: list[tuple[str, Iri | Literal]] = [
        ("dcterms:identifier", Literal(each.code)),
        ("dcterms:title", Literal(str(content.get("name", "")), "zh")),
        ("dcterms:description", Literal(str(content.get("summary", "")), "zh")),
        ("dcterms:publisher", Iri(_agent_iri(base, each.owner))),
        ("dcterms:issued", Literal(each.issued.isoformat(), type=_MOMENT)),
        ("dcterms:modified", Literal(each.modified.isoformat(), type=_MOMENT)),
        ("dcterms:language", Iri(LANGUAGE)),
    ]
    for name, vocabulary, field in (
        ("dcterms:accrualPeriodicity", "frequency", "update_cycle"),
        ("dcterms:accessRights", "access_right", "open_type"),
        ("dcat:theme", "theme", "field_of_work"),
    ):
        iri = vocabularies()[vocabulary].iri(str(content.get(field, "")))
        if iri is not None:
            told.append((name, Iri(iri)))
    work = content.get("field_of_work")
    if work:
        told.append(("dcat:keyword", Literal(dictionaries()["field_of_work"].words(str(work), "zh"), "zh")))
    for name, field_ in form.fields().items():
        if name not in {"name", "summary"} and not form.blank(content.get(name)):
            told.append((f"yx:{name}", Literal(columns.write(field_, content[name]))))
    told += [("yx:item", Literal(columns.items_in_a_cell([item]))) for item in content.get("items", ())]
    if content.get("share_type") != NOT_SHARED:
        told += [("dcat:distribution", Iri(f"{place}#{_part(kind)}")) for kind in content.get("storage", ())]
    return Node(place, "dcat:Dataset", tuple(told))


def _access(base: str, catalogue: str, place: str, each: Published) -> Iterator[Node]:
    """Give how a directory is had: a distribution for each way it is kept, and the service of an interface."""
    title = str(each.content.get("name", ""))
    for kind in each.content.get("storage", ()):
        words = dictionaries()["storage"].words(str(kind), "zh")
        told: list[tuple[str, Iri | Literal]] = [
            ("dcterms:title", Literal(f"{title}（{words}）", "zh")),
            ("dcat:accessURL", Iri(place)),
        ]
        if kind == INTERFACE:
            told.append(("dcat:accessService", Iri(f"{place}#service")))
        yield Node(f"{place}#{_part(kind)}", "dcat:Distribution", tuple(told))
    if INTERFACE in each.content.get("storage", ()):
        yield Node(catalogue, "", (("dcat:service", Iri(f"{place}#service")),))
        yield Node(
            f"{place}#service",
            "dcat:DataService",
            (
                ("dcterms:title", Literal(f"{title}（服务接口）", "zh")),
                ("dcat:endpointURL", Iri(f"{base}/api/v1/data/{quote(each.code)}")),
                ("dcat:servesDataset", Iri(place)),
            ),
        )


def _agent(base: str, code: str, name: str) -> Node:
    told = (("foaf:name", Literal(name, "zh")), ("dcterms:identifier", Literal(code)))
    return Node(_agent_iri(base, code), "foaf:Agent", told)


def _agent_iri(base: str, code: str) -> str:
    return f"{base}/organisations/{quote(code)}"


def _place(base: str, code: str) -> str:
    return f"{base}/directories/{quote(code)}"


def _part(kind: object) -> str:
    return quote(str(kind).lower(), safe="")


def _as_json(node: Node) -> dict[str, Any]:
    told: dict[str, Any] = {"@id": node.iri}
    if node.type:
        told["@type"] = node.type
    for name, value in node.told:
        told.setdefault(name, []).append(_value(value))
    return told


def _value(value: Iri | Literal) -> dict[str, str]:
    if isinstance(value, Iri):
        return {"@id": value.text}
    told = {"@value": value.text}
    if value.language:
        told["@language"] = value.language
    if value.type:
        told["@type"] = value.type
    return told


def _as_turtle(value: Iri | Literal) -> str:
    if isinstance(value, Iri):
        return _turtle_iri(value.text)
    text = "".join(_ESCAPES.get(sign) or (f"\\u{ord(sign):04X}" if ord(sign) < 32 else sign) for sign in value.text)  # noqa: PLR2004
    tail = f"@{value.language}" if value.language else f"^^{value.type}" if value.type else ""
    return f'"{text}"{tail}'


def _turtle_iri(text: str) -> str:
    # Turtle 6.4: these may stand in an IRI only escaped.
    return "<" + "".join(f"\\u{ord(s):04X}" if ord(s) <= 32 or s in '<>"{}|^`\\' else s for s in text) + ">"  # noqa: PLR2004


_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
