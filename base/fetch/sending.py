"""What of a request is sent, and what never is."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2

from base.fetch.errors import UnsendableRequest
from base.fetch.port import Outgoing
from base.fetch.urls import Url

# A partner that needs more hops is going in circles.
MOST_REDIRECTS = 5
# Headers that a redirect to another partner may carry; all others may hold a secret of the first.
TRAVELLING_HEADERS = frozenset({"accept", "accept-language", "user-agent"})
# What the adapter itself writes; a caller's version could make two readers see two requests (RFC 9112 11.2).
OWN_HEADERS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "te", "upgrade"}
)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t -~\x80-\xff]*")


def require_sendable(request: Outgoing) -> None:
    """Let only plain requests pass.

    Raises `UnsendableRequest`.
    """
    if not re.fullmatch(r"[A-Z]+", request.method) or request.method in {"CONNECT", "TRACE"}:
        raise UnsendableRequest("method")
    if not 0 <= request.redirects <= MOST_REDIRECTS:
        raise UnsendableRequest("redirects")
    for name, value in request.headers:
        if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value) or value != value.strip():
            raise UnsendableRequest("header")
        if name.lower() in OWN_HEADERS or name.lower().startswith("proxy-"):
            raise UnsendableRequest("header")


def written(request: Outgoing, url: Url, first: Url) -> httpx2.Request:
    """Write the request to one hop; another partner than the first is told nothing that was meant for the first."""
    given = [(name, value) for name, value in request.headers if url.origin == first.origin or _travels(name)]
    named = {name.lower() for name, _ in given}
    usual = [("Accept-Encoding", "gzip"), ("Accept", "*/*"), ("User-Agent", "yinxin")]
    headers = [*given, *((name, value) for name, value in usual if name.lower() not in named)]
    return httpx2.Request(
        request.method,
        str(url),
        headers=[(name.encode("ascii"), value.encode("latin-1")) for name, value in headers],
        content=request.body or None,
    )


def _travels(name: str) -> bool:
    return name.lower() in TRAVELLING_HEADERS


def pause_seconds(retry_after: str, at: datetime) -> float | None:
    """Read Retry-After in both its forms (RFC 9110 10.2.3); what cannot be read asks for nothing."""
    text = retry_after.strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - at).total_seconds())
