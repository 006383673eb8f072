"""The seals of the sandbox: a maker, invented organs' seals made step by step, and documents sealed with them.

Every seal says 演示 in its picture and its name. Each goes the whole way that a real one goes, by the people whose
steps these are; keys live in custody, certificates come from the sandbox's own test authority.
"""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont
from sqlalchemy.orm import Session

from base import clock
from base.callers import Caller
from base.db import Database
from base.program import Running, Sandbox
from keys.algorithms.sm2 import SM2_SM3
from keys.authority import drafts as certificate_drafts
from keys.authority import edges, issuing, requests
from keys.authority.records import certificate_of
from keys.authority.subjects import Subject
from keys.authority.wiring import Authority
from keys.certificates import Certificate
from keys.custody import acts
from keys.custody.wiring import CustodyParts
from keys.parties.sample import code_of
from keys.signers.signer import Signer, signed
from signing import authorisations, making, register, sample_documents, typefaces
from signing.authorisations import Leave
from signing.drafts import Manner
from signing.edges import Sealer
from signing.life import Step
from signing.making import Maker, Material
from signing.models import ANY, Seal
from signing.register import Application
from signing.report import Place
from signing.sealing import Order
from signing.wiring import Signing

AUTHORITY: Final = "sm2-issuing"
MAKER_KEY: Final = "seal-maker"
MAKER_FILE: Final = "seal-maker.pem"
SYSTEM: Final = "yanshi-province"
YEAR: Final = timedelta(days=365)
# A seal's certificate runs longer than the seal, so that a seal never outlives it.
CERTIFICATE_LIFE: Final = 4 * YEAR
SEAL_LIFE: Final = 3 * YEAR
RED: Final = (210, 30, 30, 255)
SIDE: Final = 480
MILLIMETRES: Final = 40


@dataclass(frozen=True)
class InventedSeal:
    """A seal of an invented organ."""

    short: str
    kind: str
    name: str
    region: str
    # The organ's code, where other rooms' samples invented the organ.
    owner: str = ""

    @property
    def code(self) -> str:
        """Give the code of the organ that owns it."""
        return self.owner or code_of(self.short)


SEALS: Final = (
    InventedSeal("health", "business", "演示省卫生健康委员会行政许可专用章", "320000"),
    InventedSeal("market", "business", "演示省市场监督管理局行政许可专用章", "320000"),
    InventedSeal("transport", "business", "演示省交通运输厅行政许可专用章", "320000"),
    InventedSeal("civil", "name", "演示省民政厅", "320000"),
    InventedSeal("city-market", "business", "演示市市场监督管理局行政审批专用章", "320900"),
    InventedSeal("city-window", "business", "演示市政务服务中心业务专用章", "320900"),
    InventedSeal("data", "service", "演示省电子证照库服务章", "320000"),
)


def settings_of(folder: Path) -> str:
    """Write the section of the sandbox's settings."""
    maker = f'[signing]\nmaker_key = "{MAKER_KEY}"\nmaker_certificate = "{folder / MAKER_FILE}"\n'
    # A visitor comes back after days; the lists that were handed out with the documents should still be good.
    return f"{maker}\n[authority]\ncrl_hours = 168\n"


def sample(running: Running, sandbox: Sandbox) -> None:
    """Make the maker, the seals and the sealed documents, and tell the visitor where they are."""
    at = clock.now()
    maker = _maker(running, sandbox.folder / MAKER_FILE, at)
    found = [_seal(running, each, maker, at) for each in SEALS]
    sandbox.told["seals"] = [{"id": seal_id, "name": each.name} for each, seal_id in zip(SEALS, found, strict=True)]
    sandbox.told["documents"] = _documents(running, sandbox.folder, found[0])


