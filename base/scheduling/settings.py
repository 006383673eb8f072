"""What the scheduler and the workers can be told."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from base.settings import setting


@dataclass(frozen=True)
class SchedulingSettings:
    """How long silence is borne, how often the clock is looked at, how much runs at once."""

    SECTION: ClassVar[str] = "scheduling"
    lease_seconds: float = setting(15.0, "A scheduler or worker silent for this long is taken for dead and replaced.")
    tick_seconds: float = setting(1.0, "How often the leading scheduler looks for due work.")
    threads: int = setting(4, "Jobs that one scheduler runs at once.")
    bulk_threads: int = setting(2, "Bulk tasks that one scheduler or worker runs at once.")
    stop_seconds: float = setting(15.0, "How long a stopping process waits for its work before it hands it back.")

    @property
    def silence(self) -> timedelta:
        """How long a heartbeat may be missing."""
        return timedelta(seconds=self.lease_seconds)

    @property
    def beat_seconds(self) -> float:
        """How often to give a sign of life: two may be lost before anyone takes over."""
        return self.lease_seconds / 3
