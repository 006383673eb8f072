"""From a certificate to an anchor: stories, one chain each; and no byte of a signed certificate can be changed."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pyhanko_certvalidator
import pytest
from asn1crypto import algos, x509
from asn1crypto import ocsp as library_ocsp
from cryptography.exceptions import InvalidSignature
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko_certvalidator.errors import AlgorithmNotSupported
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.sig_validate import DEFAULT_VALIDATION_CONTEXT, SignatureValidationContext
from pyhanko_certvalidator.validate import validate_path

from keys import certvalidator_gm
from keys import extensions as ext
from keys.algorithms import der, sm2
from keys.algorithms.algorithm import KeyKind
from keys.algorithms.sm2_signature import Signature
from keys.budget import Budget
from keys.certificates import Certificate
from keys.chain import Demand, VerifiedPath, path, statuses
from keys.extensions import Usage
from keys.purposes import (
    AUTHORITY,
    DOCUMENT,
    ENCRYPTION,
    MESSAGE,
    PATH_ONLY,
    PURPOSES,
    SEAL,
    TIME_STAMP,
    Purpose,
    purpose,
)
from keys.revocation import Good, Revoked
from keys.revocation_lists import Reason
from keys.trust import Anchor, Trust
from keys.trust_errors import (
    BudgetExhausted,
    Expired,
    MalformedCertificate,
    NameNotPermitted,
    NoPath,
    NotAnAuthority,
    NotYetValid,
    PathFailure,
    PathTooLong,
    PolicyNotMet,
    RevocationUnknown,
    RevokedCertificate,
    SignatureUnsupported,
    SignatureWrong,
    UnknownCertvalidator,
    UnknownCriticalExtension,
    UnknownPurpose,
    UnusableCertificateKey,
    WrongUsage,
)
from tests.builders import pki
from tests.builders.pki import AT, DAY, SIGNING, YEAR, Identity, extension, tag

CHAIN = pki.chain()


def trusting(*anchors: Identity, between=(), **more) -> Trust:
    return Trust(
        AT, tuple(Anchor(each.certificate) for each in anchors), tuple(each.certificate for each in between), **more
    )


TRUST = trusting(CHAIN.root, between=[CHAIN.authority])


def refused(identity: Identity, trust: Trust = TRUST, asked: Purpose = SEAL, at: datetime = AT, **more) -> PathFailure:
    with pytest.raises(PathFailure) as refusal:
        path(identity.certificate, trust, asked, at, **more)
    return refusal.value


@pytest.mark.parametrize("kind", pki.KINDS)
def test_a_signer_under_an_authority_under_a_root_has_a_path(kind: KeyKind):
    """root → authority → signer, once with every kind of key."""
    chain = pki.chain(kind)
    found = path(chain.signer.certificate, trusting(chain.root, between=[chain.authority]), SEAL, AT)
    assert found.certificates == (chain.signer.certificate, chain.authority.certificate, chain.root.certificate)
    assert found.at == AT


def test_a_chain_may_mix_kinds_of_key():
    """root (RSA) → authority (SM2) → signer (ECDSA)."""
    root = pki.root(kind=KeyKind.RSA)
    authority = root.authority(kind=KeyKind.SM2)
    signer = authority.issues(kind=KeyKind.P256)
    assert (
        path(signer.certificate, trusting(root, between=[authority]), SEAL, AT).anchor.certificate == root.certificate
    )


def test_a_key_under_the_number_of_sm2_has_a_path():
    """root → authority whose key is written in the form of GM/T 0015-2023 → signer."""
    own = sm2.PublicKey.from_spki(pki.key(KeyKind.SM2, "gm authority").public.spki)
    authority = CHAIN.root.authority(whose="gm authority", spki=own.gm_spki)
    signer = authority.issues()
    assert path(signer.certificate, trusting(CHAIN.root, between=[authority]), SEAL, AT).issuers == (
        authority.certificate,
    )


def test_a_verified_path_cannot_be_made_by_hand():
    with pytest.raises(TypeError):
        VerifiedPath(CHAIN.signer.certificate, (), TRUST.anchors[0], SEAL, AT, ())


def test_a_signer_that_is_itself_an_anchor_is_trusted():
    assert path(CHAIN.signer.certificate, trusting(CHAIN.signer), SEAL, AT).certificates == (CHAIN.signer.certificate,)


def test_no_anchor_means_no_path():
    failure = refused(CHAIN.signer, Trust(AT))
    assert isinstance(failure, NoPath)
    assert failure.indeterminate


def test_an_anchor_for_another_purpose_does_not_count():
    only_stamps = Trust(AT, (Anchor(CHAIN.root.certificate, frozenset({TIME_STAMP.name})),), TRUST.intermediates)
    assert isinstance(refused(CHAIN.signer, only_stamps), NoPath)


def test_a_stranger_of_the_same_name_is_not_the_authority():
    """stranger (named like the root) → signer."""
    signer = pki.root(whose="stranger").issues()
    failure = refused(signer, trusting(CHAIN.root))
    assert isinstance(failure, SignatureWrong)
    assert failure.indeterminate


def test_a_lookalike_name_is_another_name():
    signer = pki.root("演示根 СА", whose="lookalike").issues()  # the last two letters are Cyrillic
    assert isinstance(refused(signer), NoPath)


def test_an_expired_certificate_of_a_stranger_is_a_strangers():
    signer = pki.root("另一个根", whose="stranger").issues(not_after=AT - DAY)
    assert isinstance(refused(signer), NoPath)


@pytest.mark.parametrize("who", ["signer", "authority", "root"])
def test_every_certificate_of_the_chain_must_hold_at_the_moment(who: str):
    past: dict[str, Any] = {"not_after": AT - DAY}
    root = pki.root(**past if who == "root" else {})
    authority = root.authority(**past if who == "authority" else {})
    signer = authority.issues(**past if who == "signer" else {})
    trust = trusting(root, between=[authority])
    failure = refused(signer, trust)
    assert isinstance(failure, Expired)
    assert (failure.at, failure.not_after) == ("2026-11-21T02:30:00Z", "2026-11-20T02:30:00Z")
    path(signer.certificate, trust, SEAL, AT - 2 * DAY)


def test_a_certificate_is_not_valid_before_its_time():
    signer = CHAIN.authority.issues(not_before=AT + DAY)
    assert isinstance(refused(signer), NotYetValid)


def test_the_last_second_of_validity_still_counts():
    signer = CHAIN.authority.issues(not_after=AT)
    path(signer.certificate, TRUST, SEAL, AT)
    assert isinstance(refused(signer, at=AT + timedelta(seconds=1)), Expired)


def test_a_moment_without_a_zone_is_a_fault_of_the_code():
    with pytest.raises(ValueError, match="time zone"):
        path(CHAIN.signer.certificate, TRUST, SEAL, AT.replace(tzinfo=None))


def test_a_certificate_that_is_no_authority_cannot_issue():
    """root → signer → signer."""
    second = CHAIN.root.issues(subject="中间").issues(subject="下面")
    failure = refused(second, trusting(CHAIN.root, between=[second.issuer]))
    assert isinstance(failure, NotAnAuthority)


def test_an_authority_that_may_not_sign_certificates_cannot_issue():
    authority = CHAIN.root.authority(usages=[Usage.CRL_SIGN])
    failure = refused(authority.issues(), trusting(CHAIN.root, between=[authority]))
    assert isinstance(failure, NotAnAuthority)
    assert failure.reason == "may-not-sign-certificates"


def test_an_authority_of_version_3_without_basic_constraints_cannot_issue():
    authority = CHAIN.root.authority(basic=False)
    assert isinstance(refused(authority.issues(), trusting(CHAIN.root, between=[authority])), NotAnAuthority)


def test_a_path_length_bounds_the_authorities_below():
    """root → authority (0) → authority → signer."""
    below = CHAIN.authority.authority("下级 CA")
    failure = refused(below.issues(), trusting(CHAIN.root, between=[CHAIN.authority, below]))
    assert isinstance(failure, PathTooLong)
    assert failure.limit == 0


def test_the_path_length_of_the_anchor_binds_too():
    root = pki.root(path_length=0)
    authority = root.authority()
    assert isinstance(refused(authority.issues(), trusting(root, between=[authority])), PathTooLong)


def test_an_unknown_critical_extension_stops_the_path_wherever_it_stands():
    odd = extension("1.2.3.4.5", der.null(), critical=True)
    authority = CHAIN.root.authority(more=[odd])
    assert isinstance(refused(CHAIN.authority.issues(more=[odd])), UnknownCriticalExtension)
    failure = refused(authority.issues(), trusting(CHAIN.root, between=[authority]))
    assert isinstance(failure, UnknownCriticalExtension)
    assert failure.extension == "1.2.3.4.5"
    path(CHAIN.authority.issues(more=[extension("1.2.3.4.5", der.null())]).certificate, TRUST, SEAL, AT)


USAGES: dict[str, tuple[dict[str, Any], Purpose, bool]] = {
    "an encryption certificate cannot seal": ({"usages": [Usage.KEY_ENCIPHERMENT]}, SEAL, False),
    "a seal needs a key usage": ({"usages": None}, SEAL, False),
    "non-repudiation is enough for a seal": ({"usages": [Usage.NON_REPUDIATION]}, SEAL, True),
    "non-repudiation is not enough for a message": ({"usages": [Usage.NON_REPUDIATION]}, MESSAGE, False),
    "a web server's certificate cannot seal": ({"extended": ["1.3.6.1.5.5.7.3.1"]}, SEAL, False),
    "a time stamper's certificate cannot seal": ({"extended": ["1.3.6.1.5.5.7.3.8"]}, SEAL, False),
    "a document signer's certificate can seal": ({"extended": ["1.3.6.1.5.5.7.3.36"]}, SEAL, True),
    "any extended usage can seal": ({"extended": ["2.5.29.37.0"]}, DOCUMENT, True),
    "one fitting extended usage of two is enough": (
        {"extended": ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.4"]},
        SEAL,
        True,
    ),
    "an authority's certificate does not seal": (
        {"authority": True, "usages": [*SIGNING, Usage.CERT_SIGN]},
        SEAL,
        False,
    ),
    "an authority's certificate is one": ({"authority": True, "usages": [Usage.CERT_SIGN]}, AUTHORITY, True),
    "a signer's certificate is no authority's": ({}, AUTHORITY, False),
    "a time stamper needs the usage": ({}, TIME_STAMP, False),
    "a time stamper's usage is critical": ({"extended": ["1.3.6.1.5.5.7.3.8"]}, TIME_STAMP, False),
    "a time stamper stamps": ({"extended": ["1.3.6.1.5.5.7.3.8"], "extended_critical": True}, TIME_STAMP, True),
    "a time stamper only stamps": (
        {"extended": ["1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.4"], "extended_critical": True},
        TIME_STAMP,
        False,
    ),
    "an encryption certificate encrypts": ({"usages": [Usage.KEY_ENCIPHERMENT]}, ENCRYPTION, True),
    "a signer's certificate does not encrypt": ({}, ENCRYPTION, False),
    "path validation alone asks for no usage": ({"usages": None}, PATH_ONLY, True),
}


@pytest.mark.parametrize("case", USAGES)
def test_usage_is_judged_for_the_purpose(case: str):
    peculiar, asked, fits = USAGES[case]
    root = pki.root()
    signer = root.issues(**peculiar)
    if fits:
        assert path(signer.certificate, trusting(root), asked, AT).purpose is asked
    else:
        failure = refused(signer, trusting(root), asked)
        assert isinstance(failure, WrongUsage)
        assert failure.purpose == asked.name


def test_a_purpose_that_asks_for_no_extended_usage_takes_whatever_there_is():
    limited = CHAIN.root.authority(extended=["1.3.6.1.5.5.7.3.1"]).certificate
    for wanted in (AUTHORITY, PATH_ONLY):
        assert path(limited, trusting(CHAIN.root), wanted, AT).certificate == limited


def test_an_authority_limited_to_web_servers_cannot_issue_seals():
    authority = CHAIN.root.authority(extended=["1.3.6.1.5.5.7.3.1"])
    assert isinstance(refused(authority.issues(), trusting(CHAIN.root, between=[authority])), WrongUsage)


def _constraints(*permitted: bytes, excluded: tuple[bytes, ...] = ()) -> bytes:
    parts = [tag(0xA0, *(der.sequence(each) for each in permitted))] if permitted else []
    if excluded:
        parts.append(tag(0xA1, *(der.sequence(each) for each in excluded)))
    return extension(ext.NAME_CONSTRAINTS, der.sequence(*parts), critical=True)


@pytest.mark.parametrize("where", ["anchor", "authority"])
def test_an_authority_names_only_whom_it_may(where: str):
    limits: dict[str, Any] = {"more": [_constraints(tag(0x82, b"gov.example"))]}
    root = pki.root(**limits if where == "anchor" else {})
    authority = root.authority(**limits if where == "authority" else {})
    trust = trusting(root, between=[authority])
    inside = authority.issues(alternative_names=[tag(0x82, b"seal.gov.example")])
    outside = authority.issues(alternative_names=[tag(0x82, b"seal.example")])
    path(inside.certificate, trust, SEAL, AT)
    assert isinstance(refused(outside, trust), NameNotPermitted)


def test_an_excluded_directory_name_is_not_permitted():
    authority = CHAIN.root.authority(more=[_constraints(excluded=(tag(0xA4, CHAIN.root.subject),))])
    signer = authority.issues(subject=CHAIN.root.subject, whose="as root")
    assert isinstance(refused(signer, trusting(CHAIN.root, between=[authority])), NameNotPermitted)


def test_a_policy_that_is_asked_for_must_run_through_the_chain():
    authority = CHAIN.root.authority(policies=["1.2.3.4"])
    trust = trusting(CHAIN.root, between=[authority])
    under = Purpose("seal-signature", policies=frozenset({"1.2.3.4"}))
    path(authority.issues(policies=["1.2.3.4"]).certificate, trust, under, AT)
    assert isinstance(refused(authority.issues(policies=["1.2.3.5"]), trust, under), PolicyNotMet)
    assert isinstance(refused(authority.issues(), trust, under), PolicyNotMet)


KEYS = {
    "at infinity": der.sequence(
        der.sequence(der.oid("1.2.840.10045.2.1"), der.oid("1.2.156.10197.1.301")), der.bits(b"\x00")
    ),
    "off the curve": der.sequence(
        der.sequence(der.oid("1.2.840.10045.2.1"), der.oid("1.2.156.10197.1.301")), der.bits(b"\x04" + b"\x01" * 64)
    ),
    "compressed": der.sequence(
        der.sequence(der.oid("1.2.840.10045.2.1"), der.oid("1.2.156.10197.1.301")), der.bits(b"\x02" + b"\x01" * 32)
    ),
    "with explicit parameters": der.sequence(
        der.sequence(der.oid("1.2.840.10045.2.1"), der.sequence(der.integer(1), der.sequence())),
        der.bits(b"\x04" + b"\x01" * 64),
    ),
    "of an unknown algorithm": der.sequence(der.sequence(der.oid("1.2.3.4")), der.bits(b"\x01")),
    "of RSA with 512 bits": der.sequence(
        der.sequence(der.oid("1.2.840.113549.1.1.1"), der.null()),
        der.bits(der.sequence(der.integer((1 << 511) + 1), der.integer(65537))),
    ),
    "that is no key": der.sequence(),
}


@pytest.mark.parametrize("form", KEYS)
def test_a_key_of_a_form_that_is_not_accepted_is_refused_in_the_signer(form: str):
    assert isinstance(refused(CHAIN.authority.issues(spki=KEYS[form])), UnusableCertificateKey)


@pytest.mark.parametrize("form", KEYS)
def test_a_key_of_a_form_that_is_not_accepted_is_refused_in_an_authority(form: str):
    authority = CHAIN.root.authority(spki=KEYS[form])
    assert isinstance(refused(authority.issues(), trusting(CHAIN.root, between=[authority])), UnusableCertificateKey)


N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123


def _rs(change):
    def spoil(signature: bytes) -> bytes:
        reader = der.Reader(signature).inside()
        return der.sequence(*(der.integer(each) for each in change(reader.integer(), reader.integer())))

    return spoil


SIGNATURES = {
    "r = 0": _rs(lambda _, s: (0, s)),
    "s = 0": _rs(lambda r, _: (r, 0)),
    "r + n": _rs(lambda r, s: (r + N, s)),
    "s + n": _rs(lambda r, s: (r, s + N)),
    "n - s": _rs(lambda r, s: (r, N - s)),
    "negative s": _rs(lambda r, s: (r, s - N)),
    "r + s = n": _rs(lambda r, _: (r, N - r)),
    "exchanged": _rs(lambda r, s: (s, r)),
    "a third number": _rs(lambda r, s: (r, s, 1)),
    "raw r and s": lambda signature: Signature.from_der(signature).raw,
    "empty": lambda _: b"",
    "indefinite length": lambda signature: b"\x30\x80" + signature[2:] + b"\x00\x00",
    "long length": lambda signature: b"\x30\x81" + signature[1:],
    "a byte behind": lambda signature: signature + b"\x00",
    "of another message": lambda _: pki.ALGORITHMS[KeyKind.SM2].sign(CHAIN.authority.key, b"another"),
    "4 KiB of zeros": lambda _: bytes(4096),
}


@pytest.mark.parametrize("form", SIGNATURES)
def test_a_signature_has_one_form_and_one_value(form: str):
    assert isinstance(refused(CHAIN.authority.issues(spoil=SIGNATURES[form])), SignatureWrong)


def test_a_signature_under_another_identifier_is_wrong():
    for distid in (b"1", b"1234567812345679", b"0" * 8190):
        assert isinstance(refused(CHAIN.authority.issues(distid=distid)), SignatureWrong)


ALGORITHMS = {
    "ECDSA over SHA-256 on an SM2 key": "1.2.840.10045.4.3.2",
    "SHA-1 with RSA": "1.2.840.113549.1.1.5",
    "MD5 with RSA": "1.2.840.113549.1.1.4",
    "ECDSA with SHA-1": "1.2.840.10045.4.1",
    "SM2 with SHA-256": "1.2.156.10197.1.503",
    "a digest": "1.2.156.10197.1.401",
    "nothing known": "1.2.3.4",
}


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_signature_of_another_algorithm_is_refused(name: str):
    identifier = der.sequence(der.oid(ALGORITHMS[name]))
    failure = refused(CHAIN.authority.issues(inner_identifier=identifier))
    assert isinstance(failure, SignatureWrong | SignatureUnsupported)


def test_null_behind_the_number_of_the_algorithm_is_read():
    identifier = der.sequence(der.oid("1.2.156.10197.1.501"), der.null())
    path(CHAIN.authority.issues(inner_identifier=identifier).certificate, TRUST, SEAL, AT)


@pytest.mark.parametrize("kind", [KeyKind.SM2, KeyKind.P256])
def test_no_byte_of_a_signed_certificate_can_be_changed(kind: KeyKind):
    """Every byte of the signer's certificate, each changed in one bit: no path to this certificate's anchor remains."""
    chain = pki.chain(kind)
    trust = trusting(chain.root, between=[chain.authority])
    for at in range(len(chain.signer.der)):
        spoiled = bytearray(chain.signer.der)
        spoiled[at] ^= 1 << at % 8
        with pytest.raises((MalformedCertificate, PathFailure)):
            path(Certificate.of(bytes(spoiled)), trust, SEAL, AT)


@settings(max_examples=300)
@given(
    at=st.integers(0, len(CHAIN.signer.der) - 1),
    value=st.integers(0, 255),
    who=st.sampled_from(["signer", "authority"]),
)
def test_no_byte_of_a_chain_can_be_replaced(at: int, value: int, who: str):
    spoiled = bytearray(getattr(CHAIN, who).der)
    at %= len(spoiled)
    if spoiled[at] == value:
        return
    spoiled[at] = value
    with pytest.raises((MalformedCertificate, PathFailure)):
        _path_with(Certificate.of(bytes(spoiled)), who)


def _path_with(changed: Certificate, who: str) -> VerifiedPath:
    if who == "signer":
        return path(changed, TRUST, SEAL, AT)
    return path(CHAIN.signer.certificate, Trust(AT, TRUST.anchors, (changed,)), SEAL, AT)


def _mutated(data: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    spoiled = bytearray(data)
    for at, length, new in changes:
        start = at % len(spoiled)
        spoiled[start : start + length] = new
    return bytes(spoiled)


GENERAL_NAMES = st.one_of(
    st.tuples(
        st.sampled_from([0x81, 0x82, 0x86]),
        st.sampled_from(
            [b"", b".", b"@", b"gov.example", b".gov.example", b"a@gov.example", b"http://[::1]/", b"urn:x", b"*.x"]
        ),
    ),
    st.tuples(st.just(0x87), st.binary(max_size=40)),
    st.tuples(st.sampled_from([0x88, 0xA0, 0xA3, 0xA5]), st.just(b"")),
    st.tuples(st.just(0xA4), st.sampled_from([pki.name("演示印章"), der.sequence()])),
).map(lambda parts: tag(*parts))
CHANGES = st.lists(st.tuples(st.integers(4, 2000), st.integers(0, 2), st.binary(max_size=2)), max_size=3)


@settings(max_examples=300)
@given(CHANGES, CHANGES, st.lists(GENERAL_NAMES, max_size=3), st.lists(GENERAL_NAMES, max_size=3), st.booleans())
def test_whatever_a_trusted_authority_signs_ends_in_a_path_or_a_typed_failure(above, below, limits, names, excluded):
    """Mutations before signing: the signatures are right, so all of path validation is reached."""
    more = [_constraints(*() if excluded else limits, excluded=tuple(limits) if excluded else ())] if limits else []
    try:
        authority = CHAIN.root.authority(more=more, spoil_tbs=lambda tbs: _mutated(tbs, above))
        signer = authority.issues(alternative_names=names, spoil_tbs=lambda tbs: _mutated(tbs, below))
        found = path(signer.certificate, trusting(CHAIN.root, between=[authority]), SEAL, AT)
    except (MalformedCertificate, PathFailure):
        pass
    else:
        assert found.anchor.certificate == CHAIN.root.certificate


def test_the_validator_for_the_library_tells_unsupported_from_wrong():
    validator, key = certvalidator_gm.HouseSignatureValidator(), _asn1(CHAIN.signer).public_key

    def validate(number: str, signature: bytes = b"", context=DEFAULT_VALIDATION_CONTEXT, info=key):
        algorithm = algos.SignedDigestAlgorithm({"algorithm": number})
        validator.validate_signature(signature, b"message", info, algorithm, context)

    with pytest.raises(AlgorithmNotSupported):
        validate("sha1_rsa")
    with pytest.raises(AlgorithmNotSupported):
        validate("sm3_sm2", context=SignatureValidationContext(prehashed=True))
    with pytest.raises(InvalidSignature):
        validate("sha256_ecdsa")
    with pytest.raises(InvalidSignature):
        validate("sm3_sm2")
    unusable = x509.Certificate.load(CHAIN.authority.issues(spki=KEYS["at infinity"]).der).public_key
    with pytest.raises(InvalidSignature):
        validate("sm3_sm2", info=unusable)
    validate("sm3_sm2", pki.ALGORITHMS[KeyKind.SM2].sign(CHAIN.signer.key, b"message"))


def test_what_is_no_fault_of_der_is_not_mended_into_a_difference():
    """A host in capitals, an address with a space, mail in UTF-8: written by authorities of the field."""
    named = pki.name(
        der.sequence(pki.rdn("1.2.840.113549.1.9.1", 0x0C, b"seal@gov.example"), pki.rdn("2.5.4.3", 0x0C, b"x"))
    )
    odd = CHAIN.authority.issues(
        named, crl_points=[pki.point(pki.uri("http://CRL.Example/1.crl")), pki.point(pki.uri("ldap://h/cn=CRL 1,ou=x"))]
    )
    path(odd.certificate, TRUST, SEAL, AT)


def test_a_second_authority_of_the_same_name_does_not_hide_the_right_one():
    """root → authority (old key, expired) and root → authority (new key) → signer."""
    old = CHAIN.root.authority(whose="old key", not_after=AT - DAY)
    new = CHAIN.root.authority(whose="new key")
    found = path(new.issues().certificate, trusting(CHAIN.root, between=[old, new]), SEAL, AT)
    assert found.issuers == (new.certificate,)


def test_a_cross_certificate_opens_a_second_way():
    """stranger root → authority → signer, where a trusted root also certified the authority's key."""
    stranger = pki.root("另一个根")
    authority = stranger.authority("交叉 CA")
    cross = CHAIN.root.authority("交叉 CA")
    found = path(authority.issues().certificate, trusting(CHAIN.root, between=[authority, cross, stranger]), SEAL, AT)
    assert found.issuers == (cross.certificate,)


