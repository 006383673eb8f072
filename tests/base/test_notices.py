"""What is told is delivered at least once, to whom it was meant, signed or over TLS; and the log says how."""

import socket
import ssl
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as st
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook as Receiver
from standardwebhooks.webhooks import WebhookVerificationError

from base import clock
from base.callers import ANONYMOUS, Caller
from base.db import Database
from base.errors import DomainError
from base.fetch import (
    AddressRefused,
    AnsweredWithStatus,
    CalledTooEarly,
    ConnectFailed,
    FetchSettings,
    GuardedFetch,
    TimedOut,
)
from base.notices import (
    KINDS,
    Channels,
    Kinds,
    Letter,
    Mail,
    MailChannel,
    Notice,
    NoticeKind,
    NoticeSettings,
    Person,
    Role,
    SecretFiles,
    Tally,
    Webhook,
    WebhookChannel,
    Words,
    channels,
    deliver_due,
    delivery_log,
    kinds_in,
    mark_read,
    resend,
    tell,
    unread,
)
from base.notices.delivery import CLAIM, MOST_A_RUN, TRIES, WAITS
from base.notices.errors import (
    DeliveryMissing,
    MailLoginRefused,
    MailRefused,
    MailServerUnreachable,
    MailTlsFailed,
    NothingToResend,
    NoticeMissing,
    UnknownNoticeKind,
    UnusableRecipient,
    WebhookSecretMissing,
)
from base.notices.mail import written
from base.notices.models import Delivery, StoredNotice
from base.notices.wiring import SECURITIES
from base.settings import UnusableSetting
from tests.conftest import AT
from tests.simulators.http import HttpSimulator, answers, identity, in_turn
from tests.simulators.smtp import SmtpSimulator

SITE = KINDS["test-notice"]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OLD_SECRET = "whsec_b2xkIG9sZCBvbGQgb2xkIG9sZCBvbGQgb2xk"
CLERK = "clerk@office.example"
WEN = Caller("person", "p-7", "文", "330100-01", frozenset({"steward", "reviewer"}))
LI = Caller("person", "p-8", "李", "330100-01", frozenset({"steward"}))


class Post:
    """A channel on a string: keeps what is sent, and fails in turn as it is told."""

    def __init__(self, *failures: BaseException | None) -> None:
        self.letters: list[Letter] = []
        self.failures = list(failures)

    def __call__(self, letter: Letter, at: datetime) -> None:
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        self.letters.append(letter)


class Killed(BaseException):
    """What `kill -9` does to the steps of a run: nothing after it happens."""


def told(database: Database, *recipients, at=AT, facts=None) -> int:
    with database.transaction() as session:
        return tell(session, Notice(SITE, facts or {"site": "浙江"}, recipients or (Mail(CLERK),)), at)


def run(database: Database, post: Post, at=AT) -> Tally:
    return deliver_due(database, Channels(KINDS, {"mail": post, "webhook": post}), at, lambda: 0.0)


def log(database: Database, **which):
    with database.reading() as session:
        return delivery_log(session, **which)


def test_a_notice_is_told_with_the_act_or_not_at_all(database):
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        assert tell(session, Notice(SITE, {"site": "x"}, (Mail(CLERK), Person("p-7"))), AT) / 0
    assert log(database) == []
    told(database)
    assert [(each.channel, each.state, each.next_try_at) for each in log(database)] == [("mail", "waiting", AT)]


def test_a_letter_is_sent_once_and_logged(database):
    number, post = told(database), Post()
    assert run(database, post) == Tally(delivered=1)
    assert run(database, post) == Tally()
    letter = post.letters[0]
    assert (letter.kind, letter.recipient, letter.title) == ("test-notice", CLERK, "印信：测试通知")
    assert "浙江" in letter.body
    line = log(database)[0]
    assert (line.notice, line.state, line.attempts, line.code, line.settled_at) == (number, "delivered", 1, "", AT)
    assert line.next_try_at is None


def test_words_come_in_the_recipients_language(database):
    told(database, Mail("a@office.example", "en"), Mail("b@office.example"), Mail("c@office.example", "fr"))
    post = Post()
    run(database, post)
    titles = {letter.recipient[0]: letter.title for letter in post.letters}
    assert titles == {"a": "Yinxin: test notice", "b": "印信：测试通知", "c": "印信：测试通知"}


