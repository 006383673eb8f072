"""The catalogue in DCAT-AP: what others read of it, held against the profile's shapes, and read in again."""

import contextlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from pyshacl import validate
from rdflib.compare import isomorphic

from base.db import Database
from base.errors import DomainError
from exchange.dictionaries import dictionaries
from exchange.exports import dcat, reading
from exchange.exports.dcat import Facts, Published
from exchange.exports.vocabularies import vocabularies
from exchange.imports import rdf, tables
from exchange.imports.errors import RemoteContext, UnreadableCatalogue
from keys.parties.sample import code_of
from tests.exchange import departments, import_house
from tests.exchange.departments import content
from tests.exchange.import_house import taken_in

# rdflib warns of its own parser; warnings of ours stay errors.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
FACTS = Facts("https://data.example", code_of("data"), "演示省数据管理局")
# The mandatory properties of DCAT-AP 3.0: of catalogue, data set, distribution, data service and agent.
SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
[] a sh:NodeShape ; sh:targetClass dcat:Catalog ;
  sh:property [ sh:path dcterms:title ; sh:minCount 1 ; sh:nodeKind sh:Literal ; sh:uniqueLang true ] ;
  sh:property [ sh:path dcterms:description ; sh:minCount 1 ; sh:nodeKind sh:Literal ] ;
  sh:property [ sh:path dcterms:publisher ; sh:minCount 1 ; sh:maxCount 1 ; sh:class foaf:Agent ] ;
  sh:property [ sh:path dcat:dataset ; sh:class dcat:Dataset ] ;
  sh:property [ sh:path dcat:service ; sh:class dcat:DataService ] .
[] a sh:NodeShape ; sh:targetClass dcat:Dataset ;
  sh:property [ sh:path dcterms:title ; sh:minCount 1 ; sh:nodeKind sh:Literal ; sh:minLength 1 ] ;
  sh:property [ sh:path dcterms:description ; sh:minCount 1 ; sh:nodeKind sh:Literal ; sh:minLength 1 ] ;
  sh:property [ sh:path dcterms:publisher ; sh:maxCount 1 ; sh:class foaf:Agent ] ;
  sh:property [ sh:path dcterms:issued ; sh:maxCount 1 ; sh:datatype xsd:dateTime ] ;
  sh:property [ sh:path dcterms:modified ; sh:maxCount 1 ; sh:datatype xsd:dateTime ] ;
  sh:property [ sh:path dcterms:accessRights ; sh:maxCount 1 ; sh:nodeKind sh:IRI ;
    sh:pattern "^http://publications.europa.eu/resource/authority/access-right/(PUBLIC|RESTRICTED|NON_PUBLIC)$" ] ;
  sh:property [ sh:path dcterms:accrualPeriodicity ; sh:maxCount 1 ; sh:nodeKind sh:IRI ;
    sh:pattern "^http://publications.europa.eu/resource/authority/frequency/[A-Z_]+$" ] ;
  sh:property [ sh:path dcat:theme ; sh:nodeKind sh:IRI ;
    sh:pattern "^http://publications.europa.eu/resource/authority/data-theme/[A-Z]{4}$" ] ;
  sh:property [ sh:path dcat:distribution ; sh:class dcat:Distribution ] .
[] a sh:NodeShape ; sh:targetClass dcat:Distribution ;
  sh:property [ sh:path dcat:accessURL ; sh:minCount 1 ; sh:nodeKind sh:IRI ] ;
  sh:property [ sh:path dcat:accessService ; sh:class dcat:DataService ] .
[] a sh:NodeShape ; sh:targetClass dcat:DataService ;
  sh:property [ sh:path dcterms:title ; sh:minCount 1 ; sh:nodeKind sh:Literal ] ;
  sh:property [ sh:path dcat:endpointURL ; sh:minCount 1 ; sh:nodeKind sh:IRI ] ;
  sh:property [ sh:path dcat:servesDataset ; sh:class dcat:Dataset ] .
[] a sh:NodeShape ; sh:targetClass foaf:Agent ;
  sh:property [ sh:path foaf:name ; sh:minCount 1 ; sh:nodeKind sh:Literal ; sh:minLength 1 ] .
