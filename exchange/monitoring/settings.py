"""What monitoring can be told: who is told of tickets, and from when on something is one."""

from dataclasses import dataclass
from typing import ClassVar, Final

from base.settings import setting

AT_LEAST_ONE: Final = (
    *("expiry_days", "expiry_critical_days", "secret_days", "source_minutes"),
    *("volume_least", "volume_factor", "volume_weeks"),
    *("quality_points", "rejected_percent", "rejected_least", "refused_percent", "refused_least", "silent_minutes"),
)


@dataclass(frozen=True)
class MonitoringSettings:
    """What monitoring can be told."""

    SECTION: ClassVar[str] = "monitoring"
    organisation: str = setting("", "Code of the organisation that looks after the platform; empty: every operator.")
    mail: tuple[str, ...] = setting((), "Mail addresses that are told of every ticket, and again when it is overdue.")
    webhooks: tuple[str, ...] = setting((), "Addresses of webhooks that are told of the same.")
    expiry_days: int = setting(30, "So many days before its end a certificate, key or secret becomes a ticket.")
    expiry_critical_days: int = setting(7, "So many days before its end that is critical.")
    secret_days: int = setting(365, "After how many days a secret that a platform gave us is to be renewed.")
    source_minutes: int = setting(10, "For how long a mounted source may be ill before it becomes a ticket.")
    volume_least: int = setting(1000, "Fewer calls a day than this are never unusual.")
    volume_factor: int = setting(5, "How many times its usual day a system may call before it becomes a ticket.")
    volume_weeks: int = setting(4, "Over how many weeks a usual day is taken.")
    quality_points: int = setting(10, "By how many points a directory's score may fall from one day to the next.")
    rejected_percent: int = setting(5, "Which share of a push's rows may be rejected.")
    rejected_least: int = setting(10, "Fewer rejected rows than this are never told of.")
    refused_percent: int = setting(10, "Which share of a day's records a platform may refuse.")
    refused_least: int = setting(5, "Fewer refusals a day than this are never told of.")
    silent_minutes: int = setting(120, "For how long a platform may believe none of what waits for it.")
