"""Codes are read softly, written strictly, and their check characters find what their algorithms promise to find."""

import json
import string
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from base.errors import DomainError
from base.identifiers import (
    ALPHANUMERIC,
    CERTIFICATE_ROOT,
    CREDIT_ALPHABET,
    PROVINCES,
    CertificateIdentifier,
    CreditCode,
    IdNumber,
    InvalidCertificateIdentifier,
    InvalidCreditCode,
    InvalidIdNumber,
    Level,
    OrganisationCode,
    RegionCode,
    certificate_check,
    certificate_parts,
    organisation_check,
    read_certificate_identifier,
    read_credit_code,
    read_id_number,
    read_organisation_code,
    read_region_code,
)
from base.readings import MAX_LENGTH, REMARKS, Fault, Identifier, masked_id_number, masked_name

VECTORS = Path(__file__).resolve().parents[2].parent / "shared" / "vectors" / "codes.json"
CREDIT_WEIGHTS = [3**place % 31 for place in range(17)]
ID_WEIGHTS = [2 ** (17 - place) % 11 for place in range(17)]


# --- Invented codes, computed here by formulas that the product does not use ---------------------------------------


def credit_code_of(seventeen: str) -> str:
    """Close a credit code so that the weighted sum of all 18 is a multiple of 31."""
    total = sum(CREDIT_ALPHABET.index(sign) * weight for sign, weight in zip(seventeen, CREDIT_WEIGHTS, strict=True))
    return seventeen + CREDIT_ALPHABET[-total % 31]


def id_number_of(seventeen: str) -> str:
    """Close an identification number so that the sum over powers of two is 1 modulo 11."""
    total = sum(int(sign) * weight for sign, weight in zip(seventeen, ID_WEIGHTS, strict=True))
    return seventeen + "0123456789X"[(1 - total) % 11]


provinces = st.sampled_from(sorted(PROVINCES))
regions = st.builds(lambda head, tail: head + tail, provinces, st.from_regex(r"[0-9]{4}", fullmatch=True))
births = st.dates(date(1900, 1, 1), date(2026, 11, 20))
organisations = st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=8, max_size=8).map(
    lambda eight: eight + organisation_check(eight)
)
credit_codes = st.builds(
    lambda office, kind, region, organisation: credit_code_of(office + kind + region + organisation),
    st.sampled_from("1259ANY"),
    st.sampled_from("1239"),
    regions,
    organisations,
)
id_numbers = st.builds(
    lambda region, born, sequence: id_number_of(f"{region}{born:%Y%m%d}{sequence:03d}"),
    regions,
    births,
    st.integers(1, 999),
)
serials = st.text(string.digits + string.ascii_uppercase, min_size=1, max_size=32)
certificate_identifiers = st.builds(
    lambda definer, number, issuer, serial, version: (
        CertificateIdentifier.written(f"{definer}{number:03d}", CreditCode(issuer), serial, f"{version:03d}").text
    ),
    credit_codes,
    st.integers(1, 999),
    credit_codes,
    serials,
    st.integers(1, 999),
)


def with_one_other(text: str, place: int, sign: str) -> str:
    assume(text[place] != sign)
    return text[:place] + sign + text[place + 1 :]


# --- Vectors ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def vectors() -> dict[str, list[str]]:
    if not VECTORS.exists():
        pytest.skip(f"the vectors of public codes are not beside this checkout: {VECTORS}")
    told: dict[str, list[str]] = json.loads(VECTORS.read_text(encoding="utf-8"))
    return told


def test_public_credit_codes_are_sound_down_to_their_organisation_code(vectors):
    for text in vectors["uscc_valid"]:
        assert read_credit_code(text) == Identifier(read_credit_code(text).code, text)
        assert OrganisationCode(CreditCode(text).organisation_code).text == text[8:17]