def test_authorities_that_certify_each_other_do_not_make_a_circle():
    one = pki.root("环一").authority("环二")
    other = one.authority("环一")
    assert isinstance(refused(other.issues(), trusting(CHAIN.root, between=[one, other])), NoPath | SignatureWrong)


def test_a_maze_of_authorities_is_given_up_within_the_budget():
    """Twelve authorities that all certify each other's names with one key: more ways than a lifetime has."""
    names = [f"迷宫 {each}" for each in range(12)]
    maze = [
        pki.root(each, whose="maze").authority(other, whose="maze")
        for each in names
        for other in names
        if each != other
    ]
    trust = trusting(CHAIN.root, between=maze)
    failure = refused(maze[0].issues(), trust)
    assert isinstance(failure, BudgetExhausted)
    assert failure.indeterminate


def test_a_crowd_of_one_name_is_given_up_within_the_budget():
    crowd = [CHAIN.root.authority(whose=f"crowd {each}") for each in range(20)]
    signer = CHAIN.root.authority(whose="the one").issues()
    failure = refused(signer, trusting(CHAIN.root, between=crowd), budget=Budget(signatures=5))
    assert isinstance(failure, BudgetExhausted)
    assert (failure.limit, failure.allowed) == ("signatures", 5)


def test_a_chain_longer_than_the_budget_is_given_up():
    below = [CHAIN.root]
    for depth in range(12):
        below.append(below[-1].authority(f"第 {depth} 级"))
    signer = below[-1].issues()
    assert isinstance(refused(signer, trusting(CHAIN.root, between=below[1:])), BudgetExhausted)
    generous = Budget(length=14)
    with pytest.raises(BudgetExhausted):
        path(signer.certificate, trusting(CHAIN.root, between=below[1:]), SEAL, AT, Budget(length=13))
    assert len(path(signer.certificate, trusting(CHAIN.root, between=below[1:]), SEAL, AT, generous).issuers) == 12


