r"""Checks proofs and exports of the ledger: one file, Python 3.11 or later, nothing else; no code of the writer's.

    python ledger_check.py [--size N --root HEX | --checkpoint NOTE --key KEY] FILE...
    python ledger_check.py [--key KEY] [--request REQUEST] [--answer ANSWER] RECEIPT

FILE.json holds a proof, or a list of proofs. Hashes are 64 lower-case hexadecimal digits, numbers count from 0, `entry`
is an entry's text exactly as it was recorded, a `path` of a proof begins at the bottom of the tree (RFC 6962 2.1):

    {"kind": "inclusion", "index": 5, "size": 7, "root": "…", "entry": "…", "path": ["…"]}
    {"kind": "consistency", "old_size": 3, "old_root": "…", "new_size": 7, "new_root": "…", "path": ["…"]}

FILE.jsonl holds an export: one line an entry, then one line that closes it. Its `path` holds the subtrees outside of
the entries first … last-1, from left to right:

    {"index": 2, "entry": "…"}
    {"kind": "range", "first": 2, "last": 3, "size": 7, "root": "…", "path": ["…"]}

The tree is that of RFC 6962 2.1 with SM3 (GB/T 32905): a leaf is SM3(00 ‖ entry), a node SM3(01 ‖ left ‖ right), the
empty tree SM3 of nothing. A root proves something only if it came another way than the proof: give the one that a
witness or a signed checkpoint told you as --size and --root, and everything must end in exactly that tree.

NOTE holds a signed checkpoint: five lines (the ledger's name, the size, the root in base64, "tree rfc6962-sm3", "time "
and RFC 3339 in UTC with six digits), an empty line, and lines "— NAME BASE64", where BASE64 holds the four bytes that
name the key and a signature over the five lines: SM2 with SM3 (GB/T 32918.2, identifier 1234567812345678) in DER.
KEY, or the file that it stands in, is NAME+HASH+BASE64, as the ledger's owner published it: BASE64 holds "\xffsm2-sm3"
and the 65 bytes of the point, HASH is the first four bytes of SM3(NAME ‖ 0A ‖ those). The tree of a checkpoint that is
rightly signed is the one in which everything must end.

RECEIPT.json is of the kind "receipt": an `inclusion` as above; the `note` of the head in which it must end, and the
`key` under which that is rightly signed (which must be KEY: one that a receipt brings itself shows nothing of whose it
is); where there is one, the `consistency` with the head of the batch before; and a `statement`, of which each member
must stand in the entry or in its `facts`. ANSWER and REQUEST are what was answered (without its member `receipt`) and
{"directory": CODE, "body": what was sent}: their SM3, over the `salt`'s bytes and their canonical JSON (sorted names,
no spaces, UTF-8), must be the statement's `answer_sm3` and `request_sm3`.
Exit code: 0 all is proven, 1 something is refuted, 2 something cannot be read or the command is wrong.
"""

import argparse
import base64
import hashlib
import json
import re
import struct
import sys
from pathlib import Path
from typing import Any

Trusted = tuple[int, str] | None
Point = tuple[int, int] | None

TAG = b"\xffsm2-sm3"
NAME = "[!-*,-~]+"
NOTE = re.compile(
    rf"(?P<text>(?P<name>{NAME})\n(?P<size>0|[1-9][0-9]{{0,18}})\n(?P<root>[A-Za-z0-9+/]{{43}}=)\n"
    r"tree rfc6962-sm3\ntime [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z\n)\n"
    rf"(?P<lines>(?:— {NAME} [A-Za-z0-9+/=]+\n)+)"
)
# An integer below the curve's order takes 32 bytes, and one more where it would look negative.
LONGEST = 33
# The curve sm2p256v1 (GB/T 32918.5-2017).
P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)


class Refuted(Exception):
    """What is shown does not prove what it says."""


class Unreadable(Exception):
    """What is shown is not in one of the forms above."""


