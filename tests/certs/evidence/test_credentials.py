"""Credentials of a certificate's row: what the asker may see, bound to the sealed file, read by anybody's library."""

import base64
import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from base.db import Database
from base.errors import DomainError
from certs import library
from certs.evidence import credential
from certs.evidence.credential import DIGESTS_IN, FaultyCredential
from certs.evidence.errors import EvidenceDenied, EvidencePurposeNeeded, NoEvidenceKey, UnusableHolderKey
from certs.evidence.wiring import EvidenceSettings
from certs.faces.typefaces import typeface
from certs.life import Step
from exchange.agreements.purposes import Ground
from keys.algorithms.algorithm import KeyKind
from keys.errors import SigningUnavailable
from keys.parties import jwk
from keys.parties.key_signatures import ES256
from tests.builders import pki
from tests.certs.consents import desk
from tests.certs.copies.house import GRANTED, WINDOW
from tests.certs.evidence import house as houses
from tests.certs.evidence.house import ISSUER, EvidenceHouse
from tests.certs.papers import firm

SOME = {"purpose": desk.purpose(ground=Ground.STATUTORY)}
HOLDER_KEY = pki.key(KeyKind.P256, "wallet")


@pytest.fixture
def house(database: Database, tmp_path: Path, at: Any) -> EvidenceHouse:
    return houses.opened(database, tmp_path, at, typeface())


def told(house: EvidenceHouse, text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return credential.read(text, house.credential_key)


def test_a_holder_gets_every_field_as_a_disclosure_of_its_own(house: EvidenceHouse):
    identifier = house.house.office.issue()
    claims, disclosed = told(house, house.credential(identifier, house.holder()))
    assert set(houses.EVERY_FIELD) <= set(disclosed)
    assert disclosed["holder_code"] == firm(1)
    assert claims["certificate"]["identifier"] == identifier
    assert claims["status"]["certificate"]["value"] == "valid"
    assert claims["vct"].startswith("https://yinxin.example/api/v1/certificate-types/")
    assert "cnf" not in claims
    assert not {str(each) for each in disclosed.values()} & {str(each) for each in claims.values()} - {houses.CITY}


def test_it_is_bound_to_the_sealed_file_by_its_sm3(house: EvidenceHouse):
    identifier = house.house.office.issue()
    claims, _ = told(house, house.credential(identifier, ISSUER))
    with house.database.reading() as session:
        (file,) = library.files(session, library.certificate_of(session, identifier))
    assert claims["file"] == {"format": "ofd", "sm3": file.sm3}


def test_a_use_gets_the_fields_that_are_granted_and_is_on_record(house: EvidenceHouse):
    text = house.credential(house.house.office.issue(), WINDOW, **SOME)
    claims, disclosed = told(house, text)
    assert set(disclosed) == set(GRANTED)
    assert firm(1) not in text
    assert firm(1) not in json.dumps([claims, disclosed])
    assert house.uses() == [("found", "found")]


def test_without_a_purpose_a_system_gets_none(house: EvidenceHouse):
    with pytest.raises(EvidencePurposeNeeded):
        house.credential(house.house.office.issue(), WINDOW)


def test_a_revoked_certificate_is_denied_to_uses_and_told_to_its_holder(house: EvidenceHouse):
    identifier = house.house.office.issue()
    with house.database.transaction() as session:
        row = library.certificate_of(session, identifier, locked=True)
        library.take(session, row, Step.REVOKE, "演示", ISSUER, house.at)
    with pytest.raises(EvidenceDenied):
        house.credential(identifier, WINDOW, **SOME)
    claims, _ = told(house, house.credential(identifier, house.holder()))
    assert claims["status"]["certificate"]["value"] == "revoked"


def test_it_is_bound_to_the_holders_key_where_one_is_given(house: EvidenceHouse):
    key = jwk.written(HOLDER_KEY.public)
    claims, _ = told(house, house.credential(house.house.office.issue(), ISSUER, holder_key=key))
    assert claims["cnf"] == {"jwk": key}


@pytest.mark.parametrize(
    "key",
    [
        {**jwk.written(HOLDER_KEY.public), "d": "AAAA"},
        {**jwk.written(HOLDER_KEY.public), "x": "AAAA"},
        jwk.written(pki.key(KeyKind.SM2, "wallet").public),
        {"kty": "RSA"},
        {},
    ],
)
def test_a_key_that_cannot_hold_it_is_refused_before_anything_is_recorded(house: EvidenceHouse, key: dict[str, str]):
    with pytest.raises(UnusableHolderKey):
        house.credential(house.house.office.issue(), ISSUER, holder_key=key)
    assert house.acts("credential.") == []


def test_it_is_on_record_before_it_is_signed_and_a_key_that_fails_leaves_no_use(house: EvidenceHouse):
    house.credential(house.house.office.issue(), ISSUER)
    assert house.acts("credential.") == ["credential.intended", "credential.made"]

    class Down:
        public = house.credential_key

        def sign(self, *_told: Any) -> bytes:
            raise SigningUnavailable("演示")

    house.evidencing = replace(house.evidencing, signer_for=lambda _session, _key: Down())  # type: ignore[arg-type, return-value]
    with pytest.raises(DomainError):
        house.credential(house.house.office.issue(), WINDOW, **SOME)
    assert house.acts("credential.")[2:] == ["credential.intended", "credential.given-up"]
    assert house.uses() == []


def test_without_a_key_of_the_right_kind_there_is_none(house: EvidenceHouse):
    identifier = house.house.office.issue()
    for settings, reason in (
        (EvidenceSettings(), "evidence.credential_key"),
        (EvidenceSettings("", "library"), "not-p-256"),
    ):
        house.evidencing = replace(house.evidencing, settings=settings)
        with pytest.raises(NoEvidenceKey) as refusal:
            house.credential(identifier, ISSUER)
        assert refusal.value.reason == reason


# --- the form, without a house ------------------------------------------------------------------------------------

KEY = pki.key(KeyKind.P256, "form")


def _random() -> credential.Random:
    counter = itertools.count()
    return lambda size: next(counter).to_bytes(size)


def made(hidden: dict[str, Any] | None = None, **claims: Any) -> str:
    draft = credential.unsigned({"iss": "x", **claims}, hidden or {"a": 1, "b": "二"}, "kid", _random())
    return draft.embed(ES256.sign(KEY, draft.signing_input))


def test_what_is_written_is_read_again():
    assert credential.read(made(), KEY.public)[1] == {"a": 1, "b": "二"}


def test_a_holder_leaves_out_what_need_not_be_seen():
    token, first, _, _ = made().split("~")
    assert credential.read(f"{token}~{first}~", KEY.public)[1] == {"a": 1}
    assert credential.read(f"{token}~", KEY.public)[1] == {}


def test_the_number_of_digests_tells_nothing_and_their_order_neither():
    for count in (1, 5, 8, 9):
        claims, _ = credential.read(made({f"f{each}": each for each in range(count)}), KEY.public)
        assert len(claims["_sd"]) % DIGESTS_IN == 0
        assert claims["_sd"] == sorted(claims["_sd"])


def test_each_salt_is_another():
    *_, first, second, _ = made().split("~")
    salts = {json.loads(base64.urlsafe_b64decode(each + "=="))[0] for each in (first, second)}
    assert len(salts) == 2


def test_no_character_can_be_altered():
    text = made()
    for place in range(0, len(text), 3):
        for other in "Ab~.":
            if text[place] != other:
                with pytest.raises(FaultyCredential):
                    credential.read(text[:place] + other + text[place + 1 :], KEY.public)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: text[:-1],
        lambda text: text + "x",
        lambda text: text + text.split("~")[1] + "~",
        lambda text: text + "W10~",
        lambda text: text.replace(".", ".=", 1),
        lambda text: "e30." + text.partition(".")[2],
        lambda text: text + "~" * credential.SIZE_LIMIT,
    ],
)
def test_another_shape_is_refused(spoil: Any):
    with pytest.raises(FaultyCredential):
        credential.read(spoil(made()), KEY.public)


