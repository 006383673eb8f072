"""Copies, codes, comparisons and missing-reports as the service's schemas write them; what works once is done once."""

import json
from dataclasses import replace
from typing import Any

import pytest
from yinxin_client import (
    Basis,
    CertificateQuery,
    Comparison,
    Conflict,
    Ground,
    Holder,
    MissingCertificate,
    Operator,
    Outcome,
    Predicate,
    Purpose,
    Stage,
    Unavailable,
)

from certs.comparing.comparisons import Predicate as TheirPredicate
from certs.comparing.schemas import CertificateCheckAnswerSchema, CertificateCheckSchema, ComparisonSchema
from certs.copies.schemas import CopyAnswerSchema
from certs.life import Standing
from certs.missing.schemas import MissingReportPage, MissingReportSchema, NewMissingReportSchema
from certs.presentations.schemas import RedeemedSchema
from exchange.door.outcomes import Outcome as TheirOutcome
from tests.clients.service import bent, json_answers, refuses
from tests.conftest import AT
from tests.simulators.http import answers

PURPOSE = Purpose(
    "000123010000",
    "演示事项",
    Stage.ACCEPTANCE,
    Ground.STATUTORY,
    Operator("person", "甲", "窗口"),
    "320900",
    "核验",
    Basis("case", "3209-2026-000017"),
)
REASON = {"code": "found", "zh": "已查到", "en": "found"}
MADE = {
    "id": "c1",
    "format": "pdf",
    "link": "/api/v1/copies/T1",
    "link_ends_at": AT,
    "expires_at": AT,
    "sm3": "00",
    "original_sm3": "11",
    "size": 4,
}
TOLD: dict[str, Any] = {
    "outcome": "found",
    "reason": REASON,
    "usage_id": "u1",
    "identifier": "1.2",
    "status": "valid",
    "copy": MADE,
}


def told(**peculiar: Any) -> Any:
    return CopyAnswerSchema().dump({**TOLD, **peculiar})


def test_a_copy_is_made_under_a_key_and_taken():
    with bent() as service:
        service.on("/api/v1/certificate-copies", json_answers(told()))
        service.on("/api/v1/copies/T1", answers(200, b"%PDF"))
        answer = service.client.copy("1.2", PURPOSE)
        assert answer.copy is not None
        assert answer.copy.link_ends_at == AT
        assert "idempotency-key" in service.server.received[-1].headers
        assert service.client.take_copy(answer.copy) == b"%PDF"
        assert "T1" not in repr(answer)


def test_a_copy_that_is_denied_is_an_answer():
    with bent() as service:
        service.on("/api/v1/certificate-copies", json_answers(told(outcome="denied", copy=None)))
        answer = service.client.copy("1.2", PURPOSE, format="ofd", days=1)
        assert (answer.outcome, answer.copy) == (Outcome.DENIED, None)


def test_a_link_is_used_once_and_never_leads_elsewhere():
    with bent() as service:
        service.on("/api/v1/certificate-copies", json_answers(told()))
        made = service.client.copy("1.2", PURPOSE).copy
        assert made is not None
        service.on("/api/v1/copies/T1", refuses(503, "busy", retryable=True))
        with pytest.raises(Unavailable):
            service.client.take_copy(made)
        assert service.calls("/api/v1/copies/") == 1
        service.on("/api/v1/copies/T2", refuses(409, "copy-link-spent"))
        with pytest.raises(Conflict):
            service.client.take_copy(replace(made, link="https://elsewhere.example/T2"))


def test_a_code_is_redeemed_once():
    shown = {
        "identifier": "1.2",
        "type": "T",
        "number": "N1",
        "holding": "issued",
        "status": Standing.VALID,
        "data": {"address": "演示路1号"},
        "superseded_by": None,
        "outcome": TheirOutcome.FOUND,
        "reason": REASON,
        "usage_id": "u1",
    }
    answer = RedeemedSchema().dump({"presentation": "p1", "consent": "k1", "certificates": [shown]})
    with bent() as service:
        service.on("/api/v1/presentations/0123456789/redemptions", json_answers(answer))
        presented = service.client.redeem("0123456789", PURPOSE)
        (certificate,) = presented.certificates
        assert (certificate.outcome, certificate.usage_id, certificate.status) == (Outcome.FOUND, "u1", "valid")
        assert certificate.data["address"] == "演示路1号"
        service.on("/api/v1/presentations/0123456780/redemptions", refuses(503, "busy", retryable=True))
        with pytest.raises(Unavailable):
            service.client.redeem("0123456780", PURPOSE)
        assert service.calls("/api/v1/presentations/0123456780") == 1


def test_what_is_missing_is_reported_under_a_key_and_followed():
    report: dict[str, Any] = {
        **dict.fromkeys(("number", "note", "organisation", "issuer", "reason"), ""),
        "id": "r1",
        "type": "T",
        "holder": None,
        "state": "open",
        "identifier": None,
        "is_overdue": False,
        "due_at": AT,
        "reported_at": AT,
        "answered_at": None,
    }
    holder = Holder("320999195103010404", "111", "演示乙")
    missing = MissingCertificate("u1", "T", holder, number="演1", note="纸质证照在手")
    NewMissingReportSchema().load(missing.document())
    with bent() as service:
        service.on("/api/v1/missing-reports", json_answers(MissingReportSchema().dump(report)))
        told = service.client.report_missing(missing)
        assert (told.id, told.state, told.due_at) == ("r1", "open", AT)
        assert "idempotency-key" in service.server.received[-1].headers
        page = MissingReportPage().dump({"items": [report], "next_cursor": None})
        service.on("/api/v1/missing-reports", json_answers(page))
        assert [each.id for each in service.client.missing_reports(state="open")] == ["r1"]
    assert not any(secret in repr(missing) for secret in ("3209", "演示乙", "纸质"))


CHECKS = {
    "equals": Comparison(Predicate.EQUALS, field="address", value="演示路1号"),
    "valid_on": Comparison(Predicate.VALID_ON, on=AT.date()),
    "older_than": Comparison(Predicate.OLDER_THAN, field="birth", years=18),
    "same_company": Comparison(Predicate.SAME_COMPANY, value="91320999YNX00001X1"),
}


def test_comparisons_are_those_that_the_service_knows():
    for name, check in CHECKS.items():
        assert ComparisonSchema().load(check.document()).predicate == name
    assert set(CHECKS) == {each.value for each in TheirPredicate} == {each.value for each in Predicate}


def test_a_comparison_is_answered_with_a_signed_statement():
    answer = {
        **{name: TOLD[name] for name in ("outcome", "reason", "usage_id")},
        "origin": "local",
        "asked": [{"library": "own", "outcome": "found", "reason": "found"}],
        "certificate": "1.2",
        "status": "valid",
        "results": [{"predicate": "equals", "field_": "address", "result": "yes"}],
        "statement": "{}",
        "signature": "AA==",
        "key": "k",
    }
    query = CertificateQuery(identifier="1.2")
    with bent() as service:
        service.on("/api/v1/certificate-checks", json_answers(CertificateCheckAnswerSchema().dump(answer)))
        told = service.client.check(query, list(CHECKS.values()), PURPOSE)
        assert [(each.field, each.result) for each in told.results] == [("address", "yes")]
        assert (told.outcome, told.statement, told.signature) == (Outcome.FOUND, "{}", "AA==")
    sent = json.loads(service.server.received[-1].body)
    assert CertificateCheckSchema().load(sent)["query"].identifier == "1.2"