def further(running: Running, folder: Path, invented: Sequence[InventedSeal], at: datetime) -> list[str]:
    """Bring further seals into use by the sandbox's maker, for what other rooms issue; give their ids."""
    with running.database.reading() as session:
        signer = running.parts[CustodyParts].custody.signer_for(session, MAKER_KEY)
    maker = Maker(signer, making.certificate_of((folder / MAKER_FILE).read_bytes()))
    return [_seal(running, each, maker, at) for each in invented]


def _maker(running: Running, file: Path, at: datetime) -> Maker:
    certificate, signer = certified(running, MAKER_KEY, "seal-maker", Subject("演示制章单位", "演示省"), at)
    file.write_bytes(certificate.pem)
    return Maker(signer, certificate)


def _seal(running: Running, invented: InventedSeal, maker: Maker, at: datetime) -> str:
    """Bring one seal into use: applied for, agreed to, certified, made, filed, activated, and allowed to a system."""
    with running.database.transaction() as session:
        seal_id = register.apply(session, _application(invented, at), _person(invented, "applicant"), at).id
        seal = register.seal_of(session, seal_id)
        register.take(session, seal, Step.AGREE, "演示批准", _person(invented, "owner"), at)
    subject = Subject(seal_id, invented.name.removesuffix("专用章"), organisation_identifier=invented.code)
    certificate, _ = certified(running, f"seal-{seal_id}", "seal-signer", subject, at)
    by_maker = Caller("person", "sandbox-maker", "演示制章员", code_of("data"), frozenset({"seal_maker"}))
    with running.database.transaction() as session:
        seal = register.seal_of(session, seal_id)
        making.draw(session, seal, Material(f"seal-{seal_id}", certificate), maker, by_maker, at)
    with running.database.transaction() as session:
        seal = register.seal_of(session, seal_id)
        making.make(session, seal, maker, by_maker, at)
        register.file(session, seal, f"演示备{seal_id[-4:]}", by_maker, at)
        register.activate(session, seal, "演示启用", _person(invented, "custodian"), at)
        _allow(session, seal, invented, at)
    return seal_id


def _application(invented: InventedSeal, at: datetime) -> Application:
    return Application(
        invented.code,
        invented.kind,
        invented.name,
        at,
        at + SEAL_LIFE,
        picture(invented.name),
        MILLIMETRES,
        MILLIMETRES,
        "演示批复〔2026〕1号",
    )


def _allow(session: Session, seal: Seal, invented: InventedSeal, at: datetime) -> None:
    leave = Leave(SYSTEM, ANY, ANY, invented.region, at, at + SEAL_LIFE, 100_000, "演示用印授权书〔2026〕1号")
    row = authorisations.propose(session, seal, leave, _person(invented, "owner"), at)
    authorisations.confirm(session, row, _person(invented, "custodian"), at)


def certified(
    running: Running, key_id: str, template: str, subject: Subject, at: datetime
) -> tuple[Certificate, Signer]:
    """Make a key in custody, by two people, and have the test authority certify it."""
    proposer, confirmer = _office("applicant"), _office("owner")
    custody, parts, database = running.parts[CustodyParts].custody, running.parts[Authority], running.database
    with database.transaction() as session:
        acts.create(
            session, custody, acts.NewKey(key_id, "seal-maker" if key_id == MAKER_KEY else "seal"), proposer, at
        )
        acts.confirm(session, custody, key_id, confirmer, at)
    with database.reading() as session:
        signer = custody.signer_for(session, key_id)
    request = requests.read(_request(signer, subject))
    order = replace(issuing.order_of(request, template, subject), life=CERTIFICATE_LIFE)
    return _issued(database, parts, order, proposer, confirmer, at), signer


def _issued(
    database: Database, parts: Authority, order: issuing.Order, proposer: Caller, confirmer: Caller, at: datetime
) -> Certificate:
    with database.transaction() as session:
        row = issuing.prepare(session, parts, AUTHORITY, order, proposer, at)
        if row.needs_two:
            issuing.confirm(session, row, confirmer, at)
        serial = row.serial
    edges.complete(database, parts, AUTHORITY, serial, proposer, at)
    with database.reading() as session:
        der = certificate_of(session, AUTHORITY, serial).der
    if der is None:
        raise AssertionError(serial)
    return Certificate.of(der)


