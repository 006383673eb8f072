"""Every part of a signature value is spoilt, one at a time, and the answer to each is kept; a seal is never valid then.

Each element of the ASN.1 structure is taken out, doubled, emptied, cut by a byte, lengthened by one and called by
another tag; all lengths around it are right again. Certificates are left whole: they have tests of their own.
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from keys.algorithms import der
from keys.algorithms.international import SHA256
from keys.algorithms.sm3 import SM3
from keys.cms import numbers, writing
from signing.report import Verdict
from tests.builders import seals
from tests.builders.seals import MESSAGE, SIGNED_AT, SealParts, ValueParts, usual
from tests.keys.cms.builders import Draft, written
from tests.signing import answers
from tests.signing.answers import Answer
from tests.signing.stories import judged

# No certificate is gone into: what is larger than this and begins like one is left whole.
CERTIFICATE = 300
Tree = tuple[int, Any]


def stamped(signature: bytes) -> bytes:
    return seals.token(signature, SIGNED_AT)


def extended(version: int) -> bytes:
    tagged = seals.tag(0xA0, der.sequence(seals.extension())) if version == 4 else b""
    return ValueParts(SealParts(version, extensions=der.sequence(seals.extension())), extensions=tagged).der


def every_attribute() -> tuple[bytes, ...]:
    """Name the signer's certificate in both ways, with its issuer and number, and protect the algorithms."""
    who = usual().signer.certificate
    general = der.sequence(der.sequence(seals.tag(0xA4, who.issuer.der)), der.integer(who.serial))
    first = der.sequence(
        der.sequence(der.sequence(der.octets(hashlib.sha1(who.der, usedforsecurity=False).digest()), general))
    )
    named = der.sequence(der.oid("2.16.840.1.101.3.4.2.1"))
    second = der.sequence(der.sequence(der.sequence(named, der.octets(SHA256.of(who.der)), general)))
    digest, signature = der.sequence(der.oid(SM3.oids[0])), der.sequence(der.oid("1.2.156.10197.1.301.1"))
    protection = der.sequence(digest, seals.tag(0xA1, signature[2:]))
    return (
        writing.attribute(numbers.SIGNING_CERTIFICATE, first),
        writing.attribute(numbers.SIGNING_CERTIFICATE_V2, second),
        writing.attribute(numbers.ALGORITHM_PROTECTION, protection),
    )


VALUES: dict[str, Callable[[], bytes]] = {
    "seal-of-2014": lambda: seals.value(1),
    "seal-of-2020": lambda: seals.value(4),
    "seal-of-2025": lambda: seals.value(5),
    "seal-with-extensions": lambda: extended(4),
    "seal-by-digest": lambda: seals.value(
        4, {"list_kind": der.integer(2), "signers": seals.digests(usual().signer.der)}
    ),
    "message": lambda: written(Draft(usual().signer, message=MESSAGE)),
    "message-with-its-digest": lambda: written(Draft(usual().signer, content=SM3.of(MESSAGE), message=SM3.of(MESSAGE))),
    "message-bare": lambda: written(Draft(usual().signer, message=MESSAGE, attributes=None)),
    "message-with-every-attribute": lambda: written(Draft(usual().signer, message=MESSAGE, more=every_attribute())),
    "message-with-a-list": lambda: written(
        Draft(usual().signer, message=MESSAGE, lists=(usual().authority.revocation_der(),))
    ),
}


def tree(data: bytes) -> list[Tree]:
    """Read elements with their length in one to five octets, going into what is constructed."""
    found: list[Tree] = []
    at = 0
    while at < len(data):
        kind, length, after = data[at], data[at + 1], at + 2
        if length & 0x80:
            after = at + 2 + (length & 0x7F)
            length = int.from_bytes(data[at + 2 : after])
        content = data[after : after + length]
        is_certificate = (
            kind == der.SEQUENCE and length > CERTIFICATE and content[:2] == b"\x30\x82" and _certifies(content)
        )
        found.append((kind, content if is_certificate or not kind & 0x20 else tree(content)))
        at = after + length
    return found


def _certifies(content: bytes) -> bool:
    """Tell a certificate or list by what stands second: an algorithm."""
    size = 4 + int.from_bytes(content[2:4])
    return content[size : size + 1] == b"\x30" and len(content) - size < 120


def laid(elements: list[Tree]) -> bytes:
    return b"".join(
        der.element(kind, content if isinstance(content, bytes) else laid(content)) for kind, content in elements
    )


def places(elements: list[Tree], above: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    for number, (_, content) in enumerate(elements):
        yield (*above, number)
        if not isinstance(content, bytes):
            yield from places(content, (*above, number))


def edits(kind: int, content: Any) -> dict[str, list[Tree]]:
    told: dict[str, list[Tree]] = {"gone": [], "twice": [(kind, content)] * 2, "empty": [(kind, b"")]}
    # A number read as bits would be right or wrong by chance.
    told["another tag"] = [(kind ^ (0x40 if kind == der.INTEGER else 0x01), content)]
    if isinstance(content, bytes):
        told |= {"cut": [(kind, content[:-1])], "longer": [(kind, content + b"\0")]}
        told["other"] = [(kind, content[:-1] + bytes((content[-1] ^ 1,)))] if content else []
    else:
        told |= {"reversed": [(kind, content[::-1])], "and null": [(kind, [*content, (5, b"")])]}
    return told


def edited(elements: list[Tree], place: tuple[int, ...], edit: str) -> list[Tree]:
    number, below = place[0], place[1:]
    kind, content = elements[number]
    new = [(kind, edited(content, below, edit))] if below else edits(kind, content)[edit]
    return [*elements[:number], *new, *elements[number + 1 :]]


def spoilt(data: bytes) -> Iterator[tuple[str, bytes]]:
    whole = tree(data)
    for place in places(whole):
        kind, content = 0, whole
        for number in place:
            kind, content = content[number]
        for edit in edits(kind, content):
            changed = laid(edited(whole, place, edit))
            if changed != data:
                yield f"{'.'.join(str(each) for each in place)} {edit}", changed


def answer(make: Callable[[], bytes]) -> Answer:
    def told(data: bytes) -> Answer:
        report = judged(data)
        lines = answers.of_report(report)
        # How many bytes a signature has depends on chance, and with it every place behind it.
        return [" ".join(word for word in line.split() if not word.startswith("offset=")) for line in lines]

    return answers.together(make(), spoilt(make()), told)


CASES = VALUES
GOLDEN = answers.golden("value_parts")


@pytest.mark.parametrize("name", VALUES)
def test_every_part_that_is_spoilt_has_its_answer(name: str):
    assert answer(VALUES[name]) == GOLDEN[name]


@pytest.mark.parametrize("name", [each for each in VALUES if each.startswith("seal")])
def test_a_seal_of_which_any_part_is_spoilt_is_not_valid(name: str):
    """A message has parts that nothing signs (which digests it announces, what else it brings); a seal has none."""
    data = VALUES[name]()
    assert judged(data).verdict is Verdict.VALID
    assert [what for what, changed in spoilt(data) if judged(changed).verdict is Verdict.VALID] == []