def test_public_identification_numbers_are_sound(vectors):
    for text in vectors["id_number_valid"]:
        assert IdNumber(text).birth_date == date(1949, 12, 31)
        assert not IdNumber(text).male


def test_public_certificate_identifiers_are_sound_with_and_without_their_root(vectors):
    for text in vectors["certificate_identifiers_valid"]:
        assert CertificateIdentifier(text).text == text
        bare = read_certificate_identifier(text.removeprefix(CERTIFICATE_ROOT + "."))
        assert (bare.text, bare.sound, bare.exact) == (text, True, False)
        assert Fault.ROOT_MISSING in bare.faults


def test_a_public_certificate_s_next_version_is_the_next_public_one(vectors):
    first, second = (text for text in vectors["certificate_identifiers_valid"] if ".20230000403." in text)
    assert CertificateIdentifier(first).next_version().text == second


def test_an_issuer_that_is_only_a_region_is_remarked_and_accepted(vectors):
    (text,) = (text for text in vectors["certificate_identifiers_valid"] if ".340100." in text)
    assert read_certificate_identifier(text).faults == (Fault.ISSUER_NOT_CREDIT_CODE,)


# --- Laws ---------------------------------------------------------------------------------------------------------


@given(credit_codes)
def test_an_invented_credit_code_is_sound(text):
    assert CreditCode(text).text == text
    assert read_credit_code(text).faults == ()


@given(id_numbers)
def test_an_invented_identification_number_is_sound(text):
    assert IdNumber(text).birth_date.strftime("%Y%m%d") == text[6:14]
    assert read_id_number(text, datetime(2026, 11, 21, tzinfo=UTC)).faults == ()


@given(certificate_identifiers)
def test_an_invented_certificate_identifier_is_sound(text):
    read = read_certificate_identifier(text)
    assert (read.text, read.faults) == (text, ())
    assert len(vars(CertificateIdentifier(text).parts)) == 5


@given(credit_codes, st.integers(0, 17), st.sampled_from(CREDIT_ALPHABET))
def test_every_single_wrong_sign_in_a_credit_code_is_found(text, place, sign):
    assert not read_credit_code(with_one_other(text, place, sign)).sound


@given(id_numbers, st.integers(0, 17), st.sampled_from(string.digits + "X"))
def test_every_single_wrong_sign_in_an_identification_number_is_found(text, place, sign):
    assert not read_id_number(with_one_other(text, place, sign)).sound


@given(id_numbers, st.integers(0, 15))
def test_every_swap_of_neighbours_in_an_identification_number_is_found(text, place):
    """ISO/IEC 7064 MOD 11-2 promises it; the last pair is left out, where an X may move to a place it cannot hold."""
    assume(text[place] != text[place + 1])
    assert not read_id_number(text[:place] + text[place + 1] + text[place] + text[place + 2 :]).sound


@given(organisations, st.integers(0, 8), st.sampled_from(string.digits))
def test_every_single_wrong_digit_in_an_organisation_code_is_found(text, place, sign):
    assume(text[place] in string.digits)
    assert not read_organisation_code(with_one_other(text, place, sign)).sound


def test_letters_eleven_apart_look_alike_to_an_organisation_code():
    """GB 11714 does not promise more; the credit code around it does."""
    assert organisation_check("A0000000") == organisation_check("L0000000")


@given(certificate_identifiers, st.data())
def test_every_single_wrong_sign_in_a_certificate_identifier_is_found(text, data):
    place = data.draw(st.integers(len(CERTIFICATE_ROOT) + 1, len(text) - 1))
    assume(text[place] != ".")
    assert not read_certificate_identifier(with_one_other(text, place, data.draw(st.sampled_from(ALPHANUMERIC)))).sound


