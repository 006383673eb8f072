"""The page that checks packs offline, run under Node: known answers, good packs, altered ones, and its own words."""

import base64
import hashlib
import json
import random
import re
import shutil
import subprocess
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from keys.algorithms import sm2
from keys.algorithms.sm2_known_answers import E_VALUE, MESSAGE, POINT, SIGNATURE
from keys.algorithms.sm2_signature import Signature
from keys.algorithms.sm3 import SM3
from signing.formats.evidence import members
from tests.certs.evidence import packs
from tests.certs.evidence.packs import pack, parts_of, repacked, usual_pack

NODE = shutil.which("node")
RUNNER = Path(__file__).with_name("reader.mjs")
PAGE = resources.files("certs.evidence").joinpath("evidence.html")
# GB/T 32905-2016, appendix A: one block, and two.
KNOWN = {
    b"abc": "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
    b"abcd" * 16: "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
}
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
NAMES = tuple(parts_of(usual_pack()))

node = pytest.mark.skipif(NODE is None, reason="Node is not there, so the page's script is not run")


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def asked(*jobs: Mapping[str, Any]) -> list[Any]:
    """Have the page's script answer jobs."""
    done = subprocess.run(
        [str(NODE), str(RUNNER), str(PAGE)], input=json.dumps(jobs), capture_output=True, text=True, check=True
    )
    answers: list[Any] = json.loads(done.stdout)
    return answers


def examined(*found: bytes) -> list[Any]:
    return asked(*({"act": "examine", "pack": text(each)} for each in found))


def verifying(key: bytes, signature: bytes, message: bytes) -> dict[str, str]:
    return {"act": "sm2", "key": text(key), "signature": text(signature), "message": text(message)}


@node
def test_sm3_gives_the_standards_answers_and_ours_at_every_length():
    messages = [*KNOWN, *(random.Random(3).randbytes(each) for each in range(130))]  # noqa: S311 - bytes to hash
    told = asked(*({"act": "sm3", "message": text(each)} for each in messages))
    assert told == [SM3.of(each).hex() for each in messages]
    assert told[: len(KNOWN)] == list(KNOWN.values())


@node
def test_sm2_gives_the_standards_answer_and_ours():
    keys = [sm2.PrivateKey.generated() for _ in range(6)]
    jobs, expected = [verifying(POINT, SIGNATURE.der, MESSAGE)], [True]
    for place, each in enumerate(keys):
        message = b"x" * place * 31
        signature = sm2.SM2_SM3.sign(each, message)
        jobs += [
            verifying(each.public.point, signature, message),
            verifying(each.public.point, signature, message + b"!"),
        ]
        expected += [True, False]
    assert asked(*jobs) == expected
    assert len(E_VALUE) == SM3.size


