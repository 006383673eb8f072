"""Evidence of a verification, and the same verdict out of it later, without a network and without our trust store.

Evidence is canonical JSON: digests of the document, policy, moment, the report, and of the `Trust` every part that
could have had a say. What could have is told by names: a path is looked for by the issuer's name, evidence of
revocation by the issuer's name or the serial number; so from the certificates that came with the document on, whatever
goes by a name that is asked for is kept, and nothing else. The digest of the whole `Trust` is kept as it was.

Evidence proves nothing by itself: whoever keeps it signs it or puts it on the ledger. Time stamps, chains and seals
inside it are verified again, every signature of them.
"""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeVar

from base import strict_json
from base.canonical import Json, canonical
from base.clock import rfc3339
from base.strict_json import MalformedJson
from keys import timestamps
from keys.algorithms.sm3 import SM3
from keys.certificates import NATIONAL, Certificate
from keys.names import Name
from keys.ocsp import OcspAnswer
from keys.revocation_lists import RevocationList
from keys.timestamp_errors import MalformedTimeStamp
from keys.trust import Anchor, Trust
from keys.trust_errors import (
    MalformedCertificate,
    MalformedOcspAnswer,
    MalformedRevocationList,
    OcspRefused,
)
from signing.evidence_errors import EvidenceOfAnother, MalformedEvidence
from signing.formats import VERIFIED
from signing.formats.format import Format
from signing.policy import POLICIES, Policy, UnknownPolicy
from signing.report import Report
from signing.seal_standing import SealWords, read_word, written
from signing.verification import Examination, verify

FORM: Final = "yinxin-evidence/1"
# Lists of large authorities have some MiB each; evidence beyond this is none of ours.
SIZE_LIMIT: Final = 256 << 20
T = TypeVar("T")


@dataclass(frozen=True)
class Evidence:
    """What a verdict rested on: of which document, by which policy, when, whom it trusted, what registers said."""

    name: str
    sm3: str
    policy: str
    at: datetime
    verdict: str
    trust: Trust
    anchors: int
    digest: str
    words: SealWords


def evidence(examination: Examination, trust: Trust) -> bytes:
    """Write down what a verification rested on."""
    report = examination.report
    kept = needed(trust, examination.certificates, examination.tokens)
    told: dict[str, Json] = {
        "form": FORM,
        "document": {
            "name": report.document.name,
            "bytes": report.document.bytes,
            "sm3": report.document.sm3,
            "sha256": report.document.sha256,
        },
        "policy": {"name": report.policy_name, "version": report.policy_version},
        "verified_at": rfc3339(report.verified_at),
        "verdict": report.verdict.value,
        "sub_indication": report.sub_indication,
        "trust": {
            "digest": report.trust_digest,
            "count": report.trust_anchors,
            "as_of": rfc3339(trust.as_of),
            "anchors": [
                {
                    "certificate": _text(each.certificate.der),
                    "purposes": [*sorted(each.purposes)],
                    "test": each.is_test,
                }
                for each in kept.anchors
            ],
            "intermediates": [_text(each.der) for each in kept.intermediates],
            "lists": [_text(each.der) for each in kept.lists],
            "answers": [_text(each.der) for each in kept.answers],
            "sources": [*sorted(each.hex() for each in kept.sources)],
        },
        "certificates": [_text(each.der) for each in examination.certificates],
        "tokens": [_text(each) for each in examination.tokens],
    }
    seals: list[Json] = [dict(written(each)) for each in examination.words.values()]
    return canonical({**told, "seals": seals} if seals else told)


def replay(
    kept: bytes,
    document: bytes,
    formats: Mapping[str, Format] = VERIFIED,
    policies: Mapping[str, Policy] = POLICIES,
) -> Report:
    """Verify a document again as it was verified then.

    Raises `MalformedEvidence`, `EvidenceOfAnother`, `UnknownPolicy`.
    """
    told = read(kept, policies)
    found = SM3.of(document).hex()
    if found != told.sm3:
        raise EvidenceOfAnother(told.sm3, found)
    report = verify(document, told.name, told.trust, policies[told.policy], told.at, formats, told.words)
    return replace(report, trust_anchors=told.anchors, trust_digest=told.digest)


def read(kept: bytes, policies: Mapping[str, Policy] = POLICIES) -> Evidence:
    """Read evidence as the values that a verdict is judged by. Raises `MalformedEvidence`, `UnknownPolicy`."""
    told = _read(kept)
    policy = policies.get(told["policy"]["name"])
    if policy is None or policy.version != told["policy"]["version"]:
        raise UnknownPolicy(f"{told['policy']['name']} ({told['policy']['version']})", ", ".join(policies))
    return Evidence(
        told["document"]["name"],
        told["document"]["sm3"],
        policy.name,
        _moment(told, "verified_at"),
        str(told.get("verdict", "")),
        _trust(told["trust"]),
        told["trust"]["count"],
        told["trust"]["digest"],
        _words(told),
    )


