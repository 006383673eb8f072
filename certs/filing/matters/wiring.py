"""What the matters can be told, and the part built from it: the front library from which they may be read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar

from sqlalchemy import Connection, NullPool, create_engine
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from base.settings import Settings, setting
from certs.filing.matters.errors import FrontLibraryDown, NoFrontLibrary


@dataclass(frozen=True)
class MatterSettings:
    """What the matters can be told."""

    SECTION: ClassVar[str] = "matters"
    front_library: str = setting("", "The national front library with the task tables, as a database URL.", secret=True)


@dataclass(frozen=True)
class FrontLibrary:
    """A database of somebody else's, read and never written."""

    url: str = field(repr=False)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open it for one reading. Raises `NoFrontLibrary`, `FrontLibraryDown`."""
        if not self.url:
            raise NoFrontLibrary
        try:
            engine = create_engine(self.url, poolclass=NullPool)
            with engine.connect() as connection:
                yield connection
                connection.rollback()
        except (SQLAlchemyError, ArgumentError, ImportError, ValueError) as error:
            # The words of a driver may repeat the address, and with it a password.
            raise FrontLibraryDown(type(error).__name__) from error


def built(read: Settings) -> FrontLibrary:
    """Build the part."""
    return FrontLibrary(read[MatterSettings].front_library)
