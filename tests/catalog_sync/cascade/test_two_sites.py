"""A city tells its province, and is given back what is its own: signed requests between two real applications."""

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from base import clock
from base.canonical import Json
from base.fetch import Incoming, Outgoing
from base.models import AuditEntry
from catalog_sync.cascade import contents, fetching, holding
from catalog_sync.cascade.holding import Handed, Source
from catalog_sync.cascade.models import CascadePartner, Held
from catalog_sync.cascade.shapes import SHAPES
from catalog_sync.kinds import KINDS
from catalog_sync.models import Channel, Evidence
from catalog_sync.reconciliation.other_side import Question, ranges_of
from catalog_sync.reconciliation.ranges import EVERYTHING
from catalog_sync.record import Operation, Record, Subject
from catalog_sync.states import State
from catalog_sync.targets.another_site import AnotherSite
from catalog_sync.targets.target import ChannelDown, ChannelRefused, HostileAnswer, Outcome
from certs.models import Certificate
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.custody.wiring import CustodyParts
from keys.parties import system_keys, systems
from keys.parties.models import System
from keys.parties.sample import code_of
from keys.signers.software import SoftwareSigner
from tests.catalog_sync.cascade import sites
from tests.catalog_sync.cascade.conftest import Sites
from tests.catalog_sync.cascade.sites import CITY, CLIENT, OTHER, OTHER_CITY, PARTNER, PROVINCE, Site


def organisation(code: str, region: str = CITY, version: int = 1, **peculiar: Any) -> Record:
    content: dict[str, Json] = {
        "code": code,
        "name": "演示局",
        "region": region,
        "level": "city",
        "state": "active",
        "parent": None,
    }
    return Record(Subject("organisation", code), version, Operation.INSERT, {**content, **peculiar}, (), "2026-11-20")


def directory(owner: str, region: str = CITY, code: str = "30709000001000000000000000/000001") -> Record:
    content: dict[str, Json] = {
        "code": code,
        "number": 1,
        "organisation": owner,
        "region": region,
        "category": None,
        "content": {},
    }
    needs = (Subject("organisation", owner),)
    return Record(Subject("directory", code), 5, Operation.INSERT, content, needs, "2026-11-20")


def told(city: Site, *records: Record) -> list[tuple[str, str]]:
    """Tell records by hand, and give what came of each."""
    replies = city.target.send(records, {}, clock.now())
    return [(each.outcome.value, each.code) for each in replies]


# --- up -----------------------------------------------------------------------------------------------------------


def test_a_directory_and_a_certificate_of_the_city_are_seen_at_the_province(both_sites: Sites):
    province, city = both_sites
    code, certificate = city.publish(name="演示食品经营许可信息"), city.keep(1)
    city.tell()
    things = {(each.kind, each.thing) for each in province.held(partner=PARTNER, way="told")}
    assert {("directory", code), ("certificate", certificate)} <= things
    assert {each.state for each in city.rows("certificate")} == {State.STORED}
    assert {"request.signed", "cascade.told"} <= set(province.acts())


def test_what_is_told_is_kept_sealed(both_sites: Sites):
    province, city = both_sites
    city.keep(1)
    city.tell()
    (row,) = province.held(kind="certificate")
    assert "演示企业".encode() not in row.content
    assert (row.organisation, row.region, row.is_gone) == (code_of("city-market"), CITY, False)


def test_a_batch_that_comes_twice_is_taken_in_once(both_sites: Sites):
    province, city = both_sites
    record = organisation(code_of("city-data"))
    first = city.target.send([record], {}, clock.now())
    again = city.target.send([record, record], {}, clock.now())
    assert [each.receipt for each in again] == [first[0].receipt] * 2
    assert len(province.decided()) == 1


def test_an_older_version_undoes_nothing_and_a_corrected_one_takes_its_place(both_sites: Sites):
    province, city = both_sites
    code = code_of("city-data")
    assert told(city, organisation(code, version=7, name="新名")) == [("stored", "")]
    assert told(city, organisation(code, version=6, name="旧名")) == [("refused", "older-version")]
    assert told(city, organisation(code, version=7, name="更正")) == [("stored", "")]
    (row,) = province.held(kind="organisation")
    assert (row.version, row.digest) == (7, organisation(code, version=7, name="更正").digest)


