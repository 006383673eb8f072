"""What is written is read back, verifies, is DER, and others accept it; what others wrote is good."""

import re
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import algorithms
from keys.algorithms import der, pem
from keys.algorithms.algorithm import KeyKind
from keys.algorithms.sm3 import SM3
from keys.cms import numbers, writing
from keys.cms.errors import DoesNotFitReserve
from keys.cms.numbers import CMS, FIELD, GBT35275, STRICT
from keys.cms.signed_data import SignedData, without_padding
from keys.cms.verification import Digested, Outcome, findings
from keys.signers.signer import signed as signed_by
from keys.signers.software import SoftwareSigner
from tests.builders import pki
from tests.builders.pki import AT
from tests.keys.algorithms.samples import vectors

CHAINS = {kind: pki.chain(kind) for kind in pki.KINDS}
MESSAGE = "正文".encode() * 100


def made(kind: KeyKind, family=GBT35275, **peculiar) -> writing.Template:
    chain = CHAINS[kind]
    algorithm = peculiar.pop("algorithm", pki.ALGORITHMS[kind])
    return writing.template(
        chain.signer.certificate, algorithm, family=family, chain=[chain.authority.certificate], **peculiar
    )


@pytest.mark.parametrize("kind", pki.KINDS)
@pytest.mark.parametrize("family", [GBT35275, CMS], ids=lambda each: each.name)
@pytest.mark.parametrize("attached", [False, True], ids=["detached", "attached"])
@pytest.mark.parametrize("at", [None, AT, datetime(2051, 1, 1, tzinfo=UTC)], ids=["no time", "utc", "generalized"])
def test_what_is_written_is_strict_and_good(kind: KeyKind, family, attached: bool, at: datetime | None):
    chain = CHAINS[kind]
    data = writing.signed_data(SoftwareSigner(chain.signer.key), made(kind, family), MESSAGE, at, attached=attached)
    der.require_der(data)
    signed = SignedData.of(data, STRICT)
    assert signed.content == (MESSAGE if attached else None)
    assert {each.certificate for each in signed.certificates} == {
        chain.signer.certificate,
        chain.authority.certificate,
    }
    (found,) = findings(signed, MESSAGE)
    assert (found.outcome, found.signing_time, found.deviations) == (Outcome.OK, at, frozenset())
    (found,) = findings(signed, MESSAGE[1:])
    assert found.outcome is Outcome.HASH


def test_the_numbers_are_those_of_the_family():
    signer = SoftwareSigner(CHAINS[KeyKind.SM2].signer.key)
    national = SignedData.of(writing.signed_data(signer, made(KeyKind.SM2), MESSAGE))
    assert (national.kind, national.content_type) == ("1.2.156.10197.6.1.4.2.2", "1.2.156.10197.6.1.4.2.1")
    assert national.signers[0].algorithm == der.sequence(der.oid("1.2.156.10197.1.301.1"))
    world = SignedData.of(writing.signed_data(signer, made(KeyKind.SM2, CMS), MESSAGE))
    assert (world.kind, world.content_type) == ("1.2.840.113549.1.7.2", "1.2.840.113549.1.7.1")
    assert world.signers[0].algorithm == der.sequence(der.oid("1.2.156.10197.1.501"))


def test_a_message_without_attributes_can_be_made():
    signer = SoftwareSigner(CHAINS[KeyKind.SM2].signer.key)
    for attached in (True, False):
        prepared = made(KeyKind.SM2).prepare_bare(MESSAGE, attached=attached)
        signature = signed_by(signer, prepared.template.algorithm, prepared.to_sign)
        signed = SignedData.of(prepared.embed(signature))
        assert signed.signers[0].attributes is None
        assert findings(signed, MESSAGE)[0].ok


def test_content_of_another_type_has_version_three():
    token = made(KeyKind.P256, CMS, content_type=numbers.TIMESTAMP_CONTENT)
    data = writing.signed_data(SoftwareSigner(CHAINS[KeyKind.P256].signer.key), token, b"token", attached=True)
    signed = SignedData.of(data)
    assert signed.content_type == numbers.TIMESTAMP_CONTENT
    assert findings(signed, b"token")[0].ok
    body = der.Reader(data).inside()
    body.oid()
    assert body.inside(0xA0).inside().natural() == 3


