"""The public pages beside verification: scanning, receipts, seals, replaying, a saved trip, and what each refuses."""

import io
import json
import tempfile
import zlib
from pathlib import Path
from typing import Any

import pytest
import segno
from flask import Flask
from lxml import html
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from console.assets import assets
from console.trip import trip
from tests.builders import seals
from tests.certs.province import Province, province, site

__all__ = ["province", "site"]
MOST_COMPRESSED = 60 * 1024


def text(response: Any) -> str:
    return " ".join(html.fromstring(response.text).text_content().split())


def picture(said: str) -> io.BytesIO:
    drawn, kept = io.BytesIO(), io.BytesIO()
    segno.make(said, error="m", micro=False).save(drawn, kind="png", scale=6)
    Image.open(drawn).convert("RGB").save(kept, "JPEG", quality=80)
    return io.BytesIO(kept.getvalue())


def scanned(site: Flask, said: str = "", photo: io.BytesIO | None = None) -> Any:
    told: dict[str, Any] = {"text": said}
    if photo is not None:
        told["photo"] = (photo, "photo.jpg")
    return site.test_client().post("/scan", data=told, content_type="multipart/form-data")


TOKEN = "abcdefghijklmnopqrstuv"
NUMBER = "5b2d7f0e-1c7a-4c55-9d8f-0f6d3a1e2b4c"


@pytest.mark.parametrize(
    ("said", "leads"),
    [
        (TOKEN, f"/v/{TOKEN}"),
        (f"http://localhost/v/{TOKEN}", f"/v/{TOKEN}"),
        (f"http://localhost/verify#receipt={NUMBER}", f"/verify/receipts?number={NUMBER}"),
        (f"http://localhost/verify#notice={NUMBER}", f"/verify/receipts?number={NUMBER}"),
        (NUMBER, f"/verify/receipts?number={NUMBER}"),
        ("http://localhost/seals/32000000000001", "/seals/32000000000001"),
    ],
)
def test_a_code_of_this_site_leads_to_its_page(site: Flask, said: str, leads: str):
    for response in (scanned(site, said), scanned(site, photo=picture(said))):
        assert (response.status_code, response.location) == (303, leads)


@pytest.mark.parametrize(
    "said",
    [
        f"https://evil.example/v/{TOKEN}",
        f"//evil.example/v/{TOKEN}",
        "http://localhost/logout",
        "http://localhost/v/../../account",
        "http://localhost@evil.example/v/x",
        "javascript:alert(1)",
        "<script>alert(1)</script>",
        "http://[",
        "\u202egnp.exe",
    ],
)
def test_a_code_of_another_site_is_shown_as_text_and_never_as_a_link(site: Flask, said: str):
    response = scanned(site, said)
    assert response.status_code == 422
    page = html.fromstring(response.text)
    assert said in page.xpath("string(//section[@role='alert'])")
    assert not [each for each in page.xpath("//main//@href") if "evil" in each or "javascript" in each]


def test_a_photo_without_a_code_and_what_is_no_photo_are_told_apart_from_nothing(site: Flask):
    blank = io.BytesIO()
    Image.new("RGB", (64, 64), "white").save(blank, "PNG")
    assert scanned(site, photo=io.BytesIO(blank.getvalue())).status_code == 422
    assert scanned(site, photo=io.BytesIO(b"\xff\xd8\xff" + bytes(999))).status_code == 422
    assert scanned(site).status_code == 400


def test_a_picture_that_unfolds_to_more_than_a_telephone_takes_is_not_drawn(site: Flask):
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    assert scanned(site, photo=io.BytesIO(bomb.getvalue())).status_code == 422


def test_a_photo_handed_in_for_verification_is_no_document_and_its_code_leads_on(site: Flask):
    told = {"file": (picture(f"http://localhost/v/{TOKEN}"), "photo.jpg")}
    response = site.test_client().post("/verify", data=told, content_type="multipart/form-data")
    assert response.status_code == 200
    page = html.fromstring(response.text)
    assert f"/v/{TOKEN}" in page.xpath("//section[@class='result']//a/@href")
    assert "照片上的红章不能证明真伪" in text(response)