def needed(trust: Trust, certificates: Iterable[Certificate], tokens: Iterable[bytes]) -> Trust:
    """Give the part of what is trusted that can have a say about these certificates and time stamps."""
    found = dict.fromkeys(certificates)
    found.update(dict.fromkeys(each for token in tokens for each in _of_token(token, trust)))
    names: set[Name] = {name for each in found for name in (each.subject, each.issuer)}
    waiting = list(names)
    serials = {each.serial for each in found}
    while waiting:
        name = waiting.pop()
        above = [
            *(each.certificate for each in trust.anchors_by_name.get(name, ())),
            *trust.intermediates_by_name.get(name, ()),
        ]
        serials.update(each.serial for each in above)
        new = {each.issuer for each in above} - names
        names |= new
        waiting.extend(new)
    anchors = tuple(each for each in trust.anchors if each.certificate.subject in names) or trust.anchors[:1]
    intermediates = tuple(each for each in trust.intermediates if each.subject in names)
    keys = {SM3.of(each.spki) for each in (*found, *intermediates, *(one.certificate for one in anchors))}
    return Trust(
        trust.as_of,
        anchors,
        intermediates,
        tuple(each for each in trust.lists if each.issuer in names),
        tuple(each for each in trust.answers if serials & {one.certificate.serial for one in each.singles}),
        frozenset(trust.sources & keys),
    )


def _of_token(data: bytes, trust: Trust) -> tuple[Certificate, ...]:
    """Give the certificates that a time stamp may have been signed with."""
    try:
        token = timestamps.token(data)
    except MalformedTimeStamp:
        return ()
    known = (*trust.intermediates, *(each.certificate for each in trust.anchors))
    return (*token.certificates, *(each for each in known if token.signer.names(each)))


def _read(kept: bytes) -> dict[str, Any]:
    if len(kept) > SIZE_LIMIT:
        raise MalformedEvidence("", "too-large")
    try:
        told = strict_json.parse(kept)
    except MalformedJson as error:
        raise MalformedEvidence("", "not-json") from error
    if not isinstance(told, dict) or told.get("form") != FORM:
        raise MalformedEvidence("form", "unknown")
    for place, shape in _SHAPE.items():
        _require(told, place, shape)
    return told


# Where everything stands, and of which type it is.
_SHAPE: Final[Mapping[str, type]] = {
    "document": dict,
    "document/name": str,
    "document/sm3": str,
    "policy": dict,
    "policy/name": str,
    "policy/version": str,
    "verified_at": str,
    "trust": dict,
    "trust/digest": str,
    "trust/count": int,
    "trust/as_of": str,
    "trust/anchors": list,
    "trust/intermediates": list,
    "trust/lists": list,
    "trust/answers": list,
    "trust/sources": list,
}


def _require(told: dict[str, Any], place: str, shape: type) -> None:
    value: Any = told
    for name in place.split("/"):
        value = value.get(name)
        if value is None:
            raise MalformedEvidence(place, "missing")
    if type(value) is not shape:
        raise MalformedEvidence(place, "of-another-type")


def _trust(told: dict[str, Any]) -> Trust:
    return Trust(
        _moment(told, "as_of"),
        tuple(_anchor(each) for each in told["anchors"]),
        tuple(_things(told, "intermediates", _certificate)),
        tuple(_things(told, "lists", RevocationList.of)),
        tuple(_things(told, "answers", OcspAnswer.of)),
        frozenset(_hex(each) for each in told["sources"]),
    )


def _words(told: dict[str, Any]) -> SealWords:
    """Read what registers said of seals, where they were asked."""
    try:
        found = [read_word(each) for each in told.get("seals", [])]
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEvidence("seals", "of-another-type") from error
    return {each.code: each for each in found}


def _anchor(told: Any) -> Anchor:
    if not isinstance(told, dict) or not isinstance(told.get("test"), bool):
        raise MalformedEvidence("trust/anchors", "of-another-type")
    purposes = told.get("purposes")
    if not isinstance(purposes, list) or not all(isinstance(each, str) for each in purposes):
        raise MalformedEvidence("trust/anchors", "of-another-type")
    found = _things({"certificate": [told.get("certificate")]}, "certificate", _certificate)
    return Anchor(found[0], frozenset(purposes), told["test"])


def _certificate(data: bytes) -> Certificate:
    return Certificate.of(data, NATIONAL)


def _things(told: dict[str, Any], place: str, read: Callable[[bytes], T]) -> list[T]:
    try:
        return [read(base64.b64decode(each, validate=True)) for each in told[place]]
    except (MalformedCertificate, MalformedRevocationList, MalformedOcspAnswer, OcspRefused) as error:
        raise MalformedEvidence(place, error.code) from error
    except (binascii.Error, ValueError, TypeError) as error:
        raise MalformedEvidence(place, "not-base64") from error


def _moment(told: dict[str, Any], place: str) -> datetime:
    try:
        at = datetime.fromisoformat(told[place])
    except ValueError as error:
        raise MalformedEvidence(place, "not-a-time") from error
    if at.tzinfo is None:
        raise MalformedEvidence(place, "not-a-time")
    return at


def _hex(told: Any) -> bytes:
    try:
        return bytes.fromhex(told)
    except (ValueError, TypeError) as error:
        raise MalformedEvidence("trust/sources", "not-hex") from error


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
