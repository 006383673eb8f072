"""The table of a month as CSV, as offices open it: each figure, the month before, and the change.

UTF-8 with the mark by which Excel knows it.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from base.problems import Language
from base.sheets import MARK, csv_line
from certs.figures.figures import FIGURES, Told, Value
from certs.figures.reading import Table

_HEADS: Final[dict[Language, tuple[str, ...]]] = {
    "zh": ("月份", "名次", "代码", "名称", "上月", "环比"),
    "en": ("Month", "Rank", "Code", "Name", "before", "change"),
}
TOTAL: Final[dict[Language, str]] = {"zh": "合计", "en": "Total"}
ELSEWHERE: Final[dict[Language, str]] = {"zh": "省本级和其他地区", "en": "Province level and elsewhere"}


def written(table: Table, language: Language) -> bytes:
    """Write the table, the whole in its last line."""
    month, rank, code, name, before, change = _HEADS[language]
    titles = [each.zh if language == "zh" else each.en for each in FIGURES]
    columns = [words for title in titles for words in (title, f"{title} {before}", f"{title} {change}")]
    lines: list[Sequence[object]] = [
        [month, rank, code, name, *columns],
        *(
            [str(table.month), line.rank, line.code, line.name or ELSEWHERE[language], *_values_of(line.figures)]
            for line in table.lines
        ),
        [str(table.month), "", "", TOTAL[language], *_values_of(table.total)],
    ]
    return MARK + "".join(map(csv_line, lines)).encode("utf-8", errors="replace")


def _values_of(told: Mapping[str, Told]) -> list[Value]:
    return [value for each in FIGURES for value in _values(told[each.name])]


def _values(told: Told) -> tuple[Value, Value, Value]:
    return told.value, told.before, told.change
