"""Documents that are sealed and verified in the benchmarks, and a stopwatch around every SM2 operation.

Rates are per second of CPU time of one thread, as `bench.algorithms` counts them: a busy neighbour does not decide.
"""

import functools
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from keys.algorithms import backends
from keys.algorithms.sm2_known_answers import E_VALUE, POINT, SIGNATURE
from signing import drafts
from signing.drafts import Impression, Manner
from signing.formats import FORMATS
from signing.report import Place
from tests.builders import pdf, seals
from tests.builders.pki import AT
from tests.signing import offices

PLACE = Place(1, 120, 200, 40, 40)
# As a certificate with its picture is, and as a bound volume with scans is.
LARGE = 2_000_000


@dataclass
class Spent:
    """CPU time that went into SM2, and how often it was asked for."""

    seconds: float = 0.0
    signatures: int = 0
    verifications: int = 0


def unsigned() -> Mapping[str, tuple[str, bytes]]:
    """Give the documents by name, each with its format."""
    noise = os.urandom(LARGE)
    return {
        "ofd_small": ("ofd", seals.archive(seals.document())),
        "ofd_2mb": ("ofd", seals.archive({**seals.document(), "Doc_0/Attachs/data.xml": noise})),
        "pdf_60kb": ("pdf", pdf.sixty_kilobytes()),
        "pdf_2mb": ("pdf", pdf.document(filler=LARGE)),
    }


@functools.cache
def impression() -> Impression:
    """Give a seal as it is used."""
    people = seals.usual()
    return Impression(seals.SealParts(4, people).der, offices.PICTURE, 40, 40, people.signer.certificate)


def sealed(format_name: str, document: bytes) -> bytes:
    """Seal a document: draft, signature, and the signature in its place."""
    draft = drafts.draft(document, FORMATS[format_name], impression(), Manner(places=(PLACE,)), AT)
    return draft.finish(draft.algorithm.sign(seals.usual().signer.key, draft.to_sign), None)


def rate(act: Callable[[], object], seconds: float) -> tuple[float, float, Spent, int]:
    """Tell how often a second of CPU time, and what share of it went into SM2."""
    act()
    with watched() as spent:
        done, began, until = 0, time.process_time(), time.monotonic() + 4 * seconds
        while (used := time.process_time() - began) < seconds and time.monotonic() < until:
            act()
            done += 1
    return done / used, spent.seconds / used, spent, done


def floors(seconds: float) -> dict[str, float]:
    """Measure SM2 alone, in the same run."""
    signer = backends.signer()
    handle = signer.generate()
    return {
        "sm2_sign": round(rate(lambda: handle.sign_e(E_VALUE), seconds)[0]),
        "sm2_verify": round(rate(lambda: signer.verify_e(POINT, SIGNATURE.der, E_VALUE), seconds)[0]),
    }


@contextmanager
def watched() -> Iterator[Spent]:
    """Take the time of every SM2 operation."""
    spent = Spent()
    signer = backends.signer()
    verifying: Any = type(signer)
    signing: Any = type(signer.generate())
    verify, sign = verifying.verify_e, signing.sign_e

    def timed_verify(self: Any, *told: bytes) -> bool:
        began = time.process_time()
        try:
            return bool(verify(self, *told))
        finally:
            spent.seconds += time.process_time() - began
            spent.verifications += 1

    def timed_sign(self: Any, *told: bytes) -> bytes:
        began = time.process_time()
        try:
            return bytes(sign(self, *told))
        finally:
            spent.seconds += time.process_time() - began
            spent.signatures += 1

    with patch.object(verifying, "verify_e", timed_verify), patch.object(signing, "sign_e", timed_sign):
        yield spent
