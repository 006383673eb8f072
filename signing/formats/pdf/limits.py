"""What one PDF may cost: every limit is a number with the reason beside it."""

from dataclasses import dataclass, field

from pyhanko.pdf_utils.decode_limits import DecodeLimits, DecodePurpose, DocumentDecodeBudget, StreamDecodeLimits

MIB = 1024 * 1024


class OverLimit(Exception):
    """A document asks for more than one reading may cost; told by the name of the limit."""

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit


def decode_limits() -> DecodeLimits:
    """Give what may come out of compressed streams; only those are decoded that structure and validation need."""
    return DecodeLimits(
        per_stream=StreamDecodeLimits(max_ratio=200, ratio_floor=MIB, max_output_size=16 * MIB),
        per_purpose={
            # 2 MiB are some 400,000 entries of five bytes: above the limit of objects.
            DecodePurpose.XREF_STREAM: StreamDecodeLimits(max_ratio=200, ratio_floor=MIB, max_output_size=2 * MIB),
            # Objects of text compress well, and the writers of the field put 100 to 200 into one stream.
            DecodePurpose.OBJECT_STREAM: StreamDecodeLimits(max_ratio=100, ratio_floor=MIB, max_output_size=8 * MIB),
            DecodePurpose.XMP_METADATA: StreamDecodeLimits(max_ratio=100, ratio_floor=MIB, max_output_size=4 * MIB),
            DecodePurpose.CERTIFICATE: StreamDecodeLimits(max_output_size=64 * 1024),
            DecodePurpose.OCSP_RESPONSE: StreamDecodeLimits(max_output_size=MIB),
            DecodePurpose.CRL: StreamDecodeLimits(max_ratio=50, ratio_floor=MIB, max_output_size=16 * MIB),
        },
        document_budget=DocumentDecodeBudget(base_allowance=64 * MIB, max_ratio=2),
    )


@dataclass(frozen=True)
class Limits:
    """What one PDF may cost."""

    # The largest file of the benchmarks has 13 MB; the public page takes 20 MiB, a system's batch more.
    bytes: int = 64 * MIB
    # Every signing adds a revision, each with its own table: contracts of the field have fewer than 20.
    revisions: int = 64
    # All entries of all cross-reference sections; 500 pages of the field need some 6,000.
    objects: int = 200_000
    # Freed entries are compared with every later section, so the product is bounded too.
    objects_by_revisions: int = 2_000_000
    # Fields of the form with all their children, and how deep they may stand.
    fields: int = 5_000
    field_depth: int = 32
    # Signatures and would-be signatures; each costs an analysis of all that came after it.
    signatures: int = 64
    # Only walked to find the number of a page; the National Archives' longest file has fewer.
    pages: int = 20_000
    # Widgets of one signature: a seal over the edges of every page has one on each.
    places: int = 2_000
    # Objects that the analysis of later changes may look up, in all: some two seconds.
    visits: int = 60_000
    # Steps of parsing (a character, or sixteen of a number): 500 pages signed twice take some 150,000. A row of names
    # costs eight microseconds and 500 bytes for each, so this is what keeps one in two seconds and 128 MiB.
    steps: int = 600_000
    # Characters of one number in rows of sixteen: pyHanko's reading of numbers costs their length squared.
    number_rows: int = 1_024
    # Certificates, lists and answers in the document security store, and their bytes together.
    store_items: int = 512
    store_bytes: int = 32 * MIB
    # How often %%EOF is looked for from the end where the last one leads nowhere.
    ends: int = 3
    decoding: DecodeLimits = field(default_factory=decode_limits)
