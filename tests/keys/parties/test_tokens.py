"""A token's time, its shape in the record, and the key that signs it: made once, kept private, replaced at ease."""

import base64
import json
import stat
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

import app
from base import audit
from base.audit import Search
from base.callers import ANONYMOUS, Caller, Credentials
from base.db import Database, DatabaseSettings
from base.health import House, examine
from base.program import Running, Sandbox
from base.settings import Settings
from base.settings import read as read_all
from base.web import WebSettings
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.parties import checks, jobs, jws, sample, spending, token_keys, tokens, wiring
from keys.parties.authentication import BearerAuthenticator, first_of
from keys.parties.errors import TokenKeyUnusable, TokenRefused
from keys.parties.models import SUSPENDED, Organisation, RevokedToken, SpentValue, System, TrustedTokenKey
from keys.parties.systems import system_of
from keys.parties.token_keys import FileTokenKey
from keys.parties.wiring import PartiesSettings, UnusablePartiesSetting
from tests.keys.parties import builders
from tests.keys.parties.builders import CITY, MAKER, SCOPES


@pytest.fixture
def issued(read: Settings, database: Database, at: datetime) -> str:
    builders.populate(database, at)
    with database.transaction() as session:
        drafted = tokens.draft(wiring.built(read), system_of(session, "gm"), SCOPES, at)
        tokens.issue(session, wiring.built(read), drafted, at)
        return drafted.token


def prove(read: Settings, database: Database, token: str, at: datetime) -> Caller:
    with database.reading() as session:
        return tokens.prove(session, wiring.built(read), token, at)


def test_a_token_names_its_system_and_organisation(read, database, issued: str, at: datetime):
    caller = prove(read, database, issued, at)
    assert (caller.kind, caller.id, caller.organisation, caller.scopes) == ("system", "gm", CITY, SCOPES)


def test_a_token_is_good_for_ten_minutes_and_not_a_second_more(read, database, issued: str, at: datetime):
    assert prove(read, database, issued, at + timedelta(seconds=599, milliseconds=999)).id == "gm"
    with pytest.raises(TokenRefused, match="expired"):
        prove(read, database, issued, at + timedelta(seconds=600))


def test_a_token_of_the_future_is_refused_beyond_what_clocks_differ(read, database, issued: str, at: datetime):
    assert prove(read, database, issued, at - timedelta(seconds=5)).id == "gm"
    with pytest.raises(TokenRefused, match="issued-at"):
        prove(read, database, issued, at - timedelta(seconds=6))


def test_a_token_that_lives_longer_than_the_settings_say_is_refused(database_settings, database, issued, at, tmp_path):
    shorter = builders.read_settings(database_settings, token_seconds="60", token_key=str(tmp_path / "token.key"))
    with pytest.raises(TokenRefused, match="issued-at"):
        prove(shorter, database, issued, at)


def test_a_token_of_another_service_with_the_same_database_is_refused(
    database_settings, database, issued, at, tmp_path
):
    other = builders.read_settings(database_settings, issuer="https://b.example", token_key=str(tmp_path / "token.key"))
    with pytest.raises(TokenRefused, match="issuer"):
        prove(other, database, issued, at)


def _revoked(session, parties, token, at):
    tokens.revoke(session, parties, token, system_of(session, "gm"), at)


def _key_withdrawn(session, _parties, _token, at):
    (kid,) = token_keys.trusted_keys(session, at)
    token_keys.withdraw(session, kid, MAKER, at)


def _key_out_of_trust(session, _parties, _token, at):
    session.execute(update(TrustedTokenKey).values(until=at))


def _another_key_under_its_name(session, _parties, _token, _at):
    session.execute(update(TrustedTokenKey).values(spki=asymmetric.generated(KeyKind.SM2).public.spki))


def _suspended(session, _parties, _token, _at):
    session.execute(update(System).where(System.id == "gm").values(state=SUSPENDED))


def _organisation_suspended(session, _parties, _token, _at):
    session.execute(update(Organisation).values(state=SUSPENDED))


def _ended(session, _parties, _token, _at):
    session.execute(update(System).where(System.id == "gm").values(generation=System.generation + 1))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_revoked, "revoked"),
        (_ended, "revoked"),
        (_suspended, "suspended"),
        (_organisation_suspended, "suspended"),
        (_key_withdrawn, "kid"),
        (_key_out_of_trust, "kid"),
        (_another_key_under_its_name, "kid"),
    ],
)
def test_a_token_that_was_proven_before_is_refused_at_the_next_call(read, database, issued, at, change, reason):
    assert prove(read, database, issued, at) == prove(read, database, issued, at)
    with database.transaction() as session:
        change(session, wiring.built(read), issued, at)
    with pytest.raises(TokenRefused, match=reason):
        prove(read, database, issued, at)


