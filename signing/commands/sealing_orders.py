"""What the two commands that seal share: as which system, for which use, and one document through the three steps."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.callers import Caller
from base.program import Running
from keys.authority.wiring import Authority
from signing import register
from signing.batches import keeping
from signing.batches.keeping import NewBatch
from signing.drafts import USUAL, Manner
from signing.edges import Sealer
from signing.errors import UseNotAuthorised
from signing.levels import Level
from signing.models import ANY, SealAuthorisation
from signing.report import Place
from signing.sealing import Order, Sealed
from signing.wiring import Signing

# Where an authorisation allows everything, the use is still written down as something.
ANY_TYPE: Final = "document"
ANY_ACT: Final = "seal"
REASON: Final = "yinxin seal"
# Files are read whole, as for `yinxin verify`.
FILE_LIMIT: Final = 512 << 20


@dataclass(frozen=True)
class Asked:
    """What was asked for on the command line, as far as it was said."""

    seal: str
    system: str | None = None
    document_type: str | None = None
    act: str | None = None
    region: str | None = None
    reason: str = REASON
    manner: Manner = USUAL


@dataclass(frozen=True)
class Purpose:
    """For what the seal is used, and as which system."""

    by: Caller
    document_type: str
    act: str
    region: str


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what both commands can be told."""
    for option in (
        click.option(
            "--level",
            type=click.Choice([each.value.lower() for each in Level]),
            help="What a PDF keeps for later (PAdES) / 长期验证级别",
        ),
        click.option("--timestamp", "stamped", is_flag=True, help="With a time stamp / 加盖时间戳"),
        click.option("--y", "y_mm", type=click.FloatRange(0), help="From the upper edge, mm / 距上边，毫米"),
        click.option("--x", "x_mm", type=click.FloatRange(0), help="From the left edge, mm / 距左边，毫米"),
        click.option("--page", type=click.IntRange(1), help="Page on which the seal shows / 盖章页"),
        click.option("--reason", default=REASON, show_default=True, help="Goes into the register / 用印事由"),
        click.option("--region", help="Region of the use / 办理区划"),
        click.option("--act", help="Act of the use / 用印行为"),
        click.option("--type", "document_type", help="Document type of the use / 文件种类"),
        click.option("--system", help="Authorised business system / 获授权的业务系统"),
        click.option("--seal", required=True, help="Number of the seal / 印章编码"),
    ):
        command = option(command)
    return command


def asked(**told: Any) -> Asked:
    """Read the options. Raises `click.UsageError` for a place that is only half said."""
    page, x_mm, y_mm = told.pop("page"), told.pop("x_mm"), told.pop("y_mm")
    stamped, level = told.pop("stamped"), told.pop("level")
    given = [each is not None for each in (page, x_mm, y_mm)]
    if any(given) and not all(given):
        raise click.UsageError("--page, --x, --y")
    places = (Place(page, x_mm, y_mm, 0, 0),) if all(given) else ()
    return Asked(**told, manner=Manner(places=places, stamped=stamped, level=Level(level.upper()) if level else None))


def purpose(session: Session, wanted: Asked, at: datetime) -> Purpose:
    """Find the authorisation that is meant, and use the seal as the system that it is for.

    Raises `NoSuchSeal`, `UseNotAuthorised` where none is in force or several could be meant, `SystemNeeded`.
    """
    register.seal_of(session, wanted.seal)
    query = select(SealAuthorisation).where(
        SealAuthorisation.seal == wanted.seal,
        SealAuthorisation.confirmed_at.is_not(None),
        SealAuthorisation.withdrawn_at.is_(None),
        SealAuthorisation.valid_from <= at,
        SealAuthorisation.valid_until > at,
    )
    found = [each for each in session.scalars(query.order_by(SealAuthorisation.id)) if _could_be(each, wanted)]
    if not found:
        raise UseNotAuthorised(wanted.seal, "none-in-force")
    if len({(each.system, each.document_type, each.act, each.region) for each in found}) > 1:
        raise UseNotAuthorised(wanted.seal, "several-could-be-meant")
    leave = found[0]
    return Purpose(
        keeping.user_of(session, leave.system),
        wanted.document_type or (ANY_TYPE if leave.document_type == ANY else leave.document_type),
        wanted.act or (ANY_ACT if leave.act == ANY else leave.act),
        wanted.region or leave.region,
    )


def sealed(running: Running, document: bytes, name: str, wanted: Asked, told: Purpose) -> Sealed:
    """Seal one document. Raises what `signing.edges` raises."""
    order = Order(document, name, told.document_type, told.act, told.region, wanted.reason, wanted.manner)
    parts = running.parts
    return Sealer(running.database, parts[Signing], parts[Authority], told.by, clock.now).seal(wanted.seal, order)


def batch(wanted: Asked, told: Purpose) -> NewBatch:
    """Say what a batch of documents is for."""
    return NewBatch(wanted.seal, told.document_type, told.act, told.region, wanted.reason, wanted.manner)


def written(file: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    beside = file.with_name(f".{file.name}.part")
    try:
        beside.write_bytes(content)
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)


def as_json(value: Any) -> bytes:
    """Write the state of a batch."""
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode()


def _could_be(leave: SealAuthorisation, wanted: Asked) -> bool:
    """Tell whether what was said on the command line fits; whether it is covered, `sealing.begin` decides."""
    return (
        wanted.system in (None, leave.system)
        and (wanted.document_type is None or leave.document_type in (ANY, wanted.document_type))
        and (wanted.act is None or leave.act in (ANY, wanted.act))
    )
