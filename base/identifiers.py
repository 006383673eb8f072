"""The codes of Chinese administration: their shape, their check characters, and how they are shown.

Inbound soft, outbound strict. `read_…` takes any text, mends what is mere spelling (full-width letters, spaces, lower
case, the old 15 digits) and tells every fault as a value, so that a register of the past can be taken in and its faults
shown to those who can mend them. `CreditCode`, `IdNumber`, `OrganisationCode`, `RegionCode` and `CertificateIdentifier`
can only be made from exact, sound text, so whoever holds one need not check it again.

Not decided here: whether a code was ever given out, to whom, and whether a region still exists under its name.

Clauses: GB 32100-2015 (统一社会信用代码), GB 11714-1997 (组织机构代码), GB 11643-1999 (公民身份号码), GB/T 2260 and the
statistical 12-digit extension (行政区划), GB/T 36904-2018 (证照标识), ISO/IEC 7064 (MOD 11-2; MOD 37,36).
"""

import enum
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from stdnum.cn import ric, uscc

from base.errors import DomainError, Kind
from base.readings import MAX_LENGTH, REMARKS, Code, Fault, Identifier, masked_id_number, mended
from base.workdays import local_day

DIGITS = "0123456789"
ALPHANUMERIC = DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# GB 32100-2015 4.1 leaves out I O S V Z, which are mistaken for digits and for each other.
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"

# The numbers were first given out in 1984; nobody alive then was born earlier.
EARLIEST_BIRTH_YEAR = 1850

# GB/T 2260, first two digits. 66 is not in it but is what national platforms write for 新疆生产建设兵团.
PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 66 71 81 82".split()
)
NATION = "100000"
# Residence permits: 81 Hong Kong, 82 Macao, 83 Taiwan; 9 opens the permanent-residence number of a foreigner.
ID_NUMBER_PREFIXES = PROVINCES | {"83"}
FOREIGNER = "9"

# GB/T 36904-2018: the arc of all certificate identifiers.
CERTIFICATE_ROOT = "1.2.156.3005.2"
FIRST_VERSION = "001"
LAST_VERSION = 999


@dataclass(eq=False)
class _Refusal(DomainError):
    faults: str
    kind: ClassVar[Kind] = Kind.MALFORMED


class InvalidCreditCode(_Refusal):
    """A text is not an exact unified social credit code."""

    code: ClassVar[str] = "invalid-credit-code"


class InvalidOrganisationCode(_Refusal):
    """A text is not an exact organisation code."""

    code: ClassVar[str] = "invalid-organisation-code"


class InvalidIdNumber(_Refusal):
    """A text is not an exact citizen identification number."""

    code: ClassVar[str] = "invalid-id-number"


class InvalidRegionCode(_Refusal):
    """A text is not an exact region code."""

    code: ClassVar[str] = "invalid-region-code"


class InvalidCertificateIdentifier(_Refusal):
    """A text is not an exact certificate identifier."""

    code: ClassVar[str] = "invalid-certificate-identifier"


# --- 统一社会信用代码, GB 32100-2015 -----------------------------------------------------------------------------


@dataclass(frozen=True)
class CreditCode:
    """A sound unified social credit code. Raises `InvalidCreditCode` when made from anything else."""

    text: str

    def __post_init__(self) -> None:
        _require(read_credit_code(self.text), InvalidCreditCode)

    @property
    def region(self) -> str:
        """Give the six digits of the region where it was registered."""
        return self.text[2:8]

    @property
    def organisation_code(self) -> str:
        """Give the nine characters that are the organisation code of GB 11714."""
        return self.text[8:17]

    def __str__(self) -> str:
        return self.text


def read_credit_code(text: str) -> Identifier:
    """Read a unified social credit code softly."""
    spelt, faults = mended(text, hyphens=True)
    return Identifier(Code.CREDIT, spelt, (*faults, *_credit_code_faults(spelt)))