def test_the_same_recipient_is_told_once(database):
    told(database, Mail(CLERK), Mail(CLERK), Person("p-7"), Person("p-7"))
    assert len(log(database)) == 2


def test_a_failed_letter_is_tried_on_the_published_schedule_and_then_given_up(database):
    told(database)
    post, at = Post(*[ConnectFailed("hook.example", "refused")] * 99), AT
    for wait in WAITS:
        assert run(database, post, at) == Tally(put_off=1)
        assert log(database)[0].next_try_at == at + wait
        assert run(database, post, at + wait - timedelta(seconds=1)) == Tally()
        at += wait
    assert run(database, post, at) == Tally(given_up=1)
    line = log(database)[0]
    assert (line.state, line.attempts, line.code, line.next_try_at) == ("failed", TRIES, "connect-failed", None)
    assert WAITS[0] == timedelta(seconds=5)
    assert WAITS[-1] == timedelta(hours=24)
    assert run(database, post, at + timedelta(days=30)) == Tally()


@pytest.mark.parametrize(
    "refusal",
    [
        AnsweredWithStatus("hook.example", 410),
        AddressRefused("hook.example", "loopback"),
        MailRefused("mail.example", 550),
        UnknownNoticeKind("gone"),
        UnusableRecipient("mail", "address"),
    ],
)
def test_what_will_never_arrive_is_given_up_at_once(refusal, database):
    told(database)
    assert run(database, Post(refusal)) == Tally(given_up=1)
    assert log(database)[0].code == refusal.code


@pytest.mark.parametrize(
    "refusal", [AnsweredWithStatus("hook.example", 404), MailRefused("mail.example", 451), TimedOut("h", "answer")]
)
def test_what_may_pass_is_put_off(refusal, database):
    told(database)
    assert run(database, Post(refusal)) == Tally(put_off=1)


def test_a_pause_that_the_partner_asked_for_is_kept(database):
    told(database)
    run(database, Post(AnsweredWithStatus("hook.example", 503, 3600.0)))
    assert log(database)[0].next_try_at == AT + timedelta(hours=1)


def test_a_partner_that_was_not_called_costs_no_try(database):
    told(database)
    run(database, Post(CalledTooEarly("hook.example", 90.0)))
    line = log(database)[0]
    assert (line.attempts, line.code, line.next_try_at) == (0, "called-too-early", AT + timedelta(seconds=90))


def test_a_fault_in_one_letter_does_not_hold_up_the_others(database, caplog):
    told(database, Mail("a@office.example"), Mail("b@office.example"))
    post = Post(ZeroDivisionError())
    assert run(database, post) == Tally(delivered=1, put_off=1)
    assert {line.code for line in log(database)} == {"internal-fault", ""}
    assert "ZeroDivisionError" in caplog.text
    assert "office.example" not in caplog.text


def test_a_kind_that_is_gone_is_given_up_and_said(database):
    told(database)
    assert deliver_due(database, Channels(Kinds(()), {"mail": Post()}), AT) == Tally(given_up=1)
    assert log(database)[0].code == "unknown-notice-kind"


def test_a_channel_that_is_not_set_up_is_said(database):
    told(database)
    assert deliver_due(database, Channels(KINDS, {}), AT) == Tally(put_off=1)
    assert log(database)[0].code == "channel-not-configured"


@pytest.mark.parametrize("arrived", [False, True])
def test_a_process_that_dies_in_the_middle_loses_nothing(arrived, database):
    told(database)
    post = Post()

    def dies(letter, at):
        if arrived:
            post(letter, at)
        raise Killed

    with pytest.raises(Killed):
        deliver_due(database, Channels(KINDS, {"mail": dies}), AT, lambda: 0.0)
    assert run(database, post, AT + CLAIM - timedelta(seconds=1)) == Tally()
    assert run(database, post, AT + CLAIM) == Tally(delivered=1)
    assert len(post.letters) == 1 + arrived
    assert len({letter.message_id for letter in post.letters}) == 1


