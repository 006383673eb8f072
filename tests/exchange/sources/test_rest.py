"""Interfaces: what an honest one gives, what every bad one comes to, and that nothing goes where it should not."""

import ipaddress
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from base.fetch import Destination, GuardedFetch
from exchange.mounting.errors import UnaskableQuestion, UnusableMount
from exchange.sources import questions
from exchange.sources.questions import Asked
from exchange.sources.source import (
    Difference,
    Down,
    Drift,
    Empty,
    Found,
    Outcome,
    Pending,
    Question,
    Refused,
)
from tests.exchange.sources.sites import COLUMNS, INJECTIONS, LOOPBACK, guarded, kept, place, source
from tests.simulators.data_source import ROWS, behaviours, by_cursor, honest, later
from tests.simulators.http import HttpSimulator, answers


@pytest.fixture
def server() -> Iterator[HttpSimulator]:
    with HttpSimulator() as running:
        yield running.on("/licences", honest()).on("/cursor", by_cursor())


@pytest.fixture
def fetch() -> Iterator[GuardedFetch]:
    opened = guarded()
    yield opened
    opened.close()


def declared(server: HttpSimulator, **peculiar: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "origin": server.url("").rstrip("/"),
        "intranet": True,
        "path": "/licences",
        "parameters": [
            {"in": "query", "name": "no", "item": "许可证编号", "test": "equal"},
            {"in": "query", "name": "size", "gives": "limit"},
            {"in": "query", "name": "start", "gives": "offset"},
        ],
        "rows": "/data/list",
    }
    return {name: value for name, value in {**told, **peculiar}.items() if value is not None}


def asked(*conditions: Asked, limit: int = 10, cursor: str | None = None, fields: tuple[str, ...] = ()) -> Question:
    return questions.read(COLUMNS, fields, conditions, limit, cursor)


def by_number(number: str) -> Asked:
    return Asked("许可证编号", "equal", [number])


def test_rows_come_in_the_types_of_the_directory_and_without_what_it_does_not_know(server: HttpSimulator, fetch: Any):
    answer = source("rest", declared(server), place(fetch=fetch)).ask(asked())
    assert isinstance(answer, Found)
    assert [row["面积"] for row in answer.rows] == [Decimal("120.5"), Decimal("88.00"), Decimal(60)]
    assert [str(row["发证日期"]) for row in answer.rows] == ["2024-03-01", "2024-04-02", "2025-01-15"]
    assert set(answer.rows[0]) == {column.item for column in COLUMNS}


def test_found_and_empty_are_two_answers(server: HttpSimulator, fetch: Any):
    opened = source("rest", declared(server), place(fetch=fetch))
    found = opened.ask(asked(by_number("苏卫0002"), fields=("单位名称",)))
    assert found == Found(({"单位名称": "演示浴室"},))
    assert opened.ask(asked(by_number("苏卫8888"))) == Empty()


def test_a_partner_that_answers_later_is_asked_the_same_again(server: HttpSimulator, fetch: Any):
    server.on("/later", later(3))
    opened = source("rest", declared(server, path="/later"), place(fetch=fetch))
    answers_in_turn = [opened.ask(asked(by_number("苏卫0002"), fields=("单位名称",))) for _ in range(3)]
    assert answers_in_turn == [Pending(30), Pending(30), Found(({"单位名称": "演示浴室"},))]
    assert {each.target.partition("?")[0] for each in server.received} == {"/later"}


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("5", 5), ("0", 1), ("999999999", 24 * 3600), (None, 60), ("soon", 60), ("Thu, 01 Jan 2026 00:00:00 GMT", 1)],
    ids=str,
)
def test_a_wait_is_believed_within_a_day(server: HttpSimulator, fetch: Any, told: str | None, seconds: int):
    server.on("/later", later(2, told))
    assert source("rest", declared(server, path="/later"), place(fetch=fetch)).ask(asked()) == Pending(seconds)


