"""An item centre (事项中心) as a WSGI application: invented matters page by page, with the faults of a real one.

It hands out what it was given, and shares no code with the client that reads it. On its own it has a handful of
invented matters (演示), so that a site can try out how they come in.
"""

import enum
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qs

PAGE: Final = 2
PORT: Final = 8741


class ItemScene(enum.StrEnum):
    """How it answers."""

    GOOD = "good"
    DOWN = "down"
    NO_JSON = "no_json"
    # The page says that it is followed by itself.
    STUCK = "stuck"
    # A thousand rows where some were asked for.
    FLOOD = "flood"
    # Tables that nobody agreed on.
    STRANGE = "strange"


class ItemCentre:
    """The application. `asked` keeps after which marks it was asked."""

    def __init__(self, matters: Sequence[Mapping[str, Any]] = (), scene: ItemScene = ItemScene.GOOD) -> None:
        self.matters = list(matters)
        self.scene = scene
        self.asked: list[str] = []

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        after = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True).get("after", [""])[0]
        self.asked.append(after)
        status, body = self._answer(after)
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    def _answer(self, after: str) -> tuple[str, bytes]:
        if self.scene is ItemScene.DOWN:
            return "503 Service Unavailable", b"{}"
        if self.scene is ItemScene.NO_JSON:
            return "200 OK", b"<html>login</html>"
        told = self._page(after)
        if self.scene is ItemScene.STUCK:
            told["next"] = after
        if self.scene is ItemScene.FLOOD:
            told["tables"]["up_task_general_material"] = [{"task_code": "x", "material_name": "y"}] * 5000
        if self.scene is ItemScene.STRANGE:
            told["tables"]["users"] = [{"login": "root"}]
        return "200 OK", json.dumps(told, ensure_ascii=False).encode()

    def _page(self, after: str) -> dict[str, Any]:
        begins = int(after or 0)
        found = self.matters[begins : begins + PAGE]
        tables: dict[str, list[Any]] = {}
        for each in found:
            for name, rows in each.items():
                tables.setdefault(name, []).extend(rows)
        return {"tables": tables, "next": str(begins + len(found))}


def matter(item_code: str, name: str, organ_name: str, region: str, *materials: str, **peculiar: str) -> dict[str, Any]:
    """Invent a matter in the national task tables: its own row, and one for each material."""
    basic = {
        "task_code": item_code[:31],
        "task_handle_item": item_code,
        "task_name": name,
        "dept_name": organ_name,
        "region_code": region,
        "cd_operation": "I",
        **peculiar,
    }
    rows = [
        {
            "task_code": item_code[:31],
            "task_handle_item": item_code,
            "material_name": each,
            "is_need": "1",
            "by_law": "演示条例",
            "order_num": place,
        }
        for place, each in enumerate(materials, start=1)
    ]
    return {"up_task_general_basic": [basic], "up_task_general_material": rows}


def invented(organ: str, region: str = "320900") -> list[dict[str, Any]]:
    """Invent three matters of an organ that exists where they are tried out."""
    return [
        matter(f"{organ}3999{place:03d}00000001", f"演示事项{place}", "演示机关", region, "申请表", "身份证明")
        for place in range(1, 4)
    ]
