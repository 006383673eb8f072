"""Drill: thousands of certificates asked for at once, over HTTP, by several processes with several threads each.

Ten requests are about each number, and only one certificate may bear it. Some tell the same request of the same case
again, under the same idempotency key or another; some come from another case; some say other data in the same step;
some use a key that stands for another request. Whoever is told to try again does. Then every answer is accounted for:

1. each number has one certificate: valid, with one file, one settled use of the seal and agreeing records;
2. whoever was answered 201 was told that one, and had asked for what it says; everybody else was refused for a reason
   that is true of the one that is there; no request is without an answer, and no certificate without one.

What should have been is found here anew, from the requests and the tables. The checker is shown to shout: a house that
takes no note of numbers and steps must be caught, and so must answers that were spoilt on purpose.
"""

import json
import logging
import multiprocessing
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, Final
from unittest import mock

import structlog
from sqlalchemy import select

from base import clock, idempotency
from base.workdays import local_day
from bench.drills import certificate_records
from bench.drills.certificate_office import ISSUER, CertificateOffice, office
from bench.drills.stepwise import Cases, Tried, through
from bench.ledger import KINDS
from bench.runner import say
from certs import contents, issuing, library
from certs.models import Certificate, CertificateStep
from certs.routes.certificates import certificates
from tests import rooms
from tests.certs.papers import HYGIENE, draft, firm

NAME = "certificate_issues"
SEED = 20261121
# For each kind of database so many rounds of so many requests, each round on a fresh database.
ROUNDS, OF_A_ROUND = {True: 1, False: 10}, {True: 40, False: 1000}
OF_A_NUMBER: Final = 10
# Requests about so many numbers are mixed, so that those about one come close together.
MIXED: Final = 4
PROCESSES, THREADS = 3, 4
# A key whose act was cut off by a busy database is free again after its lease; who is told to try again tries longer.
PATIENCE_SECONDS: Final = 2 * idempotency.LEASE.total_seconds()
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.05, 5.0
NAIVE_REQUESTS: Final = 20
DATA: Final = draft(HYGIENE).data


@dataclass(frozen=True)
class Request:
    """One request: about which number, for whom, from which case, under which key."""

    place: int
    number: int
    holder: int
    case: str
    key: str


@dataclass(frozen=True)
class Answer:
    """What came of a request: the status, the problem's code or the certificate, and after how many tries."""

    place: int
    status: int
    code: str
    identifier: str = ""
    tries: int = 1
    replayed: bool = False