def test_what_a_record_needs_comes_first(both_sites: Sites):
    """An organisation that neither the city told nor the province knows: later, and then stored."""
    _, city = both_sites
    owner = code_of("housing")
    assert told(city, directory(owner)) == [("later", "needs-missing")]
    assert told(city, organisation(owner), directory(owner)) == [("stored", ""), ("stored", "")]


def test_a_deletion_is_a_version_too(both_sites: Sites):
    province, city = both_sites
    record = organisation(code_of("city-data"))
    told(city, record)
    gone = Record(record.subject, 9, Operation.DELETE, record.content, (), record.day)
    assert told(city, gone) == [("stored", "")]
    (row,) = province.held()
    assert (row.is_gone, row.version) == (True, 9)
    assert city.target.listing("organisation", "", clock.now()).held == ()


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (organisation(code_of("city-data"), OTHER_CITY), "outside-region"),
        (organisation(OTHER), "outside-organisations"),
        (directory(OTHER), "outside-organisations"),
        (directory(code_of("health")), "outside-organisations"),
        (directory(code_of("city-market"), PROVINCE), "outside-region"),
        (organisation(code_of("city-data"), "no region"), "outside-region"),
        (organisation(code_of("city-data"), name=7), "content-malformed"),
        (
            Record(Subject("organisation", "x"), 1, Operation.INSERT, organisation("y").content, (), "2026-11-20"),
            "id-differs",
        ),
        (Record(Subject("unheard-of", "x"), 1, Operation.INSERT, {}, (), "2026-11-20"), "kind-not-taken"),
    ],
)
def test_a_city_tells_only_of_its_own(both_sites: Sites, record: Record, code: str):
    """The province knows where each organisation stands; what a record says of that does not count."""
    province, city = both_sites
    assert told(city, record) == [("refused", code)]
    assert province.held() == []
    (decided,) = province.decided()
    assert (decided.outcome, decided.code, decided.content) == ("refused", code, None)


def test_an_organisation_that_another_city_told_is_not_ours_to_tell(both_sites: Sites):
    province, city = both_sites
    owner = code_of("housing")
    told(city, organisation(owner))
    with province.database.transaction() as session:
        session.execute(update(Held).values(partner="city-320500", region=OTHER_CITY))
    assert told(city, organisation(owner, version=2)) == [("refused", "outside-organisations")]


def test_those_above_are_told_as_well(both_sites: Sites):
    """A city's offices hang from the province's, so these may be told; what is refused once may be taken later."""
    province, city = both_sites
    above = organisation(code_of("data"), PROVINCE)
    assert told(city, above) == [("stored", "")]
    foreign = directory(code_of("city-market"), OTHER_CITY)
    assert told(city, foreign) == [("refused", "outside-region")]
    assert told(city, foreign) == [("refused", "outside-region")]
    assert [each.outcome for each in province.decided()] == ["stored", "refused"]
    with province.database.transaction() as session:
        session.get_one(CascadePartner, PARTNER).region = PROVINCE
    assert told(city, foreign) == [("stored", "")]


def test_receipts_make_up_for_an_answer_that_was_lost(both_sites: Sites):
    """The answer to the batch never comes; the receipts tell the same."""
    _, city = both_sites
    city.keep(3)
    city.tell()
    receipts = city.target.receipts("", clock.now())
    assert {each.about for each in receipts.receipts} >= {each.key for each in city.rows("certificate")}
    assert city.target.receipts(receipts.mark, clock.now()).receipts == ()


def test_a_version_is_found_by_its_key(both_sites: Sites):
    _, city = both_sites
    record = organisation(code_of("city-data"))
    assert city.target.find(record, clock.now()) is None
    told(city, record)
    found = city.target.find(record, clock.now())
    assert found is not None
    assert found.outcome is Outcome.STORED


