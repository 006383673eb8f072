"""The national sharing gateway, simulated: secrets, signed calls, and the faults of a real one.

A call goes: 1. a fault may strike before anything happens; 2. the signature is judged: account, time within ten
minutes, never seen before; 3. the service takes effect or answers, and the call is on record, in one transaction; 4. a
fault may spoil the answer. What services take is in `services`, how reviews end in `reviews`.

Nothing here is taken from the client that speaks to it.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from catalog_sync.simulator import offerings, reviews, services, spoiling, store
from catalog_sync.simulator.faults import Stage, Switched
from catalog_sync.simulator.services import FAULTY, OK, SYSTEM_SERVICES, Call, good, refused
from catalog_sync.simulator.signatures import PARTS, WINDOW_SECONDS, is_now, is_signed, part_of, sealed
from catalog_sync.simulator.store import ANSWERED, CALLS, EFFECTS, SECRETS, SPENT, Store
from catalog_sync.simulator.switches import Switches
from catalog_sync.simulator.wire import Answer, Request, told

RID: Final = "00000000-0000-4000-8000-000000000001"
REFRESH: Final = "/sysapi/auth/refreshappsecret"
PROXY: Final = "/httpproxy"
REGISTER: Final = "/sysapi/service/register"
PATHS: Final = frozenset({REFRESH, PROXY, REGISTER, "/sysapi/service/getlist", "/sysapi/service/getdetail"})
SECRET_SECONDS: Final = 12 * 3600
BEIJING: Final = timezone(timedelta(hours=8))
LONGEST_KEY: Final = 200
# Codes as published gateways give them.
SIGNATURE, TIME, NOT_AUTHORISED = "-5", "-19", "-20"
QUERY, LISTED, RECEIPTS, TOTALS = "s_sys_cloud003", "s_sys_service001", "s_sys_supply011", "s_sys_stat002"
INTERFACES: Final = "s_sys_service003"
# Made once: every call asks them.
_ASKED_BEFORE: Final = select(func.count()).where(
    CALLS.c.service == bindparam("of"), CALLS.c.body == bindparam("digest")
)
_SECRET: Final = select(SECRETS).where(SECRETS.c.service == bindparam("of"))
_SPEND: Final = (
    sqlite.insert(SPENT)
    .values(sign=bindparam("sign"), until=bindparam("until"))
    .on_conflict_do_nothing()
    .returning(SPENT.c.sign)
)
_ANSWERED: Final = select(ANSWERED.c.answer).where(ANSWERED.c.key == bindparam("of"))
_ANSWER: Final = ANSWERED.insert()


class Gateway:
    """The gateway; `app_key` gives the application key of its one account."""

    def __init__(
        self, kept: Store, switches: Switches, now: Callable[[], datetime], app_key: Callable[[], str]
    ) -> None:
        self._store = kept
        self._switches = switches
        self._now = now
        self._app_key = app_key

    def __call__(self, request: Request) -> Answer:
        """Answer a request."""
        at = self._now()
        sid, digest = part_of(request, "sid"), hashlib.new("sm3", _asked(request)).hexdigest()
        with self._store.writing() as session:
            salt = f"{request.path}\n{sid}\n{digest}\n{self._asked_before(session, sid, digest)}"
            number = store.added(
                session, CALLS, at=at.timestamp(), path=request.path, service=sid, body=digest, fault="", code=""
            )
            apart = frozenset({"expired-secret"} if request.path == REFRESH else ())
            struck = self._switches.strike(session, (Stage.BEFORE,), salt, apart=apart)
            answer = self._spared(session, struck, sid) if struck else None
            if answer is None:
                answer = self._answered(session, request, sid, salt, at)
            code = _code_of(answer)
            if struck is None:
                struck = self._switches.strike(session, (Stage.AFTER,), salt, apart=_unfit(answer))
                answer = spoiling.spoiled(session, answer, struck) if struck else answer
            reviews.settle(session, self._switches, number)
            store.changed(
                session,
                CALLS,
                number,
                fault=struck.fault.name if struck else "",
                effect=session.info.get(EFFECTS),
                code=code,
                retry_after=next((float(value) for name, value in answer.headers if name == "Retry-After"), None),
            )
        return answer

    def _asked_before(self, session: Session, sid: str, digest: str) -> int:
        """Count how often the same was asked before: what chance needs to know of a call."""
        if not self._switches.faults.switched:
            return 0
        return store.asked(session, _ASKED_BEFORE, of=sid, digest=digest).scalar() or 0

    # --- letting in -----------------------------------------------------------------------------------------------

    def _spared(self, session: Session, struck: Switched, sid: str) -> Answer | None:
        """Answer as the fault does; none where it only changes how the call is judged."""
        if struck.fault.name == "expired-secret":
            session.execute(delete(SECRETS).where(SECRETS.c.service == sid))
            return None
        return spoiling.instead(struck)

    def _answered(self, session: Session, request: Request, sid: str, salt: str, at: datetime) -> Answer:
        if request.path == REFRESH:
            return self._refreshed(session, request, at)
        fault = self._judged(session, request, sid, at)
        if fault is not None:
            return fault
        if request.method == "GET":
            body: Mapping[str, Any] | None = dict(request.parameters)
        else:
            body = request.json()
        if body is None:
            return refused(FAULTY, "请求不是 JSON 对象")
        return self._served(session, request.path, Call(sid, body, salt, _key(request), at))

    def _refreshed(self, session: Session, request: Request, at: datetime) -> Answer:
        body = request.json() or {}
        parts = {part: str(body.get(f"gjgxjhpt_{part}", "")) for part in PARTS}
        if parts["rid"] != RID or not is_signed(parts, self._app_key()):
            return refused("E-106", "授权码不正确")
        if not is_now(parts["rtime"], at.timestamp()):
            return refused(TIME, "请求时间超出允许范围")
        session.execute(delete(SPENT).where(SPENT.c.until < at.timestamp()))
        fresh, ends = secrets.token_hex(16), at + timedelta(seconds=SECRET_SECONDS)
        session.execute(delete(SECRETS).where(SECRETS.c.service == parts["sid"]))
        session.execute(SECRETS.insert().values(service=parts["sid"], secret=fresh, ends=ends.timestamp()))
        until = ends.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
        return good({"secret": sealed(self._app_key(), fresh), "secretEndTime": until})

    def _judged(self, session: Session, request: Request, sid: str, at: datetime) -> Answer | None:
        parts = {part: part_of(request, part) for part in PARTS}
        kept = store.asked(session, _SECRET, of=sid).one_or_none()
        if parts["rid"] != RID:
            return refused(NOT_AUTHORISED, "请求方未授权")
        if kept is None or kept.ends <= at.timestamp():
            return refused(SIGNATURE, "密钥已失效")
        if not is_signed(parts, kept.secret):
            return refused(SIGNATURE, "签名不正确")
        if not is_now(parts["rtime"], at.timestamp()):
            return refused(TIME, "请求时间超出允许范围")
        until = at.timestamp() + 2 * WINDOW_SECONDS
        if not store.asked(session, _SPEND, sign=parts["sign"], until=until).all():
            return refused(SIGNATURE, "签名已使用")
        return None

    # --- services -------------------------------------------------------------------------------------------------

    def _served(self, session: Session, path: str, call: Call) -> Answer:
        asks = {QUERY: services.queried, LISTED: services.listed, RECEIPTS: reviews.handed_out, TOTALS: services.totals}
        if call.sid in asks:
            is_stale = self._switches.strike(session, (Stage.READ,), call.salt) is not None
            return good(asks[call.sid](session, call.body, stale=is_stale))
        if call.sid in offerings.SERVICES:
            return offerings.handed_out(session, self._switches, call)
        service = SYSTEM_SERVICES.get(call.sid)
        if service is None or (call.sid == INTERFACES) != (path == REGISTER):
            return refused(NOT_AUTHORISED, "没有此服务")
        if call.key:
            kept = store.asked(session, _ANSWERED, of=call.key).scalar_one_or_none()
            if kept is not None:
                return told(kept)
        answer = services.taken(session, self._switches, service, call)
        if call.key and json.loads(answer.body)["code"] == OK:
            store.asked(session, _ANSWER, key=call.key, answer=json.loads(answer.body))
        return answer


def _unfit(answer: Answer) -> frozenset[str]:
    """Name the faults that cannot spoil this answer."""
    apart = {"wrong-receipt": b'"cascadeguid": ', "wrong-secret": b'"secret": '}
    return frozenset(name for name, member in apart.items() if member not in answer.body or b'"list"' in answer.body)


def _code_of(answer: Answer) -> str:
    try:
        return str(json.loads(answer.body)["code"])
    except ValueError:
        return str(answer.status)


def _asked(request: Request) -> bytes:
    """Give what a call asks for, the same however often it is signed."""
    return request.body if request.path != REFRESH else b"refresh"


def _key(request: Request) -> str:
    return request.headers.get("idempotency-key", "")[:LONGEST_KEY]
