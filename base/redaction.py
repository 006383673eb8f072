"""What may stand in a log: values judged by their shape and their key, nested bodies not at all.

Hidden by shape, wherever in a text: identification numbers (15 and 18), bank cards and every other number of 15 digits
or more, telephone numbers, the local part of e-mail addresses, bearer tokens, JWTs, private keys in PEM, passwords in
addresses and after a telling word, the values in database errors, and long opaque runs. Digits count in full width and
in groups; and what hides in percent-encoding, JSON or Python escapes, character references, base64 or hexadecimal, up
to three layers deep, takes its whole token along.

Kept, since a log without them is of no use: unified social credit codes (public), UUIDs, digests, times.

Not found: names and addresses of people in free text, which have no shape (keys hide them, and what code logs is
chosen with that in mind); digits spelt as words, split over several values, compressed, encrypted, or in base64 of
UTF-16.
"""

import base64
import enum
import html
import re
import urllib.parse
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import PurePath
from typing import Any

from base.identifiers import read_credit_code

HIDDEN = "•••"
# A traceback of sixty frames; what is longer is a body, and reading shapes costs time.
LONGEST_TEXT = 16_384
# Encodings inside encodings; more layers are nobody's accident.
MOST_LAYERS = 3
MOST_ITEMS = 50

# A key hides its value when one of its words is here, or the key as a whole holds one of the pairs.
SECRET_WORDS = frozenset(
    "password passwd passphrase pwd secret secrets token credential credentials authorization cookie cookies csrf totp "
    "otp pin kek dek phone mobile telephone email body payload form params parameters headers arguments args kwargs "
    "locals holder applicant citizen identity idcard".split()
)
SECRET_PAIRS = (
    "private_key api_key secret_key data_key session_key session_id id_number id_card cert_no client_assertion "
    "person_name legal_name real_name user_name contact_name birth_date"
).split()
# The only keys below which a collection is opened instead of being told by its size.
OPEN_KEYS = frozenset({"counts", "codes", "years", "steps"})

# --- Text --------------------------------------------------------------------------------------------------------

# One sign for one sign, so that what is found in the folded text has its place in the text itself: full-width forms,
# and the digits of other scripts written in China (Arabic, Devanagari, Tibetan, Mongolian, Tai) and of mathematics.
ZEROS = (0x660, 0x6F0, 0x966, 0xF20, 0x1810, 0x1946, 0x19D0, *range(0x1D7CE, 0x1D800, 10))
FOLDED = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    zero + digit: ord("0") + digit for zero in ZEROS for digit in range(10)
}
# Signs that nobody sees and that would split a number or forge a line: controls, joiners, directions.
UNSEEN_RANGES = (
    *((0, 8), (11, 31), (127, 159), (0xAD, 0xAD), (0x61C, 0x61C)),
    *((0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F), (0xFEFF, 0xFEFF)),
)
UNSEEN = dict.fromkeys(code for first, last in UNSEEN_RANGES for code in range(first, last + 1))

GAP = r"[ \t\u00a0\u2000-\u200a\u202f\u3000‐-―−\-]"
KEPT = (
    r"(?P<uuid>(?<![0-9A-Za-z-])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9A-Za-z-]))"
    r"|(?P<digest>(?<![0-9A-Za-z])(?=[0-9]*[a-f])(?:[0-9a-f]{32}){1,4}(?![0-9A-Za-z]))"
    r"|(?P<digest40>(?<![0-9A-Za-z])(?=[0-9]*[a-f])[0-9a-f]{40}(?![0-9A-Za-z]))"
    r"|(?P<credit>(?<![0-9A-Za-z])[0-9A-Z]{18}(?:[0-9]{3})?(?![0-9A-Za-z]))"
)
NUMBER = (
    r"[0-9]{15,}[Xx]?"
    rf"|(?<![0-9])[0-9]{{6}}{GAP}[0-9]{{8}}{GAP}?[0-9]{{3}}[0-9Xx]"
    rf"|(?<![0-9])[0-9]{{6}}{GAP}[0-9]{{4}}{GAP}[0-9]{{4}}{GAP}[0-9]{{3}}[0-9Xx]"
    rf"|(?<![0-9])[0-9]{{6}}{GAP}[0-9]{{6}}{GAP}[0-9]{{3}}(?![0-9])"
    rf"|(?<![0-9])[0-9]{{4}}(?:{GAP}[0-9]{{4}}){{3}}(?:{GAP}[0-9]{{0,3}}[0-9Xx])?(?![0-9])"
    rf"|(?<![0-9])(?:(?:\+|00)?86{GAP}?)?1[3-9][0-9](?:{GAP}?[0-9]{{4}}){{2}}(?![0-9])"
    rf"|(?<![0-9])0[1-9][0-9]{{1,2}}{GAP}?[0-9]{{7,8}}(?![0-9])"
)
NUMBERS = re.compile(NUMBER)
KEPT_OR_NUMBER = re.compile(f"{KEPT}|(?P<number>{NUMBER})")
LIKE_ID_NUMBER = re.compile(r"[0-9]{6}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9X]")
# 机构编制, 民政, 市场监管 and the offices with letters: where a credit code may begin; bank cards begin with 3, 4, 6.
CREDIT_OFFICES = "159ANY"

