"""The public page of verification: a plain form, a verdict in the words of the field, two lines, a link for a day."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from lxml import html

import app as house
from base import clock, problems
from base.db import Base, Database, DatabaseSettings, connect
from base.metrics import Metrics
from base.web import WebSettings, check_guards, furnish, new_app
from console import verification_results, words
from console.furniture import FURNITURE
from console.layout import problem_page
from console.wiring import ConsoleParts
from keys.trust import Anchor, Trust
from signing.report import Verdict
from signing.routes.verifications import verification_routes
from signing.verification_wiring import Said, Verifying
from signing.workers.pool import Workers
from tests.builders import ofd as ofd_builder
from tests.builders import pdf, seals
from tests.builders.pki import AT
from tests.signing import verifiers

LIMIT = verifiers.LIMIT
NO_STYLE = "//script[not(@src)] | //style | //*[@style] | //@*[starts-with(name(), 'on')]"


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with verifiers.staff() as found:
        yield found


def built(database: Database, workers: Workers, trust: Any = verifiers.trusting, **peculiar: Any) -> Flask:
    """Build the pages as the house does, with the API's addresses that they link to."""
    made = new_app(WebSettings(environment="production", secret="x" * 32), problem_page, Metrics(None))
    verifying = Verifying(**{"workers": workers, "document_bytes": LIMIT, **peculiar})
    told = ConsoleParts(problems.words(), lambda: (), dict, "production", "0.1.0")
    furnish(made, told, database, verifying, replace(verifiers.signing(), trust_at=trust))
    for blueprint in FURNITURE.blueprints:
        made.register_blueprint(blueprint)
    made.register_blueprint(verification_routes, url_prefix="/api/v1")
    check_guards(made)
    return made


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    file = tmp_path_factory.mktemp("pages") / "pages.db"
    opened = connect(DatabaseSettings(url=f"sqlite:///{file}"), house.LAST_ACTS)
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def site(database: Database, workers: Workers) -> Flask:
    return built(database, workers)


def sent(site: Flask, *documents: tuple[str, bytes], language: str = "zh", status: int = 200) -> Any:
    body = b"".join(
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n%s\r\n' % (name.encode(), content)
        for name, content in documents
    )
    kind = {"content_type": "multipart/form-data; boundary=b"}
    response = site.test_client().post(f"/verify?lang={language}", data=body + b"--b--\r\n", **kind)
    assert response.status_code == status, response.text
    page = html.fromstring(response.text)
    assert page.xpath(NO_STYLE) == []
    return page


def text(page: Any) -> str:
    return " ".join(page.text_content().split())


def verdict(page: Any) -> str:
    return str(page.xpath("(//section[contains(@class, 'verdict')]//h2)[last()]")[0].text_content())


def test_the_form_works_without_scripts_and_names_its_limits(site: Flask):
    page = html.fromstring(site.test_client().get("/verify").text)
    (form,) = page.xpath("//form[@enctype='multipart/form-data'][@method='post'][@action='/verify']")
    assert form.xpath(".//input[@type='file'][@name='file'][@multiple]")
    assert form.xpath(".//button")
    assert "最多 10 个" in text(page)
    assert page.xpath(NO_STYLE) == []


def test_a_sealed_document_is_told_as_valid_with_who_and_when(site: Flask):
    page = sent(site, ("证照.ofd", seals.ofd()))
    assert verdict(page) == "签章验证 · 有效：文件自盖章后未被改动"
    said = text(page)
    for part in (seals.NAME, "演示签章人", "签名人自述，没有时间戳", "整个文件", "GB/T 38540-2020", "证照.ofd"):
        assert part in said


def test_the_same_in_english(site: Flask):
    page = sent(site, ("a.ofd", seals.ofd()), language="en")
    assert verdict(page) == "Seals · Valid: not changed since it was sealed"
    assert "Certificate now" in text(page)


