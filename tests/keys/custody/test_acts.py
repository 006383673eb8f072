"""Keys come into custody, are used, replaced and ended; a seal key only ever by two different people."""

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import CheckConstraint, delete, event, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from base import audit, events
from base.callers import Caller
from base.db import Base, Database
from base.settings import Settings
from keys.algorithms import asymmetric, key_encryption, signature
from keys.algorithms.algorithm import KeyKind
from keys.custody import acts, wiring
from keys.custody.acts import Coming, NewKey
from keys.custody.custody import Custody, newest, versions
from keys.custody.errors import (
    CustodyKeyDiffers,
    CustodyKeyKnown,
    CustodyKeyNotActive,
    CustodyKeyRetired,
    CustodyStateConflict,
    NoSuchCustodyKey,
    PersonNeeded,
    SecondPersonNeeded,
    UnfitKeyUse,
)
from keys.custody.models import CustodyKey
from keys.errors import FaultySignature, MalformedPem, UnusableKey, WrongKeyPassword
from keys.signers import software, uris
from keys.signers.errors import DeviceDown, DeviceNotSetUp, KeyNotThere, UnusableKeyUri
from keys.signers.signer import signed
from keys.trust_errors import UnusableBundle
from tests.builders import pki
from tests.conftest import AT
from tests.keys.custody.conftest import ONE, TWO

SM2 = signature("sm2-sm3")
ECDSA = signature("ecdsa-sha-256")
HOUR = timedelta(hours=1)


def created(database: Database, custody: Custody, new: NewKey, by: Caller = ONE) -> CustodyKey:
    with database.transaction() as session:
        return acts.create(session, custody, new, by, AT)


def test_a_key_that_is_made_signs_by_its_id(database: Database, custody: Custody):
    row = created(database, custody, NewKey("checkpoint", "checkpoint"))
    assert (row.state, row.version, row.kind) == ("active", 1, "sm2")
    with database.reading() as session:
        signer = custody.signer_for(session, "checkpoint")
    assert SM2.verify(asymmetric.public_key(row.spki), signed(signer, SM2, b"m"), b"m")


def test_an_unknown_key_is_refused(database: Database, custody: Custody):
    with database.reading() as session:
        with pytest.raises(NoSuchCustodyKey):
            custody.signer_for(session, "nothing")
        with pytest.raises(NoSuchCustodyKey):
            custody.opener_for(session, "nothing", 1)
        assert custody.public_keys(session, "nothing") == {}
    for act in (acts.confirm, acts.rotate):
        with pytest.raises(NoSuchCustodyKey), database.transaction() as session:
            act(session, custody, "nothing", ONE, AT)
    with pytest.raises(NoSuchCustodyKey), database.transaction() as session:
        acts.retire(session, "nothing", "x", ONE, AT)
    with pytest.raises(NoSuchCustodyKey), database.transaction() as session:
        acts.certify(session, "nothing", b"", ONE, AT)
    with pytest.raises(NoSuchCustodyKey), database.transaction() as session:
        acts.withdraw(session, "nothing", 1, "x", ONE, AT)


@pytest.mark.parametrize("use", ["seal", "seal-maker", "ca"])
def test_a_seal_key_is_a_proposal_until_another_person_confirms_it(database: Database, custody: Custody, use: str):
    assert created(database, custody, NewKey("seal", use)).state == "proposed"
    with database.reading() as session, pytest.raises(CustodyKeyNotActive):
        custody.signer_for(session, "seal")
    with pytest.raises(SecondPersonNeeded), database.transaction() as session:
        acts.confirm(session, custody, "seal", ONE, AT)
    with database.transaction() as session:
        assert acts.confirm(session, custody, "seal", TWO, AT).state == "active"
    with database.reading() as session:
        assert signed(custody.signer_for(session, "seal"), SM2, b"m")


def test_a_system_neither_proposes_nor_confirms_a_seal_key(database: Database, custody: Custody):
    system = Caller("system", "window")
    for by in (system, Caller("anonymous"), Caller("person", "")):
        with pytest.raises(PersonNeeded):
            created(database, custody, NewKey("seal", "seal"), by)
    created(database, custody, NewKey("seal", "seal"))
    with pytest.raises(PersonNeeded), database.transaction() as session:
        acts.confirm(session, custody, "seal", system, AT)