KILLED = """
import os, signal, sys
from datetime import datetime
from base.db import DatabaseSettings, connect
from base.fetch import FetchSettings
from base.fetch.wiring import tls_of
from base.notices import KINDS, Channels, MailChannel, NoticeSettings, deliver_due

url, port, moment, at = sys.argv[1:]
send = MailChannel(
    NoticeSettings(mail_host="127.0.0.1", mail_port=int(port), mail_security="none"), tls_of(FetchSettings())
)

def channel(letter, now):
    if moment == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    send(letter, now)
    os.kill(os.getpid(), signal.SIGKILL)

deliver_due(connect(DatabaseSettings(url=url)), Channels(KINDS, {"mail": channel}), datetime.fromisoformat(at))
"""


@pytest.mark.parametrize(("moment", "arrived"), [("before", 0), ("after", 1)])
def test_kill_9_around_the_sending_redelivers_and_never_loses(moment, arrived, database, database_settings):
    """A real process, a real mail server; the second mail of a doubled pair carries the first one's Message-ID."""
    told(database)
    with SmtpSimulator() as mail:
        killed = subprocess.run(
            [sys.executable, "-c", KILLED, database_settings.url, str(mail.port), moment, AT.isoformat()],
            cwd=Path(__file__).parents[2],
            check=False,
            capture_output=True,
        )
        assert killed.returncode == -9, killed.stderr
        assert len(mail.letters) == arrived
        assert log(database)[0].state == "waiting"
        settings = NoticeSettings(mail_host="127.0.0.1", mail_port=mail.port, mail_security="none")
        later = Channels(KINDS, {"mail": MailChannel(settings, ssl.create_default_context())})
        assert deliver_due(database, later, AT + CLAIM + timedelta(minutes=1)) == Tally(delivered=1)
        assert len(mail.letters) == arrived + 1
        assert len({letter["Message-ID"] for letter in mail.letters}) == 1


def test_a_letter_that_kills_every_process_is_given_up_in_the_end(database):
    told(database)
    at = AT
    for _ in range(TRIES):
        with pytest.raises(Killed):
            run(database, Post(Killed()), at)
        at += CLAIM
    post = Post()
    assert run(database, post, at) == Tally(given_up=1)
    assert post.letters == []
    assert log(database)[0].code == "died-in-delivery"


def test_a_late_process_does_not_overwrite_what_another_recorded(database):
    """A: claims, stalls past its claim ... B: claims, delivers, records ... A: fails, and its word is not taken."""
    told(database)

    def stalls(_letter, _at):
        assert run(database, Post(), AT + CLAIM) == Tally(delivered=1)
        raise ConnectFailed("mail.example", "refused")

    deliver_due(database, Channels(KINDS, {"mail": stalls}), AT, lambda: 0.0)
    line = log(database)[0]
    assert (line.state, line.attempts, line.settled_at) == ("delivered", 2, AT + CLAIM)


@pytest.mark.parametrize(("word", "state"), [(MailRefused("mail.example", 550), "waiting"), (None, "delivered")])
def test_of_a_late_process_only_the_word_of_arrival_is_taken(word, state, database):
    """A: claims, stalls past its claim ... B: claims, puts off ... A: says that it is refused for good, or arrived."""
    told(database)

    def stalls(_letter, _at):
        assert run(database, Post(ConnectFailed("mail.example", "refused")), AT + CLAIM) == Tally(put_off=1)
        if word is not None:
            raise word

    deliver_due(database, Channels(KINDS, {"mail": stalls}), AT, lambda: 0.0)
    assert (log(database)[0].state, log(database)[0].attempts) == (state, 2)


def test_claims_of_a_long_run_lie_ahead_of_the_real_time(database):
    told(database, Mail("a@office.example"), Mail("b@office.example"))
    passed = [0.0]
    claims: list[datetime | None] = []

    def slow(_letter, _at):
        passed[0] += 600
        claims.extend(line.next_try_at for line in log(database, state="waiting") if line.attempts)

    deliver_due(database, Channels(KINDS, {"mail": slow}), AT, lambda: passed[0])
    assert claims == [AT + CLAIM, AT + timedelta(seconds=600) + CLAIM]


def test_processes_that_run_at_once_send_each_letter_once(database):
    told(database, *[Mail(f"c{number}@office.example") for number in range(40)])
    lock, sent = threading.Lock(), []

    def channel(letter, _at):
        with lock:
            sent.append(letter.recipient)

    def work(_number):
        return deliver_due(database, Channels(KINDS, {"mail": channel}), AT)

    with ThreadPoolExecutor(4) as threads:
        tallies = list(threads.map(work, range(4)))
    assert sum(tally.delivered for tally in tallies) == 40
    assert sorted(sent) == sorted(f"c{number}@office.example" for number in range(40))


@pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)
def test_a_run_has_an_end_and_the_next_goes_on(database, monkeypatch):
    monkeypatch.setattr("base.notices.delivery.MOST_A_RUN", 3)
    told(database, *[Mail(f"c{number}@office.example") for number in range(5)])
    assert run(database, Post()) == Tally(delivered=3)
    assert run(database, Post()) == Tally(delivered=2)
    assert MOST_A_RUN == 500


@pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)
def test_a_run_that_is_asked_to_end_ends_between_two_letters(database):
    told(database, *[Mail(f"c{number}@office.example") for number in range(3)])
    post, done = Post(), []

    def stop_at_two(count):
        done.append(count)
        if count == 2:
            raise Killed

    with pytest.raises(Killed):
        deliver_due(database, Channels(KINDS, {"mail": post}), AT, lambda: 0.0, stop_at_two)
    assert done == [1, 2]
    assert len(log(database, state="delivered")) == len(post.letters) == 2


FATES = st.lists(st.sampled_from(["arrives", "fails", "dies before", "dies after", "not called"]), max_size=TRIES - 1)


@trials(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(FATES, min_size=1, max_size=3))
def test_whatever_happens_every_letter_arrives_or_is_reported(database, fates):
    """Each letter meets its fates in turn and then a channel that works; ids tell the doubles."""
    addresses = {f"f{number}@office.example": list(fate) for number, fate in enumerate(fates)}
    told(database, *map(Mail, addresses))
    arrived: dict[str, set[str]] = {}

    def channel(letter, _at):
        fate = addresses[letter.recipient].pop(0) if addresses.get(letter.recipient) else "arrives"
        if fate == "not called":
            raise CalledTooEarly("h", 1.0)
        if fate == "fails":
            raise ConnectFailed("h", "refused")
        if fate == "dies before":
            raise Killed
        arrived.setdefault(letter.recipient, set()).add(letter.message_id)
        if fate == "dies after":
            raise Killed

    at = AT
    while log(database, state="waiting"):
        try:
            deliver_due(database, Channels(KINDS, {"mail": channel}), at, lambda: 0.0)
        except Killed:
            continue
        finally:
            at += timedelta(hours=25)
    assert set(arrived) >= set(addresses)
    assert all(len(ids) == 1 for ids in arrived.values())
    assert {line.state for line in log(database, limit=500)} == {"delivered"}


def test_a_settled_letter_is_sent_again_under_the_same_id_and_the_log_keeps_both(database):
    told(database)
    post = Post()
    run(database, post)
    with database.transaction() as session:
        again = resend(session, log(database)[0].id, AT + timedelta(days=1))
    assert run(database, post, AT + timedelta(days=1)) == Tally(delivered=1)
    assert len({letter.message_id for letter in post.letters}) == 1
    newest, oldest = log(database)
    assert (newest.id, newest.resent_from, oldest.state) == (again, oldest.id, "delivered")


def test_a_waiting_letter_is_only_made_due(database):
    told(database)
    run(database, Post(ConnectFailed("h", "refused")))
    number = log(database)[0].id
    with database.transaction() as session:
        assert resend(session, number, AT) == number
    assert run(database, Post(), AT) == Tally(delivered=1)
    assert len(log(database)) == 1


def test_what_is_not_in_the_log_or_on_a_page_is_not_sent_again(database):
    told(database, Person("p-7"))
    with database.transaction() as session:
        with pytest.raises(NothingToResend):
            resend(session, log(database)[0].id, AT)
        with pytest.raises(DeliveryMissing):
            resend(session, 10**9, AT)


def test_the_log_is_read_in_pages(database):
    first = told(database, *[Mail(f"c{number}@office.example") for number in range(5)])
    told(database)
    whole = log(database)
    page = log(database, limit=2)
    assert [*page, *log(database, before=page[-1].id)] == whole
    assert len(log(database, notice=first)) == 5
    assert log(database, state="failed") == []