def test_a_probe_that_is_answered_later_proves_nothing_yet(server: HttpSimulator, fetch: Any):
    server.on("/later", later(2))
    opened = source("rest", declared(server, path="/later"), place(fetch=fetch))
    first, second = opened.probe(), opened.probe()
    assert (first.outcome, first.is_proof, second.outcome, second.is_proof) == (
        Outcome.PENDING,
        False,
        Outcome.FOUND,
        True,
    )


def test_a_list_is_paged_by_offset(server: HttpSimulator, fetch: Any):
    opened = source("rest", declared(server), place(fetch=fetch))
    first = opened.ask(asked(limit=2))
    assert isinstance(first, Found)
    assert (len(first.rows), first.next) == (2, "2")
    second = opened.ask(asked(limit=2, cursor=first.next))
    assert isinstance(second, Found)
    assert ([row["许可证编号"] for row in second.rows], second.next) == (["苏卫0003"], None)


def test_a_list_is_paged_by_the_partners_own_cursor(server: HttpSimulator, fetch: Any):
    parameters = [
        {"in": "query", "name": "size", "gives": "limit"},
        {"in": "query", "name": "token", "gives": "cursor"},
    ]
    told = declared(server, path="/cursor", parameters=parameters, next="/data/next")
    opened = source("rest", told, place(fetch=fetch))
    seen, cursor = [], None
    for _ in range(3):
        page = opened.ask(asked(limit=1, cursor=cursor))
        assert isinstance(page, Found)
        seen.append(page.rows[0]["许可证编号"])
        cursor = page.next
    assert (seen, cursor) == (["苏卫0001", "苏卫0002", "苏卫0003"], None)


def test_an_answer_without_paging_is_paged_here(server: HttpSimulator, fetch: Any):
    opened = source("rest", declared(server, parameters=[]), place(fetch=fetch))
    page = opened.ask(asked(limit=2, cursor="1"))
    assert isinstance(page, Found)
    assert ([row["许可证编号"] for row in page.rows], page.next) == (["苏卫0002", "苏卫0003"], None)


def test_a_value_fills_a_path_and_a_body(server: HttpSimulator, fetch: Any):
    path = [{"in": "path", "name": "number", "item": "许可证编号", "needed": True}]
    by_path = source("rest", declared(server, path="/licences/{number}", parameters=path), place(fetch=fetch))
    body = [{"in": "body", "name": "no", "item": "许可证编号"}, {"in": "body", "name": "all", "value": True}]
    by_body = source("rest", declared(server, method="POST", parameters=body), place(fetch=fetch))
    for opened in (by_path, by_body):
        answer = opened.ask(asked(by_number("苏卫0003"), fields=("许可证编号",)))
        assert answer == Found(({"许可证编号": "苏卫0003"},))
    assert json.loads(server.received[-1].body) == {"no": "苏卫0003", "all": True}
    assert by_path.ask(asked()) == Refused("condition-needed")
    assert by_body.ask(asked(Asked("面积", "at_least", [1]))) == Refused("condition-not-offered")


def test_a_credential_is_read_from_the_owners_folder_and_shown_nowhere(
    server: HttpSimulator, fetch: Any, tmp_path: Path
):
    kept(tmp_path, "credentials", "api", "s3cr3t-token")
    credential = {"name": "api", "header": "Authorization", "scheme": "Bearer"}
    opened = source("rest", declared(server, credential=credential), place(tmp_path, fetch))
    assert isinstance(opened.ask(asked()), Found)
    assert server.received[-1].headers["authorization"] == "Bearer s3cr3t-token"
    assert "s3cr3t" not in repr(opened) + repr(vars(opened))
    missing = source("rest", declared(server, credential={**credential, "name": "other"}), place(tmp_path, fetch))
    before = len(server.received)
    assert missing.ask(asked()) == Refused("no-such-credential")
    assert len(server.received) == before


def test_a_post_is_sent_once_and_a_get_again(server: HttpSimulator):
    for method, tries in (("GET", 2), ("POST", 1)):
        server.on("/ill", answers(502))
        opened = guarded(tries=2)
        before = len(server.received)
        told = declared(server, path="/ill", method=method, parameters=[])
        assert source("rest", told, place(fetch=opened)).ask(asked()) == Down("status-502")
        assert len(server.received) - before == tries
        opened.close()