def test_the_same_account_under_another_name_is_the_same_person(database: Database, custody: Custody):
    created(database, custody, NewKey("seal", "seal"))
    with pytest.raises(SecondPersonNeeded), database.transaction() as session:
        acts.confirm(session, custody, "seal", dataclasses.replace(ONE, name="另一个名字", organisation="x"), AT)


def test_the_database_itself_refuses_a_seal_key_of_one_person(database: Database, custody: Custody):
    created(database, custody, NewKey("seal", "seal"))
    for values in (
        {"state": "active", "activated_at": AT},
        {"state": "active", "activated_at": AT, "confirmed_by": "person:u-1"},
        {"state": "active", "confirmed_by": "person:u-2"},
        {"state": "retired", "retired_at": AT},
        {"state": "withdrawn"},
        {"key_use": "toy"},
        {"state": "good"},
    ):
        with pytest.raises(IntegrityError), database.transaction() as session:
            session.execute(update(CustodyKey).values(values))


def test_a_row_that_was_bent_behind_the_constraints_is_still_refused(database: Database, custody: Custody):
    """Someone with the database in their hands drops the constraint and lets a key in alone."""
    created(database, custody, NewKey("seal", "checkpoint"))
    with database.engine.begin() as connection:
        if database.is_sqlite:
            connection.execute(text("pragma ignore_check_constraints=on"))
        else:
            connection.execute(text("alter table keys_custody_keys drop constraint ck_keys_custody_keys_let_in_by_two"))
        connection.execute(text("update keys_custody_keys set key_use = 'seal'"))
    try:
        with database.reading() as session, pytest.raises(CustodyKeyNotActive):
            custody.signer_for(session, "seal")
    finally:
        with database.engine.begin() as connection:
            connection.execute(delete(CustodyKey))
            if database.is_sqlite:
                connection.execute(text("pragma ignore_check_constraints=off"))
            else:
                connection.execute(text(_constraint("let_in_by_two")))


def _constraint(name: str) -> str:
    """Write the statement that puts a constraint back."""
    (found,) = [
        each
        for each in Base.metadata.tables["keys_custody_keys"].constraints
        if isinstance(each, CheckConstraint) and str(each.name).endswith(name)
    ]
    return f"alter table keys_custody_keys add constraint {found.name} check ({found.sqltext})"


def test_a_rotated_key_signs_under_its_new_half_and_the_old_one_still_verifies(database: Database, custody: Custody):
    first = created(database, custody, NewKey("checkpoint", "checkpoint"))
    with database.reading() as session:
        old = signed(custody.signer_for(session, "checkpoint"), SM2, b"m")
    with database.transaction() as session:
        second = acts.rotate(session, custody, "checkpoint", ONE, AT + HOUR)
    assert (second.version, second.state) == (2, "active")
    with database.reading() as session:
        halves = custody.public_keys(session, "checkpoint")
        assert custody.signer_for(session, "checkpoint").public == halves[2]
        assert [row.state for row in versions(session, "checkpoint")] == ["active", "retired"]
    assert halves[1].spki == first.spki != second.spki
    assert SM2.verify(halves[1], old, b"m")
    assert not SM2.verify(halves[2], old, b"m")


def test_a_rotated_seal_key_signs_under_the_old_half_until_two_have_let_the_new_one_in(
    database: Database, custody: Custody
):
    first = created(database, custody, NewKey("seal", "seal"))
    with database.transaction() as session:
        acts.confirm(session, custody, "seal", TWO, AT)
        assert acts.rotate(session, custody, "seal", TWO, AT).state == "proposed"
    with database.reading() as session:
        assert custody.signer_for(session, "seal").public.spki == first.spki
    with pytest.raises(CustodyStateConflict), database.transaction() as session:
        acts.rotate(session, custody, "seal", ONE, AT)
    with pytest.raises(SecondPersonNeeded), database.transaction() as session:
        acts.confirm(session, custody, "seal", TWO, AT)
    with database.transaction() as session:
        second = acts.confirm(session, custody, "seal", ONE, AT)
    with database.reading() as session:
        assert custody.signer_for(session, "seal").public.spki == second.spki
        assert [row.state for row in versions(session, "seal")] == ["active", "retired"]