def test_the_listing_and_the_counts_tell_what_is_held(both_sites: Sites):
    _, city = both_sites
    record = organisation(code_of("city-data"))
    told(city, record, organisation(OTHER))
    (held,) = city.target.listing("organisation", "", clock.now()).held
    assert (held.subject, held.version, held.digest) == (record.subject, 1, record.digest)
    said = city.target.statistics(clock.now())
    assert (said["held"], said["refused"]) == ({"organisation": 1}, {"outside-organisations": 1})


def test_every_kind_that_goes_up_has_a_shape(both_sites: Sites):
    assert set(KINDS) <= set(SHAPES)
    assert set(SHAPES) - both_sites[1].target.kinds == {"system", "user"}


# --- who may ------------------------------------------------------------------------------------------------------


def test_a_site_that_was_closed_is_not_let_in(both_sites: Sites):
    province, city = both_sites
    with province.database.transaction() as session:
        session.get_one(CascadePartner, PARTNER).state = "closed"
    with pytest.raises(ChannelRefused):
        city.target.send([organisation(code_of("city-data"))], {}, clock.now())
    assert province.decided() == []


def test_a_system_that_lost_its_scope_is_not_let_in(both_sites: Sites):
    province, city = both_sites
    with province.database.transaction() as session:
        row = session.get_one(System, CLIENT)
        systems.grant_scopes(session, row, {"cert:read"}, sites.KEEPER, clock.now())
        systems.end_tokens(row)
    with pytest.raises(ChannelRefused):
        city.target.statistics(clock.now())


def test_a_request_that_was_seen_does_not_count_again(both_sites: Sites):
    """Whoever copies a whole signed request, token and all, is refused: its nonce is spent."""
    province, city = both_sites
    seen: list[Outgoing] = []
    line = city.target._line

    def noted(request: Outgoing) -> Incoming:
        seen.append(request)
        return line.fetch(request)

    AnotherSite(replace(line, fetch=noted), frozenset()).send([organisation(code_of("city-data"))], {}, clock.now())
    (request,) = seen
    assert line.fetch(request).status == 401
    assert len(province.decided()) == 1


def test_a_body_that_was_changed_on_the_way_is_refused(both_sites: Sites):
    province, city = both_sites
    line = city.target._line

    def changed(request: Outgoing) -> Incoming:
        return line.fetch(replace(request, body=request.body.replace("演示局".encode(), "别的局".encode())))

    with pytest.raises(ChannelDown):
        AnotherSite(replace(line, fetch=changed), frozenset()).send(
            [organisation(code_of("city-data"))], {}, clock.now()
        )
    assert province.decided() == []


def test_a_token_without_a_signature_is_refused(both_sites: Sites):
    province, city = both_sites
    line = city.target._line

    def unsigned(request: Outgoing) -> Incoming:
        left = tuple(each for each in request.headers if not each[0].startswith("signature"))
        return line.fetch(replace(request, headers=left))

    with pytest.raises(ChannelRefused):
        AnotherSite(replace(line, fetch=unsigned), frozenset()).statistics(clock.now())
    assert province.decided() == []


def test_a_signature_with_another_algorithm_than_sm2_is_refused(both_sites: Sites):
    """The system has a second key, of P-256, which is as good as any elsewhere in the house."""
    province, city = both_sites
    private = asymmetric.generated(KeyKind.P256)
    with province.database.transaction() as session:
        row = session.get_one(System, CLIENT)
        system_keys.add_key(session, row, system_keys.NewKey(private.public), sites.KEEPER, clock.now())
    line, at = city.target._line, clock.now()
    token = line.tokens.bearer(line.signer(), 30)
    answer = line._once("GET", "/statistics", b"", SoftwareSigner(private), token, 30, at)
    assert (answer.status, json.loads(answer.body)["code"]) == (403, "cascade-caller-refused")
    with pytest.raises(ChannelRefused):
        replace(line, signer=lambda: SoftwareSigner(private)).asked("/statistics", {}, at)


