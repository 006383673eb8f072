"""The way out reaches nobody but who was meant, and no partner can hold it, fill it or lead it astray.

The world of these tests has names and addresses of its own: `World` answers for the resolver and makes the
connections, so that a public address can stand on this machine. Whatever is not public and is dialled all the same
really is connected, so that a loophole shows at the trap's counter.
"""

import gzip
import ipaddress
import socket
import ssl
import threading
import tracemalloc
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
import stamina
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as st

from base.fetch import (
    AddressRefused,
    AnswerBroken,
    AnsweredWithStatus,
    AnswerTooLarge,
    CalledTooEarly,
    ConnectFailed,
    Destination,
    DestinationResting,
    FetchFailed,
    FetchSettings,
    GuardedFetch,
    NameUnknown,
    Outgoing,
    Redirected,
    TimedOut,
    TlsFailed,
    UnsendableRequest,
    UrlRefused,
    require_allowed,
)
from base.fetch.adapter import MOST_LINES
from base.fetch.addresses import PUBLIC, is_open, kind_of
from base.fetch.guard import Stream
from base.fetch.lines import FAILURES_BEFORE_REST, LONGEST_PAUSE_SECONDS
from base.fetch.sending import pause_seconds
from base.fetch.urls import follow, parse
from base.fetch.wiring import tls_of
from base.settings import UnusableSetting
from tests.simulators.http import (
    Exchange,
    HttpSimulator,
    answers,
    identity,
    in_turn,
    is_silent,
    redirects,
    repeats,
    says,
)

# The trap's address in every spelling that some reader somewhere takes for this machine or a machine beside it.
# `{p}` is the trap's port. The comments name who would be fooled.
HOSTILE = """
http://127.0.0.1:{p}/
http://127.0.0.2:{p}/
http://127.1:{p}/
http://127.0.1:{p}/
http://127.255.255.254:{p}/
http://0.0.0.0:{p}/
http://0:{p}/
http://0.1.2.3:{p}/
http://2130706433:{p}/
http://017700000001:{p}/
http://0x7f000001:{p}/
http://0x7f.0x0.0x0.0x1:{p}/
http://0x7f.1:{p}/
http://0177.0.0.1:{p}/
http://0177.0.0.01:{p}/
http://127.0.0.01:{p}/
http://127.000.000.001:{p}/
http://0x7F.0.0.1:{p}/
http://127.0x0.0.1:{p}/
http://4294967295:{p}/
http://425510585345:{p}/
http://127.0.0.1.:{p}/
http://127.0.0.1..:{p}/
http://127.0.0.256:{p}/
http://10.0.0.1:{p}/
http://172.16.0.1:{p}/
http://192.168.1.1:{p}/
http://100.64.0.1:{p}/
http://169.254.169.254:{p}/latest/meta-data/
http://2852039166:{p}/latest/meta-data/
http://0xA9FEA9FE:{p}/
http://169.254.170.2:{p}/v2/credentials
http://100.100.100.200:{p}/latest/meta-data/
http://192.0.0.192:{p}/opc/v1/
http://168.63.129.16:{p}/
http://198.18.0.1:{p}/
http://192.0.2.1:{p}/
http://224.0.0.1:{p}/
http://240.0.0.1:{p}/
http://255.255.255.255:{p}/
http://[::1]:{p}/
http://[::]:{p}/
http://[0:0:0:0:0:0:0:1]:{p}/
http://[0000:0000:0000:0000:0000:0000:0000:0001]:{p}/
http://[::ffff:127.0.0.1]:{p}/
http://[::ffff:7f00:1]:{p}/
http://[0:0:0:0:0:ffff:127.0.0.1]:{p}/
http://[::ffff:0:127.0.0.1]:{p}/
http://[::127.0.0.1]:{p}/
http://[64:ff9b::127.0.0.1]:{p}/
http://[64:ff9b::7f00:1]:{p}/
http://[64:ff9b:1::7f00:1]:{p}/
http://[2002:7f00:1::]:{p}/
http://[2002:7f00:0001::1]:{p}/
http://[2001:0:4136:e378:8000:63bf:80ff:fffe]:{p}/
http://[fe80::1]:{p}/
http://[fe80::1%25lo]:{p}/
http://[fe80::1%lo]:{p}/
http://[::1%25lo]:{p}/
http://[fc00::1]:{p}/
http://[fd00:ec2::254]:{p}/latest/meta-data/
http://[fec0::1]:{p}/
http://[ff02::1]:{p}/
http://[100::1]:{p}/
http://[5f00::1]:{p}/
http://[v1.::1]:{p}/
http://[127.0.0.1]:{p}/
http://::1:{p}/
http://localhost:{p}/
http://LOCALHOST:{p}/
http://localhost.:{p}/
http://localhost.localdomain:{p}/
http://ip6-localhost:{p}/
http://localtest.example:{p}/
http://127.0.0.1.nip.example:{p}/
http://7f000001.rebind.example:{p}/
http://metadata.google.internal:{p}/computeMetadata/v1/
http://xn--trap-9na.example:{p}/
http://partner.example@127.0.0.1:{p}/
http://partner.example:80@127.0.0.1:{p}/
http://partner.example:pw@localhost:{p}/
http://127.0.0.1:{p}@partner.example/
http://partner.example#@127.0.0.1:{p}/
http://partner.example?@127.0.0.1:{p}/
http://127.0.0.1:{p}#@partner.example/
http://127.0.0.1:{p}\\@partner.example/
http://partner.example\\@127.0.0.1:{p}/
http:\\\\127.0.0.1:{p}/
http:/\\127.0.0.1:{p}/
http:127.0.0.1:{p}/
http:/127.0.0.1:{p}/
http:///127.0.0.1:{p}/
http:////127.0.0.1:{p}/
//127.0.0.1:{p}/
/\\127.0.0.1:{p}/
http://127。0。0。1:{p}/
http://127．0．0．1:{p}/
http://①②⑦.⓪.⓪.①:{p}/
http://１２７.0.0.1:{p}/
http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{p}/
http://lo\u00adcalhost:{p}/
http://localho\u017ft:{p}/
http://127.0.0.1%00.partner.example:{p}/
http://127.0.0.1%2f@partner.example:{p}/
http://%31%32%37.0.0.1:{p}/
http://127.0.0.1%0d%0a:{p}/
http://127.0.0.1:{p}%0d%0aHost:partner.example/
http://127.0.0.1\t:{p}/
http://127.0.0.1 :{p}/
http:// 127.0.0.1:{p}/
 http://127.0.0.1:{p}/
\thttp://127.0.0.1:{p}/
http://127.0.0.1\u2028:{p}/
http://127.0.0.1:0{p}/
http://127.0.0.1:+{p}/
http://127.0.0.1:{p}:80/
http://127.0.0.1:99999/
http://127.0.0.1:/
HTTP://127.0.0.1:{p}/
hTTp://127.0.0.1:{p}/
https://127.0.0.1:{p}/
https://localhost:{p}/
ftp://127.0.0.1:{p}/
file:///etc/passwd
file://127.0.0.1:{p}/etc/passwd
gopher://127.0.0.1:{p}/_GET%20/
dict://127.0.0.1:{p}/info
ldap://127.0.0.1:{p}/
jar:http://127.0.0.1:{p}!/
ws://127.0.0.1:{p}/
unix:/run/docker.sock
http+unix://%2Frun%2Fdocker.sock/
data:text/plain,x
url:http://127.0.0.1:{p}/
127.0.0.1:{p}
""".strip("\n").split("\n")
HOSTILE += [
    "http://partner.example:{p}\r\nHost: 127.0.0.1/",
    "http://127.0.0.1:{p}/\nX: y",
    "http://127.0.0.1\r:{p}/",
    "",
]

