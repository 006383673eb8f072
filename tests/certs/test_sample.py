"""The sandbox's library: what it holds as data, and that it comes into being, sealed, with the magic holders in it."""

import dataclasses
import tomllib
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from base import bulk, clock
from certs import checks, contents, library, sample_library, sample_neighbours, sample_work
from certs.library import standing_of
from certs.life import Standing
from certs.models import Certificate, CertificateFile, CertificateHolder
from certs.sample_magic import MAGIC, Magic
from certs.types.certificate_type import Holding
from certs.wiring import Certs
from signing.policy import DEFAULT
from signing.report import Verdict
from signing.verification import verify
from signing.wiring import Signing
from tests.certs.papers import AT, TYPES
from tests.certs.province import Province, province, site

__all__ = ["province", "site"]  # fixtures that pytest finds here
DAY = date(2026, 11, 20)
PURPOSE = {
    "item_code": "000123020000",
    "item_name": "公共场所卫生许可",
    "stage": "review",
    "basis": {"kind": "case", "number": "演示320900202611210001"},
    "ground": "statutory",
    "operator": {"kind": "person", "name": "演示办事员", "unit": "演示市政务服务中心"},
    "handling_region": "320900",
    "reason": "核验申请材料（演示）",
}
# What the contract says of those whose answer comes from the library itself: outcome, status of the newest, how many.
ANSWERS = {
    "0001": ("found", "valid", 1),
    "0002": ("found", "valid", 1),
    "0404": ("not_found", None, 0),
    "0410": ("found", "revoked", 1),
    "0423": ("denied", None, 0),
    "0409": ("found", "valid", 2),
    "0403": ("denied", None, 0),
    "0503": ("source_down", None, 0),
}
STANDINGS = {
    "0001": [Standing.VALID],
    "0002": [Standing.VALID, Standing.VALID],
    "0410": [Standing.REVOKED],
    "0423": [Standing.FROZEN],
    "0409": [Standing.CHANGED, Standing.VALID],
    "0403": [Standing.VALID],
    "0429": [Standing.VALID],
}

HOLDERS = select(func.count()).select_from(CertificateHolder)


def entries() -> tuple[sample_library.Entry, ...]:
    """Give everything that the library is to hold."""
    magic = (each for one in MAGIC.values() for each in sample_library.magic_entries(one, TYPES, DAY))
    return (*sample_library.entries(TYPES, DAY), *magic)


def test_the_library_is_as_large_as_it_is_said_to_be() -> None:
    """Six hundred certificates of twenty types, issued and collected, for two hundred holders."""
    kinds = {each.type.code: each.type.holding for each in entries()}
    holders = {holder.code for each in entries() for holder in each.draft.holders}
    assert len(entries()) >= 600
    assert Counter(kinds.values()) == {Holding.ISSUED: 14, Holding.COLLECTED: 8}
    assert len(holders) >= 200


def test_every_entry_fits_its_type() -> None:
    """Or filling the library would stop in the middle."""
    faults = {
        (each.type.name, fault.pointer, fault.code)
        for each in entries()
        for fault in checks.check(each.draft, each.type, AT)
    }
    assert faults == set()


def test_no_number_is_told_twice() -> None:
    """A number belongs to one certificate of its type."""
    told = Counter((each.type.code, each.draft.number) for each in entries() if each.draft.number)
    assert [number for number, times in told.items() if times > 1] == []


def test_the_same_entry_comes_out_every_time() -> None:
    """A task that was cut off goes on where it was."""
    sample_library.people.cache_clear()
    assert sample_library.entries(TYPES, DAY) == sample_library.entries(TYPES, DAY)
    assert [each.number for each in sample_library.entries(TYPES, DAY)][:3] == [1, 2, 3]


def test_only_magic_holders_have_magic_codes() -> None:
    """Whoever ends in 0404 has nothing; nobody else may end so by chance."""
    for magic in MAGIC.values():
        assert magic.code.endswith(magic.ending)
        having = [each for each in entries() if any(one.code.endswith(magic.ending) for one in each.draft.holders)]
        assert {one.code for each in having for one in each.draft.holders} <= {magic.code}
        assert len(having) == len(magic.has)


@pytest.mark.xdist_group("province")
def test_one_of_each_type_is_there_when_the_sandbox_opens(province: Province) -> None:
    """And every file in the library is valid under what the sandbox trusts."""
    at, keys = clock.now(), province.running.parts[Certs].keys
    with province.running.database.reading() as session:
        trust = province.running.parts[Signing].trust_at(session, at)
        types = set(session.scalars(select(Certificate.type)))
        verdicts = Counter(
            verify(
                contents.opened_file(session, keys, each.identifier, each.format, each.content), "x", trust, DEFAULT, at
            ).verdict
            for each in session.scalars(select(CertificateFile))
        )
        whole = session.scalar(select(func.count()).select_from(Certificate))
    assert len(types) == 22
    assert verdicts == {Verdict.VALID: whole}


