"""The five real-name levels of a person (自然人五级实名), what a session reached of them, and what an act may ask for.

一级 an account that nobody checked; 二级 its number is well-formed; 三级 name and number were compared with a register;
四级 the living person was compared with it (实人、实名、实证一致); 五级 a digital certificate or a counter. Which level
a login gives is the site's to set; a system has none, since no person stands behind it at that moment.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from base.callers import Caller
from keys.parties.login_errors import FreshProofNeeded, LevelTooLow, UnusableLoginSetting

LOWEST: Final = 1
HIGHEST: Final = 5
NAMES: Final[Mapping[int, str]] = {1: "一级", 2: "二级", 3: "三级", 4: "四级", 5: "五级"}
# A clerk who has just looked at the phone finishes the act at hand; whoever takes over an open desk does not.
FRESH: Final = timedelta(minutes=5)
# Clocks of two nodes of one site may differ by as much.
SKEW: Final = timedelta(seconds=5)


def require_level(caller: Caller, level: int) -> None:
    """Let a person pass whose session has that real-name level.

    Raises `LevelTooLow`.
    """
    held = caller.proof.level if caller.kind == "person" and caller.proof is not None else 0
    if held < level:
        raise LevelTooLow(held, level)


def require_fresh(caller: Caller, at: datetime) -> None:
    """Let a person pass who proved a second factor in this session within the last five minutes: for acts with seals.

    Raises `FreshProofNeeded`.
    """
    proven = caller.proof.second_factor_at if caller.kind == "person" and caller.proof is not None else None
    if proven is None or not proven - SKEW <= at < proven + FRESH:
        raise FreshProofNeeded(int(FRESH.total_seconds() // 60))


def read_map(told: Iterable[str]) -> Mapping[str, int]:
    """Read which words of an identity provider mean which level, each as `word=level`.

    Raises `UnusableLoginSetting`.
    """
    found: dict[str, int] = {}
    for line in told:
        word, equals, level = line.rpartition("=")
        if not equals or not word or level not in {str(each) for each in NAMES} or word in found:
            raise UnusableLoginSetting("login.oidc_levels", "五级=5, L4=4, …")
        found[word] = int(level)
    return found