"""
DCAT = rdflib.Namespace("http://www.w3.org/ns/dcat#")
DCTERMS = rdflib.Namespace("http://purl.org/dc/terms/")


def one(at: datetime, number: int = 1, **peculiar: Any) -> Published:
    told = content(**{"name": f"演示目录{number}", **peculiar})
    return Published(f"30701500000{number:05d}/000001", code_of("health"), "演示省卫生健康委员会", at, at, told)


def read(text: str, form: str) -> rdflib.Graph:
    return rdflib.Graph().parse(data=text, format={"json-ld": "json-ld", "turtle": "turtle"}[form])


def written(form: str, *directories: Published) -> str:
    return "".join(dcat.WRITERS[form](FACTS, directories))


def faults_of(graph: rdflib.Graph) -> str:
    good, _, told = validate(graph, shacl_graph=rdflib.Graph().parse(data=SHAPES, format="turtle"))
    return "" if good else str(told)


KINDS = [
    {},
    {"storage": ["API", "TABLE", "FILE_STRUCTURED"]},
    {"share_type": "3", "withheld_ground": "1", "withheld_because": "依据"},
    {"name": '引号"反斜杠\\换行\n<尖括号>', "summary": "\t制表"},
    {"update_cycle": "ondemand", "open_type": "unconditional", "field_of_work": "23"},
]


@pytest.mark.parametrize("peculiar", KINDS)
@pytest.mark.parametrize("form", ["json-ld", "turtle"])
def test_the_catalogue_keeps_the_profile(at: datetime, form: str, peculiar: dict[str, Any]):
    graph = read(written(form, one(at, **peculiar), one(at, 2)), form)
    assert faults_of(graph) == ""
    assert len(set(graph.subjects(rdflib.RDF.type, DCAT.Dataset))) == 2


def test_the_shapes_find_what_is_missing(at: datetime):
    for name in ("dcterms:title", "dcterms:description", "dcat:accessURL", "dcat:endpointURL", "foaf:name"):
        text = written("turtle", one(at, storage=["API"])).replace(name, "dcterms:nothing")
        assert faults_of(read(text, "turtle")) != "", name


@pytest.mark.parametrize("peculiar", KINDS)
def test_both_forms_say_the_same(at: datetime, peculiar: dict[str, Any]):
    each = one(at, **peculiar)
    assert isomorphic(read(written("json-ld", each), "json-ld"), read(written("turtle", each), "turtle"))


def test_every_code_has_a_name_in_the_vocabularies(at: datetime):
    fields = {"frequency": "update_cycle", "access_right": "open_type", "theme": "field_of_work"}
    for vocabulary, field in fields.items():
        assert set(vocabularies()[vocabulary].codes) == {each.code for each in dictionaries()[field].entries}
    graph = read(written("turtle", one(at, update_cycle="quarter")), "turtle")
    told = next(graph.objects(predicate=DCTERMS.accrualPeriodicity))
    assert str(told) == "http://publications.europa.eu/resource/authority/frequency/QUARTERLY"


def test_what_is_not_shared_has_no_way_to_be_had(at: datetime):
    graph = read(written("turtle", one(at, share_type="3", storage=["API", "TABLE"])), "turtle")
    assert not set(graph.subjects(rdflib.RDF.type, DCAT.Distribution))
    assert not set(graph.subjects(rdflib.RDF.type, DCAT.DataService))


def test_only_published_directories_stand_in_it(database: Database, at: datetime):
    departments.opened(database, at)
    with database.transaction() as session:
        departments.drafted(session, at, name="只是草稿")
        row, _ = departments.published(session, at, name="已发布")
        found = list(reading.published(session))
        facts = reading.facts(session, code_of("health"), "https://x.example")
        assert [(each.code, each.content["name"]) for each in found] == [(row.code, "已发布")]
        assert (facts.publisher, facts.publisher_name) == (code_of("data"), "演示省数据管理局")


def test_pages_of_any_size_give_every_directory_once(database: Database, at: datetime, monkeypatch: pytest.MonkeyPatch):
    departments.opened(database, at)
    with database.transaction() as session:
        for number in range(5):
            departments.published(session, at, name=f"目录{number}")
    for size in (1, 2, 5, 6):
        monkeypatch.setattr(reading, "PAGE", size)
        with database.reading() as session:
            assert len({each.code for each in reading.published(session)}) == 5
            assert len(list(reading.own(session, code_of("health")))) == 5


# --- read in ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["json-ld", "turtle"])
def test_a_catalogue_of_our_own_comes_in_without_loss(database: Database, at: datetime, form: str):
    steward = import_house.opened(database, at)
    sent = written(form, one(at, storage=["API", "TABLE"], other_scene="引号\"'；|"))
    known = taken_in(database, sent.encode(), steward, at, "catalogue")
    row = import_house.row(database, known, 1)
    assert (row.state, row.faults) == ("new", [])
    assert row.content == one(at, storage=["API", "TABLE"], other_scene="引号\"'；|").content


FOREIGN = """@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
<https://elsewhere.example/1> a dcat:Dataset ;
  dct:title "Licences"@en , "许可证"@zh-Hans ;
  dct:description "说明" ;
  dct:accrualPeriodicity <http://publications.europa.eu/resource/authority/frequency/MONTHLY> ;
  dct:accessRights <http://publications.europa.eu/resource/authority/access-right/PUBLIC> ;
  dcat:theme <http://publications.europa.eu/resource/authority/data-theme/TRAN> ;
  dct:spatial [ a dct:Location ; dct:title "省" ] ;
  dcat:contactPoint <https://elsewhere.example/us> .
