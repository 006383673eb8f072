"""When only the authority's root is missing: a look by a root of one's own choice, and its import by two people."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from lxml import html
from sqlalchemy import func, select

from base import clock
from base.api import SESSION_COOKIE
from base.callers import Caller
from base.db import Database
from base.models import AuditEntry
from base.web import AuthenticatorPart, furnish
from keys import anchors
from keys.trust import Trust
from signing.levels import Level
from signing.verification_models import Verification
from signing.workers.pool import Workers
from tests.builders import lasting, pki, seals
from tests.builders.pki import AT
from tests.console.test_verify_page import NO_STYLE, built, text, verdict
from tests.signing import verifiers

FIRST = Caller("person", "first", "演示甲", "", frozenset({"secadmin"}))
SECOND = Caller("person", "second", "演示乙", "", frozenset({"secadmin"}))
CLERK = Caller("person", "clerk", "演示丙", "", frozenset({"auditor"}))


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with verifiers.staff() as found:
        yield found


@pytest.fixture(scope="module")
def document() -> bytes:
    """A PDF that keeps its whole chain."""
    return lasting.lasting(lasting.usual(), Level.B_LT)


@pytest.fixture
def site(database: Database, workers: Workers, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Build the pages of a site that trusts what its store says, with two administrators and an auditor."""
    monkeypatch.setattr(clock, "now", lambda: AT)
    made = built(database, workers, anchors.trust_at)
    people = {each.id: each for each in (FIRST, SECOND, CLERK)}
    furnish(made, AuthenticatorPart(lambda credentials: people[credentials.session_cookie or ""]))
    return made


def posted(site: Flask, path: str, *parts: tuple[str, str, bytes], status: int = 200) -> Any:
    told = b"".join(
        b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
        % (name.encode(), b'; filename="%s"' % file.encode() if file else b"", content)
        for name, file, content in parts
    )
    kind = {"content_type": "multipart/form-data; boundary=b"}
    response = site.test_client().post(path, data=told + b"--b--\r\n", **kind)
    assert response.status_code == status, response.text
    page = html.fromstring(response.text)
    assert page.xpath(NO_STYLE) == []
    return page


def looked(site: Flask, document: bytes, fingerprint: str = "", root: bytes = b"") -> Any:
    chosen = [("root", "root.pem", root)] if root else []
    return posted(
        site,
        "/verify/with-root?lang=zh",
        ("file", "a.pdf", document),
        ("fingerprint", "", fingerprint.encode()),
        *chosen,
    )


def as_person(site: Flask, who: Caller, path: str, told: dict[str, str] | None = None) -> Any:
    client = site.test_client()
    client.set_cookie(SESSION_COOKIE, who.id, secure=True)
    ask = {"base_url": "https://localhost"}
    return client.get(path, **ask) if told is None else client.post(path, data=told, **ask)


def root_of() -> Any:
    return lasting.usual().root.certificate


def rows(database: Database, table: type) -> int:
    with database.reading() as session:
        return int(session.scalar(select(func.count()).select_from(table)) or 0)


# --- what is missing


def test_the_newcomer_sees_the_root_with_both_fingerprints_and_what_to_do(site: Flask, document: bytes):
    page = posted(site, "/verify?lang=zh", ("file", "a.pdf", document))
    assert "未导入该发证机构的根证书" in verdict(page)
    said = text(page)
    assert "缺少发证机构的根证书" in said
    assert root_of().sm3.hex(":").upper() in said
    assert root_of().sha256.hex(":").upper() in said
    assert "yinxin verify document.ofd --extract-root root.pem" in said
    (form,) = page.xpath("//form[@action='/verify/with-root'][@method='post'][@enctype='multipart/form-data']")
    assert form.xpath(".//option/@value") == [root_of().sm3.hex()]


def test_a_file_without_its_root_names_whom_to_ask(site: Flask):
    said = text(posted(site, "/verify?lang=zh", ("file", "a.ofd", seals.ofd())))
    assert f"文件没有带根证书；缺的是：{seals.usual().authority.certificate.subject.text}" in said


def test_a_changed_file_offers_no_root(site: Flask, document: bytes):
    page = posted(site, "/verify?lang=zh", ("file", "a.pdf", document.replace(b"DEMONSTRATION", b"DEMONSTRATIOM")))
    assert page.xpath("//form[@action='/verify/with-root']") == []


# --- a look by a chosen root


