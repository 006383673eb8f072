"""The library of this house: every question of a call in three statements at most, whatever their number.

Columns are selected and no objects are made of rows; contents are opened only of certificates that serve, and where the
holder's name has to be compared. Code and name are both asked for, so that codes alone cannot be tried out; a name that
does not fit, and a holder who has nothing, take the same work: what is compared then is a decoy.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Executable, Row, bindparam, select
from sqlalchemy.orm import Session

from base.workdays import local_day
from certs import contents, life
from certs.contents import Keys
from certs.drafts import Content, Holder
from certs.libraries.answers import NOT_FOUND, Answer, Entry, Named, Question
from certs.libraries.names import same_name
from certs.life import Standing, State
from certs.models import Certificate, CertificateHolder, CertificateNumber
from certs.types.certificate_type import Holding
from exchange.agreements.purposes import Purpose
from exchange.door.outcomes import Outcome

# Not yet in the library, whatever stands in its tables.
HIDDEN: Final = (State.TO_BE_SIGNED.value, State.DISCARDED.value, State.STAGED.value)
# Nobody holds so many of the types that one purpose takes; a fleet asks vehicle by vehicle.
MOST_ENTRIES: Final = 100
_COLUMNS: Final = (
    Certificate.identifier,
    Certificate.type,
    Certificate.issuer,
    Certificate.region,
    Certificate.holding,
    Certificate.state,
    Certificate.issued_on,
    Certificate.valid_from,
    Certificate.valid_until,
    Certificate.review_due,
    Certificate.superseded_by,
    Certificate.version,
    Certificate.content,
)
_BY_IDENTIFIER: Final = select(*_COLUMNS).where(
    Certificate.identifier.in_(bindparam("values", expanding=True)), Certificate.state.not_in(HIDDEN)
)
_BY_HOLDER: Final = (
    select(*_COLUMNS, CertificateHolder.code_hash)
    .join(CertificateHolder, CertificateHolder.identifier == Certificate.identifier)
    .where(
        CertificateHolder.code_hash.in_(bindparam("values", expanding=True)),
        CertificateHolder.certificate_type.in_(bindparam("types", expanding=True)),
        Certificate.state.not_in(HIDDEN),
    )
    .order_by(Certificate.issued_on.desc(), Certificate.identifier.desc())
)
_BY_NUMBER: Final = (
    select(*_COLUMNS, CertificateNumber.number_hash)
    .join(CertificateNumber, CertificateNumber.latest == Certificate.identifier)
    .where(
        CertificateNumber.number_hash.in_(bindparam("values", expanding=True)),
        CertificateNumber.type.in_(bindparam("types", expanding=True)),
        Certificate.state.not_in(HIDDEN),
    )
)
_HOLDERS: Final = select(CertificateHolder.identifier, CertificateHolder.code_hash).where(
    CertificateHolder.identifier.in_(bindparam("values", expanding=True))
)
_DECOY_IDENTIFIER: Final = "decoy"
_DECOY_CONTENT: Final = Content(
    "0" * 20, (Holder("0" * 18, "111", "无此人"),), {str(place): "演示" * 8 for place in range(8)}
)
# What is judged where nothing was found.
DECOY: Final = Entry(
    _DECOY_IDENTIFIER, "", "", "", Holding.ISSUED, Standing.VALID, date.min, date.min, None, content=_DECOY_CONTENT
)
WITHOUT_CONTENT: Final = frozenset({Holding.DIRECTORY_ONLY, Holding.CHECK_ONLY})


@dataclass(frozen=True)
class OwnLibrary:
    """Asks this house's own tables."""

    keys: Keys = field(repr=False)
    name: str = "own"
    origin: str = "local"
    _decoy: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_open(self) -> bool:
        """Whether the decoy is there."""
        return bool(self._decoy)

    def open(self, session: Session) -> None:
        """Have at hand what is opened where nothing is found; the session must be one that may write."""
        if not self._decoy:
            self._decoy["content"] = contents.sealed(session, self.keys, _DECOY_IDENTIFIER, _DECOY_CONTENT)

    def prepare(
        self, session: Session, questions: Sequence[Question], _purpose: Purpose, at: datetime
    ) -> Sequence[Answer]:
        """Answer every question."""
        rows = _Rows.of(session, self.keys, questions)
        return [self._answer(session, question, rows.of_question(question), at) for question in questions]

    def _answer(self, session: Session, question: Question, rows: Sequence[Row[Any]], at: datetime) -> Answer:
        if question.type is not None and not rows and question.type.holding in WITHOUT_CONTENT:
            return Answer(Outcome.NOT_COVERED, "not-held-here")
        entries = tuple(self._entries(session, question, rows, at))
        if not entries:
            return NOT_FOUND
        if all(each.holding in WITHOUT_CONTENT and each.standing is Standing.VALID for each in entries):
            # Its directory row is here and what it says is not: that is at its source.
            return Answer(Outcome.NOT_COVERED, "not-held-here")
        return Answer(Outcome.FOUND, "found", entries)

    def _entries(self, session: Session, question: Question, rows: Sequence[Row[Any]], at: datetime) -> Iterable[Entry]:
        day, named = local_day(at), question.holder
        if not rows and named is not None:
            decoy = contents.opened(session, self.keys, _DECOY_IDENTIFIER, self._decoy["content"])
            _holder_named(decoy, named)
        for row in rows[:MOST_ENTRIES]:
            standing = life.standing(State(row.state), row.valid_from, row.valid_until, row.review_due, day)
            serves = standing is Standing.VALID and row.holding not in WITHOUT_CONTENT
            content = None
            if serves or named is not None:
                content = contents.opened(session, self.keys, row.identifier, row.content)
            holder = _holder_named(content, named) if named is not None and content is not None else None
            if named is not None and holder is None:
                continue
            yield _entry(row, standing, content if serves else None, holder, question.number)


