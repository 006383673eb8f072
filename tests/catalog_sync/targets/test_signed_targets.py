"""Seals and cases are told over signed calls: every answer is one outcome, nothing arrives that was not believed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import app
from base import clock, settings
from base.canonical import Json
from base.fetch import Incoming, Outgoing
from base.settings import Settings, UnusableSetting
from catalog_sync.outside_seals import wiring as outside_seals
from catalog_sync.record import Operation, Record
from catalog_sync.simulator.faults import FAULTS, Stage
from catalog_sync.simulator.store import THINGS
from catalog_sync.targets.making import Ground
from catalog_sync.targets.national_seals import NATIONAL_SEALS
from catalog_sync.targets.provincial_cases import PROVINCIAL_CASES
from catalog_sync.targets.signed import dialect
from catalog_sync.targets.signed.dialect import UnusableDialect
from catalog_sync.targets.target import ChannelDown, ChannelRefused, HostileAnswer, Outcome
from tests.catalog_sync.simulator.twin import URL
from tests.catalog_sync.targets import signed_golden, signed_house
from tests.catalog_sync.targets.signed_house import CASES, SEALS, Bench, evaluation, seal, step, unit, with_content


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with signed_house.bench(tmp_path / "platform") as made:
        yield made


def content_of(bench: Bench, name: str, own: str) -> dict[str, str]:
    with bench.platform.offices.door(name).store.reading() as session:
        found: dict[str, str] = session.execute(select(THINGS.c.content).where(THINGS.c.own == own)).scalar_one()
        return found


# --- seals -----------------------------------------------------------------------------------------------------------


def test_a_seal_is_registered_after_its_unit_and_its_receipt_comes_later(bench: Bench):
    assert bench.tell(SEALS, seal()).outcome is Outcome.LATER
    assert bench.effects(SEALS) == 0
    assert bench.tell(SEALS, unit()).outcome is Outcome.STORED
    reply = bench.tell(SEALS, seal())
    assert (reply.outcome, reply.upstream_id is not None) == (Outcome.ACCEPTED, True)
    bench.platform.review("1")
    found = bench.seals.receipts("", bench.at)
    (receipt,) = found.receipts
    assert (receipt.about, receipt.reply.outcome) == (seal().key, Outcome.STORED)
    assert receipt.reply.upstream_id == reply.upstream_id
    assert bench.seals.receipts(found.mark, bench.at).receipts == ()


def test_what_is_told_of_a_seal_holds_digests_and_no_key_or_picture(bench: Bench):
    bench.tell(SEALS, unit())
    bench.tell(SEALS, seal())
    told = content_of(bench, SEALS, seal().subject.id)
    assert (told["pictureSm3"], told["sealSm3"], told["sealStatus"]) == ("11" * 32, "22" * 32, "1")
    assert (told["validStart"], told["unitCode"]) == ("2026-01-01 08:00:00", signed_house.UNIT)
    assert max(len(str(each)) for each in told.values()) == 64


@pytest.mark.parametrize(
    ("state", "path", "code"),
    [("suspended", "/seal/status", "2"), ("revoked", "/seal/revoke", "5"), ("cancelled", "/seal/revoke", "4")],
)
def test_a_seal_that_was_stopped_or_ended_is_told_at_once_and_waits_for_no_review(
    bench: Bench, state: str, path: str, code: str
):
    bench.tell(SEALS, unit())
    first = bench.tell(SEALS, seal())
    ended = seal(3, state)
    reply = bench.tell(SEALS, ended, {ended.subject: str(first.upstream_id)})
    assert (reply.outcome, reply.upstream_id) == (Outcome.STORED, first.upstream_id)
    assert bench.twin.sent[-1].url == URL + path
    assert content_of(bench, SEALS, ended.subject.id)["sealStatus"] == code


def test_a_change_of_a_seal_whose_name_there_is_not_known_is_found_by_its_code(bench: Bench):
    bench.tell(SEALS, unit())
    first = bench.tell(SEALS, seal())
    assert bench.tell(SEALS, seal(3, "suspended")).upstream_id == first.upstream_id
    assert bench.effects(SEALS) == 3


def test_a_change_of_a_seal_that_they_do_not_have_registers_it(bench: Bench):
    bench.tell(SEALS, unit())
    reply = bench.tell(SEALS, seal(3, "suspended"))
    assert (reply.outcome, bench.twin.sent[-1].url) == (Outcome.ACCEPTED, f"{URL}/seal/register")
    forgotten = seal(4, "revoked", number=2)
    assert bench.tell(SEALS, forgotten, {forgotten.subject: "gone"}).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("marks", [True, False], ids=["by-key", "by-members"])
def test_whether_this_very_version_has_arrived_is_found_by_asking(tmp_path: Path, *, marks: bool):
    with signed_house.bench(tmp_path / "platform", marks=marks) as bench:
        bench.tell(SEALS, unit())
        assert bench.seals.find(seal(), bench.at) is None
        reply = bench.tell(SEALS, seal())
        found = bench.seals.find(seal(), bench.at)
        assert found is not None
        assert (found.outcome, found.upstream_id) == (Outcome.ACCEPTED, reply.upstream_id)
        assert bench.seals.find(seal(3, name="改名"), bench.at) is None


def test_a_platform_that_refuses_what_it_has_is_asked_and_told_the_change(bench: Bench):
    bench.tell(SEALS, unit())
    bench.tell(SEALS, seal())
    bench.platform.switch("refuses-known")
    assert bench.tell(SEALS, seal()).outcome is Outcome.ACCEPTED
    assert bench.effects(SEALS) == 2
    again = replace(seal(5, name="演示市大数据局"), operation=Operation.INSERT)
    assert bench.tell(SEALS, again).outcome is Outcome.ACCEPTED
    assert bench.twin.sent[-1].url == f"{URL}/seal/change"


def test_a_platform_that_knows_keys_takes_a_seal_once(tmp_path: Path):
    with signed_house.bench(tmp_path / "platform", keys=True) as bench:
        bench.tell(SEALS, unit())
        first, second = (bench.tell(SEALS, seal()) for _ in range(2))
        assert bench.seals.knows_keys
        assert (first.upstream_id, bench.effects(SEALS)) == (second.upstream_id, 2)


def test_what_they_hold_is_listed_page_by_page_and_counted(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    bench.tell(SEALS, unit())
    for number in (1, 2, 3):
        bench.tell(SEALS, seal(number=number))
    target = bench.seals
    monkeypatch.setitem(target._dialect.table["query"], "page_size", 2)
    first = target.listing("seal", "", bench.at)
    second = target.listing("seal", str(first.mark), bench.at)
    held = [*first.held, *second.held]
    assert [each.subject.id for each in held] == [seal(number=number).subject.id for number in (1, 2, 3)]
    assert (held[0].version, held[0].digest, second.mark) == (2, seal().digest, None)
    assert target.statistics(bench.at) == {"organisation": 1, "seal": 3}


# --- what cannot be told is refused here and never guessed -----------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (seal(kind="round"), "no-code"),
        (seal(state="made"), "no-code"),
        (seal(name="印" * 201), "too-long"),
        (seal(valid_from="someday"), "no-time"),
        (seal(name=["a"]), "no-text"),
        (replace(seal(3), operation=Operation.DELETE), "never-taken-back"),
    ],
)
def test_what_the_dialect_cannot_say_is_refused_and_not_sent(bench: Bench, record: Record, code: str):
    assert (bench.tell(SEALS, record).outcome, bench.tell(SEALS, record).code) == (Outcome.REFUSED, code)
    assert bench.twin.sent == []


def test_a_record_that_is_too_large_is_refused_and_not_sent(bench: Bench):
    materials: list[Json] = [{"material_name": "申" * 400, "get_type": "1"}] * 1000
    reply = bench.tell(CASES, with_content(step(), materials=materials))
    assert (reply.outcome, reply.code, bench.twin.sent) == (Outcome.REFUSED, "too-large", [])


# --- cases -----------------------------------------------------------------------------------------------------------


def test_a_case_goes_up_step_by_step_and_all_its_steps_bear_one_number_of_the_centre(bench: Bench):
    steps = [step(), step(2, "special"), step(3, "process"), step(4, "result")]
    replies = [bench.tell(CASES, each) for each in steps]
    assert [each.outcome for each in replies] == [Outcome.ACCEPTED, Outcome.STORED, Outcome.STORED, Outcome.ACCEPTED]
    (number,) = {each.upstream_id for each in replies}
    assert number is not None
    assert number.startswith("320900")
    assert len({each.receipt for each in replies}) == 4
    paths = [each.url.removeprefix(URL) for each in bench.twin.sent]
    assert paths == ["/case/accept", "/case/special", "/case/process", "/case/result"]
    result = content_of(bench, CASES, steps[-1].subject.id)["resultInfo"]
    assert result["result_cetr_no"] == "JY23209000000011"  # type: ignore[index]
    bench.platform.review("1")
    found = bench.cases.receipts("", bench.at).receipts
    assert {each.about for each in found} == {steps[0].key, steps[-1].key}
    assert {each.reply.upstream_id for each in found} == {number}


def test_a_result_before_its_case_is_for_later(bench: Bench):
    assert bench.tell(CASES, step(4, "result")).outcome is Outcome.LATER
    assert bench.tell(CASES, evaluation()).outcome is Outcome.LATER
    assert bench.effects(CASES) == 0


def test_an_evaluation_goes_up_and_its_answer_after_it(bench: Bench):
    bench.tell(CASES, step())
    first = bench.tell(CASES, evaluation())
    assert first.outcome is Outcome.STORED
    answered = evaluation(21, "已增开窗口")
    assert bench.tell(CASES, answered).outcome is Outcome.STORED
    told = content_of(bench, CASES, answered.subject.id)
    assert (told["satisfaction"], told["hfjg"], told["sfhf"], told["evaldetail"]) == (
        "2",
        "已增开窗口",
        "1",
        "0201,0203",
    )


# --- every fault is seen as exactly one outcome ----------------------------------------------------------------------

SEEN: dict[str, type[Exception] | Outcome] = {
    "401": ChannelRefused,
    "wrong-signature": ChannelRefused,
    "clock-skew": ChannelRefused,
    "429": ChannelDown,
    "rate-code": ChannelDown,
    "maintenance": ChannelDown,
    "500-before": ChannelDown,
    "timeout-before": ChannelDown,
    "reset-before": ChannelDown,
    "redirect": HostileAnswer,
    "500-after": ChannelDown,
    "timeout-after": ChannelDown,
    "reset-after": ChannelDown,
    "drip": ChannelDown,
    "half": ChannelDown,
    "huge": HostileAnswer,
    "wrong-encoding": HostileAnswer,
    "wrong-type": HostileAnswer,
    "not-json": HostileAnswer,
    "schema-change": HostileAnswer,
    "wrong-receipt": HostileAnswer,
    "reject": Outcome.REFUSED,
    "busy": Outcome.LATER,
}
# No secrets are handed out here; views and what is refused as known have tests of their own.
ELSEWHERE = {"expired-secret", "wrong-secret", "stale-read", "refuses-known"}
EVIDENT = {"wrong-encoding", "wrong-type", "not-json", "schema-change", "wrong-receipt"}


def test_every_fault_is_tried():
    stages = {Stage.BEFORE, Stage.AFTER, Stage.READ, Stage.RULE}
    assert set(SEEN) | ELSEWHERE == {each.name for each in FAULTS.values() if each.stage in stages}


@pytest.mark.parametrize("fault", SEEN)
@pytest.mark.parametrize("name", [SEALS, CASES])
def test_a_fault_is_seen_as_one_outcome_and_never_as_success(bench: Bench, name: str, fault: str):
    bench.tell(SEALS, unit())
    record = {SEALS: seal(), CASES: step()}[name]
    bench.platform.offices.door(name)
    bench.platform.switch(f"{fault}:100%" if FAULTS[fault].stage is Stage.RULE else f"{fault}:x1")
    wanted = SEEN[fault]
    if isinstance(wanted, Outcome):
        assert bench.tell(name, record).outcome is wanted
    else:
        with pytest.raises(wanted) as caught:
            bench.tell(name, record)
        if fault in EVIDENT:
            assert isinstance(caught.value, HostileAnswer)
            assert caught.value.evidence
    assert bench.effects(name, record.key) == (FAULTS[fault].stage is Stage.AFTER)
    bench.platform.switch("")
    target = {SEALS: bench.seals, CASES: bench.cases}[name]
    assert (target.find(record, bench.at) is not None) is (FAULTS[fault].stage is Stage.AFTER)


def test_a_stale_view_does_not_show_what_has_just_arrived(bench: Bench):
    bench.tell(SEALS, unit())
    bench.platform.switch("stale-read:x1")
    assert bench.seals.find(unit(), bench.at) is None
    assert bench.seals.find(unit(), bench.at) is not None


@pytest.mark.parametrize("fault", ["receipt-lost", "receipt-doubled", "receipt-unknown", "review-refused"])
def test_receipts_that_went_astray_are_told_as_they_came(bench: Bench, fault: str):
    bench.tell(SEALS, unit())
    bench.platform.switch(f"{fault}:100%")
    sent = [seal(number=number) for number in range(1, 5)]
    for each in sent:
        bench.tell(SEALS, each)
    for _ in range(8):
        found = bench.seals.receipts("", bench.at)
    about, keys = [each.about for each in found.receipts], [each.key for each in sent]
    wanted = {"receipt-lost": [], "receipt-doubled": sorted(keys * 2), "review-refused": sorted(keys)}
    if fault == "receipt-unknown":
        assert set(keys) < set(about)
    else:
        assert sorted(about) == wanted[fault]
    if fault == "review-refused":
        assert {(each.reply.outcome, each.reply.code) for each in found.receipts} == {(Outcome.REFUSED, "R-01")}


# --- being let in ----------------------------------------------------------------------------------------------------


def test_a_key_that_they_do_not_know_is_not_let_in(bench: Bench):
    stranger = signed_house.target(SEALS, signed_house.line(SEALS, URL, bench.twin, signed_house.another))
    with pytest.raises(ChannelRefused):
        stranger.send([unit()], {}, bench.at)
    bench.platform.offices.sender_file.unlink()
    with pytest.raises(ChannelRefused):
        bench.tell(SEALS, unit())
    assert bench.effects(SEALS) == 0


@pytest.mark.parametrize("spoilt", ["body", "path", "again", "method"])
def test_a_call_that_was_changed_or_sent_again_on_the_way_is_not_let_in(bench: Bench, spoilt: str):
    bench.tell(SEALS, unit())
    call = bench.twin.sent[-1]
    changed = {
        "body": replace(call, body=call.body.replace("演示".encode(), "另外".encode())),
        "path": replace(call, url=f"{URL}/seal/unit/change"),
        "again": call,
        "method": replace(call, method="PUT"),
    }[spoilt]
    answer = bench.twin(changed)
    assert b'"-5"' in answer.body
    assert bench.effects(SEALS) == 1


def test_a_clock_that_is_off_by_more_than_five_minutes_is_refused(bench: Bench):
    with pytest.raises(ChannelRefused) as caught:
        bench.seals.send([unit()], {}, bench.at - timedelta(minutes=6))
    assert caught.value.reason == "clocks differ"


def test_a_key_that_cannot_be_used_now_makes_the_channel_rest_and_sends_nothing(bench: Bench):
    def gone() -> signed_house.Signer:
        raise ChannelDown("custody", "device-down")

    unable = signed_house.target(SEALS, signed_house.line(SEALS, URL, bench.twin, gone))
    with pytest.raises(ChannelDown):
        unable.send([unit()], {}, bench.at)
    assert bench.twin.sent == []


# --- a real connection, and dialects ---------------------------------------------------------------------------------


def test_seals_and_cases_arrive_over_a_real_connection(tmp_path: Path):
    with signed_house.served(tmp_path / "platform") as (platform, url, fetch):
        at = clock.now()
        for name, records in ((SEALS, (unit(), seal())), (CASES, (step(), evaluation()))):
            target = signed_house.target(name, signed_house.line(name, url, fetch, near=True))
            for each in records:
                (reply,) = target.send([each], {}, at)
                assert reply.outcome in {Outcome.ACCEPTED, Outcome.STORED}
                assert target.find(each, at) is not None
        assert platform.offices.counts() == {SEALS: 2, CASES: 2}


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('"sealKind", "kind", "code:seal_kind"', '"sealKind", "kind", "code:nowhere"', "no codes.nowhere"),
        ('"sealName", "name", "text"', '"sealName", "name", "guess"', "guess"),
        ('members = "end"', 'members = "nothing"', "members nothing"),
        ("[marks]", "[remarks]", "no [marks]"),
        ("[answer]", "[answers]", "no [answer]"),
        ('confidence = "derived"', 'confidence = "sure"', "confidence"),
        ("[totals]", "[totals", "no table"),
    ],
)
def test_a_dialect_that_cannot_be_spoken_is_refused_with_its_fault(before: str, after: str, fault: str):
    text = (Path(dialect.__file__).parents[1] / "seal_system" / "dialect.toml").read_text("utf-8")
    assert before in text
    with pytest.raises(UnusableDialect, match=fault.replace("[", r"\[")):
        dialect.read(text.replace(before, after, 1))


def test_a_file_that_cannot_be_read_is_no_dialect(tmp_path: Path):
    with pytest.raises(UnusableDialect):
        dialect.of_file(tmp_path / "none.toml")


@pytest.mark.parametrize("name", [SEALS, CASES])
def test_what_goes_over_the_wire_is_what_the_golden_file_holds_byte_for_byte(name: str):
    kept = json.loads((signed_golden.VECTORS / signed_golden.FILES[name]).read_text("utf-8"))
    assert signed_golden.made(name) == kept
    assert all(each["headers"]["signature-input"].endswith(';alg="sm2-sm3"') for each in kept)


# --- settings ---------------------------------------------------------------------------------------------------------


def nobody(request: Outgoing) -> Incoming:
    raise AssertionError(request.url)


NO_KEYS: Any = None
GROUND = Ground(nobody, lambda _session, _key: signed_house.signer(), NO_KEYS)


def told(**members: str) -> Settings:
    """Read settings of both sections."""
    named = {"url": "https://seals.test/api", "key": "k1", **members}
    sections = ("NATIONAL_SEALS", "PROVINCIAL_CASES")
    known = {"kinds": ("PROVINCIAL_CASES",), "asks": sections[:1], "tells": sections[:1], "ask_seconds": sections[:1]}
    environment = {
        f"YINXIN_{section}_{name.upper()}": value
        for name, value in named.items()
        for section in known.get(name, sections)
    }
    return settings.read(app.HOUSE.sections, environment=environment)


def test_what_no_address_is_told_for_is_not_built():
    for maker in (NATIONAL_SEALS, PROVINCIAL_CASES):
        assert maker.built(told(url=""), GROUND) == ()
    assert NATIONAL_SEALS.built(told(tells="false"), GROUND) == ()
    assert outside_seals.built(told(asks="false"), GROUND).system is None
    seals, cases = (maker.built(told(), GROUND) for maker in (NATIONAL_SEALS, PROVINCIAL_CASES))
    assert [each.name for each in (*seals, *cases)] == [SEALS, CASES]
    outside = outside_seals.built(told(), GROUND)
    assert (outside.system is not None, outside.quick) == (True, None)
    assert outside_seals.built(told(ask_seconds="2"), GROUND).quick is not None


@pytest.mark.parametrize(
    "members", [{"url": "ftp://a"}, {"key": ""}, {"seconds": "0"}, {"seconds": "121"}, {"dialect": "/nowhere.toml"}]
)
def test_settings_that_cannot_be_used_are_refused_by_name(members: dict[str, str]):
    for maker in (NATIONAL_SEALS, PROVINCIAL_CASES):
        with pytest.raises(UnusableSetting):
            maker.built(told(**members), GROUND)


@pytest.mark.parametrize("seconds", ["-1", "6"])
def test_nobody_who_verifies_waits_longer_than_five_seconds(seconds: str):
    with pytest.raises(UnusableSetting):
        outside_seals.built(told(ask_seconds=seconds), GROUND)