ENDS: dict[str, Outcome] = {
    "hangs": Outcome.TIMED_OUT,
    "hangs-after-head": Outcome.TIMED_OUT,
    "redirects": Outcome.REFUSED,
    "redirects-for-good": Outcome.REFUSED,
    "ten-gigabytes-announced": Outcome.TOO_LARGE,
    "ten-gigabytes-sent": Outcome.TOO_LARGE,
    "ten-gigabytes-chunked": Outcome.TOO_LARGE,
    "gzip-bomb": Outcome.TOO_LARGE,
    "says-more-than-it-sends": Outcome.DOWN,
    "says-less-than-it-sends": Outcome.DRIFT,
    "two-lengths": Outcome.DOWN,
    "no-http": Outcome.DOWN,
    "resets": Outcome.DOWN,
    "no-json": Outcome.DRIFT,
    "deep": Outcome.DRIFT,
    "twice-a-key": Outcome.DRIFT,
    "not-a-number": Outcome.DRIFT,
    "surrogate": Outcome.DRIFT,
    "rows-are-no-list": Outcome.DRIFT,
    "rows-are-texts": Outcome.DRIFT,
    "too-many-rows": Outcome.TOO_LARGE,
    "wrong-schema": Outcome.DRIFT,
    "wrong-type": Outcome.DRIFT,
    "somebody-elses": Outcome.DRIFT,
    "unauthorised": Outcome.REFUSED,
    "gone": Outcome.REFUSED,
    "broken": Outcome.DOWN,
    "busy": Outcome.DOWN,
}


@pytest.mark.parametrize("name", ENDS)
def test_every_bad_manner_has_its_own_end(server: HttpSimulator, fetch: Any, name: str):
    with HttpSimulator() as other:
        server.on("/bad", behaviours(other.url("/"))[name])
        answer = source("rest", declared(server, path="/bad"), place(fetch=fetch)).ask(asked(by_number("苏卫0001")))
        assert answer.outcome is ENDS[name]
        assert other.connections == 0


def test_every_bad_manner_is_tried():
    assert set(behaviours("http://x")) == set(ENDS)


def test_a_partner_that_answers_with_somebody_elses_row_gives_nothing(server: HttpSimulator, fetch: Any):
    server.on("/bad", behaviours("")["somebody-elses"])
    answer = source("rest", declared(server, path="/bad"), place(fetch=fetch)).ask(asked(by_number("苏卫0001")))
    assert isinstance(answer, Drift)
    assert [each.difference for each in answer.differences] == [Difference.FOREIGN_ROWS]


def test_a_status_may_say_that_there_is_none(server: HttpSimulator, fetch: Any):
    told = declared(server, path="/none", empty_statuses=[404])
    assert source("rest", told, place(fetch=fetch)).ask(asked()) == Empty()


def test_a_member_that_is_left_out_is_drift_unless_the_declaration_says_otherwise(server: HttpSimulator, fetch: Any):
    short = [{name: value for name, value in ROWS[0].items() if name != "area"}]
    server.on("/short", honest(short))
    strict = source("rest", declared(server, path="/short"), place(fetch=fetch)).ask(asked())
    assert isinstance(strict, Drift)
    assert [(each.item, each.difference) for each in strict.differences] == [("面积", Difference.MISSING)]
    soft = source("rest", declared(server, path="/short", omits_empty=True), place(fetch=fetch)).ask(asked())
    assert isinstance(soft, Found)
    assert soft.rows[0]["面积"] is None


def test_a_probe_tells_each_difference(server: HttpSimulator, fetch: Any):
    row = {"no": "苏卫000000000000000000001", "holder": "演示", "issued": "昨天", "valid": True, "internal": 1}
    server.on("/drift", honest([row]))
    probe = source("rest", declared(server, path="/drift"), place(fetch=fetch)).probe()
    assert probe.outcome is Outcome.DRIFT
    assert {(each.item, each.difference) for each in probe.differences} == {
        ("面积", Difference.MISSING),
        ("发证日期", Difference.WRONG_TYPE),
        ("许可证编号", Difference.TOO_LONG),
        ("internal", Difference.UNKNOWN),
    }
    good = source("rest", declared(server, probe={"许可证编号": "苏卫0001"}), place(fetch=fetch)).probe()
    assert (good.outcome, good.rows, good.is_proof) == (Outcome.FOUND, 1, True)