PARTNER = "93.184.216.34"
OTHER = "93.184.216.35"
FOREVER = 10_000


class World:
    """Names, addresses and a stopwatch; remembers who was asked for and what was dialled."""

    def __init__(self) -> None:
        self.names: dict[str, Iterator[tuple[str, ...]]] = {}
        self.places: dict[str, int] = {}
        self.asked: list[str] = []
        self.dialled: list[str] = []
        self.seconds = 1000.0

    def knows(self, name: str, *answers: tuple[str, ...]) -> None:
        """Let a name answer these addresses, one answer a time; the last stays."""
        self.names[name] = iter([*answers[:-1], *[answers[-1]] * FOREVER])

    def resolve(self, host: str, _port: int) -> tuple[str, ...]:
        """Answer for the resolver; a name that nobody told about points at this machine."""
        self.asked.append(host)
        return next(self.names[host]) if host in self.names else ("127.0.0.1",)

    def dial(self, address: str, port: int, seconds: float) -> socket.socket:
        """Connect; the invented public addresses stand on this machine."""
        self.dialled.append(address)
        if ipaddress.ip_address(address).is_global:
            if address not in self.places:
                raise ConnectionRefusedError
            return socket.create_connection(("127.0.0.1", self.places[address]), seconds)
        return socket.create_connection((address, port), seconds)

    def stopwatch(self) -> float:
        """Tell the world's time."""
        return self.seconds

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds


class Trap:
    """A listener on every address of this machine; nobody should ever come."""

    def __init__(self) -> None:
        self.listeners = [socket.create_server(("", 0))]
        self.port: int = self.listeners[0].getsockname()[1]
        if socket.has_ipv6:
            with suppress(OSError):
                self.listeners.append(socket.create_server(("::1", self.port), family=socket.AF_INET6))

    def caught(self) -> int:
        """Count who came."""
        came = 0
        for listener in self.listeners:
            listener.setblocking(False)
            with suppress(BlockingIOError):
                while True:
                    listener.accept()[0].close()
                    came += 1
        return came

    def close(self) -> None:
        for listener in self.listeners:
            listener.close()


@pytest.fixture(autouse=True)
def _no_waiting():
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def world():
    return World()


@pytest.fixture
def trap():
    trap = Trap()
    yield trap
    trap.close()


@pytest.fixture
def server():
    with HttpSimulator() as server:
        yield server


@pytest.fixture
def fetch(world, server):
    """Give the way out in a world where `partner.example` is public and stands at the simulator."""
    world.knows("partner.example", (PARTNER,))
    world.places[PARTNER] = server.port
    yield from opened(world)


