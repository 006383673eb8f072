"""Addresses of keys: one spelling each, nothing in them that opens a key, and refusals for all else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.signers import uris
from keys.signers.errors import UnusableKeyUri

GOOD = (
    "file:/var/lib/yinxin/keys/seal.1.pem",
    "file:/a.pem",
    "file:/srv/%E5%AF%86%E9%92%A5/a%20b.pem",
    "pkcs11:token=yinxin;object=seal",
    "pkcs11:token=yinxin;id=%01%FF",
    "pkcs11:serial=0123abc;id=%00",
    "pkcs11:slot-id=0;object=a;type=private",
    "pkcs11:token=My%20token;object=a%3Bb",
    "pkcs11:token=%E5%8D%B0%E4%BF%A1;object=a?module-path=/usr/lib/softhsm/libsofthsm2.so",
    "sdf:1",
    "sdf:65535",
    "svs:seal-01.a_b",
)

BAD = (
    "",
    "file",
    "file:",
    "FILE:/a.pem",
    "File:/a.pem",
    " file:/a.pem",
    "file:/a.pem ",
    "file:/a.pem\n",
    "file:/a.pem\x00",
    "file:a.pem",
    "file:./a.pem",
    "file://a.pem",
    "file:///a.pem",
    "file://localhost/a.pem",
    "file:/a",
    "file:/.pem",
    "file:/a/.pem",
    "file:/a.PEM",
    "file:/a/../b.pem",
    "file:/a/./b.pem",
    "file:/a//b.pem",
    "file:/a/%2E%2E/b.pem",
    "file:/a%2Fb.pem",
    "file:/a%00.pem",
    "file:/a%0A.pem",
    "file:/a%2.pem",
    "file:/a%zz.pem",
    "file:/a%e5%af%86.pem",
    "file:/%E5%AF.pem",
    "file:/%61.pem",
    "file:/a.pem?x=1",
    "file:/a.pem#x",
    "file:/密.pem",
    "file:/" + "a" * 3000 + ".pem",
    "http://host/key",
    "pkcs11:",
    "pkcs11:?",
    "pkcs11:token=a",
    "pkcs11:object=a",
    "pkcs11:id=%01",
    "pkcs11:token=;object=a",
    "pkcs11:token=a;object=",
    "pkcs11:token=a;;object=b",
    "pkcs11:token=a;object=b;",
    "pkcs11:;token=a;object=b",
    "pkcs11:token=a;token=a;object=b",
    "pkcs11:token=a;object=b;object=c",
    "pkcs11:token=a;object=b;pin-value=1234",
    "pkcs11:token=a;object=b?pin-value=1234",
    "pkcs11:token=a;object=b?pin-source=file:/etc/pin",
    "pkcs11:token=a;object=b?pin-source=%7Cshow",
    "pkcs11:token=a;object=b?",
    "pkcs11:token=a;object=b?module-name=softhsm2",
    "pkcs11:token=a;object=b?module-path=softhsm2.so",
    "pkcs11:token=a;object=b?module-path=/usr/lib/../../tmp/evil.so",
    "pkcs11:token=a;object=b?module-path=/a&module-path=/b",
    "pkcs11:token=a;object=b;module-path=/a",
    "pkcs11:token=a;object=b;type=cert",
    "pkcs11:token=a;object=b;type=public",
    "pkcs11:token=a;object=b;x-vendor=1",
    "pkcs11:token=a;object=b;manufacturer=c",
    "pkcs11:token=a;object=b/c",
    "pkcs11:token=a;object=b#c",
    "pkcs11:token=a;object=%",
    "pkcs11:token=a;object=%0",
    "pkcs11:token=a;object=%GG",
    "pkcs11:token=a;object=%00",
    "pkcs11:token=a;object=%FF",
    "pkcs11:token=a;object=b\\c",
    'pkcs11:token=a;object="b"',
    "pkcs11:token=a;object",
    "pkcs11:token=a;=b",
    "pkcs11:slot-id=-1;object=b",
    "pkcs11:slot-id=01;object=b",
    "pkcs11:slot-id=1e3;object=b",
    "pkcs11:slot-id=99999999999;object=b",
    "pkcs11:token=" + "a" * 256 + ";object=b",
    "pkcs11:token=a;id=" + "%01" * 256,
    "sdf:",
    "sdf:0",
    "sdf:01",
    "sdf:-1",
    "sdf:+1",
    "sdf:1 ",
    "sdf:65536",
    "sdf:999999",
    "sdf:1;2",
    "sdf:٣",
    "svs:",
    "svs:.a",
    "svs:a.",
    "svs:a/b",
    "svs:../a",
    "svs:a b",
    "svs:a?b",
    "svs:" + "a" * 65,
)


@pytest.mark.parametrize("text", GOOD)
def test_a_good_address_is_read_and_written_back_as_it_was(text: str):
    assert uris.parse(text).text == text


@pytest.mark.parametrize("text", BAD)
def test_any_other_text_is_refused(text: str):
    with pytest.raises(UnusableKeyUri):
        uris.parse(text)


def test_there_are_more_than_sixty_bad_ones():
    assert len(set(BAD)) == len(BAD) > 60


def test_two_spellings_of_one_token_key_are_one_address():
    one = uris.parse("pkcs11:object=a;token=t;id=%0a")
    assert one == uris.parse("pkcs11:id=%0A;token=%74;object=a")
    assert one.text == "pkcs11:token=t;object=a;id=%0A"


@given(st.text(max_size=60))
def test_no_text_makes_the_reader_fall_over(text: str):
    for scheme in ("", "file:/", "pkcs11:token=a;object=", "sdf:", "svs:"):
        try:
            found = uris.parse(scheme + text)
        except UnusableKeyUri:
            continue
        assert uris.parse(found.text) == found


@given(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=30).filter(str.isprintable),
    st.binary(min_size=1, max_size=30),
)
def test_any_label_and_id_can_be_written_and_read_back(label: str, identifier: bytes):
    made = uris.of_token({"token": label, "object": label, "id": identifier.hex()})
    read = uris.parse(made.text)
    assert read == made
    assert (read.value("token"), read.value("id")) == (label, identifier.hex())


@given(st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1, max_size=30).filter(str.isprintable))
def test_any_file_name_can_be_written_and_read_back(name: str):
    made = uris.of_file(f"/keys/{name}.pem")
    assert uris.parse(made.text).values["path"] == f"/keys/{name}.pem"
