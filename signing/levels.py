"""How long a signature of a PDF will convince: the levels of EN 319 142-1, as they are asked for and as they are found.

    B-B   the signature with its certificate
    B-T   and a time stamp over it, so that its time is proven
    B-LT  and all that is needed to judge it later: certificates, lists and answers, kept in the document
    B-LTA and a time stamp over the whole document, which keeps that material from ageing

A level says what a signature carries, never that it is good: an invalid one may carry everything. What counts as *all
that is needed* is asked of the document alone: with the anchors and nothing else of our own, every certificate below
them must be called good by evidence from the proven moment on (`signing.standing.good_since`).
"""

import enum
from collections.abc import Collection, Iterable
from dataclasses import replace

from signing.formats.format import FoundSignature
from signing.judging import Judged
from signing.report import SignatureReport


class Level(enum.StrEnum):
    """A level, by what is asked for it."""

    B_B = "B-B"
    B_T = "B-T"
    B_LT = "B-LT"
    B_LTA = "B-LTA"

    @property
    def is_stamped(self) -> bool:
        """Tell whether a time stamp over the signature belongs to it."""
        return self is not Level.B_B

    @property
    def keeps_material(self) -> bool:
        """Tell whether the material for later belongs to it."""
        return self in (Level.B_LT, Level.B_LTA)


def found(signature: FoundSignature, judged: Judged, good_stamps: Collection[str]) -> Level | None:
    """Tell the level of a signature; None for what has none: seals' values, time stamps, signatures outside of PDF."""
    if not signature.has_level or signature.is_document_timestamp or judged.report.kind == "seal":
        return None
    if judged.report.signed_at.proven is None:
        return Level.B_B
    if not judged.carries_evidence:
        return Level.B_T
    return Level.B_LTA if any(each in good_stamps for each in signature.archived_by) else Level.B_LT


def told(
    signatures: Iterable[FoundSignature], judged: Iterable[Judged], reports: Iterable[SignatureReport]
) -> tuple[SignatureReport, ...]:
    """Write its level into the report of every signature."""
    all_judged = tuple(judged)
    good = frozenset(each.report.id for each in all_judged if each.proves is not None)
    return tuple(
        replace(report, level=None if level is None else level.value)
        for signature, one, report in zip(signatures, all_judged, reports, strict=True)
        for level in (found(signature, one, good),)
    )
