"""`yinxin user`: people's accounts, roles and recovery on the command line.

A password that somebody knows already is never taken here, only one-time ones are made; they are printed once.
"""

from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.callers import ROLES
from base.command_line import json_option, pass_running, report
from base.program import Running
from keys.parties import accounts, attempts, imports, people, sessions
from keys.parties.commands.operator import operator
from keys.parties.commands.organisations import done, tell_import
from keys.parties.commands.reading import read
from keys.parties.errors import NoSuchPerson
from keys.parties.login_errors import NoIdentityProvider
from keys.parties.login_wiring import Login
from keys.parties.models import Person
from keys.parties.people import Account
from keys.parties.schemas import NewPersonSchema


@click.group("user")
def user_group() -> None:
    """People's accounts and roles / 人员账号和角色."""


@user_group.command("list")
@click.option("--role", type=click.Choice(sorted(ROLES)), help="Only with this role / 只列有此角色的")
@json_option
@pass_running
def user_list(running: Running, role: str | None, as_json: bool) -> None:
    """List accounts / 列出账号."""
    with running.database.reading() as session:
        rows = session.scalars(select(Person).order_by(Person.login)).all()
        found = [each for each in people.accounts(session, rows) if role is None or role in each.roles]
    if as_json:
        report([_told(each) for each in found])
        return
    for each in found:
        click.echo(f"{each.login:24} {each.state:9} {each.organisation}  {' '.join(each.roles)}")


@user_group.command("add")
@click.argument("login")
@click.argument("name")
@click.option("--organisation", required=True, help="Code of the organisation / 所属机构代码")
@click.option("--email", help="E-mail address / 邮箱")
@json_option
@pass_running
def user_add(running: Running, login: str, name: str, organisation: str, email: str | None, as_json: bool) -> None:
    """Make an account, without roles / 新建账号."""
    new = read(NewPersonSchema(), login=login, name=name, organisation=organisation, email=email)
    with running.database.transaction() as session:
        row = people.add(session, new, operator(), clock.now())
        account = people.accounts(session, [row])[0]
    done(_told(account), as_json=as_json)


@user_group.command("role")
@click.argument("login")
@click.argument("roles", nargs=-1, type=click.Choice(sorted(ROLES)))
@json_option
@pass_running
def user_role(running: Running, login: str, roles: tuple[str, ...], as_json: bool) -> None:
    """Set the roles of an account; none takes all away / 设定角色."""
    with running.database.transaction() as session:
        row = people.assign_roles(session, _locked(session, login), roles, operator(), clock.now())
        account = people.accounts(session, [row])[0]
    done(_told(account), as_json=as_json)


@user_group.command("suspend")
@click.argument("login")
@click.option("--reason", required=True, help="Why / 事由")
@json_option
@pass_running
def user_suspend(running: Running, login: str, reason: str, as_json: bool) -> None:
    """Suspend an account / 停用账号."""
    with running.database.transaction() as session:
        row = people.suspend(session, _locked(session, login), reason, operator(), clock.now())
        account = people.accounts(session, [row])[0]
    done(_told(account), as_json=as_json)


@user_group.command("resume")
@click.argument("login")
@click.option("--reason", required=True, help="Why / 事由")
@json_option
@pass_running
def user_resume(running: Running, login: str, reason: str, as_json: bool) -> None:
    """Let a suspended account act again / 恢复账号."""
    with running.database.transaction() as session:
        row = people.resume(session, _locked(session, login), reason, operator(), clock.now())
        account = people.accounts(session, [row])[0]
    done(_told(account), as_json=as_json)


@user_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--apply", "apply", is_flag=True, help="Take it in when it has no fault / 没有错误就写入")
@json_option
@pass_running
def user_import(running: Running, file: Path, apply: bool, as_json: bool) -> None:
    """Take a CSV or XLSX table of accounts in, whole or not at all / 导入人员表."""
    with running.database.transaction() as session:
        outcome = imports.take_in_people(session, file.read_bytes(), operator(), clock.now(), apply=False)
        if apply and not outcome.faults:
            outcome = imports.take_in_people(session, file.read_bytes(), operator(), clock.now(), apply=True)
    tell_import(outcome, as_json=as_json)


