"""The window with its seal, a library's key, a ledger with signed heads, a time-stamp authority: cases to archive."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from base.db import Database
from certs.copies.wiring import Copying, CopySettings
from certs.evidence.wiring import EvidenceSettings, Evidencing
from certs.filing.archives import examination, package, retentions
from certs.filing.archives.examination import FourProperties
from certs.filing.archives.making import ArchiveMaker
from certs.filing.sheets.edges import SheetSealer
from certs.routes.archives import archive_routes
from keys.checkpoints.wiring import Checkpoints
from keys.signers.signer import Signer
from keys.signers.software import SoftwareSigner
from keys.trust import Trust
from signing.edges import Sealer
from signing.formats.evidence.members import archived
from signing.models import ANY
from signing.policy import DEFAULT
from tests.builders import pki
from tests.builders.pki import YEAR, Identity
from tests.certs.evidence.house import Stamps
from tests.certs.filing.matters.builders import AUTHORITY, item_code
from tests.certs.filing.sheets import house as sheets
from tests.certs.filing.sheets.house import WINDOW, SheetHouse
from tests.certs.papers import HYGIENE, draft, firm
from tests.certs.queries import house as library
from tests.keys import checkpoint_house
from tests.signing import offices

SYSTEM_OPERATOR = {"kind": "system", "name": "演示秒批系统", "unit": "演示市行政审批局"}
PDF = b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Count 0/Kids[]>>\nendobj\n"


@dataclass
class ArchiveHouse:
    """The house; `sheets` has the door."""

    sheets: SheetHouse
    evidencing: Evidencing
    checkpoints: Checkpoints
    stamps: Stamps
    library: Identity
    serial: int = 0

    @property
    def database(self) -> Database:
        """Give the database."""
        return self.sheets.database

    @property
    def at(self) -> datetime:
        """Give the moment."""
        return self.sheets.at

    def trust(self) -> Trust:
        """Say whom strangers trust."""
        return self.sheets.trust()

    def good(self, method: str, path: str, who: str = "gm", **body: Any) -> dict[str, Any]:
        """Call an address that answers well."""
        return self.sheets.good(method, path, who, **body)

    def step(self, number: str, act: str, **told: Any) -> dict[str, Any]:
        """Take a step of a case."""
        self.serial += 1
        body = {"key": f"{act}-{self.serial}", "act": act, "operator": SYSTEM_OPERATOR, **told}
        return self.good("POST", f"/cases/{number}/steps", **body)

    def received(self, materials: list[dict[str, Any]] | None = None) -> str:
        """Receive a case."""
        self.serial += 1
        body: dict[str, Any] = {
            "key": f"intake-{self.serial}",
            "matter": item_code(),
            "receiving_region": "320900",
            "receiving_window": "演示窗口",
            "project_name": "演示旅馆公共场所卫生许可",
            "applicant": {"name": "演示企业1有限公司", "kind": "organisation", "type": "001", "code": firm(1)},
            "operator": SYSTEM_OPERATOR,
            "materials": materials or [],
        }
        number: str = self.good("POST", "/cases", **body)["number"]
        return number

    def looked_for(self, number: str) -> dict[str, Any]:
        """Look up for a case."""
        basis = {"kind": "case", "number": number}
        return self.sheets.looked(purpose=library.purpose(basis=basis))

    def closed(self, materials: list[dict[str, Any]] | None = None, *, certified: bool = False) -> str:
        """Bring a case from its receipt to its end, with a look-up and a notice on the way."""
        number = self.received(materials)
        self.looked_for(number)
        notice = self.good("POST", f"/cases/{number}/notices")
        assert self.sheets.call("GET", notice["documents"]["pdf"].removeprefix("/api/v1")).status_code == 200
        self.step(number, "accept")
        if certified:
            self.step(number, "grant", certificate={"type": HYGIENE.code, "data": dict(draft(HYGIENE).data)})
            assert self.good("POST", f"/cases/{number}/certificate", "operator")["certificate_state"] == "issued"
        else:
            self.step(number, "grant")
        self.step(number, "deliver", facts={"delivery_type": "window"})
        return number

    def archived(self, number: str, **body: Any) -> dict[str, Any]:
        """Make the archive of a case."""
        return self.good("POST", f"/cases/{number}/archive", **body)

    def file(self, archive: str, who: str = "gm") -> bytes:
        """Fetch a package."""
        answer = self.sheets.call("GET", f"/archives/{archive}/file", who)
        assert answer.status_code == 200, answer.json
        content: bytes = answer.data
        return content

    def examined(self, data: bytes, trust: Trust | None = None) -> FourProperties:
        """Check a package as a stranger does."""
        found = examination.examined(data, "case.zip", trust or self.trust(), DEFAULT, self.at)
        json.dumps(examination.dump(found))
        return found

    def maker(self) -> ArchiveMaker:
        """Make who makes archives, for the organ."""
        certs, house = self.sheets.parts.certs, self.sheets

        def sealer(by: Any) -> Sealer:
            return Sealer(self.database, house.signing, house.authority, by, lambda: self.at)

        copying = Copying(CopySettings(seal="", system=offices.SYSTEM))
        return ArchiveMaker(
            self.database,
            house.cases,
            certs,
            self.evidencing,
            self.checkpoints,
            house.signing.trust_at,
            self.stamps,
            lambda _certificate, _issuer: None,
            SheetSealer(self.database, certs, copying, sealer, WINDOW, lambda: self.at),
            WINDOW,
            lambda: self.at,
        )


def members_of(data: bytes) -> dict[str, bytes]:
    """Take a package apart."""
    return dict(package.opened(data).files)


def packed(members: Mapping[str, bytes]) -> bytes:
    """Put a package together as it is: whoever forges one need not keep to its order."""
    return archived(members)


def opened(database: Database, folder: Path, at: datetime, monkeypatch: pytest.MonkeyPatch) -> ArchiveHouse:
    """Open the house; the first firm has a permit."""
    authority = offices.authority().issues("演示省电子证照库", not_after=pki.AT + 5 * YEAR)

    def signer_for(_session: Session, _key_id: str) -> Signer:
        return SoftwareSigner(authority.key)

    evidencing = Evidencing(
        EvidenceSettings("library", ""),
        "https://yinxin.example",
        signer_for,
        lambda _session, _key: authority.certificate,
        lambda _session, _key: (),
    )
    checkpoints = checkpoint_house.house(database, folder / "witness", witnesses=()).parts
    moment: list[SheetHouse] = []
    stamps = Stamps(lambda: moment[0].at)
    usual = sheets.signing_parts
    signing, of_authority = usual()
    monkeypatch.setattr(sheets, "signing_parts", lambda: (replace(signing, stamper=stamps), of_authority))
    house = sheets.opened(
        database, folder, at, monkeypatch, archive_routes, evidencing=evidencing, checkpoints=checkpoints
    )
    moment.append(house)
    with database.transaction() as session:
        retentions.seed(session, AUTHORITY, at)
        seal = offices.active_seal(session, at)
        offices.authorised(session, seal, at, document_type=ANY, act=ANY, ceiling=100)
    house.window.library.keep(1)
    return ArchiveHouse(house, evidencing, checkpoints, stamps, authority)
