"""`yinxin seal-maker make`: a seal made on a machine of its own, from a request that was carried there."""

from pathlib import Path

import click

from base.clock import rfc3339
from base.command_line import json_option, pass_running, report
from base.program import Running
from signing import making_requests
from signing.commands.sealing_orders import written
from signing.wiring import Signing


@click.group("seal-maker")
def seal_maker_group() -> None:
    """Make seals apart from the register / 独立制章."""


@seal_maker_group.command("make")
@click.argument("request", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--yes", "agreed", is_flag=True, help="Do not ask / 不再询问")
@json_option
@pass_running
def make(running: Running, request: Path, out: Path, agreed: bool, as_json: bool) -> None:
    """Sign the seal of a request with this machine's maker key / 按制章请求制章."""
    if request.stat().st_size > making_requests.LARGEST_REQUEST:
        raise click.UsageError(f"{request}: {request.stat().st_size} > {making_requests.LARGEST_REQUEST}")
    asked = making_requests.read(request.read_bytes())
    draft = asked.draft
    until = rfc3339(draft.valid_until)
    if not agreed:
        click.confirm(f"{draft.id} {draft.name} ({rfc3339(draft.valid_from)} – {until})", abort=True, err=True)
    with running.database.reading() as session:
        seal = making_requests.made(asked, running.parts[Signing].maker(session))
    written(out, seal)
    if as_json:
        report({"seal": draft.id, "name": draft.name, "valid_until": until, "out": str(out)})
    else:
        click.echo(f"{out}: {draft.id} {draft.name}")
