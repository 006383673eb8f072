"""Draws `yinxin sync status` for docs/sync.md, from the command itself: `python -m tools.sync_picture`.

A house with invented things and three platforms in memory is synchronised: one is well and refuses a record, one is
down, one is paused by hand. What the command then says is drawn as it is said.
"""

import html
import os
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from click.testing import CliRunner

import app
from base import clock, schema
from base.db import DatabaseSettings, connect
from base.program import Program, Running
from base.settings import read
from catalog_sync import channels
from catalog_sync.commands.sync import status
from catalog_sync.targets.target import Outcome, Reply
from catalog_sync.wiring import Sync
from tests.catalog_sync import house as houses
from tests.catalog_sync.house import BY, House
from tests.catalog_sync.platform import Platform, down

PICTURE: Final = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "sync-status.svg"
AT: Final = datetime.fromisoformat("2026-11-21T10:30:00+08:00")
PROMPT: Final = "$ yinxin sync status"
_WIDE, _ROW, _LEFT, _TOP = 8, 24, 24, 66
_FACE: Final = 'font-family="ui-monospace, Menlo, Consolas, monospace" font-size="13"'
# By the word that a line has behind the channel's name.
_INK: Final = {"running": "#146c43", "paused": "#8a5300"}


def said() -> str:
    """Synchronise, and give what the command says then."""
    with tempfile.TemporaryDirectory() as place:
        settings = DatabaseSettings(url=f"sqlite:///{Path(place) / 'a.db'}")
        database = connect(settings, app.LAST_ACTS)
        schema.upgrade(database)
        house = houses.opened(database, Path(place), AT, *_platforms())
        _synchronise(house)
        running = Running(_program(house), read((DatabaseSettings,), environment={}).changed(settings))
        before, clock.now = clock.now, lambda: house.at
        try:
            answer = CliRunner().invoke(status, obj=running, catch_exceptions=False)
        finally:
            clock.now = before
            running.unchecked_database.close()
            database.close()
        return answer.output


def drawn(text: str) -> str:
    """Draw what a terminal shows."""
    lines = text.rstrip("\n").splitlines()
    width = _LEFT * 2 + _WIDE * max(map(len, (PROMPT, *lines)))
    height = _TOP + _ROW * (len(lines) + 1)
    whole = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {_FACE}>',
        f'<title>yinxin sync status</title><rect width="{width}" height="{height}" rx="6" fill="#f7f9fb"/>',
        _line(PROMPT, 36, "#4a5568"),
    ]
    for row, line in enumerate(lines):
        state = next((word for word in _INK if f" {word}" in line), "running")
        whole.append(_line(line, _TOP + _ROW * row, _INK[state]))
    return "\n".join([*whole, "</svg>", ""])


def _line(text: str, top: int, ink: str) -> str:
    # As wide as in a terminal, whatever face a reader's machine has.
    told = f'textLength="{_WIDE * len(text)}" lengthAdjust="spacingAndGlyphs"'
    return f'<text x="{_LEFT}" y="{top}" fill="{ink}" xml:space="preserve" {told}>{html.escape(text)}</text>'


def _platforms() -> tuple[Platform, ...]:
    well, silent, paused = Platform("national-gateway"), Platform("front-library"), Platform("file-exchange")

    def refuses(record: Any) -> Reply | None:
        is_bad = record.subject.id == "t000007"
        return Reply(Outcome.REFUSED, code="E7", words="演示：必填项为空") if is_bad else None

    def never(_records: Any) -> None:
        raise down()

    well.replying, silent.before = refuses, never
    return well, silent, paused


def _synchronise(house: House) -> None:
    house.transaction(lambda session: channels.pause(session, "file-exchange", "planned maintenance", BY, house.at))
    house.fill(40)
    for each in house.sync.targets:
        house.write(each)
    house.later(minutes=17)
    house.push("national-gateway")
    house.push("front-library")
    house.later(seconds=5)


def _program(house: House) -> Program:
    told = app.PROGRAM
    parts = {Sync: house.sync}
    made = {name: getattr(told, name) for name in told.__dataclass_fields__}
    return Program(**{**made, "make_parts": lambda _read: parts})


def main() -> None:
    """Write the picture."""
    os.environ |= {"LANG": "en_US.UTF-8", "TZ": "Asia/Shanghai"}
    time.tzset()
    PICTURE.write_text(drawn(said()), encoding="utf-8")


if __name__ == "__main__":
    main()
