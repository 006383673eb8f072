"""What a finished file carries in itself, and whose a signature is by its certificate's subject."""

from pathlib import Path

import pytest

from base.db import Database
from certs import library
from certs.deposits import verdicts
from certs.deposits.carriers import MOST_ELEMENTS, NOTHING, carried
from certs.deposits.metadata import Sent
from certs.faces.typefaces import typeface
from certs.issuing import Case
from certs.models import CertificateStep
from signing.verification_wiring import Verifying
from tests.builders import ofd
from tests.certs.deposits.files import LICENCE, depositor, finished, packed
from tests.certs.office import office
from tests.keys.parties.builders import CITY
from tests.signing.verifiers import staff


def document(datas: str) -> bytes:
    """Write an OFD with something in its DocInfo."""
    root = ofd.xml(
        "OFD",
        f"<ofd:DocBody><ofd:DocInfo><ofd:DocID>0a</ofd:DocID>{datas}</ofd:DocInfo>"
        "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody>",
        ' Version="1.1" DocType="OFD"',
    )
    return packed({**ofd.document(), "OFD.xml": root})


@pytest.mark.parametrize(
    "datas",
    [
        '<ofd:CustomDatas><ofd:CustomData Name="ZZBH">1</ofd:CustomData></ofd:CustomDatas>',
        '<ofd:CuslomDatas><ofd:CuslomData name="ZZBH">1</ofd:CuslomData></ofd:CuslomDatas>',
        '<ofd:CustomDatas><ofd:CustomData Name=" ZZBH "> 1 </ofd:CustomData></ofd:CustomDatas>',
    ],
    ids=["standard", "as one vendor spells it", "with spaces"],
)
def test_elements_are_read_as_they_are_spelt(datas: str):
    """And it is told in which part they stand."""
    found = carried(document(datas))
    assert (found.elements, found.part) == ({"ZZBH": "1"}, "/OFD.xml")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.7",
        b"PK\x03\x04 broken",
        document(""),
        document("<ofd:CustomDatas/>"),
        document('<ofd:CustomDatas><ofd:CustomData Name="">1</ofd:CustomData></ofd:CustomDatas>'),
    ],
    ids=range(6),
)
def test_a_file_that_carries_nothing_gives_nothing(content: bytes):
    """Whatever it is."""
    assert carried(content) == NOTHING


def test_only_so_many_elements_are_read():
    """A file with more is made to be large."""
    many = "".join(f'<ofd:CustomData Name="N{each}">1</ofd:CustomData>' for each in range(MOST_ELEMENTS + 10))
    assert len(carried(document(f"<ofd:CustomDatas>{many}</ofd:CustomDatas>")).elements) == MOST_ELEMENTS


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        (f"C=CN, O=演示, organizationIdentifier={CITY}, CN=演示", CITY),
        (f"C=CN, O=演示, organizationIdentifier=USCC:{CITY}, CN=演示", CITY),
        (f"C=CN, OU={CITY}, CN=演示", CITY),
        (f"C=CN, serialNumber={CITY}", CITY),
        (f"C=CN, O=演示\\, organizationIdentifier\\={CITY}, CN=演示", ""),
        (f"C=CN, CN={CITY}", ""),
        (f"C=CN, OU={CITY}9", ""),
        (f"C=CN, OU={CITY[:-1]}", ""),
        ("", ""),
    ],
    ids=range(9),
)
def test_a_subject_names_its_organ_only_where_codes_stand(subject: str, code: str):
    """A name that contains a comma and a code is still a name."""
    signature = {"signer": {"subject": subject}, "seal": None}
    (found,) = verdicts.sealings({"signatures": [signature]})
    assert found.code == code


def test_a_file_is_verified_in_a_process_of_its_own(database: Database, tmp_path: Path, at):
    """As every document from outside; and its step of a case is settled with what was kept before."""
    house = office(database, tmp_path, at, typeface())
    document_ = finished(house)
    with staff() as workers:
        taker = depositor(house)
        real = type(taker)(taker.database, taker.parts, taker.signing, Verifying(workers, 1 << 24), taker.by, taker.now)
        first = real.deposit(document_, "x.ofd", Sent(LICENCE.code))
        assert real.deposit(document_, "x.ofd", Sent(LICENCE.code), Case("演办1", "归集")) == first
    with house.database.reading() as session:
        assert library.certificate_of(session, first).state == "valid"
        assert session.get_one(CertificateStep, (CITY, "演办1", "归集")).identifier == first
