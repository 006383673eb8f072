"""Filing without paper: plans a second, look-ups a second of one certificate and of four, over HTTP on the same cores.

A plan reads the matter, what stands in for its papers, grants and the health of sources, and chooses. A look-up plans,
asks each source through its own gate at once, and keeps the uses on record; one of four certificates of a firm should
take no more than three times what one takes. Beside them, in the same run, stand the query of one certificate alone,
and a bare FastAPI that finds one row.
"""

import importlib.util
import json
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from app import LAST_ACTS
from base import clock
from base.db import Database, DatabaseSettings, connect
from base.identifiers import CertificateIdentifier, CreditCode
from bench import certificates, gateway
from bench.certificates import load
from bench.gateway import batching, prepare, served
from bench.gateway_app import parts_of, settings_of
from bench.ledger import KINDS
from bench.runner import say
from certs import contents, library
from certs.drafts import Holder
from certs.filing.matter import Means
from certs.filing.matters import correspondence, keeping
from certs.filing.matters.correspondence import Of
from certs.library import Entry
from certs.life import State, Step
from certs.types.certificate_type import CertificateType, Level
from keys.parties import systems
from keys.parties.sample import code_of
from tests.certs.filing import window_house
from tests.certs.filing.matters import builders
from tests.certs.papers import TYPES, draft, firm
from tests.certs.queries.house import ISSUER, listed
from tests.exchange import gateway_house
from tests.exchange.departments import AUTHORITY, MAKER

NAME = "filing"
MODULE: Final = "bench.filing_app"
PLANS, LOOKUPS = "/api/v1/filing/plans", "/api/v1/filing/lookups"
FIRMS, FIRMS_SHORT = 400, 60
MEASURED: Final = ("plans", "one", "four", "query")
# Every source has answered.
WHOLE: Final = b'"complete":true'
# What is asked for: four certificates in at most three times the time of one.
OF_ONE: Final = 3.0
GIVEN: Final = ("持证主体", "证照编号")
ASKED: Final = ("holder_name", "number")
# Of firms, and not of so high a level that a holder must agree.
FOUR: Final = tuple(
    each
    for each in TYPES.values()
    if each.is_issued_here and each.level is not Level.HIGH and "001" in each.holders.types
)[:4]
ITEM: Final = builders.item_code(code_of("health"), "2")


def run(*, short: bool) -> dict[str, object]:
    """Measure both databases."""
    seconds, firms = (3.0, FIRMS_SHORT) if short else (15.0, FIRMS)
    found = {kind: _measured(kind, firms, seconds) for kind in KINDS}
    four = {kind: round(each["one"]["rate"] / max(1, each["four"]["rate"]), 2) for kind, each in found.items()}
    return {
        "unit": "calls a second over HTTP, server and clients on the same two cores; milliseconds",
        "figure": {
            kind: {"plans": each["plans"]["rate"], "look-ups": each["one"]["rate"]} for kind, each in found.items()
        },
        "four_to_one": four,
        "ratio": {kind: round(each["one"]["rate"] / max(1, each["query"]["rate"]), 2) for kind, each in found.items()},
        "databases": found,
        "note": f"asked for: a look-up of four certificates takes at most {OF_ONE} times one; ratio: a look-up of one"
        " to a query of that certificate alone, which plans nothing; bare FastAPI finds one row, and knows neither"
        " caller nor grant and keeps no record; none: not installed",
        "passed": all(not each[name]["wrong"] for each in found.values() for name in MEASURED)
        and all(each <= OF_ONE for each in four.values()),
    }


