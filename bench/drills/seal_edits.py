"""Edits of single bytes and heavier damage to seals, sealed values and whole documents under real seals: never valid.

Each case is made from its index alone. A third flips one byte of the picture inside a seal, a third one byte anywhere
in a sealed value, a third damages a value with pieces cut out, doubled, moved and made up. The verdict must never be
*valid*, a picture's must be *invalid*, and no judgement may come to its end by a fault of the program. Values of three
standards and of signed messages, with and without time stamps, take turns.
"""

import random
from pathlib import Path

from bench.drills.stepwise import Cases, Tried, through
from keys.budget import BUDGET
from signing.judging import judge
from signing.policy import COMPATIBLE
from signing.report import Outcome, Verdict
from signing.standing import Searches
from tests.builders import seals
from tests.builders.pki import AT
from tests.builders.seals import MESSAGE, PICTURE, usual
from tests.keys.cms.builders import Draft, written

NAME = "seal_edits"
SEED = "yinxin-seal-edits-1"
CASES = 30_000
SHORT_CASES = 900
STEP = 300
KINDS = ("picture", "byte", "damage")
TOLD = frozenset({"TIMESTAMP_INVALID", "TIMESTAMP_UNTRUSTED", "NONSTANDARD_ENCODING"})


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Try all cases, going on where an earlier run stopped."""
    values = _values()

    def tried(index: int) -> Tried:
        kind, outcome = KINDS[index % 3], _outcome(values, index)
        fault = {"kind": kind, "outcome": outcome} if outcome.startswith("fault") else None
        return Tried(f"{kind}: {outcome}", fault)

    return through(Cases(NAME, SHORT_CASES if short else CASES, STEP, results), tried).told


def _values() -> list[bytes]:
    stamped = seals.value(4, token=seals.token)
    message = written(Draft(usual().signer, message=MESSAGE))
    return [seals.value(1), seals.value(4), seals.value(5), stamped, message]


def _outcome(values: list[bytes], index: int) -> str:
    chance = random.Random(f"{SEED}-{index}")
    good = chance.choice(values)
    kind = KINDS[index % 3]
    if kind == "picture" and PICTURE not in good:
        good = values[1]
    data = _changed(good, kind, chance)
    if data == good:
        return "unchanged"
    report = judge(seals.found(data), COMPATIBLE, AT, Searches(usual().trust(), BUDGET)).report
    failed = {each.code for each in report.checks if each.outcome is Outcome.FAILED}
    warned = {each.code for each in report.checks if each.outcome is Outcome.WARNING}
    if "CHECK_CRASHED" in failed:
        return "fault: crashed"
    if kind == "picture" and report.verdict is not Verdict.INVALID:
        return "fault: a picture was changed and the verdict is not invalid"
    if report.verdict is Verdict.VALID:
        # Without a signature over them are time stamps, and what a message announces of itself; both are told.
        return "valid, and told" if warned & TOLD else "fault: valid"
    return report.verdict.value


def _changed(good: bytes, kind: str, chance: random.Random) -> bytes:
    data = bytearray(good)
    if kind == "picture":
        place = good.index(PICTURE) + chance.randrange(len(PICTURE))
        data[place] ^= chance.randrange(1, 256)
    elif kind == "byte":
        data[chance.randrange(len(data))] ^= chance.randrange(1, 256)
    else:
        for _ in range(chance.randrange(1, 6)):
            start = chance.randrange(len(data) or 1)
            piece = bytes(data[start : start + chance.randrange(1, 64)])
            put = chance.choice((b"", piece * 2, chance.randbytes(chance.randrange(8)), bytes(reversed(piece))))
            data[start : start + len(piece)] = put
    return bytes(data)
