"""What the national gateway's target writes, word for word, and what it never believes."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.fetch import (
    AddressRefused,
    AnswerBroken,
    AnswerTooLarge,
    CalledTooEarly,
    ConnectFailed,
    FetchFailed,
    Incoming,
    Outgoing,
    Redirected,
    TimedOut,
    TlsFailed,
)
from base.fetch.urls import parse
from base.settings import MissingSecret, UnusableSetting
from base.settings import read as read_settings
from catalog_sync.record import Operation, Record, Subject
from catalog_sync.targets.gateway import answers, forms
from catalog_sync.targets.gateway.answers import Meaning, Unbelievable
from catalog_sync.targets.gateway.line import Account
from catalog_sync.targets.gateway.settings import NationalGatewaySettings, built
from catalog_sync.targets.making import Ground
from catalog_sync.targets.national_gateway import NationalGateway
from catalog_sync.targets.target import ChannelDown, ChannelRefused, HostileAnswer
from keys.parties.request_signers.national_gateway import PREFIX, sealed_secret
from tests.catalog_sync.simulator.twin import START, organisation
from tests.catalog_sync.targets import golden

GOLDEN = golden.read("national_gateway.json")
JSON = "application/json"
GOOD = {"cascadeguid": "5d4a1e9e-7b43-4a32-9d7e-7a4d6c1b2e11"}


# --- word for word ------------------------------------------------------------------------------------------------


def test_records_and_calls_are_written_as_the_golden_file_says():
    assert golden.made(GOLDEN) == GOLDEN


def test_the_figures_of_the_convention_are_reproduced_on_the_wire():
    refresh, call = GOLDEN["calls"]["national-gateway"]
    assert refresh["headers"]["gjgxjhpt_sign"] == "9eNqIvLlXdTyvi9yrI8E2gC2NtQ4lZulbEX3rkTgfxg="
    assert refresh["body"] == {name: value for name, value in refresh["headers"].items() if name.startswith("gj")}
    assert sealed_secret(golden.APP_KEY, golden.SECRET) == "7VcfVLEtjisrt5ZgntGaCAiv9DGSMhQ/4MKa6MCWcQ8="
    assert call["headers"]["gjgxjhpt_sid"] == "s_1100000000000_0001"


def test_every_kind_and_service_has_its_golden_record():
    assert {each["kind"] for each in GOLDEN["records"]} == forms.KINDS
    assert {each["service"][0] for each in GOLDEN["records"]} == {each.sid for each in forms.services().values()}
    assert {each["written"]["operate"] for each in GOLDEN["records"]} == {"register", "modify", "cancel"}


def test_every_row_of_the_table_says_how_sure_it_is():
    table = forms.table()
    for told in (*table["services"].values(), *table["codes"].values(), table["query"], table["receipts"]):
        assert told["confidence"] in {"read", "derived", "assumed"}
        assert told["source"]
    for told in table["services"].values():
        assert told["members_confidence"] in {"read", "derived", "assumed"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"code": "a", "level": "empire"}, "no-code"),
        ({"code": ["a"]}, "no-text"),
        ({"code": "a", "changed_at": "yesterday"}, "no-time"),
    ],
)
def test_what_has_no_word_there_is_not_guessed(content: dict, code: str):
    with pytest.raises(forms.NotWritable) as caught:
        forms.written(Record(Subject("organisation", "a"), 1, Operation.INSERT, content), {}, None, marks=False)
    assert caught.value.code == code


# --- what is never believed ---------------------------------------------------------------------------------------


def answer(data: object, **more: object) -> bytes:
    return json.dumps({"code": "0", "message": "成功", "data": data, **more}, ensure_ascii=False).encode()


def asked(reply: Callable[[Outgoing], Incoming]) -> NationalGateway:
    """Give a target whose secret comes as it should, and whose calls are answered as told."""
    account = Account("gateway", "https://gateway.test", "rid", lambda: golden.APP_KEY)

    def fetch(request: Outgoing) -> Incoming:
        if request.url.endswith("refreshappsecret"):
            told = answer({"secret": sealed_secret(golden.APP_KEY, "s"), "secretEndTime": ""})
            return Incoming(200, {"content-type": JSON}, told, parse(request.url))
        return reply(request)

    return NationalGateway(account, fetch)


def saying(body: bytes, content_type: str = JSON, status: int = 200) -> Callable[[Outgoing], Incoming]:
    return lambda request: Incoming(status, {"content-type": content_type}, body, parse(request.url))


HOSTILE = {
    "nothing": (b"", JSON),
    "no type": (answer(GOOD), ""),
    "html": (b"<html></html>", "text/html"),
    "html that calls itself json": (b"<html></html>", JSON),
    "json that calls itself text": (answer(GOOD), "text/plain"),
    "another encoding": (answer(GOOD).decode().encode("gb18030"), JSON),
    "another encoding, admitted": (answer(GOOD), "application/json; charset=gb18030"),
    "a byte-order mark": (b"\xef\xbb\xbf" + answer(GOOD), JSON),
    "a key twice": (b'{"code":"0","code":"-5","message":"","data":{}}', JSON),
    "a list": (b"[]", JSON),
    "too deep": (b'{"code":"0","data":' + b"[" * 5000 + b"]" * 5000 + b"}", JSON),
    "not a number": (b'{"code":"0","data":NaN}', JSON),
    "a NUL": (answer({"cascadeguid": "a\x00b"}), JSON),
    "half a surrogate": (b'{"code":"0","message":"\\ud800","data":{}}', JSON),
    "a code that is a number": (b'{"code":0,"data":{}}', JSON),
    "a code that is a page": (json.dumps({"code": "<script>", "data": {}}).encode(), JSON),
    "words that are an object": (answer(GOOD, message={}), JSON),
    "no data": (b'{"code":"0","message":""}', JSON),
    "no receipt": (answer({}), JSON),
    "a receipt that is a number": (answer({"cascadeguid": 7}), JSON),
    "a receipt that is a page": (answer({"cascadeguid": "<img src=x>"}), JSON),
    "a receipt that never ends": (answer({"cascadeguid": "a" * 500}), JSON),
    "the receipt of another": (answer({**GOOD, "own": "somebody"}), JSON),
    "success with a status that is none": (answer(GOOD), JSON, 206),
    "a refusal by status": (answer(GOOD), JSON, 400),
}


@pytest.mark.parametrize("named", HOSTILE)
def test_an_answer_that_cannot_be_believed_is_evidence_and_no_success(named: str):
    body, *more = HOSTILE[named]
    with pytest.raises(HostileAnswer) as caught:
        asked(saying(body, *more)).send([organisation()], {}, START)  # type: ignore[arg-type]
    assert caught.value.evidence == body
    assert golden.APP_KEY not in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        {"total": -1, "list": []},
        {"total": True, "list": []},
        {"total": 1, "list": [{}]},
        {"total": 0, "list": [{"cascadeguid": "a", "own": "b", "status": "1", "content": {}}]},
        {"total": 1, "list": [{"cascadeguid": "a", "own": "b", "status": "7", "content": {}}]},
        {"total": 1, "list": [{"cascadeguid": "a", "own": "somebody else", "status": "1", "content": {}}]},
        {"total": 5000, "list": [{}] * 2000},
    ],
)
def test_a_view_that_cannot_be_believed_shows_nothing(data: dict):
    with pytest.raises(HostileAnswer):
        asked(saying(answer(data))).find(organisation(), START)


@pytest.mark.parametrize(
    "data",
    [
        {"list": []},
        {"list": [], "mark": 5},
        {"list": [{"receiptid": "a", "cascadeguid": "b", "status": "5"}], "mark": "1"},
        {"list": [{"receiptid": "", "cascadeguid": "b", "status": "1"}], "mark": "1"},
        {"list": [{"receiptid": "a", "cascadeguid": "b", "status": "1", "opinion": []}], "mark": "1"},
    ],
)
def test_receipts_that_cannot_be_believed_are_none(data: dict):
    with pytest.raises(HostileAnswer):
        asked(saying(answer(data))).receipts("", START)


def raising(error: Exception) -> Callable[[Outgoing], Incoming]:
    def fetch(_request: Outgoing) -> Incoming:
        raise error

    return fetch


@pytest.mark.parametrize(
    ("failed", "seen"),
    [
        (ConnectFailed("h", "refused"), ChannelDown),
        (TimedOut("h", "read"), ChannelDown),
        (AnswerBroken("h", "closed"), ChannelDown),
        (CalledTooEarly("h", 12.5), ChannelDown),
        (AnswerTooLarge("h", 1), HostileAnswer),
        (Redirected("h", 302), HostileAnswer),
        (TlsFailed("h", "name"), ChannelRefused),
        (AddressRefused("h", "private"), ChannelRefused),
    ],
)
def test_whatever_happens_on_the_way_is_one_of_three(failed: FetchFailed, seen: type[Exception]):
    with pytest.raises(seen) as caught:
        asked(raising(failed)).send([organisation()], {}, START)
    if isinstance(failed, CalledTooEarly):
        assert caught.value.retry_after == 12.5  # type: ignore[attr-defined]


@given(st.binary(max_size=200))
@settings(max_examples=200)
def test_no_bytes_make_the_reader_fail_otherwise(body: bytes):
    try:
        told = answers.read(JSON, body, PREFIX)
        answers.receipt_of(told, "a")
    except Unbelievable:
        return
    assert told.meaning in Meaning


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_door_that_is_closed_is_a_channel_refused(status: int):
    with pytest.raises(ChannelRefused):
        asked(saying(b"", status=status)).send([organisation()], {}, START)


# --- the settings -------------------------------------------------------------------------------------------------


def gateways(**told: str) -> tuple[NationalGateway, ...]:
    environment = {f"YINXIN_NATIONAL_GATEWAY_{name.upper()}": value for name, value in told.items()}
    ground = Ground(raising(ConnectFailed("h", "refused")), None, None)  # type: ignore[arg-type]
    return built(read_settings((NationalGatewaySettings,), environment=environment), ground)


def test_without_an_address_there_is_no_gateway(tmp_path: Path):
    assert gateways() == ()
    (made,) = gateways(url="https://gateway.test", rid="r", app_key_file=str(tmp_path / "missing"))
    assert (made.name, made.kinds, made.knows_keys, made.most) == ("national-gateway", forms.KINDS, False, 1)
    with pytest.raises(MissingSecret):
        made.send([organisation()], {}, START + timedelta(days=1))


@pytest.mark.parametrize(
    "told",
    [{"url": "ftp://x"}, {"rid": ""}, {"app_key_file": ""}, {"signer": "x"}, {"refresh_hours": "0"}, {"seconds": "0"}],
)
def test_settings_that_cannot_be_meant_are_refused(told: dict[str, str]):
    with pytest.raises(UnusableSetting):
        gateways(**{"url": "https://gateway.test", "rid": "r", "app_key_file": "f", **told})