def check(shown: Any, trusted: Trusted = None) -> str:
    """Check one proof, or an export's closing line with the `leaves` of its entries, and say what is proven.

    Raises `Refuted` and `Unreadable`.
    """
    form = FORMS.get(str(shown.get("kind"))) if isinstance(shown, dict) else None
    if form is None:
        raise Unreadable("of no known kind")
    try:
        return form(shown, trusted)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error


def _inclusion(shown: dict[str, Any], trusted: Trusted) -> str:
    index, size, path = _count(shown["index"]), _count(shown["size"]), _hashes(shown["path"])
    if index >= size:
        raise Refuted(f"entry {index} cannot be in a tree of {size}")

    def above(first: int, last: int) -> bytes:
        if last - first == 1:
            return _leaf(shown["entry"])
        beside, middle = _taken(path, -1), _split(first, last)
        return _node(above(first, middle), beside) if index < middle else _node(beside, above(middle, last))

    _ends(above(0, size), path, size, shown["root"], trusted)
    return f"entry {index} is in the tree of {size}"


def _consistency(shown: dict[str, Any], trusted: Trusted) -> str:
    old, new, path = _count(shown["old_size"]), _count(shown["new_size"]), _hashes(shown["path"])
    old_root, new_root = _hashes([shown["old_root"], shown["new_root"]])

    def both(first: int, last: int) -> tuple[bytes, bytes]:
        """Give the subtree's root in the old tree and in the new one."""
        if last == old:
            whole = _taken(path, -1) if first else old_root
            return whole, whole
        beside, middle = _taken(path, -1), _split(first, last)
        before, after = both(first, middle) if old <= middle else both(middle, last)
        return (before, _node(after, beside)) if old <= middle else (_node(beside, before), _node(beside, after))

    if old > new:
        raise Refuted(f"a tree of {new} cannot continue one of {old}")
    if 0 < old < new:
        before, after = both(0, new)
    else:  # between equal trees there is nothing to show, and every tree continues the empty one
        before, after = (new_root if old == new else _sm3(b"")), new_root
    if before != old_root:
        raise Refuted(f"the tree of {old} had another root")
    _ends(after, path, new, shown["new_root"], trusted)
    return f"the tree of {new} continues that of {old}"


def _range(shown: dict[str, Any], trusted: Trusted) -> str:
    first, last, size = (_count(shown[name]) for name in ("first", "last", "size"))
    leaves, path = shown["leaves"], _hashes(shown["path"])
    if not first <= last <= size or len(leaves) != last - first:
        raise Refuted(f"{len(leaves)} entries are not those from {first} to before {last} of {size}")

    def tree(low: int, high: int) -> bytes:
        if high <= first or last <= low:
            return _taken(path, 0)
        if high - low == 1:
            return bytes(leaves[low - first])
        middle = _split(low, high)
        return _node(tree(low, middle), tree(middle, high))

    _ends(tree(0, size) if size else _sm3(b""), path, size, shown["root"], trusted)
    return f"entries {first} to before {last} are those of the tree of {size}"


def _receipt(shown: dict[str, Any], trusted: Trusted) -> str:
    head, entry = signed_head(shown["note"].encode(), shown["key"]), json.loads(shown["inclusion"]["entry"])
    if trusted not in (None, head):
        raise Refuted(f"the tree of {head[0]} with root {head[1]} is not the trusted one")
    if shown["consistency"] is not None:
        check({**shown["consistency"], "kind": "consistency"}, head)
    told = {**entry, **entry["facts"]}
    wrong = [name for name, value in shown["statement"].items() if name not in told or told[name] != value]
    if wrong:
        raise Refuted(f"the entry does not say so: {', '.join(wrong)}")
    return f"{check({**shown['inclusion'], 'kind': 'inclusion'}, head)}, signed with {shown['key'].split('+')[1]}"


FORMS = {"inclusion": _inclusion, "consistency": _consistency, "range": _range, "receipt": _receipt}


def salted(salt: str, value: Any) -> str:
    """Digest what was asked or answered, as a receipt's statement tells it."""
    written = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return _sm3(_hashes([salt])[0] + written.encode()).hex()


