"""Ten thousand random and mutated SM2 inputs: our verdict beside those of two independent implementations.

Each case is a key, a signature and an e-value, made from its index alone, so that any one can be made again. Asked are
the house (strict layer over its backend), the `gmssl` package with its own reader of DER, and the textbook formulas
over `cryptography`'s reader of DER. The textbook must agree with us always. `gmssl` may differ only where a fault that
it is known to have explains it, and that explanation is tested apart from our own code.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from base.errors import DomainError
from bench.drills.stepwise import Cases, Tried, through
from keys.algorithms import sm2, textbook
from keys.algorithms.sm2_curve import CURVE, point
from keys.algorithms.sm2_signature import Signature

NAME = "sm2_differential"
SEED = "yinxin-sm2-differential-1"
CASES = 10_000
SHORT_CASES = 300
STEP = 100

N = CURVE.n


@dataclass(frozen=True)
class Input:
    """A key, a signature and an e-value, and how they were made."""

    kind: str
    point: bytes
    signature: bytes
    e: bytes


@dataclass(frozen=True)
class Compared:
    """What the three said of one input, and why they may differ."""

    kind: str
    ours: bool
    textbook: bool
    gmssl: str
    explained: str | None

    @property
    def agreed(self) -> bool:
        """Tell whether `gmssl` said the same."""
        return self.gmssl == ("accepted" if self.ours else "refused")


def made(index: int) -> Input:
    """Make the input of that index."""
    source = random.Random(f"{SEED}/{index}")
    kind = _kind(source)
    private = source.randrange(1, N - 1)
    public = textbook.finite(textbook.multiply(CURVE, private, textbook.base(CURVE)))
    e = source.randbytes(32)
    r, s = textbook.signed(CURVE, private, source.randrange(1, N), e)
    honest = Honest(private, public, e, r, s)
    key, signature, e = KINDS[kind](source, honest)
    return Input(kind, key, signature, e)


def kind_of(index: int) -> str:
    """Tell what kind of input the index makes, without making it."""
    return _kind(random.Random(f"{SEED}/{index}"))


def compared(given: Input) -> Compared:
    """Ask all three."""
    ours, book, other = _ours(given), _textbook(given), _gmssl(given)
    return Compared(given.kind, ours, book, other, _explained(given, ours=ours, other=other))


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Compare all cases, going on where an earlier run stopped."""

    def tried(index: int) -> Tried:
        outcome = compared(made(index))
        right = outcome.ours == outcome.textbook and (outcome.agreed or outcome.explained)
        return Tried(_told(outcome), None if right else {"kind": outcome.kind, "told": _told(outcome)})

    found = through(Cases(NAME, SHORT_CASES if short else CASES, STEP, results), tried)
    agreed = sum(count for told, count in found.tally.items() if told.startswith("agreed"))
    return {
        "cases": found.done,
        "agreed": agreed,
        "explained": found.done - agreed - len(found.faults),
        "unexplained": found.faults,
        "tally": dict(sorted(found.tally.items())),
        "passed": not found.faults,
        "resumed_from": found.resumed_from,
    }


@dataclass(frozen=True)
class Honest:
    """A key pair and its good signature, from which the mutations start."""

    private: int
    public: tuple[int, int]
    e: bytes
    r: int
    s: int

    @property
    def key(self) -> bytes:
        """Give the point."""
        return point(*self.public)

    @property
    def der(self) -> bytes:
        """Give the good signature."""
        return encode_dss_signature(self.r, self.s)


Made = tuple[bytes, bytes, bytes]


def _kind(source: random.Random) -> str:
    return source.choice(list(KINDS))


def _flipped(source: random.Random, data: bytes) -> bytes:
    place = source.randrange(len(data) * 8)
    changed = bytearray(data)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


def _good(_source: random.Random, honest: Honest) -> Made:
    return honest.key, honest.der, honest.e


def _flipped_signature(source: random.Random, honest: Honest) -> Made:
    return honest.key, _flipped(source, honest.der), honest.e


def _flipped_e(source: random.Random, honest: Honest) -> Made:
    return honest.key, honest.der, _flipped(source, honest.e)


