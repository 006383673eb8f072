"""What another library says where it does not answer. Pure."""

from typing import Final

from certs.libraries.answers import Answer
from exchange.door.outcomes import Outcome

SILENT: Final = Answer(Outcome.SOURCE_DOWN, "source-silent")
REFUSED: Final = Answer(Outcome.SOURCE_DOWN, "source-refuses")
DIFFERS: Final = Answer(Outcome.SOURCE_DOWN, "source-differs")
LATER: Final = Answer(Outcome.PENDING, "answered-later")
UNAUTHENTICATED: Final = 401
_CLIENTS_FAULT: Final = 400
_SERVERS_FAULT: Final = 500


class Unanswered(Exception):
    """A library answered with a status, or a token, that is no answer."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status

    @property
    def answer(self) -> Answer:
        """Say it as an answer: below 400 it says something else than was agreed, from 500 on it is down (RFC 9110)."""
        if self.status < _CLIENTS_FAULT:
            return DIFFERS
        return REFUSED if self.status < _SERVERS_FAULT else SILENT
