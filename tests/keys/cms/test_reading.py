"""Signed messages are read in every form that products write, told where they deviate, refused where they are none.

The table of variants follows the field: who writes what is in the names of the cases.
"""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.algorithms import der
from keys.algorithms.sm2_signature import Signature
from keys.cms import numbers, writing
from keys.cms.errors import MalformedSignedData, NoSigner
from keys.cms.numbers import CMS, FIELD, FIELD_WITH_RAW, STRICT, Deviation
from keys.cms.signed_data import SignedData, without_padding
from keys.cms.verification import Outcome, findings
from tests.builders import pki
from tests.keys.cms.builders import MESSAGE, Draft, tag, written

SIGNER = pki.chain().signer
NUMBER = {
    ".501": der.sequence(der.oid("1.2.156.10197.1.501")),
    ".501 NULL": der.sequence(der.oid("1.2.156.10197.1.501"), der.null()),
    ".301.1": der.sequence(der.oid("1.2.156.10197.1.301.1")),
    ".301.1 NULL": der.sequence(der.oid("1.2.156.10197.1.301.1"), der.null()),
}
BARE_NUMBER = {
    ".301": der.sequence(der.oid("1.2.156.10197.1.301")),
    ".301 NULL": der.sequence(der.oid("1.2.156.10197.1.301"), der.null()),
}


def outcome(data: bytes, profile=STRICT, message: bytes = MESSAGE) -> Outcome:
    (found,) = findings(SignedData.of(data, profile), message)
    return found.outcome


@pytest.mark.parametrize("number", list(NUMBER))
@pytest.mark.parametrize("family", [numbers.GBT35275, CMS], ids=lambda each: each.name)
def test_a_detached_message_with_attributes_is_good(number: str, family: numbers.Family):
    signed = SignedData.of(written(Draft(SIGNER, family=family, algorithm=NUMBER[number])))
    assert signed.content is None
    assert (signed.deviations, signed.signers[0].deviations) == (frozenset(), frozenset())
    (found,) = findings(signed, MESSAGE)
    assert (found.outcome, found.intact, found.right, found.signing_time) == (Outcome.OK, True, True, pki.AT)


@pytest.mark.parametrize("number", list(BARE_NUMBER))
def test_the_number_of_a_key_in_the_place_of_a_signature_is_a_deviation(number: str):
    data = written(Draft(SIGNER, algorithm=BARE_NUMBER[number]))
    assert outcome(data) is Outcome.DEVIATES
    (found,) = findings(SignedData.of(data, FIELD), MESSAGE)
    assert found.ok
    assert found.deviations == {Deviation.KEY_NUMBER}


def test_a_digest_as_content_signed_without_attributes_is_good():
    """The digest is the message: SM3(ZA ‖ digest), as ofdrw's container and oesplugin write it."""
    digest = bytes(range(32))
    data = written(Draft(SIGNER, message=digest, content=digest, attributes=None))
    signed = SignedData.of(data)
    assert signed.content == digest
    assert outcome(data, message=digest) is Outcome.OK
    assert outcome(data, message=digest[::-1]) is Outcome.CRYPTO


def raw(signature: bytes) -> bytes:
    return Signature.from_der(signature).raw


def test_a_raw_signature_is_read_only_where_it_is_asked_for_by_name():
    data = written(Draft(SIGNER, message=bytes(32), content=bytes(32), attributes=None, spoil=raw))
    assert outcome(data, STRICT, bytes(32)) is Outcome.DEVIATES
    assert outcome(data, FIELD, bytes(32)) is Outcome.DEVIATES
    (found,) = findings(SignedData.of(data, FIELD_WITH_RAW), bytes(32))
    assert found.ok
    assert found.deviations == {Deviation.RAW_SIGNATURE}


def test_a_raw_signature_that_is_wrong_stays_wrong():
    data = written(Draft(SIGNER, spoil=lambda signature: raw(signature)[:-1] + b"\x01"))
    assert outcome(data, FIELD_WITH_RAW) is Outcome.CRYPTO
    data = written(Draft(SIGNER, spoil=lambda _: bytes(64)))
    assert outcome(data, FIELD_WITH_RAW) is Outcome.CRYPTO


