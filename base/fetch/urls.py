"""Addresses of the web in one plain spelling: what a browser would repair is refused here.

Two readers that disagree about one address are how a check is passed and another host is reached. So only the part of
RFC 3986 is read on which all agree: lower-case scheme, no user information, a host in its one canonical form, a path
without dot segments. Names in other scripts are written in their `xn--` form by whoever lists them.
Whether a host may be reached is not decided here.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import NoReturn

from base.fetch.errors import UrlRefused

# Servers and gateways of the field accept at least this; nothing that this house calls is longer.
LONGEST_URL = 2048
# RFC 1035 2.3.4
LONGEST_NAME = 253
HIGHEST_PORT = 65535
PORTS = {"http": 80, "https": 443}

_SHAPE = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#]+)(?:(?P<path>/[^?#]*)(?P<query>\?[^#]*)?)?")
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z.-]+)(?::(?P<port>[1-9][0-9]{0,4}))?")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
# WHATWG URL, "ends in a number": such a host is an IPv4 address to browsers and C libraries, whatever its dots.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# RFC 3986 3.3 and 3.4: pchar, "/" and, in the query, "?".
_PATH = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*")
_QUERY = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*")
_ENCODED_CONTROL = re.compile(r"%(?:[01][0-9A-Fa-f]|7[Ff])")
_DOT_SEGMENT = re.compile(r"(?:\.|%2[Ee]){1,2}")


@dataclass(frozen=True)
class Url:
    """An address that was read whole: `host` is a lower-case name or a canonical IP, `target` is path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """Give what must match for two addresses to be the same partner."""
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """Write host and port as they stand in the address and in the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def parse(text: str) -> Url:
    """Read an absolute http or https address.

    Raises `UrlRefused`, with the part that is at fault and never its text.
    """
    if len(text) > LONGEST_URL:
        _refuse("length")
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        _refuse("characters")
    if "#" in text:
        _refuse("fragment")
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        _refuse("scheme")
    if "@" in shape["authority"]:
        _refuse("user-information")
    authority = _AUTHORITY.fullmatch(shape["authority"])
    if authority is None:
        _refuse("host")
    host = _host(authority["host"].lower())
    port = int(authority["port"] or PORTS[shape["scheme"]])
    if port > HIGHEST_PORT:
        _refuse("port")
    return Url(shape["scheme"], host, port, _target(shape["path"] or "/", shape["query"] or ""))


def follow(base: Url, location: str) -> Url:
    """Read where an answer points: an absolute address, or a path on the same host.

    Raises `UrlRefused`; other relative forms are refused because readers disagree about them.
    """
    if location.startswith("/") and not location.startswith("//"):
        return parse(f"{base.scheme}://{base.authority}{location}")
    return parse(location)


def _host(text: str) -> str:
    if text.startswith("["):
        return _ipv6(text[1:-1])
    labels = text.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return _ipv4(text)
    if len(text) > LONGEST_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        _refuse("host")
    return text


def _ipv4(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError as error:
        raise UrlRefused("host") from error


def _ipv6(text: str) -> str:
    try:
        return str(ipaddress.IPv6Address(text))
    except ValueError as error:
        raise UrlRefused("host") from error


def _target(path: str, query: str) -> str:
    if not _PATH.fullmatch(path) or _ENCODED_CONTROL.search(path):
        _refuse("path")
    if any(_DOT_SEGMENT.fullmatch(segment) for segment in path.split("/")):
        _refuse("path")
    if not _QUERY.fullmatch(query[1:]) or _ENCODED_CONTROL.search(query):
        _refuse("query")
    return path + query


def _refuse(reason: str) -> NoReturn:
    raise UrlRefused(reason)