def test_seals_and_the_certificates_present_status_are_two_lines(database: Database, workers: Workers):
    status = {
        "identifier": "x", "type": "x", "status": "revoked", "as_of": "2026-11-21T00:00:00Z", "source": "local",
        "superseded_by": "y",
    }  # fmt: skip
    page = sent(built(database, workers, library_says=lambda *_: Said(status)), ("a.ofd", seals.ofd()))
    assert verdict(page).startswith("签章验证 · 有效")
    (present,) = page.xpath("//p[@class='present']")
    assert "证照现状" in text(present)
    assert "注销" in text(present)
    assert "已有新版：y" in text(present)


def test_a_document_that_is_no_certificate_says_so_on_its_own_line(site: Flask):
    (present,) = sent(site, ("a.ofd", seals.ofd())).xpath("//p[@class='present']")
    assert "未查询" in text(present)


def test_a_test_seal_is_said_before_anything_else(database: Database, workers: Workers):
    people = seals.usual()
    trust = Trust(AT, (Anchor(people.root.certificate, is_test=True),), (people.authority.certificate,))
    page = sent(built(database, workers, lambda *_: trust), ("a.ofd", seals.ofd()))
    first, second = page.xpath("//section[contains(@class, 'verdict')]//h2")
    assert first.text_content() == "测试印章：不具有任何效力"
    assert second.text_content().startswith("签章验证")


def test_without_the_root_the_newcomer_reads_what_is_missing(database: Database, workers: Workers):
    page = sent(built(database, workers, lambda *_: Trust(AT)), ("a.ofd", seals.ofd()))
    assert "签章完整、签名正确，但未导入该发证机构的根证书" in verdict(page)


def test_a_changed_document_is_told_as_changed(site: Flask):
    files = ofd_builder.sealed(signing=seals.signing())
    name = "Doc_0/Pages/Page_0/Content.xml"
    page = sent(site, ("a.ofd", ofd_builder.archive({**files, name: ofd_builder.page("被替换的内容")})))
    assert verdict(page) == "签章验证 · 无效：文件在盖章后被改动"
    assert "REF_DIGEST_MISMATCH" in text(page)


def test_what_is_unsigned_and_what_is_unreadable_say_what_to_do(site: Flask):
    page = sent(site, ("a.pdf", pdf.document()))
    assert verdict(page) == "签章验证 · 文件中没有电子印章"
    assert "扫描件上的红章图片不能证明真伪" in text(page)
    assert verdict(sent(site, ("a.pdf", b"nothing"))) == "签章验证 · 无法读取文件"


def test_several_documents_are_told_one_by_one_and_a_refused_one_stops_none(site: Flask):
    page = sent(site, ("good.ofd", seals.ofd()), ("empty.ofd", b""), ("large.pdf", bytes(LIMIT + 1)), ("bad.pdf", b"x"))
    outline = [text(each) for each in page.xpath("//ol[@class='outline']/li")]
    assert [each.split()[0] for each in outline] == ["good.ofd", "empty.ofd", "large.pdf", "bad.pdf"]
    assert "有效" in outline[0]
    assert "未能核验" in outline[1]
    assert "未能核验" in outline[2]
    assert len(page.xpath("//section[@class='result']")) == 4


def test_nothing_chosen_and_too_much_chosen_are_told_on_the_form(site: Flask):
    assert "没有选择文件" in text(sent(site, status=400))
    assert "一次最多 10 个文件" in text(sent(site, *[("a.pdf", b"x")] * 11, status=400))


def test_more_than_may_be_sent_is_a_problem_page(site: Flask):
    sent(site, ("a.pdf", bytes(LIMIT * 2)), ("b.pdf", bytes(LIMIT)), status=413)


def test_names_in_a_document_never_become_markup(site: Flask):
    page = sent(site, ("<img src=x onerror=alert(1)>.ofd", seals.ofd()))
    assert page.xpath("//img[@src='x']") == []
    assert "<img src=x onerror=alert(1)>.ofd" in text(page)


