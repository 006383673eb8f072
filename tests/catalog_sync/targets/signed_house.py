"""The simulated seal system and case centre, the targets that tell them, invented records; over links or a socket."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from base.canonical import Json
from base.fetch import Fetch, FetchSettings, GuardedFetch
from catalog_sync.record import Operation, Record, Subject
from catalog_sync.simulator.platform import Platform
from catalog_sync.simulator.serving import Server
from catalog_sync.simulator.store import EFFECTS
from catalog_sync.targets import national_seals, provincial_cases
from catalog_sync.targets.calls import Way
from catalog_sync.targets.signed.dialect import Dialect
from catalog_sync.targets.signed.line import Account, SignedLine
from catalog_sync.targets.signed.target import SignedTarget
from catalog_sync.targets.target import Reply
from keys.algorithms import asymmetric
from keys.signers.signer import Signer
from keys.signers.software import SoftwareSigner
from tests.catalog_sync.simulator.twin import START, URL, Twin
from tests.catalog_sync.targets.file_house import OURS, THEIRS

SEALS, CASES = national_seals.NAME, provincial_cases.NAME
DIALECTS: Mapping[str, Callable[[], Dialect]] = {SEALS: national_seals.shipped, CASES: provincial_cases.shipped}
UNIT = "113209000000YNX01A"
# Good answers are waited for as long as a busy machine needs.
PATIENT = FetchSettings(intranet_networks=("127.0.0.0/8",), read_seconds=30.0, rest_seconds=0.0)


def signer() -> Signer:
    """Give our invented key."""
    return SoftwareSigner(OURS)


def another() -> Signer:
    """Give a key that nobody there knows."""
    return SoftwareSigner(THEIRS)


def line(
    name: str, url: str, fetch: Fetch, by: Callable[[], Signer] = signer, *, seconds: float = 30.0, near: bool = False
) -> SignedLine:
    """Lay a line to one of the two."""
    way = Way(name, url, seconds, near)
    return SignedLine(Account(way, "演示市".encode().hex(), by, DIALECTS[name]().table["meanings"]), fetch)


def target(name: str, laid: SignedLine, **told: Any) -> SignedTarget:
    return SignedTarget(DIALECTS[name](), laid, **told)


@dataclass
class Bench:
    """A platform, the way to it, and both targets; `at` is the time of all."""

    platform: Platform
    twin: Twin
    told: dict[str, Any] = field(default_factory=dict)
    at: Any = START

    @property
    def seals(self) -> SignedTarget:
        return target(SEALS, line(SEALS, URL, self.twin), **self.told)

    @property
    def cases(self) -> SignedTarget:
        return target(CASES, line(CASES, URL, self.twin), **self.told)

    def later(self, **span: float) -> None:
        self.at += timedelta(**span)

    def tell(self, name: str, record: Record, known: Mapping[Subject, str] | None = None) -> Reply:
        to = {SEALS: self.seals, CASES: self.cases}[name]
        (reply,) = to.send([record], known or {}, self.at)
        return reply

    def effects(self, name: str, key: str = "") -> int:
        query = select(func.count()).select_from(EFFECTS)
        with self.platform.offices.door(name).store.reading() as session:
            return session.scalar(query.where(EFFECTS.c.record_key == key) if key else query) or 0


@contextmanager
def bench(folder: Path, **told: Any) -> Iterator[Bench]:
    """Lay out a bench without a network."""
    made: list[Bench] = []
    platform = known(Platform(folder, lambda: made[0].at))
    made.append(Bench(platform, Twin(platform), told))
    yield made[0]
    platform.close()


def known(platform: Platform) -> Platform:
    """Have a platform know our key."""
    platform.offices.sender_file.write_bytes(asymmetric.public_key_pem(OURS.public))
    return platform


@contextmanager
def served(folder: Path) -> Iterator[tuple[Platform, str, GuardedFetch]]:
    """Serve a platform on a port of this machine."""
    platform, fetch = known(Platform(folder)), GuardedFetch(PATIENT)
    with Server(platform, 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield platform, f"http://127.0.0.1:{server.server_address[1]}", fetch
        server.shutdown()
        thread.join()
    fetch.close()
    platform.close()


# --- invented records ------------------------------------------------------------------------------------------------


def unit(version: int = 1) -> Record:
    """Make a record of an invented organisation."""
    content: dict[str, Json] = {
        "code": UNIT,
        "name": "演示市数据局",
        "region": "320900",
        "level": "city",
        "parent": None,
        "state": "active",
        "changed_at": "2026-11-20T01:02:03+00:00",
    }
    return Record(Subject("organisation", UNIT), version, Operation.INSERT, content)


def seal(version: int = 2, state: str = "active", number: int = 1, **peculiar: Json) -> Record:
    """Make a record of an invented seal."""
    content: dict[str, Json] = {
        "code": f"320900{number:08}",
        "name": "演示市数据局",
        "kind": "name",
        "type": 1,
        "organisation": UNIT,
        "organisation_name": "演示市数据局",
        "region": "320900",
        "edition": 1,
        "filing": f"备案{number:06}",
        "maker": "CN=演示制章人",
        "standard": "GB/T 38540-2020",
        "valid_from": "2026-01-01T00:00:00Z",
        "valid_until": "2030-12-31T15:59:59Z",
        "picture_sm3": "11" * 32,
        "width_mm": 42,
        "height_mm": 42,
        "seal_sm3": "22" * 32,
        "certificate_sm3": "33" * 32,
        "state": state,
        "state_since": "2026-11-20T01:02:03Z",
        "reason": "" if state == "active" else "演示原因",
        "successor": None,
        "changed_at": "2026-11-20T01:02:03Z",
        **peculiar,
    }
    operation = Operation.INSERT if version == 2 else Operation.UPDATE
    code = str(content["code"])
    return Record(Subject("seal", code), version, operation, content, (Subject("organisation", UNIT),))


def step(sequence: int = 1, part: str = "accept", project: str = "32090020261121000001") -> Record:
    """Make a record of a step of an invented case."""
    common: dict[str, Json] = {
        "project_no": project,
        "catalog_code": "000123010000",
        "task_code": "11320900YNX000123000123010000001"[:31],
        "task_handle_item": "11320900YNX00012300012301000000101",
        "task_version": 1,
    }
    common["task_handle_item"] = str(common["task_handle_item"])[:33]
    process: dict[str, Json] = {
        **common,
        "process_name": "受理",
        "event_name": "受理",
        "event_start_time": "2026-11-20T01:02:03Z",
        "event_end_time": "2026-11-20T01:02:03Z",
        "handle_user_name": "演示办理员",
        "handle_explain": "材料齐全",
    }
    parts: dict[str, dict[str, Json]] = {
        "accept": {
            **common,
            "project_name": "演示餐饮店开办",
            "task_name": "食品经营许可",
            "apply_date": "2026-11-20T01:00:00Z",
            "apply_type": "1",
            "applyer_name": "演示申请人",
            "applyer_type": "1",
            "applyer_page_type": "111",
            "applyer_page_code": "110101199003070134",
            "contact_name": "演示联系人",
            "contact_type": "111",
            "contact_code": "110101199003070134",
            "contact_mobile": "13800000000",
            "org_code": UNIT,
            "org_name": "演示市行政审批局",
            "handle_user_name": "演示办理员",
            "accept_date": "2026-11-20T01:02:03Z",
            "accept_doc_no": "演示受〔2026〕1号",
            "project_type": "2",
            "promise_date": "2026-12-01T09:00:00Z",
        },
        "result": {
            **common,
            "result_date": "2026-11-25T01:02:03Z",
            "result_type": "1",
            "result_explain": "准予许可",
            "result_cetr_name": "食品经营许可证",
            "result_cetr_no": "JY23209000000011",
            "is_delivery_results": "1",
            "satisfaction": "",
            "handle_user_name": "演示办理员",
        },
        "special": {
            **common,
            "special_type": "1",
            "special_name": "现场勘验",
            "special_time": "2026-11-22T01:02:03Z",
            "special_reason": "需现场核查",
            "special_explain": "",
            "special_result": "",
            "special_end_time": None,
        },
    }
    content: dict[str, Json] = {
        "project_no": project,
        "organ": UNIT,
        "region": "320900",
        "process": process,
        "materials": [{**common, "material_name": "申请表", "get_type": "1", "get_num": 1}] if part == "accept" else [],
    }
    if part in parts:
        content[part] = parts[part]
    return Record(Subject("case-step", f"{project}/{sequence}"), 10 + sequence, Operation.INSERT, content)


def evaluation(version: int = 20, answer: str = "", project: str = "32090020261121000001") -> Record:
    """Make a record of an evaluation, answered where an answer is told."""
    content: dict[str, Json] = {
        "projectno": project,
        "taskcode": "11320900YNX000123000123010000001"[:31],
        "taskname": "食品经营许可",
        "areacode": "320900",
        "deptcode": UNIT,
        "prodepart": "演示市行政审批局",
        "prostatus": "granted",
        "acceptdate": "2026-11-20T01:02:03Z",
        "satisfaction": "2",
        "evaldetail": ["0201", "0203"],
        "writingevaluation": "等候时间较长",
        "pf": "window",
        "assessnumber": 1,
        "assesstime": "2026-11-26T01:02:03Z",
        "isdefault": False,
        "sfhf": bool(answer),
        "hfjg": answer,
        "zgjg": "",
        "answertime": "2026-11-27T01:02:03Z" if answer else None,
        "sfeypj": False,
        "answerstatus": "answered" if answer else "open",
        "usage": "",
    }
    operation = Operation.UPDATE if answer else Operation.INSERT
    return Record(Subject("evaluation", f"{project}:1"), version, operation, content)


def with_content(record: Record, **changed: Json) -> Record:
    """Change what a record says."""
    return replace(record, content={**record.content, **changed})
