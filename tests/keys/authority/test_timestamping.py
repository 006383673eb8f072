"""The time-stamping authority: on record first, SM2 for SM3 and ECDSA or RSA for SHA-2, never a time that went back."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from base import audit
from base.audit import Search
from keys import timestamps
from keys.algorithms import der
from keys.algorithms.algorithm import Digest, KeyKind
from keys.algorithms.international import SHA256, SHA384, SHA512
from keys.algorithms.sm3 import SM3
from keys.authority import authorities, edges, time_stamp_requests, timestamping
from keys.authority.errors import AuthorityKeyDiffers, TimeStampRejected
from keys.authority.models import RecordedTimeStamp
from keys.authority.records import authority_of
from keys.authority.wiring import POLICY
from keys.revocation_lists import Reason
from keys.timestamp_errors import TimeStampNotGranted
from keys.timestamps import Imprint, TimeStampToken
from tests.builders import pki
from tests.builders.pki import extension, tag
from tests.keys.authority.builders import AT, FIRST, SECOND, SHORT, Site, days

MESSAGE = "要盖时间戳的内容".encode()
FAMILIES = [(KeyKind.SM2, SM3)] + [
    (kind, digest) for kind in (KeyKind.P256, KeyKind.P384, KeyKind.RSA) for digest in (SHA256, SHA384, SHA512)
]


def ask(digest: Digest = SM3, **told: Any) -> bytes:
    return timestamps.question(Imprint.of(digest, MESSAGE), **told)


def stamped(site: Site, data: bytes, at=None) -> TimeStampToken:
    return timestamps.response(edges.stamp(site.database, site.parts, data, FIRST, at or site.at))


def failure(site: Site, data: bytes, at=None) -> str:
    with pytest.raises(TimeStampNotGranted) as told:
        stamped(site, data, at)
    assert told.value.status == 2
    return told.value.failure


@pytest.mark.parametrize(("kind", "digest"), FAMILIES)
def test_every_family_stamps_its_digests_and_the_token_verifies(site: Site, kind: KeyKind, digest: Digest):
    site.tree(kind)
    found = stamped(site, ask(digest, nonce=2**63, policy=POLICY), AT + timedelta(microseconds=999_999))
    proven = timestamps.verify(found, digest.of(MESSAGE), site.trust(f"{SHORT[kind]}-root"), AT)
    assert proven.at == AT
    assert proven.latest == AT + timedelta(seconds=1)
    assert (found.info.nonce, found.info.policy, found.info.ordering) == (2**63, POLICY, False)
    assert found.info.imprint.value == digest.of(MESSAGE)
    assert found.named[0].hash == (SM3 if kind is KeyKind.SM2 else proven_digest(kind)).oids[0]


def proven_digest(kind: KeyKind) -> Digest:
    return SHA384 if kind is KeyKind.P384 else SHA256


def test_an_sm3_question_is_answered_with_sm2_and_a_sha_256_one_with_the_other(site: Site):
    for kind in (KeyKind.SM2, KeyKind.P256):
        site.tree(kind)
    assert stamped(site, ask(SM3)).algorithm == pki.ALGORITHMS[KeyKind.SM2].identifier
    assert stamped(site, ask(SHA256)).algorithm == pki.ALGORITHMS[KeyKind.P256].identifier


def test_a_stamp_is_on_record_and_on_the_ledger_before_it_is_signed(site: Site):
    site.tree()
    count = len(site.drawer.signed)
    with site.database.transaction() as session:
        waiting = timestamping.recorded(session, site.parts, ask(), FIRST, AT)
    assert len(site.drawer.signed) == count
    with site.database.reading() as session:
        row = session.scalars(select(RecordedTimeStamp)).one()
        assert (row.serial, row.imprint, row.at) == (f"{waiting.serial:x}", SM3.of(MESSAGE).hex(), AT)
        (entry,) = audit.search(session, Search(act="keys.time-stamp.recorded"))
        assert entry.entry.thing.id == row.serial
        token = timestamps.response(timestamping.granted(session, site.parts, waiting))
    assert token.info.serial == waiting.serial


def test_a_stamp_without_its_record_is_not_given(site: Site):
    """The row cannot be written: nothing is signed."""
    site.tree()
    site.parts.__dict__["random"] = bytes
    stamped(site, ask())
    count = len(site.drawer.signed)
    with pytest.raises(IntegrityError):
        stamped(site, ask())
    assert len(site.drawer.signed) == count


def test_no_two_stamps_have_one_serial_number(site: Site):
    site.tree()
    serials = {stamped(site, ask()).info.serial for _ in range(20)}
    assert len(serials) == 20


def test_the_certificate_comes_only_where_it_is_asked_for(site: Site):
    site.tree()
    assert len(stamped(site, ask()).certificates) == 1
    assert stamped(site, ask(certificate=False)).certificates == ()


@pytest.mark.parametrize(
    ("back", "granted"), [(timedelta(seconds=2), True), (timedelta(seconds=3), False), (timedelta(days=1), False)]
)
def test_a_clock_that_went_back_stamps_nothing(site: Site, back: timedelta, granted: bool):
    site.tree()
    stamped(site, ask(), AT + timedelta(hours=1))
    moment = AT + timedelta(hours=1) - back
    if granted:
        assert stamped(site, ask(), moment).info.at == moment
    else:
        assert failure(site, ask(), moment) == "time-not-available"


def test_without_an_authority_of_the_family_nothing_is_stamped(site: Site):
    site.tree(KeyKind.P256)
    assert failure(site, ask(SM3)) == "system-failure"
    assert failure(site, ask(SHA256), AT + days(365 * 6)) == "system-failure"


def test_a_service_that_was_revoked_or_whose_authority_was_withdrawn_stamps_nothing(site: Site):
    below = site.tree(services=False)
    first = site.serve(below, "time-stamp-authority", KeyKind.SM2)
    site.revoke(first, Reason.SUPERSEDED)
    assert failure(site, ask()) == "system-failure"
    site.serve(below, "time-stamp-authority", KeyKind.SM2)
    assert stamped(site, ask()).info.at == AT
    with site.database.transaction() as session:
        row = authority_of(session, below)
        authorities.propose_withdrawal(session, row, Reason.CA_COMPROMISE, "x", FIRST, AT)
        authorities.confirm_withdrawal(session, row, SECOND, AT)
    assert failure(site, ask()) == "system-failure"


def test_a_key_out_of_reach_or_another_one_is_a_system_failure(site: Site):
    below = site.tree(services=False)
    row = site.serve(below, "time-stamp-authority", KeyKind.SM2)
    site.drawer.gone.add(row.key_id or "")
    assert failure(site, ask()) == "system-failure"
    site.drawer.gone.clear()
    site.drawer.keys[row.key_id or ""] = pki.key(KeyKind.SM2, "another")
    assert failure(site, ask()) == "system-failure"
    with site.database.transaction() as session:
        waiting = timestamping.recorded(session, site.parts, ask(), FIRST, AT)
        with pytest.raises(AuthorityKeyDiffers):
            timestamping.granted(session, site.parts, waiting)


IMPRINT = der.sequence(der.sequence(der.oid(SM3.oids[0]), der.null()), der.octets(bytes(32)))
ONE = der.integer(1)


def imprint(oid: str, size: int) -> bytes:
    return der.sequence(der.sequence(der.oid(oid), der.null()), der.octets(bytes(size)))


HOSTILE = {
    "empty": (b"", "bad-data-format"),
    "zero": (b"\x00", "bad-data-format"),
    "indefinite": (b"\x30\x80\x00\x00", "bad-data-format"),
    "huge": (b"\x30" + bytes(1 << 14), "bad-data-format"),
    "text": (b"POST / HTTP/1.1", "bad-data-format"),
    "version 0": (der.sequence(der.integer(0), IMPRINT), "bad-request"),
    "version 2": (der.sequence(der.integer(2), IMPRINT), "bad-request"),
    "no imprint": (der.sequence(ONE), "bad-data-format"),
    "MD5": (der.sequence(ONE, imprint("1.2.840.113549.2.5", 16)), "bad-algorithm"),
    "SHA-1": (der.sequence(ONE, imprint("1.3.14.3.2.26", 20)), "bad-algorithm"),
    "SHA-224": (der.sequence(ONE, imprint("2.16.840.1.101.3.4.2.4", 28)), "bad-algorithm"),
    "HMAC": (der.sequence(ONE, imprint("1.2.156.10197.1.401.2", 32)), "bad-algorithm"),
    "SM3 of 31": (der.sequence(ONE, imprint(SM3.oids[0], 31)), "bad-data-format"),
    "SM3 of 33": (der.sequence(ONE, imprint(SM3.oids[0], 33)), "bad-data-format"),
    "SHA-256 of 64": (der.sequence(ONE, imprint(SHA256.oids[0], 64)), "bad-data-format"),
    "imprint empty": (der.sequence(ONE, imprint("1.2.3", 0)), "bad-data-format"),
    "policy": (der.sequence(ONE, IMPRINT, der.oid("1.2.3.4")), "unaccepted-policy"),
    "extensions": (
        der.sequence(ONE, IMPRINT, tag(0xA0, extension("1.2.3", der.null()))),
        "unaccepted-extension",
    ),
    "nonce too long": (der.sequence(ONE, IMPRINT, der.integer(1 << 300)), "bad-data-format"),
    "nonce not minimal": (der.sequence(ONE, IMPRINT, b"\x02\x02\x00\x01"), "bad-data-format"),
    "certReq false": (der.sequence(ONE, IMPRINT, b"\x01\x01\x00"), "bad-data-format"),
    "certReq one": (der.sequence(ONE, IMPRINT, b"\x01\x01\x01"), "bad-data-format"),
    "out of order": (der.sequence(ONE, IMPRINT, b"\x01\x01\xff", der.integer(1)), "bad-data-format"),
    "after": (der.sequence(ONE, IMPRINT) + b"\x00", "bad-data-format"),
    "more": (der.sequence(ONE, IMPRINT, tag(0xA1, der.null())), "bad-data-format"),
    "deep": (b"\x30\x82\x08\x00" * 900, "bad-data-format"),
    "parameters": (
        der.sequence(ONE, der.sequence(der.sequence(der.oid(SM3.oids[0]), ONE), der.octets(bytes(32)))),
        "bad-data-format",
    ),
}


def test_a_request_that_cannot_be_granted_is_told_why(site: Site):
    site.tree()
    for name, (data, expected) in HOSTILE.items():
        assert failure(site, data) == expected, name
    with site.database.reading() as session:
        assert session.scalars(select(RecordedTimeStamp)).all() == []


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=150))
def test_any_bytes_are_a_request_or_rejected_in_rfc_bytes(data: bytes):
    refusal = _refusal(data)
    if refusal is not None:
        with pytest.raises(TimeStampNotGranted, match=refusal.failure):
            timestamps.response(time_stamp_requests.rejected(refusal))


def _refusal(data: bytes) -> TimeStampRejected | None:
    try:
        time_stamp_requests.read(data)
    except TimeStampRejected as why:
        return why
    return None


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 200), st.integers(1, 255))
def test_a_request_with_a_byte_changed_is_read_or_rejected(place: int, change: int):
    data = bytearray(ask(nonce=1))
    data[place % len(data)] ^= change
    try:
        time_stamp_requests.read(bytes(data))
    except TimeStampRejected:
        return


def test_an_imprint_without_null_is_repeated_as_it_stood(site: Site):
    site.tree()
    bare = der.sequence(der.sequence(der.oid(SM3.oids[0])), der.octets(SM3.of(MESSAGE)))
    found = stamped(site, der.sequence(ONE, bare))
    assert bare in found.content