def test_a_disclosure_cannot_stand_in_for_a_claim():
    with pytest.raises(FaultyCredential):
        credential.read(made({"iss": "y"}), KEY.public)


def test_another_key_or_algorithm_is_refused():
    with pytest.raises(FaultyCredential):
        credential.read(made(), pki.key(KeyKind.P256, "other").public)
    none = base64.urlsafe_b64encode(b'{"alg":"none","kid":"kid","typ":"dc+sd-jwt"}').decode().rstrip("=")
    with pytest.raises(FaultyCredential):
        credential.read(none + made()[made().index(".") :], KEY.public)


# --- the public package -------------------------------------------------------------------------------------------


def test_the_public_package_reads_it_and_refuses_it_under_another_key():
    """`sd-jwt` of the OpenWallet Foundation, with jwcrypto below: no code of ours."""
    verifier = pytest.importorskip("sd_jwt.verifier")
    jwcrypto, jws = pytest.importorskip("jwcrypto.jwk"), pytest.importorskip("jwcrypto.jws")
    text = made({"number": "演示0001", "count": 12, "flag": False})

    def read(whose: Any, text: str) -> Any:
        key = jwcrypto.JWK(**jwk.written(whose.public))
        return verifier.SDJWTVerifier(text, lambda _issuer, _header: key).get_verified_payload()

    told = read(KEY, text)
    assert {name: told[name] for name in ("iss", "number", "count", "flag")} == {
        "iss": "x",
        "number": "演示0001",
        "count": 12,
        "flag": False,
    }
    token, *disclosed = text.split("~")
    assert set(read(KEY, f"{token}~{disclosed[0]}~")) - {"_sd_alg"} == {"iss", "number"}
    with pytest.raises(jws.InvalidJWSSignature):
        read(pki.key(KeyKind.P256, "other"), text)
    stranger = base64.urlsafe_b64encode(b'["x","y",1]').decode().rstrip("=")
    assert "y" not in read(KEY, f"{token}~{disclosed[0]}~{stranger}~")
