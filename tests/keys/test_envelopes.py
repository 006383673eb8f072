"""Envelopes open to what was closed in them, for their recipients alone, and never to anything else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.errors import DomainError
from keys import envelopes
from keys.algorithms import der, sm2, sm4
from keys.algorithms.algorithm import KeyKind
from keys.algorithms.sm2 import SM2_ENCRYPTION
from keys.cms import writing
from keys.cms.numbers import CMS, GBT35275
from keys.envelopes import (
    Envelope,
    EnvelopeAltered,
    EnvelopeNotAuthenticated,
    EnvelopeNotForUs,
    EnvelopeUnsupported,
    Form,
    MalformedEnvelope,
    Recipient,
    UnusableRecipient,
    closed,
    closed_signed,
    opened,
    opened_signed,
    opened_unauthenticated,
)
from keys.signers.software import SoftwareSigner
from tests.builders import pki

ALICE = pki.chain(subject="甲局").signer
BOB = pki.chain(subject="乙局").signer
EVE = pki.key(KeyKind.SM2, "eve")
A, B, E = SoftwareSigner(ALICE.key), SoftwareSigner(BOB.key), SoftwareSigner(EVE)
TO_A = Recipient.of_certificate(ALICE.certificate)
TO_B = Recipient.of_certificate(BOB.certificate)
TO_E = Recipient.of_key(EVE.public)
TEMPLATE = writing.template(ALICE.certificate, sm2.SM2_SM3)
CONTENT = "数据密钥".encode()


@given(st.binary(max_size=3000))
@settings(max_examples=50, deadline=None)
def test_what_is_closed_opens_to_itself(content: bytes):
    assert opened(closed(content, [TO_E]), E) == content
    assert opened(closed(content, [TO_A]), A, ALICE.certificate) == content
    assert (
        opened_signed(closed_signed(content, A, TEMPLATE, [TO_B]), B, ALICE.certificate, BOB.certificate)[0] == content
    )


def test_every_recipient_opens_and_nobody_else():
    envelope = closed(CONTENT, [TO_A, TO_E])
    assert opened(envelope, A, ALICE.certificate) == CONTENT
    assert opened(envelope, E) == CONTENT
    with pytest.raises(EnvelopeNotForUs) as refusal:
        opened(envelope, B, BOB.certificate)
    assert refusal.value.recipients == 2


def test_a_recipient_by_certificate_needs_that_certificate():
    envelope = closed(CONTENT, [TO_A])
    for certificate in (None, BOB.certificate):
        with pytest.raises(EnvelopeNotForUs):
            opened(envelope, A, certificate)


def test_another_certificate_with_the_right_name_does_not_open():
    """Eve shows Alice's certificate with her own key."""
    with pytest.raises(EnvelopeNotForUs):
        opened(closed(CONTENT, [TO_A]), E, ALICE.certificate)


def test_a_key_closed_to_another_under_our_name_is_altered():
    """The recipient's name says Eve, the key inside was encrypted to Bob."""
    liar = Recipient(sm2.PublicKey.from_spki(BOB.key.public.spki))
    envelope = closed(CONTENT, [liar])
    renamed = envelope.replace(envelopes.key_id(BOB.key.public), envelopes.key_id(EVE.public))
    with pytest.raises(EnvelopeAltered):
        opened(renamed, E)


def test_the_same_content_never_closes_alike():
    assert closed(CONTENT, [TO_E]) != closed(CONTENT, [TO_E])


@pytest.mark.parametrize(
    ("recipients", "reason"),
    [([], "not 1 to 64"), ([TO_E] * 65, "not 1 to 64"), ([TO_E, TO_E], "named twice")],
    ids=["none", "many", "twice"],
)
def test_recipients_must_be_some_and_each_once(recipients: list[Recipient], reason: str):
    with pytest.raises(UnusableRecipient) as refusal:
        closed(CONTENT, recipients)
    assert refusal.value.reason == reason


def test_only_sm2_keys_receive():
    with pytest.raises(UnusableRecipient):
        Recipient.of_key(pki.key(KeyKind.P256, "x").public)
    with pytest.raises(UnusableRecipient):
        Recipient.of_certificate(pki.chain(KeyKind.RSA).signer.certificate)


def test_a_bare_envelope_is_not_opened_without_a_word():
    envelope = closed_signed(CONTENT, A, TEMPLATE, [TO_B])
    assert Envelope.of(envelope).form is Form.BARE
    with pytest.raises(EnvelopeNotAuthenticated):
        opened(envelope, B, BOB.certificate)
    assert CONTENT in opened_unauthenticated(envelope, B, BOB.certificate)