def test_lists_and_a_time_stamp_can_go_in():
    listed = CHAINS[KeyKind.SM2].root.revocation_der()
    prepared = made(KeyKind.SM2, lists=[listed]).prepare(SM3.of(MESSAGE), AT)
    signature = signed_by(SoftwareSigner(CHAINS[KeyKind.SM2].signer.key), prepared.template.algorithm, prepared.to_sign)
    token = der.sequence(der.oid("1.2.3"))
    signed = SignedData.of(prepared.embed(signature, [writing.timestamp_attribute(token)]))
    assert signed.lists == (listed,)
    assert signed.signers[0].timestamp_tokens == (token,)
    assert findings(signed, Digested("sm3", SM3.of(MESSAGE)))[0].ok


@pytest.mark.parametrize("kind", pki.KINDS)
@pytest.mark.parametrize("family", [GBT35275, CMS], ids=lambda each: each.name)
def test_the_reserve_is_enough_and_not_wasteful(kind: KeyKind, family):
    template = made(kind, family)
    signer = SoftwareSigner(CHAINS[kind].signer.key)
    for _ in range(20):
        prepared = template.prepare(template.digest.of(MESSAGE), AT)
        data = prepared.embed(signed_by(signer, template.algorithm, prepared.to_sign))
        room = template.reserve()
        assert len(data) <= room
        if kind is not KeyKind.RSA:
            assert room - len(data) < 200


def test_what_does_not_fit_the_room_is_refused():
    prepared = made(KeyKind.SM2).prepare(bytes(32))
    with pytest.raises(DoesNotFitReserve) as refusal:
        prepared.embed(bytes(72), room=100)
    assert refusal.value.room == 100
    assert refusal.value.size > 100


@given(st.binary(max_size=2000), st.booleans())
@settings(max_examples=50, deadline=None)
def test_any_message_that_is_signed_is_good_and_no_other(message: bytes, attached: bool):
    signer = SoftwareSigner(CHAINS[KeyKind.SM2].signer.key)
    signed = SignedData.of(writing.signed_data(signer, made(KeyKind.SM2), message, AT, attached=attached))
    assert findings(signed, message)[0].ok
    assert not findings(signed, message + b"\x00")[0].ok


# OpenSSL