def fits(receipt: Any, key: str, request: Any, answer: Any) -> None:
    """Hold a receipt against the key that must have signed it, what was asked and what was answered, if known.

    Raises `Refuted` and `Unreadable`.
    """
    try:
        statement, salt = receipt["statement"], receipt["salt"]
        if key and receipt["key"].strip() != key.strip():
            raise Refuted("it is signed with another key")
        if request is not None and statement["request_sm3"] != salted(salt, request):
            raise Refuted("another request was recorded")
        if answer is not None:
            bare = {name: value for name, value in answer.items() if name != "receipt"}
            if statement["answer_sm3"] != salted(salt, bare):
                raise Refuted("another answer was recorded")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error


def _ends(root: bytes, path: list[bytes], size: int, claimed: str, trusted: Trusted) -> None:
    """Demand that nothing of the path is left, and that the tree is the claimed and the trusted one."""
    if path:
        raise Refuted(f"there are {len(path)} hashes too many")
    if [root] != _hashes([claimed]):
        raise Refuted(f"the root is {root.hex()}, not {claimed}")
    if trusted not in (None, (size, claimed)):
        raise Refuted(f"the tree of {size} with root {claimed} is not the trusted one")


def _split(first: int, last: int) -> int:
    """Cut a tree at the largest power of two below its size."""
    return first + (1 << (last - first - 1).bit_length() - 1)


def _taken(path: list[bytes], end: int) -> bytes:
    if not path:
        raise Refuted("hashes are missing")
    return path.pop(end)


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise Unreadable(f"not a count: {value!r}")
    return value


def _hashes(values: object) -> list[bytes]:
    if not isinstance(values, list) or not all(re.fullmatch("[0-9a-f]{64}", value) for value in values):
        raise Unreadable("not hashes of 64 lower-case hexadecimal digits")
    return [bytes.fromhex(value) for value in values]


def _leaf(entry: str) -> bytes:
    return _sm3(b"\x00" + entry.encode())


def _node(left: bytes, right: bytes) -> bytes:
    return _sm3(b"\x01" + left + right)


def _sm3(data: bytes) -> bytes:
    try:
        return hashlib.new("sm3", data).digest()
    except ValueError:  # this interpreter's OpenSSL was built without it
        return computed_sm3(data)


def computed_sm3(data: bytes) -> bytes:
    """Compute SM3 as GB/T 32905-2016 chapter 5 writes it, slowly."""
    full, early = 0xFFFFFFFF, 16

    def turn(word: int, by: int) -> int:
        return (word << by % 32 | word >> 32 - by % 32) & full

    state = struct.unpack(">8I", bytes.fromhex("7380166f4914b2b9172442d7da8a0600a96f30bc163138aae38dee4db0fb0e4e"))
    padded = data + b"\x80" + bytes(-(len(data) + 9) % 64) + struct.pack(">Q", len(data) * 8)
    for at in range(0, len(padded), 64):
        w = list(struct.unpack(">16I", padded[at : at + 64]))
        for j in range(16, 68):
            x = w[j - 16] ^ w[j - 9] ^ turn(w[j - 3], 15)
            w.append(x ^ turn(x, 15) ^ turn(x, 23) ^ turn(w[j - 13], 7) ^ w[j - 6])
        a, b, c, d, e, f, g, h = state
        for j in range(64):
            ss1 = turn(turn(a, 12) + e + turn(0x79CC4519 if j < early else 0x7A879D8A, j) & full, 7)
            ff = a ^ b ^ c if j < early else a & b | a & c | b & c
            gg = e ^ f ^ g if j < early else e & f | ~e & full & g
            tt1 = ff + d + (ss1 ^ turn(a, 12)) + (w[j] ^ w[j + 4]) & full
            tt2 = gg + h + ss1 + w[j] & full
            a, b, c, d, e, f, g, h = tt1, a, turn(b, 9), c, tt2 ^ turn(tt2, 9) ^ turn(tt2, 17), e, turn(f, 19), g
        state = tuple(old ^ new for old, new in zip(state, (a, b, c, d, e, f, g, h), strict=True))
    return struct.pack(">8I", *state)