def test_a_signature_is_verified_once_and_no_other_text_rides_on_it(read, database, issued, at, monkeypatch):
    assert prove(read, database, issued, at).id == "gm"
    monkeypatch.setattr(jws, "read", lambda *_: pytest.fail("verified again"))
    assert prove(read, database, issued, at).id == "gm"
    monkeypatch.undo()
    head, claims, signature = issued.split(".")
    altered = f"{head}.{claims}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    for _ in range(2):
        with pytest.raises(TokenRefused, match="signature"):
            prove(read, database, altered, at)


def test_a_scope_taken_from_the_system_is_gone_at_the_next_call(read, database, issued: str, at: datetime):
    assert "data:read" in prove(read, database, issued, at).scopes
    with database.transaction() as session:
        session.execute(update(System).where(System.id == "gm").values(scopes="cert:read"))
    assert prove(read, database, issued, at).scopes == {"cert:read"}


def test_issuing_is_on_record_and_the_token_is_not(database: Database, issued: str):
    with database.reading() as session:
        (recorded,) = audit.search(session, Search(act="token.issued"))
    claims = json.loads(base64.urlsafe_b64decode(issued.split(".")[1] + "=="))
    assert recorded.entry.thing.id == claims["jti"]
    assert issued.split(".")[2].encode() not in recorded.content
    assert recorded.entry.actor == "system:gm"


def test_the_private_half_never_enters_the_database(read, database_settings: DatabaseSettings, database, issued: str):
    private = wiring.built(read).token_key.private
    secret = private.pkcs8()
    with database.reading() as session:
        (row,) = session.query(TrustedTokenKey).all()
        assert row.spki == private.public.spki
    if database_settings.url.startswith("sqlite"):
        file = Path(database_settings.url.removeprefix("sqlite:///"))
        for kept in (file, file.with_name(file.name + "-wal")):
            assert secret[-65:-1] not in kept.read_bytes() or private.public.spki[-64:] == secret[-64:]
            assert secret[36:68] not in kept.read_bytes()


def test_a_key_in_use_stays_trusted_and_one_that_is_not_is_forgotten(read, database, issued: str, at: datetime):
    parties = wiring.built(read)
    kid = json.loads(base64.urlsafe_b64decode(issued.split(".", maxsplit=1)[0] + "=="))["kid"]
    for hours in range(0, 100, 10):
        with database.transaction() as session:
            token_keys.trust(session, parties.token_key, at + timedelta(hours=hours))
            spending.forget(session, at + timedelta(hours=hours))
            assert list(token_keys.trusted_keys(session, at + timedelta(hours=hours))) == [kid]
    with database.transaction() as session:
        late = at + timedelta(hours=90) + token_keys.TRUSTED_FOR
        assert token_keys.trusted_key(session, kid, late) is None
        spending.forget(session, late + timedelta(seconds=1))
        assert session.query(TrustedTokenKey).count() == 0


def test_a_withdrawn_key_is_never_forgotten(read, database, issued: str, at: datetime):
    parties = wiring.built(read)
    with database.transaction() as session:
        (kid,) = token_keys.trusted_keys(session, at)
        token_keys.withdraw(session, kid, MAKER, at)
        spending.forget(session, at + timedelta(days=3650))
    with pytest.raises(TokenKeyUnusable, match="withdrawn"), database.transaction() as session:
        token_keys.trust(session, parties.token_key, at + timedelta(days=3650))


# --- the key file -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [KeyKind.SM2, KeyKind.P256])
def test_a_key_file_is_made_on_first_use_for_its_owner_alone(tmp_path: Path, kind: KeyKind):
    file = tmp_path / "token.key"
    key = FileTokenKey(file, kind)
    assert not file.exists()
    assert key.private.kind is kind
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]
    assert FileTokenKey(file, kind).private.public.spki == key.private.public.spki


def test_a_key_file_that_was_made_meanwhile_is_kept(tmp_path: Path):
    file = tmp_path / "token.key"
    first = FileTokenKey(file, KeyKind.P256)
    first._make()
    kept = file.read_bytes()
    FileTokenKey(file, KeyKind.P256)._make()
    assert file.read_bytes() == kept
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_key_file_that_holds_none_is_refused_by_its_name(tmp_path: Path, content: bytes):
    file = tmp_path / "token.key"
    file.write_bytes(content)
    with pytest.raises(TokenKeyUnusable, match=r"token\.key"):
        _ = FileTokenKey(file, KeyKind.SM2).private


def test_a_key_of_another_algorithm_than_the_settings_say_is_refused(tmp_path: Path):
    _ = FileTokenKey(tmp_path / "token.key", KeyKind.SM2).private
    with pytest.raises(TokenKeyUnusable, match="p-256"):
        _ = FileTokenKey(tmp_path / "token.key", KeyKind.P256).private


def test_a_folder_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(TokenKeyUnusable):
        _ = FileTokenKey(tmp_path / "none" / "token.key", KeyKind.SM2).private


