"""The tables of matters: the catalogue, the items that organs carry out, their versions by day, the correspondence.

A version is written once and never changed but for the day on which the next one takes its place. Words are found by
`MATTER_SEARCH`, whose subjects are item codes.
"""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from base import search
from base.db import Base, Moment
from certs.models import ACTOR_LENGTH, CODE_LENGTH, REGION_LENGTH, TYPE_LENGTH, WORD_LENGTH

BASIC_LENGTH: Final = 12
IMPLEMENTATION_LENGTH: Final = 31
ITEM_LENGTH: Final = 33
# The longest name of the hundred has 84 characters; the national tables keep 200 to 500.
NAME_LENGTH: Final = 300
TARGET_LENGTH: Final = 200
TEXT_LENGTH: Final = 1000
ID_LENGTH: Final = 36

MATTER_SEARCH = search.search_table("certs_matters_search", Base.metadata)


class CatalogueEntry(Base):
    """An entry of the basic catalogue (基本目录): twelve characters may stand for several names."""

    __tablename__ = "certs_matters_catalogue"

    basic_code: Mapped[str] = mapped_column(String(BASIC_LENGTH), primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH), primary_key=True)
    levels: Mapped[list[str]] = mapped_column(JSON)
    department: Mapped[str] = mapped_column(String(NAME_LENGTH))
    system: Mapped[str] = mapped_column(String(NAME_LENGTH))
    by_law: Mapped[str] = mapped_column(String(TEXT_LENGTH))
    source: Mapped[str] = mapped_column(String(NAME_LENGTH))
    confidence: Mapped[str] = mapped_column(String(WORD_LENGTH))
    changed_at: Mapped[datetime] = mapped_column(Moment)


class MatterItem(Base):
    """An item (业务办理项) of an implementation (实施清单): what is really applied for, at which organ, where."""

    __tablename__ = "certs_matters_items"
    __table_args__ = (Index(None, "basic_code"), Index(None, "implementation_code"))

    item_code: Mapped[str] = mapped_column(String(ITEM_LENGTH), primary_key=True)
    implementation_code: Mapped[str] = mapped_column(String(IMPLEMENTATION_LENGTH))
    basic_code: Mapped[str] = mapped_column(String(BASIC_LENGTH))
    organ: Mapped[str] = mapped_column(String(CODE_LENGTH))
    region: Mapped[str] = mapped_column(String(REGION_LENGTH))
    # Of the newest version, for lists and searches; what held on a day stands in the version.
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    version: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(Moment)


class MatterVersion(Base):
    """What a matter said from one day until the day before another."""

    __tablename__ = "certs_matters_versions"
    __table_args__ = (
        CheckConstraint("effective_until is null or effective_until >= effective_from", name="period"),
        Index(None, "item_code", "effective_from"),
    )

    item_code: Mapped[str] = mapped_column(ForeignKey("certs_matters_items.item_code"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    organ_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    region: Mapped[str] = mapped_column(String(REGION_LENGTH))
    effective_from: Mapped[date] = mapped_column(Date)
    effective_until: Mapped[date | None] = mapped_column(Date)
    elements: Mapped[dict[str, Any]] = mapped_column(JSON)
    questions: Mapped[list[Any]] = mapped_column(JSON)
    materials: Mapped[list[Any]] = mapped_column(JSON)
    result_type: Mapped[str | None] = mapped_column(String(TYPE_LENGTH))
    confidence: Mapped[str] = mapped_column(String(WORD_LENGTH))
    source: Mapped[str] = mapped_column(String(NAME_LENGTH))
    content_sm3: Mapped[str] = mapped_column(String(64))
    made_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    made_at: Mapped[datetime] = mapped_column(Moment)


class Correspondence(Base):
    """What can stand in for a material of a matter (材料与证照对照), from one day until the day before another.

    The code is of 12, 31 or 33 characters and takes in its longer forms; where 12 stand for several matters the name
    says which.
    """

    __tablename__ = "certs_matters_correspondence"
    __table_args__ = (Index(None, "code", "effective_from"), Index(None, "basic_code"), Index(None, "target"))

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    code: Mapped[str] = mapped_column(String(ITEM_LENGTH))
    basic_code: Mapped[str] = mapped_column(String(BASIC_LENGTH))
    matter_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    material: Mapped[str] = mapped_column(String(NAME_LENGTH))
    place: Mapped[int]
    means: Mapped[str] = mapped_column(String(WORD_LENGTH))
    target: Mapped[str] = mapped_column(String(TARGET_LENGTH))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    fields: Mapped[list[str]] = mapped_column(JSON)
    mode: Mapped[str] = mapped_column(String(WORD_LENGTH))
    basis: Mapped[str] = mapped_column(String(TEXT_LENGTH))
    source: Mapped[str] = mapped_column(String(NAME_LENGTH))
    region: Mapped[str] = mapped_column(String(REGION_LENGTH))
    confidence: Mapped[str] = mapped_column(String(WORD_LENGTH))
    effective_from: Mapped[date] = mapped_column(Date)
    effective_until: Mapped[date | None] = mapped_column(Date)
    made_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    made_at: Mapped[datetime] = mapped_column(Moment)


class MatterUseList(Base):
    """A use list that was drafted from the correspondence: on which list it was built, and which matters it is for."""

    __tablename__ = "certs_matters_use_lists"

    use_list: Mapped[str] = mapped_column(ForeignKey("exchange_use_lists.id"), primary_key=True)
    authority: Mapped[str] = mapped_column(String(CODE_LENGTH))
    built_on: Mapped[str | None] = mapped_column(ForeignKey("exchange_use_lists.id"))
    matters: Mapped[list[str]] = mapped_column(JSON)
    carried: Mapped[int]
    made_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    made_at: Mapped[datetime] = mapped_column(Moment)