def seen(database: Database, who: Caller) -> list[int]:
    with database.reading() as session:
        return [each.id for each in unread(session, who)]


def test_a_page_shows_what_a_person_or_their_role_was_told_until_they_read_it(database):
    mine = told(database, Person("p-7"))
    ours = told(database, Role("330100-01", "steward"))
    told(database, Role("330100-01", "auditor"), Role("330200-01", "steward"), Person("p-9"))
    assert seen(database, WEN) == [ours, mine]
    assert seen(database, LI) == [ours]
    for _ in range(2):
        with database.transaction() as session:
            mark_read(session, ours, WEN, AT)
    assert seen(database, WEN) == [mine]
    assert seen(database, LI) == [ours]


def test_nobody_and_a_system_have_no_page(database):
    told(database, Person("p-7"), Role("330100-01", "steward"))
    system = Caller("system", "p-7", "s", "330100-01", frozenset({"steward"}))
    assert seen(database, ANONYMOUS) == seen(database, system) == []


def test_a_notice_for_somebody_else_does_not_exist(database):
    number = told(database, Person("p-9"), Mail(CLERK))
    with database.transaction() as session:
        for who in (WEN, ANONYMOUS):
            with pytest.raises(NoticeMissing):
                mark_read(session, number, who, AT)


def test_a_notice_on_the_page_keeps_its_facts_for_the_readers_language(database):
    told(database, Person("p-7"))
    with database.reading() as session:
        notice = unread(session, WEN)[0]
    assert notice.written_at == AT
    assert SITE.told(notice.facts, "en").body.startswith("This is a test notice from the site 浙江.")


@pytest.mark.parametrize(
    "address",
    ["", "clerk", "@x.example", "a@", "a b@x.example", "a@x.example\r\nBcc: b@x.example", "a@x,b@y", "<a@x.example>",
     "文@x.example", "a@x..example", "a@-x.example", "a" * 65 + "@x.example"],
)  # fmt: skip
def test_a_mail_address_of_another_form_is_refused(address):
    with pytest.raises(UnusableRecipient):
        Mail(address)


@pytest.mark.parametrize(
    ("url", "secret"),
    [("ftp://x.example/", "a"), ("https://u:p@x.example/", "a"), ("https://x.example/", "../a"), ("https://x/", "")],
)
def test_a_webhook_of_another_form_is_refused(url, secret):
    with pytest.raises(UnusableRecipient):
        Webhook(url, secret)


def test_a_page_recipient_is_somebody():
    for empty in (lambda: Person(""), lambda: Role("", "steward"), lambda: Role("330100-01", "king")):
        with pytest.raises(UnusableRecipient):
            empty()


def test_a_notice_brings_exactly_its_kinds_facts():
    wrong: list[dict[str, str | int]] = [{}, {"site": "x", "more": 1}]
    for facts in wrong:
        with pytest.raises(ValueError, match="test-notice"):
            Notice(SITE, facts, ())


def test_a_fact_cannot_write_lines_of_its_own(database):
    told(database, facts={"site": "x\r\nBcc: b@x.example\n\n{evil}"})
    post = Post()
    run(database, post)
    message = written(post.letters[0], "yinxin@site.example", AT)
    assert message["Bcc"] is None
    assert "x Bcc: b@x.example {evil}" in message.get_content()


@pytest.mark.parametrize(
    "text",
    [
        '[a]\nzh = {title = "{x}", body = ""}\nen = {title = "{y}", body = ""}',
        '[a]\nzh = {title = "", body = ""}',
        '[A_b]\nzh = {title = "", body = ""}\nen = {title = "", body = ""}',
        '[a]\nzh = {title = "", body = ""}\nen = {title = "", body = ""}\nfr = {title = "", body = ""}',
    ],
)
def test_a_kind_that_is_not_whole_is_noticed_when_it_is_read(text, tmp_path):
    file = tmp_path / "notices.toml"
    file.write_text(text)
    with pytest.raises((ValueError, KeyError)):
        kinds_in(file)


def test_a_name_of_a_kind_is_used_once():
    kind = NoticeKind("a", {"zh": Words("", "")}, frozenset())
    with pytest.raises(ValueError, match="twice"):
        Kinds((kind, kind))


