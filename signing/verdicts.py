"""From checks to a verdict: pure counting, in which nothing that is missing can pass for good.

1. A failed check says by its code what it means: TOTAL_FAILED or INDETERMINATE, with a sub-indication.
2. A check that was not made spoils the verdict where its code says so.
3. Every check that the kind of signature requires must be there and have passed, or the verdict is indeterminate.
4. The worst decides; of several reasons of one kind the most telling is named.
The three facts (intact, cryptographically valid, trusted) are read off the same codes, each for itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from signing.check_codes import CheckCode, codes
from signing.report import Check, Indication, Outcome, Verdict, failed

# The most telling first: a changed document says more than an expired certificate.
TELLING: Final = (
    "HASH_FAILURE SIG_CRYPTO_FAILURE FORMAT_FAILURE REVOKED EXPIRED NOT_YET_VALID "
    "SIGNED_DATA_NOT_FOUND NO_SIGNING_CERTIFICATE_FOUND CRYPTO_CONSTRAINTS_FAILURE "
    "REVOKED_NO_POE REVOKED_CA_NO_POE OUT_OF_BOUNDS_NO_POE NO_CERTIFICATE_CHAIN_FOUND CHAIN_CONSTRAINTS_FAILURE "
    "CERTIFICATE_CHAIN_GENERAL_FAILURE SIG_CONSTRAINTS_FAILURE TIMESTAMP_ORDER_FAILURE TRY_LATER GENERIC "
    "POLICY_PROCESSING_ERROR"
).split()
WORST_FIRST: Final = (Verdict.UNREADABLE, Verdict.INVALID, Verdict.INDETERMINATE, Verdict.VALID)
REQUIRED_OF_ALL: Final = (
    "VALUE_MALFORMED",
    "DATAHASH_MISMATCH",
    "SIGNATURE_VALUE_INVALID",
    "COVERAGE_PARTIAL",
    "SIGNER_CERT_UNTRUSTED",
    "SIGNER_CERT_EXPIRED_AT_SIGNING",
)
REQUIRED_OF_SEALS: Final = (
    *REQUIRED_OF_ALL,
    "SEAL_SIGNATURE_INVALID",
    "SIGNER_NOT_IN_SEAL",
    "SEAL_NOT_VALID_AT_SIGNING",
    "SEAL_MAKER_UNTRUSTED",
    "SEAL_MAKER_EXPIRED_AT_MAKING",
)
# Revocation is answered by what was found out, or by *nobody to ask*, which names the code in whose place it stands.
REVOCATION_OF_SIGNER: Final = "SIGNER_CERT_REVOKED_BEFORE_SIGNING"
REVOCATION_OF_MAKER: Final = "SEAL_MAKER_REVOKED_BEFORE_SIGNING"
_NO_SOURCE: Final = "REVOCATION_NO_SOURCE"

_PROVE: Final = {
    "intact": "DATAHASH_MISMATCH",
    "cryptographically_valid": "SIGNATURE_VALUE_INVALID",
    "trusted": "SIGNER_CERT_UNTRUSTED",
}


@dataclass(frozen=True)
class Judgement:
    """What the checks of one signature come to."""

    verdict: Verdict
    sub_indication: str | None
    intact: bool | None
    cryptographically_valid: bool | None
    trusted: bool | None
    checks: tuple[Check, ...]


def judged(kind: str, checks: Iterable[Check]) -> Judgement:
    """Judge a signature of a kind (`seal` or `signature`) by its checks; what was required and is missing is added."""
    found = tuple(checks)
    known = codes()
    found = (*found, *_missing(kind, found))
    verdict, sub_indication = Verdict.VALID, None
    for wanted, worse in (
        (Indication.TOTAL_FAILED, Verdict.INVALID),
        (Indication.INDETERMINATE, Verdict.INDETERMINATE),
    ):
        said = [sub for each in found if (sub := _means(known[each.code], each.outcome, wanted)) is not None]
        if said:
            verdict, sub_indication = worse, min(said, key=rank)
            break
    facts = [_fact(found, fact) for fact in ("intact", "cryptographically_valid", "trusted")]
    return Judgement(verdict, sub_indication, facts[0], facts[1], facts[2], found)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Give the worst of several verdicts, and *unsigned* for none."""
    found = set(verdicts)
    return next((each for each in WORST_FIRST if each in found), Verdict.UNSIGNED)


def rank(sub_indication: str) -> int:
    """Tell how telling a sub-indication is: the smaller, the more."""
    return TELLING.index(sub_indication) if sub_indication in TELLING else len(TELLING)


def decisive(checks: Iterable[Check], sub_indication: str | None) -> Check | None:
    """Find the check that decided, for a sentence about it."""
    known = codes()
    for each in checks:
        for wanted in (Indication.TOTAL_FAILED, Indication.INDETERMINATE):
            if sub_indication is not None and _means(known[each.code], each.outcome, wanted) == sub_indication:
                return each
    return None


def _missing(kind: str, checks: tuple[Check, ...]) -> list[Check]:
    """Tell which required check neither passed nor said why not; only where nothing else already spoils the verdict."""
    known = codes()
    if any(_spoils_verdict(known[each.code], each.outcome) for each in checks):
        return []
    sealed = kind == "seal"
    passed = {each.code for each in checks if each.outcome is Outcome.PASSED}
    unasked = {each.facts.get("instead_of") for each in checks if each.code == _NO_SOURCE}
    required = REQUIRED_OF_SEALS if sealed else REQUIRED_OF_ALL
    answers = (REVOCATION_OF_SIGNER, REVOCATION_OF_MAKER) if sealed else (REVOCATION_OF_SIGNER,)
    missing = [code for code in required if code not in passed]
    missing += [code for code in answers if code not in passed | unasked]
    return [failed("CHECK_MISSING", missing=code) for code in missing]


def _spoils_verdict(code: CheckCode, outcome: Outcome) -> bool:
    return outcome is Outcome.FAILED or (outcome is Outcome.NOT_CHECKED and code.unchecked is not None)


def _means(code: CheckCode, outcome: Outcome, wanted: Indication) -> str | None:
    """Give the sub-indication that an outcome stands for, where it stands for this indication."""
    if outcome is Outcome.FAILED and code.indication is wanted:
        return code.sub_indication
    if outcome is Outcome.NOT_CHECKED and wanted is Indication.INDETERMINATE:
        return code.unchecked
    return None


def _fact(checks: tuple[Check, ...], fact: str) -> bool | None:
    """Tell a fact: false when something spoils it, unknown when it was not asked or could not be told, else true.

    A document is changed and a signature wrong only where that was found; trust that was not found is not there.
    """
    known = codes()
    spoiling = [
        each for each in checks if known[each.code].spoils == fact and _spoils_verdict(known[each.code], each.outcome)
    ]
    if any(_means(known[each.code], each.outcome, Indication.TOTAL_FAILED) for each in spoiling):
        return False
    if spoiling:
        refused = fact == "trusted" and any(each.outcome is Outcome.FAILED for each in spoiling)
        return False if refused else None
    proven = any(each.code == _PROVE[fact] and each.outcome is Outcome.PASSED for each in checks)
    return True if proven else None
