"""A provincial case centre (办件中心) as a target: steps of cases and evaluations upward, the centre's number back.

It is the way up for a site whose cases live in its own case bus; being the client of a centre that hands cases out and
takes steps back is `certs.filing.cases.centre`, and a site uses one of the two. What the centre calls a case (赋码)
comes back with each step and is kept as what the platform calls it. Names and codes: `case_centre/dialect.toml`.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

from base.settings import Settings, UnusableSetting, setting
from catalog_sync.targets.making import Ground, Maker
from catalog_sync.targets.signed import dialect, settings
from catalog_sync.targets.signed.dialect import Dialect
from catalog_sync.targets.signed.target import SignedTarget

NAME: Final = "case-centre"
SECTION: Final = "provincial_cases"


@dataclass(frozen=True)
class ProvincialCasesSettings:
    """What the provincial case centre can be told."""

    SECTION: ClassVar[str] = SECTION
    url: str = setting("", "Address of the case centre that cases are told to; empty: none are.")
    client: str = setting("", "Who we are there: the id that our key goes by; empty: the key's thumbprint (RFC 7638).")
    key: str = setting("", "Id of the SM2 key in custody that signs our calls.")
    dialect: str = setting("", "A table of its paths, members and codes; empty: the one that is shipped.")
    kinds: tuple[str, ...] = setting(("case-step", "evaluation"), "Which kinds of records go there.")
    marks: bool = setting(True, "Whether records carry our key, version and digest as members of their own.")
    keys: bool = setting(False, "Whether it knows a record again by the header Idempotency-Key.")
    seconds: float = setting(30.0, "How long one call may take; at most 120.")
    intranet: bool = setting(False, "Whether it may stand in the networks that [fetch] opens.")


def shipped() -> Dialect:
    """Give the dialect that is shipped."""
    return dialect.shipped("catalog_sync.targets.case_centre", "dialect.toml")


def built(read: Settings, ground: Ground) -> tuple[SignedTarget, ...]:
    """Build the target, if the settings name one. Raises `UnusableSetting`."""
    told = read[ProvincialCasesSettings]
    if not told.url:
        return ()
    settings.checked(SECTION, told)
    spoken = settings.dialect_of(SECTION, told, shipped)
    if unknown := set(told.kinds) - spoken.kinds:
        raise UnusableSetting(f"{SECTION}.kinds", f"not {min(unknown)}")
    line = settings.line_of(NAME, told, spoken, read, ground)
    target = SignedTarget(spoken.only(told.kinds), line, marks=told.marks, keys=told.keys)
    return (target,)


PROVINCIAL_CASES: Final = Maker(NAME, (ProvincialCasesSettings,), built)