# --- mail, through a real server on this machine ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def trusted(tmp_path_factory):
    """Give a certificate for 127.0.0.1 and settings that trust it."""
    made = identity(tmp_path_factory.mktemp("tls"), "127.0.0.1")
    return made.server, FetchSettings(trust_file=str(made.trust_file))


def posting(mail: SmtpSimulator, fetch_settings: FetchSettings | None = None, **told) -> Channels:
    fetch_settings = fetch_settings or FetchSettings()
    settings = NoticeSettings(
        **{"mail_host": "127.0.0.1", "mail_port": mail.port, "mail_sender": "yinxin@site.example", **told}
    )
    return channels(settings, fetch_settings, GuardedFetch(fetch_settings))


def letter(recipient: str = CLERK) -> Letter:
    return Letter("msg_1", recipient, "default", "zh", "test-notice", "标题", "正文：第一行\n第二行", {"site": "x"}, AT)


def send(posted: Channels, recipient: str = CLERK) -> None:
    posted.table["mail"](letter(recipient), AT)


def test_a_mail_arrives_as_it_was_written(database):
    told(database, Mail(CLERK), Mail("desk@office.example", "en"))
    with SmtpSimulator() as mail:
        assert deliver_due(database, posting(mail, mail_security="none"), AT) == Tally(delivered=2)
    first = mail.letters[0]
    assert (first["To"], first["From"], first["Subject"]) == (CLERK, "yinxin@site.example", "印信：测试通知")
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Content-Language"] == "zh-CN"
    assert first["Message-ID"].endswith("@site.example>")
    assert abs(first["Date"].datetime - AT) < timedelta(minutes=5)
    assert "浙江" in first.get_content()
    assert mail.letters[1]["Subject"] == "Yinxin: test notice"
    assert len({each["Message-ID"] for each in mail.letters}) == 2


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_mail_goes_over_tls_and_with_a_login(security, trusted):
    server, settings = trusted
    with SmtpSimulator(server, offers_starttls=security == "starttls", login=("yinxin", "hush")) as mail:
        send(posting(mail, settings, mail_security=security, mail_user="yinxin", mail_password="hush"))
        with pytest.raises(MailLoginRefused) as refusal:
            send(posting(mail, settings, mail_security=security, mail_user="yinxin", mail_password="wrong"))
        assert refusal.value.status == 535
        with pytest.raises(MailRefused):
            send(posting(mail, settings, mail_security=security))
    assert mail.over_tls == [True]


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_mail_server_that_proves_nothing_is_refused(security, trusted):
    server, _ = trusted
    with (
        SmtpSimulator(server, offers_starttls=security == "starttls") as mail,
        pytest.raises(MailTlsFailed, match="certificate"),
    ):
        send(posting(mail, mail_security=security))
    assert mail.letters == []


def test_mail_never_goes_in_clear_instead(trusted):
    with SmtpSimulator() as mail:
        with pytest.raises(MailTlsFailed, match="not-offered"):
            send(posting(mail, mail_security="starttls"))
        with pytest.raises(MailTlsFailed, match="handshake"):
            send(posting(mail, mail_security="tls"))
    assert mail.letters == []


def test_a_login_over_a_server_that_knows_none_is_refused():
    with SmtpSimulator() as mail, pytest.raises(MailLoginRefused):
        send(posting(mail, mail_security="none", mail_user="yinxin", mail_password="hush"))


@pytest.mark.parametrize(("answer", "state"), [("550 5.1.1 nobody here", "failed"), ("451 4.7.1 later", "waiting")])
def test_a_recipient_is_refused_for_good_or_for_now(answer, state, database):
    told(database)
    with SmtpSimulator() as mail:
        mail.refuses[CLERK] = answer
        deliver_due(database, posting(mail, mail_security="none"), AT)
    assert (log(database)[0].state, log(database)[0].code) == (state, "mail-refused")


def test_a_mail_that_the_server_does_not_like_is_refused():
    with SmtpSimulator() as mail:
        mail.after_data = "552 5.3.4 too large"
        with pytest.raises(MailRefused) as refusal:
            send(posting(mail, mail_security="none"))
    assert refusal.value.status == 552


