"""Directories on pages without scripts: found, described page by page, checked, published, revised, withdrawn."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from base.db import Database
from console.steward import directory_list as pages
from console.steward import shown
from exchange import directories as verbs
from exchange.life import Step
from exchange.models import Directory, DirectoryVersion
from tests.console.people import Reader
from tests.exchange.departments import (
    AUTHORITY,
    REVIEWER,
    SECOND_STEWARD,
    STEWARD,
    content,
    drafted,
    published,
)
from tests.exchange.sharing_house import REQUESTER

HOSTILE = "\"><script>alert(1)</script>{{7*7}}'--"


def as_filled(stage_fields: set[str], told: dict[str, Any]) -> dict[str, Any]:
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in told.items()
        if name in stage_fields and name != "items"
    }


def content_of(database: Database, code: str, number: int = 1) -> dict[str, Any]:
    with database.reading() as session:
        return dict(session.get_one(DirectoryVersion, (code, number)).content)


def the_one(database: Database) -> str:
    with database.reading() as session:
        return session.scalars(select(Directory.code)).one()


def send(read: Reader, stage: str, **told: Any) -> Reader:
    """Fill the form of the page and send it, over whatever its address is."""
    return read.send(read.address.partition("?")[0], **told)


def test_a_directory_is_described_page_by_page_checked_and_published(app: Flask, database: Database):
    told = content()
    read = Reader(app, STEWARD.id).open("/console/directories/new")
    assert read.status == 200
    basic = {name: told[name] for name in ("name", "summary", "format", "field_of_work", "storage")}
    send(read, "basic", **{**basic, "class": told["class"], "is_certificate": "true"}).follow()
    code = the_one(database)
    assert "/draft/items" in read.address
    for each in told["items"]:
        filled = {**each, "length": str(each["length"]), "open": "false"}
        send(read, "items", **filled).follow()
    read.open(read.address.partition("?")[0].replace("/items", "/sharing"))
    names = ("share_type", "share_mode", "share_conditions", "network", "scene", "open_type", "closed_ground")
    send(read, "sharing", **{name: told[name] for name in names}).follow()
    service = ("update_cycle", "matter_type", "matter_name", "matter_code")
    send(read, "service", **{**{name: told[name] for name in service}, "has_matter": "true"}).follow()
    assert content_of(database, code) == told
    assert read.page.xpath("//a[contains(@href, '/acts/submit')]")
    submit = f"/console/directories/{code}/versions/1/acts/submit"
    assert read.open(submit).send(submit).follow().status == 200
    for who, step in ((REVIEWER, "forward"), (AUTHORITY, "publish")):
        read = Reader(app, who.id).open("/console")
        (address,) = [each for each in read.links() if "directory-versions" in each]
        read.open(address).follow()
        act = f"/console/directories/{code}/versions/1/acts/{step}"
        assert act in read.links()
        read.open(act).send(act, reason="同意").follow()
    assert "已发布" in read.text
    found = Reader(app, REQUESTER.id).open("/console/directories?q=卫生许可")
    assert f"/console/directories/{code}" in found.links()


def test_a_wrong_code_is_kept_and_told_at_once(app: Flask, database: Database, at: datetime):
    with database.transaction() as session:
        row, _ = drafted(session, at)
    place = f"/console/directories/{row.code}/versions/1/draft/service"
    read = Reader(app, STEWARD.id).open(place).send(place, matter_code="123").follow()
    assert "check=1" in read.address
    assert "编码应为 12、31 或 33 位" in read.text
    assert content_of(database, row.code)["matter_code"] == "123"


def test_two_editors_see_both_and_the_later_chooses_field_by_field(app: Flask, database: Database, at: datetime):
    with database.transaction() as session:
        row, _ = drafted(session, at)
    place = f"/console/directories/{row.code}/versions/1/draft/basic"
    mine, theirs = Reader(app, STEWARD.id).open(place), Reader(app, SECOND_STEWARD.id).open(place)
    theirs.send(place, name="对方的名称", office="对方处室")
    mine.send(place, name="我的名称", summary="我写的摘要")
    assert mine.status == 412
    assert all(text in mine.answer.text for text in ("我的名称", "对方的名称", "我写的摘要", "对方处室"))
    mine.send(place, name="我的名称", theirs="office")
    assert mine.status == 303
    kept = content_of(database, row.code)
    assert (kept["name"], kept["office"], kept["summary"]) == ("我的名称", "对方处室", "我写的摘要")


def test_what_cannot_be_kept_stays_in_the_form(app: Flask, database: Database):
    read = Reader(app, STEWARD.id).open("/console/directories/new")
    read.send("/console/directories/new", name="我的目录", code="not a code", summary="不能丢")
    assert read.status in {400, 409, 422}
    assert "不能丢" in read.answer.text
    assert read.page.xpath("//section[@role='alert']")


def test_a_reviewer_remarks_on_a_field_and_returns_it(app: Flask, database: Database, at: datetime):
    with database.transaction() as session:
        row, version = drafted(session, at)
        verbs.take(session, row, version, Step.SUBMIT, "", STEWARD, at)
    base = f"/console/directories/{row.code}/versions/1"
    read = Reader(app, REVIEWER.id).open("/console/reviews")
    assert "公共场所卫生许可证信息" in read.text
    read.open(f"{base}/acts/comment?pointer=%23/summary").send(f"{base}/acts/comment", text="请写明范围").follow()
    assert "请写明范围" in read.text
    read.open(f"{base}/acts/return").send(f"{base}/acts/return", reason="见批注").follow()
    writer = Reader(app, STEWARD.id).open(base)
    (resolve,) = writer.page.xpath("//form[contains(@action, '/resolve')]/@action")
    assert writer.send(resolve).follow().status == 200
    assert "已处理" in writer.text


def test_a_published_directory_is_revised_and_the_difference_told(app: Flask, database: Database, at: datetime):
    with database.transaction() as session:
        row, _ = published(session, at)
    base = f"/console/directories/{row.code}/versions"
    read = (
        Reader(app, STEWARD.id).open(f"{base}/1/acts/revise").send(f"{base}/1/acts/revise", reason="更新摘要").follow()
    )
    place = f"{base}/2/draft/basic"
    read.open(place).send(place, summary="演示省公共场所卫生许可证的持证主体和有效期。")
    shown = read.open(f"{base}/2/differences")
    assert shown.page.xpath("//del")
    assert "许可项目" in "".join(shown.page.xpath("//del//text()"))


def test_a_withdrawal_is_asked_for_on_a_page_of_its_own(app: Flask, database: Database, at: datetime):
    with database.transaction() as session:
        row, _ = published(session, at)
    act = f"/console/directories/{row.code}/versions/1/acts/ask-to-withdraw"
    read = Reader(app, STEWARD.id).open(act)
    assert "请再确认一次" in read.text
    read.send(act, reason="停止归集")
    assert read.status == 303
    assert read.again().status == 303
    assert "申请撤销中" in read.follow().text


def test_a_list_is_narrowed_sorted_and_walked(app: Flask, database: Database, at: datetime):
    with database.transaction() as session:
        for number in range(60):
            drafted(session, at, name=f"演示目录{number:02d}")
    read = Reader(app, STEWARD.id).open("/console/directories?sort=name")
    (following,) = read.page.xpath("//a[@rel='next']/@href")
    assert "演示目录00" in read.text
    assert "演示目录59" not in read.text
    assert "演示目录59" in read.open(following).text
    assert "没有内容" in read.open("/console/directories?state=published").text
    assert read.open("/console/directories?state=nonsense").status == 422
    assert read.open("/console/directories?sort=changed&limit=10").status == 200
    answer = read.open("/console/directories.csv?state=draft").answer
    assert answer.text.count("\r\n") == 61
    assert 'filename="directories.csv"' in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(("language", "told"), [("zh", "本文件只含前 3 行"), ("en", "holds the first 3 rows only")])
def test_a_file_that_was_cut_says_so_in_its_name_and_its_last_line(
    app: Flask, database: Database, at: datetime, monkeypatch: pytest.MonkeyPatch, language: str, told: str
):
    with database.transaction() as session:
        for number in range(4):
            drafted(session, at + timedelta(minutes=number), name=f"演示目录{number:02d}")
    monkeypatch.setattr(pages, "CSV_ROWS", 3)
    answer = Reader(app, STEWARD.id).open(f"/console/directories.csv?sort=changed&lang={language}").answer
    assert "directories-first-3.csv" in answer.headers["Content-Disposition"]
    head, *rows, last = answer.text.removeprefix("\ufeff").splitlines()
    assert head.startswith("code,name,")
    assert [row.split(",")[1] for row in rows] == ["演示目录03", "演示目录02", "演示目录01"]
    assert told in last


def test_a_list_by_change_is_walked_from_the_newest(app: Flask, database: Database, at: datetime):
    with database.transaction() as session:
        for number in range(7):
            drafted(session, at + timedelta(minutes=number // 2), name=f"演示目录{number}")
    read, found = Reader(app, STEWARD.id).open("/console/directories?sort=changed&limit=3"), []
    while True:
        found += [str(each) for each in read.page.xpath("//main//th[@scope='row']/a/text()")]
        following = read.page.xpath("//a[@rel='next']/@href")
        if not following:
            break
        read.open(following[0])
    assert len(found) == len(set(found)) == 7
    assert found[0] == "演示目录6"
    assert set(found[-2:]) == {"演示目录0", "演示目录1"}


def test_a_code_that_is_newer_than_our_words_is_shown_as_it_is(app: Flask):
    with app.test_request_context("/console/directories"):
        for cell in (shown.state("never-heard-of"), shown.words_of("outcome", "never-heard-of")):
            assert cell.value == "never-heard-of"
        assert shown.state("draft").value == "草稿"
        assert shown.words_of_all("stages", ["intake", "<b>"]).value.endswith(", &lt;b&gt;")


@pytest.mark.parametrize("told", [HOSTILE, "=cmd|' /C calc'!A0"])
def test_what_is_hostile_is_shown_as_text(app: Flask, database: Database, at: datetime, told: str):
    with database.transaction() as session:
        row, _ = drafted(session, at, name=told, summary=told, remarks=told)
    read = Reader(app, STEWARD.id)
    for path in (
        "/console/directories",
        f"/console/directories/{row.code}",
        f"/console/directories/{row.code}/versions/1/draft/basic",
    ):
        answer = read.open(path).answer
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
        assert "49" not in read.text.replace(row.code, "") or "{{7*7}}" in answer.text
    assert "\r\n=" not in read.open("/console/directories.csv").answer.text
    assert ",=" not in read.answer.text
