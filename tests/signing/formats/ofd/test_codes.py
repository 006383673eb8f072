"""Every code that reading an OFD can tell has words for the way it is told."""

import ast
from pathlib import Path

import pytest

import signing.formats.ofd
from signing.check_codes import codes
from signing.report import Outcome

FOLDER = Path(signing.formats.ofd.__file__).parent
MAKERS = {
    "passed": Outcome.PASSED,
    "failed": Outcome.FAILED,
    "warned": Outcome.WARNING,
    "not_checked": Outcome.NOT_CHECKED,
}


def told() -> list[tuple[str, str, Outcome]]:
    found = []
    for path in sorted(FOLDER.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                outcome = Outcome.WARNING if node.func.id == "unreadable" else MAKERS.get(node.func.id)
                first = node.args[0]
                if outcome is not None and isinstance(first, ast.Constant):
                    found.append((path.name, str(first.value), outcome))
    return found


@pytest.mark.parametrize(("place", "code", "outcome"), told())
def test_a_code_has_words_for_its_outcome(place, code, outcome):
    assert outcome in codes()[code].words, place
