"""`make bench`: run the benchmarks and keep their figures in bench/results.json."""

import json
import sys

from bench import runner

FILE = runner.ROOT / "results.json"


def main() -> int:
    """Run what is asked; figures of other benchmarks stay as they were."""
    known = runner.modules("bench")
    names, short = runner.asked("Benchmarks", sorted(known))
    kept = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    good = True
    for name in names:
        runner.say(f"bench {name} …")
        kept[name], passed = runner.timed(known[name].run, short=short)
        good = good and passed
        runner.write(FILE, kept)
        print(json.dumps({name: kept[name]}, ensure_ascii=False, default=str))
    return 0 if good else 1


sys.exit(main())
