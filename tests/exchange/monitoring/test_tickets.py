"""Tickets are opened once, counted up, dealt with by their owner, closed only with words, and escalated once."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from base import audit, notices, workdays
from base.audit import Search
from base.notices.models import Delivery, StoredNotice
from base.settings import UnusableSetting
from exchange import terms
from exchange.errors import NoSuchTerm
from exchange.monitoring import steps, tickets
from exchange.monitoring.errors import NoSuchTicket, TicketNotYours, TicketStepNotAllowed
from exchange.monitoring.life import Severity, Step
from exchange.monitoring.models import Ticket
from tests.exchange.departments import MAKER
from tests.exchange.monitoring import watch_house
from tests.exchange.monitoring.watch_house import (
    AUTHORITY,
    DATA,
    HEALTH,
    HOOK,
    MAIL,
    OPERATOR,
    OTHER_OPERATOR,
    PROVIDER,
    REQUESTER,
    STEWARD,
    STRANGER,
    TOLD,
    Watch,
    sighting,
)

HOUR = timedelta(hours=1)


def step(watch: Watch, number: int, *taken: Step, by=PROVIDER) -> Ticket:
    named = watch.number(number)
    for each in taken:
        with watch.database.transaction() as session:
            ticket = steps.take(session, named, each, "" if each is Step.ACKNOWLEDGE else "已重启并核对", by, watch.at)
    return ticket


def acts(watch: Watch) -> list[str]:
    with watch.database.reading() as session:
        found = audit.search(session, Search(thing_kind="ticket"))
        return [each.entry.act for each in reversed(found)]


def sent(watch: Watch) -> list[tuple[str, str]]:
    """Give what was told, to whom."""
    with watch.database.reading() as session:
        query = select(StoredNotice.kind, Delivery.recipient).join(Delivery, Delivery.notice_id == StoredNotice.id)
        return [(kind, whom) for kind, whom in session.execute(query.order_by(Delivery.id))]


# --- opened once ----------------------------------------------------------------------------------------------------


def test_a_sighting_opens_a_ticket_and_what_comes_again_counts_it_up(watch: Watch):
    assert watch.take_in(sighting(at=watch.at)) == [1]
    watch.later(minutes=5)
    assert watch.take_in(sighting(at=watch.at), sighting(at=watch.at - HOUR)) == [1, 1]
    ticket = watch.tickets()[0]
    assert (ticket.count, ticket.state, ticket.last_seen_at) == (2, "open", watch.at)
    assert (ticket.organisation, ticket.role, ticket.said_zh) == (HEALTH, "provider", "对象 渠道一。")
    assert acts(watch) == ["ticket.opened"]


def test_things_have_tickets_of_their_own(watch: Watch):
    assert watch.take_in(sighting("渠道一"), sighting("渠道二")) == [1, 2]


def test_what_gets_worse_is_told_on_the_ticket_and_never_gets_better_by_itself(watch: Watch):
    watch.take_in(sighting(), sighting(severity=Severity.CRITICAL), sighting())
    assert [each.severity for each in watch.tickets()] == ["critical"]
    assert acts(watch) == ["ticket.opened", "ticket.worsened"]


def test_what_recurs_after_closing_opens_another_that_names_the_earlier(both: Watch):
    both.take_in(sighting(at=both.at))
    both.later(hours=1)
    step(both, 1, *Step)
    assert both.take_in(sighting(at=both.at - HOUR)) == [None]
    both.later(hours=1)
    assert both.take_in(sighting(at=both.at)) == [2]
    assert [(each.state, each.follows) for each in both.tickets()] == [("closed", None), ("open", both.number(1))]


def test_the_database_lets_one_be_open_and_none_be_closed_without_feedback(both: Watch):
    both.take_in(sighting())
    names = [each.key for each in Ticket.__table__.columns if each.key != "id"]
    second = {name: getattr(both.tickets()[0], name) for name in names}
    closed = update(Ticket).values(state="closed", closed_at=both.at)
    with pytest.raises(IntegrityError), both.database.transaction() as session:
        session.execute(closed)
    with pytest.raises(IntegrityError), both.database.transaction() as session:
        session.execute(insert(Ticket), [second])


def test_two_that_look_at_once_make_one_ticket_and_one_notice(both: Watch):
    ready = threading.Barrier(2)

    def look() -> None:
        ready.wait(10)
        both.take_in(sighting(at=both.at))

    threads = [threading.Thread(target=look) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert len(both.tickets()) == 1
    assert [whom for _, whom in sent(both)].count(MAIL) == 1


# --- terms ----------------------------------------------------------------------------------------------------------


def test_the_deadline_is_the_term_in_working_days(watch: Watch):
    """A Saturday: one working day ends with Monday."""
    watch.take_in(sighting())
    assert workdays.local_day(watch.tickets()[0].due_at - HOUR).isoformat() == "2026-11-23"


def test_a_term_in_hours_runs_by_night_and_is_changed_in_hours_only(watch: Watch):
    with watch.database.transaction() as session:
        assert terms.term_of(session, "ticket-sync-paused").hours == 4
        terms.set_term(session, "ticket-sync-paused", 0, "演示", MAKER, watch.at, 2)
        assert tickets._due(session, watch_house.built((SYNC_PAUSED,)).monitors["sync-paused"], watch.at) == (
            watch.at + 2 * HOUR
        )
    for duty, days, hours in (("ticket-sync-paused", 2, None), ("ticket-told", 2, 3), ("ticket-sync-paused", 1, 3)):
        with pytest.raises(workdays.UnusableTerm), watch.database.transaction() as session:
            terms.set_term(session, duty, days, "演示", MAKER, watch.at, hours)


def test_where_the_calendar_ends_a_ticket_comes_due_early_and_is_made(watch: Watch):
    watch.later(days=500)
    watch.take_in(sighting())
    assert watch.tickets()[0].due_at == watch.at + timedelta(days=1)


def test_before_terms_are_laid_down_nothing_is_opened(watch: Watch):
    other = watch_house.built((watch_house.Monitor("unlaid", "一", "one", "", "", days=1),))
    with pytest.raises(NoSuchTerm), watch.database.transaction() as session:
        tickets.take_in(session, other, "unlaid", sighting(), watch.at)


# --- dealt with -----------------------------------------------------------------------------------------------------


def test_a_ticket_is_taken_dealt_with_and_closed_each_on_record(watch: Watch):
    watch.take_in(sighting())
    ticket = step(watch, 1, *Step)
    assert (ticket.state, ticket.feedback) == ("closed", "已重启并核对")
    assert acts(watch) == ["ticket.opened", "ticket.acknowledged", "ticket.handled", "ticket.closed"]
    with watch.database.reading() as session:
        assert [(each.step, each.by, each.words) for each in steps.steps_of(session, watch.number(1))] == [
            ("acknowledge", "person:provider", ""),
            ("handle", "person:provider", "已重启并核对"),
            ("close", "person:provider", "已重启并核对"),
        ]


def test_nobody_skips_a_step_and_nothing_is_kept_of_the_try(watch: Watch):
    watch.take_in(sighting())
    with pytest.raises(TicketStepNotAllowed):
        step(watch, 1, Step.CLOSE)
    assert acts(watch) == ["ticket.opened"]
    with pytest.raises(NoSuchTicket), watch.database.transaction() as session:
        steps.take(session, 0, Step.ACKNOWLEDGE, "", PROVIDER, watch.at)


@pytest.mark.parametrize(
    ("by", "may"),
    [(PROVIDER, True), (STEWARD, True), (REQUESTER, False), (AUTHORITY, False), (STRANGER, False), (OPERATOR, False)],
)
def test_the_owners_role_operators_and_stewards_deal_with_it_and_nobody_else(watch: Watch, by, may: bool):
    watch.take_in(sighting())
    if may:
        assert step(watch, 1, Step.ACKNOWLEDGE, by=by).state == "acknowledged"
    else:
        with pytest.raises(TicketNotYours):
            step(watch, 1, Step.ACKNOWLEDGE, by=by)


def test_a_ticket_of_nobody_in_particular_is_every_operators(watch: Watch):
    watch.monitoring = watch_house.built((TOLD,))
    watch.take_in(sighting(organisation="", role="operator"))
    for by in (STEWARD, PROVIDER):
        with pytest.raises(TicketNotYours):
            step(watch, 1, Step.ACKNOWLEDGE, by=by)
    assert step(watch, 1, Step.ACKNOWLEDGE, by=OTHER_OPERATOR).state == "acknowledged"


# --- told -----------------------------------------------------------------------------------------------------------


def test_the_owner_and_the_sites_own_are_told_once_however_often_it_is_seen(watch: Watch):
    for _ in range(3):
        watch.take_in(sighting(at=watch.later(minutes=5)))
    assert sent(watch) == [
        ("ticket-opened", f"role:{HEALTH}/provider"),
        ("ticket-opened", "provider@example.gov.cn"),
        ("ticket-opened", MAIL),
        ("ticket-opened", HOOK),
    ]
    with watch.database.reading() as session:
        assert [each.kind for each in notices.unread(session, PROVIDER)] == ["ticket-opened"]


def test_what_is_overdue_goes_to_the_authority_above_once(both: Watch):
    both.take_in(sighting(), sighting("渠道二"))
    step(both, 2, *Step)
    before = len(sent(both))

    def escalated() -> list[int]:
        with both.database.transaction() as session:
            return steps.escalate_due(session, both.monitoring, both.at)

    due = both.tickets()[0].due_at
    both.at = due - timedelta(seconds=1)
    assert escalated() == []
    both.at = due
    assert escalated() == [both.number(1)]
    both.later(days=5)
    assert escalated() == []
    assert [each.escalated_to for each in both.tickets()] == [DATA, None]
    told = sent(both)[before:]
    assert {kind for kind, _ in told} == {"ticket-overdue"}
    assert [whom for _, whom in told] == [
        f"role:{HEALTH}/provider",
        "provider@example.gov.cn",
        f"role:{DATA}/authority",
        MAIL,
        HOOK,
    ]
    assert acts(both)[-1] == "ticket.escalated"


def test_a_process_that_dies_before_its_commit_leaves_neither_ticket_nor_notice(watch: Watch):
    """The act and its notice are one transaction: the next look makes both, once."""

    class Killed(BaseException):
        pass

    def dies() -> None:
        with watch.database.transaction() as session:
            tickets.take_in(session, watch.monitoring, TOLD.name, sighting(), watch.at)
            raise Killed

    with pytest.raises(Killed):
        dies()
    assert (watch.tickets(), sent(watch), acts(watch)) == ([], [], [])
    watch.take_in(sighting(), sighting())
    assert [whom for _, whom in sent(watch)].count(HOOK) == 1


@pytest.mark.parametrize(
    "told",
    [{"mail": ("kein Briefkasten",)}, {"webhooks": ("ftp://x",)}, {"volume_weeks": 0}, {"refused_percent": -1}],
)
def test_a_site_that_tells_nonsense_does_not_start(told):
    with pytest.raises(UnusableSetting):
        watch_house.built((), **told)


def test_two_monitors_of_one_name_do_not_start():
    with pytest.raises(ValueError, match="one name"):
        watch_house.built((TOLD, TOLD))


SYNC_PAUSED = next(each for each in watch_house.sync_monitors.MONITORS if each.name == "sync-paused")
