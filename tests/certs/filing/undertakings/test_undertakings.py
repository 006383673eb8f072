"""In place of a paper: letters to other organs, promises, papers that come later, papers handed in before."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from base import events
from base.callers import Caller
from base.db import Database
from certs.filing.matter import Material, Means, Mode, Necessity, Replacement
from certs.filing.undertakings import replies, reuse, undertakings
from certs.filing.undertakings.errors import ReplyFileNotSigned, UndertakingStepNotAllowed
from certs.filing.undertakings.models import MaterialReuse, Undertaking
from certs.filing.undertakings.replies import Replier, Reply
from certs.filing.undertakings.undertaking import MOVES, STANDING, Kind, State, Step, after
from certs.routes.assistance import assistance_routes
from exchange import tasks
from exchange.models import Task
from tests.certs.filing.cases import house as of
from tests.certs.filing.cases.house import (
    AUDITOR,
    CLERK,
    COUNTY,
    ITEM,
    MATTERS,
    OTHER_ITEM,
    STRANGER,
    WINDOW,
    House,
    material,
)
from tests.certs.papers import firm
from tests.keys.parties.builders import CITY, PROVINCE

# The organ that is asked.
ASKED = replace(STRANGER, id="stranger")
LETTER = {"material": "residence", "name": "居住证明", "to": PROVINCE, "question": "演示申请人是否在辖区居住？"}
PROMISE = {
    "material": "fire",
    "name": "消防安全承诺",
    "text": "本企业承诺符合消防安全要求。",
    "proof_kind": "signature",
    "proof_number": "演示签名1",
    "days": 10,
}
LATER = {"material": "report", "name": "检测报告", "reason": "检测机构尚未出具"}
ALLOWED = (
    Material("fire", "消防安全承诺", Necessity.REQUIRED, "演示依据", may_be_promised=True),
    Material("report", "检测报告", Necessity.REQUIRED, "演示依据", later_working_days=4),
)


@pytest.fixture
def house(database: Database, tmp_path: Path, at: Any, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setitem(MATTERS, ITEM, of.matter(materials=ALLOWED))
    return of.opened(database, tmp_path, at, monkeypatch, (assistance_routes,))


def told_of(house: House, kind: str) -> list[str]:
    with house.database.reading() as session:
        found = [each.event for each in events.since(session, 0)]
        return [each.name for each in found if each.name.startswith(f"{kind}.")]


def fall_due(house: House) -> int:
    with house.database.transaction() as session:
        return undertakings.fall_due(session, house.parts, house.at)


def open_duties(house: House) -> list[tuple[str, str, str]]:
    with house.database.reading() as session:
        rows = session.query(Task).filter(Task.done_at.is_(None), Task.thing_kind == "undertaking").order_by(Task.id)
        return [(each.duty, each.organisation, each.role) for each in rows]


def test_every_standing_undertaking_can_be_ended_and_an_ended_one_cannot():
    for kind in Kind:
        for state in State:
            for step in Step:
                if state in STANDING and (step in MOVES[kind] or step is Step.CANCEL):
                    assert after(kind, state, step) not in STANDING
                elif (state, step) == (State.OPEN, Step.FALL_DUE):
                    assert after(kind, state, step) is State.OVERDUE
                else:
                    with pytest.raises(UndertakingStepNotAllowed):
                        after(kind, state, step)


def test_another_organ_is_asked_and_answers(house: House):
    number = house.receive()["number"]
    letter = house.good(CLERK, "POST", f"/cases/{number}/assistance-letters", **LETTER, days=3)
    assert (letter["state"], letter["owner"], letter["due_at"][:10]) == ("open", PROVINCE, "2026-11-25")
    assert open_duties(house) == [("assistance-reply", PROVINCE, "operator")]
    waiting = house.good(ASKED, "GET", "/assistance-letters")["items"]
    assert [(each["id"], each["words"]["question"]) for each in waiting] == [(letter["id"], LETTER["question"])]
    told = house.good(ASKED, "POST", f"/undertakings/{letter['id']}/replies", answer="confirmed", text="在辖区居住")
    assert (told["state"], told["facts"]["answer"], told["words"]["reply"]) == ("answered", "confirmed", "在辖区居住")
    again = house.call(ASKED, "POST", f"/undertakings/{letter['id']}/replies", answer="denied", text="不在")
    assert (again.status_code, again.json["code"]) == (409, "undertaking-step-not-allowed")
    assert open_duties(house) == []
    assert told_of(house, "assistance") == ["assistance.made", "assistance.answered"]


def test_a_material_that_another_organ_helps_with_is_asked_about_in_one_call(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    """The matter names the organ; a material for which it names none, or nobody who is registered, is refused."""
    helps = Replacement(Means.ASSISTANCE, "演示省数据局", "演示省数据局", (), Mode.CHECK, "演示依据")
    nobody = replace(helps, target="演示无此机关", name="演示无此机关")
    assisted = tuple(
        Material(key, "居住证明", Necessity.REQUIRED, "演示依据", replacements=(one,))
        for key, one in (("residence", helps), ("else", nobody))
    )
    monkeypatch.setitem(MATTERS, ITEM, of.matter(materials=(*ALLOWED, *assisted)))
    number = house.receive()["number"]
    letter = house.good(CLERK, "POST", f"/cases/{number}/assistance-letters", material="residence", name="居住证明")
    assert letter["owner"] == PROVINCE
    assert "居住证明" in letter["words"]["question"]
    for key in ("else", "fire", "unknown"):
        refused = house.call(CLERK, "POST", f"/cases/{number}/assistance-letters", material=key, name="居住证明")
        assert (refused.status_code, refused.json["code"]) == (409, "not-for-this-material")


def test_only_the_organ_that_is_asked_answers(house: House):
    number = house.receive()["number"]
    letter = house.good(CLERK, "POST", f"/cases/{number}/assistance-letters", **{**LETTER, "to": COUNTY})
    path = f"/undertakings/{letter['id']}"
    assert house.call(ASKED, "GET", path).json["code"] == "no-such-undertaking"
    assert house.call(ASKED, "POST", f"{path}/replies", answer="denied", text="不").status_code == 404
    mine = house.call(CLERK, "POST", f"{path}/replies", answer="confirmed", text="是")
    assert (mine.status_code, mine.json["code"]) == (403, "undertaking-not-yours")
    seen = house.good(AUDITOR, "GET", path)
    assert seen["words"] == {}


@pytest.mark.parametrize(("if_missed", "state"), [("escalate", "overdue"), ("later", "turned-later")])
def test_a_letter_that_is_not_answered_is_told_above_or_lets_the_paper_come_later(
    house: House, if_missed: str, state: str
):
    number = house.receive()["number"]
    house.good(WINDOW, "POST", f"/cases/{number}/assistance-letters", **{**LETTER, "to": CITY, "if_missed": if_missed})
    house.pass_days(10)
    with house.database.transaction() as session:
        tasks.remind(session, house.at)
    assert [fall_due(house) for _ in range(2)] == [1, 0]
    found = house.good(WINDOW, "GET", f"/cases/{number}/undertakings")["items"]
    letter = next(each for each in found if each["kind"] == "assistance")
    assert letter["state"] == state
    with house.database.reading() as session:
        rows = session.query(Task).filter(Task.duty == "assistance-reply")
        assert [each.escalated_to for each in rows] == [PROVINCE]
    later = [each for each in found if each["kind"] == "later"]
    assert [(each["owner"], each["facts"]["letter"]) for each in later] == (
        [(COUNTY, letter["id"])] if if_missed == "later" else []
    )


def test_a_promise_is_kept_with_its_proof_and_checked(house: House):
    number = house.receive()["number"]
    made = house.good(WINDOW, "POST", f"/cases/{number}/promises", **PROMISE)
    assert (made["state"], made["owner"], made["facts"]["proof_number"]) == ("open", CITY, "演示签名1")
    assert len(made["facts"]["text_sm3"]) == 64
    wrong = house.call(WINDOW, "POST", f"/undertakings/{made['id']}/steps", step="fulfil", reason="演示")
    assert (wrong.status_code, wrong.json["code"]) == (403, "undertaking-not-yours")
    broken = house.good(CLERK, "POST", f"/undertakings/{made['id']}/steps", step="break", reason="现场核查不符")
    assert (broken["state"], broken["words"]["reason"]) == ("broken", "现场核查不符")
    assert told_of(house, "promise") == ["promise.made", "promise.broken"]


def test_a_promise_that_nobody_checked_is_overdue_and_can_still_be_checked(house: House):
    number = house.receive()["number"]
    made = house.good(WINDOW, "POST", f"/cases/{number}/promises", **{**PROMISE, "days": 2})
    house.pass_days(9)
    fall_due(house)
    assert house.good(CLERK, "GET", f"/undertakings/{made['id']}")["state"] == "overdue"
    told = house.good(CLERK, "POST", f"/undertakings/{made['id']}/steps", step="fulfil", reason="核查属实")
    assert told["state"] == "fulfilled"
    assert told_of(house, "promise") == ["promise.made", "promise.overdue", "promise.fulfilled"]


def test_a_paper_comes_later_and_is_reminded_of(house: House):
    """Four working days as the matter says: reminded after two, after all but one, on the day; handed in after."""
    number = house.receive()["number"]
    made = house.good(WINDOW, "POST", f"/cases/{number}/later-materials", **LATER)
    assert (made["owner"], made["days"], made["due_at"][:10]) == (COUNTY, 4, "2026-11-26")
    reminded = []
    for _ in range(7):
        house.pass_days(1)
        with house.database.transaction() as session:
            tasks.remind(session, house.at)
            task = session.query(Task).filter(Task.duty == "later-material").one()
            reminded.append((task.reminded, task.escalated_to))
    assert list(dict.fromkeys(reminded))[-1][1] == PROVINCE
    assert {each for each, _ in reminded} >= {0, 1, 2}
    fall_due(house)
    assert house.good(WINDOW, "GET", f"/undertakings/{made['id']}")["state"] == "overdue"
    other = house.call(WINDOW, "POST", f"/undertakings/{made['id']}/hand-ins", material=material("other", "演示"))
    assert (other.status_code, other.json["code"]) == (409, "not-for-this-material")
    told = house.good(WINDOW, "POST", f"/undertakings/{made['id']}/hand-ins", material=material("report", "检测报告"))
    assert (told["state"], told["words"]["was_overdue"]) == ("handed-in", True)
    names = [each["name"] for each in house.good(CLERK, "GET", f"/cases/{number}")["materials"]]
    assert "检测报告" in names
    assert told_of(house, "later") == ["later.made", "later.overdue", "later.handed-in"]


@pytest.mark.parametrize(
    ("path", "body"),
    [("promises", {**PROMISE, "material": "report"}), ("later-materials", {**LATER, "material": "fire"})],
)
def test_only_what_the_matter_allows_is_promised_or_comes_later(house: House, path: str, body: dict[str, Any]):
    number = house.receive()["number"]
    answer = house.call(WINDOW, "POST", f"/cases/{number}/{path}", **body)
    assert (answer.status_code, answer.json["code"]) == (409, "not-for-this-material")


def test_nothing_stands_in_for_the_papers_of_a_closed_case(house: House):
    number = house.receive()["number"]
    house.stands(number, "void", words={"reason": "演示"})
    answer = house.call(WINDOW, "POST", f"/cases/{number}/promises", **PROMISE)
    assert (answer.status_code, answer.json["code"]) == (409, "case-is-closed")
    assert house.call(ASKED, "POST", f"/cases/{number}/promises", **PROMISE).status_code == 404


def report(verdict: str, *subjects: str) -> Mapping[str, Any]:
    """Write a verification report as far as a reply reads it."""
    signers = [{"subject": each, "issuer": "演示 CA", "serial": "01"} for each in subjects]
    signatures = [{"kind": "seal", "seal": {"id": "s"}, "signer": each} for each in signers]
    return {"verdict": verdict, "signatures": signatures, "warnings": [], "sub_indication": None}


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (report("unsigned"), "unsigned"),
        (report("invalid"), "invalid"),
        (report("unreadable"), "unreadable"),
        (report("valid", f"CN=演示市, serialNumber={CITY}"), "another-organ"),
    ],
)
def test_a_reply_with_a_file_that_is_not_the_organs_is_refused(house: House, told: Mapping[str, Any], reason: str):
    number = house.receive()["number"]
    letter = house.good(CLERK, "POST", f"/cases/{number}/assistance-letters", **LETTER)
    with pytest.raises(ReplyFileNotSigned) as refused:
        replier(house, told).reply(letter["id"], Reply("confirmed", "属实", b"file", "a.pdf"))
    assert refused.value.reason == reason
    assert house.good(ASKED, "GET", f"/undertakings/{letter['id']}")["state"] == "open"


def test_a_reply_keeps_the_signed_file_and_its_verdict(house: House):
    number = house.receive()["number"]
    letter = house.good(CLERK, "POST", f"/cases/{number}/assistance-letters", **LETTER)
    good = report("valid", f"CN=演示省, serialNumber={PROVINCE}")
    replier(house, good).reply(letter["id"], Reply("confirmed", "属实", b"file", "a.pdf"))
    told = house.good(CLERK, "GET", f"/undertakings/{letter['id']}")
    assert (told["facts"]["file_verdict"], told["facts"]["file_name"]) == ("valid", "a.pdf")
    with house.database.transaction() as session:
        assert replies.file_of(session, house.parts, session.get_one(Undertaking, letter["id"])) == b"file"


def replier(house: House, told: Mapping[str, Any]) -> Replier:
    def examine(_document: bytes, _name: str, _at: datetime) -> Mapping[str, Any]:
        return told

    by = Caller("system", "asked", "asked", PROVINCE)
    return Replier(house.database, house.parts, examine, by, lambda: house.at)


AGREED = {"days": 30, "kind": "signature", "number": "演示同意1"}


def agreed_case(house: House, **peculiar: Any) -> str:
    number: str = house.receive(materials=[material("plan", "平面图", agreement=AGREED)], **peculiar)["number"]
    return number


def test_a_paper_serves_again_with_its_holders_agreement(house: House):
    first = agreed_case(house)
    house.pass_days(3)
    second = house.receive(matter=OTHER_ITEM, materials=[])["number"]
    asked = {"type": "001", "code": firm(1), "case": second}
    offered = house.good(WINDOW, "POST", "/reusable-materials", **asked)["items"]
    assert [(each["case"], each["key"]) for each in offered] == [(first, "plan")]
    told = {"material": "layout", "from_case": first, "from_material": "plan"}
    kept = house.good(WINDOW, "POST", f"/cases/{second}/reuses", **told)
    assert (kept["answer"], kept["source"], kept["handed_in_at"][:10]) == ("reused", f"{first}/plan", "2026-11-21")
    with house.database.reading() as session:
        assert [(each.case, each.from_case) for each in session.query(MaterialReuse)] == [(second, first)]
    with house.database.transaction() as session:
        known = reuse.handed_in(session, house.parts, "001", firm(1), ["plan", "other"], house.at)
    assert {key: each.place for key, each in known.items()} == {"plan": f"{first}/plan"}


def test_a_paper_that_is_too_old_or_was_not_agreed_to_does_not_serve(house: House):
    first, plain = agreed_case(house), house.receive()["number"]
    second = house.receive(matter=OTHER_ITEM, materials=[])["number"]

    def reason(source: str, key: str) -> str:
        told = {"material": "m", "from_case": source, "from_material": key}
        answer = house.call(WINDOW, "POST", f"/cases/{second}/reuses", **told)
        assert (answer.status_code, answer.json["code"]) == (409, "material-not-reusable")
        return str(answer.json["reason"])

    assert reason(plain, "layout") == "not-agreed"
    assert reason(first, "none") == "unknown"
    house.pass_days(31)
    assert reason(first, "plan") == "too-old"


def test_nobody_elses_paper_serves_or_is_seen(house: House):
    """Another applicant's paper and none at all look alike."""
    other = {"name": "演示企业2有限公司", "kind": "organisation", "type": "001", "code": firm(2)}
    first = agreed_case(house, applicant=other)
    second = house.receive()["number"]
    told = {"material": "m", "from_case": first, "from_material": "plan"}
    answer = house.call(WINDOW, "POST", f"/cases/{second}/reuses", **told)
    assert (answer.status_code, answer.json["reason"]) == (409, "unknown")
    asked = {"type": "001", "code": firm(2), "case": second}
    assert house.good(WINDOW, "POST", "/reusable-materials", **asked)["items"] == []


def test_a_hostile_file_is_refused_before_anything_reads_it(house: House):
    number = house.receive()["number"]
    letter = house.good(CLERK, "POST", f"/cases/{number}/assistance-letters", **LETTER)
    body = {"answer": "confirmed", "text": "是", "file": "不是"}
    answer = house.call(ASKED, "POST", f"/undertakings/{letter['id']}/replies", **body)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid-input")
