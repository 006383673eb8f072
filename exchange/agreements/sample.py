"""The sharing of the sandbox: grants for its two systems, requests that stand where someone has to act, a use list.

`purpose` in `sandbox.json` is a whole purpose object that is granted to the first client, on a directory that is
mounted. Everything is invented and marked 演示.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.callers import Caller
from base.identifiers import CreditCode, RegionCode
from base.program import Running, Sandbox
from exchange import directories
from exchange.agreements import callers, sharing, use_lists
from exchange.agreements.caller_kinds import CallerKind, Mode
from exchange.agreements.callers import Registration
from exchange.agreements.clauses import Clauses
from exchange.agreements.contracts import Quota
from exchange.agreements.life import CONDITIONAL, NEVER, UNCONDITIONAL, RequestStep
from exchange.agreements.models import Grant, ShareRequest
from exchange.agreements.purposes import Basis, BasisKind, Ground, Operator, OperatorKind, Purpose, Stage
from exchange.agreements.sharing import NewRequest
from exchange.agreements.use_list_tables import UseRow
from exchange.models import Directory
from exchange.mounting.models import SERVING, Mount
from exchange.mounting.sample import credit_code
from keys.parties import organisations
from keys.parties.organisations import NewOrganisation
from keys.parties.sample import CITY, MAKER, ORGANISATIONS, SYSTEMS, code_of

LICENCE, LICENCE_NAME = "000123020000", "公共场所卫生许可"
PERIOD: Final = timedelta(days=365)
_NAMES: Final = {code_of(each.short): each.name for each in ORGANISATIONS}
# The post whose counters take in for the city's window centre.
POST: Final = "演示邮政代办网点"
POST_NUMBER: Final = 90_001
_GOVERNMENT: Final = frozenset({Stage.GUIDANCE, Stage.INTAKE, Stage.ACCEPTANCE, Stage.REVIEW})


def sample(running: Running, sandbox: Sandbox) -> None:
    """Make requests, grants and a use list, and tell the purpose that is granted to the first client."""
    at = clock.now()
    first, *others = SYSTEMS
    with running.database.transaction() as session:
        told = made(session, at, first.organisation, [each.organisation for each in others])
    sandbox.told["purpose"] = told["purpose"]
    sandbox.told["sharing"] = {name: value for name, value in told.items() if name != "purpose"}


def made(session: Session, at: datetime, first: str, others: Sequence[str]) -> dict[str, Any]:
    """Make it all by the verbs that people use; give the purpose, and where it is granted."""
    mounted = _directories(session, first)
    grants = [_granted(session, each, first, at) for each in mounted]
    for organisation in others:
        grants += [_granted(session, each, organisation, at) for each in _directories(session, organisation)]
    waiting = _waiting(session, at, first)
    _listed(session, mounted, at)
    _registered(session, at)
    purpose = example(grants[0], first) if grants else None
    return {
        "purpose": purpose,
        "directory": grants[0].directory if grants else None,
        "grants": [each.code for each in grants],
        "requests": [each.id for each in waiting],
    }


def example(grant: Grant, organisation: str) -> dict[str, Any]:
    """Give a whole purpose, as it stands in a body, that this grant covers."""
    purpose = Purpose(
        item_code=LICENCE,
        item_name=LICENCE_NAME,
        stage=Stage.REVIEW,
        basis=Basis(BasisKind.CASE, "演示320900202611210001"),
        ground=Ground.STATUTORY,
        grant_code=grant.code,
        operator=Operator(OperatorKind.PERSON, "演示办事员", _NAMES[code_of(organisation)]),
        handling_region=CITY,
        reason="核验申请材料（演示）",
    )
    return asdict(purpose)


def clauses_of(fields: Sequence[str], at: datetime, **peculiar: Any) -> Clauses:
    """Give the clauses that the sandbox asks for."""
    told: dict[str, Any] = {
        "fields": tuple(fields),
        "matters": (LICENCE,),
        "stages": _GOVERNMENT,
        "grounds": frozenset({Ground.STATUTORY, Ground.HOLDER}),
        "modes": frozenset(Mode),
        "begins": at,
        "ends": at + PERIOD,
        "quota": Quota(per_minute=6_000, per_day=1_000_000, rows_per_call=100),
        "purpose": "办理公共场所卫生许可时核验材料（演示）",
    }
    return Clauses(**{**told, **peculiar})


def _directories(session: Session, grantee: str) -> list[Directory]:
    """Give the mounted directories of others that can be asked for, in the order of their codes."""
    query = (
        select(Directory)
        .join(Mount, Mount.directory == Directory.code)
        .where(Mount.state == SERVING, Directory.published.is_not(None), Directory.share_type != NEVER)
        .where(Directory.owner != code_of(grantee))
    )
    return list(session.scalars(query.order_by(Directory.code).distinct()))


def _items(session: Session, directory: Directory) -> list[str]:
    content = directories.version_of(session, directory, directory.published or 1).content
    return [str(item["name"]) for item in content["items"]]


def _begun(session: Session, directory: Directory, grantee: str, at: datetime, **peculiar: Any) -> ShareRequest:
    fields = peculiar.pop("fields", None) or _items(session, directory)
    told = clauses_of(fields, at, **peculiar)
    new = NewRequest(directory.code, "公共场所卫生管理条例实施细则（演示）", "窗口受理和审查时核验", told)
    return sharing.begin(session, new, _person(code_of(grantee), "requester"), at)


def _walked(session: Session, row: ShareRequest, *steps: RequestStep, at: datetime) -> ShareRequest:
    """Take the steps, each by whoever takes it in their department."""
    who = {
        RequestStep.FORWARD: (row.requester, "reviewer"),
        RequestStep.APPROVE: (row.provider, "provider"),
        RequestStep.REFUSE: (row.provider, "provider"),
        RequestStep.EXTEND: (row.provider, "provider"),
    }
    for step in steps:
        organisation, role = who.get(step, (row.requester, "requester"))
        sharing.take(session, row, step, "演示理由", _person(organisation, role), at)
    return row


def _granted(session: Session, directory: Directory, grantee: str, at: datetime) -> Grant:
    row = _walked(session, _begun(session, directory, grantee, at), RequestStep.SUBMIT, RequestStep.FORWARD, at=at)
    if row.grant is None:
        _walked(session, row, RequestStep.APPROVE, at=at)
    return session.get_one(Grant, row.grant)


def _waiting(session: Session, at: datetime, grantee: str) -> list[ShareRequest]:
    """Leave requests where someone has to act: written, checked, decided, extended, refused, disputed, offered."""
    submit, forward = RequestStep.SUBMIT, RequestStep.FORWARD
    walks: tuple[tuple[RequestStep, ...], ...] = (
        (),
        (submit,),
        (submit, forward),
        (submit, forward, RequestStep.EXTEND),
        (submit, forward, RequestStep.REFUSE),
        (submit, forward, RequestStep.REFUSE, RequestStep.OBJECT),
        (submit, forward, RequestStep.WITHDRAW),
    )
    asked = _of_type(session, CONDITIONAL, grantee, len(walks) + 1)
    found = [
        _walked(session, _begun(session, directory, grantee, at), *steps, at=at)
        for directory, steps in zip(asked, walks, strict=False)
    ]
    if len(asked) > len(walks):
        found.append(_offered(session, asked[-1], grantee, at))
    for share_type in (NEVER, UNCONDITIONAL):
        found += [
            _walked(session, _begun(session, directory, grantee, at), submit, forward, at=at)
            for directory in _of_type(session, share_type, grantee, 1)
        ]
    return found


def _offered(session: Session, directory: Directory, grantee: str, at: datetime) -> ShareRequest:
    row = _walked(session, _begun(session, directory, grantee, at), RequestStep.SUBMIT, RequestStep.FORWARD, at=at)
    first, *_ = _items(session, directory)
    narrower = clauses_of((first,), at, masks={first: "last4"}, encrypted=True)
    provider = _person(row.provider, "provider")
    return sharing.take(session, row, RequestStep.OFFER, "按最小必要原则收窄（演示）", provider, at, narrower)


def _of_type(session: Session, share_type: str, grantee: str, most: int) -> list[Directory]:
    query = select(Directory).where(
        Directory.state == "published", Directory.share_type == share_type, Directory.owner != code_of(grantee)
    )
    return list(session.scalars(query.order_by(Directory.code).limit(most)))


def _listed(session: Session, mounted: Sequence[Directory], at: datetime) -> None:
    """Publish a use list for what is mounted, and draft the next."""
    told = [
        UseRow(
            LICENCE,
            LICENCE_NAME,
            directory.name,
            directory.code,
            tuple(_items(session, directory)[:3]),
            (),
            (Stage.INTAKE, Stage.ACCEPTANCE, Stage.REVIEW),
            "演示依据",
        )
        for directory in mounted
    ]
    if told:
        authority = _person(code_of("data"), "authority")
        row = use_lists.draft(session, "演示省用证清单", "演示依据", told, authority, at)
        use_lists.publish(session, row, at, _person(code_of("data"), "authority", "second"), at)
        use_lists.draft(session, "演示省用证清单（修订）", "演示依据", told[:1], authority, at)


def _registered(session: Session, at: datetime) -> None:
    """Let a post counter take in for the city's window centre."""
    post = NewOrganisation(CreditCode(credit_code(POST_NUMBER)), POST, RegionCode(CITY), "city", None)
    row = organisations.add(session, post, MAKER, at)
    told = Registration(CallerKind.AGENT, code_of("city-window"), "演示委托书", at + PERIOD)
    callers.register(session, row.code, told, _person(code_of("data"), "authority"), at)


def _person(organisation: str, role: str, which: str = "sandbox") -> Caller:
    """Give whoever acts for a department while the sandbox is made."""
    return Caller("person", f"{which}-{role}", f"演示{role}", organisation, frozenset({role}))
