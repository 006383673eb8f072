"""What a judge of a sealed file will need later: the chains of its signers, and fresh word on their revocation.

The file is verified as the public does it; whatever its signatures rested on goes into the pack. Revocation lists are
of the past and call nobody good for the moment of the pack, so whoever can be asked about a certificate is asked now
(`Ask`); lists go along too, for authorities and for certificates that nobody answers for. Pure but for `Ask`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from base.db import Database
from keys import ocsp
from keys.authority import edges
from keys.authority.wiring import Authority
from keys.certificates import Certificate
from keys.chain import VerifiedPath
from keys.ocsp import OcspAnswer
from keys.trust import Trust
from keys.trust_errors import MalformedOcspAnswer, OcspRefused
from signing import replay
from signing.formats.evidence.members import numbered
from signing.verification import Examination

# Gives an OCSPResponse about a certificate by its issuer, or None where nobody can be asked.
Ask = Callable[[Certificate, Certificate], bytes | None]
# Two digits name the members of a folder.
MOST: Final = 99
# A list of a large authority has some MiB; one that is larger is left to whoever judges.
LARGEST_LIST: Final = 4 * 1024 * 1024


@dataclass(frozen=True)
class Material:
    """Chains, lists and answers, in DER."""

    chain: tuple[bytes, ...] = field(repr=False)
    library: tuple[bytes, ...] = field(repr=False)
    lists: tuple[bytes, ...] = field(repr=False)
    answers: tuple[bytes, ...] = field(repr=False)

    @property
    def members(self) -> dict[str, bytes]:
        """Name the members of a pack."""
        return {
            **numbered("chain", "cer", self.chain[:MOST]),
            **numbered("library", "cer", self.library[:MOST]),
            **numbered("revocation", "crl", self.lists[:MOST]),
            **numbered("revocation", "ocsp", self.answers[:MOST]),
        }


def house_asking(database: Database, authority: Authority, now: Callable[[], datetime]) -> Ask:
    """Ask the responder of this house; about strangers it has no answer."""

    def ask(certificate: Certificate, issuer: Certificate) -> bytes | None:
        question = ocsp.question(ocsp.CertId.of(certificate, issuer))
        return edges.answer(database, authority, question, now()).der

    return ask


def gathered(examination: Examination, library: VerifiedPath, trust: Trust, ask: Ask) -> Material:
    """Gather what the file's signatures and the library's own certificate rest on."""
    paths = [path for judged in examination.judged for path in judged.paths]
    needed = replay.needed(trust, (*examination.certificates, *library.certificates), examination.tokens)
    chain = dict.fromkeys(
        (
            *(each.der for path in paths for each in path.certificates),
            *(each.der for each in examination.certificates),
            *(each.der for each in needed.intermediates),
        )
    )
    steps = dict.fromkeys(step for path in (*paths, library) for step in path.steps)
    return Material(
        tuple(chain),
        # The library's own first; its root is nothing that a pack can vouch for.
        tuple(each.der for each in library.certificates[:-1]) or (library.certificate.der,),
        tuple(dict.fromkeys(each.der for each in needed.lists if len(each.der) <= LARGEST_LIST)),
        tuple(dict.fromkeys(_answers(steps, ask))),
    )


def _answers(steps: Iterable[tuple[Certificate, Certificate]], ask: Ask) -> Iterator[bytes]:
    for certificate, issuer in steps:
        data = ask(certificate, issuer)
        if data is None:
            continue
        try:
            OcspAnswer.of(data)
        except (MalformedOcspAnswer, OcspRefused):
            continue
        yield data
