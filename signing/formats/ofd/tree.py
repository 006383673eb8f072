"""What a reader shows of a package: every part that is reached from OFD.xml (GB/T 33190-2016 7.4 to 7.9, 18).

The walk is wider than any one reader's, on purpose. It takes names without regard to namespaces and depth, follows
every page, template, annotation, attachment and version whether used or not, and where a location could be meant in
several ways it takes all entries that some reader could mean. A location that cannot be followed is kept in
`unresolved`: with one of those nobody can say what a more lenient reader shows.

Visible are documents, versions, pages, templates, resources, typefaces, images and other media, colour profiles,
annotations, attachments and the cover. Not visible are custom tags, extensions, and OFD.xml itself as long as only one
document could be its root.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from signing.formats.ofd.container import Container, Entry
from signing.formats.ofd.limits import MAX_PAGES
from signing.formats.ofd.locations import Found, all_found, folder_of, normal
from signing.formats.ofd.markup import Element, Malformed, Reader, local, named, text

# In Document.xml: elements whose text is a location, and elements with the attribute BaseLoc.
LOCATION_TEXTS: Final = frozenset(
    {"PublicRes", "DocumentRes", "Annotations", "Attachments", "CustomTags", "Extensions"}
)
BASE_LOCATIONS: Final = frozenset({"Page", "TemplatePage"})
HIDDEN: Final = frozenset({"CustomTags", "Extensions"})
RESOURCE_FILES: Final = frozenset({"FontFile", "MediaFile"})
UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
DOCUMENT_ELEMENT: Final = re.compile(rb"<(?:[A-Za-z_][\w.\-]*:)?Document[\s/>]")


@dataclass(frozen=True, slots=True)
class Page:
    """A page as Document.xml lists it: counted from 1, with its object ID and its content, if that is there."""

    number: int
    id: str
    entry: Entry | None
    document: str


@dataclass(frozen=True)
class Tree:
    """What is shown, what is only carried, and what could not be followed."""

    shown: frozenset[str]
    carried: frozenset[str]
    documents: tuple[str, ...]
    pages: tuple[Page, ...]
    unresolved: tuple[tuple[str, str], ...]
    # Check codes of deviations with the first part each was seen at.
    deviations: tuple[tuple[str, str], ...]


@dataclass
class Walk:
    """Builds a tree; used once."""

    container: Container
    reader: Reader
    shown: set[str] = field(default_factory=set)
    carried: set[str] = field(default_factory=set)
    documents: list[str] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    unresolved: list[tuple[str, str]] = field(default_factory=list)
    deviations: dict[str, str] = field(default_factory=dict)

    def finished(self) -> Tree:
        """Give what was found."""
        return Tree(
            frozenset(self.shown),
            frozenset(self.carried - self.shown),
            tuple(self.documents),
            tuple(self.pages),
            tuple(self.unresolved),
            tuple(self.deviations.items()),
        )

    def follow(self, location: str, mentioned_in: str, *folders: str, shown: bool = True) -> list[Entry]:
        """Take every entry that a location may mean into the tree; the standard's own reading first."""
        answers = all_found(self.container, location, mentioned_in, *folders)
        if not answers:
            if shown:
                self.unresolved.append((mentioned_in, location))
            return []
        self._note(answers[0])
        (self.shown if shown else self.carried).update(each.entry.name for each in answers)
        return [each.entry for each in answers]

    def document(self, entry: Entry) -> None:
        """Walk through a Document.xml and everything that it names."""
        if entry.name in self.documents:
            return
        self.documents.append(entry.name)
        if (root := self._parsed(entry)) is None:
            return
        for element in root.iter("{*}*"):
            name = local(element)
            if name in BASE_LOCATIONS:
                self._page(element, name, entry)
            elif name in LOCATION_TEXTS:
                self._list(element, name, entry)

    def version(self, entry: Entry) -> None:
        """Walk through a DocVersion.xml: its files, and the document that it shows (clause 19)."""
        if (root := self._parsed(entry)) is None:
            return
        for element in named(root, "File"):
            self.follow_text(element, entry.name)
        for element in named(root, "DocRoot"):
            for document in self.follow_text(element, entry.name):
                self.document(document)

    def _page(self, element: Element, name: str, document: Entry) -> None:
        location = element.get("BaseLoc")
        if location is None:
            return
        if len(self.pages) >= MAX_PAGES:
            raise Malformed("too-many-pages")
        found = self.follow(location.strip(), document.name)
        if name == "Page":
            mine = sum(each.document == document.name for each in self.pages[-1:]) and self.pages[-1].number
            self.pages.append(Page(mine + 1, element.get("ID", ""), found[0] if found else None, document.name))
        for entry in found:
            self._page_resources(entry, document)

    def _page_resources(self, page: Entry, document: Entry) -> None:
        """Follow the resources that a page names for itself; a page that names none need not be parsed here."""
        content = page.content
        if b"PageRes" not in content and not content.startswith(UTF16):
            return
        if (root := self._parsed(page)) is not None:
            for element in named(root, "PageRes"):
                self._resources(self.follow_text(element, page.name, folder_of(document.name)))

    def _list(self, element: Element, name: str, document: Entry) -> None:
        shown = name not in HIDDEN
        found = self.follow_text(element, document.name, shown=shown)
        if name in {"PublicRes", "DocumentRes"}:
            self._resources(found)
            return
        for entry in found:
            if (root := self._parsed(entry, shown=shown)) is None:
                continue
            for each in root.iter("{*}FileLoc", "{*}SchemaLoc", "{*}ExtendData"):
                self.follow_text(each, entry.name, folder_of(document.name), shown=shown)

    def _resources(self, files: Iterable[Entry]) -> None:
        """Walk through resource files: typefaces, media and colour profiles (clause 7.9)."""
        for entry in files:
            if (root := self._parsed(entry)) is None:
                continue
            base = normal(root.get("BaseLoc", "").strip() or ".", folder_of(entry.name))
            folder = f"{base}/" if base else ""
            for element in root.iter("{*}*"):
                if local(element) in RESOURCE_FILES:
                    self.follow_text(element, folder, folder_of(entry.name))
                elif (profile := element.get("Profile")) is not None:
                    self.follow(profile.strip(), folder, folder_of(entry.name))

    def follow_text(self, element: Element, mentioned_in: str, *folders: str, shown: bool = True) -> list[Entry]:
        """Follow the location that is an element's text; anything but plain text leads nowhere."""
        try:
            location = text(element)
        except Malformed as reason:
            if shown:
                self.unresolved.append((mentioned_in, reason.reason))
            return []
        return self.follow(location, mentioned_in, *folders, shown=shown)

    def _parsed(self, entry: Entry, *, shown: bool = True) -> Element | None:
        """Parse a part; one that cannot be parsed leaves open what others see in it."""
        try:
            return self.reader.parse(entry.content)
        except Malformed as reason:
            if shown:
                self.unresolved.append((entry.name, reason.reason))
            return None

    def _note(self, answer: Found) -> None:
        if answer.deviation:
            self.deviations.setdefault(answer.deviation, answer.entry.name)


def may_be_a_document(entry: Entry) -> bool:
    """Tell whether OFD.xml could name this entry as its document; in doubt it could."""
    content = entry.content
    return content.startswith(UTF16) or DOCUMENT_ELEMENT.search(content) is not None