def test_as_many_issuers_are_looked_at_and_signatures_computed_as_the_budget_says():
    """Two steps to the anchor: each looks at one issuer and computes one signature."""
    for spent, told in ((Budget(branches=1), "branches"), (Budget(signatures=1), "signatures")):
        with pytest.raises(BudgetExhausted) as refused_:
            path(CHAIN.signer.certificate, TRUST, SEAL, AT, spent)
        assert (refused_.value.limit, refused_.value.allowed) == (told, 1)
    assert path(CHAIN.signer.certificate, TRUST, SEAL, AT, Budget(branches=2, signatures=2)).issuers


def test_the_failure_that_came_furthest_is_told():
    """One way ends at a stranger, one at an authority that expired: the second says more."""
    expired = CHAIN.root.authority("双路 CA", not_after=AT - DAY)
    stranger = pki.root("另一个根").authority("双路 CA")
    assert isinstance(refused(expired.issues(), trusting(CHAIN.root, between=[stranger, expired])), Expired)


def test_a_failure_tells_whose_certificate_it_is_about_by_fingerprint_alone():
    failure = refused(CHAIN.authority.issues(subject="张三", not_after=AT - DAY))
    assert "张三" not in str(failure)
    assert len(failure.certificate) == 32


def _listed():
    return (CHAIN.root.revocations(), CHAIN.authority.revocations())