def test_a_seal_tells_how_it_stands_now_and_at_a_time(site: Flask, province: Province):
    code = province.told["seals"][0]["id"]
    now = site.test_client().get(f"/seals/{code}")
    assert (now.status_code, "使用中" in text(now)) == (200, True)
    then = site.test_client().get(f"/seals/{code}?at=2020-01-01T09:00")
    assert "当时还没有这枚印章" in text(then)
    for wrong in ("yesterday", "99999-01-01T00:00", "%00", "2020-13-01T00:00"):
        assert site.test_client().get(f"/seals/{code}?at={wrong}").status_code in {400, 422}
    assert site.test_client().get("/seals/nothing").status_code == 404


def test_a_receipt_number_that_nobody_gave_out_is_not_found(site: Flask):
    for wrong in (NUMBER, "x", "%27--", "a" * 300):
        assert site.test_client().get(f"/verify/receipts?number={wrong}").status_code == 404


def judged(site: Flask, written: Any) -> Any:
    told = {"file": (io.BytesIO(written if isinstance(written, bytes) else json.dumps(written).encode()), "a.json")}
    return site.test_client().post("/verify/receipts", data=told, content_type="multipart/form-data")


@pytest.mark.parametrize(
    "written",
    [b"{", b"[]", b"null", {"kind": "receipt"}, {"receipt": {"kind": "receipt", "inclusion": {}}}, b"[" * 60_000],
)
def test_what_is_no_receipt_is_said_to_be_none(site: Flask, written: Any):
    response = judged(site, written)
    assert response.status_code == 200
    assert "这不是一张回执" in text(response)
    assert judged(site, b"").status_code == 400


def test_evidence_replays_to_the_same_verdict_and_another_document_is_refused(site: Flask):
    client = site.test_client()
    document = seals.ofd()
    told = {"file": (io.BytesIO(document), "a.ofd")}
    page = html.fromstring(client.post("/verify", data=told, content_type="multipart/form-data").text)
    (link,) = page.xpath("//a[contains(@href, '/evidence')]/@href")
    evidence = client.get(link).data
    for content, status in ((document, 200), (document + b"x", 409), (b"", 400)):
        told = {"file": (io.BytesIO(content), "a.ofd"), "evidence": (io.BytesIO(evidence), "e.json")}
        response = client.post("/verify/replay", data=told, content_type="multipart/form-data")
        assert response.status_code == status or (status == 409 and 400 <= response.status_code < 500)
        assert ("与当初的结论相同" in text(response)) == (status == 200)


def test_a_trip_is_told_in_the_figures_of_the_list_and_in_no_others(site: Flask):
    told = trip()
    assert told.spared + told.left == len(told.papers) > 0
    home = text(site.test_client().get("/"))
    assert f"要备齐 {len(told.papers)} 份材料" in home
    assert f"还要带 {told.left} 份" in home


def test_the_first_page_with_its_styles_and_scripts_is_light(site: Flask):
    """What a first visit fetches, compressed as every proxy does; there are no fonts."""
    answer = site.test_client().get("/")
    page = html.fromstring(answer.text)
    named = [*page.xpath("//link[@rel='stylesheet']/@href"), *page.xpath("//script/@src"), *page.xpath("//img/@src")]
    modules = [name for name in assets() if "/" not in name and name.endswith(".js") and "api_docs" not in name]
    wanted = {each.split("?")[0].removeprefix("/assets/") for each in named} | set(modules)
    weight = len(zlib.compress(answer.data, 6)) + sum(len(zlib.compress(assets()[name].content, 6)) for name in wanted)
    assert weight <= MOST_COMPRESSED


def test_no_upload_is_put_into_a_file(site: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Where files for a while would stand is nowhere: whoever makes one, even one without a name, fails."""
    large = FileStorage(io.BytesIO(b"%PDF-1.7\n" + bytes(10 * 1024 * 1024)), "large.pdf")
    boundary, body = encode_multipart({"file": large})
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    kind = f"multipart/form-data; boundary={boundary}"
    assert site.test_client().post("/verify", data=body, content_type=kind).status_code == 200


@pytest.mark.parametrize("path", ["/scan", "/verify/receipts", "/verify/replay", "/verify", "/status", "/docs/sandbox"])
def test_public_pages_are_told_in_both_languages(site: Flask, path: str):
    for language, kind in (("zh", "zh-CN"), ("en", "en")):
        response = site.test_client().get(f"{path}?lang={language}")
        assert response.status_code == 200
        assert html.fromstring(response.text).get("lang") == kind
