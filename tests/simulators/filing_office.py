"""The office that keeps the filings of seals: files, takes its time, refuses, or behaves as no office should."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.simulators.http import Exchange


class FilingOffice:
    """Answers each key as it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answer: Callable[[dict[str, Any]], tuple[int, bytes]] = files
        self.asked: list[dict[str, Any]] = []
        self.keys: Counter[str] = Counter()

    def __call__(self, exchange: Exchange) -> None:
        """Take one request."""
        told = json.loads(exchange.received.body)
        self.asked.append(told)
        self.keys[exchange.received.headers["idempotency-key"]] += 1
        status, body = self.answer(told)
        exchange.answer(status, body)


def says(**members: Any) -> Callable[[dict[str, Any]], tuple[int, bytes]]:
    """Make an answer of the interface."""
    return lambda _told: (200, json.dumps(members).encode())


def files(told: dict[str, Any]) -> tuple[int, bytes]:
    """File everything under a number of its own."""
    return 200, json.dumps({"state": "filed", "number": f"演示备{told['seal']}"}).encode()


PENDING = says(state="pending", receipt="r-1")
REFUSED = says(state="refused", code="B07", reason="名称与登记不符")


def sends(status: int, body: bytes) -> Callable[[dict[str, Any]], tuple[int, bytes]]:
    """Make an answer that is none."""
    return lambda _told: (status, body)
