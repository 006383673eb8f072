"""The dialect accounts of the sandbox: the first client under a name in each dialect, and one directory as a service.

What calls them is told in `sandbox.json` under `dialects`, with the secret of the national gateway's newer generation,
which needs no refresh: so one curl line works at once (see the page about wire dialects).
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from base import clock
from base.program import Running, Sandbox
from exchange import directories
from exchange.dialects import national_gateway, x_road
from exchange.dialects.dialect import Given, Served
from exchange.mounting import sample as mount_sample
from exchange.partners import accounts
from exchange.partners.accounts import NewAccount
from exchange.partners.models import NEWER
from exchange.partners.wiring import Dialects
from keys.data_keys import DataKeys
from keys.parties.sample import MAKER, SYSTEMS

RID: Final = "00000000-0000-0000-0000-000000000001"
SID: Final = "s_3209000000000_0001"
CLIENT: Final = "YANSHI/GOV/320900/WINDOW"
SERVICE: Final = f"{CLIENT}/licences"
# By this parameter a row is asked for, whatever the directory calls it.
PARAMETER: Final = "number"
# No grant covers it: a call that names no matter is refused.
AGREEMENT: Final = "演示协议1号"


def sample(running: Running, sandbox: Sandbox) -> None:
    """Open the accounts, and tell the visitor what calls with them."""
    purpose, shared = sandbox.told.get("purpose"), sandbox.told.get("sharing", {})
    if purpose is None:
        return
    data_keys = running.parts[Dialects].data_keys
    with running.database.transaction() as session:
        told = made(session, data_keys, SYSTEMS[0].id, shared["directory"], purpose, clock.now())
    sandbox.told["dialects"] = told


def made(
    session: Session, data_keys: DataKeys, system: str, directory: str, purpose: dict[str, Any], at: datetime
) -> dict[str, Any]:
    """Open an account in each dialect and serve the directory in both; give what calls with them."""
    defaults = Given.under_agreement(purpose, AGREEMENT)
    newer = NewAccount(national_gateway.NAME, RID, system, defaults, NEWER)
    _, secret = accounts.add(session, data_keys, newer, MAKER, at)
    accounts.add(session, data_keys, NewAccount(x_road.NAME, CLIENT, system, defaults), MAKER, at)
    key = mount_sample.key_of(session, directories.directory_of(session, directory))
    for dialect, name in ((national_gateway.NAME, SID), (x_road.NAME, SERVICE)):
        accounts.add_service(session, dialect, Served(name, {PARAMETER: key}), directory, MAKER, at)
    common = {"parameter": PARAMETER, "item_code": purpose["item_code"]}
    return {
        "national_gateway": {"rid": RID, "sid": SID, "secret": secret, **common},
        "x_road": {"client": CLIENT, "service": SERVICE, **common},
    }
