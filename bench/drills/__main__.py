"""`make drills`: run the drills and keep each result in bench/results/NAME.json (short runs apart from whole ones)."""

import json
import os
import sys
import tempfile

from bench import runner
from tests import memory

FOLDER = runner.ROOT / "results"
# A million rows in two databases, with the copies that some drills make of them.
ROOM = 8 << 30


def main() -> int:
    """Run what is asked, one after the other; the exit code says whether all held."""
    known = runner.modules("bench.drills")
    _leave_the_disk()
    names, short = runner.asked("Failure drills and long runs", sorted(known))
    place = FOLDER / "short" if short else FOLDER
    place.mkdir(parents=True, exist_ok=True)
    good = True
    for name in names:
        runner.say(f"drill {name} …")
        result, passed = runner.timed(known[name].run, short=short, results=place)
        runner.write(place / f"{name}.json", result)
        good = good and passed
        print(json.dumps({name: result}, ensure_ascii=False, default=str))
    return 0 if good else 1


def _leave_the_disk() -> None:
    """Work in memory where there is room: drills kill processes, and what a killed one wrote stays; none cuts power."""
    if place := memory.folder(ROOM):
        os.environ["TMPDIR"] = tempfile.tempdir = str(place)


sys.exit(main())