def test_the_next_version_may_be_a_key_that_a_device_holds_already(
    database: Database, custody: Custody, tmp_path: Path
):
    """A device that makes keys with its own tools only: the next one is adopted."""
    created(database, custody, NewKey("tsa", "tsa"))
    private, uri = asymmetric.generated(KeyKind.P256), uris.of_file(str(tmp_path / "next.pem"))
    custody.devices.of(uri).take_in(uri, private)
    with database.transaction() as session:
        row = acts.rotate(session, custody, "tsa", ONE, AT, Coming(uri))
        assert (row.version, row.state, row.kind) == (2, "active", "p-256")
        assert custody.signer_for(session, "tsa").public == private.public
    with pytest.raises(CustodyKeyKnown), database.transaction() as session:
        acts.rotate(session, custody, "tsa", ONE, AT, Coming(uri))


def test_a_key_in_software_moves_into_a_token_by_its_next_version(database: Database, with_token: tuple[Settings, str]):
    read, label = with_token
    custody = wiring.built(read).custody
    created(database, custody, NewKey("tsa", "tsa"))
    with database.transaction() as session:
        row = acts.rotate(session, custody, "tsa", ONE, AT, Coming(where="pkcs11", within=label, kind=KeyKind.P256))
    assert row.uri.startswith("pkcs11:")
    with database.reading() as session:
        assert signed(custody.signer_for(session, "tsa"), ECDSA, b"m")
        assert [half.kind for half in custody.public_keys(session, "tsa").values()] == [KeyKind.SM2, KeyKind.P256]


def test_a_proposal_that_is_turned_down_leaves_the_present_key_in_use(database: Database, custody: Custody):
    first = created(database, custody, NewKey("seal", "seal"))
    with database.transaction() as session:
        acts.confirm(session, custody, "seal", TWO, AT)
        acts.rotate(session, custody, "seal", ONE, AT)
        acts.withdraw(session, "seal", 2, "not wanted", TWO, AT)
    with database.transaction() as session:
        assert custody.signer_for(session, "seal").public.spki == first.spki
        assert acts.rotate(session, custody, "seal", ONE, AT).version == 3


def test_a_retired_key_signs_no_more(database: Database, custody: Custody):
    created(database, custody, NewKey("tsa", "tsa"))
    with database.transaction() as session:
        assert acts.retire(session, "tsa", "end of life", ONE, AT).state == "retired"
    with database.reading() as session:
        with pytest.raises(CustodyKeyRetired):
            custody.signer_for(session, "tsa")
        with pytest.raises(CustodyKeyNotActive):
            custody.opener_for(session, "tsa", 1)
        assert list(custody.public_keys(session, "tsa")) == [1]


def test_a_withdrawn_key_is_out_of_use_at_once_and_believed_no_more(database: Database, custody: Custody):
    created(database, custody, NewKey("tsa", "tsa"))
    with database.reading() as session:
        custody.signer_for(session, "tsa")
    with database.transaction() as session:
        acts.withdraw(session, "tsa", 1, "compromised", ONE, AT)
    with database.reading() as session:
        with pytest.raises(CustodyKeyNotActive) as caught:
            custody.signer_for(session, "tsa")
        assert custody.public_keys(session, "tsa") == {}
    assert caught.value.state == "withdrawn"


def test_what_was_encrypted_to_a_retired_service_key_still_opens(database: Database, custody: Custody):
    first = created(database, custody, NewKey("box", "service"))
    way = key_encryption("sm2-encryption")
    sealed = way.encrypt(asymmetric.public_key(first.spki), b"a parcel")
    with database.transaction() as session:
        acts.rotate(session, custody, "box", ONE, AT)
        opener = custody.opener_for(session, "box", 1)
    assert opener.decrypt(way, sealed) == b"a parcel"
    assert opener.public.spki == first.spki
    assert not hasattr(opener, "sign")
    with database.transaction() as session:
        acts.withdraw(session, "box", 1, "lost", ONE, AT)
        with pytest.raises(CustodyKeyNotActive):
            custody.opener_for(session, "box", 1)


ENDED = [
    ("confirm", "active"),
    ("confirm", "withdrawn"),
    ("rotate", "proposed"),
    ("retire", "proposed"),
    ("retire", "retired"),
]


@pytest.mark.parametrize(("act", "state"), ENDED)
def test_states_go_one_way(database: Database, custody: Custody, act: str, state: str):
    created(database, custody, NewKey("seal", "seal"))
    with database.transaction() as session:
        if state in {"active", "retired"}:
            acts.confirm(session, custody, "seal", TWO, AT)
        if state == "retired":
            acts.retire(session, "seal", "x", ONE, AT)
        if state == "withdrawn":
            acts.withdraw(session, "seal", 1, "x", ONE, AT)
    done = {
        "confirm": lambda session: acts.confirm(session, custody, "seal", TWO, AT),
        "rotate": lambda session: acts.rotate(session, custody, "seal", TWO, AT),
        "retire": lambda session: acts.retire(session, "seal", "x", ONE, AT),
    }
    with pytest.raises(CustodyStateConflict) as caught, database.transaction() as session:
        done[act](session)
    assert (caught.value.state, caught.value.act) == (state, act)


