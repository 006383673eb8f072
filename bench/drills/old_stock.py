"""Drill: a department's 20,000 old rows with planted faults, made into certificates by workers that are killed, undone.

1. One row in four has a planted fault, of every kind in turn; each must be named in its row by column and code, and no
   sound row may be called faulty.
2. The batch is signed off and its faces are made and sealed by a child that is killed (SIGKILL) at random moments,
   until one comes to the end. Each sound row has then one certificate, *staged*, with one file and one settled use of
   the seal; nothing was made twice and none is left out.
3. A sample is looked at: every drawn file verifies *valid* under the office's anchor. Published, all stand valid.
4. The batch is rolled back: every certificate of it is cancelled by its own event, every number is free, and what was
   there before (certificates, numbers) is as it was.

The checker is shown to shout: a fault that is not told, one that is told falsely, and a certificate that was made twice
must be named. Sealing 20,000 faces takes long: the site lies below results/state, and a run that was stopped goes on.
"""

import multiprocessing
import random
import shutil
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base import clock
from bench.drills.old_stock_site import KNOWN_BEFORE, Site
from bench.runner import say
from certs import library
from certs.models import Certificate, CertificateFile, CertificateNumber
from certs.old_stock import batches
from certs.old_stock.batches import SignOff
from certs.old_stock.models import OldStock, OldStockRow
from certs.old_stock.states import BatchState
from keys.certificates import Certificate as SignerCertificate
from keys.trust import Anchor, Trust
from signing.models import DONE, SealUse
from signing.policy import DEFAULT
from signing.report import Verdict
from signing.verification import verify
from tests.certs.old_stock import stocks
from tests.certs.old_stock.stocks import HARD, SOFT
from tests.signing.offices import SYSTEM

