"""The tables of agreements: which organisation outside government acts in which scene, until when, for what."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from certs.models import ACTOR_LENGTH, CASE_LENGTH, CODE_LENGTH, WORD_LENGTH


class SceneAgreement(Base):
    """An agreement: its number is what purposes name as their basis."""

    __tablename__ = "certs_scene_agreements"

    organisation: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"), primary_key=True)
    number: Mapped[str] = mapped_column(String(CASE_LENGTH), primary_key=True)
    scene: Mapped[str] = mapped_column(String(WORD_LENGTH))
    begins_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment)
    registered_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    registered_at: Mapped[datetime] = mapped_column(Moment)


class SceneScope(Base):
    """What an agreement approves: the scene's types and fields as the list had them when it was registered."""

    __tablename__ = "certs_scene_scopes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation", "number"], ["certs_scene_agreements.organisation", "certs_scene_agreements.number"]
        ),
    )

    organisation: Mapped[str] = mapped_column(String(CODE_LENGTH), primary_key=True)
    number: Mapped[str] = mapped_column(String(CASE_LENGTH), primary_key=True)
    # Fields by the name of the certificate type.
    types: Mapped[dict[str, Any]] = mapped_column(JSON)
