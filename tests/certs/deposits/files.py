"""Finished files as a department sends them: drawn, sealed by the office's real seal; and every way to spoil one."""

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy.orm import Session

from base.callers import Caller
from base.identifiers import CertificateIdentifier, CreditCode
from certs.deposits.edges import Depositor
from certs.deposits.metadata import Sent
from certs.drafts import Draft
from certs.rendering import Face, Issue, draw
from certs.types.certificate_type import NO_LAST_DAY, CertificateType
from keys.trust import Anchor, Trust
from signing.drafts import Manner
from signing.report import Place
from signing.sealing import Order
from signing.verification_wiring import Verifying
from signing.workers.job import Answer, Job
from signing.workers.pool import Workers
from signing.workers.work import answered
from tests.builders import ofd, seals
from tests.certs.office import LINKS, Office
from tests.certs.papers import TYPES, draft
from tests.keys.parties.builders import CITY
from tests.signing import offices
from tests.signing.offices import WINDOW

LICENCE: Final = next(each for each in TYPES.values() if each.name == "营业执照")
PAGE: Final = "Doc_0/Pages/Page_0/Content.xml"


def told(house: Office, type_: CertificateType = LICENCE, **peculiar: Any) -> Draft:
    """Make the draft of a certificate that somebody else issued."""
    dates = {"issued_on": house.today, "valid_from": house.today, "valid_until": NO_LAST_DAY}
    return draft(type_, **{**dates, **peculiar})


def identifier_of(type_: CertificateType = LICENCE, issuer: str = CITY, serial: str = "1", version: str = "001") -> str:
    """Write the identifier of a certificate."""
    return CertificateIdentifier.written(type_.code, CreditCode(issuer), serial, version).text


def face(house: Office, made: Draft, form: str = "ofd", type_: CertificateType = LICENCE, **peculiar: Any) -> Face:
    """Draw what is to be sealed, unsealed."""
    drawable = replace(type_, face="licence")
    issue = Issue(
        made,
        drawable,
        peculiar.get("identifier", identifier_of(type_)),
        str(made.number),
        peculiar.get("issuer", CITY),
        "演示市数据局",
        made.valid_until or NO_LAST_DAY,
        LINKS + "x",
        house.at,
    )
    drawn = draw(issue, form, house.parts.typeface())
    assert isinstance(drawn, Face), drawn
    return drawn


def finished(house: Office, made: Draft | None = None, form: str = "ofd", **peculiar: Any) -> bytes:
    """Make a finished file, sealed as the department seals it."""
    made = made or told(house)
    drawn = face(house, made, form, **peculiar)
    place = Place(1, drawn.seal.x - 20, drawn.seal.y - 20, 40, 40)
    manner = Manner(places=(place,), certify=form == "pdf", lock=form == "ofd")
    order = Order(drawn.document, f"x.{form}", LICENCE.code, "issue", "320900", "演示", manner)
    return house.issuer().sealer.seal(house.seal, order).document


def sent(made: Draft, **peculiar: Any) -> Sent:
    """Tell beside the file what it says."""
    told_ = {
        "type": LICENCE.code,
        "number": str(made.number),
        "issuer": CITY,
        "holders": made.holders,
        "issued_on": made.issued_on,
        "valid_from": made.valid_from,
        "valid_until": made.valid_until,
        "region": made.region,
        "data": made.data,
    }
    return Sent(**{**told_, **peculiar})


def entries(document: bytes) -> dict[str, bytes]:
    """Unpack an OFD."""
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: Mapping[str, bytes]) -> bytes:
    """Pack an OFD."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def edited(document: bytes, name: str, edit: Callable[[bytes], bytes]) -> bytes:
    """Change one file of an OFD, as a forger does."""
    files = entries(document)
    changed = edit(files[name])
    assert changed != files[name]
    return packed({**files, name: changed})


def stripped(document: bytes) -> bytes:
    """Take the seal off: the list of signatures and every mention of it."""
    files = {name: content for name, content in entries(document).items() if "/Signs/" not in name}
    root = files["OFD.xml"]
    begins, ends = root.index(b"<ofd:Signatures>"), root.index(b"</ofd:Signatures>") + len(b"</ofd:Signatures>")
    return packed({**files, "OFD.xml": root[:begins] + root[ends:]})


def by_hand(house: Office, made: Draft, covers: Callable[[str], bool], **peculiar: Any) -> bytes:
    """Seal a face with a seal that nobody's register knows, over whatever the forger likes."""
    files = entries(face(house, made, **peculiar).document)
    sign = ofd.Sign(covers=covers, stamps='<ofd:StampAnnot ID="s002" PageRef="1" Boundary="120 200 40 40"/>')
    return bytes(ofd.archive(ofd.sealed(files, sign, seals.signing())))


class InThisProcess:
    """Verifies as a worker does, without the process."""

    def examine(self, job: Job, trust: Trust) -> Answer:
        return Answer(**next(answered(job, trust)))


def depositor(house: Office, by: Caller = WINDOW, *anchors: Anchor) -> Depositor:
    """Make who takes finished files in; without anchors named, the office's authority and the hand's are trusted."""
    usual = seals.usual().trust()
    known = anchors or (Anchor(offices.authority().certificate), *usual.anchors)

    def trust_at(_session: Session, at: datetime) -> Trust:
        return Trust(at, known, usual.intermediates)

    verifying = Verifying(cast("Workers", InThisProcess()), 20 * 1024 * 1024)
    signing = replace(house.issuer().sealer.signing, trust_at=trust_at)
    return Depositor(house.database, house.parts, signing, verifying, by, lambda: house.at)
