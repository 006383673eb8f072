"""Certificate signing requests: believed when the key signed them, refused whatever else they are."""

import secrets
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from base.errors import DomainError
from base.tables import laid_out
from keys import extensions as ext
from keys.algorithms import asymmetric, der, pem
from keys.algorithms.algorithm import KeyKind
from keys.authority import drafts, lint, requests, templates
from keys.authority.drafts import Draft, Places, assembled, serial_of
from keys.authority.errors import (
    MalformedSigningRequest,
    SigningRequestNotProven,
    UnfitDraft,
    UnfitSubject,
    UnknownTemplate,
)
from keys.authority.subjects import Subject
from keys.authority.templates import KINDS, TEMPLATES
from keys.authority.writing import signature_for
from keys.certificates import Certificate
from keys.names import Name
from tests.builders import pki
from tests.builders.pki import extension, rdn, tag
from tests.keys.authority.builders import AT, request_pem

SUBJECT = Subject("演示甲", "演示单位", unit="印章科", province="演示省", locality="演示市", serial_number="A-1")
OPENSSL = shutil.which("openssl")


def made(
    kind: KeyKind = KeyKind.SM2,
    *,
    version: bytes = der.integer(0),
    name: bytes | None = None,
    spki: bytes | None = None,
    attributes: bytes = tag(0xA0),
    more: bytes = b"",
    signer: Any = None,
    algorithm: Any = None,
    identifier: bytes | None = None,
    distid: bytes = b"1234567812345678",
    spoil: Any = lambda value: value,
    after: bytes = b"",
) -> bytes:
    """Write a request by hand."""
    private = signer or pki.key(kind, "甲")
    info = der.sequence(
        version, SUBJECT.der if name is None else name, spki or pki.key(kind, "甲").public.spki, attributes, more
    )
    how = algorithm or pki.ALGORITHMS[private.kind]
    signature = spoil(how.sign(private, info, distid=distid))
    return der.sequence(info, identifier or how.identifier, der.bits(signature)) + after


def asking(*extensions: bytes) -> bytes:
    return tag(0xA0, der.sequence(der.oid(requests.EXTENSION_REQUEST), tag(0x31, der.sequence(*extensions))))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_request_of_every_kind_of_key_is_read_from_pem_and_der(kind: KeyKind):
    text = request_pem(kind, subject=SUBJECT, alternative=(b"\x82\x03a.b",)).encode()
    for data in (text, text.replace(b"CERTIFICATE REQ", b"NEW CERTIFICATE REQ"), pem.only(text)[1]):
        found = requests.read(data)
        assert found.subject == SUBJECT
        assert found.public == pki.key(kind, "甲").public
        assert [each.text for each in found.alternative] == ["a.b"]


def test_a_request_that_another_library_wrote_is_read():
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"), x509.NameAttribute(NameOID.COMMON_NAME, "甲")])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    builder = builder.add_extension(x509.KeyUsage(*[True] + [False] * 8), critical=True)
    builder = builder.add_attribute(x509.ObjectIdentifier("1.2.840.113549.1.9.7"), b"secret")
    written = builder.sign(private, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    found = requests.read(written)
    assert found.subject == Subject("甲")
    assert "secret" not in repr(found)


@pytest.mark.skipif(OPENSSL is None, reason="openssl is not on this machine")
def test_a_request_of_openssl_with_sm2_is_read(tmp_path: Path):
    key, out = tmp_path / "key.pem", tmp_path / "request.pem"
    _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2", "-out", key)
    subject = ("-subj", "/C=CN/O=Demo/CN=seal", "-sm3", "-sigopt", "distid:1234567812345678")
    _openssl("req", "-new", "-key", key, "-out", out, *subject)
    assert requests.read(out.read_bytes()).subject == Subject("seal", "Demo")


@pytest.mark.skipif(OPENSSL is None, reason="openssl is not on this machine")
@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.RSA])
def test_openssl_verifies_a_request_of_ours(tmp_path: Path, kind: KeyKind):
    file = tmp_path / "request.pem"
    file.write_text(request_pem(kind, subject=SUBJECT), encoding="utf-8")
    told = _openssl("req", "-in", file, "-verify", "-noout")
    assert "verify OK" in told.stdout + told.stderr


