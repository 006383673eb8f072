"""The sandbox's promise records, shared by its credit organ: a directory over them, granted to the first client.

The promises are those of the sandbox's cases.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from base import clock
from base.program import Running, Sandbox
from certs import sample_organs, sample_sources
from certs.promises import telling
from certs.promises.source import KIND
from certs.promises.telling import Promising
from exchange import sample as exchange_sample
from exchange.mounting.mounts import NewMount
from exchange.mounting.wiring import MountParts
from keys.parties.sample import code_of

CREDIT: Final = "credit"
NAME: Final = "告知承诺及履行信息"
# Name, field of work, items, share type, cycle.
ROW: Final = [NAME, "17", "promise", "2", "day"]
COLUMNS: Final = {
    "承诺编号": "promise",
    "承诺人": "holder_name",
    "承诺人代码": "holder_code",
    "事项名称": "matter",
    "承诺内容摘要": "text_sm3",
    "承诺日期": "made_at",
    "履行期限": "due_at",
    "履行状态": "state",
    "核查单位": "verified_by",
}


def sample(running: Running, sandbox: Sandbox) -> None:
    """Publish the directory, mount the records behind it, grant it, and tell the visitor."""
    at = clock.now()
    with running.database.transaction() as session:
        sandbox.told["promises"] = _shared(session, running.parts[MountParts], at)
    read = 1
    while read:
        with running.database.transaction() as session:
            read, _ = telling.carry(session, running.parts[Promising], at)


def _shared(session: Session, parts: MountParts, at: datetime) -> dict[str, Any]:
    owner = sample_organs.code(CREDIT)
    directory = exchange_sample.published(session, owner, code_of("data"), ROW, at)
    new = NewMount("演示告知承诺记录", KIND, {}, COLUMNS)
    sample_sources.mounted(session, directory, new, parts, at)
    grant = sample_sources.granted(session, directory, at, basis="演示信用条例", reason="办件时核验承诺履行情况")
    return {"directory": directory.code, "grant": grant}