def read(file: Path) -> list[Any]:
    """Read what a file shows: its proofs, or its one export.

    Raises `Refuted` and `Unreadable`.
    """
    try:
        if file.suffix != ".jsonl":
            shown = json.loads(file.read_text(encoding="utf-8"))
            return shown if isinstance(shown, list) else [shown]
        with file.open(encoding="utf-8") as lines:
            return [_export(json.loads(line) for line in lines)]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error


def _export(lines: Any) -> dict[str, Any]:
    """Hash the entries as they come, until the line that closes them; their numbers must run on from the first."""
    leaves: list[bytes] = []
    first = 0
    for line in lines:
        if "kind" in line:
            if next(lines, None) is not None:
                raise Unreadable("there is more behind the closing line")
            if leaves and line["first"] != first:
                raise Refuted(f"the first entry is {first}, not {line['first']}")
            return {**line, "leaves": leaves}
        first = first if leaves else _count(line["index"])
        if line["index"] != first + len(leaves):
            raise Refuted(f"entry {first + len(leaves)} is followed by {line['index']}")
        leaves.append(_leaf(line["entry"]))
    raise Unreadable("the closing line is missing")


def signed_head(note: bytes, key: str) -> tuple[int, str]:
    """Verify a signed checkpoint under its ledger's key; give the size and the root of the tree that it speaks of.

    Raises `Refuted` and `Unreadable`.
    """
    try:
        name, hash_, encoded = key.strip().split("+", 2)
        known = _of_base64(encoded)
        said = NOTE.fullmatch(note.decode())
        lines = [line[2:].split(" ") for line in said["lines"].splitlines()] if said else []
        signatures = [_of_base64(value) for signer, value in lines if signer == name]
    except ValueError as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error
    point = _point(known.removeprefix(TAG))
    if point is None or not known.startswith(TAG) or _sm3(name.encode() + b"\n" + known)[:4].hex() != hash_:
        raise Unreadable("not a key of a ledger")
    if said is None or int(said["size"]) >= 1 << 63:
        raise Unreadable("not a signed checkpoint")
    if said["name"] != name:
        raise Refuted(f"it speaks of the ledger {said['name']}, not of {name}")
    fitting = [each[4:] for each in signatures if each[:4].hex() == hash_]
    if not any(verifies(point, each, said["text"].encode()) for each in fitting):
        raise Refuted(f"{name} did not sign this" if fitting else "it is signed with another key")
    return int(said["size"]), base64.b64decode(said["root"]).hex()


def _of_base64(text: str) -> bytes:
    """Read base64 that is written in the one way there is; else a changed letter could mean the same bytes."""
    read = base64.b64decode(text, validate=True)
    if base64.b64encode(read).decode() != text:
        raise ValueError("base64 with bits to spare")
    return read


def verifies(public: tuple[int, int], signature: bytes, message: bytes) -> bool:
    """Verify SM2 with SM3 as GB/T 32918.2-2016 7.1 writes it, slowly: public data only."""
    numbers = _numbers(signature)
    if numbers is None:
        return False
    r, s = numbers
    t = (r + s) % N
    if not (0 < r < N and 0 < s < N and t):
        return False
    parts = b"".join(each.to_bytes(32, "big") for each in (A, B, *G, *public))
    e = _sm3(_sm3(b"\x00\x80" + b"12345678" * 2 + parts) + message)
    total = _sum(_times(s, G), _times(t, public))
    return total is not None and (int.from_bytes(e, "big") + total[0]) % N == r


def _point(data: bytes) -> tuple[int, int] | None:
    """Read an uncompressed point that lies on the curve."""
    x, y = (int.from_bytes(part, "big") for part in (data[1:33], data[33:]))
    on_curve = x < P and y < P and (y * y - (x * x * x + A * x + B)) % P == 0
    return (x, y) if len(data) == len(b"\x04") + 64 and data[:1] == b"\x04" and on_curve else None


