"""The people of the sandbox: one for each role of the contract, so that acts that take two people can be tried.

They are invented and marked 演示; their passwords and second factors stand in `sandbox.json`, which a site never has.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from base import clock
from base.program import Running, Sandbox
from keys.parties import accounts, people
from keys.parties.login_wiring import Login
from keys.parties.people import NewPerson
from keys.parties.sample import MAKER, code_of

# As hard to guess as it need be on somebody's own machine, and easy to copy.
PASSWORD_BYTES: Final = 12


@dataclass(frozen=True)
class InventedPerson:
    """Somebody of the invented province."""

    login: str
    name: str
    organisation: str
    roles: tuple[str, ...]


PEOPLE: Final = (
    InventedPerson("system", "演示系统管理员", "data", ("sysadmin",)),
    InventedPerson("security", "演示安全管理员", "data", ("secadmin",)),
    InventedPerson("audit", "演示审计员", "data", ("auditor",)),
    InventedPerson("steward", "演示目录管理员", "market", ("steward",)),
    InventedPerson("reviewer", "演示目录审核员", "data", ("reviewer",)),
    InventedPerson("authority", "演示数据主管部门", "data", ("authority",)),
    InventedPerson("reviewer-market", "演示市场监管目录审核员", "market", ("reviewer",)),
    InventedPerson("authority-city", "演示市数据主管部门", "city-data", ("authority",)),
    InventedPerson("authority-county", "演示区数据主管部门", "county-window", ("authority",)),
    InventedPerson("provider", "演示数据提供方", "market", ("provider",)),
    InventedPerson("requester", "演示数据需求方", "city-window", ("requester",)),
    InventedPerson("issuer", "演示签发员", "health", ("issuer",)),
    InventedPerson("seal-applicant", "演示印章申请人", "health", ("seal_applicant",)),
    InventedPerson("seal-owner", "演示印章所有单位负责人", "health", ("seal_owner",)),
    InventedPerson("seal-maker", "演示印章制作员", "police", ("seal_maker",)),
    InventedPerson("seal-custodian", "演示印章保管员", "health", ("seal_custodian",)),
    InventedPerson("window", "演示窗口人员", "city-window", ("window",)),
    InventedPerson("operator", "演示运维人员", "data", ("operator",)),
    InventedPerson("holder", "演示持证人", "city-window", ("holder",)),
)


def sample(running: Running, sandbox: Sandbox) -> None:
    """Make the people, and tell the visitor how to log in as each; it follows the sample of the organisations."""
    further(running, sandbox, PEOPLE, code_of)


def further(running: Running, sandbox: Sandbox, invented: Sequence[InventedPerson], code: Callable[[str], str]) -> None:
    """Make people of organs that only a room above knows, and tell the visitor; `code` gives an organ's by its name."""
    login: Login = running.parts[Login]
    at = clock.now()
    passwords = [secrets.token_urlsafe(PASSWORD_BYTES) for _ in invented]
    kept = [login.hasher.hashed(each) for each in passwords]
    told = sandbox.told.setdefault("people", [])
    with running.database.transaction() as session:
        for each, password, hashed in zip(invented, passwords, kept, strict=True):
            told.append(_made(session, login, each, code(each.organisation), (password, hashed), at))


def _made(
    session: Session, login: Login, each: InventedPerson, organisation: str, secret_of: tuple[str, str], at: datetime
) -> dict[str, object]:
    password, kept = secret_of
    row = people.add(session, NewPerson(each.login, each.name, organisation), MAKER, at)
    people.assign_roles(session, row, each.roles, MAKER, at)
    accounts.give_password(session, row, kept, MAKER, at, once=False)
    secret = accounts.give_second_factor(session, login, row, at)
    return {
        "login": each.login,
        "password": password,
        "totp_secret": secret.text,
        "roles": list(each.roles),
        "name": each.name,
        "organisation": row.organisation,
        "id": row.id,
    }