def _flipped_key(source: random.Random, honest: Honest) -> Made:
    return _flipped(source, honest.key), honest.der, honest.e


def _other_key(source: random.Random, honest: Honest) -> Made:
    other = textbook.finite(textbook.multiply(CURVE, source.randrange(1, N - 1), textbook.base(CURVE)))
    return point(*other), honest.der, honest.e


def _edge(source: random.Random, honest: Honest) -> Made:
    edges = (0, 1, 2, N - 1, N, N + 1, CURVE.p, 1 << 255, (1 << 256) - 1, 1 << 256)
    r = source.choice((*edges, honest.r, honest.r + N, N - honest.r))
    s = source.choice((*edges, honest.s, honest.s + N, N - honest.s, N - honest.r))
    return honest.key, encode_dss_signature(r, s), honest.e


def _swapped(_source: random.Random, honest: Honest) -> Made:
    return honest.key, encode_dss_signature(honest.s, honest.r), honest.e


def _spelt_otherwise(source: random.Random, honest: Honest) -> Made:
    """Write the good numbers in a way that DER forbids (X.690 8.1.3, 8.3.2, 10.1)."""
    r, s = (value.to_bytes(33).lstrip(b"\0") for value in (honest.r, honest.s))
    r, s = (b"\0" + value if value[0] >= 0x80 else value for value in (r, s))
    body = _tlv(2, r) + _tlv(2, s)
    return (
        honest.key,
        source.choice(
            (
                b"\x30\x81" + bytes((len(body),)) + body,
                b"\x30\x82\x00" + bytes((len(body),)) + body,
                b"\x30\x80" + body + b"\0\0",
                _tlv(0x30, _tlv(2, b"\0" + r) + _tlv(2, s)),
                _tlv(0x30, _tlv(2, r) + _tlv(2, b"\0\0" + s)),
                _tlv(0x30, body) + b"\0",
                _tlv(0x30, body + b"\x05\0"),
                _tlv(0x31, body),
                _tlv(0x30, _tlv(2, r) + _tlv(10, s)),
                _tlv(0x30, b"\x02\x81" + bytes((len(r),)) + r + _tlv(2, s)),
                _tlv(0x30, _tlv(2, s) + _tlv(2, r)),
            )
        ),
        honest.e,
    )


def _cut(source: random.Random, honest: Honest) -> Made:
    return honest.key, honest.der[: source.randrange(len(honest.der))], honest.e


def _noise(source: random.Random, honest: Honest) -> Made:
    return honest.key, source.randbytes(source.randrange(80)), honest.e


def _random_numbers(source: random.Random, honest: Honest) -> Made:
    return honest.key, encode_dss_signature(source.randrange(1, N), source.randrange(1, N)), honest.e


def _infinity(source: random.Random, honest: Honest) -> Made:
    """Choose r and s so that sG + tP is the point at infinity."""
    t = source.randrange(1, N)
    s = -t * honest.private % N
    return honest.key, encode_dss_signature((t - s) % N, s), honest.e


def _chosen_e(source: random.Random, honest: Honest) -> Made:
    """Find an e-value for chosen numbers: good by the formulas, which is why no stranger may hand one in."""
    s, t = source.randrange(1, N), source.randrange(1, N)
    base = textbook.multiply(CURVE, s, textbook.base(CURVE))
    x, _ = textbook.finite(textbook.add(CURVE, base, textbook.multiply(CURVE, t, honest.public)))
    r = (t - s) % N
    return honest.key, encode_dss_signature(r, s), ((r - x) % N).to_bytes(32)


def _sum_zero(source: random.Random, honest: Honest) -> Made:
    """Make r + s = 0, with the e-value that would carry it if the sum went unchecked."""
    s = source.randrange(1, N)
    x, _ = textbook.finite(textbook.multiply(CURVE, s, textbook.base(CURVE)))
    return honest.key, encode_dss_signature(N - s, s), ((N - s - x) % N).to_bytes(32)