def test_content_of_the_other_family_is_a_deviation_of_the_message():
    """gomain: ContentInfo of GB/T 35275, inner type of PKCS#7, contentType attribute of GB/T 35275."""
    data = written(Draft(SIGNER, inner=CMS.data))
    with pytest.raises(MalformedSignedData) as refusal:
        SignedData.of(data)
    assert refusal.value.reason == Deviation.MIXED_FAMILIES
    signed = SignedData.of(data, FIELD)
    assert signed.deviations == {Deviation.MIXED_FAMILIES}
    (found,) = findings(signed, MESSAGE)
    assert found.ok
    assert found.deviations == {Deviation.ANOTHER_CONTENT_TYPE}


def test_a_content_type_attribute_of_quite_another_type_is_malformed():
    data = written(Draft(SIGNER, content_type=numbers.TIMESTAMP_CONTENT))
    for profile in (STRICT, FIELD_WITH_RAW):
        (found,) = findings(SignedData.of(data, profile), MESSAGE)
        assert not found.ok
    assert outcome(data, FIELD) is Outcome.ATTRIBUTES


def test_attributes_out_of_order_are_judged_as_they_stand():
    data = written(Draft(SIGNER, order=lambda attributes: sorted(attributes)[::-1]))
    assert outcome(data) is Outcome.DEVIATES
    (found,) = findings(SignedData.of(data, FIELD), MESSAGE)
    assert found.ok
    assert found.deviations == {Deviation.UNSORTED_ATTRIBUTES}


def test_attributes_signed_under_their_implicit_tag_are_wrong():
    assert outcome(written(Draft(SIGNER, signed_tag=0xA0)), FIELD_WITH_RAW) is Outcome.CRYPTO


def test_a_version_that_does_not_fit_the_name_is_a_deviation():
    data = written(Draft(SIGNER, signer_version=3))
    assert outcome(data) is Outcome.DEVIATES
    assert outcome(data, FIELD) is Outcome.OK


def test_a_digest_that_was_not_announced_is_a_deviation():
    data = written(Draft(SIGNER, announced=()))
    assert outcome(data) is Outcome.DEVIATES
    assert outcome(data, FIELD) is Outcome.OK


def test_a_signer_may_be_named_by_key_identifier():
    key_id = SIGNER.certificate.extensions.subject_key_id
    assert key_id is not None
    data = written(Draft(SIGNER, who=tag(0x80, key_id), signer_version=3))
    assert outcome(data) is Outcome.OK
    data = written(Draft(SIGNER, who=tag(0x80, key_id[::-1]), signer_version=3))
    assert outcome(data) is Outcome.NO_CERTIFICATE


def test_lists_and_time_stamps_come_with_the_message():
    revocations = pki.root().revocation_der()
    token = der.sequence(der.oid("1.2.3"))
    beside = [writing.timestamp_attribute(token), writing.attribute("1.2.3.4", der.null())]
    signed = SignedData.of(written(Draft(SIGNER, lists=[revocations], unsigned=beside)))
    assert signed.lists == (revocations,)
    assert signed.signers[0].timestamp_tokens == (token,)
    assert [each.oid for each in signed.signers[0].unsigned] == [numbers.TIMESTAMP_TOKENS[0], "1.2.3.4"]


def test_a_certificate_that_cannot_be_read_is_kept_with_its_fault():
    broken = der.sequence(der.integer(1))
    signed = SignedData.of(written(Draft(SIGNER, certificates=[broken, SIGNER.der])))
    assert signed.certificates[0].certificate is None
    assert signed.certificates[0].der == broken
    assert signed.certificates[0].fault is not None
    assert outcome(written(Draft(SIGNER, certificates=[broken, SIGNER.der]))) is Outcome.OK
    assert outcome(written(Draft(SIGNER, certificates=[broken]))) is Outcome.NO_CERTIFICATE


def test_a_certificate_may_come_from_elsewhere():
    data = written(Draft(SIGNER, certificates=[]))
    (found,) = findings(SignedData.of(data), MESSAGE, [pki.root().certificate, SIGNER.certificate])
    assert found.ok
    assert found.certificate == SIGNER.certificate


def test_every_signer_is_judged_and_none_stops_the_others():
    other = pki.chain(subject="另一印章").signer
    left, right = written(Draft(SIGNER)), written(Draft(other, message=b"other"))
    both = joined(left, right)
    signed = SignedData.of(both)
    assert [each.outcome for each in findings(signed, MESSAGE)] == [Outcome.OK, Outcome.HASH]


