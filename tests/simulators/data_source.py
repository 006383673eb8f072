"""A department's data interface on this machine: honest, or as bad as it is told.

`honest` answers like a small register: it filters by the parameters it was asked with and pages by offset or cursor.
The others hang, drip, lie about length, send bombs, redirect, answer with somebody else's rows or the wrong shape.
"""

import gzip
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.simulators.http import Behaviour, Exchange, answers, is_silent, redirects, repeats, says

ROWS: tuple[dict[str, Any], ...] = (
    {"no": "苏卫0001", "holder": "演示饭店", "area": 120.5, "issued": "2024-03-01", "valid": True, "internal": "x"},
    {"no": "苏卫0002", "holder": "演示浴室", "area": "88.00", "issued": "20240402", "valid": False, "internal": "x"},
    {"no": "苏卫0003", "holder": "演示书店", "area": 60, "issued": "2025/01/15", "valid": True, "internal": "x"},
)
TEN_GIGABYTES = 10 * 1024**3


def document(rows: Sequence[dict[str, Any]], **beside: Any) -> bytes:
    """Wrap rows as the register does."""
    return json.dumps({"code": 0, "data": {"list": list(rows), **beside}}, ensure_ascii=False).encode()


def honest(rows: Sequence[dict[str, Any]] = ROWS) -> Behaviour:
    """Answer what is asked: by `no` in the query or the body, or as the last step of the path; `size` and `start`."""

    def answer(exchange: Exchange) -> None:
        asked = _asked(exchange)
        fitting = [row for row in rows if asked.get("no") in (None, row["no"])]
        start, size = int(asked.get("start", 0)), int(asked.get("size", len(rows)))
        exchange.answer(200, document(fitting[start : start + size]), {"Content-Type": "application/json"})

    return answer


def by_cursor(rows: Sequence[dict[str, Any]] = ROWS) -> Behaviour:
    """Page by a token of its own."""

    def answer(exchange: Exchange) -> None:
        asked = _asked(exchange)
        start, size = int(asked.get("token", "t0")[1:]), int(asked["size"])
        following = f"t{start + size}" if start + size < len(rows) else None
        exchange.answer(200, document(rows[start : start + size], next=following))

    return answer


def later(answered_at: int, retry_after: str | None = "30", rows: Sequence[dict[str, Any]] = ROWS) -> Behaviour:
    """Take each question and answer it when it is asked for the so-manieth time; until then 202 and a place to look."""
    asked: Counter[str] = Counter()
    ready = honest(rows)
    waiting = {"Location": "/jobs/1", **({"Retry-After": retry_after} if retry_after is not None else {})}

    def answer(exchange: Exchange) -> None:
        asked[exchange.received.target] += 1
        if asked[exchange.received.target] >= answered_at:
            ready(exchange)
        else:
            exchange.answer(202, b'{"job": 1}', waiting)

    return answer


def behaviours(elsewhere: str) -> dict[str, Behaviour]:
    """Give every bad manner by its name; redirects point elsewhere."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    bomb = gzip.compress(b'{"data":{"list":["' + b"0" * (64 * 1024 * 1024))
    deep = b'{"data":' * 5000 + b"1" + b"}" * 5000
    good = document(ROWS[:1])
    return {
        "hangs": is_silent,
        "hangs-after-head": lambda exchange: _hang(exchange, head + b"Content-Length: 100\r\n\r\n"),
        "redirects": redirects(elsewhere),
        "redirects-for-good": redirects(elsewhere, 308),
        "ten-gigabytes-announced": says(head + f"Content-Length: {TEN_GIGABYTES}\r\n\r\n".encode() + b"0" * 1000),
        "ten-gigabytes-sent": repeats(head + b"\r\n", b"0" * 65536),
        "ten-gigabytes-chunked": repeats(
            head + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"0" * 65536 + b"\r\n"
        ),
        "gzip-bomb": answers(200, bomb, {"Content-Encoding": "gzip"}),
        "says-more-than-it-sends": says(head + b"Content-Length: 100000\r\n\r\n" + good),
        "says-less-than-it-sends": says(head + b"Content-Length: 20\r\n\r\n" + good),
        "two-lengths": says(head + b"Content-Length: 10\r\nContent-Length: 20\r\n\r\n" + good),
        "no-http": says(b"SSH-2.0-OpenSSH_9.0\r\n"),
        "resets": lambda exchange: exchange.reset(),
        "no-json": answers(200, b"<html>login</html>"),
        "deep": answers(200, deep),
        "twice-a-key": answers(200, b'{"data":{"list":[],"list":[{}]}}'),
        "not-a-number": answers(200, b'{"data":{"list":[{"no":NaN}]}}'),
        "surrogate": answers(200, b'{"data":{"list":[{"no":"\\ud800"}]}}'),
        "rows-are-no-list": answers(200, b'{"data":{"list":"none"}}'),
        "rows-are-texts": answers(200, b'{"data":{"list":["a"]}}'),
        "too-many-rows": answers(200, document([ROWS[0]] * 5000)),
        "wrong-schema": answers(200, document([{"x": 1}])),
        "wrong-type": answers(200, document([{**ROWS[0], "issued": "昨天"}])),
        "somebody-elses": answers(200, document([{**ROWS[0], "no": "苏卫9999"}])),
        "unauthorised": answers(401, b"{}"),
        "gone": answers(404, b"{}"),
        "broken": answers(500, b"stack trace"),
        "busy": answers(503, b"", {"Retry-After": "60"}),
    }


def _hang(exchange: Exchange, head: bytes) -> None:
    exchange.send(head)
    exchange.wait_for_the_other_side()


def _asked(exchange: Exchange) -> dict[str, Any]:
    parts = urlsplit(exchange.received.target)
    found: dict[str, Any] = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if exchange.received.body:
        found.update(json.loads(exchange.received.body))
    if parts.path.startswith("/licences/"):
        found["no"] = unquote(parts.path.removeprefix("/licences/"))
    return found
