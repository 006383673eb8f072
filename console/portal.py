"""What the public pages gather before they are rendered: tasks, operations, problem codes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from base import problems
from base.errors import every_refusal
from base.problems import Language
from console.wiring import ConsoleParts

# A code that only a terminal shows has no status; such codes stand after the others.
LAST = 1000
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")


@dataclass(frozen=True)
class Task:
    """Something that a visitor of the home page may want to do: the key of its words and its view."""

    key: str
    endpoint: str


# The two that most visitors come for stand big; later tasks take their place here.
BIG_TASKS = (Task("verify", "verify.form"), Task("scan", "scanning.form"))
SMALL_TASKS = (
    Task("holder", "holder_certificates.mine"),
    Task("docs", "console.api_docs"),
    Task("sandbox", "console.sandbox"),
    Task("receipts", "receipt_pages.form"),
    Task("trust", "trust_pages.trust_list"),
    Task("ledger", "console.ledger"),
    Task("errors", "console.problem_list"),
    Task("status", "console.status"),
)


@dataclass(frozen=True)
class Operation:
    """One operation of the API, for readers without scripts."""

    method: str
    path: str
    summary: str


@dataclass(frozen=True)
class ProblemEntry:
    """One problem code with its words in one language and the status that carries it."""

    code: str
    status: int | None
    title: str
    detail: str
    cause: str
    fix: str


def operations(document: Mapping[str, Any]) -> list[Operation]:
    """List the operations of an OpenAPI document in its own order."""
    return [
        Operation(method.upper(), path, str(entry.get("summary", "")))
        for path, entries in document.get("paths", {}).items()
        for method, entry in entries.items()
        if method in METHODS
    ]


def problem_entries(parts: ConsoleParts, language: Language) -> list[ProblemEntry]:
    """List every problem code, by status and then by code."""
    statuses = dict(_statuses())
    entries = [ProblemEntry(code, statuses.get(code), **told[language]) for code, told in parts.problem_words.items()]
    return sorted(entries, key=lambda entry: (entry.status or LAST, entry.code))


def _statuses() -> Iterator[tuple[str, int]]:
    for status, code in problems.CODE_OF_STATUS.items():
        yield code, status
    yield problems.INTERNAL, 500
    for refusal in every_refusal():
        yield refusal.code, int(problems.STATUS_OF_CODE.get(refusal.code) or problems.STATUS_OF_KIND[refusal.kind])