def test_a_probe_of_something_down_proves_nothing(server: HttpSimulator, fetch: Any):
    told = declared(server, path="/bad")
    server.on("/bad", behaviours("")["hangs"])
    probe = source("rest", told, place(fetch=fetch)).probe()
    assert (probe.outcome, probe.is_proof) == (Outcome.TIMED_OUT, False)


# --- injections ---------------------------------------------------------------------------------------------------

STRING_ITEMS = ("许可证编号", "单位名称")


@pytest.mark.parametrize("text", INJECTIONS)
def test_an_injected_value_finds_nothing_in_path_query_and_body(server: HttpSimulator, fetch: Any, text: str):
    ways: list[dict[str, Any]] = [
        {"path": "/licences/{n}", "parameters": [{"in": "path", "name": "n", "item": "许可证编号", "needed": True}]},
        {"parameters": [{"in": "query", "name": "no", "item": "许可证编号"}]},
        {"method": "POST", "parameters": [{"in": "body", "name": "no", "item": "许可证编号"}]},
    ]
    for way in ways:
        opened = source("rest", declared(server, **way), place(fetch=fetch))
        try:
            question = asked(by_number(text))
        except UnaskableQuestion:
            continue
        answer = opened.ask(question)
        assert not isinstance(answer, Found), text
    for received in server.received:
        assert "x-injected" not in received.headers
        assert received.headers["host"] == f"127.0.0.1:{server.port}"
        assert received.target.split("?")[0].count("/") <= 2


@pytest.mark.parametrize("text", INJECTIONS)
def test_an_injected_cursor_finds_nothing(server: HttpSimulator, fetch: Any, text: str):
    try:
        question = asked(limit=2, cursor=text)
    except UnaskableQuestion:
        return
    answer = source("rest", declared(server), place(fetch=fetch)).ask(question)
    assert isinstance(answer, Refused | Found | Empty)
    assert not isinstance(answer, Found) or text == "1"


@pytest.mark.parametrize("text", INJECTIONS)
def test_an_injected_declaration_is_refused_or_harmless(server: HttpSimulator, fetch: Any, text: str):
    origin = server.url("").rstrip("/")
    parameter = {"in": "query", "name": text, "value": "x"}
    changed: list[dict[str, Any]] = [
        {"origin": text},
        {"origin": origin + text},
        {"path": text},
        {"path": f"/licences/{text}"},
        {"method": text},
        {"headers": {text: "x"}},
        {"headers": {"X-App": text}},
        {"credential": {"name": text}},
        {"credential": {"name": "api", "header": text}},
        {"credential": {"name": "api", "scheme": text}},
        {"rows": text},
        {"rows": f"/{text}"},
        {"next": f"/{text}"},
        {"parameters": [parameter]},
        {"parameters": [{**parameter, "in": text}]},
        {"parameters": [{"in": "query", "name": "no", "item": text}]},
        {"probe": {text: "x"}},
        {text: "x"},
    ]
    for change in changed:
        try:
            opened = source("rest", declared(server, **change), place(fetch=fetch))
        except UnusableMount:
            continue
        probe = opened.probe()
        assert probe.outcome in set(Outcome)
        opened.ask(asked())
    for received in server.received:
        assert "x-injected" not in received.headers
        assert received.headers["host"] == f"127.0.0.1:{server.port}"


# --- addresses that must not be reached -----------------------------------------------------------------------------

NAMES = {  # names and what a resolver says of them
    "one.example": ("127.0.0.1",),
    "two.example": ("10.0.0.1",),
    "three.example": ("93.184.216.34", "127.0.0.1"),
    "four.example": ("::1",),
    "five.example": ("::ffff:127.0.0.1",),
    "six.example": ("169.254.169.254",),
    "seven.example": ("64:ff9b::7f00:1",),
    "eight.example": ("2002:7f00:1::",),
    "nine.example": ("fe80::1",),
    "ten.example": ("0.0.0.0",),  # noqa: S104 - to be refused
    "eleven.example": ("100.100.100.200",),
    "twelve.example": ("fd00::1",),
    "localhost": ("127.0.0.1",),
}


