"""What of a certificate's life its supervisor is told, and in which words they answer. Pure.

A supervisor is told when a certificate comes into force, when a newer version takes its place, and whenever how it
stands changes. That a former version ends by a change is told with the newer one and not beside it, so that one act is
one notice. Drafts, files that were taken in from elsewhere, and reviews that change nothing are not told.
"""

import enum
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from certs.life import Step
from certs.supervision.errors import UnusableSupervisionFeedback

ISSUE: Final = "issue"
# Steps that are told as themselves.
TOLD: Final = frozenset(
    {
        Step.SIGN,
        Step.PUBLISH,
        Step.SUSPEND,
        Step.RESUME,
        Step.FREEZE,
        Step.UNFREEZE,
        Step.REVOKE,
        Step.CANCEL,
        Step.TRANSFER,
        Step.ROLL_BACK,
    }
)
_BECOMES_VALID: Final = frozenset({Step.SIGN, Step.PUBLISH})
EVENTS: Final[Mapping[str, Step]] = MappingProxyType({f"certificate.{each.value}": each for each in TOLD})
ACTS: Final = (ISSUE, *sorted(each.value for each in (TOLD - _BECOMES_VALID) | {Step.CHANGE, Step.RENEW}))


class Feedback(enum.StrEnum):
    """What a supervisor says after having received a notice."""

    INSPECTED = "inspected"
    NO_OBJECTION = "no_objection"
    IRREGULAR = "irregular"
    RECTIFIED = "rectified"
    PENALISED = "penalised"
    TRANSFERRED = "transferred"


# In the order of a supervisor's work: what each is called.
FEEDBACK_WORDS: Final[Mapping[Feedback, tuple[str, str]]] = MappingProxyType(
    {
        Feedback.INSPECTED: ("已检查", "inspected"),
        Feedback.NO_OBJECTION: ("无异议", "no objection"),
        Feedback.IRREGULAR: ("发现问题", "irregular"),
        Feedback.RECTIFIED: ("已整改", "put right"),
        Feedback.PENALISED: ("已处罚", "penalised"),
        Feedback.TRANSFERRED: ("已移送", "handed on to another organ"),
    }
)
# The issuer has to know at once: a licence that its holder does not live up to may have to be revoked.
ALARMING: Final = frozenset({Feedback.IRREGULAR, Feedback.PENALISED})


def act_of(step: Step, drafted_as: str, supersedes: str | None) -> str:
    """Name what is told: a newer version's first day is the change or the renewal that it was drafted for."""
    if step not in _BECOMES_VALID:
        return step.value
    return ISSUE if supersedes is None or drafted_as == Step.DRAFT.value else drafted_as


def require_possible(on: date, told_on: date, today: date) -> None:
    """Refuse a feedback of a day before the notice, or of one to come. Raises `UnusableSupervisionFeedback`."""
    if on > today:
        raise UnusableSupervisionFeedback("day-to-come")
    if on < told_on:
        raise UnusableSupervisionFeedback("day-before-notice")
