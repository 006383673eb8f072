"""Files of test vectors as cases: what each asks of the house's own code, and what the file expects.

Understood are the standard's examples (shape `gm-standard`), Wycheproof's AEAD and MAC groups for SM4 and HMAC-SM3, and
signature groups of SM2 in the same manner. A shape is one row of `RUNNERS`; certificate paths and whatever comes later
are rows that a caller adds. Nothing is judged here, `keys.selftest` does that.

Cases on the standards' other curve, and the key agreement that the house does not offer, run through our ZA, SM3 and
the textbook formulas; all others run through the code that the product uses.
"""

import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from keys.algorithms import ALGORITHMS, sm2, sm2_ciphertext, sm3, sm4, textbook
from keys.algorithms.algorithm import Mac
from keys.algorithms.sm2_curve import CURVE, Curve, e_value, point, za
from keys.algorithms.sm2_signature import Signature

VALID: Final = "valid"
INVALID: Final = "invalid"
ACCEPTABLE: Final = "acceptable"
EXPECTED: Final = frozenset({VALID, INVALID, ACCEPTABLE})


@dataclass(frozen=True)
class Case:
    """One question with its expected answer; `act` tells True for accepted, False or a refusal for refused."""

    name: str
    told: str
    expected: str
    act: Callable[[], bool]


# Takes the file's JSON object; KeyError, TypeError and ValueError mean that the file is not of its shape.
Runner = Callable[[Mapping[str, Any]], Iterator[Case]]


def shape_of(document: Mapping[str, Any]) -> str:
    """Tell the shape of a file by what stands in it, or say `unknown`."""
    groups = document.get("testGroups")
    if isinstance(groups, list) and groups and isinstance(groups[0], Mapping):
        kind, algorithm = str(groups[0].get("type")), str(document.get("algorithm"))
        return "sm2-verify" if kind == "Sm2Verify" else f"{kind}:{algorithm}"
    paths = document.get("testcases")
    if isinstance(paths, list) and paths and isinstance(paths[0], Mapping) and "trusted" in paths[0]:
        return "certificate-paths"
    return "gm-standard" if "curves" in document and "sm2_sign" in document else "unknown"


def sm2_verify(document: Mapping[str, Any]) -> Iterator[Case]:
    """Signatures of SM2: over messages and over e-values, as DER and raw."""
    for group in document["testGroups"]:
        key, distid = bytes.fromhex(group["publicKey"]), group["distid"]
        named = None if distid is None else bytes.fromhex(distid)
        for test in group["tests"]:
            signature, message = bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"])
            raw, prepared = group["sigEncoding"] == "raw", group["input"] == "digest"
            yield Case(
                str(test["tcId"]),
                f"{group['comment']}: {test['comment']}",
                test["result"],
                _sm2_case(key, named, signature, message, raw=raw, prepared=prepared),
            )