def _credit_code_faults(text: str) -> list[Fault]:
    if len(text) != 18:  # noqa: PLR2004 - GB 32100-2015 4.1
        return [Fault.LENGTH]
    # The office and the kind of body may be letters (N2 for rural collectives, Y1): only the region is all digits.
    if not set(text) <= set(CREDIT_ALPHABET) or not set(text[2:8]) <= set(DIGITS):
        return [Fault.ALPHABET]
    faults = [Fault.CHECK] if uscc.calc_check_digit(text[:17]) != text[17] else []
    if text[2:4] not in PROVINCES and text[2:8] != NATION:
        faults.append(Fault.REGION_UNKNOWN)
    if organisation_check(text[8:16]) != text[16]:
        faults.append(Fault.ORGANISATION_CHECK)
    return faults


# --- 组织机构代码, GB 11714-1997 ---------------------------------------------------------------------------------

ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True)
class OrganisationCode:
    """A sound organisation code of nine characters. Raises `InvalidOrganisationCode` when made from anything else."""

    text: str

    def __post_init__(self) -> None:
        _require(read_organisation_code(self.text), InvalidOrganisationCode)

    @property
    def hyphenated(self) -> str:
        """Give the form that is printed: eight characters, a hyphen, the check character."""
        return f"{self.text[:8]}-{self.text[8]}"

    def __str__(self) -> str:
        return self.text


def read_organisation_code(text: str) -> Identifier:
    """Read an organisation code softly; the printed hyphen counts as spelling."""
    spelt, faults = mended(text, hyphens=True)
    return Identifier(Code.ORGANISATION, spelt, (*faults, *_organisation_faults(spelt)))


