"""Makes the golden file of another site: `python -m tests.catalog_sync.targets.site_golden`; review any difference.

What is asked and told between two sites of this platform, call by call, with an answer to each and what is read of it.
Signatures are left out, since none is ever made twice; which headers a request carries, and what its signature covers,
stands there.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from base.fetch import Incoming, Outgoing
from base.fetch.urls import parse
from catalog_sync.record import Operation, Record, Subject
from catalog_sync.targets.another_site import AnotherSite
from catalog_sync.targets.calls import Way
from catalog_sync.targets.site import words
from catalog_sync.targets.site.line import Line
from certs.libraries.tokens import Tokens
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.signers.software import SoftwareSigner

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "targets"
NAME = "another_site.json"
AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
OWNER = "11320900YNX000110A"
RECORD = Record(
    Subject("directory", "30709000001000000000000000/000001"),
    42,
    Operation.INSERT,
    {
        "code": "30709000001000000000000000/000001",
        "number": 1,
        "organisation": OWNER,
        "category": None,
        "region": "320900",
        "content": {"name": "演示市食品经营许可信息"},
    },
    (Subject("organisation", OWNER),),
    "2026-11-21",
)
REPLY = {"key": RECORD.key, "outcome": "stored", "receipt": "7", "code": "", "words": ""}
REFUSED = {**REPLY, "outcome": "refused", "receipt": "8", "code": "outside-region", "words": "region"}
LATER = {**REPLY, "outcome": "later", "receipt": None, "code": "needs-missing", "words": f"organisation {OWNER}"}
Calls = Mapping[str, tuple[Callable[[AnotherSite], Any], Any]]

CALLS: Calls = {
    "a record is told and stored": (lambda site: site.send([RECORD], {}, AT), {"replies": [REPLY]}),
    "a record is told and refused": (lambda site: site.send([RECORD], {}, AT), {"replies": [REFUSED]}),
    "a record is told too early": (lambda site: site.send([RECORD], {}, AT), {"replies": [LATER]}),
    "receipts from the beginning": (lambda site: site.receipts("", AT), {"receipts": [REPLY], "mark": "7"}),
    "receipts from a mark": (lambda site: site.receipts("7", AT), {"receipts": [], "mark": "7"}),
    "a version that arrived": (lambda site: site.find(RECORD, AT), {"reply": REPLY}),
    "a version that did not": (lambda site: site.find(RECORD, AT), {"reply": None}),
    "a page of what is held": (
        lambda site: site.listing("directory", "", AT),
        {"held": [{"thing": RECORD.subject.id, "version": 42, "digest": RECORD.digest}], "mark": None},
    ),
    "the statistics": (lambda site: site.statistics(AT), {"held": {"directory": 1}, "refused": {}}),
    "a page of what is returned": (
        lambda site: site.returned("3", AT),
        {"returns": [words.written(RECORD)], "mark": "4", "more": True},
    ),
}


def made() -> dict[str, Any]:
    """Make every call."""
    return {name: _called(*call) for name, call in CALLS.items()}


def written() -> str:
    """Write the file."""
    return json.dumps(made(), ensure_ascii=False, indent=1) + "\n"


def _called(call: Callable[[AnotherSite], Any], answer: Any) -> dict[str, Any]:
    sent: list[Outgoing] = []

    def fetch(request: Outgoing) -> Incoming:
        url = parse(request.url)
        told = {"access_token": "golden", "expires_in": 600} if request.url.endswith("/oauth/token") else answer
        if told is answer:
            sent.append(request)
        return Incoming(200, {"content-type": "application/json"}, json.dumps(told).encode(), url)

    signer = SoftwareSigner(asymmetric.generated(KeyKind.SM2))
    tokens = Tokens("https://province.test", "city-site", fetch, scope="directory:write")
    way = Way("province", "https://province.test/dialects/cascade", 30)
    read = call(AnotherSite(Line(way, tokens, lambda: signer, fetch), frozenset()))
    (request,) = sent
    headers = dict(request.headers)
    covered = headers["signature-input"].partition("=")[2].partition(";")[0]
    return {
        "method": request.method,
        "target": parse(request.url).target,
        "headers": sorted(headers),
        "covered": covered,
        "body": json.loads(request.body) if request.body else None,
        "answer": answer,
        "read": _plain(read),
    }


def _plain(told: Any) -> Any:
    if isinstance(told, Record):
        return words.written(told)
    if isinstance(told, list | tuple):
        return [_plain(each) for each in told]
    if isinstance(told, words.Returned):
        return {"records": _plain(told.records), "mark": told.mark, "more": told.more}
    return asdict(told) if hasattr(told, "__dataclass_fields__") else told


if __name__ == "__main__":
    (VECTORS / NAME).write_text(written(), encoding="utf-8")