@pytest.mark.xdist_group("province")
@pytest.mark.parametrize("ending", sorted(MAGIC))
def test_a_magic_holder_has_what_the_table_says(province: Province, ending: str) -> None:
    """In the library, and in the list that the visitor reads."""
    magic: Magic = MAGIC[ending]
    parts, day = province.running.parts[Certs], clock.now().date()
    with province.running.database.reading() as session:
        held = library.held(session, parts.keys, magic.holder.type, magic.code)
        assert sorted(standing_of(each, day) for each in held) == STANDINGS.get(ending, [])
    told = next(each for each in province.told["magic"] if each["ending"] == ending)
    assert (told["holder_code"], told["certificate_type"]) == (magic.code, parts.by_name[magic.type])


@pytest.mark.xdist_group("province")
def test_the_task_goes_on_with_the_next_and_ends_with_the_last(province: Province) -> None:
    """A chunk that is done twice, because whoever did it died before it was counted, makes nothing twice."""
    running, task = province.running, province.told["library"]["task"]
    with running.database.transaction() as session:
        taken = bulk.take(session, task, "test", clock.now())
        assert taken is not None
    with running.database.reading() as session:
        chunk = bulk.next_chunk(session, taken, clock.now(), running.parts)
        before = session.execute(HOLDERS).scalar_one()
    counts = []
    for _ in range(2):
        sample_work.before(running.database, chunk)
        with running.database.reading() as session:
            counts.append(session.execute(HOLDERS).scalar_one())
    assert counts[0] == counts[1]
    assert counts[0] >= before + sample_work.CHUNK
    with running.database.transaction() as session:
        assert not bulk.step(session, sample_work.JOB, taken, clock.now(), running.parts)
        assert sample_work.progress(session) == (22 + sample_work.CHUNK, province.told["library"]["certificates"])
    last = dataclasses.replace(chunk, position=province.told["library"]["certificates"] - 1)
    with running.database.reading() as session:
        assert sample_work.step(session, last).finished


@pytest.mark.xdist_group("province")
@pytest.mark.parametrize("ending", sorted(ANSWERS))
def test_a_magic_holder_is_answered_as_the_table_says(province: Province, site: Flask, ending: str) -> None:
    """As the first client asks, with the purpose that it was told."""
    outcome, status, count = ANSWERS[ending]
    answer = asked(province, site, ending)
    assert (answer.status_code, read(answer)["outcome"]) == (200, outcome), read(answer)
    certificates = read(answer)["certificates"]
    assert len(certificates) == count
    assert status is None or certificates[0]["status"] == status


@pytest.mark.xdist_group("province")
def test_the_magic_holder_who_is_asked_about_too_often_is_limited(province: Province, site: Flask) -> None:
    """A problem and no outcome: the next day is no better."""
    answer = asked(province, site, "0429")
    assert (answer.status_code, read(answer)["code"]) == (429, "quota-exceeded")


@pytest.mark.xdist_group("province")
def test_the_magic_holder_of_two_types_has_both(province: Province, site: Flask) -> None:
    """Asked for without a type."""
    found = read(asked(province, site, "0002", certificate_type=None))["certificates"]
    assert {each["type"] for each in found} == {each.code for each in TYPES.values() if each.name in MAGIC["0002"].has}


def test_the_sandbox_asks_a_department_that_is_down_and_a_neighbour() -> None:
    """Each for the type that its magic holder is asked about, and both on this machine."""
    told = tomllib.loads(sample_neighbours.settings_of(Path()))
    named = [each.split() for each in told["libraries"]["peers"]]
    assert [each[0] for each in named] == ["department", "province:310000"]
    types = {each.name: code for code, each in TYPES.items()}
    assert [each[3] for each in named] == [types[MAGIC[ending].type] for ending in ("0503", "0408")]
    assert told["fetch"]["intranet_networks"] == ["127.0.0.0/8"]


def asked(province: Province, site: Flask, ending: str, **peculiar: Any) -> TestResponse:
    """Ask about a magic holder."""
    client, told = site.test_client(), next(each for each in province.told["magic"] if each["ending"] == ending)
    known = province.told["clients"][0]
    form = {"grant_type": "client_credentials", "client_id": known["id"], "client_secret": known["secret"]}
    token = read(client.post("/oauth/token", data=form))["access_token"]
    holder = {
        "code": told["holder_code"],
        "type": told["holder_type"],
        "name": told["holder_name"],
        "role": "applicant",
    }
    body = {"holder": holder, "certificate_type": told["certificate_type"], "purpose": {**PURPOSE, "grant_code": None}}
    headers = {"Authorization": f"Bearer {token}"}
    return client.post("/api/v1/certificate-queries", json={**body, **peculiar}, headers=headers)


def read(answer: TestResponse) -> dict[str, Any]:
    """Read an answer that is an object."""
    assert isinstance(answer.json, dict)
    return answer.json
