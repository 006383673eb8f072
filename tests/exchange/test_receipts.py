"""Receipts: each answered call can prove alone that it is on record; whatever was altered does not."""

import copy
import json
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from base import clock, ledger_check, scheduling
from base.db import Database
from base.journal import DamagedLedger
from base.ledger_check import Refuted, Unreadable
from base.models import AuditEntry, LedgerNode
from base.scheduling import SchedulingSettings
from base.scheduling.models import Outcome
from base.scheduling.process import run_by_hand
from exchange.door import jobs as gateway_jobs
from exchange.door import receipts
from exchange.door.models import ReceiptBatch
from exchange.door.wiring import Gateway
from exchange.mounting.wiring import MountParts
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.signers.errors import DeviceDown
from keys.signers.software import SoftwareSigner
from tests.exchange import gateway_house
from tests.exchange.gateway_house import House, purpose

ONE = [{"item": "许可证编号", "values": ["苏卫0001"]}]
SECOND = timedelta(seconds=1)


@pytest.fixture
def house(database: Database, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(clock, "now", lambda: at)
    return gateway_house.opened(database, tmp_path, at)


def called(house: House) -> Any:
    answer = house.ask(conditions=ONE)
    assert answer.status_code == 200, answer.text
    return answer.json


def receipt(house: House, answer: dict[str, Any], who: str = "window") -> Any:
    told = house.get(answer["receipt"]["url"].removeprefix("/api/v1"), who)
    assert told.status_code == 200, told.text
    return told.json


def request_of(house: House) -> dict[str, Any]:
    return {"directory": house.code, "body": {"purpose": purpose(), "conditions": ONE}}


def judged(shown: dict[str, Any], key: str = "", request: Any = None, answer: Any = None) -> str:
    said = ledger_check.check(shown)
    ledger_check.fits(shown, key, request, answer)
    return said


def test_a_receipt_verifies_alone_with_the_one_file_checker(house, tmp_path):
    answer = called(house)
    shown = receipt(house, answer)
    files = {"receipt": shown, "answer": answer, "request": request_of(house)}
    for name, told in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    (tmp_path / "key").write_text(house.get("/receipt-keys").json["items"][0]["key"] + "\n", encoding="utf-8")
    alone = shutil.copy(ledger_check.__file__, tmp_path / "ledger_check.py")
    words = ["--key", "key", "--answer", "answer.json", "--request", "request.json", "receipt.json"]

    def run() -> int:
        command = [sys.executable, "-I", "-S", str(alone), *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=60).returncode

    assert run() == 0
    (tmp_path / "answer.json").write_text(json.dumps(answer | {"outcome": "not_found"}), encoding="utf-8")
    assert run() == 1


def test_a_receipt_says_who_used_what_for_what(house):
    shown = receipt(house, called(house))
    told = shown["statement"]
    assert (told["actor"], told["directory"], told["outcome"]) == ("system:window", house.code, "found")
    assert (told["grant"], told["item_code"], told["basis"]) == ("grant-1", gateway_house.MATTER, "3209000001")
    assert "苏卫0001" not in json.dumps(shown, ensure_ascii=False)


def test_one_signature_serves_a_batch_and_each_call_has_its_own_proof(house, at):
    first, second = called(house), called(house)
    receipts.sign(house.database, house.parts, at)
    shown = [receipt(house, each) for each in (first, second)]
    assert shown[0]["note"] == shown[1]["note"]
    assert shown[0]["batch"] == shown[1]["batch"] == 1
    assert shown[0]["inclusion"]["index"] != shown[1]["inclusion"]["index"]
    for each, answer in zip(shown, (first, second), strict=True):
        assert judged(each, answer=answer, request=request_of(house))
    with pytest.raises(Refuted):
        judged(shown[0], answer=second)


def test_batches_are_chained(house, at):
    receipt(house, called(house))
    second = receipt(house, called(house))
    assert (second["batch"], second["consistency"]["old_size"] > 0) == (2, True)
    assert judged(second)
    second["consistency"]["old_root"] = "0" * 64
    with pytest.raises(Refuted):
        judged(second)


def test_nothing_new_signs_nothing(house, at):
    called(house)
    for later in range(4):
        receipts.sign(house.database, house.parts, at + later * SECOND)
    with house.database.reading() as session:
        sizes = list(session.scalars(select(ReceiptBatch.size).order_by(ReceiptBatch.number)))
    # Taking the key in is an entry of its own, which the second batch holds; then nothing is new.
    assert sizes == [sizes[0], sizes[0] + 1]


def altered(data: st.DataObject, shown: Any) -> Any:
    """Draw one alteration anywhere in a receipt."""
    if isinstance(shown, dict):
        name = data.draw(st.sampled_from(sorted(name for name, value in shown.items() if value not in (None, [], ""))))
        return {**shown, name: altered(data, shown[name])}
    if isinstance(shown, list):
        at = data.draw(st.integers(0, len(shown) - 1))
        return [*shown[:at], altered(data, shown[at]), *shown[at + 1 :]]
    if isinstance(shown, int):
        return shown + data.draw(st.sampled_from([-1, 1, 1000]))
    at = data.draw(st.integers(0, len(shown) - 1))
    sign = data.draw(st.sampled_from("0f苏A").filter(lambda sign: sign != shown[at]))
    return shown[:at] + sign + shown[at + 1 :]


def test_an_altered_receipt_proves_nothing(house):
    """Any member that verifying uses; `batch` and `certificate` are for readers."""
    answer = called(house)
    receipt(house, called(house))
    shown = receipt(house, answer)
    key, request = shown["key"], request_of(house)
    proven = {name: value for name, value in shown.items() if name not in {"batch", "certificate"}}
    judged(proven, key, request, answer)

    @settings(max_examples=300, deadline=None)
    @given(st.data())
    def every_alteration(data):
        other = altered(data, copy.deepcopy(proven))
        with pytest.raises((Refuted, Unreadable)):
            judged(other, key, request, answer)

    every_alteration()


def test_an_altered_answer_or_request_does_not_fit(house):
    answer = called(house)
    shown = receipt(house, answer)
    answer["rows"][0]["单位名称"] = "别的单位"
    with pytest.raises(Refuted):
        judged(shown, answer=answer)
    other = request_of(house)
    other["body"]["purpose"]["reason"] = "另有所用"
    with pytest.raises(Refuted):
        judged(shown, request=other)


def test_another_keys_receipt_is_not_believed(house):
    shown = receipt(house, called(house))
    other = shown["key"][:-4] + "AAA="
    with pytest.raises(Refuted):
        judged(shown, key=other)


@pytest.mark.parametrize(("who", "status"), [("window", 200), ("provider", 200), ("auditor", 200), ("stranger", 404)])
def test_a_receipt_is_for_the_user_the_provider_and_the_auditor(house, who, status):
    usage = called(house)["usage_id"]
    assert house.get(f"/receipts/{usage}", who).status_code == status
    assert house.get("/receipts/none", who).status_code == 404


def test_without_a_key_calls_are_answered_and_receipts_are_not(house, at, monkeypatch):
    object.__setattr__(house.parts, "receipt_key", "")
    answer = called(house)
    told = house.get(f"/receipts/{answer['usage_id']}")
    assert (told.status_code, told.json["code"]) == (503, "receipt-key-missing")
    object.__setattr__(house.parts, "receipt_key", "receipts")
    assert judged(receipt(house, answer), answer=answer)


def test_a_key_device_that_is_away_delays_receipts_and_loses_none(house, at):
    answer, signer_for = called(house), house.parts.signer_for

    def away(*_):
        raise DeviceDown("sdf", "away")

    object.__setattr__(house.parts, "signer_for", away)
    with pytest.raises(DeviceDown):
        receipts.sign(house.database, house.parts, at)
    object.__setattr__(house.parts, "signer_for", signer_for)
    receipts.sign(house.database, house.parts, at + SECOND)
    assert judged(receipt(house, answer), answer=answer)


def test_receipts_of_a_replaced_key_stay_good(house):
    first = called(house)
    old = receipt(house, first)
    signer = SoftwareSigner(asymmetric.generated(KeyKind.SM2))
    object.__setattr__(house.parts, "signer_for", lambda *_: signer)
    new = receipt(house, called(house))
    assert new["key"] != old["key"]
    assert receipt(house, first)["key"] == old["key"]
    assert len(house.get("/receipt-keys").json["items"]) == 2
    assert judged(new)


def test_two_that_sign_at_once_keep_one_batch(house, at):
    called(house)
    signer_for = house.parts.signer_for

    def meeting(*told):
        object.__setattr__(house.parts, "signer_for", signer_for)
        receipts.sign(house.database, house.parts, at)
        return signer_for(*told)

    object.__setattr__(house.parts, "signer_for", meeting)
    receipts.sign(house.database, house.parts, at)
    with house.database.reading() as session:
        sizes = list(session.scalars(select(ReceiptBatch.size)))
    assert len(sizes) == len(set(sizes)) == 1


def test_a_rewritten_ledger_gets_no_batch(house, at):
    called(house)
    receipts.sign(house.database, house.parts, at)
    called(house)
    with house.database.transaction() as session:
        session.execute(update(LedgerNode).where(LedgerNode.node_index == 0).values(hash=b"\0" * 32))
    with pytest.raises(DamagedLedger):
        receipts.sign(house.database, house.parts, at + SECOND)


def test_a_lost_entry_is_told_and_not_made_up(house, at):
    usage = called(house)["usage_id"]
    with house.database.transaction() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.thing_id == usage))
    assert house.get(f"/receipts/{usage}").json["code"] == "ledger-damaged"


def test_the_job_signs_until_its_round_is_over(house, monkeypatch):
    monkeypatch.setattr(gateway_jobs, "ROUND", 0)
    monkeypatch.setattr(gateway_jobs, "LONGER", 0.01)
    answer = called(house)
    jobs = scheduling.joined(gateway_jobs.JOBS)
    parts = {Gateway: house.parts, MountParts: house.sources}
    for name in jobs:
        _, outcome = run_by_hand(house.database, jobs, name, SchedulingSettings(), parts=parts)
        assert outcome is Outcome.DONE, name
    with house.database.reading() as session:
        assert receipts.document(session, house.parts, answer["usage_id"]) is not None


def test_a_receipt_whose_batch_another_process_signs_just_now_is_asked_for_again(house, monkeypatch):
    usage = called(house)["usage_id"]
    monkeypatch.setattr(receipts, "sign", lambda *_: None)
    told = house.get(f"/receipts/{usage}")
    assert (told.status_code, told.json["code"], told.json["retryable"]) == (503, "receipt-not-signed", True)
