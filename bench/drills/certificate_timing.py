"""Drill: who has nothing and whose certificate is not for this caller cannot be told apart, by answer or by time.

`POST /certificate-queries` is asked in three groups. Within a group every answer must read the same, and take as long:

- *not found*: the holder has nothing; has one under another name; has one outside the granted rows; has one that is not
  signed yet;
- *forbidden* (no grant for the type): the holder has nothing; has one;
- *denied* (a type of high level, no consent): the holder has nothing; has one.

Each block asks once of every kind, in random order, so that whatever slows the machine down slows all alike. The times
of each kind are compared with those of *nothing* by the Mann-Whitney test and its effect size A (the probability that a
random answer of the one took longer than one of the other; Vargha and Delaney, 2000). Told apart is what differs both
significantly and by more than that scale calls negligible. The clock is what a caller sees; the CPU time of the process
that answers, without that of a server of databases, is compared too: on a busy machine it shows much smaller leaks.

The checker is shown to shout: a library that has no decoy, and one that works longer on what it found.
"""

import json
import math
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from unittest import mock

from app import LAST_ACTS
from base import clock
from base.db import Database, connect
from bench.ledger import KINDS, fresh_database
from bench.runner import say
from certs import contents
from certs.drafts import Holder
from certs.life import State
from certs.routes.queries import certificate_queries
from certs.types.certificate_type import CertificateType
from exchange.agreements.contracts import RowCondition
from tests import rooms
from tests.certs.papers import HYGIENE, draft, firm, person
from tests.certs.queries import house as of
from tests.certs.queries.house import HIGH, UNGRANTED, House
from tests.exchange import departments, gateway_house
from tests.keys.parties.builders import CITY

NAME = "certificate_timing"
SEED = 20261121
BLOCKS = {True: 40, False: 2000}
# On a busy machine a leak shows only after more blocks: so many in turn, until it is seen.
PLANTED_BLOCKS: Final = {True: (40, 200, 800), False: (1000,)}
# So many different holders of each kind are asked for in turn; the first blocks are not counted.
HOLDERS, UNCOUNTED = {True: 20, False: 200}, 5
# One comparison in a thousand may err by chance, shared out over all comparisons of a run.
LEAST_P: Final = 0.001
# Vargha and Delaney call an A from 0.44 to 0.56 negligible.
NEGLIGIBLE: Final = 0.06
NO_BOUND: Final = 10**9
WITHIN: Final = "演示地址一"
# What is each answer's own.
OWN: Final = ("usage_id", "receipt", "request_id")


@dataclass(frozen=True)
class Kind:
    """A kind of holder: of which group and type, with which certificate, if any, and asked for by which name."""

    group: str
    name: str
    type: CertificateType = field(hash=False)
    has: bool = True
    other_name: bool = False
    address: str = WITHIN
    state: State = State.VALID