@cache
def system_authorities() -> ssl.SSLContext:
    return tls_of(FetchSettings())


def opened(world: World, **told: Any) -> Iterator[GuardedFetch]:
    """Give a way out in that world; reading the system's authorities is slow, so it is done once."""
    tls = None if "trust_file" in told else system_authorities()
    settings = FetchSettings(**told)
    fetch = GuardedFetch(settings, resolve=world.resolve, dial=world.dial, stopwatch=world.stopwatch, tls=tls)
    yield fetch
    fetch.close()


def call(url: str = "http://partner.example/", *allowed: str, method: str = "GET", **more: Any) -> Outgoing:
    listed = tuple(Destination.of(each) for each in allowed or (url,))
    return Outgoing(method, url, listed, **more)


def everything_listed(url: str) -> tuple[Destination, ...]:
    """List what an attacker would like to be listed: the address as this house reads it, and as others do."""
    listed = [Destination("http", "partner.example", 80)]
    with suppress(UrlRefused):
        listed.append(Destination.of(url))
    with suppress(ValueError):
        other = urlsplit(url)
        listed.append(Destination(other.scheme or "http", other.hostname or "", other.port or 80))
    return tuple(listed)


def address_behind(shape: str) -> str:
    """Tell where a lenient reader would land: the C library for numbers, else this machine."""
    host = shape.split("//", 1)[-1].partition("/")[0].rpartition(":")[0]
    with suppress(OSError, UnicodeError):
        return socket.inet_ntoa(socket.inet_aton(host))
    with suppress(ValueError):
        return str(ipaddress.IPv6Address(host[1:-1]))
    return "127.0.0.1"


def test_the_list_of_hostile_shapes_is_long_enough():
    assert len(set(HOSTILE)) >= 88


@pytest.mark.parametrize("shape", HOSTILE)
def test_a_hostile_address_is_refused_when_it_is_registered_or_called(shape, world, trap, fetch):
    url = shape.format(p=trap.port)
    with pytest.raises((UrlRefused, AddressRefused)):
        fetch(Outgoing("GET", url, everything_listed(url)))
    with suppress(UrlRefused):
        destination = Destination.of(url)
        if destination.is_literal:
            with pytest.raises(AddressRefused):
                require_allowed(destination, ())
    assert trap.caught() == 0
    assert world.dialled == []


@pytest.mark.parametrize("shape", HOSTILE)
def test_a_hostile_address_is_refused_when_a_partner_redirects_there(shape, world, trap, server, fetch):
    url = shape.format(p=trap.port)
    raw = f"HTTP/1.1 302 X\r\nLocation: {url}\r\nContent-Length: 0\r\n\r\n"
    server.on("/", says(raw.encode()))
    with pytest.raises((UrlRefused, AddressRefused, Redirected, AnswerBroken)):
        fetch(Outgoing("GET", "http://partner.example/", everything_listed(url), redirects=3))
    assert trap.caught() == 0
    assert set(world.dialled) == {PARTNER}


@pytest.mark.parametrize("shape", HOSTILE)
def test_a_name_that_moves_to_a_hostile_address_is_refused_at_the_next_connection(shape, world, trap, server, fetch):
    server.on("/", answers(headers={"Connection": "close"}))
    world.knows("moving.example", (PARTNER,), (address_behind(shape),), (PARTNER, address_behind(shape)))
    moving = call(f"http://moving.example:{trap.port}/")
    assert fetch(moving).status == 200
    for _ in range(2):
        with pytest.raises(AddressRefused):
            fetch(moving)
    assert trap.caught() == 0
    assert world.dialled == [PARTNER]


def test_a_name_is_asked_for_once_a_connection_and_that_answer_is_dialled(world, server, fetch):
    server.on("/", answers(headers={"Connection": "close"}))
    world.knows("turning.example", (PARTNER,), ("127.0.0.1",))
    assert fetch(call("http://turning.example/")).status == 200
    assert world.asked == ["turning.example"]
    assert world.dialled == [PARTNER]


def test_the_trap_would_have_noticed(trap):
    socket.create_connection(("127.0.0.1", trap.port)).close()
    assert trap.caught() == 1


def test_an_intranet_partner_needs_both_the_site_and_the_list(server, world):
    world.knows("inside.example", ("127.0.0.1",))
    server.on("/", answers(body=b"inside"))
    url = server.url(host="inside.example")
    outside, inside = Destination.of(url), Destination.of(url, intranet=True)
    for networks, destination in ((("127.0.0.0/8",), outside), ((), inside), (("10.0.0.0/8",), inside)):
        for fetch in opened(world, intranet_networks=networks):
            with pytest.raises(AddressRefused, match="loopback"):
                fetch(Outgoing("GET", url, (destination,)))
    assert server.connections == 0
    for fetch in opened(world, intranet_networks=("127.0.0.0/8",)):
        assert fetch(Outgoing("GET", url, (inside,))).body == b"inside"


