"""Certificates: on record before they are signed, verified after, one order one row, two persons where two must."""

from datetime import timedelta

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from base import audit, events
from base.audit import Search
from base.callers import Caller
from base.db import Database
from base.idempotency import KeyReused
from keys.algorithms.algorithm import KeyKind
from keys.authority import authorities, edges, issuing, revoking
from keys.authority.authorities import NewAuthority
from keys.authority.errors import (
    AlreadyRevoked,
    AuthorityKeyDiffers,
    AuthorityKnown,
    AuthorityNotActive,
    CompromisedKey,
    DraftTooOld,
    NoSuchAuthority,
    NoSuchIssuedCertificate,
    NotConfirmed,
    NothingToConfirm,
    PersonNeeded,
    SecondPersonNeeded,
    SerialTaken,
    UnfitDraft,
    UnfitRevocation,
    UnknownTemplate,
)
from keys.authority.issuing import Asked, Order
from keys.authority.models import IssuedCertificate
from keys.authority.records import authority_of, certificate_of
from keys.authority.revoking import Revocation
from keys.authority.subjects import Subject
from keys.authority.templates import TEMPLATES
from keys.chain import path
from keys.purposes import AUTHORITY, DOCUMENT, MESSAGE, OCSP, SEAL, TIME_STAMP
from keys.revocation_lists import Reason
from keys.trust_errors import WrongUsage
from tests.builders import pki
from tests.keys.authority.builders import AT, FIRST, KINDS, SECOND, SHORT, DeviceGone, Site, days, read_certificate

