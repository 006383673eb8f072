"""What would free the most: the gaps that plans meet, ranked; and what a change of grants or sources changes. Pure.

A gap is one thing that stands between a material and being free: a grant, a field, a directory that nothing serves. A
material may have several ways to become free; each of them is a gap of its own, and closing any one of them is enough.
Gaps are ranked by the cases of a year that they touch, then by materials, so that whoever closes the first closes the
most. The applicant's own papers are no gaps: nothing that an office does makes them free.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from certs.filing.matter import Material
from certs.filing.plans import reasons
from certs.filing.plans.offers import Obstacle, Target, target_of
from certs.filing.plans.plan import Answer, Line, Plan
from certs.filing.plans.reasons import Said

# Gaps that are gone once the source is kept here, served and granted.
CLOSED_BY_BRINGING_IN: Final = frozenset({"type", "directory", "source", "grant", "health", "freshness", "fields"})


@dataclass(frozen=True)
class Gap:
    """One thing that is missing, and what hangs on it: materials by their matters, and the cases of these."""

    kind: str
    target: Target
    name: str
    said: Said
    matters: tuple[str, ...]
    # Matter and material, in the order in which they were met.
    materials: tuple[tuple[str, str], ...]
    cases: int
    confidence: str
    # What the materials need of it, each once.
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """A material that is answered otherwise than before."""

    material: Material
    before: Answer | None
    after: Answer | None
    because: Said


def ranked(plans: Iterable[Plan], cases: Mapping[str, int]) -> tuple[Gap, ...]:
    """Rank the gaps of plans, by the cases of their matters (item code → cases of a year)."""
    met: dict[tuple[str, Target, Said], list[tuple[Plan, Line, Obstacle]]] = {}
    for each in plans:
        for line in each.lines:
            for obstacle in line.would_be_free_if:
                name = obstacle.kind, target_of(obstacle.replacement), reasons.would_free(obstacle)
                met.setdefault(name, []).append((each, line, obstacle))
    found = [_gap(kind, target, said, told, cases) for (kind, target, said), told in met.items()]
    return tuple(sorted(found, key=lambda gap: (-gap.cases, -len(gap.materials), gap.kind, gap.target, gap.said.zh)))


def differences(before: Plan, after: Plan) -> tuple[Difference, ...]:
    """Tell which materials are answered otherwise, in the order of the later plan; those that fell away last."""
    old = {each.material.key: each for each in before.lines}
    new = {each.material.key: each for each in after.lines}
    changed = [
        Difference(line.material, old[key].answer if key in old else None, line.answer, line.because)
        for key, line in new.items()
        if key not in old or old[key].answer is not line.answer
    ]
    gone = [Difference(line.material, line.answer, None, line.because) for key, line in old.items() if key not in new]
    return (*changed, *gone)


def _gap(
    kind: str, target: Target, said: Said, told: Sequence[tuple[Plan, Line, Obstacle]], cases: Mapping[str, int]
) -> Gap:
    matters = tuple(dict.fromkeys(planned.matter.item_code for planned, _, _ in told))
    materials = tuple(dict.fromkeys((planned.matter.item_code, line.material.name) for planned, line, _ in told))
    first = told[0][2].replacement
    touched = sum(cases.get(each, 0) for each in matters)
    needed = tuple(dict.fromkeys(each for _, _, obstacle in told for each in obstacle.replacement.fields))
    return Gap(kind, target, first.name, said, matters, materials, touched, first.confidence.value, needed)
