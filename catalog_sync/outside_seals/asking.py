"""Asks the seal system how others' seals stand: some by their codes, or what changed since a mark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from catalog_sync.outside_seals import answers
from catalog_sync.outside_seals.word import Said
from catalog_sync.targets.calls import MOST_EVIDENCE
from catalog_sync.targets.gateway.answers import Meaning, Told, Unbelievable
from catalog_sync.targets.signed.dialect import Dialect
from catalog_sync.targets.signed.line import SignedLine
from catalog_sync.targets.target import ChannelDown, HostileAnswer


@dataclass(frozen=True)
class SealSystem:
    """The system over one line."""

    dialect: Dialect
    line: SignedLine = field(repr=False)

    @property
    def source(self) -> str:
        """Name it, as what it says is kept under."""
        return self.line.account.way.name

    @property
    def most(self) -> int:
        """Tell how many seals one question may be about."""
        return int(self._named["most_codes"])

    def asked(self, codes: Sequence[str], at: datetime) -> tuple[Said, ...]:
        """Ask about seals by their codes. Raises `ChannelDown`, `ChannelRefused`, `HostileAnswer`."""
        told = self._call(self._named["asked"], {self._named["codes"]: list(codes)}, at)
        try:
            return answers.asked(told, self.dialect, codes)
        except Unbelievable as error:
            raise HostileAnswer(self.source, str(error), told.content[:MOST_EVIDENCE]) from error

    def changes(self, mark: str, at: datetime) -> tuple[tuple[Said, ...], str]:
        """Read what changed since a mark. Raises `ChannelDown`, `ChannelRefused`, `HostileAnswer`."""
        told = self._call(self._named["changes"], {"mark": mark, "pageSize": self._named["page_size"]}, at)
        try:
            return answers.changes(told, self.dialect)
        except Unbelievable as error:
            raise HostileAnswer(self.source, str(error), told.content[:MOST_EVIDENCE]) from error

    @property
    def _named(self) -> Mapping[str, Any]:
        return dict(self.dialect.table["outside"])

    def _call(self, path: str, body: Mapping[str, Any], at: datetime) -> Told:
        told = self.line.call(path, body, at)
        if told.meaning is not Meaning.SUCCESS:
            raise ChannelDown(self.source, f"a question was refused, code {told.code}")
        return told
