"""How an answer says whose certificate it is, to whoever named the holder, without giving anything else away. Pure.

A grant need not name the holder's code and name among its fields, and whoever asked still has to see that the answer is
about the holder who was asked for and nobody else. So each certificate of an answer carries a confirmation: a keyed
hash (HMAC with SM3) of the holder's kind, code and name *as the certificate has them*, or of its number, where a number
was asked for. The key is the id of the use, so that no two answers carry the same value and none can be matched with
another; whoever asked works it out from what they asked with, and compares.

Nothing is given beyond the grant: whoever gets it named code and name both, *found* alone says already that the two
fit, and the value says nothing to anybody who does not know both. It is made of what the certificate says and not of
the question, so that an answer that belongs to another question, or a mix-up of holders, does not fit. A plain *yes*
would be as close-mouthed and prove nothing; code and name in plain would stand in answers and journals without need.
"""

import hmac

from base.canonical import Json, canonical
from certs.drafts import Holder
from certs.libraries.names import folded
from keys.algorithms.sm3 import HMAC_SM3


def of_holder(usage: str, holder: Holder) -> str:
    """Confirm a holder; a name is one in whichever width, case and spacing it is written."""
    return _of(usage, ["holder", holder.type, holder.code, folded(holder.name)])


def of_number(usage: str, type_code: str, number: str) -> str:
    """Confirm a certificate's number."""
    return _of(usage, ["number", type_code, number])


def fits(told: str, expected: str) -> bool:
    """Tell whether a confirmation is the expected one."""
    return hmac.compare_digest(told.encode(), expected.encode())


def _of(usage: str, told: list[Json]) -> str:
    return HMAC_SM3.tag(usage.encode(), canonical(told)).hex()
