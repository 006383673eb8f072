"""Several processes at once: one certificate a draft, one number a list, one serial number a stamp."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import select

from keys import timestamps
from keys.algorithms.sm3 import SM3
from keys.authority import edges
from keys.authority.errors import SerialTaken
from keys.authority.issuing import Asked
from keys.authority.models import IssuedCertificate, PublishedList, RecordedTimeStamp
from keys.timestamps import Imprint
from tests.keys.authority.builders import AT, FIRST, Site

THREADS = 4


def at_once(act: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(act, range(THREADS * 2)))


def test_a_draft_that_several_complete_at_once_is_signed_once(site: Site):
    below = site.tree(services=False)
    row = site.draft(below, site.order())
    count = len(site.drawer.signed)
    done = at_once(lambda _: edges.complete(site.database, site.parts, below, row.serial, FIRST, AT).sm3)
    assert len(set(done)) == 1
    assert len(site.drawer.signed) == count + 1


def test_an_order_that_arrives_several_times_at_once_is_one_certificate(site: Site):
    below = site.tree(services=False)
    asked = Asked.of(FIRST, "key", b"request")

    def order(_: int) -> str:
        try:
            return site.issue(below, site.order(asked=asked)).serial
        except Exception as refusal:  # noqa: BLE001 - told below: still running, to be repeated
            return getattr(refusal, "code", repr(refusal))

    told = set(at_once(order)) - {"idempotency-key-running"}
    assert len(told) == 1
    with site.database.reading() as session:
        rows = session.scalars(select(IssuedCertificate).where(IssuedCertificate.asked.is_not(None))).all()
    assert [row.serial for row in rows] == list(told)


def test_lists_published_at_once_have_numbers_of_their_own(site: Site):
    below = site.tree(services=False)
    numbers = at_once(lambda _: edges.publish(site.database, site.parts, below, FIRST, AT).number)
    assert sorted(numbers) == list(range(2, 2 + THREADS * 2))
    with site.database.reading() as session:
        rows = session.scalars(select(PublishedList).where(PublishedList.authority == below)).all()
    assert all(row.der is not None for row in rows)


def test_time_stamps_given_at_once_have_serial_numbers_of_their_own(site: Site):
    site.tree()
    asked = timestamps.question(Imprint.of(SM3, b"x"))
    answers = at_once(lambda _: edges.stamp(site.database, site.parts, asked, FIRST, AT))
    serials = {f"{timestamps.response(each).info.serial:x}" for each in answers}
    assert len(serials) == THREADS * 2
    with site.database.reading() as session:
        assert set(session.scalars(select(RecordedTimeStamp.serial))) == serials


def test_a_serial_number_that_is_in_use_can_be_asked_for_again():
    assert SerialTaken.retryable