def test_a_path_with_good_lists_tells_its_evidence():
    found = path(CHAIN.signer.certificate, TRUST.with_material(lists=_listed()), SEAL, AT, demand=Demand.ALWAYS)
    assert [type(each) for each in found.statuses] == [Good, Good]
    assert isinstance(found.statuses[0], Good)
    assert found.statuses[0].evidence.age(AT) == DAY


def test_a_revoked_signer_has_no_path_after_and_one_before():
    signer = CHAIN.authority.issues()
    early: dict[str, Any] = {"this_update": AT - 30 * DAY}
    revoked = {signer.certificate.serial: (AT - 2 * DAY, Reason.SUPERSEDED)}
    lists = (CHAIN.root.revocations(**early), CHAIN.authority.revocations(revoked, **early))
    trust = TRUST.with_material(lists=lists)
    failure = refused(signer, trust, demand=Demand.ALWAYS)
    assert isinstance(failure, RevokedCertificate)
    assert (failure.when, failure.why) == ("2026-11-19T02:30:00Z", "superseded")
    before = path(signer.certificate, trust, SEAL, AT - 20 * DAY, demand=Demand.WHERE_SOURCED)
    assert isinstance(before.statuses[0], Revoked)


def test_a_revoked_authority_says_more_than_a_signer_of_whom_nothing_is_known():
    listed = CHAIN.root.revocations({CHAIN.authority.certificate.serial: AT - DAY})
    trust = trusting(CHAIN.root, between=[CHAIN.authority], lists=(listed,))
    with pytest.raises(RevokedCertificate):
        path(CHAIN.signer.certificate, trust, SEAL, AT, demand=Demand.ALWAYS)


