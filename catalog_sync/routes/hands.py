"""Who may decide about what is told to other platforms: records of every organisation pass through here."""

from base.callers import NotAllowed
from base.web import caller, parts
from catalog_sync.wiring import Sync

SCOPE = "sync:admin"
HANDS = {"operator"}
READERS = HANDS | {"auditor"}


def require_hands() -> None:
    """Let only those pass who run synchronisation. Raises `NotAllowed`."""
    if not parts(Sync).is_run_by(caller()):
        raise NotAllowed(needed="sync.organisation")
