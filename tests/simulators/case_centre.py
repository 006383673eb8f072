"""A case centre: hands out projects page by page, takes steps and receipts, and refuses or fails as it is told to."""

import json
from collections import Counter
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.simulators.http import Exchange

PAGE = 2


class CaseCentre:
    """Remembers what it was told, and under which keys."""

    def __init__(self) -> None:
        self.projects: list[dict[str, Any]] = []
        self.steps: dict[tuple[str, int], dict[str, Any]] = {}
        self.order: list[tuple[str, int]] = []
        self.receipts: dict[str, dict[str, Any]] = {}
        self.keys: Counter[str] = Counter()
        self.refuses: set[tuple[str, int]] = set()
        # What it answers instead, where it is not itself.
        self.broken: tuple[int, bytes] | None = None

    def __call__(self, exchange: Exchange) -> None:
        """Take one request."""
        if self.broken is not None:
            exchange.answer(*self.broken)
            return
        received = exchange.received
        where = urlsplit(received.target)
        if received.method == "GET":
            answer = self._page(int(parse_qs(where.query).get("after", ["0"])[0] or 0))
        else:
            self.keys[received.headers["idempotency-key"]] += 1
            answer = self._told(unquote(where.path).split("/"), json.loads(received.body))
        exchange.answer(200, json.dumps(answer, ensure_ascii=False).encode())

    def _page(self, after: int) -> dict[str, Any]:
        items = self.projects[after : after + PAGE]
        return {"items": items, "next": str(after + len(items))}

    def _told(self, path: list[str], body: dict[str, Any]) -> dict[str, Any]:
        number = path[path.index("projects") + 1]
        if path[-1] == "receipts":
            self.receipts[number] = body
            return {"state": "taken"}
        step = number, int(path[-1])
        if step in self.refuses:
            return {"state": "refused", "code": "E07"}
        if step not in self.steps:
            self.order.append(step)
        self.steps[step] = body
        return {"state": "taken", "receipt": f"演示回执-{number}-{step[1]}"}
