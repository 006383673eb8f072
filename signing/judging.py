"""One signature of a document: all that can be said of it, by the numbered procedures of the standards.

A seal's signature (GM/T 0031-2014 6.2.3; GB/T 38540-2020 7.3 asks the same in another order):

 a) the format of signature and seal, told by content, deviations named;
 b) the signature value over TBS_Sign, as its original bytes stand;
 c) the signer's certificate: chain, period, revocation, usage;
 d) the time: claimed against proven, both against the certificate's period and revocation;
 e) dataHash against the digest of what the document says is signed; propertyInfo against where it stands;
 f) the seal, by 6.1.2: a) format, b) the maker's signature, c) the maker's certificate, d) the seal's period then;
    and of the signer: the certificate is one of the seal's list; the seal in the document is this very one;
 g) nothing is valid unless all of it passed: that is counted in `signing.verdicts`.

A signed message (GB/T 35275-2017 8, RFC 5652 5): a) format; b) one signer at least, every signer's value right; c), d)
as above; e) the message digest, or the content that stands for it; g) the same count.

Every step is taken wherever it can be; none stops the others. Any bytes whatever come to an answer.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from base.errors import DomainError
from keys import ocsp, revocation_lists, timestamps
from keys.certificates import Certificate
from keys.chain import VerifiedPath
from keys.cms.signed_data import SignedData
from keys.errors import ComputationFailed, VerifyingUnavailable
from keys.purposes import DOCUMENT, SEAL, TIME_STAMP, Purpose
from keys.timestamp_errors import MalformedTimeStamp, TimeStampUnsupported, TimeStampWrong
from keys.trust import Trust
from keys.trust_errors import MalformedOcspAnswer, MalformedRevocationList, OcspRefused
from signing import messages, seal_standing, signature_values, signing_times, values, verdicts
from signing.formats.format import FoundSignature
from signing.policy import Policy
from signing.report import (
    Check,
    Outcome,
    SealFacts,
    SignatureReport,
    SignedAt,
    Signer,
    Verdict,
    failed,
    not_checked,
    passed,
    warned,
)
from signing.seal_standing import NO_WORDS, SealWords
from signing.sealed_values import bound_to, in_period, listed, picture_facts
from signing.seals import reading
from signing.seals.seal import SealedValue
from signing.signing_times import Claim, Proof, told
from signing.standing import MAKER, SIGNER, Moments, Searches, Standing, good_since, standing
from signing.values import Unusable

# What a library or this house may raise over bytes that nobody foresaw; then that signature is not decided, and said.
UNFORESEEN: Final = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    AssertionError,
    OverflowError,
    RecursionError,
    DomainError,
)
TIMESTAMP_STANDARD: Final = "RFC 3161"


@dataclass(frozen=True)
class Judged:
    """A judgement, and what it rested on: the certificates and time stamps that came with the signature."""

    report: SignatureReport
    certificates: tuple[Certificate, ...] = ()
    tokens: tuple[bytes, ...] = field(repr=False, default=())
    is_test: bool = False
    # What a document's time stamp proves for the signatures before it.
    proves: datetime | None = None
    # The paths of signers and time-stamp authorities that were found.
    paths: tuple[VerifiedPath, ...] = field(repr=False, default=())
    # Whether the document itself has what is needed to judge all of them later (`signing.levels`).
    carries_evidence: bool = False


def judge(
    found: FoundSignature,
    policy: Policy,
    at: datetime,
    searches: Searches,
    proven_later: datetime | None = None,
    words: SealWords = NO_WORDS,
) -> Judged:
    """Judge one signature; `proven_later` is the moment by which a later time stamp of the document saw it.

    `words` is what registers say of seals, by their codes.
    """
    try:
        return _Judgement(found, policy, at, searches, proven_later, words).made()
    except UNFORESEEN as error:
        crash = failed("CHECK_CRASHED", reason=type(error).__name__)
        return Judged(reported(found, "unknown", found.declared_kind or "signature", (*found.checks, crash)))


def reported(
    found: FoundSignature,
    standard: str,
    kind: str,
    checks: Iterable[Check],
    *,
    signer: Signer | None = None,
    seal: SealFacts | None = None,
    signed_at: SignedAt | None = None,
) -> SignatureReport:
    """Count the checks of a signature and put its report together."""
    kind = "seal" if kind == "seal" else "signature"
    judgement = verdicts.judged(kind, checks)
    return SignatureReport(
        found.id,
        kind,
        standard,
        judgement.verdict,
        judgement.sub_indication,
        judgement.intact,
        judgement.cryptographically_valid,
        judgement.trusted,
        signer,
        seal,
        signed_at or SignedAt(claimed=found.claimed_time),
        found.coverage,
        found.places,
        judgement.checks,
    )


def coverage_checks(found: FoundSignature) -> Iterator[Check]:
    """Tell what the signature leaves out, where the format has not told it already."""
    told_already = {each.code for each in found.checks}
    visible, invisible = found.coverage.uncovered_visible, found.coverage.uncovered_invisible
    if "COVERAGE_PARTIAL" not in told_already:
        if visible:
            yield failed("COVERAGE_PARTIAL", count=len(visible), example=visible[0])
        else:
            yield passed("COVERAGE_PARTIAL")
    if invisible and "ENTRY_UNCOVERED" not in told_already:
        yield warned("ENTRY_UNCOVERED", count=len(invisible), example=invisible[0])


class _Judgement:
    """One judgement under way."""

    def __init__(
        self,
        found: FoundSignature,
        policy: Policy,
        at: datetime,
        searches: Searches,
        proven_later: datetime | None,
        words: SealWords,
    ) -> None:
        self.found = found
        self.policy = policy
        self.at = at
        self.searches = searches
        self.proven_later = proven_later
        self.words = words
        self.checks: list[Check] = [*found.checks, *coverage_checks(found)]
        self.certificates: list[Certificate] = []
        self.tokens: list[bytes] = []
        self.message: SignedData | None = None
        self.paths: list[VerifiedPath] = []
        self.carries_evidence = bool(found.lists or found.answers)
        self.is_test = False
        self.material = _certificates(found.certificates)
        lists, answers = tuple(_lists(found.lists)), tuple(_answers(found.answers))
        self.trust = _with(searches.trust, self.material, lists, answers)
        # Nothing but the anchors and what came with the document: what somebody else will have later.
        self.own = _with(Trust(at, searches.trust.anchors), self.material, lists, answers)
        self.certificates.extend(self.material)

    def made(self) -> Judged:
        """Tell by content what the value is and go through its procedure."""
        if self.found.value is None:
            if not any(each.outcome is Outcome.FAILED for each in self.checks):
                self.checks.append(failed("VALUE_MISSING"))
            return self._told(self.found.declared_method or "unknown", self.found.declared_kind or "signature")
        if self.found.is_document_timestamp:
            return self._document_timestamp(self.found.value)
        value = values.read(self.found.value, self.policy)
        if isinstance(value, Unusable):
            self.checks.append(value.check)
            return self._told(value.standard, value.kind)
        self._compare_kinds("seal" if isinstance(value, SealedValue) else "signature")
        return self._sealed(value) if isinstance(value, SealedValue) else self._message(value)

    # a seal's signature, steps a) to f)

    def _sealed(self, value: SealedValue) -> Judged:
        # a) format of signature and seal (6.2.3 a, 6.1.2 a)
        self._format(value.version.value, sorted(value.deviations | value.seal.deviations))
        for extension in (*value.seal.extensions, *value.extensions):
            if extension.critical:
                self.checks.append(warned("CRITICAL_EXTENSION_UNKNOWN", oid=extension.oid))
        # d) the time, first, since all that follows asks for it
        claimed = signing_times.claim(value.time)
        tokens = () if value.timestamp is None else (value.timestamp,)
        moments = self._moments(claimed, tokens, value.signer.value)
        # b) the signature value (6.2.3 b)
        signed = signature_values.of_part(value.signer, signature_values.SIGNER, self.policy, moments.asked)
        self.checks.extend(signed)
        # c), d) the signer's certificate (6.2.3 c, d)
        signer = self._standing(value.signer.certificate, moments)
        # e) the digest, and what the signer said was sealed (6.2.3 e)
        digest = signature_values.digest_for(value.signer.algorithm)
        same = signature_values.same(value.data_hash, signature_values.digest_of(self.found.message, digest))
        self.checks.append((passed if same else failed)("DATAHASH_MISMATCH", digest=digest.name))
        self.checks.append(bound_to(value.property_info, self.found.name_for_value))
        # f) the seal (6.1.2) and the signer's right to it
        self._seal(value, moments)
        if (word := self.words.get(value.seal.id)) is not None:
            self.checks.extend(seal_standing.checks(word, moments))
        self.checks.extend(listed(value))
        if self.found.seal_file is not None:
            same = self.found.seal_file == value.seal.der
            self.checks.append((passed if same else failed)("SEAL_FILE_MISMATCH"))
        return self._told(
            value.version.value,
            "seal",
            signer=signer,
            seal=picture_facts(value.seal),
            signed_at=SignedAt(claimed.shown, moments.proven),
        )

    def _seal(self, value: SealedValue, moments: Moments) -> None:
        seal = value.seal
        proven = self._proof((seal.timestamp,), seal.maker.value).at if seal.timestamp is not None else None
        known = [each for each in (proven, moments.proven) if each is not None]
        made = Moments(self.at, min(known, default=None), Claim(seal.created_at, (seal.created_at,)))
        # 6.1.2 b) the maker's signature
        self.checks.extend(signature_values.of_part(seal.maker, signature_values.MAKER, self.policy, made.asked))
        # 6.1.2 c) the maker's certificate
        if seal.maker.certificate is not None:
            self._noted(standing(seal.maker.certificate, MAKER, made, self.policy, self.searches, self.trust, SEAL))
            self.certificates.append(seal.maker.certificate)
        # 6.1.2 d), 6.2.3 f) the seal's period at signing
        self.checks.append(in_period(seal, moments))

    # a signed message

    def _message(self, value: SignedData) -> Judged:
        self.message, standard = value, messages.standard(value)
        self._format(standard, sorted(value.deviations | {each for one in value.signers for each in one.deviations}))
        self.certificates.extend(each.certificate for each in value.certificates if each.certificate is not None)
        came_along, lists = tuple(self.certificates), tuple(_lists(value.lists))
        self.trust, self.own = _with(self.trust, came_along, lists), _with(self.own, came_along, lists)
        told_of: Signer | None = None
        signed_at: SignedAt | None = None
        for number, each in enumerate(value.signers):
            # b), e) the signer's value and the digest; c), d) the certificate and the time
            judged = messages.judge(value, each, self.found.message, self.material, self.policy)
            claimed = signing_times.claim(judged.signing_time or self.found.claimed_time)
            if judged.signing_time is None:
                # What the document writes beside the signature is shown, and nothing is decided by it.
                claimed = Claim(claimed.shown, decides=False)
            moments = self._moments(claimed, each.timestamp_tokens, each.signature)
            self.checks.extend(judged.checks)
            self.checks.extend(messages.accepted(judged, self.policy, moments.asked))
            signer = self._standing(judged.certificate, moments, DOCUMENT)
            if not number:
                told_of, signed_at = signer, SignedAt(claimed.shown, moments.proven)
        return self._told(standard, "signature", signer=told_of, signed_at=signed_at)

    # a time stamp of the document

    def _document_timestamp(self, data: bytes) -> Judged:
        try:
            token = timestamps.token(data)
        except MalformedTimeStamp as error:
            self.checks.append(failed("VALUE_MALFORMED", reason=error.reason, offset=error.offset))
            return self._told(TIMESTAMP_STANDARD, "signature")
        self._format(TIMESTAMP_STANDARD, ())
        self.tokens.append(data)
        self.certificates.extend(token.certificates)
        self.trust = self.trust.with_material(token.certificates, token.lists)
        algorithm = token.info.imprint.algorithm
        if algorithm is None:
            self.checks.append(failed("ALG_UNSUPPORTED", algorithm=token.info.imprint.oid))
        else:
            same = signature_values.digest_of(self.found.message, algorithm) == token.info.imprint.value
            self.checks.append((passed if same else failed)("DATAHASH_MISMATCH", digest=algorithm.name))
        moments = Moments(self.at, self.proven_later, Claim(token.info.at, (token.info.at,)))
        signer = None
        try:
            anchors = tuple(each.certificate for each in self.trust.anchors)
            candidates = (*token.certificates, *self.trust.intermediates, *anchors)
            certificate = timestamps.proven_signer(token, candidates)
            self.checks.append(passed("SIGNATURE_VALUE_INVALID", algorithm=TIMESTAMP_STANDARD))
            self.checks.extend(signing_times.plausible(moments.claimed, None, self.at, self.policy))
            signer = self._standing(certificate, moments, TIME_STAMP)
        except TimeStampWrong as error:
            self.checks.append(failed("SIGNATURE_VALUE_INVALID", reason=error.reason))
        except TimeStampUnsupported as error:
            self.checks.append(failed("ALG_UNSUPPORTED", algorithm=error.algorithm))
        except (VerifyingUnavailable, ComputationFailed) as error:
            self.checks.append(not_checked("SIGNATURE_VALUE_INVALID", reason=error.code))
        told_of = self._told(
            TIMESTAMP_STANDARD, "signature", signer=signer, signed_at=SignedAt(token.info.at, self.proven_later)
        )
        fine = told_of.report.verdict is Verdict.VALID
        return replace(told_of, proves=token.info.at if fine else None)

    # what all have in common

    def _format(self, standard: str, deviations: Iterable[str]) -> None:
        self.checks.append(passed("VALUE_MALFORMED", standard=standard))
        self.checks.extend(warned("NONSTANDARD_ENCODING", deviation=str(each)) for each in deviations)

    def _compare_kinds(self, found: str) -> None:
        declared = self.found.declared_kind
        if declared in ("seal", "signature") and declared != found:
            self.checks.append(warned("KIND_MISMATCH", declared=declared, found=found))

    def _proof(self, tokens: tuple[bytes, ...], signature: bytes) -> Proof:
        trust, budget = self.trust, self.searches.budget
        proof = signing_times.proof(tokens, signature, trust, self.policy, self.at, budget, self.proven_later)
        self.checks.extend(proof.checks)
        self.tokens.extend(proof.tokens)
        self.certificates.extend(proof.certificates)
        self.is_test = self.is_test or proof.is_test
        self.own = _with(self.own, proof.certificates, ())
        for each in proof.paths:
            self._rests_on(each, proof.at)
        return proof

    def _moments(self, claimed: Claim, tokens: tuple[bytes, ...], signature: bytes) -> Moments:
        """Carry out step d) as far as it needs no certificate."""
        own = self._proof(tokens, signature).at
        known = [each for each in (own, self.proven_later) if each is not None]
        proven = min(known, default=None)
        if proven is None:
            self.checks.append(not_checked("SIGNING_TIME_UNPROVEN"))
        else:
            self.checks.append(passed("SIGNING_TIME_UNPROVEN", time=told(proven)))
        self.checks.extend(signing_times.plausible(claimed, proven, self.at, self.policy))
        return Moments(self.at, proven, claimed)

    def _standing(self, certificate: Certificate | None, moments: Moments, purpose: Purpose = SEAL) -> Signer | None:
        if certificate is None:
            return None
        self.certificates.append(certificate)
        found = standing(certificate, SIGNER, moments, self.policy, self.searches, self.trust, purpose)
        self._noted(found)
        self._rests_on(found.path, moments.proven)
        chain = found.path.certificates if found.path is not None else (certificate,)
        return Signer(
            certificate.subject.text,
            certificate.issuer.text,
            certificate.serial_text,
            certificate.not_before,
            certificate.not_after,
            tuple(each.subject.text for each in chain),
        )

    def _noted(self, found: Standing) -> None:
        self.checks.extend(found.checks)
        self.is_test = self.is_test or (found.path is not None and found.path.is_test)

    def _rests_on(self, path: VerifiedPath | None, proven: datetime | None) -> None:
        """Note a path, and whether the document has by itself what calls every certificate of it good."""
        if path is not None:
            self.paths.append(path)
        if not self.carries_evidence:
            return
        self.carries_evidence = (
            path is not None
            and proven is not None
            and all(
                each in self.own.intermediates and good_since(each, above, proven - self.policy.skew, self.at, self.own)
                for each, above in path.steps
            )
        )

    def _told(
        self,
        standard: str,
        kind: str,
        *,
        signer: Signer | None = None,
        seal: SealFacts | None = None,
        signed_at: SignedAt | None = None,
    ) -> Judged:
        if self.is_test:
            self.checks.append(warned("TEST_SEAL"))
        self.checks.extend(messages.not_needed(self.message, self.tokens, self.paths, self.searches.trust))
        report = reported(self.found, standard, kind, self.checks, signer=signer, seal=seal, signed_at=signed_at)
        return Judged(
            report,
            tuple(dict.fromkeys(self.certificates)),
            tuple(self.tokens),
            self.is_test,
            paths=tuple(self.paths),
            carries_evidence=self.carries_evidence and bool(self.paths),
        )


def _with(
    trust: Trust,
    certificates: tuple[Certificate, ...],
    lists: tuple[revocation_lists.RevocationList, ...],
    answers: tuple[ocsp.OcspAnswer, ...] = (),
) -> Trust:
    """Add what came with a document; where nothing did, what was laid out and found before stays of use."""
    return trust.with_material(certificates, lists, answers) if certificates or lists or answers else trust


def _certificates(found: Iterable[bytes]) -> tuple[Certificate, ...]:
    read = (reading.certificate(each) for each in found)
    return tuple(each for each in read if each is not None)


def _lists(found: Iterable[bytes]) -> Iterator[revocation_lists.RevocationList]:
    for each in found:
        try:
            yield revocation_lists.RevocationList.of(each)
        except MalformedRevocationList:
            continue


def _answers(found: Iterable[bytes]) -> Iterator[ocsp.OcspAnswer]:
    for each in found:
        try:
            yield ocsp.OcspAnswer.of(each)
        except (MalformedOcspAnswer, OcspRefused):
            continue
