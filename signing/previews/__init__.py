"""Previews: pages as pictures, by format. One layout for OFD with two writers; PDF by PDFium."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from signing.previews.ofd import OFD
from signing.previews.pdf import PDF
from signing.previews.preview import Renderer


def table(*renderers: Renderer) -> Mapping[str, Renderer]:
    """Lay renderers out by format. Raises `ValueError` for a format that stands twice."""
    laid = {each.format: each for each in renderers}
    if len(laid) != len(renderers):
        raise ValueError("a format of previews stands twice")
    return MappingProxyType(laid)


PREVIEWS: Final = table(OFD, PDF)
