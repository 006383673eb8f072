"""Values sealed at rest: bound to their place, opened by nothing in the database, found by hashes that tell nothing."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import event, select, update

from base.callers import Caller
from base.db import Database
from base.settings import Settings, UnusableSetting
from keys import data_keys as module
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.custody import wiring
from keys.custody.errors import DataKeyUnusable, KekUnusable, UnreadableSealed
from keys.custody.kek import DeviceKek, FileKek
from keys.custody.models import DataKey
from keys.data_keys import DataKeys, told_of
from keys.errors import CiphertextAltered, UnusableValue
from keys.signers import secret_files, uris
from keys.signers.errors import DeviceNotSetUp
from keys.signers.software import SoftwareSigner
from tests.conftest import AT
from tests.keys.custody.conftest import ONE

ID_NUMBER = "11010519491231002X"
PLACE = b"certs.holders\0id_number\0row 1"
Told = Callable[..., Settings]


def sealed_once(database: Database, data_keys: DataKeys, plain: bytes = b"secret", bound: bytes = PLACE) -> bytes:
    with database.transaction() as session:
        return data_keys.seal(session, plain, bound)


def opened(database: Database, data_keys: DataKeys, sealed: bytes, bound: bytes = PLACE) -> bytes:
    with database.reading() as session:
        return data_keys.open(session, sealed, bound)


def test_what_was_sealed_opens_again_and_in_another_process(database: Database, data_keys: DataKeys, read: Settings):
    sealed = sealed_once(database, data_keys, ID_NUMBER.encode())
    assert ID_NUMBER.encode() not in sealed
    assert opened(database, data_keys, sealed) == ID_NUMBER.encode()
    assert opened(database, wiring.built(read).data_keys, sealed) == ID_NUMBER.encode()


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(st.binary(max_size=300), st.binary(max_size=60))
def test_any_value_opens_in_its_own_place_only(database: Database, data_keys: DataKeys, plain: bytes, bound: bytes):
    sealed = sealed_once(database, data_keys, plain, bound)
    assert opened(database, data_keys, sealed, bound) == plain
    with pytest.raises(CiphertextAltered):
        opened(database, data_keys, sealed, bound + b"\0")


def test_no_byte_of_a_sealed_value_can_be_changed(database: Database, data_keys: DataKeys):
    sealed = sealed_once(database, data_keys)
    with database.reading() as session:
        for at in range(len(sealed)):
            for bit in (1, 0x80):
                bent = sealed[:at] + bytes([sealed[at] ^ bit]) + sealed[at + 1 :]
                with pytest.raises((CiphertextAltered, UnreadableSealed)):
                    data_keys.open(session, bent, PLACE)
        for end in range(len(sealed)):
            with pytest.raises((CiphertextAltered, UnreadableSealed)):
                data_keys.open(session, sealed[:end], PLACE)
        with pytest.raises(CiphertextAltered):
            data_keys.open(session, sealed + b"\0", PLACE)


def test_a_thousand_values_moved_to_another_row_open_nowhere(database: Database, data_keys: DataKeys):
    with database.transaction() as session:
        sealed = [data_keys.seal(session, b"same", b"row %d" % row) for row in range(1000)]
        assert len({each[13:25] for each in sealed}) == 1000
        refused = 0
        for row, each in enumerate(sealed):
            with pytest.raises(CiphertextAltered):
                data_keys.open(session, each, b"row %d" % ((row + 1) % 1000))
            refused += 1
    assert refused == 1000


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_fall_over(data: bytes):
    try:
        name, version = told_of(data)
    except UnreadableSealed:
        return
    assert (len(name), version >= 0, data[0]) == (16, True, 1)


def test_a_value_of_another_site_is_told_apart(database: Database, data_keys: DataKeys):
    sealed = sealed_once(database, data_keys)
    with pytest.raises(UnreadableSealed):
        opened(database, data_keys, sealed[:1] + bytes(8) + sealed[9:])


def test_the_matching_key_seals_nothing(database: Database, data_keys: DataKeys):
    with database.transaction() as session:
        data_keys.prepare(session)
        row = session.scalars(select(DataKey).where(DataKey.purpose == "matching")).one()
        forged = module.HEADER.pack(1, bytes.fromhex(row.id), row.version) + bytes(40)
        with pytest.raises(UnreadableSealed):
            data_keys.open(session, forged, PLACE)


# --- matching -----------------------------------------------------------------------------------------------------


def test_equal_values_match_within_a_purpose_and_nowhere_else(database: Database, data_keys: DataKeys, read: Settings):
    with database.transaction() as session:
        first = data_keys.matching_hash(session, "holder", ID_NUMBER)
        assert data_keys.matching_hash(session, "holder", ID_NUMBER) == first
        assert data_keys.matching_hash(session, "person", ID_NUMBER) != first
        assert data_keys.matching_hash(session, "holder", ID_NUMBER[:-1] + "1") != first
    with database.reading() as session:
        assert wiring.built(read).data_keys.matching_hash(session, "holder", ID_NUMBER) == first
    assert len(first) == 64
    assert set(first) <= set("0123456789abcdef")


def test_purpose_and_value_cannot_run_into_each_other(database: Database, data_keys: DataKeys):
    with database.transaction() as session:
        told = {data_keys.matching_hash(session, *pair) for pair in (("a", "bc"), ("ab", "c"), ("abc", ""))}
    assert len(told) == 3


def test_two_sites_hash_differently(database: Database, data_keys: DataKeys, told: Told, tmp_path: Path):
    with database.transaction() as session:
        ours = data_keys.matching_hash(session, "holder", ID_NUMBER)
        for row in session.scalars(select(DataKey)).all():
            session.delete(row)
        session.flush()
        assert wiring.built(told()).data_keys.matching_hash(session, "holder", ID_NUMBER) != ours


def test_a_look_up_before_anything_was_kept_finds_nothing_and_writes_nothing(database: Database, data_keys: DataKeys):
    with database.reading() as session:
        first = data_keys.matching_hash(session, "holder", ID_NUMBER)
        assert len(first) == 64
        assert data_keys.matching_hash(session, "holder", ID_NUMBER) != first
        assert session.scalars(select(DataKey)).all() == []


@pytest.mark.parametrize("purpose", ["", "a" * 65, "用途"])
def test_a_purpose_without_a_plain_name_is_refused(database: Database, data_keys: DataKeys, purpose: str):
    with database.transaction() as session, pytest.raises(UnusableValue):
        data_keys.matching_hash(session, purpose, "x")


# --- the wrapping key ---------------------------------------------------------------------------------------------


def test_the_wrapping_key_is_drawn_once_for_a_new_site(database: Database, data_keys: DataKeys, tmp_path: Path):
    sealed_once(database, data_keys)
    file = tmp_path / "custody.kek"
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_bytes()
    with database.transaction() as session:
        data_keys.prepare(session)
    assert file.read_bytes() == before


def test_a_site_that_has_lost_its_wrapping_key_gets_no_new_one(
    database: Database, data_keys: DataKeys, read: Settings, tmp_path: Path
):
    sealed = sealed_once(database, data_keys)
    (tmp_path / "custody.kek").unlink()
    fresh = wiring.built(read).data_keys
    for act in (
        lambda session: fresh.open(session, sealed, PLACE),
        lambda session: fresh.seal(session, b"x", PLACE),
        lambda session: fresh.matching_hash(session, "holder", "x"),
        fresh.examine,
    ):
        with pytest.raises(KekUnusable, match=r"custody\.kek"), database.transaction() as session:
            act(session)
    assert not (tmp_path / "custody.kek").exists()


def test_a_wrong_wrapping_key_is_a_refusal(database: Database, data_keys: DataKeys, read: Settings, tmp_path: Path):
    sealed = sealed_once(database, data_keys)
    secret_files.replace(tmp_path / "custody.kek", secret_files.new_password() + b"\n")
    with pytest.raises(DataKeyUnusable):
        opened(database, wiring.built(read).data_keys, sealed)


BROKEN_KEKS = {
    "empty": b"",
    "another text": b"a key that somebody made up, and quite a long one\n",
    "short": b"yinxin-drawn-1.AAAA\n",
    "no base64": b"yinxin-drawn-1.***********************************\n",
    "two lines": secret_files.new_password() + b"\n" + secret_files.new_password(),
    "without its beginning": secret_files.new_password().removeprefix(secret_files.DRAWN),
}


@pytest.mark.parametrize("name", BROKEN_KEKS)
def test_a_broken_wrapping_key_is_a_refusal_that_shows_nothing_of_it(
    database: Database, data_keys: DataKeys, read: Settings, tmp_path: Path, name: str
):
    sealed = sealed_once(database, data_keys)
    secret_files.replace(tmp_path / "custody.kek", BROKEN_KEKS[name])
    with pytest.raises(KekUnusable) as caught:
        opened(database, wiring.built(read).data_keys, sealed)
    assert "yinxin-drawn" not in str(caught.value)
    assert "somebody" not in str(caught.value)


def test_a_wrapping_key_that_others_can_read_is_refused(
    database: Database, data_keys: DataKeys, read: Settings, tmp_path: Path
):
    sealed = sealed_once(database, data_keys)
    (tmp_path / "custody.kek").chmod(0o644)
    with pytest.raises(KekUnusable, match="0644"):
        opened(database, wiring.built(read).data_keys, sealed)


def test_a_wrapped_key_cannot_be_moved_to_another_row(database: Database, data_keys: DataKeys, read: Settings):
    sealed = sealed_once(database, data_keys)
    with database.transaction() as session:
        data_keys.prepare(session)
        wrapped = {row.purpose: row.wrapped for row in session.scalars(select(DataKey))}
        session.execute(update(DataKey).where(DataKey.purpose == "sealing").values(wrapped=wrapped["matching"]))
    with pytest.raises(DataKeyUnusable):
        opened(database, wiring.built(read).data_keys, sealed)


@pytest.mark.parametrize("spoil", [lambda _: b"", lambda _: bytes(5), lambda told: told[:-1] + bytes([told[-1] ^ 1])])
def test_a_spoilt_wrapped_key_is_a_refusal(database: Database, data_keys: DataKeys, read: Settings, spoil):
    sealed = sealed_once(database, data_keys)
    with database.transaction() as session:
        row = session.scalars(select(DataKey)).one()
        row.wrapped = spoil(row.wrapped)
    with pytest.raises(DataKeyUnusable):
        opened(database, wiring.built(read).data_keys, sealed)


def test_a_new_wrapping_key_wraps_everything_anew_and_touches_no_data(
    database: Database, data_keys: DataKeys, told: Told, tmp_path: Path
):
    sealed = sealed_once(database, data_keys)
    with database.transaction() as session:
        found = data_keys.matching_hash(session, "holder", ID_NUMBER)
    new = tmp_path / "new.kek"
    secret_files.write(new, secret_files.new_password() + b"\n")
    both = wiring.built(told(kek=new, former_kek=tmp_path / "custody.kek")).data_keys
    assert opened(database, both, sealed) == b"secret"
    with database.transaction() as session:
        assert both.examine(session) == (2, 2)
        assert both.rewrap(session, ONE, AT) == 2
        assert both.rewrap(session, ONE, AT) == 0
        assert both.examine(session) == (2, 0)
    only_new = wiring.built(told(kek=new)).data_keys
    assert opened(database, only_new, sealed) == b"secret"
    with database.reading() as session:
        assert only_new.matching_hash(session, "holder", ID_NUMBER) == found
    with pytest.raises(DataKeyUnusable):
        opened(database, wiring.built(told()).data_keys, sealed)


def test_wrapping_anew_changes_all_or_nothing(database: Database, data_keys: DataKeys, told: Told, tmp_path: Path):
    with database.transaction() as session:
        data_keys.prepare(session)
        before = {row.id: row.wrapped for row in session.scalars(select(DataKey))}
        spoilt = max(before)
        session.execute(update(DataKey).where(DataKey.id == spoilt).values(wrapped=b"spoilt" * 10))
    new = tmp_path / "new.kek"
    secret_files.write(new, secret_files.new_password() + b"\n")
    both = wiring.built(told(kek=new, former_kek=tmp_path / "custody.kek")).data_keys
    with pytest.raises(DataKeyUnusable), database.transaction() as session:
        both.rewrap(session, ONE, AT)
    with database.reading() as session:
        after = {row.id: row.wrapped for row in session.scalars(select(DataKey))}
    assert {name: value for name, value in after.items() if name != spoilt} == {
        name: value for name, value in before.items() if name != spoilt
    }


def test_data_is_sealed_under_a_new_version_after_a_quarter_and_old_values_open(
    database: Database, data_keys: DataKeys
):
    data_keys = dataclasses.replace(data_keys, now=lambda: AT)
    by = Caller("system", "custody")
    first = sealed_once(database, data_keys)
    with database.transaction() as session:
        assert not data_keys.renew(session, by, AT + timedelta(days=89))
        assert data_keys.renew(session, by, AT + timedelta(days=90))
    second = sealed_once(database, data_keys)
    assert told_of(first) == (told_of(second)[0], told_of(second)[1] - 1)
    assert opened(database, data_keys, first) == opened(database, data_keys, second) == b"secret"


def test_nothing_is_renewed_before_there_is_anything(database: Database, data_keys: DataKeys):
    with database.transaction() as session:
        assert not data_keys.renew(session, ONE, AT)
        assert data_keys.examine(session) == (0, 0)


# --- a wrapping key in a device -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [KeyKind.SM2, KeyKind.RSA], ids=str)
def test_a_key_pair_wraps_and_only_its_own_wrapping_is_believed(kind: KeyKind):
    """Who can write to the database has the public half, and could put in a data key that they know."""
    signer = SoftwareSigner(asymmetric.generated(kind))
    kek, other = DeviceKek(lambda: signer), DeviceKek(lambda: SoftwareSigner(asymmetric.generated(kind)))
    wrapped = kek.wrap(b"k" * 16, b"row")
    assert kek.unwrap(wrapped, b"row") == b"k" * 16
    assert kek.id != other.id
    for told, bound in ((wrapped, b"another row"), (other.wrap(b"k" * 16, b"row"), b"row"), (b"", b"row")):
        with pytest.raises(CiphertextAltered):
            kek.unwrap(told, bound)
    size = int.from_bytes(wrapped[:2])
    theirs = other.wrap(b"known", b"row")
    for forged in (theirs[: 2 + size] + wrapped[2 + size :], wrapped[: 2 + size], wrapped[:-1]):
        with pytest.raises(CiphertextAltered):
            kek.unwrap(forged, b"row")


def test_a_kind_of_key_that_cannot_wrap_is_refused():
    kek = DeviceKek(lambda: SoftwareSigner(asymmetric.generated(KeyKind.P256)))
    for act in (lambda: kek.wrap(b"k", b""), lambda: kek.unwrap(b"", b"")):
        with pytest.raises(KekUnusable):
            act()


def test_data_keys_lie_under_a_key_on_a_token(database: Database, with_token: tuple[Settings, str], told: Told, hsm):
    read, label = with_token
    custody = wiring.built(read).custody
    device = custody.devices.of_scheme("pkcs11")
    uri = device.address("kek.1", label)
    device.generate(uri, KeyKind.RSA)
    settings = told(
        kek=uri.text,
        pkcs11_modules=read[wiring.CustodySettings].pkcs11_modules[0],
        pin_folder=read[wiring.CustodySettings].pin_folder,
    )
    sealed = sealed_once(database, wiring.built(settings).data_keys)
    assert opened(database, wiring.built(settings).data_keys, sealed) == b"secret"
    hsm.remove(label)
    with pytest.raises(KekUnusable):
        opened(database, wiring.built(settings).data_keys, sealed)


def test_a_wrapping_key_is_a_file_or_a_key_that_opens(told: Told, tmp_path: Path):
    assert isinstance(wiring.built(told(kek="relative.kek")).data_keys.kek, FileKek)
    assert isinstance(wiring.built(told(kek="svs:kek")).data_keys.kek, DeviceKek)
    with pytest.raises(DeviceNotSetUp):
        wiring.built(told(kek="sdf:1"))
    for bad in ("http://host/kek", "pkcs11:token=a"):
        with pytest.raises(UnusableSetting):
            wiring.built(told(kek=bad))
    with pytest.raises(UnusableSetting):
        wiring.built(told(pkcs11_modules="softhsm2.so"))
    with pytest.raises(UnusableSetting):
        wiring.built(told(server_form=str(tmp_path / "nothing.toml")))
    with pytest.raises(KekUnusable):
        _ = wiring.built(told(kek="svs:kek")).data_keys.kek.id
    assert uris.parse("svs:kek").scheme == "svs"


def test_nothing_of_a_key_shows(data_keys: DataKeys, database: Database):
    sealed_once(database, data_keys)
    assert "DataKeys(" in repr(data_keys)
    assert repr(data_keys) == "DataKeys()"


def test_a_transaction_asks_once_for_the_key_that_seals(database: Database, data_keys: DataKeys):
    with database.transaction() as session:
        data_keys.prepare(session)
    with database.transaction() as session:
        data_keys.seal(session, b"first", PLACE)
        with statements(database) as asked:
            sealed = [data_keys.seal(session, each, PLACE) for each in (b"one", b"two")]
            data_keys.matching_hash(session, "x", "y")
            data_keys.matching_hash(session, "x", "z")
    assert len([each for each in asked if "keys_data_keys" in each]) <= 1
    assert [opened(database, data_keys, each) for each in sealed] == [b"one", b"two"]


def test_a_key_whose_making_is_undone_seals_and_matches_nothing_afterwards(database: Database, data_keys: DataKeys):
    """The first use on a site is taken back, once as a part of its transaction and once as the whole."""
    with database.transaction() as session:
        inside = session.begin_nested()
        undone = data_keys.matching_hash(session, "x", "y")
        data_keys.seal(session, b"lost", PLACE)
        inside.rollback()
        session.expire_all()
        kept = data_keys.matching_hash(session, "x", "y")
        sealed = data_keys.seal(session, b"kept", PLACE)
    assert undone != kept
    assert opened(database, data_keys, sealed) == b"kept"
    with database.reading() as session:
        assert data_keys.matching_hash(session, "x", "y") == kept


def test_what_is_renewed_in_a_transaction_seals_in_it(database: Database, data_keys: DataKeys):
    first = sealed_once(database, data_keys)
    with database.transaction() as session:
        data_keys.seal(session, b"before", PLACE)
        assert data_keys.renew(session, ONE, AT + timedelta(days=10_000))
        after = data_keys.seal(session, b"after", PLACE)
    assert told_of(after)[1] == told_of(first)[1] + 1
    assert opened(database, data_keys, after) == b"after"


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Note the statements that are carried out."""
    told: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        told.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield told
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
