"""The tables of the parties: organisations, systems, people, what they prove themselves with, tokens, values used once.

No rule lives here beyond constraints; the separation of duties is one of them, so that no path around the verbs can
give one account two of the three. No password, secret or session id stands here as it is.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment

ACTIVE: Final = "active"
SUSPENDED: Final = "suspended"
# 省、市、县、乡: from the top down, so that a level's place tells who may stand above it.
LEVELS: Final = ("province", "city", "county", "town")
# The three duties that no account may unite (三员分立): system, security, audit.
DUTIES: Final = ("sysadmin", "secadmin", "auditor")

NAME_LENGTH: Final = 200
CODE_LENGTH: Final = 18
REGION_LENGTH: Final = 12
SYSTEM_ID_LENGTH: Final = 64
KID_LENGTH: Final = 64
LOGIN_LENGTH: Final = 64
EMAIL_LENGTH: Final = 254
PERSON_ID_LENGTH: Final = 36
ACTOR_LENGTH: Final = 200
# An argon2id hash in PHC form takes about 100 characters, one of another kind may take more.
PASSWORD_HASH_LENGTH: Final = 255
METHODS_LENGTH: Final = 200
# An IPv6 address with a zone; the name a browser gives itself is cut.
ADDRESS_LENGTH: Final = 64
AGENT_LENGTH: Final = 200
# All scopes of the contract take 150 characters; a schema must not change with each new one.
SCOPES_LENGTH: Final = 1000


def _one_of(column: str, allowed: tuple[str, ...]) -> str:
    return f"{column} in ({', '.join(repr(each) for each in allowed)})"


class Organisation(Base):
    """A public body or enterprise, known by its unified social credit code."""

    __tablename__ = "keys_organisations"
    __table_args__ = (
        CheckConstraint(_one_of("level", LEVELS), name="level"),
        CheckConstraint(_one_of("state", (ACTIVE, SUSPENDED)), name="state"),
    )

    code: Mapped[str] = mapped_column(String(CODE_LENGTH), primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    region: Mapped[str] = mapped_column(String(REGION_LENGTH), index=True)
    level: Mapped[str] = mapped_column(String(10))
    parent: Mapped[str | None] = mapped_column(ForeignKey("keys_organisations.code"), index=True)
    state: Mapped[str] = mapped_column(String(10))
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)


class System(Base):
    """A business system of an organisation; `generation` goes up when every token it holds must end."""

    __tablename__ = "keys_systems"
    __table_args__ = (CheckConstraint(_one_of("state", (ACTIVE, SUSPENDED)), name="state"),)

    id: Mapped[str] = mapped_column(String(SYSTEM_ID_LENGTH), primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    organisation: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"), index=True)
    scopes: Mapped[str] = mapped_column(String(SCOPES_LENGTH))
    state: Mapped[str] = mapped_column(String(10))
    generation: Mapped[int]
    secret_digest: Mapped[str | None] = mapped_column(String(64))
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)

    @property
    def scope_set(self) -> frozenset[str]:
        """Give the scopes as a set."""
        return frozenset(self.scopes.split())


class SystemKey(Base):
    """A public key of a system and when it is valid; a key belongs to one system for ever, or it would name nobody."""

    __tablename__ = "keys_system_keys"

    system: Mapped[str] = mapped_column(ForeignKey("keys_systems.id"), primary_key=True)
    kid: Mapped[str] = mapped_column(String(KID_LENGTH), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    spki: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    valid_from: Mapped[datetime] = mapped_column(Moment)
    valid_until: Mapped[datetime] = mapped_column(Moment)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)
    added_at: Mapped[datetime] = mapped_column(Moment)


class Person(Base):
    """A person who works for an organisation."""

    __tablename__ = "keys_people"
    __table_args__ = (CheckConstraint(_one_of("state", (ACTIVE, SUSPENDED)), name="state"),)

    id: Mapped[str] = mapped_column(String(PERSON_ID_LENGTH), primary_key=True)
    login: Mapped[str] = mapped_column(String(LOGIN_LENGTH), unique=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    organisation: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"), index=True)
    email: Mapped[str | None] = mapped_column(String(EMAIL_LENGTH))
    state: Mapped[str] = mapped_column(String(10))
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)


class PersonRole(Base):
    """A role that a person holds; of the three duties an account holds one at most."""

    __tablename__ = "keys_person_roles"
    __table_args__ = (
        Index(
            "uq_keys_person_roles_one_duty",
            "person",
            unique=True,
            sqlite_where=text(_one_of("role", DUTIES)),
            postgresql_where=text(_one_of("role", DUTIES)),
        ),
    )

    person: Mapped[str] = mapped_column(ForeignKey("keys_people.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)
    granted_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    granted_at: Mapped[datetime] = mapped_column(Moment)


class TrustedTokenKey(Base):
    """The public half of a key with which some process of this service signs tokens, trusted until a moment."""

    __tablename__ = "keys_token_keys"

    kid: Mapped[str] = mapped_column(String(KID_LENGTH), primary_key=True)
    spki: Mapped[bytes] = mapped_column(LargeBinary)
    since: Mapped[datetime] = mapped_column(Moment)
    until: Mapped[datetime] = mapped_column(Moment)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)


class RevokedToken(Base):
    """An access token that was revoked before its end."""

    __tablename__ = "keys_revoked_tokens"

    jti: Mapped[str] = mapped_column(String(36), primary_key=True)
    kept_until: Mapped[datetime] = mapped_column(Moment, index=True)


class SpentValue(Base):
    """A value that counts once (an assertion's jti, a request's nonce), as a digest: strangers choose its length."""

    __tablename__ = "keys_spent_values"

    purpose: Mapped[str] = mapped_column(String(20), primary_key=True)
    owner: Mapped[str] = mapped_column(String(SYSTEM_ID_LENGTH), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    kept_until: Mapped[datetime] = mapped_column(Moment, index=True)


# --- people who log in --------------------------------------------------------------------------------------------


class Credential(Base):
    """What a person proves themselves with: a password as its hash, and the sealed secret of their second factor.

    `password_by` and `second_factor_by` name who reset that half last, until the person has set it anew. `version`
    changes with either half, so that a proof of the old one that is still being weighed counts no more.
    """

    __tablename__ = "keys_credentials"

    person: Mapped[str] = mapped_column(ForeignKey("keys_people.id"), primary_key=True)
    password: Mapped[str | None] = mapped_column(String(PASSWORD_HASH_LENGTH))
    password_set_at: Mapped[datetime] = mapped_column(Moment)
    password_once: Mapped[bool]
    password_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    totp: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_step: Mapped[int] = mapped_column(BigInteger)
    totp_offered: Mapped[bytes | None] = mapped_column(LargeBinary)
    second_factor_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    version: Mapped[int]


class LoginCount(Base):
    """Failed logins of an account name or an address, each as a digest: strangers choose what is counted."""

    __tablename__ = "keys_login_counts"

    subject: Mapped[str] = mapped_column(String(80), primary_key=True)
    failures: Mapped[int]
    since: Mapped[datetime] = mapped_column(Moment, index=True)
    locked_until: Mapped[datetime | None] = mapped_column(Moment)


class LoginSession(Base):
    """A person's session, known by the digest of what the browser holds; an ended one is removed."""

    __tablename__ = "keys_sessions"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(String(PERSON_ID_LENGTH), unique=True)
    person: Mapped[str] = mapped_column(ForeignKey("keys_people.id"), index=True)
    level: Mapped[int]
    methods: Mapped[str] = mapped_column(String(METHODS_LENGTH))
    second_factor_at: Mapped[datetime | None] = mapped_column(Moment)
    pending: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(ADDRESS_LENGTH))
    agent: Mapped[str] = mapped_column(String(AGENT_LENGTH))
    opened_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment, index=True)


class PersonIdentity(Base):
    """By what name an identity provider knows a person, as a digest: it may be made of an ID number."""

    __tablename__ = "keys_person_identities"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("keys_people.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(NAME_LENGTH))
    linked_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    linked_at: Mapped[datetime] = mapped_column(Moment)
