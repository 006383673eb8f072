"""When a channel may be used: from one time of day to another, in Beijing time, which may pass midnight. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Window:
    """From one time of day (in it) to another (no longer in it); both the same means all day."""

    start: time
    end: time

    def holds(self, at: datetime) -> bool:
        """Tell whether a moment is in it."""
        now = at.astimezone(BEIJING).time()
        if self.start < self.end:
            return self.start <= now < self.end
        return now >= self.start or now < self.end

    def opens(self, at: datetime) -> datetime:
        """Tell when it opens next, after a moment that is not in it."""
        local = at.astimezone(BEIJING)
        opening = datetime.combine(local.date(), self.start, BEIJING)
        return (opening if opening > local else opening + timedelta(days=1)).astimezone(at.tzinfo)


def read(texts: Iterable[str]) -> Mapping[str, tuple[Window, ...]]:
    """Read windows written as `TARGET HH:MM-HH:MM`, by target. Raises `ValueError` naming what cannot be read."""
    found: dict[str, tuple[Window, ...]] = {}
    for text in texts:
        try:
            target, span = text.split()
            start, end = (time.fromisoformat(each) for each in span.split("-"))
        except ValueError as error:
            raise ValueError(text) from error
        found[target] = (*found.get(target, ()), Window(start, end))
    return found


def closed_until(windows: Iterable[Window], at: datetime) -> datetime | None:
    """Tell when a channel with these windows opens next; none where it is open, or has no windows."""
    told = tuple(windows)
    if not told or any(each.holds(at) for each in told):
        return None
    return min(each.opens(at) for each in told)
