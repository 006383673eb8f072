"""An office whose library partners ask in their own dialects: an account in each, for one system of the city."""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from base.callers import Caller
from base.db import Database
from base.metrics import Metrics
from certs import library, present_status
from certs.consents.consents import OnRecord
from certs.dialects import accounts
from certs.dialects.accounts import NewAccount
from certs.dialects.wiring import CertificateDialects, CertificateDialectSettings
from certs.faces.typefaces import typeface
from certs.libraries.library import Library
from certs.libraries.own import OwnLibrary
from certs.life import Step
from certs.presentations.wiring import Presenting
from certs.queries.wiring import Queries, QuerySettings
from certs.routes import dialects as routes
from certs.routes.presentations import presentation_routes
from exchange.dialects.dialect import Given
from keys.algorithms import sm2
from keys.algorithms.sm2_ciphertext import Layout
from keys.parties import systems
from keys.parties.systems import system_of
from signing.verification_wiring import Verifying
from signing.workers.limits import WorkerLimits
from signing.workers.pool import Workers
from tests import rooms
from tests.certs.consents import desk
from tests.certs.copies import house as houses
from tests.certs.copies.house import CopyHouse
from tests.certs.papers import HYGIENE, firm
from tests.certs.queries.house import listed
from tests.keys.parties.builders import CITY, MAKER
from tests.rooms import Door
from tests.signing import offices

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "dialects_certs"
ADDRESS = "https://yinxin.example"
SYSTEM = "gm"
# Granted by one list alone; the house below has another for its own matter.
MATTER = "000123020000"
ITEM = f"{CITY}3{MATTER}"
NAME = "演示企业1有限公司"
# The scalar of the examples that partners' vectors are written with; nobody's key.
SCALAR = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
GRANTED = (*houses.GRANTED, "holder_code", "valid_from", "issued_on", "region")
DEFAULTS = Given(
    item_code=MATTER,
    item_name="演示事项",
    basis="演示协议1号",
    ground="agreement",
    operator="演示对接系统",
    unit="演示窗口",
    region="320900",
    reason="演示对接用证",
)
CAUSE = {
    "certificateSystemName": "演示一窗受理系统",
    "certificateCallCategory": "1",
    "certificateMatterName": "演示事项",
    "certificateEventCode": ITEM,
    "certificateCopyCause": "演示办理",
}
ELEMENTS = {
    "UseFor": "演示办理",
    "orgName": "演示市行政审批局",
    "username": "演示经办",
    "itemName": "演示事项",
    "itemCode": ITEM,
    "businessCode": "演示办件0001",
}
TASK = {
    "servicecode": "certificateShare",
    "areaCode": "320900",
    "areaName": "演示市",
    "deptName": "演示市行政审批局",
    "deptCode": CITY,
    "operName": "演示经办",
    "operId": "yanshi",
    "systemName": "演示审批系统",
    "taskCode": ITEM,
    "taskName": "演示事项",
    "projectNo": "演示办件0001",
}


