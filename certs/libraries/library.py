"""The form of every library of certificates: a question goes in, and one of the outcomes comes out, as a value.

A library is asked in two steps. `prepare` belongs to the transaction that reads, and takes all questions of a call at
once, so that a hundred take as many statements as one; it answers, or gives back what has to be fetched. Fetching
touches no database and keeps to the library's own deadline.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from certs.libraries.answers import Answer, Question
from exchange.agreements.purposes import Purpose

Fetching = Callable[[], Answer]


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