def _same_points(source: random.Random, honest: Honest) -> Made:
    """Choose s = t·d, so that the two summands are one point and must be doubled."""
    t = source.randrange(1, N)
    s = t * honest.private % N
    x, _ = textbook.finite(textbook.multiply(CURVE, 2 * s % N, textbook.base(CURVE)))
    r = (t - s) % N
    return honest.key, encode_dss_signature(r, s), ((r - x) % N).to_bytes(32)


KINDS: Mapping[str, Callable[[random.Random, Honest], Made]] = MappingProxyType(
    {
        "good": _good,
        "flipped signature": _flipped_signature,
        "flipped e": _flipped_e,
        "flipped key": _flipped_key,
        "other key": _other_key,
        "edge numbers": _edge,
        "swapped": _swapped,
        "spelt otherwise": _spelt_otherwise,
        "cut": _cut,
        "noise": _noise,
        "random numbers": _random_numbers,
        "infinity": _infinity,
        "chosen e": _chosen_e,
        "sum zero": _sum_zero,
        "same points": _same_points,
    }
)


def _tlv(tag: int, content: bytes) -> bytes:
    return bytes((tag, len(content))) + content


def _ours(given: Input) -> bool:
    try:
        return sm2.verify_e(sm2.PublicKey(given.point), Signature.from_der(given.signature), given.e)
    except DomainError:
        return False


def _textbook(given: Input) -> bool:
    numbers, public = _numbers(given.signature), _coordinates(given.point)
    return numbers is not None and public is not None and textbook.verifies(CURVE, public, numbers, given.e)


def _gmssl(given: Input) -> str:
    """Ask `gmssl` as it comes, but for the key, which its constructor may damage."""
    digits = given.point[1:].hex()
    other = import_module("gmssl.sm2").CryptSM2(private_key="", public_key=digits, asn1=True)
    other.public_key = digits
    try:
        return "accepted" if other.verify(given.signature.hex(), given.e) else "refused"
    except Exception as error:  # noqa: BLE001 - it raises whatever comes, and that is what is noted
        return f"broke with {type(error).__name__}"


def _explained(given: Input, *, ours: bool, other: str) -> str | None:
    """Say which fault of `gmssl` is why it differs, where one is; judged without our own reader."""
    numbers, public = _numbers(given.signature), _coordinates(given.point)
    if ours:
        doubled = numbers is not None and public is not None and _same_summands(numbers, public)
        return "gmssl leaves a doubled point unfinished" if doubled else None
    if other.startswith("broke"):
        return "gmssl raises where it should refuse"
    if public is None:
        return "gmssl does not look at the key"
    if numbers is None:
        return "gmssl reads more than DER"
    return None if all(1 <= number < N for number in numbers) else "gmssl does not look at the range"


def _same_summands(numbers: tuple[int, int], public: tuple[int, int]) -> bool:
    """Tell whether sG and tP are one point."""
    r, s = numbers
    base = textbook.multiply(CURVE, s, textbook.base(CURVE))
    return base == textbook.multiply(CURVE, (r + s) % N, public)


def _numbers(signature: bytes) -> tuple[int, int] | None:
    try:
        numbers = decode_dss_signature(signature)
        return numbers if encode_dss_signature(*numbers) == signature else None
    except (ValueError, OverflowError):
        return None


def _coordinates(data: bytes) -> tuple[int, int] | None:
    x, y = int.from_bytes(data[1:33]), int.from_bytes(data[33:])
    on_curve = (y * y - x**3 - CURVE.a * x - CURVE.b) % CURVE.p == 0
    return (x, y) if data[0] == 4 and max(x, y) < CURVE.p and on_curve else None


def _told(outcome: Compared) -> str:
    verdict = "accepted" if outcome.ours else "refused"
    if outcome.ours != outcome.textbook:
        return f"TEXTBOOK DIFFERS: {outcome.kind}: ours {verdict}"
    if outcome.agreed:
        return f"agreed: {outcome.kind}: {verdict}"
    return f"differs: {outcome.kind}: ours {verdict}, gmssl {outcome.gmssl}: {outcome.explained or 'UNEXPLAINED'}"