PURPOSES = {
    "seal-maker": SEAL,
    "seal-signer": SEAL,
    "system": MESSAGE,
    "person": DOCUMENT,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("template", PURPOSES)
def test_a_certificate_of_every_template_and_kind_verifies_for_its_purpose(site: Site, kind: KeyKind, template: str):
    """root → issuing → holder."""
    below = site.tree(kind, services=False)
    row = site.issue(below, site.order(template, kind))
    verified = path(read_certificate(row), site.trust(f"{SHORT[kind]}-root"), PURPOSES[template], AT)
    assert len(verified.certificates) == 3
    assert row.state == "issued"


@pytest.mark.parametrize("kind", KINDS)
def test_services_and_authorities_verify_for_theirs_and_for_nothing_else(site: Site, kind: KeyKind):
    below = site.tree(kind, services=False)
    trust = site.trust(f"{SHORT[kind]}-root")
    responder = read_certificate(site.serve(below, "ocsp-responder", kind))
    stamps = read_certificate(site.serve(below, "time-stamp-authority", kind))
    assert path(responder, trust, OCSP, AT).steps
    assert path(stamps, trust, TIME_STAMP, AT).steps
    assert path(trust.intermediates[0], trust, AUTHORITY, AT).steps
    for certificate, purpose in ((responder, TIME_STAMP), (stamps, OCSP), (stamps, SEAL), (responder, DOCUMENT)):
        with pytest.raises(WrongUsage):
            path(certificate, trust, purpose, AT)


def test_what_was_done_is_on_the_audit_record_and_told_as_events(site: Site):
    below = site.tree(services=False)
    row = site.issue(below, site.order())
    site.revoke(row, Reason.SUPERSEDED)
    thing = f"{below}:{row.serial}"
    with site.database.reading() as session:
        acts = [each.entry.act for each in audit.search(session, Search(thing_id=thing))]
        told = [each.event.name for each in events.since(session, 0, 100) if each.event.thing.id == thing]
    expected = ["keys.certificate.drafted", "keys.certificate.issued", "keys.certificate.revoked"]
    assert acts[::-1] == expected
    assert told == expected


def test_nothing_is_signed_while_only_the_draft_is_on_record(site: Site):
    below = site.tree(services=False)
    count = len(site.drawer.signed)
    row = site.draft(below, site.order())
    assert row.state == "pending"
    assert row.der is None
    assert len(site.drawer.signed) == count
    done = edges.complete(site.database, site.parts, below, row.serial, FIRST, AT)
    assert read_certificate(done).tbs == row.tbs
    assert len(site.drawer.signed) == count + 1


def test_completing_twice_gives_the_same_certificate_and_signs_once(site: Site):
    below = site.tree(services=False)
    row = site.issue(below, site.order())
    count = len(site.drawer.signed)
    assert edges.complete(site.database, site.parts, below, row.serial, FIRST, AT).der == row.der
    assert len(site.drawer.signed) == count


BREAKING = {
    "sqlite": (
        """create trigger planted before update of der on keys_issued_certificates
           begin select raise(abort, 'planted'); end""",
    ),
    "postgresql": (
        """create or replace function planted() returns trigger language plpgsql as
           $$ begin raise exception 'planted'; end $$""",
        """create trigger planted before update of der on keys_issued_certificates
           for each row execute function planted()""",
    ),
}
MENDING = {
    "sqlite": "drop trigger planted",
    "postgresql": "drop trigger planted on keys_issued_certificates",
}


@pytest.mark.parametrize("then", ["complete", "revoke"])
def test_what_was_signed_and_could_not_be_kept_stays_on_record_and_can_be_completed_or_revoked(site: Site, then: str):
    """The database breaks at the very statement that keeps the certificate: a signature is out, the row is there."""
    below = site.tree(services=False)
    row = site.draft(below, site.order())
    dialect = site.database.engine.dialect.name
    count = len(site.drawer.signed)
    _execute(site.database, *BREAKING[dialect])
    try:
        with pytest.raises(DBAPIError, match="planted"):
            edges.complete(site.database, site.parts, below, row.serial, FIRST, AT)
    finally:
        _execute(site.database, MENDING[dialect])
    assert len(site.drawer.signed) == count + 1  # the signature that went nowhere
    with site.database.reading() as session:
        found = certificate_of(session, below, row.serial)
        assert (found.state, found.tbs) == ("pending", row.tbs)
    if then == "complete":
        done = edges.complete(site.database, site.parts, below, row.serial, FIRST, AT)
        assert read_certificate(done).tbs == row.tbs
        return
    site.revoke(row, Reason.CESSATION)
    published = edges.publish(site.database, site.parts, below, FIRST, AT)
    assert published.entries == 1
    with pytest.raises(AlreadyRevoked):
        edges.complete(site.database, site.parts, below, row.serial, FIRST, AT)


def _execute(database: Database, *statements: str) -> None:
    with database.transaction() as session:
        for each in statements:
            session.execute(text(each))


def test_a_key_out_of_reach_leaves_a_draft_that_is_completed_later(site: Site):
    below = site.tree(services=False)
    site.drawer.gone.add(f"ca-{below}")
    with pytest.raises(DeviceGone):
        edges.issue(site.database, site.parts, lambda s: _prepare(site, s, below), FIRST, AT)
    site.drawer.gone.clear()
    with site.database.reading() as session:
        (row,) = session.execute(text("select serial from keys_issued_certificates where der is null")).all()
    assert edges.complete(site.database, site.parts, below, row[0], FIRST, AT).state == "issued"


def _prepare(site: Site, session, below: str, **told):
    return issuing.prepare(session, site.parts, below, site.order(**told), FIRST, AT)


def test_another_key_in_custody_than_the_one_on_record_signs_nothing(site: Site):
    below = site.tree(services=False)
    row = site.draft(below, site.order())
    site.drawer.keys[f"ca-{below}"] = pki.key(KeyKind.SM2, "another")
    with pytest.raises(AuthorityKeyDiffers):
        edges.complete(site.database, site.parts, below, row.serial, FIRST, AT)


def test_an_order_that_is_repeated_under_one_key_is_one_order(site: Site):
    below = site.tree(services=False)
    asked = Asked.of(FIRST, "abc", b"request")
    first = site.issue(below, site.order(asked=asked))
    again = site.issue(below, site.order(asked=asked))
    assert (again.serial, again.der) == (first.serial, first.der)
    with pytest.raises(KeyReused):
        site.issue(below, site.order(asked=Asked.of(FIRST, "abc", b"another")))
    other = site.issue(below, site.order(asked=Asked.of(SECOND, "abc", b"another")))
    assert other.serial != first.serial


def test_a_serial_number_is_drawn_once(site: Site):
    below = site.tree(services=False)
    site.parts.__dict__["random"] = bytes
    site.issue(below, site.order())
    with pytest.raises(SerialTaken):
        site.draft(below, site.order(whose="乙"))


def test_ten_thousand_serial_numbers_are_long_positive_and_different():
    import secrets

    from keys.authority.drafts import serial_of

    serials = {serial_of(secrets.token_bytes(16)) for _ in range(10_000)}
    assert len(serials) == 10_000
    assert all(each.bit_length() == 127 for each in serials)
    with pytest.raises(ValueError, match="16 octets"):
        serial_of(b"short")


# --- two persons --------------------------------------------------------------------------------------------------


def test_a_seal_makers_certificate_takes_two_persons(site: Site):
    below = site.tree(services=False)
    row = site.draft(below, site.order("seal-maker"))
    assert row.state == "waiting"
    with pytest.raises(NotConfirmed):
        edges.complete(site.database, site.parts, below, row.serial, SECOND, AT)
    with pytest.raises(SecondPersonNeeded), site.database.transaction() as session:
        issuing.confirm(session, certificate_of(session, below, row.serial), FIRST, AT)
    with site.database.transaction() as session:
        issuing.confirm(session, certificate_of(session, below, row.serial), SECOND, AT)
    with pytest.raises(NothingToConfirm), site.database.transaction() as session:
        issuing.confirm(session, certificate_of(session, below, row.serial), SECOND, AT)
    done = edges.complete(site.database, site.parts, below, row.serial, FIRST, AT)
    assert (done.state, done.confirmed_by) == ("issued", "person:second")


def test_the_database_itself_refuses_one_person_in_both_roles(site: Site):
    below = site.tree(services=False)
    site.draft(below, site.order("seal-maker"))
    alone = {"confirmed_by": IssuedCertificate.proposed_by, "confirmed_at": AT}
    unconfirmed = {"der": b"", "issued_at": AT}
    for values, constraint in ((alone, "two_persons"), (unconfirmed, "signed_after_two")):
        change = update(IssuedCertificate).where(IssuedCertificate.template == "seal-maker").values(**values)
        with pytest.raises(IntegrityError, match=constraint), site.database.transaction() as session:
            session.execute(change)


def test_an_authority_takes_two_persons_to_open_and_to_withdraw(site: Site):
    site.open("r", KeyKind.SM2)
    key = site.drawer.put("k", KeyKind.SM2)
    new = NewAuthority("b", Subject("演示下级", "演示单位"), key, "r")
    with site.database.transaction() as session:
        authorities.propose(session, site.parts, new, FIRST, AT)
    with pytest.raises(AuthorityNotActive):
        site.draft("b", site.order())
    with pytest.raises(SecondPersonNeeded), site.database.transaction() as session:
        authorities.confirm(session, authority_of(session, "b"), FIRST, AT)
    assert edges.open_authority(site.database, site.parts, "b", SECOND, AT).state == "active"
    with pytest.raises(NothingToConfirm):
        edges.open_authority(site.database, site.parts, "b", SECOND, AT)
    with site.database.transaction() as session:
        row = authority_of(session, "b")
        authorities.propose_withdrawal(session, row, Reason.CESSATION, "不再使用", SECOND, AT)
        with pytest.raises(SecondPersonNeeded):
            authorities.confirm_withdrawal(session, row, SECOND, AT)
        authorities.confirm_withdrawal(session, row, FIRST, AT)
        assert row.state == "withdrawn"
        with pytest.raises(NothingToConfirm):
            authorities.confirm_withdrawal(session, row, FIRST, AT)
        with pytest.raises(AuthorityNotActive):
            authorities.propose_withdrawal(session, row, Reason.CESSATION, "x", FIRST, AT)
    with pytest.raises(AuthorityNotActive):
        site.draft("b", site.order())
    assert edges.publish(site.database, site.parts, "r", FIRST, AT).entries == 1
    assert edges.publish(site.database, site.parts, "b", FIRST, AT).entries == 0  # its list goes on


def test_a_proposed_authority_can_be_withdrawn_and_is_never_signed(site: Site):
    site.open("r", KeyKind.SM2)
    key = site.drawer.put("k", KeyKind.SM2)
    with site.database.transaction() as session:
        new = NewAuthority("b", Subject("演示下级", "演示单位"), key, "r")
        row = authorities.propose(session, site.parts, new, FIRST, AT)
        authority = authority_of(session, "b")
        authorities.propose_withdrawal(session, authority, Reason.CESSATION, "错误", SECOND, AT)
        authorities.confirm_withdrawal(session, authority, FIRST, AT)
    with pytest.raises(AlreadyRevoked):
        edges.complete(site.database, site.parts, "r", row.serial, SECOND, AT)
    with pytest.raises(NothingToConfirm):
        edges.open_authority(site.database, site.parts, "b", SECOND, AT)


@pytest.mark.parametrize("why", [Reason.HOLD, Reason.KEY_COMPROMISE, Reason.REMOVED])
def test_an_authority_is_not_withdrawn_for_a_reason_that_is_none(site: Site, why: Reason):
    site.open("r", KeyKind.P256)
    with pytest.raises(UnfitRevocation), site.database.transaction() as session:
        authorities.propose_withdrawal(session, authority_of(session, "r"), why, "x", FIRST, AT)


def test_an_authority_is_opened_once_by_name_and_by_key(site: Site):
    site.open("r", KeyKind.P256)
    for name, key in (("r", site.drawer.put("other", KeyKind.P256)), ("s", "ca-r")):
        with pytest.raises(AuthorityKnown), site.database.transaction() as session:
            authorities.propose(session, site.parts, NewAuthority(name, Subject("演示", "演示"), key), FIRST, AT)


def test_an_authority_renews_its_certificate_with_its_key_and_both_verify(site: Site):
    below = site.tree(services=False)
    holder = read_certificate(site.issue(below, site.order()))
    before = site.trust("sm2-root")
    later = AT + days(400)
    for name, issuer in ((below, "sm2-root"), ("sm2-root", "sm2-root")):
        with site.database.transaction() as session:
            row = authorities.renew(session, site.parts, authority_of(session, name), FIRST, later)
        with site.database.transaction() as session:
            issuing.confirm(session, certificate_of(session, issuer, row.serial), SECOND, later)
        edges.complete(site.database, site.parts, issuer, row.serial, FIRST, later)
    after = site.trust("sm2-root")
    assert after.anchors != before.anchors
    assert after.intermediates != before.intermediates
    for trust in (before, after):
        assert path(holder, trust, SEAL, later).steps


# --- orders that are refused --------------------------------------------------------------------------------------


def test_an_authority_that_is_not_there_or_a_serial_nobody_has_is_said_so(site: Site):
    with pytest.raises(NoSuchAuthority):
        site.draft("nobody", site.order())
    below = site.tree(services=False)
    with pytest.raises(NoSuchIssuedCertificate):
        edges.complete(site.database, site.parts, below, "ff", FIRST, AT)


@pytest.mark.parametrize(
    ("template", "told", "rule"),
    [
        ("seal-signer", {"life": timedelta(days=365 * 6)}, "lasts-too-long"),
        ("seal-signer", {"life": timedelta(0)}, "lasts-no-time"),
        ("seal-signer", {"kind": KeyKind.P256}, "key-of-the-other-family"),
        ("seal-signer", {"kind": KeyKind.ED25519}, "key-kind"),
        ("seal-signer", {"alternative": (bytes.fromhex("820161"),)}, "alternative-name-not-allowed"),
        ("system", {"alternative": (b"\x82\x02-a",)}, "alternative-name-malformed"),
        ("system", {"alternative": (b"\x86\x02a:",)}, "alternative-name-malformed"),
        ("person", {"alternative": (b"\x81\x03a@@",)}, "alternative-name-malformed"),
        ("person", {"alternative": (b"\x81\x01a",)}, "alternative-name-malformed"),
        ("system", {"alternative": (b"\x86\x02\x00\x01",)}, "unreadable:control-in-name"),
    ],
)
def test_an_order_that_breaks_a_rule_is_not_put_on_record(site: Site, template: str, told: dict, rule: str):
    below = site.tree(services=False)
    with pytest.raises(UnfitDraft, match=rule):
        site.draft(below, site.order(template, **told))
    with site.database.reading() as session:
        assert session.execute(text("select count(*) from keys_issued_certificates")).scalar() == 2


@pytest.mark.parametrize(
    ("subject", "rule"),
    [
        (Subject("演示甲", ""), "subject-lacks:organisation"),
        (Subject("演示甲", "演示", country=""), "subject-lacks:country"),
        (Subject("演示甲 11010519491231002X", "演示"), "identity-number-in-name"),
        (Subject("演示机构 sm2-issuing", "演示单位"), "named-like-its-issuer"),
        (Subject("Cуrillic", "演示"), "name-mixes-scripts"),
    ],
)
def test_a_name_that_breaks_a_rule_is_not_put_on_record(site: Site, subject: Subject, rule: str):
    below = site.tree(services=False)
    with pytest.raises(UnfitDraft, match=rule):
        site.draft(below, Order(TEMPLATES["seal-signer"], subject, pki.key(KeyKind.SM2, "甲").public))


def test_nothing_outlasts_its_issuer(site: Site):
    site.open("r", KeyKind.SM2, life=days(100))
    with pytest.raises(UnfitDraft, match="outlasts-its-issuer"):
        site.draft("r", site.order(life=days(101)))
    row = site.issue("r", site.order())  # nobody said how long: as long as the issuer
    assert row.not_after == AT + days(100)


def test_an_authority_whose_time_is_over_issues_nothing(site: Site):
    site.open("r", KeyKind.SM2, life=days(10))
    with pytest.raises(UnfitDraft):
        site.issue("r", site.order(), AT + days(11))


def test_the_key_of_the_authority_itself_gets_no_certificate(site: Site):
    site.open("r", KeyKind.SM2)
    public = site.drawer.keys["ca-r"].public
    with pytest.raises(UnfitDraft, match="key-of-its-issuer"):
        site.draft("r", Order(TEMPLATES["seal-signer"], Subject("演示甲", "演示"), public))


@pytest.mark.parametrize("template", ["root", "issuing"])
def test_an_authority_is_not_ordered_like_a_certificate(site: Site, template: str):
    below = site.tree(services=False)
    with pytest.raises(UnknownTemplate):
        site.draft(below, site.order(template))


def test_a_service_needs_a_key_in_custody_and_nobody_else_names_one(site: Site):
    below = site.tree(services=False)
    with pytest.raises(UnknownTemplate):
        site.draft(below, site.order("ocsp-responder"))
    with pytest.raises(UnknownTemplate):
        site.draft(below, site.order("seal-signer", key_id="ca-sm2-root"))


def test_an_authority_below_an_issuing_one_is_refused(site: Site):
    below = site.tree(services=False)
    key = site.drawer.put("k", KeyKind.SM2)
    with pytest.raises(UnfitDraft, match="issuer-path-length"), site.database.transaction() as session:
        authorities.propose(session, site.parts, NewAuthority("c", Subject("演示", "演示"), key, below), FIRST, AT)


def test_a_draft_that_waited_a_week_is_not_signed(site: Site):
    below = site.tree(services=False)
    row = site.draft(below, site.order())
    with pytest.raises(DraftTooOld):
        edges.complete(site.database, site.parts, below, row.serial, FIRST, AT + days(8))


# --- revoked and renewed ------------------------------------------------------------------------------------------


def test_a_compromised_key_takes_every_certificate_with_it_and_gets_no_other(site: Site):
    below = site.tree(services=False)
    first, second = (site.issue(below, site.order(template)) for template in ("seal-signer", "person"))
    other = site.issue(below, site.order(whose="乙"))
    site.revoke(first, Reason.KEY_COMPROMISE, AT)
    with site.database.reading() as session:
        assert certificate_of(session, below, second.serial).revoked_why == "key-compromise"
        assert certificate_of(session, below, other.serial).revoked_at is None
    with pytest.raises(CompromisedKey):
        site.draft(below, site.order("system"))


def test_a_superseded_certificate_leaves_the_others_alone_and_its_key_may_go_on(site: Site):
    below = site.tree(services=False)
    first, second = (site.issue(below, site.order(template)) for template in ("seal-signer", "person"))
    site.revoke(first, Reason.SUPERSEDED)
    with site.database.reading() as session:
        assert certificate_of(session, below, second.serial).revoked_at is None
    assert site.issue(below, site.order()).state == "issued"


def test_a_certificate_is_revoked_once_and_for_a_reason(site: Site):
    below = site.tree(services=False)
    row = site.issue(below, site.order())
    for why, since in (
        (Reason.HOLD, None),
        (Reason.REMOVED, None),
        (Reason.CA_COMPROMISE, None),
        (Reason.KEY_COMPROMISE, AT + days(1)),
        (Reason.KEY_COMPROMISE, AT - days(1)),
    ):
        with pytest.raises(UnfitRevocation):
            site.revoke(row, why, since)
    site.revoke(row, Reason.AFFILIATION_CHANGED)
    with pytest.raises(AlreadyRevoked):
        site.revoke(row, Reason.SUPERSEDED)


def test_an_authoritys_own_certificate_is_not_revoked_by_one_person(site: Site):
    site.open("r", KeyKind.SM2)
    with site.database.reading() as session:
        (serial,) = session.execute(text("select serial from keys_issued_certificates")).one()
    with pytest.raises(UnfitRevocation, match="withdraw-the-authority"), site.database.transaction() as session:
        revoking.revoke(session, "r", serial, Revocation(Reason.CESSATION), FIRST, AT)


def test_a_certificate_is_renewed_with_its_key_or_a_new_one(site: Site):
    below = site.tree(services=False)
    row = site.issue(below, site.order("system", alternative=(b"\x86\x05urn:a",)))
    later = AT + days(300)
    for public in (None, pki.key(KeyKind.SM2, "new").public):
        with site.database.transaction() as session:
            order = issuing.renewal_of(session, site.parts, row, public)
            new = issuing.renew(session, site.parts, row, order, FIRST, later)
        done = read_certificate(edges.complete(site.database, site.parts, below, new.serial, FIRST, later))
        before = read_certificate(row)
        assert (done.subject, done.extensions.alternative_names) == (
            before.subject,
            before.extensions.alternative_names,
        )
        assert done.not_after - done.not_before == before.not_after - before.not_before
        assert (done.spki == before.spki) == (public is None)
        assert new.renews == row.id


def test_what_was_revoked_or_never_signed_is_not_renewed(site: Site):
    below = site.tree(services=False)
    draft = site.draft(below, site.order())
    with pytest.raises(NotConfirmed), site.database.transaction() as session:
        issuing.renewal_of(session, site.parts, draft)
    row = site.issue(below, site.order(whose="乙"))
    site.revoke(row, Reason.SUPERSEDED)
    with site.database.transaction() as session:
        found = certificate_of(session, below, row.serial)
        order = issuing.renewal_of(session, site.parts, found)
        with pytest.raises(AlreadyRevoked):
            issuing.renew(session, site.parts, found, order, FIRST, AT)


SYSTEM = Caller("system", "s", "s", "o", scopes=frozenset({"admin"}))


def test_an_order_by_a_system_is_recorded_as_its(site: Site):
    below = site.tree(services=False)
    with site.database.transaction() as session:
        row = issuing.prepare(session, site.parts, below, site.order(), SYSTEM, AT)
    assert row.proposed_by == "system:s"


def test_a_system_is_neither_the_first_nor_the_second_person(site: Site):
    below = site.tree(services=False)
    with pytest.raises(PersonNeeded), site.database.transaction() as session:
        issuing.prepare(session, site.parts, below, site.order("seal-maker"), SYSTEM, AT)
    row = site.draft(below, site.order("seal-maker"))
    with pytest.raises(PersonNeeded), site.database.transaction() as session:
        issuing.confirm(session, certificate_of(session, below, row.serial), SYSTEM, AT)
    key = site.drawer.put("k", KeyKind.SM2)
    new = NewAuthority("b", Subject("演示下级", "演示单位"), key, "sm2-root")
    with pytest.raises(PersonNeeded), site.database.transaction() as session:
        authorities.propose(session, site.parts, new, SYSTEM, AT)
    with pytest.raises(PersonNeeded), site.database.transaction() as session:
        authorities.propose_withdrawal(session, authority_of(session, below), Reason.CESSATION, "x", SYSTEM, AT)
    with site.database.transaction() as session:
        authority = authority_of(session, below)
        authorities.propose_withdrawal(session, authority, Reason.CESSATION, "x", FIRST, AT)
        with pytest.raises(PersonNeeded):
            authorities.confirm_withdrawal(session, authority, SYSTEM, AT)


def test_an_authority_whose_key_was_out_of_reach_when_it_was_confirmed_is_completed_later(site: Site):
    key = site.drawer.put("k", KeyKind.SM2)
    with site.database.transaction() as session:
        row = authorities.propose(session, site.parts, NewAuthority("r", Subject("演示", "演示"), key), FIRST, AT)
    site.drawer.gone.add("k")
    with pytest.raises(DeviceGone):
        edges.open_authority(site.database, site.parts, "r", SECOND, AT)
    with site.database.reading() as session:
        assert authority_of(session, "r").state == "confirmed"
    site.drawer.gone.clear()
    edges.complete(site.database, site.parts, "r", row.serial, FIRST, AT)
    with site.database.reading() as session:
        assert authority_of(session, "r").state == "active"
