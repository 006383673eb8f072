"""What one picture of one page may cost: every limit is a number with the reason beside it.

They bound what a renderer draws and keeps. A process of its own, with limits of time and memory, is the caller's part
for bytes from outside, as it is for verification.
"""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What one page may cost."""

    # Objects and characters: a table of a thousand rows has 20,000; XML of one file could hold 150,000.
    objects: int = 30_000
    # Twelve points of a letter, sixty of an ideograph: a page of 10,000 ideographs has 600,000.
    segments: int = 1_000_000
    # Of those, what paths and clips spell out for themselves; the map of a town has some 50,000.
    spelt_segments: int = 200_000
    # Sums of what every object covers, in page areas: stamped backgrounds reach five, a hostile page a million.
    painted_pages: float = 150.0
    # Templates, blocks and composite objects inside one another.
    nesting: int = 24
    # Templates of one page; certificates have one or two.
    templates: int = 16
    annotations: int = 2_000
    # Seals of one page; a joint document of a dozen organs has a dozen.
    stamps: int = 100
    # A4 at 600 dpi has 35 million points, which JPEG can give at half size; other formats must be unfolded whole.
    image_points: int = 25_000_000
    jpeg_points: int = 40_000_000
    # All pictures of a page together, unfolded.
    image_points_in_all: int = 60_000_000
    images: int = 500
    # What is kept of a picture: 300 dpi of what shows, and never more than this.
    kept_points: int = 4_000_000
    # A typeface with all of GB 18030 has 30 MiB.
    font_bytes: int = 32 * MIB
    fonts: int = 64
    # The sheet that is drawn: 25 million points are 100 MB.
    pixels: int = 25_000_000
    # Pages that one answer shows; a contract of a hundred pages is looked at page by page.
    pages: int = 20


LIMITS = Limits()
