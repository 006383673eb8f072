"""Draws the walks of docs/filing-walks.md: who calls what, in which order, one picture for each section.

The commands of the page are the source, so a picture shows what a test carries out. Run it when the page has changed:
`python -m tools.walk_pictures`.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DOCS: Final = Path(__file__).resolve().parents[1] / "docs"
PAGE: Final = DOCS / "filing-walks.md"
PICTURES: Final = {"A hygiene permit": "filing-permit.svg", "Opening a restaurant": "filing-restaurant.svg"}
NAMES: Final = {
    "WINDOW": "window 窗口",
    "ORGAN": "bureau's system 审批系统",
    "CLERK": "bureau's clerk 审批人员",
    "HEALTH": "supervisor 监管部门",
    "AUTHORITY": "authority 主管部门",
    "LEAD": "market supervision 市场监管",
    "FIRE": "fire brigade 消防",
    "SIGN": "city management 城管",
}
_BLOCK: Final = re.compile(r"```sh\n(.*?)```", re.DOTALL)
_CALLER: Final = re.compile(r"curl \$([A-Z]+)")
_ADDRESS: Final = re.compile(r"\$Y/api/v1(/\S+)")
_ACT: Final = re.compile(r'"act": "([a-z-]+)"')
_REFUSED: Final = re.compile(r"\b([45][0-9]{2}) `")
_FACE: Final = 'font-family="sans-serif" font-size="12"'
_LANE, _ROW, _LEFT, _TOP = 190, 34, 20, 70


@dataclass(frozen=True)
class Call:
    """A call of the walk: who, what, and whether it is refused."""

    who: str
    what: str
    refused: str = ""


def calls(text: str, section: str) -> Iterator[Call]:
    """Give the calls of a section of the page, in their order."""
    within = text.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    refused, command = "", ""
    for block in _BLOCK.findall(within):
        for line in (*block.replace("\\\n", " ").splitlines(), "#"):
            if line.startswith(("#", "curl")) and command:
                yield _call(command, refused)
                command = ""
            if line.startswith("#"):
                found = _REFUSED.search(line)
                refused = found[1] if found else ""
            else:
                command += line


def drawn(text: str, section: str) -> str:
    """Draw a section: a lane for everybody who calls, a row for each call."""
    told = list(calls(text, section))
    lanes = list(dict.fromkeys(each.who for each in told))
    width, height = _LEFT * 2 + _LANE * len(lanes), _TOP + _ROW * len(told) + 20
    whole = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {_FACE}>',
        f'<title>{html.escape(section)}</title><rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for place, who in enumerate(lanes):
        across = _LEFT + _LANE * place + _LANE // 2
        whole.append(f'<line x1="{across}" y1="{_TOP - 20}" x2="{across}" y2="{height - 10}" stroke="#ccd3da"/>')
        whole.append(f'<text x="{across}" y="30" text-anchor="middle" font-weight="bold">{NAMES[who]}</text>')
    for row, each in enumerate(told):
        whole += _row(each, row, _LEFT + _LANE * lanes.index(each.who))
    return "\n".join([*whole, "</svg>", ""])


def _row(call: Call, row: int, left: int) -> Iterator[str]:
    top, colour = _TOP + _ROW * row, "#b3261e" if call.refused else "#1d5fa8"
    words = f"{row + 1}  {call.what}{f' → {call.refused}' if call.refused else ''}"
    box = f'x="{left + 6}" y="{top - 16}" width="{_LANE - 12}" height="24" rx="4"'
    yield f'<rect {box} fill="#eef3f8" stroke="{colour}"/>'
    yield f'<text x="{left + _LANE // 2}" y="{top}" text-anchor="middle" fill="{colour}">{html.escape(words)}</text>'


def _call(command: str, refused: str) -> Call:
    who, address, act = _CALLER.search(command), _ADDRESS.search(command), _ACT.search(command)
    if who is None or address is None:
        raise ValueError(command)
    parts = [each for each in address[1].rstrip("'").split("/") if each and not each.startswith("$")]
    what = act[1] if act else "/".join(parts[-2:])
    return Call(who[1], what, refused)


def main() -> None:
    """Write the pictures."""
    text = PAGE.read_text(encoding="utf-8")
    for section, name in PICTURES.items():
        (DOCS / "pictures" / name).write_text(drawn(text, section), encoding="utf-8")


if __name__ == "__main__":
    main()