def _hostile_signatures() -> list[tuple[str, bytes]]:
    r, s = SIGNATURE.r, SIGNATURE.s
    good = SIGNATURE.der

    def raw(one: int, other: int) -> bytes:
        parts = [each.to_bytes((each.bit_length() // 8) + 1) for each in (one, other)]
        inside = b"".join(b"\x02" + bytes((len(each),)) + each for each in parts)
        return b"\x30" + bytes((len(inside),)) + inside

    return [
        ("zero r", raw(0, s)),
        ("zero s", raw(r, 0)),
        ("r too large", raw(r + ORDER, s)),
        ("s too large", raw(r, s + ORDER)),
        ("s is the order", raw(r, ORDER)),
        ("t is zero", raw(r, ORDER - r)),
        ("swapped", raw(s, r)),
        ("trailing byte", good + b"\0"),
        ("cut", good[:-1]),
        ("empty", b""),
        ("padded integer", b"\x30" + bytes((good[1] + 1,)) + b"\x02\x22\x00" + good[4:]),
        ("long length", b"\x30\x81" + good[1:]),
        ("raw form", SIGNATURE.raw),
        ("negative", b"\x30\x06\x02\x01\xff\x02\x01\x01"),
    ]


@node
def test_sm2_refuses_what_is_no_signature_or_no_key():
    hostile = _hostile_signatures()
    off = POINT[:-1] + bytes((POINT[-1] ^ 1,))
    keys = (b"", POINT[1:], b"\x02" + POINT[1:33], off, b"\x04" + bytes(64), b"\x04" + b"\xff" * 64)
    jobs = [
        *(verifying(POINT, each, MESSAGE) for _, each in hostile),
        *(verifying(k, SIGNATURE.der, MESSAGE) for k in keys),
    ]
    told = asked(*jobs)
    assert told == [False] * len(jobs), [name for (name, _), said in zip(hostile, told, strict=False) if said]
    assert Signature.from_der(SIGNATURE.der) == SIGNATURE


@node
def test_a_good_pack_holds_and_shows_the_keys_fingerprint():
    (told,) = examined(usual_pack())
    point = bytes.fromhex(packs.Pack().statement.library_key)
    assert told == {
        "holds": True,
        "failed": None,
        "why": None,
        "fingerprint": SM3.of(point).hex(),
        "status": "valid",
    }


@node
@pytest.mark.parametrize("name", NAMES)
def test_no_byte_of_a_member_can_be_altered(name: str):
    files, chance = parts_of(usual_pack()), random.Random(name)  # noqa: S311 - places to try
    altered = []
    for _ in range(12):
        flipped = bytearray(files[name])
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
        altered.append(repacked({**files, name: bytes(flipped)}))
    assert not any(each["holds"] for each in examined(*altered))


@node
def test_no_byte_of_the_archive_can_be_altered_cut_or_added():
    whole, chance = usual_pack(), random.Random(11)  # noqa: S311 - places to try
    altered = [b"", b"PK", whole + b"\0", b"\0" + whole, whole[:-1], whole * 2]
    directory = whole.rindex(b"PK\x01\x02mimetype"[:4], 0, len(whole))
    for place in (*(chance.randrange(len(whole)) for _ in range(60)), *range(directory, len(whole), 3)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << chance.randrange(8)
        altered.append(bytes(flipped))
    assert not any(each["holds"] for each in examined(*altered))


@node
def test_what_the_statement_does_not_bear_out_is_told_by_its_step():
    stated = packs.Pack().statement
    told = examined(
        pack(stated={"library_key": "04" + "00" * 64}),
        pack(stated={"members": {}}),
        pack(stated={"file": packs.StatedFile("ofd", 1, "0" * 64)}),
        pack(stated={"ledger": packs.replace(stated.ledger, root="0" * 64)}),
        pack(stated={"ledger": packs.replace(stated.ledger, index=4)}),
        pack(ledger=packs.Ledger(identifier=packs.IDENTIFIER + "X")),
        pack(spoil_statement=lambda content: content + b" "),
        pack(spoil_statement=lambda content: content.replace(b'"form":1', b'"form":1,"more":1')),
        members.written(
            {**packs.Pack().files, "statement.sig": packs.Pack(by=packs.usual().root).files["statement.sig"]}
        ),
    )
    assert [each["failed"] for each in told] == [
        *("signature", "stated", "file", "head", "proof", "proof", "statement", "statement", "signature")
    ]


@node
def test_a_statement_by_anybody_elses_key_shows_that_ones_fingerprint():
    """The page cannot tell whose key it is, and says so; the fingerprint is what a reader compares."""
    stranger = packs.pki.root("别的根", whose="any other").issues("别的库")
    told, usual = examined(pack(by=stranger), usual_pack())
    assert told["holds"]
    assert told["fingerprint"] != usual["fingerprint"]


@node
def test_the_page_and_the_house_agree_on_packs_of_every_ledger_size():
    """Proofs of every shape: each entry of small trees."""
    shapes = [packs.Ledger(index, size) for size in (1, 2, 3, 4, 7, 8) for index in range(size)]
    told = examined(*(pack(ledger=each) for each in shapes))
    assert all(each["holds"] for each in told), told


def test_the_page_asks_no_network_and_evaluates_nothing():
    page = PAGE.read_text(encoding="utf-8")
    assert not re.findall(
        r"\b(?:eval|Function|fetch|XMLHttpRequest|WebSocket|import|sendBeacon|innerHTML)\b\s*[(=.]", page
    )
    assert not re.findall(r"(?:src|href)\s*=", page)
    assert "http" not in page.replace("http-equiv", "")


def test_the_pages_policy_names_its_own_script_and_style_and_nothing_else():
    page = PAGE.read_text(encoding="utf-8")
    policy = re.search(r'content="(default-src[^"]*)"', page)
    assert policy is not None
    for tag in ("script", "style"):
        (inside,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy[1]
    assert "unsafe" not in policy[1]
    assert policy[1].startswith("default-src 'none'")


@pytest.mark.parametrize(
    "said",
    ["本页不检查什么", "What it does not check", "一个 SM2 签名", "One SM2 signature", "yinxin verify", "不上传"],
)
def test_the_page_says_what_it_checks_and_what_not(said: str):
    assert said in " ".join(PAGE.read_text(encoding="utf-8").split())