def test_a_withdrawn_key_stays_withdrawn(database: Database, custody: Custody):
    created(database, custody, NewKey("tsa", "tsa"))
    with database.transaction() as session:
        acts.withdraw(session, "tsa", 1, "x", ONE, AT)
    with pytest.raises(CustodyStateConflict), database.transaction() as session:
        acts.withdraw(session, "tsa", 1, "x", ONE, AT)
    with pytest.raises(CustodyStateConflict), database.transaction() as session:
        acts.rotate(session, custody, "tsa", ONE, AT)


@pytest.mark.parametrize(
    "new",
    [
        NewKey("", "tsa"),
        NewKey("A", "tsa"),
        NewKey("a/b", "tsa"),
        NewKey("../a", "tsa"),
        NewKey("a" * 65, "tsa"),
        NewKey("-a", "tsa"),
        NewKey("a.", "tsa"),
        NewKey("印", "tsa"),
        NewKey("a\n", "tsa"),
        NewKey("a", "toy"),
        NewKey("a", "kek", KeyKind.P256),
        NewKey("a", "backup", KeyKind.ED25519),
    ],
    ids=repr,
)
def test_what_does_not_fit_is_refused_before_any_key_is_made(
    database: Database, custody: Custody, tmp_path: Path, new: NewKey
):
    with pytest.raises((UnfitKeyUse, UnusableKeyUri)):
        created(database, custody, new)
    assert not list(tmp_path.glob("**/*.pem"))


def test_an_id_is_given_once(database: Database, custody: Custody, tmp_path: Path):
    created(database, custody, NewKey("tsa", "tsa"))
    with pytest.raises(CustodyKeyKnown):
        created(database, custody, NewKey("tsa", "ocsp"))
    assert len(list(tmp_path.glob("keys/*.pem"))) == 1


def test_a_device_that_is_not_set_up_is_refused_by_name(database: Database, custody: Custody):
    for where in ("pkcs11", "sdf", "svs"):
        with pytest.raises(DeviceNotSetUp):
            created(database, custody, NewKey("a", "tsa", where=where))


def test_no_key_is_made_when_its_record_cannot_be_written(database: Database, custody: Custody, tmp_path: Path):
    def breaks(_mapper, _connection, row) -> None:
        raise RuntimeError("the disk is on fire")

    event.listen(CustodyKey, "before_insert", breaks)
    try:
        with pytest.raises(RuntimeError):
            created(database, custody, NewKey("tsa", "tsa"))
    finally:
        event.remove(CustodyKey, "before_insert", breaks)
    assert not list(tmp_path.glob("**/*.pem"))


def test_no_key_is_made_when_its_audit_entry_does_not_fit(database: Database, custody: Custody, tmp_path: Path):
    with pytest.raises(audit.UnfitEntry):
        created(database, custody, NewKey("tsa", "tsa"), Caller("person", "x" * 250))
    assert not list(tmp_path.glob("**/*.pem"))


def test_a_try_after_a_crash_between_key_and_commit_succeeds(database: Database, custody: Custody, tmp_path: Path):
    def crash(session: Session) -> None:
        raise RuntimeError

    broken = Database(database.engine, (*database.last_acts, crash))
    with pytest.raises(RuntimeError):
        created(broken, custody, NewKey("tsa", "tsa"))
    assert len(list(tmp_path.glob("keys/*.pem"))) == 1
    assert created(database, custody, NewKey("tsa", "tsa")).state == "active"


def test_another_key_in_the_place_of_the_recorded_one_is_not_used(database: Database, custody: Custody, tmp_path: Path):
    created(database, custody, NewKey("a", "tsa"))
    created(database, custody, NewKey("b", "tsa"))
    (file,) = tmp_path.glob("keys/a.*.pem")
    (other,) = tmp_path.glob("keys/b.*.pem")
    file.write_bytes(other.read_bytes())
    with database.reading() as session, pytest.raises(CustodyKeyDiffers):
        custody.signer_for(session, "a")
    file.unlink()
    with database.reading() as session, pytest.raises(KeyNotThere):
        custody.signer_for(session, "a")


