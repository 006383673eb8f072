"""A promise as it is shared: which columns there are, and how a promise stands in words of the credit platform. Pure.

The text of a promise never leaves its case; its digest does, so that whoever has the text can prove which it was.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from certs.filing.undertakings.undertaking import State

# Columns, as a mount names them; a directory's items are mapped to them.
COLUMNS: Final = (
    *("promise", "holder_name", "holder_code", "matter_code", "matter", "material", "text_sm3"),
    *("made_at", "due_at", "state", "organ", "verified_by", "verified_at"),
)
KEY: Final = "promise"
HOLDER: Final = "holder_code"
STATE_OF: Final[Mapping[State, str]] = MappingProxyType(
    {
        State.OPEN: "open",
        State.OVERDUE: "overdue",
        State.FULFILLED: "fulfilled",
        State.BROKEN: "broken",
        State.CANCELLED: "withdrawn",
    }
)
# In these somebody has looked whether it was fulfilled.
VERIFIED: Final = frozenset({State.FULFILLED, State.BROKEN})
