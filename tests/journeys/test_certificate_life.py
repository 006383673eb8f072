"""The main walk of a certificate through the API, as the documentation has it, on both databases.

Issue → query → copy → verify → change → query → revoke → verify: at the end the seal is right and the certificate is
revoked, in two lines; each step stands in the ledger, which is whole.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from base import audit, clock, ledger_verification
from base.audit import Search
from base.callers import Caller
from base.db import Database
from base.metrics import Metrics
from certs import present_status
from certs.consents.consents import OnRecord
from certs.faces.typefaces import typeface
from certs.libraries.own import OwnLibrary
from certs.queries.wiring import Queries, QuerySettings
from certs.routes.certificates import certificates
from certs.routes.copies import copy_routes
from certs.routes.queries import certificate_queries
from exchange.door import receipts
from exchange.routes.receipts import receipts as receipt_routes
from signing.routes.verifications import verification_routes
from signing.verification_wiring import Verifying
from tests import rooms
from tests.certs.consents import desk
from tests.certs.copies import house as houses
from tests.certs.copies.house import CopyHouse
from tests.certs.papers import firm
from tests.exchange.walks import Command, Walk, commands
from tests.keys.parties.builders import CITY
from tests.signing import offices, verifiers

PAGES = ("copies.md", "zh/copies.md")
ISSUER = Caller("system", offices.SYSTEM, offices.SYSTEM, CITY, scopes=frozenset({"cert:issue", "seal:use"}))
WINDOW = Caller("system", "window", "window", CITY, scopes=frozenset({"cert:read", "data:read"}))
LIMIT = 20 * 1024 * 1024
# The acts of the steps, in the order in which the walk takes them.
ACTS = (
    *("certificate.draft", "certificate.sign", "data.used", "data.used", "copy.made", "copy.fetched"),
    *("certificate.draft", "certificate.sign", "certificate.change", "data.used"),
    *("certificate.revoke", "data.used"),
)


@dataclass
class Story:
    """A walk that is under way, and what each command answered."""

    walk: Walk
    house: CopyHouse
    answers: list[Any]

    def told(self, text: str) -> list[dict[str, Any]]:
        """Give the answers to the commands that name an address, in their order."""
        return [body for command, body in self.answers if text in command.text]


@pytest.fixture
def story(database: Database, tmp_path: Path, at, monkeypatch: pytest.MonkeyPatch) -> Iterator[Story]:
    house = houses.opened(database, tmp_path, at, typeface())
    monkeypatch.setattr(clock, "now", lambda: house.office.at)
    sealer, keys = house.sealer(ISSUER), house.office.parts.keys
    queries = Queries(
        QuerySettings(), house.office.parts, house.gateway, Metrics(None), OwnLibrary(keys), (), OnRecord()
    )
    with verifiers.staff() as workers:
        verifying = Verifying(workers, LIMIT, library_says=present_status.said)
        furniture = (house.office.parts, house.gateway, house.copying, queries, verifying)
        rooms_ = (certificates, certificate_queries, copy_routes, verification_routes, receipt_routes)
        door = rooms.door(database, rooms_, (ISSUER, WINDOW), *furniture, sealer.signing, sealer.authority)
        known = {"Y": "", "FIRM": firm(1), "DAY": house.office.today.isoformat()}
        known["PURPOSE"] = json.dumps(desk.purpose_body(ground="statutory"), ensure_ascii=False)
        people = {"ISSUER": ISSUER.id, "WINDOW": WINDOW.id}
        yield Story(Walk(door, people, known), house, [])


def follow(story: Story, command: Command) -> None:
    """Carry a command out, and learn from its answer what the next ones name."""
    answer = story.walk.do(command)
    body, known = answer.get_json(silent=True) or {}, story.walk.known
    story.answers.append((command, body))
    if "/changes" in command.text:
        known["NEW"] = body["identifier"]
    elif command.text.endswith("/certificates"):
        known["ID"] = body["identifier"]
    if answer.headers.get("ETag"):
        known["TAG"] = answer.headers["ETag"]
    if body.get("copy"):
        known["LINK"] = body["copy"]["link"]
    if "usage_id" in body:
        known["USAGE"] = body["usage_id"]


@pytest.mark.parametrize("page", PAGES)
def test_a_certificate_lives_as_the_documentation_says(story: Story, page: str):
    seen = commands(page)
    for command in seen:
        follow(story, command)
    assert len(seen) == 14
    first, changed, revoked = story.told("certificate-queries")
    assert [each["outcome"] for each in (first, changed, revoked)] == ["found"] * 3
    assert [each["status"] for each in first["certificates"]] == ["valid"]
    assert changed["certificates"][0]["superseded_by"] == story.walk.known["NEW"]
    assert [each["status"] for each in revoked["certificates"]] == ["revoked"]
    copy, licence = story.told("verifications")
    assert (copy["verdict"], copy["certificate"]["status"]) == ("valid", "valid")
    assert "CERTIFICATE_COPY" in {each["code"] for each in copy["warnings"]}
    assert (licence["verdict"], licence["certificate"]["status"]) == ("valid", "revoked")
    assert licence["signatures"][0]["verdict"] == "valid"
    on_the_ledger(story)


def on_the_ledger(story: Story) -> None:
    """See that each step left its entry, in its order, that the tree is whole, and that a use is proven from it."""
    database, at = story.house.office.database, story.house.office.at
    with database.reading() as session:
        told = [each.entry.act for each in reversed(audit.search(session, Search(), limit=1000))]
        assert ledger_verification.verify(session).sound
    assert tuple(each for each in told if each in ACTS) == ACTS
    receipts.sign(database, story.house.gateway, at)
    usage = story.walk.known["USAGE"]
    told = story.walk.door.call(WINDOW.id, "GET", f"/receipts/{usage}").json
    assert usage in json.dumps(told)


def test_a_copys_link_is_spent_after_the_walk(story: Story):
    for command in commands(PAGES[0]):
        follow(story, command)
    again = story.walk.door.call(WINDOW.id, "GET", story.walk.known["LINK"].removeprefix("/api/v1"))
    assert (again.status_code, again.json["code"]) == (410, "copy-link-spent")


def test_both_languages_document_the_same_walk():
    """The remarks are in each reader's language, the commands are one."""
    assert [each.text for each in commands(PAGES[0])] == [each.text for each in commands(PAGES[1])]