def test_a_mail_that_was_taken_but_not_confirmed_comes_again_under_its_id(database):
    told(database)
    with SmtpSimulator() as mail:
        mail.after_data = ""
        assert deliver_due(database, posting(mail, mail_security="none"), AT, lambda: 0.0) == Tally(put_off=1)
        mail.after_data = None
        later = AT + WAITS[0]
        assert deliver_due(database, posting(mail, mail_security="none"), later, lambda: 0.0) == Tally(delivered=1)
    assert len(mail.letters) == 2
    assert len({each["Message-ID"] for each in mail.letters}) == 1


def test_a_mail_server_that_is_away_or_silent_is_unreachable(trusted):
    with SmtpSimulator() as mail:
        pass
    with pytest.raises(MailServerUnreachable):
        send(posting(mail, mail_security="none"))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mail.port = silent.getsockname()[1]
        for security in SECURITIES:
            with pytest.raises(MailServerUnreachable):
                send(posting(mail, mail_security=security, mail_seconds=0.02))


def test_mail_settings_are_checked_when_they_are_read():
    with pytest.raises(UnusableSetting):
        NoticeSettings(mail_security="maybe")
    for wrong in ("nobody", "a b@c", "文@x.example"):
        with pytest.raises(UnusableSetting):
            NoticeSettings(mail_sender=wrong)


def test_without_a_mail_server_there_is_no_mail_channel():
    assert set(channels(NoticeSettings(), FetchSettings(), GuardedFetch(FetchSettings())).table) == {"webhook"}


# --- webhooks, through a real server on this machine -----------------------------------------------------------------


@pytest.fixture
def hook():
    with HttpSimulator() as hook:
        hook.on("/", answers(204))
        yield hook


@pytest.fixture
def hooking(tmp_path):
    """Give the channels of a site whose intranet is this machine, with two secrets in a folder."""
    (tmp_path / "partner").write_text(SECRET + "\n")
    (tmp_path / "changing").write_text(f"{SECRET}\n{OLD_SECRET}\n")
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "broken").write_text("whsec_*")
    settings = NoticeSettings(
        webhook_secret=OLD_SECRET, webhook_secrets_folder=str(tmp_path), webhooks_in_intranet=True
    )
    fetch_settings = FetchSettings(intranet_networks=("127.0.0.0/8",))
    fetch = GuardedFetch(fetch_settings)
    yield channels(settings, fetch_settings, fetch)
    fetch.close()


def hooked(hook: HttpSimulator, secret: str) -> Letter:
    return Letter("msg_1", hook.url("/in"), secret, "zh", "test-notice", "", "", {"site": "浙江", "n": 1}, AT)


def test_a_receiver_can_prove_a_webhook_with_the_published_library(hook, hooking):
    """The library looks at the real time, so this one letter is sent at it."""
    hooking.table["webhook"](hooked(hook, "partner"), clock.now())
    received = hook.received[0]
    proven = Receiver(SECRET).verify(received.body, received.headers)
    assert proven == {"type": "test-notice", "timestamp": clock.rfc3339(AT), "data": {"site": "浙江", "n": 1}}
    assert (received.method, received.target) == ("POST", "/in")
    assert received.headers["webhook-id"] == "msg_1"
    assert received.headers["content-type"] == "application/json"
    with pytest.raises(WebhookVerificationError):
        Receiver(SECRET).verify(received.body + b" ", received.headers)
    with pytest.raises(WebhookVerificationError):
        Receiver(OLD_SECRET).verify(received.body, received.headers)


def test_two_secrets_sign_while_a_partner_changes_from_one_to_the_other(hook, hooking):
    hooking.table["webhook"](hooked(hook, "changing"), clock.now())
    received = hook.received[0]
    for secret in (SECRET, OLD_SECRET):
        assert Receiver(secret).verify(received.body, received.headers)


def test_the_secret_of_the_settings_signs_where_no_other_is_named(hook, hooking, database):
    told(database, Webhook(hook.url("/in")))
    deliver_due(database, hooking, clock.now())
    assert Receiver(OLD_SECRET).verify(hook.received[0].body, hook.received[0].headers)


@pytest.mark.parametrize("name", ["missing", "empty", "broken", "../partner"])
def test_a_secret_that_cannot_be_used_sends_nothing(name, hook, hooking):
    with pytest.raises(WebhookSecretMissing):
        hooking.table["webhook"](hooked(hook, name), AT)
    assert hook.connections == 0


