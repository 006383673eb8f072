"""Finished files: kept byte for byte with their verdict, or kept out, each for its own reason and on record."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from base import audit
from base.db import Database
from base.errors import DomainError
from certs import library
from certs.deposits import depositing
from certs.deposits.errors import (
    DepositForged,
    DepositHalfCovered,
    DepositMetadataDiffers,
    DepositMetadataMissing,
    DepositOfAnotherType,
    DepositSealedByAnother,
    DepositTypeNotCollected,
    DepositUndecided,
    DepositUnreadable,
    DepositUnsigned,
)
from certs.deposits.metadata import Sent
from certs.drafts import Holder
from certs.errors import CaseStepTaken, CertificateNumberTaken, ChangedSince, FaultyCertificate
from certs.faces.typefaces import typeface
from certs.issuing import Case
from certs.life import Standing
from certs.models import Certificate
from certs.types.certificate_type import Holding
from keys.algorithms.sm3 import SM3
from keys.trust import Anchor
from signing.models import SealUse
from tests.builders import pki
from tests.certs.deposits import files
from tests.certs.deposits.files import LICENCE, depositor, finished, identifier_of, sent, told
from tests.certs.office import Office, office
from tests.certs.papers import HYGIENE, TYPES, firm
from tests.keys.parties.builders import CITY, PROVINCE


@pytest.fixture
def house(database: Database, tmp_path: Path, at) -> Office:
    return office(database, tmp_path, at, typeface())


def count(house: Office, table: type) -> int:
    with house.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def refusals(house: Office) -> list[Any]:
    """Give what the record says of files that were kept out."""
    with house.database.reading() as session:
        found = audit.search(session, audit.Search(act="certificate.deposit-refused"))
        return [each.entry for each in found]


def kept_out(house: Office, document: bytes, refusal: type[DomainError], told_: Sent | None = None) -> DomainError:
    """See a file refused, on record with its digest and the reason, and nothing kept of it."""
    with pytest.raises(refusal) as refused:
        depositor(house).deposit(document, "x.ofd", told_ or Sent(LICENCE.code))
    assert count(house, Certificate) == 0
    (entry,) = refusals(house)
    assert (entry.thing.id, entry.facts["code"]) == (SM3.of(document).hex(), refusal.code)
    return refused.value


def test_a_finished_file_comes_back_byte_for_byte(house: Office):
    """Not sealed again: the one use of the seal is the department's own."""
    document = finished(house)
    uses = count(house, SealUse)
    identifier = depositor(house).deposit(document, "x.ofd", Sent(LICENCE.code))
    assert count(house, SealUse) == uses
    with house.database.reading() as session:
        row = library.certificate_of(session, identifier)
        (file,) = library.documents(session, house.parts.keys, row)
        known = library.known(session, house.parts.keys, row, house.at)
        deposit = depositing.deposit_of(session, identifier)
        steps = [each.step for each in library.events_of(session, identifier)]
    assert (file.content, file.verdict, file.format) == (document, "valid", "ofd")
    assert (row.origin, row.grade, row.holding, row.issuer) == ("deposited", "sealed", "collected", CITY)
    assert known.standing is Standing.VALID
    assert known.content == replace(known.content, number=firm(1), data=told(house).data)
    assert [(each.code, each.name) for each in known.content.holders] == [(firm(1), "演示企业1有限公司")]
    assert deposit is not None
    assert (deposit.sealer, deposit.verdict, deposit.sm3) == (CITY, "valid", file.sm3)
    assert steps == ["deposit"]
    assert identifier == identifier_of()


def test_a_pdf_is_taken_in_with_what_its_sender_tells(house: Office):
    """A PDF carries no elements that partners agree on."""
    document = finished(house, form="pdf")
    identifier = depositor(house).deposit(document, "x.pdf", sent(told(house)))
    with house.database.reading() as session:
        (file,) = library.documents(session, house.parts.keys, library.certificate_of(session, identifier))
    assert (file.format, file.content) == ("pdf", document)
    assert ".D" in identifier


def test_a_pdf_of_which_nothing_is_told_is_kept_out(house: Office):
    """Nobody guesses what a picture of text says."""
    refused = kept_out(house, finished(house, form="pdf"), DepositMetadataMissing)
    assert refused.facts["elements"] == "ZZBH CZZTDM ZZBFRQ"


def test_a_changed_page_is_forged(house: Office):
    """One character of the face, after it was sealed."""
    forged = files.edited(finished(house), files.PAGE, lambda page: page.replace("演示".encode(), "真实".encode(), 1))
    assert kept_out(house, forged, DepositForged).facts["check"] == "REF_DIGEST_MISMATCH"


def test_changed_metadata_are_forged(house: Office):
    """The holder in the entry point is another; the face is as it was."""
    made = files.edited(finished(house), "OFD.xml", lambda root: root.replace(firm(1).encode(), firm(2).encode()))
    kept_out(house, made, DepositForged)