@pytest.mark.parametrize(
    "address",
    """169.254.169.254 100.100.100.200 168.63.129.16 fd00:ec2::254 224.0.0.1 255.255.255.255 0.0.0.9 :: ff02::1
    ::ffff:10.0.0.1 ::ffff:0:10.0.0.1 ::10.0.0.1 64:ff9b::10.0.0.1 64:ff9b:1::1 2002:a00:1:: 2001:0:1::1""".split(),
)
def test_some_addresses_cannot_be_opened_by_anybody(address):
    everything = [ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")]
    assert not is_open(ipaddress.ip_address(address), everything)


@given(st.ip_addresses())
def test_no_address_is_public_that_the_registries_of_this_python_call_private(address):
    registered = not address.is_global or address.is_multicast
    assert not (kind_of(address) == PUBLIC and registered and address not in ipaddress.ip_network("5f00::/16"))


def test_a_site_setting_that_is_no_network_is_refused():
    with pytest.raises(UnusableSetting):
        GuardedFetch(FetchSettings(intranet_networks=("10.0.0.1/8",)))
    with pytest.raises(UnusableSetting):
        GuardedFetch(FetchSettings(trust_file="/no/such/file"))


LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
NAME = st.lists(LABEL, min_size=1, max_size=4).map(".".join)
TARGET = st.from_regex(
    r"(/[A-Za-z0-9._~!$&'()*+,;=:@-]{0,6}(%[2-6][0-9A-E])?){0,4}(\?[A-Za-z0-9/?=&%25]*)?", fullmatch=True
)


@given(st.sampled_from(["http", "https"]), NAME, st.integers(1, 65535), TARGET)
def test_what_is_read_is_what_every_other_reader_reads_and_what_is_sent(scheme, name, port, target):
    try:
        url = parse(f"{scheme}://{name}:{port}{target}")
    except UrlRefused:
        return
    assert parse(str(url)) == url
    theirs, python = httpx2.URL(str(url)), urlsplit(str(url))
    assert theirs.raw_path.decode() == url.target
    assert (theirs.scheme, theirs.host, python.scheme, python.hostname) == (url.scheme, url.host) * 2
    assert python.port in {url.port, None}


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    for url in (text, f"http://{text}", f"http://partner.example/{text}", f"http://partner.example:{text}"):
        with suppress(UrlRefused):
            assert parse(str(parse(url))) == parse(url)


@pytest.mark.parametrize(
    "target",
    [
        "/" + "a" * 2048,
        "/a/../b",
        "/%2e%2e/b",
        "/.",
        "/a%00",
        "/a%0d%0a",
        "/a?b=%0A",
        "/a b",
        "/é",
        "/%zz",
        "/<x>",
        "/#x",
    ],
)
def test_a_path_that_others_would_repair_is_refused(target):
    with pytest.raises(UrlRefused):
        parse(f"http://partner.example{target}")


@pytest.mark.parametrize("host", "1 0 127.1 0x7f.1 0177.0.0.1 2130706433 0x 1.2.3.4.5 256.1.1.1 a.0x1 a.1".split())
def test_a_host_that_ends_in_a_number_is_an_address_in_its_one_form_or_nothing(host):
    with pytest.raises(UrlRefused, match="host"):
        parse(f"http://{host}/")


def test_a_location_is_a_path_on_the_same_host_or_a_whole_address():
    base = parse("https://partner.example:8443/a/b?c")
    assert str(follow(base, "/d?e")) == "https://partner.example:8443/d?e"
    assert str(follow(base, "https://other.example/")) == "https://other.example/"
    for other in ("d", "//other.example/", "?d", ""):
        with pytest.raises(UrlRefused):
            follow(base, other)


def test_an_address_is_told_in_its_plain_spelling():
    assert str(parse("https://PARTNER.example:443")) == "https://partner.example/"
    assert str(parse("http://[2606:2800:0220::1]:80/x")) == "http://[2606:2800:220::1]/x"


def test_an_answer_comes_back_whole(server, fetch):
    server.on("/", answers(201, b"here", {"X-Kind": "plain", "Content-Type": "text/plain"}))
    request = call("http://partner.example/a?b=1", method="POST", headers=(("X-Purpose", "test"),), body=b"there")
    incoming = fetch(request)
    assert (incoming.status, incoming.body, incoming.headers["x-kind"]) == (201, b"here", "plain")
    received = server.received[0]
    assert (received.method, received.target, received.body) == ("POST", "/a?b=1", b"there")
    assert received.headers["host"] == "partner.example"
    assert received.headers["x-purpose"] == "test"
    assert incoming.expect(200, 201) is incoming
    with pytest.raises(AnsweredWithStatus) as refusal:
        incoming.expect(200)
    assert refusal.value.facts == {"host": "partner.example", "status": 201, "retry_after": None}


def test_nothing_secret_shows_when_a_call_is_printed(fetch, server):
    server.on("/", answers(body=b"secret-body"))
    request = call("http://partner.example/?token=secret-query", headers=(("Authorization", "secret-header"),))
    assert "secret" not in f"{request!r} {fetch(request)!r}"


def test_a_connection_is_kept_for_the_next_call(server, fetch):
    server.on("/", answers(body=b"x"))
    assert [fetch(call()).status for _ in range(5)] == [200] * 5
    assert server.connections == 1


def test_cookies_and_the_environment_are_not_believed(server, fetch, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.on("/", answers(headers={"Set-Cookie": "a=b"}))
    fetch(call())
    fetch(call())
    assert [received.headers.get("cookie") for received in server.received] == [None, None]


def test_only_a_listed_partner_is_called(server, world, fetch):
    for url in ("http://other.example/", "https://partner.example/", "http://partner.example:81/"):
        with pytest.raises(AddressRefused, match="not-listed"):
            fetch(call(url, "http://partner.example/"))
    assert server.connections == 0
    assert world.asked == []


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("get", ()),
        ("GET\r\n", ()),
        ("CONNECT", ()),
        ("TRACE", ()),
        ("GET", (("Host", "x"),)),
        ("GET", (("Content-Length", "3"),)),
        ("GET", (("Transfer-Encoding", "chunked"),)),
        ("GET", (("Proxy-Authorization", "x"),)),
        ("GET", (("X-A", "a\r\nX-B: b"),)),
        ("GET", (("X A", "a"),)),
        ("GET", (("X-A", "a\x00"),)),
        ("GET", (("X-A", "中"),)),
        ("GET", (("", "a"),)),
    ],
)
def test_a_request_that_two_readers_could_read_differently_is_not_sent(method, headers, server, fetch):
    with pytest.raises(UnsendableRequest):
        fetch(call(method=method, headers=headers))
    assert server.connections == 0


