"""Resources of a document: typefaces, colour spaces, drawing parameters, media and composite units (7.9, 8.3, 9.x, 13).

They are kept by ID as they stand; what is never used is never read further. Where an ID stands twice the page's own
resource wins, then the later one, as in readers of the field.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from signing.formats.ofd.container import Container, Entry
from signing.formats.ofd.locations import all_found, folder_of, normal
from signing.formats.ofd.markup import Element, Malformed, Reader, local, text

KINDS: Final = frozenset({"Font", "ColorSpace", "DrawParam", "MultiMedia", "CompositeGraphicUnit"})


@dataclass(frozen=True)
class Resource:
    """A resource as it stands, with the folders that its locations are relative to."""

    element: Element
    folders: tuple[str, ...]


@dataclass(frozen=True)
class Resources:
    """What a page can refer to, by kind and ID."""

    container: Container
    found: dict[tuple[str, str], Resource] = field(default_factory=dict)

    def get(self, kind: str, number: str | None) -> Resource | None:
        """Give a resource, or None."""
        return self.found.get((kind, (number or "").strip()))

    def file(self, resource: Resource, element: Element | None) -> Entry | None:
        """Find the file that an element of a resource names."""
        if element is None:
            return None
        try:
            location = text(element)
        except Malformed:
            return None
        return self.located(location, *resource.folders)

    def located(self, location: str, mentioned_in: str, *folders: str) -> Entry | None:
        """Find an entry as the walk through the document does."""
        answers = all_found(self.container, location, mentioned_in, *folders)
        return answers[0].entry if answers else None

    def with_files(self, reader: Reader, entries: Iterator[Entry]) -> "Resources":
        """Add what resource files hold; one that cannot be parsed adds nothing."""
        more = dict(self.found)
        for entry in entries:
            try:
                root = reader.parse(entry.content)
            except Malformed:
                continue
            more.update(_listed(root, entry))
        return replace(self, found=more)


def _listed(root: Element, entry: Entry) -> Iterator[tuple[tuple[str, str], Resource]]:
    base = normal((root.get("BaseLoc") or "").strip() or ".", folder_of(entry.name))
    folders = (f"{base}/" if base else "", folder_of(entry.name))
    for element in root.iter("{*}*"):
        kind = local(element)
        if kind in KINDS or kind == "VectorG":
            name = "CompositeGraphicUnit" if kind == "VectorG" else kind
            yield (name, (element.get("ID") or "").strip()), Resource(element, folders)