"""


def test_a_foreign_catalogue_tells_what_it_can_and_the_rest_is_remarked_on(database: Database, at: datetime):
    steward = import_house.opened(database, at)
    known = taken_in(database, FOREIGN.encode(), steward, at, "foreign.ttl")
    row = import_house.row(database, known, 1)
    wanted = {"name": "许可证", "summary": "说明", "update_cycle": "month", "open_type": "unconditional"}
    assert {name: row.content[name] for name in wanted} == wanted
    assert row.content["field_of_work"] == "13"
    assert row.state == "error"
    assert "missing" in {each["code"] for each in row.faults}
    document = import_house.document(database, known)
    assert [each["place"] for each in document.remarks] == [
        "http://purl.org/dc/terms/spatial",
        "http://www.w3.org/ns/dcat#contactPoint",
    ]


@pytest.mark.parametrize(
    "context",
    [
        '"https://www.w3.org/ns/dcat.jsonld"',
        '["https://www.w3.org/ns/dcat.jsonld"]',
        '[{}, "file:///etc/passwd"]',
        '{"@import": "https://www.w3.org/ns/dcat.jsonld"}',
    ],
)
def test_a_context_that_would_have_to_be_fetched_is_refused(context: str):
    with pytest.raises(RemoteContext):
        list(rdf.statements('{"@context": ' + context + ', "@id": "urn:a"}', "json-ld"))


TURTLES = [
    "@prefix a: <urn:a#> . a:b a a:c ; a:d 'x'@zh , \"y\"^^a:t , 1 , -1.5 , true ; ; .",
    "PREFIX a: <urn:a#>\nBASE <http://b.example/c/>\n<d> a:e <../f> , <#g> . # remark\n",
    '@prefix : <urn:a#> . [ :p [ :q ( 1 2 ( ) ) ] ] . [] :r _:x . _:x :s """long "quoted"\ntext""" .',
    "@prefix 前: <urn:a#> . 前:缀 前:a%20b '\\u4E2D\\U00020000\\n' .",
    "@prefix a: <urn:a#> . a:x\\,y a:p a:q.r .",
]


def ours(text: str, kind: str) -> rdflib.Graph:
    """Build a graph of what our reader says; texts lose their type, which is compared away."""
    graph = rdflib.Graph()

    def node(name: str) -> Any:
        return rdflib.BNode(name[2:].replace("[", "n")) if name.startswith("_:") else rdflib.URIRef(name)

    for subject, predicate, value in rdf.statements(text, kind):
        said = node(value.text) if value.is_name else rdflib.Literal(value.text, lang=value.language or None)
        graph.add((node(subject), rdflib.URIRef(predicate), said))
    return graph


def untyped(graph: rdflib.Graph) -> rdflib.Graph:
    plain = rdflib.Graph()
    for s, p, o in graph:
        language = o.language.lower() if isinstance(o, rdflib.Literal) and o.language else None
        plain.add((s, p, rdflib.Literal(str(o), lang=language) if isinstance(o, rdflib.Literal) else o))
    return plain


@pytest.mark.parametrize("text", TURTLES)
def test_turtle_is_read_as_others_read_it(text: str):
    assert isomorphic(ours(text, "turtle"), untyped(rdflib.Graph().parse(data=text, format="turtle", publicID="")))


JSONS: list[Any] = [
    {
        "@context": {"a": "urn:a#"},
        "@id": "urn:x",
        "@type": "a:T",
        "a:p": ["x", {"@id": "a:y"}, {"@value": "z", "@language": "zh"}],
    },
    {"@context": {"@vocab": "urn:v#", "knows": {"@type": "@id"}}, "@id": "urn:x", "knows": ["urn:y"], "name": "n"},
    {"@context": {"@language": "zh", "t": {"@id": "urn:t", "@language": "en"}}, "@id": "urn:x", "t": "x", "urn:u": "y"},
    [{"@id": "urn:x", "urn:p": {"urn:q": "inner"}}, {"@graph": [{"@id": "urn:z", "@type": ["urn:A", "urn:B"]}]}],
    {"@context": {"id": "@id", "type": "@type", "p": "urn:p"}, "id": "urn:x", "type": "urn:T", "p": True, "unknown": 1},
]


@pytest.mark.parametrize("document", JSONS)
def test_json_ld_is_read_as_others_read_it(document: Any):
    text = json.dumps(document)
    assert isomorphic(ours(text, "json-ld"), untyped(rdflib.Graph().parse(data=text, format="json-ld")))


BAD_CATALOGUES = [
    "@prefix a: <urn:a#> . a:b",
    "@prefix a: <urn:a#> . b:c a b:d .",
    '@prefix a: <urn:a#> . a:b a:c "open',
    "@prefix a: <urn:a#> . a:b a:c '\\ud800' .",
    "@prefix a: <urn:a#> . a:b a:c '\\u0000' .",
    "@prefix a: <urn:a#> . 'text' a a:c .",
    "@prefix a: <urn:a#> . " + "[ a:p " * 200 + "1" + " ]" * 200 + " .",
    "@prefix a <urn:a#> .",
    "@base <http://[> . <a> <b> <c> .",
    "@prefix a: <urn:a#> . a:b a:c a:d",
    "@prefix a: <urn:a#> . a:b a:c ;;; .",
    "{",
    "{}",
    "[1]",
    "[[]]",
    '{"@id": 1}',
    '{"@value": "x"}',
    '{"a:b": NaN}',
    '{"@context": {"a": "b:", "b": "a:"}, "@id": "urn:x", "a:p": "x"}',
    '{"@context": 5}',
    '{"@nest": {}}',
    '{"@reverse": {}}',
    '{"@included": []}',
    '{"@type": 5}',
    '{"a:b": [[1]]}',
    '{"a:b": {"@value": {}}}',
    "[" * 100_000,
    '{"a:b":' * 100 + "1" + "}" * 100,
    '{"a:b": ' + "9" * 5000 + "}",
]


@pytest.mark.parametrize("text", BAD_CATALOGUES)
def test_a_bad_catalogue_is_refused_with_a_reason(text: str):
    with pytest.raises(DomainError):
        list(tables.read(text.encode()).rows)


@settings(deadline=None)
@given(st.sampled_from(["turtle", "json-ld"]), st.text(max_size=200), st.integers(0, 300))
def test_a_catalogue_that_was_cut_and_scribbled_on_never_breaks_the_reader(kind: str, scribble: str, place: int):
    text = FOREIGN if kind == "turtle" else json.dumps(JSONS[0])
    mixed = text[: place % len(text)] + scribble + text[place % len(text) + len(scribble) :]
    with contextlib.suppress(UnreadableCatalogue, RemoteContext):
        list(rdf.statements(mixed, kind))


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1).filter(str.strip))
def test_any_text_comes_through_both_forms(text: str):
    at = datetime.fromisoformat("2026-11-21T02:30:00+00:00")
    each = one(at, name=text, summary=text)
    for form in ("json-ld", "turtle"):
        row = next(tables.read(written(form, each).encode()).rows)
        assert row.cells["name"] == text.strip()[:4000]


def test_the_catalogue_is_written_as_it_is_read(at: datetime):
    """The writer asks for the next directory only when the one before was taken."""
    asked: list[int] = []

    def directories() -> Iterator[Published]:
        for number in range(100):
            asked.append(number)
            yield one(at, number)

    for form in ("json-ld", "turtle"):
        asked.clear()
        stream = dcat.WRITERS[form](FACTS, directories())
        for _ in range(8):
            next(stream)
        assert len(asked) < 4