@dataclass
class DialectHouse:
    """The running house, what its partners hold, and how they call."""

    house: CopyHouse
    door: Door
    parts: Queries
    citizen: Caller
    secrets: dict[str, str]
    key: sm2.PrivateKey = field(repr=False)
    settings: CertificateDialectSettings = field(default_factory=CertificateDialectSettings)

    @property
    def database(self) -> Database:
        return self.house.office.database

    @property
    def number(self) -> str:
        """Give the number of the first certificate."""
        return "演卫公证字〔2026〕第320900000001号"

    def issue(self, number: int = 1) -> str:
        holder = desk.holder(number)
        return self.house.office.issue(holders=(replace(holder, role="holder"),))

    def take(self, identifier: str, step: Step) -> None:
        with self.database.transaction() as session:
            row = library.certificate_of(session, identifier, locked=True)
            library.take(session, row, step, "演示", offices.WINDOW, self.house.office.at)

    def open(self, method: str, path: str, **told: Any) -> Any:
        return self.door.app.test_client(use_cookies=False).open(path, method=method, **told)

    # --- Shandong -------------------------------------------------------------------------------------------------

    def shandong(self, operation: str, data: Any, **peculiar: Any) -> Any:
        head = {"accessId": "shandong", "accessToken": self.secrets["shandong"], **peculiar.pop("head", {})}
        body = peculiar.pop("body", {"head": head, "data": data})
        path = f"{self.settings.shandong}/{operation}"
        answer = self.open("POST", path, data=json.dumps(body), **peculiar)
        assert answer.status_code == 200, answer.text
        return answer

    def status(self, operation: str, data: Any, **peculiar: Any) -> int:
        answer = self.shandong(operation, data, **peculiar).json
        assert set(answer) == {"head", "data"}
        assert answer["data"] == {} or answer["head"]["status"] == 0
        return int(answer["head"]["status"])

    def plain(self, answer: Any) -> Any:
        data = answer.json["data"]
        sealed = data["certData"] if isinstance(data, dict) else data
        assert re.fullmatch("04[0-9A-F]+", sealed)
        return json.loads(sm2.decrypt(self.key, bytes.fromhex(sealed), Layout.C1C2C3))

    def held(self, **peculiar: Any) -> dict[str, Any]:
        told = {
            "holderCode": firm(1),
            "holderTypeCode": "001",
            "certTypeCode": HYGIENE.code,
            "certNo": "",
            "useCause": CAUSE,
        }
        return {**told, **peculiar}

    # --- the national library's operations -------------------------------------------------------------------------

    def national(self, operation: str, body: Any, **peculiar: Any) -> Any:
        answer = self.open("POST", f"{self.settings.national_library}/{operation}", data=json.dumps(body), **peculiar)
        assert answer.status_code == 200, answer.text
        return answer

    def session(self, account: str = "national") -> str:
        body = {"account": account, "password": self.secrets[account]}
        return str(self.national("cert/usage/login.do", body).json["sessionId"])

    def gb(self, operation: str, session: str | None = None, **told: Any) -> Any:
        body = {"sessionId": session or self.session(), **ELEMENTS, **told}
        return self.national(f"cert/usage/gb/{operation}.do", body)

    # --- Fujian ---------------------------------------------------------------------------------------------------

    def fujian(self, interface: str, **told: Any) -> Any:
        body = {**TASK, "grantcode": self.secrets["fujian"], "interfaceName": interface, **told}
        answer = self.open("POST", f"{self.settings.fujian}/certificateShare", data=json.dumps(body))
        assert answer.status_code == 200, answer.text
        return answer

    def show(self, identifier: str, *fields: str) -> str:
        """Have the holder show a certificate; give the code."""
        told = {
            "holder_code": firm(1),
            "organisation": CITY,
            "matter": MATTER,
            "shows": {identifier: list(fields or ("address", "number"))},
        }
        answer = self.door.call(self.citizen.id, "POST", "/presentations", json=told)
        assert answer.status_code == 201, answer.json
        return str(answer.json["code"])


@contextmanager
def working(house: DialectHouse) -> Iterator[DialectHouse]:
    """End the processes that verify, when the story is over."""
    try:
        yield house
    finally:
        house.door.app.extensions["yinxin"][Verifying].workers.close()


def opened(
    database: Database,
    folder: Path,
    at: datetime,
    settings: CertificateDialectSettings | None = None,
    others: tuple[Library, ...] = (),
) -> DialectHouse:
    """Open the house with an account in each dialect, and one that leaves the five elements out."""
    house = houses.opened(database, folder, at, typeface())
    office, told = house.office, settings or CertificateDialectSettings()
    citizen = desk.citizen(office, firms=(1,))
    parts = Queries(
        QuerySettings(),
        office.parts,
        house.gateway,
        Metrics(None),
        OwnLibrary(office.parts.keys),
        others,
        OnRecord(),
    )
    issuer = office.issuer()
    verifying = Verifying(
        Workers(WorkerLimits(processes=1, seconds=30)),
        20 * 1024 * 1024,
        library_says=present_status.said,
    )
    furniture = (
        office.parts,
        house.gateway,
        house.copying,
        parts,
        Presenting(),
        issuer.sealer.signing,
        issuer.sealer.authority,
        verifying,
        CertificateDialects(told, ADDRESS),
    )
    door = rooms.door(database, (presentation_routes,), (citizen,), *furniture)
    door.also_serves(routes.served(told))
    key = sm2.PrivateKey.from_scalar(SCALAR)
    made = DialectHouse(house, door, parts, citizen, {}, key, told)
    with database.transaction() as session:
        systems.grant_scopes(session, system_of(session, SYSTEM), {"cert:read", "cert:present"}, MAKER, at)
        listed(session, at, [(MATTER, HYGIENE.code, GRANTED, ())])
        for dialect, name, more in (
            ("shandong", "shandong", {"encryption_key": key.public.point}),
            ("national_library", "national", {"elements_required": True}),
            ("national_library", "loose", {}),
            ("fujian", "fujian", {}),
        ):
            new = NewAccount(dialect, name, SYSTEM, DEFAULTS, **more)
            made.secrets[name] = accounts.add(session, office.parts.keys, new, MAKER, at)[1]
    return made


def day(at: datetime) -> date:
    return at.date()


def base64_of(document: bytes) -> str:
    return base64.b64encode(document).decode("ascii")