@dataclass(frozen=True)
class Made:
    """The certificate that bears a number: whose it is, and from which case."""

    identifier: str
    holder: str
    case: str


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Ask on both databases, going on with the round where an earlier run stopped; then a naive house."""
    of_a_round = OF_A_ROUND[short]

    def tried(index: int) -> Tried:
        kind, number = KINDS[index % len(KINDS)], index // len(KINDS)
        told, faults = _round(kind, requests(of_a_round, SEED + number))
        return Tried(
            Counter({f"{kind}: {name}": times for name, times in told.items()}),
            {"kind": kind, "faults": faults[:10]} if faults else None,
        )

    progress = through(Cases(NAME, ROUNDS[short] * len(KINDS), 1, results), tried)
    _, naive = _round("sqlite", requests(NAIVE_REQUESTS, SEED), is_naive=True)
    doubles = [each for each in naive if "certificates bear" in each]
    return {
        **progress.told,
        "requests": ROUNDS[short] * of_a_round,
        "of": {"processes": PROCESSES, "threads of each": THREADS},
        "naive_house": {"caught": bool(doubles), "faults": naive[:3]},
        "checker_shouts": shouts(),
        "passed": not progress.faults and bool(doubles) and shouts() and certificate_records.shouts(),
    }


def requests(several: int, seed: int) -> list[Request]:
    """Make the requests of a round, the same each time, in the order in which they go out."""
    drawn = random.Random(seed)
    numbers = list(range(1, several // OF_A_NUMBER + 1))
    made: list[Request] = []
    for first in range(0, len(numbers), MIXED):
        together = [each for number in numbers[first : first + MIXED] for each in _about(number)]
        drawn.shuffle(together)
        made += [replace(each, place=len(made) + place) for place, each in enumerate(together)]
    return made


def _about(number: int) -> Iterator[Request]:
    """Give the ten requests about a number; holders tell their data apart."""
    ours, other = 3 * number, 3 * number + 1
    case, key = f"演办{number}", f"key-{number}"
    for _ in range(4):
        yield Request(0, number, ours, case, key)
    for turn in range(2):
        yield Request(0, number, ours, case, f"{key}-again-{turn}")
        yield Request(0, number, other, f"{case}-其他{turn}", f"{key}-other-{turn}")
    yield Request(0, number, 3 * number + 2, case, f"{key}-data")
    yield Request(0, number, other, f"{case}-错", key)


def _round(kind: str, asked: Sequence[Request], *, is_naive: bool = False) -> tuple[Counter[str], list[str]]:
    """Send a round's requests from several processes; give the tally of the answers, and the faults."""
    with office(kind, "yinxin_drill_issues") as made:
        answers = _sent(made, asked, is_naive=is_naive)
        database = made.opened()
        try:
            with database.reading() as session:
                records = certificate_records.read(session)
                steps = select(CertificateStep.identifier, CertificateStep.case_number)
                cases = dict(session.execute(steps).tuples().all())
                keys, bearers = made.parts.keys, defaultdict(list)
                for row in session.scalars(select(Certificate)):
                    content = contents.opened(session, keys, row.identifier, row.content)
                    one = Made(row.identifier, content.holders[0].code, cases.get(row.identifier, ""))
                    bearers[content.number].append(one)
        finally:
            database.close()
    numbers = {each.number for each in asked}
    found = {number: bearers.pop(written(number), []) for number in numbers}
    faults = certificate_records.disagreements(records) + unaccounted(asked, answers, found)
    faults += [f"{len(bearers)} numbers that nobody asked for"] if len(bearers) != 1 else []  # the office's own first
    tally = Counter(each.code for each in answers)
    tally.update({"certificates": len(records.rows) - 1, "tried again": sum(each.tries - 1 for each in answers)})
    tally["answers given again"] = sum(each.replayed for each in answers)
    say(f"  {kind}: {dict(tally)}, {len(faults)} faults")
    return tally, faults


def unaccounted(asked: Sequence[Request], answers: Sequence[Answer], found: Mapping[int, Sequence[Made]]) -> list[str]:
    """Name every number without its one certificate, and every answer that is not true of it."""
    faults = [f"number {number}: {len(made)} certificates bear it" for number, made in found.items() if len(made) != 1]
    told: dict[int, list[Answer]] = defaultdict(list)
    for each in answers:
        told[each.place].append(each)
    keys: dict[str, set[tuple[int, str]]] = defaultdict(set)
    for one in asked:
        keys[one.key].add((one.holder, one.case))
    answered = {each.identifier for each in answers if each.status == 201}
    for one in asked:
        if len(told[one.place]) != 1:
            faults.append(f"request {one.place}: {len(told[one.place])} answers")
        for each, made in ((each, made) for each in told[one.place] for made in found[one.number][:1]):
            if not _is_true(one, each, made, is_reused=len(keys[one.key]) > 1):
                faults.append(f"request {one}: {each}, and there is {made}")
    silent = (made for several in found.values() for made in several if made.identifier not in answered)
    return faults + [f"{made.identifier}: nobody was told of it" for made in silent]


def _is_true(one: Request, answer: Answer, made: Made, *, is_reused: bool) -> bool:
    is_step, is_data = one.case == made.case, firm(one.holder) == made.holder
    if answer.status == 201:
        return answer.identifier == made.identifier and is_step and is_data
    return {
        "certificate-number-taken": not is_step,
        "case-step-taken": is_step and not is_data,
        "idempotency-key-reused": is_reused,
    }.get(answer.code, False)


