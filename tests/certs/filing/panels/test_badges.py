"""Badges: what a clerk reads in two words never promises more than was seen."""

from typing import Any

import pytest

from certs.filing.panels import badges
from certs.filing.panels.badges import Badge
from certs.filing.plans.plan import Answer


def ended(outcome: str, reason: str = "", statuses: tuple[str, ...] = (), fallback: str = "") -> dict[str, Any]:
    """Say how an item of a look-up ended."""
    return {
        "outcome": outcome,
        "reason": {"code": reason or outcome},
        "certificates": [{"status": each} for each in statuses],
        "fallback": {"answer": fallback} if fallback else {},
    }


@pytest.mark.parametrize(
    ("told", "badge"),
    [
        (ended("found", statuses=("valid",)), Badge.CALLED),
        (ended("found"), Badge.CALLED),
        (ended("found", statuses=("revoked", "valid")), Badge.CALLED),
        (ended("found", statuses=("revoked",)), Badge.SUBMIT),
        (ended("found", statuses=("expired",), fallback="later"), Badge.LATER),
        (ended("source_down", "source-slow"), Badge.DOWN),
        (ended("pending", "answered-later", fallback="promised"), Badge.DOWN),
        (ended("denied", "consent-missing", fallback="submit"), Badge.CONSENT),
        (ended("denied", "consent-not-standing"), Badge.CONSENT),
        (ended("denied", "frozen", fallback="submit"), Badge.SUBMIT),
        (ended("not_covered", "check-by-hand"), Badge.CHECK),
        (ended("not_found", fallback="promised"), Badge.PROMISED),
        (ended("not_covered", fallback="assisted"), Badge.ASSISTANCE),
        (ended("not_found"), Badge.SUBMIT),
    ],
)
def test_a_badge_says_how_a_material_ended(told: dict[str, Any], badge: Badge) -> None:
    assert badges.after(told) is badge


def test_every_answer_of_a_plan_has_a_badge() -> None:
    assert {badges.after(ended("not_found", fallback=each.value)) for each in Answer} <= set(Badge)
    assert len(Badge) == 11