def _request(signer: Signer, subject: Subject) -> bytes:
    tbs = requests.unsigned(subject, signer.public)
    return certificate_drafts.assembled(tbs, SM2_SM3, signed(signer, SM2_SM3, tbs))


def _documents(running: Running, folder: Path, seal_id: str) -> list[str]:
    """Seal the two drafts as a business system would, and write them where the visitor finds them."""
    by = Caller("system", SYSTEM, SYSTEM, code_of("data"), scopes=frozenset({"seal:use"}))
    sealer = Sealer(running.database, running.parts[Signing], running.parts[Authority], by, clock.now)
    written = []
    for name, draft in (("licence.ofd", sample_documents.ofd()), ("notice.pdf", sample_documents.pdf())):
        manner = Manner((Place(1, 130, 190, 0, 0),), stamped=True)
        order = Order(draft, name, "sample", "issue", "320000", "演示", manner)
        file = folder / "documents" / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(sealer.seal(seal_id, order).document)
        written.append(str(file))
    return written


def picture(name: str) -> bytes:
    """Draw a seal that nobody takes for a real one: no star, no emblem, 演示 across the middle."""
    drawn = Image.new("RGBA", (SIDE, SIDE), (255, 255, 255, 0))
    pen = ImageDraw.Draw(drawn)
    pen.ellipse((8, 8, SIDE - 8, SIDE - 8), outline=RED, width=12)
    font = _font(40)
    if font is not None:
        _around(drawn, name, font)
        large = _font(72)
        pen.text((SIDE / 2, SIDE / 2), "演示", fill=RED, font=large, anchor="mm")
    else:
        pen.text((SIDE / 2, SIDE / 2), "DEMO", fill=RED, font=ImageFont.load_default(72), anchor="mm")
    out = io.BytesIO()
    drawn.save(out, "PNG")
    return out.getvalue()


def _around(drawn: Image.Image, name: str, font: ImageFont.FreeTypeFont) -> None:
    """Set the name along the upper part of the ring."""
    sweep = min(300, 16 * len(name))
    for place, sign in enumerate(name):
        angle = math.radians(-90 - sweep / 2 + sweep * place / max(len(name) - 1, 1))
        glyph = Image.new("RGBA", (64, 64), (255, 255, 255, 0))
        ImageDraw.Draw(glyph).text((32, 32), sign, fill=RED, font=font, anchor="mm")
        turned = glyph.rotate(-math.degrees(angle) - 90, resample=Image.Resampling.BICUBIC)
        radius = SIDE / 2 - 60
        left = int(SIDE / 2 + radius * math.cos(angle) - 32)
        top = int(SIDE / 2 + radius * math.sin(angle) - 32)
        drawn.alpha_composite(turned, (left, top))


# Seals are cut in a serif face; any other with Chinese characters will do.
FONTS: Final = (
    "NotoSerifCJK-Regular",
    "NotoSerifSC-Regular",
    "NotoSansCJK-Regular",
    "NotoSansSC-Regular",
    "wqy-microhei",
)


def _font(size: int) -> ImageFont.FreeTypeFont | None:
    """Find a typeface with Chinese characters; a machine may have none."""
    file = typefaces.first(FONTS)
    return ImageFont.truetype(file, size) if file is not None else None


def _person(invented: InventedSeal, role: str) -> Caller:
    """Give whoever acts for an organ while the sandbox is made."""
    return Caller("person", f"sandbox-{role}", f"演示{role}", invented.code, frozenset({f"seal_{role}"}))


def _office(role: str) -> Caller:
    return Caller("person", f"sandbox-{role}", f"演示{role}", code_of("data"), frozenset({"sysadmin"}))
