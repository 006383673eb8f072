"""Takes pictures of every page for the README and the documentation, in both languages: `make screenshots`.

The site must be running already, as a sandbox: its data are invented, and `sandbox.json` in its folder says who can log
in. Which pages there are, and how each is found, stands in `tools.page_pictures`. Needs a Chromium on this machine.

    python -m tools.screenshots http://127.0.0.1:8080 --data sandbox-data [--out DIR] [--only WORD]
"""

import argparse
import base64
import hashlib
import hmac
import io
import json
import shutil
import struct
import sys
import time
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from PIL import Image

from tools.page_pictures import PICTURES as PAGES
from tools.page_pictures import UNPICTURED, Picture, pattern

ROOT: Final = Path(__file__).parents[1]
PICTURES: Final = ROOT / "docs" / "pictures"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# Nothing of the browser's own may touch the network or another user's profile.
SWITCHES = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
HEIGHT: Final = 900
# A page of a few hundred rows is told by its first screens.
TALLEST: Final = 2400
# What a picture in the documentation may weigh, and how it is drawn until it does: fewer colours, then fewer lines.
MOST_BYTES: Final = 80 * 1024
DRAWN: Final = ((64, TALLEST), (32, TALLEST), (16, TALLEST), (32, 1600), (16, 1600), (16, HEIGHT))
STEP_SECONDS: Final = 30
FORM: Final = "application/x-www-form-urlencoded"


def main() -> int:
    """Take every picture anew."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("address", help="where the site runs, such as http://127.0.0.1:8080")
    parser.add_argument("--data", type=Path, default=Path("sandbox-data"), help="the sandbox's folder")
    parser.add_argument("--out", type=Path, default=PICTURES)
    parser.add_argument("--only", default="", help="pictures whose name holds this")
    asked = parser.parse_args()
    if CHROMIUM is None:
        print("no Chromium found: install it (on Debian: apt-get install chromium) and try again", file=sys.stderr)
        return 1
    told = json.loads((asked.data / "sandbox.json").read_text(encoding="utf-8"))
    asked.out.mkdir(parents=True, exist_ok=True)
    return 1 if _take(asked.address.rstrip("/"), told, asked, CHROMIUM) else 0


def _take(address: str, told: dict[str, Any], asked: argparse.Namespace, chromium: str) -> int:
    """Take the pictures; tell how many could not be."""
    from playwright.sync_api import sync_playwright

    failed = 0
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=SWITCHES)
        cookies: dict[str, Any] = {}
        for picture in (each for each in PAGES if asked.only in each.name):
            for language in ("zh", "en"):
                file = asked.out / f"{picture.name}{'' if language == 'zh' else '-en'}.png"
                context = _context(browser, picture, language, _session(browser, address, told, picture.who, cookies))
                try:
                    page = context.new_page()
                    _walk(page, address, picture, told)
                    print(file, _keep(page, file))
                except Exception as error:  # noqa: BLE001 - one page that fails must not cost the others
                    failed += 1
                    print(f"{file}: {type(error).__name__}: {str(error).splitlines()[0]}", file=sys.stderr)
                finally:
                    context.close()
        browser.close()
    return failed


def _context(browser: Any, picture: Picture, language: str, state: Any) -> Any:
    return browser.new_context(
        viewport={"width": picture.width, "height": HEIGHT},
        color_scheme="dark" if picture.scheme == "dark" else "light",
        locale="zh-CN" if language == "zh" else "en-GB",
        storage_state=state,
    )


def _session(browser: Any, address: str, told: dict[str, Any], who: str, cookies: dict[str, Any]) -> Any:
    """Log somebody of the sandbox in, once; their role is their name here."""
    if not who:
        return None
    if who not in cookies:
        person = next(each for each in told["people"] if who in each["roles"])
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{address}/login")
        page.fill("#login", person["login"])
        page.fill("#password", person["password"])
        page.fill("#totp", _code(person["totp_secret"]))
        page.click("main form button")
        page.wait_for_url("**/account")
        cookies[who] = context.storage_state()
        context.close()
    return cookies[who]


def _walk(page: Any, address: str, picture: Picture, told: dict[str, Any]) -> None:
    names = {
        "seal": told["seals"][0]["id"],
        "window": next(each["code"] for each in told["organisations"] if "政务服务中心" in each["name"]),
    }
    path = _panel(address, told) if picture.panel else picture.begins.format(**names)
    answer = page.goto(path if picture.panel else address + path)
    for rule in picture.steps:
        answer = page.goto(address + _link(page, rule))
    if answer.status != HTTPStatus.OK:
        message = f"{picture.of} answers {answer.status}"
        raise LookupError(message)
    if picture.upload:
        page.set_input_files("#file", next(each for each in told["documents"] if each.endswith(picture.upload)))
        page.click("main form button")
    if picture.panel:
        page.locator("[data-first]").click()
    if picture.fill:
        for name, value in picture.fill.items():
            page.fill(f"#{name}", value.format(**names))
        page.click("main form details summary")
        for place in range(3):
            page.locator("main form details input").nth(place).check()
        page.click("main form > button")
    page.wait_for_load_state("networkidle")


def _link(page: Any, rule: str) -> str:
    """Find the first link of a page that leads to an address of a rule, and to no other page's."""
    links: list[str] = page.eval_on_selector_all("main a[href]", "all => all.map(one => one.getAttribute('href'))")
    others = {each.of for each in PAGES if "<" not in each.of} | UNPICTURED.keys()
    for each in links:
        if pattern(rule).match(each) and each.partition("?")[0] not in others - {rule}:
            return each
    message = f"no link leads to {rule}"
    raise LookupError(message)