def test_a_key_that_cannot_prove_itself_is_not_let_in(database: Database, custody: Custody, monkeypatch):
    created(database, custody, NewKey("seal", "seal"))
    monkeypatch.setattr(software.SoftwareSigner, "sign", lambda *_: b"wrong")
    with pytest.raises(FaultySignature), database.transaction() as session:
        acts.confirm(session, custody, "seal", TWO, AT)
    with database.reading() as session:
        assert newest(session, "seal").state == "proposed"


# --- keys made elsewhere ------------------------------------------------------------------------------------------


def _pem(kind: KeyKind = KeyKind.SM2, password: bytes = b"pass"):
    private = asymmetric.generated(kind)
    return private, asymmetric.private_key_pem(private, password)


@pytest.mark.parametrize("kind", [KeyKind.SM2, KeyKind.P256, KeyKind.RSA], ids=str)
def test_a_key_that_is_taken_in_is_the_same_key(database: Database, custody: Custody, kind: KeyKind):
    private, pem = _pem(kind)
    with database.transaction() as session:
        row = acts.take_in(session, custody, NewKey("old-tsa", "tsa"), pem, b"pass", ONE, AT)
    assert (row.spki, row.kind) == (private.public.spki, kind)
    with database.reading() as session:
        assert custody.signer_for(session, "old-tsa").public == private.public


def test_a_key_that_is_taken_in_for_a_seal_waits_for_the_second_person(database: Database, custody: Custody):
    with database.transaction() as session:
        assert acts.take_in(session, custody, NewKey("seal", "seal"), _pem()[1], b"pass", ONE, AT).state == "proposed"


BAD_PEMS = {
    "plain": (lambda: asymmetric.private_key_pem(asymmetric.generated(KeyKind.SM2), None), UnusableKey),
    "wrong password": (lambda: _pem(password=b"other")[1], WrongKeyPassword),
    "public": (lambda: asymmetric.public_key_pem(asymmetric.generated(KeyKind.SM2).public), UnusableKey),
    "nothing": (lambda: b"", MalformedPem),
    "garbage": (lambda: b"\0\xff" * 100, MalformedPem),
    "two": (lambda: _pem()[1] * 2, MalformedPem),
    "cut": (lambda: _pem()[1][:-40], MalformedPem),
}


@pytest.mark.parametrize("name", BAD_PEMS)
def test_a_file_that_is_no_encrypted_key_is_refused(database: Database, custody: Custody, tmp_path: Path, name: str):
    made, refusal = BAD_PEMS[name]
    with pytest.raises(refusal), database.transaction() as session:
        acts.take_in(session, custody, NewKey("a", "tsa"), made(), b"pass", ONE, AT)
    assert not list(tmp_path.glob("**/*.pem"))


def test_a_key_that_custody_has_met_is_never_taken_in_again(database: Database, custody: Custody, tmp_path: Path):
    _, pem = _pem()
    with database.transaction() as session:
        acts.take_in(session, custody, NewKey("a", "tsa"), pem, b"pass", ONE, AT)
        acts.withdraw(session, "a", 1, "compromised", ONE, AT)
    with pytest.raises(CustodyKeyKnown), database.transaction() as session:
        acts.take_in(session, custody, NewKey("b", "tsa"), pem, b"pass", ONE, AT)
    assert len(list(tmp_path.glob("keys/*.pem"))) == 1
    (file,) = tmp_path.glob("keys/*.pem")
    with pytest.raises(CustodyKeyKnown), database.transaction() as session:
        acts.adopt(session, custody, NewKey("c", "tsa"), uris.of_file(str(file)), ONE, AT)


def test_a_key_file_of_old_is_adopted(database: Database, custody: Custody, read: Settings, tmp_path: Path):
    private = asymmetric.generated(KeyKind.SM2)
    password = (tmp_path / "custody.password").read_bytes() if (tmp_path / "custody.password").exists() else None
    assert password is None
    uri = uris.of_file(str(tmp_path / "elsewhere.pem"))
    custody.devices.of(uri).take_in(uri, private)
    with database.transaction() as session:
        row = acts.adopt(session, custody, NewKey("token", "token"), uri, ONE, AT)
    assert (row.state, row.spki, row.kind) == ("active", private.public.spki, "sm2")
    with pytest.raises(KeyNotThere), database.transaction() as session:
        acts.adopt(session, custody, NewKey("x", "tsa"), uris.of_file(str(tmp_path / "no.pem")), ONE, AT)