def shapes(port: int) -> list[str]:
    """Write the loopback and its neighbours in every way that some reader takes for them."""
    hosts = [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "0.0.0.0",  # noqa: S104 - to be refused
        "127.000.000.001",
        "00000177.1",
        "127.0.0.1.",
        "1.0.0.127.in-addr.arpa",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "[fe80::1%25lo]",
        "[fe80::1]",
        "[fd00::1]",
        "[fec0::1]",
        "169.254.169.254",
        "169.254.170.2",
        "100.100.100.200",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "127.127.127.127",
        "127.0.0.1%00.example.com",
        "127。0。0。1",
        "①②⑦.⓪.⓪.①",
        "LOCALHOST",
        "localhost.",
        "loc%61lhost",
        "%31%32%37.0.0.1",
        "127.0.0.1%2e",
        "example.com%2f@127.0.0.1",
        "127.0.0.1\\.example.com",
        "127.0.0.1 .example.com",
        "127.0.0.1\t",
        *NAMES,
    ]
    users = [
        "example.com@127.0.0.1",
        "user:password@127.0.0.1",
        "example.com:80@127.0.0.1",
        "@127.0.0.1",
        "example.com%40127.0.0.1",
    ]
    whole = [
        "file:///etc/passwd",
        f"gopher://127.0.0.1:{port}/_GET",
        f"ftp://127.0.0.1:{port}/",
        f"dict://127.0.0.1:{port}/",
        "unix:///run/x.sock",
        "http+unix://%2Frun%2Fx.sock/",
        f"ldap://127.0.0.1:{port}/",
        f"jar:http://127.0.0.1:{port}!/",
        f"HTTP://127.0.0.1:{port}",
        f"//127.0.0.1:{port}",
        f"http:/127.0.0.1:{port}",
        f"http:127.0.0.1:{port}",
        f"http:\\\\127.0.0.1:{port}",
        f"http://127.0.0.1:{port}#@example.com",
        f"http://127.0.0.1:{port}/?@example.com",
        f"http://example.com#@127.0.0.1:{port}/",
        f"http://127.0.0.1:{port}/..",
        f"http://127.0.0.1:{port}/%2e%2e/",
        f"http://127.0.0.1:0{port}",
        f"http://127.0.0.1:{port}:80",
        f"http://[::1]{port}",
        f"http://[127.0.0.1]:{port}",
        f" http://127.0.0.1:{port}",
        f"http://127.0.0.1:{port}\r\nHost: example.com",
        f"http://127.0.0.1:{port}\x00",
    ]
    return [f"http://{host}:{port}" for host in (*hosts, *users)] + whole


def resolved(host: str, _port: int) -> tuple[str, ...]:
    try:
        return NAMES[host.rstrip(".").lower()]
    except KeyError as error:
        raise OSError(host) from error


@pytest.mark.parametrize("intranet", [False, True])
def test_no_shape_of_an_address_reaches_a_closed_network(intranet: bool):
    """The site opened 10.20.0.0/16 alone; a listener stands at the loopback and counts connections."""
    dialled: list[str] = []

    def dial(address: str, port: int, seconds: float) -> Any:
        dialled.append(address)
        raise ConnectionRefusedError

    settings = replace(LOOPBACK, intranet_networks=("10.20.0.0/16",))
    fetch = GuardedFetch(settings, resolve=resolved, dial=dial)
    site = replace(place(fetch=fetch), opened=(ipaddress.ip_network("10.20.0.0/16"),))
    with HttpSimulator() as listener:
        listener.on("/", honest())
        tried = shapes(listener.port)
        assert len(tried) >= 88
        for shape in tried:
            try:
                opened = source("rest", declared(listener, origin=shape, intranet=intranet, parameters=[]), site)
            except UnusableMount:
                continue
            assert opened.ask(asked()).outcome in {Outcome.REFUSED, Outcome.DOWN}, shape
            assert not opened.probe().is_proof
        assert listener.connections == 0
    assert dialled == []
    fetch.close()