def _panel(address: str, told: dict[str, Any]) -> str:
    """Have a panel made, as an intake system does, and give its link."""
    client = next(each for each in told["clients"] if "filing:write" in each["scopes"])
    form = {"grant_type": "client_credentials", "client_id": client["id"], "client_secret": client["secret"]}
    token = _posted(f"{address}/oauth/token", urlencode(form).encode(), {"Content-Type": FORM})["access_token"]
    magic, matter = told["magic"][0], told["matters"]
    holder = {name: magic[f"holder_{name}"] for name in ("code", "type", "name")}
    purpose = {**told["purpose"], "item_code": matter["example"], "item_name": matter["name"]}
    asked = {"matter": matter["example"], "purpose": purpose, "holders": [{**holder, "role": "applicant"}]}
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    link: str = _posted(f"{address}/api/v1/filing/panels", json.dumps(asked).encode(), headers)["link"]
    return link if link.startswith("http") else address + link


def _posted(url: str, body: bytes, headers: dict[str, str]) -> Any:
    with urlopen(Request(url, body, headers)) as answer:  # noqa: S310 - the address was given on the command line
        return json.load(answer)


def _keep(page: Any, file: Path) -> int:
    """Draw a page with few colours: pictures of words and lines lose nothing by it. Tell what it weighs."""
    height = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
    clip = {"x": 0, "y": 0, "width": page.viewport_size["width"], "height": height}
    shot = Image.open(io.BytesIO(page.screenshot(full_page=True, clip=clip))).convert("RGB")
    for colours, most in DRAWN:
        kept = io.BytesIO()
        cut = shot.crop((0, 0, shot.width, min(shot.height, most)))
        cut.quantize(colours, dither=Image.Dither.NONE).save(kept, "PNG", optimize=True)
        if len(kept.getvalue()) <= MOST_BYTES:
            break
    file.write_bytes(kept.getvalue())
    return len(kept.getvalue())


def _code(secret: str) -> str:
    """Give the six digits of this moment (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    told = hmac.digest(key, struct.pack(">Q", int(time.time()) // STEP_SECONDS), hashlib.sha1)
    place = told[-1] & 15
    return f"{(struct.unpack('>I', told[place : place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


if __name__ == "__main__":
    sys.exit(main())
