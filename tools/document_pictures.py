"""Makes the pictures of sealed documents for the documentation: `python -m tools.document_pictures`.

One invented licence, as OFD and as PDF, is sealed with an invented seal by the product's own code; then both previews
and what `yinxin verify` says are drawn. Needs a typeface with Chinese characters on this machine, and nothing else.
"""

import io
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import click
from PIL import Image, ImageDraw, ImageFont

from keys.algorithms import der
from signing import drafts, sample_documents, typefaces
from signing.commands.verify import lines
from signing.drafts import Impression, Manner, Way
from signing.formats import FORMATS
from signing.formats.ofd.package import package
from signing.levels import Level
from signing.policy import DEFAULT
from signing.previews import installed
from signing.previews.limits import Limits
from signing.previews.ofd.document import shown_document
from signing.previews.ofd.page import sheet
from signing.previews.pages import page
from signing.previews.pdf_writing import pdf
from signing.previews.preview import Form, Wanted
from signing.report import Place, Report
from signing.sample import FONTS, picture
from signing.verification import verify
from tests.builders import lasting, seals
from tests.builders.pki import AT

PICTURES: Final = Path(__file__).parents[1] / "docs" / "pictures"
SEAL_NAME: Final = "演示省卫生健康委员会行政许可专用章"
WHERE: Final = Manner((Place(1, 130, 190, 40, 40),))
# Pixels a millimetre of the page: readable on a page of the documentation, and under 300 KB.
SCALE: Final = 4.0
LETTER: Final = 22
LINE: Final = 34
MARGIN: Final = 28
INK: Final = {"✓": (20, 108, 67), "✕": (179, 21, 28), "!": (138, 83, 0), "·": (74, 85, 104)}


def main() -> int:
    """Make every picture anew."""
    file = typefaces.first(tuple(name for name in FONTS if "Sans" in name) + FONTS)
    if file is None:
        print("no typeface with Chinese characters: pip install pylopdf-fonts-zh-cn", file=sys.stderr)
        return 1
    PICTURES.mkdir(parents=True, exist_ok=True)
    documents = {"sealed-licence-ofd": sealed_ofd(), "sealed-licence-pdf": sealed_pdf()}
    for name, document in documents.items():
        report = judged(name, document)
        drawn = page(document, report, 1, Wanted(Form.PNG, SCALE, installed.installed()))
        _write(name, Image.open(io.BytesIO(drawn.picture)))
    _write("sealed-licence-report", _spoken(documents, ImageFont.truetype(file, LETTER)))
    return 0


def sealed_ofd() -> bytes:
    """Seal the licence as OFD, by GB/T 38540-2020."""
    people, drawn = seals.usual(), picture(SEAL_NAME)
    parts = seals.SealParts(picture=der.octets(drawn), name=seals.utf8(SEAL_NAME))
    impression = Impression(parts.der, drawn, 40, 40, people.signer.certificate)
    draft = drafts.draft(sample_documents.ofd(), FORMATS["ofd"], impression, WHERE, AT)
    return draft.finish(draft.algorithm.sign(people.signer.key, draft.to_sign), None)


def sealed_pdf() -> bytes:
    """Draw the same licence into a PDF and sign it so that it lasts (PAdES B-LTA)."""
    document = shown_document(package(sample_documents.ofd()))
    laid = sheet(document, document.page(1), (), installed.installed(), Limits())
    unsigned = pdf(laid, 595, 842)
    people, drawn = lasting.usual(), picture(SEAL_NAME)
    impression = Impression(b"", drawn, 40, 40, people.signer.certificate)
    manner = Manner(WHERE.places, way=Way.MESSAGE, level=Level.B_LTA)
    draft = drafts.draft(unsigned, FORMATS["pdf"], impression, manner, AT)
    signature = draft.algorithm.sign(people.signer.key, draft.to_sign)
    return lasting.lasting(people, Level.B_LTA, draft.finish(signature, people.stamp(signature)))


def judged(name: str, document: bytes) -> Report:
    """Verify as someone who knows the authorities."""
    people, usual = lasting.usual(), seals.usual()
    trust = usual.trust().with_material((people.authority.certificate,))
    anchors = (*trust.anchors, *people.trust().anchors)
    kind = name.rsplit("-", 1)[1]
    return verify(document, f"公共场所卫生许可证（演示）.{kind}", replace(trust, anchors=anchors), DEFAULT, AT)


def _spoken(documents: Mapping[str, bytes], font: ImageFont.FreeTypeFont) -> Image.Image:
    """Write what the command says, as a picture."""
    said = ["$ yinxin verify 公共场所卫生许可证（演示）.ofd 公共场所卫生许可证（演示）.pdf"]
    for name, document in documents.items():
        said += ["", *(click.unstyle(line) for line in lines(judged(name, document), "zh"))]
    width = int(max(font.getlength(line) for line in said)) + 2 * MARGIN
    drawn = Image.new("RGB", (width, LINE * len(said) + 2 * MARGIN), (245, 247, 250))
    pen = ImageDraw.Draw(drawn)
    for number, line in enumerate(said):
        ink = INK.get(line.strip()[:1], (26, 34, 48))
        pen.text((MARGIN, MARGIN + LINE * number), line, fill=ink, font=font)
    return drawn


def _write(name: str, drawn: Image.Image) -> None:
    file = PICTURES / f"{name}.png"
    drawn.convert("P", palette=Image.Palette.ADAPTIVE, colors=128).save(file, "PNG", optimize=True)
    print(file, file.stat().st_size)


if __name__ == "__main__":
    sys.exit(main())
