"""Whose a thing is, as its content says: the organisation by which two sides compare what they hold. Pure."""

from collections.abc import Mapping

from base.canonical import Json
from catalog_sync.cascade.shapes import SHAPES


def department_of(kind: str, content: Mapping[str, Json]) -> str:
    """Give the organisation that a content names; empty where its kind has none, or it says none."""
    shape = SHAPES.get(kind)
    told = content.get(shape.organisation) if shape is not None else None
    return told if isinstance(told, str) else ""
