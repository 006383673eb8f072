"""Takes pictures of the pages for the README and the documentation: `python tools/screenshots.py http://127.0.0.1:8080`.

The site must be running already; a sandbox is best, since its data are invented. Needs a Chromium on this machine.
"""

import argparse
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# Nothing of the browser's own may touch the network or another user's profile.
SWITCHES = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
HEIGHT = 800


@dataclass(frozen=True)
class Picture:
    """One picture: its name, the page, and how it is looked at."""

    name: str
    path: str
    width: int = 1280
    scheme: str = "light"


ALL = (
    Picture("home", "/"),
    Picture("home-dark", "/", scheme="dark"),
    Picture("home-narrow", "/", width=390),
    Picture("home-elder", "/?view=elder"),
    Picture("home-english", "/?lang=en"),
    Picture("api", "/docs"),
    Picture("errors", "/docs/errors"),
    Picture("error", "/docs/errors/not-allowed"),
    Picture("sandbox", "/docs/sandbox"),
    Picture("ledger", "/docs/ledger"),
    Picture("status", "/status"),
    Picture("status-dark", "/status", scheme="dark"),
)


def main() -> int:
    """Take every picture anew."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("address", help="where the site runs, such as http://127.0.0.1:8080")
    asked = parser.parse_args()
    if CHROMIUM is None:
        print("no Chromium found: install it (on Debian: apt-get install chromium) and try again", file=sys.stderr)
        return 1
    _take(asked.address.rstrip("/"), CHROMIUM)
    return 0


def _take(address: str, chromium: str) -> None:
    from playwright.sync_api import sync_playwright

    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=SWITCHES)
        for picture in ALL:
            context = browser.new_context(
                viewport={"width": picture.width, "height": HEIGHT},
                color_scheme="dark" if picture.scheme == "dark" else "light",
                locale="zh-CN",
            )
            page = context.new_page()
            page.goto(address + picture.path)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=PICTURES / f"{picture.name}.png", full_page=True)
            context.close()
            print(PICTURES / f"{picture.name}.png")
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
