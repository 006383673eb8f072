"""Reads the list of changed seals on from its mark, and asks for the seals that somebody met without a word on them.

Each page is kept in one transaction with its mark. The channel's rests and pauses hold here too: an answer that is not
believed is kept as evidence and pauses it, until a person has looked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeVar

from sqlalchemy.orm import Session

from base import clock
from base.db import Database
from catalog_sync import channels
from catalog_sync.channels import channel_of
from catalog_sync.outside_seals import keeping
from catalog_sync.outside_seals.asking import SealSystem
from catalog_sync.targets.target import ChannelDown, ChannelRefused, HostileAnswer
from catalog_sync.wiring import Sync

T = TypeVar("T")

ASKED: Final = "seals"
# Pages and questions of one run; what is left is for the next.
MOST_PAGES: Final = 1000
MOST_QUESTIONS: Final = 20


@dataclass
class Pulled:
    """What a run did: pages of the list, seals asked for, words that took the place of another."""

    pages: int = 0
    asked: int = 0
    taken: int = 0


@dataclass(frozen=True)
class Pulling:
    """A run under way."""

    database: Database
    sync: Sync
    system: SealSystem
    kept: timedelta
    now: Callable[[], datetime] = clock.now

    def run(self) -> Pulled:
        """Read the list to its end, then ask for what is wanted; end where the channel may not be used."""
        done = Pulled()
        while done.pages < MOST_PAGES and self._page(done):
            pass
        for _ in range(MOST_QUESTIONS):
            if not self._question(done):
                break
        return done

    def _page(self, done: Pulled) -> bool:
        """Read one page; tell whether there may be another."""
        mark = self._in_transaction(lambda session: keeping.mark(session, self.system.source))
        found = self._called(lambda at: self.system.changes(mark, at))
        if found is None:
            return False
        said, following = found

        def kept(session: Session) -> int:
            taken = keeping.keep(session, self.system.source, said, self.kept, self.now(), is_direct=False)
            keeping.move(session, self.system.source, following, self.now())
            return taken

        done.taken += self._in_transaction(kept)
        done.pages += 1
        return bool(said) and following != mark

    def _question(self, done: Pulled) -> bool:
        """Ask for some that are wanted; tell whether there may be more."""
        source, most = self.system.source, self.system.most
        codes = self._in_transaction(lambda session: keeping.wanted(session, source, most))
        said = self._called(lambda at: self.system.asked(codes, at)) if codes else None
        if said is None:
            return False
        keeps = partial(keeping.keep, source=source, said=said, kept=self.kept, at=self.now(), is_direct=True)
        done.taken += self._in_transaction(keeps)
        done.asked += len(codes)
        return len(codes) == most

    def _called(self, call: Callable[[datetime], T]) -> T | None:
        """Call where the channel may be used, and note what came of it; none where there is no answer."""
        if not self._in_transaction(self._is_open):
            return None
        try:
            found = call(self.now())
        except (ChannelDown, ChannelRefused, HostileAnswer) as fault:
            self._in_transaction(partial(self._heard, answer=fault))
            return None
        self._in_transaction(partial(self._heard, answer=found))
        return found

    def _is_open(self, session: Session) -> bool:
        return channels.is_open(channel_of(session, self.system.source), self.sync, self.now())

    def _heard(self, session: Session, answer: object) -> None:
        channel = channel_of(session, self.system.source, locked=True)
        channels.heard(session, self.sync, channel, answer, ASKED, self.now())

    def _in_transaction(self, act: Callable[[Session], T]) -> T:
        with self.database.transaction() as session:
            return act(session)
