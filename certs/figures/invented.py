"""An invented year of uses with totals that are known beforehand: what the sandbox shows and the tests count again.

Of each directory there are in each city and month one, two or three uses (`how_many`); who used it, how it ended and
when follow from the same numbers, so that anyone can say the totals without having counted anything. Some lie in the
first minutes of a day in China, which is the day before in Greenwich.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import insert
from sqlalchemy.orm import Session

from base import audit
from base.callers import Caller
from certs.figures import tallies
from certs.figures.months import Month
from exchange.agreements.purposes import Basis, BasisKind, Ground, Operator, OperatorKind, Purpose, Stage
from exchange.door import usages
from exchange.door.models import Usage
from exchange.door.usages import Use
from keys.algorithms.sm3 import SM3

CITIES: Final = {f"32{number:02}00": f"演示{name}市" for number, name in enumerate("一二三四五六七八九", start=1)} | {
    "321000": "演示十市",
    "321100": "演示十一市",
    "321200": "演示十二市",
    "321300": "演示十三市",
}
# Every fourth directory is a type of certificate, which a library answers for.
CERTIFICATES_EVERY: Final = 4
LIBRARY: Final = "own"
# Days that every month has.
DAYS: Final = 28
_DIGEST: Final = SM3.of("演示".encode()).hex()


@dataclass(frozen=True)
class Scale:
    """Who uses what, where and when: departments, directories with their owners, cities, months."""

    departments: Sequence[str]
    directories: Sequence[tuple[str, str]]
    cities: Sequence[str]
    months: Sequence[Month]


def how_many(month: int, city: int, directory: int) -> int:
    """Tell how many uses there are of a directory in a city and a month, each by its place in the scale."""
    return 1 + (month + city + directory) % 3


def uses(scale: Scale) -> Iterator[Use]:
    """Make the uses, month by month."""
    for month, first in enumerate(scale.months):
        for city, region in enumerate(scale.cities):
            for directory, (code, owner) in enumerate(scale.directories):
                for number in range(how_many(month, city, directory)):
                    turn = month + 3 * city + 5 * directory + 7 * number
                    who = scale.departments[turn % len(scale.departments)]
                    outcome = tallies.OUTCOMES[turn % len(tallies.OUTCOMES)] if turn % 2 else tallies.FOUND
                    library = LIBRARY if directory % CERTIFICATES_EVERY == 0 else ""
                    yield _use(code, owner, who, region, _moment(first, turn), outcome, turn % 5, library)


def keep(session: Session, told: Sequence[Use]) -> None:
    """Put uses on record as the gateway does."""
    if told:
        session.execute(insert(Usage), [each.row for each in told])
    for each in told:
        audit.record(session, each.entry)


def _moment(month: Month, turn: int) -> datetime:
    return month.begins + timedelta(days=turn % DAYS, hours=turn % 24, minutes=turn % 11)


def _use(code: str, owner: str, who: str, region: str, at: datetime, outcome: str, rows: int, library: str) -> Use:
    is_found = outcome == tallies.FOUND
    purpose = Purpose(
        item_code="000123020000",
        item_name="公共场所卫生许可",
        stage=Stage.REVIEW,
        basis=Basis(BasisKind.CASE, "演示通报"),
        ground=Ground.STATUTORY,
        grant_code=None,
        operator=Operator(OperatorKind.SYSTEM, "演示系统", "演示单位"),
        handling_region=region,
        reason="演示",
    )
    return Use(
        id=usages.new_id(at),
        at=at,
        by=Caller("system", "yanshi-figures", "演示系统", who),
        directory=code,
        owner=owner,
        grant="",
        grant_version=1,
        purpose=purpose,
        fields=(),
        subjects=(),
        outcome=outcome,
        reason=outcome,
        rows=rows if is_found else 0,
        mount=library,
        health="",
        request_sm3=_DIGEST,
        answer_sm3=_DIGEST,
        request_id="",
    )
