"""What is said about text that should be a code: its spelling mended, its faults told; and how codes are shown.

The five codes themselves, their shapes and check characters, stand in `base.identifiers`. Words for the faults are for
those who show them; a fault is a slug that stays the same in every language.
"""

import enum
from dataclasses import dataclass

# Longer text is no code of any kind; the national register keeps a 证照标识 in varchar(128).
MAX_LENGTH = 128


class Code(enum.StrEnum):
    """The kinds of code that are read here."""

    CREDIT = "credit-code"
    ID_NUMBER = "id-number"
    ORGANISATION = "organisation-code"
    REGION = "region-code"
    CERTIFICATE = "certificate-identifier"


class Fault(enum.StrEnum):
    """What can be told about text that should be a code; a slug that stays the same in every language."""

    # Spelling; the reading has already mended it.
    FULL_WIDTH = "full-width"
    SPACES = "spaces"
    HYPHENS = "hyphens"
    LOWER_CASE = "lower-case"
    FIFTEEN_DIGITS = "fifteen-digits"
    ROOT_MISSING = "root-missing"
    # Remarks: seen in registers and accepted, but worth telling.
    REGION_UNKNOWN = "region-unknown"
    ORGANISATION_CHECK = "organisation-check"
    ISSUER_NOT_CREDIT_CODE = "issuer-not-credit-code"
    # Wrong.
    LENGTH = "length"
    ALPHABET = "alphabet"
    SHAPE = "shape"
    CHECK = "check"
    PROVINCE = "province"
    GAP = "gap"
    BIRTH_DATE = "birth-date"
    TYPE_CODE = "type-code"
    VERSION = "version"


SPELLING = frozenset(
    {Fault.FULL_WIDTH, Fault.SPACES, Fault.HYPHENS, Fault.LOWER_CASE, Fault.FIFTEEN_DIGITS, Fault.ROOT_MISSING}
)
REMARKS = frozenset({Fault.REGION_UNKNOWN, Fault.ORGANISATION_CHECK, Fault.ISSUER_NOT_CREDIT_CODE})


@dataclass(frozen=True, repr=False)
class Identifier:
    """Text read as one kind of code: the text with its spelling mended, and every fault found on the way."""

    code: Code
    text: str
    faults: tuple[Fault, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong once the spelling is mended."""
        return not self.wrong

    @property
    def exact(self) -> bool:
        """Whether the text as given was already sound and well spelt; remarks do not count."""
        return REMARKS.issuperset(self.faults)

    @property
    def wrong(self) -> tuple[Fault, ...]:
        """Give the faults that mending could not take away."""
        return tuple(fault for fault in self.faults if fault not in SPELLING and fault not in REMARKS)

    def __repr__(self) -> str:
        shown = masked_id_number(self.text) if self.code is Code.ID_NUMBER else self.text
        return f"Identifier({self.code.value}, {shown}, {[fault.value for fault in self.faults]})"


def masked_id_number(text: str) -> str:
    """Show an identification number as its first and last four signs; of a shorter text nothing is shown."""
    shown = 4
    hidden = len(text) - 2 * shown
    return text[:shown] + "*" * hidden + text[-shown:] if hidden > shown else "*" * len(text)


def masked_name(name: str) -> str:
    """Show the first character of a person's name, and one star for each of the others."""
    name = name.strip()
    return name[:1] + "*" * (len(name) - 1) if len(name) > 1 else "*" * len(name)


INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
# U+FF01…U+FF5E are the full-width forms of U+0021…U+007E, at a fixed distance.
FULL_WIDTH = {sign: sign - 0xFEE0 for sign in range(0xFF01, 0xFF5F)}
HYPHENS = dict.fromkeys(map(ord, "-‐‑‒–—−"))


def mended(text: str, *, hyphens: bool = False) -> tuple[str, list[Fault]]:
    """Take spelling away and tell which; text too long for any code is left as it is, to be refused by its length."""
    if len(text) > 2 * MAX_LENGTH:
        return text, []
    faults = []
    for fault, mend in (
        (Fault.FULL_WIDTH, lambda given: given.translate(FULL_WIDTH)),
        (Fault.SPACES, lambda given: "".join(sign for sign in given if not sign.isspace() and sign not in INVISIBLE)),
        (Fault.HYPHENS, lambda given: given.translate(HYPHENS) if hyphens else given),
        # Only the letters of a code: upper() would turn other letters into two.
        (Fault.LOWER_CASE, lambda given: given.upper() if given.isascii() else given),
    ):
        after = mend(text)
        if after != text:
            faults.append(fault)
        text = after
    return text, faults
