"""A document with another site's seal for the sandbox: no register here has it, so its standing is asked for.

The sandbox's maker and authority stand in for those of the other site, which a real site would have to trust first.
"""

from datetime import datetime
from typing import Final

from base import clock
from base.callers import Caller
from base.program import Running, Sandbox
from keys.algorithms.sm2 import SM2_SM3
from keys.authority.subjects import Subject
from keys.authority.wiring import Authority
from keys.certificates import Certificate
from keys.custody.wiring import CustodyParts
from keys.parties.sample import code_of
from keys.signers.signer import Signer, signed
from signing import drafts, kinds, sample_documents, sealing, seals
from signing.drafts import Impression, Manner
from signing.making import PNG, VENDOR, certificate_of
from signing.report import Place
from signing.sample import MAKER_FILE, MAKER_KEY, MILLIMETRES, SEAL_LIFE, certified, picture
from signing.sealing import Begun, Order
from signing.seals.seal import Picture, SealDraft, Version
from signing.stamping import HouseStamper
from signing.wiring import Signing

CODE: Final = "33010000000001"
NAME: Final = "演示外省政务服务中心业务专用章"
KEY: Final = "outside-seal"
FILE: Final = "outside.ofd"
BY: Final = Caller("system", "sandbox", "演示外省站点", code_of("data"))


def sample(running: Running, sandbox: Sandbox) -> None:
    """Make the seal, seal a document with it, and tell the visitor where that is."""
    at = clock.now()
    certificate, signer = certified(running, KEY, "seal-signer", Subject(CODE, NAME, "演示外省"), at)
    maker = certificate_of((sandbox.folder / MAKER_FILE).read_bytes())
    impression = _made(running, maker, certificate, at)
    file = sandbox.folder / "documents" / FILE
    file.write_bytes(_sealed(running, impression, signer, at))
    sandbox.told["outside_seal"] = {"code": CODE, "name": NAME, "document": str(file)}


def _made(running: Running, maker: Certificate, certificate: Certificate, at: datetime) -> Impression:
    """Make the seal, past any register of ours."""
    drawn = Picture(PNG, picture(NAME), MILLIMETRES, MILLIMETRES)
    kind = kinds.kind("business").type
    told = SealDraft(VENDOR, CODE, kind, NAME, at, at, at + SEAL_LIFE, (certificate.der,), drawn)
    unsigned = seals.WRITABLE[Version.GBT38540_2020].prepare_seal(told, maker.der)
    with running.database.reading() as session:
        signer = running.parts[CustodyParts].custody.signer_for(session, MAKER_KEY)
    seal = unsigned.finish(signed(signer, SM2_SM3, unsigned.message))
    return Impression(seal, drawn.data, MILLIMETRES, MILLIMETRES, certificate)


def _sealed(running: Running, impression: Impression, signer: Signer, at: datetime) -> bytes:
    place = Place(1, 130, 190, impression.width_mm, impression.height_mm)
    order = Order(sample_documents.ofd(), FILE, "sample", "issue", "330000", "演示", Manner((place,), stamped=True))
    draft = drafts.draft(order.document, sealing.format_of(order.document), impression, order.manner, at)
    with running.database.reading() as session:
        trust = running.parts[Signing].trust_at(session, at)
    stamper = HouseStamper(running.database, running.parts[Authority], BY, clock.now)
    return sealing.carry_out(Begun("", KEY, draft, order), signer, stamper, trust, clock.now).document
