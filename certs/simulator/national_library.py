"""The national library's operations as a WSGI application that invents certificates, with the faults of a real one.

It answers as its scene says, to whoever has a session of its one account. It shares no code with the client that asks
it, nor with the dialect that this house serves, so that each can be wrong in its own way.
"""

import enum
import json
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

SLOW_SECONDS: Final = 35.0
LARGEST_BODY: Final = 1024 * 1024
ACCOUNT, PASSWORD = "演示账号", "yanshi-only"
SOMEBODY_ELSE: Final = "11010119900307889X"


class NationalScene(enum.StrEnum):
    """How it answers."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    NO_TYPE = "no_type"
    # The first look at each holder is answered late, the next ones at once.
    SLOW = "slow"
    PENDING = "pending"
    DOWN = "down"
    REFUSES = "refuses"
    # A session is good for one operation.
    FORGETFUL = "forgetful"
    WRONG_HOLDER = "wrong_holder"
    REVOKED = "revoked"
    ANOTHER_TYPE = "another_type"
    ANOTHER_CERTIFICATE = "another_certificate"
    NO_ROWS = "no_rows"
    HOSTILE = "hostile"


class NationalLibrary:
    """The application. `asked` keeps what it was asked, for whoever wants to see it."""

    def __init__(
        self,
        scene: NationalScene = NationalScene.FOUND,
        wait: Callable[[float], None] = time.sleep,
        types: Mapping[str, str] | None = None,
    ) -> None:
        self._scene = scene
        self._wait = wait
        # Type names → codes, for the identifiers that it invents.
        self._types = dict(types or {})
        self._sessions: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._waited: set[str] = set()
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def knows(self, code: str, name: str) -> None:
        """Have somebody among the holders."""
        self._names[code] = name

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        status, told = self._answer(environ)
        body = told if isinstance(told, bytes) else json.dumps(told, ensure_ascii=False).encode()
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    def _answer(self, environ: Mapping[str, Any]) -> tuple[str, Any]:
        length = min(int(environ.get("CONTENT_LENGTH") or 0), LARGEST_BODY)
        try:
            told = json.loads(environ["wsgi.input"].read(length))
        except ValueError:
            return "400 Bad Request", {}
        operation = environ["PATH_INFO"].rpartition("/cert/usage/")[2]
        self.asked.append((operation, told))
        if self._scene is NationalScene.DOWN:
            return "503 Service Unavailable", {}
        if operation == "login.do":
            return "200 OK", self._login(told)
        if self._sessions.get(told.get("sessionId", ""), 0) < 1:
            return "200 OK", _refused("11")
        if self._scene is NationalScene.FORGETFUL:
            self._sessions[told["sessionId"]] -= 1
        return "200 OK", self._operation(operation, told)

    def _login(self, told: Mapping[str, Any]) -> dict[str, str]:
        if (told.get("account"), told.get("password")) != (ACCOUNT, PASSWORD):
            return {"sessionId": ""}
        word = secrets.token_hex(16)
        self._sessions[word] = 1
        return {"sessionId": word}

    def _operation(self, operation: str, told: Mapping[str, Any]) -> Any:
        scene = self._scene
        # The serial of an identifier that was invented here is the holder's code.
        who = str(told.get("CertificateHolderCode") or str(told.get("CertificateID")).rsplit(".", 3)[-3])
        if scene is NationalScene.SLOW and who not in self._waited:
            self._waited.add(who)
            self._wait(SLOW_SECONDS)
        if scene is NationalScene.HOSTILE:
            return b'{"head": {"status": "0"}, "data": ' + b"[" * 500
        if scene is NationalScene.NO_ROWS:
            return {"head": {"status": "0"}, "data": {"dataList": "none"}}
        codes = {"not_found": "10", "no_type": "106", "pending": "98", "refuses": "100"}
        if scene.value in codes:
            return _refused(codes[scene.value])
        if operation == "gb/secRetrieval.do":
            return self._retrieved(told)
        return self._data(told)

    def _retrieved(self, told: Mapping[str, Any]) -> Any:
        row = {
            "certificateIdentifier": self._identifier(str(told["CertificateType"]), str(told["CertificateHolderCode"])),
            "certificateType": told["CertificateType"],
            "certificateNumber": "国库演示0001",
            "certificateAreaCode": "310000",
        }
        return {"data": json.dumps({"data": {"total": 1, "dataList": [row]}}, ensure_ascii=False)}

    def _identifier(self, type_name: str, holder: str) -> str:
        """Invent an identifier; its serial is the holder's code, by which the certificate is found again."""
        root = f"1.2.156.3005.2.{self._types[type_name]}.11310000YNX000001A"
        return f"{root}.{holder}.001.X"

    def _data(self, told: Mapping[str, Any]) -> Any:
        if self._scene is NationalScene.REVOKED:
            return _refused("21")
        identifier = str(told["CertificateID"])
        *_, type_code, _issuer, holder, _version, _check = identifier.split(".")
        name = next((each for each, code in self._types.items() if code == type_code), "")
        if self._scene is NationalScene.WRONG_HOLDER:
            holder = SOMEBODY_ELSE
        if self._scene is NationalScene.ANOTHER_TYPE:
            name = "演示另一类证照"
        if self._scene is NationalScene.ANOTHER_CERTIFICATE:
            identifier = identifier.replace(".001.", ".002.")
        row = {
            "certificateIdentifier": identifier,
            "certificateType": name,
            "certificateName": name,
            "certificateHolder": self._names.get(holder, "演示别人"),
            "certificateHolderCode": holder,
            "certificateNumber": "国库演示0001",
            "issueDept": "邻省演示机关",
            "issueDeptCode": "11310000YNX000001A",
            "issueDate": "2024-05-01",
            "certificateValidateStart": "2024-05-01",
            "certificateValidateEnd": "2034-04-30",
            "digitalSign": "",
            "surface": [{"name": "经营地址", "value": "邻省演示地址", "valueType": "string", "columnName": "address"}],
            "detail": [],
        }
        return {"head": {"status": "0", "message": "成功"}, "data": {"total": 1, "dataList": [row]}}


def _refused(code: str) -> dict[str, Any]:
    return {"head": {"status": code, "message": "演示拒绝"}, "data": {"total": 0, "dataList": []}}
