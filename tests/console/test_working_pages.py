"""The frame of the pages at work: whose desks are shown, and forms that act once, or say why not."""

import re
from datetime import date, datetime, timedelta

import pytest
from flask import Blueprint, Flask, Response, render_template_string, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import calendar, clock
from base.audit import Thing
from base.calendar import CalendarDay, DayKind
from base.db import Database
from base.errors import DomainError
from base.workdays import UnusableTerm
from console import working
from console.login import for_people, form_token
from exchange import tasks, terms
from exchange.models import Task
from exchange.tasks import Duty
from keys.parties.sample import code_of
from tests.console.people import Reader, pages
from tests.exchange import departments
from tests.exchange.departments import MAKER, REVIEWER, STEWARD, STRANGER

FORM = (
    '<main><form method="post" action="/trial"><input name="csrf_token" value="{{ token }}">'
    '<input name="once" value="{{ once }}"><input name="name" value="{{ name }}"></form></main>'
)
DAY = date(2031, 5, 1)
trial = Blueprint("trial", __name__)


@trial.get("/trial")
@for_people({"steward"})
def form() -> str:
    return render_template_string(FORM, token=form_token(), once=request.args.get("once", ""), name="")


@trial.post("/trial")
@for_people({"steward"})
def act() -> Response:
    def written(session: Session) -> Response:
        held = session.scalar(select(CalendarDay).where(CalendarDay.day == DAY))
        calendar.set_day(session, DAY, DayKind.OFF, f"{held.name if held else ''}{request.form['name']}", "演示")
        if request.form["name"] == "bad":
            raise UnusableTerm(9, 8)
        return working.leads("tasks.mine")

    def again(refusal: DomainError) -> Response:
        return working.page("tasks.html", refusal, due=[], cards=[])

    return working.posted(written, again)


@pytest.fixture
def app(database: Database, at: datetime, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr(clock, "now", lambda: at)
    departments.opened(database, at)
    made = pages(database, [STEWARD, REVIEWER, STRANGER])
    made.register_blueprint(trial)
    return made


def day_of(database: Database) -> str | None:
    with database.reading() as session:
        return session.scalar(select(CalendarDay.name).where(CalendarDay.day == DAY))


def duty(database: Database, title: str, at: datetime, days: int) -> None:
    with database.transaction() as session:
        terms.set_term(session, "department-check", days, "演示", MAKER, at)
        told = Duty("department-check", Thing("thing", title), title, code_of("health"), "reviewer")
        tasks.open_task(session, told, at)


def test_a_person_sees_what_is_to_be_done_the_most_pressing_first(app, database, at):
    duty(database, "演示目录甲", at, 9)
    duty(database, "演示目录乙", at, 3)
    read = Reader(app, REVIEWER.id).open("/console")
    assert read.status == 200
    assert read.text.index("演示目录乙") < read.text.index("演示目录甲")
    assert "剩 3 个工作日" in read.text


def test_a_missed_duty_says_for_how_long(app, database, at):
    duty(database, "演示目录甲", at - timedelta(days=30), 3)
    assert re.search(r"超期 \d+ 个工作日", Reader(app, REVIEWER.id).open("/console").text)


def test_a_duty_that_reaches_into_a_year_without_a_calendar_is_shown_all_the_same(app, database, at, monkeypatch):
    duty(database, "演示目录甲", at, 3)
    late = at.replace(year=at.year + 3)
    with database.transaction() as session:
        (task,) = session.scalars(select(Task)).all()
        task.opened_at = late
    monkeypatch.setattr(clock, "now", lambda: late + timedelta(days=1))
    read = Reader(app, REVIEWER.id).open("/console")
    assert read.status == 200
    assert "演示目录甲" in read.text


def test_another_organisations_duties_are_not_shown(app, database, at):
    duty(database, "演示目录甲", at, 3)
    assert "没有待办事项" in Reader(app, STRANGER.id).open("/console").text


def test_who_is_not_logged_in_is_led_to_the_login(app):
    read = Reader(app, "nobody").open("/console")
    assert read.status == 303
    assert read.answer.location.startswith("/login")


def test_only_desks_that_one_may_sit_at_are_shown(app):
    read = Reader(app, STEWARD.id).open("/console")
    shown = read.page.xpath("//nav[@class='desks']//a/@href")
    assert "/console" in shown
    for address in shown:
        assert Reader(app, STEWARD.id).open(address).status == 200, address


def test_a_page_of_somebodys_is_kept_by_no_cache(app):
    assert Reader(app, STEWARD.id).open("/console").answer.headers["Cache-Control"] == "no-store"


def test_a_form_sent_twice_acts_once(app, database):
    read = Reader(app, STEWARD.id).open("/trial?once=first-form-0001").send("/trial", name="一次")
    assert read.status == 303
    assert read.again().status == 303
    assert day_of(database) == "一次"


def test_a_form_that_was_changed_and_sent_again_is_told_that_the_first_was_taken(app, database):
    read = Reader(app, STEWARD.id).open("/trial?once=first-form-0002").send("/trial", name="甲")
    read.open("/trial?once=first-form-0002").send("/trial", name="乙")
    assert read.status == 422
    assert "idempotency-key-reused" in read.answer.text
    assert day_of(database) == "甲"


def test_a_refused_act_writes_nothing_and_may_be_tried_again(app, database):
    read = Reader(app, STEWARD.id).open("/trial?once=first-form-0003").send("/trial", name="bad")
    assert read.status in {400, 422}
    assert read.page.xpath("//section[@role='alert']//h2")
    assert day_of(database) is None
    assert read.open("/trial?once=first-form-0003").send("/trial", name="好").status == 303
    assert day_of(database) == "好"


def test_a_form_without_the_sessions_word_does_nothing(app, database):
    read = Reader(app, STEWARD.id).open("/trial").send("/trial", csrf_token="wrong", name="甲")
    assert read.status == 403
    assert day_of(database) is None


@pytest.mark.parametrize("said", ["no-such-word", "<script>alert(1)</script>", "title", "../tasks.title"])
def test_what_was_done_is_said_in_our_words_alone(app, said):
    read = Reader(app, STEWARD.id).open(f"/console?done={said}")
    assert read.status == 200
    assert "toast" not in read.answer.text
