"""What telling how others' seals stand works with, built from the seal system's settings, and what the port answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from base.db import Database
from base.settings import Settings
from catalog_sync.outside_seals import keeping
from catalog_sync.outside_seals.asking import SealSystem
from catalog_sync.targets import national_seals
from catalog_sync.targets.making import Ground
from catalog_sync.targets.national_seals import NationalSealsSettings
from catalog_sync.targets.target import ChannelDown, ChannelRefused, HostileAnswer
from signing.seal_standing import NO_WORDS, SEAL_CODE, SealState, SealWord, SealWords, Unknown


@dataclass(frozen=True)
class OutsideSeals:
    """The system that jobs ask, the same for a short time where readers may wait for it, and how long words count."""

    system: SealSystem | None = field(default=None, repr=False)
    quick: SealSystem | None = field(default=None, repr=False)
    kept: timedelta = timedelta(hours=national_seals.KEPT_HOURS)

    def words(self, database: Database, codes: Sequence[str], at: datetime, *, may_ask: bool = True) -> SealWords:
        """Tell how seals stand, from what is kept; nothing where no system is connected.

        Where it may, what is not kept, or too old, is noted to be asked for, or asked for at once where the site lets
        readers wait. Whatever comes of that, there is an answer.
        """
        if self.system is None:
            return NO_WORDS
        source = self.system.source
        # A document from outside may name a seal by anything: what is no code stands in no register.
        named = [each for each in codes if SEAL_CODE.fullmatch(each)]
        unanswered = self._sought(database, source, named, at) if may_ask else frozenset()
        with database.reading() as session:
            found = keeping.words(session, source, named)
        told = {code: _unanswered(each) if code in unanswered else each for code, each in found.items()}
        return told | {each: SealWord(each, SealState.UNKNOWN, source) for each in codes if each not in set(named)}

    def _sought(self, database: Database, source: str, codes: Sequence[str], at: datetime) -> frozenset[str]:
        """Seek the seals of which no word counts; tell which were asked for at once and not answered."""
        with database.reading() as session:
            missing = keeping.missing(session, source, keeping.foreign(session, codes), at)
        now = missing[: self.quick.most] if self.quick is not None else []
        is_asked = bool(now) and self.quick is not None and self._ask(database, self.quick, now, at)
        if later := missing[len(now) :] if is_asked else missing:
            with database.transaction() as session:
                keeping.want(session, source, later, at)
        return frozenset() if is_asked else frozenset(now)

    def _ask(self, database: Database, system: SealSystem, codes: Sequence[str], at: datetime) -> bool:
        try:
            said = system.asked(codes, at)
        except (ChannelDown, ChannelRefused, HostileAnswer):
            # What is wrong with the channel, the job finds out and says; a reader must not wait for that.
            return False
        with database.transaction() as session:
            keeping.keep(session, system.source, said, self.kept, at, is_direct=True)
        return True


def built(read: Settings, ground: Ground) -> OutsideSeals:
    """Build the part; without an address, or where it is not to be asked, nothing is told. Raises `UnusableSetting`."""
    told = read[NationalSealsSettings]
    if not told.url or not told.asks:
        return OutsideSeals()
    system = SealSystem(*national_seals.laid(read, ground))
    quick = SealSystem(*national_seals.laid(read, ground, told.ask_seconds)) if told.ask_seconds else None
    return OutsideSeals(system, quick, timedelta(hours=told.kept_hours))


def _unanswered(word: SealWord) -> SealWord:
    """Say that it was asked for and there was no answer, where nothing at all is known."""
    return replace(word, why_unknown=Unknown.NO_ANSWER) if word.state is SealState.UNKNOWN else word