def test_a_revoked_authority_takes_its_signers_along():
    authority = CHAIN.root.authority("被撤 CA")
    signer = authority.issues()
    lists = (authority.revocations(), CHAIN.root.revocations({authority.certificate.serial: AT - DAY}))
    failure = refused(signer, trusting(CHAIN.root, between=[authority], lists=lists), demand=Demand.ALWAYS)
    assert isinstance(failure, RevokedCertificate)
    assert failure.certificate == authority.certificate.label


def test_lists_under_a_new_key_of_the_authority_count_for_what_the_old_key_signed():
    """root → authority (old key) → signer; root → authority (new key), which signs the list."""
    old, new = (CHAIN.root.authority("换钥 CA", whose=each) for each in ("old", "new"))
    signer = old.issues()
    revoked = new.revocations({signer.certificate.serial: AT - DAY})
    good, more = new.revocations(), {"between": [old, new]}
    asked = path(
        signer.certificate,
        trusting(CHAIN.root, lists=(good, CHAIN.root.revocations()), **more),
        SEAL,
        AT,
        demand=Demand.ALWAYS,
    )
    assert isinstance(asked.statuses[0], Good)
    trust = trusting(CHAIN.root, lists=(revoked, CHAIN.root.revocations()), **more)
    assert isinstance(refused(signer, trust, demand=Demand.ALWAYS), RevokedCertificate)