def _measured(kind: str, firms: int, seconds: float) -> dict[str, Any]:
    say(f"  {kind}, {firms} firms with four certificates each")
    with tempfile.TemporaryDirectory() as folder, gateway._address(kind, Path(folder)) as url:  # noqa: SLF001
        place = Path(folder)
        prepare(place, url)
        database = connect(settings_of(place)[DatabaseSettings], LAST_ACTS)
        try:
            bare = filled(place, database, firms)
            token = gateway._token(place, database)  # noqa: SLF001
            one, four = _lookups(firms, 1), _lookups(firms, len(FOUR))
            with served(place, "built", "wsgi", MODULE) as port, batching(place, database):
                told = {"plans": load(port, [_plan()], token, seconds, PLANS, b'"materials"')}
                told["one"] = load(port, one, token, seconds, LOOKUPS, WHOLE)
                told["four"] = load(port, four, token, seconds, LOOKUPS, WHOLE)
            with served(place, "look_ups", "wsgi", certificates.MODULE) as port, batching(place, database):
                told["query"] = load(port, _queries(firms), token, seconds)
        finally:
            database.close()
        told["bare FastAPI"] = {"rate": None, "note": "not installed"}
        if importlib.util.find_spec("fastapi") is not None:
            with served(place, "bare_fastapi", "asgi", certificates.MODULE) as port:
                told["bare FastAPI"] = load(port, bare, "", seconds)
        return told


def filled(folder: Path, database: Database, firms: int) -> list[bytes]:
    """Fill the library, lay the matter down, let the system ask; give what the bare app is asked."""
    keys, at = parts_of(folder).data_keys, clock.now()
    with database.transaction() as session:
        _matter(session, at)
        listed(session, at, [(builders.BASIC, each.code, GIVEN, ()) for each in FOUR])
        system = systems.system_of(session, gateway_house.SYSTEM.id)
        systems.grant_scopes(session, system, ["data:read", "cert:read", "filing:write"], MAKER, at)
    bare = []
    for number in range(1, firms + 1):
        with database.transaction() as session:
            for each in FOUR:
                library.enter(session, keys, _entry(each, number), ISSUER, at)
            hashed = contents.holder_hash(session, keys, "001", firm(number))
        bare.append(json.dumps({"bare": hashed, "certificate_type": FOUR[0].code}).encode())
    return bare


def _matter(session: Session, at: datetime) -> None:
    papers = (*(builders.material(each.name) for each in FOUR), builders.material("申请表"))
    told = builders.matter(ITEM, questions=(), materials=papers, region="320000")
    keeping.keep(session, told, AUTHORITY, at)
    for each in FOUR:
        one = window_house.replacement(Means.CERTIFICATE, each.code, each.name, ASKED)
        of = Of(builders.BASIC, "", each.name)
        correspondence.correspond(session, of, (one,), builders.FIRST_DAY, AUTHORITY, at)


def _entry(type_: CertificateType, number: int) -> Entry:
    organ = code_of("health")
    holder = Holder(firm(number), "001", f"演示企业{number}有限公司", type_.holders.roles[0])
    made = draft(type_, holders=(holder,))
    identifier = CertificateIdentifier.written(type_.code, CreditCode(organ), f"{number:08d}", "001").text
    last = made.valid_until or type_.validity.last_day(made.valid_from)
    if last is None:
        message = f"{type_.name} has no last day"
        raise ValueError(message)
    return Entry(identifier, type_, organ, f"演（{number}）", made, last, State.VALID, Step.DEPOSIT)


def _plan() -> bytes:
    return json.dumps({"matter": ITEM, "situation": {}, "region": "320900"}).encode()


def _queries(firms: int) -> list[bytes]:
    """Write a query of one certificate for each firm."""
    return [
        json.dumps(
            {
                "holder": {"code": firm(number), "type": "001", "name": f"演示企业{number}有限公司"},
                "certificate_type": FOUR[0].code,
                "purpose": gateway_house.purpose(item_code=builders.BASIC),
            },
            ensure_ascii=False,
        ).encode()
        for number in range(1, firms + 1)
    ]


def _lookups(firms: int, count: int) -> list[bytes]:
    """Write a look-up for each firm, each of a case of its own."""
    return [
        json.dumps(
            {
                "matter": ITEM,
                "types": [each.code for each in FOUR[:count]],
                "holders": [
                    {"code": firm(number), "type": "001", "name": f"演示企业{number}有限公司", "role": "applicant"}
                ],
                "purpose": gateway_house.purpose(
                    item_code=builders.BASIC, basis={"kind": "case", "number": f"演示{count}-{number}"}
                ),
            },
            ensure_ascii=False,
        ).encode()
        for number in range(1, firms + 1)
    ]


if __name__ == "__main__":
    print(json.dumps(run(short=False), indent=1, ensure_ascii=False))
