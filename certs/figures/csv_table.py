"""The table of a month as CSV, as offices open it: each figure, the month before, and the change.

UTF-8 with the mark by which Excel knows it; what a spreadsheet would take for a formula gets a quote before it.
"""

import csv
import io
from collections.abc import Mapping
from typing import Final

from base.problems import Language
from certs.figures.figures import FIGURES, Told, Value
from certs.figures.reading import Table
from exchange.exports.tables import MARK
from exchange.imports.tables import neutralised

_HEADS: Final[dict[Language, tuple[str, ...]]] = {
    "zh": ("月份", "名次", "代码", "名称", "上月", "环比"),
    "en": ("Month", "Rank", "Code", "Name", "before", "change"),
}
TOTAL: Final[dict[Language, str]] = {"zh": "合计", "en": "Total"}
ELSEWHERE: Final[dict[Language, str]] = {"zh": "省本级和其他地区", "en": "Province level and elsewhere"}


def written(table: Table, language: Language) -> bytes:
    """Write the table, the whole in its last line."""
    month, rank, code, name, before, change = _HEADS[language]
    page = io.StringIO()
    writer = csv.writer(page)
    titles = [each.zh if language == "zh" else each.en for each in FIGURES]
    columns = [words for title in titles for words in (title, f"{title} {before}", f"{title} {change}")]
    writer.writerow([month, rank, code, name, *columns])
    for line in table.lines:
        named = line.name or ELSEWHERE[language]
        words = (neutralised(each.replace("\0", "")) for each in (line.code, named))
        # Figures are numbers of our own: a quote before a minus would make a text of them.
        writer.writerow([str(table.month), _cell(line.rank), *words, *_cells(line.figures)])
    writer.writerow([str(table.month), "", "", TOTAL[language], *_cells(table.total)])
    return MARK + page.getvalue().encode("utf-8", errors="replace")


def _cells(told: Mapping[str, Told]) -> list[str]:
    return [_cell(value) for each in FIGURES for value in _values(told[each.name])]


def _values(told: Told) -> tuple[Value, Value, Value]:
    return told.value, told.before, told.change


def _cell(value: Value) -> str:
    return "" if value is None else str(value)
