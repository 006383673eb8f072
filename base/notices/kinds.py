"""What can be told, to whom: kinds of notices with their words as data, notices, and their recipients.

A room declares its kinds in a `notices.toml` of its own; each has a title and a body in Chinese and English with the
same placeholders, which are exactly the facts that a notice of this kind brings. Facts carry no personal data: a
notice says what to look at, and the page behind it asks who is looking.
"""

import re
import string
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from base.callers import ROLES
from base.errors import Fact
from base.fetch import Destination, UrlRefused
from base.notices.errors import UnknownNoticeKind, UnusableRecipient

LANGUAGES = ("zh", "en")
DEFAULT_SECRET = "default"  # noqa: S105 a name, not a secret
# RFC 5321 4.5.3.1: a local part of 64, a domain of 255, and the sign between them.
LONGEST_MAIL_ADDRESS = 320
# One plain form (RFC 5321 4.1.2 without quoting); what else a server may take is not worth a header injection.
_MAIL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])")
_SECRET = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


@dataclass(frozen=True)
class Words:
    """What a reader sees, in one language."""

    title: str
    body: str


@dataclass(frozen=True)
class NoticeKind:
    """One kind of notice: its stable name, its words by language, and the facts that fill them."""

    name: str
    words: Mapping[str, Words]
    facts: frozenset[str]

    def told(self, facts: Mapping[str, Fact], language: str) -> Words:
        """Fill the words with facts; a language that is not there is answered in Chinese."""
        words = self.words.get(language, self.words[LANGUAGES[0]])
        # Line breaks in a fact would let it write lines of its own.
        plain = {name: " ".join(str(value).split()) for name, value in facts.items()}
        return Words(words.title.format_map(plain), words.body.format_map(plain))


class Kinds:
    """All kinds of the house by name; a name that is used twice is refused."""

    def __init__(self, kinds: Iterable[NoticeKind]) -> None:
        self._kinds: dict[str, NoticeKind] = {}
        for kind in kinds:
            if kind.name in self._kinds:
                message = f"the notice kind {kind.name} is declared twice"
                raise ValueError(message)
            self._kinds[kind.name] = kind

    def __getitem__(self, name: str) -> NoticeKind:
        """Give the kind of that name.

        Raises `UnknownNoticeKind`.
        """
        if name not in self._kinds:
            raise UnknownNoticeKind(name)
        return self._kinds[name]

    def __iter__(self) -> Any:
        return iter(self._kinds.values())


def kinds_in(file: Path) -> Kinds:
    """Read a room's kinds; a fault in the file is a fault of the house, so it raises `ValueError`."""
    return Kinds(_kind(name, entry) for name, entry in tomllib.loads(file.read_text(encoding="utf-8")).items())


def _kind(name: str, entry: Mapping[str, Mapping[str, str]]) -> NoticeKind:
    words = {language: Words(**entry[language]) for language in LANGUAGES}
    named = [_placeholders(each) for each in words.values()]
    if not _NAME.fullmatch(name) or set(entry) != set(LANGUAGES) or named[0] != named[1]:
        message = f"the notice kind {name} is not whole: languages and placeholders must agree"
        raise ValueError(message)
    return NoticeKind(name, words, named[0])


def _placeholders(words: Words) -> frozenset[str]:
    parts = [*string.Formatter().parse(words.title), *string.Formatter().parse(words.body)]
    return frozenset(name for _, name, _, _ in parts if name is not None)


@dataclass(frozen=True)
class Mail:
    """A mail address and the language it is written to in."""

    address: str = field(repr=False)
    language: str = LANGUAGES[0]

    def __post_init__(self) -> None:
        if not _MAIL.fullmatch(self.address) or ".." in self.address or len(self.address) > LONGEST_MAIL_ADDRESS:
            raise UnusableRecipient("mail", "address")


@dataclass(frozen=True)
class Webhook:
    """A partner's address and the *name* of the secret that signs what is sent there, never the secret."""

    url: str = field(repr=False)
    secret: str = DEFAULT_SECRET

    def __post_init__(self) -> None:
        try:
            Destination.of(self.url)
        except UrlRefused as error:
            raise UnusableRecipient("webhook", error.reason) from error
        if not _SECRET.fullmatch(self.secret):
            raise UnusableRecipient("webhook", "secret")


@dataclass(frozen=True)
class Person:
    """A person, who sees the notice on the pages."""

    id: str

    def __post_init__(self) -> None:
        if not self.id:
            raise UnusableRecipient("page", "person")


@dataclass(frozen=True)
class Role:
    """Whoever holds a role in an organisation; each of them reads for themselves."""

    organisation: str
    role: str

    def __post_init__(self) -> None:
        if not self.organisation or self.role not in ROLES:
            raise UnusableRecipient("page", "role")


Recipient = Mail | Webhook | Person | Role


@dataclass(frozen=True)
class Notice:
    """One thing to tell: its kind, the facts of the case, and everybody who is to know."""

    kind: NoticeKind
    facts: Mapping[str, Fact]
    recipients: tuple[Recipient, ...]

    def __post_init__(self) -> None:
        if set(self.facts) != self.kind.facts:
            message = f"a notice {self.kind.name} brings {sorted(self.kind.facts)}, not {sorted(self.facts)}"
            raise ValueError(message)
