"""The limits of an OFD package, each with its reason.

Real packages seen in the field have at most some hundred entries, pages of some hundred kilobytes and nesting below
twenty; every limit leaves room for a hundred times that where memory allows it.
"""

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

# The container (PKWARE APPNOTE 6.3.10). A document of 500 pages with a resource each has about 1,100 entries.
MAX_ENTRIES: Final = 2000
# One entry: a scanned page in colour at 600 dpi is 30 MiB as JPEG; a typeface with all of GB 18030 is 30 MiB.
MAX_ENTRY_BYTES: Final = 64 * MIB
# All entries together, unpacked; a verifier must answer within two seconds.
MAX_TOTAL_BYTES: Final = 256 * MIB
# Deflate cannot do better than 1,032 to 1; XML of pages reaches 30, blank scans 150.
MAX_RATIO: Final = 200
# Below this size an entry may have any ratio: 2,000 of them are still within the total.
RATIO_FREE_BYTES: Final = 64 * KIB
# The whole package: what unpacks to more than this must not be made of almost nothing.
MAX_OVERALL_RATIO: Final = 50
OVERALL_FREE_BYTES: Final = 16 * MIB
# Unpacked bytes that are kept between the checks; what is larger is unpacked again when it is asked for, so that a
# package within the other limits does not grow a process by more than this and one entry.
MAX_KEPT_BYTES: Final = 32 * MIB
# Unpacking goes in steps of this size where the result is not kept.
CHUNK: Final = MIB
# A comment of the archive; tools write a line of text.
MAX_COMMENT_BYTES: Final = KIB
# Bytes before the archive: one vendor writes an identification block; more than a block would be a second document.
MAX_PREFIX_BYTES: Final = 4 * KIB
# A path of the standard's own layout has 60 bytes and six levels.
MAX_NAME_BYTES: Final = 512
MAX_NAME_DEPTH: Final = 32

# XML. A page with a text object for each of 20,000 characters has 6 MiB, 80,000 tags and 160,000 attributes; parsed,
# an element or attribute takes some hundred bytes, so that these limits keep one file below 100 MiB.
MAX_XML_BYTES: Final = 16 * MIB
MAX_XML_TAGS: Final = 150_000
MAX_XML_EQUALS: Final = 250_000
# Attributes of one element; the standard's richest (a path object) has eighteen.
MAX_ATTRIBUTES: Final = 256
# Below this number of equal signs no element needs a look at its attributes' number: it is a small file anyway.
ATTRIBUTES_FREE: Final = 10_000
# All XML of one document that verification has to read: the tree, the lists and the descriptions, not the pages.
MAX_XML_TOTAL_BYTES: Final = 48 * MIB
MAX_XML_TOTAL_TAGS: Final = 800_000

# The document. Joint issue by many organs has tens of seals; how many are judged at once is decided by who judges.
MAX_SIGNATURES: Final = 500
MAX_DOCUMENTS: Final = 64
MAX_PAGES: Final = 10_000
# Seals on every page edge of a long contract.
MAX_STAMPS: Final = 10_000
MAX_TEXT_OF_A_VALUE: Final = 4 * KIB
# Coordinates are millimetres; the largest sheet in use is a roll of some metres.
MAX_MILLIMETRES: Final = 100_000.0