def test_lists_under_a_key_that_the_authority_itself_named_for_lists_count():
    """root → authority → signer; authority → list signer of its own name, with cRLSign alone."""
    lists_only = CHAIN.authority.issues(CHAIN.authority.subject, whose="lists", usages=[Usage.CRL_SIGN])
    trust = trusting(
        CHAIN.root,
        between=[CHAIN.authority, lists_only],
        lists=(lists_only.revocations(), CHAIN.root.revocations(), CHAIN.authority.revocations({5: AT})),
    )
    path(CHAIN.signer.certificate, trust, SEAL, AT, demand=Demand.ALWAYS)


OTHER_SIGNERS = {
    "of a sibling that wrote the name": lambda: CHAIN.root.authority("兄弟 CA").authority(
        CHAIN.authority.subject, whose="sly"
    ),
    "of a stranger": lambda: pki.root("另一个根").authority(CHAIN.authority.subject, whose="sly"),
    "that may not sign lists": lambda: CHAIN.root.authority(
        CHAIN.authority.subject, whose="sly", usages=[Usage.CERT_SIGN]
    ),
    "whose time is over": lambda: CHAIN.root.authority(CHAIN.authority.subject, whose="sly", not_after=AT - DAY),
    "whose certificate was altered": lambda: CHAIN.root.authority(
        CHAIN.authority.subject, whose="sly", spoil=lambda value: value[:-1] + bytes((value[-1] ^ 1,))
    ),
    "with an unknown critical extension": lambda: CHAIN.root.authority(
        CHAIN.authority.subject, whose="sly", more=[extension("1.2.3.4", der.null(), critical=True)]
    ),
}


