"""W4: looking a certificate up by holder and type at two sizes of the library, and issuing in bulk, with its parts.

A look-up is a call as a partner makes it, over HTTP through the real server: bearer token, grant by use list, quota,
the library's index, decryption, record with ledger, receipt. What must stay flat is its slowest hundredth. Most rows of
the library share an envelope that nobody opens, and are made by the database itself; the holders who are asked for lie
scattered among them and have their own. Files are not in it: a look-up reads none. Beside it stands a bare FastAPI that
finds the same row.

Issuing is measured in one process on one thread, by its CPU time; what is not drawing, signing or verifying is storing.
"""

import hashlib
import http.client
import importlib.util
import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest import mock

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from app import LAST_ACTS
from base import clock
from base.db import Base, Database, DatabaseSettings, connect
from base.identifiers import CertificateIdentifier, CreditCode
from base.workdays import local_day
from bench import gateway
from bench.gateway import CLIENTS, batching, prepare, served
from bench.gateway_app import parts_of, settings_of
from bench.ledger import KINDS, durability
from bench.runner import say
from certs import contents, issuing
from certs.drafts import Content, Holder
from certs.faces.typefaces import typeface
from certs.models import Certificate, CertificateHolder
from keys.data_keys import DataKeys
from keys.parties import systems
from signing import drafts, sealing
from tests.certs.office import office
from tests.certs.papers import HYGIENE, draft, firm
from tests.certs.queries.house import FIELDS, listed
from tests.exchange import gateway_house
from tests.exchange.departments import MAKER

NAME = "W4"
SIZES, SHORT_SIZES = (10_000, 1_000_000), (2_000, 20_000)
# So many of the holders are asked for; each has an envelope of its own.
ASKED = 2_000
# So that those who are asked for lie scattered among the others, as they were written.
CHUNK = 50_000
PATIENCE_SECONDS = 120
ISSUES, SHORT_ISSUES = 400, 40
MODULE = "bench.certificates_app"
# What the card asks for.
FLAT, OF_PEER = 1.5, 0.5
PATH = "/api/v1/certificate-queries"


def run(*, short: bool) -> dict[str, object]:
    """Measure look-ups at both sizes on both databases, and bulk issue."""
    seconds = 4.0 if short else 20.0
    sizes = SHORT_SIZES if short else SIZES
    found = {kind: {str(size): _measured(kind, size, seconds) for size in sizes} for kind in KINDS}
    flat = {kind: _ratio(each[str(sizes[1])]["p99_ms"], each[str(sizes[0])]["p99_ms"]) for kind, each in found.items()}
    largest = {kind: each[str(sizes[1])] for kind, each in found.items()}
    of_peer = {kind: _ratio(each["rate"], each["bare FastAPI"]["rate"]) for kind, each in largest.items()}
    issued = {kind: _issued(kind, SHORT_ISSUES if short else ISSUES) for kind in KINDS}
    return {
        "unit": "look-ups a second over HTTP, server and clients on the same two cores; milliseconds",
        "figure": {kind: each["rate"] for kind, each in largest.items()},
        "sizes": list(sizes),
        "databases": found,
        "p99_large_to_small": flat,
        "ratio": of_peer,
        "bulk_issue": issued,
        "note": "ratio: look-ups to a bare FastAPI that reads the same row, which knows neither caller nor grant and "
        f"keeps no record; asked for: p99 at most {FLAT} times, ratio at least {OF_PEER}; none: FastAPI not installed",
        "passed": all(not each["wrong"] for kinds in found.values() for each in kinds.values())
        and all(each is None or each <= FLAT for each in flat.values())
        and all(each is None or each >= OF_PEER for each in of_peer.values()),
    }


def _measured(kind: str, size: int, seconds: float) -> dict[str, Any]:
    say(f"  {kind}, {size} certificates")
    with tempfile.TemporaryDirectory() as folder, gateway._address(kind, Path(folder)) as url:  # noqa: SLF001
        place = Path(folder)
        prepare(place, url)
        database = connect(settings_of(place)[DatabaseSettings], LAST_ACTS)
        try:
            began = time.monotonic()
            ours, bare = filled(place, database, size)
            filling = time.monotonic() - began
            token = gateway._token(place, database)  # noqa: SLF001
            with served(place, "look_ups", "wsgi", MODULE) as port, batching(place, database):
                told = {**load(port, ours, token, seconds), "filled_in_seconds": round(filling, 1)}
            told["durability"] = durability(database)
        finally:
            database.close()
        told["bare FastAPI"] = {"rate": None, "note": "not installed"}
        if importlib.util.find_spec("fastapi") is not None:
            with served(place, "bare_fastapi", "asgi", MODULE) as port:
                told["bare FastAPI"] = load(port, bare, "", seconds)
        return told


