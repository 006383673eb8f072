"""The simulated platform without a network: a way out that hands each request to it and meets its wire as a link would.

What the guarded way out makes of an answer (too large, broken, late, pointing elsewhere) is made here of the same
answers; one test over a real socket shows that the two agree.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from base.canonical import Json
from base.fetch import AnswerBroken, AnswerTooLarge, FetchFailed, Incoming, Outgoing, Redirected, TimedOut
from base.fetch.urls import parse
from catalog_sync.record import Operation, Record, Subject
from catalog_sync.simulator.gateway import RID
from catalog_sync.simulator.platform import Platform
from catalog_sync.simulator.wire import Answer, Request, Wire
from catalog_sync.targets.gateway.line import Account
from catalog_sync.targets.national_gateway import NAME, NationalGateway

URL = "http://gateway.test"
START = datetime.fromisoformat("2026-11-21T10:30:00+08:00")
LONGEST = 8 * 1024 * 1024


@dataclass
class Twin:
    """A way out to one platform."""

    platform: Platform
    sent: list[Outgoing] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    def __call__(self, request: Outgoing) -> Incoming:
        """Hand a request over, and meet the answer's wire."""
        self.sent.append(request)
        where = urlsplit(request.url)
        headers = {name.lower().replace("_", "-"): value for name, value in request.headers}
        asked = Request(request.method, where.path, headers, dict(parse_qsl(where.query)), request.body)
        answer = self.platform(asked)
        self.answers.append(answer)
        return met(request, answer)


def met(request: Outgoing, answer: Answer) -> Incoming:
    """Meet an answer as the guarded way out does. Raises `FetchFailed`."""
    url = parse(request.url)
    failures: dict[Wire, FetchFailed] = {
        Wire.SILENT: TimedOut(url.host, "read"),
        Wire.DRIP: TimedOut(url.host, "total"),
        Wire.RESET: AnswerBroken(url.host, "closed"),
        Wire.HALF: AnswerBroken(url.host, "closed"),
    }
    if answer.wire in failures:
        raise failures[answer.wire]
    if answer.status == 302:
        raise Redirected(url.host, answer.status)
    if len(answer.body) > (request.max_bytes or LONGEST):
        raise AnswerTooLarge(url.host, request.max_bytes or LONGEST)
    headers = {name.lower(): value for name, value in answer.headers}
    after = float(headers["retry-after"]) if "retry-after" in headers else None
    return Incoming(answer.status, {"content-type": answer.content_type, **headers}, answer.body, url, after)


@dataclass
class Bench:
    """A platform, the way to it, and a target that goes it; `at` is the time of all three."""

    platform: Platform
    twin: Twin
    target: NationalGateway
    at: datetime = START

    def later(self, **told: float) -> datetime:
        """Let time pass."""
        self.at += timedelta(**told)
        return self.at


@contextmanager
def bench(folder: Path, spec: str = "", *, marks: bool = True, keys: bool = False) -> Iterator[Bench]:
    """Lay out a bench."""
    made: list[Bench] = []
    platform = Platform(folder, lambda: made[0].at, spec)
    twin = Twin(platform)
    account = Account(NAME, URL, RID, lambda: platform.key_file.read_text("utf-8"))
    made.append(Bench(platform, twin, NationalGateway(account, twin, marks=marks, keys=keys)))
    yield made[0]
    platform.close()


def organisation(code: str = "11320000YNX000001A", version: int = 1, name: str = "演示省数据管理局") -> Record:
    """Make a record of an invented organisation."""
    content: dict[str, Json] = {
        "code": code,
        "name": name,
        "region": "320000",
        "level": "province",
        "parent": None,
        "state": "active",
    }
    operation = Operation.INSERT if version == 1 else Operation.UPDATE
    return Record(Subject("organisation", code), version, operation, content)


def category(code: str = "307015000031600000000000000") -> Record:
    """Make a record of a category."""
    return Record(Subject("category", code), 2, Operation.INSERT, {"code": code, "name": "部门类", "class": "3"})


def directory(
    number: int = 1, version: int = 10, operation: Operation = Operation.INSERT, name: str = "演示目录"
) -> Record:
    """Make a record of an invented directory."""
    owner, front = organisation(), category()
    code = f"{front.subject.id}/{number:06d}"
    content: dict[str, Json] = {
        "code": code,
        "number": 1,
        "organisation": owner.subject.id,
        "category": front.subject.id,
        "region": "320000",
        "level": "province",
        "published_at": "2026-11-20T01:02:03+00:00",
        "content": {
            "name": f"{name}{number}",
            "summary": "演示",
            "format": "database",
            "share_type": "2",
            "share_mode": ["interface", "batch"],
            "share_conditions": "用于办理政务服务事项",
            "open_type": "disallowed",
            "closed_because": "涉及敏感信息",
            "update_cycle": "day",
            "has_matter": True,
            "matter_code": "000123010000",
            "network": "1",
            "scene": ["1", "3"],
            "field_of_work": "16",
            "items": [
                {
                    "id": "5b6f2a4e-7f0b-5b43-9f55-0a4f5b1b2c3d",
                    "name": "许可证编号",
                    "type": "string",
                    "length": 50,
                    "sensitivity": "1",
                    "share_type": "2",
                }
            ],
        },
    }
    needs = (owner.subject, front.subject)
    return Record(Subject("directory", code), version, operation, content, needs)


def prepared(bench: Bench) -> dict[Subject, str]:
    """Report what directories need, and give how the platform calls it."""
    known: dict[Subject, str] = {}
    for each in (organisation(), category()):
        (reply,) = bench.target.send([each], known, bench.at)
        assert reply.upstream_id is not None
        known[each.subject] = reply.upstream_id
    return known
