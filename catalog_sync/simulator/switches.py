"""What is switched on just now, and whether it strikes; kept in the store, and read from there at the start."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from catalog_sync.simulator import faults, store
from catalog_sync.simulator.faults import Faults, Stage, Switched

# A review ends this many calls later, unless it is switched otherwise; below 0: on command alone.
USUAL_REVIEW_AFTER = 3


class Switches:
    """The switches of a platform; one process serves it, so what is in memory is what holds."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.review_after = USUAL_REVIEW_AFTER

    def load(self, session: Session) -> None:
        """Read what was switched on when the platform was last open."""
        self.faults = faults.read(store.setting(session, store.FAULTS))
        self.review_after = int(store.setting(session, store.REVIEW_AFTER) or USUAL_REVIEW_AFTER)

    def on(self, session: Session, name: str) -> Switched | None:
        """Give a fault if it is switched on and not used up."""
        found = next((each for each in self.faults.switched if each.fault.name == name), None)
        return None if found is None or self._is_spent(session, found) else found

    def strike(
        self,
        session: Session,
        stages: Iterable[Stage],
        call: str,
        *,
        only: str = "",
        apart: frozenset[str] = frozenset(),
    ) -> Switched | None:
        """Give the first fault of these stages that strikes a call, counted; none where none does."""
        for each in self.faults.of(stages):
            if each.fault.name in apart or (only and each.fault.name != only):
                continue
            if self.faults.strikes(each, call) and not self._is_spent(session, each):
                store.strike(session, each.fault.name)
                return each
        return None

    def _is_spent(self, session: Session, switched: Switched) -> bool:
        return switched.times is not None and store.struck(session, switched.fault.name) >= switched.times