def test_what_is_held_is_compared_by_ranges(both_sites: Sites):
    _, city = both_sites
    told(city, organisation(code_of("city-data")), organisation(code_of("housing")))
    question = Question("0" * 32, (EVERYTHING,))
    (found,) = ranges_of("province", question, city.target.compare(question.written, clock.now()))
    assert found.count == 2
    with pytest.raises(ChannelDown):
        city.target.countersign(b"{}", clock.now())


# --- down ---------------------------------------------------------------------------------------------------------


def test_what_the_province_has_of_the_city_flows_back(both_sites: Sites):
    """The province issued a certificate of the city's region, and one of its own: the city is given the first."""
    province, city = both_sites
    of_city = province.keep(7, issuer="health")
    province.keep(8, region=PROVINCE, issuer="health")
    province.lay_out()
    assert city.fetch().refused == 0
    (returned,) = city.held(way="returned", kind="certificate")
    assert (returned.thing, returned.partner) == (of_city, "province")
    assert {each.thing for each in city.held(way="returned", kind="organisation")} >= {code_of("city-market")}
    assert "cascade.returned" in city.acts()


def test_what_changes_flows_back_once_more_and_nothing_else(both_sites: Sites):
    province, city = both_sites
    identifier = province.keep(7)
    province.lay_out()
    city.fetch()
    assert city.fetch().records == 0
    assert province.lay_out().laid_out == 0
    province.revoke(identifier)
    province.lay_out()
    assert city.fetch().records == 1
    (row,) = city.held(kind="certificate")
    with city.database.transaction() as session:
        assert contents.of_held(session, city.sync.keys, row)["state"] == "revoked"


def test_what_leaves_the_region_is_taken_back(both_sites: Sites):
    province, city = both_sites
    identifier = province.keep(7)
    province.lay_out()
    city.fetch()
    with province.database.transaction() as session:
        session.execute(update(Certificate).values(region=PROVINCE))
    province.revoke(identifier)
    assert province.lay_out().taken_back == 1
    city.fetch()
    assert [each.is_gone for each in city.held(kind="certificate")] == [True]


def test_what_another_site_told_of_the_region_flows_back_and_what_it_told_itself_does_not(both_sites: Sites):
    """A county told its own; the city is given that, and not what the city told."""
    province, city = both_sites
    own, other = organisation(code_of("housing")), organisation(code_of("land"), "320902")
    told(city, own)
    with province.database.transaction() as session:
        source = Source("told", "county-320902", "320902")
        holding.take_in(session, province.sync.keys, source, [Handed(other, other.key)], sites.KEEPER, clock.now())
    province.lay_out()
    city.fetch()
    things = {each.thing for each in city.held(way="returned")}
    assert code_of("land") in things
    assert code_of("housing") not in things


def test_a_kind_that_was_not_agreed_on_does_not_flow_back(both_sites: Sites):
    province, city = both_sites
    province.keep(7)
    with province.database.transaction() as session:
        session.get_one(CascadePartner, PARTNER).returns = ["directory"]
    province.lay_out()
    city.fetch()
    assert city.held(kind="certificate") == []


def test_what_is_returned_of_another_region_is_refused_and_delays_nobody(both_sites: Sites):
    """The province is mistaken about whose it is: the city keeps the reason and goes on."""
    province, city = both_sites
    with province.database.transaction() as session:
        session.get_one(CascadePartner, PARTNER).region = PROVINCE
    province.keep(7)
    province.keep(8, region=PROVINCE, issuer="health")
    province.lay_out()
    assert city.fetch().refused >= 1
    assert [each.region for each in city.held(kind="certificate")] == [CITY]
    codes = {(each.kind, each.code) for each in city.decided() if each.outcome == "refused"}
    assert ("certificate", "outside-region") in codes


