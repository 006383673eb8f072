"""What a call in a dialect is for, made of what it tells and of its account's defaults. Pure.

One bound stands above all: a request that names no matter by its code (GB/T 39554.1) never counts as statutory, and
neither does one that does not tell who asks for which case where the dialect asks for that. It is on record under its
account's matter, says so in its reason, and rests on the account's agreement or on the holder's act.
"""

from dataclasses import replace
from typing import Final

from base.identifiers import read_region_code
from certs.dialects.dialect import Cause
from exchange.agreements.purposes import LONGEST_REASON, Ground, Purpose, Stage, is_matter_code
from exchange.dialects.dialect import Given, purpose_of

NOT_WHOLE: Final = "（未报用证五要素）"
REGION_DIGITS: Final = 6


def purpose(cause: Cause, defaults: Given, *, by_holder: bool = False) -> Purpose:
    """Make the purpose of a call; `by_holder` where the holder shows what is asked for.

    Raises `DialectPurposeRefused`.
    """
    usual = replace(defaults, operator=cause.system or defaults.operator)
    given = _sound(cause.given)
    if by_holder:
        ground = Ground.STATUTORY if given.item_code else Ground.HOLDER
        return purpose_of(replace(given, ground=given.ground or ground, stage=_stage(given)), usual)
    if not cause.whole:
        reason = (given.reason or defaults.reason)[: LONGEST_REASON - len(NOT_WHOLE)] + NOT_WHOLE
        given = replace(given, ground=_never_statutory(given, defaults), reason=reason, basis="", stage="")
    return purpose_of(replace(given, stage=_stage(given)), usual)


def _sound(given: Given) -> Given:
    """Leave out what is no code of a matter, with its name, and what is no region."""
    if given.item_code and not is_matter_code(given.item_code):
        given = replace(given, item_code="", item_name="")
    if not given.item_code:
        given = replace(given, item_name="")
    region = given.region[:REGION_DIGITS]
    return replace(given, region=region if read_region_code(region).exact else "")


def _never_statutory(given: Given, defaults: Given) -> str:
    told = given.ground or defaults.ground
    return told if told in {Ground.HOLDER, Ground.AGREEMENT} else Ground.AGREEMENT.value


def _stage(given: Given) -> str:
    """Before there is a case there is no number to name; a use that is agreed on names its agreement."""
    if given.stage or given.basis or not given.item_code or given.ground == Ground.AGREEMENT:
        return given.stage
    return Stage.GUIDANCE.value
