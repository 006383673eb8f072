"""Whom we trust, over HTTP and on the command line: everyone sees it, two people change it."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from base import clock, problems
from base.audit import Search, search
from keys import anchors, trust_bundle, trust_store, withdrawals
from keys.algorithms import pem
from keys.algorithms.algorithm import KeyKind
from keys.certificates import bundle
from keys.checkpoints.sample import TRUST_FILE, write_trust
from keys.models import TrustSuspension
from keys.parties import operator as operators
from keys.trust_bundle import Warn, described, written
from keys.trust_errors import (
    AlreadySuspended,
    EndedBySuspender,
    NotSuspended,
    NotTrusted,
    SecondPersonNeeded,
)
from tests.builders import pki
from tests.builders.pki import AT, DAY
from tests.keys import site_of_keys
from tests.keys.checkpoint_house import house
from tests.keys.site_of_keys import Site, person

ONE, TWO, AUDITOR = person("u-1", "secadmin"), person("u-2", "secadmin"), person("u-3", "auditor")
HOUR = timedelta(hours=1)
ROOT = pki.root()
CA = ROOT.authority()
PEM = ROOT.certificate.pem.decode()
MARK = ROOT.certificate.sm3.hex()


@pytest.fixture
def site(database_settings, database, monkeypatch) -> Site:
    words = site_of_keys.whole_words()
    monkeypatch.setattr(problems, "words", lambda: words)
    return Site(site_of_keys.read_settings(database_settings), database)


def trusted(database, at=AT, **more):
    with database.transaction() as session:
        anchors.propose(session, ROOT.certificate.pem, ONE, at, **more)
        anchors.confirm(session, MARK, TWO, at)


def count(database, at):
    with database.reading() as session:
        return len(anchors.trust_at(session, at).anchors)


# Two people, whatever the path.


def test_one_person_stops_an_anchor_at_once_and_a_second_withdraws_it(database):
    trusted(database)
    with database.transaction() as session:
        withdrawals.suspend(session, MARK, "密钥疑似泄露", ONE, AT + DAY)
    assert [count(database, AT + DAY - HOUR), count(database, AT + DAY), count(database, AT + 2 * DAY)] == [1, 0, 0]
    with database.transaction() as session, pytest.raises(EndedBySuspender):
        withdrawals.confirm(session, MARK, "x", ONE, AT + DAY)
    with database.transaction() as session:
        row = withdrawals.confirm(session, MARK, "已证实", TWO, AT + 2 * DAY)
        assert (row.withdrawn_by, row.withdrawn_at) == ("person:u-2", AT + 2 * DAY)
    assert [count(database, AT + DAY - HOUR), count(database, AT + DAY), count(database, AT + 3 * DAY)] == [1, 0, 0]
    with database.transaction() as session, pytest.raises(NotTrusted):
        withdrawals.suspend(session, MARK, "again", ONE, AT + 3 * DAY)


def test_a_suspension_that_is_lifted_leaves_its_time_untrusted(database):
    trusted(database)
    with database.transaction() as session:
        withdrawals.suspend(session, MARK, "误报", ONE, AT + DAY)
    with database.transaction() as session, pytest.raises(EndedBySuspender):
        withdrawals.lift(session, MARK, "x", ONE, AT + 2 * DAY)
    with database.transaction() as session:
        withdrawals.lift(session, MARK, "查明是误报", TWO, AT + 2 * DAY)
    days = [count(database, AT + hours * HOUR) for hours in (0, 23, 24, 47, 48, 72)]
    assert days == [1, 1, 0, 0, 1, 1]
    with database.transaction() as session:
        withdrawals.suspend(session, MARK, "又一次", TWO, AT + 3 * DAY)
    assert count(database, AT + 3 * DAY) == 0


def test_an_anchor_is_suspended_once_at_a_time(database):
    trusted(database)
    with database.transaction() as session, pytest.raises(NotSuspended):
        withdrawals.lift(session, MARK, "x", TWO, AT)
    with database.transaction() as session:
        withdrawals.suspend(session, MARK, "x", ONE, AT)
    with database.transaction() as session, pytest.raises(AlreadySuspended):
        withdrawals.suspend(session, MARK, "x", TWO, AT)
    again = TrustSuspension(certificate_id=1, begun_by="x", begun_at=AT, begun_why="", ended_why="", outcome="")
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.add(again)


def test_nobody_alone_withdraws_whatever_the_path(database):
    trusted(database)
    with database.transaction() as session, pytest.raises(SecondPersonNeeded):
        anchors.withdraw(session, MARK, "x", TWO, AT)
    with database.transaction() as session:
        withdrawals.suspend(session, MARK, "x", ONE, AT)
    with database.transaction() as session, pytest.raises(SecondPersonNeeded):
        anchors.withdraw(session, MARK, "x", TWO, AT)
    end = "update keys_trust_suspensions set ended_by = begun_by, ended_at = begun_at, outcome = 'withdrawn'"
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.execute(text(end))


def test_only_a_confirmed_anchor_is_suspended(database):
    with database.transaction() as session:
        anchors.propose(session, ROOT.certificate.pem, ONE, AT)
        anchors.add_intermediates(session, CA.certificate.pem, ONE, AT)
        for mark in (MARK, CA.certificate.sm3.hex(), "00" * 32):
            with pytest.raises(NotTrusted):
                withdrawals.suspend(session, mark, "x", ONE, AT)
        anchors.withdraw(session, MARK, "误加", ONE, AT)
        anchors.withdraw(session, CA.certificate.sm3.hex(), "误加", ONE, AT)
        assert trust_store.held(session) == []


# Over HTTP.


def test_everyone_sees_whom_we_trust(site):
    with site.database.transaction() as session:
        anchors.add_intermediates(session, CA.certificate.pem, ONE, AT)
    trusted(site.database, is_test=True, purposes=["seal-signature"])
    told = site.of().get("/trust")
    assert told.status_code == 200
    (anchor,) = told.json["anchors"]
    assert (anchor["fingerprint"], anchor["sha256"]) == (MARK, ROOT.certificate.sha256.hex())
    assert (anchor["test"], anchor["purposes"], anchor["key"]) == (True, ["seal-signature"], "sm2")
    assert [each["fingerprint"] for each in told.json["intermediates"]] == [CA.certificate.sm3.hex()]
    assert "u-1" not in told.text
    assert site.of().get("/trust", **{"If-None-Match": told.headers["ETag"]}).status_code == 304


def test_the_digest_is_the_one_that_verification_reports(site):
    trusted(site.database)
    with site.database.reading() as session:
        digest = anchors.trust_at(session, AT).digest.hex()
    assert site.of().get("/trust").json["digest"] == digest


def test_anyone_downloads_the_anchors_as_pem(site):
    trusted(site.database)
    told = site.of().get("/trust/anchors.pem")
    assert told.headers["Content-Type"] == "application/x-pem-file"
    assert "attachment" in told.headers["Content-Disposition"]
    assert bundle(told.data) == (ROOT.certificate,)


def test_two_security_administrators_let_an_anchor_in_over_http(site):
    proposed = site.of(ONE).post("/trust/anchors", {"pem": PEM, "purposes": ["time-stamp"]})
    assert proposed.status_code == 201, proposed.text
    assert [(each["state"], each["added_by"]) for each in proposed.json["items"]] == [("proposed", "person:u-1")]
    assert site.of().get("/trust").json["anchors"] == []
    same = site.of(ONE).post(f"/trust/anchors/{MARK}/confirmations")
    assert (same.status_code, same.json["code"]) == (403, "anchor-confirmed-by-proposer")
    assert site.of(TWO).post(f"/trust/anchors/{MARK}/confirmations").json["state"] == "trusted"
    assert len(site.of().get("/trust").json["anchors"]) == 1


def test_an_anchor_is_suspended_and_withdrawn_over_http(site):
    trusted(site.database)
    told = site.of(ONE).post(f"/trust/anchors/{MARK}/suspensions", {"reason": "密钥泄露"})
    assert (told.json["state"], told.json["suspended_by"]) == ("suspended", "person:u-1")
    shown = site.of().get("/trust").json
    assert (shown["anchors"], [each["fingerprint"] for each in shown["suspended"]]) == ([], [MARK])
    path = f"/trust/anchors/{MARK}/withdrawals"
    assert site.of(ONE).post(path, {"reason": "x"}).json["code"] == "anchor-suspended-by-same"
    assert site.of(TWO).post(path, {"reason": "证实"}).status_code == 200
    assert site.of(TWO).post(path, {"reason": "证实"}).json["code"] == "not-in-trust-store"
    with site.database.reading() as session:
        acts = [each.entry.act for each in search(session, Search(thing_id=MARK))]
    assert acts[:2] == ["keys.anchor.withdrawn", "keys.anchor.suspended"]


def test_a_suspension_is_lifted_over_http(site):
    trusted(site.database)
    site.of(ONE).post(f"/trust/anchors/{MARK}/suspensions", {"reason": "疑似"})
    assert site.of(TWO).post(f"/trust/anchors/{MARK}/resumptions", {"reason": "误报"}).json["state"] == "trusted"
    assert len(site.of().get("/trust").json["anchors"]) == 1


def test_those_who_keep_the_store_see_who_did_what(site):
    site.of(ONE).post("/trust/anchors", {"pem": PEM})
    site.of(ONE).post("/trust/intermediates", {"pem": CA.certificate.pem.decode()})
    told = site.of(AUDITOR).get("/trust/certificates").json["items"]
    assert [(each["state"], each["added_by"]) for each in told] == [
        ("proposed", "person:u-1"),
        ("material", "person:u-1"),
    ]
    out = site.of(TWO).post(f"/trust/certificates/{CA.certificate.sm3.hex()}/withdrawals", {"reason": "停用"})
    assert out.status_code == 200
    assert site.of(ONE).post(f"/trust/certificates/{MARK}/withdrawals", {"reason": "误加"}).status_code == 200
    assert site.of(AUDITOR).get("/trust/certificates").json["items"] == []


CHANGES = [
    ("/trust/anchors", {"pem": PEM}),
    (f"/trust/anchors/{MARK}/confirmations", {}),
    (f"/trust/anchors/{MARK}/suspensions", {"reason": "x"}),
    (f"/trust/anchors/{MARK}/withdrawals", {"reason": "x"}),
    (f"/trust/anchors/{MARK}/resumptions", {"reason": "x"}),
    ("/trust/intermediates", {"pem": PEM}),
    (f"/trust/certificates/{MARK}/withdrawals", {"reason": "x"}),
    (f"/trust/certificates/{MARK}/revocation-sources", {"url": "http://a.example/1.crl"}),
    ("/trust/revocation-lists", {"pem": PEM}),
    ("/trust/revocation-sources/1/withdrawals", {"reason": "x"}),
    ("/ledger/alarms/1/settlements", {"reason": "x"}),
]


@pytest.mark.parametrize(("path", "body"), CHANGES, ids=[str(n) for n in range(len(CHANGES))])
def test_nobody_but_a_security_administrator_changes_anything(site, path, body):
    assert site.of().post(path, body).status_code == 401
    for role in ("sysadmin", "auditor", "operator", "holder"):
        assert site.of(person("u-9", role)).post(path, body).status_code == 403


def test_what_is_kept_is_seen_by_keepers_alone(site):
    for path in ("/trust/certificates", "/trust/revocation-sources", "/ledger/alarms"):
        assert site.of().get(path).status_code == 401
        assert site.of(person("u-9", "holder")).get(path).status_code == 403
        assert site.of(AUDITOR).get(path).status_code == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid-input"),
        ({"pem": ""}, "invalid-input"),
        ({"pem": "nothing"}, "unusable-bundle"),
        ({"pem": PEM, "purposes": ["everything"]}, "invalid-input"),
        ({"pem": PEM, "test": "yes"}, "invalid-input"),
        ({"pem": PEM, "more": 1}, "invalid-input"),
        ({"pem": PEM + CA.issues("用户").certificate.pem.decode()}, "not-an-anchor"),
        ({"pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" * 3}, "unusable-bundle"),
    ],
    ids=["nothing", "empty", "no-pem", "purpose", "test", "more", "a-user", "garbage"],
)
def test_a_proposal_that_cannot_be_taken_is_refused_whole(site, body, code):
    told = site.of(ONE).post("/trust/anchors", body)
    assert told.status_code in {400, 409, 422}
    assert told.json["code"] == code
    assert site.of(ONE).get("/trust/certificates").json["items"] == []


@pytest.mark.parametrize("reason", ["", " ", "x" * 501, "a\nb", 5, None])
def test_a_reason_is_a_line_of_words(site, reason):
    trusted(site.database)
    assert site.of(ONE).post(f"/trust/anchors/{MARK}/suspensions", {"reason": reason}).status_code == 422


def test_revocation_sources_are_named_listed_and_forgotten_over_http(site):
    trusted(site.database)
    path = f"/trust/certificates/{MARK}/revocation-sources"
    made = site.of(ONE).post(path, {"url": "http://ca.example/1.crl"})
    assert made.status_code == 201, made.text
    assert site.of(ONE).post(path, {"url": "file:///etc/passwd"}).json["code"] == "url-refused"
    listed = site.of(AUDITOR).get("/trust/revocation-sources").json["items"]
    assert [(each["kind"], each["url"], each["configured"]) for each in listed] == [
        ("crl", "http://ca.example/1.crl", True)
    ]
    gone = site.of(ONE).post(f"/trust/revocation-sources/{made.json['id']}/withdrawals", {"reason": "x"})
    assert gone.status_code == 204
    assert site.of(AUDITOR).get("/trust/revocation-sources").json["items"] == []


def test_a_revocation_list_is_brought_by_hand_over_http(site):
    trusted(site.database)
    brought = pem.written("X509 CRL", ROOT.revocations(this_update=clock.now() - DAY).der).decode()
    told = site.of(ONE).post("/trust/revocation-lists", {"pem": brought})
    assert told.status_code == 201, told.text
    assert told.json["configured"]
    assert site.of(ONE).post("/trust/revocation-lists", {"pem": PEM}).status_code in {400, 422}


# The bundle and its warnings.


def test_a_bundle_reads_back_as_the_anchors_that_it_holds(database):
    trusted(database, is_test=True)
    other = pki.root("另一个根")
    with database.transaction() as session:
        anchors.propose(session, other.certificate.pem, ONE, AT)
        anchors.confirm(session, other.certificate.sm3.hex(), TWO, AT)
    with database.reading() as session:
        trust = anchors.trust_at(session, AT)
    assert bundle(written(trust)) == (ROOT.certificate, other.certificate)
    assert bundle(written(trust, only_tests=True)) == (ROOT.certificate,)
    assert b"TEST ANCHOR" in written(trust)


def test_a_subject_cannot_begin_a_block_of_its_own(database):
    evil = pki.root("x-----END CERTIFICATE----- -----BEGIN CERTIFICATE-----")
    with database.transaction() as session:
        anchors.propose(session, evil.certificate.pem, ONE, AT)
        anchors.confirm(session, evil.certificate.sm3.hex(), TWO, AT)
    with database.reading() as session:
        trust = anchors.trust_at(session, AT)
    assert bundle(written(trust)) == (evil.certificate,)


def test_what_deserves_a_second_look_is_told():
    assert described(ROOT.certificate, AT).key == "sm2"
    told = described(CA.issues("用户").certificate, AT).warnings
    assert Warn.NOT_SELF_ISSUED in told
    assert Warn.NOT_AN_AUTHORITY in told
    rsa = pki.root("国际根", kind=KeyKind.P256)
    assert Warn.NOT_SM2 in described(rsa.certificate, AT).warnings
    ends = ROOT.certificate.not_after
    assert Warn.EXPIRED in described(ROOT.certificate, ends + DAY).warnings
    assert Warn.ENDS_SOON in described(ROOT.certificate, ends - DAY).warnings
    assert Warn.ENDS_SOON not in described(ROOT.certificate, ends + DAY).warnings
    assert Warn.NOT_YET_VALID in described(ROOT.certificate, ROOT.certificate.not_before - DAY).warnings
    assert set(trust_bundle.WORDS) == set(Warn)


# On the command line.


@pytest.fixture
def running(site, tmp_path):
    return site_of_keys.running(site.read, site.database, house(site.database, tmp_path / "w").parts)


@pytest.fixture
def act(running, monkeypatch):
    """Run a command as one of the machine's users."""

    def acting(who, *arguments, **told):
        for module in ("keys.commands.trust", "keys.commands.checkpoints"):
            monkeypatch.setattr(f"{module}.operator", lambda: who)
        return site_of_keys.run(running, *arguments, **told)

    return acting