TELLING = (
    r"(?:password|passwd|passphrase|pwd|secret|token|credential|api[_-]?key|private[_-]?key|client[_-]?assertion|"
    r"authorization|cookie|session[_-]?id|csrf|totp|pin[_-]?code|密码|口令|验证码)[\w-]{0,20}"
)
QUOTE = r"(?:\\*[\"']|%22|%27)"
SECRETS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----.*?(?:-----END[A-Z0-9 ]*-----|\Z)", re.DOTALL), HIDDEN),
    (re.compile(r"\beyJ[\w-]{8,}(?:\.[\w-]*){0,4}"), HIDDEN),
    (re.compile(r"(?i)\b(bearer|dpop)((?:\s|%20|\+)+)[\w.~+/=%-]{4,}"), rf"\1\2{HIDDEN}"),
    (re.compile(r"(?i)\b(basic|digest|negotiate)((?:\s|%20|\+)+)[\w+/=%-]{12,}"), rf"\1\2{HIDDEN}"),
    (
        re.compile(
            rf"(?i)({TELLING})({QUOTE}?\s*(?:=>|:|=|：|%3A|%3D)\s*)"
            r"(?:\\+\"(?:(?!\\+\").)*\\+\"|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|%22(?:(?!%22).)*%22|"
            r"(?:(?:bearer|basic)\s+)?[^\s,;&}\"')\]]+)"
        ),
        rf"\1\2{HIDDEN}",
    ),
    # The database repeats what it was given, names and all: SQLAlchemy's parameters, PostgreSQL's details.
    (re.compile(r"\[parameters: .*"), f"[parameters: {HIDDEN}]"),
    (re.compile(r"\b(DETAIL|CONTEXT):\s.*"), rf"\1: {HIDDEN}"),
    (re.compile(r"(?<=://)[^\s/@:]*:[^\s/@]*@"), f"{HIDDEN}@"),
    (re.compile(r"(?<![\w.%+'-])[\w.%+'-]{1,256}@(?=[\w-]+\.[\w.-]|localhost)"), f"{HIDDEN}@"),
    (re.compile(r"[A-Za-z0-9+/_=-]{160,}"), HIDDEN),
)


def redacted(text: str) -> str:
    """Give a text without what may not stand in a log, and without signs that nobody sees."""
    if PLAIN_WORD.fullmatch(text):
        return text
    cut = len(text) > LONGEST_TEXT
    if cut:
        text = HALF_TOKEN.sub("", text[:LONGEST_TEXT])
    text = text.translate(UNSEEN).encode("utf-8", "backslashreplace").decode()
    text = _unwrapped(_plainly(text), MOST_LAYERS)
    return f"{text}… ({LONGEST_TEXT})" if cut else text


def _plainly(text: str) -> str:
    """Hide what is written openly."""
    for pattern, shown in SECRETS:
        text = pattern.sub(shown, text)
    pieces, end = [], 0
    for found in KEPT_OR_NUMBER.finditer(text.translate(FOLDED)):
        pieces += [text[end : found.start()], _judged(found, text[found.start() : found.end()])]
        end = found.end()
    return "".join((*pieces, text[end:]))


def _judged(found: re.Match[str], written: str) -> str:
    """Keep a UUID, a digest and a sound credit code, unless an identification number shows in it; hide the rest."""
    if found["number"] or LIKE_ID_NUMBER.search(found[0]):
        return HIDDEN
    credit = found["credit"]
    if credit is None or (credit[0] in CREDIT_OFFICES and read_credit_code(credit[:18]).sound):
        return written
    return HIDDEN if NUMBERS.search(credit) else written


# --- Wrapped text ------------------------------------------------------------------------------------------------

TOKEN = re.compile(r"[^\s\"'<>{}\[\](),=|]{6,4096}")
ESCAPE = re.compile(r"(?<!\\)\\+(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-7]{3}))")
# What a decoded byte string says, if it says anything: a run of ASCII or of full-width digits.
SAID = re.compile(rb"(?:[\x20-\x7e]|\xef\xbc[\x90-\x99]){6,}")
# What a cut may have left of a number or of its encoding.
HALF_TOKEN = re.compile(r"[!-~]{1,256}\Z")
# Nothing can hide in an event's name.
PLAIN_WORD = re.compile(r"[a-z_]{0,40}")
# Eleven digits, the shortest number that is hidden, are fifteen signs of base64, none of them + or /, and 22 of
# hexadecimal; what stands around them may shift the groups of four, so all four readings are tried.
BASE64 = re.compile(r"[A-Za-z0-9]{14,}")
HEXADECIMAL = re.compile(r"(?:[0-9a-fA-F]{2}(?::|\\+x)?){11,}")


