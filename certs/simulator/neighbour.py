"""A neighbour province as a WSGI application: it answers as its scenes say, which are chosen by a holder's code.

It holds nothing: for whoever is asked about it invents one certificate, marked 演示. It shares no code with the client
that asks it, so that the two can be wrong in different ways.
"""

import enum
import hmac
import json
import time
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

# Longer than any deadline that a site may set for a library that somebody waits for.
SLOW_SECONDS: Final = 35.0
LARGEST_BODY: Final = 1024 * 1024
_STATUS: Final = {200: "200 OK", 404: "404 Not Found", 400: "400 Bad Request", 503: "503 Service Unavailable"}


class Scene(enum.StrEnum):
    """How it answers."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    NOT_COVERED = "not_covered"
    # The first question about somebody is answered late, the next ones at once.
    SLOW = "slow"
    PENDING = "pending"
    DOWN = "down"
    WRONG_HOLDER = "wrong_holder"
    REVOKED = "revoked"
    ANOTHER_TYPE = "another_type"
    # Whose certificate it is is not said at all.
    UNNAMED = "unnamed"
    HOSTILE = "hostile"


# The sandbox's magic holder of another province, and others of whom it says something else each.
SCENES: Final[Mapping[str, Scene]] = {
    "0408": Scene.SLOW,
    "0471": Scene.FOUND,
    "0472": Scene.NOT_COVERED,
    "0473": Scene.WRONG_HOLDER,
    "0474": Scene.REVOKED,
    "0475": Scene.DOWN,
}


class Neighbour:
    """The application. `scenes` are by the last four characters of a holder's code."""

    def __init__(
        self,
        scenes: Mapping[str, Scene] = SCENES,
        otherwise: Scene = Scene.NOT_FOUND,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._scenes = scenes
        self._otherwise = otherwise
        self._wait = wait
        self._seen: set[str] = set()

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        status, told = self._answer(environ)
        body = told if isinstance(told, bytes) else json.dumps(told, ensure_ascii=False).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response(_STATUS[status], headers)
        return [body]

    def _answer(self, environ: Mapping[str, Any]) -> tuple[int, Any]:
        if (environ["REQUEST_METHOD"], environ["PATH_INFO"]) != ("POST", "/api/v1/certificate-queries"):
            return 404, {}
        length = min(int(environ.get("CONTENT_LENGTH") or 0), LARGEST_BODY)
        try:
            asked = json.loads(environ["wsgi.input"].read(length))
        except ValueError:
            return 400, {}
        holder = asked.get("holder") or {"code": "0" * 18, "name": "演示"}
        return self._scene(asked, holder)

    def _scene(self, asked: Mapping[str, Any], holder: Mapping[str, Any]) -> tuple[int, Any]:
        code = str(holder["code"])
        scene = self._scenes.get(code[-4:], self._otherwise)
        if scene is Scene.SLOW and code not in self._seen:
            self._seen.add(code)
            self._wait(SLOW_SECONDS)
        if scene is Scene.DOWN:
            return 503, {}
        if scene is Scene.HOSTILE:
            return 200, b'{"outcome": "found", "certificates": [{"identifier": ' + b"[" * 500
        if scene in {Scene.NOT_FOUND, Scene.NOT_COVERED, Scene.PENDING}:
            return 200, {"outcome": scene.value, "certificates": []}
        usage = str(uuid.uuid4())
        certificate = _certificate(scene, asked, holder, usage)
        return 200, {"outcome": "found", "usage_id": usage, "certificates": [certificate]}


def _certificate(scene: Scene, asked: Mapping[str, Any], holder: Mapping[str, Any], usage: str) -> dict[str, Any]:
    code = str(asked.get("certificate_type") or "")
    whose = {"holder_code": holder["code"], "holder_name": holder["name"]}
    if scene is Scene.WRONG_HOLDER:
        whose = {"holder_code": "11010119900307889X", "holder_name": "演示别人"}
    said = {} if scene is Scene.UNNAMED else {"confirmation": _confirmed(usage, str(holder.get("type", "")), whose)}
    if scene is Scene.UNNAMED:
        whose = {}
    data = {**whose, "unit": "邻省演示单位", "address": "邻省演示地址", "issued_on": "2024-05-01"}
    is_revoked = scene is Scene.REVOKED
    return {
        "identifier": asked.get("identifier") or f"1.2.156.3005.2.{code}.11310000YNX000001A.00000001.001.X",
        "type": "11100000YNX000000X999" if scene is Scene.ANOTHER_TYPE else code,
        "number": asked.get("number") or "邻省演示0001",
        "holding": "collected",
        "status": "revoked" if is_revoked else "valid",
        "data": {} if is_revoked else data,
        "superseded_by": None,
        **said,
    }


def _confirmed(usage: str, code_type: str, whose: Mapping[str, Any]) -> str:
    """Say whose it is as the platform documents it: HMAC-SM3 under the usage id, over the holder in one spelling."""
    wide = unicodedata.normalize("NFKC", str(whose["holder_name"])).casefold()
    name = "".join(filter(str.isalnum, wide))
    told = json.dumps(["holder", code_type, whose["holder_code"], name], ensure_ascii=False, separators=(",", ":"))
    return hmac.new(usage.encode(), told.encode(), "sm3").hexdigest()