def shouts() -> bool:
    """Spoil answers and tables on purpose: each must be named."""
    asked, made = [Request(0, 1, 3, "a", "k"), Request(1, 1, 4, "b", "l")], Made("x", firm(3), "a")
    good = [Answer(0, 201, "issued", "x"), Answer(1, 409, "certificate-number-taken")]
    spoilt: tuple[tuple[list[Answer], dict[int, list[Made]]], ...] = (
        ([good[0]], {1: [made]}),
        ([*good, good[0]], {1: [made]}),
        (good, {1: []}),
        (good, {1: [made, replace(made, identifier="y")]}),
        ([replace(good[0], identifier="y"), good[1]], {1: [made]}),
        ([Answer(0, 409, "certificate-number-taken"), good[1]], {1: [made]}),
        ([good[0], Answer(1, 201, "issued", "x")], {1: [made]}),
        ([good[0], Answer(1, 503, "database-busy")], {1: [made]}),
        ([good[0], Answer(1, 422, "idempotency-key-reused")], {1: [made]}),
    )
    return not unaccounted(asked, good, {1: [made]}) and all(unaccounted(asked, *each) for each in spoilt)


def written(number: int) -> str:
    """Write a number as it stands on a certificate; none that the house would give itself."""
    return f"演卫公证字〔2026〕第3299{number:08d}号"


# --- those who ask ------------------------------------------------------------------------------------------------


def _sent(made: CertificateOffice, asked: Sequence[Request], *, is_naive: bool) -> list[Answer]:
    """Deal the requests out to processes that begin together; read what they were answered."""
    context = multiprocessing.get_context("fork")
    together = context.Barrier(PROCESSES)
    files = [made.folder / f"answers-{place}" for place in range(PROCESSES)]
    processes = [
        context.Process(target=_ask, args=(made, asked[place::PROCESSES], file, together, is_naive))
        for place, file in enumerate(files)
    ]
    for each in processes:
        each.start()
    for each in processes:
        each.join()
    lines = (line for file in files if file.exists() for line in file.read_text(encoding="utf-8").splitlines())
    return [Answer(**json.loads(line)) for line in lines]


def _ask(made: CertificateOffice, asked: Sequence[Request], file: Path, together: Any, is_naive: bool) -> None:  # noqa: FBT001
    """Be a process: a few threads send its requests, one after the other."""
    # Every refusal is logged; here there are thousands, and all are counted.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    database = made.opened(2 * THREADS)
    issuer = made.issuer(database)
    door = rooms.door(
        database, (certificates,), (ISSUER,), issuer.parts, issuer.sealer.signing, issuer.sealer.authority
    )
    together.wait()
    with _naively(is_naive), ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(lambda each: _answered(door, each), asked))
    database.close()
    lines = (json.dumps(asdict(each), ensure_ascii=False) for each in answers)
    file.write_text("\n".join(lines), encoding="utf-8")


def _answered(door: rooms.Door, one: Request) -> Answer:
    """Send a request, and again as long as it is told that this may help."""
    headers = {"Idempotency-Key": one.key}
    ends, pause = time.monotonic() + PATIENCE_SECONDS, FIRST_PAUSE_SECONDS
    for tries in count(1):
        answer = door.call(ISSUER.id, "POST", "/certificates", json=_body(one), headers=headers)
        if answer.status_code == 201:
            replayed = "Idempotency-Replayed" in answer.headers
            return Answer(one.place, 201, "issued", answer.json["identifier"], tries, replayed)
        if not answer.json["retryable"] or time.monotonic() > ends:
            return Answer(one.place, answer.status_code, answer.json["code"], tries=tries)
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
    raise AssertionError


def _body(one: Request) -> dict[str, Any]:
    day = local_day(clock.now()).isoformat()
    return {
        "type": HYGIENE.code,
        "number": written(one.number),
        "holders": [{"code": firm(one.holder), "type": "001", "name": f"演示企业{one.holder}有限公司"}],
        "issued_on": day,
        "valid_from": day,
        "data": DATA,
        "case": {"number": one.case, "step": "result"},
    }


@contextmanager
def _naively(is_naive: bool) -> Iterator[None]:  # noqa: FBT001
    """Take no note of numbers and of steps, where a naive house is wanted."""
    with ExitStack() as stack:
        if is_naive:
            stack.enter_context(mock.patch.object(library, "_take_number", return_value=None))
            stack.enter_context(mock.patch.object(issuing, "claim_step", return_value=None))
            stack.enter_context(mock.patch.object(issuing, "settle_step", return_value=None))
        yield


if __name__ == "__main__":
    is_short = "--short" in sys.argv
    result = run(short=is_short, results=Path(__file__).parents[1] / "results")
    print(json.dumps(result, indent=1, ensure_ascii=False))
    sys.exit(0 if result["passed"] else 1)
