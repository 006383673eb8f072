"""The window with a service seal: it looks up, takes cases in, and has documents sealed."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from base.callers import Caller
from base.db import Database
from base.paging import Pager
from certs.copies.wiring import Copying, CopySettings
from certs.faces.typefaces import typeface
from certs.filing import duties
from certs.filing.cases import matter_terms
from certs.filing.cases.wiring import Cases, CaseSettings
from certs.filing.matters import matters
from certs.filing.sheets.edges import ACT
from certs.queries.wiring import Queries
from certs.routes.assistance import assistance_routes
from certs.routes.cases import case_routes
from certs.routes.filing import filing
from certs.routes.filing_documents import filing_documents
from certs.wiring import CertsSettings
from keys.authority.wiring import Authority
from keys.signers.signer import Signer
from keys.signers.software import SoftwareSigner
from keys.trust import Anchor, Trust
from signing import register
from signing.life import Step
from signing.models import ANY
from signing.policy import DEFAULT
from signing.report import Report
from signing.seals.seal import Version
from signing.verification import verify
from signing.wiring import Signing
from tests import rooms
from tests.certs.filing import window_house
from tests.certs.filing.matters.builders import AUTHORITY
from tests.certs.filing.window_house import WindowHouse
from tests.certs.queries import house as library
from tests.keys.parties.builders import CITY, PROVINCE
from tests.rooms import Door
from tests.signing import offices

_SCOPES = frozenset({"cert:read", "data:read", "filing:write", "case:write"})
WINDOW = Caller("system", "gm", "演示综窗", CITY, scopes=_SCOPES)
OPERATOR = Caller("person", "operator", "演示审批人员", CITY, frozenset({"operator"}))
ELSEWHERE = Caller("system", "elsewhere", "elsewhere", PROVINCE, scopes=_SCOPES)
AUDITOR = Caller("person", "auditor", "auditor", PROVINCE, frozenset({"auditor"}))
PEOPLE = (WINDOW, OPERATOR, ELSEWHERE, AUDITOR, AUTHORITY)


@dataclass
class SheetHouse:
    """The window, the parts of cases and seals, and a door with all the addresses of filing."""

    window: WindowHouse
    parts: Queries
    cases: Cases
    signing: Signing
    authority: Authority
    door: Door

    @property
    def database(self) -> Database:
        """Give the database."""
        return self.window.database

    @property
    def at(self) -> datetime:
        """Give the moment."""
        return self.window.at

    def trust(self) -> Trust:
        """Say whom strangers trust."""
        return Trust(self.at, (Anchor(offices.authority().certificate),))

    def verified(self, document: bytes) -> Report:
        """Verify a document as a stranger does."""
        return verify(document, "document", self.trust(), DEFAULT, self.at)

    def call(self, method: str, path: str, who: str = "gm", **body: Any) -> Any:
        """Call an address."""
        return self.door.call(who, method, path, **({} if method == "GET" else {"json": body}))

    def good(self, method: str, path: str, who: str = "gm", **body: Any) -> dict[str, Any]:
        """Call an address that answers well."""
        answer = self.call(method, path, who, **body)
        assert answer.status_code in {200, 201}, answer.json
        told: dict[str, Any] = answer.json
        return told

    def looked(self, number: int = 1, **peculiar: Any) -> dict[str, Any]:
        """Look up for the applicant."""
        body = {"matter": window_house.item_code(), "purpose": library.purpose(), **peculiar}
        return self.good("POST", "/filing/lookups", holders=[{**library.holder(number), "role": "applicant"}], **body)

    def pass_time(self, **told: float) -> None:
        """Let time pass."""
        self.window.library.at += timedelta(**told)


def service_seal(session: Session, at: datetime) -> None:
    """Make the platform's service seal; its owner allows it for filing documents."""
    walk = offices.Walk(session, at)
    seal = register.apply(
        session, offices.application(at, kind="service", name="演示市政务数据服务章"), offices.CLERK, at
    )
    takers = (Step.AGREE, offices.HEAD), (Step.MAKE, offices.MAKER), (Step.FILE, offices.MAKER)
    for step, by in (*takers, (Step.ACTIVATE, offices.CUSTODIAN)):
        walk.take(seal, step, by)
    offices.authorised(session, seal, at, document_type=ANY, act=ACT, ceiling=1000)


def signing_parts() -> tuple[Signing, Authority]:
    """Make the parts of signing, with the keys of the test seals."""

    def signer_for(_session: Session, key_id: str) -> Signer:
        return SoftwareSigner(offices.signing_identity(key_id.removeprefix("seal-")).key)

    def trust_at(_session: Session, at: datetime) -> Trust:
        return Trust(at, (Anchor(offices.authority().certificate),))

    signing = Signing(signer_for, trust_at, None, "", None, Version.GBT38540_2020, 20 * 1024 * 1024)
    return signing, Authority(signer_for, "http://127.0.0.1")


def opened(
    database: Database, folder: Path, at: datetime, monkeypatch: pytest.MonkeyPatch, *blueprints: Any, **more: Any
) -> SheetHouse:
    """Open the house; `more` are further parts, made of those of certificates."""
    window = window_house.opened(database, folder, at, monkeypatch)
    face = typeface()
    certs = replace(window.parts.certs, settings=CertsSettings(demonstration=True), typeface=lambda: face)
    queries = replace(window.parts, certs=certs)
    cases = Cases(CaseSettings(), certs.keys, matters.matter_of)
    signing, authority = signing_parts()
    with database.transaction() as session:
        duties.seed(session, AUTHORITY, at)
        matter_terms.seed(session, AUTHORITY, at)
        service_seal(session, at)
    door = rooms.door(
        database,
        (filing, filing_documents, case_routes, assistance_routes, *blueprints),
        PEOPLE,
        queries,
        queries.gateway,
        certs,
        cases,
        window.sources,
        signing,
        authority,
        Copying(CopySettings(seal="", system=offices.SYSTEM)),
        Pager("s" * 32),
        *more.values(),
    )
    return SheetHouse(window, queries, cases, signing, authority, door)