def test_no_secret_at_all_is_said():
    with pytest.raises(WebhookSecretMissing):
        SecretFiles("", "")("default")


def test_no_secret_stands_in_the_database(hook, hooking, database, database_settings):
    told(database, Webhook(hook.url("/in"), "partner"))
    deliver_due(database, hooking, AT)
    with database.reading() as session:
        rows = [vars(row) for kind in (StoredNotice, Delivery) for row in session.scalars(select(kind))]
    assert SECRET not in str(rows)
    assert "partner" in str(rows)
    if database.is_sqlite:
        assert SECRET.encode() not in Path(database_settings.url.removeprefix("sqlite:///")).read_bytes()


def test_a_doubled_webhook_is_recognised_by_its_id(hook, hooking, database):
    hook.on("/", in_turn(answers(500), answers(204)))
    told(database, Webhook(hook.url("/in"), "partner"))
    assert deliver_due(database, hooking, AT, lambda: 0.0) == Tally(put_off=1)
    assert deliver_due(database, hooking, AT + WAITS[0], lambda: 0.0) == Tally(delivered=1)
    ids = {received.headers["webhook-id"] for received in hook.received}
    stamps = [int(received.headers["webhook-timestamp"]) for received in hook.received]
    assert len(ids) == 1
    assert stamps == [int(AT.astimezone(UTC).timestamp()), int(AT.timestamp()) + 5]


@pytest.mark.parametrize(
    ("status", "state", "code"),
    [
        (200, "delivered", ""),
        (202, "delivered", ""),
        (302, "waiting", "answered-with-status"),
        (400, "waiting", "answered-with-status"),
        (410, "failed", "answered-with-status"),
        (500, "waiting", "answered-with-status"),
    ],
)
def test_only_success_is_success(status, state, code, hook, hooking, database):
    hook.on("/", answers(status))
    told(database, Webhook(hook.url("/in"), "partner"))
    deliver_due(database, hooking, AT, lambda: 0.0)
    expected = "answer-redirected" if status == 302 else code
    assert (log(database)[0].state, log(database)[0].code) == (state, expected)
    assert len(hook.received) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_no_webhook_is_sent_before_the_partners_pause_is_over(status, hook, tmp_path, database):
    passed = [0.0]
    (tmp_path / "partner").write_text(SECRET)
    fetch = GuardedFetch(FetchSettings(intranet_networks=("127.0.0.0/8",)), stopwatch=lambda: passed[0])
    posted = Channels(KINDS, {"webhook": WebhookChannel(fetch, SecretFiles(str(tmp_path), ""), intranet=True)})
    hook.on("/", in_turn(answers(status, headers={"Retry-After": "600"}), answers(204)))
    told(database, Webhook(hook.url("/a"), "partner"))
    deliver_due(database, posted, AT, lambda: passed[0])
    told(database, Webhook(hook.url("/b"), "partner"))
    for seconds in (5, 60, 300, 599):
        passed[0] = seconds
        deliver_due(database, posted, AT + timedelta(seconds=seconds), lambda: 0.0)
        assert len(hook.received) == 1
    passed[0] = 601
    assert deliver_due(database, posted, AT + timedelta(seconds=601), lambda: 0.0) == Tally(delivered=2)
    fetch.close()


def test_a_webhook_to_this_machine_is_refused_unless_the_site_opened_it(hook, tmp_path, database):
    (tmp_path / "partner").write_text(SECRET)
    told(database, Webhook(hook.url("/in"), "partner"))
    settings = NoticeSettings(webhook_secrets_folder=str(tmp_path))
    fetch_settings = FetchSettings(intranet_networks=("127.0.0.0/8",))
    posted = channels(settings, fetch_settings, GuardedFetch(fetch_settings))
    assert deliver_due(database, posted, AT) == Tally(given_up=1)
    assert log(database)[0].code == "address-refused"
    assert hook.connections == 0


def test_every_refusal_of_a_channel_keeps_secrets_and_addresses_to_itself(hooking, hook):
    for refuse in (lambda: Mail("secret address"), lambda: hooking.table["webhook"](hooked(hook, "broken"), AT)):
        with pytest.raises(DomainError) as refusal:
            refuse()
        assert "secret address" not in str(refusal.value)
        assert "whsec" not in str(refusal.value)
    assert CLERK not in repr(letter())
