"""What logging in asks of others: something that hashes passwords, and something that keeps secrets sealed at rest."""

from typing import Protocol

from sqlalchemy.orm import Session


class PasswordHasher(Protocol):
    """Turns passwords into what may be kept, and tells whether one fits; both are slow on purpose."""

    def hashed(self, password: str) -> str:
        """Hash a password with a new salt, in PHC form. Raises `LoginBusy`."""
        ...

    def fits(self, kept: str | None, password: str) -> bool:
        """Tell whether the password is the one that was hashed; with nothing kept, work as long and say no.

        Raises `LoginBusy`.
        """
        ...

    def outdated(self, kept: str) -> bool:
        """Tell whether what is kept was made with other than today's parameters."""
        ...


class SecretBox(Protocol):
    """Seals what must be read again, bound to what it belongs to."""

    def seal(self, session: Session, plain: bytes, bound: bytes, /) -> bytes:
        """Seal a secret."""
        ...

    def open(self, session: Session, sealed: bytes, bound: bytes, /) -> bytes:
        """Open what was sealed for the same owner; raises a refusal of its own for anything else."""
        ...