@given(st.text(ALPHANUMERIC, min_size=1, max_size=70))
def test_the_check_character_makes_the_whole_congruent_to_one(body):
    """The recursion of ISO/IEC 7064, hybrid systems, written as the standard states its test."""
    product = 36
    for sign in body:
        product = ((product + ALPHANUMERIC.index(sign)) % 36 or 36) * 2 % 37
    assert (product + ALPHANUMERIC.index(certificate_check(body))) % 36 == 1


@given(st.text(max_size=400))
def test_any_text_can_be_read_and_only_exact_text_becomes_a_code(text):
    for read, strict in (
        (read_credit_code, CreditCode),
        (read_id_number, IdNumber),
        (read_organisation_code, OrganisationCode),
        (read_region_code, RegionCode),
        (read_certificate_identifier, CertificateIdentifier),
    ):
        told = read(text)
        assert told.sound == (not told.wrong)
        if told.exact:
            assert strict(text).text == text
            continue
        with pytest.raises(DomainError) as refusal:
            strict(text)
        assert refusal.value.facts == {"faults": ", ".join(fault for fault in told.faults if fault not in REMARKS)}


@given(st.one_of(credit_codes, id_numbers, organisations), st.data())
def test_a_reading_is_the_same_however_the_code_was_typed(text, data):
    """Full width, spaces and small letters change the faults told and nothing else."""
    typed = "".join(
        data.draw(
            st.sampled_from([sign, sign.lower(), chr(ord(sign) + 0xFEE0), sign + " ", "\u200b" + sign, sign + "　"])
        )
        for sign in text
    )
    for read in (read_credit_code, read_id_number, read_organisation_code):
        mended, straight = read(typed), read(text)
        assert (mended.text, mended.wrong) == (straight.text, straight.wrong)
        assert mended.exact == (straight.exact and typed == text)


# --- Faults by name -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("", [Fault.LENGTH]),
        ("1110000000001333", [Fault.LENGTH]),
        ("11100000000013338Q", [Fault.CHECK]),
        ("11100000000013338w", [Fault.LOWER_CASE]),
        ("１１１０００００００００１３３３８W", [Fault.FULL_WIDTH]),
        (" 111000 00000013338W\n", [Fault.SPACES]),
        ("11100000-00001333-8W", [Fault.HYPHENS]),
        ("1110000000001333IW", [Fault.ALPHABET]),
        ("11A00000000013338W", [Fault.ALPHABET]),
        ("11100000000013338é", [Fault.ALPHABET]),
        ("1110000000001333８Ｗ", [Fault.FULL_WIDTH]),
        ("9" * 1000, [Fault.LENGTH]),
        ("١٢٣٤٥٦٧٨٩٠١٢٣٤٥٦٧٨", [Fault.ALPHABET]),
    ],
)
def test_the_faults_of_a_credit_code_are_told(text, faults):
    assert list(read_credit_code(text).faults) == faults


def test_a_rural_collective_s_code_with_letters_in_front_is_sound():
    """N is the farming office, whose bodies stand in the registers since 2017."""
    assert CreditCode(credit_code_of("N2320902MF1234567"[:16] + organisation_check("MF123456"))).region == "320902"


def test_a_credit_code_of_no_known_province_or_with_a_bad_inner_check_is_remarked():
    placeholder = credit_code_of("91990000000000000")
    assert read_credit_code(placeholder).faults == (Fault.REGION_UNKNOWN,)
    odd_inside = credit_code_of("91320902000000001")
    assert read_credit_code(odd_inside).faults == (Fault.ORGANISATION_CHECK,)
    assert CreditCode(odd_inside).text == odd_inside


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("11010519491231002X", []),
        ("11010519491231002x", [Fault.LOWER_CASE]),
        ("１１０１０５１９４９１２３１００２Ｘ", [Fault.FULL_WIDTH]),
        ("110105 19491231 002X", [Fault.SPACES]),
        ("110105491231002", [Fault.FIFTEEN_DIGITS]),
        ("110105194912310021", [Fault.CHECK]),
        ("110105194902300021", [Fault.BIRTH_DATE, Fault.CHECK]),
        ("11010519491231002Y", [Fault.ALPHABET]),
        ("X1010519491231002X", [Fault.ALPHABET]),
        ("1101051949123100", [Fault.LENGTH]),
        ("11010549123100X", [Fault.LENGTH]),
        (id_number_of("00010519491231002"), [Fault.PROVINCE]),
        (id_number_of("83000019900101001"), []),
        (id_number_of("93215619900101001"), []),
        (id_number_of("99915619900101001"), [Fault.PROVINCE]),
        (id_number_of("11010517991231002"), [Fault.BIRTH_DATE]),
    ],
)
def test_the_faults_of_an_identification_number_are_told(text, faults):
    assert list(read_id_number(text).faults) == faults