@pytest.mark.parametrize("case", OTHER_SIGNERS)
def test_lists_under_the_key_say_nothing(case: str):
    sly = OTHER_SIGNERS[case]()
    trust = trusting(CHAIN.root, between=[CHAIN.authority, sly], lists=(sly.revocations(), CHAIN.root.revocations()))
    failure = refused(CHAIN.signer, trust, demand=Demand.ALWAYS)
    assert isinstance(failure, RevocationUnknown)


def test_lists_under_a_key_that_was_revoked_say_nothing():
    sly = CHAIN.root.authority(CHAIN.authority.subject, whose="sly")
    lists = (sly.revocations(), CHAIN.root.revocations({sly.certificate.serial: AT - DAY}))
    trust = trusting(CHAIN.root, between=[CHAIN.authority, sly], lists=lists)
    assert isinstance(refused(CHAIN.signer, trust, demand=Demand.ALWAYS), RevocationUnknown)


def test_a_certificate_that_names_a_source_needs_an_answer():
    signer = CHAIN.authority.issues(crl_points=[pki.point(pki.uri("http://ca.example/1.crl"))])
    failure = refused(signer, demand=Demand.WHERE_SOURCED)
    assert isinstance(failure, RevocationUnknown)
    assert failure.reason == "no-evidence"
    assert path(signer.certificate, TRUST, SEAL, AT).statuses == ()