def test_an_authenticated_envelope_opens_under_either_word():
    assert opened_unauthenticated(closed(CONTENT, [TO_E]), E) == CONTENT


def test_the_numbers_are_those_of_the_standards():
    envelope = closed_signed(CONTENT, A, TEMPLATE, [TO_B])
    assert der.oid(GBT35275.enveloped_data) in envelope[:20]
    assert Envelope.of(envelope).content_type == GBT35275.signed_data
    assert der.oid(CMS.enveloped_data) in closed_signed(CONTENT, A, TEMPLATE, [TO_B], CMS)[:20]
    assert der.oid("1.2.840.113549.1.9.16.1.23") in closed(CONTENT, [TO_E])[:20]


def test_a_signature_of_another_sender_is_refused():
    envelope = closed_signed(CONTENT, A, TEMPLATE, [TO_B])
    with pytest.raises(EnvelopeAltered):
        opened_signed(envelope, B, BOB.certificate, BOB.certificate)
    forged = closed_signed(CONTENT, E, TEMPLATE, [TO_B])  # Eve signs and names Alice's certificate
    with pytest.raises(EnvelopeAltered):
        opened_signed(forged, B, ALICE.certificate, BOB.certificate)


def test_a_bare_envelope_without_a_signed_message_is_refused():
    for inside in (CONTENT, writing.signed_data(A, TEMPLATE, CONTENT)):
        bare = envelopes._closed_bare(inside, [TO_B], GBT35275, GBT35275.data)
        with pytest.raises(EnvelopeAltered):
            opened_signed(bare, B, ALICE.certificate, BOB.certificate)


def test_turning_bits_of_cbc_is_found_by_the_signature_inside():
    """A flipped bit of one block turns the same bit of the next: the attack that CBC alone does not notice.

    What still opens had its bit in a certificate beside the content, which nobody looks at here.
    """
    envelope = closed_signed(CONTENT * 30, A, TEMPLATE, [TO_B])
    sealed = Envelope.of(envelope).sealed
    start, refused = envelope.index(sealed), 0
    for block in range(len(sealed) // sm4.BLOCK):
        turned = bytearray(envelope)
        turned[start + block * sm4.BLOCK] ^= 1
        try:
            content, _ = opened_signed(bytes(turned), B, ALICE.certificate, BOB.certificate)
        except EnvelopeAltered:
            refused += 1
        else:
            assert content == CONTENT * 30
    assert refused > len(CONTENT * 30) // sm4.BLOCK


GOOD = closed(CONTENT, [TO_E])
GOOD_SIGNED = closed_signed(CONTENT, A, TEMPLATE, [TO_B])


def test_no_flipped_bit_opens_to_other_content():
    """Every byte of the envelope, a bit each in turn."""
    for place in range(len(GOOD)):
        altered = bytearray(GOOD)
        altered[place] ^= 1 << place % 8
        try:
            assert opened(bytes(altered), E) == CONTENT, place
        except DomainError:
            continue


@given(st.integers(0, len(GOOD_SIGNED) - 1), st.integers(0, 7))
@settings(max_examples=300, deadline=None)
def test_no_flipped_bit_of_a_signed_envelope_opens_to_other_content(place: int, bit: int):
    altered = bytearray(GOOD_SIGNED)
    altered[place] ^= 1 << bit
    try:
        content, found = opened_signed(bytes(altered), B, ALICE.certificate, BOB.certificate)
    except DomainError:
        return
    assert content == CONTENT
    assert found.ok


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_refused(data: bytes):
    with pytest.raises((MalformedEnvelope, EnvelopeUnsupported)):
        Envelope.of(data)


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255), st.integers(0, 2)), min_size=1, max_size=4))
@settings(max_examples=300, deadline=None)
def test_any_change_is_read_or_refused(changes: list[tuple[int, int, int]]):
    data = bytearray(GOOD)
    for place, byte, kind in changes:
        at = place % len(data)
        if kind == 0:
            data[at] = byte
        elif kind == 1:
            data.insert(at, byte)
        elif len(data) > 1:
            del data[at]
    try:
        assert opened(bytes(data), E) == CONTENT
    except DomainError:
        return