def test_fifteen_digits_become_eighteen_and_are_sound():
    read = read_id_number("110105491231002")
    assert (read.text, read.sound, read.exact) == ("11010519491231002X", True, False)


def test_nobody_was_born_after_today_in_china():
    """At 16:00 UTC the next day has begun in China."""
    text = id_number_of("32090220261122001")
    assert not read_id_number(text, datetime(2026, 11, 21, 15, 59, tzinfo=UTC)).sound
    assert read_id_number(text, datetime(2026, 11, 21, 16, 0, tzinfo=UTC)).sound
    assert read_id_number(text).sound


def test_an_identification_number_shows_itself_only_when_asked():
    text = "11010519491231002X"
    number, read = IdNumber(text), read_id_number(text)
    assert "1101**********002X" in repr(number)
    assert not any(
        text in shown for shown in (repr(number), str(number), f"{number}", repr(read), str(read), repr([read]))
    )
    with pytest.raises(InvalidIdNumber) as refusal:
        IdNumber("110105194912310021")
    assert "110105" not in str(refusal.value)
    assert refusal.value.facts == {"faults": "check"}


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("00001333-8", [Fault.HYPHENS]),
        ("000013338", []),
        ("000013339", [Fault.CHECK]),
        ("00001333", [Fault.LENGTH]),
        ("0000133é8", [Fault.ALPHABET]),
        ("00001333A", [Fault.ALPHABET]),
        ("mb2855918", [Fault.LOWER_CASE]),
    ],
)
def test_the_faults_of_an_organisation_code_are_told(text, faults):
    assert list(read_organisation_code(text).faults) == faults


def test_an_organisation_code_is_printed_with_a_hyphen():
    assert OrganisationCode("000013338").hyphenated == "00001333-8"


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("100000", Level.NATION),
        ("320000", Level.PROVINCE),
        ("320900", Level.CITY),
        ("320902", Level.COUNTY),
        ("429004", Level.COUNTY),
        ("660000", Level.PROVINCE),
        ("320902001", Level.TOWN),
        ("320902000", Level.COUNTY),
        ("320902001002", Level.VILLAGE),
        ("320902001000", Level.TOWN),
        ("441900003000", Level.TOWN),
        ("320000000000", Level.PROVINCE),
        ("100000000000", Level.NATION),
    ],
)
def test_a_region_code_tells_its_level(text, level):
    assert RegionCode(text).level is level


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("3209", [Fault.LENGTH]),
        ("32090a", [Fault.LOWER_CASE, Fault.ALPHABET]),
        ("990000", [Fault.PROVINCE]),
        ("320001", [Fault.GAP]),
        ("320902000001", [Fault.GAP]),
        ("320000001", [Fault.GAP]),
        ("100000001", [Fault.GAP]),
        ("３２０９００", [Fault.FULL_WIDTH]),
    ],
)
def test_the_faults_of_a_region_code_are_told(text, faults):
    assert list(read_region_code(text).faults) == faults