def _openssl(*arguments: object) -> Any:
    command = [OPENSSL or "", *(str(each) for each in arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True)


HOSTILE = {
    "version": made(version=der.integer(1)),
    "no version": made(version=b""),
    "name no SEQUENCE": made(name=der.integer(1)),
    "control in name": made(name=pki.name("a\x00b")),
    "hidden mark in name": made(name=pki.name("a\u202eb")),
    "more": made(more=der.integer(1)),
    "after": made(after=b"\x00"),
    "attribute twice": made(attributes=tag(0xA0, *[der.sequence(der.oid("1.2.3"), tag(0x31, der.null()))] * 2)),
    "too many attributes": made(
        attributes=tag(0xA0, *[der.sequence(der.oid(f"1.2.{n}"), tag(0x31, der.null())) for n in range(20)])
    ),
    "too many values": made(attributes=tag(0xA0, der.sequence(der.oid("1.2.3"), tag(0x31, *[der.null()] * 9)))),
    "attribute no SEQUENCE": made(attributes=tag(0xA0, der.integer(1))),
    "extension request empty": made(attributes=asking()),
    "two extension requests": made(
        attributes=tag(
            0xA0,
            der.sequence(
                der.oid(requests.EXTENSION_REQUEST),
                tag(0x31, *[der.sequence(extension("1.2.3", der.null()))] * 2),
            ),
        )
    ),
    "extension twice": made(attributes=asking(*[extension("1.2.3", der.null())] * 2)),
    "authority": made(
        attributes=asking(extension(ext.BASIC_CONSTRAINTS, der.sequence(b"\x01\x01\xff"), critical=True))
    ),
    "names empty": made(attributes=asking(extension(ext.ALTERNATIVE_NAME, der.sequence()))),
    "name not ASCII": made(attributes=asking(extension(ext.ALTERNATIVE_NAME, der.sequence(b"\x82\x01\xff")))),
    "empty": b"",
    "zero": b"\x00",
    "indefinite": b"\x30\x80\x00\x00",
    "huge": b"\x30" + bytes(1 << 17),
    "pem of a certificate": pem.written("CERTIFICATE", made()),
    "broken pem": b"-----BEGIN CERTIFICATE REQUEST-----\n!!!\n-----END CERTIFICATE REQUEST-----\n",
    "two pems": pem.written("CERTIFICATE REQUEST", made()) * 2,
    "deep": b"\x30\x82\x10\x00" * 2000,
}
UNPROVEN: dict[str, dict[str, Any]] = {
    "another key signed": {"signer": pki.key(KeyKind.SM2, "乙")},
    "signature flipped": {"spoil": lambda value: value[:-1] + bytes((value[-1] ^ 1,))},
    "signature empty": {"spoil": lambda _value: b""},
    "another kind of key signed": {"signer": pki.key(KeyKind.P256, "甲")},
    "another identity": {"distid": b"another"},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_malformed_request_is_refused_as_such(name: str):
    with pytest.raises(MalformedSigningRequest):
        requests.read(HOSTILE[name])


@pytest.mark.parametrize("name", UNPROVEN)
def test_a_request_that_its_key_did_not_sign_proves_nothing(name: str):
    with pytest.raises(SigningRequestNotProven):
        requests.read(made(**UNPROVEN[name]))


@pytest.mark.parametrize(
    "peculiar",
    [
        {"spki": der.sequence(der.sequence(der.oid("1.2.3")), der.bits(b"\x04" + bytes(64)))},
        {"spki": pki.key(KeyKind.SM2, "甲").public.spki[:-1] + b"\x00"},
        {"identifier": der.sequence(der.oid("1.2.840.113549.1.1.5"))},
        {"identifier": der.sequence(der.oid("1.2.840.113549.1.1.4"), der.null())},
    ],
)
def test_a_key_or_an_algorithm_that_is_not_accepted_is_refused(peculiar: dict):
    with pytest.raises(DomainError):
        requests.read(made(**peculiar))


VALID = made()


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(VALID) - 1), st.integers(1, 255))
def test_no_byte_of_a_request_can_be_changed(place: int, change: int):
    changed = bytearray(VALID)
    changed[place] ^= change
    with pytest.raises(DomainError):
        requests.read(bytes(changed))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_with_a_code(data: bytes):
    with pytest.raises(DomainError):
        requests.read(data)


