"""A filing document as a value: what stands on it, before it is laid out; and its one written form. Pure.

The value is what is kept: a document that is sealed later, in another format, says to the letter the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from base.canonical import Json, canonical, read


@dataclass(frozen=True)
class Table:
    """A table: its heading, the columns with their widths in millimetres, and the rows."""

    heading: str
    columns: tuple[tuple[str, float], ...]
    rows: tuple[tuple[str, ...], ...] = field(repr=False)


@dataclass(frozen=True)
class Sheet:
    """A filing document: title, number, facts, tables, and what stands at the end beside the seal."""

    kind: str
    title: str
    number: str
    at: datetime
    facts: tuple[tuple[str, str], ...] = field(repr=False)
    tables: tuple[Table, ...] = field(repr=False)
    closing: tuple[str, ...]
    # What the code in the corner points to.
    link: str
    region: str

    @property
    def said(self) -> dict[str, Json]:
        """Give all that it says but when it was made and under which number: what makes two of them the same."""
        return {
            "kind": self.kind,
            "title": self.title,
            "facts": [list(each) for each in self.facts],
            "tables": [
                {
                    "heading": each.heading,
                    # Millimetres with a tenth, as whole numbers.
                    "columns": [[label, round(width * 10)] for label, width in each.columns],
                    "rows": [list(row) for row in each.rows],
                }
                for each in self.tables
            ],
            "closing": list(self.closing),
            "region": self.region,
        }

    @property
    def written(self) -> bytes:
        """Write the whole."""
        told = {"number": self.number, "at": self.at.astimezone(UTC).isoformat(), "link": self.link}
        return canonical({**self.said, **told})


def of(content: bytes) -> Sheet:
    """Read a sheet that was kept."""
    told: Any = read(content)
    return Sheet(
        told["kind"],
        told["title"],
        told["number"],
        datetime.fromisoformat(told["at"]),
        tuple((label, text) for label, text in told["facts"]),
        tuple(_table(each) for each in told["tables"]),
        tuple(told["closing"]),
        told["link"],
        told["region"],
    )


def _table(told: Mapping[str, Any]) -> Table:
    columns = tuple((label, width / 10) for label, width in told["columns"])
    return Table(told["heading"], columns, tuple(tuple(row) for row in told["rows"]))
