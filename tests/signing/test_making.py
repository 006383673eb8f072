"""Making a seal: the draft is on record first, only that draft is signed, and what was made is read back."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from base.db import Database
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyEncryption, KeyKind, PublicKey, SignatureAlgorithm
from keys.errors import FaultySignature
from keys.extensions import Usage
from keys.signers.software import SoftwareSigner
from signing import making, register, seals
from signing.errors import SamePerson, SealStepNotAllowed, UnfitSeal, UnfitSealCertificate, UnusableSealPeriod
from signing.life import State, Step
from signing.making import Material
from tests.builders import pki
from tests.signing import offices
from tests.signing.offices import CLERK, HEAD, MAKER, YEAR, Walk, authority, material, sealing_maker


@pytest.fixture
def agreed(database: Database, at: datetime) -> str:
    offices.opened(database, at)
    with database.transaction() as session:
        return Walk(session, at).to(Step.AGREE).id


def test_what_was_made_says_what_was_agreed(database: Database, agreed: str, at: datetime):
    with database.transaction() as session:
        seal = register.seal_of(session, agreed)
        Walk(session, at).take(seal, Step.MAKE, MAKER)
        edition = register.editions(session, agreed)[-1]
        assert edition.content is not None
        found = seals.read_seal(edition.content)
        assert (found.id, found.name, found.type) == (agreed, seal.name, 1)
        assert found.picture.data == edition.picture
        assert (found.valid_from, found.valid_until) == (edition.valid_from, edition.valid_until)


def test_the_draft_is_on_record_before_the_maker_signs(database: Database, agreed: str, at: datetime):
    with database.transaction() as session:
        making.draw(session, register.seal_of(session, agreed), material(agreed), sealing_maker(), MAKER, at)
    with database.reading() as session:
        edition = register.editions(session, agreed)[-1]
        assert edition.draft is not None
        assert (edition.state, edition.content) == (State.AGREED, None)


def test_a_stop_between_draft_and_signature_is_made_good_later(database: Database, agreed: str, at: datetime):
    later = at + timedelta(hours=1)
    with database.transaction() as session:
        making.draw(session, register.seal_of(session, agreed), material(agreed), sealing_maker(), MAKER, at)
    with database.transaction() as session:
        edition = making.make(session, register.seal_of(session, agreed), sealing_maker(), MAKER, later)
        assert edition.content is not None
        assert seals.read_seal(edition.content).created_at == at


def test_nothing_is_signed_that_was_not_drawn(database: Database, agreed: str, at: datetime):
    with database.transaction() as session, pytest.raises(SealStepNotAllowed):
        making.make(session, register.seal_of(session, agreed), sealing_maker(), MAKER, at)


def test_a_draft_that_was_changed_is_not_signed(database: Database, agreed: str, at: datetime):
    with database.transaction() as session:
        seal = register.seal_of(session, agreed)
        edition = making.draw(session, seal, material(agreed), sealing_maker(), MAKER, at)
        edition.picture = offices.picture(100)
        with pytest.raises(UnfitSeal) as refused:
            making.make(session, seal, sealing_maker(), MAKER, at)
    assert refused.value.reason == "draft-differs"


class Lying(SoftwareSigner):
    """A device that hands out the signature of another message."""

    def sign(self, algorithm: SignatureAlgorithm, prepared: bytes) -> bytes:
        return super().sign(algorithm, bytes(len(prepared)))


def test_a_device_that_signs_something_else_makes_no_seal(database: Database, agreed: str, at: datetime):
    honest = sealing_maker()
    assert isinstance(honest.signer, SoftwareSigner)
    lying = replace(honest, signer=Lying(honest.signer.private))
    with database.transaction() as session:
        seal = register.seal_of(session, agreed)
        making.draw(session, seal, material(agreed), lying, MAKER, at)
        with pytest.raises(FaultySignature):
            making.make(session, seal, lying, MAKER, at)


class Strange:
    """A signer whose key is not the maker's."""

    private = asymmetric.generated(KeyKind.SM2)

    @property
    def public(self) -> PublicKey:
        return self.private.public

    def sign(self, algorithm: SignatureAlgorithm, prepared: bytes) -> bytes:
        return algorithm.sign_prepared(self.private, prepared)

    def decrypt(self, algorithm: KeyEncryption, sealed: bytes) -> bytes:
        return algorithm.decrypt(self.private, sealed)


def test_a_key_that_is_not_of_the_makers_certificate_makes_no_seal(database: Database, agreed: str, at: datetime):
    strange = replace(sealing_maker(), signer=Strange())
    with database.transaction() as session:
        seal = register.seal_of(session, agreed)
        making.draw(session, seal, material(agreed), strange, MAKER, at)
        with pytest.raises(UnfitSeal) as refused:
            making.make(session, seal, strange, MAKER, at)
    assert refused.value.reason == "signature-wrong"


@pytest.mark.parametrize(
    ("peculiar", "refused"),
    [
        ({"usages": (Usage.KEY_ENCIPHERMENT,)}, UnfitSealCertificate),
        ({"not_after": pki.AT - timedelta(days=1)}, UnfitSealCertificate),
        ({"not_before": pki.AT + timedelta(days=1), "not_after": pki.AT + 5 * YEAR}, UnfitSealCertificate),
        ({"not_after": pki.AT + YEAR}, UnusableSealPeriod),
    ],
    ids=["encipherment", "expired", "not-yet", "shorter-than-the-seal"],
)
def test_a_certificate_that_cannot_carry_the_seal_is_refused(
    database: Database, agreed: str, at: datetime, peculiar: dict[str, object], refused: type[Exception]
):
    certificate = authority().issues(agreed, **peculiar).certificate
    with database.transaction() as session, pytest.raises(refused):
        making.draw(session, register.seal_of(session, agreed), Material("k", certificate), sealing_maker(), MAKER, at)


@pytest.mark.parametrize("by", [CLERK, HEAD])
def test_who_applied_or_agreed_does_not_draw(database: Database, agreed: str, at: datetime, by):
    with database.transaction() as session, pytest.raises(SamePerson):
        making.draw(session, register.seal_of(session, agreed), material(agreed), sealing_maker(), by, at)


def test_bytes_that_are_no_certificate_are_refused():
    with pytest.raises(UnfitSealCertificate):
        making.certificate_of(b"0")
