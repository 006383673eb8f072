"""The page that walks the scenes: its lines are run by a shell as they stand, against the sandbox over HTTP.

What the sandbox's other processes do by the clock is done by a thread here: supervisors are told, late answers are
fetched, batches of old stock are worked on.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from wsgiref.simple_server import make_server

import pytest
from flask import Flask
from sqlalchemy import select

from base import clock
from base.scheduling.bulk_work import Hands
from base.workdays import local_day
from certs import sample_scenes, sample_sources
from certs.commands.simulate import _Server, _Silent
from certs.figures.months import Month
from certs.libraries import jobs
from certs.old_stock.models import OldStock
from certs.queries.wiring import Queries
from certs.simulator.neighbour import Neighbour
from tests.certs.province import Province, province, site
from tests.certs.test_sample import PURPOSE
from tests.journeys.test_neighbour_scene import moved
from tests.journeys.test_scenes import supervised

__all__ = ["province", "site"]  # fixtures that pytest finds here
pytestmark = pytest.mark.xdist_group("province")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "scenes.md"
# The page brings the whole table; sixteen lines of it show the same in a fraction of the time.
LINES = 17
# Longer than any of it takes; a walk that hangs is stopped.
DEADLINE = 300
SCENES = {
    "居民身份证: denied",
    "居民户口簿: denied",
    "机动车驾驶证: found",
    "机动车行驶证: found",
    "社会保障卡: found",
    "结婚证: found",
    "stale: found not-in-force",
    "found: found found",
    "not_covered: not_found no-such-certificate",
    "wrong_holder: source_down wrong-holder",
    "revoked: found not-in-force",
    "down: source_down source-silent",
    "护士执业证书: found department found",
    "渔业捕捞许可证: found department found",
    "医师执业证书: not_covered local check-only",
    "revoked: valid, revoked",
    "expired: valid, expired",
    "forged: invalid",
    "printed: 公共场所卫生许可证",
    "revoked: found revoked",
    "inspection: 1 hidden",
    "closed: 0 hidden, inspection",
} | {
    line
    for scene in ("bank-account", "notary", "bidding")
    for line in (f"{scene}, somebody who agreed to nothing: denied", f"{scene}, another agreement: not-granted")
}


@pytest.fixture
def address(site: Flask) -> Iterator[str]:
    """Serve the province, and the neighbour beside it."""
    servers = [
        make_server("127.0.0.1", 0, each, server_class=_Server, handler_class=_Silent)
        for each in (site, Neighbour(wait=lambda _seconds: None))
    ]
    threads = [threading.Thread(target=each.serve_forever, daemon=True) for each in servers]
    known = site.extensions["yinxin"]
    before: Queries = known[Queries]
    known[Queries] = replace(before, others=tuple(moved(each, servers[1].server_port) for each in before.others))
    for each in threads:
        each.start()
    yield f"http://127.0.0.1:{servers[0].server_port}"
    known[Queries] = before
    for server, thread in zip(servers, threads, strict=True):
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def clockwork(province: Province, site: Flask) -> Iterator[None]:
    """Do what is done by the clock, until the walk is over."""
    over, running = threading.Event(), province.running
    hands = Hands(running.database, running.bulk_jobs, "walk", lambda _session: clock.now(), running.parts)

    def work() -> None:
        while not over.wait(0.2):
            supervised(province)
            jobs.fetch_due(running.database, site.extensions["yinxin"][Queries])
            with running.database.reading() as session:
                tasks = list(session.scalars(select(OldStock.task)))
            for each in filter(None, tasks):
                hands.carry_out(each, lambda: False)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.mark.usefixtures("clockwork")
@pytest.mark.skipif(shutil.which("curl") is None or shutil.which("bash") is None, reason="needs bash and curl")
def test_every_line_of_the_page_says_what_it_promises(province: Province, address: str, tmp_path: Path):
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 10
    here = str(Path(sys.executable).parent)
    done = subprocess.run(
        [shutil.which("bash") or "", "-euo", "pipefail", "-c", "\n".join(blocks)],
        env={"Y": address, "S": str(sandbox(province, tmp_path)), "PATH": os.pathsep.join([here, os.environ["PATH"]])},
        capture_output=True,
        timeout=DEADLINE,
        check=False,
    )
    said = done.stdout.decode().splitlines()
    assert done.returncode == 0, (said, done.stderr.decode()[-2000:])
    assert said[:4] == ["cancelled", "cancelled", "received", "no_objection"], said
    faults = json.loads(said[said.index("profiled") + 1])
    assert {name: faults[name] for name in ("old-registration-number", "issuer-dissolved")} == {
        "old-registration-number": 1,
        "issuer-dissolved": 1,
    }
    states = ["signed-off", "made", "sampled", "right", "published", "rolled-back", "source_down"]
    assert [each for each in states if each not in said] == []
    assert SCENES - set(said) == set(), [each for each in said if ": " in each]
    nurse, ship = next(sample_sources.nurses()), next(sample_sources.ships())
    assert f"notary: found {nurse[sample_sources.NURSE_KEY]}" in said
    third = said.index(f"bank-account: found {ship['许可证编号']}")
    assert said[third - 2 : third] == ["yes", nurse[sample_sources.NURSE_KEY]]
    assert said[-5:] == ["found", "演示市政务服务中心", "verifying", "withdrawn", "13 cities"], said


def sandbox(province: Province, folder: Path) -> Path:
    """Write what the visitor is told, with a shorter table."""
    table = folder / "old.csv"
    table.write_bytes(b"".join(sample_scenes.old_table().splitlines(keepends=True)[:LINES]))
    told = {
        **province.told,
        "purpose": {**PURPOSE, "grant_code": None},
        "figures": {"month": str(Month.of(local_day(clock.now())))},
        "old_stock": {**province.told["old_stock"], "file": str(table)},
    }
    file = folder / "sandbox.json"
    file.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    return file
