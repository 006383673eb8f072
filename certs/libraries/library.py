"""The form of every library of certificates: a question goes in, and one of the outcomes comes out, as a value.

A library is asked in two steps. `prepare` belongs to the transaction that reads, and takes all questions of a call at
once, so that a hundred take as many statements as one; it answers, or gives back what has to be fetched. Fetching
touches no database and keeps to the library's own deadline. One that answers late as well (`Patient`) is asked again by
a job: `again` belongs to a transaction that reads, and what it gives back takes its time outside of any.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from sqlalchemy.orm import Session

from certs.libraries.answers import Answer, Question
from exchange.agreements.purposes import Purpose

Fetching = Callable[[], Answer]
# Asks a question again as it was kept; gives the answer as it came, or none where it is still to come.
Again = Callable[[bytes], bytes | None]


class Library(Protocol):
    """Where certificates are."""

    @property
    def name(self) -> str:
        """What it is called in an answer."""
        ...

    @property
    def origin(self) -> str:
        """Where its certificates come from: local, department, national, or a province by its code."""
        ...

    def prepare(
        self, session: Session, questions: Sequence[Question], purpose: Purpose, at: datetime
    ) -> Sequence[Answer | Fetching]:
        """Answer each question, or give back what has to be fetched."""
        ...


@runtime_checkable
class Patient(Protocol):
    """A library that is asked again for what it did not answer in time."""

    @property
    def name(self) -> str:
        """What its questions are kept under."""
        ...

    def again(self, session: Session) -> Again:
        """Give what asks a question again."""
        ...
