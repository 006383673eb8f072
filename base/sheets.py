"""Tables for spreadsheets (CSV): each line as offices open it, and no cell that is taken for a formula.

What a spreadsheet would take for a formula gets a quote before it (OWASP, CSV injection); reading takes it away again.
Numbers are ours and stay numbers: a quote before a minus would make a text of them.
"""

import csv
import io
from collections.abc import Iterable
from typing import Final

# The mark by which Excel knows UTF-8.
MARK: Final = b"\xef\xbb\xbf"
FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_line(cells: Iterable[object]) -> str:
    """Write one line of a table, with its end; nothing is an empty cell."""
    line = io.StringIO()
    csv.writer(line).writerow([_cell(each) for each in cells])
    return line.getvalue()


def neutralised(text: str) -> str:
    """Write a text so that no spreadsheet takes it for a formula; `unneutralised` gives it back."""
    return f"'{text}" if text.startswith((*FORMULA_SIGNS, "'")) else text


def unneutralised(text: str) -> str:
    """Take the quote away that a formula was made harmless with."""
    return text[1:] if text[:1] == "'" and text[1:].startswith((*FORMULA_SIGNS, "'")) else text


def _cell(value: object) -> object:
    return neutralised(value.replace("\0", "")) if isinstance(value, str) else value