def envelope(**parts: bytes) -> bytes:
    """Write an authenticated envelope by hand, any part at will."""
    key, nonce = bytes(16), bytes(12)
    sealed = sm4.gcm_seal(key, nonce, CONTENT)
    encrypted = der.octets(sm2.encrypt(TO_E.public, key))
    usual = {
        "version": der.integer(0),
        "recipient_version": der.integer(2),
        "name": der.element(0x80, envelopes.key_id(EVE.public)),
        "algorithm": der.sequence(der.oid(SM2_ENCRYPTION.oids[0])),
        "key": encrypted,
        "content_algorithm": der.oid("1.2.156.10197.1.104.8"),
        "parameters": der.sequence(der.octets(nonce), der.integer(16)),
        "tag": der.octets(sealed[-16:]),
    } | parts
    one = der.sequence(usual["recipient_version"], usual["name"], usual["algorithm"], usual["key"])
    recipients = parts.get("recipients", der.element(0x31, one))
    content = der.sequence(
        der.oid(CMS.data),
        der.sequence(usual["content_algorithm"], usual["parameters"]),
        der.element(0x80, sealed[:-16]),
    )
    body = der.sequence(usual["version"], recipients, content, usual["tag"])
    return der.sequence(der.oid("1.2.840.113549.1.9.16.1.23"), der.element(0xA0, body))


def test_an_envelope_written_by_hand_opens():
    assert opened(envelope(), E) == CONTENT
    assert opened(envelope(algorithm=der.sequence(der.oid(SM2_ENCRYPTION.oids[0]), der.null())), E) == CONTENT


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"version": der.integer(1)}, "unknown-version"),
        ({"recipient_version": der.integer(1)}, "unknown-version"),
        ({"name": der.sequence(der.sequence(), der.integer(1))}, "unknown-version"),
        ({"recipients": der.element(0x31, *[der.null()] * 65)}, "unexpected-tag"),
        ({"parameters": der.sequence(der.octets(bytes(8)), der.integer(16))}, "nonce-or-tag-of-another-size"),
        ({"parameters": der.sequence(der.octets(bytes(12)), der.integer(12))}, "nonce-or-tag-of-another-size"),
        ({"tag": der.octets(bytes(12))}, "tag-not-16-bytes"),
        (
            {"recipient_version": der.integer(1), "name": der.sequence(der.sequence(), der.integer(1 << 600))},
            "serial-too-long",
        ),
    ],
)
def test_what_is_malformed_is_told(parts: dict[str, bytes], reason: str):
    with pytest.raises(MalformedEnvelope) as refusal:
        opened(envelope(**parts), E)
    assert refusal.value.reason == reason


def test_too_many_recipients_are_refused():
    one = der.Reader(envelope()).inside()
    one.oid()
    body = one.inside(0xA0).inside()
    body.natural()
    info = body.content(0x31)
    with pytest.raises(MalformedEnvelope) as refusal:
        Envelope.of(envelope(recipients=der.element(0x31, info * 65)))
    assert refusal.value.reason == "too-many-recipients"


@pytest.mark.parametrize(
    "parts",
    [
        {"algorithm": der.sequence(der.oid("1.2.840.113549.1.1.1"), der.null())},
        {"algorithm": der.sequence(der.oid(SM2_ENCRYPTION.oids[0]), der.integer(1))},
        {"content_algorithm": der.oid("1.2.156.10197.1.104.2")},
        {"content_algorithm": der.oid("2.16.840.1.101.3.4.1.6")},
    ],
)
def test_other_algorithms_are_not_supported(parts: dict[str, bytes]):
    with pytest.raises(EnvelopeUnsupported):
        opened(envelope(**parts), E)


@pytest.mark.parametrize("key", [b"", b"\x30", bytes(100)])
def test_a_key_that_is_no_ciphertext_is_altered(key: bytes):
    with pytest.raises(EnvelopeAltered):
        opened(envelope(key=der.octets(key)), E)


def test_a_key_of_the_wrong_size_is_altered():
    with pytest.raises(EnvelopeAltered):
        opened(envelope(key=der.octets(sm2.encrypt(TO_E.public, bytes(32)))), E)


def test_an_envelope_over_the_limit_is_not_looked_at():
    with pytest.raises(MalformedEnvelope) as refusal:
        Envelope.of(bytes((64 << 20) + 1))
    assert refusal.value.reason == "too-large"


def test_nothing_of_the_content_or_key_is_shown():
    assert CONTENT.hex() not in repr(Envelope.of(envelope()))