def test_the_shared_link_shows_the_report_and_no_picture(site: Flask):
    page = sent(site, ("a.ofd", seals.ofd()))
    assert page.xpath("//*[name()='image'][starts-with(@href, 'data:image/png')]")
    link = next(code for code in page.xpath("//code/text()") if "/verify/" in code)
    response = site.test_client().get("/verify/" + link.rsplit("/", 1)[1])
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "private, no-store"
    assert "data:image" not in response.text
    assert verdict(html.fromstring(response.text)) == verdict(page)


def test_the_links_of_a_result_lead_somewhere(site: Flask):
    page = sent(site, ("a.ofd", seals.ofd()))
    client = site.test_client()
    for link in {each for each in page.xpath("//a/@href") if each.startswith("/api/v1/verifications/")}:
        if not link.endswith(".pdf") or any(Path("/usr/share/fonts").rglob("NotoSansCJK-Regular.ttc")):
            assert client.get(link).status_code == 200, link
    marks = {each[1:] for each in page.xpath("//a/@href | //*[name()='a']/@href") if each.startswith("#")}
    assert marks <= set(page.xpath("//@id"))


def test_a_shared_link_ends_after_a_day(site: Flask, monkeypatch: pytest.MonkeyPatch):
    page = sent(site, ("a.ofd", b"x"))
    link = next(code for code in page.xpath("//code/text()") if "/verify/" in code)
    later = clock.now() + timedelta(hours=25)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert site.test_client().get("/verify/" + link.rsplit("/", 1)[1]).status_code == 404


def report(
    outcome: str, sub: str | None = None, *, whole: bool = True, intact: bool | None = True
) -> Mapping[str, Any]:
    coverage = {"kind": "whole" if whole else "partial"}
    one = {"coverage": coverage, "intact": intact, "cryptographically_valid": True}
    return {"verdict": outcome, "sub_indication": sub, "signatures": [one]}


@pytest.mark.parametrize(
    ("told", "heading"),
    [
        (report("valid"), "passed"),
        (report("valid", whole=False), "passed_notes"),
        (report("indeterminate", "SIG_CONSTRAINTS_FAILURE"), "uncovered"),
        (report("indeterminate", "NO_CERTIFICATE_CHAIN_FOUND"), "no_chain"),
        (report("indeterminate", "NO_CERTIFICATE_CHAIN_FOUND", intact=None), "indeterminate"),
        (report("indeterminate", "TRY_LATER"), "no_revocation"),
        (report("indeterminate", "REVOKED_NO_POE"), "no_time"),
        (report("indeterminate", "GENERIC"), "indeterminate"),
        (report("invalid", "HASH_FAILURE"), "changed"),
        (report("invalid", "SIG_CRYPTO_FAILURE"), "signature"),
        (report("invalid", "REVOKED"), "revoked"),
        (report("invalid", "FORMAT_FAILURE"), "invalid"),
        (report("invalid", None), "invalid"),
        (report("unsigned"), "unsigned"),
        (report("unreadable", "FORMAT_FAILURE"), "unreadable"),
    ],
)
def test_every_verdict_has_the_heading_of_the_field(told: Mapping[str, Any], heading: str):
    assert verification_results.heading(told) == heading
    assert words.table()[f"verify.heading.{heading}"]["zh"]


def test_a_heading_never_says_more_than_the_verdict():
    """A sub-indication of another verdict cannot turn invalid into not confirmed, nor the other way round."""
    for sub in verification_results.HEADINGS:
        for verdict in ("invalid", "indeterminate"):
            heading = verification_results.heading(report(verdict, sub))
            assert verification_results.OF_VERDICT.get(heading, verdict) == verdict
    assert set(verification_results.STATE_OF) >= {each.value for each in Verdict}


def test_a_time_that_is_none_stands_as_it_is():
    assert verification_results.when(None) == "—"
    assert verification_results.when("yesterday") == "yesterday"
    assert verification_results.when("2026-11-21T02:30:00") == "2026-11-21T02:30:00"
    assert verification_results.when("2026-11-21T02:30:00Z") == "2026-11-21 10:30:00 (UTC+8)"
