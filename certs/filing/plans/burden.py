"""What an answer costs the applicant, and which of two plans asks less of them. Pure.

Two plans are compared by these counts, one after the other; a later one only decides between plans that are alike in
all before it. So no saving of the office's ever costs the applicant a paper.

1. papers to bring now
2. papers to bring later (容缺)
3. promises to sign (告知承诺): a signature, and a liability
4. consents to give, one for each source and person whatever it serves for
5. letters to organs that are asked to help (行政协助): nothing to do, and days to wait
6. sources that have answered badly of late, since a paper may be asked for after all
7. old papers that are relied on though the source itself may know better
8. sources asked, one for each source and person: who is asked less knows less
9. whole files taken, where fields would do
10. fields taken, where a yes or no would do

Where all ten are alike the sources that the matter writes first are taken, so that the same input gives the same plan.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple


class Burden(NamedTuple):
    """The ten counts, in their order."""

    papers: int = 0
    later: int = 0
    promises: int = 0
    consents: int = 0
    organs: int = 0
    unsteady: int = 0
    reused: int = 0
    sources: int = 0
    files: int = 0
    fields: int = 0


NOTHING: Final = Burden()


def total(burdens: Iterable[Burden]) -> Burden:
    """Add burdens up."""
    counted = list(burdens)
    return Burden(*map(sum, zip(*counted, strict=True))) if counted else NOTHING
