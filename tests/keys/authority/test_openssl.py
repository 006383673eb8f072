"""An independent program accepts what we make: OpenSSL's `ts`, `ocsp`, `verify`, `crl`, `pkeyutl` and `dgst`."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from keys import timestamps
from keys.algorithms import asymmetric, der, pem
from keys.algorithms.algorithm import KeyKind
from keys.algorithms.sm3 import SM3
from keys.authority import edges
from keys.revocation_lists import PEM_LABEL, Reason
from keys.timestamps import Imprint
from tests.keys.authority.builders import AT, FIRST, SHORT, Site, read_certificate

OPENSSL = shutil.which("openssl")


def version() -> tuple[int, ...]:
    told = subprocess.run([OPENSSL or "true", "version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"OpenSSL (\d+)\.(\d+)", told)
    return tuple(int(each) for each in found.groups()) if found else (0,)


pytestmark = pytest.mark.skipif(version() < (3, 0), reason="OpenSSL 3 is not on this machine")
SECONDS = str(int(AT.timestamp()))
SHA_KINDS = (KeyKind.P256, KeyKind.P384, KeyKind.RSA)


def openssl(*arguments: object, good: bool = True) -> str:
    command = [OPENSSL or "", *(str(each) for each in arguments)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (told.returncode == 0) == good, told.stdout + told.stderr
    return told.stdout + told.stderr


def chain(site: Site, kind: KeyKind, folder: Path) -> tuple[Path, Path]:
    """Write the root, and the authority below it, as PEM files."""
    trust = site.trust(f"{SHORT[kind]}-root")
    root, below = folder / "root.pem", folder / "below.pem"
    root.write_bytes(trust.anchors[0].certificate.pem)
    below.write_bytes(trust.intermediates[0].pem)
    return root, below


@pytest.mark.parametrize("kind", SHA_KINDS)
@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_openssl_ts_accepts_our_tokens(site: Site, tmp_path: Path, kind: KeyKind, digest: str):
    site.tree(kind)
    root, below = chain(site, kind, tmp_path)
    data, query, reply = tmp_path / "data", tmp_path / "q.tsq", tmp_path / "r.tsr"
    data.write_bytes(b"what is stamped")
    openssl("ts", "-query", "-data", data, f"-{digest}", "-cert", "-out", query)
    reply.write_bytes(edges.stamp(site.database, site.parts, query.read_bytes(), FIRST, AT))
    told = openssl("ts", "-reply", "-in", reply, "-text")
    assert "Status: Granted." in told
    assert "Nov 21 02:30:00 2026 GMT" in told
    verify = ("ts", "-verify", "-in", reply, "-CAfile", root, "-untrusted", below, "-attime", SECONDS)
    assert "Verification: OK" in openssl(*verify, "-queryfile", query)
    assert "Verification: OK" in openssl(*verify, "-data", data)
    data.write_bytes(b"something else")
    assert "Verification: FAILED" in openssl(*verify, "-data", data, good=False)


def test_openssl_ts_reads_our_refusal(site: Site, tmp_path: Path):
    site.tree(KeyKind.P256)
    query, reply = tmp_path / "q.tsq", tmp_path / "r.tsr"
    openssl("ts", "-query", "-digest", "00" * 20, "-sha1", "-out", query)
    reply.write_bytes(edges.stamp(site.database, site.parts, query.read_bytes(), FIRST, AT))
    told = openssl("ts", "-reply", "-in", reply, "-text")
    assert "Status: Rejected." in told
    assert "unrecognized or unsupported algorithm identifier" in told


@pytest.mark.parametrize("kind", SHA_KINDS)
@pytest.mark.parametrize("revoked", [False, True])
def test_openssl_ocsp_accepts_our_answers(site: Site, tmp_path: Path, kind: KeyKind, revoked: bool):
    below = site.tree(kind)
    row = site.issue(below, site.order(kind=kind))
    if revoked:
        site.revoke(row, Reason.KEY_COMPROMISE)
    root, issuer = chain(site, kind, tmp_path)
    leaf, asked, told = tmp_path / "leaf.pem", tmp_path / "q.der", tmp_path / "r.der"
    leaf.write_bytes(read_certificate(row).pem)
    request = ("ocsp", "-issuer", issuer, "-sha256", "-cert", leaf)
    openssl(*request, "-reqout", asked)
    told.write_bytes(edges.answer(site.database, site.parts, asked.read_bytes(), AT).der)
    read = ("-respin", told, "-CAfile", root, "-verify_other", issuer, "-attime", SECONDS, "-validity_period", 10**9)
    assert "Response verify OK" in openssl("ocsp", "-reqin", asked, *read)  # the nonce is compared here
    said = openssl(*request, "-no_nonce", *read)
    assert "Response verify OK" in said
    assert f"{leaf}: {'revoked' if revoked else 'good'}" in said
    assert ("Reason: keyCompromise" in said) == revoked


@pytest.mark.parametrize("kind", SHA_KINDS)
def test_openssl_verifies_our_chains_and_lists(site: Site, tmp_path: Path, kind: KeyKind):
    below = site.tree(kind, services=False)
    row = site.issue(below, site.order(kind=kind))
    root, issuer = chain(site, kind, tmp_path)
    leaf, lists = tmp_path / "leaf.pem", tmp_path / "lists.pem"
    leaf.write_bytes(read_certificate(row).pem)

    def verify(*, good: bool) -> str:
        published = [
            edges.publish(site.database, site.parts, name, FIRST, AT).der or b""
            for name in (f"{SHORT[kind]}-root", below)
        ]
        lists.write_bytes(b"".join(pem.written(PEM_LABEL, each) for each in published))
        command = ("verify", "-x509_strict", "-check_ss_sig", "-CAfile", root, "-untrusted", issuer, "-CRLfile", lists)
        return openssl(*command, "-crl_check_all", "-attime", SECONDS, leaf, good=good)

    assert f"{leaf}: OK" in verify(good=True)
    site.revoke(row, Reason.SUPERSEDED)
    assert "certificate revoked" in verify(good=False)


def test_openssl_verifies_our_sm2_signature_with_the_identifier(site: Site, tmp_path: Path):
    """The bytes that an SM2 authority of ours signed, by OpenSSL's own SM2 with the default identifier."""
    below = site.tree(services=False)
    certificate = read_certificate(site.issue(below, site.order()))
    issuer = site.trust("sm2-root").intermediates[0]
    public, signed, signature = tmp_path / "public.pem", tmp_path / "tbs", tmp_path / "signature"
    public.write_bytes(asymmetric.public_key_pem(asymmetric.public_key(issuer.spki)))
    signed.write_bytes(certificate.tbs)
    signature.write_bytes(certificate.signature)
    verify = ("pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-digest", "sm3", "-in", signed)
    right = (*verify, "-sigfile", signature, "-pkeyopt", "distid:1234567812345678")
    assert "Verified Successfully" in openssl(*right)
    assert "Failure" in openssl(*verify, "-sigfile", signature, "-pkeyopt", "distid:other", good=False)
    signed.write_bytes(certificate.tbs + b"\x00")
    assert "Failure" in openssl(*right, good=False)


