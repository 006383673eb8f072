"""What a person does in a browser: comes as somebody, opens a page, fills a form, presses its button."""

from collections.abc import Callable
from typing import Any

from base.api import SESSION_COOKIE
from tests.browser.conftest import Opener, Reader

# Whether the browser runs scripts; every task goes both ways.
WAYS = (True, False)


class Worker:
    """Somebody at work, in a browser of their own."""

    def __init__(self, visit: Reader, who: str) -> None:
        self.visit, self.page = visit, visit.page
        if who:
            # A cookie of this prefix is kept for https alone, but a browser counts its own machine as that.
            url = visit.address.replace("http://", "https://")
            self.page.context.add_cookies([{"name": SESSION_COOKIE, "value": who, "url": url, "secure": True}])

    def open(self, path: str) -> "Worker":
        """Open a page."""
        answer = self.page.goto(self.visit.address + path)
        assert answer.status < 400, f"{path}: {answer.status} {self.text[:400]}"
        return self

    def send(self, action: str, button: tuple[str, str] | None = None, **filled: Any) -> "Worker":
        """Fill the form that leads there, and press the button named or the first."""
        self.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        form = self.page.locator(f"main form[action='{action}']")
        for name in filled:
            form = form.filter(has=self.page.locator(f"[name='{name}']"))
        form = form.first
        for name, value in filled.items():
            self._fill(form, name, value)
        # The first of two alike is the one that Enter presses, which nobody sees.
        pressed = form.locator("button:not([type=button])").first
        if button is not None:
            pressed = form.locator(f"button[name='{button[0]}'][value='{button[1]}']").last
        with self.page.expect_navigation():
            pressed.click()
        return self

    def leads(self, part: str) -> str:
        """Give the first address on the page that has this in it."""
        found = self.page.locator(f"main a[href*='{part}']").first.get_attribute("href")
        assert found is not None
        return str(found)

    @property
    def text(self) -> str:
        """Give the words of the page."""
        return str(self.page.inner_text("main"))

    @property
    def path(self) -> str:
        """Give where one is."""
        return str(self.page.url).removeprefix(self.visit.address).partition("?")[0]

    def is_clean(self, status: int = 200) -> bool:
        """See that no script ran into a fault and no policy was broken; a page's own status is no fault."""
        own = f"the server responded with a status of {status}"
        told = (
            self.visit.faults(status) if self.visit.scripts else [each for each in self.visit.told if own not in each]
        )
        assert told == []
        return True

    def _fill(self, form: Any, name: str, value: Any) -> None:
        fields = form.locator(f"[name='{name}']")
        kind = fields.first.evaluate("one => one.type")
        if kind in {"checkbox", "radio"}:
            for each in value if isinstance(value, list) else [value]:
                form.locator(f"[name='{name}'][value='{each}']").check()
        elif kind.startswith("select"):
            fields.first.select_option(value)
        elif kind == "file":
            fields.first.set_input_files(value)
        else:
            fields.first.fill(str(value))


def arriving(reader: Opener, address: str, *, scripts: bool) -> Callable[[str], Worker]:
    """Let people arrive at an address, each by the value of their cookie."""
    return lambda who: Worker(reader(at=address, scripts=scripts), who)