def test_a_region_covers_what_lies_in_it_whatever_the_length():
    city = RegionCode("320900")
    assert all(
        city.covers(RegionCode(text)) for text in ("320900", "320902", "320902001", "320902001002", "320900000000")
    )
    assert not any(city.covers(RegionCode(text)) for text in ("320000", "321000", "100000", "330900"))
    assert RegionCode("100000").covers(city)
    assert RegionCode("320902001000").covers(RegionCode("320902001002"))
    assert not RegionCode("320902").covers(RegionCode("320900"))


GOOD = "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U"


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (GOOD, []),
        (GOOD.lower(), [Fault.LOWER_CASE]),
        (GOOD.replace(".", "．"), [Fault.FULL_WIDTH]),
        (GOOD[:-1] + "V", [Fault.CHECK]),
        (GOOD.replace(".001.", ".01."), [Fault.VERSION, Fault.CHECK]),
        (GOOD.replace(".001.", "."), [Fault.SHAPE]),
        (GOOD.replace("3005.2", "3005.3"), [Fault.SHAPE]),
        (GOOD.replace(".20230000403.", ".2023-0403."), [Fault.ALPHABET]),
        (GOOD.replace(".20230000403.", ".."), [Fault.ALPHABET]),
        (GOOD.replace("13338W011", "13338Q011"), [Fault.TYPE_CODE, Fault.CHECK]),
        (GOOD + "A" * MAX_LENGTH, [Fault.LENGTH]),
        ("", [Fault.SHAPE]),
    ],
)
def test_the_faults_of_a_certificate_identifier_are_told(text, faults):
    assert list(read_certificate_identifier(text).faults) == faults


def test_the_parts_of_an_identifier_with_a_wrong_check_character_can_still_be_read():
    """One vendor's check characters are all wrong; its certificates are taken in, with the fault told."""
    parts = certificate_parts(read_certificate_identifier(GOOD[:-1] + "V").text)
    assert parts is not None
    assert (parts.serial, parts.version, parts.check) == ("20230000403", "001", "V")


def test_an_identifier_is_written_only_from_sound_parts():
    issuer = CreditCode("11430000006122244L")
    assert CertificateIdentifier.written("11100000000013338W011", issuer, "20230000403", "001").text == GOOD
    for type_code, serial, version in (
        ("11100000000013338W11", "1", "001"),
        ("11100000000013338W011", "a1", "001"),
        ("11100000000013338W011", "", "001"),
        ("11100000000013338W011", "1.1", "001"),
        ("11100000000013338W011", "1", "000"),
        ("11100000000013338W011", "1" * MAX_LENGTH, "001"),
    ):
        with pytest.raises(InvalidCertificateIdentifier):
            CertificateIdentifier.written(type_code, issuer, serial, version)


def test_after_the_last_version_there_is_none():
    last = CertificateIdentifier.written("11100000000013338W011", CreditCode("11430000006122244L"), "1", "999")
    with pytest.raises(InvalidCertificateIdentifier):
        last.next_version()


def test_a_strict_code_refuses_even_what_could_be_mended():
    for text in ("11100000000013338w", " 11100000000013338W", "１1100000000013338W"):
        with pytest.raises(InvalidCreditCode):
            CreditCode(text)


def test_a_public_code_prints_as_its_text():
    for code in (CreditCode("11100000000013338W"), OrganisationCode("000013338"), RegionCode("320900")):
        assert f"{code}" == code.text
    assert str(CertificateIdentifier(GOOD)) == GOOD


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("320102199003071234", "3201**********1234"),
        ("320102900307123", "3201*******7123"),
        ("12345", "*****"),
        ("", ""),
    ],
)
def test_a_number_is_shown_by_its_ends(given_text, shown):
    assert masked_id_number(given_text) == shown


@pytest.mark.parametrize(("name", "shown"), [("张三", "张*"), (" 欧阳小明 ", "欧***"), ("张", "*"), ("", "")])
def test_a_name_is_shown_by_its_first_character(name, shown):
    assert masked_name(name) == shown
