"""The trust store: who is trusted from when to when, and evidence that neither forgers nor replayers can spoil."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from base import audit
from base.callers import Caller
from base.fetch import FetchSettings, GuardedFetch, UrlRefused
from keys import anchors, revocation_sources, withdrawals
from keys.algorithms import der
from keys.algorithms.sm3 import SM3
from keys.certificates import NATIONAL
from keys.chain import Demand, path
from keys.extensions import Usage
from keys.models import RevocationSource, TrustedCertificate
from keys.purposes import SEAL
from keys.revocation import Good, Why
from keys.revocation_fetching import Refreshed, ask, refresh
from keys.revocation_lists import Reason, RevocationList
from keys.trust import Trust
from keys.trust_errors import (
    AlreadyTrusted,
    ConfirmedByProposer,
    NoPath,
    NotAnAnchor,
    NotTrusted,
    RevocationUnknown,
    RevokedCertificate,
    UnfitEvidence,
    UnknownPurpose,
    UnusableBundle,
)
from tests.builders import pki
from tests.builders.pki import AT, DAY, tag
from tests.simulators.http import HttpSimulator
from tests.simulators.revocation_server import RevocationServers

ONE = Caller("person", "u-1", "甲", "11320900000000000X")
TWO = Caller("person", "u-2", "乙", "11320900000000000X")
HOUR = timedelta(hours=1)
LIST_URL = "http://ca.example/1.crl"
ROOT_URL = "http://ca.example/root.crl"
OCSP_URL = "http://ca.example/ocsp"

ROOT = pki.root()
CA = ROOT.authority(crl_points=[pki.point(pki.uri(ROOT_URL))])
SIGNER = CA.issues(crl_points=[pki.point(pki.uri(LIST_URL))])
ANSWERED = CA.issues("有应答的印章", ocsp_urls=[OCSP_URL])


def trusted(session, *, at=AT, **more):
    for row in anchors.propose(session, ROOT.certificate.pem, ONE, at, **more):
        anchors.confirm(session, row.sm3, TWO, at)
    anchors.add_intermediates(session, CA.certificate.pem, ONE, at)


def store(database, at=AT) -> Trust:
    with database.reading() as session:
        return anchors.trust_at(session, at)


@pytest.fixture
def filled(database):
    with database.transaction() as session:
        trusted(session)
    return database


def watched(database, identity=SIGNER, at=AT):
    verified = path(identity.certificate, store(database, at), SEAL, at)
    with database.transaction() as session:
        revocation_sources.watch(session, verified, at)


def sources(database) -> list[RevocationSource]:
    with database.reading() as session:
        return list(session.scalars(select(RevocationSource).order_by(RevocationSource.url)))


# Who is trusted.


def test_an_anchor_is_trusted_when_a_second_person_has_confirmed_it(database):
    with database.transaction() as session:
        (row,) = anchors.propose(session, ROOT.certificate.pem, ONE, AT, purposes=["seal-signature"], is_test=True)
        anchors.add_intermediates(session, CA.der, ONE, AT)
    assert store(database).anchors == ()
    with database.transaction() as session:
        anchors.confirm(session, row.sm3, TWO, AT + HOUR)
    assert store(database).anchors == ()
    trust = store(database, AT + HOUR)
    found = path(SIGNER.certificate, trust, SEAL, AT)
    assert found.is_test
    assert found.anchor.purposes == {"seal-signature"}


def test_nobody_confirms_what_they_proposed(database):
    with database.transaction() as session:
        (row,) = anchors.propose(session, ROOT.certificate.pem, ONE, AT)
        with pytest.raises(ConfirmedByProposer):
            anchors.confirm(session, row.sm3, ONE, AT)
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.execute(text("update keys_trusted_certificates set confirmed_by = added_by, confirmed_at = added_at"))


def test_a_withdrawn_anchor_is_trusted_no_more_and_was_before(filled):
    withdrawn(filled, "密钥泄露", AT + DAY)
    with pytest.raises(NoPath):
        path(SIGNER.certificate, store(filled, AT + DAY), SEAL, AT)
    path(SIGNER.certificate, store(filled, AT + DAY - HOUR), SEAL, AT)
    with filled.transaction() as session, pytest.raises(NotTrusted):
        anchors.withdraw(session, ROOT.certificate.sm3.hex(), "再次", ONE, AT + DAY)


def withdrawn(database, why, at):
    with database.transaction() as session:
        withdrawals.suspend(session, ROOT.certificate.sm3.hex(), why, ONE, at)
        withdrawals.confirm(session, ROOT.certificate.sm3.hex(), why, TWO, at)


def test_a_withdrawn_anchor_can_be_proposed_again(filled):
    withdrawn(filled, "误加", AT + DAY)
    with filled.transaction() as session:
        (row,) = anchors.propose(session, ROOT.certificate.pem, TWO, AT + 2 * DAY)
        anchors.confirm(session, row.sm3, ONE, AT + 2 * DAY)
    assert len(store(filled, AT + 2 * DAY).anchors) == 1
    assert store(filled, AT + DAY + HOUR).anchors == ()


def test_an_anchor_is_proposed_once(filled):
    with filled.transaction() as session, pytest.raises(AlreadyTrusted):
        anchors.propose(session, ROOT.certificate.pem, TWO, AT)
    with filled.transaction() as session, pytest.raises(AlreadyTrusted):
        anchors.confirm(session, ROOT.certificate.sm3.hex(), ONE, AT)


def test_what_nobody_took_in_cannot_be_confirmed(database):
    with database.transaction() as session, pytest.raises(NotTrusted):
        anchors.confirm(session, "00" * 32, ONE, AT)


def test_a_certificate_between_may_become_an_anchor(filled):
    with filled.transaction() as session:
        (row,) = anchors.propose(session, CA.der, ONE, AT + HOUR)
        anchors.confirm(session, row.sm3, TWO, AT + HOUR)
    trust = store(filled, AT + HOUR)
    assert {each.certificate for each in trust.anchors} == {ROOT.certificate, CA.certificate}
    assert trust.intermediates == ()
    assert store(filled).intermediates == (CA.certificate,)


def test_every_change_of_trust_is_in_the_audit_record(filled):
    with filled.transaction() as session:
        anchors.withdraw(session, CA.certificate.sm3.hex(), "停用", ONE, AT)
    with filled.reading() as session:
        found = [
            (each.entry.act, each.entry.actor) for each in audit.search(session, audit.Search(thing_kind="certificate"))
        ]
    assert found == [
        ("keys.intermediate.withdrawn", "person:u-1"),
        ("keys.intermediate.added", "person:u-1"),
        ("keys.anchor.confirmed", "person:u-2"),
        ("keys.anchor.proposed", "person:u-1"),
    ]


NO_ANCHORS = {
    "not-an-authority": lambda: pki.root(authority=False, usages=pki.SIGNING),
    "may-not-sign-certificates": lambda: pki.root(usages=[Usage.CRL_SIGN]),
    "expired": lambda: pki.root(not_after=AT - DAY),
    "unknown-critical-extension": lambda: pki.root(more=[pki.extension("1.2.3", b"", critical=True)]),
    "another-algorithm-or-curve": lambda: ROOT.authority(
        spki=der.sequence(der.sequence(der.oid("1.2.3")), der.bits(b"x"))
    ),
}


@pytest.mark.parametrize("reason", NO_ANCHORS)
def test_what_cannot_be_an_anchor_is_refused_by_name(database, reason: str):
    with database.transaction() as session, pytest.raises(NotAnAnchor) as refusal:
        anchors.propose(session, NO_ANCHORS[reason]().der, ONE, AT)
    assert refusal.value.reason in (reason, "not-accepted")


def test_a_signer_may_be_an_anchor_for_a_named_purpose(database):
    own = pki.root("自签印章", authority=False, usages=pki.SIGNING)
    with database.transaction() as session:
        (row,) = anchors.propose(session, own.der, ONE, AT, purposes=["seal-signature"])
        anchors.confirm(session, row.sm3, TWO, AT)
        with pytest.raises(UnknownPurpose):
            anchors.propose(session, own.der, ONE, AT, purposes=["anything"])
    path(own.certificate, store(database), SEAL, AT)


def test_a_file_is_taken_in_whole_or_not_at_all(database):
    bad = ROOT.certificate.pem + b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
    with database.transaction() as session, pytest.raises(UnusableBundle):
        anchors.propose(session, bad, ONE, AT)
    with database.reading() as session:
        assert session.scalars(select(TrustedCertificate)).all() == []


def test_an_anchor_of_a_national_authority_is_taken_in_under_that_profile(database):
    early = pki.root("国标 CA", not_after=tag(0x18, b"20400101000000Z"))
    with database.transaction() as session:
        with pytest.raises(UnusableBundle):
            anchors.propose(session, early.der, ONE, AT)
        (row,) = anchors.propose(session, early.der, ONE, AT, profile=NATIONAL)
        anchors.confirm(session, row.sm3, TWO, AT)
    path(early.issues().certificate, store(database), SEAL, AT)


# Evidence kept fresh.


def test_what_verified_paths_name_is_fetched_and_makes_good(filled):
    servers = RevocationServers()
    servers.serve(LIST_URL, CA.revocation_der())
    servers.serve(ROOT_URL, ROOT.revocation_der())
    watched(filled)
    assert refresh(filled, servers, AT) == Refreshed(2, 2, 0, 0)
    found = path(SIGNER.certificate, store(filled), SEAL, AT, demand=Demand.WHERE_SOURCED)
    assert [type(each) for each in found.statuses] == [Good, Good]
    assert refresh(filled, servers, AT) == Refreshed(0, 0, 0, 0)


def test_a_revocation_is_seen_after_the_next_run(filled):
    servers = RevocationServers()
    servers.serve(LIST_URL, CA.revocation_der())
    servers.serve(ROOT_URL, ROOT.revocation_der())
    watched(filled)
    refresh(filled, servers, AT)
    later = AT + timedelta(hours=7)
    new = CA.revocation_der({SIGNER.certificate.serial: (AT, Reason.KEY_COMPROMISE)}, this_update=AT + HOUR)
    servers.serve(LIST_URL, new)
    assert refresh(filled, servers, later) == Refreshed(2, 1, 1, 0)
    with pytest.raises(RevokedCertificate):
        path(SIGNER.certificate, store(filled, later), SEAL, later, demand=Demand.WHERE_SOURCED)
    path(SIGNER.certificate, store(filled, AT + HOUR), SEAL, AT, demand=Demand.NOTHING)


def test_answers_about_watched_certificates_are_asked_for(filled):
    servers = RevocationServers()
    servers.serve(ROOT_URL, ROOT.revocation_der())
    responder = CA.responder()
    servers.answer(OCSP_URL, lambda _: responder.answer_der(ANSWERED.certificate, issuer=CA))
    watched(filled, ANSWERED)
    assert refresh(filled, servers, AT).renewed == 2
    request = next(each for each in servers.asked if each.url == OCSP_URL)
    assert (request.method, request.idempotent) == ("POST", True)
    found = path(ANSWERED.certificate, store(filled), SEAL, AT, demand=Demand.WHERE_SOURCED)
    assert isinstance(found.statuses[0], Good)
    assert found.statuses[0].evidence.kind == "ocsp"


def test_a_source_that_cannot_be_reached_is_noted_and_asked_again(filled):
    watched(filled)
    servers = RevocationServers()
    assert refresh(filled, servers, AT) == Refreshed(2, 0, 0, 2)
    assert {each.failure for each in sources(filled)} == {"connect-failed"}
    assert refresh(filled, servers, AT + timedelta(minutes=9)).asked == 0
    servers.serve(LIST_URL, CA.revocation_der())
    assert refresh(filled, servers, AT + timedelta(minutes=10)) == Refreshed(2, 1, 0, 1)
    with pytest.raises(RevocationUnknown):
        path(SIGNER.certificate, store(filled, AT + HOUR), SEAL, AT, demand=Demand.WHERE_SOURCED)


STRANGER = pki.root("演示中间 CA", whose="stranger")
UNFIT = {
    "no list": (lambda: b"<html>not found</html>", "malformed-revocation-list"),
    "nothing": (lambda: b"", "malformed-revocation-list"),
    "another authority's list": (ROOT.revocation_der, "unfit-revocation-evidence"),
    "a forged list": (
        lambda: STRANGER.revocation_der(key_id_of=pki.key_id(CA.certificate.spki)),
        "unfit-revocation-evidence",
    ),
    "an altered list": (
        lambda: CA.revocation_der(spoil=lambda value: value[:-1] + bytes((value[-1] ^ 1,))),
        "unfit-revocation-evidence",
    ),
    "an indirect list": (
        lambda: CA.revocation_der(more=[pki.scope(tag(0x84, b"\xff"))]),
        "unfit-revocation-evidence",
    ),
    "an older list": (lambda: CA.revocation_der(this_update=AT - 2 * DAY), "unfit-revocation-evidence"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_what_a_list_server_says_falsely_changes_nothing(filled, case: str):
    body, code = UNFIT[case]
    servers = RevocationServers()
    servers.serve(LIST_URL, CA.revocation_der())
    servers.serve(ROOT_URL, ROOT.revocation_der())
    watched(filled)
    refresh(filled, servers, AT)
    digest = store(filled).digest
    servers.serve(LIST_URL, body())
    later = AT + timedelta(hours=7)
    assert refresh(filled, servers, later).failed == 1
    assert [each.failure for each in sources(filled) if each.url == LIST_URL] == [code]
    assert store(filled, later).digest == digest


UNFIT_ANSWERS = {
    "a refusal": lambda: CA.answer_der(ANSWERED.certificate, status=3),
    "no answer": lambda: b"\x30\x03\x0a\x01",
    "of another certificate": lambda: CA.answer_der(SIGNER.certificate),
    "of a stranger": lambda: STRANGER.answer_der(ANSWERED.certificate, issuer=CA),
}


@pytest.mark.parametrize("case", UNFIT_ANSWERS)
def test_what_a_responder_says_falsely_changes_nothing(filled, case: str):
    servers = RevocationServers()
    servers.serve(OCSP_URL, UNFIT_ANSWERS[case]())
    servers.serve(ROOT_URL, ROOT.revocation_der())
    watched(filled, ANSWERED)
    assert refresh(filled, servers, AT).failed == 1
    assert store(filled).answers == ()


def test_an_error_of_a_server_is_no_evidence(filled):
    servers = RevocationServers(status=500)
    servers.serve(LIST_URL, CA.revocation_der())
    watched(filled)
    assert refresh(filled, servers, AT).failed == 2
    assert "answered-with-status" in {each.failure for each in sources(filled)}


def test_a_source_is_watched_once_however_often_it_is_named(filled):
    for _ in range(3):
        watched(filled)
    watched(filled, CA.issues("第二枚印章", crl_points=[pki.point(pki.uri(LIST_URL))]))
    assert [each.url for each in sources(filled)] == [LIST_URL, ROOT_URL]


def test_a_source_that_nobody_can_call_is_left_out(filled):
    odd = CA.issues(
        "怪地址",
        crl_points=[pki.point(pki.uri("ldap://ca.example/cn=x")), pki.point(pki.uri("http://u:p@ca.example/x"))],
    )
    watched(filled, odd)
    assert [each.url for each in sources(filled)] == [ROOT_URL]


def test_a_watched_source_is_left_when_the_certificates_that_named_it_are_over(filled):
    short = CA.issues("短期印章", not_after=AT + DAY, crl_points=[pki.point(pki.uri(LIST_URL))])
    watched(filled, short)
    servers = RevocationServers()
    refresh(filled, servers, AT + 2 * DAY)
    assert [each.url for each in servers.asked] == [ROOT_URL]


def test_a_configured_source_is_asked_for_certificates_that_name_none(filled):
    plain = CA.issues("不写来源的印章")
    with filled.transaction() as session:
        revocation_sources.add_list(session, "http://lists.example/ca.crl", CA.certificate.sm3.hex(), ONE, AT)
        with pytest.raises(UrlRefused):
            revocation_sources.add_list(session, "file:///etc/passwd", CA.certificate.sm3.hex(), ONE, AT)
        with pytest.raises(NotTrusted):
            revocation_sources.add_list(session, "http://lists.example/x", "00" * 32, ONE, AT)
    trust = store(filled)
    assert trust.sources == {SM3.of(CA.certificate.spki)}
    with pytest.raises(RevocationUnknown):
        path(plain.certificate, trust, SEAL, AT, demand=Demand.WHERE_SOURCED)
    servers = RevocationServers()
    servers.serve("http://lists.example/ca.crl", CA.revocation_der({plain.certificate.serial: AT - DAY}))
    refresh(filled, servers, AT)
    with pytest.raises(RevokedCertificate):
        path(plain.certificate, store(filled), SEAL, AT, demand=Demand.WHERE_SOURCED)
    (row,) = sources(filled)
    with filled.transaction() as session:
        revocation_sources.withdraw(session, row.id, ONE, AT)
        with pytest.raises(NotTrusted):
            revocation_sources.withdraw(session, row.id, ONE, AT)
    assert store(filled).sources == frozenset()


def test_a_list_can_be_brought_by_hand_where_there_is_no_way_out(filled):
    with filled.transaction() as session:
        revocation_sources.bring_list(session, RevocationList.of(CA.revocation_der()), ONE, AT)
    assert [each.issuer for each in store(filled).lists] == [CA.certificate.subject]
    servers = RevocationServers()
    assert refresh(filled, servers, AT + 9 * DAY).asked == 0
    with filled.transaction() as session:
        with pytest.raises(UnfitEvidence):
            revocation_sources.bring_list(session, CA.revocations(this_update=AT - 9 * DAY), ONE, AT)
        with pytest.raises(NotTrusted):
            revocation_sources.bring_list(session, pki.root("另一个根").revocations(), ONE, AT)
        with pytest.raises(UnfitEvidence) as refusal:
            revocation_sources.bring_list(session, STRANGER.revocations(), ONE, AT)
    assert refusal.value.reason == Why.OTHER_KEY


def test_lists_for_different_places_stand_beside_each_other(filled):
    compromise, others = (pki.scope(tag(0x83, pki.named_bits(bits)[2:])) for bits in ((1, 2, 8), (3, 4, 5, 6, 7)))
    with filled.transaction() as session:
        for each in (compromise, others):
            revocation_sources.bring_list(session, CA.revocations(more=[each]), ONE, AT)
    assert len(store(filled).lists) == 2


def test_evidence_of_later_is_not_there_earlier(filled):
    servers = RevocationServers()
    servers.serve(LIST_URL, CA.revocation_der())
    watched(filled)
    refresh(filled, servers, AT + HOUR)
    assert store(filled, AT).lists == ()
    assert len(store(filled, AT + HOUR).lists) == 1


def test_a_question_of_ones_own_carries_a_nonce_and_takes_no_other(filled):
    servers = RevocationServers()

    def honest(request):
        nonce = request.body[-32:]
        return CA.answer_der(ANSWERED.certificate, nonce=nonce)

    servers.answer(OCSP_URL, honest)
    answer = ask(servers, OCSP_URL, ANSWERED.certificate, CA.certificate)
    assert len(answer.nonce or b"") == 32
    servers.serve(OCSP_URL, CA.answer_der(ANSWERED.certificate, nonce=b"another nonce"))
    with pytest.raises(UnfitEvidence):
        ask(servers, OCSP_URL, ANSWERED.certificate, CA.certificate)
    servers.serve(OCSP_URL, CA.answer_der(ANSWERED.certificate))
    assert ask(servers, OCSP_URL, ANSWERED.certificate, CA.certificate).nonce is None


def test_the_real_way_out_fetches_a_list_from_a_server_on_this_machine(filled):
    with HttpSimulator() as server:
        server.on("/1.crl", lambda exchange: exchange.answer(body=CA.revocation_der()))
        url = server.url("/1.crl")
        with filled.transaction() as session:
            revocation_sources.add_list(session, url, CA.certificate.sm3.hex(), ONE, AT, intranet=True)
            revocation_sources.add_list(session, server.url("/closed"), CA.certificate.sm3.hex(), ONE, AT)
        fetch = GuardedFetch(FetchSettings(intranet_networks=("127.0.0.0/8",), tries=1))
        assert refresh(filled, fetch, AT) == Refreshed(2, 1, 0, 1)
        fetch.close()
    assert {each.failure for each in sources(filled)} == {None, "address-refused"}
