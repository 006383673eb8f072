"""Lines are JSON with a name and a time, and 200 canaries in every wrapping leave no trace in them."""

import base64
import enum
import html
import io
import json
import logging
import random
import string
import sys
import threading
import urllib.parse
import uuid
import warnings
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import String, create_engine, text
from sqlalchemy.exc import DBAPIError

from base import logs
from base.logs import LogSettings, configure, request_scope
from base.redaction import HIDDEN, LONGEST_TEXT, is_secret, redacted, redacted_value
from base.settings import UnusableSetting
from tests.base.test_identifiers import certificate_identifiers, credit_codes, id_number_of, id_numbers


@pytest.fixture
def restored() -> Iterator[None]:
    """Put the process's logging back as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    yield
    root.handlers, root.level = handlers, level
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    for name in logs.QUIET:
        logging.getLogger(name).setLevel(logging.NOTSET)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def written(restored: None) -> io.StringIO:
    """Give the stream that this process's logs go to."""
    stream = io.StringIO()
    configure(LogSettings(), stream)
    return stream


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


# --- The shape of a line ------------------------------------------------------------------------------------------


def test_a_line_is_json_with_time_level_event_and_what_was_said(written):
    structlog.get_logger("base.probe").info("ledger_verified", entries=12, seconds=0.25, partial=False, until=None)
    (line,) = lines(written)
    assert list(line)[:3] == ["at", "level", "event"]
    assert datetime.fromisoformat(line["at"]).tzinfo == UTC
    assert line["at"].endswith("Z")
    assert (line["level"], line["event"], line["logger"]) == ("info", "ledger_verified", "base.probe")
    assert (line["entries"], line["seconds"], line["partial"], line["until"]) == (12, 0.25, False, None)


def test_chinese_is_written_as_it_is(written):
    structlog.get_logger().warning("calendar_missing", told="放假安排尚未录入")
    assert "放假安排尚未录入" in written.getvalue()


def test_the_request_s_id_is_on_every_line_inside_and_on_none_outside(written):
    log = structlog.get_logger()
    with request_scope("req-7f3a"):
        log.info("inside")
        logging.getLogger("foreign").info("inside too")
    log.info("outside")
    assert [line.get("request_id") for line in lines(written)] == ["req-7f3a", "req-7f3a", None]


def test_foreign_free_text_is_a_message_and_not_an_event(written):
    logging.getLogger("foreign").warning("Connection pool is %s", "full")
    structlog.get_logger().info("Not a name")
    foreign, own = lines(written)
    assert (foreign["event"], foreign["message"], foreign["logger"]) == (
        "message",
        "Connection pool is full",
        "foreign",
    )
    assert (own["event"], own["message"]) == ("message", "Not a name")