def test_a_file_without_its_seal_is_unsigned(house: Office):
    """The list of signatures was taken out."""
    kept_out(house, files.stripped(finished(house)), DepositUnsigned)


def test_a_face_that_was_never_sealed_is_unsigned(house: Office):
    """As it was drawn."""
    kept_out(house, files.face(house, told(house)).document, DepositUnsigned)


@pytest.mark.parametrize("content", [b"x", b"PK\x03\x04 broken", b"%PDF-1.7 broken", b"\0" * 100], ids=range(4))
def test_what_is_no_document_is_unreadable(house: Office, content: bytes):
    """Whatever the bytes."""
    kept_out(house, content, DepositUnreadable)


def test_a_seal_over_half_of_the_file_is_half_covered(house: Office):
    """The page itself is left out of the list of what is protected."""
    made = files.by_hand(house, told(house), lambda name: not name.endswith(("/Signatures.xml", "Content.xml")))
    assert kept_out(house, made, DepositHalfCovered).facts["first"] == f"/{files.PAGE}"


def test_metadata_that_no_seal_protects_are_half_covered(house: Office):
    """What shows is protected, so that the document itself is valid; what the library would read is not."""
    made = files.by_hand(house, told(house), lambda name: not name.endswith(("/Signatures.xml", "OFD.xml")))
    assert kept_out(house, made, DepositHalfCovered).facts["first"] == "/OFD.xml"


def test_a_seal_whose_authority_is_not_known_here_is_undecided(house: Office):
    """Neither forged nor good: the root must be imported first."""
    stranger = Anchor(pki.root("演示无关 CA").certificate)
    with pytest.raises(DepositUndecided) as refused:
        depositor(house, files.WINDOW, stranger).deposit(finished(house), "x.ofd", Sent(LICENCE.code))
    assert refused.value.check == "SIGNER_CERT_UNTRUSTED"
    assert count(house, Certificate) == 0
    assert refusals(house)[0].facts["verdict"] == "indeterminate"


def test_a_type_that_says_so_takes_an_undecided_file_and_keeps_its_verdict(house: Office):
    """It is graded unproven, and the file says indeterminate."""
    lenient = replace(LICENCE, takes_undecided=True)
    house.parts = replace(house.parts, types={**TYPES, LICENCE.code: lenient})
    stranger = Anchor(pki.root("演示无关 CA").certificate)
    identifier = depositor(house, files.WINDOW, stranger).deposit(finished(house), "x.ofd", Sent(LICENCE.code))
    with house.database.reading() as session:
        row = library.certificate_of(session, identifier)
        (file,) = library.files(session, row)
    assert (row.grade, file.verdict) == ("unproven", "indeterminate")


def test_a_right_seal_of_another_organ_is_kept_out(house: Office):
    """The file says that the province issued it; the seal is the city's."""
    made = finished(house, issuer=PROVINCE, identifier=identifier_of(issuer=PROVINCE))
    refused = kept_out(house, made, DepositSealedByAnother)
    assert refused.facts == {"issuer": PROVINCE, "sealer": CITY}


def test_a_valid_seal_that_is_in_nobodys_name_is_kept_out(house: Office):
    """Its maker is trusted; no register and no certificate says whose it is."""
    made = files.by_hand(house, told(house), lambda name: not name.endswith("/Signatures.xml"))
    assert kept_out(house, made, DepositSealedByAnother).facts["sealer"] == ""


def test_a_seal_of_an_organ_that_does_not_issue_the_type_is_kept_out(house: Office):
    """The type names its issuers."""
    narrow = replace(LICENCE, issuers=(PROVINCE,))
    house.parts = replace(house.parts, types={**TYPES, LICENCE.code: narrow})
    kept_out(house, finished(house), DepositSealedByAnother)


def test_a_file_that_says_another_type_is_kept_out(house: Office):
    """It was sent as what it is not."""
    household = next(each for each in TYPES.values() if each.name == "居民户口簿")
    refused = kept_out(house, finished(house), DepositOfAnotherType, Sent(household.code))
    assert refused.facts == {"type": household.code, "found": LICENCE.code}


@pytest.mark.parametrize("holding", [each for each in Holding if each is not Holding.COLLECTED])
def test_only_collected_types_take_a_file(house: Office, holding: Holding):
    """What is issued here, fetched or only checked at its source has no finished file to hand in."""
    type_ = next(each for each in TYPES.values() if each.holding is holding)
    with pytest.raises(DepositTypeNotCollected):
        depositor(house).deposit(b"x", "x.ofd", Sent(type_.code))


