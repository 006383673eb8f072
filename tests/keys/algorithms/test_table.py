import pytest

from keys import algorithms
from keys.algorithms import ALGORITHMS, asymmetric, der, known_answers, sm3
from keys.algorithms.algorithm import Digest, SignatureAlgorithm
from keys.errors import MalformedDer, UnknownAlgorithm

ENTRIES = {entry.name: entry for entry in ALGORITHMS.values()}
SIGNATURES = [entry for entry in ENTRIES.values() if isinstance(entry, SignatureAlgorithm)]


def test_a_name_used_twice_is_refused_when_the_table_is_laid():
    with pytest.raises(ValueError, match=r"1\.2\.156\.10197\.1\.401 names both sm3 and other"):
        algorithms.table(sm3.SM3, Digest("other", ("1.2.156.10197.1.401",), 32, sm3.SM3.hash))


def test_every_entry_has_a_known_answer_and_every_answer_an_entry():
    assert set(known_answers.QUESTIONS) == set(ENTRIES)


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_an_entry_gives_its_known_answer(name):
    assert known_answers.QUESTIONS[name]()


def test_entries_are_found_by_name_and_by_number():
    assert algorithms.digest("1.2.156.10197.1.401") is algorithms.digest("sm3")
    assert algorithms.signature("1.2.156.10197.1.501") is algorithms.signature("1.2.156.10197.1.301.1")
    assert algorithms.mac("hmac-sm3").size == 32
    assert algorithms.aead("sm4-gcm").nonce_size == 12
    assert algorithms.cipher("sm4-cbc").iv_size == 16
    assert algorithms.key_encryption("sm2-encryption").kinds == {"sm2"}


@pytest.mark.parametrize("name", ["md5", "sha1", "sha-1", "1.3.14.3.2.26", "none", "", "SM3", "sm4-ecb", "rc4", "sm2"])
def test_what_is_not_in_the_table_is_refused_by_name(name):
    with pytest.raises(UnknownAlgorithm) as caught:
        algorithms.digest(name)
    assert caught.value.facts == {"wanted": "digest", "name": name}


def test_an_algorithm_of_another_kind_is_not_found():
    with pytest.raises(UnknownAlgorithm):
        algorithms.digest("sm2-sm3")
    with pytest.raises(UnknownAlgorithm):
        algorithms.signature("sm3")


@pytest.mark.parametrize("entry", SIGNATURES, ids=lambda entry: entry.name)
def test_a_signature_algorithm_is_found_by_its_whole_identifier(entry):
    der.require_der(entry.identifier)
    assert asymmetric.signature_of(entry.identifier) is entry


@pytest.mark.parametrize("number", ["1.2.156.10197.1.501", "1.2.156.10197.1.301.1", "1.2.840.113549.1.1.11"])
def test_null_and_nothing_are_both_read_behind_a_number(number):
    expected = algorithms.signature(number)
    assert asymmetric.signature_of(der.sequence(der.oid(number))) is expected
    assert asymmetric.signature_of(der.sequence(der.oid(number), der.null())) is expected


@pytest.mark.parametrize(
    "identifier",
    [
        der.sequence(der.oid("1.2.840.113549.1.1.5")),
        der.sequence(der.oid("1.2.840.113549.1.1.10")),
        der.sequence(der.oid("1.2.840.113549.1.1.10"), der.sequence()),
        der.sequence(der.oid("1.2.156.10197.1.501"), der.octets(b"")),
        der.sequence(der.oid("1.2.156.10197.1.401")),
    ],
    ids=["sha1WithRSA", "PSS bare", "PSS with its SHA-1 defaults", "SM2 with odd parameters", "a digest"],
)
def test_an_identifier_of_no_accepted_signature_is_refused(identifier):
    with pytest.raises(UnknownAlgorithm):
        asymmetric.signature_of(identifier)


def test_an_identifier_that_is_not_der_is_refused():
    with pytest.raises(MalformedDer):
        asymmetric.signature_of(b"\x30\x80\x00\x00")