def _numbers(data: bytes) -> tuple[int, int] | None:
    """Read SEQUENCE { r, s } in its one DER form, by writing what was read again."""
    size = data[3] if len(data) > len("ssrr") else 0
    r, s = int.from_bytes(data[4 : 4 + size], "big"), int.from_bytes(data[6 + size :], "big")
    inner = b"".join(b"\x02" + bytes([len(each)]) + each for each in map(_integer, (r, s)) if len(each) <= LONGEST)
    return (r, s) if data == b"\x30" + bytes([len(inner)]) + inner else None


def _integer(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1, "big")


def _sum(one: Point, two: Point) -> Point:
    if one is None or two is None:
        return two if one is None else one
    (x1, y1), (x2, y2) = one, two
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    over, under = (3 * x1 * x1 + A, 2 * y1) if one == two else (y2 - y1, x2 - x1)
    slope = over * pow(under, -1, P) % P
    x = (slope * slope - x1 - x2) % P
    return x, (slope * (x1 - x) - y1) % P


def _times(number: int, point: Point) -> Point:
    product: Point = None
    for bit in f"{number:b}":
        product = _sum(product, product)
        product = _sum(product, point) if bit == "1" else product
    return product


def _text(told: str) -> str:
    """Give a key, or the text of the file that it stands in."""
    file = Path(told)
    return file.read_text(encoding="utf-8") if file.is_file() else told


def _trusted(told: argparse.Namespace, key: str) -> Trusted:
    """Give the tree that the command line trusts; a checkpoint of it is verified first."""
    trusted = told.root and (told.size, told.root)
    if told.checkpoint is None:
        return trusted
    head = signed_head(told.checkpoint.read_bytes(), key)
    if trusted not in (None, head):
        raise Refuted(f"the tree of {head[0]} with root {head[1]} is not the one of --size and --root")
    sys.stdout.write(f"{told.checkpoint}: rightly signed: a tree of {head[0]} with root {head[1]}\n")
    return head


def _judged(file: Path, judge: Any) -> int:
    """Say what a file proves, or why it does not; give the exit code."""
    try:
        judge()
    except Refuted as reason:
        sys.stderr.write(f"{file}: refuted: {reason}\n")
        return 1
    except (OSError, Unreadable) as reason:
        sys.stderr.write(f"{file}: cannot be read: {reason}\n")
        return 2
    return 0


def main() -> int:
    """Check every file of the command line."""
    parser = argparse.ArgumentParser(description="Check proofs, exports and receipts of the ledger.")
    parser.add_argument("--size", type=int, help="the size of the tree that you trust")
    parser.add_argument("--root", type=str.lower, help="its root, in hexadecimal digits")
    parser.add_argument("--checkpoint", type=Path, help="a signed checkpoint, whose tree you trust if it is right")
    parser.add_argument("--key", default="", help="the key that must have signed, or the file that holds the key")
    parser.add_argument("--request", type=Path, help="the request of a receipt")
    parser.add_argument("--answer", type=Path, help="the answer of a receipt")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="FILE.json: proofs; FILE.jsonl: an export")
    told = parser.parse_args()
    if (told.size is None) != (told.root is None) or (told.checkpoint is not None and not told.key):
        parser.error("--size goes with --root, --checkpoint with --key")
    if not told.files and told.checkpoint is None:
        parser.error("there is nothing to check")
    found: dict[str, Any] = {"trusted": None, "beside": (None, None)}

    def begin() -> None:
        found["key"] = _text(told.key)
        found["trusted"] = _trusted(told, found["key"])
        found["beside"] = tuple(read(each)[0] if each else None for each in (told.request, told.answer))

    def judge(file: Path) -> None:
        for shown in read(file):
            said = check(shown, found["trusted"])
            if shown["kind"] == "receipt":
                fits(shown, found["key"], *found["beside"])
            sys.stdout.write(f"{file}: {said}\n")

    wrong = _judged(told.checkpoint or told.answer or Path(), begin)
    return wrong or max([0, *(_judged(file, lambda file=file: judge(file)) for file in told.files)])


if __name__ == "__main__":
    sys.exit(main())
