"""Logs: one JSON object a line on standard error, with the time in UTC and nothing that may not be there.

Everything goes one way: structlog's own calls, the standard library's loggers, warnings and what nobody caught all end
in one handler, where `base.redaction` judges every value last before it is written. An `event` is a name in snake_case;
free text of foreign libraries stands under `message`. Tracebacks carry no local variables.

Not decided here: who did what to which certificate. That is evidence and belongs to `base.audit`.
"""

import json
import logging
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, ClassVar, TextIO

import structlog
from structlog.typing import EventDict, Processor

from base import clock
from base.redaction import redacted, redacted_value
from base.settings import UnusableSetting, setting

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
FORMATS = frozenset({"json", "console"})
EVENT_NAME = re.compile(r"[a-z][a-z0-9_]{0,79}")
FOREIGN_EVENT = "message"
# Below warning these tell addresses, statements with their values, or every tick.
QUIET = ("httpx2", "httpcore", "httpcore2", "sqlalchemy", "apscheduler", "alembic", "asyncio", "mail.log")
FIRST = ("at", "level", "event", "message", "logger", "request_id")


@dataclass(frozen=True)
class LogSettings:
    """What the logs can be told."""

    SECTION: ClassVar[str] = "log"
    level: str = setting("info", "The least level that is written: debug, info, warning or error.")
    format: str = setting("json", "How a line looks: json for machines, console for a person at a terminal.")


def configure(settings: LogSettings, stream: TextIO | None = None) -> None:
    """Send every log of this process through one handler, to standard error unless another stream is given.

    Doing it again replaces what was there. Raises `UnusableSetting`.
    """
    if settings.level not in LEVELS:
        raise UnusableSetting("log.level", " | ".join(LEVELS))
    if settings.format not in FORMATS:
        raise UnusableSetting("log.format", " | ".join(sorted(FORMATS)))
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        _stamp,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    handler = LineHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _name_event,
                redact,
                _line if settings.format == "json" else _console(handler.stream),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [*(other for other in root.handlers if not isinstance(other, LineHandler)), handler]
    root.setLevel(LEVELS[settings.level])
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, LEVELS[settings.level]))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[settings.level]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    _listen()


@contextmanager
def request_scope(request_id: str) -> Iterator[None]:
    """Put the request's id on every line that is written inside."""
    with structlog.contextvars.bound_contextvars(request_id=request_id):
        yield


class LineHandler(logging.StreamHandler[TextIO]):
    """The one way out; a line that cannot be made is replaced by one that says so, never by its raw parts."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        """Say that a line was lost, and whose it was."""
        error = sys.exc_info()[0]
        lost = {"event": "log_line_lost", "at": clock.rfc3339(clock.now()), "level": "error"}
        lost |= {"logger": redacted(record.name), "error": error.__name__ if error else "unknown"}
        try:
            self.stream.write(json.dumps(lost) + self.terminator)
            self.flush()
        except (OSError, ValueError):
            return  # the stream itself is gone; there is nowhere left to say it


def redact(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Judge every value of a line."""
    return {redacted(key): redacted_value(key, value) for key, value in event.items()}


def _stamp(_logger: Any, _method: str, event: EventDict) -> EventDict:
    event["at"] = clock.rfc3339(clock.now())
    return event


def _name_event(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Keep `event` a name; anything else said there is a message."""
    said = event.get("event")
    if not isinstance(said, str) or EVENT_NAME.fullmatch(said) is None:
        event["message"] = said
        event["event"] = FOREIGN_EVENT
    return event


def _line(_logger: Any, _method: str, event: EventDict) -> str:
    ordered = {name: event.pop(name) for name in FIRST if name in event} | dict(event)
    return json.dumps(ordered, ensure_ascii=False, allow_nan=False)


def _console(stream: TextIO) -> Processor:
    return structlog.dev.ConsoleRenderer(
        colors=stream.isatty(), timestamp_key="at", exception_formatter=structlog.dev.plain_traceback
    )


def _listen() -> None:
    """Take in what would else be printed raw: warnings, and exceptions that nobody caught."""
    logging.captureWarnings(capture=True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    structlog.get_logger(__name__).critical("uncaught", exc_info=(kind, error, trace))


def _uncaught_in_thread(told: threading.ExceptHookArgs) -> None:
    if told.exc_value is not None and not isinstance(told.exc_value, SystemExit):
        _uncaught(told.exc_type, told.exc_value, told.exc_traceback)


def _unraisable(told: "sys.UnraisableHookArgs") -> None:
    if told.exc_value is not None:
        _uncaught(told.exc_type, told.exc_value, told.exc_traceback)