@user_group.command("create")
@click.argument("login")
@click.argument("name")
@click.option("--organisation", required=True, help="Code of the organisation / 所属机构代码")
@click.option("--email", help="E-mail address / 邮箱")
@click.option("--role", "roles", multiple=True, type=click.Choice(sorted(ROLES)), help="A role; repeat / 角色，可多次")
@json_option
@pass_running
def user_create(
    running: Running, login: str, name: str, organisation: str, email: str | None, roles: tuple[str, ...], as_json: bool
) -> None:
    """Make an account that can log in at once: roles, one-time password, second factor / 新建可登录的账号."""
    new = read(NewPersonSchema(), login=login, name=name, organisation=organisation, email=email)
    parts, by, at = _login(running), operator(), clock.now()
    password, kept = accounts.one_time_password(parts)
    with running.database.transaction() as session:
        row = people.add(session, new, by, at)
        if roles:
            people.assign_roles(session, row, roles, by, at)
        accounts.give_password(session, row, kept, by, at, once=True)
        secret = accounts.give_second_factor(session, parts, row, at)
        account = people.accounts(session, [row])[0]
    told = {**_told(account), "one_time_password": password, "totp_secret": secret.text, "otpauth": secret.address}
    done(told, as_json=as_json)


@user_group.command("reset")
@click.argument("login")
@click.option("--second-factor", is_flag=True, help="The second factor instead of the password / 重置第二因素")
@click.option("--reason", required=True, help="Why / 事由")
@json_option
@pass_running
def user_reset(running: Running, login: str, second_factor: bool, reason: str, as_json: bool) -> None:
    """Reset a lost password, or second factor; nobody resets both / 重置密码或第二因素."""
    by, at = operator(), clock.now()
    if second_factor:
        with running.database.transaction() as session:
            accounts.reset_second_factor(session, _locked(session, login), by, at, reason=reason)
        done({"login": login.lower(), "second_factor": "reset"}, as_json=as_json)
        return
    password, kept = accounts.one_time_password(_login(running))
    with running.database.transaction() as session:
        accounts.reset_password(session, _locked(session, login), kept, by, at, reason=reason)
    done({"login": login.lower(), "one_time_password": password}, as_json=as_json)


@user_group.command("unlock")
@click.argument("login")
@click.option("--reason", required=True, help="Why / 事由")
@json_option
@pass_running
def user_unlock(running: Running, login: str, reason: str, as_json: bool) -> None:
    """Let a locked account try again at once / 解除登录锁定."""
    at = clock.now()
    with running.database.transaction() as session:
        row = _locked(session, login)
        until = attempts.locked_until(session, row.login, at)
        accounts.unlock(session, row, operator(), at, reason=reason)
    done({"login": row.login, "was_locked_until": until}, as_json=as_json)


@user_group.command("end-sessions")
@click.argument("login")
@json_option
@pass_running
def user_end_sessions(running: Running, login: str, as_json: bool) -> None:
    """End all sessions of an account / 结束账号的全部会话."""
    with running.database.transaction() as session:
        row = _locked(session, login)
        ended = sessions.end_all(session, row.id, operator(), clock.now())
        told = {"login": row.login, "ended": ended}
    done(told, as_json=as_json)


@user_group.command("link")
@click.argument("login")
@click.argument("name")
@json_option
@pass_running
def user_link(running: Running, login: str, name: str, as_json: bool) -> None:
    """Link an account to its name at the identity provider / 关联统一身份认证的用户标识."""
    provider = _login(running).provider
    if provider is None:
        raise NoIdentityProvider
    with running.database.transaction() as session:
        row = _locked(session, login)
        accounts.link(session, row, provider.terms.issuer, name, operator(), clock.now())
        told = {"login": row.login, "issuer": provider.terms.issuer}
    done(told, as_json=as_json)


def _login(running: Running) -> Login:
    found: Login = running.parts[Login]
    return found


def _locked(session: Session, login: str) -> Person:
    found = people.person_by_login(session, login)
    if found is None:
        raise NoSuchPerson(login)
    return people.person_of(session, found.id, locked=True)


def _told(account: Account) -> dict[str, object]:
    names = ("id", "login", "name", "organisation", "state", "version")
    return {**{name: getattr(account, name) for name in names}, "roles": list(account.roles)}