@pytest.mark.parametrize(("level", "seen"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_the_level_decides_for_own_and_foreign_lines_alike(restored, level, seen):
    stream = io.StringIO()
    configure(LogSettings(level=level), stream)
    for log in (structlog.get_logger(), logging.getLogger("foreign")):
        for method in ("debug", "info", "warning", "error"):
            getattr(log, method)("said")
    assert len(lines(stream)) == 2 * seen


def test_talkative_libraries_are_quiet_below_warning(written):
    logging.getLogger("httpx2").info("HTTP Request: GET https://example.invalid/?token=1")
    logging.getLogger("sqlalchemy.engine.Engine").info("select 1")
    logging.getLogger("httpx2").warning("It matters")
    (line,) = lines(written)
    assert line["message"] == "It matters"


@pytest.mark.parametrize("settings", [LogSettings(level="loud"), LogSettings(format="xml")])
def test_a_level_or_format_that_does_not_exist_is_refused(restored, settings):
    before = list(logging.getLogger().handlers)
    with pytest.raises(UnusableSetting):
        configure(settings)
    assert logging.getLogger().handlers == before


def test_configuring_again_replaces_the_way_out(written):
    second = io.StringIO()
    configure(LogSettings(), second)
    structlog.get_logger().info("once")
    assert written.getvalue() == ""
    assert len(lines(second)) == 1


def test_a_person_at_a_terminal_can_read_lines_and_tracebacks(restored):
    stream = io.StringIO()
    configure(LogSettings(format="console"), stream)
    log = structlog.get_logger()
    log.error("act_failed", phone="13812345678", exc_info=_raised(ValueError("11010519491231002X")))
    assert "act_failed" in stream.getvalue()
    assert "ValueError" in stream.getvalue()
    assert "110105" not in stream.getvalue()
    assert "13812345678" not in stream.getvalue()


def test_a_line_that_cannot_be_made_says_so_and_nothing_of_its_parts(written, capsys, monkeypatch):
    root = logging.getLogger()  # the test runner's own handler speaks up where ours must not
    monkeypatch.setattr(root, "handlers", [each for each in root.handlers if isinstance(each, logs.LineHandler)])
    logging.getLogger("foreign").info("%d of 11010519491231002X", "13812345678")
    (line,) = lines(written)
    assert (line["event"], line["logger"], line["error"]) == ("log_line_lost", "foreign", "TypeError")
    assert "".join(capsys.readouterr()) == ""
    assert "1101" not in written.getvalue()


def test_a_closed_stream_does_not_stop_the_work(written):
    written.close()
    structlog.get_logger().info("nobody_hears")


def test_a_forged_line_break_stays_inside_its_line(written):
    structlog.get_logger().info("said", told='x"}\n{"event": "forged"}\r\x1b[31m\u2028')
    (line,) = lines(written)
    assert line["event"] == "said"
    assert "\x1b" not in written.getvalue()


# --- Tracebacks and what nobody caught ----------------------------------------------------------------------------


def test_a_traceback_shows_where_and_what_but_no_local_variables(written):
    secret_local = "local-variable-value"

    def fail() -> None:
        inner = secret_local
        raise RuntimeError("it failed" + inner[:0])

    try:
        fail()
    except RuntimeError:
        structlog.get_logger().exception("act_failed")
    (line,) = lines(written)
    assert "RuntimeError: it failed" in line["exception"]
    assert "in fail" in line["exception"]
    assert secret_local not in line["exception"]


def test_a_database_error_is_told_without_the_values_it_was_given(written):
    engine = create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            statement = text("select * from missing where name = :name").bindparams(name="欧阳演示")
            connection.execute(statement.columns(name=String))
    except DBAPIError:
        structlog.get_logger().exception("act_failed")
    (line,) = lines(written)
    assert "no such table" in line["exception"]
    assert "欧阳演示" not in written.getvalue()
    engine.dispose()


def test_a_detail_of_postgresql_is_not_repeated(written):
    logging.getLogger("foreign").error("duplicate key\nDETAIL:  Key (name)=(欧阳演示) already exists.\nnext line")
    (line,) = lines(written)
    assert "欧阳" not in line["message"]
    assert line["message"].endswith("next line")


class Unprintable(Exception):
    def __str__(self) -> str:
        raise ValueError("11010519491231002X")


def test_things_that_cannot_be_printed_do_not_stop_the_log(written):
    loop: list[Any] = []
    loop.append(loop)
    log = structlog.get_logger()
    log.info("said", error=Unprintable(), loop=loop, codes=loop, nothing=object(), lone="\ud800")
    log.error("said", exc_info=_raised(Unprintable()))
    first, second = lines(written)
    assert first["error"] == "Unprintable: ‹Unprintable›"
    assert (first["loop"], first["codes"], first["nothing"]) == ("‹list of 1›", ["‹list of 1›"], "‹object›")
    assert "Unprintable" in second["exception"]
    assert "110105" not in written.getvalue()


def test_endless_recursion_is_told_in_one_line(written):
    def again() -> None:
        again()

    try:
        again()
    except RecursionError:
        structlog.get_logger().exception("act_failed")
    assert "RecursionError" in lines(written)[0]["exception"]


def test_a_person_s_interrupt_and_a_thread_s_exit_are_no_faults(written, capsys):
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    thread = threading.Thread(target=sys.exit)
    thread.start()
    thread.join()
    assert written.getvalue() == ""
    assert "KeyboardInterrupt" in capsys.readouterr().err


def test_what_fails_while_it_is_thrown_away_is_told_too(written):
    class Careless:
        def __del__(self) -> None:
            raise ValueError("11010519491231002X")

    Careless()
    (line,) = lines(written)
    assert line["event"] == "uncaught"
    assert "110105" not in written.getvalue()


def test_what_nobody_caught_and_what_was_warned_go_the_same_way(written):
    def fail() -> None:
        raise ValueError("11010519491231002X")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    try:
        fail()
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning("call 13812345678", UserWarning, "file.py", 1)
    assert [line["event"] for line in lines(written)] == ["uncaught", "uncaught", "message"]
    assert "110105" not in written.getvalue()
    assert "13812345678" not in written.getvalue()


# --- Canaries -----------------------------------------------------------------------------------------------------

chance = random.Random(170)  # noqa: S311 - the same canaries in every run


def _digits(count: int) -> str:
    return "".join(chance.choices(string.digits, k=count))


def _word(count: int) -> str:
    return "".join(chance.choices(string.ascii_letters + string.digits, k=count))


def _birth() -> str:
    return (date(1940, 1, 1) + timedelta(days=chance.randrange(30_000))).strftime("%Y%m%d")


def _card(count: int) -> str:
    body = f"62{_digits(count - 3)}"
    doubled = [int(sign) * (2 - place % 2) for place, sign in enumerate(reversed(body))]
    return body + str(-sum(value // 10 + value % 10 for value in doubled) % 10)


def _jwt() -> str:
    parts = ({"alg": "ES256", "kid": _word(8)}, {"sub": _word(12), "exp": 1})
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join((*encoded, _word(64)))


def _pem() -> str:
    body = base64.b64encode(chance.randbytes(138)).decode()
    rows = "\n".join(body[start : start + 64] for start in range(0, len(body), 64))
    return f"-----BEGIN PRIVATE KEY-----\n{rows}\n-----END PRIVATE KEY-----\n"


# Each canary: the text that is logged, and the part of it that must not be seen.
SHAPES: list[tuple[str, str]] = [
    *[(code, code) for code in (id_number_of(f"3209{_digits(2)}{_birth()}{_digits(3)}") for _ in range(60))],
    *[(code, code) for code in (f"3209{_digits(2)}{_birth()[2:]}{_digits(3)}" for _ in range(20))],
    *[(code, code) for code in (f"1{chance.choice('3456789')}{_digits(9)}" for _ in range(30))],
    *[(code, code) for code in (f"0515-8{_digits(7)}" for _ in range(10))],
    *[(code, code) for code in (_card(length) for length in (16, 17, 18, 19) for _ in range(6))],
    *[(f"{name}@mail.example.cn", name) for name in (f"z.{_word(10)}" for _ in range(16))],
    *[(token, token) for token in (_jwt() for _ in range(12))],
    *[(f"Authorization: Bearer {token}", token) for token in (_word(32) for _ in range(10))],
    *[(f"password={secret}", secret) for secret in (_word(16) for _ in range(10))],
    *[(pem, pem.splitlines()[1]) for pem in (_pem() for _ in range(8))],
]
ONLY_DIGITS = [shown for shown, _ in SHAPES if shown.replace("X", "").isdigit()]


def full_width(given_text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if sign.isdigit() else sign for sign in given_text)


def percented(given_text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in given_text.encode())


WRAPPINGS = {
    "raw": lambda given_text: given_text,
    "in Chinese": lambda given_text: f"申请人{given_text}已提交，请在3日内办理。",
    "in words": lambda given_text: f"x{given_text}y" if given_text[0] != "-" else given_text,
    "in JSON": lambda given_text: json.dumps({"said": given_text, "n": 1}),
    "in JSON in JSON": lambda given_text: json.dumps(json.dumps({"said": given_text})),
    "in a query": lambda given_text: "/find?" + urllib.parse.urlencode({"a": "1", "q": given_text, "b": "甲"}),
    "quoted": lambda given_text: "/find/" + urllib.parse.quote(given_text, safe=""),
    "quoted twice": lambda given_text: urllib.parse.quote(urllib.parse.quote(given_text, safe=""), safe=""),
    "percent by percent": percented,
    "percent by percent in a path": lambda given_text: f"GET /holders/{percented(given_text)}/cards HTTP/1.1",
    "JSON escapes": lambda given_text: "".join(f"\\u{ord(sign):04x}" for sign in given_text),
    "JSON escapes twice": lambda given_text: "".join(f"\\\\u{ord(sign):04X}" for sign in given_text),
    "Python escapes": lambda given_text: "".join(f"\\x{ord(sign):02x}" for sign in given_text),
    "a repr": lambda given_text: repr({"said": given_text.encode()}),
    "character references": lambda given_text: "".join(f"&#{ord(sign)};" for sign in given_text),
    "hexadecimal references": lambda given_text: "".join(f"&#x{ord(sign):x};" for sign in given_text),
    "base64": lambda given_text: base64.b64encode(given_text.encode()).decode(),
    "base64 without padding": lambda given_text: base64.b64encode(given_text.encode()).decode().rstrip("="),
    "base64 for addresses": lambda given_text: base64.urlsafe_b64encode(f"甲?{given_text}".encode()).decode(),
    "base64 one further": lambda given_text: base64.b64encode(f"?{given_text}!".encode()).decode(),
    "base64 two further": lambda given_text: base64.b64encode(f"甲>{given_text}>乙".encode()).decode(),
    "base64 within letters": lambda given_text: f"abc{base64.b64encode(given_text.encode()).decode().rstrip('=')}",
    "base64 in a query": lambda given_text: (
        "/c?s=" + urllib.parse.quote(base64.b64encode(given_text.encode()), safe="")
    ),
    "hexadecimal": lambda given_text: given_text.encode().hex(),
    "hexadecimal capitals": lambda given_text: given_text.encode().hex().upper(),
    "hexadecimal with colons": lambda given_text: given_text.encode().hex(":"),
    "base64 of base64": lambda given_text: base64.b64encode(base64.b64encode(given_text.encode())).decode(),
}
# For numbers only: how people and programs write the same digits.
WRITINGS = {
    "full width": full_width,
    "full width in JSON escapes": lambda given_text: json.dumps(full_width(given_text)),
    "full width quoted": lambda given_text: urllib.parse.quote(full_width(given_text)),
    "full width in base64": lambda given_text: base64.b64encode(full_width(given_text).encode()).decode(),
    "Arabic digits": lambda given_text: "".join(chr(0x660 + int(c)) if c.isdigit() else c for c in given_text),
    "small x": str.lower,
    "zero-width in between": "\u200b".join,
    "after a zero": lambda given_text: f"id_{given_text}_0",
    "in a certificate identifier": lambda given_text: f"1.2.156.3005.2.11100000000013338W011.320900.{given_text}.001.U",
    "in a file's name": lambda given_text: f"/var/files/{given_text}.ofd",
}


def traces(needle: str) -> list[str]:
    """Write every form in which a canary could be read out of a log."""
    found = [needle, needle.lower(), full_width(needle), urllib.parse.quote(needle, safe=""), percented(needle)]
    found += [
        "".join(f"\\u{ord(sign):04x}" for sign in needle),
        needle.encode().hex(),
        "".join(f"&#{ord(s)};" for s in needle),
    ]
    for shift in range(3):
        encoded = base64.b64encode(b"?" * shift + needle.encode() + b"?").decode()
        found.append(encoded[(0, 2, 3)[shift] : (len(needle) + shift) * 8 // 6])
    return found


def seen(written: io.StringIO, needles: set[str]) -> list[str]:
    everything = written.getvalue()
    return [needle for needle in needles if any(trace in everything for trace in traces(needle))]


def test_there_are_enough_canaries_and_they_are_told_when_they_are_there():
    """The search itself finds every canary in a text that was not redacted, in every wrapping."""
    assert len(SHAPES) >= 170
    assert len({needle for _, needle in SHAPES}) == len(SHAPES)
    for shown, needle in SHAPES:
        for name in ("raw", "base64", "base64 one further", "base64 two further", "hexadecimal", "percent by percent"):
            assert seen(io.StringIO(WRAPPINGS[name](shown)), {needle}) == [needle], name


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_no_canary_is_seen_in_any_wrapping(written, wrapping):
    log = structlog.get_logger()
    for shown, _ in SHAPES:
        log.info("said", told=WRAPPINGS[wrapping](shown))
    assert len(lines(written)) == len(SHAPES)
    assert seen(written, {needle for _, needle in SHAPES}) == []


@pytest.mark.parametrize("writing", WRITINGS)
def test_no_number_is_seen_in_any_writing(written, writing):
    log = structlog.get_logger()
    for number in ONLY_DIGITS:
        log.info("said", told=WRITINGS[writing](number), after=f"号码：{WRITINGS[writing](number)}。")
    assert seen(written, set(ONLY_DIGITS)) == []
    for number in ONLY_DIGITS:
        assert WRITINGS[writing](number)[:-1] not in written.getvalue()


@pytest.mark.parametrize("gap", [" ", "-", "\u00a0", "\u3000", "‑"])
def test_no_number_is_seen_in_groups(written, gap):
    log = structlog.get_logger()
    groups = {18: (6, 14), 15: (6, 12), 11: (3, 7), 16: (4, 8, 12), 19: (4, 8, 12, 16)}
    fours = {18: (4, 8, 12, 16), 17: (4, 8, 12, 16)}
    for number in ONLY_DIGITS:
        for cuts in (groups.get(len(number)), fours.get(len(number))):
            if cuts:
                grouped = gap.join(number[a:b] for a, b in zip((0, *cuts), (*cuts, None), strict=True))
                log.info("said", told=f"号码 {grouped} 已登记")
                (line,) = lines(written)
                assert line["told"] == f"号码 {HIDDEN} 已登记", grouped
                written.truncate(0)
                written.seek(0)


class Body:
    def __init__(self, said: str) -> None:
        self.said = said

    def __repr__(self) -> str:
        return f"Body({self.said})"


def _member(said: str) -> Any:
    make: Any = enum.Enum
    return make("Kind", {"A": said}).A


def _raised(error: BaseException) -> BaseException:
    try:
        raise error
    except type(error) as caught:
        return caught


def _chained(said: str) -> BaseException:
    outer = RuntimeError("outer")
    outer.__cause__ = _raised(ValueError(said))
    return _raised(outer)


def _noted(said: str) -> BaseException:
    error = ValueError("noted")
    error.add_note(said)
    return _raised(error)


def test_no_canary_is_seen_through_any_way_into_the_log(written):
    own, foreign = structlog.get_logger(), logging.getLogger("foreign")
    for shown, _ in SHAPES:
        own.info(shown)
        own.info(
            "said",
            told=Path("/x") / shown,
            nested={"a": [shown]},
            listed=[shown],
            raw=shown.encode(),
            kind=_member(shown),
        )
        own.info(
            "said",
            codes=[shown, {"a": shown}],
            counts={shown: 1, "b": shown},
            thing=Body(shown),
            told=ValueError(shown),
        )
        own.info("said", **{shown: 1})
        foreign.info("told %s and %r", shown, {"a": shown})
        foreign.info(f"told {shown}", extra={"holder": shown})
        logging.getLogger(f"foreign.{shown}").info("said")
        errors: list[BaseException] = [ValueError(shown), KeyError(shown), ExceptionGroup("g", [ValueError(shown)])]
        for error in (*map(_raised, errors), _chained(shown), _noted(shown)):
            own.error("act_failed", exc_info=error)
        with request_scope(shown):
            own.info("said")
    assert seen(written, {needle for _, needle in SHAPES}) == []


def test_no_number_is_seen_as_a_number(written):
    log = structlog.get_logger()
    for number in ONLY_DIGITS:
        if number.isdigit():
            log.info("said", whole=int(number), real=float(number), exact=Decimal(number), counts={"a": int(number)})
    assert seen(written, {number for number in ONLY_DIGITS if number.isdigit()}) == []


@pytest.mark.parametrize(
    "key",
    "password client_secret accessToken authorization X-CSRF-Token session_id private_key totp_secret pin holder "
    "holder_name applicant id_number idcard mobile email body payload form params request_body person_name userName "
    "legal_name".split(),
)
def test_a_telling_key_hides_its_value_whatever_the_shape(written, key):
    structlog.get_logger().info("said", **{key: "欧阳演示", "counts": {key: "欧阳演示"}})
    (line,) = lines(written)
    assert line[key] == HIDDEN
    assert line["counts"][key] == HIDDEN
    assert is_secret(key)


@pytest.mark.parametrize(
    "said",
    [
        '{"password": "a b c欧阳"}',
        "{'client_secret': 'a b欧阳'}",
        'x="1" totp_secret="欧阳" y',
        "密码：欧阳演示",
        '{"a": "{\\"password\\": \\"x 欧阳\\"}"}',
        "Cookie: sid=欧阳; other=欧阳"[:14],
        "https://user:欧阳@example.cn/x",
        "api_key => 欧阳",
        "token=欧阳&next=1",
    ],
)
def test_a_telling_word_in_a_text_hides_what_follows_it(said):
    assert "欧阳" not in redacted(said)


# --- What a log is of no use without ------------------------------------------------------------------------------


@given(credit_codes)
def test_a_credit_code_is_public_and_stays(code):
    """Unless its digits could be an identification number's."""
    kept = redacted(f"机构 {code} 已登记")
    assert (code in kept) or code[:17].isdigit()


@given(st.uuids())
def test_a_uuid_stays(value: uuid.UUID):
    assert redacted(f"request {value} done") == f"request {value} done"
    assert redacted_value("run", value) == str(value)


@given(st.binary(min_size=16, max_size=64).filter(lambda value: len(value) in {16, 20, 32, 48, 64}))
def test_a_digest_stays(value):
    written = value.hex()
    if any(sign in written for sign in "abcdef"):
        assert redacted(f"sm3 {written}.") in (f"sm3 {written}.", f"sm3 {HIDDEN}.")


def test_digests_uuids_and_identifiers_stay_nearly_always():
    """What is kept is counted, so that a stricter shape does not quietly make the logs useless."""
    dice = random.Random(1)  # noqa: S311 - the same digests in every run
    digests = [dice.randbytes(32).hex() for _ in range(2000)]
    assert [text for text in digests if redacted(text) != text] == []
    uuids = [str(uuid.UUID(bytes=dice.randbytes(16), version=4)) for _ in range(2000)]
    assert [text for text in uuids if redacted(text) != text] == []


@pytest.mark.parametrize(
    "said",
    [
        "2026-11-21T02:30:00.123456Z",
        "2026-11-21 10:30:00+08:00",
        "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
        "11100000000013338W",
        "1131000068735121X0",
        "320902",
        "320902001002",
        "1763692200123",
        "GET /api/v1/certificates/{identifier} 200 in 12.5 ms",
        "node 10.0.0.12:8080, 127.0.0.1, fe80::1",
        "yinxin 0.1.0, Python 3.11.2, SQLAlchemy 2.1.9",
        'File "/usr/lib/python3.11/threading.py", line 1045, in _bootstrap_inner',
        "https://gateway.example.cn:8443/api/v1/share?limit=200&after=eyJ"[:-3],
        "sqlite:////var/lib/yinxin/yinxin.db",
        "ORA-00942, SQLSTATE 57P01",
        "取水许可证（演示）第 2026-001 号",
    ],
)
def test_what_helps_to_find_a_fault_stays(said):
    assert redacted(said) == said


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, True),
        (None, None),
        (12, 12),
        (-3.5, -3.5),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (10**400, HIDDEN),
        (b"abc", "‹bytes of 3›"),
        ({"a": 1}, "‹dict of 1›"),
        ((1, 2), "‹tuple of 2›"),
        (date(2026, 11, 21), "2026-11-21"),
        (timedelta(seconds=90), "0:01:30"),
        (Decimal("1.50"), "1.50"),
        (Path("/tmp/x"), "/tmp/x"),  # noqa: S108 - a path in a log
        (object, "‹type›"),
    ],
)
def test_values_are_shown_plainly_or_by_their_kind(value, shown):
    assert redacted_value("told", value) == shown


def test_an_open_collection_is_shown_item_by_item_and_no_deeper():
    assert redacted_value("counts", {"sent": 3, "of": {"deep": 1}}) == {"sent": 3, "of": "‹dict of 1›"}
    assert redacted_value("codes", ("a", "b")) == ["a", "b"]
    assert len(redacted_value("codes", list(range(1000)))) == 50


def test_a_text_that_is_a_body_is_cut():
    shown = redacted("许可 " * LONGEST_TEXT)
    assert len(shown) < LONGEST_TEXT + 20
    assert shown.endswith(f"… ({LONGEST_TEXT})")


@pytest.mark.parametrize("place", range(1, 18))
def test_the_cut_never_leaves_half_a_number(place):
    said = "许" * (LONGEST_TEXT - place) + "11010519491231002X"
    assert "1" not in redacted(said).replace(f"({LONGEST_TEXT})", "")


# --- Laws ---------------------------------------------------------------------------------------------------------

around = st.text(max_size=30)


@given(around, id_numbers, around)
def test_no_identification_number_survives_in_any_text(before, number, after):
    assert number not in redacted(before + number + after).translate({ord("x"): "X"})


@given(
    st.text("0123456789abcdefABCDEFX.-:/% ", max_size=20), id_numbers, st.text("0123456789abcdefX.-:/% ", max_size=20)
)
def test_no_identification_number_survives_among_digits_and_letters(before, number, after):
    assert number not in redacted(before + number + after)


@given(around, st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), around)
def test_no_mobile_number_survives_between_other_signs(before, number, after):
    before, after = before.rstrip(string.digits), after.lstrip(string.digits)
    said = f"{before}，{number}，{after}"
    assert number not in redacted(said)


@given(st.text(max_size=300))
def test_redacting_again_changes_nothing(said):
    once = redacted(said)
    assert redacted(once) == once


@given(st.text("0123456789X-+%\\u abcdefeyJ.@:=\"'&#;password", max_size=120))
def test_redacting_hostile_text_ends_and_ends_the_same(said):
    once = redacted(said)
    assert html.unescape(redacted(once)) == html.unescape(once)


def test_an_identification_number_inside_what_looks_like_a_digest_is_hidden():
    assert redacted("a" * 14 + "11010519491231002" + "1") == HIDDEN


@given(certificate_identifiers)
def test_any_certificate_identifier_can_be_logged(identifier):
    assert redacted(identifier).startswith("1.2.156.3005.2.")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.dates() | st.uuids(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner),
    max_leaves=8,
)


@given(st.sampled_from(["told", "counts", "codes", "password"]), anything)
def test_any_value_becomes_something_json_can_hold(key, value):
    json.dumps(redacted_value(key, value), allow_nan=False).encode()