def mac(document: Mapping[str, Any]) -> Iterator[Case]:
    """Tags of HMAC-SM3, whole and cut."""
    entry = ALGORITHMS["hmac-sm3"]
    if not isinstance(entry, Mac):
        raise TypeError("hmac-sm3 is no MAC")
    for group, test in _tests(document):
        key, message, tag = (bytes.fromhex(test[name]) for name in ("key", "msg", "tag"))
        yield _case(test, _bind(entry.verify, key, tag, message, size=int(group["tagSize"]) // 8))


def sm4_gcm(document: Mapping[str, Any]) -> Iterator[Case]:
    """Sealed texts of SM4-GCM."""
    for group, test in _tests(document):
        if group["tagSize"] != sm4.TAG * 8:
            raise ValueError("a tag of SM4-GCM has 128 bits")
        yield _case(test, _aead(sm4.gcm_seal, sm4.gcm_open, test))


def sm4_ccm(document: Mapping[str, Any]) -> Iterator[Case]:
    """Sealed texts of SM4-CCM with tags of any length."""
    for group, test in _tests(document):
        tag_size = int(group["tagSize"]) // 8
        seal = _bind(sm4.ccm_seal, tag_size=tag_size)
        opened = _bind(sm4.ccm_open, tag_size=tag_size)
        yield _case(test, _aead(seal, opened, test))


def gm_standard(document: Mapping[str, Any]) -> Iterator[Case]:
    """The examples that the standards print."""
    curves = {name: _curve(name, numbers) for name, numbers in document["curves"].items()}
    yield from _curves(curves)
    for index, test in enumerate(document["sm2_sign"]):
        yield from _signing(f"sm2_sign[{index}]", test, _named(curves, test["curve"]))
    for index, test in enumerate(document["sm2_encrypt"]):
        yield from _encrypting(f"sm2_encrypt[{index}]", test, _named(curves, test["curve"]))
    for index, test in enumerate(document["sm2_key_exchange"]):
        yield from _exchanging(f"sm2_key_exchange[{index}]", test, _named(curves, test["curve"]))
    yield from _symmetric(document)


# Shape → what runs it. A caller adds rows of its own: {**RUNNERS, "certificate-paths": …}.
RUNNERS: Final[Mapping[str, Runner]] = MappingProxyType(
    {
        "gm-standard": gm_standard,
        "sm2-verify": sm2_verify,
        "MacTest:HMACSM3": mac,
        "AeadTest:SM4-GCM": sm4_gcm,
        "AeadTest:SM4-CCM": sm4_ccm,
    }
)


def _tests(document: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    for group in document["testGroups"]:
        for test in group["tests"]:
            yield group, test


def _case(test: Mapping[str, Any], act: Callable[[], bool]) -> Case:
    return Case(str(test["tcId"]), str(test.get("comment", "")), test["result"], act)


def _bind(function: Callable[..., Any], *arguments: Any, **named: Any) -> Callable[..., Any]:
    return lambda *more: function(*arguments, *more, **named)


def _equal(name: str, told: str, computed: Callable[[], object], expected: object) -> Case:
    return Case(name, told, VALID, lambda: computed() == expected)


def _sm2_case(
    key: bytes, distid: bytes | None, signature: bytes, message: bytes, *, raw: bool, prepared: bool
) -> Callable[[], bool]:
    def act() -> bool:
        public = sm2.PublicKey(key)
        value = Signature.from_raw(signature) if raw else Signature.from_der(signature)
        if prepared:
            return sm2.verify_e(public, value, message)
        if distid is None:
            return sm2.verify(public, value.der, message)
        return sm2.verify(public, value.der, message, distid=distid)

    return act


def _aead(seal: Callable[..., bytes], opened: Callable[..., bytes], test: Mapping[str, Any]) -> Callable[[], bool]:
    key, nonce, bound, plain, ciphertext, tag = (
        bytes.fromhex(test[name]) for name in ("key", "iv", "aad", "msg", "ct", "tag")
    )

    def act() -> bool:
        """Open; and what opens must also come out of sealing byte by byte."""
        text = opened(key, nonce, ciphertext + tag, bound)
        return hmac.compare_digest(text, plain) and seal(key, nonce, plain, bound) == ciphertext + tag

    return act


def _curve(name: str, numbers: Mapping[str, str]) -> Curve:
    p, a, b, n, gx, gy = (int(numbers[key], 16) for key in ("p", "a", "b", "n", "Gx", "Gy"))
    return Curve(name, p, a, b, n, gx, gy)


def _named(curves: Mapping[str, Curve], wanted: str) -> Curve:
    return next(curve for name, curve in curves.items() if name.startswith(wanted))


def _ours(curve: Curve) -> bool:
    return (curve.p, curve.n) == (CURVE.p, CURVE.n)


def _curves(curves: Mapping[str, Curve]) -> Iterator[Case]:
    for curve in curves.values():
        yield _equal(f"{curve.name}: base", "the base point is on the curve", _holds_base(curve), True)
        yield _equal(f"{curve.name}: order", "n times the base point is infinity", _order(curve), None)
        if _ours(curve):
            numbers = (curve.p, curve.a, curve.b, curve.n, curve.gx, curve.gy)
            yield _equal(f"{curve.name}: ours", "the numbers are those of this program", _own_numbers, numbers)


def _own_numbers() -> tuple[int, ...]:
    return CURVE.p, CURVE.a, CURVE.b, CURVE.n, CURVE.gx, CURVE.gy


def _holds_base(curve: Curve) -> Callable[[], bool]:
    return lambda: curve.holds(curve.gx, curve.gy)


def _order(curve: Curve) -> Callable[[], textbook.Point]:
    return lambda: textbook.multiply(curve, curve.n, textbook.base(curve))


def _signing(name: str, test: Mapping[str, str], curve: Curve) -> Iterator[Case]:
    distid, message = test["ID"].encode("ascii"), test["M"].encode("ascii")
    d, x, y, nonce, r, s = (int(test[key], 16) for key in ("d", "Px", "Py", "k", "r", "s"))
    e, public = bytes.fromhex(test["e"]), point(x, y)
    yield _equal(f"{name}.ZA", test["source"], lambda: za(public, distid, curve), bytes.fromhex(test["ZA"]))
    yield _equal(f"{name}.e", test["source"], lambda: e_value(public, message, distid, curve), e)
    yield _equal(f"{name}.P", test["source"], lambda: textbook.multiply(curve, d, textbook.base(curve)), (x, y))
    yield _equal(f"{name}.rs", test["source"], lambda: textbook.signed(curve, d, nonce, e), (r, s))
    yield _equal(f"{name}.book", test["source"], lambda: textbook.verifies(curve, (x, y), (r, s), e), True)
    if _ours(curve):
        key = _scalar(test["d"])
        value = Signature(r, s)
        yield _equal(
            f"{name}.verify",
            test["source"],
            lambda: sm2.verify(sm2.PublicKey(public), value.der, message, distid=distid),
            True,
        )
        yield _equal(f"{name}.load", test["source"], lambda: sm2.PrivateKey.from_scalar(key).public.point, public)
        yield _equal(f"{name}.sign", test["source"], lambda: _signs(key, message, distid), True)


def _signs(scalar: bytes, message: bytes, distid: bytes) -> bool:
    key = sm2.PrivateKey.from_scalar(scalar)
    return sm2.verify(key.public, sm2.sign(key, message, distid=distid), message, distid=distid)


def _encrypting(name: str, test: Mapping[str, str], curve: Curve) -> Iterator[Case]:
    message, d, nonce = test["M"].encode("ascii"), int(test["d"], 16), int(test["k"], 16)
    c1 = (int(test["C1x"], 16), int(test["C1y"], 16))
    c3, c2 = bytes.fromhex(test["C3"]), bytes.fromhex(test["C2"])

    def encrypted() -> tuple[textbook.Point, bytes, bytes]:
        public = textbook.multiply(curve, d, textbook.base(curve))
        return textbook.encrypted(curve, public, nonce, message)

    yield _equal(f"{name}.C", test["source"], encrypted, (c1, c3, c2))
    if _ours(curve):
        key = _scalar(test["d"])
        for layout in sm2_ciphertext.Layout:
            yield _equal(
                f"{name}.decrypt.{layout.value}",
                test["source"],
                _bind(_decrypted, key, sm2_ciphertext.Ciphertext(*c1, c3, c2).written(layout), layout),
                message,
            )


def _decrypted(scalar: bytes, ciphertext: bytes, layout: sm2_ciphertext.Layout) -> bytes:
    return sm2.decrypt(sm2.PrivateKey.from_scalar(scalar), ciphertext, layout)


def _scalar(digits: str) -> bytes:
    return bytes.fromhex(digits.zfill(64))


def _exchanging(name: str, test: Mapping[str, str], curve: Curve) -> Iterator[Case]:
    da, db, ra, rb = (int(test[key], 16) for key in ("dA", "dB", "rA", "rB"))
    base = textbook.base(curve)
    pa, pb, ea, eb = (textbook.multiply(curve, number, base) for number in (da, db, ra, rb))
    zs = (bytes.fromhex(test["ZA"]), bytes.fromhex(test["ZB"]))
    ids = (test["IDA"].encode("ascii"), test["IDB"].encode("ascii"))
    size, key = int(test["klen_bits"]) // 8, bytes.fromhex(test["K"])
    points = (point(*textbook.finite(pa)), point(*textbook.finite(pb)))

    def mine() -> tuple[bytes, textbook.Point]:
        return textbook.exchanged(curve, (da, ra), (pb, eb), zs, size)

    def theirs() -> tuple[bytes, textbook.Point]:
        return textbook.exchanged(curve, (db, rb), (pa, ea), zs, size)

    yield _equal(f"{name}.ZA", test["source"], lambda: za(points[0], ids[0], curve), zs[0])
    yield _equal(f"{name}.ZB", test["source"], lambda: za(points[1], ids[1], curve), zs[1])
    yield _equal(f"{name}.K of A", test["source"], lambda: mine()[0], key)
    yield _equal(f"{name}.K of B", test["source"], lambda: theirs()[0], key)
    for tag, field in ((2, "S1_SB"), (3, "S2_SA")):
        confirmed = _bind(lambda tag: textbook.confirmation(tag, mine()[1], zs, (ea, eb)), tag)
        yield _equal(f"{name}.{field}", test["source"], confirmed, bytes.fromhex(test[field]))


def _symmetric(document: Mapping[str, Any]) -> Iterator[Case]:
    for index, test in enumerate(document["sm3"]):
        message, expected = test["msg_ascii"].encode("ascii"), bytes.fromhex(test["md"])
        yield _equal(f"sm3[{index}]", test["source"], _bind(sm3.SM3.of, message), expected)
    for index, test in enumerate(document["hmac_sm3"]):
        key, message = bytes.fromhex(test["key"]), test["msg_ascii"].encode("ascii")
        expected = bytes.fromhex(test["mac"])
        yield _equal(f"hmac_sm3[{index}]", test["source"], _bind(sm3.HMAC_SM3.tag, key, message), expected)
    for index, test in enumerate(document["sm4"]):
        key, plain, expected = (bytes.fromhex(test[name]) for name in ("key", "pt", "ct"))
        rounds = int(test.get("iterations", 1))
        yield _equal(f"sm4[{index}]", test["source"], _bind(sm4.block, key, plain, rounds=rounds), expected)
    for index, test in enumerate(document["sm4_aead"]):
        functions = {"GCM": (sm4.gcm_seal, sm4.gcm_open), "CCM": (sm4.ccm_seal, sm4.ccm_open)}[test["mode"]]
        vector = {**test, "msg": test["pt"]}
        yield Case(f"sm4_aead[{index}]", test["source"], VALID, _aead(*functions, vector))