def test_a_redirect_is_refused_unless_asked_for(server, fetch):
    server.on("/", redirects("/next")).on("/next", answers(body=b"there"))
    with pytest.raises(Redirected) as refusal:
        fetch(call())
    assert refusal.value.status == 302
    assert fetch(call(redirects=1)).body == b"there"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_body_never_follows_a_redirect(method, status, server, fetch):
    server.on("/", redirects("/next", status))
    with pytest.raises(Redirected):
        fetch(call(method=method, body=b"x", redirects=5))
    assert len(server.received) == 1


def test_a_loop_of_redirects_ends(server, fetch):
    server.on("/", redirects("/"))
    with pytest.raises(Redirected):
        fetch(call(redirects=5))
    assert len(server.received) == 6
    with pytest.raises(UnsendableRequest):
        fetch(call(redirects=6))


def test_a_redirect_without_a_place_is_refused(server, fetch):
    server.on("/", answers(302))
    with pytest.raises(Redirected):
        fetch(call(redirects=1))


def test_another_partner_is_not_told_the_first_ones_secrets(server, world, fetch):
    with HttpSimulator() as other:
        world.knows("other.example", (OTHER,))
        world.places[OTHER] = other.port
        server.on("/", redirects("http://other.example/x"))
        other.on("/", answers(body=b"other"))
        headers = (("Authorization", "Bearer secret"), ("X-Key", "secret"), ("Accept", "text/plain"))
        request = call("http://partner.example/", "http://partner.example/", "http://other.example/", headers=headers)
        with pytest.raises(Redirected):
            fetch(request)
        assert fetch(Outgoing(**{**vars(request), "redirects": 1})).body == b"other"
        assert other.received[0].headers["accept"] == "text/plain"
        assert "secret" not in str(other.received[0].headers)


def test_a_name_that_nobody_knows_is_told_apart(server, world, fetch):
    def unknown(_host: str, _port: int) -> tuple[str, ...]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    for resolve in (unknown, lambda _host, _port: ()):
        fetch = GuardedFetch(FetchSettings(), resolve=resolve, dial=world.dial)
        with pytest.raises(NameUnknown):
            fetch(call("http://nowhere.example/"))


def test_a_resolver_that_never_answers_is_not_waited_for(world):
    stop = threading.Event()

    def wait(_host: str, _port: int) -> tuple[str, ...]:
        stop.wait()
        return ()

    fetch = GuardedFetch(FetchSettings(connect_seconds=0.01), resolve=wait, dial=world.dial)
    with pytest.raises(TimedOut, match="name"):
        fetch(call(method="POST"))
    stop.set()


def test_a_closed_port_is_told_apart_and_the_next_address_tried(server, world, fetch):
    world.knows("closed.example", (OTHER,))
    with pytest.raises(ConnectFailed, match="refused"):
        fetch(call("http://closed.example/"))
    world.knows("half.example", (OTHER, PARTNER))
    server.on("/", answers(body=b"x"))
    assert fetch(call("http://half.example/")).body == b"x"


def test_a_connection_that_is_never_made_times_out(world):
    def dial(_address: str, _port: int, _seconds: float) -> socket.socket:
        raise TimeoutError

    world.knows("partner.example", (PARTNER,))
    fetch = GuardedFetch(FetchSettings(), resolve=world.resolve, dial=dial)
    with pytest.raises(TimedOut, match="connect"):
        fetch(call())


def test_a_partner_that_is_silent_times_out(server, world):
    server.on("/", is_silent)
    world.knows("partner.example", (PARTNER,))
    world.places[PARTNER] = server.port
    for fetch in opened(world, read_seconds=0.02):
        with pytest.raises(TimedOut, match="answer"):
            fetch(call(method="POST"))


