"""Filing seals (备案) with the office that keeps the filings: the table of ways to reach it.

A way is one file: `by_hand` where a person types the number that the office gave, `http` where its system is asked. A
site uses one of them, named in its settings. `keeping` holds what was asked and answered; `filing` is the form.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from signing.filings import by_hand, http
from signing.filings.filing import Way

WAYS: Final[Mapping[str, Way]] = MappingProxyType({each.name: each for each in (by_hand.WAY, http.WAY)})