@dataclass(frozen=True)
class _Rows:
    """Everything that the questions of a call found, by what they asked with."""

    by_identifier: Mapping[str, Row[Any]]
    by_holder: Mapping[str, Sequence[Row[Any]]]
    by_number: Mapping[tuple[str, str], Row[Any]]
    hashes: Mapping[tuple[str, str], str]

    @classmethod
    def of(cls, session: Session, keys: Keys, questions: Sequence[Question]) -> "_Rows":
        identifiers = [each.identifier for each in questions if each.identifier]
        held = [each for each in questions if each.holder is not None]
        numbered = [each for each in questions if each.number]
        hashes = {
            (each.types[0].code, each.number): contents.number_hash(session, keys, each.types[0].code, each.number)
            for each in numbered
        }
        by_holder: dict[str, list[Row[Any]]] = {}
        for row in _found(session, _BY_HOLDER, [each.holder_hash for each in held], _types(held)):
            by_holder.setdefault(row.code_hash, []).append(row)
        return cls(
            {row.identifier: row for row in _found(session, _BY_IDENTIFIER, identifiers)},
            by_holder,
            {
                (row.type, row.number_hash): row
                for row in _found(session, _BY_NUMBER, list(hashes.values()), _types(numbered))
            },
            hashes,
        )

    def of_question(self, question: Question) -> Sequence[Row[Any]]:
        """Give the rows of one question."""
        if question.identifier:
            found = self.by_identifier.get(question.identifier)
            return [] if found is None else [found]
        if question.holder is not None:
            wanted = {each.code for each in question.types}
            return [row for row in self.by_holder.get(question.holder_hash, ()) if row.type in wanted]
        code = question.types[0].code
        found = self.by_number.get((code, self.hashes[code, question.number]))
        return [] if found is None else [found]


def with_holders(session: Session, answers: Sequence[Answer]) -> list[Answer]:
    """Add to the entries who holds them, as hashes: for consents, and for each holder's own view of uses."""
    identifiers = sorted({entry.identifier for answer in answers for entry in answer.entries})
    held: dict[str, list[str]] = {}
    for row in _found(session, _HOLDERS, identifiers):
        held.setdefault(row.identifier, []).append(row.code_hash)
    return [
        replace(
            answer,
            entries=tuple(
                replace(entry, holder_hashes=tuple(held.get(entry.identifier, ()))) for entry in answer.entries
            ),
        )
        if answer.entries
        else answer
        for answer in answers
    ]


def _holder_named(content: Content, named: Named) -> Holder | None:
    """Give the holder of the certificate who has this code and this name; every holder is compared."""
    fits = [
        each
        for each in content.holders
        if (each.code == named.code) & (each.type == named.type) & same_name(each.name, named.name)
    ]
    return fits[0] if fits else None


def _entry(row: Row[Any], standing: Standing, content: Content | None, holder: Holder | None, number: str) -> Entry:
    return Entry(
        row.identifier,
        row.type,
        row.issuer,
        row.region,
        Holding(row.holding),
        standing,
        row.issued_on,
        row.valid_from,
        row.valid_until,
        row.superseded_by,
        content,
        version=row.version,
        named=holder,
        numbered=number,
    )


def _found(session: Session, query: Executable, values: Sequence[str], types: Sequence[str] = ()) -> Iterable[Row[Any]]:
    if not values:
        return ()
    asked = {"values": list(values), **({"types": list(types)} if types else {})}
    return session.execute(query, asked).all()


def _types(questions: Sequence[Question]) -> list[str]:
    return sorted({each.code for question in questions for each in question.types})