def test_without_any_source_the_check_is_left_out_unless_it_is_always_asked_for():
    path(CHAIN.signer.certificate, TRUST, SEAL, AT, demand=Demand.WHERE_SOURCED)
    failure = refused(CHAIN.signer, demand=Demand.ALWAYS)
    assert isinstance(failure, RevocationUnknown)
    assert failure.reason == "no-source"


def test_revocation_can_be_asked_later_than_the_path():
    found = path(CHAIN.signer.certificate, TRUST, SEAL, AT - 100 * DAY)
    later = statuses(found, TRUST.with_material(lists=_listed()), AT)
    assert [type(each) for each in later] == [Good, Good]


def test_a_trust_is_the_same_by_digest_whatever_its_order_and_moment():
    one = trusting(CHAIN.root, pki.root("另一个根"), between=[CHAIN.authority])
    other = Trust(AT + YEAR, tuple(reversed(one.anchors)), one.intermediates)
    assert one.digest == other.digest
    for changed in (
        one.with_material(certificates=[CHAIN.signer.certificate]),
        one.with_material(lists=[CHAIN.root.revocations()]),
        Trust(AT, (Anchor(CHAIN.root.certificate, is_test=True), one.anchors[1]), one.intermediates),
        Trust(AT, (Anchor(CHAIN.root.certificate, frozenset({"x"})), one.anchors[1]), one.intermediates),
    ):
        assert changed.digest != one.digest


def test_material_of_a_document_never_becomes_an_anchor():
    stranger = pki.root("另一个根")
    trust = TRUST.with_material(certificates=[stranger.certificate])
    assert isinstance(refused(stranger.issues(), trust), NoPath)


def test_purposes_are_found_by_name():
    assert purpose("seal-signature") is PURPOSES["seal-signature"]
    with pytest.raises(UnknownPurpose):
        purpose("anything")


def test_an_unknown_version_of_the_library_is_refused_by_name():
    certvalidator_gm.require_known_version(pyhanko_certvalidator.__version__)
    with pytest.raises(UnknownCertvalidator) as refusal:
        certvalidator_gm.require_known_version("0.34.0")
    assert refusal.value.found == "0.34.0"


@pytest.mark.parametrize("hash_name", ["sha-1", "sha-256", "sha-384", "sha-512", "sm3"])
def test_the_library_itself_takes_answers_of_delegated_sm2_responders(hash_name: str):
    """Both corrections at once: without them this ends in UnsupportedAlgorithm, and in AttributeError from sha-384."""
    signer = CHAIN.authority.issues(ocsp_urls=["http://ca.example/ocsp"])
    responder = CHAIN.authority.responder()
    answer = responder.answer_der(signer.certificate, issuer=CHAIN.authority, hash_name=hash_name)
    _library_validates(signer, answer)


def test_the_library_itself_survives_an_answer_with_an_unknown_hash():
    signer = CHAIN.authority.issues(ocsp_urls=["http://ca.example/ocsp"])
    odd = der.sequence(
        der.sequence(der.oid("1.2.3.4")), der.octets(b"x"), der.octets(b"y"), der.integer(signer.certificate.serial)
    )
    answer = CHAIN.authority.answer_der(signer.certificate, cert_id=odd)
    with pytest.raises(pyhanko_certvalidator.errors.PathValidationError):
        _library_validates(signer, answer)


def _library_validates(signer: Identity, answer: bytes) -> None:
    context = certvalidator_gm.validation_context(
        [CHAIN.root.certificate],
        [CHAIN.authority.certificate],
        AT,
        lists=[CHAIN.root.revocation_der()],
        answers=[library_ocsp.OCSPResponse.load(answer)],
        revocation=CertRevTrustPolicy(REQUIRE_REVINFO),
    )
    anchor = next(iter(context.path_builder.trust_manager.find_potential_issuers(_asn1(CHAIN.authority))))
    path = ValidationPath(anchor, [_asn1(CHAIN.authority)], _asn1(signer))
    with ThreadPoolExecutor(1) as own_thread:  # the library starts an event loop, which a thread may have but once
        own_thread.submit(validate_path, context, path).result()


def _asn1(identity: Identity) -> x509.Certificate:
    return certvalidator_gm.asn1(identity.certificate)


def test_failures_travel_between_processes():
    failure = refused(CHAIN.authority.issues(not_after=AT - DAY))
    assert pickle.loads(pickle.dumps(failure)).facts == failure.facts
