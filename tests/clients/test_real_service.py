"""The client against the real application: tokens, data, signed calls, receipts, verification, sealing, paging."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from yinxin_client import (
    BadRequest,
    Client,
    ClientKey,
    ClientSecret,
    Condition,
    Forbidden,
    Missing,
    OpenSSLKey,
    Outcome,
    P256Key,
    Sandbox,
    SealOrder,
    SealPlace,
    Settings,
    Unauthenticated,
    Verdict,
    from_sandbox,
    read_sandbox,
)

from tests.builders import pdf
from tests.clients.site import Site

pytestmark = pytest.mark.xdist_group("clients")
PROVINCE = "yanshi-province"


@pytest.fixture
def sandbox(site: Site) -> Sandbox:
    return read_sandbox(site.file)


@pytest.fixture
def window(site: Site) -> Iterator[Client]:
    with from_sandbox(site.file) as client:
        yield client


def test_the_first_client_has_a_key_on_sm2_and_the_second_one_on_p256(sandbox: Sandbox):
    first, second = sandbox.credential(), sandbox.credential(PROVINCE)
    assert isinstance(second, ClientKey)
    assert isinstance(second.signer, P256Key)
    if shutil.which("openssl"):
        assert isinstance(first, ClientKey)
        assert isinstance(first.signer, OpenSSLKey)


@pytest.mark.parametrize("client_id", ["yanshi-window", PROVINCE])
def test_each_client_of_the_sandbox_is_known_by_its_key(site: Site, client_id: str):
    with from_sandbox(site.file, client_id, settings=Settings(scopes=("data:read",))) as client:
        assert list(client.usages(outcome="pending")) == []


def test_a_client_is_known_by_its_secret(site: Site, sandbox: Sandbox):
    told = sandbox.clients[0]
    with Client(site.url, ClientSecret(told["id"], told["secret"])) as client:
        assert list(client.usages(outcome="pending")) == []


def test_a_wrong_secret_is_told_as_a_problem_with_its_code(site: Site, sandbox: Sandbox):
    secret = ClientSecret(sandbox.clients[0]["id"], "wrong")
    with Client(site.url, secret, settings=Settings(language="en")) as client, pytest.raises(Unauthenticated) as raised:
        next(client.usages())
    assert raised.value.code == "client-not-proven"
    assert raised.value.fix
    assert raised.value.request_id


def test_the_granted_purpose_brings_rows(window: Client, sandbox: Sandbox):
    answer = window.data(sandbox.directory, sandbox.purpose, limit=3)
    assert answer.outcome is Outcome.FOUND
    assert len(answer.rows) == 3
    assert answer.source is not None
    assert answer.usage_id


def test_what_is_not_there_is_an_answer_and_no_error(window: Client, sandbox: Sandbox):
    item = next(iter(window.data(sandbox.directory, sandbox.purpose, limit=1).rows[0]))
    answer = window.data(sandbox.directory, sandbox.purpose, [Condition(item, ("no such value",))])
    assert answer.outcome is Outcome.NOT_FOUND
    assert answer.reason.zh
    assert answer.rows == ()


def test_many_subjects_each_have_an_outcome(window: Client, sandbox: Sandbox):
    row = window.data(sandbox.directory, sandbox.purpose, limit=1).rows[0]
    item, value = next(iter(row.items()))
    subjects = [[Condition(item, (value,))], [Condition(item, ("no such value",))]]
    answer = window.data_of_many(sandbox.directory, sandbox.purpose, subjects)
    assert [each.outcome for each in answer.items] == [Outcome.FOUND, Outcome.NOT_FOUND]


def test_pages_follow_one_another_without_a_row_twice(window: Client, sandbox: Sandbox):
    pages = []
    for page in window.data_pages(sandbox.directory, sandbox.purpose, limit=2):
        pages.append(page)
        if len(pages) == 3:
            break
    assert [page.outcome for page in pages] == [Outcome.FOUND] * 3
    rows = [json.dumps(dict(row), ensure_ascii=False, default=str) for page in pages for row in page.rows]
    assert len(set(rows)) == 6


def test_another_purpose_is_forbidden(window: Client, sandbox: Sandbox):
    with pytest.raises(Forbidden) as raised:
        window.data(sandbox.directory, replace(sandbox.purpose, item_code="000199990000"))
    assert raised.value.code == "not-granted"
    assert not raised.value.retryable


def test_a_faulty_purpose_is_told_with_the_place_of_each_fault(window: Client, sandbox: Sandbox):
    with pytest.raises(BadRequest) as raised:
        window.data(sandbox.directory, replace(sandbox.purpose, item_code="1", handling_region="x"))
    assert raised.value.code == "invalid-input"
    assert {fault.place for fault in raised.value.errors} == {"#/purpose/item_code", "#/purpose/handling_region"}


@pytest.mark.parametrize("client_id", ["yanshi-window", PROVINCE])
def test_a_signed_call_is_taken(site: Site, sandbox: Sandbox, client_id: str):
    """With SM2 and with ES256; the case number is in Chinese."""
    if client_id != PROVINCE and shutil.which("openssl") is None:
        pytest.skip("no openssl on this machine")
    purpose = replace(sandbox.purpose, grant_code=None)
    with from_sandbox(site.file, client_id) as client:
        assert client.data(sandbox.directory, purpose, limit=1, signed=True).outcome is Outcome.FOUND


def test_a_use_stands_on_record_and_its_receipt_is_proven_by_the_service_s_own_checker(
    window: Client, sandbox: Sandbox, tmp_path: Path
):
    answer = window.data(sandbox.directory, sandbox.purpose, limit=1)
    assert answer.usage_id in {each.id for each in window.usages(directory=sandbox.directory)}
    receipt = window.receipt(answer.usage_id)
    assert receipt.key in {each.key for each in window.receipt_keys()}
    files = {"receipt.json": dict(receipt.whole), "answer.json": dict(answer.whole)}
    for name, told in files.items():
        (tmp_path / name).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    (tmp_path / "ledger_check.py").write_bytes(window.receipt_checker())
    command = [sys.executable, "ledger_check.py", "--key", receipt.key, "--answer", "answer.json", "receipt.json"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "answer.json").write_text(json.dumps({**answer.whole, "outcome": "denied"}), encoding="utf-8")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 1


def test_a_use_of_nobody_s_is_missing(window: Client):
    with pytest.raises(Missing) as raised:
        window.receipt("00000000-0000-0000-0000-000000000000")
    assert raised.value.code == "no-such-usage"


@pytest.mark.parametrize("number", [0, 1])
def test_the_sandbox_s_documents_are_valid_to_anyone(site: Site, sandbox: Sandbox, number: int):
    with Client(site.url) as nobody:
        report = nobody.verify(sandbox.documents[number])
        assert report.verdict is Verdict.VALID, report.summary
        assert all(each.intact and each.trusted for each in report.signatures)
        assert report.whole["document"]["name"] == sandbox.documents[number].name
        assert report.id is not None
        assert nobody.verification(report.id).verdict is Verdict.VALID
        assert nobody.verification_pdf(report.id).startswith(b"%PDF-")


def test_a_changed_document_is_invalid(site: Site, sandbox: Sandbox):
    content = bytearray(sandbox.documents[1].read_bytes())
    content[len(content) // 2] ^= 1
    with Client(site.url) as nobody:
        assert nobody.verify(bytes(content)).verdict is not Verdict.VALID
        assert nobody.verify(b"no document").verdict is Verdict.UNREADABLE


def test_a_document_is_sealed_once_under_one_key(site: Site, sandbox: Sandbox):
    seal = sandbox.whole["seals"][0]["id"]
    order = SealOrder(seal, "licence", "issue", "320000", "演示盖章", (SealPlace(1, 20, 20),))
    with from_sandbox(site.file, PROVINCE) as province:
        first, again = (province.seal(pdf.document(), order, idempotency_key="case-1") for _ in range(2))
        assert first.report.verdict is Verdict.VALID, first.report.summary
        assert first == again
        assert [each.intact for each in province.verify(first.document).signatures] == [True]
        with pytest.raises(BadRequest) as raised:
            province.seal(pdf.document(), replace(order, reason="别的事由"), idempotency_key="case-1")
        assert raised.value.code == "idempotency-key-reused"


def test_a_seal_that_nobody_allowed_is_refused(window: Client, sandbox: Sandbox):
    order = SealOrder(sandbox.whole["seals"][0]["id"], "licence", "issue", "320000", "演示盖章")
    with pytest.raises(Forbidden):
        window.seal(pdf.document(), order)


def test_certificate_types_and_what_is_open_to_everyone(site: Site):
    with Client(site.url) as nobody:
        assert all(each["code"] for each in nobody.certificate_types())
        with pytest.raises(Missing):
            nobody.certificate_status("no-such-token")
        with pytest.raises(Unauthenticated):
            next(nobody.usages())
