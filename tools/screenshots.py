"""Takes pictures of the pages for the README and the documentation, in both languages: `make screenshots`.

The site must be running already, as a sandbox: its data are invented, and `sandbox.json` in its folder says who can log
in. Pages that hang on something of the sandbox (a certificate, a seal, a use) are found by following the first link
that leads there. Needs a Chromium on this machine.

All of them go to `build/screenshots`; the few that the documentation carries are kept in `docs/pictures` too.

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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from PIL import Image

ROOT: Final = Path(__file__).parents[1]
PICTURES: Final = ROOT / "docs" / "pictures"
# What the documentation carries: the public pages, and the most telling of the holder's.
CARRIED: Final = frozenset(
    "home home-en home-dark home-narrow home-elder verify-result verify-result-en verify-result-narrow scan "
    "receipts seal certificate status status-dark sandbox api errors error ledger my-certificates my-code-shown "
    "my-consents".split()
)
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# Nothing of the browser's own may touch the network or another user's profile.
SWITCHES = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
HEIGHT: Final = 900
# A page of a few hundred rows is told by its first screens.
TALLEST: Final = 2400
# What a picture in the documentation may weigh, and the colours it is drawn with.
COLOURS: Final = 128
STEP_SECONDS: Final = 30


@dataclass(frozen=True)
class Picture:
    """One picture: its name, the page, as whom and how it is looked at.

    `follow` names parts of the addresses of the links to follow from there, the first that fits each time; `upload`
    names a document of the sandbox that is handed in; `fill` is what is filled in before the form is sent.
    """

    name: str
    path: str
    who: str = ""
    width: int = 1280
    scheme: str = "light"
    follow: tuple[str, ...] = ()
    upload: str = ""
    fill: Mapping[str, str] = field(default_factory=dict)


PUBLIC: Final = (
    Picture("home", "/"),
    Picture("home-dark", "/", scheme="dark"),
    Picture("home-narrow", "/", width=390),
    Picture("home-elder", "/?view=elder"),
    Picture("verify", "/verify"),
    Picture("verify-result", "/verify", upload="licence.ofd"),
    Picture("verify-result-narrow", "/verify", upload="licence.ofd", width=390),
    Picture("scan", "/scan"),
    Picture("receipts", "/verify/receipts"),
    Picture("replay", "/verify/replay"),
    Picture("seal", "/seals/{seal}?at=2026-11-01T09:00"),
    Picture("certificate", "/my", "holder", follow=("/my/certificates/", "/v/")),
    Picture("trust", "/trust"),
    Picture("status", "/status"),
    Picture("status-dark", "/status", scheme="dark"),
    Picture("sandbox", "/docs/sandbox"),
    Picture("sandbox-narrow", "/docs/sandbox", width=390),
    Picture("api", "/docs"),
    Picture("errors", "/docs/errors"),
    Picture("error", "/docs/errors/not-allowed"),
    Picture("ledger", "/docs/ledger"),
    Picture("checkpoint", "/ledger/checkpoint"),
    Picture("not-found", "/no/such/page"),
    Picture("login", "/login"),
)
HOLDER: Final = (
    Picture("my-certificates", "/my", "holder"),
    Picture("my-certificates-narrow", "/my", "holder", width=390),
    Picture("my-certificate", "/my", "holder", follow=("/my/certificates/",)),
    Picture("my-code", "/my/code", "holder"),
    Picture("my-code-shown", "/my/code", "holder", fill={"organisation": "{window}", "matter": "000123020000"}),
    Picture("my-uses", "/my/uses", "holder"),
    Picture("my-uses-narrow", "/my/uses", "holder", width=390),
    Picture("my-objections", "/my/objections", "holder"),
    Picture("my-consents", "/my/consents", "holder"),
)


def main() -> int:
    """Take every picture anew."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("address", help="where the site runs, such as http://127.0.0.1:8080")
    parser.add_argument("--data", type=Path, default=Path("sandbox-data"), help="the sandbox's folder")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "screenshots")
    parser.add_argument("--only", default="", help="pictures whose name holds this")
    asked = parser.parse_args()
    if CHROMIUM is None:
        print("no Chromium found: install it (on Debian: apt-get install chromium) and try again", file=sys.stderr)
        return 1
    told = json.loads((asked.data / "sandbox.json").read_text(encoding="utf-8"))
    asked.out.mkdir(parents=True, exist_ok=True)
    PICTURES.mkdir(parents=True, exist_ok=True)
    _take(asked.address.rstrip("/"), told, asked, CHROMIUM)
    return 0


def _take(address: str, told: dict[str, Any], asked: argparse.Namespace, chromium: str) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=SWITCHES)
        cookies: dict[str, Any] = {}
        for picture in (*PUBLIC, *HOLDER, *_desks(browser, address, told, cookies, asked.only)):
            if asked.only not in picture.name:
                continue
            for language in ("zh", "en"):
                file = asked.out / f"{picture.name}{'' if language == 'zh' else '-en'}.png"
                context = _context(browser, picture, language, _session(browser, address, told, picture.who, cookies))
                try:
                    page = context.new_page()
                    _walk(page, address, picture, told)
                    _keep(page, file)
                    print(file)
                except Exception as error:  # noqa: BLE001 - one page that fails must not cost the others
                    print(f"{file}: {type(error).__name__}: {str(error).splitlines()[0]}", file=sys.stderr)
                finally:
                    context.close()
        browser.close()


def _desks(browser: Any, address: str, told: dict[str, Any], cookies: dict[str, Any], only: str) -> Iterator[Picture]:
    """Give every desk of everybody in the sandbox, as the navigation at work shows it to them."""
    seen: set[str] = set()
    for person in told["people"]:
        role = person["roles"][0]
        if only and not f"desk-{role}".startswith(only.rstrip("-")[: len(f"desk-{role}")]):
            continue
        context = browser.new_context(storage_state=_session(browser, address, told, role, cookies))
        page = context.new_page()
        page.goto(f"{address}/console")
        links = page.eval_on_selector_all(".desks a", "each => each.map(one => one.getAttribute('href'))")
        context.close()
        for link in links:
            if link not in seen and not link.startswith("/my"):
                seen.add(link)
                yield Picture(f"desk-{role}-{link.strip('/').replace('/', '-')}", link, role)


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
    page.goto(address + picture.path.format(**names))
    for part in picture.follow:
        page.locator(f"main a[href*='{part}']").first.click()
    if picture.upload:
        page.set_input_files("#file", next(each for each in told["documents"] if each.endswith(picture.upload)))
        page.click("main form button")
    if picture.fill:
        for name, value in picture.fill.items():
            page.fill(f"#{name}", value.format(**names))
        page.click("main form details summary")
        for place in range(3):
            page.locator("main form details input").nth(place).check()
        page.click("main form > button")
    page.wait_for_load_state("networkidle")


def _keep(page: Any, file: Path) -> None:
    """Draw a page with few colours: pictures of words and lines lose nothing by it."""
    height = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
    shot = page.screenshot(
        full_page=True, clip={"x": 0, "y": 0, "width": page.viewport_size["width"], "height": height}
    )
    drawn = Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    drawn.save(file, optimize=True)
    if file.stem in CARRIED:
        shutil.copy(file, PICTURES)


def _code(secret: str) -> str:
    """Give the six digits of this moment (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    told = hmac.digest(key, struct.pack(">Q", int(time.time()) // STEP_SECONDS), hashlib.sha1)
    place = told[-1] & 15
    return f"{(struct.unpack('>I', told[place : place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


if __name__ == "__main__":
    sys.exit(main())
