"""The accounts of the sandbox in each dialect of certificates, all of its first client, told in `sandbox.json`.

Answers of the Shandong dialect are encrypted to a key that is made here; its private half is told too, since it opens
nothing but what this sandbox invents.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from base import clock
from base.program import Running, Sandbox
from certs.contents import Keys
from certs.dialects import accounts
from certs.dialects.accounts import NewAccount
from certs.wiring import Certs
from exchange.dialects.dialect import Given
from exchange.partners.sample import AGREEMENT
from keys.algorithms import pkcs8
from keys.algorithms.sm2 import PrivateKey
from keys.parties.sample import MAKER, SYSTEMS

NAMES: Final = {"shandong": "YANSHI", "national_library": "yanshi", "fujian": "yanshi"}


def sample(running: Running, sandbox: Sandbox) -> None:
    """Open the accounts, and tell the visitor what calls with them."""
    purpose = sandbox.told.get("purpose")
    if not purpose or "item_code" not in purpose:
        return
    with running.database.transaction() as session:
        told = made(session, running.parts[Certs].keys, SYSTEMS[0].id, purpose, clock.now())
    sandbox.told["certificate_dialects"] = told


def made(session: Session, keys: Keys, system: str, purpose: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Open an account in each dialect; give what calls with them."""
    defaults = Given.under_agreement(purpose, AGREEMENT)
    private = PrivateKey.generated()
    told: dict[str, Any] = {}
    for dialect, name in NAMES.items():
        key = private.public.point if dialect == "shandong" else None
        _, secret = accounts.add(session, keys, NewAccount(dialect, name, system, defaults, key), MAKER, at)
        told[dialect] = {"account": name, "secret": secret, "item_code": purpose["item_code"]}
    told["shandong"]["private_key"] = pkcs8.sm2_scalar(private.pkcs8())[0].hex()
    return told
