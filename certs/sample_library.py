"""What the sandbox's library holds, as data: invented people and firms, and what each of them has, always the same.

Nothing is issued here and nothing is drawn at random: entry number 17 is the same on every machine and after every
restart, which is what lets a job that was cut off go on where it was. Everything is marked 演示 and every code is
well-formed: people live in a region that does not exist, firms have organisation codes that were never given out.
"""

import base64
import functools
import io
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from importlib import resources
from typing import Any, Final

from PIL import Image, ImageDraw
from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_2

from base.identifiers import organisation_check
from certs.drafts import Draft, Holder
from certs.sample_magic import ID_NUMBER, MAGIC, REGION, Magic
from certs.types.certificate_type import NO_LAST_DAY, CertificateType

CREDIT_CODE: Final = "001"
PEOPLE: Final = 170
FIRMS: Final = 110
# Those of a senior citizen's card are the oldest; the first of the people are born in this year and after.
SENIORS_BORN, OTHERS_BORN = 1950, 1968
# Certificates of the library are up to so many days old when it is made.
OLDEST_DAYS: Final = 600
# Scene 3 of the practice: so many in a hundred of what was collected are out of date.
STALE_EACH: Final = 15


@dataclass(frozen=True)
class Person:
    """An invented person."""

    name: str
    code: str = field(repr=False)

    @property
    def birth(self) -> str:
        """Give the day of birth, as the code says it."""
        return f"{self.code[6:10]}-{self.code[10:12]}-{self.code[12:14]}"

    @property
    def sex(self) -> str:
        """Give the sex as the code says it: odd is male."""
        return "1" if int(self.code[16]) % 2 else "2"


@dataclass(frozen=True)
class Entry:
    """A certificate of the library: its type, who issues it (nobody of the province for one that was collected)."""

    number: int
    type: CertificateType
    issuer: str
    draft: Draft = field(repr=False)
    face: str = ""

    @property
    def is_collected(self) -> bool:
        """Tell whether it comes as a finished file."""
        return not self.issuer


@functools.cache
def words() -> Mapping[str, Any]:
    """Read the words and the counts."""
    return tomllib.loads(resources.files("certs").joinpath("sample_words.toml").read_text("utf-8"))


@functools.cache
def people() -> tuple[Person, ...]:
    """Invent the people, the seniors first; none of them is a magic one."""
    made = []
    for number in range(PEOPLE):
        first = SENIORS_BORN if number < PEOPLE // 4 else OTHERS_BORN
        born = date(first, 1, 1) + timedelta(days=number * 53 % 5400)
        made.append(Person(_name(number), _id_number(number, born)))
    return tuple(made)


def firm(number: int) -> str:
    """Give the code of an invented firm."""
    eight = f"YNF{number:05d}"
    seventeen = "91320900" + eight + organisation_check(eight)
    return seventeen + str(uscc.calc_check_digit(seventeen))


def firm_name(number: int) -> str:
    """Name an invented firm."""
    told = words()
    return f"演示市{_of(told['places'], number)}{_of(told['trades'], number // 3)}{number}号有限公司"


def entries(types: Mapping[str, CertificateType], day: date) -> tuple[Entry, ...]:
    """Give everything that the library holds beside the magic holders', as of a day; types in turn, not one by one."""
    by_name = {each.name: each for each in types.values()}
    told = words()["types"]
    columns = [[(by_name[name], each, place) for place in range(each["count"])] for name, each in told.items()]
    in_turn = [column[row] for row in range(max(map(len, columns))) for column in columns if row < len(column)]
    return tuple(_entry(number, *each, day) for number, each in enumerate(in_turn, 1))


def magic_entries(magic: Magic, types: Mapping[str, CertificateType], day: date) -> tuple[Entry, ...]:
    """Give what the library holds of a magic holder."""
    by_name = {each.name: each for each in types.values()}
    person = Person(magic.name, magic.code)
    number = 9000 + int(magic.ending)
    found = []
    for place, name in enumerate(magic.has):
        told = {**words()["types"][name], "holder": "told"}
        found.append(_entry(number + place * 500, by_name[name], told, number, day, person))
    return tuple(found)


