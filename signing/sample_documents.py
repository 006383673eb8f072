"""The drafts of the sandbox: a one-page licence as OFD and a one-page notice as PDF, before any seal is on them."""

import io
import zipfile
from typing import Final

NAMESPACE: Final = "http://www.ofdspec.org/2016"
# Nothing in a sample depends on when it was made.
_MOMENT: Final = (2026, 1, 1, 0, 0, 0)
LINES: Final = (
    ("公共场所卫生许可证（演示）", 105.0, 40.0, 9.0),
    ("单位名称：演示市云水宾馆有限公司", 105.0, 70.0, 5.0),
    ("许可项目：住宿场所", 105.0, 84.0, 5.0),
    ("许可证编号：演示卫公字〔2026〕第000001号", 105.0, 98.0, 5.0),
    ("有效期限：2026年1月1日至2029年12月31日", 105.0, 112.0, 5.0),
    ("本证照为演示数据，不具有任何效力", 105.0, 250.0, 4.0),
)


def ofd() -> bytes:
    """Write the draft as OFD."""
    files = {
        "OFD.xml": _xml(
            "OFD",
            "<ofd:DocBody><ofd:DocInfo><ofd:DocID>20260101000000000000000000000001</ofd:DocID>"
            "<ofd:Title>公共场所卫生许可证（演示）</ofd:Title><ofd:Creator>Yinxin</ofd:Creator></ofd:DocInfo>"
            "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody>",
            ' Version="1.1" DocType="OFD"',
        ),
        "Doc_0/Document.xml": _xml(
            "Document",
            "<ofd:CommonData><ofd:MaxUnitID>100</ofd:MaxUnitID>"
            "<ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>"
            "<ofd:PublicRes>PublicRes.xml</ofd:PublicRes></ofd:CommonData>"
            '<ofd:Pages><ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages>',
        ),
        "Doc_0/PublicRes.xml": _xml(
            "Res",
            '<ofd:Fonts><ofd:Font ID="2" FontName="宋体" FamilyName="SimSun" Charset="unicode"/></ofd:Fonts>',
            ' BaseLoc="Res"',
        ),
        "Doc_0/Pages/Page_0/Content.xml": _xml("Page", _page()),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _MOMENT), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def pdf() -> bytes:
    """Write the draft as PDF; its letters are those that every reader has."""
    text = "BT /F1 18 Tf 90 740 Td (DEMONSTRATION NOTICE - Yinxin sandbox) Tj 0 -40 Td /F1 12 Tf "
    text += "(This document is invented and has no legal force whatsoever.) Tj ET"
    page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R "
    page += "/Resources << /Font << /F1 4 0 R >> >> >>"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page,
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
    )
    out, places = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1")
    start = len(out)
    rows = "".join(f"{place:010d} 00000 n \n" for place in places)
    out += f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n{rows}".encode()
    out += f"trailer\n<< /Size {len(places) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def _page() -> str:
    """Write each line as a text object, centred."""
    found = []
    for number, (text, middle, top, size) in enumerate(LINES, start=10):
        width = sum(size if ord(sign) > 0xFF else size / 2 for sign in text)  # noqa: PLR2004 - Latin-1 is narrow
        steps = " ".join(f"{size if ord(sign) > 0xFF else size / 2:g}" for sign in text[:-1])  # noqa: PLR2004
        code = f'<ofd:TextCode X="0" Y="{size:g}" DeltaX="{steps}">{text}</ofd:TextCode>'
        box = f"{middle - width / 2:g} {top:g} {width + 1:g} {size * 1.4:g}"
        found.append(f'<ofd:TextObject ID="{number}" Boundary="{box}" Font="2" Size="{size:g}">{code}</ofd:TextObject>')
    return f'<ofd:Content><ofd:Layer ID="3" Type="Body">{"".join(found)}</ofd:Layer></ofd:Content>'


def _xml(name: str, inside: str, attributes: str = "") -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f'{head}<ofd:{name} xmlns:ofd="{NAMESPACE}"{attributes}>{inside}</ofd:{name}>'.encode()
