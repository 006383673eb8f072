"""Who rules on a disputed objection: the nearest authority that is no party to it, else whom the site designates.

The authority of a level is itself a department that holds data, uses data and sometimes verifies for one that has no
account here. Nobody rules on their own cause: then it is the next authority above, and for the highest the organ that
the site names in `objections.designated` (its people's government, as a rule: 国令第809号 article 27).
"""

from collections.abc import Collection, Iterator

from sqlalchemy.orm import Session

from exchange import authorities
from exchange.errors import NoAuthority
from exchange.objections import life
from exchange.objections.errors import NobodyToRule
from exchange.objections.wiring import Objecting


def judge_of(
    session: Session, parts: Objecting, objection: str, between: tuple[str, str], kept_out: Collection[str]
) -> str:
    """Find who rules between two. Raises `NobodyToRule`."""
    found = life.judge([*_upward(session, *between), parts.designated], kept_out)
    if found is None:
        raise NobodyToRule(objection)
    return found


def may_rule(session: Session, judge: str | None, organisation: str, kept_out: Collection[str]) -> bool:
    """Tell whether an organisation rules: the one that was found, or an authority over it that is no party either."""
    if judge is None or organisation in kept_out:
        return False
    return organisation == judge or authorities.has_authority_over(session, organisation, judge)


def verifier_instead(session: Session, parts: Objecting, objection: str, objector: str, absent: str) -> str:
    """Find who verifies for a provider that has no account here: an authority other than whoever objects.

    Raises `NobodyToRule`.
    """
    return judge_of(session, parts, objection, (objector, objector), {objector, absent})


def _upward(session: Session, one: str, other: str) -> Iterator[str]:
    """Give the authorities over both, the nearest first."""
    try:
        found: str | None = authorities.common_authority(session, one, other)
    except NoAuthority:
        return
    while found is not None:
        yield found
        found = authorities.authority_above(session, found)
