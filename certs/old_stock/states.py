"""The life of a batch of old stock.

    uploaded → profiling → profiled ─sign-off→ signed-off → making → made ─sample→ sampled → publishing → published
                               │                                                                              │
                               └─drop→ dropped                                       (objection window)  closed

From its sign-off on until it is closed a batch can be rolled back: → rolling-back → rolled-back. The states that end
in -ing are a task's; whoever does it may be killed and goes on where it was.
"""

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from certs.old_stock.errors import OldStockStepNotAllowed


class BatchState(enum.StrEnum):
    """Where a batch stands."""

    UPLOADED = "uploaded"
    PROFILING = "profiling"
    PROFILED = "profiled"
    DROPPED = "dropped"
    SIGNED_OFF = "signed-off"
    MAKING = "making"
    MADE = "made"
    SAMPLED = "sampled"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    CLOSED = "closed"
    ROLLING_BACK = "rolling-back"
    ROLLED_BACK = "rolled-back"


class BatchStep(enum.StrEnum):
    """What is done to a batch, by somebody or by its task."""

    PROFILE = "profile"
    PROFILED = "profiled"
    DROP = "drop"
    SIGN_OFF = "sign-off"
    MAKE = "make"
    MADE = "made"
    STOP = "stop"
    SAMPLE = "sample"
    PUBLISH = "publish"
    PUBLISHED = "published"
    CLOSE = "close"
    ROLL_BACK = "roll-back"
    ROLLED_BACK = "rolled-back"


_B = BatchState
MOVES: Final[Mapping[BatchStep, tuple[frozenset[BatchState], BatchState]]] = MappingProxyType(
    {
        BatchStep.PROFILE: (frozenset({_B.UPLOADED}), _B.PROFILING),
        BatchStep.PROFILED: (frozenset({_B.PROFILING}), _B.PROFILED),
        BatchStep.DROP: (frozenset({_B.UPLOADED, _B.PROFILED}), _B.DROPPED),
        BatchStep.SIGN_OFF: (frozenset({_B.PROFILED}), _B.SIGNED_OFF),
        # Again from *made*: what failed for want of a seal is tried once more.
        BatchStep.MAKE: (frozenset({_B.SIGNED_OFF, _B.MADE}), _B.MAKING),
        BatchStep.MADE: (frozenset({_B.MAKING}), _B.MADE),
        # The seal was refused: what is made stays, the rest waits until there is leave.
        BatchStep.STOP: (frozenset({_B.MAKING}), _B.SIGNED_OFF),
        BatchStep.SAMPLE: (frozenset({_B.MADE, _B.SAMPLED}), _B.SAMPLED),
        BatchStep.PUBLISH: (frozenset({_B.SAMPLED}), _B.PUBLISHING),
        BatchStep.PUBLISHED: (frozenset({_B.PUBLISHING}), _B.PUBLISHED),
        BatchStep.CLOSE: (frozenset({_B.PUBLISHED}), _B.CLOSED),
        BatchStep.ROLL_BACK: (frozenset({_B.SIGNED_OFF, _B.MADE, _B.SAMPLED, _B.PUBLISHED}), _B.ROLLING_BACK),
        BatchStep.ROLLED_BACK: (frozenset({_B.ROLLING_BACK}), _B.ROLLED_BACK),
    }
)


def after(state: BatchState, step: BatchStep) -> BatchState:
    """Tell where a step leads. Raises `OldStockStepNotAllowed`."""
    sources, target = MOVES[step]
    if state not in sources:
        raise OldStockStepNotAllowed(state.value, step.value)
    return target