def test_openssl_verifies_our_sm2_chain_with_the_identifier(site: Site, tmp_path: Path):
    below = site.tree(services=False)
    certificate = read_certificate(site.issue(below, site.order()))
    root, issuer = chain(site, KeyKind.SM2, tmp_path)
    leaf = tmp_path / "leaf.pem"
    leaf.write_bytes(certificate.pem)
    # The program hands the identifier to the certificate that it is asked about and to no other: each step by itself.
    for lower, upper in ((leaf, issuer), (issuer, root)):
        command = ("verify", "-partial_chain", "-trusted", upper, "-attime", SECONDS, "-vfyopt")
        assert f"{lower}: OK" in openssl(*command, "distid:1234567812345678", lower)
        assert "OK" not in openssl(*command, "distid:other", lower, good=False)
    assert "SM2-with-SM3" in openssl("x509", "-in", leaf, "-noout", "-text")


def test_openssl_reads_our_sm2_list_token_and_answer(site: Site, tmp_path: Path):
    """OpenSSL cannot say which identifier goes with them, so it only reads; the signatures are checked by hand."""
    below = site.tree()
    row = site.issue(below, site.order())
    site.revoke(row, Reason.CESSATION)
    listed, data, query, reply = (tmp_path / name for name in ("list", "data", "q.tsq", "r.tsr"))
    published = edges.publish(site.database, site.parts, below, FIRST, AT).der or b""
    listed.write_bytes(published)
    text = openssl("crl", "-inform", "DER", "-in", listed, "-noout", "-text")
    assert "Cessation Of Operation" in text
    assert "SM2-with-SM3" in text
    data.write_bytes(b"what is stamped")
    openssl("ts", "-query", "-data", data, "-sm3", "-cert", "-out", query)
    reply.write_bytes(edges.stamp(site.database, site.parts, query.read_bytes(), FIRST, AT))
    told = openssl("ts", "-reply", "-in", reply, "-text")
    assert "Status: Granted." in told
    assert "Hash Algorithm: sm3" in told
    _verify_by_openssl(tmp_path, site.trust("sm2-root").intermediates[0].spki, *_parts(published))


def _parts(data: bytes) -> tuple[bytes, bytes]:
    inner = der.Reader(data).inside()
    signed = inner.whole()
    inner.whole()
    return signed, inner.bits()


def _verify_by_openssl(folder: Path, spki: bytes, message: bytes, signature: bytes) -> None:
    public, signed, value = folder / "p.pem", folder / "m", folder / "s"
    public.write_bytes(asymmetric.public_key_pem(asymmetric.public_key(spki)))
    signed.write_bytes(message)
    value.write_bytes(signature)
    command = ("dgst", "-sm3", "-verify", public, "-signature", value, "-sigopt", "distid:1234567812345678", signed)
    assert "Verified OK" in openssl(*command)


def test_openssl_verifies_the_signature_of_our_sm2_token(site: Site, tmp_path: Path):
    site.tree()
    asked = timestamps.question(Imprint.of(SM3, b"x"))
    found = timestamps.response(edges.stamp(site.database, site.parts, asked, FIRST, AT))
    _verify_by_openssl(tmp_path, found.certificates[0].spki, found.signed, found.signature)
