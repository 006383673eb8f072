"""What synchronisation can be told, and the parts built from it: targets by name, the kinds, the keys of kept data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Final

from base.callers import Caller
from base.settings import Settings, UnusableSetting, setting
from catalog_sync import windows
from catalog_sync.kinds import KINDS
from catalog_sync.kinds.kind import Kind
from catalog_sync.reconciliation.signing import BalanceKey
from catalog_sync.targets import TARGETS
from catalog_sync.targets.making import Ground, Maker
from catalog_sync.targets.target import Target
from catalog_sync.windows import Window
from certs.contents import Keys
from keys.checkpoints.wiring import Checkpoints

CHANGES: Final = "sync.changes"
PUSH: Final = "sync.push"
RECEIPTS: Final = "sync.receipts"
SWEEP: Final = "sync.sweep"
MIRROR: Final = "sync.mirror"
RECONCILE: Final = "sync.reconcile"
LAY_OUT: Final = "sync.lay-out-returns"
FETCH: Final = "sync.fetch-returns"
OUTSIDE_SEALS: Final = "sync.outside-seals"
JOB_NAMES: Final = (CHANGES, PUSH, RECEIPTS, SWEEP)
# What is run by hand, and whose runs are told: what is told upwards, what is read from there, what other sites get.
BY_HAND: Final = (*JOB_NAMES, MIRROR, LAY_OUT, FETCH, OUTSIDE_SEALS)
# What is told as a run, and run by a command of its own.
RUNS: Final = (*BY_HAND, RECONCILE)

MOST_CHANGES: Final = 1000
MOST_TRIES: Final = 100
MOST_THREADS: Final = 32
MOST_HOURS: Final = 24 * 31
MOST_DAYS: Final = 366
# Thirty years, for which 档案 of that kind are kept at most before they are kept for ever.
MOST_KEPT_DAYS: Final = 30 * 366
WHOLE: Final = 100
MOST_REPAIRED: Final = 10_000
FEWEST_CLAIM_SECONDS: Final = 1


@dataclass(frozen=True)
class SyncSettings:
    """What synchronisation can be told; each target has a section of its own."""

    SECTION: ClassVar[str] = "sync"
    organisation: str = setting("", "Code of the organisation whose people run synchronisation; empty: any operator.")
    windows: tuple[str, ...] = setting((), "When targets are told: TARGET HH:MM-HH:MM, Beijing time; none: always.")
    most_tries: int = setting(8, "Tries that count against a record before it goes to the dead letters.")
    changes_at_once: int = setting(200, "Events read in one transaction.")
    claim_seconds: int = setting(900, "How long one exchange may take before another process takes its records over.")
    receipt_hours: int = setting(24, "After how long without a receipt the platform is asked.")
    lag_minutes: int = setting(60, "After how long of waiting the doctor warns.")
    channels_at_once: int = setting(4, "Targets that are told at a time.")
    pull_hours: int = setting(6, "How often what other platforms offer is read.")
    whole_days: int = setting(7, "How often it is read from its beginning, so that what is gone there is seen.")
    most_gone_percent: int = setting(20, "A reading that would remove more of the copies than this waits for a person.")
    most_rejected_percent: int = setting(20, "So does one of whose rows more than this are rejects.")
    balance_key: str = setting(
        "", "Id of the SM2 key in custody that signs the balances of days; empty: the one of [checkpoints]."
    )
    repair: bool = setting(
        False, "Whether what a comparison names is told again by itself; if not, a person has it done."
    )
    repair_most: int = setting(200, "More differences than this at once are never repaired without a person.")
    refusals_kept_days: int = setting(
        400, "For how long a settled refusal is kept: a yearly review sees the whole year before; the ledger keeps all."
    )


@dataclass(frozen=True)
class Sync:
    """What synchronisation works with; `parts` is what the rooms below were built as, for reading things."""

    settings: SyncSettings
    targets: Mapping[str, Target]
    kinds: Mapping[str, Kind]
    keys: Keys = field(repr=False)
    parts: Mapping[type[Any], Any] = field(repr=False)
    windows: Mapping[str, tuple[Window, ...]] = field(default_factory=dict)
    balance_key: BalanceKey | None = None

    def is_run_by(self, by: Caller) -> bool:
        """Tell whether somebody may decide about records, which are of every organisation."""
        named = self.settings.organisation
        return by.kind == "system" or ("operator" in by.roles and named in {"", by.organisation})


def built(
    read: Settings,
    ground: Ground,
    parts: Mapping[type[Any], Any],
    makers: Mapping[str, Maker] = TARGETS,
    kinds: Mapping[str, Kind] = KINDS,
) -> Sync:
    """Build the part. Raises `UnusableSetting`."""
    told = read[SyncSettings]
    _check(told)
    made = [target for maker in makers.values() for target in maker.built(read, ground)]
    targets = {target.name: target for target in made}
    if len(targets) != len(made):
        raise UnusableSetting("sync", "a name for each target")
    opened, key = _windows(told, targets), _balance_key(told, ground, parts)
    return Sync(told, MappingProxyType(targets), kinds, ground.data_keys, parts, opened, key)


def _balance_key(told: SyncSettings, ground: Ground, parts: Mapping[type[Any], Any]) -> BalanceKey | None:
    """Name the key that signs balances: the site's own for its ledger, unless another is told."""
    heads: Checkpoints | None = parts.get(Checkpoints)
    id_ = told.balance_key or (heads.key if heads else "")
    return BalanceKey(id_, heads.origin if heads else "", ground.signer_for) if id_ else None


def _check(told: SyncSettings) -> None:
    bounds = {
        "most_tries": (told.most_tries, MOST_TRIES),
        "changes_at_once": (told.changes_at_once, MOST_CHANGES),
        "channels_at_once": (told.channels_at_once, MOST_THREADS),
        "repair_most": (told.repair_most, MOST_REPAIRED),
        "pull_hours": (told.pull_hours, MOST_HOURS),
        "whole_days": (told.whole_days, MOST_DAYS),
        "refusals_kept_days": (told.refusals_kept_days, MOST_KEPT_DAYS),
        "most_gone_percent": (told.most_gone_percent, WHOLE),
        "most_rejected_percent": (told.most_rejected_percent, WHOLE),
    }
    for name, (value, most) in bounds.items():
        if not 1 <= value <= most:
            raise UnusableSetting(f"sync.{name}", f"1 to {most}")
    if told.claim_seconds < FEWEST_CLAIM_SECONDS or told.receipt_hours < 1:
        raise UnusableSetting("sync.claim_seconds", "1 or more")


def _windows(told: SyncSettings, targets: Mapping[str, Target]) -> Mapping[str, tuple[Window, ...]]:
    try:
        found = windows.read(told.windows)
    except ValueError as error:
        raise UnusableSetting("sync.windows", "TARGET HH:MM-HH:MM") from error
    if set(found) - set(targets):
        raise UnusableSetting("sync.windows", f"one of the targets {', '.join(sorted(targets)) or '(none)'}")
    return found
