"""`yinxin setup`: an empty site becomes one that three people can log in to, each with one of the separate duties."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import click
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base import clock, schema
from base.callers import Caller
from base.command_line import json_option, pass_running, report
from base.program import Running
from keys.parties import accounts, organisations, people, token_keys, wiring
from keys.parties.commands.operator import operator
from keys.parties.commands.reading import read
from keys.parties.login_errors import AlreadySetUp
from keys.parties.login_wiring import Login
from keys.parties.models import LEVELS, Organisation, Person
from keys.parties.organisations import NewOrganisation
from keys.parties.people import NewPerson
from keys.parties.schemas import NewOrganisationSchema


@dataclass(frozen=True)
class First:
    """One of the three first accounts."""

    login: str
    name: str
    duty: str


FIRST: Final = (
    First("system", "系统管理员", "sysadmin"),
    First("security", "安全管理员", "secadmin"),
    First("audit", "审计员", "auditor"),
)
# Well-formed and given to nobody: it stands for whoever runs the site until the real one is told.
NOBODYS_CODE: Final = "11100000YNX099996X"


@click.command("setup")
@click.option("--organisation", help="Unified social credit code of who runs the site / 运行单位的统一社会信用代码")
@click.option("--name", default="本站运行单位", show_default=True, help="Its name / 名称")
@click.option("--region", default="100000", show_default=True, help="Its region code / 行政区划代码")
@click.option("--level", type=click.Choice(LEVELS), default=LEVELS[0], show_default=True, help="Its level / 层级")
@json_option
@pass_running
def setup_command(
    running: Running, organisation: str | None, name: str, region: str, level: str, as_json: bool
) -> None:
    """Make an empty site ready: schema, keys, the three first accounts / 初始化空站点."""
    database, at, by = running.unchecked_database, clock.now(), operator()
    new = read(NewOrganisationSchema(), code=organisation or NOBODYS_CODE, name=name, region=region, level=level)
    state = schema.schema_state(database)
    if state.found != state.needed:
        schema.upgrade(database)
    with database.reading() as session:
        _require_empty(session)
    login: Login = running.parts[Login]
    passwords = [accounts.one_time_password(login) for _ in FIRST]
    with database.transaction() as session:
        _require_empty(session)
        token_keys.trust(session, wiring.built(running.settings).token_key, at)
        running.seed(session, by, at)
        runs = _organisation(session, new, by, at, told=organisation is not None)
        made = [
            _account(session, login, each, runs, password, by, at)
            for each, password in zip(FIRST, passwords, strict=True)
        ]
    if as_json:
        report({"organisation": runs, "accounts": made})
        return
    for each in made:
        click.echo("  ".join(f"{key}={value}" for key, value in each.items()))
    click.echo(
        "These are shown once; each password is good for its first login. / 以上只显示一次，密码首次登录后必须更换。"
    )


def _require_empty(session: Session) -> None:
    """Refuse a site that has accounts: the first ones are made once. Raises `AlreadySetUp`."""
    count = session.scalar(select(func.count()).select_from(Person)) or 0
    if count:
        raise AlreadySetUp(count)


def _organisation(session: Session, new: NewOrganisation, by: Caller, at: datetime, *, told: bool) -> str:
    """Give the organisation that is told or, without one, the topmost that is there already; make it if need be."""
    if session.get(Organisation, str(new.code)) is not None:
        return str(new.code)
    query = select(Organisation.code).where(Organisation.parent.is_(None)).order_by(Organisation.code)
    there = session.scalars(query).first()
    if there is not None and not told:
        return there
    return organisations.add(session, new, by, at).code


def _account(
    session: Session, login: Login, first: First, runs: str, password: tuple[str, str], by: Caller, at: datetime
) -> dict[str, str]:
    row = people.add(session, NewPerson(first.login, first.name, runs), by, at)
    people.assign_roles(session, row, {first.duty}, by, at)
    accounts.give_password(session, row, password[1], by, at, once=True)
    secret = accounts.give_second_factor(session, login, row, at)
    return {
        "login": first.login,
        "role": first.duty,
        "one_time_password": password[0],
        "totp_secret": secret.text,
        "otpauth": secret.address,
    }