def _unwrapped(text: str, layers: int) -> str:
    """Hide each token of which another reading shows something that may not be shown."""
    return TOKEN.sub(lambda found: HIDDEN if _tells(found[0], layers) else found[0], text)


def _tells(token: str, layers: int) -> bool:
    return layers > 0 and any(_plainly(seen) != seen or _tells_within(seen, layers - 1) for seen in _readings(token))


def _tells_within(text: str, layers: int) -> bool:
    return any(_tells(found[0], layers) for found in TOKEN.finditer(text))


def _readings(token: str) -> Iterator[str]:
    """Read a token in every encoding that its signs allow."""
    if "%" in token:
        yield urllib.parse.unquote_plus(token, errors="replace")
    if "&" in token:
        yield html.unescape(token)
    if "\\" in token:
        yield _unescaped(token)
    for run in HEXADECIMAL.findall(token):
        digits = "".join(re.findall(r"[0-9a-fA-F]", run))
        for start in (0, 1):
            even = digits[start : len(digits) - (len(digits) - start) % 2]
            yield from _said(bytes.fromhex(even))
    for run in BASE64.findall(token):
        for start in range(4):
            whole = run[start : len(run) - (len(run) - start) % 4]
            rest = run[start + len(whole) :]
            padded = whole + (rest + "=" * (4 - len(rest)) if len(rest) > 1 else "")
            yield from _said(base64.b64decode(padded))


def _said(decoded: bytes) -> Iterator[str]:
    return (run.decode() for run in SAID.findall(decoded))


def _unescaped(token: str) -> str:
    """Read the escapes of JSON and Python; bytes among them may be UTF-8."""
    read = ESCAPE.sub(
        lambda found: chr(int(found[1] or found[2], 16)) if found[3] is None else chr(int(found[3], 8) & 0xFF), token
    )
    try:
        return read.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return read.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


# --- Values ------------------------------------------------------------------------------------------------------


def redacted_value(key: str, value: Any) -> Any:
    """Give what a log may show of a value under its key; the answer is plain text, a number, a flag or nothing."""
    if value is None or isinstance(value, bool):
        return value
    if is_secret(key):
        return HIDDEN
    if key in OPEN_KEYS and isinstance(value, (Mapping, list, tuple, set, frozenset)):
        return _opened(value)
    return _shown(value)


def is_secret(key: str) -> bool:
    """Tell whether a key's name says that its value may not be shown."""
    words = re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", key)
    name = "_".join(words).lower()
    return not SECRET_WORDS.isdisjoint(name.split("_")) or any(pair in name for pair in SECRET_PAIRS)


def _shown(value: Any) -> Any:
    for kinds, show in SHOWN:
        if isinstance(value, kinds):
            return show(value)
    return f"‹{type(value).__name__}›"


def _number(value: float) -> Any:
    """A number of so many digits may be anyone's; and JSON knows no NaN."""
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 - only NaN differs from itself
        return str(value)
    whole = str(int(value))
    return value if redacted(whole) == whole else HIDDEN


def _error(value: BaseException) -> str:
    return f"{type(value).__name__}: {redacted(_text(value))}"


def _text(value: Any) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - a thing that cannot be printed must not stop the log
        return f"‹{type(value).__name__}›"


def _size(value: Any) -> str:
    return f"‹{type(value).__name__} of {len(value)}›"


def _opened(value: Any) -> Any:
    """Show a flat collection item by item; what is nested deeper is told by its size."""
    if isinstance(value, Mapping):
        few: Iterable[Any] = list(value.items())[:MOST_ITEMS]
        return {redacted(_text(key)): redacted_value(_text(key) + ".", each) for key, each in few}
    return [_shown(each) for each in list(value)[:MOST_ITEMS]]


# The first row that fits decides; what fits none is shown by its class alone, since its text may hold anything.
SHOWN: tuple[tuple[type | tuple[type, ...], Callable[[Any], Any]], ...] = (
    ((bool, type(None)), lambda value: value),
    (enum.Enum, lambda value: _shown(value.value)),
    (str, redacted),
    ((int, float), _number),
    ((Decimal, date, time, timedelta, uuid.UUID, PurePath), lambda value: redacted(str(value))),
    (BaseException, _error),
    ((bytes, bytearray, memoryview, Mapping, list, tuple, set, frozenset), _size),
)