def test_a_page_that_was_taken_in_twice_changes_nothing(both_sites: Sites):
    """Two processes ask for the same page; one of them is too late and leaves no trace."""
    province, city = both_sites
    province.keep(7)
    province.lay_out()
    page = city.target.returned("", clock.now())
    with city.database.transaction() as session:
        assert fetching.take_in(session, city.sync, city.target, "", page, clock.now()) == 0
    with city.database.transaction() as session:
        assert fetching.take_in(session, city.sync, city.target, "", page, clock.now()) is None


def test_who_dies_while_taking_in_asks_for_the_same_page_again(both_sites: Sites):
    province, city = both_sites
    province.keep(7)
    province.lay_out()
    page = city.target.returned("", clock.now())

    def dies() -> None:
        with city.database.transaction() as session:
            fetching.take_in(session, city.sync, city.target, "", page, clock.now())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dies()
    assert city.held() == []
    assert city.fetch().records == len(page.records)


def test_pages_follow_each_other_without_a_gap(both_sites: Sites, monkeypatch: pytest.MonkeyPatch):
    province, city = both_sites
    monkeypatch.setattr("catalog_sync.cascade.returning.MOST_RETURNED", 2)
    for number in range(5):
        province.keep(number)
    province.lay_out()
    done = city.fetch()
    assert done.pages > 2
    assert len(city.held(kind="certificate")) == 5


# --- answers that are not believed --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b'{"replies": []}',
        b'{"replies": [{"key": "0", "outcome": "stored", "receipt": "1", "code": "", "words": ""}]}',
        b'{"replies": [{"key": "KEY", "outcome": "done", "receipt": "1", "code": "", "words": ""}]}',
        b'{"replies": [{"key": "KEY", "outcome": "stored", "receipt": 1, "code": "", "words": ""}]}',
        b'{"replies": [], "replies": []}',
    ],
)
def test_replies_that_do_not_fit_are_not_believed(both_sites: Sites, body: bytes):
    province, city = both_sites
    record = organisation(code_of("city-data"))
    city.target.statistics(clock.now())
    province.gate.changed = lambda _: body.replace(b"KEY", record.key.encode())
    with pytest.raises(HostileAnswer):
        city.target.send([record], {}, clock.now())


def test_a_return_that_is_not_believed_pauses_the_channel_and_is_kept_as_evidence(both_sites: Sites):
    province, city = both_sites
    city.target.statistics(clock.now())
    province.gate.changed = lambda _: b'{"returns": [{"kind": 7}], "mark": "1", "more": false}'
    city.fetch()
    with city.database.reading() as session:
        assert session.get_one(Channel, "province").state == "paused"
        assert session.scalars(select(Evidence.asked)).one() == "returns"


def test_a_province_that_is_gone_rests_the_channel(both_sites: Sites):
    _, city = both_sites
    city.target.statistics(clock.now())
    line = city.target._line
    gone = replace(line, way=replace(line.way, url="http://127.0.0.1:9"))
    with pytest.raises(ChannelDown):
        AnotherSite(gone, frozenset()).statistics(clock.now())


def test_a_key_that_is_gone_refuses_the_channel(both_sites: Sites):
    _, city = both_sites
    line = city.target._line
    custody = city.app.extensions["yinxin"][CustodyParts].custody

    def signer() -> Any:
        with city.database.reading() as session:
            return custody.signer_for(session, "nothing")

    other = replace(line, signer=signer)
    with pytest.raises(ChannelRefused):
        AnotherSite(other, frozenset()).statistics(clock.now())


def test_a_batch_is_one_entry_of_the_audit(both_sites: Sites):
    province, city = both_sites
    before = province.acts().count("cascade.told")
    told(city, organisation(code_of("city-data")), organisation(OTHER))
    with province.database.reading() as session:
        query = select(AuditEntry).where(AuditEntry.act == "cascade.told").order_by(AuditEntry.leaf_index.desc())
        entry = json.loads(session.scalars(query).first().content)  # type: ignore[union-attr]
    assert province.acts().count("cascade.told") == before + 1
    assert entry["facts"] == {"records": 2, "refused": 1, "stored": 1, "refusals": {"outside-organisations": 1}}
    assert entry["actor"] == f"system:{CLIENT}"