@pytest.mark.parametrize(
    ("head", "again"),
    [
        (b"H", b"T"),
        (b"HTTP/1.1 200 X\r\nX-", b"a"),
        (b"HTTP/1.1 200 X\r\nContent-Length: 1000000\r\n\r\n", b"a"),
        (b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["status", "header", "body", "chunk", "continue"],
)
def test_a_partner_that_drips_is_cut_off_at_the_deadline(head, again, server, world, fetch):
    """Each byte comes a second after the last, always within the time of one read."""
    server.on("/", repeats(head, again, lambda: world.pass_by(1)))
    with pytest.raises(TimedOut):
        fetch(call(method="POST"))


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 X\r\n\r\n",
        b"HTTP/1.1 200 X\r\nContent-Length: 9999999999999\r\n\r\n",
        b"HTTP/1.1 200 X\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"", 9, mtime=0)[:10],
    ],
)
def test_a_body_without_end_is_cut_off_at_the_size_limit(head, server, fetch):
    piece = zlib.compress(bytes(1000), wbits=-15)[:-1] if b"gzip" in head else b"a" * 65536
    server.on("/", repeats(head, piece))
    with pytest.raises((AnswerTooLarge, AnswerBroken)):
        fetch(call(max_bytes=1_000_000))


def test_headers_without_end_are_no_answer(server, fetch):
    server.on("/", repeats(b"HTTP/1.1 200 X\r\n", b"X-A: " + b"a" * 1000 + b"\r\n"))
    with pytest.raises(AnswerBroken):
        fetch(call(method="POST"))


def test_a_gzip_bomb_is_cut_off_before_it_is_unpacked(server, fetch):
    bomb = gzip.compress(bytes(200_000_000), 9)
    server.on("/", answers(body=bomb, headers={"Content-Encoding": "gzip"}))
    tracemalloc.start()
    with pytest.raises(AnswerTooLarge) as refusal:
        fetch(call(max_bytes=1_000_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refusal.value.limit == 1_000_000
    assert peak < 8_000_000


def test_a_packed_answer_is_unpacked_once(server, fetch):
    packed = gzip.compress(b"text" * 100_000, mtime=0)
    server.on("/", answers(body=packed, headers={"Content-Encoding": "gzip"}))
    assert fetch(call()).body == b"text" * 100_000
    assert server.received[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip, gzip", gzip.compress(gzip.compress(b"x", mtime=0), mtime=0)),
        ("br", b"x"),
        ("gzip", b"no gzip"),
        ("gzip", gzip.compress(b"x" * 1000, mtime=0)[:-9]),
        ("gzip", gzip.compress(b"x", mtime=0) + b"more"),
        ("gzip", b""),
    ],
)
def test_a_wrongly_packed_answer_is_broken_and_not_short(coding, body, server, fetch):
    server.on("/", answers(body=body, headers={"Content-Encoding": coding}))
    with pytest.raises(AnswerBroken):
        fetch(call())


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_is_not_unpacked(status, server, fetch):
    server.on("/", says(f"HTTP/1.1 {status} X\r\nContent-Encoding: gzip\r\n\r\n".encode()))
    assert fetch(call()).body == b""
    server.on("/", answers(body=b"x", headers={"Content-Encoding": "gzip", "Content-Length": "99999999999"}))
    assert fetch(call(method="HEAD")).body == b""


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 X\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
        b"HTTP/1.1 200 X\r\nContent-Length: -1\r\n\r\nabc",
        b"HTTP/1.1 200 X\r\nContent-Length: abc\r\n\r\nabc",
        b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab",
        b"HTTP/1.1 99 X\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"<html>",
        b"",
    ],
)
def test_an_answer_that_lies_about_itself_is_broken(raw, server, fetch):
    server.on("/", says(raw))
    with pytest.raises(AnswerBroken):
        fetch(call())


def test_a_connection_that_is_torn_down_is_told_apart(server, fetch):
    server.on("/", lambda exchange: exchange.reset())
    with pytest.raises(AnswerBroken, match="connection-lost"):
        fetch(call(method="POST"))


def test_what_comes_after_the_announced_length_is_never_the_next_answer(server, fetch):
    smuggled = b"HTTP/1.1 200 X\r\nContent-Length: 8\r\n\r\nsmuggled"
    server.on("/", lambda e: e.send(b"HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\nab" + smuggled))
    server.on("/next", answers(body=b"right"))
    assert fetch(call()).body == b"ab"
    assert fetch(call("http://partner.example/next")).body == b"right"