NAME = "old_stock"
SEED = 20261121
# In the short form as many rows are judged as shows every fault often, and as many faces sealed as fit in seconds.
ROWS, ROWS_SHORT, FACES_SHORT = 20_000, 400, 12
KILLS, KILLS_SHORT = 20, 1
FAULT_EVERY = 4
# After what the killed one sealed; on a machine that is not busy a face takes some 100 ms.
MOMENTS = (0.0, 0.3)
LOOK_SECONDS = 0.05
PATIENCE_SECONDS = 7200
Planted = tuple[str, str] | None


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Go through the life of a batch on SQLite; `passed` tells whether every check of the four steps held."""
    place = results / "state" / NAME
    resumed = place.exists()
    site = Site(place)
    site.open()
    judged = {}
    if short:
        judged = _judged(site, ROWS_SHORT, "judged")
        site.act("judged", batches.drop)
    rows = FACES_SHORT if short else ROWS
    told = {
        "rows_judged": ROWS_SHORT if short else rows,
        "judging": judged or _judged(site, rows, "batch"),
        **_made(site, rows, KILLS_SHORT if short else KILLS),
        **_published(site),
        **_rolled_back(site),
        "checker_shouts": shouts(),
        "resumed": resumed,
    }
    shutil.rmtree(place)
    faults = ("judging", "making", "publishing", "rolling_back")
    return {**told, "passed": shouts() and not any(told[each]["faults"] for each in faults)}


def row(index: int) -> tuple[dict[str, str], Planted]:
    """Make a row, the same each time, and tell which fault is planted in it: its column and its code."""
    kinds: list[tuple[str, dict[str, str], str]] = [(code, *told) for code, told in {**HARD, **SOFT}.items()]
    kinds.append(("twice-in-batch", {"number": stocks.number(1)}, "number"))
    kinds.append(("in-library-already", {"number": stocks.number(KNOWN_BEFORE)}, "number"))
    if index % FAULT_EVERY or not index:
        return stocks.row(index + 1), None
    turn, kind = divmod(index // FAULT_EVERY, len(kinds))
    # The library has one number from before: asked for again, it is one that stands twice.
    code, peculiar, column = kinds[kind if kind < len(kinds) - 1 or not turn else -2]
    own = {"number": f"卫-{index}"} if code == "shape" else {}
    return stocks.row(index + 1, **{**peculiar, **own}), (column, code)


def misnamed(planted: Sequence[Planted], told: Sequence[Sequence[Mapping[str, Any]]]) -> list[str]:
    """Name every row whose planted fault is not told, and every one that is called faulty for something else."""
    found = []
    for index, (fault, faults) in enumerate(zip(planted, told, strict=True)):
        pairs = {(each["column"], each["code"]) for each in faults}
        hard = {(each["column"], each["code"]) for each in faults if each["is_hard"]}
        if fault is not None and fault not in pairs:
            found.append(f"row {index}: {fault} is not told")
        if hard - ({fault} if fault is not None else set()):
            found.append(f"row {index}: {sorted(hard)} is told")
    return found


def doubled(identifiers: Sequence[str | None], certificates: Sequence[str]) -> list[str]:
    """Name certificates without a row of their own, and rows without a certificate."""
    rows, made = Counter(map(str, identifiers)), Counter(certificates)
    found = (str(each) for each in rows | made if rows[each] != made[each])
    return [f"{each}: {rows[each]} rows, {made[each]} certificates" for each in found]


def shouts() -> bool:
    """Plant what the checker must name."""
    fault = {"column": "number", "code": "missing-number", "is_hard": True}
    planted: list[Planted] = [None, ("number", "missing-number")]
    return (
        misnamed(planted, [[], [fault]]) == []
        and len(misnamed(planted, [[], []])) == 1
        and len(misnamed(planted, [[fault], [fault]])) == 1
        and doubled(["a"], ["a"]) == []
        and len(doubled(["a"], ["a", "b"])) == 1
        and len(doubled(["a", None], ["a"])) == 1
    )


def _judged(site: Site, rows: int, what: str) -> dict[str, Any]:
    """Carry out step 1."""
    began, planted = time.monotonic(), [row(index) for index in range(rows)]
    if site.batch(what) is None:
        say(f"old_stock: {rows} rows are judged")
        site.bring(stocks.table(each for each, _ in planted), what)
    query = select(OldStockRow.faults).where(OldStockRow.batch == site.batch(what)).order_by(OldStockRow.number)
    if site.read(lambda session: session.get_one(OldStock, site.batch(what)).state) == BatchState.PROFILING:
        site.work(what)
    told = site.read(lambda session: list(session.scalars(query)))
    faults = misnamed([fault for _, fault in planted], told)
    counted = Counter(fault[1] for _, fault in planted if fault is not None)
    seconds = round(time.monotonic() - began, 1)
    return {"planted": dict(sorted(counted.items())), "seconds": seconds, "faults": faults[:20]}


def _made(site: Site, rows: int, kills: int) -> dict[str, Any]:
    """Carry out step 2."""
    if site.batch("batch") is None:
        _judged(site, rows, "batch")
    if site.state() is BatchState.PROFILED:
        site.act("batch", batches.sign_off, SignOff("演示核对", leaves_out_faulty=True, confirms_scans=True))
        site.act("batch", batches.make, SYSTEM)
    began, killed = time.monotonic(), 0
    if site.state() is BatchState.MAKING:
        killed = _killed(site, kills)
    if site.state() is not BatchState.MADE:
        return {"making": {"faults": [], "resumed_after": site.state().value}}

    def check(session: Session) -> dict[str, Any]:
        batch = site.batch("batch")
        found = session.execute(select(OldStockRow.state, OldStockRow.identifier).where(OldStockRow.batch == batch))
        states: Counter[str] = Counter()
        identifiers = []
        for state, identifier in found:
            states[state] += 1
            identifiers += [identifier] if state != "faulty" else []
        converted = select(Certificate.identifier).where(Certificate.origin == library.CONVERTED)
        certificates = list(session.scalars(converted))
        files = session.scalar(
            select(func.count())
            .select_from(CertificateFile)
            .join(SealUse, SealUse.id == CertificateFile.seal_use)
            .where(SealUse.state == DONE, CertificateFile.identifier.in_(converted))
        )
        faults = doubled(identifiers, certificates)
        staged = session.scalar(select(func.count()).where(Certificate.state == "staged"))
        if not files == staged == len(certificates):
            faults.append(f"{len(certificates)} certificates, {files} files with a settled use, {staged} staged")
        seconds = round(time.monotonic() - began, 1)
        return {"rows": dict(states), "certificates": len(certificates), "seconds": seconds, "faults": faults[:20]}

    return {"making": {**site.read(check), "kills_after_progress": killed}}


def _killed(site: Site, kills: int) -> int:
    """Start one child after the other and kill each at a random moment after it got further, then let one end."""
    drawn, context = random.Random(SEED), multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    killed = 0
    while site.state() is BatchState.MAKING:
        before = _progress(site)
        process = context.Process(target=child, args=(site.place,))
        process.start()
        if killed < kills:
            while process.exitcode is None and _progress(site) == before:
                process.join(LOOK_SECONDS)
            process.join(drawn.uniform(*MOMENTS))
        else:
            process.join(PATIENCE_SECONDS)
        killed += process.exitcode is None
        process.kill()
        process.join()
        say(f"old_stock: {_progress(site)} faces made, {killed} kills")
    return killed


def child(place: Path) -> None:
    """Be a worker."""
    Site(place).work("batch")


def _progress(site: Site) -> int:
    query = select(func.count()).where(OldStockRow.batch == site.batch("batch"), OldStockRow.state == "made")
    return int(site.read(lambda session: session.scalar(query)))


def _published(site: Site) -> dict[str, Any]:
    """Carry out step 3."""
    wrong: list[str] = []
    if site.state() is BatchState.MADE:
        site.act("batch", batches.sample, 0)
    if site.state() is BatchState.SAMPLED:
        query = select(OldStockRow).where(OldStockRow.batch == site.batch("batch"), OldStockRow.is_sampled)
        drawn = site.read(lambda session: list(session.scalars(query)))
        for each in drawn:
            verdict = site.read(partial(_verdict, site=site, identifier=str(each.identifier)))
            wrong += [f"row {each.number}: {verdict}"] if verdict is not Verdict.VALID else []
            site.act("batch", batches.look, each.number, "right", "")
        site.act("batch", batches.publish, 10)
    if site.state() is BatchState.PUBLISHING:
        site.work("batch")
    states = site.read(_states)
    if site.state() is BatchState.PUBLISHED and set(states) != {"valid"}:
        wrong.append(f"published: {states}")
    return {"publishing": {"states": states, "faults": wrong}}


def _verdict(session: Session, site: Site, identifier: str) -> Verdict:
    anchor = Anchor(SignerCertificate.of((site.place / "anchor").read_bytes()))
    (file,) = library.documents(session, site.parts.keys, library.certificate_of(session, identifier))
    now = clock.now()
    return verify(file.content, "x", Trust(now, (anchor,)), DEFAULT, now).verdict


def _rolled_back(site: Site) -> dict[str, Any]:
    """Carry out step 4."""
    if site.state() is BatchState.PUBLISHED:
        site.act("batch", batches.roll_back, "演示退回")
    if site.state() is BatchState.ROLLING_BACK:
        site.work("batch")
    states, others = site.read(_states), site.read(_others)
    numbers = site.read(lambda session: session.scalar(select(func.count()).select_from(CertificateNumber)))
    faults = [] if set(states) == {"cancelled"} else [f"of the batch: {states}"]
    # The one from before: drafted and signed, so in its second version, with the only number that is left.
    faults += [] if (others, numbers) == ([("valid", 2)], 1) else [f"before it: {others}, numbers: {numbers}"]
    return {"rolling_back": {"states": states, "numbers_left": numbers, "faults": faults}}


def _states(session: Session) -> dict[str, int]:
    query = select(Certificate.state, func.count()).where(Certificate.origin == library.CONVERTED)
    return {each[0]: each[1] for each in session.execute(query.group_by(Certificate.state))}


def _others(session: Session) -> list[tuple[str, int]]:
    query = select(Certificate.state, Certificate.version).where(Certificate.origin != library.CONVERTED)
    return [(each[0], each[1]) for each in session.execute(query)]
