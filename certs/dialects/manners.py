"""How a dialect's look-ups and comparisons are answered at the gate: as the API does, by a number that is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.orm import Session

from base.canonical import Json
from certs.comparing.checking import Checking
from certs.dialects.errors import DialectCannotSeal
from certs.libraries.answers import Asked
from certs.libraries.names import same_name
from certs.queries.answering import READING
from certs.queries.preparing import Prepared
from exchange.door.quotas import Taking


@dataclass(frozen=True)
class Spoken:
    """Answers a look-up as the API does; of several certificates only the one with the number that was told."""

    number: str = field(default="", repr=False)
    kind: str = "query"

    def look(self, _session: Session, prepared: Sequence[Prepared]) -> None:
        """Refuse what no dialect can write. Raises `DialectCannotSeal`."""
        if any(each.recipient is not None for each in prepared):
            raise DialectCannotSeal

    def takings(self, _prepared: Prepared) -> tuple[Taking, ...]:
        """Nothing more is taken."""
        return ()

    def told(self, prepared: Prepared, best: Asked, asked: Sequence[Asked], usage: str | None) -> dict[str, Json]:
        """Write the answer; the number counts only where it is granted, so that it is no way to try numbers out."""
        whole = READING.told(prepared, best, asked, usage)
        if not self.number:
            return whole
        found: Any = whole["certificates"]
        return {**whole, "certificates": [each for each in found if each["number"] == self.number]}


@dataclass
class Particulars(Checking):
    """Compares with the certificate of the number that was told, where the holder has it."""

    number: str = ""

    def told(self, prepared: Prepared, best: Asked, asked: Sequence[Asked], usage: str | None) -> dict[str, Json]:
        """Write the answer, with its signature."""
        entries = best.answer.entries
        meant = tuple(
            each for each in entries if each.content is not None and same_name(each.content.number, self.number)
        )
        chosen = replace(best, answer=replace(best.answer, entries=meant or entries))
        return super().told(prepared, chosen, asked, usage)