@pytest.mark.parametrize("by", ["fingerprint", "file"])
def test_a_look_by_a_chosen_root_comes_to_a_verdict_and_says_whose_root_it_is(
    site: Flask, document: bytes, database: Database, by: str
):
    told = {"fingerprint": root_of().sm3.hex()} if by == "fingerprint" else {"root": root_of().pem}
    page = looked(site, document, **told)
    first, second = page.xpath("//section[contains(@class, 'verdict')]")
    assert "以下结论使用您自己选择的根证书" in text(first)
    assert "有效：文件自盖章后未被改动" in text(second)
    assert "verdict--ok" not in html.tostring(second).decode()
    assert root_of().sm3.hex(":").upper() in text(page)
    assert page.xpath("//a[contains(@href, '/api/v1/verifications')]") == []
    assert (rows(database, Verification), rows(database, AuditEntry)) == (0, 0)
    with database.reading() as session:
        assert anchors.trust_at(session, AT) == Trust(AT)


@pytest.mark.parametrize(
    "fingerprint",
    ["", "0" * 64, "x", pki.root("演示别家根").certificate.sm3.hex()],
    ids=["none", "noughts", "no-fingerprint", "another-root"],
)
def test_a_root_that_the_document_does_not_bring_cannot_be_chosen(site: Flask, document: bytes, fingerprint: str):
    assert "没有选定根证书" in text(looked(site, document, fingerprint))


@pytest.mark.parametrize("root", [b"x", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"\x30\x00"])
def test_a_file_that_is_no_root_is_refused_in_words(site: Flask, document: bytes, root: bytes):
    page = looked(site, document, root=root)
    assert len(page.xpath("//section[contains(@class, 'verdict')]")) == 1
    assert "有效：" not in text(page)


def test_another_root_leaves_the_verdict_as_it_was(site: Flask, document: bytes):
    page = looked(site, document, root=pki.root("演示别家根").certificate.pem)
    assert "无法确认" in text(page.xpath("(//section[contains(@class, 'verdict')])[last()]")[0])


def test_a_look_without_a_document_is_refused(site: Flask):
    assert "没有" in text(posted(site, "/verify/with-root?lang=zh", ("fingerprint", "", b"0")))


# --- import


def kept(site: Flask, document: bytes) -> str:
    page = posted(site, "/verify?lang=zh", ("file", "a.pdf", document))
    (href,) = page.xpath("//a[contains(@href, '/roots')]/@href")
    return str(href)


def test_two_administrators_import_the_root_and_the_same_file_is_valid(
    site: Flask, document: bytes, database: Database
):
    path, told = kept(site, document), {"fingerprint": root_of().sm3.hex(), "compared": "yes"}
    assert "未导入" in as_person(site, FIRST, f"{path}?lang=zh").text
    assert as_person(site, FIRST, path, told).status_code == 303
    assert "您已提议" in as_person(site, FIRST, f"{path}?lang=zh").text
    assert "确认导入" in as_person(site, SECOND, f"{path}?lang=zh").text
    assert as_person(site, SECOND, path, told).status_code == 303
    assert "已信任" in as_person(site, SECOND, f"{path}?lang=zh").text
    assert verdict(posted(site, "/verify?lang=zh", ("file", "a.pdf", document))).endswith("文件自盖章后未被改动")
    with database.reading() as session:
        acts = set(session.scalars(select(AuditEntry.act)))
    assert {"keys.anchor.proposed", "keys.anchor.confirmed"} <= acts


def test_without_having_compared_nothing_is_proposed(site: Flask, document: bytes):
    path = kept(site, document)
    assert as_person(site, FIRST, path, {"fingerprint": root_of().sm3.hex()}).status_code == 303
    assert "未导入" in as_person(site, FIRST, f"{path}?lang=zh").text


def test_who_proposed_cannot_confirm(site: Flask, document: bytes):
    path, told = kept(site, document), {"fingerprint": root_of().sm3.hex(), "compared": "yes"}
    as_person(site, FIRST, path, told)
    assert as_person(site, FIRST, path, told).status_code == 409


def test_a_root_that_is_not_in_the_document_cannot_be_imported(site: Flask, document: bytes):
    path = kept(site, document)
    assert as_person(site, FIRST, path, {"fingerprint": "0" * 64, "compared": "yes"}).status_code == 422


def test_others_may_not_and_strangers_are_led_to_the_login(site: Flask, document: bytes):
    path = kept(site, document)
    assert as_person(site, CLERK, path).status_code == 403
    response = site.test_client().get(path)
    assert (response.status_code, "/login" in response.headers["Location"]) == (303, True)