# --- certificates, tokens, the record -----------------------------------------------------------------------------


def test_a_certificate_is_kept_only_with_its_own_key(database: Database, custody: Custody):
    key, pem = _pem()
    with database.transaction() as session:
        acts.take_in(session, custody, NewKey("tsa", "tsa"), pem, b"pass", ONE, AT)
    ours, other = pki.root().issues("时间戳", spki=key.public.spki), pki.root().issues("别人")
    with pytest.raises(UnfitKeyUse), database.transaction() as session:
        acts.certify(session, "tsa", other.certificate.pem, ONE, AT)
    with database.transaction() as session:
        row = acts.certify(session, "tsa", ours.certificate.pem + other.certificate.pem, ONE, AT)
    assert (row.not_after, row.certificate) == (ours.certificate.not_after, ours.certificate.der)
    with pytest.raises(UnusableBundle), database.transaction() as session:
        acts.certify(session, "tsa", b"no certificate", ONE, AT)


def test_a_key_on_a_token_lives_the_same_life(database: Database, with_token: tuple[Settings, str]):
    read, label = with_token
    custody = wiring.built(read).custody
    row = created(database, custody, NewKey("ca-1", "ca", KeyKind.P256, "pkcs11", label))
    assert row.uri.startswith(f"pkcs11:token={label};object=ca-1.1.")
    with database.transaction() as session:
        acts.confirm(session, custody, "ca-1", TWO, AT)
    with database.reading() as session:
        assert signed(wiring.built(read).custody.signer_for(session, "ca-1"), ECDSA, b"m")
    with database.transaction() as session:
        acts.rotate(session, custody, "ca-1", ONE, AT)
        acts.confirm(session, custody, "ca-1", TWO, AT)
    with database.reading() as session:
        assert signed(custody.signer_for(session, "ca-1"), ECDSA, b"m")
        assert len(custody.public_keys(session, "ca-1")) == 2


def test_a_device_that_is_down_is_a_refusal_and_never_a_key_in_software(
    database: Database, with_token: tuple[Settings, str], hsm, tmp_path: Path
):
    read, label = with_token
    custody = wiring.built(read).custody
    created(database, custody, NewKey("tsa", "tsa", KeyKind.P256, "pkcs11", label))
    hsm.remove(label)
    for _ in range(3):
        with database.reading() as session, pytest.raises((DeviceDown, KeyNotThere)):
            signed(wiring.built(read).custody.signer_for(session, "tsa"), ECDSA, b"m")
    with pytest.raises((DeviceDown, KeyNotThere)), database.transaction() as session:
        acts.rotate(session, custody, "tsa", ONE, AT)
    assert not list(tmp_path.glob("keys/*"))


def test_every_act_is_in_the_audit_record_and_told_as_an_event(database: Database, custody: Custody):
    created(database, custody, NewKey("seal", "seal"))
    with database.transaction() as session:
        acts.confirm(session, custody, "seal", TWO, AT)
        acts.rotate(session, custody, "seal", ONE, AT)
        acts.confirm(session, custody, "seal", TWO, AT)
        acts.retire(session, "seal", "end", ONE, AT)
        acts.withdraw(session, "seal", 1, "compromised", TWO, AT)
    wanted = ["created", "confirmed", "rotated", "confirmed", "retired", "withdrawn"]
    with database.reading() as session:
        entries = audit.search(session, audit.Search(thing_kind="custody-key", thing_id="seal"))
        told = [each.event for each in events.since(session, 0)]
    assert [each.entry.act for each in reversed(entries)] == [f"custody-key.{each}" for each in wanted]
    assert [each.name for each in told] == [f"custody-key.{each}" for each in wanted]
    assert [each.entry.actor for each in reversed(entries)][:2] == ["person:u-1", "person:u-2"]
    assert all(b".pem" not in each.content for each in entries)


def test_a_row_tells_no_more_than_its_public_half(database: Database, custody: Custody):
    created(database, custody, NewKey("tsa", "tsa"))
    with database.reading() as session:
        row = session.scalars(select(CustodyKey)).one()
    assert {column.name for column in CustodyKey.__table__.columns if "secret" in column.name} == set()
    assert asymmetric.public_key(row.spki).kind is KeyKind.SM2
    assert "Custody(" in repr(custody)
    assert "password" not in repr(custody).lower()
