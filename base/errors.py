"""Refusals: what can go wrong, as nine kinds and one class each.

A room declares its refusals as dataclasses below `DomainError`: the class carries a stable `code` and a `kind`, its
fields are the facts. The words a reader sees, in Chinese and English, stand in the room's `problems.toml` under the
code, so that the code raises facts and never sentences. How a kind becomes an HTTP status is decided in
`base.problems`, not here.
"""

import enum
from dataclasses import dataclass, fields
from typing import ClassVar

Fact = str | int | float | bool | None


class Kind(enum.Enum):
    """The families of refusal; every status and exit code is derived from one of them."""

    MALFORMED = "malformed"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    MISSING = "missing"
    CONFLICT = "conflict"
    UNSUPPORTED = "unsupported"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    UNAVAILABLE = "unavailable"


@dataclass(eq=False)
class DomainError(Exception):
    """A refusal with a stable code; its dataclass fields are the facts that the caller may see."""

    code: ClassVar[str]
    kind: ClassVar[Kind]
    retryable: ClassVar[bool] = False

    @property
    def facts(self) -> dict[str, Fact]:
        """Give the declared facts by name; they fill the words and become members of the answer."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __str__(self) -> str:
        """Say the docstring's first line and the facts: for logs and tracebacks, never for a reader."""
        title = (type(self).__doc__ or type(self).__name__).strip().splitlines()[0].rstrip(".")
        told = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.code}: {title} ({told})" if told else f"{self.code}: {title}"

    def __reduce__(self) -> tuple[type["DomainError"], tuple[Fact, ...]]:
        """Travel between processes by facts."""
        return type(self), tuple(self.facts.values())


def every_refusal(root: type[DomainError] = DomainError) -> list[type[DomainError]]:
    """List every refusal class that declares a code, for the pages and the checks of the house."""
    found = [root] if "code" in vars(root) else []
    for below in root.__subclasses__():
        found.extend(every_refusal(below))
    return found
