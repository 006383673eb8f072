"""One invented citizen's trip that became needless, in figures: those of the matter's own list of materials, no others.

Who is told of is a magic holder of the sandbox; what was asked for and what can stand in for it is the table that the
sandbox keeps its matters by (`certs.filing.matters.annex`).
"""

import functools
from dataclasses import dataclass
from typing import Final

from certs.filing.matter import Means, Necessity
from certs.filing.matters import annex
from certs.sample_magic import MAGIC

MATTER: Final = "老年人优待证申办"
# The first application of somebody who comes in person.
SITUATION: Final = "首次申领"
SPARING: Final = frozenset({Means.CERTIFICATE, Means.SHARED, Means.CHECK})
ASKED: Final = frozenset({Necessity.REQUIRED, Necessity.LOCAL, Necessity.CONDITIONAL})


@dataclass(frozen=True)
class Trip:
    """Who came, how many papers were asked for, by what each is spared, and what is left to bring."""

    name: str
    papers: tuple[str, ...]
    by_certificate: int
    by_data: int

    @property
    def spared(self) -> int:
        """Give how many papers stay at home."""
        return self.by_certificate + self.by_data

    @property
    def left(self) -> int:
        """Give how many are still to be brought."""
        return len(self.papers) - self.spared


@functools.cache
def trip() -> Trip:
    """Count the rows of the table."""
    rows = [
        each
        for each in annex.rows()
        if each.matter == MATTER and each.situation.endswith(SITUATION) and each.necessity in ASKED
    ]
    certificates = sum(each.means is Means.CERTIFICATE for each in rows)
    spared = sum(each.means in SPARING for each in rows)
    return Trip(MAGIC["0001"].name, tuple(each.material for each in rows), certificates, spared - certificates)