def _entry(
    number: int, type_: CertificateType, told: Mapping[str, Any], place: int, day: date, person: Person | None = None
) -> Entry:
    issued_on = day - timedelta(days=number * 37 % OLDEST_DAYS + 1)
    holders, known = _holders(told.get("holder", "firm"), number, place, type_, person)
    known = {**known, **_words(number, issued_on)}
    data = {name: _value(recipe, place, known) for name, recipe in told["fields"].items()}
    years = told.get("until_years")
    until = None
    if type_.validity.last_day(issued_on) is None:
        until = issued_on + timedelta(days=365 * years) if years else NO_LAST_DAY
        if told.get("stale") and place % STALE_EACH == 1:
            until = day - timedelta(days=30)
            issued_on = until - timedelta(days=365 * 6)
    number_told = told["number"].format_map(known) if "number" in told else None
    draft = Draft(holders, issued_on, issued_on, data, number_told, until, region="320902")
    return Entry(number, type_, told.get("issuer", ""), draft, told.get("face", ""))


def _holders(
    kind: str, number: int, place: int, type_: CertificateType, person: Person | None
) -> tuple[tuple[Holder, ...], dict[str, str]]:
    """Choose who holds it; several hold a household register, a marriage or a house together."""
    roles = type_.holders.roles
    if kind == "firm":
        # A business licence has its firm's code for a number, so each is another firm's.
        which = (number if type_.is_issued_here else place) * 7 % FIRMS + 1
        holder = Holder(firm(which), CREDIT_CODE, firm_name(which), roles[0])
        return (holder,), {"holder": holder.code, "birth": "", "sex": ""}
    seniors = PEOPLE // 4
    chosen = {
        "senior": [people()[place % seniors]],
        "person": [people()[seniors + place * 3 % (PEOPLE - seniors)]],
        "family": [people()[seniors + place * 2 % 100], people()[seniors + place * 2 % 100 + 1]],
        "couple": [people()[seniors + place * 2 % 120], people()[seniors + place * 2 % 120 + 1]],
    }.get(kind, [person] if person is not None else [])
    holders = tuple(
        Holder(each.code, ID_NUMBER, each.name, roles[min(at, len(roles) - 1)]) for at, each in enumerate(chosen)
    )
    return holders, {"holder": chosen[0].code, "birth": chosen[0].birth, "sex": chosen[0].sex}


def _words(number: int, issued_on: date) -> dict[str, str]:
    told = words()
    return {
        "address": f"演示市演示区{_of(told['streets'], number)}{number % 300 + 1}号",
        "person": _name(number * 3 + 1),
        "place": _of(told["places"], number),
        "small": str(number % 90 + 10),
        "serial": f"{number:06d}",
        "serial5": f"{number:05d}",
        "serial9": f"{number:09d}",
        "year": str(issued_on.year),
        "day": issued_on.isoformat(),
        "photo": photograph(),
    }


def _value(recipe: Any, place: int, known: Mapping[str, str]) -> Any:
    told = _of(recipe, place) if isinstance(recipe, list) else recipe
    return told.format_map(known) if isinstance(told, str) else told


@functools.cache
def photograph() -> str:
    """Draw a photograph that shows nobody: a grey head and shoulders."""
    drawn = Image.new("RGB", (90, 120), (226, 232, 238))
    pen = ImageDraw.Draw(drawn)
    pen.ellipse((27, 22, 63, 66), fill=(170, 178, 188))
    pen.ellipse((9, 74, 81, 170), fill=(170, 178, 188))
    out = io.BytesIO()
    drawn.save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode("ascii")


def _name(number: int) -> str:
    told = words()
    return f"演示{_of(told['surnames'], number)}{_of(told['given'], number * 5)}{_of(told['given'], number * 11 + 3)}"


def _id_number(number: int, born: date) -> str:
    """Make an ID number that is no magic one (GB 11643-1999)."""
    return next(each for each in _id_numbers(number, born) if each[-4:] not in MAGIC)


def _id_numbers(number: int, born: date) -> Iterator[str]:
    for serial in range(number % 900 + 10, 1000):
        body = f"{REGION}{born:%Y%m%d}{serial:03d}"
        yield body + str(mod_11_2.calc_check_digit(body))


def _of(several: Sequence[Any], number: int) -> Any:
    return several[number % len(several)]
