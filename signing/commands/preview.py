"""`yinxin preview`: a page of an OFD or a PDF as a picture; what could not be drawn is said, never passed over."""

import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from base import clock
from base.command_line import json_option, language, report
from keys.trust import Trust
from signing import policy, verification
from signing.previews import installed
from signing.previews.errors import NoPreview, NoSuchPage
from signing.previews.pages import page
from signing.previews.preview import SCALE, Form, Preview, Wanted
from signing.previews.words import told

EXIT_NOT_WRITTEN: Final = 1
EXIT_USAGE: Final = 2
EXIT_UNREADABLE: Final = 5
# Files are read whole, as for `yinxin verify`.
FILE_LIMIT: Final = 512 << 20
FORM_OF: Final = {".png": Form.PNG, ".svg": Form.SVG}


@click.command("preview")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--page", "number", type=click.IntRange(1), default=1, show_default=True, help="Page / 页码")
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="PNG or SVG file / 输出的图片"
)
@click.option(
    "--scale",
    type=click.FloatRange(0.1, 100),
    default=SCALE,
    show_default=True,
    help="Points a millimetre of a PNG / 每毫米像素数",
)
@json_option
def preview_command(file: Path, number: int, out: Path, scale: float, as_json: bool) -> None:
    """Draw a page of an OFD or PDF file as a picture / 将 OFD、PDF 的一页绘成图片."""
    form = FORM_OF.get(out.suffix.lower())
    if not math.isfinite(scale):
        raise click.BadParameter(str(scale), param_hint="--scale")
    if form is None:
        raise click.BadParameter(f"{out.name}: .png | .svg", param_hint="--out")
    if file.stat().st_size > FILE_LIMIT:
        raise click.UsageError(f"{file}: {file.stat().st_size} > {FILE_LIMIT}")
    drawn = _drawn(file, number, Wanted(form, scale))
    try:
        out.write_bytes(drawn.picture)
    except OSError as error:
        click.echo(f"yinxin: {out}: {error.strerror}", err=True)
        sys.exit(EXIT_NOT_WRITTEN)
    if as_json:
        report(_facts(drawn, out))
        return
    click.echo(f"{out}: {drawn.page}/{drawn.pages}, {drawn.width_mm:g} × {drawn.height_mm:g} mm")
    for each in drawn.not_drawn:
        words = told(each)
        click.echo(f"! {each.code}: {words.zh if language() == 'zh' else words.en}", err=True)


def _drawn(file: Path, number: int, wanted: Wanted) -> Preview:
    """Draw the page; the seals are those that the report finds in the same bytes."""
    data = file.read_bytes()
    at = clock.now()
    found = verification.verify(data, file.name, Trust(at), policy.DEFAULT, at)
    try:
        return page(data, found, number, replace(wanted, fonts=installed.installed()))
    except NoPreview as refusal:
        _say(f"{file}: {refusal.reason}", "无法预览", "no preview can be made")
        sys.exit(EXIT_UNREADABLE)
    except NoSuchPage as refusal:
        _say(f"{file}: {refusal.page} > {refusal.pages}", "没有这一页", "there is no such page")
        sys.exit(EXIT_USAGE)


def _say(about: str, zh: str, en: str) -> None:
    click.echo(f"yinxin: {zh if language() == 'zh' else en}: {about}", err=True)


def _facts(drawn: Preview, out: Path) -> dict[str, Any]:
    return {
        "out": str(out),
        "media_type": drawn.media_type,
        "page": drawn.page,
        "pages": drawn.pages,
        "width_mm": round(drawn.width_mm, 3),
        "height_mm": round(drawn.height_mm, 3),
        "boxes": [
            {
                "signature": each.signature,
                "x_mm": each.place.x_mm,
                "y_mm": each.place.y_mm,
                "width_mm": each.place.width_mm,
                "height_mm": each.place.height_mm,
            }
            for each in drawn.boxes
        ],
        "not_drawn": [
            {"code": each.code, "subject": each.subject, "count": each.count, "detail": {"zh": said.zh, "en": said.en}}
            for each in drawn.not_drawn
            for said in (told(each),)
        ],
    }