def joined(*messages: bytes) -> bytes:
    """Put the signers and certificates of messages into one."""
    read = [SignedData.of(each) for each in messages]
    infos = [signer_slice(each) for each in messages]
    body = der.sequence(
        der.integer(1),
        tag(0x31, der.sequence(der.oid("1.2.156.10197.1.401"))),
        der.sequence(der.oid(read[0].content_type)),
        tag(0xA0, *(each.certificates[0].der for each in read)),
        tag(0x31, *infos),
    )
    return der.sequence(der.oid(read[0].kind), tag(0xA0, body))


def signer_slice(data: bytes) -> bytes:
    """Cut the SignerInfo out: it stands last."""
    outer = der.Reader(data).inside()
    outer.oid()
    body = outer.inside(0xA0).inside()
    last = b""
    while not body.ended:
        last = body.whole()
    return der.Reader(last).content(0x31)


def test_a_message_without_signers_says_so():
    with pytest.raises(NoSigner):
        SignedData.of(written(Draft(SIGNER, signers=0)))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "truncated"),
        (b"\x30", "truncated"),
        (b"%PDF-1.7", "unexpected-tag"),
        (der.sequence(der.oid("1.2.3")), "not-signed-data"),
        (der.sequence(der.oid(CMS.enveloped_data), tag(0xA0)), "not-signed-data"),
        (written(Draft(SIGNER)) + b"\x00", "trailing-bytes"),
        (written(Draft(SIGNER, version=0)), "unknown-version"),
        (written(Draft(SIGNER, version=6)), "unknown-version"),
        (written(Draft(SIGNER, signers=17)), "too-many-signers"),
        (written(Draft(SIGNER, certificates=[der.null()] * 65)), "too-many-certificates"),
        (written(Draft(SIGNER, lists=[der.null()] * 65)), "too-many-lists"),
        (written(Draft(SIGNER, announced=[NUMBER[".501"]] * 17)), "too-many-digests"),
        (written(Draft(SIGNER, who=der.sequence(der.sequence(), der.integer(1 << 600)))), "serial-too-long"),
        (written(Draft(SIGNER, unsigned=[writing.attribute("1.2.3", der.null())] * 65)), "too-many-attributes"),
        (written(Draft(SIGNER, unsigned=[der.sequence(der.oid("1.2.3"), tag(0x31))])), "attribute-without-value"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_message_is_refused_with_the_place(data: bytes, reason: str):
    with pytest.raises(MalformedSignedData) as refusal:
        SignedData.of(data, FIELD_WITH_RAW)
    assert refusal.value.reason == reason


def test_a_message_over_the_limit_is_not_looked_at():
    with pytest.raises(MalformedSignedData) as refusal:
        SignedData.of(bytes((16 << 20) + 1))
    assert refusal.value.reason == "too-large"


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ((writing.attribute(numbers.CONTENT_TYPE, der.oid(CMS.data)),), "no-message-digest-attribute"),
        ((writing.attribute(numbers.MESSAGE_DIGEST, der.octets(bytes(32))),), "no-content-type-attribute"),
        ((writing.attribute(numbers.CONTENT_TYPE, der.oid("1.2"), der.oid("1.3")),), "attribute-with-several-values"),
        ((writing.attribute("1.2.3", der.null()),) * 2, "attribute-twice"),
        ((der.sequence(der.oid("1.2.3"), tag(0x31)),), "attribute-without-value"),
        ((writing.attribute(numbers.SIGNING_TIME, der.null()),), "no-content-type-attribute"),
        ((der.null(),), "unexpected-tag"),
        (tuple(writing.attribute(f"1.2.{n}", der.null()) for n in range(65)), "too-many-attributes"),
        ((writing.attribute("1.2.3", *(der.integer(n) for n in range(17))),), "too-many-values"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_malformed_attributes_are_a_finding_of_their_signer(attributes: tuple[bytes, ...], reason: str):
    (found,) = findings(SignedData.of(written(Draft(SIGNER, attributes=attributes)), FIELD_WITH_RAW), MESSAGE)
    assert (found.outcome, found.reason) == (Outcome.ATTRIBUTES, reason)


def test_a_signing_time_in_the_form_of_another_year_is_a_deviation():
    late = writing.attribute(numbers.SIGNING_TIME, pki.generalized(pki.AT))
    data = written(Draft(SIGNER, at=None, more=[late]))
    assert outcome(data) is Outcome.DEVIATES
    (found,) = findings(SignedData.of(data, FIELD), MESSAGE)
    assert (found.ok, found.signing_time) == (True, pki.AT)


# Indefinite lengths


def indefinite(data: bytes, depth: int = 99) -> bytes:
    """Rewrite every constructed element down to a depth with an indefinite length, as BER allows."""
    out, reader = b"", der.Reader(data)
    while not reader.ended:
        number = reader.next_tag or 0
        if not number & der.CONSTRUCTED or not depth:
            out += reader.whole()
            continue
        out += bytes((number, 0x80)) + indefinite(reader.content(number), depth - 1) + b"\x00\x00"
    return out


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_indefinite_lengths_around_the_signed_parts_are_a_deviation(depth: int):
    data = indefinite(written(Draft(SIGNER)), depth)
    with pytest.raises(MalformedSignedData) as refusal:
        SignedData.of(data)
    assert refusal.value.reason == "indefinite-or-huge-length"
    signed = SignedData.of(data, FIELD)
    assert signed.der == data
    assert signed.deviations == {Deviation.BER}
    (found,) = findings(signed, MESSAGE)
    assert found.ok


def test_content_in_pieces_is_put_together():
    """What libraries write that stream: [0] of indefinite length around an OCTET STRING in two pieces."""
    whole = der.octets(MESSAGE)
    pieces = b"\x24\x80" + der.octets(MESSAGE[:5]) + der.octets(MESSAGE[5:]) + b"\x00\x00"
    data = indefinite(written(Draft(SIGNER, content=MESSAGE)), 5)
    assert data.count(whole) == 1
    signed = SignedData.of(data.replace(whole, pieces), FIELD)
    assert signed.content == MESSAGE
    assert signed.deviations == {Deviation.BER}
    assert findings(signed, MESSAGE)[0].ok


@pytest.mark.parametrize(
    "data",
    [
        b"\x30\x80",
        b"\x30\x80\x00",
        b"\x04\x80\x00\x00",
        b"\x30\x80" * 40 + b"\x00\x00" * 40,
        b"\x30\x80" + b"\x05\x00" * 100_001 + b"\x00\x00",
        b"\x30\x80\x1f\x01\x00\x00\x00",
        b"\x30\x80\x04\x85\x01\x01\x01\x01\x01\x00\x00",
        b"\x24\x80\x02\x01\x00\x00\x00",
        b"\x30\x80\x30\x05\x30\x80\x00\x00\x00",
        indefinite(written(Draft(SIGNER)), 2) + b"\x00",
    ],
    ids=[str(n) for n in range(10)],
)
def test_broken_indefinite_lengths_are_refused(data: bytes):
    with pytest.raises(MalformedSignedData):
        SignedData.of(data, FIELD_WITH_RAW)


# Padding


def test_zeros_behind_a_message_are_cut_off():
    data = written(Draft(SIGNER))
    assert without_padding(data + bytes(500)) == data
    assert without_padding(data) == data


def test_zeros_behind_indefinite_lengths_are_told_from_their_ends():
    data = indefinite(written(Draft(SIGNER)), 2)
    assert without_padding(data + bytes(7)) == data


@pytest.mark.parametrize("data", [b"", b"\x30", written(Draft(SIGNER)) + b"\x00\x01"], ids=["empty", "cut", "not zero"])
def test_other_padding_is_refused(data: bytes):
    with pytest.raises(MalformedSignedData):
        without_padding(data)


# Any bytes

GOOD = (
    written(Draft(SIGNER)),
    written(Draft(SIGNER, content=MESSAGE, family=CMS)),
    indefinite(written(Draft(SIGNER)), 3),
)


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes):
    read_or_refused(data)


@given(
    st.sampled_from(GOOD),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255), st.integers(0, 2)), min_size=1, max_size=4),
)
@settings(max_examples=800, deadline=None)
def test_any_change_is_read_or_refused(good: bytes, changes: list[tuple[int, int, int]]):
    data = bytearray(good)
    for place, byte, kind in changes:
        at = place % len(data)
        if kind == 0:
            data[at] = byte
        elif kind == 1:
            data.insert(at, byte)
        elif len(data) > 1:
            del data[at]
    read_or_refused(bytes(data))


def read_or_refused(data: bytes) -> None:
    for profile in (STRICT, FIELD_WITH_RAW):
        try:
            signed = SignedData.of(data, profile)
        except (MalformedSignedData, NoSigner):
            continue
        repr(signed)
        findings(signed, MESSAGE, [SIGNER.certificate])
    with contextlib.suppress(MalformedSignedData):
        without_padding(data)
