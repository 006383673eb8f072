"""The words of returns and of their loads. Pure."""

from typing import Final

ACTIVE: Final = "active"
PAUSED: Final = "paused"
ENDED: Final = "ended"
RETURN_STATES: Final = (ACTIVE, PAUSED, ENDED)

OPEN: Final = "open"
HELD: Final = "held"
APPLIED: Final = "applied"
DROPPED: Final = "dropped"
LOAD_STATES: Final = (OPEN, HELD, APPLIED, DROPPED)
UNFINISHED: Final = (OPEN, HELD)

CHANGES: Final = "changes"
WHOLE: Final = "whole"
MODES: Final = (CHANGES, WHOLE)
