"""Whole conversations over HTTP, byte for byte as the golden files have them; and the examples of partners."""

import json
from pathlib import Path

import pytest

from certs.dialects import DIALECTS
from certs.dialects.codes import codes
from certs.dialects.shandong import SHANDONG, flat
from exchange.dialects.dialect import Outside
from keys.algorithms import sm2
from keys.algorithms.sm2_ciphertext import Layout
from tests.certs.dialects import dialect_house, golden
from tests.certs.dialects.dialect_house import VECTORS, DialectHouse

PARTNERS = Path(__file__).parents[4] / "shared" / "vectors" / "dialects"


@pytest.mark.parametrize("name", sorted(golden.DIALECTS))
def test_a_conversation_is_held_as_its_golden_file_says(partner: DialectHouse, name: str):
    said = golden.written(golden.held(partner, name), name)
    known = (VECTORS / f"{name}.json").read_text("utf-8")
    for now, then in zip(json.loads(said)["conversation"], json.loads(known)["conversation"], strict=True):
        assert now == then, now["name"]
    assert said == known


def test_each_dialect_of_the_table_has_its_golden_file_with_every_operation():
    assert set(golden.DIALECTS) == set(DIALECTS)
    for name, dialect in DIALECTS.items():
        told = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))["conversation"]
        paths = {each["request"]["path"].partition("?")[0] for each in told if each.get("problem") is None}
        named = {dialect.operations[each].name for each in paths if each in dialect.operations}
        every = {each.name for each in dialect.operations.values()}
        assert every - named <= {"getCertificateType", "getThumbnail"}, name


def test_partners_own_ciphertexts_open_and_their_requests_are_read(at):
    if not (PARTNERS / "shandong.json").is_file():
        pytest.skip("the examples of partners are not here")
    theirs = json.loads((PARTNERS / "shandong.json").read_text("utf-8"))
    key = sm2.PrivateKey.from_scalar(dialect_house.SCALAR)
    told = theirs["queryCertInfo"]["response"]["body"]["data"]["certData"]
    assert json.loads(sm2.decrypt(key, bytes.fromhex(told), Layout.C1C2C3)) == theirs["queryCertInfo"]["plaintext"]
    from certs.dialects.dialect import Reading

    for name, operation in SHANDONG.operations.items():
        if name not in theirs:
            continue
        body = json.dumps(theirs[name]["request"]["body"], ensure_ascii=False).replace("UEsDBA…", "UEsDBA==")
        outside = Outside("POST", f"/{name}", {}, body=body.encode())
        assert operation.read(outside, Reading(at)).wish is not None
        assert SHANDONG.proof(name, outside).account == "EXAMPLE_ONE"
    for status, envelope in theirs["refusals"].items():
        ours = {str(each.code): each.words for each in codes("shandong").codes.values()}
        assert ours[status] == envelope["head"]["message"]


def test_a_flat_map_has_the_names_that_partners_read():
    from certs.dialects.dialect import Certificate
    from tests.certs.papers import HYGIENE

    data = {"holder_name": "演示", "valid_from": "2026-01-05", "valid_until": "2031-01-04", "address": "演示"}
    told = flat(Certificate("1.2", HYGIENE, "演1", "valid", data))
    assert set(told) == {"cert_identifier", "certno", "name", "zzyxqqsrq", "zzyxqjzrq", "address"}