# --- settings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("token_algorithm", "rs256"),
        ("token_seconds", "0"),
        ("token_seconds", "3601"),
        ("issuer", "https://a/"),
        ("issuer", "a.example"),
    ],
)
def test_a_setting_that_cannot_be_worked_with_is_refused_by_its_path(database_settings, name: str, value: str):
    with pytest.raises(UnusablePartiesSetting, match=f"parties.{name}"):
        wiring.built(builders.read_settings(database_settings, **{name: value}))


def test_without_settings_the_issuer_is_the_address_and_the_key_lies_beside_the_database(tmp_path: Path):
    told = {"YINXIN_DATABASE_URL": f"sqlite:///{tmp_path / 'a.db'}", "YINXIN_WEB_HOST": "::1", "YINXIN_WEB_PORT": "81"}
    parties = wiring.built(read_all((DatabaseSettings, WebSettings, PartiesSettings), environment=told))
    assert parties.issuer == "http://[::1]:81"
    assert parties.token_key.name == str(tmp_path / "token.key")
    assert not parties.demo


# --- authenticators, checks, jobs ---------------------------------------------------------------------------------


def test_the_first_authenticator_that_recognises_someone_decides(read, database, issued: str, at: datetime):
    person = Caller("person", "p")

    def session_of(credentials: Credentials, /) -> Caller:
        return person if credentials.session_cookie else ANONYMOUS

    bearer = BearerAuthenticator(wiring.built(read), database, lambda: at)
    authenticate = first_of(bearer, session_of)
    assert authenticate(Credentials(None, None, None, unsafe=False)) == ANONYMOUS
    assert authenticate(Credentials(None, "cookie", None, unsafe=False)) == person
    assert authenticate(Credentials(f"Bearer {issued}", "cookie", None, unsafe=False)).id == "gm"
    assert authenticate(Credentials(f"bearer  {issued} ", None, None, unsafe=True)).id == "gm"
    with pytest.raises(TokenRefused):
        authenticate(Credentials("Bearer x", "cookie", None, unsafe=False))


def test_the_checks_tell_what_is_missing_and_what_is_well(read, database, at: datetime):
    house = House(read, database, at)
    found = {each.check.name: each.finding.outcome for each in examine(house, checks.CHECKS)}
    assert found == {"token-key": "good", "token-issuer": "warning", "duties": "warning"}
    builders.populate(database, at)
    for role in ("sysadmin", "secadmin", "auditor"):
        builders.add_person(database, role, {role}, at)
    Path(wiring.built(read).token_key.name).chmod(0o644)
    found = {each.check.name: each.finding.outcome for each in examine(house, checks.CHECKS)}
    assert found == {"token-key": "warning", "token-issuer": "warning", "duties": "good"}
    Path(wiring.built(read).token_key.name).write_bytes(b"x")
    found = {each.check.name: each.finding.outcome for each in examine(house, checks.CHECKS)}
    assert found["token-key"] == "failed"


def test_the_job_forgets_what_nobody_would_believe(database: Database, at: datetime):
    (job,) = (each for each in jobs.JOBS if each.name == "keys.parties.forget")
    assert job.is_one_transaction
    with database.transaction() as session:
        spending.spend(session, spending.REQUEST, "gm", "old", at)
        spending.spend(session, spending.REQUEST, "gm", "new", at + timedelta(seconds=2))
        session.add(RevokedToken(jti="old", kept_until=at))
    with database.transaction() as session:
        job.run.act(session, at + timedelta(seconds=1))  # type: ignore[union-attr]
        assert session.query(SpentValue).count() == 1
        assert session.query(RevokedToken).count() == 0


# --- the sandbox --------------------------------------------------------------------------------------------------


def test_the_sandbox_has_two_clients_whose_keys_and_secrets_work(database_settings, database, tmp_path: Path):
    read = builders.read_settings(database_settings, "demo", token_key=str(tmp_path / "token.key"))
    running = Running(app.PROGRAM, read)
    running.database = database  # its schema was made from the models, not by the migrations
    told = Sandbox(tmp_path, "http://127.0.0.1:8080", {})
    sample.sample(running, told)
    site = builders.build(read, running.database)
    assert len(told.told["clients"]) == 2
    for client in told.told["clients"]:
        file = Path(client["private_key"])
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        site.keys = {client["id"]: asymmetric.private_key_of_pem(file.read_bytes())}
        assert site.ask(client["id"]).json["scope"].split() == client["scopes"]
        form = {"grant_type": "client_credentials", "client_id": client["id"], "client_secret": client["secret"]}
        assert site.client.post("/oauth/token", data=form).status_code == 200
    kinds = {
        asymmetric.private_key_of_pem(Path(each["private_key"]).read_bytes()).kind for each in told.told["clients"]
    }
    assert kinds == {KeyKind.SM2, KeyKind.P256}
    headers = site.bearer("yanshi-province")
    names = {each["name"] for each in site.client.get("/api/v1/organisations", headers=headers).json["items"]}
    assert all("演示" in name for name in names)
    assert len(names) == len(sample.ORGANISATIONS)