def organisation_check(eight: str) -> str:
    """Compute the check character of GB 11714-1997 over eight letters and digits.

    It finds every single wrong digit; between letters, those eleven places apart look alike to it.
    """
    total = sum(ALPHANUMERIC.index(sign) * weight for sign, weight in zip(eight, ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


def _organisation_faults(text: str) -> list[Fault]:
    if len(text) != 9:  # noqa: PLR2004 - GB 11714-1997 3.1
        return [Fault.LENGTH]
    if not set(text[:8]) <= set(ALPHANUMERIC) or text[8] not in DIGITS + "X":
        return [Fault.ALPHABET]
    return [Fault.CHECK] if organisation_check(text[:8]) != text[8] else []


# --- 公民身份号码, GB 11643-1999 ---------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class IdNumber:
    """A sound citizen identification number of 18. Raises `InvalidIdNumber` when made from anything else.

    Its text never shows up in a representation; ask for `.text` where the number itself is meant.
    """

    text: str

    def __post_init__(self) -> None:
        _require(read_id_number(self.text), InvalidIdNumber)

    @property
    def birth_date(self) -> date:
        """Give the date of birth."""
        return date(int(self.text[6:10]), int(self.text[10:12]), int(self.text[12:14]))

    @property
    def male(self) -> bool:
        """Whether the sequence number is odd, which is how the number tells the sex."""
        return int(self.text[16]) % 2 == 1

    def __repr__(self) -> str:
        return f"IdNumber({masked_id_number(self.text)})"

    __str__ = __repr__


def read_id_number(text: str, at: datetime | None = None) -> Identifier:
    """Read an identification number softly; 15 digits become 18. A birth after `at`, where it is told, is a fault."""
    spelt, faults = mended(text)
    if len(spelt) == 15 and set(spelt) <= set(DIGITS):  # noqa: PLR2004 - GB 11643-1989
        longer = spelt[:6] + "19" + spelt[6:]
        spelt = longer + ric.calc_check_digit(longer + "0")
        faults.append(Fault.FIFTEEN_DIGITS)
    today = local_day(at) if at else date.max
    return Identifier(Code.ID_NUMBER, spelt, (*faults, *_id_number_faults(spelt, today)))


def _id_number_faults(text: str, today: date) -> list[Fault]:
    if len(text) != 18:  # noqa: PLR2004 - GB 11643-1999 3.1
        return [Fault.LENGTH]
    if not set(text[:17]) <= set(DIGITS) or text[17] not in DIGITS + "X":
        return [Fault.ALPHABET]
    faults = []
    if text[:2] not in ID_NUMBER_PREFIXES and not (text[0] == FOREIGNER and text[1:3] in PROVINCES):
        faults.append(Fault.PROVINCE)
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        faults.append(Fault.BIRTH_DATE)
    else:
        if born.year < EARLIEST_BIRTH_YEAR or born > today:
            faults.append(Fault.BIRTH_DATE)
    if ric.calc_check_digit(text) != text[17]:
        faults.append(Fault.CHECK)
    return faults


# --- 行政区划代码, GB/T 2260 and the 12 statistical digits --------------------------------------------------------


class Level(enum.IntEnum):
    """How far down a region code reaches."""

    NATION = 0
    PROVINCE = 1
    CITY = 2
    COUNTY = 3
    TOWN = 4
    VILLAGE = 5


# Where each level's digits end: 2 + 2 + 2 (GB/T 2260), then 3 for the town and 3 for the village.
LEVEL_ENDS = {Level.PROVINCE: 2, Level.CITY: 4, Level.COUNTY: 6, Level.TOWN: 9, Level.VILLAGE: 12}


@dataclass(frozen=True)
class RegionCode:
    """A well-formed region code of 6, 9 or 12 digits. Raises `InvalidRegionCode` when made from anything else."""

    text: str

    def __post_init__(self) -> None:
        _require(read_region_code(self.text), InvalidRegionCode)

    @property
    def level(self) -> Level:
        """Tell the level by the last group of digits that is not all zeros."""
        if self.text.startswith(NATION):
            return Level.NATION
        return max(level for level, part in _groups(self.text) if part.strip("0"))

    def covers(self, other: "RegionCode") -> bool:
        """Whether the other region is this one or lies in it, whatever the lengths of the two codes."""
        if self.level is Level.NATION:
            return True
        end = LEVEL_ENDS[self.level]
        return other.level is not Level.NATION and other.text.ljust(12, "0")[:end] == self.text.ljust(12, "0")[:end]

    def __str__(self) -> str:
        return self.text


def read_region_code(text: str) -> Identifier:
    """Read a region code softly."""
    spelt, faults = mended(text)
    return Identifier(Code.REGION, spelt, (*faults, *_region_faults(spelt)))


def _region_faults(text: str) -> list[Fault]:
    if len(text) not in {6, 9, 12}:
        return [Fault.LENGTH]
    if not set(text) <= set(DIGITS):
        return [Fault.ALPHABET]
    if text.startswith(NATION):
        return [] if not text[6:].strip("0") else [Fault.GAP]
    faults = [Fault.PROVINCE] if text[:2] not in PROVINCES else []
    # A city may have towns without counties (441900 东莞, 460400 儋州); nothing else may be skipped.
    parts = {level: bool(part.strip("0")) for level, part in _groups(text)}
    below_city = any(held for level, held in parts.items() if level > Level.CITY)
    if (below_city and not parts[Level.CITY]) or (parts.get(Level.VILLAGE) and not parts[Level.TOWN]):
        faults.append(Fault.GAP)
    return faults


def _groups(text: str) -> list[tuple[Level, str]]:
    starts = [0, *LEVEL_ENDS.values()]
    return [(level, text[start:end]) for (level, end), start in zip(LEVEL_ENDS.items(), starts, strict=False)][
        : 3 + (len(text) - 6) // 3
    ]


# --- 证照标识, GB/T 36904-2018 ------------------------------------------------------------------------------------

TYPE_CODE = re.compile(r"([0-9A-Z]{18})([0-9]{3})")
PART = re.compile(r"[0-9A-Z]+")
VERSION = re.compile(r"[0-9]{3}")


@dataclass(frozen=True)
class CertificateParts:
    """What a certificate identifier says, part by part, right or wrong."""

    type_code: str
    issuer: str
    serial: str
    version: str
    check: str


@dataclass(frozen=True)
class CertificateIdentifier:
    """A sound certificate identifier with its root. Raises `InvalidCertificateIdentifier` for anything else."""

    text: str

    def __post_init__(self) -> None:
        _require(read_certificate_identifier(self.text), InvalidCertificateIdentifier)

    @classmethod
    def written(cls, type_code: str, issuer: CreditCode, serial: str, version: str) -> "CertificateIdentifier":
        """Write a new identifier with its check character. Raises `InvalidCertificateIdentifier`."""
        return cls(_certificate_text(type_code, issuer.text, serial, version))

    @property
    def parts(self) -> CertificateParts:
        """Give the parts."""
        return CertificateParts(*self.text.removeprefix(CERTIFICATE_ROOT + ".").split("."))

    def next_version(self) -> "CertificateIdentifier":
        """Give the identifier of the certificate that replaces this one: same serial, version one higher.

        Raises `InvalidCertificateIdentifier` after the last version.
        """
        parts = self.parts
        if int(parts.version) == LAST_VERSION:
            raise InvalidCertificateIdentifier(Fault.VERSION.value)
        version = f"{int(parts.version) + 1:03d}"
        return CertificateIdentifier(_certificate_text(parts.type_code, parts.issuer, parts.serial, version))

    def __str__(self) -> str:
        return self.text


def read_certificate_identifier(text: str) -> Identifier:
    """Read a certificate identifier softly; a missing root is put back, a wrong check character is told."""
    spelt, faults = mended(text)
    if spelt and not spelt.startswith(CERTIFICATE_ROOT + ".") and certificate_parts(spelt):
        spelt = f"{CERTIFICATE_ROOT}.{spelt}"
        faults.append(Fault.ROOT_MISSING)
    return Identifier(Code.CERTIFICATE, spelt, (*faults, *_certificate_faults(spelt)))


def certificate_parts(text: str) -> CertificateParts | None:
    """Cut text into an identifier's five parts, or tell that it has not five."""
    parts = text.removeprefix(CERTIFICATE_ROOT + ".").split(".")
    return CertificateParts(*parts) if len(parts) == 5 else None  # noqa: PLR2004 - GB/T 36904: five parts


def certificate_check(body: str) -> str:
    """Compute the check character over type, issuer, serial and version, joined: ISO/IEC 7064 MOD 37,36."""
    product = 36
    for sign in body:
        rest = (product + ALPHANUMERIC.index(sign)) % 36 or 36
        product = rest * 2 % 37
    return ALPHANUMERIC[(37 - product) % 36]


def _certificate_faults(text: str) -> list[Fault]:
    parts = certificate_parts(text)
    if len(text) > MAX_LENGTH:
        return [Fault.LENGTH]
    if parts is None or not text.startswith(CERTIFICATE_ROOT + "."):
        return [Fault.SHAPE]
    if not all(PART.fullmatch(part) for part in vars(parts).values()):
        return [Fault.ALPHABET]
    faults = []
    type_code = TYPE_CODE.fullmatch(parts.type_code)
    if type_code is None or not read_credit_code(type_code[1]).sound:
        faults.append(Fault.TYPE_CODE)
    if not read_credit_code(parts.issuer).sound:
        faults.append(Fault.ISSUER_NOT_CREDIT_CODE)
    if not VERSION.fullmatch(parts.version) or parts.version < FIRST_VERSION:
        faults.append(Fault.VERSION)
    if certificate_check(parts.type_code + parts.issuer + parts.serial + parts.version) != parts.check:
        faults.append(Fault.CHECK)
    return faults


def _require(read: Identifier, refusal: type[_Refusal]) -> None:
    if not read.exact:
        raise refusal(", ".join(fault.value for fault in read.faults if fault not in REMARKS))


def _certificate_text(type_code: str, issuer: str, serial: str, version: str) -> str:
    body = type_code + issuer + serial + version
    if not set(body) <= set(ALPHANUMERIC):
        raise InvalidCertificateIdentifier(Fault.ALPHABET.value)
    return f"{CERTIFICATE_ROOT}.{type_code}.{issuer}.{serial}.{version}.{certificate_check(body)}"
