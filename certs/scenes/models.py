"""The table of agreements: which organisation outside government acts in which scene, under which paper, how long."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from certs.models import ACTOR_LENGTH, CASE_LENGTH, WORD_LENGTH


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
