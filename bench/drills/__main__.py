"""`make drills`: run the drills and keep each result in bench/results/NAME.json (short runs apart from whole ones)."""

import json
import sys

from bench import runner

FOLDER = runner.ROOT / "results"


def main() -> int:
    """Run what is asked, one after the other; the exit code says whether all held."""
    known = runner.modules("bench.drills")
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


sys.exit(main())