def test_no_redirect_leads_to_a_closed_network(server: HttpSimulator, fetch: Any):
    with HttpSimulator() as listener:
        for shape in shapes(listener.port):
            if not shape.isascii() or not shape.isprintable():
                continue
            server.on("/away", answers(302, headers={"Location": shape}))
            told = declared(server, path="/away", parameters=[])
            assert source("rest", told, place(fetch=fetch)).ask(asked()) == Refused("answer-redirected")
        assert listener.connections == 0


def test_a_name_that_changes_its_mind_is_looked_up_once_and_never_reached():
    """Rebinding: the first answer is public and refuses, the second is the loopback."""
    asked_names: list[str] = []
    dialled: list[str] = []

    def resolve(host: str, _port: int) -> tuple[str, ...]:
        asked_names.append(host)
        return ("93.184.216.34",) if len(asked_names) == 1 else ("127.0.0.1",)

    def dial(address: str, port: int, seconds: float) -> Any:
        dialled.append(address)
        raise ConnectionRefusedError

    fetch = GuardedFetch(replace(LOOPBACK, intranet_networks=()), resolve=resolve, dial=dial)
    site = replace(place(fetch=fetch), opened=())
    with HttpSimulator() as listener:
        told = declared(listener, origin=f"http://rebind.example:{listener.port}", intranet=False, parameters=[])
        opened = source("rest", told, site)
        assert opened.ask(asked()) == Down("connect-failed")
        assert opened.ask(asked()) == Refused("address-refused")
        assert (dialled, len(asked_names), listener.connections) == (["93.184.216.34"], 2, 0)
    fetch.close()


def test_only_hosts_on_the_sites_list_can_be_mounted(server: HttpSimulator, fetch: Any):
    site = replace(place(fetch=fetch), hosts=("data.example:443",))
    with pytest.raises(UnusableMount):
        source("rest", declared(server), site)
    allowed = declared(server, origin="https://data.example", intranet=False)
    assert source("rest", allowed, site).ask(asked()).outcome in {Outcome.DOWN, Outcome.REFUSED}


def test_two_mounts_of_one_host_have_lanes_of_their_own():
    assert Destination("http", "h.example", 80, lane="a") != Destination("http", "h.example", 80, lane="b")


def test_a_hanging_path_leaves_other_mounts_of_the_same_host_alone(server: HttpSimulator):
    """After five failures the way out rests its partner; another mount at the same host is another lane."""
    server.on("/bad", behaviours("")["no-http"])
    fetch = guarded()
    bad = source("rest", declared(server, path="/bad"), replace(place(fetch=fetch), lane="bad"))
    good = source("rest", declared(server), replace(place(fetch=fetch), lane="good"))
    ends = [bad.ask(asked()) for _ in range(7)]
    assert ends[-1] == Down("destination-resting")
    assert isinstance(good.ask(asked()), Found)
    fetch.close()


def test_answers_and_questions_do_not_show_what_they_hold(server: HttpSimulator, fetch: Any):
    question = asked(by_number("苏卫0001"))
    answer = source("rest", declared(server), place(fetch=fetch)).ask(question)
    assert "苏卫" not in repr(question) + repr(answer)


def test_an_interface_tells_when_it_was_updated_where_its_declaration_points(server: HttpSimulator, fetch: Any):
    told = {"data": {"list": [], "as_of": "2026-11-20 08:00:00"}, "when": 20261119, "odd": {"a": 1}}
    server.on("/dated", answers(200, json.dumps(told).encode()))
    for pointer, moment in (
        ("/data/as_of", datetime(2026, 11, 20, tzinfo=UTC)),
        ("/when", datetime(2026, 11, 18, 16, tzinfo=UTC)),
        ("/odd", None),
        ("/nowhere", None),
        (None, None),
    ):
        interface = source("rest", declared(server, path="/dated", updated=pointer), place(fetch=fetch))
        assert interface.probe().updated == moment