@trials(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_at_all_are_an_answer_or_a_refusal(server, world, fetch, raw, headed):
    server.on("/", says(b"HTTP/1.1 200 X\r\n" * headed + raw))
    world.pass_by(31)  # past any rest
    with suppress(FetchFailed):
        assert 100 <= fetch(call(method="POST", max_bytes=100)).status <= 999


def test_a_repeatable_call_is_tried_again_and_another_is_not(server, fetch):
    for method, idempotent, tries in (("GET", False, 3), ("POST", False, 1), ("POST", True, 3), ("PUT", False, 3)):
        server.received.clear()
        server.on("/", answers(502))
        assert fetch(call(method=method, idempotent=idempotent)).status == 502
        assert len(server.received) == tries


def test_a_call_succeeds_after_passing_failures(server, fetch):
    server.on("/", in_turn(says(b""), answers(503), answers(body=b"at last")))
    assert fetch(call()).body == b"at last"


@pytest.mark.parametrize("status", [400, 404, 409, 429, 500, 501])
def test_an_answer_that_will_not_change_is_not_asked_for_again(status, server, fetch):
    server.on("/", answers(status))
    assert fetch(call()).status == status
    assert len(server.received) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_nobody_calls_before_the_pause_is_over(status, server, world, fetch):
    server.on("/", in_turn(answers(status, headers={"Retry-After": "120"}), answers(body=b"again")))
    assert fetch(call()).retry_after == 120
    for seconds in (0, 60, 59.9):
        world.pass_by(seconds)
        with pytest.raises(CalledTooEarly) as refusal:
            fetch(call("http://partner.example/elsewhere"))
    assert refusal.value.seconds == pytest.approx(0.1)
    assert len(server.received) == 1
    world.pass_by(0.2)
    assert fetch(call()).body == b"again"


def test_a_pause_is_written_as_seconds_or_as_a_date(at):
    assert pause_seconds("17", at) == 17
    assert pause_seconds(format_datetime(at + timedelta(minutes=2), usegmt=True), at) == 120
    assert pause_seconds(format_datetime(at - timedelta(minutes=2), usegmt=True), at) == 0
    assert pause_seconds("Sat, 21 Nov 2026 02:31:00 -0000", at) == 60
    for nothing in ("", "soon", "-1", "1.5", "99999999999999", "Sat, 99 Nov 2026 02:31:00 GMT"):
        assert pause_seconds(nothing, at) is None


@given(st.text())
def test_any_pause_is_read_or_ignored(text):
    seconds = pause_seconds(text, datetime(2026, 11, 21, tzinfo=UTC))
    assert seconds is None or seconds >= 0


def test_a_pause_of_a_year_is_taken_for_a_mistake(server, world, fetch):
    server.on("/", answers(429, headers={"Retry-After": "31536000"}))
    fetch(call())
    world.pass_by(LONGEST_PAUSE_SECONDS)
    assert fetch(call()).status == 429


def test_a_partner_that_is_down_rests_and_is_then_tried_by_one(server, world, fetch):
    server.on("/", says(b""))
    for _ in range(FAILURES_BEFORE_REST):
        with pytest.raises(AnswerBroken):
            fetch(call(method="POST"))
    assert len(server.received) == FAILURES_BEFORE_REST
    with pytest.raises(DestinationResting) as refusal:
        fetch(call())
    assert refusal.value.seconds == 30
    world.pass_by(31)
    with pytest.raises(AnswerBroken):
        fetch(call(method="POST"))
    with pytest.raises(DestinationResting):
        fetch(call())
    assert len(server.received) == FAILURES_BEFORE_REST + 1
    world.pass_by(31)
    server.on("/", answers(body=b"back"))
    assert [fetch(call()).body for _ in range(3)] == [b"back"] * 3


def test_one_partner_down_does_not_keep_others_waiting(server, world, fetch):
    world.knows("down.example", (OTHER,))
    server.on("/", answers(body=b"x"))
    for _ in range(FAILURES_BEFORE_REST + 1):
        with pytest.raises((ConnectFailed, DestinationResting)):
            fetch(call("http://down.example/", method="POST"))
    assert fetch(call()).body == b"x"


def test_many_partners_do_not_fill_the_memory_but_no_pause_is_forgotten(server, world, fetch):
    server.on("/", answers(headers={"Connection": "close"})).on("/pause", answers(429, headers={"Retry-After": "999"}))
    world.knows("pausing.example", (PARTNER,))
    fetch(call("http://pausing.example/pause"))
    for number in range(MOST_LINES + 10):
        world.knows(f"p{number}.example", (PARTNER,))
        fetch(call(f"http://p{number}.example/"))
    assert len(fetch._partners) <= MOST_LINES
    with pytest.raises(CalledTooEarly):
        fetch(call("http://pausing.example/"))


def test_calls_of_many_threads_share_the_partners_connections(server, world):
    server.on("/", answers(body=b"x"))
    world.knows("partner.example", (PARTNER,))
    world.places[PARTNER] = server.port
    for fetch in opened(world, connections=4):
        with ThreadPoolExecutor(16) as threads:
            incoming = list(threads.map(fetch, [call()] * 200))
        assert [each.body for each in incoming] == [b"x"] * 200
    assert server.connections <= 4


def test_a_call_waits_for_a_free_connection_only_so_long(server, world):
    """One connection, and the first call holds it until the second has given up."""
    first_is_in, second_is_over = threading.Event(), threading.Event()

    def hold(exchange: Exchange) -> None:
        first_is_in.set()
        second_is_over.wait(5)
        exchange.answer(body=b"first")

    server.on("/", answers(body=b"second")).on("/first", hold)
    world.knows("partner.example", (PARTNER,))
    world.places[PARTNER] = server.port
    for fetch in opened(world, connections=1, connect_seconds=0.05):
        with ThreadPoolExecutor(1) as thread:
            first = thread.submit(fetch, call("http://partner.example/first"))
            assert first_is_in.wait(5)
            with pytest.raises(TimedOut, match="free-connection"):
                fetch(call(method="POST"))
            second_is_over.set()
            assert first.result().body == b"first"


def test_the_systems_own_resolver_and_connections_are_used_when_none_are_handed_in(server):
    server.on("/", answers(body=b"here"))
    fetch = GuardedFetch(FetchSettings(intranet_networks=("127.0.0.0/8", "::1/128")))
    url = server.url(host="localhost")
    assert fetch(Outgoing("GET", url, (Destination.of(url, intranet=True),))).body == b"here"
    fetch.close()


def test_a_connection_without_a_deadline_is_a_fault_of_the_house():
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(TypeError):
        Stream(ours, "partner.example").read(1, 1.0)


def secure(world: World, server: HttpSimulator, **told) -> Iterator[GuardedFetch]:
    world.knows("partner.example", (PARTNER,))
    world.places[PARTNER] = server.port
    return opened(world, **told)


def test_a_partner_proves_its_name_over_tls(tmp_path: Path, world):
    made = identity(tmp_path, "partner.example")
    with HttpSimulator(made.server) as server:
        server.on("/", answers(body=b"sealed"))
        for fetch in secure(world, server, trust_file=str(made.trust_file)):
            assert fetch(call("https://partner.example/")).body == b"sealed"


@pytest.mark.parametrize(
    ("names", "lasts", "trusted", "reason"),
    [
        (("partner.example",), timedelta(days=1), False, "untrusted"),
        (("other.example",), timedelta(days=1), True, "other-host"),
        ((PARTNER,), timedelta(days=1), True, "other-host"),
        (("partner.example",), timedelta(days=-1), True, "expired"),
    ],
)
def test_a_certificate_that_proves_nothing_is_refused(names, lasts, trusted, reason, tmp_path, world):
    made = identity(tmp_path, *names, lasts=lasts)
    with HttpSimulator(made.server) as server:
        told = {"trust_file": str(made.trust_file)} if trusted else {}
        for fetch in secure(world, server, **told):
            with pytest.raises(TlsFailed) as refusal:
                fetch(call("https://partner.example/"))
            assert refusal.value.reason == reason
        assert server.received == []


def test_the_environment_cannot_add_an_authority(tmp_path, world, monkeypatch):
    made = identity(tmp_path, "partner.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(made.trust_file))
    with HttpSimulator(made.server) as server:
        for fetch in secure(world, server, trust_file=""):
            with pytest.raises(TlsFailed):
                fetch(call("https://partner.example/"))


def test_old_tls_is_refused(tmp_path, world):
    made = identity(tmp_path, "partner.example")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        made.server.maximum_version = ssl.TLSVersion.TLSv1_1
    with HttpSimulator(made.server) as server:
        for fetch in secure(world, server, trust_file=str(made.trust_file)):
            with pytest.raises(TlsFailed, match="handshake"):
                fetch(call("https://partner.example/"))


def test_a_partner_without_tls_is_not_spoken_to_in_clear(world):
    with socket.create_server(("127.0.0.1", 0)) as plain, ThreadPoolExecutor(1) as thread:

        def greet() -> bytes:
            with plain.accept()[0] as connection:
                connection.sendall(b"HTTP/1.1 200 X\r\nContent-Length: 0\r\n\r\n")
                return connection.recv(65536)

        heard = thread.submit(greet)
        world.knows("partner.example", (PARTNER,))
        world.places[PARTNER] = plain.getsockname()[1]
        for fetch in opened(world):
            with pytest.raises(TlsFailed, match="handshake"):
                fetch(call("https://partner.example/secret"))
        assert b"secret" not in heard.result()


def test_a_handshake_that_never_ends_times_out(world):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        world.knows("partner.example", (PARTNER,))
        world.places[PARTNER] = silent.getsockname()[1]
        for fetch in opened(world, connect_seconds=0.05):
            with pytest.raises(TimedOut, match="tls"):
                fetch(call("https://partner.example/", method="POST"))


def test_two_names_at_one_address_prove_themselves_each(tmp_path, world):
    """A kept connection of one name is never used for another, although the address is the same."""
    made = identity(tmp_path, "partner.example")
    with HttpSimulator(made.server) as server:
        server.on("/", answers(body=b"sealed"))
        world.knows("other.example", (PARTNER,))
        for fetch in secure(world, server, trust_file=str(made.trust_file)):
            assert fetch(call("https://partner.example/")).status == 200
            with pytest.raises(TlsFailed, match="other-host"):
                fetch(call("https://other.example/"))


def test_a_large_body_to_a_partner_that_does_not_read_is_given_up(world):
    steps = count()

    def stopwatch() -> float:
        return float(next(steps))

    with socket.create_server(("127.0.0.1", 0)) as deaf:
        world.knows("partner.example", (PARTNER,))
        world.places[PARTNER] = deaf.getsockname()[1]
        fetch = GuardedFetch(
            FetchSettings(read_seconds=0.02), resolve=world.resolve, dial=world.dial, stopwatch=stopwatch
        )
        with pytest.raises(TimedOut):
            fetch(call(method="POST", body=bytes(50_000_000)))
        fetch.close()


def test_the_simulator_reads_what_is_sent(server):
    """The simulator is a witness in every test above, so it is tried by itself once."""

    def echo(exchange: Exchange) -> None:
        exchange.answer(body=exchange.received.body)

    server.on("/", echo)
    with socket.create_connection(("127.0.0.1", server.port)) as plain:
        plain.sendall(b"POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc")
        assert plain.recv(1000).endswith(b"\r\n\r\nabc")