@pytest.fixture
def file(tmp_path):
    made = tmp_path / "ca.pem"
    made.write_bytes(ROOT.certificate.pem + CA.certificate.pem)
    return str(made)


def test_a_newcomer_imports_an_authoritys_file(act, file, site):
    looked = act(ONE, "trust", "import", file, input="n\n")
    assert looked.exit_code == 1
    assert site.of(ONE).get("/trust/certificates").json["items"] == []
    taken = act(ONE, "trust", "import", file, input="y\n")
    assert taken.exit_code == 0, taken.output
    assert ROOT.certificate.sm3.hex(":").upper() in taken.output
    assert ROOT.certificate.sha256.hex(":").upper() in taken.output
    assert f"yinxin trust confirm {MARK}" in taken.output
    assert act(ONE, "trust", "confirm", MARK).exit_code == 1
    assert act(TWO, "trust", "confirm", ROOT.certificate.sm3.hex(":").upper()).exit_code == 0
    told = json.loads(act(ONE, "trust", "list", "--json").stdout)
    assert [each["state"] for each in told["items"]] == ["trusted", "material"]
    assert act(ONE, "trust", "list").stdout.count("\n") == 3


def test_an_anchor_goes_the_same_way_on_the_command_line(act, tmp_path):
    root = tmp_path / "root.pem"
    root.write_bytes(ROOT.certificate.pem)
    proposed = act(ONE, "trust", "propose", str(root), "--test", "--purpose", "seal-signature", "--json")
    assert json.loads(proposed.stdout)[0]["purposes"] == ["seal-signature"]
    assert act(ONE, "trust", "propose", str(root)).exit_code == 1
    assert act(TWO, "trust", "confirm", MARK).exit_code == 0
    out = tmp_path / "out.pem"
    assert act(ONE, "trust", "export", str(out)).exit_code == 0
    assert bundle(out.read_bytes()) == (ROOT.certificate,)
    assert act(ONE, "trust", "withdraw", MARK, "--why", "x").exit_code == 1
    assert act(ONE, "trust", "suspend", MARK, "--why", "x").exit_code == 0
    assert act(ONE, "trust", "resume", MARK, "--why", "x").exit_code == 1
    assert act(TWO, "trust", "resume", MARK, "--why", "x").exit_code == 0
    assert act(ONE, "trust", "suspend", MARK, "--why", "x").exit_code == 0
    assert act(TWO, "trust", "withdraw", MARK, "--why", "x").exit_code == 0
    assert act(TWO, "trust", "withdraw", MARK, "--why", "x").exit_code == 1


def test_a_proposal_is_taken_back_on_the_command_line(act, tmp_path):
    root = tmp_path / "root.pem"
    root.write_bytes(ROOT.certificate.pem)
    assert "yinxin trust confirm" in act(ONE, "trust", "propose", str(root)).output
    assert act(ONE, "trust", "withdraw", MARK, "--why", "x").exit_code == 0


def test_the_sandbox_writes_its_test_anchors_for_visitors(running, tmp_path):
    trusted(running.database, is_test=True)
    file = write_trust(running, tmp_path / TRUST_FILE, AT)
    assert bundle(file.read_bytes()) == (ROOT.certificate,)
    assert operators.operator().id.startswith("os:")