# --- names --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "attribute", "reason"),
    [
        ({"common_name": ""}, "common_name", "missing"),
        ({"common_name": "字" * 65}, "common_name", "too-long"),
        ({"common_name": " a"}, "common_name", "spaces"),
        ({"common_name": "a  b"}, "common_name", "spaces"),
        ({"common_name": "a\u200bb"}, "name", "hidden-mark"),
        ({"common_name": "a\x07"}, "name", "control"),
        ({"common_name": "\ud800"}, "name", "not-text"),
        ({"common_name": "a", "country": "cn"}, "country", "not-two-capital"),
        ({"common_name": "a", "country": "中国"}, "country", "not-printable"),
        ({"common_name": "a", "serial_number": "编号"}, "serial_number", "not-printable"),
    ],
)
def test_a_subject_that_cannot_be_written_is_refused(told: dict[str, str], attribute: str, reason: str):
    with pytest.raises(UnfitSubject) as refused:
        Subject(**told)
    assert refused.value.attribute == attribute
    assert reason in refused.value.reason


@pytest.mark.parametrize(
    "name",
    [
        der.sequence(rdn("2.5.4.3", 0x0C, b"a"), rdn("2.5.4.3", 0x0C, b"b")),
        der.sequence(rdn("1.2.840.113549.1.9.1", 0x16, b"a@b"), rdn("2.5.4.3", 0x0C, b"a")),
        der.sequence(rdn("2.5.4.10", 0x0C, b"a")),
        der.sequence(
            tag(
                0x31,
                der.sequence(der.oid("2.5.4.3"), tag(0x0C, b"a")),
                der.sequence(der.oid("2.5.4.10"), tag(0x0C, b"b")),
            )
        ),
        der.sequence(),
    ],
)
def test_a_name_with_more_than_is_written_is_not_taken_over(name: bytes):
    with pytest.raises(UnfitSubject):
        Subject.of(Name.of(name))


@given(st.text(max_size=70), st.text(max_size=70))
def test_a_subject_reads_back_as_it_was_written_or_is_refused(common: str, organisation: str):
    try:
        subject = Subject(common, organisation)
    except UnfitSubject:
        return
    assert Subject.of(subject.name) == subject


# --- drafts -------------------------------------------------------------------------------------------------------

ROOT_KEY = pki.key(KeyKind.SM2, "draft root")
SM2 = signature_for(KeyKind.SM2)


def _root() -> Certificate:
    name = Subject("演示根", "演示单位").der
    spki = ROOT_KEY.public.spki
    draft = Draft(TEMPLATES["root"], serial_of(bytes(16)), name, name, AT, AT + timedelta(days=999), spki, spki, SM2)
    return Certificate.of(assembled(draft.tbs, SM2, SM2.sign(ROOT_KEY, draft.tbs)))


ROOT = _root()
PLACES = Places("http://x/crl", "http://x/ocsp", "http://x/ca")


def draft(**told: Any) -> Draft:
    fine = {
        "template": TEMPLATES["seal-signer"],
        "serial": serial_of(secrets.token_bytes(16)),
        "issuer": ROOT.subject.der,
        "subject": SUBJECT.der,
        "not_before": AT,
        "not_after": AT + timedelta(days=100),
        "spki": pki.key(KeyKind.SM2, "甲").public.spki,
        "issuer_spki": ROOT.spki,
        "algorithm": SM2,
        "places": PLACES,
    }
    return Draft(**{**fine, **told})


def faults(made_: Draft, template: str = "seal-signer", issuer: Certificate | None = ROOT) -> tuple[str, ...]:
    return lint.faults(made_.tbs, made_.algorithm, TEMPLATES[template], issuer)


