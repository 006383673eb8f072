"""Third parties of the sandbox (scene 10): a bank, a notary and a bidding centre, and files that strangers verify.

Each is registered outside government, acts in a scene under an agreement, holds a grant of the register behind the type
it asks for, and has the consent of one holder, taken at its own counter. Whoever they ask about without a consent is
denied; without the agreement nothing is told at all. Everybody is invented and marked 演示.
"""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from base.callers import Caller
from base.identifiers import CreditCode, RegionCode
from base.program import Running
from certs import sample_library, sample_sources
from certs.consents import consents
from certs.consents.consent import Given, Proof, ProofKind
from certs.drafts import Holder
from certs.scenes import scenes
from certs.scenes.scenes import Agreement
from certs.scenes.wiring import Scening
from certs.types.certificate_type import CertificateType
from certs.wiring import Certs
from exchange import directories
from exchange.agreements import callers, sharing
from exchange.agreements.caller_kinds import CallerKind, Mode
from exchange.agreements.callers import Registration
from exchange.agreements.life import RequestStep
from exchange.agreements.purposes import Basis, BasisKind, Ground, Operator, OperatorKind, Purpose, Stage
from exchange.agreements.sample import LICENCE, LICENCE_NAME, clauses_of
from exchange.agreements.sharing import NewRequest
from exchange.models import Directory
from keys.parties import organisations, systems
from keys.parties.organisations import NewOrganisation
from keys.parties.sample import CITY, MAKER, code_of
from keys.parties.systems import NewSystem

YEAR: Final = timedelta(days=365)
CONSENTED: Final = timedelta(days=90)
SCOPES: Final = frozenset({"cert:read", "cert:present"})
# Where a forger writes, and what.
PAGE: Final = "Doc_0/Pages/Page_0/Content.xml"
FORGED: Final = ("演示".encode(), "真实".encode())


@dataclass(frozen=True)
class Party:
    """A third party: the scene it acts in, its name, what it asks for, and its agreement."""

    scene: str
    name: str
    type: str
    agreement: str
    number: int

    @property
    def code(self) -> str:
        """Give its credit code; numbers far from those of the firms that hold something."""
        return sample_library.firm(self.number)


PARTIES: Final = (
    Party("bank-account", "演示商业银行", sample_sources.SHIP, "演示银政合作协议〔2026〕1号", 90_101),
    Party("notary", "演示公证处", sample_sources.NURSE, "演示公证用证协议〔2026〕1号", 90_102),
    Party("bidding", "演示公共资源交易中心", sample_sources.NURSE, "演示招投标用证协议〔2026〕1号", 90_103),
)


def sample(session: Session, running: Running, told: Mapping[str, Mapping[str, str]], at: datetime) -> list[Any]:
    """Register the three, and tell the visitor how to act as each; `told` has a holder of each type they ask for."""
    certs = running.parts[Certs]
    return [
        _made(session, running, each, certs.types[certs.by_name[each.type]], told[each.type], at) for each in PARTIES
    ]


def forged(document: bytes) -> bytes:
    """Change one word of a sealed OFD's page, as a forger does; the seal stays where it is."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document)) as sealed, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sealed.namelist():
            content = sealed.read(name)
            archive.writestr(name, content.replace(*FORGED, 1) if name == PAGE else content)
    return out.getvalue()


def _made(
    session: Session,
    running: Running,
    party: Party,
    type_: CertificateType,
    holder: Mapping[str, str],
    at: datetime,
) -> dict[str, Any]:
    new = NewOrganisation(CreditCode(party.code), party.name, RegionCode(CITY), "city", None)
    organisations.add(session, new, MAKER, at)
    authority = _of(code_of("data"), "authority")
    callers.register(
        session, party.code, Registration(CallerKind.OUTSIDE, None, party.agreement, at + YEAR), authority, at
    )
    agreement = Agreement(party.code, party.agreement, party.scene, at, at + YEAR)
    scenes.register(session, running.parts[Scening].scenes, agreement, authority, at)
    _granted(session, directories.directory_of(session, type_.resource), party, at)
    whose = Holder(holder["holder_code"], "111", holder["holder_name"])
    _agreed(session, running.parts[Certs], party, type_, whose, at)
    return {
        "scene": party.scene,
        "organisation": {"code": party.code, "name": party.name},
        "client": _client(session, party, at),
        "purpose": asdict(_purpose(party)),
        "certificate_type": type_.code,
        "holder_code": whose.code,
        "holder_type": whose.type,
        "holder_name": whose.name,
    }


def _client(session: Session, party: Party, at: datetime) -> dict[str, str]:
    row = systems.add(session, NewSystem(f"yanshi-{party.scene}", f"{party.name}业务系统", party.code), MAKER, at)
    systems.grant_scopes(session, row, SCOPES, MAKER, at)
    return {"id": row.id, "secret": systems.give_secret(session, row, MAKER, at)}


def _granted(session: Session, directory: Directory, party: Party, at: datetime) -> None:
    """Have it ask for the register, and whoever keeps that agree."""
    content = directories.version_of(session, directory, directory.published or 1).content
    clauses = clauses_of(
        [str(each["name"]) for each in content["items"]],
        at,
        stages=frozenset({Stage.AGREEMENT}),
        grounds=frozenset({Ground.AGREEMENT}),
        modes=frozenset({Mode.QUERY}),
        agreement=party.agreement,
        purpose="按协议核验当事人持证情况（演示）",
    )
    new = NewRequest(directory.code, party.agreement, "按协议核验（演示）", clauses)
    row = sharing.begin(session, new, _of(party.code, "requester"), at)
    for step, organisation, role in (
        (RequestStep.SUBMIT, party.code, "requester"),
        (RequestStep.FORWARD, party.code, "reviewer"),
        (RequestStep.APPROVE, directory.owner, "provider"),
    ):
        if row.grant is None:
            sharing.take(session, row, step, "演示理由", _of(organisation, role), at)


def _agreed(session: Session, certs: Certs, party: Party, type_: CertificateType, holder: Holder, at: datetime) -> None:
    """Take the holder's consent at its counter, with the form that they signed."""
    proof = Proof(ProofKind.SIGNED_FORM, f"演示授权书{party.number}")
    scope: dict[str, tuple[str, ...]] = {type_.code: ()}
    given = Given(holder, party.code, LICENCE, scope, at + CONSENTED, agreement=party.agreement, proof=proof)
    consents.give(session, certs.keys, certs.types, given, "window", _of(party.code, "window"), at)


def _purpose(party: Party) -> Purpose:
    return Purpose(
        item_code=LICENCE,
        item_name=LICENCE_NAME,
        stage=Stage.AGREEMENT,
        basis=Basis(BasisKind.AGREEMENT, party.agreement),
        ground=Ground.AGREEMENT,
        grant_code=None,
        operator=Operator(OperatorKind.PERSON, "演示经办", party.name),
        handling_region=CITY,
        reason="按协议核验（演示）",
    )


def _of(organisation: str, role: str) -> Caller:
    return Caller("person", f"sandbox-{role}", f"演示{role}", organisation, frozenset({role}))