@pytest.mark.parametrize(
    ("peculiar", "element"),
    [
        ({"number": firm(9)}, "ZZBH"),
        ({"holders": (Holder(firm(9), "001", "演示企业1有限公司"),)}, "CZZTDM"),
        ({"holders": (Holder(firm(1), "001", "演示另一企业"),)}, "CZZT"),
        ({"issued_on": date(2020, 1, 1)}, "ZZBFRQ"),
        ({"valid_until": date(2030, 1, 1)}, "ZZYXQJZRQ"),
        ({"issuer": PROVINCE}, "ZZBFJGDM"),
        ({"data": {"legal_representative": "演示别人"}}, "KZ_legal_representative"),
        ({"identifier": identifier_of(serial="2")}, "ZZBS"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_file_and_a_sender_that_differ_are_told_where(house: Office, peculiar: dict[str, Any], element: str):
    """Each element is compared as a value."""
    refused = kept_out(house, finished(house), DepositMetadataDiffers, sent(told(house), **peculiar))
    assert refused.facts["elements"] == element


def test_a_file_and_a_sender_that_agree_are_one(house: Office):
    """The file writes days in Chinese and codes in words; the sender writes values."""
    depositor(house).deposit(finished(house), "x.ofd", sent(told(house)))
    assert count(house, Certificate) == 1


def test_data_that_do_not_fit_the_type_are_kept_out(house: Office):
    """A right seal makes no sense out of an impossible licence."""
    data = {name: value for name, value in told(house).data.items() if name != "address"}
    kept_out(house, finished(house, told(house, data=data)), FaultyCertificate)


def test_the_same_file_is_the_same_certificate(house: Office):
    """Whoever was cut off sends it again."""
    document = finished(house)
    first = depositor(house).deposit(document, "x.ofd", Sent(LICENCE.code))
    house.at += timedelta(hours=1)
    assert depositor(house).deposit(document, "again.ofd", Sent(LICENCE.code)) == first
    assert (count(house, Certificate), refusals(house)) == (1, [])


def test_the_same_step_of_a_case_takes_one_file(house: Office):
    """Told twice it is one; told with another file it is refused."""
    case, document = Case("演办1", "归集"), finished(house)
    first = depositor(house).deposit(document, "x.ofd", Sent(LICENCE.code), case)
    assert depositor(house).deposit(document, "x.ofd", Sent(LICENCE.code), case) == first
    with pytest.raises(CaseStepTaken):
        depositor(house).deposit(finished(house), "x.ofd", Sent(LICENCE.code), case)


def test_a_newer_version_ends_the_one_before(house: Office):
    """Same serial, version one higher; each says what the other is."""
    first = depositor(house).deposit(finished(house), "x.ofd", Sent(LICENCE.code))
    newer = identifier_of(version="002")
    second = depositor(house).deposit(finished(house, identifier=newer), "x.ofd", Sent(LICENCE.code))
    with house.database.reading() as session:
        old, new = library.certificate_of(session, first), library.certificate_of(session, second)
    assert (old.state, old.superseded_by, new.state, new.supersedes) == ("changed", newer, "valid", first)


def test_an_older_version_does_not_come_back(house: Office):
    """A file that lay about is not news."""
    newer = finished(house, identifier=identifier_of(version="002"))
    depositor(house).deposit(newer, "x.ofd", Sent(LICENCE.code))
    with pytest.raises(ChangedSince):
        depositor(house).deposit(finished(house), "x.ofd", Sent(LICENCE.code))


def test_a_number_of_another_certificate_is_taken(house: Office):
    """Two serials with one number collide."""
    depositor(house).deposit(finished(house), "x.ofd", Sent(LICENCE.code))
    other = finished(house, identifier=identifier_of(serial="2"))
    with pytest.raises(CertificateNumberTaken):
        depositor(house).deposit(other, "x.ofd", Sent(LICENCE.code))


def test_a_foreign_identifier_with_a_wrong_check_character_is_kept_and_told(house: Office):
    """Inbound soft: the fault is a remark, the certificate is not dropped."""
    sound = identifier_of()
    wrong = sound[:-1] + ("0" if sound[-1] != "0" else "1")
    identifier = depositor(house).deposit(finished(house, identifier=wrong), "x.ofd", Sent(LICENCE.code))
    with house.database.reading() as session:
        deposit = depositing.deposit_of(session, identifier)
    assert deposit is not None
    assert (identifier, deposit.remarks) == (wrong, ["identifier-check"])


def test_nothing_of_the_holder_is_in_the_record(house: Office):
    """Digests, codes and verdicts alone."""
    made: Callable[[], bytes] = lambda: finished(house)  # noqa: E731
    depositor(house).deposit(made(), "x.ofd", Sent(LICENCE.code))
    with pytest.raises(DepositOfAnotherType):
        depositor(house).deposit(made(), "x.ofd", Sent(next(c for c, t in TYPES.items() if t.name == "结婚证")))
    with house.database.reading() as session:
        found = audit.search(session, audit.Search())
    assert firm(1) not in str([each.entry for each in found])
    assert HYGIENE.code not in TYPES[LICENCE.code].code