ASKED_FOR: Final = (
    Kind("not found", "nothing", HYGIENE, has=False),
    Kind("not found", "another name", HYGIENE, other_name=True),
    Kind("not found", "outside the granted rows", HYGIENE, address="演示地址二"),
    Kind("not found", "not signed yet", HYGIENE, state=State.TO_BE_SIGNED),
    Kind("forbidden", "nothing", UNGRANTED, has=False),
    Kind("forbidden", "has one", UNGRANTED),
    Kind("denied", "nothing", HIGH, has=False),
    Kind("denied", "has one", HIGH),
)
Times = dict[Kind, list[tuple[float, float]]]


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Compare the groups, on both databases; then two libraries that leak."""
    del results
    kinds = KINDS[:1] if short else KINDS
    told = {kind: _compared(kind, ASKED_FOR, BLOCKS[short], HOLDERS[short]) for kind in kinds}
    found = ASKED_FOR[:4]
    # Few blocks show only the coarser of the two.
    needed = [LONGER] if short else list(LEAKS)
    naive = {}
    for name, leaking in LEAKS.items():
        with leaking():
            for blocks in PLANTED_BLOCKS[short]:
                naive[name] = _compared("sqlite", found, blocks, HOLDERS[short])
                if naive[name]["told_apart"] or name not in needed:
                    break
    caught = {name: bool(each["told_apart"]) for name, each in naive.items()}
    return {
        "databases": told,
        "threshold": {"p": LEAST_P, "A": [0.5 - NEGLIGIBLE, 0.5 + NEGLIGIBLE]},
        "leaking_libraries": {name: {"caught": caught[name], **each} for name, each in naive.items()},
        "passed": not any(each["told_apart"] or each["differing_answers"] for each in told.values())
        and all(caught[name] for name in needed),
    }


def _compared(kind: str, asked_for: Sequence[Kind], blocks: int, holders: int) -> dict[str, Any]:
    say(f"  {kind}, {blocks} blocks")
    with fresh_database(kind, "yinxin_drill_timing") as settings, tempfile.TemporaryDirectory() as folder:
        database = connect(settings, LAST_ACTS)
        try:
            house = _house(database, Path(folder), asked_for, holders)
            times, answers = _asked(house, asked_for, blocks, holders)
        finally:
            database.close()
    pairs = [
        (one, next(each for each in asked_for if each.group == one.group)) for one in asked_for if one.name != "nothing"
    ]
    lines = [
        {"group": one.group, "kind": one.name, "by": clock_name, **compare(_of(times[one], at), _of(times[base], at))}
        for one, base in pairs
        for at, clock_name in enumerate(("the clock", "CPU time"))
    ]
    bound = LEAST_P / len(lines)
    apart = [f"{each['group']}, {each['kind']}, by {each['by']}" for each in lines if is_told_apart(each, bound)]
    differing = [group for group, several in answers.items() if len(several) > 1]
    return {"blocks": blocks, "compared": lines, "told_apart": apart, "differing_answers": differing}


def compare(one: Sequence[float], base: Sequence[float]) -> dict[str, float]:
    """Compare two samples of seconds: the Mann-Whitney test's p, A, and the medians in microseconds."""
    larger = _wins(one, base)
    n, m = len(one), len(base)
    spread = math.sqrt(n * m * (n + m + 1) / 12)
    p = math.erfc(abs(larger - n * m / 2) / spread / math.sqrt(2))
    medians = [round(statistics.median(each) * 1e6) for each in (base, one)]
    return {"p": float(f"{p:.3g}"), "A": round(larger / (n * m), 3), "nothing_us": medians[0], "this_us": medians[1]}


def is_told_apart(line: dict[str, Any], bound: float) -> bool:
    """Tell whether two samples differ significantly and by more than a negligible effect."""
    return bool(line["p"] <= bound and abs(line["A"] - 0.5) > NEGLIGIBLE)


def _wins(one: Sequence[float], base: Sequence[float]) -> float:
    """Count the pairs in which the one is larger, equal ones half (the U of Mann and Whitney), by ranks."""
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in base])
    ranks, place = 0.0, 0
    while place < len(ranked):
        end = place
        while end < len(ranked) and ranked[end][0] == ranked[place][0]:
            end += 1
        # Equal values share the middle of their ranks, which count from one.
        ranks += (place + 1 + end) / 2 * sum(which == 0 for _, which in ranked[place:end])
        place = end
    return ranks - len(one) * (len(one) + 1) / 2


def _of(times: Sequence[tuple[float, float]], at: int) -> list[float]:
    return [each[at] for each in times]


# --- asking -------------------------------------------------------------------------------------------------------


def _asked(house: House, asked_for: Sequence[Kind], blocks: int, holders: int) -> tuple[Times, dict[str, set[str]]]:
    """Ask block after block; give the times, and what the answers of each group read like."""
    drawn, times, answers = random.Random(SEED), defaultdict(list), defaultdict(set)
    for block in range(blocks + UNCOUNTED):
        for kind in drawn.sample(asked_for, len(asked_for)):
            who = _named(kind, asked_for.index(kind), block % holders)
            began, used = time.perf_counter(), time.process_time()
            answer = house.ask(holder=who, certificate_type=kind.type.code)
            spent = time.perf_counter() - began, time.process_time() - used
            if block >= UNCOUNTED:
                times[kind].append(spent)
            answers[kind.group].add(_read(kind, answer))
    return times, answers


