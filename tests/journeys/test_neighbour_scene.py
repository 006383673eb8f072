"""Scene 4: people of this province who live in another one, asked about over HTTP of the simulator that plays it.

The simulator listens on this machine as `yinxin simulate neighbour` does; the site asks it through its own way out.
What it says of each is told as itself: late and then found, not covered, another's, no longer in force, down.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from wsgiref.simple_server import make_server

import pytest
from flask import Flask

from certs import sample_neighbours
from certs.commands.simulate import _Server, _Silent
from certs.libraries import jobs
from certs.libraries.peer import Peer
from certs.queries.wiring import Queries
from certs.sample_magic import MAGIC
from certs.simulator.neighbour import SCENES, Neighbour
from tests.certs.province import Province, province, site
from tests.certs.test_sample import PURPOSE
from tests.journeys.test_scenes import call, token

__all__ = ["province", "site"]  # fixtures that pytest finds here
pytestmark = pytest.mark.xdist_group("province")
ORIGIN = f"province:{sample_neighbours.REGION}"
# How long the site waits for it here; a visitor's site waits longer, and the simulator longer still.
DEADLINE = 1.0


@dataclass
class Abroad:
    """The neighbour as it stands beside the site: it keeps who is slow waiting until it is told to hurry."""

    province: Province
    site: Flask
    parts: Queries
    hurry: threading.Event

    def asked(self, code: str, name: str, **peculiar: Any) -> dict[str, Any]:
        window = token(self.site, self.province.told["clients"][0])
        body = {
            "holder": {"code": code, "type": "111", "name": name},
            "certificate_type": self.province.told["neighbours"][0]["certificate_type"],
            "purpose": {**PURPOSE, "grant_code": None, **peculiar},
        }
        answer = call(self.site, window, "POST", "/certificate-queries", json=body)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.get_json()
        return told

    def said(self, scene: str) -> dict[str, Any]:
        holder = next(each for each in self.province.told["neighbours"] if each["scene"] == scene)
        return self.asked(holder["holder_code"], holder["holder_name"])


@pytest.fixture
def abroad(province: Province, site: Flask) -> Iterator[Abroad]:
    hurry = threading.Event()
    neighbour = Neighbour(SCENES, wait=lambda seconds: (hurry.wait(seconds), None)[1])
    server = make_server("127.0.0.1", 0, neighbour, server_class=_Server, handler_class=_Silent)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    known = site.extensions["yinxin"]
    before: Queries = known[Queries]
    others = [moved(each, server.server_port) for each in before.others]
    known[Queries] = parts = replace(before, others=tuple(others))
    yield Abroad(province, site, parts, hurry)
    known[Queries] = before
    hurry.set()
    server.shutdown()
    serving.join()
    server.server_close()


def moved(library: Any, port: int) -> Any:
    """Look for the neighbour where it listens now."""
    if isinstance(library, Peer) and library.origin == ORIGIN:
        return replace(library, address=f"http://127.0.0.1:{port}", seconds=DEADLINE)
    return library


def of_neighbour(told: dict[str, Any]) -> str:
    return str(next(each["outcome"] for each in told["asked"] if each["library"] == ORIGIN))


def test_what_another_province_has_is_found_there(abroad: Abroad):
    told = abroad.said("found")
    (certificate,) = told["certificates"]
    assert (told["outcome"], told["origin"], certificate["status"]) == ("found", ORIGIN, "valid")


def test_who_is_late_is_pending_and_found_then(abroad: Abroad):
    """The clerk is not kept waiting; the job asks again, and the next look-up has it."""
    magic = MAGIC["0408"]
    first = abroad.asked(magic.code, magic.name)
    assert (first["outcome"], first["certificates"], of_neighbour(first)) == ("pending", [], "pending")
    abroad.hurry.set()
    assert jobs.fetch_due(abroad.province.running.database, abroad.parts) == 1
    told = abroad.asked(magic.code, magic.name)
    assert (told["outcome"], told["origin"]) == ("found", ORIGIN)


def test_what_it_does_not_take_part_in_is_not_covered_there(abroad: Abroad):
    """Here there is none; that the neighbour does not cover it is told beside that."""
    told = abroad.said("not_covered")
    assert (told["outcome"], of_neighbour(told)) == ("not_found", "not_covered")


def test_another_holders_certificate_is_not_believed(abroad: Abroad):
    told = abroad.said("wrong_holder")
    assert (told["outcome"], told["reason"]["code"], told["certificates"]) == ("source_down", "wrong-holder", [])


def test_a_status_that_changed_there_is_told_without_what_it_says(abroad: Abroad):
    told = abroad.said("revoked")
    (certificate,) = told["certificates"]
    assert (told["reason"]["code"], certificate["status"], certificate["data"]) == ("not-in-force", "revoked", {})


def test_a_neighbour_that_is_down_is_not_one_that_has_none(abroad: Abroad):
    down, none = abroad.said("down"), MAGIC["0404"]
    assert (down["outcome"], down["reason"]["code"]) == ("source_down", "source-silent")
    assert abroad.asked(none.code, none.name)["outcome"] == "not_found"
