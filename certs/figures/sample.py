"""The figures of the sandbox: three months of invented uses in thirteen cities, some evaluated, and counted."""

from pathlib import Path
from typing import Final

from sqlalchemy import select

from base import clock
from base.callers import Caller
from base.program import Running, Sandbox
from base.workdays import local_day
from certs.figures import counting, invented
from certs.figures.invented import CITIES, Scale
from certs.figures.months import Month
from certs.holders import voices
from exchange.models import Directory
from keys.parties.sample import ORGANISATIONS, code_of

MONTHS: Final = 3
DEPARTMENTS, DIRECTORIES = 12, 12
# Of every so many uses of the present month one was evaluated, by turns with these levels; one in ten is a bad one.
EVALUATED_EVERY: Final = 17
LEVELS: Final = (5, 5, 4, 5, 3, 5, 4, 5, 2, 5)


def settings_of(_folder: Path) -> str:
    """Write the section that names the cities."""
    cities = ", ".join(f'"{code}={name}"' for code, name in CITIES.items())
    return f"[figures]\ncities = [{cities}]\n"


def sample(running: Running, sandbox: Sandbox) -> None:
    """Make the uses, have some evaluated, count, and tell the visitor which month to look at."""
    at = clock.now()
    with running.database.transaction() as session:
        query = select(Directory.code, Directory.owner).order_by(Directory.code).limit(DIRECTORIES)
        directories = [(code, owner) for code, owner in session.execute(query)]
        month = Month.of(local_day(at))
        months = [month.after(-back) for back in reversed(range(MONTHS))]
        departments = [code_of(each.short) for each in ORGANISATIONS][:DEPARTMENTS]
        scale = Scale(departments, directories, list(CITIES), months)
        told = [each for each in invented.uses(scale) if each.at < at]
        invented.keep(session, told)
        for place, each in enumerate([each for each in told if each.at >= month.begins][::EVALUATED_EVERY]):
            window = Caller("person", "sandbox-window", "演示窗口", each.by.organisation, frozenset({"window"}))
            voices.evaluate_for(session, each.id, LEVELS[place % len(LEVELS)], "演示评价", window, at)
    for _ in counting.count_all(running.database):
        pass
    sandbox.told["figures"] = {"month": str(month), "page": f"/console/figures?month={month}"}