def _read(kind: Kind, answer: Any) -> str:
    """Give an answer without what is its own; an answer of another group is a fault of the drill."""
    told = dict(answer.json)
    outcome = "forbidden" if answer.status_code == 403 else str(told.get("outcome")).replace("_", " ")
    if outcome != kind.group:
        message = f"{kind.name}: {answer.status_code} {told}"
        raise AssertionError(message)
    lengths = [len(str(told.pop(each, ""))) for each in OWN]
    return json.dumps([answer.status_code, told, lengths], sort_keys=True, ensure_ascii=False)


def _named(kind: Kind, place: int, number: int) -> dict[str, str]:
    """Name a holder: every kind has its own."""
    who = _holder(kind, place, number)
    return {"code": who.code, "type": who.type, "name": "演示别家有限公司" if kind.other_name else who.name}


def _holder(kind: Kind, place: int, number: int) -> Holder:
    if "001" in kind.type.holders.types:
        serial = 1000 * place + number + 1
        return Holder(firm(serial), "001", f"演示企业{serial:05d}有限公司")
    return Holder(person(number + 1, f"{1950 + place}0101"), "111", f"演示人{number:05d}", kind.type.holders.roles[0])


def _house(database: Database, folder: Path, asked_for: Sequence[Kind], holders: int) -> House:
    """Open a house that grants the rows of one address of one type, and the other types by list or not at all."""
    at = clock.now()
    departments.opened(database, at)
    told: dict[str, Any] = {"misses_per_minute": NO_BOUND, "misses_per_day": NO_BOUND, "holder_per_day": NO_BOUND}
    parts, consents = of.parts_of(folder, **told)
    with database.transaction() as session:
        items = [departments.item(each, 200) for each in ("证照编号", "持证主体", "address")]
        directory, _ = departments.published(session, at, items=items)
        rows = (RowCondition("address", "in", (WITHIN,)),)
        gateway_house.granted(session, directory.code, at, CITY, fields=("证照编号", "address"), conditions=rows)
        of.listed(session, at, [(of.MATTER, HIGH.code, ("number",), ())])
    types = {**parts.certs.types, HYGIENE.code: replace(HYGIENE, resource=directory.code)}
    parts = replace(parts, certs=replace(parts.certs, types=types))
    door = rooms.door(database, (certificate_queries,), of.PEOPLE, parts, parts.gateway)
    house = House(database, parts, door, at, consents)
    for place, kind in enumerate(asked_for):
        if kind.has:
            _kept(house, kind, place, holders)
    return house


def _kept(house: House, kind: Kind, place: int, holders: int) -> None:
    with house.database.transaction() as session:
        for number in range(holders):
            who = (_holder(kind, place, number),)
            address = {"address": kind.address} if kind.type is HYGIENE else {}
            data = {**draft(kind.type).data, **address}
            told = {"holders": who, "data": data, "state": kind.state, "number": f"演（{place}-{number}）"}
            house.kept(session, number, kind.type, **told)


# --- libraries that leak ------------------------------------------------------------------------------------------

LONGER: Final = "works longer on what it found"
_OPENED: Final = contents.opened
_DECOY: Final = "decoy"


@contextmanager
def _without_decoy() -> Iterator[None]:
    """Open nothing where nothing is found."""
    known: dict[str, Any] = {}

    def quickly(session: Any, keys: Any, identifier: str, content: bytes) -> Any:
        if identifier != _DECOY:
            return _OPENED(session, keys, identifier, content)
        if identifier not in known:
            known[identifier] = _OPENED(session, keys, identifier, content)
        return known[identifier]

    with mock.patch.object(contents, "opened", quickly):
        yield


@contextmanager
def _longer() -> Iterator[None]:
    """Open ten times what is found."""

    def slowly(session: Any, keys: Any, identifier: str, content: bytes) -> Any:
        for _ in range(0 if identifier == _DECOY else 9):
            _OPENED(session, keys, identifier, content)
        return _OPENED(session, keys, identifier, content)

    with mock.patch.object(contents, "opened", slowly):
        yield


LEAKS: Final[dict[str, Callable[[], Any]]] = {"has no decoy": _without_decoy, LONGER: _longer}


if __name__ == "__main__":
    is_short = "--short" in sys.argv
    result = run(short=is_short, results=Path(__file__).parents[1] / "results")
    print(json.dumps(result, indent=1, ensure_ascii=False))
    sys.exit(0 if result["passed"] else 1)