def filled(folder: Path, database: Database, size: int) -> tuple[list[bytes], list[bytes]]:
    """Fill the library, let the system look up, and give the bodies of calls that find something: ours, the peer's."""
    keys, at = parts_of(folder).data_keys, clock.now()
    with database.transaction() as session:
        listed(session, at, [(gateway_house.MATTER, HYGIENE.code, FIELDS, ())])
        system = systems.system_of(session, gateway_house.SYSTEM.id)
        systems.grant_scopes(session, system, ["data:read", "cert:read"], MAKER, at)
    every = max(1, size // ASKED)
    bodies: tuple[list[bytes], list[bytes]] = [], []
    for first in range(0, size, CHUNK):
        numbers = range(first, min(first + CHUNK, size))
        own = [number for number in numbers if number % every == 0]
        with database.transaction() as session:
            made = [_row(session, keys, number, number // every, at) for number in own]
            session.execute(insert(Certificate), [certificate for certificate, _ in made])
            session.execute(insert(CertificateHolder), [holding for _, holding in made])
            _fill(session, numbers, every, like=made[0][0]["identifier"])
        for number, (_, holding) in zip(own, made, strict=True):
            for is_bare, several in enumerate(bodies):
                several.append(_body(number // every, holding, is_bare=bool(is_bare)))
    with database.engine.connect() as connection:
        connection.execute(text("analyze"))
        connection.commit()
    return bodies


# How each database counts from one number to another, and makes sixty-four signs that no two rows share.
COUNTING = {
    "sqlite": (
        "with recursive counted(i) as (select :first union all select i + 1 from counted where i < :last)",
        "counted",
        "printf('%08d', i)",
        "lower(hex(randomblob(32)))",
    ),
    "postgresql": (
        "",
        "generate_series(cast(:first as integer), cast(:last as integer)) as counted(i)",
        "lpad(i::text, 8, '0')",
        "encode(sha256(i::text::bytea), 'hex')",
    ),
}


def _fill(session: Session, numbers: range, every: int, like: str) -> None:
    """Make the rows that are only there to be many, by the database itself: each is like one that is there.

    They share its envelope, which nobody opens: identifier, number and holder are what tells them apart.
    """
    counting, counted, digits, signs = COUNTING[session.get_bind().dialect.name]
    peculiar = {
        "identifier": f"substr(t.identifier, 1, length(t.identifier) - 14) || {digits} || '.001.0'",
        "number_hash": signs,
        "token": f"substr({signs}, 1, 22)",
        "code_hash": signs,
    }
    told = {"first": numbers[0], "last": numbers[-1], "every": every, "like": like}
    for table in (Certificate.__table__, CertificateHolder.__table__):
        columns = [column.name for column in table.columns]
        chosen = ", ".join(peculiar.get(name, f"t.{name}") for name in columns)
        session.execute(
            text(
                f"insert into {table} ({', '.join(columns)}) {counting} select {chosen} from {counted}, {table} t"  # noqa: S608 - names of ours
                " where t.identifier = :like and i % :every <> 0"
            ),
            told,
        )


def _row(
    session: Session, keys: DataKeys, number: int, whose: int, at: datetime
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Make a certificate that is asked for, in an envelope of its own, and its holder."""
    issuer, day = CreditCode(gateway_house.SYSTEM.organisation), local_day(at)
    mark = hashlib.sha256(number.to_bytes(8)).hexdigest()
    identifier = CertificateIdentifier.written(HYGIENE.code, issuer, f"{number:08d}", "001").text
    holder = Holder(firm(whose), "001", f"演示企业{whose}有限公司")
    content = contents.sealed(session, keys, identifier, Content(f"演（{number}）", (holder,), draft(HYGIENE).data))
    certificate = {
        "identifier": identifier,
        "type": HYGIENE.code,
        "issuer": issuer.text,
        "region": "320900",
        "number_hash": mark,
        "state": "valid",
        "holding": "issued",
        "origin": "issued",
        "grade": "sealed",
        "issued_on": day,
        "valid_from": day,
        "valid_until": HYGIENE.validity.last_day(day),
        "review_due": None,
        "item_code": "",
        "supersedes": None,
        "superseded_by": None,
        "token": mark[:22],
        "content": content,
        "version": 1,
        "created_at": at,
        "changed_at": at,
    }
    holding = {
        "identifier": identifier,
        "place": 0,
        "code_hash": contents.holder_hash(session, keys, holder.type, holder.code),
        "code_type": "001",
        "certificate_type": HYGIENE.code,
        "role": "holder",
    }
    return certificate, holding


def _body(whose: int, holding: dict[str, Any], *, is_bare: bool) -> bytes:
    holder = {"code": firm(whose), "type": "001", "name": f"演示企业{whose}有限公司"}
    purpose = gateway_house.purpose(item_code=gateway_house.MATTER)
    told = {"holder": holder, "certificate_type": HYGIENE.code, "purpose": purpose}
    if is_bare:  # it has no keys to find a holder by; the hash is computed for it
        told = {**told, "bare": holding["code_hash"]}
    return json.dumps(told, ensure_ascii=False).encode()


def load(
    port: int, bodies: list[bytes], token: str, seconds: float, path: str = PATH, sign: bytes = b'"found"'
) -> dict[str, Any]:
    """Ask for one after the other from several connections until the time is over; an answer with the sign is right."""
    turn, numbers = threading.Lock(), iter(range(10**9))
    # Neighbours in the list are neighbours in the table; a stride that shares no factor with it goes all over.
    stride = 7919
    ends = time.monotonic() + seconds

    def ask(_: int) -> tuple[list[float], int]:
        spent: list[float] = []
        wrong = 0
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
        while time.monotonic() < ends:
            with turn:
                number = next(numbers)
            began = time.perf_counter()
            connection.request("POST", path, bodies[number * stride % len(bodies)], headers)
            answer = connection.getresponse()
            told = answer.read()
            spent.append(time.perf_counter() - began)
            wrong += answer.status != http.HTTPStatus.OK or sign not in told
        connection.close()
        return spent, wrong

    began = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(ask, range(CLIENTS)))
    whole = time.monotonic() - began
    spent = sorted(each for some, _ in answers for each in some)
    return {
        "rate": round(len(spent) / whole),
        "p50_ms": round(spent[len(spent) // 2] * 1000, 1),
        "p99_ms": round(spent[len(spent) * 99 // 100] * 1000, 1),
        "wrong": sum(each for _, each in answers),
    }


def _issued(kind: str, count: int) -> dict[str, Any]:
    """Issue so many certificates one after the other, and tell where the time goes."""
    say(f"  {kind}, bulk issue")
    with tempfile.TemporaryDirectory() as folder, gateway._address(kind, Path(folder)) as url:  # noqa: SLF001
        database = connect(DatabaseSettings(url=url), LAST_ACTS)
        Base.metadata.create_all(database.engine)
        try:
            house = office(database, Path(folder), clock.now(), typeface())
            house.issue()
            # Names differ in their characters, as those of real firms do: a typeface cut for one serves no other.
            asked = [
                house.asked(f"演示{number}", holders=(Holder(firm(number), "001", f"演示{_name(number)}有限公司"),))
                for number in range(1, count + 1)
            ]
            issuer = house.issuer()
            with _counted() as parts:
                began = time.process_time()
                for each in asked:
                    issuer.issue(each)
                whole = time.process_time() - began
        finally:
            database.close()
    told = {name: round(spent / count * 1000, 2) for name, spent in parts.items()}
    told["store"] = round(whole / count * 1000 - sum(told.values()), 2)
    return {"a_second_of_one_core": round(count / whole, 1), "milliseconds": told}


def _name(number: int) -> str:
    """Write a name of three characters out of the most usual thousand or so of GB/T 2312."""
    places = (number * 7919 + 1) % 1504, (number * 104729 + 5) % 1504, (number * 1299709 + 11) % 1504
    return "".join(bytes((0xB0 + each // 94, 0xA1 + each % 94)).decode("gb2312") for each in places)


@contextmanager
def _counted() -> Iterator[dict[str, float]]:
    """Count the CPU time of the parts of issuing where they are called."""
    spent = {"draw": 0.0, "seal": 0.0, "verify": 0.0}
    with ExitStack() as stack:
        for part, module, name in (
            ("draw", issuing, "drawn"),
            ("seal", sealing, "signed"),
            ("verify", sealing, "verify"),
        ):
            stack.enter_context(mock.patch.object(module, name, _timed(getattr(module, name), part, spent)))
        stack.enter_context(mock.patch.object(drafts, "draft", _timed(drafts.draft, "seal", spent)))
        yield spent


def _timed(act: Callable[..., Any], part: str, spent: dict[str, float]) -> Callable[..., Any]:
    def timed(*told: Any, **named: Any) -> Any:
        began = time.process_time()
        try:
            return act(*told, **named)
        finally:
            spent[part] += time.process_time() - began

    return timed


def _ratio(one: float | None, other: float | None) -> float | None:
    return round(one / other, 2) if one is not None and other else None
