"""Makes the golden files of targets: `python -m tests.catalog_sync.targets.golden`; a difference is to be reviewed.

`records` are written by hand; how each is written for its platform, and how the calls around it look on the wire, is
made. The figures of the convention itself stand with the dialect that serves it (`dialects/national_gateway.json`).
"""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from base.fetch import Fetch, Incoming, Outgoing
from base.fetch.urls import parse
from catalog_sync.record import Operation, Record, Subject
from catalog_sync.targets.gateway import forms
from catalog_sync.targets.gateway.line import REFRESH_PATH, Account, Line
from keys.parties.request_signers.national_gateway import sealed_secret

VECTORS = Path(__file__).parents[2] / "vectors" / "targets"
FILES = ("national_gateway.json",)
GENERATIONS = ("national-gateway", "national-gateway-newer")
AT = datetime.fromisoformat("2023-11-15T06:13:20+08:00")
RID = "00000000-0000-0000-0000-000000000001"
APP_KEY = "00112233445566778899aabbccddeeff"
SECRET = "new-secret-0123456789abcdef"


def read(name: str) -> Any:
    return json.loads((VECTORS / name).read_text("utf-8"))


def record(told: Mapping[str, Any]) -> Record:
    """Read a record as it stands in a file."""
    subject = Subject(told["kind"], told["id"])
    return Record(subject, told["version"], Operation(told["operation"]), told["content"])


def known(told: Mapping[str, Any]) -> dict[Subject, str]:
    return {Subject(*name.split(" ", 1)): guid for name, guid in told.items()}


def written(case: Mapping[str, Any], names: Mapping[Subject, str]) -> dict[str, Any]:
    """Tell how a record is written, with our members and without."""
    made, upstream = record(case), case.get("upstream")
    service = forms.service_of(made)
    return {
        **case,
        "service": [service.sid, service.path],
        "written": forms.written(made, names, upstream, marks=True),
        "without_marks": forms.written(made, names, upstream, marks=False),
    }


def calls(signer: str) -> list[dict[str, Any]]:
    """Tell what goes over the wire for one call of a service, beginning without a secret."""
    sent: list[dict[str, Any]] = []
    account = Account("golden", "https://gateway.test", RID, lambda: APP_KEY, signer)
    Line(account, _answering(sent)).call("s_1100000000000_0001", "/httpproxy", {"name": "示例"}, AT)
    return sent


def _answering(sent: list[dict[str, Any]]) -> Fetch:
    def answer(request: Outgoing) -> Incoming:
        url = parse(request.url)
        secret = {"secret": sealed_secret(APP_KEY, SECRET), "secretEndTime": "2023-11-15 23:59:59"}
        data: Any = secret if request.url.endswith(REFRESH_PATH) else {}
        is_newer = any(name.startswith("gjzwfwpt") for name, _ in request.headers)
        told = {"code": "200" if is_newer else "0", "message": "成功", "data": data}
        sent.append(
            {
                "method": request.method,
                "target": url.target,
                "headers": dict(request.headers),
                "body": json.loads(request.body),
            }
        )
        return Incoming(200, {"content-type": "application/json"}, json.dumps(told).encode(), url)

    return answer


def made(told: Mapping[str, Any]) -> dict[str, Any]:
    """Make a file's contents again."""
    names = known(told["known"])
    return {
        **told,
        "records": [written(case, names) for case in told["records"]],
        "calls": {signer: calls(signer) for signer in GENERATIONS},
    }


def write(folder: Path = VECTORS) -> None:
    for name in FILES:
        text = json.dumps(made(read(name)), ensure_ascii=False, indent=1)
        (folder / name).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