def openssl(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    command = shutil.which("openssl")
    if command is None:
        pytest.skip("no openssl command on this machine")
    return subprocess.run([command, *arguments], cwd=cwd, capture_output=True, check=False)


OPENSSL_CASES = {
    "rsa": (KeyKind.RSA, "rsa-pkcs1-sha-256"),
    "rsa-512": (KeyKind.RSA, "rsa-pkcs1-sha-512"),
    "rsa-pss": (KeyKind.RSA, "rsa-pss-sha-256"),
    "p-256": (KeyKind.P256, "ecdsa-sha-256"),
    "p-384": (KeyKind.P384, "ecdsa-sha-384"),
}


@pytest.mark.parametrize("case", list(OPENSSL_CASES))
@pytest.mark.parametrize("attached", [False, True], ids=["detached", "attached"])
def test_openssl_accepts_what_is_written(tmp_path: Path, case: str, attached: bool):
    kind, name = OPENSSL_CASES[case]
    chain = CHAINS[kind]
    template = made(kind, CMS, algorithm=algorithms.signature(name))
    signer = SoftwareSigner(chain.signer.key)
    (tmp_path / "cms").write_bytes(writing.signed_data(signer, template, MESSAGE, AT, attached=attached))
    (tmp_path / "root").write_bytes(chain.root.certificate.pem)
    (tmp_path / "content").write_bytes(MESSAGE)
    moment = str(int(AT.timestamp()))
    verify = ["cms", "-verify", "-binary", "-inform", "DER", "-in", "cms", "-CAfile", "root", "-purpose", "any"]
    verify += ["-attime", moment, "-cades"]
    content = [] if attached else ["-content", "content"]
    told = openssl(*verify, *content, cwd=tmp_path)
    assert told.returncode == 0, told.stderr.decode()
    assert told.stdout == MESSAGE
    if not attached:
        (tmp_path / "content").write_bytes(MESSAGE + b"!")
        assert openssl(*verify, *content, cwd=tmp_path).returncode != 0


@pytest.mark.parametrize("kind", [KeyKind.RSA, KeyKind.P256])
@pytest.mark.parametrize("options", [[], ["-nodetach"], ["-cades"], ["-noattr"], ["-keyid"], ["-stream", "-nodetach"]])
def test_what_openssl_writes_is_read_and_good(tmp_path: Path, kind: KeyKind, options: list[str]):
    chain = CHAINS[kind]
    (tmp_path / "cert").write_bytes(chain.signer.certificate.pem)
    (tmp_path / "key").write_bytes(pem_of(chain.signer.key.pkcs8()))
    (tmp_path / "content").write_bytes(MESSAGE)
    sign = ["cms", "-sign", "-binary", "-outform", "DER", "-in", "content", "-signer", "cert", "-inkey", "key"]
    told = openssl(*sign, "-md", "sha256", "-out", "cms", *options, cwd=tmp_path)
    assert told.returncode == 0, told.stderr.decode()
    signed = SignedData.of((tmp_path / "cms").read_bytes(), FIELD)
    (found,) = findings(signed, MESSAGE)
    assert found.ok, found
    assert not findings(signed, MESSAGE + b"!")[0].ok


def pem_of(pkcs8: bytes) -> bytes:
    return pem.written("PRIVATE KEY", pkcs8)


# The shared vectors


def signature_field(data: bytes) -> tuple[bytes, bytes]:
    """Cut the bytes of the first /Contents and those that its /ByteRange names out of a PDF."""
    hexadecimal = re.search(rb"/Contents\s*<([0-9a-fA-F]+)>", data)
    ranged = re.search(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", data)
    assert hexadecimal is not None
    assert ranged is not None
    first, size, second, rest = (int(each) for each in ranged.groups())
    return bytes.fromhex(hexadecimal[1].decode()), data[first : first + size] + data[second : second + rest]


@pytest.mark.parametrize("name", ["01_cms_sm2", "02_pades_sm2_tst_sm2", "05_certified_p1", "10_gbt35275"])
def test_signatures_in_pdf_files_of_others_are_good(name: str):
    field, covered = signature_field(vectors(f"pdf/{name}.pdf"))
    signed = SignedData.of(without_padding(field), STRICT)
    (found,) = findings(signed, covered)
    assert found.ok, found
    assert found.deviations == frozenset()
    assert findings(signed, Digested("sm3", SM3.of(covered)))[0].ok
    assert findings(signed, covered[:-1])[0].outcome is Outcome.HASH


def test_a_time_stamp_in_a_pdf_of_others_is_good():
    field, _ = signature_field(vectors("pdf/02_pades_sm2_tst_sm2.pdf"))
    (signer,) = SignedData.of(without_padding(field)).signers
    (token,) = signer.timestamp_tokens
    stamped = SignedData.of(token)
    assert stamped.content_type == numbers.TIMESTAMP_CONTENT
    assert stamped.content is not None
    (found,) = findings(stamped, stamped.content)
    assert found.ok, found


def test_a_tampered_pdf_of_others_is_told_by_its_digest():
    field, covered = signature_field(vectors("pdf/30_tampered_byte.pdf"))
    (found,) = findings(SignedData.of(without_padding(field)), covered)
    assert (found.outcome, found.intact, found.right) == (Outcome.HASH, False, True)


def test_a_signature_in_an_ofd_file_of_others_is_good():
    with zipfile.ZipFile(BytesIO(vectors("ofd/ds-pkcs9.ofd"))) as package:
        value = package.read("Doc_0/Signs/Sign_0/SignedValue.dat")
        covered = package.read("Doc_0/Signs/Sign_0/Signature.xml")
    signed = SignedData.of(value)
    (found,) = findings(signed, covered)
    assert found.ok, found
    assert found.deviations == frozenset()
    assert findings(signed, covered + b" ")[0].outcome is Outcome.HASH
