"""Certificate queries against the real address, in a house whose window is known by its cookie."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import pytest
from yinxin_client import BadRequest, CertificateQuery, Client, Connection, Forbidden, Holder, Outcome, Purpose

from tests.certs.papers import HYGIENE
from tests.certs.queries import house as of
from tests.certs.queries.house import HIGH, SHOWN, UNGRANTED, House

PURPOSE = Purpose.of(of.purpose())


class AsTheWindow(httpx2.BaseTransport):
    """Calls the application in this process as a caller that the house knows."""

    def __init__(self, house: House):
        self._inner = httpx2.WSGITransport(app=house.door.app)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers.update({"Cookie": "__Host-yinxin=gm", "X-CSRF-Token": "t"})
        return self._inner.handle_request(request)


@dataclass
class Window:
    """The house and a client of it."""

    house: House
    client: Client

    def ask(self, **query):
        return self.client.query_certificates(CertificateQuery(**query), PURPOSE)


@pytest.fixture
def window(database, tmp_path, at, monkeypatch) -> Iterator[Window]:
    house = of.opened(database, tmp_path, at, monkeypatch)
    with Client("http://127.0.0.1", connection=Connection(transport=AsTheWindow(house))) as client:
        yield Window(house, client)


def holder(number: int = 1) -> Holder:
    return Holder(**of.holder(number))


def test_a_holder_s_certificate_is_found_with_the_granted_fields(window: Window):
    identifier = window.house.keep(1)
    answer = window.ask(holder=holder(), certificate_type=HYGIENE.code)
    assert (answer.outcome, answer.origin) == (Outcome.FOUND, "local")
    assert [(each.library, each.outcome) for each in answer.asked] == [("own", Outcome.FOUND)]
    (certificate,) = answer.certificates
    assert (certificate.identifier, certificate.status, certificate.holding) == (identifier, "valid", "issued")
    assert set(certificate.data) == SHOWN
    assert answer.usage_id
    by_number = window.ask(certificate_type=HYGIENE.code, number=certificate.number)
    by_identifier = window.ask(identifier=identifier)
    assert by_number.certificates[0].data == by_identifier.certificates[0].data == certificate.data


def test_outcomes_are_told_apart(window: Window):
    window.house.keep(1)
    assert window.ask(holder=holder(2), certificate_type=HYGIENE.code).outcome is Outcome.NOT_FOUND
    denied = window.ask(holder=holder(1), certificate_type=HIGH.code)
    assert denied.outcome is Outcome.DENIED
    assert denied.reason.code == "consent-missing"


def test_many_queries_are_answered_in_their_order(window: Window):
    window.house.keep(1)
    queries = [CertificateQuery(holder=holder(each), certificate_type=HYGIENE.code) for each in (2, 1)]
    answers = window.client.query_many(queries, PURPOSE)
    assert [each.outcome for each in answers] == [Outcome.NOT_FOUND, Outcome.FOUND]


def test_only_the_fields_that_are_asked_for_come(window: Window):
    window.house.keep()
    (certificate,) = window.ask(holder=holder(), certificate_type=HYGIENE.code, fields=("address",)).certificates
    assert set(certificate.data) == {"address"}


def test_what_is_not_granted_or_no_question_is_refused(window: Window):
    with pytest.raises(Forbidden) as forbidden:
        window.ask(holder=holder(), certificate_type=UNGRANTED.code)
    assert forbidden.value.code == "not-granted"
    with pytest.raises(BadRequest) as bad:
        window.ask()
    assert bad.value.code == "invalid-input"
    assert bad.value.errors