def test_a_fine_draft_has_no_fault():
    assert faults(draft()) == ()
    assert lint.require(draft().tbs, SM2, TEMPLATES["seal-signer"], ROOT).subject == SUBJECT.name


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({"serial": 5}, "serial-foretellable"),
        ({"serial": (1 << 64) - 1}, "serial-foretellable"),
        ({"serial": 0}, "unreadable:serial-not-positive"),
        ({"serial": -1}, "unreadable:serial-not-positive"),
        ({"serial": 1 << 160}, "unreadable:serial-too-long"),
        ({"issuer": SUBJECT.der}, "issuer-name-differs"),
        ({"issuer": Subject("演示根2").der}, "issuer-name-differs"),
        ({"subject": ROOT.subject.der}, "named-like-its-issuer"),
        ({"subject": der.sequence()}, "unreadable:no-subject"),
        ({"subject": pki.rdn("2.5.4.3", 0x0C, b"a")}, "unreadable"),
        ({"subject": pki.name("甲", "演示")}, None),
        ({"subject": pki.name("abc", "演示", 0x13)}, "subject-spelt-otherwise"),
        ({"subject": der.sequence(rdn("1.2.3", 0x0C, b"a"))}, "subject:1.2.3:not-accepted"),
        ({"not_before": AT - timedelta(days=1)}, "begins-before-its-issuer"),
        ({"not_after": AT - timedelta(days=1)}, "unreadable:validity-inverted"),
        ({"not_after": AT + timedelta(days=1000)}, "outlasts-its-issuer"),
        ({"spki": pki.key(KeyKind.SM2, "甲").public.spki[:-3] + b"abc"}, "key-unusable"),
        ({"spki": ROOT.spki}, "key-of-its-issuer"),
        ({"issuer_spki": pki.key(KeyKind.SM2, "甲").public.spki}, "authority-key-identifier"),
        ({"algorithm": signature_for(KeyKind.P256)}, "signature-algorithm"),
        ({"places": None}, "revocation-list-place"),
        ({"places": None}, "responder-place"),
        ({"places": None}, "issuer-place"),
        ({"places": Places("ldap://x", "http://x", "http://x")}, "revocation-list-place"),
        ({"template": TEMPLATES["system"]}, "key-usage"),
        ({"template": TEMPLATES["system"]}, "extended-key-usage"),
        ({"template": TEMPLATES["issuing"]}, "basic-constraints"),
        ({"template": TEMPLATES["ocsp-responder"]}, "ocsp-no-check"),
        ({"template": TEMPLATES["ocsp-responder"]}, "extension-not-asked:1.3.6.1.5.5.7.48.1.5"),
        ({"template": TEMPLATES["time-stamp-authority"]}, "criticality:2.5.29.37"),
        ({"alternative": (b"\x82\x01a",)}, "extension-not-asked:2.5.29.17"),
    ],
)
def test_every_rule_is_broken_by_some_draft(told: dict[str, Any], fault: str | None):
    found = faults(draft(**told))
    if fault is None:
        assert found == ()
        return
    assert any(each.startswith(fault) for each in found), found
    with pytest.raises(UnfitDraft):
        lint.require(draft(**told).tbs, draft(**told).algorithm, TEMPLATES["seal-signer"], ROOT)


def test_a_root_signs_itself_and_nobody_else_does():
    assert "self-signed" in faults(draft(), "seal-signer", None)
    assert "self-signed" in faults(draft(template=TEMPLATES["root"]), "root")
    leaf = pki.root("演示叶", authority=False).certificate
    assert "issuer-no-authority" in faults(draft(), "seal-signer", leaf)


def test_templates_are_found_by_name_and_laid_out_once():
    with pytest.raises(UnknownTemplate):
        templates.template("nothing")
    with pytest.raises(ValueError, match="twice"):
        laid_out(TEMPLATES["root"], TEMPLATES["root"])
    assert {each.name for each in TEMPLATES.values() if each.two_persons} == {"root", "issuing", "seal-maker"}


def test_drafts_after_2049_are_written_with_four_digits():
    name = Subject("演示根").der
    spki = ROOT_KEY.public.spki
    end = AT + timedelta(days=365 * 30)
    made_ = drafts.Draft(TEMPLATES["root"], serial_of(bytes(16)), name, name, AT, end, spki, spki, SM2)
    assert b"\x18\x0f2056" in made_.tbs
    assert asymmetric.public_key(spki).kind is KeyKind.SM2
