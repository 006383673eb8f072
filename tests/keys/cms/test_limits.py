"""The limits of signed messages hold to the number: what reaches one is read, what passes it is refused by name."""

from typing import Any

import pytest

from keys.algorithms import der
from keys.cms import writing
from keys.cms.errors import MalformedSignedData
from keys.cms.numbers import FIELD
from keys.cms.signed_data import SignedData
from keys.cms.verification import Outcome, verify
from tests.builders import pki
from tests.keys.cms.builders import MESSAGE, Draft, written

SIGNER = pki.chain().signer


def message(**peculiar: Any) -> SignedData:
    return SignedData.of(written(Draft(SIGNER, **peculiar)), FIELD)


def refused(**peculiar: Any) -> str:
    with pytest.raises(MalformedSignedData) as found:
        message(**peculiar)
    return found.value.reason


def fault(**peculiar: Any) -> str:
    found = message(**peculiar).signers[0].fault
    return "" if found is None else found.reason


def attributes(count: int) -> list[bytes]:
    return [writing.attribute(f"1.2.3.{number}", der.null()) for number in range(count)]


def valued(count: int) -> bytes:
    return der.sequence(der.oid("1.2.3"), der.element(0x31, der.null() * count))


def announced(count: int) -> list[bytes]:
    return [der.sequence(der.oid(f"1.2.3.{number}")) for number in range(count)]


def test_signers_are_as_many_as_the_limit_says():
    assert len(message(signers=16).signers) == 16
    assert refused(signers=17) == "too-many-signers"


def test_certificates_and_lists_are_as_many_as_the_limits_say():
    assert len(message(certificates=[SIGNER.der] * 64).certificates) == 64
    assert refused(certificates=[SIGNER.der] * 65) == "too-many-certificates"
    listed = pki.root().revocation_der()
    assert len(message(lists=[listed] * 64).lists) == 64
    assert refused(lists=[listed] * 65) == "too-many-lists"


def test_digests_are_announced_as_many_as_the_limit_says():
    assert len(message(announced=announced(16)).digests) == 16
    assert refused(announced=announced(17)) == "too-many-digests"


def test_attributes_and_their_values_are_as_many_as_the_limits_say():
    """Content type, digest and time are three more."""
    assert fault(more=attributes(61)) == ""
    assert fault(more=attributes(62)) == "too-many-attributes"
    assert len(message(unsigned=attributes(64)).signers[0].unsigned) == 64
    assert refused(unsigned=attributes(65)) == "too-many-attributes"
    assert len(message(unsigned=[valued(16)]).signers[0].unsigned[0].values) == 16
    assert refused(unsigned=[valued(17)]) == "too-many-values"


@pytest.mark.parametrize("number", ["1.2.840.113549.1.1.10", "1.2.840.113549.1.1.11", "1.2.156.10197.1.501"])
def test_a_signature_algorithm_with_parameters_that_nobody_understands_is_not_supported(number: str):
    asked = Draft(SIGNER, algorithm=der.sequence(der.oid(number), der.octets(b"?")))
    found = verify(SignedData.of(written(asked), FIELD).signers[0], SIGNER.certificate, MESSAGE)
    assert found.outcome is Outcome.UNSUPPORTED
    assert found.reason
